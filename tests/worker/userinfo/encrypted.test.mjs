// Encrypted UserInfo: OIDC Core section 5.3.2, RFC 7516. Each answer is decrypted by jose.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { CONTENT_ENCS, KEY_ALGS, decrypted, encryptionKey } from "../support/encryption.mjs";
import { oauthError } from "../support/expect.mjs";
import { verified } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const ada = await op.person();
const browser = op.browser();

async function userinfo(metadata) {
  const client = await op.client(metadata);
  const { access_token: bearer } = await client.tokens(await browser.obtain(client, ada));
  return { client, response: await op.fetch("/userinfo", { bearer }) };
}

async function encryptedUserinfo(metadata) {
  const { client, response } = await userinfo(metadata);
  const jwe = await response.text();
  assert.equal(response.status, 200, jwe);
  assert.equal(response.headers.get("content-type"), "application/jwt");
  return { client, jwe };
}

describe("every alg with every enc", () => {
  for (const alg of KEY_ALGS) {
    for (const enc of CONTENT_ENCS) {
      test(`${alg}, ${enc}`, async () => {
        const { jwk, privateKey } = await encryptionKey(alg);
        const { jwe } = await encryptedUserinfo({
          jwks: { keys: [jwk] },
          userinfo_encrypted_response_alg: alg,
          userinfo_encrypted_response_enc: enc,
        });
        const { header, text } = await decrypted(jwe, privateKey);
        const { epk: _, ...rest } = header;
        assert.deepEqual(rest, { alg, enc, kid: jwk.kid });
        assert.equal(JSON.parse(text).sub, ada.id);
      });
    }
  }
});

for (const crv of ["P-384", "P-521", "X25519"]) {
  for (const alg of ["ECDH-ES", "ECDH-ES+A256KW"]) {
    test(`${alg} on ${crv}`, async () => {
      const { jwk, privateKey } = await encryptionKey(alg, { crv });
      const { jwe } = await encryptedUserinfo({
        jwks: { keys: [jwk] },
        userinfo_encrypted_response_alg: alg,
      });
      const { header, text } = await decrypted(jwe, privateKey);
      assert.equal(header.enc, "A128CBC-HS256", "the default");
      assert.deepEqual([header.epk.crv, header.epk.d], [crv, undefined]);
      assert.equal(JSON.parse(text).sub, ada.id);
    });
  }
}

test("signed, then encrypted: a nested JWT", async () => {
  const { jwk, privateKey } = await encryptionKey("RSA-OAEP-256");
  const { client, jwe } = await encryptedUserinfo({
    jwks: { keys: [jwk] },
    userinfo_signed_response_alg: "ES256",
    userinfo_encrypted_response_alg: "RSA-OAEP-256",
    userinfo_encrypted_response_enc: "A256GCM",
  });
  const { header, text } = await decrypted(jwe, privateKey);
  assert.equal(header.cty, "JWT", "RFC 7519 section 5.2");
  const claims = await verified(op, text, { algorithms: ["ES256"], audience: client.id });
  assert.equal(claims.sub, ada.id);
});

test("to the key for encryption, with its kid, and to a key without a name, without", async () => {
  const { jwk: right, privateKey } = await encryptionKey("RSA-OAEP");
  const { kid: _, ...unnamed } = right;
  const wrong = (await encryptionKey("ECDH-ES", { use: "sig", kid: "sig" })).jwk;
  const other = { ...right, kid: "sig-rsa", use: "sig" };
  for (const [keys, kid] of [
    [[wrong, other, right], right.kid],
    [[wrong, { ...unnamed, alg: "RSA-OAEP" }], undefined],
  ]) {
    const { jwe } = await encryptedUserinfo({ jwks: { keys }, userinfo_encrypted_response_alg: "RSA-OAEP" });
    const { header, text } = await decrypted(jwe, privateKey);
    assert.equal(header.kid, kid);
    assert.equal(JSON.parse(text).sub, ada.id);
  }
});

test("no two answers share a key, an initialisation vector or an ephemeral key", async () => {
  const { jwk } = await encryptionKey("ECDH-ES+A128KW");
  const client = await op.client({
    jwks: { keys: [jwk] },
    userinfo_encrypted_response_alg: "ECDH-ES+A128KW",
    userinfo_encrypted_response_enc: "A128GCM",
  });
  const { access_token: bearer } = await client.tokens(await browser.obtain(client, ada));
  const seen = new Set();
  for (let n = 0; n < 5; n++) {
    const [header, key, iv] = (await (await op.fetch("/userinfo", { bearer })).text()).split(".");
    for (const part of [header, key, iv]) seen.add(part);
  }
  assert.equal(seen.size, 15);
});

describe("a client without a key that fits", () => {
  const UNFIT = {
    "has keys of another kind": async () => (await encryptionKey("ECDH-ES")).jwk,
    "has a key for signatures": async () => (await encryptionKey("RSA-OAEP", { use: "sig" })).jwk,
    "has a key for another algorithm": async () => (await encryptionKey("RSA-OAEP", { alg: "RSA-OAEP-256" })).jwk,
    "has an RSA key of 512 bits": async () => ({ kty: "RSA", n: Buffer.alloc(64, 255).toString("base64url"), e: "AQAB" }),
    "has an RSA key that is none": async () => ({ kty: "RSA", n: Buffer.alloc(256, 255).toString("base64url"), e: "AA" }),
  };
  for (const [what, key] of Object.entries(UNFIT)) {
    test(`${what}: it is told, and nothing is sent in the clear`, async () => {
      const { response } = await userinfo({
        jwks: { keys: [await key()] },
        userinfo_encrypted_response_alg: "RSA-OAEP",
      });
      await oauthError(response, 400, "invalid_request");
    });
  }

  for (const point of [
    { kty: "EC", crv: "P-256", x: "AA", y: "AA" },
    { kty: "EC", crv: "P-256", x: Buffer.alloc(32, 1).toString("base64url"), y: Buffer.alloc(32, 1).toString("base64url") },
    { kty: "OKP", crv: "X25519", x: Buffer.alloc(32, 0).toString("base64url") },
  ]) {
    test(`has ${point.crv} coordinates that are no point, or a point of small order: the same`, async () => {
      const { response } = await userinfo({ jwks: { keys: [point] }, userinfo_encrypted_response_alg: "ECDH-ES" });
      await oauthError(response, 400, "invalid_request");
    });
  }
});

for (const alg of ["RSA1_5", "dir", "A128KW", "PBES2-HS256+A128KW", "none"]) {
  test(`${alg} cannot be registered`, async () => {
    const { jwk } = await encryptionKey("RSA-OAEP");
    const response = await op.admin("/register", {
      json: {
        redirect_uris: ["https://app.acme.test/cb"],
        jwks: { keys: [jwk] },
        userinfo_encrypted_response_alg: alg,
      },
    });
    await oauthError(response, 400, "invalid_client_metadata");
  });
}

describe("keys at a jwks_uri", () => {
  const URI = "https://app.acme.test/jwks.json";

  test("are fetched", async () => {
    const { jwk, privateKey } = await encryptionKey("ECDH-ES");
    op.serve(URI, { json: { keys: [jwk] } });
    const { jwe } = await encryptedUserinfo({ jwks_uri: URI, userinfo_encrypted_response_alg: "ECDH-ES" });
    assert.equal(JSON.parse((await decrypted(jwe, privateKey)).text).sub, ada.id);
  });

  test("that cannot be fetched leave the client without an answer", async () => {
    const uri = `${URI}?gone`;
    const { response } = await userinfo({ jwks_uri: uri, userinfo_encrypted_response_alg: "RSA-OAEP" });
    await oauthError(response, 400, "invalid_request");
  });
});
