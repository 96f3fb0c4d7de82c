// Encrypted ID tokens: OIDC Core sections 2 and 10.2. Each is decrypted by jose, and what is inside verified.

import assert from "node:assert/strict";
import { test } from "node:test";

import { secretKey } from "../support/assertion.mjs";
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

test("a key that cannot be used is found before the code is used up", async () => {
  const good = (await encryptionKey("ECDH-ES")).jwk;
  for (const keys of [
    [{ ...good, use: "sig" }],
    // On no curve: only using it shows.
    [{ ...good, x: good.y, y: good.x }],
  ]) {
    const client = await op.client({ jwks: { keys }, id_token_encrypted_response_alg: "ECDH-ES" });
    const grant = await op.browser().obtain(client, ada);
    for (let time = 0; time < 2; time++) await oauthError(await client.redeem(grant), 400, "invalid_request");
    const change = { method: "PATCH", json: { jwks: { keys: [good] } } };
    assert.equal((await op.admin(`/register/${client.id}`, change)).status, 200);
    assert.ok((await client.tokens(grant)).id_token, "the code has survived");
    await oauthError(await client.redeem(grant), 400, "invalid_grant");
  }
});

test("a key that was good before the client changed counts no more", async () => {
  const { jwk } = await encryptionKey("ECDH-ES");
  const client = await op.client({ jwks: { keys: [jwk] }, id_token_encrypted_response_alg: "ECDH-ES" });
  const browser = op.browser();
  await client.tokens(await browser.obtain(client, ada));
  const grant = await browser.obtain(client, ada);
  const to = async (keys) => op.admin(`/register/${client.id}`, { method: "PATCH", json: { jwks: { keys } } });
  assert.equal((await to([{ ...jwk, use: "sig" }])).status, 200);
  await oauthError(await client.redeem(grant), 400, "invalid_request");
  assert.equal((await to([jwk])).status, 200);
  await client.tokens(grant);
});

test("a jwks_uri that does not answer keeps the code, too", async () => {
  const { jwk } = await encryptionKey("ECDH-ES");
  const uri = "https://app.acme.test/enc-jwks.json";
  op.serve(uri, () => ({ status: 500 }));
  const client = await op.client({ jwks_uri: uri, id_token_encrypted_response_alg: "ECDH-ES" });
  const grant = await op.browser().obtain(client, ada);
  await oauthError(await client.redeem(grant), 400, "invalid_request");
  op.serve(uri, () => ({ json: { keys: [jwk] } }));
  op.clock.advance({ seconds: 31 });
  assert.ok((await client.tokens(grant)).id_token);
});

test("who is refused for another reason learns nothing of keys, and a client that proves itself once is heard twice", async () => {
  const { jwk } = await encryptionKey("ECDH-ES");
  const broken = { jwks: { keys: [{ ...jwk, use: "sig" }] }, id_token_encrypted_response_alg: "ECDH-ES" };
  const client = await op.client(broken);
  const grant = await op.browser().obtain(client, ada);
  await oauthError(await client.redeem(grant, { code_verifier: "x".repeat(43) }), 400, "invalid_grant");
  const asserting = await op.client({
    jwks: { keys: [jwk] },
    id_token_encrypted_response_alg: "ECDH-ES",
    token_endpoint_auth_method: "client_secret_jwt",
  });
  asserting.key = secretKey(asserting.secret);
  assert.ok((await asserting.tokens(await op.browser().obtain(asserting, ada))).id_token);
});

test("what is encrypted costs no more D1 trips, once it is known that the client can read it", async () => {
  const { jwk } = await encryptionKey("RSA-OAEP-256");
  const client = await op.client({ jwks: { keys: [jwk] }, id_token_encrypted_response_alg: "RSA-OAEP-256" });
  const browser = op.browser();
  // The first also notes, after the answer, that the secret was used.
  for (const trips of ["3", "1"]) {
    const response = await client.redeem(await browser.obtain(client, ada), {}, { measure: true });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("x-limen-test-d1"), trips);
  }
});

test("discovery tells which algorithms there are", async () => {
  const metadata = await op.json("/.well-known/openid-configuration");
  for (const what of ["id_token", "userinfo"]) {
    assert.deepEqual(metadata[`${what}_encryption_alg_values_supported`], KEY_ALGS);
    assert.ok(metadata[`${what}_encryption_enc_values_supported`].includes("A256CBC-HS512"));
  }
});
