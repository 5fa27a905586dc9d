// Uploads that are paused, break off, or outlive their tab. `run` starts the stack and sets the environment.
import assert from "node:assert/strict";

import { audit, shoot, signedIn } from "./look.mjs";
import { endWalk, ended, expectInConsole, findCustomer, openBrowser, origin, test } from "./page.mjs";

// Two parts, or three if there are 300 rows: the smallest part has 8 MiB.
const padding = "x".repeat(60_000);
const content = (prefix, rows = 150) => `email,padding\n${Array.from({ length: rows }, (_, at) => `${prefix}${String(at).padStart(3, "0")}@example.com,${padding}\n`).join("")}`;
const file = (name, text) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) });

// What breaks off on purpose.
expectInConsole(/net::ERR_(INTERNET_DISCONNECTED|FAILED|ABORTED)/);
await openBrowser();

// Counts the PUTs of each part that are answered. The PUTs of some parts are held back until they are let go, or get lost.
async function watch(page) {
  const answered = new Map();
  const held = new Set();
  const lost = new Set();
  const waiting = [];
  await page.route(/partNumber=/, async (route) => {
    const number = Number(new URL(route.request().url()).searchParams.get("partNumber"));
    const isPut = route.request().method() === "PUT";
    if (isPut && lost.has(number)) return route.abort().catch(() => {});
    if (isPut && held.has(number)) await new Promise((letGo) => waiting.push(letGo));
    // The page may be closed, or have stopped the request, meanwhile.
    await route.continue().catch(() => {});
  });
  page.on("response", (response) => {
    const number = Number(new URL(response.url()).searchParams.get("partNumber"));
    if (response.request().method() === "PUT" && number) answered.set(number, (answered.get(number) ?? 0) + 1);
  });
  const arrived = (numbers) => numbers.every((number) => answered.has(number));
  return {
    answered,
    lose: (number) => lost.add(number),
    hold: (...numbers) => numbers.forEach((number) => held.add(number)),
    letGo: () => {
      held.clear();
      for (const letGo of waiting.splice(0)) letGo();
    },
    until: async (...numbers) => {
      while (!arrived(numbers)) await page.waitForEvent("response");
    },
  };
}

async function choose(page, chosen) {
  await page.goto(`${origin}/console/imports/new?lang=en`);
  // Also what is small goes in parts.
  await page.evaluate(() => (document.getElementById("new").dataset.onePut = "1"));
  await page.setInputFiles("#file", chosen);
  await page.waitForSelector("#preview table");
}

const page = await signedIn();

await test("an upload is paused and goes on, and no part that arrived is sent twice", async () => {
  const parts = await watch(page);
  parts.hold(2);
  await choose(page, file("paused.csv", content("p")));
  await page.click("text=Import without a forecast");
  await parts.until(1);
  assert.match(await page.textContent("#uploaded"), /Uploading: \d+ %/);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.waitForSelector("text=Paused. What has arrived stays.");
  await shoot(page, "paused");
  parts.letGo();
  await page.getByRole("button", { name: "Go on" }).click();
  await page.waitForURL(/imports\/01/);
  await ended(page);
  assert.match(await page.textContent("#outcomes"), /New\s*150/);
  assert.equal(parts.answered.get(1), 1);
});

await test("a connection that breaks off is said, and the upload goes on once it is back", async () => {
  const other = await signedIn();
  const parts = await watch(other);
  parts.hold(2);
  await choose(other, file("broken.csv", content("b")));
  await other.click("text=Import without a forecast");
  await parts.until(1);
  await other.context().setOffline(true);
  parts.letGo();
  await other.waitForSelector("text=The connection broke off. What has arrived stays.", { timeout: 60_000 });
  await other.context().setOffline(false);
  await other.waitForURL(/imports\/01/, { timeout: 60_000 });
  await ended(other);
  assert.match(await other.textContent("#outcomes"), /New\s*150/);
  await other.context().close();
});

await test("an upload outlives its tab: the same file is chosen again, and only what is missing is sent", async () => {
  const context = page.context();
  const first = await context.newPage();
  const before = await watch(first);
  before.lose(3);
  await choose(first, file("closed.csv", content("c", 300)));
  await first.click("text=Import without a forecast");
  await before.until(1, 2);
  await first.close();

  const second = await context.newPage();
  const after = await watch(second);
  await second.goto(`${origin}/console/imports/new?lang=en`);
  await second.waitForSelector("text=An upload was not finished.");
  await second.click("text=Go on with it");
  await second.waitForSelector("#resume:not([hidden])");
  assert.match(await second.textContent("#resume"), /Choose closed\.csv again/);
  await audit(second, "resume");
  await second.waitForSelector("#resume:not([hidden])");
  await shoot(second, "resume");

  await second.setInputFiles("#resume-file", file("closed.csv", "email\nother@example.com\n"));
  assert.match(await second.textContent("#mend"), /This is not the file that the import awaits/);
  assert.equal(await second.evaluate(() => document.activeElement.id), "mend");
  // The first part differs from what arrived, the second does not, and the third is missing.
  await second.setInputFiles("#resume-file", file("closed.csv", content("c", 300).replace("c000@", "d000@")));
  await ended(second);
  assert.match(await second.textContent("#outcomes"), /New\s*300/);
  assert.deepEqual([...after.answered.keys()].sort(), [1, 3]);
  assert.equal(await second.isVisible("#resume"), false);
  await findCustomer(second, "d000@example.com");
  assert.match(await second.textContent("main"), /d000@example\.com/);
  await second.goto(`${origin}/console/imports/new`);
  assert.equal(await second.isVisible("#under-way"), false);
  await second.close();
});

await test("an import that is cancelled while its file is sent says so, and is not offered again", async () => {
  const parts = await watch(page);
  parts.hold(2);
  await choose(page, file("cancelled.csv", content("e")));
  await page.click("text=Import without a forecast");
  await parts.until(1);
  await page.getByRole("button", { name: "Pause" }).click();
  const tab = await page.context().newPage();
  await tab.goto(await page.getByRole("link", { name: "To the import" }).getAttribute("href").then((path) => `${origin}${path}?lang=en`));
  await tab.getByRole("button", { name: "Cancel the import" }).click();
  await tab.waitForSelector(".state.cancelled");
  assert.equal(await tab.isVisible("#resume"), false);
  await tab.close();
  await page.getByRole("button", { name: "Go on" }).click();
  await page.waitForSelector("#mend:not([hidden])");
  assert.match(await page.textContent("#mend"), /The import is cancelled, so its file cannot be uploaded any more/);
  parts.letGo();
  await page.goto(`${origin}/console/imports/new`);
  assert.equal(await page.isVisible("#under-way"), false);
});

await endWalk();
