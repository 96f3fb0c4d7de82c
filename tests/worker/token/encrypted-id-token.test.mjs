// Encrypted ID tokens: OIDC Core sections 2 and 10.2. Each is decrypted by jose, and what is inside verified.

import assert from "node:assert/strict";
import { test } from "node:test";

import { KEY_ALGS, decrypted, encryptionKey } from "../support/encryption.mjs";
import { oauthError } from "../support/expect.mjs";
import { headerOf, verified } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const ada = await op.person();

for (const alg of KEY_ALGS) {
  test(`an ID token is signed, then encrypted with ${alg}`, async () => {
    const { jwk, privateKey } = await encryptionKey(alg);
    const client = await op.client({
      jwks: { keys: [jwk] },
      id_token_encrypted_response_alg: alg,
      id_token_encrypted_response_enc: "A256GCM",
      id_token_signed_response_alg: "PS256",
    });
    const grant = await op.browser().obtain(client, ada);
    const tokens = await client.tokens(grant);
    const { header, text } = await decrypted(tokens.id_token, privateKey);
    assert.deepEqual([header.cty, header.kid, header.alg], ["JWT", jwk.kid, alg]);
    const claims = await verified(op, text, { audience: client.id, algorithms: ["PS256"] });
    assert.deepEqual([claims.sub, claims.nonce], [ada.id, grant.nonce]);
    await verified(op, tokens.access_token);

    const refreshed = await client.refreshed(tokens.refresh_token);
    const again = await decrypted(refreshed.id_token, privateKey);
    assert.equal((await verified(op, again.text)).sub, ada.id);
  });
}

test("enc is A128CBC-HS256 where the client names none", async () => {
  const { jwk } = await encryptionKey("ECDH-ES");
  const client = await op.client({ jwks: { keys: [jwk] }, id_token_encrypted_response_alg: "ECDH-ES" });
  assert.equal(client.registered.id_token_encrypted_response_enc, "A128CBC-HS256");
  const tokens = await client.tokens(await op.browser().obtain(client, ada));
  assert.equal(headerOf(tokens.id_token).enc, "A128CBC-HS256");
});

test("a client without a key that fits is told, and gets no token", async () => {
  const { jwk } = await encryptionKey("ECDH-ES");
  const client = await op.client({ jwks: { keys: [jwk] }, id_token_encrypted_response_alg: "RSA-OAEP" });
  const response = await client.redeem(await op.browser().obtain(client, ada));
  const { error_description: why } = await oauthError(response, 400, "invalid_request");
  assert.match(why, /no key that fits/);
});

test("what is encrypted costs no more D1 trips", async () => {
  const { jwk } = await encryptionKey("RSA-OAEP-256");
  const client = await op.client({ jwks: { keys: [jwk] }, id_token_encrypted_response_alg: "RSA-OAEP-256" });
  const browser = op.browser();
  await browser.obtain(client, ada);
  const response = await client.redeem(await browser.obtain(client, ada), {}, { measure: true });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("x-limen-test-d1"), "1");
});

test("discovery tells which algorithms there are", async () => {
  const metadata = await op.json("/.well-known/openid-configuration");
  for (const what of ["id_token", "userinfo"]) {
    assert.deepEqual(metadata[`${what}_encryption_alg_values_supported`], KEY_ALGS);
    assert.ok(metadata[`${what}_encryption_enc_values_supported`].includes("A256CBC-HS512"));
  }
});
