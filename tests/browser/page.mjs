// What the walks in Chromium share: the browser, visitors, tests, and how the pages of imports are read.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { mkdirSync } from "node:fs";
import path from "node:path";

const { CHROMIUM, PACKAGES, WORK } = process.env;
export const packages = createRequire(path.resolve(PACKAGES, "node_modules/"));
export const shots = path.resolve(WORK, "shots");
mkdirSync(shots, { recursive: true });

const walk = path.basename(process.argv[1]);
const began = Date.now();
let browser;
let passed = 0;
let failed = 0;

// The origin of the console, where a walk has a link to it.
export const origin = process.env.LINK && new URL(process.env.LINK).origin;

// What pages may say in the console of the browser: that they were refused something, and what a walk does to them on purpose.
const expected = [/status of 40[0-9]|status of 429/];
export const expectInConsole = (pattern) => expected.push(pattern);

// Whatever a page complains about fails the walk: scripts that break, and what the content security policy stops.
const complaints = [];

export async function openBrowser(args = []) {
  const executablePath = CHROMIUM;
  browser = await packages("playwright-core").chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage", ...args] });
}

// The page of the customer who has an identifier, or the page that says that nobody has it.
export async function findCustomer(page, value, at = origin) {
  await page.goto(`${at}/console/customers?lang=en`);
  await page.fill("#q", value);
  await page.click("main button.primary");
  await page.waitForSelector("main .empty, main .columns");
  assert.doesNotMatch(page.url(), /example/, "no address has the identifier");
}

export async function visitor(options = {}) {
  const context = await browser.newContext({ locale: "en-US", viewport: { width: 1440, height: 900 }, ...options });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error}`));
  page.on("dialog", (dialog) => {
    complaints.push(`${page.url()}: dialog ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("console", (message) => {
    if (message.type() === "error" && !expected.some((pattern) => pattern.test(message.text()))) complaints.push(`${page.url()}: ${message.text()}`);
  });
  return page;
}

// A test that is not done after so many milliseconds has failed: some waits of the browser have no end of their own.
const LONGEST = 180_000;
const within = (milliseconds, work) => {
  let timer;
  const limit = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`not done after ${milliseconds / 1000} s`)), milliseconds)));
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
};

export async function test(sentence, body) {
  const seconds = () => `${((Date.now() - began) / 1000).toFixed(1)} s`;
  try {
    await within(LONGEST, body());
    assert.deepEqual(complaints, [], "what pages complained about");
    passed += 1;
    console.log(`ok      ${seconds()}  ${sentence}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${seconds()}  ${sentence}\n${error.message}\n${error.stack.split("\n").find((line) => line.includes(walk)) ?? ""}`);
    if (complaints.length) console.log(`pages complained: ${complaints.splice(0).join("\n")}`);
    const [first] = browser.contexts();
    await first?.pages()[0]?.screenshot({ path: path.join(shots, `failed-${failed}.png`), fullPage: true });
  }
}

// Closes the browser, and says how the walk ended.
export async function endWalk() {
  await browser.close();
  console.log(`${walk}: ${passed} passed, ${failed} failed in ${((Date.now() - began) / 1000).toFixed(0)} s`);
  process.exitCode = failed || !passed ? 1 : 0;
}

// Waits until the page of an import shows its end, without being loaded again.
export const ended = (page, timeout = 60_000) => page.waitForSelector("#live[data-open=false]", { timeout });
export const tiles = (page) => page.$$eval("#now .tiles li", (all) => all.map((tile) => [tile.querySelector(".word").textContent.trim(), tile.querySelector(".figure").textContent.trim()]));
export const cells = (page, rows) => page.$$eval(rows, (all) => all.map((row) => [...row.cells].map((cell) => cell.textContent.trim())));
