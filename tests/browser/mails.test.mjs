// Every mail, in every language, on a telephone, and in English by day and by night.

import assert from "node:assert/strict";
import { test } from "node:test";

import { axe } from "./support/accessibility.mjs";
import { photograph } from "./support/pictures.mjs";
import { setStage } from "./support/stage.mjs";

const LANGUAGES = ["en", "de", "es", "fr"];
/** Each kind, and what it tells beside its text. */
const KINDS = {
  account_changed: "passkey_added",
  address_changed: null,
  address_in_use: null,
  app_asks: "Acme Till",
  confirm_address: null,
  device_connected: "Acme TV: Firefox on Linux. From 198.51.100.0/24",
  invitation: null,
  new_browser: "Firefox on Linux. From 198.51.100.0/24, Germany",
  new_country: "Firefox on Linux. From 198.51.100.0/24, New Zealand",
  password_changed: null,
  recovery: null,
  sign_in_code: null,
  test: null,
};

const { op, chromium } = await setStage({ MAIL: "development" });

for (const [kind, detail] of Object.entries(KINDS)) {
  test(`${kind}: nothing for axe-core to find, no scrolling sideways, nothing that is loaded, by day and by night`, async (t) => {
    const person = await op.person();
    const { page } = await chromium.visitor(t, { viewport: { width: 360, height: 640 } });
    const [flaws, texts, loaded] = [[], new Set(), []];
    page.on("request", (request) => request.isNavigationRequest() || loaded.push(request.url()));
    for (const language of LANGUAGES) {
      const id = `${kind}-${language}`;
      const now = op.clock.seconds();
      await op.rows(
        `INSERT INTO mail_outbox (id, user_id, kind, address, folded, language, facts, root, attempts, sent_at, created_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, 1, 0, ?, ?, ?)`,
        id, person.id, kind, person.email, person.email, language, JSON.stringify({ account: "ada.lovelace-byron@people.example", detail }), now, now, now + 600,
      );
      await page.goto(op.url(`/dev/mail/${id}`));
      if ((await page.locator("html").getAttribute("lang")) !== language) flaws.push(`${language}: in another language`);
      texts.add(await page.title());
      const width = await page.evaluate(() => document.scrollingElement.scrollWidth);
      if (width > 360) flaws.push(`${language}: ${width} pixels wide`);
      // Languages differ in their words alone.
      if (language !== "en") continue;
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        // A mail has no landmarks: it stands in the page of whoever shows it.
        const found = (await axe(page)).filter((one) => !/^(landmark-one-main|page-has-heading-one|region)/.test(one));
        flaws.push(...found.map((one) => `${language}, ${colorScheme}: ${one}`));
        await photograph(page, `mail-${kind}-${colorScheme}`);
      }
    }
    assert.deepEqual(flaws, []);
    assert.equal(texts.size, LANGUAGES.length, [...texts].join());
    assert.deepEqual(loaded, []);
  });
}
