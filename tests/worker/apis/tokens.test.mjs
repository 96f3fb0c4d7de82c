// Access tokens for APIs that operators declared (RFC 8707): who gets them, and what they are like.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { oauthError, redirectError, succeeded } from "../support/expect.mjs";
import { MTLS_ORIGIN, fapiClient, obtain as obtainFapi } from "../support/fapi.mjs";
import { headerOf, verified } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { SCOPES, aud, claims, declare, patch, remove } from "./support.mjs";

const VARIABLE = "https://variable.acme.test";
const op = await startLimen({
  vars: {
    RESOURCES: JSON.stringify({
      [VARIABLE]: { name: "Variable", scopes: { "var:read": "Read" } },
      "https://another.acme.test": { name: "Another", scopes: { "another:read": "Read" } },
    }),
    DEVICE_AUTHORIZATION: "on",
    FRONT_CHANNEL_TOKENS: "on",
    MTLS_ORIGIN,
  },
});
const open = await startLimen({ vars: { REGISTRATION: "open" } });
const [client, ada] = [await op.client(), await op.person()];
const browser = op.browser();

const ASKED = "openid files:read files:write";
const obtain = (api, params = {}, by = client) => browser.obtain(by, ada, { resource: api.identifier, scope: ASKED, ...params });
const scopeOf = (tokens) => (claims(tokens).scope ?? "").split(" ").filter((scope) => scope !== "openid").sort();

/** An app that registered itself. */
async function stranger(on, metadata = {}) {
  const { Client } = await import("../support/client.mjs");
  const registered = await on.json("/register", {
    json: { redirect_uris: ["https://stranger.test/cb"], grant_types: ["authorization_code", "refresh_token"], ...metadata },
  });
  return new Client(on, registered);
}

describe("a token for a declared API", () => {
  test("is for its identifier, with its scopes, by code and by refresh token", async () => {
    const api = await declare(op);
    const tokens = await client.tokens(await obtain(api));
    await verified(op, tokens.access_token, { typ: "at+jwt", audience: api.identifier });
    assert.deepEqual(scopeOf(tokens), ["files:read", "files:write"]);
    const refreshed = await client.refreshed(tokens.refresh_token);
    assert.deepEqual([aud(refreshed), scopeOf(refreshed)], [api.identifier, ["files:read", "files:write"]]);
    assert.equal(aud(await client.refreshed(refreshed.refresh_token, { resource: `${api.identifier}/` })), api.identifier);
  });

  test("is one for the variable's API where that is named, of a grant for both", async () => {
    const api = await declare(op);
    const grant = await browser.obtain(client, ada, { resource: [api.identifier, VARIABLE], scope: `${ASKED} var:read` });
    const tokens = await client.tokens(grant);
    assert.deepEqual([...aud(tokens)].sort(), [api.identifier, VARIABLE].sort());
    const one = await client.refreshed(tokens.refresh_token, { resource: VARIABLE });
    assert.deepEqual([aud(one), scopeOf(one)], [VARIABLE, ["var:read"]]);
    const other = await client.refreshed(one.refresh_token, { resource: api.identifier });
    assert.deepEqual([aud(other), scopeOf(other)], [api.identifier, ["files:read", "files:write"]]);
  });

  test("can be named when the code is redeemed, where nothing was before", async () => {
    const api = await declare(op);
    const grant = await browser.obtain(client, ada);
    assert.equal(aud(await client.tokens(grant, { resource: api.identifier })), api.identifier);
  });

  test("is what a program asks for itself", async () => {
    const service = await op.serviceClient({ scope: "files:read notes" });
    const api = await declare(op);
    const tokens = await succeeded(await service.credentials({ resource: api.identifier }));
    assert.deepEqual([aud(tokens), scopeOf(tokens)], [api.identifier, ["files:read", "notes"]]);
  });

  test("comes from a pushed request, and to a device", async () => {
    const api = await declare(op);
    const request = client.request({ resource: api.identifier, scope: ASKED });
    assert.equal((await client.post("/par", request.params)).status, 201);
    const device = await op.client({ grant_types: ["urn:ietf:params:oauth:grant-type:device_code"], response_types: [], redirect_uris: [] });
    assert.equal((await device.post("/device_authorization", { resource: api.identifier, scope: "files:read" })).status, 200);
    const unknown = { resource: "https://unknown.acme.test", scope: ASKED };
    await oauthError(await client.post("/par", client.request(unknown).params), 400, "invalid_target");
    await oauthError(await device.post("/device_authorization", unknown), 400, "invalid_target");
  });

  test("lives as long as the API says, and no longer than others", async () => {
    const api = await declare(op, { access_token_lifetime: 90 });
    const tokens = await client.tokens(await obtain(api));
    assert.equal(tokens.expires_in, 90);
    assert.equal(claims(tokens).exp - claims(tokens).iat, 90);
    await patch(op, api, { access_token_lifetime: 86_400 });
    assert.equal((await client.refreshed(tokens.refresh_token)).expires_in, 600, "from the next token on");
  });

  test("is signed as the API says", async () => {
    const api = await declare(op, { token_signing_alg: "ES256" });
    const tokens = await client.tokens(await obtain(api));
    assert.equal(headerOf(tokens.access_token).alg, "ES256");
    assert.equal(headerOf(tokens.id_token).alg, "RS256");
    await verified(op, tokens.access_token, { typ: "at+jwt", audience: api.identifier });
    await patch(op, api, { token_signing_alg: "EdDSA" });
    const refreshed = await client.refreshed(tokens.refresh_token);
    assert.equal(headerOf(refreshed.access_token).alg, "EdDSA");
    await verified(op, refreshed.access_token, { typ: "at+jwt", audience: api.identifier });
    const service = await op.serviceClient();
    assert.equal(headerOf((await succeeded(await service.credentials({ resource: api.identifier }))).access_token).alg, "EdDSA");
  });

  test("costs no trip for its key, once the isolate knows which it is", async () => {
    const trips = (response) => Number(response.headers.get("x-limen-test-d1"));
    const api = await declare(op, { token_signing_alg: "ES256" });
    const service = await op.serviceClient();
    const ask = () => service.credentials({ resource: api.identifier }, { measure: true });
    const answers = [await ask(), await ask()];
    assert.ok(trips(answers[0]) > 1);
    assert.equal(trips(answers[1]), 1);
    for (const answer of answers) assert.equal(headerOf((await succeeded(answer)).access_token).alg, "ES256");
    const app = await op.client();
    const { refresh_token: token } = await app.tokens(await obtain(api, {}, app));
    const refreshed = await app.refresh(token, {}, { measure: true });
    assert.equal(trips(refreshed), 1);
    const tokens = await succeeded(refreshed);
    assert.equal(headerOf(tokens.access_token).alg, "ES256");
    await patch(op, api, { token_signing_alg: null });
    assert.equal(headerOf((await app.refreshed(tokens.refresh_token)).access_token).alg, "RS256", "what it was does not matter");
  });

  test("is not signed by RS256 for an app that keeps to FAPI 2.0, whatever the API says", async () => {
    const api = await declare(op, { token_signing_alg: "RS256" });
    const app = await fapiClient(op);
    const got = await app.tokens(await obtainFapi(app, ada, { resource: api.identifier, scope: "openid files:read" }), {}, app.certificate);
    assert.equal(headerOf(got.access_token).alg, "ES256");
    assert.equal(aud(got), api.identifier);
    assert.equal(headerOf((await client.tokens(await obtain(api))).access_token).alg, "RS256");
  });

  test("does not come from the authorization endpoint", async () => {
    const api = await declare(op);
    const hybrid = await op.client({ grant_types: ["authorization_code", "implicit"], response_types: ["code token", "code"] });
    const path = { response_type: "code token", resource: api.identifier };
    redirectError(await browser.complete(await browser.authorize(hybrid, path), ada), "invalid_target");
  });
});

describe("which app may ask", () => {
  test("is an operator's where it is open to all apps, and one that registered itself by choice", async () => {
    const [api, one, person] = [await declare(open), await stranger(open), await open.person()];
    const page = async () => open.browser().authorize(one, { resource: api.identifier, scope: "openid files:read" });
    redirectError(await page(), "invalid_target");
    await patch(open, api, { self_registered_apps: true });
    const grant = await open.browser().obtain(one, person, { resource: api.identifier, scope: "openid files:read" });
    const tokens = await one.tokens(grant);
    assert.deepEqual([aud(tokens), scopeOf(tokens)], [api.identifier, ["files:read"]]);
    await patch(open, api, { self_registered_apps: false });
    await oauthError(await one.refresh(tokens.refresh_token), 400, "invalid_target");
    await patch(open, api, { apps: { [one.id]: {} } });
    assert.equal(aud(await one.refreshed(tokens.refresh_token)), api.identifier, "nothing was used up");
  });

  test("is no operator's by what an operator changes of one that registered itself", async () => {
    const [api, one, person] = [await declare(open), await stranger(open), await open.person()];
    const ask = async () => open.browser().authorize(one, { resource: api.identifier, scope: "openid files:read" });
    const before = await open.browser().obtain(one, person);
    for (const [path, json] of [[`/admin/api/clients/${one.id}`, { accent_color: "#0b57d0" }], [`/register/${one.id}`, { client_name: "Renamed" }]]) {
      assert.equal((await open.admin(path, { method: "PATCH", json })).status, 200);
      redirectError(await ask(), "invalid_target");
    }
    assert.equal((await (await open.admin(`/admin/api/clients/${one.id}`)).json()).registered_by, "itself");
    const { clients } = await (await open.admin(`/admin/api/clients?registered_by=itself&client_id=${one.id}`)).json();
    assert.deepEqual(clients.map(({ registered_by: by }) => by), ["itself"]);
    await oauthError(await one.redeem(before, { resource: api.identifier }), 400, "invalid_target");
    await patch(open, api, { apps: { [one.id]: {} } });
    const grant = await open.browser().obtain(one, person, { resource: api.identifier, scope: "openid files:read" });
    assert.equal(aud(await one.tokens(grant)), api.identifier, "an API names it");
  });

  test("is one that is named, with the scopes that it is named with, also without having registered them", async () => {
    const registered = await op.client({ scope: "openid profile" });
    const other = await op.client();
    const api = await declare(op, { open_to: "named_apps", apps: { [registered.id]: { scopes: ["files:read"] } } });
    redirectError(await browser.authorize(other, { resource: api.identifier }), "invalid_target");
    const grant = await obtain(api, {}, registered);
    const tokens = await registered.tokens(grant);
    assert.deepEqual(scopeOf(tokens), ["files:read"]);
    const all = await patch(op, api, { apps: { [registered.id]: { scopes: ["files:write"] } } });
    assert.deepEqual(all.apps[registered.id].scopes, ["files:write"]);
    assert.deepEqual(scopeOf(await registered.refreshed(tokens.refresh_token)), [], "what is not for it any more is not told");
  });

  test("gets a scope that it registered at an API that withholds it nowhere", async () => {
    const service = await op.serviceClient({ scope: "files:read files:write" });
    const api = await declare(op, { apps: { [service.id]: { scopes: ["files:read"] } } });
    assert.deepEqual(scopeOf(await succeeded(await service.credentials({ resource: api.identifier }))), ["files:read"]);
    await oauthError(await service.credentials({ resource: api.identifier, scope: "files:write" }), 400, "invalid_scope");
    assert.deepEqual(scopeOf(await succeeded(await service.credentials())), ["files:read", "files:write"]);
    // Nor one that no API declares, or not any more.
    const odd = await op.serviceClient({ scope: "files:read files:write files:odd" });
    await patch(op, api, { apps: { [odd.id]: { scopes: ["files:read"] } } });
    const ofOdd = async () => scopeOf(await succeeded(await odd.credentials({ resource: api.identifier })));
    assert.deepEqual(await ofOdd(), ["files:read"]);
    await patch(op, api, { scopes: { "files:write": null } });
    assert.deepEqual(await ofOdd(), ["files:read"]);
    const bare = await op.serviceClient();
    const given = await declare(op, { open_to: "named_apps", apps: { [bare.id]: { scopes: ["files:write"] } } });
    assert.deepEqual(scopeOf(await succeeded(await bare.credentials({ resource: given.identifier }))), ["files:write"]);
    await oauthError(await service.credentials({ resource: given.identifier }), 400, "invalid_target");
  });
});

describe("a scope of another API", () => {
  const scope = "openid files:read var:read";

  test("is in no token of the authorization endpoint", async () => {
    const [types, asked] = [["code token", "code id_token token", "id_token token"], "openid var:read another:read"];
    const hybrid = await op.client({ scope: asked, grant_types: ["authorization_code", "implicit"], response_types: types });
    for (const response_type of types) {
      const page = await browser.complete(await browser.authorize(hybrid, { response_type, scope: asked, resource: VARIABLE }), ada);
      const tokens = Object.fromEntries(page.callback);
      assert.deepEqual([aud(tokens), scopeOf(tokens)], [VARIABLE, ["var:read"]], response_type);
      assert.equal(tokens.scope, claims(tokens).scope, response_type);
    }
  });

  test("is in no token that a program gets for itself", async () => {
    const [service, api] = [await op.serviceClient({ scope: "files:read var:read" }), await declare(op)];
    for (const asked of [undefined, "files:read var:read"]) {
      const tokens = await succeeded(await service.credentials({ resource: api.identifier, scope: asked }));
      assert.deepEqual([scopeOf(tokens), tokens.scope], [["files:read"], "files:read"], asked);
    }
    await oauthError(await service.credentials({ resource: api.identifier, scope: "var:read" }), 400, "invalid_scope");
  });
});

describe("scopes of which nothing is left", () => {
  const scope = "openid files:read var:read";

  test("are invalid_scope where a refresh asks for them, and the token is not used up by asking", async () => {
    const by = await op.client({ scope: `${scope} offline_access` });
    const api = await declare(op);
    const both = await by.tokens(await obtain(api, { scope, resource: [api.identifier, VARIABLE] }, by));
    const one = await by.tokens(await obtain(api, { scope }, by));
    for (const [{ refresh_token: token }, asked] of [
      [both, { scope: "var:read", resource: api.identifier }],
      [both, { scope: "files:read", resource: VARIABLE }],
      [one, { scope: "var:read" }],
    ]) {
      await oauthError(await by.refresh(token, asked), 400, "invalid_scope");
    }
    op.clock.advance({ minutes: 2 });
    const left = await by.refreshed(both.refresh_token, { scope: "files:read var:read", resource: api.identifier });
    assert.equal(left.scope, "files:read");
    assert.deepEqual(scopeOf(await by.refreshed(one.refresh_token)), ["files:read"]);
  });

  test("are told as none where a person was asked for them, and as ever to a refresh that asks for none", async () => {
    const by = await op.client({ scope: "files:read var:read offline_access" });
    const api = await declare(op);
    for (const asked of ["nosuch", "var:read"]) {
      const tokens = await by.tokens(await obtain(api, { scope: asked }, by));
      assert.deepEqual([aud(tokens), claims(tokens).scope ?? "", tokens.scope], [api.identifier, "", ""], asked);
      if (tokens.refresh_token) assert.equal((await by.refresh(tokens.refresh_token)).status, 200, asked);
    }
  });
});

describe("an API that is gone, or closed", () => {
  test("gets no tokens, and neither code nor refresh token is used up by asking", async () => {
    const api = await declare(op);
    const [code, tokens] = [await obtain(api), await client.tokens(await obtain(api))];
    await patch(op, api, { open_to: "named_apps" });
    await oauthError(await client.redeem(code), 400, "invalid_target");
    await oauthError(await client.redeem(code, { resource: api.identifier }), 400, "invalid_target");
    await oauthError(await client.refresh(tokens.refresh_token), 400, "invalid_target");
    await patch(op, api, { open_to: "all_apps" });
    assert.equal(aud(await client.tokens(code)), api.identifier);
    const next = await client.refreshed(tokens.refresh_token);
    await remove(op, api);
    await oauthError(await client.refresh(next.refresh_token), 400, "invalid_target");
    const page = await browser.authorize(client, { resource: api.identifier, prompt: "none" });
    redirectError(page, "invalid_target");
  });

  test("leaves none of its scopes behind in tokens for another", async () => {
    const [gone, api] = [await declare(op, { scopes: { "old:write": "Write" } }), await declare(op)];
    const resource = [gone.identifier, api.identifier];
    const grants = [];
    for (let n = 0; n < 2; n++) grants.push(await browser.obtain(client, ada, { resource, scope: `${ASKED} old:write` }));
    const before = await client.tokens(grants[0]);
    assert.ok(scopeOf(before).includes("old:write"));
    await remove(op, gone);
    for (const tokens of [await client.tokens(grants[1], { resource: api.identifier }), await client.refreshed(before.refresh_token, { resource: api.identifier })]) {
      assert.deepEqual([aud(tokens), scopeOf(tokens)], [api.identifier, ["files:read", "files:write"]]);
    }
  });

  test("gets none from an isolate that remembers it, when another one has changed it", async () => {
    const api = await declare(op);
    const service = await op.serviceClient({ scope: "files:read" });
    const credentials = () => service.credentials({ resource: api.identifier });
    const code = await obtain(api);
    assert.equal(aud(await succeeded(await credentials())), api.identifier);
    // As another isolate does it: this one is not told.
    await op.rows("UPDATE apis SET settings = json_set(settings, '$.open_to', 'named_apps'), version = version + 1 WHERE id = ?", api.id);
    await oauthError(await credentials(), 400, "invalid_target");
    await oauthError(await client.redeem(code, { resource: api.identifier }), 400, "invalid_target");
    await op.rows("UPDATE apis SET settings = json_set(settings, '$.open_to', 'all_apps', '$.access_token_lifetime', 75) WHERE id = ?", api.id);
    assert.equal((await client.tokens(code, { resource: api.identifier })).expires_in, 75, "what is issued is as D1 has it");
  });

  test("that is in RESOURCES by now is the variable's, which wins", async () => {
    const on = await startLimen();
    const [one, person, page] = [await on.client(), await on.person(), on.browser()];
    const api = await declare(on, { access_token_lifetime: 60 });
    const tokens = await one.tokens(await page.obtain(one, person, { resource: api.identifier }));
    await on.redeploy({ RESOURCES: JSON.stringify({ [api.identifier]: "Of the variable" }) });
    assert.equal((await (await on.admin(`/admin/api/apis/${api.id}`)).json()).in_force, false);
    const after = await one.refreshed(tokens.refresh_token);
    assert.deepEqual([aud(after), after.expires_in], [api.identifier, 600]);
  });
});

test("people are asked in their language, and see what they allowed", async () => {
  const api = await declare(op, { name: "Dateien & mehr <b>" });
  const fresh = await op.person();
  const own = op.browser();
  const page = await own.signIn(await own.authorize(client, { resource: api.identifier, scope: ASKED, ui_locales: "de" }), fresh);
  assert.match(page.text, /Deine Dateien lesen/);
  assert.match(page.text, /Dateien & mehr <b>: Names and contents/);
  assert.match(page.text, /Change your files/);
  await own.approve(page);
  const text = (await own.open("/account/apps")).text;
  assert.match(text, /Read your files/);
  assert.match(text, /Change your files/);
});

test("a token exchange gives a token for a declared API that the operator lets the client have", async () => {
  const api = await declare(op);
  const service = await op.serviceClient({
    grant_types: ["urn:ietf:params:oauth:grant-type:token-exchange"],
    scope: "files:read",
    token_exchange: { from: [VARIABLE], to: [api.identifier] },
  });
  const tokens = await client.tokens(await browser.obtain(client, ada, { resource: VARIABLE, scope: "openid var:read" }));
  const exchange = (more = {}) => service.post("/token", {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: tokens.access_token,
    subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
    ...more,
  });
  assert.deepEqual([aud(await succeeded(await exchange()))], [api.identifier]);
  const named = await succeeded(await exchange({ audience: api.identifier }));
  assert.deepEqual([aud(named), scopeOf(named)], [api.identifier, ["files:read"]]);
  await patch(op, api, { open_to: "named_apps" });
  await oauthError(await exchange(), 400, "invalid_target");
});

test("scopes of an API are not lost on one that the app registered for less", async () => {
  const registered = await op.client({ scope: "openid files:read" });
  const api = await declare(op, { scopes: SCOPES });
  assert.deepEqual(scopeOf(await registered.tokens(await obtain(api, {}, registered))), ["files:read"]);
});

test("of two APIs with a scope of one name, that speaks which the request is for", async () => {
  const words = (words) => ({ scopes: { "things:read": words } });
  const [one, other] = [await declare(op, words("Read your recipes")), await declare(op, words("Read your letters"))];
  const page = async (resource) => {
    const own = op.browser();
    return (await own.signIn(await own.authorize(client, { resource, scope: "openid things:read" }), await op.person())).text;
  };
  const [first, second, both] = [await page(one.identifier), await page(other.identifier), await page([one.identifier, other.identifier])];
  assert.deepEqual([first.includes("recipes"), first.includes("letters")], [true, false]);
  assert.deepEqual([second.includes("recipes"), second.includes("letters")], [false, true]);
  assert.deepEqual([both.includes("recipes"), both.includes("letters")], [true, true]);
});
