// Traces of what did not happen: an authorization request that ends in anything but an answer to the client stores no code, begins
// no tokens, is no use of the app, and does not make the app know the session.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { encryptionKey } from "../support/encryption.mjs";
import { startLimen } from "../support/limen.mjs";

const API = "https://api.acme.test";
const op = await startLimen({
  vars: {
    FRONT_CHANNEL_TOKENS: "on",
    SIGNUP: "open",
    MTLS_ORIGIN: "https://mtls.limen.test",
    RESOURCES: JSON.stringify({ [API]: "Acme API" }),
  },
});
const everyResponseType = {
  grant_types: ["authorization_code", "implicit", "refresh_token"],
  response_types: ["code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"],
};
const [ada, bob] = [await op.person(), await op.person()];
const TYPES = ["code", "code id_token token", "id_token token"];

/** A client that ada has consented to, in a browser where she is signed in, and how things are stored now. */
async function known(metadata = {}) {
  const client = await op.client({ ...everyResponseType, ...metadata });
  const browser = op.browser();
  const grant = await browser.obtain(client, ada);
  const tokens = await client.tokens(grant);
  // So that what was stored before is told from what is stored now.
  await op.db.exec("DELETE FROM codes; DELETE FROM session_clients;");
  await op.db.exec("UPDATE grants SET last_used_at = 1");
  op.clock.advance({ minutes: 2 });
  return { client, browser, tokens };
}

const traces = async (client) => ({
  codes: await op.rows("SELECT * FROM codes WHERE client_id = ?", client.id),
  families: await op.rows("SELECT id, generation, turned_at FROM token_families WHERE client_id = ?", client.id),
  known: await op.rows("SELECT * FROM session_clients WHERE client_id = ?", client.id),
  used: await op.rows("SELECT last_used_at FROM grants WHERE client_id = ?", client.id),
  audit: await op.rows("SELECT event FROM audit WHERE client_id = ?", client.id),
});

const claims = (id_token) => ({ claims: JSON.stringify({ id_token }) });

/** Requests of somebody who is signed in and has consented, which end in something else than an answer. */
const OTHERWISE = {
  "prompt=login": { params: { prompt: "login" }, page: true },
  "prompt=consent": { params: { prompt: "consent" }, page: true },
  "prompt=select_account": { params: { prompt: "select_account" }, page: true },
  "prompt=create": { params: { prompt: "create" }, page: true },
  "max_age=0": { params: { max_age: "0" }, page: true },
  "max_age is over": { params: { max_age: "60" }, page: true },
  "max_age is over, prompt=none": { params: { max_age: "60", prompt: "none" }, error: "login_required" },
  "max_age=0, prompt=none": { params: { max_age: "0", prompt: "none" }, error: "login_required" },
  "more scope than was allowed": { params: { scope: "openid profile email phone" }, page: true },
  "more scope than was allowed, prompt=none": {
    params: { scope: "openid profile email phone", prompt: "none" },
    error: "consent_required",
  },
  "an API that was not allowed, prompt=none": { params: { resource: API, prompt: "none" }, error: "consent_required" },
  "another person is expected by claims": { params: claims({ sub: { value: "somebody" } }), page: true },
  "another person is expected by claims, prompt=none": {
    params: { ...claims({ sub: { value: "somebody" } }), prompt: "none" },
    error: "login_required",
  },
  "an acr that nobody has": { params: claims({ acr: { essential: true, values: ["9"] } }), error: true },
  "another person is expected by id_token_hint": {
    params: async ({ client }) => {
      const { id_token } = await client.tokens(await op.browser().obtain(client, bob));
      await op.db.exec("DELETE FROM codes; DELETE FROM session_clients;");
      return { id_token_hint: id_token, prompt: "none" };
    },
    error: "login_required",
  },
  "a forged id_token_hint": {
    params: async ({ tokens }) => ({ id_token_hint: tokens.id_token.replace(/.{20}$/, "A".repeat(20)) }),
    error: true,
  },
  "a request that is wrong": { params: { max_age: "-1" }, error: true },
  "a session that ended": { params: {}, before: () => op.db.exec("UPDATE sessions SET expires_at = 1"), page: true },
  "a person who is disabled": {
    params: {},
    before: () => op.db.exec(`UPDATE users SET disabled_at = 1 WHERE id = '${ada.id}'`),
    undo: () => op.db.exec(`UPDATE users SET disabled_at = NULL WHERE id = '${ada.id}'`),
    page: true,
  },
  "a signing key that cannot be unwrapped": {
    only: (type) => type !== "code",
    params: {},
    async before() {
      await op.db.exec("UPDATE signing_keys SET wrapped_key = 'x' || wrapped_key");
      await op.redeploy();
    },
    async undo() {
      await op.db.exec("UPDATE signing_keys SET wrapped_key = substr(wrapped_key, 2)");
      await op.redeploy();
    },
    fault: true,
  },
};

/** Requests of a client that cannot be given its answer. */
const UNFIT = {
  "its ID token cannot be encrypted": {
    only: (type) => type.includes("id_token"),
    async change() {
      const { jwk } = await encryptionKey("ECDH-ES");
      return { jwks: { keys: [{ ...jwk, use: "sig" }] }, id_token_encrypted_response_alg: "ECDH-ES" };
    },
  },
  "its response cannot be encrypted": {
    only: () => true,
    params: { response_mode: "jwt" },
    async change() {
      const { jwk } = await encryptionKey("ECDH-ES");
      return {
        jwks: { keys: [{ ...jwk, use: "sig" }] },
        authorization_signed_response_alg: "RS256",
        authorization_encrypted_response_alg: "ECDH-ES",
      };
    },
  },
  "its access tokens are bound to a certificate": {
    only: (type) => type.split(" ").includes("token"),
    change: async () => ({ tls_client_certificate_bound_access_tokens: true }),
  },
  "its access tokens are bound to a key": {
    only: (type) => type.split(" ").includes("token"),
    change: async () => ({ dpop_bound_access_tokens: true }),
  },
};

function ended(page, { page: aPage, error, fault }) {
  if (aPage) return assert.ok(page.callback === null && page.status === 200, `${page.status} ${page.callback}`);
  if (fault) return assert.equal(page.status, 503);
  const told = page.callback?.get("error");
  assert.ok(typeof error === "string" ? told === error : told, `${page.status} ${page.callback}`);
}

for (const response_type of TYPES) {
  describe(`${response_type}: no trace is left by`, () => {
    for (const [what, outcome] of Object.entries(OTHERWISE)) {
      if (outcome.only && !outcome.only(response_type)) continue;
      test(what, async () => {
        const about = await known();
        const { client, browser } = about;
        const params = typeof outcome.params === "function" ? await outcome.params(about) : outcome.params;
        await op.db.exec("UPDATE grants SET last_used_at = 1");
        const before = await traces(client);
        await outcome.before?.();
        ended(await browser.open(client.authorizePath({ response_type, ...params })), outcome);
        await outcome.undo?.();
        assert.deepEqual(await traces(client), before);
      });
    }
    for (const [what, { only, params = {}, change }] of Object.entries(UNFIT)) {
      if (!only(response_type)) continue;
      test(`a client: ${what}`, async () => {
        const { client, browser } = await known();
        const changed = await op.admin(`/register/${client.id}`, { method: "PATCH", json: await change() });
        assert.equal(changed.status, 200, await changed.text());
        await op.db.exec("UPDATE grants SET last_used_at = 1");
        const before = await traces(client);
        ended(await browser.open(client.authorizePath({ response_type, ...params })), { error: true });
        assert.deepEqual(await traces(client), before);
      });
    }
    test("while an answer leaves them", async () => {
      const { client, browser } = await known();
      const before = await traces(client);
      assert.ok((await browser.open(client.authorizePath({ response_type }))).callback);
      const now = await traces(client);
      assert.equal(now.known.length, 1);
      assert.equal(now.codes.length, response_type.includes("code") ? 1 : 0);
      const begins = response_type.split(" ").includes("token");
      assert.equal(now.families.length - before.families.length, begins ? 1 : 0);
      assert.equal(now.used[0].last_used_at > 1, begins, "tokens are the use");
    });
  });
}

test("a choice of another account, which is no more the active one, leaves none", async () => {
  const { client, browser } = await known();
  const chooser = await browser.open(client.authorizePath({ prompt: "select_account" }));
  assert.ok(chooser.asksForAccount);
  const before = await traces(client);
  const login = await browser.useAnother(chooser);
  assert.ok(login.asksForPassword);
  assert.deepEqual(await traces(client), before);
});
