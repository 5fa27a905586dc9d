// Makes the pictures of docs/console out of the screenshots of the walks: `tests/browser/run && node tests/browser/screens.mjs`.
import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";

const shots = "target/browser/shots";
const docs = "docs/console";
// Each screen once at 1440 and 390 pixels, light and dark.
const SCREENS = ["sign-in", "imports", "new-import", "needed", "forecast", "running", "resume", "task", "failed", "undo-forecast", "correct", "customer", "erase", "segment", "catalogue", "definitions"];
// What the pages of the documentation show of one.
const ALONE = { forecast: "1440-light", imports: "1440-light", "new-import": "1440-light", customer: "1440-light", correct: "1440-light", definitions: "1440-light", task: "390-dark", undo: "390-light" };
// Longest part of a screen that is shown, in pixels as they were taken.
const LONGEST = 1600;

const { chromium } = createRequire(path.resolve("target/browser/node_modules/"))("playwright-core");
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 2000, height: 1000 } });
const shot = (name, variant, width, height) => {
  const data = readFileSync(path.join(shots, `${name}-${variant}.png`)).toString("base64");
  return `<div style="display:inline-block;vertical-align:top;margin:8px;width:${width}px;max-height:${height}px;overflow:hidden;box-shadow:0 0 0 1px #8885"><img style="width:100%;display:block" src="data:image/png;base64,${data}"></div>`;
};

async function write(markup, file) {
  await page.setContent(`<body style="margin:0;background:#fff"><div id="all" style="display:inline-block;white-space:nowrap">${markup}</div>`);
  await page.locator("#all").screenshot({ path: file });
}

mkdirSync(path.join(docs, "screens"), { recursive: true });
for (const name of SCREENS) {
  const wide = ["light", "dark"].map((scheme) => shot(name, `1440-${scheme}`, 720, LONGEST / 2));
  const narrow = ["light", "dark"].map((scheme) => shot(name, `390-${scheme}`, 195, LONGEST / 2));
  await write([...wide, ...narrow].join(""), path.join(docs, "screens", `${name}.png`));
}
for (const [name, variant] of Object.entries(ALONE)) {
  const isNarrow = variant.startsWith("390");
  await write(shot(name, variant, isNarrow ? 390 : 1080, isNarrow ? 1200 : 900), path.join(docs, `${name}${isNarrow ? "-phone" : ""}.png`));
}
await browser.close();
