// Sign-up for people with an address of the operator's domains: a code by mail shows that it is theirs before there is an account.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { startLimen } from "../support/limen.mjs";
import { codeIn, MAIL_VARS, Mailbox } from "../support/mail.mjs";

const PASSWORD = "three random words";
const VARS = { ...MAIL_VARS, SIGNUP: "domains", SIGNUP_DOMAINS: "acme.test ACME.example" };

const op = await startLimen({ vars: VARS });
const mails = new Mailbox(op);

/** Tells an address, and the rest of what the first page asks. */
async function ask(email, { browser = op.browser(), page, username = `new-${Math.random()}`.slice(0, 12), init } = {}) {
  return browser.submit(page ?? (await browser.open("/signup?page=overview")), "create", { email, username }, init);
}

const users = (username) => op.rows("SELECT claims FROM users WHERE username = ?", username);

describe("somebody with an address of one of the domains", () => {
  test("gets a code there, and with it an account whose address is verified, and goes on to the app", async () => {
    const client = await op.client();
    const browser = op.browser();
    const page = await browser.authorize(client, { prompt: "create" });
    assert.match(page.text, /acme\.test, acme\.example/);
    assert.ok(!page.has("password"));
    const sent = await ask(" Ada@Acme.test ", { browser, page, username: "ada" });
    assert.equal(sent.status, 200);
    assert.match(sent.text, /Ada@acme\.test/i);
    assert.deepEqual(await users("ada"), []);
    const code = codeIn(await mails.await("Ada@acme.test"));
    const consent = await browser.submit(sent, "code", { code, password: PASSWORD });
    assert.ok(consent.asksForConsent, consent.text);
    const [{ claims }] = await users("ada");
    assert.deepEqual(JSON.parse(claims), { email: "Ada@acme.test", email_verified: true });
  });

  test("has a code that is worth nothing in another browser", async () => {
    const asked = await ask("grace@acme.test", { username: "grace" });
    assert.ok(asked.has("code"));
    const code = codeIn(await mails.await("grace@acme.test"));
    const thief = op.browser();
    const fields = Object.fromEntries(
      (await thief.open("/signup?page=overview")).form("create").controls.map(({ name, value }) => [name, value ?? ""]),
    );
    const values = { email: "grace@acme.test", code_sent: "grace@acme.test", username: "thief", password: PASSWORD, code };
    const answer = await thief.fetch("/signup", { form: { ...fields, ...values } });
    assert.equal(answer.status, 400);
    assert.deepEqual(await users("thief"), []);
  });

  test("does not turn the code on another address, of these domains or of others", async () => {
    const browser = op.browser();
    const asked = await ask("hedy@acme.test", { browser, username: "hedy" });
    const code = codeIn(await mails.await("hedy@acme.test"));
    for (const email of ["boss@acme.test", "hedy@evil.test"]) {
      const page = await browser.submit(asked, "code", { email, code_sent: email, code, password: PASSWORD });
      assert.equal(page.status, 400, email);
    }
    assert.deepEqual(await users("hedy"), []);
    const done = await browser.submit(asked, "code", { code, password: PASSWORD });
    assert.equal(done.url, op.url("/account"), done.text);
  });

  test("is told by mail alone that they have an account", async () => {
    const bob = await op.person({ email: "bob@acme.test" });
    const [known, unknown] = [await ask(bob.email), await ask("nobody@acme.test")];
    const plain = (page) => page.text.replace(/\S+@acme\.test/, "");
    assert.equal(plain(known), plain(unknown));
    assert.equal(codeIn(await mails.await(bob.email)), undefined);
  });
});

describe("nobody else", () => {
  for (const email of [
    "eve@evil.test",
    "eve@acme.test.evil.test",
    "eve@sub.acme.test",
    "eve@xacme.test",
    "eve@acme.test@evil.test",
    "eve@evil.test,x@acme.test",
    "acme.test",
    "",
  ]) {
    test(`${email || "nothing"}: no mail is sent`, async () => {
      const page = await ask(email);
      assert.equal(page.status, 400);
      assert.ok(page.alert);
      if (email.endsWith("evil.test") && !email.slice(4).includes("@")) assert.match(page.alert, /acme\.test, acme\.example/);
      assert.equal(mails.to(email).length, 0);
    });
  }

  test("gets in by sending the form for a whole account at once", async () => {
    const browser = op.browser();
    const page = await browser.open("/signup?page=overview");
    const values = { email: "eve@acme.test", username: "eve", password: PASSWORD, name: "Eve" };
    const form = Object.fromEntries(page.form("create").controls.map(({ name, value }) => [name, value ?? ""]));
    const answer = await browser.fetch("/signup", { form: { ...form, ...values } });
    assert.equal(answer.status, 200);
    assert.deepEqual(await users("eve"), []);
    assert.equal(await browser.sessionCookie(), undefined);
  });

  test("gets the page of another browser, or without its hidden field", async () => {
    const page = await op.browser().open("/signup?page=overview");
    assert.equal((await ask("eve@acme.test", { page })).status, 403);
  });
});

test("an invitation is for any address", async () => {
  const made = await op.admin("/admin/api/invitations", { json: { email: "guest@elsewhere.test", email_verified: true } });
  const url = new URL((await made.json()).url);
  const browser = op.browser();
  const page = await browser.open(url.pathname + url.search);
  const done = await browser.submit(page, "create", { username: "guest", password: PASSWORD });
  assert.equal(done.url, op.url("/account"), done.text);
});

test("without mails it does not start", async () => {
  const bad = await startLimen({ vars: { SIGNUP: "domains", SIGNUP_DOMAINS: "acme.test" } });
  const answer = await bad.fetch("/.well-known/openid-configuration");
  assert.equal(answer.status, 503);
  assert.match(await answer.text(), /SIGNUP is domains, which needs MAIL/);
});
