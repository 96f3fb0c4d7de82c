// Idempotency-Key: what operators make by a request that is sent again is made once.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const op = await startLimen({ isolates: 2 });
let n = 0;
const KINDS = {
  person: ["/admin/api/users", () => ({ username: `repeat${++n}` }), "users"],
  group: ["/admin/api/groups", () => ({ name: `Repeat ${++n}` }), "groups"],
  API: ["/admin/api/apis", () => ({ identifier: `https://api-${++n}.acme.test`, name: "Files" }), "apis"],
  "API key": ["/admin/api/api_keys", () => ({ name: `Repeat ${++n}`, scopes: ["mail:read"] }), "api_keys"],
  webhook: ["/admin/api/webhooks", () => ({ name: `Repeat ${++n}`, url: "https://siem.acme.test/in", events: ["key_revoked"] }), "webhooks"],
  app: ["/register", () => ({ redirect_uris: ["https://app.acme.test/cb"], client_name: `Repeat ${++n}` }), "clients"],
};
const send = (path, json, key, init = {}) => op.admin(path, { json, headers: { "idempotency-key": key }, ...init });
const rows = async (table, at = op) => (await at.rows(`SELECT COUNT(*) AS n FROM ${table}`))[0].n;

for (const [kind, [path, body, table]] of Object.entries(KINDS)) {
  describe(`a ${kind}`, () => {
    const isShownAgain = ["person", "group", "API"].includes(kind);

    test("is made once, however often it is asked for", async () => {
      const [json, key] = [body(), randomUUID()];
      const first = await send(path, json, key);
      assert.equal(first.status, 201);
      const made = await first.json();
      const before = await rows(table);
      for (const isolate of [0, 1]) {
        const again = await send(path, json, key, { isolate });
        const answer = await again.json();
        if (isShownAgain) {
          assert.deepEqual([again.status, answer.id], [201, made.id]);
        } else {
          assert.equal(again.status, 409);
          assert.match(answer.error_description, /already made with this Idempotency-Key/);
          assert.ok(answer.error_description.includes(made.client_id ?? made.id));
        }
      }
      assert.equal(await rows(table), before);
    });

    test("is said to be deleted where it was since, and made with another key", { skip: !isShownAgain }, async () => {
      const [json, key] = [body(), randomUUID()];
      const { id } = await (await send(path, json, key)).json();
      assert.equal((await op.admin(`${path}/${id}`, { method: "DELETE" })).status, 204);
      const again = await send(path, json, key);
      const { error_description } = await again.json();
      assert.equal(again.status, 409);
      assert.match(error_description, /made with this Idempotency-Key, and deleted since/);
      assert.ok(error_description.includes(id));
      assert.equal((await send(path, json, randomUUID())).status, 201);
    });

    test("is made once by requests that come at once", async () => {
      const [json, key, before] = [body(), randomUUID(), await rows(table)];
      const answers = await Promise.all([0, 1, 0, 1].map((isolate) => send(path, json, key, { isolate })));
      for (const { status } of answers) assert.ok([201, 409].includes(status), String(status));
      assert.equal(await rows(table), before + 1);
    });

    test("is refused with another body, and made with another key", async () => {
      const key = randomUUID();
      assert.equal((await send(path, body(), key)).status, 201);
      const before = await rows(table);
      const other = await send(path, body(), key);
      assert.equal(other.status, 422);
      assert.match((await other.json()).error_description, /another body before: use a new one/);
      assert.equal(await rows(table), before);
      assert.equal((await send(path, body(), randomUUID())).status, 201);
    });
  });
}

test("a request that was refused may be sent again with its key", async () => {
  const key = randomUUID();
  assert.equal((await send("/admin/api/users", { username: 7 }, key)).status, 400);
  assert.equal((await send("/admin/api/users", { username: "mended" }, key)).status, 201);
});

test("a request of which nobody knows what came makes nothing again", async () => {
  const own = await startLimen();
  const headers = { "idempotency-key": "lost" };
  const body = { json: { name: "Lost" }, headers };
  assert.equal((await own.admin("/admin/api/groups", body)).status, 201);
  await own.rows("UPDATE idempotency_keys SET made = NULL");
  const again = await own.admin("/admin/api/groups", body);
  assert.deepEqual([again.status, again.headers.get("retry-after")], [409, "1"]);
  assert.match((await again.json()).error_description, /see what was made/);
  assert.equal(await rows("groups", own), 1);
});

test("a key is one operator's, at one path, for a day", async () => {
  const own = await startLimen();
  const make = (path, json, bearer = own.adminToken) => own.fetch(path, { bearer, json, headers: { "idempotency-key": "k" } });
  const key = async (name) => (await (await own.admin("/admin/api/api_keys", { json: { name, scopes: ["groups:write", "people:write"] } })).json()).key;
  const [one, two] = [await key("One"), await key("Two")];
  assert.equal((await make("/admin/api/groups", { name: "A" }, one)).status, 201);
  assert.equal((await make("/admin/api/groups", { name: "B" }, two)).status, 201, "of another operator");
  assert.equal((await make("/admin/api/users", { username: "bob" }, one)).status, 201, "at another path");
  assert.equal((await make("/admin/api/groups", { name: "C" }, one)).status, 422);
  own.clock.advance({ hours: 25 });
  assert.equal((await make("/admin/api/groups", { name: "C" }, one)).status, 201);
  own.clock.advance({ days: 3 });
  await own.cron();
  assert.equal(await rows("idempotency_keys", own), 0, "they are tidied");
});

test("what was made and is gone is not made again", async () => {
  const key = randomUUID();
  const { id } = await (await send("/admin/api/groups", { name: "Gone" }, key)).json();
  await op.admin(`/admin/api/groups/${id}`, { method: "DELETE" });
  const again = await send("/admin/api/groups", { name: "Gone" }, key);
  assert.equal(again.status, 409);
  assert.match((await again.json()).error_description, new RegExp(id));
});

test("nothing that is shown once, and nothing of people, is kept", async () => {
  const key = randomUUID();
  const { key: secret } = await (await send("/admin/api/api_keys", { name: "Secret one", scopes: ["mail:read"] }, key)).json();
  await send("/admin/api/users", { username: "hidden-person", email: "hidden@people.test" }, randomUUID());
  const stored = JSON.stringify(await op.rows("SELECT * FROM idempotency_keys"));
  for (const text of [secret, secret.split(".")[1], "hidden-person", "hidden@people.test", key]) assert.ok(!stored.includes(text));
});

test("a key that is none is refused, and one at what makes nothing is not looked at", async () => {
  for (const key of ["x".repeat(201), "a b"]) {
    const answer = await send("/admin/api/groups", { name: "Never" }, key);
    assert.equal(answer.status, 400, key);
    assert.match((await answer.json()).error_description, /^Idempotency-Key must have/);
  }
  const open = await startLimen({ vars: { REGISTRATION: "open" } });
  const stranger = await open.fetch("/register", { json: { redirect_uris: ["https://app.acme.test/cb"] }, headers: { "idempotency-key": "k" } });
  assert.equal(stranger.status, 201, "some libraries send one by themselves");
  const wrong = await op.fetch("/register", { bearer: "wrong", json: { redirect_uris: ["https://app.acme.test/cb"] }, headers: { "idempotency-key": "k" } });
  assert.equal(wrong.status, 401);
  const mails = await op.admin("/admin/api/users?limit=1", { headers: { "idempotency-key": "k" } });
  assert.equal(mails.status, 200);
  const narrow = await (await op.admin("/admin/api/api_keys", { json: { name: "Narrow", scopes: ["mail:read"] } })).json();
  assert.equal((await op.fetch("/admin/api/groups", { bearer: narrow.key, json: { name: "x" }, headers: { "idempotency-key": "k" } })).status, 403);
});
