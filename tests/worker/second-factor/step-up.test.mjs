// What an app asks for by acr (OIDC Core sections 3.1.2.1 and 5.5.1.1, RFC 9470): whoever is signed in shows what is missing, and nothing
// else.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Authenticator, optionsOf, signInWith, withPasskey } from "../support/authenticator.mjs";
import { grantOf } from "../support/browser.mjs";
import { App, recoveryCodesOf, withApp } from "../support/codes.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const GOLD = "urn:acme:gold";
const [op, off, named] = await Promise.all([
  startLimen(),
  startLimen({ vars: { SECOND_FACTOR: "off" } }),
  startLimen({ vars: { ACR_VALUES: `${GOLD}=phr urn:acme:silver=mfa` } }),
]);

const essential = (...values) => ({ claims: JSON.stringify({ id_token: { acr: { essential: true, values } } }) });
const path = (page) => new URL(page.url).pathname;

/** Somebody who is signed in with a password alone, in a browser that has consented to `client`. */
async function signedIn(client, at = op) {
  const [person, browser] = [await at.person(), at.browser()];
  await browser.obtain(client, person);
  return { person, browser };
}

/** Sends a form of `page` and remembers the request. */
async function send(browser, page, fields, control = Object.keys(fields)[0]) {
  const next = await browser.submit(page, control, fields);
  next.request = page.request;
  return next;
}

async function press(browser, page, button) {
  const next = await browser.submit(page, button, {}, { button });
  next.request = page.request;
  return next;
}

async function claimsAfter(client, browser, page) {
  const consented = page.asksForConsent ? await browser.approve(page) : page;
  assert.ok(consented.callback, `${consented.url}: ${consented.text}`);
  const tokens = await client.tokens(grantOf(consented));
  return { ...claimsOf(tokens.id_token), access: claimsOf(tokens.access_token), tokens };
}

/** Shows a passkey on the page for the second step. */
async function show(browser, page, authenticator) {
  const next = await signInWith(browser, page, authenticator);
  next.request = page.request;
  return next;
}

describe("an essential acr", () => {
  test("asks for the code alone, under another cookie and the same session, which is as old as before", async () => {
    const client = await op.client();
    const { person, browser } = await signedIn(client);
    const [before] = await op.rows("SELECT id, hash, auth_time FROM sessions WHERE user_id = ?", person.id);
    const { app } = await withApp(op, person);
    op.clock.advance({ minutes: 20 });
    const page = await browser.authorize(client, essential("mfa"));
    assert.ok(page.has("code") && !page.has("password") && !page.has("trust"), page.text);
    const cookie = (await browser.sessionCookie()).value;
    const claims = await claimsAfter(client, browser, await send(browser, page, { code: app.nextCode() }));
    assert.deepEqual([claims.acr, claims.amr, claims.auth_time], ["mfa", ["pwd", "otp", "mfa"], before.auth_time]);
    assert.equal(claims.access.acr, "mfa");
    assert.notEqual((await browser.sessionCookie()).value, cookie);
    const [after] = await op.rows("SELECT hash FROM sessions WHERE id = ?", before.id);
    assert.notEqual(after.hash, before.hash, "who knows the old cookie has nothing");
    assert.ok((await browser.authorize(client, essential("mfa"))).callback.get("code"), "and not again");
  });

  test("asks for a passkey alone, which begins a session of its own", async () => {
    const client = await op.client();
    const { person, browser } = await signedIn(client);
    const { authenticator } = await withPasskey(op, person);
    const page = await browser.authorize(client, essential("phr"));
    assert.ok(page.has("passkey") && !page.has("password") && !page.has("code"), page.text);
    const claims = await claimsAfter(client, browser, await show(browser, page, authenticator));
    assert.equal(claims.acr, "phr");
    assert.ok(Math.abs(claims.auth_time - op.clock.seconds()) < 30);
  });

  test("has somebody who has nothing set up codes, if they signed in just now, or else sign in once more", async () => {
    const client = await op.client();
    const { person, browser } = await signedIn(client);
    op.clock.advance({ minutes: 11 });
    const login = await browser.authorize(client, essential("mfa"));
    assert.ok(login.asksForPassword, login.text);
    const page = await browser.signIn(login, person);
    assert.ok(page.has("secret"), page.text);
    const codes = await browser.submit(page, "secret", { code: new App(op, page).code() });
    assert.equal(recoveryCodesOf(codes).length, 10);
    const go = codes.elements("a").find(({ id }) => id === "go-on").href.replaceAll("&#38;", "&");
    const next = await browser.open(go);
    next.request = page.request;
    assert.equal((await claimsAfter(client, browser, next)).acr, "mfa");
  });

  test("has somebody who has no passkey add one, and then use it", async () => {
    const client = await op.client();
    const { browser } = await signedIn(client);
    const page = await browser.authorize(client, essential("phr"));
    assert.equal(path(page), "/passkeys/offer");
    assert.match(page.text, /passkey is needed/);
    const authenticator = new Authenticator(op);
    const added = await send(browser, page, { passkey: authenticator.create(optionsOf(page)) });
    assert.equal(path(added), "/login/second");
    assert.equal((await claimsAfter(client, browser, await show(browser, added, authenticator))).acr, "phr");
  });

  test("asks for no code that would lead nowhere: to add a passkey an older session signs in again", async () => {
    const client = await op.client();
    const { person, browser } = await signedIn(client);
    await withApp(op, person);
    op.clock.advance({ minutes: 11 });
    assert.equal(path(await browser.authorize(client, essential("phr"))), "/login");
  });

  test("has somebody with codes show one before they add a passkey, also in a browser that they trust", async () => {
    const client = await op.client();
    const person = await op.person();
    const { app } = await withApp(op, person);
    const browser = op.browser();
    await send(browser, await browser.signIn(await browser.authorize(client), person), { code: app.nextCode(), trust: "yes" });
    await browser.signIn(await browser.open("/login?page=overview&another=yes"), person);
    const [{ trusted }] = await op.rows("SELECT trusted FROM sessions WHERE user_id = ? ORDER BY auth_time DESC", person.id);
    assert.equal(trusted, 1);
    const page = await browser.authorize(client, essential("phr"));
    assert.ok(page.has("code"), page.text);
    const offer = await send(browser, page, { code: app.nextCode() });
    assert.equal(path(offer), "/passkeys/offer");
    const authenticator = new Authenticator(op);
    const added = await send(browser, offer, { passkey: authenticator.create(optionsOf(offer)) });
    assert.equal((await claimsAfter(client, browser, await show(browser, added, authenticator))).acr, "phr");
  });

  test("is met by no passkey of another account", async () => {
    const client = await op.client();
    const { person, browser } = await signedIn(client);
    await withPasskey(op, person);
    const mallory = await op.person();
    const { authenticator } = await withPasskey(op, mallory);
    const page = await browser.authorize(client, essential("phr"));
    const refused = await show(browser, page, authenticator);
    assert.equal(refused.status, 400);
    assert.match(refused.alert, /another account/);
    assert.equal((await op.rows("SELECT id FROM sessions WHERE user_id = ? AND acr = 'phr' AND auth_time > ?", mallory.id, op.clock.seconds() + 1)).length, 0);
  });

  test("is unmet where its person gives up, on each page, and a pushed request is used up by that", async () => {
    const client = await op.client();
    for (const [acr, prepare] of [["phr", () => {}], ["mfa", () => {}], ["mfa", (person) => withApp(op, person)]]) {
      const { person, browser } = await signedIn(client);
      await prepare(person);
      const page = await browser.authorize(client, essential(acr));
      const refused = await press(browser, page, "cancel");
      assert.equal(refused.callback?.get("error"), "unmet_authentication_requirements", `${acr} ${refused.text}`);
    }
    const { browser } = await signedIn(client);
    const pushed = client.request(essential("phr"));
    const { request_uri } = await (await client.post("/par", pushed.params)).json();
    const at = `/authorize?${new URLSearchParams({ client_id: client.id, request_uri })}`;
    const refused = await press(browser, await browser.open(at), "cancel");
    assert.equal(refused.callback.get("error"), "unmet_authentication_requirements");
    assert.equal((await browser.open(at)).callback, null, "it is used up");
  });

  test("is login_required to prompt=none until it is met, and nothing is shown", async () => {
    const client = await op.client();
    const { person, browser } = await signedIn(client);
    const { app } = await withApp(op, person);
    const silently = async () => (await browser.authorize(client, { ...essential("mfa"), prompt: "none" })).callback;
    assert.equal((await silently()).get("error"), "login_required");
    await send(browser, await browser.authorize(client, essential("mfa")), { code: app.nextCode() });
    assert.ok((await silently()).get("code"));
    const nobody = await browser.authorize(client, { ...essential("urn:nobody"), prompt: "none" });
    assert.equal(nobody.callback.get("error"), "unmet_authentication_requirements");
  });

  test("asks for a sign-in that is young enough first, and the code does not make it younger", async () => {
    const client = await op.client();
    const { person, browser } = await signedIn(client);
    const { app } = await withApp(op, person);
    op.clock.advance({ minutes: 6 });
    const strengthened = await browser.authorize(client, essential("mfa"));
    await send(browser, strengthened, { code: app.nextCode() });
    const page = await browser.authorize(client, { ...essential("mfa"), max_age: "300" });
    assert.ok(page.asksForPassword);
    const second = await browser.signIn(page, person);
    const claims = await claimsAfter(client, browser, await send(browser, second, { code: app.nextCode() }));
    assert.ok(op.clock.seconds() - claims.auth_time < 60);
    assert.equal(claims.acr, "mfa");
  });

  test("prompt=login asks for both factors anew", async () => {
    const client = await op.client();
    const { person, browser } = await signedIn(client);
    const { app } = await withApp(op, person);
    await send(browser, await browser.authorize(client, essential("mfa")), { code: app.nextCode() });
    const page = await browser.authorize(client, { ...essential("mfa"), prompt: "login" });
    assert.ok(page.asksForPassword);
    const second = await browser.signIn(page, person);
    assert.equal(path(second), "/login/second");
    assert.equal((await claimsAfter(client, browser, await send(browser, second, { code: app.nextCode() }))).acr, "mfa");
  });

  test("where second factors are off, mfa takes a passkey, and a person who has none adds one", async () => {
    const client = await off.client();
    const { browser } = await signedIn(client, off);
    const page = await browser.authorize(client, essential("mfa"));
    assert.equal(path(page), "/passkeys/offer");
    const authenticator = new Authenticator(off);
    const added = await send(browser, page, { passkey: authenticator.create(optionsOf(page)) });
    assert.deepEqual((await claimsAfter(client, browser, await show(browser, added, authenticator))).acr, "mfa");
  });

  test("a person without a session is told that they need a passkey, and signs in with what they have to add one", async () => {
    const client = await op.client();
    const [person, browser] = [await op.person(), op.browser()];
    const page = await browser.authorize(client, essential("phr"));
    assert.match(page.text, /asks for a passkey/);
    assert.equal(path(await browser.signIn(page, person)), "/passkeys/offer");
  });
});

describe("a voluntary acr", () => {
  for (const [what, made, params] of [
    ["acr_values", {}, { acr_values: "mfa" }],
    ["default_acr_values", { default_acr_values: ["mfa"] }, {}],
    ["acr in claims", {}, { claims: JSON.stringify({ id_token: { acr: { values: ["mfa"] } } }) }],
  ]) {
    test(`${what}: asks people who have it, and nobody else`, async () => {
      const client = await op.client(made);
      const { person, browser } = await signedIn(client);
      assert.equal((await claimsAfter(client, browser, await browser.authorize(client, params))).acr, "1");
      const { app } = await withApp(op, person);
      const page = await browser.authorize(client, params);
      assert.equal(path(page), "/login/second");
      assert.equal((await claimsAfter(client, browser, await send(browser, page, { code: app.nextCode() }))).acr, "mfa");
    });
  }

  test("may be declined, for this request alone, and is answered with what is true", async () => {
    const client = await op.client();
    const { person, browser } = await signedIn(client);
    const { authenticator } = await withPasskey(op, person);
    const page = await browser.authorize(client, { acr_values: "phr" });
    assert.equal(path(page), "/login/second");
    assert.equal((await claimsAfter(client, browser, await press(browser, page, "decline"))).acr, "1");
    const again = await browser.authorize(client, { acr_values: "phr" });
    assert.equal((await claimsAfter(client, browser, await show(browser, again, authenticator))).acr, "phr");
  });

  test("is no reason to refuse a silent request", async () => {
    const client = await op.client();
    const { person, browser } = await signedIn(client);
    await withApp(op, person);
    assert.ok((await browser.authorize(client, { acr_values: "mfa phr", prompt: "none" })).callback.get("code"));
  });

  test("that nobody has asks nobody anything", async () => {
    const client = await op.client();
    const { person, browser } = await signedIn(client);
    await withApp(op, person);
    for (const acr_values of ["urn:mace:incommon:iap:silver", "phr", "", "1 mfa", "x ".repeat(200)])
      assert.ok((await browser.authorize(client, { acr_values })).callback?.get("code"), acr_values);
  });

  test("phrh gets the strongest that there is, and is never called so", async () => {
    const client = await op.client();
    const { person, browser } = await signedIn(client);
    const { authenticator } = await withPasskey(op, person);
    const page = await browser.authorize(client, { acr_values: "phrh" });
    assert.equal((await claimsAfter(client, browser, await show(browser, page, authenticator))).acr, "phr");
  });

  test("acr_values stand above default_acr_values, and claims above both", async () => {
    const client = await op.client({ default_acr_values: ["mfa"] });
    const { person, browser } = await signedIn(client);
    await withApp(op, person);
    assert.ok((await browser.authorize(client, { acr_values: "1" })).callback);
    assert.ok((await browser.authorize(client, { acr_values: "mfa", ...essential("1") })).callback);
    assert.equal(path(await browser.authorize(client, { acr_values: "1", ...essential("mfa") })), "/login/second");
  });

  test("the first of several that holds is told", async () => {
    const client = await op.client();
    const [person, browser] = [await op.person(), op.browser()];
    const { authenticator } = await withPasskey(op, person);
    const told = async (acr_values) => (await claimsAfter(client, browser, await browser.authorize(client, { acr_values }))).acr;
    await show(browser, await browser.authorize(client), authenticator).then((page) => browser.approve(page));
    assert.deepEqual([await told("phr mfa"), await told("mfa phr"), await told("phrh 1")], ["phr", "mfa", "1"]);
  });
});

describe("the operator's own names (ACR_VALUES)", () => {
  test("are asked for, told in every token and at introspection, and listed by discovery", async () => {
    const client = await named.client();
    const { person, browser } = await signedIn(client, named);
    const { authenticator } = await withPasskey(named, person);
    const page = await browser.authorize(client, essential("urn:acme:platinum", GOLD));
    const claims = await claimsAfter(client, browser, await show(browser, page, authenticator));
    assert.deepEqual([claims.acr, claims.access.acr], [GOLD, GOLD]);
    const told = await (await client.post("/introspect", { token: claims.tokens.access_token })).json();
    assert.deepEqual([told.acr, told.auth_time], [GOLD, claims.auth_time]);
    const refreshed = await (await client.refresh(claims.tokens.refresh_token)).json();
    assert.equal(claimsOf(refreshed.access_token).acr, GOLD);
    const { acr_values_supported: values } = await named.json("/.well-known/openid-configuration");
    assert.deepEqual(values, ["phr", "mfa", "1", GOLD, "urn:acme:silver"]);
    const silver = await claimsAfter(client, browser, await browser.authorize(client, { acr_values: "urn:acme:silver" }));
    assert.equal(silver.acr, "urn:acme:silver");
  });

  test("a request for one of another deployment is unmet", async () => {
    const page = await op.browser().authorize(await op.client(), essential(GOLD));
    assert.equal(page.callback.get("error"), "unmet_authentication_requirements");
  });
});

describe("attacks on a step-up", () => {
  test("nothing is declined that is essential, or that the deployment requires", async () => {
    const client = await op.client();
    const { person, browser } = await signedIn(client);
    await withApp(op, person);
    const page = await browser.authorize(client, essential("mfa"));
    assert.ok(!page.has("decline"));
    const next = await browser.submit(page, "cancel", { decline: "yes" });
    assert.ok(!next.callback && path(next) === "/login/second", next.url);
  });

  test("codes that are guessed with a word to decline count", async () => {
    const client = await op.client();
    const { person, browser } = await signedIn(client);
    const { app } = await withApp(op, person);
    const page = await browser.authorize(client, essential("mfa"));
    const guess = (code) => browser.submit(page, "code", { code, decline: "x" });
    for (let n = 1; n <= 5; n++) assert.equal((await guess("000000")).status, 400);
    assert.equal((await guess(app.nextCode())).status, 429);
  });

  test("the request that waits cannot be changed, nor moved to another browser", async () => {
    const client = await op.client();
    const { person, browser } = await signedIn(client);
    await withApp(op, person);
    const page = await browser.authorize(client, essential("mfa"));
    const sealed = new URL(page.url).searchParams.get("interaction");
    const [query, ...rest] = sealed.split(".");
    const weaker = new URLSearchParams(Buffer.from(query, "base64url").toString());
    weaker.delete("claims");
    for (const changed of [
      [Buffer.from(weaker.toString()).toString("base64url"), ...rest].join("."),
      [query, ...rest.slice(0, -1), "declined", rest.at(-1)].join("."),
    ])
      for (const at of ["/authorize/resume", "/login/second", "/consent"])
        assert.ok((await browser.open(`${at}?interaction=${changed}`)).status >= 400, at);
    const other = await signedIn(client);
    assert.ok((await other.browser.open(page.url)).status >= 400);
  });

  test("/authorize/resume and /consent lead back to the page until the code was shown, and a code counts once", async () => {
    const client = await op.client();
    const { person, browser } = await signedIn(client);
    const { app } = await withApp(op, person);
    const page = await browser.authorize(client, { ...essential("mfa"), prompt: "consent" });
    const sealed = new URL(page.url).searchParams.get("interaction");
    for (const at of ["/authorize/resume", "/consent"])
      assert.equal(path(await browser.open(`${at}?interaction=${sealed}`)), "/login/second", at);
    const code = app.nextCode();
    const consent = await send(browser, page, { code });
    assert.ok(consent.asksForConsent);
    const back = await browser.submit(page, "code", { code });
    assert.ok(back.asksForConsent, "the page before goes on: nothing is missing any more");
    const thief = op.browser();
    const asked = await thief.signIn(await thief.authorize(client, essential("mfa")), person);
    assert.equal((await thief.submit(asked, "code", { code })).status, 400, "the code was used");
  });

  test("a form of one account does nothing for another that became active in another tab", async () => {
    const client = await op.client();
    const { person, browser } = await signedIn(client);
    const { app } = await withApp(op, person);
    const page = await browser.authorize(client, essential("mfa"));
    const bob = await op.person();
    await browser.signIn(await browser.open("/login?page=overview&another=yes"), bob);
    const foreign = await browser.submit(page, "code", { code: app.nextCode() });
    assert.equal(foreign.status, 403, foreign.text);
    const [{ acr }] = await op.rows("SELECT acr FROM sessions WHERE user_id = ?", bob.id);
    assert.equal(acr, "1");
  });

  test("a cookie from before is worth nothing afterwards", async () => {
    const client = await op.client();
    const { person, browser } = await signedIn(client);
    const { app } = await withApp(op, person);
    const thief = op.browser();
    thief.jar = await browser.jar.clone();
    await send(browser, await browser.authorize(client, essential("mfa")), { code: app.nextCode() });
    assert.ok((await thief.authorize(client, essential("mfa"))).asksForPassword);
    assert.ok((await thief.open("/account")).asksForPassword);
  });

  test("a factor that is removed while its page is open counts for nothing", async () => {
    const client = await op.client();
    const { person, browser } = await signedIn(client);
    const { app } = await withApp(op, person);
    const page = await browser.authorize(client, essential("mfa"));
    await op.rows("DELETE FROM credentials WHERE user_id = ? AND kind = 'totp'", person.id);
    const next = await browser.submit(page, "code", { code: app.nextCode() });
    assert.ok(next.has("secret"), "they are as somebody who never had one");
    const [{ acr }] = await op.rows("SELECT acr FROM sessions WHERE user_id = ? ORDER BY auth_time", person.id);
    assert.equal(acr, "1");
  });

  test("a code that is sent four times at once is one step-up", async () => {
    const client = await op.client();
    const { person, browser } = await signedIn(client);
    const { app } = await withApp(op, person);
    const page = await browser.authorize(client, essential("mfa"));
    const form = { ...Object.fromEntries(page.form("code").controls.filter(({ name }) => name).map(({ name, value }) => [name, value])), code: app.nextCode() };
    const jar = await browser.jar.clone();
    const sent = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const twin = op.browser();
        twin.jar = await jar.clone();
        return (await twin.fetch("/login/second", { form })).headers.getSetCookie().some((line) => /limen_session=[^;]/.test(line));
      }),
    );
    assert.equal(sent.filter(Boolean).length, 1);
  });
});

test("somebody who is asked to show that it is them has their name filled in, which may be typed again, and may use another account", async () => {
  const client = await op.client();
  const { person, browser } = await signedIn(client);
  const page = await browser.authorize(client, { prompt: "login" });
  const { controls } = page.form("password");
  const name = controls.find(({ id }) => id === "username");
  assert.equal(name.value, person.username);
  // The certification suite types it again, and cannot into a field that is read only.
  assert.doesNotMatch(page.html, /id="username"[^>]* readonly/);
  const other = page.elements("a").find(({ id }) => id === "another").href.replaceAll("&#38;", "&");
  const open = await browser.open(other);
  assert.equal(open.form("password").controls.find(({ id }) => id === "username").value, "");
  const bob = await op.person();
  open.request = page.request;
  const claims = await claimsAfter(client, browser, await browser.signIn(open, bob));
  assert.equal(claims.sub, bob.id);
});
