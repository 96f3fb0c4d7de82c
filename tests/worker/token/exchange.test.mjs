// Token exchange: RFC 8693.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { succeeded } from "../support/client.mjs";
import { DpopKey } from "../support/dpop.mjs";
import { oauthError } from "../support/expect.mjs";
import { claimsOf, verified } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const GRANT = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";
const [FILES, CALENDAR, MAIL] = ["https://files.acme.test", "https://cal.acme.test", "https://mail.acme.test"];
const RESOURCES = JSON.stringify({
  [FILES]: { name: "Files", scopes: { "files:read": "Read your files", "files:write": "Change your files" } },
  [CALENDAR]: { name: "Calendar", scopes: { "cal:read": "Read your calendar", "cal:write": "Change your calendar" } },
  [MAIL]: { name: "Mail", scopes: { "mail:read": "Read your mail" } },
});
const op = await startLimen({ vars: { RESOURCES } });
const SERVICE = { redirect_uris: [], response_types: [] };

/** The API of files, as a client: it may get tokens for the calendar, and narrower ones for itself. */
const api = await op.client({
  ...SERVICE,
  grant_types: [GRANT, "client_credentials"],
  scope: "files:read files:write cal:read",
  token_exchange: { from: [FILES], to: [CALENDAR, FILES] },
});
const app = await op.client();
const ada = await op.person();
const browser = op.browser();

/** Tokens of the person at the API of files. */
const sent = async (params = {}) =>
  app.tokens(await browser.obtain(app, ada, { resource: FILES, scope: "openid offline_access files:read", ...params }));

const exchange = (subject_token, more = {}, { by = api, ...init } = {}) =>
  by.post("/token", { grant_type: GRANT, subject_token, subject_token_type: ACCESS_TOKEN, resource: CALENDAR, ...more }, init);

const refused = async (response, error, words) => {
  const body = await oauthError(response, 400, error);
  assert.match(body.error_description, words);
};

describe("an exchange", () => {
  test("gives an API a token for the next one, of the same person and as old a sign-in", async () => {
    const { access_token } = await sent();
    const before = claimsOf(access_token);
    const told = await succeeded(await exchange(access_token));
    assert.deepEqual([told.issued_token_type, told.token_type, told.scope], [ACCESS_TOKEN, "Bearer", "cal:read"]);
    assert.deepEqual([told.refresh_token, told.id_token], [undefined, undefined]);
    const claims = await verified(op, told.access_token, { typ: "at+jwt", audience: CALENDAR });
    assert.deepEqual([claims.aud, claims.client_id, claims.sub], [CALENDAR, api.id, before.sub]);
    assert.deepEqual([claims.auth_time, claims.acr, claims.act], [before.auth_time, before.acr, undefined]);
    assert.ok(claims.exp <= before.exp && told.expires_in <= before.exp - op.clock.seconds() + 1);
    const known = await api.introspect(told.access_token);
    assert.deepEqual([known.active, known.client_id, known.scope, known.family_client], [true, api.id, "cal:read", undefined]);
  });

  test("names who acts by their own token, and who acted before", async () => {
    const { access_token } = await sent();
    const actor_token = (await succeeded(await api.credentials({ resource: FILES }))).access_token;
    const actor = { actor_token, actor_token_type: ACCESS_TOKEN };
    const first = (await succeeded(await exchange(access_token, actor))).access_token;
    assert.deepEqual(claimsOf(first).act, { sub: api.id, client_id: api.id });
    assert.deepEqual((await api.introspect(first)).act, { sub: api.id, client_id: api.id });
    const calendar = await op.client({ ...SERVICE, grant_types: [GRANT, "client_credentials"], scope: "mail:read", token_exchange: { from: [CALENDAR], to: [MAIL] } });
    const own = (await succeeded(await calendar.credentials({ resource: MAIL }))).access_token;
    const second = await exchange(first, { resource: undefined, actor_token: own, actor_token_type: ACCESS_TOKEN }, { by: calendar });
    const { act, aud, client_id } = claimsOf((await succeeded(second)).access_token);
    assert.deepEqual([aud, client_id], [MAIL, calendar.id]);
    assert.deepEqual(act, { sub: calendar.id, client_id: calendar.id, act: { sub: api.id, client_id: api.id } });
  });

  test("gives less for the same API, and never more than the token had", async () => {
    const { access_token } = await sent();
    const same = await succeeded(await exchange(access_token, { resource: FILES }));
    assert.equal(same.scope, "files:read");
    await oauthError(await exchange(access_token, { resource: FILES, scope: "files:write" }), 400, "invalid_scope");
    const elsewhere = await succeeded(await exchange(access_token));
    const back = await exchange(elsewhere.access_token, { resource: FILES, scope: "files:write" });
    await refused(back, "invalid_request", /none of the APIs/);
  });

  test("takes audience as resource, and the type of a JWT", async () => {
    const { access_token } = await sent();
    const type = "urn:ietf:params:oauth:token-type:jwt";
    const more = { resource: undefined, audience: CALENDAR, subject_token_type: type, requested_token_type: type };
    assert.equal(claimsOf((await succeeded(await exchange(access_token, more))).access_token).aud, CALENDAR);
  });

  test("is bound to the key that the client shows", async () => {
    const { access_token } = await sent();
    const key = await DpopKey.generate(op);
    const headers = await key.posting();
    const told = await succeeded(await exchange(access_token, {}, { headers }));
    assert.equal(told.token_type, "DPoP");
    assert.equal(claimsOf(told.access_token).cnf.jkt, key.jkt);
    await oauthError(await exchange(access_token, {}, { headers }), 400, "invalid_dpop_proof");
    const kept = await key.posting();
    await oauthError(await exchange("a.b.c", {}, { headers: kept }), 400, "invalid_request");
    await succeeded(await exchange(access_token, {}, { headers: kept }));
  });

  test("is told by discovery", async () => {
    const { grant_types_supported: grants } = await op.json("/.well-known/openid-configuration");
    assert.ok(grants.includes(GRANT));
  });
});

describe("the token ends", () => {
  test("with the grant that it comes of", async () => {
    const tokens = await sent();
    const { access_token } = await succeeded(await exchange(tokens.access_token));
    assert.equal((await api.introspect(access_token)).active, true);
    await app.post("/revoke", { token: tokens.refresh_token });
    assert.equal((await api.introspect(access_token)).active, false);
    await refused(await exchange(tokens.access_token), "invalid_request", /subject_token is not valid/);
  });

  test("by revocation of its own client, and with that client", async () => {
    const { access_token } = await sent();
    const [one, other] = [await succeeded(await exchange(access_token)), await succeeded(await exchange(access_token))];
    await app.post("/revoke", { token: one.access_token });
    assert.equal((await api.introspect(one.access_token)).active, true, "it is not the app's");
    await api.post("/revoke", { token: one.access_token });
    assert.equal((await api.introspect(one.access_token)).active, false);
    assert.equal((await api.introspect(other.access_token)).active, true);
    const short = await op.client({ ...SERVICE, grant_types: [GRANT], scope: "cal:read", token_exchange: { from: [FILES], to: [CALENDAR] } });
    const of = await succeeded(await exchange(access_token, {}, { by: short }));
    const change = (json) => op.admin(`/register/${short.id}`, { method: "PATCH", json });
    await change({ disabled: true });
    assert.equal((await api.introspect(of.access_token)).active, false, "while it is disabled");
    await change({ disabled: false });
    assert.equal((await api.introspect(of.access_token)).active, true);
    await op.admin(`/register/${short.id}`, { method: "DELETE" });
    assert.equal((await api.introspect(of.access_token)).active, false);
  });

  test("when the person may sign in no more", async () => {
    const eve = await op.person();
    const tokens = await app.tokens(await op.browser().obtain(app, eve, { resource: FILES, scope: "openid files:read" }));
    const { access_token } = await succeeded(await exchange(tokens.access_token));
    await op.changePerson(eve, { disabled: true });
    assert.equal((await api.introspect(access_token)).active, false);
    await refused(await exchange(tokens.access_token), "invalid_request", /subject_token is not valid/);
  });
});

describe("is refused", () => {
  test("for an API that the operator did not name, Limen's own, and what is no API", async () => {
    const { access_token } = await sent();
    for (const resource of [MAIL, op.issuer, op.url("/userinfo"), "https://unknown.acme.test", "x", [CALENDAR, MAIL], undefined]) {
      await oauthError(await exchange(access_token, { resource }), 400, "invalid_target");
    }
  });

  test("for scopes beyond those that the client is registered for there", async () => {
    const { access_token } = await sent();
    for (const scope of ["cal:write", "openid", "files:read", "cal:read profile", "unknown"]) {
      await oauthError(await exchange(access_token, { scope }), 400, "invalid_scope");
    }
  });

  test("a token for another API, of Limen's own, of a client itself, or none", async () => {
    const words = /none of the APIs|not valid|no access token/;
    const elsewhere = await sent({ resource: CALENDAR, scope: "openid cal:read" });
    const own = await sent({ resource: undefined, scope: "openid" });
    const service = await succeeded(await api.credentials({ resource: FILES }));
    for (const token of [elsewhere.access_token, own.access_token, service.access_token, own.id_token, own.refresh_token ?? "x", "x", "a.b.c"]) {
      await refused(await exchange(token), "invalid_request", words);
    }
  });

  test("a forged token, and one whose time is over", async () => {
    const { access_token } = await sent();
    const [header, payload, signature] = access_token.split(".");
    const changed = Buffer.from(JSON.stringify({ ...claimsOf(access_token), sub: "eve" })).toString("base64url");
    for (const token of [`${header}.${changed}.${signature}`, `${header}.${payload}.${signature.slice(0, -4)}AAAA`]) {
      await refused(await exchange(token), "invalid_request", /subject_token is not valid/);
    }
    op.clock.advance({ hours: 2 });
    const headers = await (await DpopKey.generate(op)).posting();
    await refused(await exchange(access_token, {}, { headers }), "invalid_request", /subject_token is not valid/);
    await succeeded(await exchange((await sent()).access_token, {}, { headers }));
  });

  test("tokens of another type, and an actor's of another client", async () => {
    const { access_token } = await sent();
    const type = "urn:ietf:params:oauth:token-type:saml2";
    for (const more of [
      { subject_token_type: type },
      { subject_token_type: undefined },
      { requested_token_type: type },
      { requested_token_type: "urn:ietf:params:oauth:token-type:refresh_token" },
      { actor_token_type: ACCESS_TOKEN },
      { actor_token: access_token },
      { actor_token: access_token, actor_token_type: ACCESS_TOKEN },
      { actor_token: "x", actor_token_type: ACCESS_TOKEN },
    ]) {
      await oauthError(await exchange(access_token, more), 400, "invalid_request");
    }
  });

  test("clients without the grant, without a rule, or without a secret", async () => {
    const { access_token } = await sent();
    await oauthError(await exchange(access_token, {}, { by: app }), 400, "unauthorized_client");
    const bare = await op.client({ ...SERVICE, grant_types: [GRANT], scope: "cal:read" });
    await oauthError(await exchange(access_token, {}, { by: bare }), 400, "invalid_request");
    const wanted = { ...SERVICE, client_name: "x", grant_types: [GRANT], token_endpoint_auth_method: "none" };
    assert.equal((await op.admin("/register", { json: wanted })).status, 400);
    await oauthError(await exchange(access_token, {}, { auth: { client_id: api.id, client_secret: "x" } }), 401, "invalid_client");
  });

  test("a person whom the client is not for", async () => {
    const { id } = await (await op.admin("/admin/api/groups", { json: { name: "Staff" } })).json();
    const closed = await op.client({ ...SERVICE, grant_types: [GRANT], scope: "cal:read", allowed_groups: [id], token_exchange: { from: [FILES], to: [CALENDAR] } });
    const { access_token } = await sent();
    await refused(await exchange(access_token, {}, { by: closed }), "invalid_request", /subject_token is not valid/);
  });

  test("a rule that is none", async () => {
    for (const token_exchange of [{}, [], "x", { to: [] }, { from: [FILES] }, { to: ["x"] }, { to: [FILES], more: 1 }]) {
      const response = await op.admin("/register", { json: { ...SERVICE, client_name: "x", grant_types: [GRANT], token_exchange } });
      assert.equal(response.status, 400, JSON.stringify(token_exchange));
      assert.match((await response.json()).error_description, /^token_exchange/);
    }
  });

  test("to who registered themselves: neither the grant nor the rule is theirs to take", async () => {
    const open = await startLimen({ vars: { RESOURCES, REGISTRATION: "open" } });
    const json = { redirect_uris: ["https://app.acme.test/callback"], grant_types: [GRANT, "authorization_code"], token_exchange: { to: [CALENDAR] } };
    const registered = await (await open.fetch("/register", { json, method: "POST" })).json();
    assert.deepEqual([registered.grant_types, registered.token_exchange], [["authorization_code"], undefined]);
  });
});
