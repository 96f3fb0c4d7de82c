// REGISTRATION=open: anybody registers, for themselves alone, not without end, and not for ever.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Client } from "../support/client.mjs";
import { startLimen } from "../support/limen.mjs";
import { until } from "../support/relying-party.mjs";

const op = await startLimen({ vars: { REGISTRATION: "open" } });
const APP = { redirect_uris: ["https://app.acme.test/callback"] };

let addresses = 0;
const register = (metadata = {}, init) =>
  op.fetch("/register", { json: { ...APP, ...metadata }, address: `203.0.113.${++addresses}`, ...init });

async function registered(metadata) {
  const response = await register(metadata);
  assert.equal(response.status, 201);
  return response.json();
}

test("anybody registers a client that people can sign in to", async () => {
  const client = new Client(op, await registered());
  const tokens = await client.tokens(await op.browser().obtain(client, await op.person()));
  assert.ok(tokens.id_token);
});

test("nobody gives themselves the operator's scope, at registration or later", async () => {
  const { registration_client_uri: uri, registration_access_token: bearer, client_id } = await registered();
  for (const greed of [
    { scope: "openid dcr_admin" },
    { grant_types: ["authorization_code", "client_credentials"], scope: "dcr_admin" },
  ]) {
    const first = await register(greed);
    if (first.status === 201) assert.doesNotMatch(JSON.stringify(await first.json()), /dcr_admin/);
    else assert.equal(first.status, 400);
    for (const [method, json] of [
      ["PATCH", greed],
      ["PUT", { ...APP, client_id, ...greed }],
    ]) {
      const response = await op.fetch(uri, { method, json, bearer });
      if (response.status === 200) assert.doesNotMatch(JSON.stringify(await response.json()), /dcr_admin/);
      else assert.equal(response.status, 400, method);
    }
  }
});

test("who presents a wrong token is refused, not let in as anybody", async () => {
  assert.equal((await register({}, { bearer: "wrong" })).status, 401);
  assert.equal((await register({}, { headers: { authorization: "Basic eDp5" } })).status, 401);
});

test("one address registers a limited number, others go on", async () => {
  const address = "198.51.100.200";
  let response;
  let made = 0;
  for (; made < 200; made++) {
    response = await register({}, { address });
    if (response.status !== 201) break;
  }
  assert.equal(response.status, 429, `${made} were made`);
  assert.match(response.headers.get("retry-after"), /^\d+$/);
  assert.match(response.headers.get("content-type"), /^application\/json/);
  assert.equal(made, 20);
  assert.equal((await register()).status, 201);
  assert.equal((await op.admin("/register", { json: APP, address })).status, 201, "the operator is not limited");
});

test("REGISTRATIONS_PER_ADDRESS sets how many", async () => {
  const strict = await startLimen({ vars: { REGISTRATION: "open", REGISTRATIONS_PER_ADDRESS: "2" } });
  const statuses = [];
  for (let n = 0; n < 3; n++) statuses.push((await strict.fetch("/register", { json: APP })).status);
  assert.deepEqual(statuses, [201, 201, 429]);
});

test("a client that nobody ever used is gone after 30 days, one that people use and the operator's stay", async () => {
  const unused = await registered();
  const used = new Client(op, await registered());
  await op.browser().obtain(used, await op.person());
  const operators = await op.client();
  const exists = async (id) => (await op.rows("SELECT id FROM clients WHERE id = ?", id)).length === 1;

  op.clock.advance({ days: 29 });
  await op.cron();
  assert.ok(await exists(unused.client_id), "not before its time");
  op.clock.advance({ days: 2 });
  await op.cron();
  assert.equal(await exists(unused.client_id), false);
  assert.ok(await exists(used.id));
  assert.ok(await exists(operators.id));
});

describe("a client that was registered openly is not swept", () => {
  const lasts = async (client_id, days = 40) => {
    op.clock.advance({ days });
    await op.cron();
    return (await op.rows("SELECT id FROM clients WHERE id = ?", client_id)).length === 1;
  };
  const CONFIDENTIAL = { ...APP, token_endpoint_auth_method: "client_secret_basic" };

  test("once the operator has changed it, also to one that leaves no trace of its use", async () => {
    const { client_id } = await registered(CONFIDENTIAL);
    const json = { grant_types: ["client_credentials"], response_types: [], redirect_uris: [] };
    assert.equal((await op.admin(`/register/${client_id}`, { method: "PATCH", json })).status, 200);
    assert.ok(await lasts(client_id, 400));
  });

  test("once the operator has renewed its secret", async () => {
    const { client_id } = await registered(CONFIDENTIAL);
    assert.equal((await op.admin(`/register/${client_id}/renew_secret`, { method: "POST" })).status, 200);
    assert.ok(await lasts(client_id));
  });

  test("for half a year after it has authenticated last, if only to introspect", async () => {
    const client = new Client(op, await registered(CONFIDENTIAL));
    const introspect = async () => {
      const now = op.clock.seconds();
      await client.post("/introspect", { token: "x" });
      const marked = "SELECT id FROM clients WHERE id = ? AND last_used_at >= ?";
      await until(async () => (await op.rows(marked, client.id, now)).length > 0);
    };
    await introspect();
    assert.ok(await lasts(client.id, 170));
    await introspect();
    assert.ok(await lasts(client.id, 170));
    assert.equal(await lasts(client.id, 11), false, "and then it is");
  });

  test("and its use is written down twice a day at most", async () => {
    const client = new Client(op, await registered(CONFIDENTIAL));
    const measured = async () => {
      const response = await client.post("/introspect", { token: "x" }, { measure: true });
      await new Promise((resolve) => setTimeout(resolve, 200));
      const [{ last_used_at: at }] = await op.rows("SELECT last_used_at FROM clients WHERE id = ?", client.id);
      return [response.status, at];
    };
    const [, first] = await measured();
    assert.ok(first);
    op.clock.advance({ hours: 11 });
    assert.deepEqual(await measured(), [200, first]);
    op.clock.advance({ hours: 2 });
    assert.ok((await measured())[1] > first);
  });

  test("for half a year after the last person took their consent back", async () => {
    const client = new Client(op, await registered());
    const [ada, bob] = [await op.person(), await op.person()];
    for (const person of [ada, bob]) await op.browser().obtain(client, person);
    await op.admin(`/admin/api/users/${ada.id}/grants/${client.id}`, { method: "DELETE" });
    const unused = () => op.rows("SELECT unused_since FROM clients WHERE id = ?", client.id);
    assert.deepEqual(await unused(), [{ unused_since: null }], "while somebody allows it something");
    await op.admin(`/admin/api/users/${bob.id}`, { method: "DELETE" });
    assert.ok((await unused())[0].unused_since);
    // D1 has the clock of this machine.
    await op.db.prepare("UPDATE clients SET unused_since = ? WHERE id = ?").bind(op.clock.seconds(), client.id).run();
    assert.ok(await lasts(client.id, 170));
    assert.equal(await lasts(client.id, 11), false, "and then it is");
  });

  test("before 30 days after it last changed itself, and then it is", async () => {
    const { client_id, registration_client_uri: uri, registration_access_token: bearer } = await registered();
    op.clock.advance({ days: 20 });
    await op.json(uri, { method: "PATCH", json: { client_name: "Changed" }, bearer });
    op.clock.advance({ days: 20 });
    await op.cron();
    assert.equal((await op.rows("SELECT id FROM clients WHERE id = ?", client_id)).length, 1);
    assert.equal(await lasts(client_id), false);
  });

  test("and a wrong secret is no use", async () => {
    const client = new Client(op, { ...(await registered(CONFIDENTIAL)), client_secret: "wrong" });
    assert.equal((await client.post("/introspect", { token: "x" })).status, 401);
    assert.equal(await lasts(client.id), false);
  });
});

test("one address changes such clients a limited number of times, others and the operator go on", async () => {
  let { registration_access_token: bearer, registration_client_uri: uri } = await registered();
  const change = async (init) => {
    const response = await op.fetch(uri, { method: "PATCH", json: { client_name: "Notes" }, bearer, ...init });
    if (response.status === 200) bearer = (await response.json()).registration_access_token ?? bearer;
    return response;
  };
  const address = "198.51.100.201";
  for (let n = 0; n < 100; n++) assert.equal((await change({ address })).status, 200);
  const refused = await change({ address });
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers.get("retry-after")) > 0);
  assert.equal((await change({ address: "198.51.101.7" })).status, 200);
  assert.equal((await op.fetch(uri, { address, bearer })).status, 200, "reading is no change");
  assert.equal((await change({ address, bearer: op.adminToken })).status, 200);
});
