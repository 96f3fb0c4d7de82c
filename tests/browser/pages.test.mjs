// Every page, in every language, on a telephone and on a desk, by day and by night. Pictures of them are left in
// target/screenshots/ to be looked at.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { axe } from "./support/accessibility.mjs";
import { GALLERY, LONG_NAMES } from "./support/gallery.mjs";
import { KEPT } from "./support/gallery-factors.mjs";
import { DETAIL_TYPES, LONG_DETAILS, WITH_DETAILS } from "./support/gallery-details.mjs";
import { BRAND, TERMS, WITH_TERMS } from "./support/gallery-terms.mjs";
import { setStage } from "./support/stage.mjs";

const SCREENSHOTS = fileURLToPath(new URL("../../target/screenshots/", import.meta.url));
const LANGUAGES = ["en", "de", "es", "fr"];
const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 360, height: 800 };
const NARROWEST = { width: 320, height: 640 };
const SCHEMES = ["light", "dark"];

const SIGN_IN = "password passkey mail_code";
const { op, chromium } = await setStage({ SIGNUP: "open", MAIL: "development", DEVICE_AUTHORIZATION: "on", BACKCHANNEL_AUTHENTICATION: "on", SIGN_IN, ...DETAIL_TYPES });
const fresh = await setStage(TERMS);
const branded = await setStage(BRAND);

/** Those that show a deployment's own look at its best and at its worst. */
const WITH_BRAND = {
  ...pick(GALLERY, ["login", "login-wrong-password", "consent", "account", "account-profile", "account-apps", "console", "console-look", "error"]),
  ...pick(WITH_TERMS, ["closed-app-contact"]),
  ...pick(KEPT, ["console-attributes"]),
};

function pick(gallery, names) {
  return Object.fromEntries(names.map((name) => [`branded-${name}`, gallery[name]]));
}

/** Every page, each with where it is. */
const PAGES = [
  ...Object.entries({ ...GALLERY, ...WITH_DETAILS }).map((entry) => [...entry, { op, chromium }]),
  ...Object.entries(WITH_TERMS).map((entry) => [...entry, fresh]),
  ...Object.entries(WITH_BRAND).map((entry) => [...entry, branded]),
];

for (const [name, open, { op, chromium }] of PAGES) {
  test(`${name}: nothing for axe-core to find, no scrolling sideways, no foreign asset, in the person's language`, async (t) => {
    const visitor = await chromium.visitor(t, { viewport: WIDE });
    await open({ op, visitor });
    const [flaws, titles] = [[], new Set()];
    for (const language of LANGUAGES) {
      const assets = await reload(visitor, language);
      const foreign = assets.filter((path) => !["/assets/passkey.js", "/assets/logo"].includes(path));
      if (foreign.join() !== "/assets/limen.css") flaws.push(`${language}: loads ${assets}`);
      flaws.push(...(await look(visitor.page, name, language)));
      titles.add(await visitor.page.title());
    }
    assert.deepEqual(flaws, []);
    assert.equal(titles.size, LANGUAGES.length, `one text for several languages: ${[...titles]}`);
  });
}

for (const [name, open] of Object.entries({ ...LONG_NAMES, ...LONG_DETAILS })) {
  test(`${name}: names as long as they come do not make it scroll sideways`, async (t) => {
    const visitor = await chromium.visitor(t);
    await open({ op, visitor });
    const flaws = [];
    for (const language of LANGUAGES) {
      await reload(visitor, language);
      for (const viewport of [WIDE, NARROW, NARROWEST]) flaws.push(...(await fit(visitor.page, viewport, language)));
    }
    await photograph(visitor.page, [`${name}-long-names`, LANGUAGES.at(-1), "narrow", "light"]);
    assert.deepEqual(flaws, []);
  });
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
    if (viewport === NARROWEST) continue;
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      const found = await axe(page);
      flaws.push(...found.map((violation) => `${language}, ${viewport.width}, ${colorScheme}: ${violation}`));
      await photograph(page, [name, language, viewport === WIDE ? "wide" : "narrow", colorScheme]);
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

/** A picture is slow to make: all four of a page in English, of the others one by day and one by night. */
async function photograph(page, [name, language, size, colorScheme]) {
  const path = `${SCREENSHOTS}${[name, language, size, colorScheme].join("-")}.png`;
  const telling = language === "en" || (size === "narrow") === (colorScheme === "light");
  if (telling) await page.screenshot({ path, fullPage: true, caret: "initial" });
}
