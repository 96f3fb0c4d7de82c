// Looks at a page as people meet it: in every language, on a telephone and on a desk, by day and by night.

import assert from "node:assert/strict";
import { test } from "node:test";

import { axe } from "./accessibility.mjs";
import { photograph } from "./pictures.mjs";

const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 360, height: 800 };
const NARROWEST = { width: 320, height: 640 };
/** What axe looks at, and what there are pictures of: colours differ by scheme, places by size, words by language. */
const LOOKS = {
  en: [[NARROW, "light"], [WIDE, "dark"]],
  de: [[NARROW, "dark"]],
  es: [[WIDE, "light"]],
  fr: [[NARROW, "light"]],
};
const LANGUAGES = Object.keys(LOOKS);

/** What a page may load beside the stylesheet, which every page loads once. */
const ALLOWED = /^\/assets\/(passkey\.js|logo|apps\/.+)$/;

/** Whether a page is one of the console. */
export const isOfConsole = (name) => name.startsWith("console");

/** Whether a page is one of somebody's account. */
export const isOfAccount = (name) => name.startsWith("account");

/** A test for each page of a gallery, `{name: open}`, at a stage. */
export function inspect(gallery, { op, chromium }) {
  for (const [name, open] of Object.entries(gallery)) {
    test(`${name}: nothing for axe-core to find, no scrolling sideways, no foreign asset, in the person's language`, async (t) => {
      const visitor = await chromium.visitor(t, { viewport: WIDE });
      await open({ op, visitor });
      const [flaws, titles] = [[], new Set()];
      for (const language of LANGUAGES) {
        const assets = await reload(visitor, language);
        const foreign = assets.filter((path) => !ALLOWED.test(path));
        if (foreign.join() !== "/assets/limen.css") flaws.push(`${language}: loads ${assets}`);
        flaws.push(...(await look(visitor.page, name, language)));
        titles.add(await visitor.page.title());
      }
      assert.deepEqual(flaws, []);
      assert.equal(titles.size, LANGUAGES.length, `one text for several languages: ${[...titles]}`);
    });
  }
}

/** As `inspect`, of pages with the longest names that there can be. */
export function inspectLongNames(gallery, { op, chromium }) {
  for (const [name, open] of Object.entries(gallery)) {
    test(`${name}: names as long as they come do not make it scroll sideways`, async (t) => {
      const visitor = await chromium.visitor(t);
      await open({ op, visitor });
      const flaws = [];
      for (const language of LANGUAGES) {
        await reload(visitor, language);
        for (const viewport of [WIDE, NARROW, NARROWEST]) flaws.push(...(await fit(visitor.page, viewport, language)));
      }
      await photograph(visitor.page, `${name}-long-names-${LANGUAGES.at(-1)}-narrow-light`);
      assert.deepEqual(flaws, []);
    });
  }
}

/** Loads the page in a language. Gives the paths of what it loads besides. */
async function reload({ page }, language) {
  const assets = [];
  const note = (request) => {
    const { protocol, pathname } = new URL(request.url());
    if (!request.isNavigationRequest() && protocol !== "data:") assets.push(pathname);
  };
  page.on("request", note);
  await page.setExtraHTTPHeaders({ "accept-language": `${language}-CH, en;q=0.1` });
  await page.reload();
  page.off("request", note);
  return assets;
}

/** What is wrong with a page, a line each. */
async function look(page, name, language) {
  const flaws = [];
  const lang = await page.locator("html").getAttribute("lang");
  if (lang !== language) flaws.push(`${language}: says lang="${lang}"`);
  await page.locator("details").evaluateAll((all) => all.forEach((details) => (details.open = true)));
  for (const viewport of [NARROWEST, NARROW, WIDE]) {
    flaws.push(...(await fit(page, viewport, language)));
    for (const [, colorScheme] of LOOKS[language].filter(([size]) => size === viewport)) {
      await page.emulateMedia({ colorScheme });
      const found = await axe(page);
      flaws.push(...found.map((violation) => `${language}, ${viewport.width}, ${colorScheme}: ${violation}`));
      await photograph(page, `${name}-${language}-${viewport === WIDE ? "wide" : "narrow"}-${colorScheme}`);
    }
  }
  return flaws;
}

/** Whether a page is wider than the screen. */
async function fit(page, viewport, language) {
  await page.setViewportSize(viewport);
  const width = await page.evaluate(() => document.scrollingElement.scrollWidth);
  return width > viewport.width ? [`${language}: ${width} pixels wide on a screen of ${viewport.width}`] : [];
}
