// A deployment without passwords, in a real browser: making an account, signing in, and a browser that has no passkeys.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { mailed } from "./support/gallery-mail.mjs";
import { setStage } from "./support/stage.mjs";
import { addAuthenticator } from "./support/virtual-authenticator.mjs";

const { op, chromium } = await setStage({ SIGN_IN: "passkey", SIGNUP: "open", MAIL: "development" });

/** At the second step of making an account. */
async function asked(page, name) {
  const email = `${name}@people.example`;
  await page.goto(op.url("/signup?page=overview"));
  await page.locator("#email").fill(email);
  await page.locator("#username").fill(name);
  await page.locator("#create").click();
  await page.locator("#code").waitFor({ state: "attached" });
  return { email, code: await mailed(op, email, /\b\d{8}\b/) };
}

const withoutPasskeys = (page) => page.addInitScript(() => delete window.PublicKeyCredential);

describe("an account with a passkey", () => {
  test("leaves one passkey in the authenticator, however often the form was wrong, and that signs in", async (t) => {
    const visitor = await chromium.visitor(t);
    const { page } = visitor;
    const authenticator = await addAuthenticator(page);
    const { code } = await asked(page, "hedy");
    await page.locator("#code").fill("00000000");
    await page.locator("#create").click();
    await page.locator('[role="alert"]').waitFor();
    assert.equal((await authenticator.credentials()).length, 1);
    await page.locator("#code").fill(code);
    await page.locator("#create").click();
    await page.waitForURL(op.url("/account"));
    assert.equal((await authenticator.credentials()).length, 1);
    await visitor.context.clearCookies({ name: /session/ });
    await page.addInitScript(() => (PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false)));
    await page.goto(op.url("/login?page=overview"));
    await page.locator("#passkey").click();
    await page.waitForURL(op.url("/account"));
  });
});

describe("a browser without passkeys is told so, and never left with an empty page", () => {
  test("where somebody signs in", async (t) => {
    const { page } = await chromium.visitor(t);
    await withoutPasskeys(page);
    await page.goto(op.url("/login?page=overview"));
    assert.match(await page.locator("[data-unsupported]:visible").textContent(), /cannot use passkeys/);
  });

  test("where somebody makes an account", async (t) => {
    const { page } = await chromium.visitor(t);
    await withoutPasskeys(page);
    await asked(page, "grace");
    assert.match(await page.locator("[data-unsupported]:visible").textContent(), /cannot use passkeys/);
  });

  test("where a link of the operator leads", async (t) => {
    const [person, { page }] = [await op.person({ password: undefined }), await chromium.visitor(t)];
    const { url } = await op.json(`/admin/api/users/${person.id}/setup_link`, { method: "POST", bearer: op.adminToken });
    await withoutPasskeys(page);
    await page.goto(url);
    assert.match(await page.locator("[data-unsupported]:visible").textContent(), /cannot use passkeys/);
  });
});
