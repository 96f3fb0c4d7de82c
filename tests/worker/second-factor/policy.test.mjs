// Whom SECOND_FACTOR asks, and what a way back in by mail leaves of it.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Authenticator, optionsOf, signInWith } from "../support/authenticator.mjs";
import { grantOf } from "../support/browser.mjs";
import { App, recoveryCodesOf, setUpApp, withApp } from "../support/codes.mjs";
import { claimsOf } from "../support/jwt.mjs";
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

const path = (page) => new URL(page.url).pathname;

async function acrAfter(client, browser, page) {
  const consented = page.asksForConsent ? await browser.approve(page) : page;
  return claimsOf((await client.tokens(grantOf(consented))).id_token).acr;
}

describe("once a second factor is required", () => {
  /** Somebody who signed in with a password alone before it was. */
  async function from(vars = {}, prepare = async () => {}) {
    const op = await startLimen({ vars });
    const client = await op.client();
    const [person, browser] = [await op.person(), op.browser()];
    const grant = await browser.obtain(client, person, { scope: "openid offline_access" });
    const tokens = await client.tokens(grant);
    const prepared = await prepare(op, person);
    await op.redeploy({ ...vars, SECOND_FACTOR: "required" });
    return { op, client, person, browser, tokens, prepared };
  }

  test("a session from before is led to set one up: at apps and at every page of the account", async () => {
    const { op, client, browser } = await from();
    const silent = await browser.authorize(client, { prompt: "none" });
    assert.equal(silent.callback.get("error"), "login_required");
    for (const page of ["", "/profile", "/passkeys", "/second_factors", "/second_factors/new", "/browsers", "/data", "/delete"])
      assert.equal(path(await browser.open(`/account${page}`)), "/login/second", page);
    const page = await browser.authorize(client);
    const sealed = new URL(page.url).searchParams.get("interaction");
    for (const around of ["/authorize/resume", "/consent"])
      assert.equal(path(await browser.open(`${around}?interaction=${sealed}`)), "/login/second", around);
    assert.equal(await acrAfter(client, browser, await setUpApp(op, browser, page)), "mfa");
    assert.equal(path(await browser.open("/account/profile")), "/account/profile");
    assert.ok((await browser.authorize(client, { prompt: "none" })).callback.get("code"));
  });

  test("forms of the account that were open do nothing until then", async () => {
    const op = await startLimen();
    const { browser } = await atSignIn(op, await op.person());
    const form = await browser.open("/account/password");
    await op.redeploy({ SECOND_FACTOR: "required" });
    const answer = await browser.submit(form, "new_password", { new_password: "an entirely new pass phrase" });
    assert.equal(path(answer), "/login/second");
  });

  test("a session that is not of just now gives the password once more before something is set up", async () => {
    const { op, client, person, browser } = await from();
    op.clock.advance({ minutes: 11 });
    const page = await browser.authorize(client);
    assert.ok(page.asksForPassword, page.text);
    assert.equal(await acrAfter(client, browser, await setUpApp(op, browser, await browser.signIn(page, person))), "mfa");
  });

  test("a session of somebody who has one shows it, and where they trust the browser it goes on", async () => {
    const { op, client, person, browser, prepared } = await from({}, (op, person) => withApp(op, person));
    const page = await browser.open("/account");
    assert.ok(page.has("code") && !page.has("password"));
    assert.equal((await browser.submit(page, "code", { code: prepared.app.nextCode() })).url, op.url("/account"));
    const trusting = await atSignIn(op, person);
    await trusting.browser.submit(trusting.page, "code", { code: prepared.app.nextCode(), trust: "yes" });
    const again = await trusting.browser.signIn(await trusting.browser.open("/login?page=overview&another=yes"), person);
    assert.equal(again.url, op.url("/account"));
    assert.equal(await acrAfter(client, trusting.browser, await trusting.browser.authorize(client)), "1", "that proves nothing to apps");
  });

  test("refresh tokens from before go on, and say how their person signed in", async () => {
    const { client, tokens } = await from();
    const refreshed = await (await client.refresh(tokens.refresh_token)).json();
    assert.equal(claimsOf(refreshed.access_token).acr, "1");
  });

  test("where there are no passwords any more, a session from their time adds a passkey", async () => {
    const { op, client, browser } = await from();
    await op.redeploy({ SECOND_FACTOR: "required", SIGN_IN: "passkey" });
    const page = await browser.authorize(client);
    assert.equal(path(page), "/passkeys/offer");
    const authenticator = new Authenticator(op);
    const added = await browser.submit(page, "passkey", { passkey: authenticator.create(optionsOf(page)) });
    const next = await signInWith(browser, added, authenticator);
    next.request = page.request;
    assert.equal(await acrAfter(client, browser, next), "phr");
  });
});

describe("whoever makes an account", () => {
  const newcomer = (name) => ({ username: name, email: `${name}@people.test`, password: "three random words" });

  test("sets a second factor up before they are signed in, where it is required", async () => {
    const op = await startLimen({ vars: { SECOND_FACTOR: "required", SIGNUP: "open" } });
    const browser = op.browser();
    const made = await browser.submit(await browser.open("/signup?page=overview"), "email", newcomer("nora"));
    assert.equal(await browser.sessionCookie(), undefined);
    assert.equal((await setUpApp(op, browser, made)).url, op.url("/account"));
    const [{ acr }] = await op.rows("SELECT acr FROM sessions");
    assert.equal(acr, "mfa");
    const taken = await op.browser();
    const refused = await taken.submit(await taken.open("/signup?page=overview"), "email", newcomer("nora"));
    assert.equal(refused.status, 400);
    // Another who leaves off there signs in with a password later, and is led to the same page.
    const leaving = op.browser();
    await leaving.submit(await leaving.open("/signup?page=overview"), "email", newcomer("olga"));
    assert.ok((await atSignIn(op, newcomer("olga"))).page.has("secret"));
  });

  test("does so for an app that demands it, and makes a passkey for one that demands that", async () => {
    const op = await startLimen({ vars: { SIGNUP: "open" } });
    const client = await op.client();
    const demand = (acr) => ({ prompt: "create", claims: JSON.stringify({ id_token: { acr: { essential: true, value: acr } } }) });
    const browser = op.browser();
    const page = await browser.authorize(client, demand("mfa"));
    const made = await browser.submit(page, "email", newcomer("nora"));
    made.request = page.request;
    assert.equal(await acrAfter(client, browser, await setUpApp(op, browser, made)), "mfa");
    const other = op.browser();
    const form = await other.authorize(client, demand("phr"));
    assert.ok(!form.has("password") && form.has("passkey"));
    const { password: _, ...fields } = newcomer("olga");
    const next = await other.submit(form, "passkey", { ...fields, passkey: new Authenticator(op).create(optionsOf(form)) });
    next.request = form.request;
    assert.equal(await acrAfter(client, other, next), "phr");
  });

  test("leaves no account behind whose passkey somebody has already", async () => {
    const op = await startLimen({ vars: { SIGN_IN: "passkey", SIGNUP: "open" } });
    const authenticator = new Authenticator(op);
    const sign = async (name) => {
      const browser = op.browser();
      const page = await browser.open("/signup?page=overview");
      const { password: _, ...fields } = newcomer(name);
      return browser.submit(page, "passkey", { ...fields, passkey: authenticator.create(optionsOf(page)) });
    };
    assert.equal((await sign("nora")).url, op.url("/account"));
    assert.equal((await sign("olga")).status, 400);
    assert.deepEqual((await op.rows("SELECT username FROM users")).map(({ username }) => username), ["nora"]);
    assert.equal((await op.rows("SELECT id FROM audit WHERE event = 'signed_up'")).length, 1);
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
