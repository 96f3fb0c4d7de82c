// Token exchange: RFC 8693.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { asserted, assertion, keyPair } from "../support/assertion.mjs";
import { DpopKey } from "../support/dpop.mjs";
import { oauthError, succeeded } from "../support/expect.mjs";
import { claimsOf, verified } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const GRANT = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";
const ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token";
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
  test("is refused to an app for which people sign in more strongly", async () => {
    const { access_token } = await sent();
    const strict = await op.client({ ...SERVICE, grant_types: [GRANT], scope: "cal:read", token_exchange: { from: [FILES], to: [CALENDAR] }, required_acr: "mfa" });
    await oauthError(await exchange(access_token, {}, { by: strict }), 400, "invalid_request");
    await op.json(`/register/${strict.id}`, { method: "PATCH", json: { required_acr: "1" }, bearer: op.adminToken });
    await succeeded(await exchange(access_token, {}, { by: strict }));
  });

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

  test("names who asks next as the current actor once somebody has acted, also without an actor_token (section 4.1)", async () => {
    const { access_token } = await sent();
    const actor_token = (await succeeded(await api.credentials({ resource: FILES }))).access_token;
    const first = (await succeeded(await exchange(access_token, { actor_token, actor_token_type: ACCESS_TOKEN }))).access_token;
    const calendar = await op.client({ ...SERVICE, grant_types: [GRANT], scope: "mail:read", token_exchange: { from: [CALENDAR], to: [MAIL] } });
    const second = claimsOf((await succeeded(await exchange(first, { resource: undefined }, { by: calendar }))).access_token);
    assert.deepEqual(second.act, { sub: calendar.id, client_id: calendar.id, act: { sub: api.id, client_id: api.id } });
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

/** An app that people sign in to, and that may have tokens for the calendar. */
const AGENT = { grant_types: ["authorization_code", "refresh_token", GRANT], scope: "openid offline_access cal:read", token_exchange: { to: [CALENDAR] } };
const agent = await op.client(AGENT);
const given = async (client = agent, params = {}) => client.tokens(await browser.obtain(client, ada, { scope: "openid", ...params }));
const hand = (token, more = {}, init = {}) => exchange(token, { subject_token_type: ID_TOKEN, ...more }, { by: agent, ...init });

describe("an ID token", () => {
  test("is exchanged by the app that it was issued to, for an API that it may have", async () => {
    const { id_token } = await given();
    const told = await succeeded(await hand(id_token));
    assert.deepEqual([told.issued_token_type, told.scope, told.refresh_token], [ACCESS_TOKEN, "cal:read", undefined]);
    const [claims, before] = [claimsOf(told.access_token), claimsOf(id_token)];
    assert.deepEqual([claims.sub, claims.client_id, claims.aud, claims.act], [before.sub, agent.id, CALENDAR, undefined]);
    assert.deepEqual([claims.auth_time, claims.acr], [before.auth_time, before.acr]);
    assert.equal((await api.introspect(told.access_token)).active, true);
  });

  test("counts as long as it says, where no refresh token keeps its grant alive", async () => {
    const { id_token } = await given();
    op.clock.advance({ minutes: 50 });
    await succeeded(await hand(id_token));
    op.clock.advance({ minutes: 11 });
    await refused(await hand(id_token), "invalid_request", /subject_token is not valid/);
  });

  test("of a refresh, and of a pairwise client, does, too", async () => {
    const { refresh_token } = await given(agent, { scope: "openid offline_access" });
    await succeeded(await hand((await agent.refreshed(refresh_token)).id_token));
    const pairwise = await op.client({ ...AGENT, subject_type: "pairwise" });
    const { id_token } = await given(pairwise);
    const told = await succeeded(await hand(id_token, {}, { by: pairwise }));
    assert.equal(claimsOf(told.access_token).sub, claimsOf(id_token).sub);
  });

  test("is refused to every other client, also one whose tokens it may exchange otherwise", async () => {
    const { id_token } = await given();
    const other = await op.client({ ...AGENT, token_exchange: { from: [CALENDAR, FILES], to: [CALENDAR] } });
    await refused(await hand(id_token, {}, { by: other }), "invalid_request", /ID token of another client/);
    await refused(await hand(id_token, {}, { by: api }), "invalid_request", /ID token of another client/);
  });

  test("gives no more than its person allowed the app at an API that they were asked for", async () => {
    const asking = await op.client({ ...AGENT, scope: "openid offline_access cal:read cal:write" });
    const { id_token, refresh_token } = await given(asking, { scope: "openid offline_access cal:read", resource: CALENDAR });
    const ask = (token, more) => hand(token, more, { by: asking });
    assert.equal((await succeeded(await ask(id_token))).scope, "cal:read");
    await oauthError(await ask(id_token, { scope: "cal:write" }), 400, "invalid_scope");
    const { access_token } = await asking.refreshed(refresh_token, { resource: CALENDAR });
    await oauthError(await ask(access_token, { subject_token_type: ACCESS_TOKEN, scope: "cal:write" }), 400, "invalid_scope");
  });

  test("lets nobody act but whom the app names, not even the app", async () => {
    const guarded = await op.client({ ...AGENT, grant_types: [...AGENT.grant_types, "client_credentials"], may_act: api.id });
    const { id_token } = await given(guarded);
    await succeeded(await hand(id_token, {}, { by: guarded }));
    const actor_token = (await succeeded(await guarded.credentials({ resource: CALENDAR }))).access_token;
    await refused(await hand(id_token, { actor_token, actor_token_type: ACCESS_TOKEN }, { by: guarded }), "invalid_request", /may_act/);
  });

  test("is refused from an app without the grant, forged, as another type, and from the authorization endpoint", async () => {
    const { id_token, access_token } = await given();
    const [header, payload, signature] = id_token.split(".");
    const changed = Buffer.from(JSON.stringify({ ...claimsOf(id_token), sub: "eve" })).toString("base64url");
    await refused(await hand(`${header}.${changed}.${signature}`), "invalid_request", /not valid/);
    await refused(await hand(`${header}.${payload}.${signature.slice(0, -4)}AAAA`), "invalid_request", /not valid/);
    await refused(await hand(access_token), "invalid_request", /no ID token/);
    await refused(await exchange(id_token, {}, { by: agent }), "invalid_request", /no access token/);
    const { id_token: plain } = await given(app);
    assert.equal(claimsOf(plain).family, undefined);
    await refused(await hand(plain), "invalid_request", /no ID token/);
    await refused(await hand(access_token, { actor_token: id_token, actor_token_type: ID_TOKEN }), "invalid_request", /no ID token|actor_token_type/);
  });

  test("ends with the consent, with the sign-out, and with the person", async () => {
    const eve = await op.person();
    const its = op.browser();
    const obtain = async () => (await agent.tokens(await its.obtain(agent, eve, { scope: "openid" }))).id_token;
    const first = await obtain();
    await its.fetch(`/logout?id_token_hint=${first}`);
    await refused(await hand(first), "invalid_request", /not valid/);
    const second = await obtain();
    await op.admin(`/admin/api/users/${eve.id}/grants/${agent.id}`, { method: "DELETE" });
    await refused(await hand(second), "invalid_request", /not valid/);
    const third = await obtain();
    await op.changePerson(eve, { disabled: true });
    await refused(await hand(third), "invalid_request", /not valid/);
  });
});

describe("may_act", () => {
  test("lets nobody act but the client that the operator names (section 4.4)", async () => {
    const guarded = await op.client({ may_act: api.id });
    const obtain = async () =>
      (await guarded.tokens(await browser.obtain(guarded, ada, { resource: FILES, scope: "openid files:read" }))).access_token;
    const token = await obtain();
    assert.deepEqual(claimsOf(token).may_act, { sub: api.id, client_id: api.id });
    assert.deepEqual((await api.introspect(token)).may_act, { sub: api.id, client_id: api.id });
    await succeeded(await exchange(token));
    const actor_token = (await succeeded(await api.credentials({ resource: FILES }))).access_token;
    await succeeded(await exchange(token, { actor_token, actor_token_type: ACCESS_TOKEN }));
    const other = await op.client({
      ...SERVICE,
      grant_types: [GRANT, "client_credentials"],
      scope: "cal:read",
      token_exchange: { from: [FILES], to: [CALENDAR] },
    });
    await refused(await exchange(token, {}, { by: other }), "invalid_request", /may_act/);
    const its = (await succeeded(await other.credentials({ resource: CALENDAR }))).access_token;
    const acting = { actor_token: its, actor_token_type: ACCESS_TOKEN };
    await refused(await exchange(token, acting, { by: other }), "invalid_request", /may_act/);
    await succeeded(await exchange((await sent()).access_token, acting, { by: other }));
  });

  test("goes on with what comes of an exchange, as the operator says it for the client that has it then", async () => {
    const next = await op.client({ ...SERVICE, grant_types: [GRANT], scope: "cal:read", may_act: api.id, token_exchange: { from: [FILES], to: [CALENDAR] } });
    const { access_token } = await succeeded(await exchange((await sent()).access_token, {}, { by: next }));
    assert.deepEqual(claimsOf(access_token).may_act, { sub: api.id, client_id: api.id });
  });

  test("has to be the id of a client", async () => {
    for (const may_act of ["a b", 7, ["x"], { sub: "x" }]) {
      const response = await op.admin("/register", { json: { client_name: "x", redirect_uris: ["https://app.acme.test/callback"], may_act } });
      assert.match((await oauthError(response, 400, "invalid_client_metadata")).error_description, /^may_act/);
    }
  });
});

const key = await keyPair("ES256");
const prover = await op.client({
  ...SERVICE,
  grant_types: [GRANT, "client_credentials"],
  scope: "files:read cal:read",
  token_exchange: { from: [FILES], to: [CALENDAR, FILES] },
  token_endpoint_auth_method: "private_key_jwt",
  jwks: { keys: [key.jwk] },
});
const proves = async () => ({ auth: asserted(await assertion(prover, key)) });
const prove = async () => ({ ...(await proves()), headers: await (await DpopKey.generate(op)).posting(), by: prover });

describe("nothing is used up by a request that is refused", () => {
  const forged = (token) => {
    const [header, , signature] = token.split(".");
    const changed = Buffer.from(JSON.stringify({ ...claimsOf(token), scope: "files:write" })).toString("base64url");
    return `${header}.${changed}.${signature}`;
  };

  test("for a forged token of a living grant, an actor that is dead or forged, a scope or an API that it may not have", async () => {
    const { access_token } = await sent();
    const service = async () => succeeded(await prover.credentials({ resource: FILES }, await proves()));
    const [{ access_token: dead }, { access_token: actor }] = [await service(), await service()];
    await prover.revoke(dead, {}, await proves());
    const acting = (actor_token) => ({ actor_token, actor_token_type: ACCESS_TOKEN });
    const proofs = await prove();
    await refused(await exchange(forged(access_token), {}, proofs), "invalid_request", /subject_token/);
    await refused(await exchange(access_token, acting(dead), proofs), "invalid_request", /actor_token/);
    await refused(await exchange(access_token, acting(forged(actor)), proofs), "invalid_request", /actor_token/);
    await oauthError(await exchange(access_token, { scope: "cal:write" }, proofs), 400, "invalid_scope");
    await oauthError(await exchange(access_token, { resource: MAIL }, proofs), 400, "invalid_target");
    await succeeded(await exchange(access_token, acting(actor), proofs));
    await oauthError(await exchange(access_token, {}, proofs), 401, "invalid_client");
  });

  test("and of 50 at once with the same proof one gets a token", async () => {
    const { access_token } = await sent();
    const { headers } = await prove();
    const responses = await Promise.all(Array.from({ length: 50 }, async () => exchange(access_token, {}, { ...(await prove()), headers })));
    assert.equal(responses.filter((response) => response.status === 200).length, 1);
    for (const response of responses) if (response.status !== 200) await oauthError(response, 400, "invalid_dpop_proof");
    const auth = (await prove()).auth;
    const others = await Promise.all(Array.from({ length: 50 }, async () => exchange(access_token, {}, { ...(await prove()), auth })));
    assert.equal(others.filter((response) => response.status === 200).length, 1);
    for (const response of others) if (response.status !== 200) await oauthError(response, 401, "invalid_client");
  });
});

describe("the token ends", () => {
  test("also where 50 exchanges come as the grant ends, and no row is left of them", async () => {
    const tokens = await sent();
    const exchanges = Promise.all(Array.from({ length: 50 }, () => exchange(tokens.access_token)));
    const [responses] = await Promise.all([exchanges, app.post("/revoke", { token: tokens.refresh_token })]);
    for (const response of responses) {
      if (response.status !== 200) await refused(response, "invalid_request", /subject_token is not valid/);
      else assert.equal((await api.introspect((await response.json()).access_token)).active, false);
    }
    assert.deepEqual(await op.rows("SELECT * FROM token_families WHERE client_id = ?", api.id), []);
  });

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
