// Lists of people and of apps: found, filtered, sorted, page by page.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const op = await startLimen({ vars: { REGISTRATION: "open", CLIENT_ID_METADATA_DOCUMENTS: "on" } });

/** All rows of a list, page by page. */
async function all(path, name, limit = 2) {
  const rows = [];
  for (let after = ""; after !== null; ) {
    const joint = path.includes("?") ? "&" : "?";
    const page = `${path}${joint}limit=${limit}${after && `&after=${encodeURIComponent(after)}`}`;
    const { [name]: some, next } = await op.json(page, { bearer: op.adminToken });
    assert.ok(some.length <= limit);
    rows.push(...some);
    after = next;
  }
  return rows;
}
const refused = async (path) => {
  const response = await op.admin(path);
  assert.equal(response.status, 400, path);
  return (await response.json()).error_description;
};

describe("people", async () => {
  const people = (query) => all(`/admin/api/users?${query}`, "users").then((users) => users.map(({ username }) => username));
  const make = async (json) => (await (await op.admin("/admin/api/users", { json })).json()).id;
  const ids = {};
  for (const [username, email] of [["zora", "ada@acme.test"], ["adam", "adam@acme.test"], ["ADA", null], ["bob", "bob@acme.test"]]) {
    ids[username] = await make({ username, ...(email && { email }) });
    op.clock.advance({ minutes: 1 });
  }
  await op.admin(`/admin/api/users/${ids.bob}`, { method: "PATCH", json: { disabled: true } });
  const { id: group } = await (await op.admin("/admin/api/groups", { json: { name: "Staff" } })).json();
  await op.admin(`/admin/api/groups/${group}/members`, { json: { add: [ids.zora, ids.bob] } });

  test("are found by the beginning of a name or an address, each once, sorted by it", async () => {
    assert.deepEqual(await people("search=Ada"), ["ada", "zora", "adam"]);
    assert.deepEqual(await people("search=adam@"), ["adam"]);
    assert.deepEqual(await people("search=carol"), []);
    assert.deepEqual(await people("search=%25"), [], "no pattern");
    assert.deepEqual(await people("sort=name"), ["ada", "adam", "bob", "zora"]);
  });

  test("come the newest first, where that is asked for", async () => {
    assert.deepEqual(await people("sort=newest"), ["bob", "ada", "adam", "zora"]);
  });

  test("are narrowed by id, group, and whether they are disabled", async () => {
    assert.deepEqual(await people(`id=${ids.adam}`), ["adam"]);
    assert.deepEqual((await people(`group=${group}`)).toSorted(), ["bob", "zora"]);
    assert.deepEqual(await people(`group=${group}&disabled=false`), ["zora"]);
    assert.deepEqual(await people("disabled=true"), ["bob"]);
    assert.deepEqual(await people("search=ada&disabled=true"), []);
    assert.deepEqual(await people("group=nothing"), []);
  });

  test("a parameter or a cursor that means nothing is refused by its name", async () => {
    assert.match(await refused("/admin/api/users?locked=true"), /locked/);
    assert.match(await refused("/admin/api/users?sort=age"), /sort/);
    assert.match(await refused("/admin/api/users?disabled=yes"), /disabled/);
    assert.match(await refused(`/admin/api/users?sort=newest&after=${ids.bob}`), /after/);
    assert.match(await refused(`/admin/api/users?after=${ids.bob}%20x`), /after/);
    assert.match(await refused(`/admin/api/users?after=${"x".repeat(2_001)}`), /after/);
  });
});

describe("apps", async () => {
  const apps = (query) => all(`/admin/api/clients?${query}`, "clients");
  const names = async (query) => (await apps(query)).map(({ client_name }) => client_name).toSorted();
  const notes = await op.client({ client_name: "Acme Notes" });
  await op.serviceClient({ client_name: "Night Job", scope: "jobs" });
  const open = await op.fetch("/register", { json: { client_name: "Stranger's notes", redirect_uris: ["https://app.acme.test/cb"] } });
  assert.equal(open.status, 201);

  test("are found by name or by the beginning of their id", async () => {
    assert.deepEqual(await names("search=NOTES"), ["Acme Notes", "Stranger's notes"]);
    assert.deepEqual(await names(`search=${notes.id.slice(0, 8)}`), ["Acme Notes"]);
    assert.deepEqual(await names(`client_id=${notes.id}`), ["Acme Notes"]);
    assert.deepEqual(await names("client_id=nothing"), []);
    assert.deepEqual(await names("search=%25"), []);
  });

  test("are narrowed by grant and by who registered them", async () => {
    assert.deepEqual(await names("grant=client_credentials"), ["Night Job"]);
    assert.deepEqual(await names("registered_by=operator"), ["Acme Notes", "Night Job"]);
    assert.deepEqual(await names("registered_by=itself"), ["Stranger's notes"]);
    assert.deepEqual(await names("registered_by=document"), []);
    assert.equal((await apps("")).length, 3);
  });

  test("are narrowed by whether they are disabled", async () => {
    await op.admin(`/register/${notes.id}`, { method: "PATCH", json: { disabled: true } });
    assert.deepEqual(await names("disabled=true"), ["Acme Notes"]);
    assert.deepEqual(await names("disabled=false"), ["Night Job", "Stranger's notes"]);
  });

  test("are shown without anything secret", async () => {
    const [listed] = await apps(`client_id=${notes.id}`);
    assert.deepEqual(Object.keys(listed).toSorted(), [
      "application_type", "client_id", "client_id_issued_at", "client_name", "disabled", "grant_types", "registered_by",
      "token_endpoint_auth_method", "updated_at", "version", "waiting",
    ]);
    assert.ok(!JSON.stringify(listed).includes(notes.secret));
  });

  test("a filter that there is not is refused by its name", async () => {
    assert.match(await refused("/admin/api/clients?name=x"), /name/);
    assert.match(await refused("/admin/api/clients?grant=magic"), /grant/);
    assert.match(await refused("/admin/api/clients?registered_by=me"), /registered_by/);
  });

  test("one among thousands is found on a later page, each of which looks at a bounded number", async () => {
    const row = `INSERT INTO clients (id, version, metadata, auth_method, issued_at, updated_at)
      WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 6000)
      SELECT 'zz' || printf('%05d', n), 1, '{"client_name":"' || IIF(n = 6000, 'Needle', 'Hay') || '","redirect_uris":["https://a.test/"]}', 'none', 0, 0 FROM n`;
    await op.db.prepare(row).run();
    const first = await op.json("/admin/api/clients?search=needle", { bearer: op.adminToken });
    assert.deepEqual(first.clients, []);
    assert.ok(first.next);
    assert.deepEqual(await names("search=needle"), ["Needle"]);
  });
});
