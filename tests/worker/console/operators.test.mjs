// Roles of people: who gives them, and how far.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { startLimen } from "../support/limen.mjs";
import { grant, operator } from "./support.mjs";

const op = await startLimen();
const PATH = "/admin/api/operators";
let made = 0;

async function key(scopes) {
  const response = await op.admin("/admin/api/api_keys", { json: { name: `Key ${++made}`, scopes } });
  return (await response.json()).key;
}
const remove = async (person, init = {}) => (await op.admin(`${PATH}/${person.id}`, { method: "DELETE", ...init })).status;
const rolesOf = async (person) => {
  const { operators } = await op.json(PATH, { bearer: op.adminToken });
  return operators.find(({ user_id: id }) => id === person.id)?.roles;
};
const audit = async (query) => (await op.json(`/admin/api/audit?${query}`, { bearer: op.adminToken })).events;

describe("roles", () => {
  test("are given, replaced, listed and taken, and each change is in the audit with what was before", async () => {
    const ada = await op.person();
    assert.equal(await rolesOf(ada), undefined);
    assert.equal(await grant(op, ada, ["apps", "people", "apps"]), 204);
    assert.deepEqual(await rolesOf(ada), ["people", "apps"]);
    assert.equal(await grant(op, ada, ["auditor"]), 204);
    assert.equal(await remove(ada), 204);
    assert.equal(await remove(ada), 404);
    assert.equal(await rolesOf(ada), undefined);
    const events = await audit(`user=${ada.id}&event=operator_roles_changed`);
    assert.deepEqual(
      events.map(({ detail }) => detail),
      [
        { roles: [], before: ["auditor"] },
        { roles: ["auditor"], before: ["people", "apps"] },
        { roles: ["people", "apps"], before: [] },
      ],
    );
  });

  test("are those that there are, of people that there are", async () => {
    const ada = await op.person();
    for (const roles of [[], ["emperor"], "owner", [1], null]) assert.equal(await grant(op, ada, roles), 400, JSON.stringify(roles));
    assert.equal(await grant(op, { id: "nothing" }, ["owner"]), 404);
    assert.equal(await grant(op, ada, ["owner"], { json: { roles: ["owner"], until: 1 } }), 400);
  });

  test("go with their person", async () => {
    const ada = await op.person();
    await grant(op, ada, ["owner"]);
    await op.admin(`/admin/api/users/${ada.id}`, { method: "DELETE" });
    assert.equal(await rolesOf(ada), undefined);
  });

  test("are given and taken by keys that may, never beyond what these may do themselves", async () => {
    const ada = await op.person();
    for (const scopes of [["people:write"], ["api_keys:write"], ["operators:read"]]) {
      assert.equal(await grant(op, ada, ["people"], { bearer: await key(scopes) }), 403, scopes.join());
    }
    const narrow = await key(["operators:write", "people:write", "groups:write", "audit:read", "mail:read"]);
    assert.equal(await grant(op, ada, ["people"], { bearer: narrow }), 204);
    for (const beyond of ["owner", "apps", "auditor", "read_only"]) {
      const refused = await op.fetch(`${PATH}/${ada.id}`, { method: "PUT", bearer: narrow, json: { roles: ["people", beyond] } });
      assert.equal(refused.status, 403, beyond);
      assert.match(refused.headers.get("www-authenticate"), /insufficient_scope/);
    }
    assert.deepEqual(await rolesOf(ada), ["people"]);
    await grant(op, ada, ["owner"]);
    assert.equal(await grant(op, ada, ["people"], { bearer: narrow }), 403, "nor are roles taken that go beyond");
    assert.equal(await remove(ada, { bearer: narrow }), 403);
    assert.deepEqual(await rolesOf(ada), ["owner"]);
    // Written down after the answers.
    const tries = async () => (await audit("event=operator_refused")).filter(({ detail }) => detail?.user === ada.id).length;
    for (let n = 0; n < 50 && (await tries()) === 0; n++);
    assert.ok((await tries()) > 0, "what was tried is in the audit");
  });

  test("of a person are set by owners at the console, never their own", async () => {
    const [owner, ada] = [await operator(op, "owner"), await op.person()];
    const page = await owner.open(`/admin/people/${ada.id}`);
    const done = await owner.browser.submit(page, "save-roles", { role: ["people", "apps"] }, { button: "save-roles" });
    assert.match(done.html, /The roles are saved/);
    assert.deepEqual(await rolesOf(ada), ["people", "apps"]);
    assert.match(done.html, /value="people" checked/);
    await owner.browser.submit(page, "save-roles", { role: ["owner"] }, { button: "save-roles" });
    assert.deepEqual(await rolesOf(ada), ["people", "apps"], "the page was made of other roles");
    const [event] = await audit(`user=${ada.id}&event=operator_roles_changed`);
    assert.equal(event.operator_user_id, owner.person.id);
    assert.equal((await owner.act(ada, { do: "roles", shown: "people apps" })).status, 303);
    assert.equal(await rolesOf(ada), undefined);
  });

  test("of two owners who take them from each other at once are left to one", async () => {
    for (let n = 0; n < 3; n++) {
      const [one, two] = [await operator(op, "owner"), await operator(op, "owner")];
      await Promise.all([one.act(two.person, { do: "roles", shown: "owner" }), two.act(one.person, { do: "roles", shown: "owner" })]);
      const left = [await rolesOf(one.person), await rolesOf(two.person)].filter(Boolean);
      assert.equal(left.length, 1);
    }
  });

  test("end a set-up link that was made before: whoever made it may do less", async () => {
    const ada = await op.person();
    const { url } = await (await op.admin(`/admin/api/users/${ada.id}/setup_link`, { method: "POST" })).json();
    assert.equal((await op.fetch(url)).status, 200);
    assert.equal(await grant(op, ada, ["owner"]), 204);
    assert.equal((await op.fetch(url)).status, 400);
  });

  test("of several who give them at once are those of one, and the audit tells of each that counted", async () => {
    const ada = await op.person();
    const roles = ["owner", "people", "apps", "auditor", "read_only"];
    const statuses = await Promise.all(roles.map((role) => grant(op, ada, [role])));
    const counted = statuses.filter((status) => status === 204).length;
    assert.ok(counted >= 1 && statuses.every((status) => [204, 409].includes(status)), statuses.join());
    const events = await audit(`user=${ada.id}&event=operator_roles_changed`);
    assert.equal(events.length, counted);
    assert.deepEqual(await rolesOf(ada), events[0].detail.roles);
  });
});

test("operators who are people are no more than others at the admin API", async () => {
  const owner = await operator(op, "owner");
  assert.equal((await owner.browser.fetch("/admin/api/users")).status, 401);
  assert.equal((await owner.browser.fetch("/admin/api/users", { form: { username: "x" } })).status, 401);
});
