// The way of a marketer through the console, and what must not happen on it. `run` starts the stack and sets the environment.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { audit, auditAsItIs, shoot, visitor } from "./look.mjs";
import { cells, endWalk, ended, findCustomer, openBrowser, origin, test, tiles } from "./page.mjs";

const { KEY, LINK } = process.env;
const survey = "tests/browser/kunden-windows-1252.csv";
const HOSTILE = '"><img src=x onerror=alert(1)><b style=color:red>.csv';

// Launches a file although something is needed first: the page moves to what that is, and takes a second click for an answer.
async function insist(page, button) {
  await page.click(button);
  await page.waitForFunction(() => "needed" in document.activeElement.dataset);
  await page.click(button);
}

await openBrowser();

const page = await visitor();

await test("the link of `muster up` signs in, once", async () => {
  await page.goto(LINK);
  await page.waitForURL("**/console/imports");
  const [cookie] = (await page.context().cookies()).filter(({ name }) => name === "muster_session");
  assert.ok(cookie.httpOnly && cookie.sameSite === "Strict" && cookie.expires > 0);
  const other = await visitor();
  await other.goto(LINK);
  assert.match(await other.textContent("#notice"), /used already/);
  await other.context().close();
});

await test("an empty list says what to do", async () => {
  assert.match(await page.textContent(".empty"), /No imports yet/);
  await audit(page, "empty");
});

await test("a wrong key is refused, and the right one signs in", async () => {
  const other = await visitor({ locale: "de-DE" });
  await other.goto(`${origin}/console/customers`);
  assert.equal(await other.textContent("h1"), "Anmelden");
  await other.fill("#key", "wrong");
  await other.click("main button");
  assert.match(await other.textContent("#notice"), /nicht bekannt/);
  await audit(other, "sign-in");
  await shoot(other, "sign-in");
  await other.goto(`${origin}/console/customers?lang=de`);
  await other.fill("#key", KEY);
  await other.click("main button");
  await other.waitForURL("**/console/customers");
  await other.click("text=Abmelden");
  assert.match(await other.textContent("#notice"), /abgemeldet/);
  await other.goto(`${origin}/console/imports`);
  assert.equal(await other.textContent("h1"), "Anmelden");
  await other.context().close();
});

await test("no page runs inline code, is framed, or is kept by a cache", async () => {
  const answer = await page.goto(`${origin}/console/imports`);
  const policy = answer.headers()["content-security-policy"];
  assert.ok(policy.includes("default-src 'none'") && !policy.includes("unsafe"));
  assert.ok(policy.includes("frame-ancestors 'none'") && answer.headers()["cache-control"] === "no-store");
});

await test("a form without the token of its session changes nothing", async () => {
  const answer = await page.request.post(`${origin}/console/imports`, { form: { "file.name": "a.csv" } });
  assert.equal(answer.status(), 403);
  const from_elsewhere = await page.request.post(`${origin}/console/sign-out`, { headers: { origin: "https://evil.example" }, form: {} });
  assert.equal(from_elsewhere.status(), 403);
});

await test("the template has the columns", async () => {
  await page.goto(`${origin}/console/imports/new`);
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("text=Download the template")]);
  assert.match(readFileSync(await download.path(), "utf8"), /^\ufeffexternal_id,email,phone/);
  await page.goto(`${origin}/console/columns`);
  await audit(page, "columns");
});

await test("without a file the page says what is missing, and moves there", async () => {
  await page.goto(`${origin}/console/imports/new`);
  await audit(page, "new");
  await page.click("text=See what would change");
  assert.match(await page.textContent("#mend"), /Choose a file first/);
  assert.equal(await page.evaluate(() => document.activeElement.id), "mend");
});

await test("a file is looked at as soon as it is chosen, and a column that matches nothing is left out", async () => {
  await page.setInputFiles("#file", survey);
  await page.waitForSelector("#preview table");
  assert.match(await page.textContent("#preview"), /windows-1252, columns separated by “;”/);
  const choice = (header) => page.inputValue(`#preview select[name^="map."][aria-label$=": ${header}"]`);
  assert.equal(await choice("E-Mail"), "email");
  assert.equal(await choice("Lieblingsfarbe"), "");
  assert.match(await page.textContent("#preview"), /Jürgen/);
});

await test("what is chosen for one column takes nothing from the others, and what is needed is asked for before the launch", async () => {
  const other = await page.context().newPage();
  await other.goto(`${origin}/console/imports/new`);
  const rows = Array.from({ length: 20 }, (_, row) => `p${row}@example.com;K${row};0151 2345${6000 + row};Köln`);
  const text = ["E-Mail;Kundennr;Telefon;Wohnort", ...rows, ""].join("\n");
  await other.setInputFiles("#file", { name: "kunden.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  const select = (header) => `#preview select[name^="map."][aria-label$=": ${header}"]`;
  const until = (header, column) => other.waitForFunction(([at, value]) => document.querySelector(at)?.value === value, [select(header), column]);
  await until("E-Mail", "email");
  await other.selectOption(select("Kundennr"), "email");
  await other.waitForSelector("#preview .notice");
  await until("E-Mail", "");
  await other.selectOption(select("Kundennr"), "external_id");
  await until("E-Mail", "email");
  await other.selectOption(select("Wohnort"), "none");
  await other.waitForFunction((at) => document.querySelector(at)?.closest("tr").textContent.includes("your choice"), select("Wohnort"));
  await other.getByRole("button", { name: /^Take all suggestions/ }).click();
  await until("Telefon", "phone");
  assert.equal(await other.inputValue(select("Wohnort")), "none");
  assert.ok(await other.evaluate(() => document.getElementById("preview").contains(document.activeElement)), "the focus stays in the preview");
  await other.waitForSelector("#preview [data-needed]");
  await auditAsItIs(other, "new, something is needed");
  await other.click("text=See what would change");
  await other.waitForFunction(() => "needed" in document.activeElement.dataset);
  await other.click("text=How the file is read");
  await other.fill("#default_region", "Germany");
  await other.press("#default_region", "Tab");
  await other.waitForFunction(() => document.querySelector("#preview table") && !document.querySelector("#preview [data-needed]"));
  assert.match(await other.textContent("#preview table.rows"), /\+4915123456000/);
  await other.close();
});

async function fill_in() {
  await page.getByRole("button", { name: /^Take all suggestions/ }).click();
  await page.waitForFunction(() => document.querySelector('#preview select[name^="map."][aria-label$=": Vorname"]')?.value === "first_name");
  await page.selectOption('#preview select[name^="map."][aria-label$=": Kundennr"]', "external_id");
  for (const [header, column] of [["Vorname", "first_name"], ["Nachname", "last_name"], ["Telefon", "phone"], ["Geburtstag", "birth_date"], ["Ort", "city"], ["Newsletter", "subscribed.email"]]) {
    const select = page.locator(`#preview select[name^="map."][aria-label$=": ${header}"]`);
    if ((await select.inputValue()) === "" && (await select.locator(`option[value="${column}"]`).count())) await select.selectOption(column);
  }
  await page.click("text=How the file is read");
  await page.fill("#default_region", "de");
}

await test("a forecast shows what would change, and changes nothing", async () => {
  await fill_in();
  await page.fill("#description", "May survey answers");
  await page.check('input[name="segment.choice"][value=new]');
  await page.fill("#segment-name", "May survey");
  await page.fill("#segment-group", "Surveys");
  await page.check('input[name="action.choice"][value=new]');
  await page.fill("#action-name", "Filled in May survey");
  await page.waitForTimeout(400);
  await page.waitForSelector("#preview table");
  await shoot(page, "new-import");
  await page.click("text=See what would change");
  await page.waitForURL(/imports\/01/);
  await ended(page);
  assert.match(await page.textContent("#now"), /Create/);
  assert.equal(await page.textContent(".tiles .created .figure"), "6");
  assert.equal(await page.textContent(".tiles .rejected .figure"), "1");
  await shoot(page, "forecast");
  await audit(page, "forecast");
  await findCustomer(page, "zoe@example.com");
  assert.match(await page.textContent("main"), /Nobody has this identifier/);
  await audit(page, "nobody");
});

let task;
await test("the forecast is imported, and its page finishes by itself", async () => {
  await page.goto(`${origin}/console/imports`);
  await page.click("text=May survey answers");
  await page.click("main button.primary");
  await page.waitForURL(/imports\/01[0-9A-Z]+$/);
  await ended(page);
  task = page.url();
  assert.match(await page.textContent(".state-line"), /Completed/);
  assert.match(await page.title(), /Completed/);
  assert.match(await page.textContent("#outcomes"), /New\s*6/);
  assert.match(await page.textContent("#problems"), /Rows that do not say who they are about/);
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("text=Download the report")]);
  assert.match(readFileSync(await download.path(), "utf8"), /no_identifier/);
  await shoot(page, "task");
  await audit(page, "task");
});

await test("the customer's card says what set each value", async () => {
  await page.goto(`${origin}/console/customers`);
  await audit(page, "search");
  await page.fill("#q", "zoe@example.com");
  await page.click("main button.primary");
  await page.waitForURL(/customers\/01/);
  assert.equal(await page.textContent("h1"), "Zoë Weiß");
  const card = await page.textContent("main");
  for (const expected of ["zoe@example.com", "+491715550103", "May survey answers, row 3", "May survey", "Filled in May survey"]) assert.ok(card.includes(expected), expected);
  await shoot(page, "customer");
  await audit(page, "customer");
});

await test("the segment has its members, and is exported", async () => {
  await page.goto(`${origin}/console/segments`);
  await audit(page, "segments");
  await page.click("text=May survey");
  await page.waitForSelector("text=Zoë Weiß");
  await shoot(page, "segment");
  await audit(page, "segment");
  await page.goto(page.url().replace(/\?.*/, ""));
  await page.getByRole("button", { name: "Export as CSV" }).click();
  await page.waitForSelector("text=members were exported");
  await ended(page);
  await shoot(page, "segment-exported");
  await audit(page, "segment-exported");
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("text=Download the CSV")]);
  assert.match(readFileSync(await download.path(), "utf8"), /zoe@example.com/);
});

// Somebody known from the survey moves, somebody unknown comes, and one row does not say who it is about.
const LETTER = "letter.csv";
const letter = { name: LETTER, mimeType: "text/csv", buffer: Buffer.from("email,city,subscribed.email\nzoe@example.com,Bremen,no\nnew@example.com,Hamburg,yes\n,Nowhere,yes\n") };

await test("a column of a new import has a rule for writing, and a forecast shows values before and after", async () => {
  await page.goto(`${origin}/console/imports/new?lang=en`);
  await page.setInputFiles("#file", letter);
  await page.waitForSelector("#preview table");
  assert.equal(await page.inputValue('#preview select[aria-label="When to write: city"]'), "always");
  await page.fill("#description", "Letter of June");
  await page.click("text=See what would change");
  await page.waitForURL(/imports\/01/);
  await ended(page);
  assert.deepEqual(await tiles(page), [["Create", "1"], ["Update", "1"], ["Unchanged", "0"], ["Cannot be read", "1"]]);
  const samples = await cells(page, "#samples tbody tr");
  for (const expected of ["1,Düsseldorf,Bremen", "1,yes,no", "2 new,City,Hamburg"]) assert.ok(samples.some((cells) => String(cells) === expected), `${expected} in ${JSON.stringify(samples)}`);
  assert.match(await page.textContent("ul.changes"), /1 City: look.*1 May be written to by e-mail: look/);
  await page.locator("ul.changes").getByRole("link").first().click();
  assert.equal(new URL(page.url()).hash, "#change-city");
  await shoot(page, "forecast-samples");
  await audit(page, "forecast-samples");
});

let letterPage;
await test("the import of a forecast shows what was foretold beside what became of it", async () => {
  await page.goto(`${origin}/console/imports?lang=en`);
  await page.click("text=Letter of June");
  await page.click("main button.primary");
  await page.waitForURL(/imports\/01[0-9A-Z]+$/);
  await ended(page);
  letterPage = page.url();
  assert.match(await page.textContent(".sub a"), /its forecast/);
  assert.deepEqual(await cells(page, "#outcomes thead tr"), [["Outcome", "Rows", "Share", "Foretold"]]);
  const rows = await cells(page, "#outcomes tbody tr");
  assert.deepEqual(rows.map(([word, number, , foretold]) => [word, number, foretold]), [["New", "1", "1"], ["Updated", "1", "1"], ["Unchanged", "0", "0"], ["Cannot be read", "1", "1"]]);
  await shoot(page, "launched");
  await audit(page, "launched");
});

await test("the list is searched by text, state, person and day, also without scripts", async () => {
  const plain = await visitor({ javaScriptEnabled: false });
  await plain.context().addCookies(await page.context().cookies());
  await plain.goto(`${origin}/console/imports?lang=en`);
  const all = await plain.locator("tbody tr").count();
  await plain.fill("#text", "letter of");
  await plain.click(".filter button");
  assert.equal(await plain.inputValue("#text"), "letter of");
  const found = await plain.$$eval("tbody tr th a", (links) => links.map((link) => link.textContent));
  assert.deepEqual([...new Set(found)], ["Letter of June"]);
  assert.ok(found.length === 2 && all > 2, `${found.length} of ${all}`);
  await plain.selectOption("#state", "failed");
  await plain.click(".filter button");
  assert.match(await plain.textContent(".empty"), /No import/);
  await plain.goto(`${origin}/console/imports?to=2020-01-01`);
  assert.equal(await plain.locator("tbody tr").count(), 0);
  assert.equal(await plain.inputValue("#to"), "2020-01-01");
  await plain.goto(`${origin}/console/imports?from=2020-01-01`);
  assert.equal(await plain.locator("tbody tr").count(), all);
  await plain.goto(`${origin}/console/imports?by=nobody+of+this+name`);
  assert.match(await plain.textContent(".empty"), /No import/);
  await plain.context().close();
  await page.goto(`${origin}/console/imports?text=letter+of`);
  await shoot(page, "found");
  await audit(page, "found");
  await page.goto(`${origin}/console/imports?from=yesterday`);
  assert.match(await page.textContent("main"), /is a day such as/);
});

await test("taking back is forecast in three numbers, and changes nothing", async () => {
  await page.goto(`${letterPage}?lang=en`);
  await page.click("text=See what would come back");
  await page.waitForURL((url) => /imports\/01/.test(url) && !url.href.startsWith(letterPage));
  await ended(page);
  assert.match(await page.textContent("h1"), /Undo\s+Forecast/);
  assert.match(await page.textContent(".sentence"), /No customer was changed/);
  // Zoë's opt-out stays, so the customer is not put back whole.
  assert.deepEqual(await tiles(page), [["Would be put back", "1"], ["Something would stay", "1"], ["Could not be done", "0"]]);
  assert.match(await page.textContent("#problems"), /An opt-out, which is never taken back/);
  await shoot(page, "undo-forecast");
  await audit(page, "undo-forecast");
  await findCustomer(page, "new@example.com");
  assert.match(await page.textContent("main"), /Hamburg/);
  await page.goBack();
});

await test("an import is taken back once: whom it created is gone, and the undo's page says what stays", async () => {
  await page.goto(`${letterPage}?lang=en`);
  await page.click("main button >> text=/^Take back$/");
  await page.waitForURL((url) => /imports\/01/.test(url) && !url.href.startsWith(letterPage));
  const undo = page.url();
  await ended(page);
  assert.match(await page.textContent("h1"), /Letter of June\s+Undo/);
  assert.match(await page.textContent(".state-line"), /Completed/);
  assert.match(await page.textContent(".sentence"), /is taken back/);
  assert.deepEqual(await tiles(page), [["Put back", "1"], ["Something stays", "1"], ["Not done", "0"]]);
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("text=Download the report")]);
  assert.match(readFileSync(await download.path(), "utf8"), /subscribed\.email,kept,"The customer said no to this/);
  await shoot(page, "undo");
  await audit(page, "undo");
  await findCustomer(page, "new@example.com");
  assert.match(await page.textContent("main"), /Nobody has this identifier/);
  await findCustomer(page, "zoe@example.com");
  assert.match(await page.textContent("main"), /Düsseldorf/);
  await page.goto(letterPage);
  assert.equal(await page.locator("main button >> text=/^Take back$/").count(), 0);
  await page.click("main .notice a");
  assert.equal(page.url(), undo);
  await page.click("text=the import that is taken back");
  assert.equal(page.url(), letterPage);
  await shoot(page, "undone");
  await audit(page, "undone");
});

await test("an undo shows its own steps while it runs", async () => {
  const rows = Array.from({ length: 2_000 }, (_, at) => `undo${at}@example.com`).join("\n");
  await page.goto(`${origin}/console/imports/new?lang=en`);
  await page.setInputFiles("#file", { name: "many-to-undo.csv", mimeType: "text/csv", buffer: Buffer.from(`email\n${rows}\n`) });
  await page.waitForSelector("#preview table");
  await page.click("text=Import without a forecast");
  await page.waitForURL(/imports\/01/);
  await ended(page, 120_000);
  const undone = page.url();
  await page.click("main button >> text=/^Take back$/");
  await page.waitForURL((url) => /imports\/01/.test(url) && !url.href.startsWith(undone));
  await page.waitForSelector("#now progress");
  assert.match(await page.textContent("#now .steps"), /Take back/);
  assert.doesNotMatch(await page.textContent("#now .steps"), /Upload/);
  await shoot(page, "undo-running");
  await ended(page, 120_000);
  assert.deepEqual((await tiles(page))[0], ["Put back", "2,000"]);
});

await test("settings are saved as a definition, which says what it sets", async () => {
  await page.goto(`${task}?lang=en`);
  await page.fill("#definition-name", "Survey");
  await page.click("text=Save as definition");
  await page.waitForURL("**/console/definitions");
  const card = await page.textContent("main section.card");
  for (const expected of ["Survey", "May survey", "Filled in May survey", "Kundennr → Your own id", "Lieblingsfarbe", "DE"]) assert.ok(card.includes(expected), `${expected} in ${card}`);
  await shoot(page, "definitions");
  await audit(page, "definitions");
});

await test("a file with the same columns is offered the definition, which is used once that is chosen", async () => {
  await page.goto(`${origin}/console/imports/new?lang=en`);
  assert.equal(await page.inputValue("#definition"), "");
  await page.setInputFiles("#file", survey);
  await page.waitForSelector("#preview .notice");
  assert.match(await page.textContent("#preview .notice"), /“Survey” was made for files with these columns/);
  assert.equal(await page.inputValue("#definition"), "");
  await page.click("text=Use it");
  await page.waitForFunction(() => document.getElementById("definition").value === "Survey");
  assert.equal(await page.isVisible("#api_endpoint"), false);
  await page.waitForFunction(() => document.querySelector('#preview select[name^="map."][aria-label$=": Kundennr"]')?.value === "external_id");
  assert.match(await page.textContent("#preview summary"), /Columns: \d of \d are used/);
  assert.equal(await page.isVisible("#preview table"), false, "what the definition decides is folded");
  await shoot(page, "new-import-definition");
  await page.click("text=See what would change");
  await page.waitForURL(/imports\/01/);
  await ended(page);
  // Everybody is known from the first import. The file would subscribe Zoë again, whose opt-out the undo kept.
  assert.deepEqual((await tiles(page)).map(([, number]) => number), ["0", "1", "5", "1"]);
  await page.goto(`${origin}/console/imports/new`);
  await page.setInputFiles("#file", { name: "other.csv", mimeType: "text/csv", buffer: Buffer.from("email\nother@example.com\n") });
  await page.waitForSelector("#preview table");
  assert.equal(await page.inputValue("#definition"), "");
  assert.equal(await page.locator("#preview [data-definition]").count(), 0);
});

await test("a rule for writing is kept by the import, its definition, and who imports with it", async () => {
  const file = { name: "blank.csv", mimeType: "text/csv", buffer: Buffer.from("email,city,country\nzoe@example.com,Rostock,DE\n") };
  await page.goto(`${origin}/console/imports/new?lang=en`);
  await page.setInputFiles("#file", file);
  await page.selectOption('#preview select[aria-label="When to write: city"]', "if_blank");
  await page.click("text=Import without a forecast");
  await page.waitForURL(/imports\/01/);
  await ended(page);
  await page.click("#settings summary");
  assert.match(await page.textContent("#settings"), /city → City, only where it is empty/);
  await page.fill("#definition-name", "Blank");
  await page.click("text=Save as definition");
  await page.waitForURL("**/console/definitions");
  assert.match(await page.textContent("main"), /city → City, only where it is empty/);
  await page.goto(`${origin}/console/imports/new`);
  await page.setInputFiles("#file", file);
  await page.click("text=Use it");
  await page.waitForFunction(() => document.querySelector('#preview select[aria-label="When to write: city"]')?.value === "if_blank");
  await page.click("text=Import without a forecast");
  await page.waitForURL(/imports\/01/);
  await ended(page);
  const last = new URL(page.url()).pathname;
  await page.goto(`${origin}/console/definitions`);
  assert.equal(await page.locator("main section.card", { hasText: "Blank" }).locator("a").getAttribute("href"), last);
  await findCustomer(page, "zoe@example.com");
  assert.match(await page.textContent("main"), /Düsseldorf/);
  assert.doesNotMatch(await page.textContent("main"), /Rostock/);
});

await test("the same settings again keep where each column goes, and another file has no choice of the first one", async () => {
  await page.goto(`${task}?lang=en`);
  await page.click("text=Again with these settings");
  await page.setInputFiles("#file", survey);
  await page.waitForFunction(() => document.querySelector('#preview select[name^="map."][aria-label$=": Kundennr"]')?.value === "external_id");
  assert.equal(await page.inputValue("#default_region"), "DE");
  assert.equal(await page.isChecked('input[name="segment.choice"][value=existing]'), true);
  await page.setInputFiles("#file", { name: "other.csv", mimeType: "text/csv", buffer: Buffer.from("email,segment\nother@example.com,VIP\n") });
  await page.waitForSelector('#preview select[aria-label$=": segment"]');
  assert.equal(await page.locator("#preview .notice.wrong").count(), 0);
});

await test("a file that names segments is followed, unless somebody wants none", async () => {
  const file = { name: "named.csv", mimeType: "text/csv", buffer: Buffer.from("email,segment\nnamed@example.com,Gold\n") };
  await page.goto(`${origin}/console/imports/new?lang=en`);
  await page.setInputFiles("#file", file);
  await page.waitForSelector("#preview table");
  assert.equal(await page.isChecked('input[name="segment.choice"][value=file]'), true);
  await page.check('input[name="segment.choice"][value=none]');
  await page.click("text=Import without a forecast");
  await page.waitForURL(/imports\/01/);
  await ended(page);
  await page.goto(`${origin}/console/segments`);
  assert.doesNotMatch(await page.textContent("main"), /Gold/);
  await page.goto(`${origin}/console/imports/new`);
  await page.setInputFiles("#file", { ...file, buffer: Buffer.from("email\nnamed@example.com\n") });
  await page.waitForSelector("#preview table");
  await page.check('input[name="segment.choice"][value=file]');
  await page.click("text=Import without a forecast");
  assert.match(await page.textContent("#mend"), /no column that goes to “segment”/);
});

await test("a definition is deleted", async () => {
  await page.goto(`${origin}/console/definitions?lang=en`);
  const names = () => page.$$eval("main section.card h2", (all) => all.map((name) => name.textContent));
  assert.deepEqual(await names(), ["Blank", "Survey"]);
  await page.locator("main section.card", { hasText: "Survey" }).locator("button").click();
  await page.waitForURL("**/console/definitions");
  assert.deepEqual(await names(), ["Blank"]);
  await page.locator("main section.card button").click();
  await page.waitForFunction(() => !document.querySelector("main section.card"));
  assert.match(await page.textContent("main"), /none yet/);
  await audit(page, "no-definitions");
});

await test("a name is added to the catalogue, and deleted while nothing uses it", async () => {
  await page.goto(`${origin}/console/catalogue`);
  for (const name of ["shop.example", "gone.example"]) {
    await page.fill("#name-touchpoints", name);
    await page.click("#touchpoints form.add button");
    await page.waitForSelector(`#touchpoints >> text=${name}`);
  }
  await audit(page, "catalogue");
  await shoot(page, "catalogue");
  await page.getByRole("button", { name: "Delete: gone.example" }).click();
  await page.waitForSelector("#touchpoints:not(:has-text('gone.example'))");
  assert.ok(await page.isVisible("#touchpoints >> text=shop.example"));
});

await test("a segment that somebody is in is not deleted, and it is said why", async () => {
  await page.goto(`${origin}/console/segments`);
  await page.click("text=May survey");
  assert.equal(await page.getByRole("button", { name: "Delete this segment" }).count(), 0);
  const response = await page.request.post(`${origin}/console/segments/${page.url().split("/").pop()}/delete`, {
    form: { csrf: await page.getAttribute("meta[name=csrf]", "content") },
    headers: { origin },
  });
  assert.equal(response.status(), 409);
  assert.match(await response.text(), /Customers are in it/);
});

// Three rows are wrong on the first page, two of them in the same way; there are more on the second page.
const others = Array.from({ length: 22 }, (_, at) => `other${at}(at)example.com,Other ${at},`);
const wrong = {
  name: "fair.csv",
  mimeType: "text/csv",
  buffer: Buffer.from(["email,first_name,touchpoint", "anna@example.com,Anna,store.example", "bert@example.com,<b>Bert</b>,store.example", "carl(at)example.com,Carl,", "dora@example.com,Dora,", ...others, ""].join("\n")),
};
const wrongRow = (page, number) => page.locator(`#rows fieldset:has(legend:text-matches("^Row ${number},"))`);

await test("rejected rows are corrected in place, one value for all that have it, over several pages", async () => {
  await page.goto(`${origin}/console/imports/new?lang=en`);
  await page.setInputFiles("#file", wrong);
  await page.waitForSelector("#preview table");
  await page.fill("#description", "Fair");
  await page.check('input[name="segment.choice"][value=new]');
  await page.fill("#segment-name", "Fair");
  await page.click("text=Import without a forecast");
  await page.waitForURL(/imports\/01/);
  await ended(page);
  const first = page.url();
  await page.click("text=Correct these rows");
  await page.waitForURL("**/correct");
  await page.waitForSelector("#rows fieldset");
  await audit(page, "correct");
  await page.waitForSelector("#rows fieldset");
  assert.equal(await page.locator("#rows fieldset").count(), 20);
  assert.equal(await page.locator("main b, main img, main [style]").count(), 0);
  await shoot(page, "correct");
  assert.equal(await page.textContent("#place"), "Page 1 of 2");

  await page.click("text=Import the corrected rows");
  assert.match(await page.textContent("#mend"), /Nothing is corrected yet/);
  const touchpoint = wrongRow(page, 1).getByLabel("touchpoint");
  assert.equal(await touchpoint.inputValue(), "store.example");
  assert.equal(await touchpoint.getAttribute("aria-invalid"), "true");
  const described = await touchpoint.getAttribute("aria-describedby");
  assert.match(await page.textContent(`#${described}`), /A touchpoint that does not exist.*store\.example.*unknown_touchpoint/);
  await touchpoint.fill("shop.example");
  assert.equal(await page.isVisible("#mend"), false);
  assert.equal(await touchpoint.getAttribute("aria-invalid"), "false");
  await wrongRow(page, 1).getByRole("button", { name: "The same for all 2" }).press("Enter");
  assert.equal(await page.textContent("#said"), "Written into 2 rows.");
  assert.equal(await wrongRow(page, 2).getByLabel("touchpoint").inputValue(), "shop.example");
  await wrongRow(page, 3).getByLabel("email").fill("carl@example.com");
  await wrongRow(page, 5).getByLabel("Leave this row out").check();
  assert.equal(await wrongRow(page, 5).getByLabel("email").isVisible(), false);
  await page.click("text=Next rows");
  assert.equal(await page.textContent("#place"), "Page 2 of 2");
  await wrongRow(page, 26).getByLabel("email").fill("other21@example.com");
  await page.click("text=Previous rows");
  assert.equal(await wrongRow(page, 3).getByLabel("email").inputValue(), "carl@example.com");
  assert.match(await page.textContent("#summary"), /4 of 25 rows are corrected; 24 will be imported/);
  await shoot(page, "corrected");

  await page.click("text=Import the corrected rows");
  await page.waitForURL((url) => /imports\/01[0-9A-Z]+$/.test(url) && url.href !== first);
  await ended(page);
  assert.equal((await page.textContent("h1")).trim(), "Corrected rows of Fair");
  assert.match(await page.textContent("#outcomes"), /New\s*4/);
  assert.match(await page.textContent("#outcomes"), /Cannot be read\s*20/);
  await findCustomer(page, "bert@example.com");
  const card = await page.textContent("main");
  for (const expected of ["<b>Bert</b>", "shop.example", "Fair"]) assert.ok(card.includes(expected), `${expected} in ${card}`);
  await findCustomer(page, "carl@example.com");
  assert.match(await page.textContent("main"), /Carl/);
});

await test("a cell with line breaks is corrected as it is, and a report that is too large is offered as a file", async () => {
  const launch = async (name, content) => {
    await page.goto(`${origin}/console/imports/new?lang=en`);
    await page.setInputFiles("#file", { name, mimeType: "text/csv", buffer: Buffer.from(content) });
    await page.waitForSelector("#preview table");
    await page.click("text=Import without a forecast");
    await page.waitForURL(/imports\/01/);
    await ended(page);
    await page.click("text=Correct these rows");
  };
  await launch("lines.csv", 'email,address\nlines(at)example.com,"Gate 1\nHouse 2"\n');
  await page.waitForSelector("#rows fieldset");
  const address = wrongRow(page, 1).getByLabel("address");
  assert.equal(await address.evaluate((field) => field.tagName), "TEXTAREA");
  assert.equal(await address.inputValue(), "Gate 1\nHouse 2");
  await address.fill("Gate 1\nHouse 3");
  await wrongRow(page, 1).getByLabel("email").fill("lines@example.com");
  const first = page.url();
  await page.click("text=Import the corrected rows");
  await page.waitForURL((url) => /imports\/01[0-9A-Z]+$/.test(url) && !first.startsWith(url.href));
  await ended(page);
  await findCustomer(page, "lines@example.com");
  assert.match(await page.textContent("main"), /Gate 1\nHouse 3/);

  const padding = "x".repeat(50_000);
  await launch("large.csv", `email,address\n${Array.from({ length: 90 }, (_, at) => `large${at}(at)example.com,${padding}\n`).join("")}`);
  await page.waitForSelector("#too-large:not([hidden])");
  assert.equal(await page.isVisible("#editor"), false);
  await audit(page, "too-large");
  await page.waitForSelector("#too-large:not([hidden])");
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#too-large a")]);
  assert.match(readFileSync(await download.path(), "utf8"), /large89\(at\)example\.com/);
});

await test("what a problem says would help is filled in by a click, before and after the import", async () => {
  const file = { name: "dates.csv", mimeType: "text/csv", buffer: Buffer.from("email,birth_date\ndates@example.com,03/04/1990\n") };
  await page.goto(`${origin}/console/imports/new?lang=de`);
  await page.setInputFiles("#file", file);
  await page.waitForSelector("#preview .notice.wrong");
  assert.match(await page.textContent("#preview .notice.wrong"), /Datumsangaben, die sich auf zwei Arten lesen lassen/);
  await shoot(page, "needed");
  await insist(page, "text=Ohne Vorschau importieren");
  await page.waitForURL(/imports\/01/);
  await ended(page);
  assert.match(await page.textContent("#failure"), /Datumsangaben, die sich auf zwei Arten lesen lassen/);
  await page.getByRole("link", { name: "Datumsangaben: MM/DD/YYYY" }).click();
  await page.waitForURL("**/imports/new?from=*");
  assert.equal(await page.inputValue("#date_format"), "MM/DD/YYYY");
  assert.equal(await page.isVisible("#date_format"), true);

  await page.goto(`${origin}/console/imports/new?lang=en`);
  await page.setInputFiles("#file", file);
  await page.getByRole("button", { name: "Dates: DD.MM.YYYY" }).click();
  await page.waitForSelector("#preview:not(:has(.notice.wrong)) table");
  assert.equal(await page.inputValue("#date_format"), "DD.MM.YYYY");
  await page.click("text=Import without a forecast");
  await page.waitForURL(/imports\/01/);
  await ended(page);
  await findCustomer(page, "dates@example.com");
  assert.match(await page.textContent("main"), /Apr 3, 1990/);
});

await test("hostile names of files, segments and cells stay texts", async () => {
  await page.goto(`${origin}/console/imports/new`);
  const cells = `email,first_name\nmallory@example.com,"<img src=x onerror=alert(1)>"\n`;
  await page.setInputFiles("#file", { name: HOSTILE, mimeType: "text/csv", buffer: Buffer.from(cells) });
  await page.waitForSelector("#preview table");
  await page.check('input[name="segment.choice"][value=new]');
  await page.fill("#segment-name", "<script>alert(1)</script>");
  await page.click("text=Import without a forecast");
  await page.waitForURL(/imports\/01/);
  await ended(page);
  assert.equal((await page.textContent("h1")).trim(), HOSTILE);
  assert.ok((await page.title()).includes(HOSTILE));
  await findCustomer(page, "mallory@example.com");
  const card = new URL(page.url()).pathname;
  for (const path of ["/console/imports", "/console/segments", card, "/console/imports/new"]) {
    await page.goto(`${origin}${path}`);
    assert.equal(await page.locator("main img, main script, main b, main [style]").count(), 0, path);
  }
});

await test("a customer is erased and kept out, once that is confirmed", async () => {
  await findCustomer(page, "mallory@example.com");
  await page.click("text=Erase this customer");
  await page.getByLabel("Keep this person out").check();
  await page.getByRole("button", { name: "Erase" }).click();
  assert.match(page.url(), /customers\/01/, "it is not confirmed");
  await shoot(page, "erase");
  const found = await page.evaluate(async () => (await globalThis.axe.run(document.getElementById("erase"))).violations.map(({ id }) => id));
  assert.deepEqual(found, []);
  await page.getByLabel("Yes, erase this customer").check();
  await page.getByRole("button", { name: "Erase" }).click();
  await page.waitForURL("**/customers?erased=stays_out");
  assert.match(await page.textContent("#erased"), /erased and kept out/);
  await audit(page, "erased");
  await findCustomer(page, "mallory@example.com");
  assert.match(await page.textContent("main"), /Nobody has this identifier/);
  await page.goto(`${origin}/console/imports/new?lang=en`);
  await page.setInputFiles("#file", { name: "again.csv", mimeType: "text/csv", buffer: Buffer.from("email\nmallory@example.com\n") });
  await page.waitForSelector("#preview table");
  await page.click("text=Import without a forecast");
  await page.waitForURL(/imports\/01/);
  await ended(page);
  assert.match(await page.textContent("#outcomes"), /Cannot be read\s*1/);
  await page.click("text=Correct these rows");
  await page.waitForSelector("#nothing:not([hidden])");
  await audit(page, "nothing-to-correct");
});

await test("a file in parts arrives whole", async () => {
  await page.goto(`${origin}/console/imports/new`);
  await page.evaluate(() => (document.getElementById("new").dataset.onePut = "1"));
  await page.setInputFiles("#file", { name: "parts.csv", mimeType: "text/csv", buffer: Buffer.from("email\nparts@example.com\n") });
  await page.waitForSelector("#preview table");
  await page.click("text=Import without a forecast");
  await page.waitForURL(/imports\/01/);
  await ended(page);
  assert.match(await page.textContent(".state-line"), /Completed/);
});

await test("a file that says nobody fails, and its page says why", async () => {
  await page.goto(`${origin}/console/imports/new`);
  await page.setInputFiles("#file", { name: "nobody.csv", mimeType: "text/csv", buffer: Buffer.from("city\nUlm\n") });
  await page.waitForSelector("#preview .notice");
  await insist(page, "text=Import without a forecast");
  await page.waitForURL(/imports\/01/);
  await ended(page);
  assert.match(await page.textContent("#failure"), /no_identifier_column/);
  assert.match(await page.textContent(".sentence"), /Nothing was imported/);
  await shoot(page, "failed");
  await audit(page, "failed");
});

await test("an import is cancelled while it runs, and says what was done", async () => {
  const rows = Array.from({ length: 30_000 }, (_, at) => `many${at}@example.com`).join("\n");
  await page.goto(`${origin}/console/imports/new?lang=en`);
  await page.setInputFiles("#file", { name: "many.csv", mimeType: "text/csv", buffer: Buffer.from(`email\n${rows}\n`) });
  await page.click("text=Import without a forecast");
  await page.waitForURL(/imports\/01/);
  await page.waitForSelector("#now progress");
  await shoot(page, "running");
  await page.click("text=Cancel the import");
  await page.waitForSelector(".state.cancelled");
  await ended(page);
  assert.match(await page.textContent(".sentence"), /cancelled the import/);
});

await test("the list and the page of an import work without scripts", async () => {
  const plain = await visitor({ javaScriptEnabled: false });
  await plain.context().addCookies(await page.context().cookies());
  await plain.goto(`${origin}/console/imports`);
  assert.ok((await plain.locator("tbody tr").count()) >= 5);
  await plain.goto(task);
  assert.match(await plain.textContent(".state-line"), /Completed/);
  await plain.context().close();
});

await test("the list shows every import with its outcome", async () => {
  await page.goto(`${origin}/console/imports`);
  await shoot(page, "imports");
  await audit(page, "imports");
});

await test("a page weighs little, and the server answers soon", async () => {
  const times = [];
  for (let round = 0; round < 20; round += 1) {
    const from = performance.now();
    const answer = await page.request.get(`${origin}/console/imports`);
    assert.equal(answer.status(), 200);
    times.push(performance.now() - from);
  }
  times.sort((a, b) => a - b);
  console.log(`   list of imports, debug build: median ${times[10].toFixed(0)} ms, p95 ${times[18].toFixed(0)} ms`);
  const fresh = await visitor();
  await fresh.context().addCookies(await page.context().cookies());
  const answers = [];
  fresh.on("response", (answer) => answers.push(answer));
  await fresh.goto(`${origin}/console/imports/new`, { waitUntil: "networkidle" });
  const sizes = await Promise.all(answers.map(async (answer) => (await answer.request().sizes()).responseBodySize));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  console.log(`   a new import with all it loads: ${(bytes / 1000).toFixed(1)} kB`);
  assert.ok(bytes > 0 && bytes < 100_000, String(bytes));
  await fresh.context().close();
});

await endWalk();
