// How many roles somebody may have, and roles that are given while something is deleted.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { operator } from "../console/support.mjs";
import { taken } from "../moving/support.mjs";
import { startLimen } from "../support/limen.mjs";
import { groupOf, roles } from "./support.mjs";

const [AT_APP, AT_ALL] = [200, 1_000];
const op = await startLimen();
const range = (from, to, holder) => Array.from({ length: to - from }, (_, n) => ({ role: `role ${from + n}`, ...holder }));
const post = (client, json, init) => op.admin(`/admin/api/clients/${client.id}/roles`, { json, ...init });
const count = async (holder) => (await op.rows("SELECT COUNT(*) AS n FROM app_roles WHERE user_id = ?1 OR group_id = ?1", holder.user ?? holder.group))[0].n;

async function refused(response, status, said) {
  const { error_description } = await response.json();
  assert.equal(response.status, status, error_description);
  assert.match(error_description, said);
}

const HOLDERS = { person: async () => ({ user: (await op.person()).id }), group: async () => ({ group: (await groupOf(op)).id }) };
for (const [kind, holderOf] of Object.entries(HOLDERS)) {
  describe(`a ${kind}`, () => {
    test("has so many roles at an app, and no more, however they are given", async () => {
      const [holder, client, more] = [await holderOf(), await op.client(), await op.client()];
      await refused(await post(client, { add: range(0, AT_APP + 1, holder) }), 409, /would have more than 200 roles at this client; nothing was done/);
      assert.equal(await count(holder), 0);
      await roles(op, client, { add: range(0, AT_APP - 1, holder) });
      const both = await Promise.all([post(client, { add: range(300, 301, holder) }), post(client, { add: range(301, 302, holder) })]);
      assert.deepEqual(both.map(({ status }) => status).sort(), [204, 409]);
      await roles(op, client, { add: range(0, 5, holder) });
      await refused(await post(client, { add: range(400, 401, holder) }), 409, /more than 200 roles at this client/);
      const [there] = await op.rows("SELECT role FROM app_roles WHERE (user_id = ?1 OR group_id = ?1) AND role >= 'role 3' ORDER BY role LIMIT 1", holder.user ?? holder.group);
      await roles(op, client, { add: range(400, 401, holder), remove: [{ role: there.role, ...holder }] });
      assert.equal(await count(holder), AT_APP);
      await roles(op, more, { add: range(0, 1, holder) });
      const [line] = await taken(op, [{ kind: "role", app: client.id, role: "role 500", ...holder }]);
      assert.deepEqual([line.outcome, /as many/.test(line.why)], ["refused", true]);
      const [same] = await taken(op, [{ kind: "role", app: client.id, role: "role 400", ...holder }]);
      assert.equal(same.outcome, "unchanged");
    });

    test("has so many at all apps", async () => {
      const holder = await holderOf();
      for (let n = 0; n < AT_ALL / AT_APP; n++) await roles(op, await op.client(), { add: range(0, AT_APP, holder) });
      const client = await op.client();
      await refused(await post(client, { add: range(0, 1, holder) }), 409, /more than 1000 roles at all clients/);
      const [line] = await taken(op, [{ kind: "role", app: client.id, role: "one", ...holder }]);
      assert.equal(line.outcome, "refused");
      assert.equal(await count(holder), AT_ALL);
    });

    test("that is deleted between the two trips gets nothing, and nobody else either", async () => {
      const [holder, other, client] = [await holderOf(), await op.person(), await op.client()];
      await roles(op, client, { add: range(7, 8, { user: other.id }) });
      const gone = holder.user ? `DELETE FROM users WHERE id = '${holder.user}'` : `DELETE FROM groups WHERE id = '${holder.group}'`;
      const json = { add: [...range(0, 1, holder), ...range(0, 1, { user: other.id })], remove: range(7, 8, { user: other.id }) };
      const response = await post(client, json, { d1: { meanwhile: { before: "DELETE FROM app_roles", run: gone } } });
      await refused(response, 404, /there is no/);
      assert.deepEqual(await op.rows("SELECT role FROM app_roles WHERE user_id = ?", other.id), [{ role: "role 7" }]);
      assert.equal((await op.rows("SELECT COUNT(*) AS n FROM audit WHERE event = 'role_given' AND user_id = ?", other.id))[0].n, 1);
    });
  });
}

test("an app that is deleted between the two trips is not said to have given a role", async () => {
  const [ada, client] = [await op.person(), await op.client()];
  const meanwhile = { before: "DELETE FROM app_roles", run: `DELETE FROM clients WHERE id = '${client.id}'` };
  await refused(await post(client, { add: range(0, 1, { user: ada.id }) }, { d1: { meanwhile } }), 404, /no such client/);
});

test("a group that is deleted between the two trips is not said to have got people", async () => {
  const [ada, group] = [await op.person(), await groupOf(op)];
  const meanwhile = { before: "DELETE FROM group_members", run: `DELETE FROM groups WHERE id = '${group.id}'` };
  await refused(await op.admin(`/admin/api/groups/${group.id}/members`, { json: { add: [ada.id] }, d1: { meanwhile } }), 404, /there is no group/);
});

test("the console says that somebody has too many", async () => {
  const [owner, ada, client] = [await operator(op, "owner"), await op.person(), await op.client()];
  await roles(op, client, { add: range(0, AT_APP, { user: ada.id }) });
  const form = await owner.open(`/admin/apps/${client.id}/roles`);
  const page = await owner.browser.submit(form, "give", { login: ada.username, role: "one more" }, { button: "give" });
  assert.match(page.alert, /more than 200 roles/);
  assert.equal(await count({ user: ada.id }), AT_APP);
});

describe("a role with a blank", () => {
  test("is not imported for an app that is told roles in a text, as it is not given", async () => {
    const client = await op.client({ roles_claim: "roles", roles_format: "text" });
    const ada = await op.person();
    await refused(await post(client, { add: range(0, 1, { user: ada.id }) }), 400, /can have no blank/);
    const line = (role) => ({ kind: "role", app: client.id, role, user: ada.id });
    const [blank, plain] = await taken(op, [line("two words"), line("one")]);
    assert.deepEqual([blank.outcome, plain.outcome], ["refused", "added"]);
    assert.match(blank.why, /can have no blank/);
    assert.deepEqual(await op.rows("SELECT role FROM app_roles WHERE user_id = ?", ada.id), [{ role: "one" }]);
  });
});
