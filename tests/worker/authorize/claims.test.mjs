// The claims parameter, claims_locales and acr (OIDC Core sections 5.2 and 5.5).

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { redirectError } from "../support/expect.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen({ vars: { FRONT_CHANNEL_TOKENS: "on" } });
const client = await op.client({
  grant_types: ["authorization_code", "implicit", "refresh_token"],
  response_types: ["code", "id_token", "code id_token", "id_token token"],
});
const ada = await op.person({
  "name#fr": "Ada de Lovelace",
  "name#ja-Kana-JP": "\u30a8\u30a4\u30c0",
  "gender": "female",
  "locale": "en-GB",
  "phone_number": "+44 1",
});

/** Signs `person` in, consents, and gives what the client then knows. */
async function told(claims, params = {}, person = ada) {
  const grant = await op.browser().obtain(client, person, { scope: "openid", claims: JSON.stringify(claims), ...params });
  const tokens = await client.tokens(grant);
  const { sub, ...userinfo } = await op.json("/userinfo", { bearer: tokens.access_token });
  assert.equal(sub, person.id);
  return { userinfo, idToken: claimsOf(tokens.id_token), tokens };
}

/** Readable, and once put into what is stored no longer. */
const TOO_DEEP = `{"id_token":{"name":{"value":${"[".repeat(124)}${"]".repeat(124)}}}}`;

describe("the claims parameter (Core section 5.5)", () => {
  test("userinfo members are told by UserInfo, and not in the ID token", async () => {
    const { userinfo, idToken } = await told({ userinfo: { name: { essential: true }, email: null } });
    assert.deepEqual(userinfo, { name: "Ada Lovelace", email: ada.email });
    assert.ok(!("name" in idToken) && !("email" in idToken));
  });

  test("id_token members are told in the ID token, and not by UserInfo", async () => {
    const { userinfo, idToken } = await told({ id_token: { gender: null, updated_at: null, preferred_username: null } });
    assert.deepEqual(userinfo, {});
    assert.equal(idToken.gender, "female");
    assert.equal(idToken.preferred_username, ada.username);
    assert.equal(typeof idToken.updated_at, "number");
  });

  test("they add to what the scopes release", async () => {
    const { userinfo } = await told({ userinfo: { gender: null } }, { scope: "openid email" });
    assert.deepEqual(userinfo, { email: ada.email, email_verified: true, gender: "female" });
  });

  test("they are told again after a refresh", async () => {
    const { tokens } = await told({ id_token: { gender: null }, userinfo: { name: null } });
    const refreshed = await client.refreshed(tokens.refresh_token);
    assert.equal(claimsOf(refreshed.id_token).gender, "female");
    const userinfo = await op.json("/userinfo", { bearer: refreshed.access_token });
    assert.equal(userinfo.name, "Ada Lovelace");
  });

  test("they are told by an ID token and an access token of the authorization endpoint", async () => {
    const claims = JSON.stringify({ id_token: { gender: null }, userinfo: { name: null } });
    const params = { response_type: "id_token token", scope: "openid", claims };
    const browser = op.browser();
    const { callback } = await browser.complete(await browser.authorize(client, params), ada);
    assert.equal(claimsOf(callback.get("id_token")).gender, "female");
    assert.equal(claimsOf(callback.get("id_token")).name, undefined);
    const userinfo = await op.json("/userinfo", { bearer: callback.get("access_token") });
    assert.deepEqual(userinfo, { sub: ada.id, name: "Ada Lovelace" });
  });

  test("response_type=id_token tells an essential claim in the ID token", async () => {
    const claims = JSON.stringify({ id_token: { name: { essential: true } }, userinfo: { gender: null } });
    const browser = op.browser();
    const page = await browser.authorize(client, { response_type: "id_token", scope: "openid", claims });
    const { callback } = await browser.complete(page, ada);
    assert.equal(claimsOf(callback.get("id_token")).name, "Ada Lovelace");
    assert.equal(claimsOf(callback.get("id_token")).gender, undefined);
  });

  test("a claim that the person does not have, or has with another value, is left out", async () => {
    const wanted = { website: { essential: true }, locale: { value: "fr" }, gender: { values: ["male", "female"] } };
    const { userinfo } = await told({ userinfo: wanted });
    assert.deepEqual(userinfo, { gender: "female" });
  });

  test("a client whose registered scope does not cover a claim does not get it by its name", async () => {
    const narrow = await op.client({ scope: "openid email" });
    const claims = JSON.stringify({ userinfo: { email: null, phone_number: null }, id_token: { gender: null } });
    const browser = op.browser();
    const consent = await browser.signIn(await browser.authorize(narrow, { scope: "openid", claims }), ada);
    assert.match(consent.text, /your e-mail address/);
    assert.doesNotMatch(consent.text, /your phone number|your gender/);
    const page = await browser.approve(consent);
    const grant = { code: page.callback.get("code"), redirectUri: narrow.redirectUri, verifier: page.request.verifier };
    const tokens = await narrow.tokens(grant);
    assert.ok(!("gender" in claimsOf(tokens.id_token)));
    const userinfo = await op.json("/userinfo", { bearer: tokens.access_token });
    assert.deepEqual(userinfo, { sub: ada.id, email: ada.email });
  });

  test("unknown members and claims are ignored", async () => {
    const claims = { access_token: { x: null }, userinfo: { "http://acme.test/groups": { essential: true }, "role": 7 } };
    assert.deepEqual((await told(claims)).userinfo, {});
  });

  for (const claims of ["x", "[]", '"x"', "null", '{"id_token":[]}', '{"userinfo":{"name":"Ada"}}', "{", "[".repeat(900), TOO_DEEP]) {
    test(`claims=${claims.slice(0, 40)} is invalid_request`, async () => {
      redirectError(await op.browser().authorize(client, { claims }), "invalid_request");
    });
  }

  test("auth_time and acr may be asked for as essential", async () => {
    const { idToken } = await told({ id_token: { auth_time: { essential: true }, acr: { essential: true } } });
    assert.ok(idToken.auth_time > 0);
    assert.ok(idToken.acr);
  });
});

describe("consent to claims", () => {
  const gender = JSON.stringify({ userinfo: { gender: null, birthdate: null } });

  test("the page names them in plain words, and what scopes cover only once", async () => {
    const [browser, bob] = [op.browser(), await op.person()];
    const claims = JSON.stringify({ userinfo: { gender: null, phone_number: null, email: null } });
    const page = await browser.signIn(await browser.authorize(client, { scope: "openid email", claims }), bob);
    assert.ok(page.asksForConsent);
    assert.match(page.text, /your gender, your phone number/);
    assert.doesNotMatch(page.text, /your e-mail address, /);
  });

  test("each is asked for once and remembered", async () => {
    const [browser, bob] = [op.browser(), await op.person({ gender: "x" })];
    await browser.obtain(client, bob, { scope: "openid email" });
    const asked = await browser.authorize(client, { scope: "openid email", claims: gender });
    assert.ok(asked.asksForConsent, "the scopes do not cover them");
    await browser.approve(asked);
    assert.ok((await browser.authorize(client, { scope: "openid email", claims: gender })).callback?.get("code"));
    const more = JSON.stringify({ id_token: { gender: null, nickname: null } });
    const again = await browser.authorize(client, { scope: "openid email", claims: more });
    assert.match(again.text, /your nickname/);
    const silent = { scope: "openid email", claims: more, prompt: "none" };
    redirectError(await browser.authorize(client, silent), "consent_required");
  });

  test("a scope that was allowed earlier covers its claims", async () => {
    const [browser, bob] = [op.browser(), await op.person({ gender: "x" })];
    await browser.obtain(client, bob, { scope: "openid profile" });
    assert.ok((await browser.authorize(client, { scope: "openid", claims: gender })).callback?.get("code"));
  });

  test("what was shown is what is allowed: the form of another request does not do", async () => {
    const [browser, bob] = [op.browser(), await op.person()];
    const less = await browser.signIn(await browser.authorize(client, { scope: "openid" }), bob);
    const more = await browser.authorize(client, { scope: "openid", claims: gender });
    const field = (page, wanted) => page.form("approve").controls.find(({ name }) => name === wanted).value;
    const mixed = { interaction: field(more, "interaction") };
    const page = await browser.submit(less, "approve", mixed, { button: "approve" });
    assert.equal(page.callback, null);
    assert.equal(page.status, 403);
  });
});

describe("languages (Core section 5.2)", () => {
  test("a claim is told in the language that is asked for", async () => {
    const { userinfo } = await told({ userinfo: { "name#fr": null, "name#de": null, "gender#fr": null } });
    assert.deepEqual(userinfo, { "name#fr": "Ada de Lovelace" });
  });

  test("claims_locales adds the variant that suits best", async () => {
    const { userinfo } = await told({ userinfo: { name: null } }, { claims_locales: "de ja-Kana-JP fr" });
    assert.deepEqual(userinfo, { "name": "Ada Lovelace", "name#ja-Kana-JP": "\u30a8\u30a4\u30c0" });
  });

  test("claims_locales counts for the claims of a scope, too", async () => {
    const { userinfo } = await told({}, { scope: "openid profile", claims_locales: "fr-CA" });
    assert.equal(userinfo["name#fr"], "Ada de Lovelace");
    assert.equal(userinfo.name, "Ada Lovelace");
    assert.equal(userinfo["name#ja-Kana-JP"], undefined);
  });

  test("claims_locales of no language is no error", async () => {
    const { userinfo } = await told({}, { scope: "openid profile", claims_locales: "se xx-not_a_tag \u{1f600}" });
    assert.equal(userinfo.name, "Ada Lovelace");
  });
});

describe("sub with a value (Core section 5.5.1)", () => {
  const forSub = (value) => JSON.stringify({ id_token: { sub: { value } } });

  test("is for that person alone", async () => {
    const [browser, bob] = [op.browser(), await op.person()];
    await browser.obtain(client, ada);
    const own = await browser.authorize(client, { claims: forSub(ada.id), prompt: "none" });
    assert.ok(own.callback.get("code"));
    redirectError(await browser.authorize(client, { claims: forSub(bob.id), prompt: "none" }), "login_required");
    const page = await browser.authorize(client, { claims: forSub(bob.id) });
    assert.ok(page.asksForPassword, "the other person may sign in");
    redirectError(await browser.signIn(page, ada), "login_required");
  });
});

describe("acr (Core sections 3.1.2.1 and 5.5.1.1)", () => {
  const essential = (values) => JSON.stringify({ id_token: { acr: { essential: true, values } } });

  test("acr_values that discovery lists come back", async () => {
    const { acr_values_supported: values } = await op.json("/.well-known/openid-configuration");
    const { idToken } = await told({}, { acr_values: values.join(" ") });
    assert.ok(values.includes(idToken.acr));
  });

  test("acr_values that nobody has are no error: it is a voluntary claim", async () => {
    const { idToken } = await told({}, { acr_values: "urn:mace:incommon:iap:silver" });
    assert.notEqual(idToken.acr, "urn:mace:incommon:iap:silver", "what is told is true");
  });

  test("an essential acr is met where it can be", async () => {
    const { idToken } = await told({ id_token: { acr: { essential: true, values: ["loa9", "1"] } } });
    assert.equal(idToken.acr, "1");
  });

  test("an essential acr that nobody has fails, signed in or not", async () => {
    const browser = op.browser();
    const refused = await browser.authorize(client, { claims: essential(["loa9"]) });
    redirectError(refused, "unmet_authentication_requirements");
    await browser.obtain(client, ada);
    redirectError(await browser.authorize(client, { claims: essential(["loa9"]) }), "unmet_authentication_requirements");
  });
});

test("require_auth_time and default_max_age: the ID token has auth_time, and an old sign-in is not enough", async () => {
  const strict = await op.client({ require_auth_time: true, default_max_age: 600 });
  const browser = op.browser();
  const { id_token } = await strict.tokens(await browser.obtain(strict, ada));
  assert.ok(claimsOf(id_token).auth_time > 0);
  op.clock.advance({ minutes: 11 });
  assert.ok((await browser.authorize(strict)).asksForPassword);
  assert.ok((await browser.authorize(strict, { max_age: "3600" })).callback?.get("code"), "max_age overrides");
  op.clock.advance({ minutes: -11 });
});

test("discovery: the claims parameter is supported, and every claim is listed", async () => {
  const metadata = await op.json("/.well-known/openid-configuration");
  assert.equal(metadata.claims_parameter_supported, true);
  for (const claim of ["sub", "iss", "acr", "auth_time", "name", "gender", "updated_at", "phone_number_verified"]) {
    assert.ok(metadata.claims_supported.includes(claim), claim);
  }
});
