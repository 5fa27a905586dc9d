// Visitors with the keyboard alone, with two tabs, or whose session ends. `run` starts the stack and sets the environment.
import assert from "node:assert/strict";

import { signIn, signedIn, visitor } from "./look.mjs";
import { endWalk, ended, findCustomer, openBrowser, origin, test, tiles } from "./page.mjs";

const file = (name, text) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) });
const nextPage = (page, from) => page.waitForURL((url) => /imports\/01[0-9A-Z]+$/.test(url.pathname) && !from.includes(url.pathname));

await openBrowser();

// Moves on by the tabulator until this element has the focus, which must be seen.
async function tabTo(page, locator) {
  for (let presses = 0; presses < 120; presses += 1) {
    await page.keyboard.press("Tab");
    if (!(await locator.evaluate((element) => element === document.activeElement))) continue;
    const outline = await locator.evaluate((element) => {
      // A hidden file field shows its focus at its button.
      const shown = element.matches(".sr") ? document.querySelector(`label[for="${element.id}"]`) : element;
      const { outlineStyle, outlineWidth } = getComputedStyle(shown);
      return `${outlineStyle} ${outlineWidth}`;
    });
    assert.doesNotMatch(outline, /none|\b0px/, `the focus of ${locator} cannot be seen`);
    return;
  }
  assert.fail(`the tabulator does not lead to ${locator}`);
}

async function signOutInAnotherTab(page) {
  const tab = await page.context().newPage();
  await tab.goto(`${origin}/console/catalogue`);
  await tab.click("text=Sign out");
  await tab.waitForSelector("#key");
  await tab.close();
  await page.bringToFront();
}

await test("a file is imported and taken back by the keyboard alone", async () => {
  const page = await visitor();
  const button = (name) => page.getByRole("button", { name, exact: true });
  await page.goto(`${origin}/console/imports?lang=en`);
  assert.equal(await page.evaluate(() => document.activeElement.id), "key");
  await page.keyboard.type(process.env.KEY);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/console/imports");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
  await page.keyboard.press("Enter");
  await tabTo(page, page.getByRole("link", { name: "New import" }).first());
  await page.keyboard.press("Enter");
  await page.waitForURL("**/imports/new");
  // Listened for well before the key: the browser hands files over only once it was told to, and a key does not wait for that.
  page.once("filechooser", (chooser) => chooser.setFiles(file("keys.csv", "email,first_name,Favourite\nkeys@example.com,Kay,blue\n")));
  await tabTo(page, page.locator("#file"));
  await page.keyboard.press("Enter");
  await page.waitForSelector("#preview table");
  const favourite = page.getByLabel("Goes to: Favourite");
  await tabTo(page, favourite);
  await page.keyboard.type("last");
  assert.equal(await favourite.inputValue(), "last_name");
  await tabTo(page, page.locator("#description"));
  await page.keyboard.type("By keyboard");
  await tabTo(page, page.locator('input[name="segment.choice"]:checked'));
  while (!(await page.locator('input[name="segment.choice"][value=new]').isChecked())) await page.keyboard.press("ArrowDown");
  await tabTo(page, page.locator("#segment-name"));
  await page.keyboard.type("Keys");
  await tabTo(page, button("See what would change"));
  await page.keyboard.press("Enter");
  await nextPage(page, []);
  await ended(page);
  assert.deepEqual((await tiles(page))[0], ["Create", "1"]);
  const forecast = page.url();
  await tabTo(page, button("Import"));
  await page.keyboard.press("Enter");
  await nextPage(page, [forecast]);
  await ended(page);
  assert.match(await page.textContent("#outcomes"), /New\s*1/);
  const task = page.url();
  await tabTo(page, button("Take back"));
  await page.keyboard.press("Enter");
  await nextPage(page, [forecast, task]);
  await ended(page);
  assert.deepEqual((await tiles(page))[0], ["Put back", "1"]);
  await page.context().close();
});

await test("a forecast that two tabs launch is one import, and what one tab does the other shows by itself", async () => {
  const one = await signedIn();
  const two = await one.context().newPage();
  await one.goto(`${origin}/console/imports/new?lang=en`);
  await one.setInputFiles("#file", file("tabs.csv", `email\n${Array.from({ length: 20_000 }, (_, at) => `tab${at}@example.com\n`).join("")}`));
  await one.waitForSelector("#preview table");
  await one.click("text=See what would change");
  await nextPage(one, []);
  await ended(one);
  const forecast = one.url();
  await two.goto(forecast);
  for (const tab of [one, two]) {
    await tab.click("main button.primary");
    await nextPage(tab, [forecast]);
  }
  assert.equal(one.url(), two.url());
  await two.getByRole("button", { name: "Cancel the import" }).click();
  await one.waitForSelector(".state.cancelled");
  await one.waitForSelector("#live[data-open=false]", { timeout: 60_000 });
  assert.match(await one.title(), /^Cancelled/);
  await one.context().close();
});

await test("a page whose session has ended changes nothing, asks to sign in, and comes back to where it was", async () => {
  const page = await signedIn();
  await page.goto(`${origin}/console/imports/new?lang=en`);
  await page.setInputFiles("#file", file("late.csv", "email\nlate@example.com\n"));
  await page.waitForSelector("#preview table");
  await page.click("text=See what would change");
  await nextPage(page, []);
  await ended(page);
  const forecast = page.url();
  await signOutInAnotherTab(page);

  await page.click("main button.primary");
  assert.match(await page.textContent("h1"), /Sign in/);
  await signIn(page);
  assert.equal(page.url(), forecast);
  assert.equal(await page.locator("text=To the import of this forecast").count(), 0, "it was not launched");
  await findCustomer(page, "late@example.com");
  assert.match(await page.textContent("main"), /Nobody has this identifier/);
  await page.context().close();
});

await test("whoever signs out in another tab is told so where a file is about to be sent", async () => {
  const page = await signedIn();
  await page.goto(`${origin}/console/imports/new?lang=en`);
  await page.setInputFiles("#file", file("late.csv", "email\nlate@example.com\n"));
  await page.waitForSelector("#preview table");
  await signOutInAnotherTab(page);
  await page.click("text=Import without a forecast");
  await page.waitForSelector("#mend:not([hidden])");
  assert.match(await page.textContent("#mend"), /Your session has ended/);
  // Who signs in again in another tab can go on with what is filled in.
  const [again] = await Promise.all([page.context().waitForEvent("page"), page.click("#mend a")]);
  await signIn(again);
  await again.close();
  await page.bringToFront();
  await page.click("text=Import without a forecast");
  await nextPage(page, []);
  await ended(page);
  assert.match(await page.textContent("#outcomes"), /New\s*1/);
  await page.context().close();
});

await endWalk();
