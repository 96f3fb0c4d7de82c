// Several secrets of one app: each works, none is shown twice, and one without an end always stays.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { asserted, assertion, secretKey } from "../support/assertion.mjs";
import { basic } from "../support/client.mjs";
import { freshRoot, startLimen } from "../support/limen.mjs";
import { beside, requestClaims, signedObject } from "../support/request-object.mjs";

const op = await startLimen();
const FORM = { grant_type: "client_credentials" };
const at = (client, id) => `/admin/api/clients/${client.id}/secrets${id ? `/${id}` : ""}`;
const send = (client, json, { by = op.adminToken, of = op } = {}) => of.fetch(at(client), { bearer: by, json });
const remove = (client, id, of = op) => of.fetch(at(client, id), { method: "DELETE", bearer: of.adminToken });
const audit = async (query) => (await op.json(`/admin/api/audit?${query}`, { bearer: op.adminToken })).events;

async function list(client, of = op) {
  return (await of.json(at(client), { bearer: of.adminToken })).secrets;
}

/** Adds a secret, which must succeed. */
async function add(client, json, of = op) {
  const response = await send(client, json, { of, by: of.adminToken });
  assert.equal(response.status, 201, await response.clone().text());
  return response.json();
}

/** What the token endpoint says to a secret. */
async function status(client, secret, of = op) {
  const headers = { authorization: basic(client.id, secret) };
  return (await of.fetch("/token", { form: FORM, headers })).status;
}

async function eventually(read) {
  for (let n = 0; n < 50; n++) {
    const found = await read();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail("it never came");
}

describe("each secret", () => {
  test("proves the app, is shown once, and is stored as a hash", async () => {
    const client = await op.serviceClient({ scope: "notes" });
    const { client_secret: second, ...rest } = await add(client, { name: "Data center 2" });
    assert.ok(second.length >= 64 && second !== client.secret);
    assert.deepEqual([rest.name, rest.expires_at, rest.last_used_at], ["Data center 2", null, null]);
    const listed = await list(client);
    assert.deepEqual(listed[1], rest);
    assert.deepEqual([listed.length, listed[0].name, typeof listed[0].created_at], [2, null, "number"]);
    for (const secret of [client.secret, second]) assert.equal(await status(client, secret), 200);
    assert.equal(await status(client, `${second}x`), 401);
    const stored = JSON.stringify([await op.rows("SELECT * FROM clients"), await op.rows("SELECT * FROM audit"), (await op.kv.list()).keys]);
    assert.ok(!stored.includes(second) && !op.logs.join("\n").includes(second));
    const [event] = await audit(`client=${client.id}&event=client_secret_added`);
    assert.deepEqual([event.actor, event.detail], ["operator", { name: "Data center 2", secret: rest.id }]);
    assert.equal((await op.json(`/register/${client.id}`, { bearer: op.adminToken })).client_secret, undefined);
  });

  test("works at every endpoint where an app proves itself, and for codes", async () => {
    const [client, ada] = [await op.client(), await op.person()];
    client.secret = (await add(client, { name: "Two" })).client_secret;
    const tokens = await client.tokens(await op.browser().obtain(client, ada));
    const next = await client.refreshed(tokens.refresh_token);
    assert.equal((await client.introspect(next.access_token)).active, true);
    assert.equal((await client.revoke(next.access_token)).status, 200);
    assert.equal((await client.post("/par", client.request().params)).status, 201);
  });

  test("of another app is none", async () => {
    const [one, other] = [await op.serviceClient({ scope: "notes" }), await op.serviceClient({ scope: "notes" })];
    const { client_secret: secret, id } = await add(one, { name: "Two" });
    assert.equal(await status(other, secret), 401);
    assert.equal((await remove(other, id)).status, 404);
    assert.equal(await status(one, secret), 200);
  });

  test("works until its end, and is then gone from the list", async () => {
    const own = await startLimen();
    const client = await own.serviceClient({ scope: "notes" });
    const { client_secret: secret, created_at, expires_at } = await add(client, { name: "Week", expires_in: 3_600 }, own);
    assert.equal(expires_at - created_at, 3_600);
    own.clock.advance({ minutes: 59 });
    assert.equal(await status(client, secret, own), 200);
    own.clock.advance({ minutes: 2 });
    assert.equal(await status(client, secret, own), 401);
    assert.equal(await status(client, client.secret, own), 200);
    assert.equal((await list(client, own)).length, 1);
  });

  test("is removed, and works no more", async () => {
    const client = await op.serviceClient({ scope: "notes" });
    const { client_secret: secret, id } = await add(client, { name: "Two" });
    assert.equal(await status(client, secret), 200);
    assert.equal((await remove(client, id)).status, 204);
    assert.equal(await status(client, secret), 401);
    assert.equal((await remove(client, id)).status, 404);
    assert.equal(await status(client, client.secret), 200);
    assert.equal((await audit(`client=${client.id}&event=client_secret_removed`)).length, 1);
  });

  test("says when it was last used, to the day", async () => {
    const own = await startLimen();
    const client = await own.serviceClient({ scope: "notes" });
    const { client_secret: secret, id } = await add(client, { name: "Two" }, own);
    const used = async () => (await list(client, own)).find((one) => one.id === id).last_used_at;
    await status(client, secret, own);
    const first = await eventually(used);
    assert.equal((await list(client, own))[0].last_used_at, null, "the other was not used");
    own.clock.advance({ hours: 23 });
    await status(client, secret, own);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(await used(), first, "once a day");
    own.clock.advance({ hours: 2 });
    await status(client, secret, own);
    assert.ok(await eventually(async () => (await used()) > first));
    const { version } = (await own.rows("SELECT version FROM clients WHERE id = ?", client.id))[0];
    assert.equal(version, 2, "a use is no change");
  });
});

describe("the secret of the registration", () => {
  test("is removed where another without an end takes its place, and never the last one", async () => {
    const client = await op.serviceClient({ scope: "notes" });
    const [main] = await list(client);
    const refused = await remove(client, main.id);
    assert.equal(refused.status, 409);
    assert.match((await refused.json()).error_description, /only secret of the client without an end/);
    const ending = await add(client, { name: "Ending", expires_in: 600 });
    assert.equal((await remove(client, main.id)).status, 409, "one that ends is not enough");
    const lasting = await add(client, { name: "Lasting" });
    assert.equal((await remove(client, main.id)).status, 204);
    assert.equal(await status(client, client.secret), 401);
    for (const { client_secret: secret } of [ending, lasting]) assert.equal(await status(client, secret), 200);
    assert.deepEqual((await list(client)).map(({ name }) => name), ["Lasting", "Ending"]);
    assert.equal((await remove(client, lasting.id)).status, 409);
  });

  test("is renewed with an overlap, and the others go on", async () => {
    const client = await op.serviceClient({ scope: "notes" });
    const { client_secret: second } = await add(client, { name: "Two" });
    const renew = (json) => op.json(`/register/${client.id}/renew_secret`, { method: "POST", bearer: op.adminToken, json });
    const { client_secret: renewed } = await renew({ overlap_seconds: 600 });
    for (const secret of [client.secret, renewed, second]) assert.equal(await status(client, secret), 200);
    const listed = await list(client);
    assert.deepEqual([listed.length, listed.filter(({ expires_at }) => expires_at).length], [3, 1]);
    const before = listed.find(({ expires_at }) => expires_at);
    assert.equal((await remove(client, before.id)).status, 204, "the one before ends early");
    assert.equal(await status(client, client.secret), 401);
    const { client_secret: last } = await renew({});
    assert.deepEqual([await status(client, renewed), await status(client, last), await status(client, second)], [401, 200, 200]);
    const { client_secret: only } = await renew({ end_others: true });
    assert.deepEqual([await status(client, second), await status(client, last), await status(client, only)], [401, 401, 200]);
    assert.equal((await list(client)).length, 1);
    const odd = await op.admin(`/register/${client.id}/renew_secret`, { method: "POST", json: { end_others: "yes" } });
    assert.deepEqual([odd.status, (await odd.json()).error_description], [400, "end_others must be true or false"]);
  });

  test("that takes the place of a removed one is told by main, and loses its name when it is renewed", async () => {
    const client = await op.serviceClient({ scope: "notes" });
    const [main] = await list(client);
    await add(client, { name: "Two" });
    assert.equal((await remove(client, main.id)).status, 204);
    assert.deepEqual((await list(client)).map(({ name, main }) => [name, main]), [["Two", true]]);
    await op.json(`/register/${client.id}/renew_secret`, { method: "POST", bearer: op.adminToken, json: {} });
    assert.deepEqual((await list(client)).map(({ name, main }) => [name, main]), [[null, true]]);
  });

  test("that has ended leaves the row with the next change", async () => {
    const client = await op.serviceClient({ scope: "notes" });
    const { id } = await add(client, { name: "Short", expires_in: 60 });
    op.clock.advance({ seconds: 61 });
    await op.json(`/register/${client.id}/renew_secret`, { method: "POST", bearer: op.adminToken, json: {} });
    const [{ details }] = await op.rows("SELECT secret_details AS details FROM clients WHERE id = ?", client.id);
    assert.ok(!details.includes(id));
  });

  test("that was added proves a PUT, too", async () => {
    const client = await op.serviceClient({ scope: "notes" });
    const { client_secret: second } = await add(client, { name: "Two" });
    const wanted = { client_id: client.id, redirect_uris: [], grant_types: ["client_credentials"], response_types: [], scope: "notes" };
    const put = (secret) => op.admin(`/register/${client.id}`, { method: "PUT", json: { ...wanted, client_secret: secret } });
    const refused = await put(`${second}x`);
    assert.equal(refused.status, 400, await refused.text());
    const taken = await put(second);
    assert.equal(taken.status, 200, await taken.text());
  });

  test("from before more was known works as ever, and can be added to", async () => {
    const client = await op.serviceClient({ scope: "notes" });
    await op.rows("UPDATE clients SET secret_details = NULL, secret_uses = NULL WHERE id = ?", client.id);
    const [{ id, created_at }] = await list(client);
    assert.deepEqual([id, created_at], ["1", null]);
    assert.equal(await status(client, client.secret), 200);
    assert.ok(await eventually(async () => (await list(client))[0].last_used_at));
    const { client_secret: second } = await add(client, { name: "Two" });
    assert.ok((await list(client))[0].last_used_at, "its use is not forgotten");
    assert.equal((await remove(client, "1")).status, 204);
    assert.deepEqual([await status(client, client.secret), await status(client, second)], [401, 200]);
  });
});

describe("an app that signs with its secret", () => {
  test("signs assertions with any of them", async () => {
    const client = await op.serviceClient({ scope: "notes", token_endpoint_auth_method: "client_secret_jwt" });
    const { client_secret: second, id } = await add(client, { name: "Two" });
    const present = async (secret) => (await op.fetch("/token", { form: { ...FORM, ...asserted(await assertion(client, secretKey(secret))) } })).status;
    for (const secret of [client.secret, second]) assert.equal(await present(secret), 200);
    assert.ok(await eventually(async () => (await list(client)).every(({ last_used_at: used }) => used)));
    const stored = JSON.stringify(await op.rows("SELECT * FROM clients WHERE id = ?", client.id));
    assert.ok(!stored.includes(second));
    assert.equal((await remove(client, id)).status, 204);
    assert.equal(await present(second), 401, "also where an isolate remembered it");
    assert.equal(await present(client.secret), 200);
  });

  test("signs requests with any of them", async () => {
    const client = await op.client({ request_object_signing_alg: "HS256" });
    const { client_secret: second } = await add(client, { name: "Two" });
    for (const [secret, isTaken] of [[client.secret, true], [second, true], [`${second}x`, false]]) {
      const { claims } = requestClaims(client);
      const request = await signedObject(claims, { alg: "HS256", key: new TextEncoder().encode(secret) });
      const page = await op.browser().open(beside(client, { redirect_uri: client.redirectUri, request }));
      assert.equal(page.asksForPassword, isTaken);
    }
  });

  test("gets one secret alone when it comes to a method that needs the secret itself", async () => {
    const client = await op.serviceClient({ scope: "notes" });
    const { client_secret: second } = await add(client, { name: "Two" });
    const change = { method: "PATCH", bearer: op.adminToken, json: { token_endpoint_auth_method: "client_secret_jwt" } };
    const { client_secret: fresh } = await op.json(`/register/${client.id}`, change);
    assert.equal((await list(client)).length, 1);
    const present = async (secret) => (await op.fetch("/token", { form: { ...FORM, ...asserted(await assertion(client, secretKey(secret))) } })).status;
    assert.deepEqual([await present(fresh), await present(second), await present(client.secret)], [200, 401, 401]);
  });
});

test("every secret that is used moves to a new root", async () => {
  const own = await startLimen();
  const client = await own.serviceClient({ scope: "notes" });
  const { client_secret: second } = await add(client, { name: "Two" }, own);
  await own.redeploy({ KEK_2: freshRoot(), KEK_CURRENT: "2" });
  for (const secret of [client.secret, second]) assert.equal(await status(client, secret, own), 200);
  await eventually(async () => {
    const [row] = await own.rows("SELECT secret_hash, secret_details FROM clients WHERE id = ?", client.id);
    return row.secret_hash.startsWith("2.") && !row.secret_details.includes('"hash":"1.');
  });
  await own.cron();
  await own.redeploy({ KEK_1: undefined });
  for (const secret of [client.secret, second]) assert.equal(await status(client, secret, own), 200);
});

describe("what is refused", () => {
  test("a sixth, also of several at once", async () => {
    const client = await op.serviceClient({ scope: "notes" });
    for (const name of ["a", "b"]) await add(client, { name });
    const answers = await Promise.all(["c", "d", "e", "f", "g", "h"].map((name) => send(client, { name })));
    for (const { status } of answers) assert.ok([201, 409].includes(status));
    for (let n = 0; (await list(client)).length < 5; n++) await add(client, { name: `more ${n}` });
    const sixth = await send(client, { name: "late" });
    assert.equal(sixth.status, 409);
    assert.match((await sixth.json()).error_description, /5 secrets, which is the most/);
    assert.equal((await list(client)).length, 5);
  });

  test("a secret of an app that uses none, or that is not there", async () => {
    const client = await op.publicClient();
    const answer = await send(client, { name: "Two" });
    assert.equal(answer.status, 409);
    assert.match((await answer.json()).error_description, /uses none/);
    assert.equal((await send({ id: "nothing" }, { name: "Two" })).status, 404);
  });

  test("a second one of the same name, until that is gone", async () => {
    const client = await op.serviceClient();
    const { id } = await add(client, { name: "CI" });
    const answer = await send(client, { name: "CI" });
    assert.equal(answer.status, 409);
    assert.match((await answer.json()).error_description, /^name: the client has a secret CI already: choose another name/);
    assert.equal((await list(client)).length, 2);
    await remove(client, id);
    await add(client, { name: "CI", expires_in: 60 });
  });

  test("bodies that are wrong, by name", async () => {
    const client = await op.serviceClient({ scope: "notes" });
    for (const [json, why] of [
      [{}, /name must be/],
      [{ name: "a,b" }, /name must be/],
      [{ name: "a", secret: "mine" }, /secret is no member here/],
      [{ name: "a", expires_in: 59 }, /expires_in must be/],
      [{ name: "a", expires_in: "x" }, /expires_in must be/],
      [[], /JSON object/],
    ]) {
      const answer = await send(client, json);
      assert.equal(answer.status, 400, JSON.stringify(json));
      assert.match((await answer.json()).error_description, why);
    }
    for (const id of ["x", "%00", "'; DROP TABLE clients", "$.more"]) assert.equal((await remove(client, encodeURIComponent(id))).status, 404, id);
    assert.equal((await list(client)).length, 1);
  });

  test("keys without the scope", async () => {
    const client = await op.serviceClient({ scope: "notes" });
    const key = async (scopes) => (await (await op.admin("/admin/api/api_keys", { json: { name: `Key ${scopes} ${client.id.replace(/[^a-z0-9]/gi, "")}`, scopes } })).json()).key;
    const [reader, people] = [await key(["apps:read"]), await key(["people:write"])];
    assert.equal((await send(client, { name: "Two" }, { by: reader })).status, 403);
    assert.equal((await op.fetch(at(client), { bearer: reader })).status, 200);
    assert.equal((await op.fetch(at(client), { bearer: people })).status, 403);
    assert.equal((await op.fetch(at(client))).status, 401);
  });

  test("a secret for an app that may do more than who asks", async () => {
    const own = await startLimen({ vars: { ADMIN_ACCESS_TOKENS: "on" } });
    const client = await own.serviceClient({ scope: "people:write" });
    const { key } = await (await own.admin("/admin/api/api_keys", { json: { name: "Apps", scopes: ["apps:write"] } })).json();
    assert.equal((await send(client, { name: "Mine" }, { by: key, of: own })).status, 403);
    assert.equal((await send(client, { name: "Mine" }, { by: own.adminToken, of: own })).status, 201);
  });
});
