// What apps are told of groups and roles, and who may use an app.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { grantOf } from "../support/browser.mjs";
import { startLimen } from "../support/limen.mjs";
import { Client } from "../support/client.mjs";
import { claimsOf, verified } from "../support/jwt.mjs";
import { groupOf, idToken, roles, userinfo } from "./support.mjs";

const op = await startLimen({ vars: { FRONT_CHANNEL_TOKENS: "on" } });
const openly = await startLimen({ vars: { REGISTRATION: "open" } });
const scope = "openid profile groups";

/** Tokens of a person at a client. */
const tokensOf = async (client, person, params = { scope }) => client.tokens(await op.browser().obtain(client, person, params));

const patch = (client, json) => op.admin(`/register/${client.id}`, { method: "PATCH", json });

describe("groups", () => {
  test("are in the ID token and at UserInfo of who asks by the scope, sorted, and nobody else's", async () => {
    const [client, ada, grace] = [await op.client(), await op.person(), await op.person()];
    await groupOf(op, [ada], "Zoo keepers");
    await groupOf(op, [ada, grace], "Ark builders");
    const tokens = await tokensOf(client, ada);
    assert.deepEqual(idToken(tokens).groups, ["Ark builders", "Zoo keepers"]);
    assert.deepEqual((await userinfo(op, tokens)).groups, ["Ark builders", "Zoo keepers"]);
    const others = await tokensOf(client, grace);
    assert.deepEqual(idToken(others).groups, ["Ark builders"]);
  });

  test("are told as an empty list to who is in none, and not at all to who does not ask", async () => {
    const [client, ada] = [await op.client(), await op.person()];
    assert.deepEqual(idToken(await tokensOf(client, ada)).groups, []);
    const silent = await tokensOf(client, ada, {});
    assert.ok(!("groups" in idToken(silent)) && !("groups" in (await userinfo(op, silent))));
  });

  test("need the person's consent, which names them", async () => {
    const [client, ada, browser] = [await op.client(), await op.person(), op.browser()];
    await browser.obtain(client, ada);
    const page = await browser.authorize(client, { scope });
    assert.ok(page.asksForConsent && /your groups/i.test(page.text), page.text);
    const silent = await browser.authorize(client, { scope, prompt: "none" });
    assert.equal(silent.callback.get("error"), "consent_required");
    const byClaims = await browser.authorize(client, { claims: JSON.stringify({ id_token: { groups: null } }), prompt: "none" });
    assert.equal(byClaims.callback.get("error"), "consent_required");
  });

  test("are not told any more, by tokens that are out either, once the operator takes the scope away", async () => {
    const ada = await op.person();
    const group = await groupOf(op, [ada]);
    const claims = JSON.stringify({ userinfo: { groups: null } });
    for (const asked of [{ scope }, { scope: "openid", claims }]) {
      const client = await op.client({ scope: "openid profile groups", access_token_claims: true });
      const tokens = await tokensOf(client, ada, asked);
      assert.deepEqual((await userinfo(op, tokens)).groups, [group.name]);
      await patch(client, { scope: "openid profile" });
      assert.ok(!("groups" in (await userinfo(op, tokens))));
      const next = await client.refreshed(tokens.refresh_token);
      assert.ok(!("groups" in idToken(next)) && !("groups" in claimsOf(next.access_token)) && !("groups" in (await userinfo(op, next))));
    }
  });

  test("are not told where an API has a scope of that name, which keeps its meaning", async () => {
    const api = "https://files.acme.test";
    const RESOURCES = JSON.stringify({ [api]: { name: "Files", scopes: { groups: "See your shared folders" } } });
    const one = await startLimen({ vars: { RESOURCES, REGISTRATION: "open" } });
    const ada = await one.person();
    await groupOf(one, [ada]);
    const discovery = await one.json("/.well-known/openid-configuration");
    assert.ok(!discovery.scopes_supported.includes("groups") && !discovery.claims_supported.includes("groups"));
    const json = { redirect_uris: ["https://own.acme.test/cb"], token_endpoint_auth_method: "client_secret_basic", scope };
    const own = new Client(one, await one.json("/register", { json }));
    assert.ok(!own.registered.scope.split(" ").includes("groups"));
    for (const client of [own, await one.client(), await one.client({ scope })]) {
      const browser = one.browser();
      const page = await browser.signIn(await browser.authorize(client, { scope: "openid groups", resource: api }), ada);
      assert.match(page.text, /See your shared folders/);
      assert.ok(!/your groups/i.test(page.text), page.text);
      const tokens = await client.tokens(grantOf(await browser.complete(page, ada)));
      assert.ok(tokens.scope.split(" ").includes("groups"), tokens.scope);
      assert.ok(!("groups" in claimsOf(tokens.id_token)));
      const plain = await client.tokens(await one.browser().obtain(client, ada, { claims: JSON.stringify({ userinfo: { groups: null } }) }));
      assert.ok(!("groups" in (await userinfo(one, plain))));
    }
    const service = await one.serviceClient({ scope: "groups" });
    assert.equal((await (await service.credentials({ resource: api })).json()).scope, "groups");
  });

  test("can be asked for by the claims parameter, in the ID token alone", async () => {
    const [client, ada] = [await op.client({ id_token_claims: false }), await op.person()];
    const group = await groupOf(op, [ada]);
    const tokens = await tokensOf(client, ada, { claims: JSON.stringify({ id_token: { groups: null } }) });
    assert.deepEqual(idToken(tokens).groups, [group.name]);
    assert.ok(!("groups" in (await userinfo(op, tokens))));
  });

  test("count from the next token on: moved, renamed and deleted ones", async () => {
    const [client, ada] = [await op.client(), await op.person()];
    const [from, to] = [await groupOf(op, [ada], "Moved from"), await groupOf(op, [], "Moved to")];
    const first = await tokensOf(client, ada);
    assert.deepEqual(idToken(first).groups, ["Moved from"]);
    await op.admin(`/admin/api/users/${ada.id}/groups`, { json: { add: [to.id], remove: [from.id] } });
    assert.deepEqual((await userinfo(op, first)).groups, ["Moved to"]);
    const second = await client.refreshed(first.refresh_token);
    assert.deepEqual(idToken(second).groups, ["Moved to"]);
    await op.admin(`/admin/api/groups/${to.id}`, { method: "PATCH", json: { name: "Renamed" } });
    const third = await client.refreshed(second.refresh_token);
    assert.deepEqual(idToken(third).groups, ["Renamed"]);
    await op.admin(`/admin/api/groups/${to.id}`, { method: "DELETE" });
    assert.deepEqual(idToken(await client.refreshed(third.refresh_token)).groups, []);
  });

  test("are ids, or stand elsewhere, where the operator wants that", async () => {
    const ada = await op.person();
    const group = await groupOf(op, [ada]);
    const ids = await op.client({ groups_format: "ids" });
    assert.deepEqual(idToken(await tokensOf(ids, ada)).groups, [group.id]);
    const elsewhere = await op.client({ groups_claim: "https://acme.test/groups" });
    const told = idToken(await tokensOf(elsewhere, ada));
    assert.deepEqual(told["https://acme.test/groups"], [group.name]);
    assert.ok(!("groups" in told));
  });

  test("of a refresh for less are not told", async () => {
    const [client, ada] = [await op.client(), await op.person()];
    await groupOf(op, [ada]);
    const tokens = await tokensOf(client, ada);
    const less = await client.refreshed(tokens.refresh_token, { scope: "openid" });
    assert.ok(!("groups" in idToken(less)) && !("groups" in (await userinfo(op, less))));
  });

  test("that are many stay out of the ID token and are all at UserInfo", async () => {
    const [client, ada] = [await op.client(), await op.person()];
    const numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)";
    await op.rows(`INSERT INTO groups (id, name, name_folded, created_at, updated_at) ${numbers} SELECT 'l-' || i, 'Large ' || i, 'large ' || i, 0, 0 FROM n`);
    await op.rows("INSERT INTO group_members (user_id, group_id) SELECT ?, id FROM groups WHERE id LIKE 'l-%'", ada.id);
    const tokens = await tokensOf(client, ada);
    assert.ok(!("groups" in idToken(tokens)));
    assert.equal((await userinfo(op, tokens)).groups.length, 1_000);
    await op.rows("DELETE FROM group_members WHERE user_id = ? AND group_id > 'l-20'", ada.id);
    assert.ok(idToken(await client.refreshed(tokens.refresh_token)).groups.length > 100);
  });

  test("are told by the authorization endpoint, too", async () => {
    const client = await op.client({ grant_types: ["implicit", "authorization_code"], response_types: ["id_token", "code id_token", "id_token token"] });
    const [ada, browser] = [await op.person(), op.browser()];
    const group = await groupOf(op, [ada]);
    await roles(op, client, { add: [{ role: "editor", user: ada.id }] });
    await patch(client, { roles_claim: "roles", access_token_claims: true });
    const first = await browser.complete(await browser.authorize(client, { scope, response_type: "id_token" }), ada);
    const again = await browser.authorize(client, { scope, response_type: "id_token" });
    for (const { callback } of [first, again]) {
      const claims = claimsOf(callback.get("id_token"));
      assert.deepEqual([claims.groups, claims.roles], [[group.name], ["editor"]]);
    }
    const { callback } = await browser.authorize(client, { scope, response_type: "id_token token" });
    const access = claimsOf(callback.get("access_token"));
    assert.deepEqual([access.groups, access.roles], [[group.name], ["editor"]]);
    const claims = JSON.stringify({ id_token: { groups: null } });
    const asked = await browser.authorize(client, { scope, claims, response_type: "code id_token" });
    assert.deepEqual(claimsOf(asked.callback.get("id_token")).groups, [group.name]);
  });
});

describe("an app that registered itself", () => {
  const json = { redirect_uris: ["https://own.acme.test/cb"], token_endpoint_auth_method: "client_secret_basic" };
  const register = (more = {}) => openly.json("/register", { json: { ...json, ...more } });

  test("is told nothing of groups, however it asks", async () => {
    const ada = await openly.person();
    await groupOf(openly, [ada]);
    for (const more of [{}, { scope: "openid groups" }, { scope: "groups openid profile", id_token_claims: true }]) {
      const registered = await register(more);
      assert.ok(!(registered.scope ?? "").split(" ").includes("groups"), registered.scope);
      const client = new Client(openly, registered);
      const claims = JSON.stringify({ id_token: { groups: null }, userinfo: { groups: { essential: true } } });
      const grant = await openly.browser().obtain(client, ada, { scope: "openid groups", claims });
      const tokens = await client.tokens(grant);
      assert.equal(tokens.scope, "openid");
      assert.ok(!("groups" in claimsOf(tokens.id_token)));
      assert.ok(!("groups" in (await openly.json("/userinfo", { bearer: tokens.access_token }))));
      const changed = await openly.fetch(registered.registration_client_uri, { method: "PATCH", json: { scope: "openid groups" }, bearer: registered.registration_access_token });
      assert.equal(changed.status, 400);
    }
  });

  test("decides nothing of what is the operator's: at its registration, by PUT and by PATCH", async () => {
    const group = await groupOf(openly);
    const wishes = { allowed_groups: [group.id], groups_claim: "x", groups_format: "ids", roles_claim: "roles", roles_format: "text", access_token_claims: true };
    let registered = await register(wishes);
    for (const name of Object.keys(wishes)) assert.ok(!(name in registered), name);
    const change = async (method, body) => {
      const answer = await openly.json(registered.registration_client_uri, { method, json: body, bearer: registered.registration_access_token });
      registered = { ...registered, ...answer };
      return answer;
    };
    for (const answer of [await change("PATCH", wishes), await change("PUT", { ...json, client_id: registered.client_id, ...wishes })]) {
      for (const name of Object.keys(wishes)) assert.ok(!(name in answer), name);
    }
    // And it takes nothing away.
    await openly.admin(`/register/${registered.client_id}`, { method: "PATCH", json: { allowed_groups: [group.id], roles_claim: "roles" } });
    const { registration_access_token: bearer } = await (await openly.admin(`/register/${registered.client_id}`, { method: "PATCH", json: {} })).json();
    registered.registration_access_token = bearer;
    const kept = await change("PATCH", { allowed_groups: null, roles_claim: null });
    assert.deepEqual([kept.allowed_groups, kept.roles_claim], [[group.id], "roles"]);
    const replaced = await change("PUT", { ...json, client_id: registered.client_id });
    assert.deepEqual([replaced.allowed_groups, replaced.roles_claim], [[group.id], "roles"]);
  });
});

describe("roles", () => {
  test("of a person and of their groups are told together, each once, where the app needs them", async () => {
    const [client, other, ada] = [await op.client({ roles_claim: "roles" }), await op.client({ roles_claim: "roles" }), await op.person()];
    const group = await groupOf(op, [ada]);
    const away = await groupOf(op);
    await roles(op, client, {
      add: [
        { role: "viewer", group: group.id },
        { role: "editor", group: group.id },
        { role: "editor", user: ada.id },
        { role: "admin", group: away.id },
      ],
    });
    await roles(op, other, { add: [{ role: "owner", user: ada.id }] });
    const tokens = await tokensOf(client, ada, { scope: "openid" });
    assert.deepEqual(idToken(tokens).roles, ["editor", "viewer"]);
    assert.deepEqual((await userinfo(op, tokens)).roles, ["editor", "viewer"]);
    assert.ok(!("roles" in claimsOf(tokens.access_token)));
    await roles(op, client, { remove: [{ role: "editor", group: group.id }, { role: "editor", user: ada.id }] });
    assert.deepEqual(idToken(await client.refreshed(tokens.refresh_token)).roles, ["viewer"]);
  });

  const SHAPES = {
    "a list at `groups`": [{ roles_claim: "groups" }, { groups: ["admin", "viewer"] }],
    "a nested list": [{ roles_claim: ["resource_access", "acme.app", "roles"] }, { resource_access: { "acme.app": { roles: ["admin", "viewer"] } } }],
    "a URL": [{ roles_claim: "https://acme.test/roles" }, { "https://acme.test/roles": ["admin", "viewer"] }],
    "a text": [{ roles_claim: "role", roles_format: "text" }, { role: "admin viewer" }],
  };
  for (const [what, [metadata, expected]] of Object.entries(SHAPES)) {
    test(`are ${what}, if the app needs that`, async () => {
      const [client, ada] = [await op.client(metadata), await op.person()];
      await groupOf(op, [ada]);
      await roles(op, client, { add: [{ role: "viewer", user: ada.id }, { role: "admin", user: ada.id }] });
      const tokens = await tokensOf(client, ada);
      for (const told of [idToken(tokens), await userinfo(op, tokens)]) {
        for (const [name, value] of Object.entries(expected)) assert.deepEqual(told[name], value);
      }
      for (const [name, value] of Object.entries(metadata)) assert.deepEqual(client.registered[name], value);
    });
  }

  test("in a text have no blanks, whichever comes first", async () => {
    const [client, ada] = [await op.client({ roles_claim: "role" }), await op.person()];
    const give = (role, one = client) => op.admin(`/admin/api/clients/${one.id}/roles`, { json: { add: [{ role, user: ada.id }] } });
    assert.equal((await give("Server Admin")).status, 204);
    const refused = await patch(client, { roles_format: "text" });
    assert.equal(refused.status, 400);
    assert.match((await refused.json()).error_description, /^roles_format/);
    await roles(op, client, { remove: [{ role: "Server Admin", user: ada.id }] });
    assert.equal((await patch(client, { roles_format: "text" })).status, 200);
    assert.equal((await give("Server Admin")).status, 400);
    assert.equal((await give("Admin")).status, 204);
    assert.equal((await patch(client, { client_name: "Acme" })).status, 200);
  });

  test("are in access tokens and introspection where the operator wants that", async () => {
    const [client, ada] = [await op.client({ roles_claim: ["realm_access", "roles"], access_token_claims: true }), await op.person()];
    const group = await groupOf(op, [ada]);
    await roles(op, client, { add: [{ role: "admin", group: group.id }] });
    const tokens = await tokensOf(client, ada);
    const access = await verified(op, tokens.access_token);
    assert.deepEqual([access.groups, access.realm_access], [[group.name], { roles: ["admin"] }]);
    const told = await client.introspect(tokens.access_token);
    assert.deepEqual([told.active, told.groups, told.realm_access], [true, [group.name], { roles: ["admin"] }]);
    assert.ok(!("family" in told), "and nothing else of Limen's own");
    const plain = await client.introspect((await tokensOf(client, ada, { scope: "openid" })).access_token);
    assert.ok(!("groups" in plain));
  });

  test("are told at UserInfo at once when the app comes to be told of them", async () => {
    const [client, ada] = [await op.client(), await op.person()];
    const tokens = await tokensOf(client, ada, { scope: "openid" });
    await roles(op, client, { add: [{ role: "admin", user: ada.id }] });
    assert.ok(!("roles" in (await userinfo(op, tokens))));
    await patch(client, { roles_claim: "roles" });
    assert.deepEqual((await userinfo(op, tokens)).roles, ["admin"]);
  });

  for (const name of ["sub", "iss", "aud", "email", "email_verified", "preferred_username", "scope", "family", "cnf", "active", "_claim_names"]) {
    test(`and groups never stand at ${name}`, async () => {
      for (const metadata of [{ roles_claim: name }, { groups_claim: name }, { roles_claim: [name, "roles"] }]) {
        const response = await op.admin("/register", { json: { redirect_uris: ["https://a.acme.test/cb"], ...metadata } });
        assert.equal(response.status, 400);
        assert.match((await response.json()).error_description, /^(roles|groups)_claim (must be|has \S+, which is reserved)/);
      }
    });
  }

  test("are listed in pages, go with what has them, and are the operator's alone to give", async () => {
    const [client, ada] = [await op.client(), await op.person()];
    const group = await groupOf(op, [ada]);
    const path = `/admin/api/clients/${client.id}/roles`;
    await roles(op, client, { add: [{ role: "a", group: group.id }, { role: "b", user: ada.id }, { role: "b", user: ada.id }] });
    const first = await op.json(`${path}?limit=1`, { bearer: op.adminToken });
    assert.deepEqual(first.roles, [{ role: "a", group: group.id, name: group.name }]);
    const second = await op.json(`${path}?after=${first.next}`, { bearer: op.adminToken });
    assert.deepEqual(second, { roles: [{ role: "b", user: ada.id, name: ada.username }], next: null });
    const { key } = await op.json("/admin/api/api_keys", { json: { name: "Groups", scopes: ["groups:read"] }, bearer: op.adminToken });
    const seen = await op.json(path, { bearer: key });
    assert.deepEqual(seen.roles, [first.roles[0], { role: "b", user: ada.id }], "usernames are of people");
    const [given] = await op.rows("SELECT user_id, client_id FROM audit WHERE event = 'role_given' AND user_id = ?", ada.id);
    assert.equal(given.client_id, client.id);
    for (const bearer of [undefined, client.registered.registration_access_token]) {
      assert.equal((await op.fetch(path, { json: { add: [{ role: "x", user: ada.id }] }, bearer })).status, 401);
    }
    const wrong = await op.admin(path, { json: { add: [{ role: "x", group: "nothing" }, { role: "y", user: ada.id }] } });
    assert.equal(wrong.status, 404);
    await op.admin(`/admin/api/groups/${group.id}`, { method: "DELETE" });
    const left = await op.json(path, { bearer: op.adminToken });
    assert.deepEqual(left.roles.map(({ role }) => role), ["b"]);
    await client.unregister();
    assert.deepEqual(await op.rows("SELECT * FROM app_roles WHERE client_id = ?", client.id), []);
  });
});

test("a copy of one's data has one's roles", async () => {
  const [client, ada] = [await op.client(), await op.person()];
  await roles(op, client, { add: [{ role: "admin", user: ada.id }] });
  const browser = op.browser();
  await browser.signIn(await browser.open("/account"), ada);
  const copy = await (await browser.fetch("/account/data/download")).json();
  assert.deepEqual(copy.roles, [{ client_id: client.id, role: "admin" }]);
});
