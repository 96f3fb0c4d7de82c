// Access tokens at the admin API (ADMIN_ACCESS_TOKENS): apps that act as operators, for themselves or for a person with a role, who has
// to have signed in strongly (RFC 9470).

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { grant, operator } from "../console/support.mjs";
import { grantOf } from "../support/browser.mjs";
import { Client } from "../support/client.mjs";
import { DpopKey } from "../support/dpop.mjs";
import { startLimen } from "../support/limen.mjs";

const FILES = "https://files.acme.test";
const [op, off, open] = await Promise.all([
  startLimen({ vars: { ADMIN_ACCESS_TOKENS: "on", RESOURCES: JSON.stringify({ [FILES]: { name: "Files", scopes: { "files:read": "Read files" } } }) } }),
  startLimen(),
  startLimen({ vars: { ADMIN_ACCESS_TOKENS: "on", REGISTRATION: "open" } }),
]);
const API = `${op.issuer}/admin/api`;
const USERS = "/admin/api/users";

/** Calls with a token: the status, the error and the challenge, taken apart. */
async function call(path, bearer, init = {}) {
  const response = await op.fetch(path, { bearer, ...init });
  const header = response.headers.get("www-authenticate") ?? "";
  const challenge = Object.fromEntries([...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
  return { status: response.status, challenge, error: challenge.error, body: await response.text() };
}
const tokenOf = async (client, form = {}) => (await (await client.credentials({ resource: API, ...form })).json()).access_token;
const program = (scope, more = {}) => op.serviceClient({ scope, ...more });
/** An app of the operator's, with which an operator who is signed in with a second factor gets a token. */
async function acting(roles, scope, more = {}) {
  const client = await op.client({ scope: `openid ${scope}`, ...more });
  const who = await operator(op, ...roles);
  const grant = grantOf(await allowed(who.browser, client, scope));
  return { client, who, tokens: await client.tokens(grant) };
}
async function allowed(browser, client, scope, params = {}) {
  const page = await browser.authorize(client, { scope: `openid ${scope}`, resource: API, ...params });
  return page.asksForConsent ? browser.approve(page) : page;
}

describe("an app for itself", () => {
  test("does what it is registered for, and no more, and the audit names it", async () => {
    const client = await program("people:read groups:write");
    const bearer = await tokenOf(client);
    assert.equal((await call(USERS, bearer)).status, 200);
    assert.equal((await call("/admin/api/groups", bearer, { json: { name: `By ${client.id}` } })).status, 201);
    const refused = await call(USERS, bearer, { json: { username: "eve" } });
    assert.deepEqual([refused.status, refused.error], [403, "insufficient_scope"]);
    assert.match(refused.challenge.error_description, /people:write/);
    const { events } = await op.json(`/admin/api/audit?operator=${encodeURIComponent(`app (${client.id})`)}`, { bearer: op.adminToken });
    assert.deepEqual([...new Set(events.map(({ event }) => event))].sort(), ["group_created", "operator_refused"]);
  });

  test("asks for less, and then may do less", async () => {
    const client = await program("people:read groups:write");
    const bearer = await tokenOf(client, { scope: "groups:write" });
    assert.equal((await call(USERS, bearer)).status, 403);
    assert.equal((await call("/admin/api/groups", bearer)).status, 200);
  });

  test("names whatever it found of the API as the resource, and gets a token for all of it", async () => {
    const client = await program("people:read");
    const metadata = await (await op.fetch("/.well-known/oauth-protected-resource/admin/api/users")).json();
    assert.deepEqual(metadata.authorization_servers, [op.issuer]);
    assert.ok(metadata.scopes_supported.includes("people:read") && !metadata.scopes_supported.includes("api_keys:write"));
    const bearer = await tokenOf(client, { resource: metadata.resource });
    assert.equal((await call(USERS, bearer)).status, 200);
    const listed = (await (await op.fetch("/.well-known/openid-configuration")).json()).protected_resources;
    assert.ok(listed.includes(API), listed.join());
  });

  test("does nothing with a token for something else, or one that is revoked, or once it lost the scope or is gone", async () => {
    const client = await program("people:read");
    const own = await (await client.credentials()).json();
    assert.equal((await call(USERS, own.access_token)).status, 401);
    const revoked = await tokenOf(client);
    assert.equal((await client.revoke(revoked)).status, 200);
    assert.equal((await call(USERS, revoked)).status, 401);
    const bearer = await tokenOf(client);
    const patch = { method: "PATCH", bearer: op.adminToken, json: { scope: "groups:read" } };
    await op.json(`/register/${client.id}`, patch);
    assert.equal((await call(USERS, bearer)).status, 403);
    assert.equal((await op.fetch(`/register/${client.id}`, { method: "DELETE", bearer: op.adminToken })).status, 204);
    assert.equal((await call(USERS, bearer)).status, 401);
    for (const wrong of [`${bearer.slice(0, -4)}AAAA`, bearer.split(".").slice(0, 2).join("."), `${bearer}.x`]) {
      assert.equal((await call(USERS, wrong)).status, 401);
    }
  });

  test("does nothing with a token that another API gets, too", async () => {
    const client = await program("people:read files:read");
    const both = await tokenOf(client, { resource: [API, FILES] });
    assert.equal((await call(USERS, both)).status, 401);
    assert.equal((await call(USERS, await tokenOf(client, { resource: [API, `${API}/users`] }))).status, 200);
  });

  test("gets no token by exchange", async () => {
    const rule = { token_exchange: { from: [FILES], to: [API] } };
    const grants = ["client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange"];
    const api = await op.serviceClient({ scope: "people:read files:read", grant_types: grants, ...rule });
    const app = await op.client({ scope: "openid files:read" });
    const who = await operator(op, "owner");
    const page = await who.browser.authorize(app, { scope: "openid files:read", resource: FILES });
    const { access_token: subject_token } = await app.tokens(grantOf(page.asksForConsent ? await who.browser.approve(page) : page));
    const exchanged = await api.post("/token", {
      grant_type: grants[1],
      subject_token,
      subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
      resource: API,
    });
    const { error, error_description } = await exchanged.json();
    assert.deepEqual([exchanged.status, error], [400, "invalid_target"], error_description);
    assert.match(error_description, /admin API/);
  });

  test("never makes API keys, and no app comes to do so by a scope of that name", async () => {
    const bearer = await tokenOf(await program("api_keys:read api_keys:write"));
    assert.equal((await call("/admin/api/api_keys", bearer)).status, 200);
    assert.equal((await call("/admin/api/api_keys", bearer, { json: { name: "Mine", scopes: ["people:read"] } })).status, 403);
  });

  test("with a token that is bound to a key, calls once with each proof, also where the operator is looked at twice", async () => {
    const client = await program("operators:write operators:read", { dpop_bound_access_tokens: true });
    const key = await DpopKey.generate(op);
    const answer = await client.credentials({ resource: API }, { headers: await key.posting() });
    const { access_token: token } = await answer.json();
    const person = await op.person();
    const path = `/admin/api/operators/${person.id}`;
    const headers = await key.presenting(token, { method: "PUT", path });
    const send = () => op.fetch(path, { method: "PUT", json: { roles: ["auditor"] }, headers });
    assert.equal((await send()).status, 403, "it gives no role that may do more than it");
    const used = await send();
    assert.deepEqual([used.status, /invalid_dpop_proof/.test(used.headers.get("www-authenticate"))], [401, true]);
    assert.equal((await call(path, token, { method: "DELETE" })).status, 401, "a bearer has no key");
  });
});

describe("an app for a person", () => {
  test("does what the person may do, the app is for, and the token has; the audit names both", async () => {
    const { client, who, tokens } = await acting(["people"], "people:write audit:read keys:read");
    const other = await op.person();
    const locked = await call(`${USERS}/${other.id}`, tokens.access_token, { method: "PATCH", json: { disabled: true } });
    assert.equal(locked.status, 200, locked.body);
    const [event] = (await op.json(`/admin/api/audit?user=${other.id}`, { bearer: op.adminToken })).events;
    assert.deepEqual([event.operator, event.operator_user_id], [`app (${client.id})`, who.person.id]);
    assert.equal((await call("/admin/api/audit", tokens.access_token)).status, 200);
    assert.equal((await call("/admin/api/keys", tokens.access_token)).status, 403, "the role people reads no keys");
    assert.equal((await call("/admin/api/groups", tokens.access_token)).status, 403, "nor does the token have groups");
    const owner = await op.person();
    assert.equal(await grant(op, owner, ["owner"]), 204);
    assert.equal((await call(`${USERS}/${owner.id}`, tokens.access_token, { method: "PATCH", json: { disabled: true } })).status, 403);
  });

  test("changes no operator, whatever they may do, nor the one for whom it acts: a set-up link would outlive its token", async () => {
    const { who, tokens } = await acting(["people"], "people:write");
    const [peer, other] = [await op.person(), await op.person()];
    assert.equal(await grant(op, peer, ["people"]), 204);
    const link = (id) => call(`${USERS}/${id}/setup_link`, tokens.access_token, { method: "POST" });
    assert.equal((await link(other.id)).status, 201, "somebody who is no operator");
    for (const { id } of [who.person, peer]) {
      const refused = await link(id);
      assert.deepEqual([refused.status, refused.error], [403, "insufficient_scope"]);
      assert.match(refused.challenge.error_description, /an operator, whose account no app changes/);
      assert.equal((await call(`${USERS}/${id}`, tokens.access_token, { method: "PATCH", json: { disabled: true } })).status, 403);
    }
  });

  test("ends all that somebody has (Global Token Revocation), but not of an owner, and not with a sign-in that is too old", async () => {
    const { client, who, tokens } = await acting(["people"], "people:write");
    const [ada, owner] = [await op.person(), await op.person()];
    assert.equal(await grant(op, owner, ["owner"]), 204);
    const path = "/admin/api/global_token_revocation";
    const end = ({ id }, bearer = tokens.access_token) => call(path, bearer, { json: { sub_id: { format: "opaque", id } } });
    assert.equal((await end(ada)).status, 204);
    const [event] = (await op.json(`/admin/api/audit?user=${ada.id}&event=session_ended`, { bearer: op.adminToken })).events;
    assert.deepEqual([event.operator, event.operator_user_id], [`app (${client.id})`, who.person.id]);
    const refused = await end(owner);
    assert.deepEqual([refused.status, refused.error], [403, "insufficient_scope"]);
    op.clock.advance({ minutes: 11 });
    const late = (await client.refreshed(tokens.refresh_token, { resource: API })).access_token;
    const { status, error } = await end(ada, late);
    assert.deepEqual([status, error], [401, "insufficient_user_authentication"]);
  });

  test("whose sign-in is too old for a change is challenged, reads on, and comes back with a new one", async () => {
    const { client, who, tokens } = await acting(["people"], "people:write");
    const other = await op.person();
    const change = (bearer) => call(`${USERS}/${other.id}`, bearer, { method: "PATCH", json: { name: "Else" } });
    op.clock.advance({ minutes: 11 });
    const late = (await client.refreshed(tokens.refresh_token, { resource: API })).access_token;
    assert.equal((await call(USERS, late)).status, 200);
    const { status, challenge } = await change(late);
    const { error, acr_values, max_age, resource_metadata } = challenge;
    assert.deepEqual([status, error, acr_values, max_age], [401, "insufficient_user_authentication", "mfa", "600"]);
    assert.equal(resource_metadata, `${op.issuer}/.well-known/oauth-protected-resource${USERS}/${other.id}`);
    const operations = [{ method: "PATCH", path: `${USERS}/${other.id}`, body: { name: "Else" } }];
    const inBulk = (bearer) => call("/admin/api/bulk", bearer, { method: "POST", json: { operations } });
    assert.equal((await inBulk(late)).error, "insufficient_user_authentication");
    const page = await who.browser.authorize(client, { scope: "openid people:write", resource: API, acr_values, max_age });
    const second = await who.browser.signIn(page, who.person);
    const back = await who.browser.submit(second, "code", { code: who.app.nextCode() });
    back.request = page.request;
    const again = await client.tokens(grantOf(back.asksForConsent ? await who.browser.approve(back) : back));
    assert.equal((await change(again.access_token)).status, 200);
    assert.equal((await inBulk(again.access_token)).status, 200);
    op.clock.advance({ hours: 13 });
    const tomorrow = (await client.refreshed(again.refresh_token, { resource: API })).access_token;
    const read = await call(USERS, tomorrow);
    assert.deepEqual([read.status, read.error, read.challenge.max_age], [401, "insufficient_user_authentication", "43200"]);
  });

  test("who signed in with a password alone is challenged even to read, and who has no role gets nowhere", async () => {
    const client = await op.client({ scope: "openid people:read" });
    const [weak, nobody] = [await op.person(), await op.person()];
    assert.equal(await grant(op, weak, ["read_only"]), 204);
    for (const [person, status, error] of [
      [weak, 401, "insufficient_user_authentication"],
      [nobody, 403, "insufficient_scope"],
    ]) {
      const tokens = await client.tokens(await op.browser().obtain(client, person, { scope: "openid people:read", resource: API }));
      const answer = await call(USERS, tokens.access_token);
      assert.deepEqual([answer.status, answer.error], [status, error]);
    }
  });

  test("may do nothing any more once the person has no role, or takes the app's access back", async () => {
    const { who, tokens, client } = await acting(["read_only"], "people:read");
    assert.equal((await call(USERS, tokens.access_token)).status, 200);
    assert.equal((await op.admin(`/admin/api/operators/${who.person.id}`, { method: "DELETE" })).status, 204);
    assert.equal((await call(USERS, tokens.access_token)).status, 403);
    assert.equal(await grant(op, who.person, ["read_only"]), 204);
    assert.equal((await op.admin(`${USERS}/${who.person.id}/grants/${client.id}`, { method: "DELETE" })).status, 204);
    assert.equal((await call(USERS, tokens.access_token)).status, 401);
  });

  test("is told to people in words before they allow it", async () => {
    const client = await op.client({ scope: "openid people:write" });
    const who = await operator(op, "people");
    const page = await who.browser.authorize(client, { scope: "openid people:write", resource: API });
    assert.ok(page.asksForConsent && page.text.includes("Change and delete everybody's account"), page.text);
    assert.ok(page.text.includes(`Administration of ${op.issuer}`), page.text);
  });
});

describe("nobody is given more than they have", () => {
  const keyOf = async (...scopes) => (await op.json("/admin/api/api_keys", { bearer: op.adminToken, json: { name: `Key ${scopes.length}`, scopes } })).key;
  const members = (scope) => ({ client_name: "X", redirect_uris: [], grant_types: ["client_credentials"], response_types: [], scope });

  test("a key with apps:write makes no app that may do more than it, changes none, and gives none a secret", async () => {
    const [key, maker] = [await keyOf("apps:write", "groups:read"), await keyOf("apps:write", "groups:read", "api_keys:write")];
    for (const [by, scope, lacks] of [
      [key, "people:read", "people:read"],
      [maker, "people:read", "people:read"],
      [key, "groups:read", "api_keys:write"],
    ]) {
      const registered = await call("/register", by, { json: members(scope) });
      assert.deepEqual([registered.status, registered.error], [403, "insufficient_scope"]);
      assert.ok(registered.challenge.error_description.endsWith(lacks), registered.challenge.error_description);
    }
    assert.equal((await call("/register", maker, { json: members("groups:read apps:write") })).status, 201);
    const privileged = await program("people:write");
    const path = `/register/${privileged.id}`;
    for (const [method, at, json] of [
      ["PATCH", path, { client_name: "Mine" }],
      ["PATCH", path, { scope: "groups:read" }],
      ["POST", `${path}/renew_secret`, {}],
      ["DELETE", path],
    ]) {
      for (const by of [key, maker]) assert.equal((await call(at, by, { method, json })).status, 403, `${method} ${at}`);
    }
    assert.equal((await call(path, key)).status, 200);
    const plain = await program("x");
    assert.equal((await call(`/register/${plain.id}`, key, { method: "PATCH", json: { scope: "people:read" } })).status, 403);
    assert.equal((await call(`/register/${plain.id}`, maker, { method: "PATCH", json: { scope: "groups:read" } })).status, 200);
  });

  test("an app with dcr_admin gives no app a scope of the admin API", async () => {
    const registrar = await program("dcr_admin");
    const { access_token: bearer } = await (await registrar.credentials()).json();
    assert.equal((await call("/register", bearer, { json: members("x") })).status, 201);
    assert.equal((await call("/register", bearer, { json: members("people:read") })).status, 403);
    const privileged = await program("people:read");
    assert.equal((await call(`/register/${privileged.id}/renew_secret`, bearer, { method: "POST" })).status, 403);
  });

  test("an app that may register apps does so at /register, and gives none a scope that it has itself: that would outlive its token", async () => {
    const bearer = await tokenOf(await program("apps:write people:read"));
    assert.equal((await call("/register", bearer, { json: members("x") })).status, 201);
    assert.equal((await call("/register", bearer, { json: members("people:read") })).status, 403);
  });

  test("a scope from when it meant nothing here does not count until somebody gives it anew, and then with a new secret", async () => {
    const at = await startLimen({ vars: { REGISTRATION: "token" } });
    const client = await at.serviceClient({ scope: "people:read" });
    await at.redeploy({ ADMIN_ACCESS_TOKENS: "on" });
    const resource = `${at.issuer}/admin/api`;
    const bearer = (await (await client.credentials({ resource })).json()).access_token;
    assert.equal((await at.fetch(USERS, { bearer })).status, 403);
    const given = await at.json(`/register/${client.id}`, { method: "PATCH", bearer: at.adminToken, json: { scope: "people:read" } });
    assert.equal((await at.fetch(USERS, { bearer })).status, 200);
    assert.ok(given.client_secret && given.client_secret !== client.secret);
    assert.equal((await client.credentials({ resource })).status, 401, "whoever registered it may have kept the secret");
    await at.redeploy({ ADMIN_ACCESS_TOKENS: "off" });
    const narrow = (await at.json("/admin/api/api_keys", { bearer: at.adminToken, json: { name: "Narrow", scopes: ["apps:write"] } })).key;
    const renew = () => at.fetch(`/register/${client.id}/renew_secret`, { method: "POST", bearer: narrow });
    assert.equal((await renew()).status, 403, "it would have the secret once the API takes tokens again");
  });

  test("an app that registered itself never gets a scope of the admin API, however it asks", async () => {
    const resource = `${open.issuer}/admin/api`;
    for (const scope of [undefined, "openid people:read"]) {
      const registered = await open.json("/register", { json: { client_name: "Stranger", redirect_uris: ["https://app.acme.test/callback"], token_endpoint_auth_method: "none", ...(scope && { scope }) } });
      assert.doesNotMatch(registered.scope ?? "", /people/);
      const client = new Client(open, registered);
      const who = await operator(open, "owner");
      const page = await who.browser.authorize(client, { scope: "openid people:read", resource });
      const back = page.asksForConsent ? await who.browser.approve(page) : page;
      const { access_token: bearer, scope: got } = await client.tokens(grantOf(back), { resource });
      assert.doesNotMatch(got ?? "", /people/);
      assert.equal((await open.fetch(USERS, { bearer })).status, 403);
    }
  });
});

describe("switched off, as it is unless the operator says so", () => {
  test("the API is no resource, and no token opens it", async () => {
    const resource = `${off.issuer}/admin/api`;
    const client = await off.serviceClient({ scope: "people:read" });
    const refused = await client.credentials({ resource });
    const { error, error_description } = await refused.json();
    assert.deepEqual([refused.status, error], [400, "invalid_target"]);
    assert.match(error_description, /ADMIN_ACCESS_TOKENS/);
    const { access_token: bearer } = await (await client.credentials()).json();
    assert.equal((await off.fetch(USERS, { bearer })).status, 401);
    const metadata = await (await off.fetch("/.well-known/oauth-protected-resource/admin/api")).json();
    assert.equal(metadata.authorization_servers, undefined);
  });
});
