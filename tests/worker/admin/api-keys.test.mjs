// Keys of the admin API: what each may do, how it ends, and who did what.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const KEYS = "/admin/api/api_keys";
let made = 0;

/** A key with these scopes. */
async function key(scopes, { by = op.adminToken, ...more } = {}) {
  const name = `Key ${++made}`;
  const response = await op.fetch(KEYS, { bearer: by, json: { name, scopes, ...more } });
  assert.equal(response.status, 201, await response.clone().text());
  return response.json();
}
const status = async (path, bearer, init = {}) => (await op.fetch(path, { bearer, ...init })).status;
const audit = async (query) => (await op.json(`/admin/api/audit?${query}`, { bearer: op.adminToken })).events;

/** Waits until `read` gives something: what is written after the answer. */
async function eventually(read) {
  for (let n = 0; n < 50; n++) {
    const found = await read();
    if (found) return found;
  }
  assert.fail("it never came");
}

test("a key is shown once, and stored as a hash", async () => {
  const { key: text, ...rest } = await key(["people:read", "audit:read"]);
  assert.match(text, /^limen_1\.[\w-]{43}$/);
  const listed = (await op.json(KEYS, { bearer: op.adminToken })).api_keys.find(({ id }) => id === rest.id);
  assert.deepEqual(listed, rest);
  assert.deepEqual([listed.scopes, listed.made_by, listed.last_used_at], [["people:read", "audit:read"], null, null]);
  assert.equal(listed.expires_at - listed.created_at, 90 * 86_400);
  const tables = await op.rows("SELECT * FROM api_keys");
  const events = await op.rows("SELECT * FROM audit");
  const secret = text.split(".")[1];
  assert.ok(!JSON.stringify([tables, events]).includes(secret));
  assert.ok(!op.logs.join("\n").includes(secret));
});

describe("scopes", () => {
  test("a narrow key is refused with the name of what it lacks, and nothing happens", async () => {
    const { key: reader, name } = await key(["people:read"]);
    const ada = await op.person();
    assert.equal(await status(`/admin/api/users/${ada.id}`, reader), 200);
    const refused = await op.fetch(`/admin/api/users/${ada.id}`, { method: "DELETE", bearer: reader });
    assert.equal(refused.status, 403);
    assert.match(refused.headers.get("www-authenticate"), /insufficient_scope.*people:write/);
    assert.deepEqual(await refused.json(), { error: "insufficient_scope", error_description: "this takes the scope people:write" });
    assert.equal(await status(`/admin/api/users/${ada.id}`, reader), 200);
    const [event] = await eventually(async () => (await audit(`event=operator_refused&operator=${encodeURIComponent(name)}`)).length && audit(`operator=${encodeURIComponent(name)}`));
    assert.deepEqual([event.event, event.actor, event.detail], ["operator_refused", "operator", { needs: "people:write" }]);
  });

  test("write includes read, of its own area alone", async () => {
    const { key: groups } = await key(["groups:write"]);
    const { id } = await (await op.fetch("/admin/api/groups", { bearer: groups, json: { name: "Staff" } })).json();
    assert.equal(await status("/admin/api/groups", groups), 200);
    const ada = await op.person();
    assert.equal(await status(`/admin/api/groups/${id}/members/${ada.id}`, groups, { method: "PUT" }), 204);
    assert.equal(await status(`/admin/api/users/${ada.id}/groups`, groups), 200);
    assert.equal(await status(`/admin/api/groups/${id}/members`, groups), 403, "who they are is for people:read");
    for (const path of ["users", "clients", "audit", "audit/export", "keys", "mail", "settings", "health", "status", "api_keys", "invitations"]) {
      assert.equal(await status(`/admin/api/${path}`, groups), 403, path);
    }
  });

  test("apps are registered and changed with apps:write, and read with apps:read", async () => {
    const [{ key: writer }, { key: reader, name }] = [await key(["apps:write"]), await key(["apps:read"])];
    const metadata = { client_name: "Made by a key", redirect_uris: ["https://app.acme.test/cb"] };
    const registered = await op.fetch("/register", { bearer: writer, json: metadata });
    assert.equal(registered.status, 201);
    const { client_id: id } = await registered.json();
    assert.equal(await status(`/register/${id}`, reader), 200);
    assert.equal(await status("/admin/api/clients", reader), 200);
    assert.equal(await status("/register", reader, { json: metadata }), 403);
    assert.equal(await status(`/register/${id}`, reader, { method: "PATCH", json: { client_name: "x" } }), 403);
    assert.equal(await status(`/register/${id}`, reader, { method: "DELETE" }), 403);
    assert.equal(await status(`/register/${id}/renew_secret`, reader, { method: "POST" }), 403);
    const [event] = await audit(`client=${id}&event=client_registered`);
    assert.ok(event.operator && event.operator !== name);
  });
});

describe("the end", () => {
  test("a key that expired or was revoked opens nothing", async () => {
    const brief = await key(["people:read"], { expires_in: 60 });
    const revoked = await key(["people:read"]);
    assert.equal(await status("/admin/api/users", brief.key), 200);
    assert.equal(await status(`${KEYS}/${revoked.id}`, op.adminToken, { method: "DELETE" }), 204);
    assert.equal(await status("/admin/api/users", revoked.key), 401);
    op.clock.advance({ minutes: 1 });
    assert.equal(await status("/admin/api/users", brief.key), 401);
    assert.equal((await audit("event=api_key_revoked"))[0].detail.name, revoked.name);
  });

  test("a key gives no more than it has, for no longer, and what it gave ends with it", async () => {
    const maker = await key(["api_keys:write", "people:read"], { expires_in: 86_400 });
    const attempt = (scopes, more) => op.fetch(KEYS, { bearer: maker.key, json: { name: `Child ${++made}`, scopes, ...more } });
    for (const scopes of [["people:write"], ["people:read", "apps:read"]]) {
      const refused = await attempt(scopes);
      assert.equal(refused.status, 403);
      assert.match((await refused.json()).error_description, new RegExp(scopes.at(-1)));
    }
    assert.equal((await attempt(["people:read"], { expires_in: 86_401 })).status, 400);
    const child = await key(["people:read", "api_keys:write"], { by: maker.key });
    assert.deepEqual([child.made_by, child.expires_at], [maker.id, maker.expires_at]);
    const grandchild = await key(["people:read"], { by: child.key });
    assert.equal(await status("/admin/api/users", grandchild.key), 200);
    assert.equal(await status(`${KEYS}/${maker.id}`, op.adminToken, { method: "DELETE" }), 204);
    for (const one of [maker, child, grandchild]) assert.equal(await status("/admin/api/users", one.key), 401, one.name);
    const [event] = await audit("event=api_key_revoked");
    assert.deepEqual(event.detail.and_those_it_made.toSorted(), [child.name, grandchild.name].toSorted());
  });

  test("a new epoch ends all of them: a backup brings none back", async () => {
    const own = await startLimen();
    const { key: text } = await (await own.admin(KEYS, { json: { name: "Old", scopes: ["people:read"] } })).json();
    const call = async () => (await own.fetch("/admin/api/users", { bearer: text })).status;
    assert.equal(await call(), 200);
    await own.redeploy({ EPOCH: "2" });
    assert.equal(await call(), 401);
  });

  test("ADMIN_TOKEN can be off: keys work on", async () => {
    const own = await startLimen();
    const scopes = ["people:write", "api_keys:write"];
    const { key: text } = await (await own.admin(KEYS, { json: { name: "Owner", scopes } })).json();
    await own.redeploy({ ADMIN_TOKEN: undefined });
    assert.equal((await own.fetch("/admin/api/users", { bearer: own.adminToken })).status, 401);
    assert.equal((await own.fetch("/admin/api/users", { bearer: text, json: { username: "ada" } })).status, 201);
    assert.equal((await own.fetch(KEYS, { bearer: text, json: { name: "Second", scopes: ["people:read"] } })).status, 201);
  });
});

test("the audit names the key, and its last use is written down once an hour", async () => {
  const { id, name, key: text } = await key(["people:write"]);
  const used = async () => (await op.rows("SELECT last_used_at FROM api_keys WHERE id = ?", id))[0].last_used_at;
  const create = (username) => op.fetch("/admin/api/users", { bearer: text, json: { username } });
  const { id: user } = await (await create("made-by-a-key")).json();
  assert.equal((await audit(`user=${user}`))[0].operator, name);
  assert.equal((await audit(`user=${(await op.person()).id}`))[0].operator, null, "the admin token has no name");
  assert.deepEqual((await audit(`operator=${encodeURIComponent(name)}`)).map(({ event }) => event), ["user_created"]);
  const first = await eventually(used);
  op.clock.advance({ minutes: 30 });
  await create("another-of-it");
  assert.equal(await used(), first);
  op.clock.advance({ minutes: 31 });
  await create("a-third-of-it");
  await eventually(async () => (await used()) > first);
});

test("what is no key opens nothing, and neither does a key elsewhere", async () => {
  const { key: text } = await key(["people:read", "apps:write"]);
  const bare = text.slice("limen_".length);
  const flipped = text.slice(0, -2) + (text.at(-2) === "A" ? "B" : "A") + text.at(-1);
  for (const wrong of [bare, flipped, text.slice(0, -1), `${text}x`, text.toUpperCase(), `limen_limen_${bare}`, "limen_", "limen_1.", `limen_9.${bare.slice(2)}`]) {
    assert.equal(await status("/admin/api/users", wrong), 401, wrong);
    assert.equal(await status("/register", wrong, { json: {} }), 401, wrong);
  }
  assert.equal(await status(`/admin/api/users?access_token=${text}`), 401);
  assert.equal(await status("/userinfo", text), 401);
  const client = await op.client();
  assert.equal(await status(`/register/${client.id}`, bare), 401, "no registration access token");
  assert.deepEqual(await (await client.post("/introspect", { token: text })).json(), { active: false });
});

test("50 keys of one name at once are one, and there are 200 at most", async () => {
  const own = await startLimen();
  const make = (name) => own.admin(KEYS, { json: { name, scopes: ["people:read"] } });
  const at_once = await Promise.all(Array.from({ length: 50 }, () => make("Same")));
  assert.equal(at_once.filter(({ status: one }) => one === 201).length, 1);
  assert.equal((await make("s\u0430me")).status, 400, "letters of two scripts");
  assert.equal((await make("SAME")).status, 409);
  const row = `INSERT INTO api_keys (id, hash, name, name_folded, scopes, created_at, expires_at)
    WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 199) SELECT 'i' || n, n, n, n, '[]', 0, 1e10 FROM n`;
  await own.db.prepare(row).run();
  assert.equal((await make("One too many")).status, 409);
});
