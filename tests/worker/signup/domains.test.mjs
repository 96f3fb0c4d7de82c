// Sign-up for people with an address of the operator's domains: a link by mail makes the account, with an address that is verified.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { startLimen } from "../support/limen.mjs";
import { linkIn, MAIL_VARS, Mailbox } from "../support/mail.mjs";

const PASSWORD = "three random words";
const VARS = { ...MAIL_VARS, SIGNUP: "domains", SIGNUP_DOMAINS: "acme.test ACME.example" };

const op = await startLimen({ vars: VARS });
const mails = new Mailbox(op);

async function ask(email, { browser = op.browser(), page, init } = {}) {
  return browser.submit(page ?? (await browser.open("/signup?page=overview")), "send", { email }, init);
}

async function linkTo(address, n = 1) {
  const url = new URL(linkIn(await mails.await(address, n)));
  return url.pathname + url.search;
}

describe("somebody with an address of one of the domains", () => {
  test("gets a link there, and with it an account whose address is verified", async () => {
    const client = await op.client();
    const browser = op.browser();
    const page = await browser.authorize(client, { prompt: "create" });
    assert.match(page.text, /acme\.test, acme\.example/);
    assert.ok(!page.has("password") && !page.has("username"));
    const sent = await ask(" Ada@Acme.test ", { browser, page });
    assert.equal(sent.status, 200);
    assert.match(sent.text, /on its way to Ada@acme\.test/i);
    const mail = await mails.await("Ada@acme.test");
    assert.match(mail.subject, /Create your account at Acme/);
    const path = await linkTo("Ada@acme.test");
    const elsewhere = op.browser();
    const form = await elsewhere.open(path);
    assert.equal(form.form("email").controls.find(({ name }) => name === "email").value, "Ada@acme.test");
    const done = await elsewhere.submit(form, "email", { email: "x@evil.test", username: "ada", password: PASSWORD });
    assert.equal(done.url, op.url("/account"), done.text);
    const [{ claims }] = await op.rows("SELECT claims FROM users WHERE username = 'ada'");
    assert.deepEqual(JSON.parse(claims), { email: "Ada@acme.test", email_verified: true });
    assert.equal((await elsewhere.open(path)).status, 400, "once");
    const consent = await browser.signIn(await browser.authorize(client), { username: "ada", password: PASSWORD });
    assert.ok(consent.asksForConsent);
  });

  test("who has an account is told so behind the link alone", async () => {
    const bob = await op.person({ email: "bob@acme.test" });
    const [known, unknown] = [await ask(bob.email), await ask("nobody@acme.test")];
    const plain = (page) => page.text.replace(/\S+@acme\.test/, "");
    assert.equal(plain(known), plain(unknown));
    const browser = op.browser();
    const page = await browser.open(await linkTo(bob.email));
    const told = await browser.submit(page, "email", { username: "bob-2", password: PASSWORD });
    assert.match(told.alert, /already/);
  });

  test("gets at most five mails a quarter of an hour", async () => {
    const answers = [];
    for (let n = 0; n < 6; n++) {
      const init = { address: `198.51.100.${n}` };
      answers.push((await ask("often@acme.test", { init })).status);
    }
    assert.deepEqual(answers, [200, 200, 200, 200, 200, 429]);
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
    });
  }

  test("gets in by sending the form for a whole account", async () => {
    const browser = op.browser();
    const page = await browser.open("/signup?page=overview");
    const values = { email: "eve@acme.test", username: "eve", password: PASSWORD, name: "Eve" };
    const form = Object.fromEntries(page.form("send").controls.map(({ name, value }) => [name, value ?? ""]));
    const answer = await browser.fetch("/signup", { form: { ...form, ...values } });
    assert.equal(answer.status, 200);
    assert.equal((await op.rows("SELECT 1 FROM users WHERE username = 'eve'")).length, 0);
    assert.equal(await browser.sessionCookie(), undefined);
  });

  test("gets the page of another browser, or without its hidden field", async () => {
    const page = await op.browser().open("/signup?page=overview");
    assert.equal((await ask("eve@acme.test", { page })).status, 403);
  });
});

test("a link expires within an hour", async () => {
  await ask("late@acme.test");
  const path = await linkTo("late@acme.test");
  op.clock.advance({ minutes: 61 });
  assert.equal((await op.fetch(path)).status, 400);
});

test("without mails it does not start", async () => {
  const bad = await startLimen({ vars: { SIGNUP: "domains", SIGNUP_DOMAINS: "acme.test" } });
  const answer = await bad.fetch("/.well-known/openid-configuration");
  assert.equal(answer.status, 503);
  assert.match(await answer.text(), /SIGNUP is domains, which needs MAIL/);
});
