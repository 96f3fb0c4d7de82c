// A pushed request is used up by its answer, or by the person's no, and by nothing else: whatever page or error it leads to, it
// works once the cause is gone. The assertion that it was pushed with is used up when it is stored.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { asserted, assertion, keyPair } from "../support/assertion.mjs";
import { encryptionKey } from "../support/encryption.mjs";
import { oauthError, succeeded } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";

const API = "https://api.acme.test";
const RESOURCES = JSON.stringify({ [API]: "Acme API" });
const op = await startLimen({ vars: { RESOURCES, FRONT_CHANNEL_TOKENS: "on" } });
const ada = await op.person();

async function pushed(client, params = {}) {
  const response = await client.post("/par", client.request({ resource: API, ...params }).params);
  const { request_uri } = await succeeded(response, 201);
  return `/authorize?${new URLSearchParams({ client_id: client.id, request_uri })}`;
}

const consent = async (client, browser) => browser.obtain(client, ada, { resource: API });

/** What a pushed request can lead to but an answer. */
const CAUSES = {
  "nobody is signed in": {
    start: (client) => [pushed(client), op.browser()],
    sees: (page) => page.asksForPassword,
    end: (client, browser) => consent(client, browser),
  },
  "nobody is signed in, prompt=none": {
    start: (client) => [pushed(client, { prompt: "none" }), op.browser()],
    sees: (page) => page.callback?.get("error") === "login_required",
    end: (client, browser) => consent(client, browser),
  },
  "the sign-in is too old, prompt=none": {
    async start(client) {
      const browser = op.browser();
      await consent(client, browser);
      op.clock.advance({ minutes: 5 });
      return [pushed(client, { prompt: "none", max_age: "120" }), browser];
    },
    sees: (page) => page.callback?.get("error") === "login_required",
    end: async (client, browser) => browser.obtain(client, ada, { prompt: "login" }),
  },
  "the person has not consented, prompt=none": {
    async start(client) {
      const browser = op.browser();
      await consent(await op.client(), browser);
      return [pushed(client, { prompt: "none" }), browser];
    },
    sees: (page) => page.callback?.get("error") === "consent_required",
    end: (client, browser) => consent(client, browser),
  },
  "the person has not consented": {
    async start(client) {
      const browser = op.browser();
      await consent(await op.client(), browser);
      return [pushed(client), browser];
    },
    sees: (page) => page.asksForConsent,
    end: (client, browser) => consent(client, browser),
  },
  "the API is taken out of RESOURCES": {
    make: () => op.redeploy({ RESOURCES: undefined }),
    sees: (page) => page.callback?.get("error") === "invalid_target",
    end: () => op.redeploy({ RESOURCES }),
  },
  "the redirect URI is taken from the client": {
    make: (client) => change(client, { redirect_uris: ["https://app.acme.test/other"] }),
    sees: (page) => page.status === 400 && page.callback === null,
    end: (client) => change(client, { redirect_uris: client.registered.redirect_uris }),
  },
  "the response cannot be encrypted": {
    params: { response_mode: "jwt" },
    async make(client) {
      const { jwk } = await encryptionKey("ECDH-ES");
      const keys = [{ ...jwk, use: "sig" }];
      await change(client, { jwks: { keys }, authorization_signed_response_alg: "RS256", authorization_encrypted_response_alg: "ECDH-ES" });
    },
    sees: (page) => page.callback?.get("error") === "invalid_request",
    end: (client) =>
      change(client, {
        jwks: null,
        authorization_encrypted_response_alg: null,
        authorization_encrypted_response_enc: null,
      }),
  },
  "D1 is down": { init: { d1: { down: true } }, sees: (page) => page.status === 503 },
};

async function change(client, json) {
  const response = await op.admin(`/register/${client.id}`, { method: "PATCH", json });
  assert.equal(response.status, 200, await response.text());
}

describe("a pushed request survives:", () => {
  for (const [why, { start, params, make, sees, end, init }] of Object.entries(CAUSES)) {
    test(why, async () => {
      const client = await op.client();
      let [path, browser] = start ? await start(client) : [undefined, op.browser()];
      if (!start) {
        await consent(client, browser);
        path = pushed(client, params);
      }
      path = await path;
      await make?.(client);
      const page = await browser.open(path, init);
      assert.ok(sees(page), `${page.status} ${page.callback} ${page.text}`);
      await end?.(client, browser);
      const answered = await browser.open(path);
      assert.ok(answered.callback?.get("code") ?? answered.callback?.get("response"), `${answered.status} ${answered.callback}`);
      const again = await browser.open(path);
      assert.ok(!again.callback?.get("code") && !again.callback?.get("response"), "and is used up then");
    });
  }
});

test("the person's no ends it, on every page", async () => {
  const noes = {
    "the sign-in": async (path, browser) => browser.cancel(await browser.open(path)),
    "consent": async (path, browser) => {
      await consent(await op.client(), browser);
      return browser.deny(await browser.open(path));
    },
  };
  for (const [where, no] of Object.entries(noes)) {
    const client = await op.client();
    const [path, browser] = [await pushed(client), op.browser()];
    const page = await no(path, browser);
    assert.equal(page.callback?.get("error"), "access_denied", where);
    const again = await browser.open(path);
    assert.ok(again.status === 400 && again.callback === null, where);
  }
});

test("of two sign-ins for one request, the first that ends gets the answer", async () => {
  const client = await op.client();
  const path = await pushed(client);
  const [one, other] = [op.browser(), op.browser()];
  const [first, second] = [await one.open(path), await other.open(path)];
  op.clock.advance({ minutes: 40 });
  assert.ok((await one.complete(first, ada)).callback.get("code"));
  const late = await other.complete(second, ada);
  assert.equal(late.callback?.get("code") ?? null, null);
  assert.ok(late.callback?.get("error"));
});

test("whoever is too late to answer it leaves no consent, no refusal, and no trace of either", async () => {
  for (const late of ["approve", "deny"]) {
    const [client, eve, bob] = [await op.client(), await op.person(), await op.person()];
    const path = await pushed(client, { resource: undefined });
    const [one, other] = [op.browser(), op.browser()];
    const asks = async (browser, person) => browser.signIn(await browser.open(path), person);
    const [first, second] = [await asks(one, eve), await asks(other, bob)];
    assert.ok(first.asksForConsent && second.asksForConsent);
    assert.ok((await one.approve(first)).callback.get("code"));
    const page = await other[late](second);
    assert.ok(page.callback?.get("error") !== "access_denied" && !page.callback?.get("code"), late);
    assert.deepEqual(await op.rows("SELECT id FROM grants WHERE user_id = ?", bob.id), []);
    const written = await op.rows("SELECT event FROM audit WHERE user_id = ? AND event LIKE 'consent%'", bob.id);
    assert.deepEqual(written, [], late);
  }
});

test("an assertion outlives an introspection that fails", async () => {
  const key = await keyPair("ES256");
  const client = await op.client({ token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [key.jwk] } });
  client.key = key;
  const { access_token: token } = await client.tokens(await op.browser().obtain(client, ada));
  const auth = asserted(await assertion(client, key, { exp: op.clock.seconds() + 240 }));
  const keys = await op.rows("SELECT kid, public_jwk FROM signing_keys");
  await op.rows("UPDATE signing_keys SET public_jwk = 'broken'");
  assert.equal((await client.post("/introspect", { token }, { auth })).status, 503);
  for (const { kid, public_jwk: jwk } of keys) await op.rows("UPDATE signing_keys SET public_jwk = ? WHERE kid = ?", jwk, kid);
  assert.equal((await (await client.post("/introspect", { token }, { auth })).json()).active, true);
  await oauthError(await client.post("/introspect", { token }, { auth }), 401, "invalid_client");
});

test("an assertion outlives a push that is refused", async () => {
  const key = await keyPair("ES256");
  const client = await op.client({ token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [key.jwk] } });
  const auth = asserted(await assertion(client, key, { exp: op.clock.seconds() + 240 }));
  const { params } = client.request({ resource: API });
  await op.redeploy({ RESOURCES: undefined });
  await oauthError(await client.post("/par", params, { auth }), 400, "invalid_target");
  await op.redeploy({ RESOURCES });
  const stored = await client.post("/par", params, { auth });
  assert.equal(stored.status, 201, await stored.text());
  await oauthError(await client.post("/par", params, { auth }), 401, "invalid_client");
});

test("an assertion outlives a token request that is refused, and a fault", async () => {
  const key = await keyPair("ES256");
  const service = await op.serviceClient({
    scope: "notes",
    token_endpoint_auth_method: "private_key_jwt",
    jwks: { keys: [key.jwk] },
  });
  const form = { grant_type: "client_credentials", scope: "notes" };
  const fresh = async () => asserted(await assertion(service, key, { exp: op.clock.seconds() + 240 }));
  const causes = {
    "its scope is taken from it": [{ scope: "other" }, { scope: "notes" }, "invalid_scope"],
    "its grant type is taken from it": [
      { grant_types: ["authorization_code"], redirect_uris: ["https://app.acme.test/callback"], response_types: ["code"] },
      { grant_types: ["client_credentials"], response_types: [] },
      "unauthorized_client",
    ],
  };
  for (const [why, [away, back, error]] of Object.entries(causes)) {
    const auth = await fresh();
    await change(service, away);
    await oauthError(await service.post("/token", form, { auth }), 400, error);
    await change(service, back);
    const answer = await service.post("/token", form, { auth });
    assert.equal(answer.status, 200, `${why}: ${await answer.text()}`);
    await oauthError(await service.post("/token", form, { auth }), 401, "invalid_client");
  }
  const auth = await fresh();
  assert.equal((await service.post("/token", form, { auth, d1: { down: true } })).status, 503);
  assert.equal((await service.post("/token", form, { auth })).status, 200);
});
