// What people are told by mail of their account, and what keeps mails for it.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { signedIn } from "../account/support.mjs";
import { signInWith, withPasskey } from "../support/authenticator.mjs";
import { recoveryCodesOf, withApp } from "../support/codes.mjs";
import { startLimen } from "../support/limen.mjs";
import { MAIL_VARS, Mailbox } from "../support/mail.mjs";

const op = await startLimen({ vars: { ...MAIL_VARS, MAIL_NOTICES: "on" } });
const mails = new Mailbox(op);
const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/** The texts of the notices to a person that tell of a change. */
async function changes(person, n) {
  for (let k = 1; ; k++) {
    await mails.await(person.email, k);
    const found = mails.to(person.email).filter(({ subject }) => subject === "Your account at Acme was changed");
    if (found.length >= n) return found.map(({ text }) => text);
  }
}

describe("people are told", () => {
  test("of a sign-in in a browser in which they had not signed in, once for each", async () => {
    const person = await op.person();
    const headers = { "user-agent": FIREFOX };
    const browser = op.browser();
    await browser.signIn(await browser.open("/account"), person, { headers });
    const mail = await mails.await(person.email);
    assert.equal(mail.subject, "New sign-in to your account at Acme");
    assert.ok(mail.text.includes("Firefox on Linux. From 198.51") && mail.text.includes(person.username), mail.text);
    assert.ok(mail.html.includes(`${op.issuer}/account/activity`));
    await browser.signIn(await browser.open("/login?page=overview&prompt=login"), person, { headers });
    assert.equal(await mails.count(person.email), 1);
    await signedIn(op, person);
    await mails.await(person.email, 2);
  });

  test("of apps with codes, and of recovery codes", async () => {
    const person = await op.person();
    const { app } = await withApp(op, person);
    assert.match((await changes(person, 1))[0], /An authenticator app was set up/);
    const browser = op.browser();
    const second = await browser.signIn(await browser.open("/account"), person);
    const account = await browser.submit(second, "code", { code: app.nextCode() });
    assert.equal(account.url, op.url("/account"));
    const codes = await browser.submit(await browser.open("/account/second_factors"), "renew", {}, { button: "renew" });
    assert.match((await changes(person, 2))[1], /New recovery codes/);
    const other = op.browser();
    const asked = await other.signIn(await other.open("/account"), person);
    await other.submit(asked, "recovery_code", { recovery_code: recoveryCodesOf(codes)[0] });
    assert.match((await changes(person, 3))[2], /Signed in with a recovery code/);
    const page = await other.open("/account/second_factors");
    const [{ id }] = await op.rows("SELECT id FROM credentials WHERE user_id = ? AND kind = 'totp'", person.id);
    await other.submit(page, "remove", { remove: id });
    assert.match((await changes(person, 4))[3], /An authenticator app was removed/);
  });

  test("of passkeys that were added and removed", async () => {
    const person = await op.person();
    const { browser, authenticator } = await withPasskey(op, person);
    assert.match((await changes(person, 1))[0], /A passkey was added/);
    const [{ id }] = await op.rows("SELECT id FROM credentials WHERE user_id = ? AND kind = 'passkey'", person.id);
    const page = await signInWith(browser, await browser.open("/login?page=passkeys"), authenticator);
    await browser.submit(page, "remove", { remove: id });
    assert.match((await changes(person, 2))[1], /A passkey was removed/);
  });

  test("at an address that they have confirmed, and of what the operator chooses", async () => {
    const bare = await op.person({ email_verified: false });
    await signedIn(op, bare);
    assert.equal(await mails.count(bare.email), 0);
    const at = await startLimen({ vars: { ...MAIL_VARS, MAIL_NOTICES: "password factors" } });
    const box = new Mailbox(at);
    const person = await at.person();
    const browser = await signedIn(at, person);
    assert.equal(await box.count(person.email), 0);
    const page = await browser.open("/account/password");
    const next = "an entirely new pass phrase";
    await browser.submit(page, "new_password", { current_password: person.password, new_password: next, repeat_password: next });
    assert.match((await box.await(person.email)).subject, /password at Acme was changed/);
    await assert.rejects(startLimen({ vars: { ...MAIL_VARS, MAIL_NOTICES: "everything" } }).then((wrong) => wrong.json("/.well-known/openid-configuration")));
  });

  test("although strangers have used up what there is for codes and ways back in", async () => {
    const at = await startLimen({ vars: { ...MAIL_VARS, MAIL_DAILY_LIMIT: "20", SIGNUP: "open", MAIL_NOTICES: "password" } });
    const box = new Mailbox(at);
    const person = await at.person();
    for (let n = 0; n < 25; n++) {
      const stranger = at.browser();
      const page = await stranger.open("/signup?page=overview");
      await stranger.submit(page, "email", { email: `stranger-${n}@people.test`, username: `stranger-${n}` });
    }
    for (let n = 0; n < 10; n++) {
      const other = await at.person();
      const stranger = at.browser();
      await stranger.submit(await stranger.open("/recover?page=overview"), "recover", { username: other.username });
    }
    await box.count("x");
    assert.equal(box.mails.length, 18);
    const browser = await signedIn(at, person);
    const next = "an entirely new pass phrase";
    await browser.submit(await browser.open("/account/password"), "new_password", {
      current_password: person.password,
      new_password: next,
      repeat_password: next,
    });
    await box.await(person.email);
  });
});

describe("a new password", () => {
  const service = "https://leaks.test/range/";

  test("is looked for in leaks only for whoever knows the current one, and so often", async () => {
    const at = await startLimen({ vars: { LEAKED_PASSWORDS: service } });
    const asked = () => at.outbound.filter((url) => url.startsWith(service)).length;
    const person = await at.person();
    const before = asked();
    const browser = await signedIn(at, person);
    const page = await browser.open("/account/password");
    const send = (current_password, next) =>
      browser.submit(page, "new_password", { current_password, new_password: next, repeat_password: next });
    assert.equal((await send("wrong", "some other pass phrase")).status, 400);
    assert.equal(asked(), before);
    assert.equal((await send(person.password, "some other pass phrase")).status, 200);
    assert.equal(asked(), before + 1);
  });
});

describe("of what an operator did, people are told", () => {
  const send = (person, path, init) => op.fetch(`/admin/api/users/${person.id}${path}`, { bearer: op.adminToken, ...init });

  test("passkeys and apps that they took away, links that they made, passwords that they set", async () => {
    const person = await op.person({ locale: "de" });
    await withPasskey(op, person);
    const [{ id }] = await op.rows("SELECT id FROM credentials WHERE user_id = ? AND kind = 'passkey'", person.id);
    const told = async () => {
      await mails.count(person.email);
      return mails.to(person.email).map(({ text }) => text).filter((text) => text.includes("Durch die Betreiber dieser Seite"));
    };
    const other = await op.person();
    assert.equal((await send(other, `/passkeys/${id}`, { method: "DELETE" })).status, 404);
    assert.equal((await send(person, "/second_factors/x", { method: "DELETE" })).status, 404);
    assert.deepEqual(await told(), []);
    assert.equal((await send(person, `/passkeys/${id}`, { method: "DELETE" })).status, 204);
    assert.equal((await send(person, `/passkeys/${id}`, { method: "DELETE" })).status, 404);
    assert.equal((await told()).length, 1);
    assert.equal((await send(person, "/setup_link", { method: "POST" })).status, 201);
    assert.equal((await told()).length, 2);
    assert.equal((await send(person, "", { method: "PATCH", json: { password: "an entirely new pass phrase" } })).status, 200);
    assert.equal((await told()).length, 3);
    assert.equal(mails.to(other.email).length, 0);
  });

  test("another address: at the one before", async () => {
    const person = await op.person();
    await op.changePerson(person, { email: `new-${person.email}`, email_verified: true });
    const mail = await mails.await(person.email);
    assert.match(mail.text, /The e-mail address was changed\. By the people who run this site\./);
    assert.equal(await mails.count(`new-${person.email}`), 0);
    await op.changePerson(person, { email: `NEW-${person.email}`, email_verified: true });
    assert.equal(await mails.count(`new-${person.email}`), 0);
  });

  test("that their address counts as confirmed no more, or is another, and of a password set with it: at the one before", async () => {
    const password = "an entirely new pass phrase";
    const told = async (person, words) => {
      const texts = [await mails.await(person.email), await mails.await(person.email, 2)].map(({ text }) => text).join();
      for (const said of [words, "The password was changed"]) assert.ok(texts.includes(`${said}. By the people who run this site.`), texts);
    };
    const person = await op.person();
    await op.changePerson(person, { email_verified: false, password });
    await told(person, "The account was changed");
    await op.changePerson(person, { email: `other-${person.email}`, email_verified: true });
    assert.equal(await mails.count(person.email), 2, "it was told already");
    const moved = await op.person();
    await op.changePerson(moved, { email: `other-${moved.email}`, email_verified: true, password });
    await told(moved, "The e-mail address was changed");
    assert.equal(await mails.count(moved.email), 2);
  });
});

test("a sign-in in a new browser is told with its country, in the language of the page", async () => {
  const person = await op.person();
  const browser = op.browser();
  const from = { cf: { country: "NZ" } };
  const page = await browser.open("/account?ui_locales=de", from);
  await browser.signIn(page, person, { ...from, headers: { "accept-language": "de" } });
  assert.match((await mails.await(person.email)).text, /198\.51\.\d+\.0\/24, Neuseeland/);
});

test("a browser in another country is told once, and where no country is known nothing is", async () => {
  const person = await op.person();
  const browser = op.browser();
  const signInFrom = async (country) => {
    const from = { cf: { country } };
    await browser.signIn(await browser.open("/login?page=overview&prompt=login", from), person, from);
  };
  const told = () => mails.count(person.email);
  await signInFrom("DE");
  assert.equal(await told(), 1);
  for (const again of ["DE", "XX", "", "DE"]) await signInFrom(again);
  assert.equal(await told(), 1);
  await signInFrom("CH");
  const { text } = await mails.await(person.email, 2);
  assert.match(text, /from a country in which it had not signed in before:/);
  assert.match(text, /198\.51\.\d+\.0\/24, Switzerland/);
  await signInFrom("T1");
  assert.match((await mails.await(person.email, 3)).text, /, Tor\b/);
  for (const again of ["DE", "CH", "XX", "T1"]) await signInFrom(again);
  assert.equal(await told(), 3);
});
