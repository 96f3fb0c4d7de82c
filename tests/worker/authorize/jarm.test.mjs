// Authorization responses in a JWT: JARM. jose verifies and decrypts them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { decrypted, encryptionKey } from "../support/encryption.mjs";
import { headerOf, verified } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const ada = await op.person();
const browser = op.browser();
const client = await op.client();

/** The claims of the only parameter that came back. */
async function response(page, by = client, alg = "RS256") {
  assert.deepEqual([...page.callback.keys()], ["response"], "nothing beside the JWT");
  return verified(op, page.callback.get("response"), { audience: by.id, algorithms: [alg] });
}

async function answered(params, by = client) {
  return browser.complete(await browser.authorize(by, params), ada);
}

const CARRIERS = { "jwt": "query", "query.jwt": "query", "fragment.jwt": "fragment", "form_post.jwt": "form_post" };
for (const [mode, carrier] of Object.entries(CARRIERS)) {
  test(`response_mode=${mode}: the code comes in a JWT, by ${carrier}`, async () => {
    const page = await answered({ response_mode: mode });
    assert.equal(page.responseMode, carrier);
    const { iss, aud, exp, code, state, ...rest } = await response(page);
    assert.deepEqual([iss, aud, state], [op.issuer, client.id, page.request.params.state]);
    assert.deepEqual(rest, {});
    assert.ok(exp > op.clock.seconds() && exp <= op.clock.seconds() + 600);
    const grant = { client, code, redirectUri: client.redirectUri, verifier: page.request.verifier };
    assert.ok((await client.tokens(grant)).id_token);
  });
}

test("errors come in a JWT, too", async () => {
  const silent = await op.browser().authorize(client, { response_mode: "jwt", prompt: "none" });
  const { error, state } = await response(silent);
  assert.deepEqual([error, state], ["login_required", silent.request.params.state]);
  const odd = await op.browser().authorize(client, { response_mode: "form_post.jwt", response_type: "none" });
  assert.equal((await response(odd)).error, "unsupported_response_type");
  const stranger = op.browser();
  const login = await stranger.authorize(client, { response_mode: "query.jwt" });
  assert.equal((await response(await stranger.cancel(login))).error, "access_denied");
});

for (const alg of ["PS256", "ES256", "EdDSA"]) {
  test(`signed with ${alg}, as the client registered`, async () => {
    const app = await op.client({ authorization_signed_response_alg: alg });
    assert.ok((await op.jwks()).keys.some((key) => key.alg === alg), "published before it is needed");
    const page = await answered({ response_mode: "jwt" }, app);
    assert.ok((await response(page, app, alg)).code);
  });
}

test("signed, then encrypted", async () => {
  const { jwk, privateKey } = await encryptionKey("ECDH-ES+A256KW");
  const app = await op.client({
    jwks: { keys: [jwk] },
    authorization_encrypted_response_alg: "ECDH-ES+A256KW",
    authorization_encrypted_response_enc: "A256GCM",
  });
  const page = await answered({ response_mode: "jwt" }, app);
  const { header, text } = await decrypted(page.callback.get("response"), privateKey);
  assert.equal(header.cty, "JWT");
  assert.ok((await verified(op, text, { audience: app.id })).code);
});

test("without a key to encrypt to, nothing is told but that", async () => {
  const { jwk } = await encryptionKey("ECDH-ES");
  const app = await op.client({ jwks: { keys: [jwk] }, authorization_encrypted_response_alg: "RSA-OAEP" });
  const page = await answered({ response_mode: "jwt" }, app);
  assert.equal(page.callback.get("error"), "invalid_request");
  assert.equal(page.callback.get("code"), null);
});

test("unknown modes are refused, as ever", async () => {
  for (const mode of [".jwt", "jwt.jwt", "web_message.jwt", "JWT", "query.JWT"]) {
    const page = await op.browser().authorize(client, { response_mode: mode });
    assert.equal(page.callback.get("error"), "invalid_request", mode);
  }
});

test("without a JWT asked for there is none", async () => {
  const app = await op.client({ authorization_signed_response_alg: "ES256" });
  const page = await answered({}, app);
  assert.ok(page.callback.get("code"));
});

test("the JWT is no ID token and no access token", async () => {
  const page = await answered({ response_mode: "jwt" });
  const jwt = page.callback.get("response");
  assert.equal(headerOf(jwt).typ, "JWT");
  assert.equal((await op.fetch("/userinfo", { bearer: jwt })).status, 401);
  const hinted = await browser.authorize(client, { id_token_hint: jwt, prompt: "none" });
  assert.equal(hinted.callback.get("error"), "invalid_request");
});

test("discovery tells the modes and algorithms", async () => {
  const metadata = await op.json("/.well-known/openid-configuration");
  for (const mode of Object.keys(CARRIERS)) assert.ok(metadata.response_modes_supported.includes(mode), mode);
  assert.deepEqual(metadata.authorization_signing_alg_values_supported, ["RS256", "PS256", "ES256", "EdDSA"]);
  assert.ok(metadata.authorization_encryption_alg_values_supported.includes("RSA-OAEP"));
});
