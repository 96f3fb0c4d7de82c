// What changes in one isolate counts on the next request in every other, whatever it remembers.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const op = await startLimen({ isolates: 2 });
const METHODS = ["client_secret_basic", "client_secret_post"];

for (const token_endpoint_auth_method of METHODS) {
  describe(token_endpoint_auth_method, () => {
    const SERVICE = { scope: "notes", token_endpoint_auth_method };

    async function warmClient() {
      const client = await op.serviceClient(SERVICE);
      for (const isolate of [0, 1]) assert.equal((await client.credentials({}, { isolate })).status, 200);
      return client;
    }

    test("a renewed secret ends the old one", async () => {
      const client = await warmClient();
      const renewed = await op.json(`${client.registered.registration_client_uri}/renew_secret`, {
        method: "POST",
        bearer: op.adminToken,
        isolate: 0,
      });
      for (const isolate of [1, 0]) assert.equal((await client.credentials({}, { isolate, kv: "stale" })).status, 401);
      client.secret = renewed.client_secret;
      for (const isolate of [1, 0]) assert.equal((await client.credentials({}, { isolate, kv: "stale" })).status, 200);
    });

    test("a deleted client is gone with its tokens", async () => {
      const client = await warmClient();
      const { access_token: bearer } = await (await client.credentials({}, { isolate: 1 })).json();
      const other = await op.serviceClient(SERVICE);
      assert.equal((await other.introspect(bearer, {}, { isolate: 1 })).active, true);
      await client.unregister();
      for (const isolate of [1, 0]) {
        assert.equal((await client.credentials({}, { isolate, kv: "stale" })).status, 401);
        assert.equal((await other.introspect(bearer, {}, { isolate })).active, false);
      }
    });
  });
}

test("a deleted client's code, access token, refresh token and sign-on at it are gone everywhere", async () => {
  const [client, ada, browser] = [await op.client(), await op.person(), op.browser({ isolate: 1 })];
  const tokens = await client.tokens(await browser.obtain(client, ada), {}, { isolate: 1 });
  const pending = await browser.obtain(client, ada);
  await client.unregister();
  for (const isolate of [1, 0]) {
    const init = { isolate, kv: "stale" };
    assert.equal((await client.redeem(pending, {}, init)).status, 401);
    assert.equal((await client.refresh(tokens.refresh_token, {}, init)).status, 401);
    assert.equal((await op.fetch("/userinfo", { bearer: tokens.access_token, ...init })).status, 401);
  }
  const page = await browser.authorize(client, {}, { kv: "stale" });
  assert.equal(page.callback, null);
  for (const table of ["codes", "grants", "token_families"]) {
    assert.deepEqual(await op.rows(`SELECT * FROM ${table} WHERE client_id = ?`, client.id), [], table);
  }
});

test("a registration access token that was rotated is dead in the other isolate", async () => {
  const client = await op.client();
  const { registration_client_uri: uri, registration_access_token: old } = client.registered;
  assert.equal((await op.fetch(uri, { bearer: old, isolate: 1 })).status, 200);
  const patched = await op.json(uri, { method: "PATCH", bearer: old, json: { client_name: "New" }, isolate: 0 });
  for (const isolate of [1, 0]) {
    assert.equal((await op.fetch(uri, { bearer: old, isolate })).status, 401);
    const seen = await op.json(uri, { bearer: patched.registration_access_token, isolate });
    assert.equal(seen.client_name, "New");
  }
});
