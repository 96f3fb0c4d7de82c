// What is still to be done to sign in: to accept the terms, to choose another password. Until then a session counts for nothing.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { signedIn } from "../account/support.mjs";
import { Authenticator, optionsOf, signInWith, withPasskey } from "../support/authenticator.mjs";
import { App } from "../support/codes.mjs";
import { redirectError } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";
import { codeIn, linkIn, MAIL_VARS, Mailbox } from "../support/mail.mjs";

const NEW = "an entirely new pass phrase";
const TERMS = { TERMS_URL: "https://acme.test/terms", TERMS_VERSION: "2026-11" };

const op = await startLimen();
const withTerms = await startLimen({ vars: { ...TERMS, SIGNUP: "open" } });

const { paths: documented } = await op.json("/openapi.json");
/** Every address that a browser can open, each as it is and for a page of the account. */
const pages = () =>
  Object.keys(documented)
    .filter((path) => documented[path].get && !/[{]|^\/admin/.test(path))
    .flatMap((path) => [path, `${path}?page=second_factors`]);
const demand = (person, at = op) => at.admin(`/admin/api/users/${person.id}/require_new_password`, { method: "POST" });
const read = (person, at = op) => at.json(`/admin/api/users/${person.id}`, { bearer: at.adminToken });
const events = async (person, event, at = op) =>
  (await at.rows("SELECT actor FROM audit WHERE user_id = ? AND event = ?", person.id, event)).map(({ actor }) => actor);

async function demanded(at = op, claims) {
  const person = await at.person(claims);
  assert.equal((await demand(person, at)).status, 204);
  return person;
}

describe("somebody of whom a new password is asked", () => {
  test("chooses it after their own, on the way to an app, and is asked once", async () => {
    const [client, person] = [await op.client(), await demanded()];
    assert.equal((await read(person)).new_password_required, true);
    const browser = op.browser();
    const start = await browser.authorize(client);
    const page = await browser.signIn(start, person);
    assert.match(page.url, /\/login\/finish\?interaction=/);
    assert.equal((await browser.submit(page, "finish", { new_password: "short" })).status, 400);
    const same = await browser.submit(page, "finish", { new_password: person.password });
    assert.match(same.alert, /another password/i);
    const consent = await browser.submit(same, "finish", { new_password: NEW });
    assert.ok(consent.asksForConsent, consent.text);
    consent.request = start.request;
    assert.ok((await browser.approve(consent)).callback.get("code"));
    assert.equal((await read(person)).new_password_required, false);
    assert.ok(await signedIn(op, { ...person, password: NEW }));
    assert.ok((await op.browser().open("/account")).asksForPassword);
    assert.deepEqual(await events(person, "new_password_required"), ["operator"]);
    assert.deepEqual(await events(person, "password_changed"), ["person"]);
  });

  test("is not signed in before, whatever they open or send", async () => {
    const [client, person] = [await op.client(), await demanded()];
    const browser = op.browser();
    const page = await browser.signIn(await browser.open("/account"), person);
    assert.match(page.url, /\/login\/finish\?page=overview/);
    const gone = await op.person();
    const nobody = await signedIn(op, gone);
    await op.admin(`/admin/api/users/${gone.id}/sessions`, { method: "DELETE" });
    const seen = [];
    for (const path of pages()) {
      const answers = [];
      for (const each of [nobody, browser]) {
        const { status, headers } = await each.fetch(path);
        answers.push(`${status} ${headers.get("location")}`);
      }
      if (path.startsWith("/login/finish")) continue;
      assert.equal(answers[1], answers[0], path);
      seen.push(answers[1]);
    }
    assert.ok(seen.filter((answer) => answer.startsWith("303 /login?page=")).length >= 10, seen.join("\n"));
    assert.ok((await browser.authorize(client)).asksForPassword);
    const silent = await browser.authorize(client, { prompt: "none" });
    assert.equal(silent.callback.get("error"), "login_required");
    assert.deepEqual((await op.json(`/admin/api/users/${person.id}/sessions`, { bearer: op.adminToken })).sessions, []);
    const summary = await signedInLater(person);
    assert.equal(summary, 1, "what waits is no browser that is signed in");
  });

  async function signedInLater(person) {
    const browser = op.browser();
    const page = await browser.signIn(await browser.open("/account"), person);
    await browser.submit(page, "finish", { new_password: NEW });
    const { sessions } = await op.json(`/admin/api/users/${person.id}/sessions`, { bearer: op.adminToken });
    return sessions.length;
  }

  test("gets another cookie then, and is signed out elsewhere", async () => {
    const person = await op.person();
    const elsewhere = await signedIn(op, person);
    await demand(person);
    assert.equal((await elsewhere.open("/account")).url, op.url("/account"), "sessions go on until then");
    const browser = op.browser();
    const page = await browser.signIn(await browser.open("/account"), person);
    const before = (await browser.sessionCookie()).value;
    await browser.submit(page, "finish", { new_password: NEW });
    assert.notEqual((await browser.sessionCookie()).value, before);
    assert.ok((await elsewhere.open("/account")).asksForPassword);
  });

  test("must send a form of this browser, within an hour, while the session is there", async () => {
    const person = await demanded();
    const browser = op.browser();
    const page = await browser.signIn(await browser.open("/account"), person);
    const stranger = op.browser();
    assert.ok((await stranger.submit(page, "finish", { new_password: NEW })).asksForPassword);
    const form = Object.fromEntries(page.form("finish").controls.map(({ name, value }) => [name, value ?? ""]));
    delete form.cancel;
    assert.equal((await browser.fetch("/login/finish", { form: { ...form, csrf: "x", new_password: NEW } })).status, 403);
    op.clock.advance({ minutes: 61 });
    assert.ok((await browser.submit(page, "finish", { new_password: NEW })).asksForPassword);
    const again = await browser.signIn(await browser.open("/account"), person);
    await op.admin(`/admin/api/users/${person.id}/sessions`, { method: "DELETE" });
    assert.ok((await browser.submit(again, "finish", { new_password: NEW })).asksForPassword);
    assert.equal((await read(person)).new_password_required, true);
  });

  test("of 20 forms at once, all end with one password and one session", async () => {
    const person = await demanded();
    const browser = op.browser();
    const page = await browser.signIn(await browser.open("/account"), person);
    const form = Object.fromEntries(page.form("finish").controls.map(({ name, value }) => [name, value ?? ""]));
    delete form.cancel;
    const send = (n) => browser.fetch("/login/finish", { form: { ...form, new_password: `${NEW} ${n}` } });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => send(n)));
    const on = answers.filter(({ headers }) => headers.get("location") === "/account");
    assert.equal(on.length, 1);
    const [{ n }] = await op.rows("SELECT COUNT(*) AS n FROM sessions WHERE user_id = ? AND waits_for = 0", person.id);
    assert.equal(n, 1);
  });

  test("who knows the old one only cannot choose another after its person has, by a link that ends no sessions", async () => {
    const at = await startLimen({ vars: MAIL_VARS });
    const mails = new Mailbox(at);
    const person = await demanded(at);
    const thief = at.browser();
    const page = await thief.signIn(await thief.open("/account"), person);
    const own = at.browser();
    at.clock.advance({ seconds: 2 });
    await own.submit(await own.open("/recover?page=overview"), "recover", { username: person.username });
    const link = new URL(linkIn(await mails.await(person.email, 1)));
    const setUp = await own.open(link.pathname + link.search);
    const same = await own.submit(setUp, "set-password", { new_password: person.password });
    assert.match(same.alert, /another password/i);
    assert.equal((await own.submit(setUp, "set-password", { new_password: NEW })).url, at.url("/login?page=overview"));
    const mine = await signedIn(at, { ...person, password: NEW });
    assert.ok((await thief.submit(page, "finish", { new_password: "what the thief wants" })).asksForPassword);
    await demand(person, at);
    assert.ok((await thief.submit(page, "finish", { new_password: "what the thief wants" })).asksForPassword);
    assert.equal((await mine.open("/account")).url, at.url("/account"));
    const again = at.browser();
    assert.ok((await again.signIn(await again.open("/account"), { ...person, password: NEW })).has("new_password"));
  });

  test("may not keep it at their account either, in a browser that goes on", async () => {
    const person = await op.person();
    const browser = await signedIn(op, person);
    await demand(person);
    const set = async (password) => {
      const values = { current_password: person.password, new_password: password, repeat_password: password };
      return browser.submit(await browser.open("/account/password"), "new-password", values);
    };
    const same = await set(person.password);
    assert.equal(same.status, 400);
    assert.match(same.text, /another password than the one/);
    assert.equal((await read(person)).new_password_required, true);
    assert.notEqual((await set(NEW)).status, 400);
    assert.equal((await read(person)).new_password_required, false);
  });

  test("may give up: the session is gone, and the app is told", async () => {
    const [client, person] = [await op.client(), await demanded()];
    const browser = op.browser();
    const start = await browser.authorize(client);
    const page = await browser.signIn(start, person);
    const declined = await browser.submit(page, "cancel", {}, { button: "cancel" });
    redirectError(Object.assign(declined, { request: start.request }), "access_denied");
    assert.deepEqual(await op.rows("SELECT id FROM sessions WHERE user_id = ?", person.id), []);
    assert.equal(await browser.sessionCookie(), undefined);
    const own = await browser.signIn(await browser.open("/account"), person);
    assert.ok((await browser.submit(own, "cancel", {}, { button: "cancel" })).asksForPassword);
    assert.equal((await read(person)).new_password_required, true);
  });

  test("is rid of the session that waits where an app signs them out", async () => {
    const [client, person] = [await op.client(), await op.person()];
    const { id_token } = await client.tokens(await op.browser().obtain(client, person));
    await op.admin(`/admin/api/users/${person.id}/sessions`, { method: "DELETE" });
    await demand(person);
    const browser = op.browser();
    await browser.signIn(await browser.open("/account"), person);
    await browser.open(`/logout?${new URLSearchParams({ id_token_hint: id_token })}`);
    assert.deepEqual(await op.rows("SELECT id FROM sessions WHERE user_id = ?", person.id), []);
  });

  test("is rid of the session that waits wherever the browser forgets it, by a bare logout, too", async () => {
    const person = await demanded();
    const browser = op.browser();
    await browser.signIn(await browser.open("/account"), person);
    assert.equal((await op.rows("SELECT id FROM sessions WHERE user_id = ?", person.id)).length, 1);
    await browser.open("/logout");
    assert.equal(await browser.sessionCookie(), undefined);
    assert.deepEqual(await op.rows("SELECT id FROM sessions WHERE user_id = ?", person.id), []);
  });

  test("cannot try passwords without end", async () => {
    const person = await demanded();
    const browser = op.browser();
    const page = await browser.signIn(await browser.open("/account"), person);
    for (let n = 0; n < 10; n++) assert.equal((await browser.submit(page, "finish", { new_password: "short" })).status, 400);
    const refused = await browser.submit(page, "finish", { new_password: NEW });
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers.get("retry-after")) > 0);
    op.clock.advance({ minutes: 16 });
    assert.equal((await browser.submit(page, "finish", { new_password: NEW })).url, op.url("/account"));
  });

  test("is asked where a passkey comes after the password", async () => {
    const person = await op.person();
    const { authenticator } = await withPasskey(op, person);
    const own = op.browser();
    await signInWith(own, await own.open("/login?page=second_factors"), authenticator);
    const form = await own.open("/account/second_factors/new");
    await own.submit(form, "secret", { code: new App(op, form).code() });
    await demand(person);
    const browser = op.browser();
    const second = await browser.signIn(await browser.open("/account"), person);
    assert.equal(new URL(second.url).pathname, "/login/second");
    const asked = await signInWith(browser, second, authenticator);
    assert.ok(asked.has("new_password"), asked.url);
    assert.equal((await browser.submit(asked, "finish", { new_password: NEW })).url, op.url("/account"));
  });

  test("is not asked where a passkey comes after a code by mail", async () => {
    const at = await startLimen({ vars: { ...MAIL_VARS, SIGN_IN: "password passkey mail_code", MAIL_NOTICES: "off" } });
    const mails = new Mailbox(at);
    const person = await at.person();
    const { authenticator } = await withPasskey(at, person);
    await demand(person, at);
    const group = await (await at.admin("/admin/api/groups", { json: { name: "Strict", second_factor_required: true } })).json();
    await at.admin(`/admin/api/groups/${group.id}/members/${person.id}`, { method: "PUT" });
    const browser = at.browser();
    const page = await browser.open("/login?page=overview");
    const sent = await browser.submit(page, "username", { username: person.username }, { button: "mail-code" });
    const second = await browser.submit(sent, "code", { code: codeIn(await mails.await(person.email)) });
    assert.equal(new URL(second.url).pathname, "/login/second");
    assert.equal((await signInWith(browser, second, authenticator)).url, at.url("/account"));
    assert.equal((await read(person, at)).new_password_required, true, "it is still asked for when the password is used");
  });

  test("is not asked where they sign in with a passkey alone, and a new password by a link or the operator counts", async () => {
    const person = await op.person();
    const { authenticator } = await withPasskey(op, person);
    await demand(person);
    const browser = op.browser();
    assert.equal((await signInWith(browser, await browser.open("/account"), authenticator)).url, op.url("/account"));
    const { url } = await op.json(`/admin/api/users/${person.id}/setup_link`, { method: "POST", bearer: op.adminToken });
    const other = op.browser();
    await other.submit(await other.open(url.slice(op.issuer.length)), "new_password", { new_password: NEW });
    assert.ok(await signedIn(op, { ...person, password: NEW }));
    await demand(person);
    await op.changePerson(person, { password: "another pass phrase" });
    assert.ok(await signedIn(op, { ...person, password: "another pass phrase" }));
  });
});

describe("terms", () => {
  test("are accepted when the account is made, and again when they are of another version", async () => {
    const at = await startLimen({ vars: { ...TERMS, SIGNUP: "open" } });
    const browser = at.browser();
    const page = await browser.open("/signup?page=overview");
    assert.match(page.html, /<a href="https:\/\/acme\.test\/terms" target="_blank" rel="noopener noreferrer">/);
    const person = { email: "tess@people.test", username: "tess", password: "three random words" };
    const refused = await browser.submit(page, "email", person);
    assert.equal(refused.status, 400);
    assert.match(refused.alert, /accept the terms/);
    const done = await browser.submit(refused, "email", { ...person, terms: "yes" });
    assert.equal(done.url, at.url("/account"));
    const [{ id }] = await at.rows("SELECT id FROM users");
    const accepted = async () => (await read({ id }, at)).accepted_terms.map(({ version }) => version);
    assert.deepEqual(await accepted(), ["2026-11"]);
    assert.match((await browser.open("/account/data")).text, /version 2026-11/);
    const copy = await (await browser.fetch("/account/data/download")).json();
    assert.equal(copy.accepted_terms[0].version, "2026-11");
    assert.ok(await signedIn(at, person), "not asked again");

    await at.redeploy({ TERMS_VERSION: "2027-01" });
    at.clock.advance({ minutes: 1 });
    assert.equal((await browser.open("/account")).url, at.url("/account"), "at the next sign-in");
    const other = at.browser();
    const asked = await other.signIn(await other.open("/account"), person);
    assert.match(asked.url, /\/login\/finish/);
    assert.ok(!asked.has("new_password"));
    assert.match((await other.submit(asked, "finish")).alert, /accept the terms/);
    assert.equal((await other.submit(asked, "finish", { terms: "yes" })).url, at.url("/account"));
    assert.deepEqual(await accepted(), ["2027-01", "2026-11"]);
    assert.ok(await signedIn(at, person));
    assert.deepEqual(await events({ id }, "terms_accepted", at), ["person"]);
    await at.redeploy({ TERMS_URL: undefined, TERMS_VERSION: undefined });
    assert.ok(await signedIn(at, person));
  });

  test("are asked of people with passkeys, too, and together with a new password", async () => {
    const person = await withTerms.person();
    await demand(person, withTerms);
    const browser = withTerms.browser();
    const page = await browser.signIn(await browser.open("/account"), person);
    assert.ok(page.has("new_password") && page.has("terms"));
    assert.equal((await browser.submit(page, "finish", { terms: "yes" })).status, 400);
    assert.equal((await browser.submit(page, "finish", { new_password: NEW })).status, 400);
    assert.equal((await browser.submit(page, "finish", { new_password: NEW, terms: "yes" })).url, withTerms.url("/account"));

    const link = async (of) => (await withTerms.json(`/admin/api/users/${of.id}/setup_link`, { method: "POST", bearer: withTerms.adminToken })).url;
    const other = await withTerms.person();
    const [second, authenticator] = [withTerms.browser(), new Authenticator(withTerms)];
    const setUp = await second.open((await link(other)).slice(withTerms.issuer.length));
    const login = await second.submit(setUp, "add", { passkey: authenticator.create(optionsOf(setUp)) });
    const asked = await signInWith(second, login, authenticator);
    assert.match(asked.url, /\/login\/finish/);
    assert.equal((await second.submit(asked, "finish", { terms: "yes" })).url, withTerms.url("/account"));
  });

  test("are accepted as they were shown, at the sign-up and at the next sign-in", async () => {
    const at = await startLimen({ vars: { ...TERMS, SIGNUP: "open" } });
    const person = { email: "una@people.test", username: "una", password: "three random words" };
    const browser = at.browser();
    const page = await browser.open("/signup?page=overview");
    await at.redeploy({ TERMS_VERSION: "2027-01" });
    const refused = await browser.submit(page, "email", { ...person, terms: "yes" });
    assert.match(refused.alert, /accept the terms/);
    assert.equal((await browser.submit(refused, "email", { ...person, terms: "yes" })).url, at.url("/account"));
    await at.redeploy({ TERMS_VERSION: "2027-02" });
    const other = at.browser();
    const asked = await other.signIn(await other.open("/account"), person);
    await at.redeploy({ TERMS_VERSION: "2027-03" });
    const again = await other.submit(asked, "finish", { terms: "yes" });
    assert.match(again.alert, /accept the terms/);
    assert.equal((await other.submit(again, "finish", { terms: "yes" })).url, at.url("/account"));
    const accepted = await at.rows("SELECT version FROM accepted_terms ORDER BY version");
    assert.deepEqual(accepted.map(({ version }) => version), ["2027-01", "2027-03"]);
  });

  test("let nobody in whose passkey somebody has already", async () => {
    const at = await startLimen({ vars: { ...TERMS, SIGN_IN: "passkey", SIGNUP: "open" } });
    const browser = at.browser();
    const page = await browser.open("/signup?page=overview");
    const passkey = new Authenticator(at).create(optionsOf(page));
    const send = (by, name) =>
      by.submit(page, "passkey", { email: `${name}@people.test`, username: name, passkey, terms: "yes" });
    assert.equal((await send(browser, "eve")).url, at.url("/account"));
    const session = (await browser.sessionCookie()).value;
    assert.equal((await send(browser, "mallory")).status, 400);
    assert.equal((await browser.sessionCookie()).value, session);
    const [counts] = await at.rows("SELECT (SELECT COUNT(*) FROM users) AS users, (SELECT COUNT(*) FROM accepted_terms) AS accepted");
    assert.deepEqual([counts.users, counts.accepted], [1, 1]);
  });

  test("need an address and a version", async () => {
    for (const vars of [{ TERMS_URL: TERMS.TERMS_URL }, { TERMS_VERSION: "1" }, { ...TERMS, TERMS_URL: "http://acme.test/" }]) {
      const bad = await startLimen({ vars });
      assert.match(await (await bad.fetch("/login?page=overview")).text(), /TERMS_URL/);
    }
  });
});
