// Ways to sign in by configuration: passkeys alone, passwords alone, set-up links, offers, well-known documents.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { notice, signedIn } from "../account/support.mjs";
import { Authenticator, optionsOf, signInWith, withPasskey } from "../support/authenticator.mjs";
import { grantOf } from "../support/browser.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const alone = await startLimen({ vars: { SIGN_IN: "passkey", SIGNUP: "open" } });
const passwords = await startLimen({ vars: { SIGN_IN: "password" } });

/** A set-up link for `person`, as a path. */
async function setUpLink(at, person) {
  const made = await at.json(`/admin/api/users/${person.id}/setup_link`, { method: "POST", bearer: at.adminToken });
  return made.url.slice(at.issuer.length);
}

describe("a deployment without passwords", () => {
  test("asks for none, and takes none", async () => {
    const person = await alone.person();
    const browser = alone.browser();
    const page = await browser.open("/account");
    assert.ok(page.has("passkey") && !page.has("username") && !page.has("password"));
    const answer = await browser.submit(page, "passkey", { username: person.username, password: person.password });
    assert.equal(answer.status, 400);
    assert.equal(await browser.sessionCookie(), undefined);
  });

  test("has people sign up with a passkey, on the way to an app", async () => {
    const client = await alone.client();
    const [browser, authenticator] = [alone.browser(), new Authenticator(alone)];
    const page = await browser.authorize(client, { prompt: "create" });
    assert.ok(!page.has("password"));
    const fields = { name: "Ada", email: "ada@people.test", username: "ada" };
    const next = await browser.submit(page, "passkey", { ...fields, passkey: authenticator.create(optionsOf(page)) });
    assert.ok(next.asksForConsent, next.text);
    next.request = page.request;
    const claims = claimsOf((await client.tokens(grantOf(await browser.approve(next)))).id_token);
    assert.deepEqual([claims.acr, claims.amr], ["phr", ["swk", "user", "mfa"]]);
    assert.equal(Buffer.from(optionsOf(page).user.id, "base64url").toString(), claims.sub);
    const again = alone.browser();
    assert.equal((await signInWith(again, await again.open("/account"), authenticator)).url, alone.url("/account"));
  });

  test("makes no account without a passkey, with a name that is taken, or twice", async () => {
    const people = async () => (await alone.rows("SELECT COUNT(*) AS n FROM users"))[0].n;
    const taken = await alone.person();
    const browser = alone.browser();
    const page = await browser.open("/signup?page=overview");
    const before = await people();
    const fields = { email: "eve@people.test", username: "eve" };
    assert.equal((await browser.submit(page, "passkey", fields)).status, 400);
    const passkey = new Authenticator(alone).create(optionsOf(page));
    assert.equal((await browser.submit(page, "passkey", { ...fields, username: taken.username, passkey })).status, 400);
    assert.equal((await browser.submit(page, "passkey", { ...fields, account: taken.id, passkey })).status, 400, "the id is part of the challenge");
    assert.equal(await people(), before);
    assert.equal((await browser.submit(page, "passkey", { ...fields, passkey })).url, alone.url("/account"));
    const second = { email: "mallory@people.test", username: "mallory", passkey };
    assert.equal((await browser.submit(page, "passkey", second)).status, 400);
    assert.equal(await people(), before + 1);
  });

  test("has no page for a password, and changing one leads to passkeys", async () => {
    const person = await alone.person();
    const [browser, authenticator] = [alone.browser(), new Authenticator(alone)];
    const page = await browser.open(await setUpLink(alone, person));
    assert.ok(!page.has("new_password"));
    await browser.submit(page, "passkey", { passkey: authenticator.create(optionsOf(page)) });
    await signInWith(browser, await browser.open("/login?page=overview"), authenticator);
    assert.equal((await browser.open("/account/password")).status, 404);
    assert.equal((await browser.open("/.well-known/change-password")).url, alone.url("/account/passkeys"));
    const only = await browser.open("/account/passkeys");
    assert.match(only.text, /only way to sign in/, "the password that the operator gave is no way in");
    assert.ok(!/\/account\/password/.test((await browser.open("/account")).html));
  });

  test("tells so in discovery", async () => {
    const metadata = await alone.json("/.well-known/openid-configuration");
    assert.deepEqual(metadata.acr_values_supported, ["phr", "mfa", "1"]);
  });
});

describe("a deployment without passkeys", () => {
  test("shows none, takes none and lists none", async () => {
    const person = await passwords.person();
    const page = await passwords.browser().open("/account");
    assert.ok(page.asksForPassword && !page.has("passkey") && !/webauthn/.test(page.html));
    const browser = await signedIn(passwords, person);
    assert.equal((await browser.open("/account/passkeys")).status, 404);
    for (const path of ["/.well-known/passkey-endpoints", "/.well-known/webauthn"])
      assert.equal((await passwords.fetch(path)).status, 404, path);
    assert.deepEqual((await passwords.json("/.well-known/openid-configuration")).acr_values_supported, ["mfa", "1"]);
  });
});

describe("a set-up link", () => {
  test("lets its person add a passkey, once, and opening it uses nothing up", async () => {
    const person = await op.person({ password: undefined });
    const [path, browser, authenticator] = [await setUpLink(op, person), op.browser(), new Authenticator(op)];
    await op.browser().open(path);
    const page = await browser.open(path);
    assert.match(page.text, new RegExp(person.username));
    const next = await browser.submit(page, "add", { passkey: authenticator.create(optionsOf(page)) });
    assert.equal(next.url, op.url("/login?page=overview"));
    assert.equal((await signInWith(browser, next, authenticator)).url, op.url("/account"));
    const over = await browser.open(path);
    assert.equal(over.status, 400);
    assert.match(over.text, /does not work any more/);
    const again = new Authenticator(op).create(optionsOf(page));
    assert.equal((await browser.submit(page, "add", { passkey: again })).status, 400);
    const events = await op.rows("SELECT event, actor FROM audit WHERE user_id = ? AND event LIKE 'set_up%' ORDER BY id", person.id);
    assert.deepEqual(events, [{ event: "set_up_link_made", actor: "operator" }, { event: "set_up_link_used", actor: "person" }]);
  });

  test("lets its person choose a password, without scripts", async () => {
    const person = await op.person({ password: undefined });
    const browser = op.browser();
    const page = await browser.open(await setUpLink(op, person));
    const short = await browser.submit(page, "new_password", { new_password: "short" });
    assert.match(short.alert, /At least 8/);
    await browser.submit(short, "new_password", { new_password: "three random words" });
    assert.ok(await signedIn(op, { ...person, password: "three random words" }));
  });

  test("signs out whoever knew the password before, and ends their tokens", async () => {
    const person = await op.person();
    const client = await op.client();
    const before = op.browser();
    const tokens = await client.tokens(await before.obtain(client, person));
    const browser = op.browser();
    const page = await browser.open(await setUpLink(op, person));
    await browser.submit(page, "new_password", { new_password: "short" });
    assert.equal((await before.open("/account")).url, op.url("/account"), "nothing has changed yet");
    await browser.submit(page, "new_password", { new_password: "three random words" });
    assert.match((await before.open("/account")).url, /\/login/);
    assert.equal((await client.refresh(tokens.refresh_token)).status, 400);
    assert.ok(await signedIn(op, { ...person, password: "three random words" }));
  });

  test("counts once, also 10 times at once", async () => {
    const person = await op.person();
    const browser = op.browser();
    const page = await browser.open(await setUpLink(op, person));
    const csrf = page.form("new_password").controls.find(({ name }) => name === "csrf").value;
    const link = page.form("new_password").controls.find(({ name }) => name === "link").value;
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => browser.fetch("/setup", { form: { csrf, link, new_password: `pass phrase number ${n}` } })),
    );
    assert.equal(answers.filter(({ status }) => status === 303).length, 1);
  });

  test("dies after three days, when a newer one is made, when its person is disabled, and when it is changed", async () => {
    const person = await op.person();
    const works = async (path) => (await op.browser().open(path)).status === 200;
    const old = await setUpLink(op, person);
    const path = await setUpLink(op, person);
    assert.deepEqual([await works(old), await works(path)], [false, true]);
    for (const end of [1, 10, 30]) assert.equal(await works(path.slice(0, -end)), false);
    const other = await op.person();
    assert.equal(await works(path.replace(person.id, other.id)), false);
    await op.changePerson(person, { disabled: true });
    assert.equal(await works(path), false);
    await op.changePerson(person, { disabled: false });
    op.clock.advance({ days: 3, minutes: 1 });
    assert.equal(await works(path), false);
  });

  test("is the operator's to make", async () => {
    const person = await op.person();
    const path = `/admin/api/users/${person.id}/setup_link`;
    assert.equal((await op.fetch(path, { method: "POST" })).status, 401);
    assert.equal((await op.admin("/admin/api/users/nobody/setup_link", { method: "POST" })).status, 404);
    assert.equal((await op.fetch(`/admin/api/users/${person.id}/passkeys`)).status, 401);
    assert.equal((await op.admin("/admin/api/users/nobody/passkeys")).status, 404);
    assert.equal((await op.admin(`/admin/api/users/${person.id}/passkeys/x`, { method: "DELETE" })).status, 404);
  });
});

describe("after a sign-in with a password, where the browser can have a passkey", () => {
  const client = op.client();
  /** Signs `person` in to an app, in a browser that can have passkeys. */
  async function signIn(person) {
    const browser = op.browser();
    const page = await browser.authorize(await client);
    const next = await browser.submit(page, "password", { username: person.username, password: person.password, can_have_passkey: "yes" });
    return { browser, next };
  }
  const isOffer = (page) => new URL(page.url).pathname === "/passkeys/offer";

  test("the person is offered one, and goes on with it", async () => {
    const person = await op.person();
    const { browser, next } = await signIn(person);
    assert.ok(isOffer(next));
    const authenticator = new Authenticator(op);
    const refused = await browser.submit(next, "add", { passkey: "x" });
    assert.equal(refused.status, 400);
    const consent = await browser.submit(refused, "add", { passkey: authenticator.create(optionsOf(next)) });
    assert.ok(consent.asksForConsent, consent.text);
    const other = op.browser();
    assert.equal((await signInWith(other, await other.open("/account"), authenticator)).url, op.url("/account"));
  });

  test("or without, and is not asked again for a month", async () => {
    const person = await op.person();
    const { browser, next } = await signIn(person);
    const skipped = await browser.open(next.elements("a").find(({ id }) => id === "not-now").href);
    assert.ok(skipped.asksForConsent);
    assert.ok(!isOffer((await signIn(person)).next), "not at once");
    op.clock.advance({ days: 29 });
    assert.ok(!isOffer((await signIn(person)).next), "not after 29 days");
    op.clock.advance({ days: 2 });
    assert.ok(isOffer((await signIn(person)).next), "after a month");
  });

  test("but whoever has one is not asked, nor in a browser that can have none", async () => {
    const person = await op.person();
    const browser = op.browser();
    assert.ok((await browser.signIn(await browser.authorize(await client), person)).asksForConsent);
    await withPasskey(op, person);
    assert.ok(!isOffer((await signIn(person)).next));
  });

  test("the offer is for those who have just signed in", async () => {
    const person = await op.person();
    const { browser, next } = await signIn(person);
    op.clock.advance({ minutes: 11 });
    assert.ok((await browser.open(next.url)).asksForConsent, "it goes on");
    assert.ok((await op.browser().open("/passkeys/offer?page=overview")).asksForPassword);
  });
});

describe("well-known documents", () => {
  test("say where passkeys are added and managed", async () => {
    const page = op.url("/account/passkeys");
    assert.deepEqual(await op.json("/.well-known/passkey-endpoints"), { enroll: page, manage: page });
  });

  test("name related origins where the operator does", async () => {
    assert.equal((await op.fetch("/.well-known/webauthn")).status, 404);
    const related = await startLimen({ vars: { PASSKEY_ORIGINS: "https://acme.test https://acme.net" } });
    assert.deepEqual(await related.json("/.well-known/webauthn"), { origins: ["https://acme.test", "https://acme.net"] });
  });

  test("another RP ID is used as it is configured", async () => {
    const parent = await startLimen({ vars: { PASSKEY_RP_ID: "limen.test", SIGN_IN: "passkey password" } });
    const page = await parent.browser().open("/account");
    assert.equal(optionsOf(page).rpId, "limen.test");
    assert.ok(page.html.indexOf('id="passkey"') < page.html.indexOf('id="username"'), "in the operator's order");
    const person = await parent.person();
    const browser = await signedIn(parent, person);
    const passkeys = await browser.open("/account/passkeys");
    const authenticator = new Authenticator(parent);
    const added = await browser.submit(passkeys, "add", { passkey: authenticator.create(optionsOf(passkeys), { rpId: "limen.test" }) });
    assert.match(notice(added), /added/);
    const other = parent.browser();
    const at = await other.open("/account");
    assert.equal((await signInWith(other, at, authenticator)).status, 400, "not for the issuer's own host");
    assert.equal((await signInWith(other, at, authenticator, { rpId: "limen.test" })).url, parent.url("/account"));
  });
});
