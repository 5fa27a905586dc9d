// What somebody chooses for a new import: where columns go, what is kept, what is refused. `run` starts the stack and sets the
// environment.
import assert from "node:assert/strict";

import { auditAsItIs, signedIn } from "./look.mjs";
import { endWalk, ended, findCustomer, openBrowser, origin, test } from "./page.mjs";

const file = (name, text) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) });
const select = (header) => `#preview select[name^="map."][aria-label$=": ${header}"]`;

await openBrowser();
const page = await signedIn();

// A page that is loaded again keeps what was filled in, so each test comes from elsewhere.
async function openNew() {
  await page.goto(`${origin}/console/columns`);
  await page.goto(`${origin}/console/imports/new?lang=en`);
}

async function choose(name, text) {
  await openNew();
  await page.setInputFiles("#file", file(name, text));
  await page.waitForSelector("#preview table");
}

await test("a column goes to the id of another system, whose name is asked for", async () => {
  await choose("shop.csv", "email,Shop no\nida@example.com,S-7\n");
  await page.selectOption(select("Shop no"), "external_id.");
  const name = page.getByLabel("Name of the system, such as shop");
  await name.waitFor();
  await page.click("text=See what would change");
  assert.match(await page.textContent("#mend"), /Give the name/, "nothing is left out for want of a name");
  assert.ok(await name.evaluate((field) => field === document.activeElement), "the field has the focus");
  await auditAsItIs(page, "new, the name of a system is asked for");
  await name.fill("Web shop");
  await name.press("Tab");
  await page.waitForFunction((at) => document.querySelector(at)?.value === "external_id.web_shop", select("Shop no"));
  assert.equal(await page.locator(`${select("Shop no")} option:checked`).textContent(), "Id in the system “web_shop”");
  await page.click("text=Import without a forecast");
  await page.waitForURL(/imports\/01/);
  await ended(page);
  await findCustomer(page, "ida@example.com");
  assert.match(await page.textContent("main"), /Id in the system “web_shop”\s*S-7/);
});

await test("a column goes to the consent to one topic", async () => {
  await choose("news.csv", "email,News\nida@example.com,yes\n");
  await page.selectOption(select("News"), "subscribed.sms.");
  await page.getByLabel("Name of the topic, such as news").fill("news");
  await page.keyboard.press("Tab");
  await page.waitForFunction((at) => document.querySelector(at)?.value === "subscribed.sms.news", select("News"));
});

await test("the country of the browser is offered where numbers need one", async () => {
  await choose("phones.csv", "phone,first_name\n201 555 0123,Ann\n201 555 0124,Ben\n");
  const offer = page.locator('#preview button[data-setting="default_region"]').first();
  assert.equal(await offer.getAttribute("data-value"), "US");
  await offer.click();
  await page.waitForSelector("#preview >> text=+12015550123");
  assert.equal(await page.inputValue("#default_region"), "US");
});

await test("what is filled in stays when the language changes, and when somebody comes back", async () => {
  await openNew();
  await page.fill("#description", "Fair in June");
  await page.check('input[name="segment.choice"][value=new]');
  await page.fill("#segment-name", "June");
  await page.click("text=How the file is read");
  await page.fill("#default_region", "Germany");
  await page.click('.languages a[lang="de"]');
  await page.waitForSelector('html[lang="de"]');
  const filled = async () => {
    assert.equal(await page.inputValue("#description"), "Fair in June");
    assert.equal(await page.inputValue("#segment-name"), "June");
    assert.ok(await page.isVisible("#segment-name"));
    assert.ok(await page.isVisible("#default_region"));
    assert.equal(await page.inputValue("#default_region"), "Germany");
  };
  await filled();
  assert.equal(new URL(page.url()).search, "");
  await page.click(".brand");
  await page.waitForURL(/imports$/);
  await page.goBack();
  await page.waitForSelector("#new");
  await filled();
  await openNew();
  assert.equal(await page.inputValue("#description"), "", "another visit begins anew");
});

await test("a header line beyond the file is refused beside the choice, and the preview says that it is older", async () => {
  await choose("people.csv", "email\nann@example.com\n");
  await page.click("text=How the file is read");
  await page.fill("#header_line", "40");
  await page.press("#header_line", "Tab");
  await page.waitForFunction(() => document.querySelector("#preview [data-needed], #unseen"));
  await page.fill("#header_line", "0");
  await page.press("#header_line", "Tab");
  await page.waitForSelector("#unseen");
  assert.match(await page.textContent("#unseen"), /^Line with the names of the columns: /);
  assert.equal(await page.getAttribute("#header_line", "aria-invalid"), "true");
  await auditAsItIs(page, "new, a setting is refused");
});

await test("a name that no definition can have is mended where it is refused", async () => {
  await page.goto(`${origin}/console/imports?lang=en`);
  await page.click("text=shop.csv");
  await page.fill("#definition-name", "a/b");
  await page.getByRole("button", { name: "Save as definition" }).click();
  await page.waitForSelector("#refused");
  assert.equal(await page.inputValue("#definition-name"), "a/b");
  await auditAsItIs(page, "definition, refused");
  await page.fill("#definition-name", "Shop of June");
  await page.getByRole("button", { name: "Save as definition" }).click();
  await page.waitForSelector("main h2 >> text=Shop of June");
});

await test("a file that is dropped beside the zone is chosen, too", async () => {
  await openNew();
  const data = await page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(["email\ndropped@example.com\n"], "dropped.csv", { type: "text/csv" }));
    return data;
  });
  await page.dispatchEvent("h1", "drop", { dataTransfer: data });
  await page.waitForSelector("#preview >> text=dropped@example.com");
  assert.match(await page.textContent("#chosen"), /dropped\.csv/);
});

await test("a double click launches once", async () => {
  await choose("twice.csv", "email\ntwice@example.com\n");
  const launches = [];
  const note = (request) => request.method() === "POST" && new URL(request.url()).pathname === "/console/imports" && launches.push(request);
  page.on("request", note);
  await page.dblclick("text=Import without a forecast");
  await page.waitForURL(/imports\/01/);
  await ended(page);
  page.off("request", note);
  assert.equal(launches.length, 1);
});

await test("a name that the catalogue refuses stays in its field, with the reason beside it", async () => {
  await page.goto(`${origin}/console/catalogue?lang=en`);
  await page.fill("#name-custom-fields", "shoe size!");
  await page.locator("#custom-fields form.add button").click();
  await page.waitForSelector("#refused-custom-fields");
  assert.equal(await page.inputValue("#name-custom-fields"), "shoe size!");
  assert.equal(await page.getAttribute("#name-custom-fields", "aria-invalid"), "true");
  assert.ok(await page.evaluate(() => document.activeElement.id === "name-custom-fields"));
  await auditAsItIs(page, "catalogue, refused");
});

await test("an import with the settings of another one says of which", async () => {
  await page.goto(`${origin}/console/imports?lang=en`);
  await page.click("text=twice.csv");
  await page.getByRole("link", { name: /again/i }).first().click();
  await page.waitForURL(/imports\/new/);
  assert.match(await page.textContent(".notice:not([hidden])"), /settings of twice\.csv/);
});

await endWalk();
