// A mail is one factor, however often it is shown: it adds, removes and brings back nothing for people who have a stronger one.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Authenticator, optionsOf, signInWith } from "../support/authenticator.mjs";
import { App } from "../support/codes.mjs";
import { startLimen } from "../support/limen.mjs";
import { codeIn, MAIL_VARS, Mailbox } from "../support/mail.mjs";

const VARS = { ...MAIL_VARS, SIGN_IN: "passkey mail_code", SIGNUP: "open", MAIL_NOTICES: "off" };
const [op, required] = await Promise.all([startLimen({ vars: VARS }), startLimen({ vars: { ...VARS, SECOND_FACTOR: "required" } })]);
const boxes = new Map([op, required].map((at) => [at, new Mailbox(at)]));

/** Signs `person` in by a code that comes by mail, on the way to a page of the account. */
async function byMail(person, { at = op, to = "overview", browser = at.browser() } = {}) {
  const box = boxes.get(at);
  const before = box.to(person.email).length;
  const page = await browser.open(`/login?page=${to}`);
  const asked = await browser.submit(page, "username", { username: person.username }, { button: "mail-code" });
  const done = await browser.submit(asked, "code", { code: codeIn(await box.await(person.email, before + 1)) });
  return { browser, done };
}

const credentials = (person, at = op) => at.rows("SELECT kind FROM credentials WHERE user_id = ?", person.id);

/** Somebody with a passkey. */
async function withPasskey(at = op) {
  const person = await at.person();
  const { browser, done } = await byMail(person, { at, to: "passkeys" });
  const authenticator = new Authenticator(at);
  await browser.submit(done, "passkey", { passkey: authenticator.create(optionsOf(done)) });
  assert.equal((await credentials(person, at)).filter(({ kind }) => kind === "passkey").length, 1);
  return { person, authenticator };
}

describe("somebody with a passkey who signed in by a code from a mail", () => {
  test("adds and removes neither passkeys nor apps, whatever forms are sent", async () => {
    const { person, authenticator } = await withPasskey();
    const { browser } = await byMail(person);
    const page = await browser.open("/account/passkeys");
    assert.ok(!page.has("passkey") && !page.has("remove"), page.text);
    const csrf = (await browser.open("/account/profile")).form("csrf").controls.find(({ name }) => name === "csrf").value;
    const before = await credentials(person);
    const [{ id }] = await op.rows("SELECT id FROM credentials WHERE user_id = ? AND kind = 'passkey'", person.id);
    await browser.fetch("/account/passkeys", { form: { csrf, remove: id } });
    await browser.fetch("/account/passkeys", { form: { csrf, passkey: "{}" } });
    const app = await browser.open("/account/second_factors/new");
    assert.ok(!app.has("secret"), app.text);
    assert.deepEqual(await credentials(person), before);
    // With the passkey they do.
    const stronger = await signInWith(browser, await browser.open("/login?page=passkeys"), authenticator);
    assert.ok(stronger.has("remove"), stronger.text);
  });

  test("neither changes their address nor deletes the account, and does with the passkey", async () => {
    const { person, authenticator } = await withPasskey();
    const { browser } = await byMail(person);
    for (const path of ["/account/email", "/account/delete"]) {
      const page = await browser.open(path);
      assert.match(page.text, /First sign in once more/, path);
    }
    const csrf = (await browser.open("/account/profile")).form("csrf").controls.find(({ name }) => name === "csrf").value;
    const thief = `thief-${person.email}`;
    assert.equal((await browser.fetch("/account/email", { form: { csrf, email: thief } })).status, 400);
    assert.equal((await browser.fetch("/account/delete", { form: { csrf, confirm: "yes" } })).status, 400);
    assert.equal(await boxes.get(op).count(thief), 0);
    const page = await signInWith(browser, await browser.open("/login?page=email"), authenticator);
    const waiting = await browser.submit(page, "email", { email: `new-${person.email}` });
    assert.ok(waiting.has("code"), waiting.text);
  });

  test("gets no passkey by another mail: there is no way back by mail where mails are a way in", async () => {
    const { person } = await withPasskey();
    const browser = op.browser();
    const page = await browser.open("/recover?page=overview");
    assert.ok(!page.has("username"));
    assert.match(page.text, /Ask for a code on the sign-in page/);
    const before = boxes.get(op).to(person.email).length;
    const form = Object.fromEntries((await browser.open("/login?page=overview")).form("username").controls.map(({ name, value }) => [name, value]));
    const answer = await browser.fetch("/recover", { form: { ...form, username: person.username } });
    assert.ok([403, 404].includes(answer.status));
    assert.equal(await boxes.get(op).count(person.email), before);
  });
});

describe("where everybody needs a second factor", () => {
  test("somebody with a passkey shows it after the code, and cannot set up an app in its place", async () => {
    const { person, browser, done } = await (async () => {
      const person = await required.person();
      const begun = await byMail(person, { at: required });
      const app = new App(required, begun.done);
      await begun.browser.submit(begun.done, "code", { code: app.code() });
      const page = await begun.browser.open("/account/passkeys");
      const authenticator = new Authenticator(required);
      await begun.browser.submit(page, "passkey", { passkey: authenticator.create(optionsOf(page)) });
      await required.rows("DELETE FROM credentials WHERE user_id = ? AND kind <> 'passkey'", person.id);
      return { person, ...(await byMail(person, { at: required })) };
    })();
    assert.match(done.url, /\/login\/second\?/);
    assert.ok(!done.has("secret") && done.has("passkey"), done.text);
    const account = await browser.open("/account");
    assert.ok(!account.url.endsWith("/account"), account.url);
    assert.deepEqual(await credentials(person, required), [{ kind: "passkey" }]);
  });

  test("who makes an account by a code sets up a second factor before they are signed in", async () => {
    const box = boxes.get(required);
    const person = { username: "rosa-mail", email: "rosa-mail@people.test" };
    const browser = required.browser();
    const page = await browser.open("/signup?page=overview");
    const asked = await browser.submit(page, "email", person);
    const code = codeIn(await box.await(person.email));
    const done = await browser.submit(asked, "code", { code }, { button: "by-mail" });
    assert.match(done.text, /Set up an authenticator app/);
    assert.deepEqual(await required.rows("SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.username = ?", person.username), []);
    const codes = await browser.submit(done, "code", { code: new App(required, done).code() });
    assert.match(codes.text, /Keep your recovery codes/);
    assert.equal((await browser.open("/account")).url, required.url("/account"));
  });
});

describe("an account that is made by a code", () => {
  test("is never one that is there: whatever id the form has", async () => {
    const victim = await op.person();
    const person = { username: "mallory-mail", email: "mallory-mail@people.test" };
    const browser = op.browser();
    const page = await browser.open("/signup?page=overview");
    const asked = await browser.submit(page, "email", person);
    const code = codeIn(await boxes.get(op).await(person.email));
    await browser.submit(asked, "code", { code, account: victim.id }, { button: "by-mail" });
    assert.deepEqual(await op.rows("SELECT id FROM sessions WHERE user_id = ?", victim.id), []);
    const profile = await browser.open("/account");
    assert.ok(!profile.text.includes(victim.username));
  });
});
