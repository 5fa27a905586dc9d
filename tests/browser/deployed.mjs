// The way of a marketer through the console as it is deployed to an emulator of AWS: from sign-in to taking an import back.
// `walk_deployed` in browser.sh sets the environment. walk.mjs walks everything else, on the local stack.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { pipeline } from "node:stream";
import tls from "node:tls";

import { cells, endWalk, ended as endedIn, findCustomer, openBrowser, test, tiles, visitor } from "./page.mjs";

const { AWS_ENDPOINT_URL, CONSOLE, KEY, MUSTER_METER_PORT, WORK } = process.env;
const endpoint = new URL(AWS_ENDPOINT_URL);
// An emulator without TLS may say `http:`. A browser speaks TLS to a function URL.
const console_url = new URL(CONSOLE.replace(/^http:/, "https:"));
const { origin } = console_url;

// Passes the bytes of a connection on to the emulator. Functions keep connections open, which must not keep this process.
const relay = (socket) => {
  const onward = net.connect(Number(endpoint.port), endpoint.hostname);
  pipeline(socket.unref(), onward.unref(), socket, () => {});
};
const listen = async (server, port) => {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server.unref().address().port;
};

// Takes the TLS off, as AWS does in front of a function URL. So the console has its own origin, which the bucket's CORS rule
// names, and its cookies are bound to TLS.
const [key, cert] = ["key.pem", "certificate.pem"].map((name) => readFileSync(path.join(WORK, name)));
const front = tls.createServer({ key, cert }, relay);
front.on("tlsClientError", () => {});
const front_port = await listen(front, 0);
// Functions that the tests metered go on calling their tables at the port of the meter, which ended with the tests.
if (MUSTER_METER_PORT) await listen(net.createServer(relay), Number(MUSTER_METER_PORT));

// On a busy machine an emulator takes long to start its functions.
const ended = (page) => endedIn(page, 120_000);

await openBrowser([`--host-resolver-rules=MAP ${console_url.hostname} 127.0.0.1:${front_port}`]);
const page = await visitor({ ignoreHTTPSErrors: true });

// The fourth row is about nobody.
const guests = [
  "E-Mail;Vorname;Nachname;Telefon;Ort;Newsletter;Lieblingsfarbe",
  "ida.browser@example.com;Ida;Groß;0171 5550201;München;ja;grün",
  "ole.browser@example.com;Ole;Öztürk;0171 5550202;\"Frankfurt; Main\";nein;blau",
  "eva.browser@example.com;Eva;Lang;0171 5550203;Köln;ja;gelb",
  ";Niemand;;;Ulm;nein;grau",
  "",
].join("\r\n");
const file = { name: "Gäste.csv", mimeType: "text/csv", buffer: Buffer.from(guests) };
const guest = "ida.browser@example.com";

await test("a page of the console asks for a key, and a wrong one is refused", async () => {
  await page.goto(console_url.href);
  assert.equal(new URL(page.url()).origin, origin);
  assert.equal(await page.textContent("h1"), "Sign in");
  await page.fill("#key", "wrong");
  await page.click("main button");
  assert.match(await page.textContent("#notice"), /This key is not known/);
  assert.deepEqual(await page.context().cookies(), []);
  await page.goto(`${origin}/console/customers`);
  assert.equal(await page.textContent("h1"), "Sign in");
});

await test("the right key signs in, with a cookie that is bound to TLS and hidden from scripts", async () => {
  await page.goto(`${origin}/console/imports`);
  await page.fill("#key", KEY);
  await page.click("main button");
  await page.waitForURL("**/console/imports");
  await page.waitForSelector("text=May import");
  const [cookie] = (await page.context().cookies()).filter(({ name }) => name === "muster_session");
  assert.ok(cookie.secure && cookie.httpOnly && cookie.sameSite === "Strict", JSON.stringify(cookie));
});

await test("a file is looked at as soon as it is chosen", async () => {
  await page.goto(`${origin}/console/imports/new`);
  await page.setInputFiles("#file", file);
  await page.waitForSelector("#preview table");
  const preview = await page.textContent("#preview");
  for (const expected of ["utf-8, columns separated by “;”", "Öztürk", "Frankfurt; Main"]) assert.ok(preview.includes(expected), `${expected} in ${preview}`);
  const choice = (header) => page.inputValue(`#preview select[name^="map."][aria-label$=": ${header}"]`);
  assert.equal(await choice("E-Mail"), "email");
  assert.equal(await choice("Lieblingsfarbe"), "");
});

let sent;
await test("a forecast shows what would change, and changes nothing", async () => {
  for (const [header, column] of [["Vorname", "first_name"], ["Nachname", "last_name"], ["Telefon", "phone"], ["Ort", "city"], ["Newsletter", "subscribed.email"]]) {
    await page.selectOption(`#preview select[name^="map."][aria-label$=": ${header}"]`, column);
  }
  await page.fill("#description", "Guests of the browser");
  await page.check('input[name="segment.choice"][value=new]');
  await page.fill("#segment-name", "Guests");
  await page.fill("#segment-group", "Fairs");
  await page.check('input[name="action.choice"][value=new]');
  await page.fill("#action-name", "Visited the fair");
  await page.locator("details", { has: page.locator("#default_region") }).locator("summary").click();
  await page.fill("#default_region", "de");
  await page.press("#default_region", "Tab");
  await page.waitForSelector("#preview >> text=+491715550201");
  [sent] = await Promise.all([page.waitForResponse((answer) => answer.request().method() === "PUT"), page.click("text=See what would change")]);
  await page.waitForURL(/imports\/01/);
  await ended(page);
  assert.deepEqual(await tiles(page), [["Create", "3"], ["Update", "0"], ["Unchanged", "0"], ["Cannot be read", "1"]]);
  const samples = await cells(page, "#samples tbody tr");
  assert.ok(samples.some(([row, column, then]) => row === "1 new" && column === "City" && then === "München"), JSON.stringify(samples));
  await findCustomer(page, guest, origin);
  assert.match(await page.textContent("main"), /Nobody has this identifier/);
});

await test("the browser sent the file straight to the bucket, as the bucket's CORS rule allows the console", async () => {
  assert.equal(new URL(sent.url()).origin, endpoint.origin);
  assert.equal(sent.status(), 200);
  assert.equal((await sent.allHeaders())["access-control-allow-origin"], origin);
});

let imported;
await test("the forecast is imported, and its page finishes by itself", async () => {
  await page.goto(`${origin}/console/imports`);
  await page.click("text=Guests of the browser");
  await page.click("main button.primary");
  await page.waitForURL(/imports\/01[0-9A-Z]+$/);
  await ended(page);
  imported = page.url();
  assert.match(await page.textContent(".state-line"), /Completed/);
  assert.match(await page.title(), /Completed/);
  const outcomes = await cells(page, "#outcomes tbody tr");
  assert.deepEqual(outcomes.map(([word, number, , foretold]) => [word, number, foretold]), [["New", "3", "3"], ["Updated", "0", "0"], ["Unchanged", "0", "0"], ["Cannot be read", "1", "1"]]);
  assert.match(await page.textContent("#problems"), /Rows that do not say who they are about/);
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("text=Download the report")]);
  assert.match(readFileSync(await download.path(), "utf8"), /no_identifier/);
});

await test("the customer's card shows the import's values, segment and feed", async () => {
  await page.goto(`${origin}/console/customers`);
  await page.fill("#q", "ida.browser@example.com");
  await page.click("main button.primary");
  await page.waitForURL(/customers\/01/);
  assert.equal(await page.textContent("h1"), "Ida Groß");
  const rows = await cells(page, "main .card tbody tr");
  const by = "Guests of the browser, row 1";
  for (const expected of [["E-mail address", "ida.browser@example.com", by], ["Phone number", "+491715550201", by], ["City", "München", by], ["May be written to by e-mail", "yes", by]]) {
    assert.ok(rows.some((row) => expected.every((cell, at) => row[at]?.startsWith(cell))), `${expected} in ${JSON.stringify(rows)}`);
  }
  assert.ok(rows.some(([segment]) => /^Guests\s*Fairs$/.test(segment)), JSON.stringify(rows));
  const feed = await cells(page, 'main .scroll[aria-label="Feed"] tbody tr');
  assert.deepEqual(feed.map(([action, , , source]) => [action, source]), [["Visited the fair", by]]);
  await page.click(`main .scroll[aria-label="Feed"] >> text=${by}`);
  assert.equal(page.url(), imported);
});

await test("the import is taken back, and the customer is gone", async () => {
  await page.goto(imported);
  await page.click("main button >> text=/^Take back$/");
  await page.waitForURL((url) => /imports\/01/.test(url) && url.href !== imported);
  await ended(page);
  assert.match(await page.textContent(".state-line"), /Completed/);
  // The second row's opt-out stays.
  assert.deepEqual(await tiles(page), [["Put back", "2"], ["Something stays", "1"], ["Not done", "0"]]);
  await findCustomer(page, guest, origin);
  assert.match(await page.textContent("main"), /Nobody has this identifier/);
});

await test("who signs out is asked for the key again", async () => {
  await page.click("text=Sign out");
  assert.match(await page.textContent("#notice"), /You are signed out/);
  await page.goto(imported);
  assert.equal(await page.textContent("h1"), "Sign in");
  assert.deepEqual((await page.context().cookies()).filter(({ name }) => name === "muster_session"), []);
});

await endWalk();
