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

describe("a session of a code alone, of somebody who has a passkey by now", () => {
  const thief = (person) => `thief-${person.email}`;
  const addressOf = async ({ id }) => (await op.rows("SELECT email FROM users WHERE id = ?", id))[0].email;
  const newPasskey = ({ id }) => ({
    run: `INSERT INTO credentials (id, user_id, kind, secret, created_at) VALUES ('k-${id}', '${id}', 'passkey', '{}', 0)`,
  });

  /** Somebody without a passkey who has asked for another address. */
  async function asking() {
    const person = await op.person();
    const { browser, done } = await byMail(person, { to: "email" });
    const asked = await browser.submit(done, "email", { email: thief(person) });
    assert.ok(asked.has("code"), asked.text);
    return { person, browser, asked, code: codeIn(await boxes.get(op).await(thief(person))) };
  }

  test("finishes no change of the address that it began before, and sends no other code", async () => {
    const { person, browser, asked, code } = await asking();
    await op.rows(newPasskey(person).run);
    const again = await browser.submit(asked, "again", {}, { button: "again" });
    assert.equal(again.status, 400);
    assert.ok(!again.has("again") && !again.has("code_form"), again.text);
    assert.match(again.text, /First sign in once more/);
    assert.equal((await browser.submit(asked, "code", { code })).status, 400);
    assert.equal(await boxes.get(op).count(thief(person)), 1);
    assert.equal(await addressOf(person), person.email);
    // What was asked for can be given up.
    const given = await browser.submit(again, "forget", {}, { button: "forget" });
    assert.ok(!given.has("forget"), given.text);
  });

  test("nor where the passkey comes in the moment between", async () => {
    const { person, browser, asked, code } = await asking();
    const d1 = { meanwhile: { before: "UPDATE OR IGNORE users", ...newPasskey(person) } };
    assert.equal((await browser.submit(asked, "code", { code }, { d1 })).status, 409);
    assert.equal(await addressOf(person), person.email);
  });

  test("and of ten minutes ago it does neither, with a passkey or without", async () => {
    const { person, browser, asked, code } = await asking();
    op.clock.advance({ minutes: 11 });
    assert.equal((await browser.submit(asked, "code", { code })).status, 400);
    assert.equal(await addressOf(person), person.email);
  });
});

describe("somebody without a password, where others have one", async () => {
  const mixed = await startLimen({ vars: { ...VARS, SIGN_IN: "password mail_code" } });
  boxes.set(mixed, new Mailbox(mixed));
  const someone = () => mixed.person({ password: undefined });

  test("changes their address by what they have", async () => {
    const person = await someone();
    const { browser, done } = await byMail(person, { at: mixed, to: "email" });
    assert.ok(!done.has("current_password"), done.text);
    const asked = await browser.submit(done, "email", { email: `new-${person.email}` });
    const changed = await browser.submit(asked, "code", { code: codeIn(await boxes.get(mixed).await(`new-${person.email}`)) });
    assert.match(changed.text, new RegExp(`new-${person.email}`));
  });

  test("gives themselves a password, which others need the current one for", async () => {
    const person = await someone();
    const { browser } = await byMail(person, { at: mixed, to: "password" });
    mixed.clock.advance({ minutes: 1 });
    const page = await browser.open("/account/password");
    assert.ok(!page.has("current_password"), page.text);
    await browser.submit(page, "new_password", { new_password: "three random words", repeat_password: "three random words" });
    assert.deepEqual(await credentials(person, mixed), [{ kind: "password" }]);
    const [{ auth_time, created_at }] = await mixed.rows("SELECT auth_time, created_at FROM sessions WHERE user_id = ?", person.id);
    assert.equal(auth_time, created_at, "nothing was shown anew");
    assert.ok((await browser.open("/account/password")).has("current_password"));
  });

  test("deletes their account, and not with a sign-in of before", async () => {
    const person = await someone();
    const { browser } = await byMail(person, { at: mixed, to: "delete" });
    mixed.clock.advance({ minutes: 11 });
    const late = await browser.open("/account/delete");
    assert.match(late.text, /First sign in once more/);
    assert.ok(!late.has("current_password"));
    const { browser: again } = await byMail(person, { at: mixed });
    await again.submit(await again.open("/account/delete"), "confirm", { confirm: "yes" });
    assert.deepEqual(await mixed.rows("SELECT id FROM users WHERE id = ?", person.id), []);
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
