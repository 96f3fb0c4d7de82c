// What an operator keeps of people and groups, and roles of single people, at the console.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { startLimen } from "../support/limen.mjs";
import { operator } from "./support.mjs";

const ATTRIBUTES = JSON.stringify({
  office: { title: "Office", "title#de": "B\u00fcro", person: "see", scope: "work" },
  badge: { type: "number" },
  remote: { type: "flag" },
  teams: { type: "list" },
});
const op = await startLimen({ vars: { ATTRIBUTES } });
const owner = await operator(op, "owner");
const read = (path) => op.json(path, { bearer: op.adminToken });
const csrfOf = async (one) => /name="csrf" value="([^"]+)"/.exec((await one.browser.open("/account/profile")).html)[1];

describe("what is kept of a person", () => {
  test("is shown and changed, in the types that it has, and is in the audit without its values", async () => {
    const ada = await op.person();
    const path = `/admin/people/${ada.id}/attributes`;
    assert.ok((await owner.open(`/admin/people/${ada.id}`)).html.includes(`href="${path}"`));
    const form = await owner.open(path);
    assert.ok(form.text.includes("Office"));
    const fields = { attribute_office: "Berlin", attribute_badge: "42", attribute_remote: "yes", attribute_teams: "red\r\nblue" };
    const saved = await owner.browser.submit(form, "save", fields);
    assert.equal(saved.status, 200);
    const { attributes } = await read(`/admin/api/users/${ada.id}`);
    assert.deepEqual(attributes, { office: "Berlin", badge: 42, remote: true, teams: ["red", "blue"] });
    const { events } = await read(`/admin/api/audit?user=${ada.id}&event=user_changed`);
    assert.equal(events[0].operator_user_id, owner.person.id);
    assert.ok(!JSON.stringify(events).includes("Berlin"));
    const again = await owner.open(path);
    await owner.browser.submit(again, "save", { ...fields, attribute_badge: "" });
    assert.equal((await read(`/admin/api/users/${ada.id}`)).attributes.badge, undefined);
  });

  test("that does not fit is shown with what was typed, and nothing is changed", async () => {
    const ada = await op.person();
    const path = `/admin/people/${ada.id}/attributes`;
    const form = await owner.open(path);
    const wrong = await owner.browser.submit(form, "save", { attribute_office: "Berlin", attribute_badge: "many" });
    assert.equal(wrong.status, 400);
    assert.equal(wrong.elements("input").find(({ id }) => id === "attribute_badge").value, "many");
    assert.equal((await read(`/admin/api/users/${ada.id}`)).attributes?.office, undefined);
  });

  test("is not changed where somebody else has changed it, of an operator who may do more, or of oneself", async () => {
    const ada = await op.person();
    const path = `/admin/people/${ada.id}/attributes`;
    const form = await owner.open(path);
    op.clock.advance({ seconds: 2 });
    await op.changePerson(ada, { attributes: { office: "Paris" } });
    const stale = await owner.browser.submit(form, "save", { attribute_office: "Berlin" });
    assert.equal(stale.status, 400);
    assert.match(stale.alert, /was changed since this page/);
    assert.equal((await read(`/admin/api/users/${ada.id}`)).attributes.office, "Paris");
    const people = await operator(op, "people");
    const csrf = await csrfOf(people);
    for (const whom of [owner.person, people.person]) {
      const page = await people.open(`/admin/people/${whom.id}/attributes`);
      assert.ok(page.status === 200 && !page.html.includes('id="save"'));
      const form = { csrf, shown: "1", attribute_office: "Rome" };
      assert.equal((await people.browser.fetch(`/admin/people/${whom.id}/attributes`, { form })).status, 403);
    }
    const reader = await operator(op, "read_only");
    assert.ok(!(await reader.open(path)).html.includes('id="save"'));
  });

  test("may be looked at by who may not change it: that alone is no attempt, and no event", async () => {
    const tries = async () => (await read("/admin/api/audit?event=operator_refused")).events.length;
    const [reader, people] = [await operator(op, "read_only"), await operator(op, "people")];
    const path = `/admin/people/${owner.person.id}/attributes`;
    const before = await tries();
    for (const one of [reader, people]) assert.equal((await one.open(path)).status, 200);
    assert.equal(await tries(), before);
    const form = { csrf: await csrfOf(people), shown: "1", attribute_office: "Rome" };
    assert.equal((await people.browser.fetch(path, { form })).status, 403);
    assert.equal(await tries(), before + 1);
  });
});

test("what is kept of a group is shown and changed", async () => {
  const { id } = await op.json("/admin/api/groups", { json: { name: "Staff" }, bearer: op.adminToken });
  const path = `/admin/groups/${id}/attributes`;
  assert.ok((await owner.open(`/admin/groups/${id}`)).html.includes(`href="${path}"`));
  const form = await owner.open(path);
  await owner.browser.submit(form, "save", { attribute_office: "Lyon", attribute_remote: "yes" });
  assert.deepEqual((await read(`/admin/api/groups/${id}`)).attributes, { office: "Lyon", remote: true });
  assert.equal((await owner.browser.fetch("/admin/groups/none/attributes")).status, 404);
});

describe("roles of single people", () => {
  test("are given by a username or address, shown beside those of groups, and taken", async () => {
    const [client, ada] = [await op.client(), await op.person()];
    const { id: group } = await op.json("/admin/api/groups", { json: { name: "Editors" }, bearer: op.adminToken });
    await op.admin(`/admin/api/clients/${client.id}/roles`, { json: { add: [{ role: "editor", group }] } });
    const path = `/admin/apps/${client.id}/roles`;
    assert.ok((await owner.open(`/admin/apps/${client.id}`)).html.includes(`href="${path}"`));
    const form = await owner.open(path);
    assert.match(form.html, new RegExp(`<a id="name-claim" href="/admin/apps/${client.id}#roles_claim">Claim for roles</a>`));
    assert.match((await owner.open(`/admin/apps/${client.id}`)).html, /id="roles_claim"/);
    const told = /PATCH (\/register\/[\w-]+) (\{.*?\})</.exec(form.html.replaceAll("&#34;", '"').replaceAll("&quot;", '"'));
    assert.equal((await op.admin(told[1], { method: "PATCH", json: JSON.parse(told[2]) })).status, 200, "what it tells works");
    assert.doesNotMatch((await owner.open(path)).html, /id="untold"/);
    const given = await owner.browser.submit(form, "give", { login: ada.email, role: "viewer" }, { button: "give" });
    assert.equal(given.status, 200);
    assert.ok(given.text.includes(ada.username) && given.text.includes("viewer") && given.text.includes("Editors"));
    const roles = async () => (await read(`/admin/api/clients/${client.id}/roles`)).roles.map(({ role }) => role);
    assert.deepEqual(await roles(), ["editor", "viewer"]);
    const [event] = (await read(`/admin/api/audit?user=${ada.id}&event=role_given`)).events;
    assert.equal(event.operator_user_id, owner.person.id);
    const csrf = await csrfOf(owner);
    const take = async () => (await owner.browser.fetch(path, { form: { csrf, take_role: `${ada.id} viewer` } })).headers.get("location");
    assert.match(await take(), /done=removed/);
    assert.match(await take(), /done=nothing/);
    assert.deepEqual(await roles(), ["editor"]);
  });

  test("that cannot be are explained", async () => {
    const client = await op.client();
    const form = await owner.open(`/admin/apps/${client.id}/roles`);
    for (const [fields, why] of [
      [{ login: "nobody", role: "viewer" }, /there is no person/],
      [{ login: owner.person.username, role: "a,b" }, /Role: must/],
    ]) {
      const wrong = await owner.browser.submit(form, "give", fields, { button: "give" });
      assert.equal(wrong.status, 400);
      assert.match(wrong.alert, why);
    }
  });

  test("are for operators who may see people and change groups", async () => {
    const client = await op.client();
    const apps = await operator(op, "apps");
    assert.equal((await apps.browser.fetch(`/admin/apps/${client.id}/roles`)).status, 403);
    assert.ok(!(await apps.open(`/admin/apps/${client.id}`)).html.includes(`/admin/apps/${client.id}/roles`));
    const reader = await operator(op, "read_only");
    const page = await reader.open(`/admin/apps/${client.id}/roles`);
    assert.ok(page.status === 200 && !page.html.includes('id="give"'));
  });
});
