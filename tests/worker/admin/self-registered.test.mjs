// Apps that register themselves: what they get, how they wait for an operator, and how they are cleaned up.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { operator } from "../console/support.mjs";
import { Client } from "../support/client.mjs";
import { startLimen } from "../support/limen.mjs";

const REDIRECT = "https://app.acme.test/callback";
const APPROVAL = { REGISTRATION: "open", SELF_REGISTERED_APPROVAL: "on" };
let addresses = 0;

/** An app that registers itself. */
async function registered(op, metadata = {}) {
  const json = { redirect_uris: [REDIRECT], client_name: "Themselves", grant_types: ["authorization_code", "refresh_token"], ...metadata };
  const address = `203.0.113.${++addresses % 250}`;
  return new Client(op, await op.json("/register", { json, address }));
}
const judge = (op, json) => op.admin("/admin/api/clients/approval", { json });
const read = async (op, client) => (await op.admin(`/admin/api/clients/${client.id}`)).json();
const audit = async (op, query) => (await op.json(`/admin/api/audit?${query}`, { bearer: op.adminToken })).events;
const waiting = async (op) => (await op.json("/admin/api/clients?waiting=true", { bearer: op.adminToken })).clients.map((one) => one.client_id);

describe("an app that waits for approval", () => {
  test("is for nobody: people are told so, and the app is refused", async () => {
    const op = await startLimen({ vars: APPROVAL });
    const client = await registered(op);
    assert.deepEqual([client.registered.disabled, (await read(op, client)).waiting], [true, true]);
    assert.deepEqual(await waiting(op), [client.id]);
    // Nobody sees what it calls itself, and no browser is led to it.
    for (const params of [{}, { prompt: "none" }, { response_type: "nothing" }]) {
      const page = await op.browser().open(client.authorizePath(params));
      assert.deepEqual([page.status, page.callback], [400, null]);
      assert.match(page.text, /Nobody who runs this site has approved it/);
      assert.doesNotMatch(page.text, /Themselves|app\.acme\.test/);
    }
    const refused = await (await client.credentials()).json();
    assert.deepEqual(refused, { error: "invalid_client", error_description: "the client waits for the approval of an operator" });
  });

  test("stays so whatever it changes itself", async () => {
    const op = await startLimen({ vars: APPROVAL });
    const client = await registered(op);
    let { registration_access_token: bearer } = client.registered;
    for (const [method, json] of [
      ["PATCH", { disabled: false, limen_waits: false }],
      ["PUT", { redirect_uris: [REDIRECT], limen_waits: false, disabled: false }],
    ]) {
      const answer = await op.json(`/register/${client.id}`, { method, bearer, json });
      bearer = answer.registration_access_token;
      assert.equal((await read(op, client)).waiting, true, method);
    }
  });

  test("is approved, and works at once, as itself", async () => {
    const op = await startLimen({ vars: APPROVAL });
    const [client, ada] = [await registered(op), await op.person()];
    await op.browser().open(client.authorizePath());
    const answer = await (await judge(op, { approve: [client.id, "nothing"] })).json();
    assert.deepEqual(answer, { approved: [client.id], refused: [], not_waiting: ["nothing"] });
    const tokens = await client.tokens(await op.browser().obtain(client, ada));
    assert.ok(tokens.access_token);
    const now = await read(op, client);
    assert.deepEqual([now.waiting, now.disabled, now.registered_by], [false, false, "itself"]);
    const own = await op.fetch(`/register/${client.id}`, { bearer: client.registered.registration_access_token });
    assert.equal(own.status, 200, "its token works on");
    const [event] = await audit(op, `client=${client.id}&event=client_changed`);
    assert.deepEqual([event.actor, event.detail], ["operator", { approved: true, changed: ["disabled"] }]);
    assert.deepEqual((await (await judge(op, { approve: [client.id] })).json()).not_waiting, [client.id]);
  });

  test("waits once more where it changes what an operator saw, and for nothing else", async () => {
    const op = await startLimen({ vars: APPROVAL });
    const ada = await op.person();
    const changes = [
      [{ tos_uri: "https://app.acme.test/terms" }, true],
      [{ client_name: "Acme Payroll" }, true],
      [{ "client_name#de": "Acme Lohn" }, true],
      [{ redirect_uris: [REDIRECT, "https://app.acme.test/other"] }, true],
      [{ post_logout_redirect_uris: ["https://app.acme.test/out"] }, true],
      [{ initiate_login_uri: "https://app.acme.test/start" }, true],
      [{ grant_types: ["authorization_code"] }, true],
      [{ contacts: ["ops@app.acme.test"] }, false],
      [{ client_name: "Themselves" }, false],
    ];
    for (const [json, waits] of changes) {
      const client = await registered(op);
      await judge(op, { approve: [client.id] });
      const grant = await op.browser().obtain(client, ada);
      const { registration_access_token: bearer } = client.registered;
      assert.equal((await op.fetch(`/register/${client.id}`, { method: "PATCH", bearer, json })).status, 200);
      assert.equal((await read(op, client)).waiting, waits, JSON.stringify(json));
      assert.equal((await client.redeem(grant)).status, waits ? 401 : 200, JSON.stringify(json));
    }
  });

  test("is approved as it was seen, and not as it has made itself since", async () => {
    const op = await startLimen({ vars: APPROVAL });
    const client = await registered(op);
    const versionOf = async () => (await op.json("/admin/api/clients?waiting=true", { bearer: op.adminToken })).clients[0].version;
    const seen = await versionOf();
    const rename = { method: "PATCH", bearer: client.registered.registration_access_token, json: { client_name: "Acme Payroll" } };
    await op.json(`/register/${client.id}`, rename);
    const late = await (await judge(op, { approve: [client.id], versions: { [client.id]: seen } })).json();
    assert.deepEqual([late.approved, late.not_waiting], [[], [client.id]]);
    const again = await (await judge(op, { approve: [client.id], versions: { [client.id]: await versionOf() } })).json();
    assert.deepEqual(again.approved, [client.id]);
    for (const versions of [{ nothing: 1 }, { [client.id]: "1" }, [1]]) {
      assert.equal((await judge(op, { approve: [client.id], versions })).status, 400);
    }
  });

  test("is named on no page and gone to from none, also where it was approved before", async () => {
    const op = await startLimen({ vars: APPROVAL });
    const ada = await op.person();
    const out = "https://app.acme.test/out";
    const client = await registered(op, { post_logout_redirect_uris: [out] });
    await judge(op, { approve: [client.id] });
    const [browser, waiting] = [op.browser(), op.browser()];
    await client.tokens(await browser.obtain(client, ada));
    const login = await waiting.open(client.authorizePath());
    assert.match(login.text, /Themselves/);
    const rename = { method: "PATCH", bearer: client.registered.registration_access_token, json: { client_name: "Acme Payroll" } };
    await op.json(`/register/${client.id}`, rename);
    const pages = [
      await waiting.signIn(login, ada),
      await browser.open("/account/apps"),
      await browser.open(`/logout?${new URLSearchParams({ client_id: client.id, post_logout_redirect_uri: out })}`),
      await op.browser().open(`/logout?${new URLSearchParams({ client_id: client.id, post_logout_redirect_uri: out })}`),
    ];
    for (const page of pages) {
      assert.equal(page.callback, null, page.url);
      assert.doesNotMatch(page.html, /Acme Payroll|app\.acme\.test/, page.url);
    }
    assert.match(pages[0].text, /Nobody who runs this site has approved it/);
    assert.ok(pages[1].html.includes(client.id), "access can be taken back");
  });

  test("is also approved by an operator who enables it", async () => {
    const op = await startLimen({ vars: APPROVAL });
    const client = await registered(op);
    await op.json(`/register/${client.id}`, { method: "PATCH", bearer: op.adminToken, json: { client_name: "Named" } });
    assert.equal((await read(op, client)).waiting, true);
    await op.json(`/register/${client.id}`, { method: "PATCH", bearer: op.adminToken, json: { disabled: false } });
    assert.deepEqual([(await read(op, client)).waiting, await waiting(op)], [false, []]);
  });

  test("is refused, and gone; several at once, and never one that does not wait", async () => {
    const op = await startLimen({ vars: APPROVAL });
    const [one, two, three] = [await registered(op), await registered(op), await registered(op)];
    const others = await op.client();
    const answer = await (await judge(op, { approve: [three.id], refuse: [one.id, two.id, others.id] })).json();
    assert.deepEqual(answer, { approved: [three.id], refused: [one.id, two.id], not_waiting: [others.id] });
    assert.equal((await op.admin(`/admin/api/clients/${one.id}`)).status, 404);
    assert.equal((await op.admin(`/admin/api/clients/${others.id}`)).status, 200);
    const again = await Promise.all([1, 2, 3].map(() => judge(op, { refuse: [three.id] })));
    for (const response of again) assert.deepEqual((await response.json()).not_waiting, [three.id]);
    const [event] = await audit(op, `client=${two.id}&event=client_deleted`);
    assert.deepEqual(event.detail, { refused: true });
  });

  test("is one that an operator did not register", async () => {
    const op = await startLimen({ vars: APPROVAL });
    assert.equal((await op.client()).registered.disabled, undefined);
    const off = await startLimen({ vars: { REGISTRATION: "open" } });
    assert.equal((await registered(off)).registered.disabled, undefined);
  });

  test("is not judged here once it was given scopes of the admin API: those who may give them switch it on, or delete it", async () => {
    const op = await startLimen({ vars: { ...APPROVAL, ADMIN_ACCESS_TOKENS: "on" } });
    const client = await registered(op, { grant_types: ["authorization_code"] });
    const given = { scope: "openid people:write" };
    await op.json(`/register/${client.id}`, { method: "PATCH", bearer: op.adminToken, json: given });
    assert.equal((await read(op, client)).waiting, true);
    for (const verdict of ["approve", "refuse"]) {
      assert.deepEqual((await (await judge(op, { [verdict]: [client.id] })).json()).not_waiting, [client.id], verdict);
    }
    await op.json(`/register/${client.id}`, { method: "PATCH", bearer: op.adminToken, json: { disabled: false } });
    assert.equal((await read(op, client)).waiting, false);
  });

  test("is judged by those who may change apps", async () => {
    const op = await startLimen({ vars: APPROVAL });
    const client = await registered(op);
    const { key } = await (await op.admin("/admin/api/api_keys", { json: { name: "Reader", scopes: ["apps:read"] } })).json();
    assert.equal((await op.fetch("/admin/api/clients/approval", { bearer: key, json: { approve: [client.id] } })).status, 403);
    assert.equal((await op.fetch("/admin/api/clients/approval", { json: { approve: [client.id] } })).status, 401);
    for (const json of [{}, { approve: [] }, { approve: client.id }, { approve: [client.id], refuse: [client.id] }, { approve: Array(51).fill("x") }, { clients: [] }]) {
      assert.equal((await judge(op, json)).status, 400, JSON.stringify(json));
    }
    assert.deepEqual(await waiting(op), [client.id]);
  });
});

test("what the operator decides about every app that registers itself, each gets, and keeps", async () => {
  const probe = await startLimen();
  const { id: group } = await (await probe.admin("/admin/api/groups", { json: { name: "Staff" } })).json();
  const defaults = JSON.stringify({ allowed_groups: [group], access_token_lifetime: 120 });
  const op = await startLimen({ vars: { REGISTRATION: "open", SELF_REGISTERED_DEFAULTS: defaults } });
  const client = await registered(op, { access_token_lifetime: 9_000, allowed_groups: null });
  assert.deepEqual([client.registered.allowed_groups, client.registered.access_token_lifetime], [[group], 120]);
  const change = { method: "PATCH", bearer: client.registered.registration_access_token, json: { allowed_groups: null, access_token_lifetime: null } };
  const changed = await op.json(`/register/${client.id}`, change);
  assert.deepEqual([changed.allowed_groups, changed.access_token_lifetime], [[group], 120]);
  const [browser, ada] = [op.browser(), await op.person()];
  assert.equal((await browser.signIn(await browser.open(client.authorizePath()), ada)).status, 403);
  assert.equal((await op.client()).registered.allowed_groups, undefined, "not what operators register");
});

describe("apps that nobody uses", () => {
  const count = async (op, query) => (await op.json(`/admin/api/clients/unused?${query}`, { bearer: op.adminToken })).count;
  const cleanUp = (op, json) => op.admin("/admin/api/clients/unused", { json });

  test("are counted, and deleted where there are no more than that", async () => {
    const op = await startLimen({ vars: { REGISTRATION: "open" } });
    const ada = await op.person();
    const apps = [];
    for (let n = 0; n < 4; n++) apps.push(await registered(op));
    const operators = await op.client();
    await op.browser().obtain(apps[0], ada);
    await op.rows("UPDATE clients SET unused_since = ?, last_used_at = ? WHERE id = ?", op.clock.seconds(), op.clock.seconds(), apps[1].id);
    assert.equal(await count(op, "unused=never&days=10"), 0, "not for so long");
    op.clock.advance({ days: 11 });
    assert.equal(await count(op, "unused=never&days=10"), 2);
    assert.equal(await count(op, "unused=since&days=10"), 1);
    assert.equal(await count(op, "unused=never&days=10&registered_by=document"), 0);
    const late = await cleanUp(op, { unused: "never", days: 10, most: 1 });
    assert.equal(late.status, 409);
    assert.match((await late.json()).error_description, /there are 2 such apps by now/);
    assert.deepEqual(await (await cleanUp(op, { unused: "never", days: 10, most: 2 })).json(), { deleted: 2, left: 0 });
    const left = (await op.rows("SELECT id FROM clients")).map(({ id }) => id);
    assert.deepEqual(left.sort(), [apps[0].id, apps[1].id, operators.id].sort());
    assert.deepEqual(await (await cleanUp(op, { unused: "since", days: 10, most: 5 })).json(), { deleted: 1, left: 0 });
    assert.equal((await op.rows("SELECT id FROM clients")).length, 2, "one that people allow something stays, and the operator's");
    const events = await audit(op, "event=client_deleted");
    assert.deepEqual(events.at(-1).detail, { days: 10, found: 2, registered_by: "itself", unused: "never" });
  });

  test("stay where an operator has decided something about them", async () => {
    const op = await startLimen({ vars: { REGISTRATION: "open" } });
    const ada = await op.person();
    const [idle, noted, withRole, withWebhook, named] = await Promise.all(Array.from({ length: 5 }, () => registered(op)));
    const done = async (path, init) => assert.ok((await op.admin(path, init)).ok, path);
    await done(`/admin/api/clients/${noted.id}`, { method: "PATCH", json: { notes: "Keep it" } });
    await done(`/admin/api/clients/${withRole.id}/roles`, { json: { add: [{ role: "editor", user: ada.id }] } });
    await done("/admin/api/webhooks", { json: { name: "SIEM", url: "https://siem.acme.test/", format: "set", client_id: withWebhook.id } });
    const api = { identifier: "https://api.acme.test", name: "API", open_to: "named_apps", apps: { [named.id]: {} } };
    await done("/admin/api/apis", { json: api });
    op.clock.advance({ days: 11 });
    assert.equal(await count(op, "unused=never&days=10"), 1);
    assert.deepEqual(await (await cleanUp(op, { unused: "never", days: 10, most: 1 })).json(), { deleted: 1, left: 0 });
    op.clock.advance({ days: 30 });
    await op.cron();
    const left = (await op.rows("SELECT id FROM clients")).map(({ id }) => id);
    assert.deepEqual(left.sort(), [noted.id, withRole.id, withWebhook.id, named.id].sort(), `not ${idle.id}`);
  });

  test("are refused by name where the filter is wrong", async () => {
    const op = await startLimen();
    for (const query of ["", "unused=never", "unused=x&days=1", "unused=never&days=0", "unused=never&days=1&registered_by=operator", "unused=never&days=1&x=1"]) {
      assert.equal((await op.admin(`/admin/api/clients/unused?${query}`)).status, 400, query);
    }
    for (const json of [{}, { unused: "never", days: 1 }, { unused: "never", days: 1, most: 0 }, { unused: "never", days: "x", most: 1 }, { unused: "never", days: 1, most: 1, x: 1 }]) {
      assert.equal((await cleanUp(op, json)).status, 400, JSON.stringify(json));
    }
  });
});

describe("at the console", () => {
  test("those that wait are approved and refused, and the unused are counted before they go", async () => {
    const op = await startLimen({ vars: APPROVAL });
    const one = await operator(op, "apps");
    const [good, bad, other] = [await registered(op, { client_name: "Good" }), await registered(op, { client_name: "<b>Bad</b>" }), await registered(op, { client_name: "Other" })];
    const list = await one.open("/admin/apps");
    const { href } = list.elements("a").find(({ id }) => id === "registered");
    const page = await one.open(href);
    for (const name of ["Good", "<b>Bad</b>", "Other"]) assert.ok(page.text.includes(name), name);
    assert.match(page.text, /app\.acme\.test\/callback/);
    const nameOf = ({ id }) => page.html.match(new RegExp(`value="(${id} \\d+)"`))[1];
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.html)[1];
    const send = (form) => one.browser.fetch(href, { form: { csrf, ...form } });
    assert.ok((await send({ do: "approve", client: nameOf(good) })).headers.get("location").startsWith(`${href}?done=saved`));
    assert.ok((await send({ do: "approve", client: `${bad.id} 99` })).headers.get("location").includes("done=nothing"), "another version");
    assert.ok((await send({ do: "refuse", client: nameOf(bad) })).headers.get("location").startsWith(`${href}?done=deleted`));
    assert.equal((await send({ do: "approve" })).status, 400);
    assert.deepEqual([(await read(op, good)).waiting, await waiting(op)], [false, [other.id]]);
    // Nobody could use the one that waits, so it does not count.
    await op.rows("UPDATE clients SET unused_since = 1 WHERE id IN (?, ?)", good.id, other.id);
    const counted = await one.open(`${href}?unused=never&days=30`);
    assert.match(counted.text, /There is 1 such app\./);
    const gone = await send({ do: "clean_up", unused: "never", days: "30", most: "1" });
    assert.ok(gone.headers.get("location").startsWith(`${href}?done=deleted`));
    assert.equal((await one.open(`${href}?unused=never&days=30`)).has("clean-up"), false);
    const wrong = await one.open(`${href}?unused=never&days=x`);
    assert.deepEqual([wrong.status, /must be a whole number/.test(wrong.alert)], [400, true]);
    const reader = await operator(op, "read_only");
    assert.equal((await reader.open(href)).has("approve"), false);
  });
});
