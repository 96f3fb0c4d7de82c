// Groups of people: the operator's API, and what people see of them.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { startLimen } from "../support/limen.mjs";
import { change, groupOf } from "./support.mjs";

const op = await startLimen();
const GROUPS = "/admin/api/groups";

const create = (name, on = op) => on.admin(GROUPS, { json: { name } });
const events = (event) => op.rows("SELECT user_id, detail FROM audit WHERE event = ? ORDER BY id", event);
const namesOf = async (person) => {
  const { groups } = await op.json(`/admin/api/users/${person.id}/groups`, { bearer: op.adminToken });
  return groups.map(({ name }) => name);
};
const membersOf = async (group) => {
  const { members } = await op.json(`${GROUPS}/${group.id}/members`, { bearer: op.adminToken });
  return members.map(({ id }) => id);
};

describe("a group", () => {
  test("has an id and a name, and can be renamed and deleted", async () => {
    const group = await (await create("Writers")).json();
    assert.ok(group.id.length >= 16);
    assert.equal(group.name, "Writers");
    const renamed = await op.admin(`${GROUPS}/${group.id}`, { method: "PATCH", json: { name: "Authors" } });
    assert.equal((await renamed.json()).name, "Authors");
    assert.equal((await op.admin(`${GROUPS}/${group.id}`, { method: "DELETE" })).status, 204);
    assert.equal((await op.admin(`${GROUPS}/${group.id}`)).status, 404);
    for (const event of ["group_created", "group_changed", "group_deleted"]) {
      const [{ detail }] = await events(event);
      assert.equal(JSON.parse(detail).group, group.id, event);
    }
  });

  const HOSTILE = {
    "markup": "<script>alert(1)</script>",
    "a comma, which separates groups in a header": "users,admins",
    "a semicolon": "users;admins",
    "a quote": 'users"admins',
    "a newline": "users\nadmins",
    "nothing to see": "\u3164",
    "an invisible letter": "admin\u200bs",
    "letters of two scripts": "\u0430dmins",
    "another direction": "\u202enimda",
    "a blank at its end": "admins ",
    "101 letters": "x".repeat(101),
    "nothing": "",
    "a number": 7,
    "a list": ["admins"],
  };
  for (const [what, name] of Object.entries(HOSTILE)) {
    test(`with ${what} as its name is refused`, async () => {
      const response = await create(name);
      const { error_description: why } = await response.json();
      assert.equal(response.status, 400);
      assert.match(why, /^name must be/);
    });
  }

  test("looks like no other: the second of two names that look the same is refused", async () => {
    assert.equal((await create("Cope")).status, 201);
    // Full width, other case, Cyrillic throughout.
    for (const name of ["cope", "\uff23ope", "\u0441\u043e\u0440\u0435"]) assert.equal((await create(name)).status, 409, name);
    const group = await groupOf(op);
    const renamed = await op.admin(`${GROUPS}/${group.id}`, { method: "PATCH", json: { name: "COPE" } });
    assert.equal(renamed.status, 409);
    const own = await op.admin(`${GROUPS}/${group.id}`, { method: "PATCH", json: { name: group.name.toUpperCase() } });
    assert.equal(own.status, 200, "another spelling of its own name");
  });

  test("of one name 10 times at once is made once", async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => create("At once")));
    assert.equal(answers.filter(({ status }) => status === 201).length, 1);
    assert.ok(answers.every(({ status }) => [201, 409].includes(status)));
  });

  test("is not made of members that are not known, which are named", async () => {
    const response = await op.admin(GROUPS, { json: { name: "Odd", members: [] } });
    assert.equal(response.status, 400);
    assert.match((await response.json()).error_description, /members/);
    const listed = await op.admin(`${GROUPS}?name=x`);
    assert.match((await listed.json()).error_description, /name/);
  });
});

test("nobody but the operator sees or changes groups", async () => {
  const [group, person] = [await groupOf(op), await op.person()];
  const client = await op.client();
  const { access_token: bearer } = await client.tokens(await op.browser().obtain(client, person));
  for (const [path, init] of [
    [GROUPS, {}],
    [GROUPS, { json: { name: "Mine" } }],
    [`${GROUPS}/${group.id}`, { method: "DELETE" }],
    [`${GROUPS}/${group.id}/members`, {}],
    [`${GROUPS}/${group.id}/members/${person.id}`, { method: "PUT" }],
    [`/admin/api/users/${person.id}/groups`, {}],
    [`/admin/api/users/${person.id}/groups`, { json: { add: [group.id] } }],
  ]) {
    for (const presented of [undefined, bearer, client.registered.registration_access_token]) {
      assert.equal((await op.fetch(path, { ...init, bearer: presented })).status, 401, path);
    }
  }
  assert.deepEqual(await namesOf(person), []);
});

describe("members", () => {
  test("are added and removed, many at once, and each is written down about them", async () => {
    const people = await Promise.all(Array.from({ length: 5 }, () => op.person()));
    const group = await groupOf(op, people);
    assert.deepEqual((await membersOf(group)).sort(), people.map(({ id }) => id).sort());
    await change(op, group, { add: [people[0]], remove: people.slice(3) });
    assert.deepEqual((await membersOf(group)).sort(), people.slice(0, 3).map(({ id }) => id).sort());
    const about = (rows) => rows.filter(({ detail }) => detail.includes(group.id)).map(({ user_id: id }) => id).sort();
    assert.deepEqual(about(await events("group_member_added")), people.map(({ id }) => id).sort());
    assert.deepEqual(about(await events("group_member_removed")), people.slice(3).map(({ id }) => id).sort());
  });

  test("are added all or none, and who is not there is named", async () => {
    const [person, group] = [await op.person(), await groupOf(op)];
    const gone = await op.person();
    await op.admin(`/admin/api/users/${gone.id}`, { method: "DELETE" });
    const response = await op.admin(`${GROUPS}/${group.id}/members`, { json: { add: [person.id, gone.id] } });
    assert.equal(response.status, 404);
    assert.match((await response.json()).error_description, new RegExp(gone.id));
    assert.deepEqual(await membersOf(group), []);
  });

  test("move from group to group at once", async () => {
    const person = await op.person();
    const [from, to] = [await groupOf(op, [person], "From"), await groupOf(op, [], "To")];
    const path = `/admin/api/users/${person.id}/groups`;
    const moved = await op.json(path, { json: { add: [to.id], remove: [from.id] }, bearer: op.adminToken });
    assert.deepEqual(moved.groups.map(({ name }) => name), ["To"]);
    const wrong = await op.admin(path, { json: { add: ["nothing"], remove: [to.id] } });
    assert.equal(wrong.status, 404);
    assert.deepEqual(await namesOf(person), ["To"], "nothing of it was done");
  });

  test("go with their group, and with their account", async () => {
    const [ada, grace] = [await op.person(), await op.person()];
    const [group, other] = [await groupOf(op, [ada, grace]), await groupOf(op, [ada])];
    await op.admin(`${GROUPS}/${group.id}`, { method: "DELETE" });
    assert.deepEqual(await namesOf(ada), [other.name]);
    await op.admin(`/admin/api/users/${ada.id}`, { method: "DELETE" });
    assert.deepEqual(await membersOf(other), []);
    assert.deepEqual(await op.rows("SELECT * FROM group_members WHERE user_id = ? OR group_id = ?", ada.id, group.id), []);
  });

  test("a person is in 1000 groups at most", async () => {
    const person = await op.person();
    const numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999)";
    await op.rows(`INSERT INTO groups (id, name, name_folded, created_at, updated_at) ${numbers} SELECT 'm-' || i, 'm-' || i, 'm-' || i, 0, 0 FROM n`);
    await op.rows("INSERT INTO group_members (user_id, group_id) SELECT ?, id FROM groups WHERE id LIKE 'm-%'", person.id);
    const [one, two] = [await groupOf(op), await groupOf(op)];
    const both = await op.admin(`/admin/api/users/${person.id}/groups`, { json: { add: [one.id, two.id] } });
    assert.equal(both.status, 409);
    await change(op, one, { add: [person] });
    const beyond = await op.admin(`${GROUPS}/${two.id}/members/${person.id}`, { method: "PUT" });
    assert.equal(beyond.status, 409);
    await change(op, one, { add: [person] });
  });
});

describe("lists", () => {
  test("of 10,000 groups come in pages, each group once, and are searched by how names begin", async () => {
    const large = await startLimen();
    const numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)";
    await large.rows(`INSERT INTO groups (id, name, name_folded, created_at, updated_at) ${numbers} SELECT 'g-' || i, 'Group ' || i, 'group ' || i, 0, 0 FROM n`);
    const seen = new Set();
    let next = "";
    for (let page = 0; page < 60 && next !== null; page++) {
      const list = await large.json(`${GROUPS}?after=${encodeURIComponent(next)}`, { bearer: large.adminToken });
      for (const { id } of list.groups) seen.add(id);
      next = list.next;
    }
    assert.equal(seen.size, 10_000);
    const found = await large.json(`${GROUPS}?search=GROUP%20999`, { bearer: large.adminToken });
    assert.deepEqual(found.groups.map(({ name }) => name).sort(), ["Group 999", ...Array.from({ length: 10 }, (_, n) => `Group 999${n}`)]);
    const nothing = await large.json(`${GROUPS}?search=%25`, { bearer: large.adminToken });
    assert.deepEqual(nothing.groups, [], "a sign of SQL's stands for itself");
  });

  test("of 100,000 members come in pages, and the group is deleted with them", async () => {
    const large = await startLimen();
    const { id } = await (await create("Everybody", large)).json();
    const numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)";
    await large.rows(`INSERT INTO users (id, username, claims, created_at, updated_at, folded_at) ${numbers} SELECT printf('u-%06d', i), 'u-' || i, '{}', 0, 0, 0 FROM n`);
    await large.rows("INSERT INTO group_members (user_id, group_id) SELECT id, ? FROM users", id);
    const first = await large.json(`${GROUPS}/${id}/members`, { bearer: large.adminToken });
    assert.equal(first.members.length, 200);
    const second = await large.json(`${GROUPS}/${id}/members?after=${first.next}&limit=1`, { bearer: large.adminToken });
    assert.equal(second.members[0].id, "u-000201");
    assert.equal((await large.admin(`${GROUPS}/${id}`, { method: "DELETE" })).status, 204);
    const [{ left }] = await large.rows("SELECT COUNT(*) AS left FROM group_members");
    assert.equal(left, 0);
  });
});

describe("a person", () => {
  test("sees their groups on their account, and in the copy of their data, and not those of others", async () => {
    const [ada, grace] = [await op.person(), await op.person()];
    const [mine, theirs] = [await groupOf(op, [ada]), await groupOf(op, [grace])];
    const browser = op.browser();
    await browser.signIn(await browser.open("/account/profile"), ada);
    const { text } = await browser.open("/account/profile");
    assert.ok(text.includes(mine.name) && !text.includes(theirs.name), text);
    const copy = await (await browser.fetch("/account/data/download")).json();
    assert.deepEqual(copy.groups.map(({ id }) => id), [mine.id]);
    const activity = await browser.open("/account/activity");
    assert.match(activity.text, /put into a group/);
  });

  test("cannot put themselves into a group by the form of their profile", async () => {
    const [ada, group] = [await op.person(), await groupOf(op)];
    const browser = op.browser();
    await browser.signIn(await browser.open("/account/profile"), ada);
    await browser.submit(await browser.open("/account/profile"), "save", { groups: group.id, memberships: group.id });
    assert.deepEqual(await namesOf(ada), []);
  });
});
