// APIs that operators declare: /admin/api/apis.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { startLimen } from "../support/limen.mjs";
import { PATH, declare, fresh, patch, remove } from "./support.mjs";

const FILES = "https://files.acme.test/v1";
const op = await startLimen({ vars: { RESOURCES: JSON.stringify({ [FILES]: "Files" }) } });

const create = (json) => op.admin(PATH, { json });
const change = ({ id }, json) => op.admin(`${PATH}/${encodeURIComponent(id)}`, { method: "PATCH", json });
const details = async (event) => (await op.rows("SELECT detail FROM audit WHERE event = ? ORDER BY id", event)).map(({ detail }) => JSON.parse(detail));
const why = async (response, status) => {
  const { error_description: description } = await response.json();
  assert.equal(response.status, status, description);
  return description;
};

describe("an API", () => {
  test("is declared, read, changed by a merge patch and deleted; each is in the audit", async () => {
    const api = await declare(op, { access_token_lifetime: 120 });
    assert.equal(api.in_force, true);
    assert.deepEqual(api.scopes["files:write"], { title: "Change your files" });
    assert.deepEqual([api.open_to, api.self_registered_apps, api.apps, api.token_format], ["all_apps", false, {}, "jwt"]);
    const changed = await patch(op, api, { "name": "Files 2", "scopes": { "files:write": null }, "access_token_lifetime": null });
    assert.deepEqual([Object.keys(changed.scopes), changed.name, changed.access_token_lifetime], [["files:read"], "Files 2", null]);
    assert.deepEqual(await (await op.admin(`${PATH}/${api.id}`)).json(), changed);
    await remove(op, api);
    assert.equal((await op.admin(`${PATH}/${api.id}`)).status, 404);
    for (const event of ["api_created", "api_changed", "api_deleted"]) {
      const [detail] = await details(event);
      assert.deepEqual([detail.api, detail.identifier], [api.id, api.identifier], event);
    }
    const [{ before }] = await details("api_changed");
    assert.equal(before.name, "Acme Files");
  });

  test("is opened by no null, which programs send for what they do not know", async () => {
    const api = await declare(op, { apps: { reader: { scopes: ["files:read"] } } });
    for (const [json, reason] of [
      [{ open_to: null }, /open_to must be all_apps or named_apps/],
      [{ apps: { reader: { scopes: null } } }, /apps\.reader\.scopes must be a list of scopes, or 'all'/],
      [{ apps: { reader: null } }, /apps\.reader keeps an app to scopes of its own.*send \{'scopes': 'all'\}/],
      [{ apps: null }, /apps\.reader keeps/],
    ]) {
      assert.match(await why(await change(api, json), 400), reason);
    }
    assert.deepEqual((await (await op.admin(`${PATH}/${api.id}`)).json()).apps, api.apps);
    const all = await patch(op, api, { apps: { reader: { scopes: "all" } } });
    assert.deepEqual(all.apps, { reader: {} });
    assert.deepEqual((await patch(op, api, { apps: null })).apps, {});
  });

  test("is in the audit in short, however long its words are", async () => {
    const scopes = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`scope:${n}`, "x".repeat(200)]));
    const api = await declare(op, { scopes });
    await patch(op, api, { scopes: { "scope:0": null } });
    for (const event of ["api_created", "api_changed"]) {
      const rows = await op.rows("SELECT detail FROM audit WHERE event = ? ORDER BY id DESC LIMIT 1", event);
      assert.ok(rows[0].detail.length < 1_000, rows[0].detail);
      const detail = JSON.parse(rows[0].detail);
      assert.equal((detail.before ?? detail).scopes, 50);
    }
  });

  test("of which a later version has a scope for itself works without that, and says so", async () => {
    const api = await declare(op);
    const [client, ada] = [await op.client(), await op.person()];
    assert.equal(api.problem, null);
    // As a version before stored it.
    await op.rows("UPDATE apis SET settings = json_set(settings, '$.scopes.groups', json('{\"title\": \"G\"}')) WHERE id = ?", api.id);
    const grant = await op.browser().obtain(client, ada, { resource: api.identifier, scope: "openid files:read" });
    const tokens = await client.tokens(grant);
    assert.equal((await client.refresh(tokens.refresh_token)).status, 200);
    const { problem, scopes } = await (await op.admin(`${PATH}/${api.id}`)).json();
    assert.match(problem, /scopes has groups/);
    assert.deepEqual(Object.keys(scopes), ["files:read", "files:write"]);
    const { apis } = await (await op.admin(`${PATH}?search=${encodeURIComponent(api.id)}`)).json();
    assert.equal(apis[0].problem, problem);
    assert.equal((await patch(op, api, { name: "Files" })).problem, null, "a change leaves it out");
  });

  test("of which a setting has a scope for itself says so, too", async () => {
    const on = await startLimen();
    const api = await declare(on, { scopes: { employee: "Employees" }, token_signing_alg: "RS256" });
    await on.redeploy({ ATTRIBUTES: JSON.stringify({ team: { scope: "employee" } }) });
    assert.match((await (await on.admin(`${PATH}/${api.id}`)).json()).problem, /employee.*ATTRIBUTES/);
  });

  test("keeps its identifier, which no other has, with a slash more or less", async () => {
    const identifier = `${fresh()}/mcp`;
    const api = await declare(op, { identifier });
    for (const other of [identifier, `${identifier}/`, identifier.replace("https", "HTTPS")]) {
      await why(await create({ identifier: other, name: "Other" }), 409);
    }
    assert.match(await why(await change(api, { identifier: fresh() }), 400), /identifier stays/);
    assert.equal((await change(api, { identifier })).status, 200);
  });

  const WRONG = {
    "an identifier that is no URI": [{ identifier: "files" }, /identifier must be an absolute URI/],
    "an identifier with a fragment": [{ identifier: "https://a.test/#x" }, /identifier must be an absolute URI/],
    "an identifier of this server": [{ identifier: "https://id.limen.test/userinfo" }, /this server itself/],
    "an identifier of the variable": [{ identifier: `${FILES}/` }, /RESOURCES/],
    "no name": [{ name: undefined }, /name is missing/],
    "a name in markup's clothes that turns around": [{ name: "a\u202eb" }, /name must be/],
    "a scope of this server": [{ scopes: { openid: "x" } }, /openid/],
    "a scope of the admin API": [{ scopes: { "people:write": "x" } }, /people:write/],
    "a scope without words": [{ scopes: { a: {} } }, /scopes\.a needs a title/],
    "a scope with a word too many": [{ scopes: { a: { title: "A", label: "B" } } }, /label/],
    "an app with an unknown scope": [{ apps: { x: { scopes: ["nothing"] } } }, /nothing/],
    "a list of apps": [{ apps: ["x"] }, /apps must be an object/],
    "everybody": [{ open_to: "everybody" }, /all_apps or named_apps/],
    "no algorithm": [{ token_signing_alg: "none" }, /RS256 PS256 ES256 EdDSA/],
    "an algorithm for opaque tokens": [{ token_format: "opaque", token_signing_alg: "ES256" }, /nobody checks/],
    "a lifetime of a second": [{ access_token_lifetime: 1 }, /from 60 to 86400/],
    "an unknown member": [{ audience: "x" }, /audience is no member/],
  };
  for (const [what, [members, reason]] of Object.entries(WRONG)) {
    test(`with ${what} is refused, and says why`, async () => {
      assert.match(await why(await create({ identifier: fresh(), name: "A", ...members }), 400), reason);
    });
  }

  test("of the variable is listed beside the others, and is changed there alone", async () => {
    const { of_variable: ofVariable } = await (await op.admin(PATH)).json();
    assert.deepEqual(ofVariable, [{ identifier: FILES, name: "Files", scopes: [] }]);
    assert.match(await why(await change({ id: FILES }, { name: "x" }), 409), /RESOURCES/);
    assert.match(await why(await op.admin(`${PATH}/${encodeURIComponent(FILES)}`, { method: "DELETE" }), 409), /RESOURCES/);
  });

  test("of one identifier is made once, 10 times at once", async () => {
    const json = { identifier: fresh(), name: "Once" };
    const answers = await Promise.all(Array.from({ length: 10 }, () => create(json)));
    assert.equal(answers.filter(({ status }) => status === 201).length, 1);
    assert.ok(answers.every(({ status }) => [201, 409].includes(status)));
  });

  test("loses no change to another at the same time: it is made, or refused", async () => {
    const api = await declare(op, { scopes: {} });
    const scopes = Array.from({ length: 8 }, (_, n) => `s${n}`);
    const answers = await Promise.all(scopes.map((scope) => change(api, { scopes: { [scope]: "x" } })));
    const made = scopes.filter((_, n) => answers[n].status === 200);
    assert.ok(made.length >= 1 && answers.every(({ status }) => [200, 409].includes(status)));
    const { scopes: now } = await (await op.admin(`${PATH}/${api.id}`)).json();
    assert.deepEqual(Object.keys(now).sort(), made.sort());
  });
});

test("APIs are listed by identifier, searched, and come in pages", async () => {
  const on = await startLimen();
  const list = async (query) => (await on.admin(`${PATH}?${query}`)).json();
  for (const n of [3, 1, 2]) await declare(on, { identifier: `https://list.acme.test/${n}`, name: `List ${n}` });
  const first = await list("limit=2");
  assert.deepEqual(first.apis.map(({ name }) => name), ["List 1", "List 2"]);
  const { apis, next } = await list(`limit=2&after=${encodeURIComponent(first.next)}`);
  assert.deepEqual([apis.map(({ name }) => name), next], [["List 3"], null]);
  const names = async (search) => (await list(`search=${encodeURIComponent(search)}`)).apis.map(({ name }) => name);
  assert.deepEqual(await names("LIST 2"), ["List 2"]);
  assert.deepEqual((await names("https://list.acme.test/")).length, 3);
  assert.deepEqual(await names("nothing"), []);
  assert.match(await why(await on.admin(`${PATH}?name=x`), 400), /name/);
});

test("keys may do what their scope says, and operators what their role does", async () => {
  const key = async (...scopes) => (await op.json("/admin/api/api_keys", { bearer: op.adminToken, json: { name: `Key ${Math.random()}`, scopes } })).key;
  const [reader, writer, other] = [await key("apis:read"), await key("apis:write"), await key("apps:write")];
  const call = (bearer, init = {}) => op.fetch(PATH, { bearer, ...init });
  assert.equal((await call(reader)).status, 200);
  assert.equal((await call(writer)).status, 200);
  assert.equal((await call(other)).status, 403);
  assert.equal((await call(reader, { json: { identifier: fresh(), name: "A" } })).status, 403);
  assert.equal((await call(writer, { json: { identifier: fresh(), name: "A" } })).status, 201);
});

test("a scope that ATTRIBUTES asks by is none of an API's", async () => {
  const on = await startLimen({ vars: { ATTRIBUTES: JSON.stringify({ team: { scope: "employee" } }) } });
  const json = { identifier: fresh(), name: "A", scopes: { employee: "x" } };
  assert.match(await why(await on.admin(PATH, { json }), 400), /employee.*ATTRIBUTES/);
});
