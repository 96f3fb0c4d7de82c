// REGISTRATION=open: anybody registers, for themselves alone, not without end, and not for ever.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Client } from "../support/client.mjs";
import { startLimen } from "../support/limen.mjs";

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

test("a client that nobody ever used is gone after 30 days, a used one and the operator's stay", async () => {
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
