// Several calls of the admin API in one request: each is judged as if it had come alone.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const PATH = "/admin/api/bulk";
let keys = 0;

async function key(...scopes) {
  return (await op.json("/admin/api/api_keys", { json: { name: `Bulk ${++keys}`, scopes }, bearer: op.adminToken })).key;
}

async function bulk(operations, { bearer = op.adminToken, ...more } = {}) {
  const { results } = await op.json(PATH, { json: { operations, ...more }, bearer });
  return results;
}

const group = (name) => ({ method: "POST", path: "/admin/api/groups", body: { name } });
const disable = (id) => ({ method: "PATCH", path: `/admin/api/users/${id}`, body: { disabled: true } });
const isDisabled = async (id) => (await op.json(`/admin/api/users/${id}`, { bearer: op.adminToken })).disabled;

describe("calls in bulk", () => {
  test("are made in their order, and each has the answer that it would have had alone", async () => {
    const [ada, bob] = [await op.person(), await op.person()];
    const results = await bulk([
      disable(ada.id),
      group("Bulk writers"),
      group("BULK WRITERS"),
      { method: "DELETE", path: `/admin/api/users/${bob.id}` },
      { method: "DELETE", path: `/admin/api/users/${bob.id}` },
      { method: "DELETE", path: "/admin/api/status" },
      { method: "POST", path: "/admin/api/nothing", body: {} },
      { method: "POST", path: "/admin/api/users" },
    ]);
    assert.deepEqual(results.map(({ operation }) => operation), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert.deepEqual(results.map(({ status }) => status), [200, 201, 409, 204, 404, 405, 404, 400]);
    assert.equal(results[0].body.disabled, true);
    assert.equal(results[1].body.name, "Bulk writers");
    assert.ok(!("body" in results[3]));
    assert.equal(results[4].body.error, "invalid_request");
    assert.equal(await isDisabled(ada.id), true);
  });

  test("are in the audit one by one, with the name of who made them", async () => {
    const [ada, bob] = [await op.person(), await op.person()];
    const bearer = await key("people:write");
    await bulk([disable(ada.id), disable(bob.id)], { bearer });
    for (const { id } of [ada, bob]) {
      const { events } = await op.json(`/admin/api/audit?user=${id}&event=user_disabled`, { bearer: op.adminToken });
      assert.equal(events.length, 1);
      assert.equal(events[0].operator, `Bulk ${keys}`);
    }
  });

  test("end at the first that fails, where that is asked for", async () => {
    const ada = await op.person();
    const results = await bulk([group("Stops here"), group("Stops here"), disable(ada.id)], { stop_at_failure: true });
    assert.deepEqual(results.map(({ status }) => status), [201, 409]);
    assert.equal(await isDisabled(ada.id), false);
  });

  test("take the scopes that they take alone", async () => {
    const ada = await op.person();
    const results = await bulk([disable(ada.id), group("Narrow"), { method: "POST", path: "/admin/api/api_keys", body: { name: "More", scopes: ["groups:read"] } }], {
      bearer: await key("groups:write"),
    });
    assert.deepEqual(results.map(({ status }) => status), [403, 201, 403]);
    assert.match(results[0].body.error_description, /people:write/);
    assert.equal(await isDisabled(ada.id), false);
  });

  test("change no operator who may do more", async () => {
    const ada = await op.person();
    await op.admin(`/admin/api/operators/${ada.id}`, { method: "PUT", json: { roles: ["owner"] } });
    const [{ status, body }] = await bulk([disable(ada.id)], { bearer: await key("people:write") });
    assert.equal(status, 403);
    assert.match(body.error_description, /may do more/);
    assert.equal(await isDisabled(ada.id), false);
  });

  test("are for operators alone", async () => {
    for (const bearer of ["wrong", undefined]) {
      const answer = await op.fetch(PATH, { json: { operations: [group("Stranger")] }, bearer });
      assert.equal(answer.status, 401);
    }
  });

  test("are all read before the first is made", async () => {
    const ada = await op.person();
    const wrong = [
      { method: "GET", path: "/admin/api/users" },
      { method: "POST", path: PATH, body: { operations: [disable(ada.id)] } },
      { method: "POST", path: "/admin/api/import", body: { lines: [] } },
      { method: "POST", path: "/admin/api/clients/approval", body: { approve: ["a"] } },
      { method: "POST", path: "/token" },
      { method: "DELETE", path: "https://elsewhere.example/admin/api/users/u" },
      { method: "DELETE", path: "/admin/api/users/u", headers: {} },
    ];
    for (const operation of wrong) {
      const answer = await op.admin(PATH, { json: { operations: [disable(ada.id), operation] } });
      const { error_description } = await answer.json();
      assert.equal(answer.status, 400, operation.path);
      assert.match(error_description, /^operations\[1\]/);
      assert.equal(await isDisabled(ada.id), false);
    }
    for (const name of ["if-match", "idempotency-key"]) {
      const answer = await op.admin(PATH, { json: { operations: [disable(ada.id)] }, headers: { [name]: '"a"' } });
      assert.equal(answer.status, 400, name);
    }
    const most = Array.from({ length: 51 }, () => disable(ada.id));
    assert.equal((await op.admin(PATH, { json: { operations: most } })).status, 400);
    assert.equal(await isDisabled(ada.id), false);
  });

  test("go no further than the path that was sent", async () => {
    const results = await bulk([
      { method: "DELETE", path: "/admin/api/users/../../token" },
      { method: "DELETE", path: "/admin/api/users/%2e%2e/groups" },
      { method: "POST", path: "/admin/api/%62ulk", body: {} },
    ]);
    assert.deepEqual(results.map(({ status }) => status), [404, 405, 404]);
  });

  test("fifty are made", async () => {
    const results = await bulk(Array.from({ length: 50 }, (_, n) => group(`Of fifty ${n}`)));
    assert.ok(results.every(({ status }) => status === 201));
  });

  test("one that meets a fault does not take the others along", async () => {
    const operations = [group("Fault 1"), group("Fault 2"), group("Fault 3")];
    const { results } = await op.json(PATH, { json: { operations }, bearer: op.adminToken, d1: { nth: 1 } });
    assert.deepEqual(results.map(({ status }) => status).sort(), [201, 201, 503]);
  });
});
