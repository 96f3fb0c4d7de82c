// Passkeys that the browser makes of a password that was just used (conditional create, WebAuthn Level 3 section 5.1.3): without asking
// the person, once, and never as a way around the person at a sign-in.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Authenticator, signInWith, withPasskey } from "../support/authenticator.mjs";
import { withApp } from "../support/codes.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const BACKED_UP = 8 | 16;

async function offered(person) {
  const browser = op.browser();
  await browser.signIn(await browser.open("/account"), person);
  const page = await browser.open("/passkeys/offer?page=overview");
  const form = page.form("passkey");
  return { browser, page, options: JSON.parse(form["data-options"]), silently: form["data-silently"] && JSON.parse(form["data-silently"]) };
}

test("counts although the person was not asked, and they are at each sign-in", async () => {
  const person = await op.person();
  const { browser, page, silently } = await offered(person);
  const authenticator = new Authenticator(op);
  const passkey = authenticator.create(silently, { flags: BACKED_UP });
  assert.equal((await browser.submit(page, "passkey", { passkey, silently: "yes" })).url, op.url("/account"));
  const refused = op.browser();
  const login = await refused.open("/account");
  const odd = { flags: BACKED_UP | 1 };
  assert.equal((await signInWith(refused, login, authenticator, odd)).status, 400);
  assert.equal((await signInWith(refused, await refused.open("/account"), authenticator)).url, op.url("/account"));
  assert.equal((await op.rows("SELECT 1 FROM audit WHERE user_id = ? AND event = 'passkey_added'", person.id)).length, 1);
});

test("is of its own challenge: what the person is asked for takes their presence, and one does not stand for the other", async () => {
  const { browser, page, options, silently } = await offered(await op.person());
  const create = (asked, flags) => new Authenticator(op).create(asked, flags === undefined ? {} : { flags });
  const send = async (values) => (await browser.submit(page, "passkey", values)).status;
  assert.equal(await send({ passkey: create(options, BACKED_UP) }), 400);
  assert.equal(await send({ passkey: create(options, BACKED_UP), silently: "yes" }), 400);
  assert.equal(await send({ passkey: create(silently, BACKED_UP) }), 400);
  assert.equal(await send({ passkey: create(silently) }), 400);
  const mine = create(options);
  assert.equal(await send({ passkey: mine }), 200);
});

test("is made of nobody who has a passkey, and of one challenge once", async () => {
  const person = await op.person();
  const { browser, page, silently } = await offered(person);
  await withPasskey(op, person);
  const passkey = new Authenticator(op).create(silently, { flags: BACKED_UP });
  await browser.submit(page, "passkey", { passkey, silently: "yes" });
  const count = async (of) => (await op.rows("SELECT 1 FROM credentials WHERE kind = 'passkey' AND user_id = ?", of.id)).length;
  assert.equal(await count(person), 1);
  const other = await op.person();
  const fresh = await offered(other);
  const answers = Array.from({ length: 5 }, () => new Authenticator(op).create(fresh.silently, { flags: BACKED_UP }));
  await Promise.all(answers.map((answer) => fresh.browser.submit(fresh.page, "passkey", { passkey: answer, silently: "yes" })));
  assert.equal(await count(other), 1);
  const third = await op.person();
  const pages = [];
  const { browser: its, page: first, silently: challenge } = await offered(third);
  pages.push([first, challenge]);
  for (let n = 0; n < 4; n++) {
    const again = await its.open("/passkeys/offer?page=overview");
    pages.push([again, JSON.parse(again.form("passkey")["data-silently"])]);
  }
  const made = pages.map(([shown, asked]) => [shown, new Authenticator(op).create(asked, { flags: BACKED_UP })]);
  await Promise.all(made.map(([shown, answer]) => its.submit(shown, "passkey", { passkey: answer, silently: "yes" })));
  assert.equal(await count(third), 1);
});

test("is not tried where the person has a passkey, which an authenticator would put the new one in place of", async () => {
  const person = await op.person();
  const { app } = await withApp(op, person);
  const browser = op.browser();
  const second = await browser.signIn(await browser.open("/account"), person);
  await browser.submit(second, "code", { code: app.nextCode() });
  const offer = () => browser.open("/passkeys/offer?page=overview");
  const page = await offer();
  assert.ok(page.form("passkey")["data-silently"]);
  await browser.submit(page, "passkey", { passkey: new Authenticator(op).create(JSON.parse(page.form("passkey")["data-options"])) });
  const form = (await offer()).form("passkey");
  assert.equal(form["data-silently"], undefined);
  assert.equal(JSON.parse(form["data-options"]).excludeCredentials.length, 1);
});
