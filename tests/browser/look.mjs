// How the walks look at pages of the local stack: signed in, by axe in every language and scheme, and as screenshots.
import assert from "node:assert/strict";
import path from "node:path";

import { origin, packages, shots, visitor as visitorOf } from "./page.mjs";

const axe = packages.resolve("axe-core/axe.min.js");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

// A visitor whose pages axe can look at.
export async function visitor(options) {
  const page = await visitorOf(options);
  await page.context().addInitScript({ path: axe });
  return page;
}

// Signs in on the page that asks for a key, which then leads on.
export async function signIn(page) {
  await page.fill("#key", process.env.KEY);
  await page.click("main button");
  await page.waitForSelector("text=/Sign out|Abmelden/");
}

export async function signedIn(options) {
  const page = await visitor(options);
  await page.goto(`${origin}/console/imports`);
  await signIn(page);
  return page;
}

// No finding of axe and no sideways scrolling, in both languages and both schemes.
export async function audit(page, name) {
  const here = page.url().replace(/#.*$/, "").replace(/[?&]lang=..$/, "");
  for (const lang of ["de", "en"]) {
    await page.goto(`${here}${here.includes("?") ? "&" : "?"}lang=${lang}`);
    assert.equal(await page.getAttribute("html", "lang"), lang);
    await auditAsItIs(page, `${name} ${lang}`);
    await page.setViewportSize({ width: 320, height: 700 });
    const [wide, widest] = await page.evaluate(() => {
      const over = [...document.querySelectorAll("main *, header *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll, .sr"));
      return [document.documentElement.scrollWidth, over.map((e) => `${e.tagName}.${e.className}#${e.id}`).slice(0, 4)];
    });
    assert.ok(wide <= 320, `${name} ${lang} scrolls sideways at 320 px: ${wide} ${widest}`);
    await page.setViewportSize({ width: 1440, height: 900 });
  }
}

// The same of what a page shows by now, in its language, without loading it again.
export async function auditAsItIs(page, name) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    const found = await page.evaluate(async (runOnly) => {
      const { violations } = await globalThis.axe.run(document, { runOnly });
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target} ${node.any[0]?.message ?? node.all[0]?.message ?? ""}`).join(" | ")}`);
    }, TAGS);
    assert.deepEqual(found, [], `${name} ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
}

export async function shoot(page, name) {
  for (const [width, height] of [[390, 844], [1440, 900]]) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: path.join(shots, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
}
