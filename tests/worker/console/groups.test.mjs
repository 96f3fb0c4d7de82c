// Groups at the console: found, made, changed, who is in them and which roles they have.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { startLimen } from "../support/limen.mjs";
import { MAIL_VARS } from "../support/mail.mjs";
import { operator } from "./support.mjs";

const op = await startLimen();
let made = 0;

const audit = async (query) => (await op.json(`/admin/api/audit?${query}`, { bearer: op.adminToken })).events;
const csrfOf = async (browser) => /name="csrf" value="([^"]+)"/.exec((await browser.open("/account/profile")).html)[1];
const group = async (name = `Group ${++made}`) => (await op.admin("/admin/api/groups", { json: { name } })).json();
const at = ({ id }) => `/admin/groups/${id}`;
const members = async ({ id }) => (await op.json(`/admin/api/groups/${id}/members`, { bearer: op.adminToken })).members.map((user) => user.id);
const told = (answer) => /done=(\w+)\./.exec(answer.headers.get("location"))?.[1];

async function sender(one) {
  const csrf = await csrfOf(one.browser);
  return (path, form, init) => one.browser.fetch(path, { form: { csrf, ...form }, ...init });
}

describe("groups", () => {
  test("are found by the beginning of their name, a page at a time, by those who may read them", async () => {
    const own = await startLimen();
    for (let n = 10; n < 62; n++) await own.admin("/admin/api/groups", { json: { name: `Zeta ${n}` } });
    await own.admin("/admin/api/groups", { json: { name: "Alpha" } });
    const one = await operator(own, "people");
    const count = (page) => page.html.match(/<li><a href="\/admin\/groups\/[\w-]+">/g)?.length ?? 0;
    const first = await one.open("/admin/groups?search=ZETA");
    assert.equal(count(first), 50);
    const { href } = first.elements("a").find(({ id }) => id === "next");
    const second = await one.open(href);
    assert.deepEqual([count(second), /id="next"/.test(second.html)], [2, false]);
    assert.match((await one.open("/admin/groups?search=nothing")).text, /No group was found/);
    for (const query of ["x=1", "search=a&search=b"]) assert.equal((await one.open(`/admin/groups?${query}`)).status, 400, query);
    for (const [role, status] of [["owner", 200], ["apps", 200], ["read_only", 200], ["auditor", 403]]) {
      assert.equal((await (await operator(own, role)).open("/admin/groups")).status, status, role);
    }
  });

  test("are made, changed and deleted, under the name of who did it", async () => {
    const one = await operator(op, "people");
    const page = await one.open("/admin/groups");
    const there = await one.browser.submit(page, "make", { name: "  Writers of ours " }, { button: "make" });
    assert.match(there.text, /Writers of ours/);
    assert.match(there.html, /Added\./);
    const id = new URL(there.url).pathname.split("/").at(-1);
    const saved = await one.browser.submit(there, "save", { name: "Authors of ours", factor: "yes" }, { button: "save" });
    assert.match(saved.html, /Saved\./);
    const now = await op.json(`/admin/api/groups/${id}`, { bearer: op.adminToken });
    assert.deepEqual([now.name, now.second_factor_required], ["Authors of ours", true]);
    assert.match(saved.html, /name="factor" type="checkbox" value="yes" checked/);
    const unsure = await one.browser.submit(saved, "delete", {}, { button: "delete" });
    assert.deepEqual([unsure.status, unsure.alert], [400, "nothing was deleted: tick that you are sure"]);
    assert.match(unsure.html, /<details open>[^]*id="sure" name="sure" type="checkbox" value="yes" required aria-invalid="true" aria-describedby="problem"/);
    const gone = await one.browser.submit(unsure, "delete", { sure: "yes" }, { button: "delete" });
    assert.deepEqual([new URL(gone.url).pathname, /Deleted\./.test(gone.html)], ["/admin/groups", true]);
    assert.equal((await one.open(at({ id }))).status, 404);
    for (const event of ["group_created", "group_changed", "group_deleted"]) {
      const [found] = (await audit(`event=${event}`)).filter(({ detail }) => detail.group === id);
      assert.equal(found.operator_user_id, one.person.id, event);
    }
    const send = await sender(one);
    assert.equal(told(await send(at({ id }), { do: "delete", sure: "yes" })), "nothing");
    for (const form of [{ do: "save", name: "x", shown: "no x" }, { do: "add", login: one.person.username }]) assert.equal((await send(at({ id }), form)).status, 404);
  });

  test("that cannot be are explained, and what was typed is there", async () => {
    const one = await operator(op, "owner");
    const [taken, other] = [await group(), await group()];
    for (const name of [taken.name, taken.name.toUpperCase(), "<b>x</b>", "", "a,b"]) {
      const page = await one.browser.submit(await one.open("/admin/groups"), "make", { name }, { button: "make" });
      assert.equal(page.status, 400, name);
      assert.match(page.alert, name.toLowerCase() === taken.name.toLowerCase() ? /the name is taken/ : /Name: must be/);
      assert.doesNotMatch(page.html, /<b>/);
      assert.equal(page.elements("input").find(({ id }) => id === "name").value, name);
    }
    const page = await one.browser.submit(await one.open(at(other)), "save", { name: taken.name }, { button: "save" });
    assert.deepEqual([page.status, /the name is taken/.test(page.alert)], [400, true]);
    assert.equal((await op.json(`/admin/api/groups/${other.id}`, { bearer: op.adminToken })).name, other.name);
  });
});

test("a form about a group that somebody has changed since takes nothing back", async () => {
  const one = await operator(op, "people");
  const staff = await group();
  const page = await one.open(at(staff));
  await op.admin(`/admin/api/groups/${staff.id}`, { method: "PATCH", json: { second_factor_required: true } });
  const late = await one.browser.submit(page, "save", { name: "Late" }, { button: "save" });
  assert.deepEqual([late.status, /was changed since this page/.test(late.alert)], [400, true]);
  const again = await one.browser.submit(late, "save", { name: "Late" }, { button: "save" });
  assert.equal(again.status, 400, "what was typed still belongs to the page of before");
  const now = await op.json(`/admin/api/groups/${staff.id}`, { bearer: op.adminToken });
  assert.deepEqual([now.name, now.second_factor_required], [staff.name, true]);
  await one.browser.submit(await one.open(at(staff)), "save", { name: "In time" }, { button: "save" });
  const [event] = (await audit("event=group_changed")).filter(({ detail }) => detail.group === staff.id);
  assert.deepEqual(event.detail.before, { name: staff.name, second_factor_required: true });
});

describe("people", () => {
  test("are added by username or address, taken out, and shown a page at a time", async () => {
    const one = await operator(op, "people");
    const [staff, ada, grace] = [await group(), await op.person({ name: "<i>Ada</i>" }), await op.person()];
    const page = await one.open(at(staff));
    const added = await one.browser.submit(page, "add", { login: ` ${ada.username.toUpperCase()} ` }, { button: "add" });
    assert.match(added.text, /<i>Ada<\/i>/);
    assert.doesNotMatch(added.html, /<i>/);
    await one.browser.submit(added, "add", { login: grace.email }, { button: "add" });
    assert.deepEqual(new Set(await members(staff)), new Set([ada.id, grace.id]));
    const nobody = await one.browser.submit(added, "add", { login: "nobody" }, { button: "add" });
    assert.deepEqual([nobody.status, /there is no person/.test(nobody.alert)], [400, true]);
    const send = await sender(one);
    assert.equal(told(await send(at(staff), { remove: ada.id })), "removed");
    assert.equal(told(await send(at(staff), { remove: ada.id })), "nothing");
    assert.equal((await send(at(staff), { remove: "nothing" })).status, 400);
    const path = `/admin/people/${grace.id}`;
    assert.match((await one.open(path)).html, new RegExp(`href="${at(staff)}"`));
    assert.equal(told(await send(path, { leave_group: staff.id })), "removed");
    assert.deepEqual(await members(staff), []);
    for (const [event, times] of [["group_member_added", 1], ["group_member_removed", 1]]) {
      const events = await audit(`user=${ada.id}&event=${event}`);
      assert.deepEqual(events.map(({ operator_user_id: id }) => id), Array(times).fill(one.person.id), event);
    }

    await op.rows("INSERT INTO users (id, username, username_folded, subject_salt, claims, created_at, updated_at) WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 152) SELECT 'many-' || i, 'many-' || i, 'many-' || i, 's' || i, '{}', 1, 1 FROM n");
    await op.rows("INSERT INTO group_members (user_id, group_id) SELECT id, ? FROM users WHERE id LIKE 'many-%'", staff.id);
    const first = await one.open(at(staff));
    const count = (page) => page.html.match(/name="remove" value=/g)?.length ?? 0;
    assert.equal(count(first), 50);
    const { href } = first.elements("a").find(({ id }) => id === "next");
    assert.equal(count(await one.open(href)), 3);
  });

  test("are not found by an address that nobody confirmed, where mails are sent", async () => {
    const own = await startLimen({ vars: MAIL_VARS });
    const one = await operator(own, "people");
    const { id } = await (await own.admin("/admin/api/groups", { json: { name: "Board" } })).json();
    const mallory = await own.person({ email: "boss@acme.test", email_verified: false });
    const page = await one.open(`/admin/groups/${id}`);
    const refused = await one.browser.submit(page, "add", { login: "boss@acme.test" }, { button: "add" });
    assert.equal(refused.status, 400);
    assert.deepEqual((await own.json(`/admin/api/users/${mallory.id}/groups`, { bearer: own.adminToken })).groups, []);
  });
});

describe("roles", () => {
  test("of a group at an app are given and taken", async () => {
    const one = await operator(op, "people");
    const [staff, client] = [await group(), await op.client({ client_name: "<b>Wiki</b>" })];
    const page = await one.open(at(staff));
    assert.deepEqual([page.has("app"), page.html.includes(`<option value="${client.id}"`)], [true, false], "who may not see apps types the id");
    const given = await one.browser.submit(page, "give", { app: client.id, role: "Grafana Admin" }, { button: "give" });
    assert.match(given.text, /Grafana Admin.*<b>Wiki<\/b>/);
    assert.doesNotMatch(given.html, /<b>/);
    const roles = async () => (await op.json(`/admin/api/clients/${client.id}/roles`, { bearer: op.adminToken })).roles;
    assert.deepEqual((await roles()).map(({ role, group: id }) => [role, id]), [["Grafana Admin", staff.id]]);
    const send = await sender(one);
    assert.equal(told(await send(at(staff), { take_role: `${client.id} Grafana Admin` })), "removed");
    assert.deepEqual(await roles(), []);
    for (const form of [{ do: "give_role", app: "nothing", role: "x" }, { do: "give_role", app: client.id, role: "a,b" }, { take_role: client.id }]) {
      assert.equal((await send(at(staff), form)).status, 400, JSON.stringify(form));
    }
    const [event] = await audit(`client=${client.id}&event=role_given`);
    assert.equal(event.operator_user_id, one.person.id);
    assert.deepEqual(event.detail, { roles: ["Grafana Admin"], groups: [staff.id] });
    assert.equal(told(await send(at(staff), { take_role: `${client.id} Grafana Admin` })), "nothing");
  });

  test("are given at an app by its name, which says whether it is told of roles; where there are many, by its id", async () => {
    const own = await startLimen();
    const one = await operator(own, "owner");
    const { id } = await (await own.admin("/admin/api/groups", { json: { name: "Staff" } })).json();
    const [wiki, grafana] = [await own.client({ client_name: "<b>Wiki</b>" }), await own.client({ client_name: "Grafana" })];
    await own.admin(`/register/${grafana.id}`, { method: "PATCH", json: { roles_claim: "roles" } });
    const page = await one.open(at({ id }));
    const options = [...page.html.matchAll(/<option value="([^"]+)"[^>]*>([^<]*)</g)].map(([, value, text]) => [value, text]);
    assert.deepEqual(options.map(([value]) => value), [wiki.id, grafana.id]);
    assert.deepEqual(options.map(([, text]) => /told of no roles/.test(text)), [true, false]);
    const refused = await one.browser.submit(page, "give", { app: grafana.id, role: "a,b" }, { button: "give" });
    assert.match(refused.html, new RegExp(`<option value="${grafana.id}" selected>`));
    assert.match((await one.browser.submit(page, "give", { app: "", role: "x" }, { button: "give" })).alert, /no such client/);
    const told = await one.browser.submit(page, "give", { app: grafana.id, role: "Admin" }, { button: "give" });
    assert.doesNotMatch(told.text, /before a claim for them is named/);
    const untold = await one.browser.submit(page, "give", { app: wiki.id, role: "editor" }, { button: "give" });
    assert.match(untold.text, /before a claim for them is named/);
    assert.ok(untold.elements("a").some(({ href }) => href === `/admin/apps/${wiki.id}`));
    await own.rows("INSERT INTO clients (id, version, metadata, auth_method, issued_at, updated_at) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99) SELECT 'many-' || i, 1, '{}', 'none', 1, 1 FROM n");
    const many = await one.open(at({ id }));
    assert.ok(many.elements("input").some(({ id }) => id === "app") && !many.html.includes("<select"));
  });
});

test("groups are changed by those who may, with a proof of this very sign-in, of just now, and not where the database fails", async () => {
  const [staff, ada] = [await group(), await op.person()];
  const forms = [{ do: "save", name: "Mine", shown: "no Mine" }, { do: "delete" }, { do: "add", login: ada.username }, { remove: ada.id }, { do: "give_role", app: "x", role: "y" }, { take_role: "x y" }];
  for (const role of ["apps", "read_only", "auditor"]) {
    const one = await operator(op, role);
    const send = await sender(one);
    if (role !== "auditor") {
      const page = await one.open(at(staff));
      assert.ok(page.status === 200 && !page.has("save") && !page.has("add") && !page.has("give"), role);
      assert.equal(page.html.includes('id="members"'), role === "read_only", role);
    }
    for (const form of forms) assert.equal((await send(at(staff), form)).status, 403, `${role} ${JSON.stringify(form)}`);
    assert.equal((await send("/admin/groups", { name: "Mine" })).status, 403, role);
  }
  const [one, other] = [await operator(op, "people"), await operator(op, "people")];
  const send = await sender(one);
  for (const csrf of ["", "x", await csrfOf(other.browser)]) {
    assert.equal((await send(at(staff), { csrf, do: "delete" })).status, 403);
    assert.equal((await send("/admin/groups", { csrf, name: "Mine" })).status, 403);
  }
  for (const form of [{}, { do: "x" }, { do: "delete", remove: ada.id }, { do: ["save", "delete"] }]) assert.equal((await send(at(staff), form)).status, 400, JSON.stringify(form));
  assert.equal((await send(at(staff), { do: "delete" }, { d1: { down: true } })).status, 503);
  assert.equal((await one.open("/admin/groups/nothing")).status, 404);
  op.clock.advance({ minutes: 11 });
  const stale = await send(at(staff), { do: "delete" });
  assert.deepEqual([stale.status, stale.headers.get("location")], [303, `/login?page=admin/groups/${staff.id}`]);
  const page = await one.open(at(staff));
  assert.ok(page.html.includes('id="confirm"') && !page.has("save"));
  assert.equal((await op.json(`/admin/api/groups/${staff.id}`, { bearer: op.adminToken })).name, staff.name);
});
