// ETags and If-Match at single things of operators (RFC 9110 section 13).

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const op = await startLimen({ isolates: 2 });
let made = 0;

/** Each kind of thing: how one comes to be, and two changes of it. */
const KINDS = {
  person: [async () => `/admin/api/users/${(await op.person()).id}`, { nickname: "One" }, { nickname: "Two" }],
  group: [
    async () => `/admin/api/groups/${(await (await op.admin("/admin/api/groups", { json: { name: `Group ${++made}` } })).json()).id}`,
    { second_factor_required: true },
    { second_factor_required: false },
  ],
  API: [
    async () => `/admin/api/apis/${(await (await op.admin("/admin/api/apis", { json: { identifier: `https://api-${++made}.acme.test`, name: "Files" } })).json()).id}`,
    { name: "One" },
    { name: "Two" },
  ],
  webhook: [
    async () => {
      // There are ten at most.
      await op.rows("DELETE FROM webhooks");
      const json = { name: "SIEM", url: "https://siem.acme.test/in", events: ["key_revoked"] };
      return `/admin/api/webhooks/${(await (await op.admin("/admin/api/webhooks", { json })).json()).id}`;
    },
    { name: "One" },
    { name: "Two", enabled: false },
  ],
  "app, for operators": [async () => `/admin/api/clients/${(await op.client()).id}`, { notes: "One" }, { notes: "Two" }],
  "app, its registration": [async () => `/register/${(await op.client()).id}`, { client_name: "One" }, { client_name: "Two" }],
};
const tagOf = async (path) => (await op.admin(path)).headers.get("etag");
const patch = (path, json, ifMatch, init = {}) => op.admin(path, { method: "PATCH", json, headers: { "if-match": ifMatch }, ...init });

for (const [kind, [make, one, two]] of Object.entries(KINDS)) {
  describe(`a ${kind}`, () => {
    test("has a tag that changes with it, and a reader who knows it is told so", async () => {
      const path = await make();
      const tag = await tagOf(path);
      assert.match(tag, /^"[\w-]{43}"$/);
      assert.equal(await tagOf(path), tag);
      const known = await op.admin(path, { headers: { "if-none-match": `W/${tag}` } });
      assert.deepEqual([known.status, await known.text(), known.headers.get("cache-control")], [304, "", "no-store"]);
      assert.equal((await op.admin(path, { method: "PATCH", json: one })).status, 200);
      assert.notEqual(await tagOf(path), tag);
      assert.equal((await op.admin(path, { headers: { "if-none-match": tag } })).status, 200);
    });

    test("is changed under the tag that it has, and under no other", async () => {
      const path = await make();
      const tag = await tagOf(path);
      assert.equal((await patch(path, one, tag)).status, 200);
      const before = await (await op.admin(path)).text();
      for (const wrong of [tag, '"x"', 'W/"x"', "x", ""]) {
        const refused = await patch(path, two, wrong || '""');
        assert.equal(refused.status, 412, wrong);
        assert.equal(refused.headers.get("etag"), await tagOf(path));
        assert.match((await refused.json()).error_description, /If-Match does not name the present version.*read it again/);
      }
      assert.equal(await (await op.admin(path)).text(), before, "nothing has changed");
      assert.equal((await patch(path, two, `"x", ${await tagOf(path)}`)).status, 200, "one of several");
      assert.equal((await patch(path, one, `W/${await tagOf(path)}`)).status, 200, "weak by compression on the way");
      assert.equal((await patch(path, two, "*")).status, 200, "any version");
    });

    test("is changed once by several who read the same version", async () => {
      const path = await make();
      const tag = await tagOf(path);
      const answers = await Promise.all([one, two, one, two, one, two].map((json, isolate) => patch(path, json, tag, { isolate: isolate % 2 })));
      const statuses = answers.map(({ status }) => status).sort();
      assert.deepEqual(statuses.filter((status) => status === 200), [200], statuses.join());
      assert.ok(statuses.every((status) => [200, 409, 412].includes(status)), statuses.join());
    });

    test("is not there for a condition either", async () => {
      const missing = (await make()).replace(/[^/]+$/, "nothing");
      assert.ok([401, 404].includes((await patch(missing, one, "*")).status));
      const path = await make();
      assert.equal((await op.fetch(path, { method: "PATCH", json: one, headers: { "if-match": "*" } })).status, 401);
    });
  });
}

test("what is deleted is deleted under its tag alone", async () => {
  for (const kind of ["person", "group", "API", "webhook", "app, its registration"]) {
    const path = await KINDS[kind][0]();
    const remove = (ifMatch) => op.admin(path, { method: "DELETE", headers: { "if-match": ifMatch } });
    assert.equal((await remove('"x"')).status, 412, kind);
    assert.equal((await remove(await tagOf(path))).status, 204, kind);
  }
});

test("a narrow key is refused before its condition is looked at", async () => {
  const path = await KINDS.group[0]();
  const { key } = await (await op.admin("/admin/api/api_keys", { json: { name: "Reader of groups", scopes: ["groups:read"] } })).json();
  const response = await op.fetch(path, { method: "PATCH", bearer: key, json: { name: "x" }, headers: { "if-match": "*" } });
  assert.equal(response.status, 403);
  assert.equal((await op.fetch(path, { bearer: key })).headers.get("etag"), await tagOf(path));
});

test("a webhook that was sent something meanwhile is another version to read, and none to change", async () => {
  const path = await KINDS.webhook[0]();
  const tag = await tagOf(path);
  await op.rows("UPDATE webhooks SET delivered_at = 7, position = position + 1");
  assert.notEqual(await tagOf(path), tag, "who reads it anew sees how it does");
  const seen = await tagOf(path);
  const meanwhile = { before: "UPDATE webhooks SET name", run: "UPDATE webhooks SET delivered_at = 8, position = position + 1" };
  const change = await op.admin(path, { method: "PATCH", json: { name: "One" }, headers: { "if-match": seen }, d1: { meanwhile } });
  assert.equal(change.status, 200);
});

test("lists and other answers have no tag", async () => {
  for (const path of ["/admin/api/users", "/admin/api/groups", "/admin/api/clients", "/admin/api/settings"]) {
    assert.equal(await tagOf(path), null, path);
  }
});
