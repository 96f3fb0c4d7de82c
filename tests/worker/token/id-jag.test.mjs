// Identity assertions for authorization servers elsewhere (draft-ietf-oauth-identity-assertion-authz-grant), as Limen issues them.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { decodeProtectedHeader } from "jose";

import { DpopKey } from "../support/dpop.mjs";
import { oauthError, succeeded } from "../support/expect.mjs";
import { claimsOf, verified } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const GRANT = "urn:ietf:params:oauth:grant-type:token-exchange";
const type = (name) => `urn:ietf:params:oauth:token-type:${name}`;
const [CHAT, CRM] = ["https://auth.chat.example", "https://login.crm.example/tenant"];
const [ROOMS, FILES] = ["https://rooms.chat.example/", "https://files.chat.example/"];

const op = await startLimen();
const APP = { grant_types: ["authorization_code", "refresh_token", GRANT] };
const chat = { audience: CHAT, client_id: "f53f191f9311af35", resources: [ROOMS, FILES], scope: "chat.read chat.history" };
const assistant = await op.client({ ...APP, id_jag: [chat, { audience: CRM, scope: "crm.read" }] });
const ada = await op.person();
const browser = op.browser();
const idToken = async (client = assistant, person = ada, its = browser) =>
  (await client.tokens(await its.obtain(client, person, { scope: "openid" }))).id_token;

const ask = (subject_token, more = {}, { by = assistant, ...init } = {}) =>
  by.post(
    "/token",
    {
      grant_type: GRANT,
      requested_token_type: type("id-jag"),
      subject_token,
      subject_token_type: type("id_token"),
      audience: CHAT,
      resource: ROOMS,
      scope: "chat.read",
      ...more,
    },
    init,
  );

const refused = async (response, error, words) => assert.match((await oauthError(response, 400, error)).error_description, words);

describe("an app gets an ID-JAG for its ID token", () => {
  test("with all that the draft wants in it (section 3.1), and a type of its own", async () => {
    const subject = await idToken();
    const told = await succeeded(await ask(subject));
    assert.deepEqual([told.issued_token_type, told.token_type, told.expires_in, told.scope], [type("id-jag"), "N_A", 300, "chat.read"]);
    assert.deepEqual([told.refresh_token, told.id_token], [undefined, undefined]);
    assert.equal(decodeProtectedHeader(told.access_token).typ, "oauth-id-jag+jwt");
    const claims = await verified(op, told.access_token, { typ: "oauth-id-jag+jwt", audience: CHAT });
    const before = claimsOf(subject);
    const { jti, iat, exp, ...rest } = claims;
    assert.deepEqual(rest, {
      iss: op.issuer,
      sub: before.sub,
      aud: CHAT,
      client_id: chat.client_id,
      resource: ROOMS,
      scope: "chat.read",
      auth_time: before.auth_time,
      acr: before.acr,
      amr: before.amr,
    });
    assert.ok(jti.length > 20 && exp === iat + 300);
    assert.notEqual(claimsOf((await succeeded(await ask(subject))).access_token).jti, jti);
  });

  test("without looking for its audience among the APIs of this deployment", async () => {
    const trips = async (response) => {
      assert.equal(response.status, 200, await response.clone().text());
      return Number(response.headers.get("x-limen-test-d1"));
    };
    const subject = await idToken();
    await ask(subject);
    assert.equal(await trips(await ask(subject, {}, { measure: true })), 1);
  });

  test("for the audience and the API as the operator wrote them, and several APIs", async () => {
    const subject = await idToken();
    const slash = claimsOf((await succeeded(await ask(subject, { audience: `${CHAT}/`, resource: "https://rooms.chat.example" }))).access_token);
    assert.deepEqual([slash.aud, slash.resource], [CHAT, ROOMS]);
    const both = claimsOf((await succeeded(await ask(subject, { resource: [ROOMS, FILES] }))).access_token);
    assert.deepEqual(both.resource, [ROOMS, FILES]);
    const crm = claimsOf((await succeeded(await ask(subject, { audience: CRM, resource: undefined, scope: "crm.read" }))).access_token);
    assert.deepEqual([crm.aud, crm.client_id, crm.resource], [CRM, assistant.id, undefined]);
  });

  test("for those of the scopes that the operator lets it have", async () => {
    const subject = await idToken();
    const told = await succeeded(await ask(subject, { scope: "chat.history chat.admin" }));
    assert.deepEqual([told.scope, claimsOf(told.access_token).scope], ["chat.history", "chat.history"]);
    const none = await succeeded(await ask(subject, { scope: undefined }));
    // Without any, the server there would give its own.
    assert.deepEqual([none.scope, claimsOf(none.access_token).scope], ["chat.history chat.read", "chat.history chat.read"]);
    await oauthError(await ask(subject, { scope: "chat.admin" }), 400, "invalid_scope");
  });

  test("bound to the key that it shows (section 9.7.1)", async () => {
    const key = await DpopKey.generate(op);
    const headers = await key.posting();
    const subject = await idToken();
    await refused(await ask(subject, { audience: "https://evil.example" }, { headers }), "invalid_target", /audience/);
    const told = await succeeded(await ask(subject, {}, { headers }));
    assert.deepEqual([told.token_type, claimsOf(told.access_token).cnf], ["N_A", { jkt: key.jkt }]);
    await oauthError(await ask(subject, {}, { headers }), 400, "invalid_dpop_proof");
    const fresh = await key.posting();
    const all = await Promise.all(Array.from({ length: 50 }, () => ask(subject, {}, { headers: fresh })));
    assert.equal(all.filter(({ status }) => status === 200).length, 1);
  });

  test("is told by discovery", async () => {
    const { identity_chaining_requested_token_types_supported: types } = await op.json("/.well-known/oauth-authorization-server");
    assert.deepEqual(types, [type("id-jag")]);
  });
});

describe("who the person is elsewhere", () => {
  test("is who they are to the client that the operator names, with an address only where it is confirmed and wanted", async () => {
    const there = await op.client({ subject_type: "pairwise", redirect_uris: ["https://chat.example/callback"] });
    const rule = { ...chat, relying_party: there.id, email: true };
    const app = await op.client({ ...APP, id_jag: [rule] });
    const eve = await op.person({ email_verified: true });
    const [its, subject] = [op.browser(), await idToken(app, eve, op.browser())];
    const sso = claimsOf((await there.tokens(await its.obtain(there, eve, { scope: "openid" }))).id_token);
    const claims = claimsOf((await succeeded(await ask(subject, {}, { by: app }))).access_token);
    assert.equal(claims.sub, sso.sub);
    assert.notEqual(claims.sub, claimsOf(subject).sub);
    assert.deepEqual([claims.email, claims.email_verified], [eve.email, true]);
    await op.changePerson(eve, { email_verified: false });
    const unconfirmed = claimsOf((await succeeded(await ask(subject, {}, { by: app }))).access_token);
    assert.deepEqual([unconfirmed.email, unconfirmed.email_verified], [undefined, undefined]);
    assert.equal(claimsOf((await succeeded(await ask(await idToken()))).access_token).email, undefined);
  });

  test("is refused where that client is not for them, is disabled, or gone", async () => {
    const { id } = await (await op.admin("/admin/api/groups", { json: { name: "Staff" } })).json();
    const there = await op.client();
    const app = await op.client({ ...APP, id_jag: [{ ...chat, relying_party: there.id }] });
    const subject = await idToken(app);
    const change = (json) => op.admin(`/register/${there.id}`, { method: "PATCH", json });
    await succeeded(await ask(subject, {}, { by: app }));
    await change({ allowed_groups: [id] });
    await refused(await ask(subject, {}, { by: app }), "invalid_target", /the person/);
    await change({ allowed_groups: null, disabled: true });
    await refused(await ask(subject, {}, { by: app }), "invalid_target", /the person/);
    await op.admin(`/register/${there.id}`, { method: "DELETE" });
    await refused(await ask(subject, {}, { by: app }), "invalid_target", /the person/);
  });

  test("is no more than the app knows itself, where it goes by pairwise identifiers and the operator names no other", async () => {
    const app = await op.client({ ...APP, subject_type: "pairwise", id_jag: [chat] });
    const subject = await idToken(app);
    assert.equal(claimsOf((await succeeded(await ask(subject, {}, { by: app }))).access_token).sub, claimsOf(subject).sub);
  });
});

describe("is refused", () => {
  test("for an audience or an API that the operator did not name, and for Limen itself (section 9.3)", async () => {
    const subject = await idToken();
    for (const more of [
      { audience: "https://evil.example" },
      { audience: `${CHAT}.evil.example` },
      { audience: `${CHAT}/x` },
      { audience: "x" },
      { resource: "https://evil.example/" },
      { resource: [ROOMS, "https://evil.example/"] },
      { resource: Array.from({ length: 9 }, () => ROOMS) },
      { resource: undefined },
      { audience: CRM, scope: undefined },
    ]) {
      await oauthError(await ask(subject, more), 400, "invalid_target");
    }
    const app = await op.client({ ...APP, id_jag: [{ audience: op.issuer }] });
    await oauthError(await ask(await idToken(app), { audience: op.issuer, resource: undefined }, { by: app }), 400, "invalid_target");
    await oauthError(await ask(subject, { audience: undefined }), 400, "invalid_request");
  });

  test("for tokens of other kinds, with an actor_token, for another client's ID token, and a forged one", async () => {
    const tokens = await assistant.tokens(await browser.obtain(assistant, ada, { scope: "openid offline_access" }));
    await refused(await ask(tokens.access_token, { subject_token_type: type("access_token") }), "invalid_request", /ID-JAG/);
    await refused(await ask(tokens.access_token), "invalid_request", /no ID token/);
    await oauthError(await ask(tokens.refresh_token, { subject_token_type: type("refresh_token") }), 400, "invalid_request");
    const actor = { actor_token: tokens.access_token, actor_token_type: type("access_token") };
    await refused(await ask(tokens.id_token, actor), "invalid_request", /actor_token/);
    const other = await op.client({ ...APP, id_jag: [chat] });
    await refused(await ask(tokens.id_token, {}, { by: other }), "invalid_request", /another client/);
    const [header, , signature] = tokens.id_token.split(".");
    const changed = Buffer.from(JSON.stringify({ ...claimsOf(tokens.id_token), sub: "eve" })).toString("base64url");
    await refused(await ask(`${header}.${changed}.${signature}`), "invalid_request", /not valid/);
    const { access_token: jag } = await succeeded(await ask(tokens.id_token));
    await refused(await ask(jag), "invalid_request", /no ID token/);
  });

  test("without the grant, without a rule, and to a person whom the app is no longer for", async () => {
    const bare = await op.client(APP);
    await oauthError(await ask(await idToken(bare), {}, { by: bare }), 400, "invalid_target");
    const plain = await op.client({ id_jag: [chat] });
    await oauthError(await ask(await idToken(), {}, { by: plain }), 400, "unauthorized_client");
    const eve = await op.person();
    const subject = await idToken(assistant, eve, op.browser());
    await op.changePerson(eve, { disabled: true });
    await refused(await ask(subject), "invalid_request", /not valid/);
  });

  test("is no access token, neither here nor as the subject of an exchange", async () => {
    const { access_token: jag } = await succeeded(await ask(await idToken()));
    assert.equal((await op.fetch("/userinfo", { bearer: jag })).status, 401);
    assert.deepEqual(await assistant.introspect(jag), { active: false });
    const form = { grant_type: GRANT, subject_token: jag, subject_token_type: type("jwt") };
    await refused(await assistant.post("/token", form), "invalid_request", /no access token/);
  });

  test("rules that are none", async () => {
    for (const id_jag of [{}, "x", [CHAT], [{}], [{ audience: "x" }], [{ audience: CHAT, more: 1 }], [chat, chat], [{ audience: CHAT, scope: 7 }]]) {
      const json = { client_name: "x", redirect_uris: ["https://app.acme.test/callback"], id_jag };
      const body = await oauthError(await op.admin("/register", { json }), 400, "invalid_client_metadata");
      assert.match(body.error_description, /^id_jag/);
    }
  });

  test("rules of who registered themselves", async () => {
    const open = await startLimen({ vars: { REGISTRATION: "open" } });
    const json = { redirect_uris: ["https://app.acme.test/callback"], id_jag: [chat], may_act: "x" };
    const registered = await (await open.fetch("/register", { json, method: "POST" })).json();
    assert.deepEqual([registered.id_jag, registered.may_act], [undefined, undefined]);
  });
});
