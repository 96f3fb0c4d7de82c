// Introspection in a JWT: RFC 9701.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { asserted, assertion, keyPair } from "../support/assertion.mjs";
import { decrypted, encryptionKey } from "../support/encryption.mjs";
import { oauthError } from "../support/expect.mjs";
import { claimsOf, headerOf, verified } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const TYPE = "application/token-introspection+jwt";
const op = await startLimen();
const ada = await op.person();
const browser = op.browser();
const app = await op.client();

const freshToken = async () => (await app.tokens(await browser.obtain(app, ada))).access_token;

async function introspected(api, token, accept = TYPE) {
  const response = await api.post("/introspect", { token }, { headers: { accept } });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return { type: response.headers.get("content-type"), text };
}

async function answeredBy(api, token) {
  const { type, text } = await introspected(api, token);
  assert.equal(type, TYPE);
  return text;
}

test("is signed for the one who asks, and says the same as the JSON (section 5)", async () => {
  const api = await op.client();
  const token = await freshToken();
  const jwt = await answeredBy(api, token);
  assert.equal(headerOf(jwt).typ, "token-introspection+jwt");
  const { iat, ...claims } = await verified(op, jwt, { algorithms: ["RS256"], audience: api.id });
  assert.ok(Math.abs(iat - op.clock.now() / 1_000) < 5, `${iat}`);
  assert.deepEqual(claims, { iss: op.issuer, aud: api.id, token_introspection: await api.introspect(token) });
});

for (const alg of ["RS256", "PS256", "ES256", "EdDSA"]) {
  test(`introspection_signed_response_alg=${alg}`, async () => {
    const api = await op.client({ introspection_signed_response_alg: alg });
    const jwt = await answeredBy(api, await freshToken());
    const claims = await verified(op, jwt, { algorithms: [alg], audience: api.id });
    assert.equal(claims.token_introspection.active, true);
  });
}

test("of a token that is none it says only that (section 5)", async () => {
  const claims = claimsOf(await answeredBy(app, "x"));
  assert.deepEqual(claims.token_introspection, { active: false });
});

describe("encrypted as registered: a nested JWT (section 6)", () => {
  for (const alg of ["RSA-OAEP-256", "ECDH-ES"]) {
    test(alg, async () => {
      const { jwk, privateKey } = await encryptionKey(alg);
      const api = await op.client({
        jwks: { keys: [jwk] },
        introspection_signed_response_alg: "ES256",
        introspection_encrypted_response_alg: alg,
      });
      const { header, text } = await decrypted(await answeredBy(api, await freshToken()), privateKey);
      assert.deepEqual([header.cty, header.enc], ["JWT", "A128CBC-HS256"]);
      const claims = await verified(op, text, { algorithms: ["ES256"], audience: api.id });
      assert.equal(claims.token_introspection.client_id, app.id);
    });
  }

  test("without a key to encrypt to nothing is told, and the assertion works once more", async () => {
    const key = await keyPair("ES256");
    const api = await op.client({
      jwks: { keys: [key.jwk] },
      token_endpoint_auth_method: "private_key_jwt",
      introspection_encrypted_response_alg: "ECDH-ES",
    });
    const auth = asserted(await assertion(api, key));
    const asked = api.post("/introspect", { token: "x" }, { auth, headers: { accept: TYPE } });
    await oauthError(await asked, 400, "invalid_request");
    assert.deepEqual(await api.introspect("x", {}, { auth }), { active: false });
  });
});

test("JSON is for those who do not ask for a JWT by its name (section 4)", async () => {
  const api = await op.client({ introspection_signed_response_alg: "ES256" });
  for (const accept of ["application/json", "*/*", "application/jwt", `${TYPE};q=0`]) {
    const { type, text } = await introspected(api, "x", accept);
    assert.match(type, /^application\/json/);
    assert.deepEqual(JSON.parse(text), { active: false });
  }
});

test("is no access token, no ID token hint and no assertion", async () => {
  const jwt = await answeredBy(app, await freshToken());
  assert.equal((await op.fetch("/userinfo", { bearer: jwt })).status, 401);
  assert.deepEqual(await app.introspect(jwt), { active: false });
});

test("metadata says so (section 7)", async () => {
  const metadata = await (await op.fetch("/.well-known/openid-configuration")).json();
  assert.deepEqual(metadata.introspection_signing_alg_values_supported, ["RS256", "PS256", "ES256", "EdDSA"]);
  assert.ok(metadata.introspection_encryption_alg_values_supported.includes("ECDH-ES"));
  assert.ok(metadata.introspection_encryption_enc_values_supported.includes("A256GCM"));
});
