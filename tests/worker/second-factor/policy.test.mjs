// Whom SECOND_FACTOR asks, and what a way back in by mail leaves of it.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { App, recoveryCodesOf, withApp } from "../support/codes.mjs";
import { startLimen } from "../support/limen.mjs";
import { linkIn, MAIL_VARS, Mailbox } from "../support/mail.mjs";

const PASSKEY = JSON.stringify({ id: "aWQ", alg: "ES256", jwk: {}, aaguid: "", transports: [], backup_eligible: true });

const atSignIn = async (op, person, browser = op.browser()) => ({
  browser,
  page: await browser.signIn(await browser.open("/account"), person),
});

describe("where a second factor is required", () => {
  test("whoever has none sets one up with their password, is signed in with both, and never does so again", async () => {
    const op = await startLimen({ vars: { SECOND_FACTOR: "required" } });
    const person = await op.person();
    const [first, second] = [await atSignIn(op, person), await atSignIn(op, person)];
    const [app, late] = [new App(op, first.page), new App(op, second.page)];
    assert.equal(await first.browser.sessionCookie(), undefined);
    const shown = await first.browser.submit(first.page, "secret", { code: app.code() });
    assert.equal(recoveryCodesOf(shown).length, 10);
    assert.equal((await first.browser.open("/account")).url, op.url("/account"));
    const tooLate = await second.browser.submit(second.page, "secret", { code: late.code() });
    assert.equal(new URL(tooLate.url).pathname, "/login/second");
    assert.equal(await second.browser.sessionCookie(), undefined, "the other app counts for nothing now");
    const next = await second.browser.submit(tooLate, "code", { code: app.nextCode() });
    assert.equal(next.url, op.url("/account"));
    const [{ acr }] = await op.rows("SELECT acr FROM sessions WHERE user_id = ?", person.id);
    assert.equal(acr, "mfa");
  });

  test("a passkey that the deployment no longer takes keeps nobody out", async () => {
    const op = await startLimen({ vars: { SECOND_FACTOR: "required", SIGN_IN: "password" } });
    const person = await op.person();
    await op.rows("INSERT INTO credentials (id, user_id, kind, secret, created_at) VALUES ('p', ?, 'passkey', ?, 1)", person.id, PASSKEY);
    const { browser, page } = await atSignIn(op, person);
    const shown = await browser.submit(page, "secret", { code: new App(op, page).code() });
    assert.equal(recoveryCodesOf(shown).length, 10, shown.text);
  });
});

test("a new password by mail takes no second factor away, and ends the trust in browsers", async () => {
  const op = await startLimen({ vars: MAIL_VARS });
  const mails = new Mailbox(op);
  const person = await op.person();
  const { app } = await withApp(op, person);
  const { browser, page } = await atSignIn(op, person);
  await browser.submit(page, "code", { code: app.nextCode(), trust: "yes" });
  const form = await browser.open("/recover?page=overview");
  await browser.submit(form, "recover", { username: person.username });
  const link = new URL(linkIn(await mails.await(person.email)));
  const password = "an entirely new pass phrase";
  await browser.submit(await browser.open(link.pathname + link.search), "set-password", { new_password: password, everywhere: "yes" });
  for (const at of [browser, op.browser()]) {
    const second = await atSignIn(op, { ...person, password }, at);
    assert.equal(new URL(second.page.url).pathname, "/login/second");
    assert.equal((await at.open("/account")).asksForPassword, true);
  }
});
