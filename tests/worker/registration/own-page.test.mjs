// A client's own page: who may read it, and what its deletion ends (RFC 7592 sections 2.1 and 2.3).

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { bearerError } from "../support/expect.mjs";
import { mutations } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { WEB, registration } from "./support.mjs";

const op = await startLimen();
const { registered } = registration(op);

describe("the client's own page", () => {
  test("shows the metadata to its token, without secrets", async () => {
    const body = await registered({ ...WEB, client_name: "Acme" });
    const response = await op.fetch(body.registration_client_uri, { bearer: body.registration_access_token });
    assert.equal(response.status, 200);
    assert.match(response.headers.get("cache-control"), /no-store/);
    const shown = await response.json();
    assert.equal(shown.client_id, body.client_id);
    assert.equal(shown.client_name, "Acme");
    const text = JSON.stringify(shown);
    assert.ok(!text.includes(body.client_secret));
  });

  test("a missing, wrong, truncated or foreign token is 401, alike for clients that do not exist", async () => {
    const [mine, other] = [await registered(WEB), await registered(WEB)];
    for (const bearer of [other.registration_access_token, "x", mine.client_secret]) {
      const there = await op.fetch(mine.registration_client_uri, { bearer });
      const nowhere = await op.fetch(`${op.issuer}/register/no-such-client`, { bearer });
      assert.equal(await there.clone().text(), await nowhere.text(), "never a hint whether the client exists");
      await bearerError(there, 401, "invalid_token");
    }
    assert.equal((await op.fetch(mine.registration_client_uri)).status, 401);
    for (const forged of mutations(mine.registration_access_token)) {
      if (forged) assert.equal((await op.fetch(mine.registration_client_uri, { bearer: forged })).status, 401, forged);
    }
  });

  test("deletion ends the client with codes, tokens and sessions at it", async () => {
    const [client, ada] = [await op.client(), await op.person()];
    const browser = op.browser();
    const tokens = await client.tokens(await browser.obtain(client, ada));
    const pending = await browser.obtain(client, ada);
    const { registration_client_uri: uri, registration_access_token: bearer } = client.registered;
    const response = await op.fetch(uri, { method: "DELETE", bearer });
    assert.equal(response.status, 204);
    assert.equal(await response.text(), "");
    assert.equal((await op.fetch(uri, { bearer })).status, 401, "after DELETE: 401");
    assert.equal((await op.fetch(uri, { method: "DELETE", bearer })).status, 401);
    assert.equal((await client.redeem(pending)).status, 401);
    assert.equal((await op.fetch("/userinfo", { bearer: tokens.access_token })).status, 401);
    const page = await browser.authorize(client);
    assert.equal(page.callback, null);
    assert.equal(page.status, 400);
    for (const table of ["grants", "codes", "token_families"]) {
      assert.deepEqual(await op.rows(`SELECT * FROM ${table} WHERE client_id = ?`, client.id), [], table);
    }
  });

  test("a deleted client gets no code through a stale KV copy", async () => {
    const [client, ada] = [await op.client(), await op.person()];
    const browser = op.browser();
    await browser.obtain(client, ada);
    await browser.authorize(client);
    await client.unregister();
    const page = await browser.authorize(client, {}, { kv: "stale" });
    assert.equal(page.callback?.get("code") ?? null, null);
  });
});
