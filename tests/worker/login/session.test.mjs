// The sign-on session: its cookie, its life, its end.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { claimsOf, mutations } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const client = await op.client();

const setCookies = (page) => page.trail.flatMap(({ headers }) => headers.getSetCookie());
const sessionLine = (page) => setCookies(page).find((line) => /^(__Host-)?limen_session=[^;]/.test(line));

async function signedIn(person, browser = op.browser()) {
  await browser.obtain(client, person);
  return browser;
}

describe("the cookie", () => {
  test("of an https issuer is __Host-, Secure, HttpOnly, SameSite=Lax, Path=/, without Domain", async () => {
    const browser = op.browser();
    const page = await browser.signIn(await browser.authorize(client), await op.person());
    const line = sessionLine(page);
    assert.match(line, /^__Host-limen_session=/);
    for (const attribute of [/;\s*Secure/i, /;\s*HttpOnly/i, /;\s*SameSite=Lax/i, /;\s*Path=\/(;|$)/i])
      assert.match(line, attribute);
    assert.doesNotMatch(line, /Domain=/i);
  });

  test("every other cookie is as strict", async () => {
    const browser = op.browser();
    const first = await browser.authorize(client);
    const then = await browser.signIn(first, await op.person());
    for (const line of [...setCookies(first), ...setCookies(then)]) {
      assert.match(line, /^__Host-/);
      assert.match(line, /;\s*Secure/i);
      assert.match(line, /;\s*HttpOnly/i);
      assert.match(line, /;\s*SameSite=(Lax|Strict)/i);
    }
  });

  test("of an http loopback issuer goes without the prefix and Secure, and works", async () => {
    const local = await startLimen({ issuer: "http://localhost:8787" });
    const [app, ada, browser] = [await local.client(), await local.person(), local.browser()];
    const page = await browser.signIn(await browser.authorize(app), ada);
    const line = sessionLine(page);
    assert.match(line, /^limen_session=/);
    assert.doesNotMatch(line, /;\s*Secure/i);
    assert.match(line, /;\s*HttpOnly/i);
    assert.ok((await browser.complete(page, ada)).callback.get("code"));
    assert.ok((await browser.authorize(app)).callback.get("code"));
  });

  test("is not set by visits that do not sign in", async () => {
    const browser = op.browser();
    const page = await browser.authorize(client);
    assert.equal(sessionLine(page), undefined);
  });

  test("holds 256 bits and nothing of the person", async () => {
    const ada = await op.person();
    const { value } = await (await signedIn(ada)).sessionCookie();
    assert.ok(value.length >= 43);
    assert.ok(!value.includes(ada.id));
    const stored = JSON.stringify(await op.rows("SELECT * FROM sessions"));
    assert.ok(!stored.includes(value) && !stored.includes(value.split(".").at(-1)), "only a hash is stored");
  });
});

test("the session is shared by clients", async () => {
  const browser = await signedIn(await op.person());
  const page = await browser.authorize(await op.client());
  assert.ok(page.asksForConsent, "no second sign-in");
});

describe("fixation", () => {
  test("a session cookie planted before the sign-in is not adopted", async () => {
    const browser = op.browser();
    const planted = `1.${"A".repeat(43)}`;
    await browser.jar.setCookie(`__Host-limen_session=${planted}; Secure; Path=/`, op.url("/"));
    await signedIn(await op.person(), browser);
    assert.notEqual((await browser.sessionCookie()).value, planted);
  });

  test("an attacker's own live session is not adopted by the victim's sign-in", async () => {
    const attacker = await signedIn(await op.person());
    const { value } = await attacker.sessionCookie();
    const victim = op.browser();
    await victim.jar.setCookie(`__Host-limen_session=${value}; Secure; Path=/`, op.url("/"));
    const ada = await op.person();
    const page = await victim.authorize(client, { prompt: "login" });
    await victim.complete(page, ada);
    assert.notEqual((await victim.sessionCookie()).value, value);
    const attackers = await attacker.authorize(client);
    const claims = await whoIs(attackers);
    assert.notEqual(claims?.sub, ada.id, "the attacker's cookie did not become the victim's session");
  });

  test("signing in again gives a new cookie, and the old one is dead", async () => {
    const ada = await op.person();
    const browser = await signedIn(ada);
    const { value: old } = await browser.sessionCookie();
    await browser.complete(await browser.authorize(client, { prompt: "login" }), ada);
    assert.notEqual((await browser.sessionCookie()).value, old);
    assert.ok(await isSignedOut(old), "the old cookie");
  });
});

describe("the end", () => {
  test("no truncation and no changed character of the cookie is a session", async () => {
    const browser = await signedIn(await op.person());
    const { value } = await browser.sessionCookie();
    for (const forged of mutations(value)) assert.ok(await isSignedOut(forged), forged);
    assert.equal(await isSignedOut(value), false);
  });

  test("garbage in the cookie header is no fault", async () => {
    for (const cookie of [
      "__Host-limen_session",
      "__Host-limen_session=",
      "=;=;;",
      "a".repeat(8_000),
      '__Host-limen_session="x',
      "__Host-limen_session=%00",
      "__Host-limen_session=1.\u00ff",
      "__Host-limen_session=a; __Host-limen_session=b",
    ]) {
      const response = await op.fetch(client.authorizePath(), { headers: { cookie } });
      assert.equal(response.status, 303, cookie.slice(0, 40));
    }
  });

  test("the cookie without its prefix is not read on an https issuer", async () => {
    const { value } = await (await signedIn(await op.person())).sessionCookie();
    const response = await op.fetch(client.authorizePath({ prompt: "none" }), {
      headers: { cookie: `limen_session=${value}` },
    });
    assert.match(response.headers.get("location"), /error=login_required/);
  });

  test("an idle session ends, a used one lives on, until its absolute end", async () => {
    const short = await startLimen({ vars: { SESSION_IDLE: "3600", SESSION_LIFETIME: "14400" } });
    const [app, ada, browser] = [await short.client(), await short.person(), short.browser()];
    await browser.obtain(app, ada);
    for (let n = 0; n < 4; n++) {
      short.clock.advance({ minutes: 50 });
      assert.ok((await browser.authorize(app)).callback?.get("code"), `after ${(n + 1) * 50} minutes in use`);
    }
    short.clock.advance({ minutes: 50 });
    assert.ok((await browser.authorize(app)).asksForPassword, "the absolute end");
    await browser.obtain(app, ada);
    short.clock.advance({ minutes: 61 });
    assert.ok((await browser.authorize(app)).asksForPassword, "idle for too long");
  });

  test("a KV copy of a session that is gone does not sign anybody in", async () => {
    const ada = await op.person();
    const browser = await signedIn(ada);
    await browser.authorize(client);
    await op.db.prepare("DELETE FROM sessions WHERE user_id = ?").bind(ada.id).run();
    const page = await browser.authorize(client, {}, { kv: "stale" });
    assert.ok(page.asksForPassword);
  });

  test("disabling the person ends the session", async () => {
    const ada = await op.person();
    const browser = await signedIn(ada);
    await op.changePerson(ada, { disabled: true });
    assert.ok((await browser.authorize(client)).asksForPassword);
    await op.changePerson(ada, { disabled: false });
    assert.ok((await browser.authorize(client)).asksForPassword, "and enabling does not bring it back");
  });

  test("deleting the person ends the session", async () => {
    const ada = await op.person();
    const browser = await signedIn(ada);
    assert.equal((await op.admin(`/admin/api/users/${ada.id}`, { method: "DELETE" })).status, 204);
    assert.ok((await browser.authorize(client)).asksForPassword);
  });

  test("a new password ends the sessions of the old one", async () => {
    const ada = await op.person();
    const browser = await signedIn(ada);
    await op.changePerson(ada, { password: "a quite different pass phrase" });
    assert.ok((await browser.authorize(client)).asksForPassword);
  });
});

/** The ID token's claims of whoever `page` signed in, or `null`. */
async function whoIs(page) {
  const code = page.callback?.get("code");
  if (!code) return null;
  const grant = { code, redirectUri: page.request.params.redirect_uri, verifier: page.request.verifier };
  const { id_token: token } = await client.tokens(grant);
  return claimsOf(token);
}

async function isSignedOut(cookie) {
  const headers = { cookie: `__Host-limen_session=${cookie}` };
  const response = await op.fetch(client.authorizePath({ prompt: "none" }), { headers });
  return /error=login_required/.test(response.headers.get("location"));
}
