// What a call of operators has and nobody reads: it is refused by name, and nothing happens.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const at = (person) => `/admin/api/users/${person.id}`;
const count = async (table) => (await op.rows(`SELECT COUNT(*) AS n FROM ${table}`))[0].n;

async function refused(response, status, said) {
  const { error_description } = await response.json();
  assert.equal(response.status, status, error_description);
  assert.match(error_description, said);
}

describe("a parameter that is not known", () => {
  test("lets nothing be deleted", async () => {
    const ada = await op.person();
    for (const query of ["dry_run=true", "dry_run", "dry_run=", "&dry_run=1", "%64ry_run=1"]) {
      await refused(await op.admin(`${at(ada)}?${query}`, { method: "DELETE" }), 400, /dry_run is no parameter here/);
    }
    assert.equal((await op.admin(at(ada))).status, 200);
    assert.equal((await op.admin(`${at(ada)}?`, { method: "DELETE" })).status, 204);
  });

  test("lets nothing be imported, made or changed", async () => {
    const ada = await op.person();
    const before = [await count("users"), await count("groups"), await count("audit")];
    const line = { kind: "group", id: "dry", name: "Dry" };
    await refused(await op.admin("/admin/api/import?dry_run=true", { json: { lines: [line] } }), 400, /dry_run/);
    await refused(await op.admin("/admin/api/groups?dry_run=1", { json: { name: "Dry" } }), 400, /dry_run/);
    await refused(await op.admin(`${at(ada)}?dry_run=1`, { method: "PATCH", json: { disabled: true } }), 400, /dry_run/);
    await refused(await op.admin("/admin/api/bulk?dry_run=1", { json: { operations: [{ method: "DELETE", path: at(ada) }] } }), 400, /dry_run/);
    await refused(await op.admin(`${at(ada)}/setup_link?expires_in=60`, { method: "POST" }), 400, /expires_in/);
    assert.deepEqual([await count("users"), await count("groups"), await count("audit")], before);
    assert.equal((await op.json(at(ada), { bearer: op.adminToken })).disabled, false);
  });

  test("is no mistake at /register, where clients send what they like (RFC 7591)", async () => {
    const json = { redirect_uris: ["https://app.acme.test/cb"] };
    assert.equal((await op.admin("/register?from=library", { json })).status, 201);
  });
});

describe("a body where none is read", () => {
  const mustChange = async (person) => (await op.json(at(person), { bearer: op.adminToken })).new_password_required;

  test("is refused, and nothing happens", async () => {
    const ada = await op.person();
    const path = `${at(ada)}/require_new_password`;
    for (const body of ['{"a":1}', '{"a":1,"a":2}', "[", "[]", "null", "false", "x=1", "{}{}", "\0", "x".repeat(1_000_000)]) {
      for (const type of ["application/json", "text/plain"]) {
        await refused(await op.admin(path, { method: "POST", body, headers: { "content-type": type } }), 400, /takes no body: send none, or \{\}; nothing was done/);
      }
    }
    await refused(await op.admin(path, { method: "POST", flood: 50_000_000 }), 400, /a large one came/);
    assert.equal(await mustChange(ada), false);
    await refused(await op.admin(at(ada), { method: "DELETE", json: { dry_run: true } }), 400, /dry_run is no member/);
    assert.equal((await op.admin(at(ada))).status, 200);
  });

  test("may be an empty object, as programs send", async () => {
    const ada = await op.person();
    for (const body of [undefined, "", "{}", " { }\n"]) {
      const response = await op.admin(`${at(ada)}/require_new_password`, { method: "POST", body, headers: { "content-type": "application/json" } });
      assert.equal(response.status, 204, body);
    }
    assert.equal(await mustChange(ada), true);
    assert.equal((await op.admin(`${at(ada)}/unlock`, { method: "POST" })).status, 204);
    assert.equal((await op.admin(`${at(ada)}/unlock`, { method: "POST", json: { a: 1 } })).status, 400);
  });

  test("is refused of each call in bulk, too", async () => {
    const ada = await op.person();
    const operations = [
      { method: "POST", path: `${at(ada)}/require_new_password`, body: { dry_run: true } },
      { method: "DELETE", path: at(ada), body: {} },
    ];
    const { results } = await (await op.admin("/admin/api/bulk", { json: { operations } })).json();
    assert.deepEqual(results.map(({ status }) => status), [400, 204]);
    assert.match(results[0].body.error_description, /dry_run is no member/);
  });
});

test("a body is in UTF-8, whatever else it says", async () => {
  const send = (type) => op.admin("/admin/api/groups", { headers: { "content-type": type }, body: JSON.stringify({ name: `Charset ${type.length}` }) });
  for (const type of ["application/json; charset=utf-16", 'application/json;charset="UTF-16"', "application/json; charset=utf-8; charset=utf-16"]) {
    await refused(await send(type), 415, /the body must be in UTF-8, and content-type says utf-16/);
  }
  assert.equal((await send("application/json; charset=UTF-8")).status, 201);
  assert.equal((await send("application/json")).status, 201);
});
