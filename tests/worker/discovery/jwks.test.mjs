// The JWK Set: RFC 7517, OIDC Discovery section 3 (jwks_uri).

import assert from "node:assert/strict";
import { test } from "node:test";

import { calculateJwkThumbprint } from "jose";

import { headerOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const JWKS = "/.well-known/jwks.json";
const PRIVATE_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

const op = await startLimen();

test("the key that will sign for a client is published before its first token", async () => {
  const { id_token_signing_alg_values_supported: promised } = await op.json("/.well-known/openid-configuration");
  const ada = await op.person();
  for (const alg of promised.filter((alg) => alg !== "none")) {
    const client = await op.client({ id_token_signed_response_alg: alg });
    const { keys } = await op.jwks();
    const { id_token: token } = await client.tokens(await op.browser().obtain(client, ada));
    const { kid } = headerOf(token);
    assert.ok(
      keys.some((key) => key.kid === kid),
      `${alg}: a relying party that has the JWKS of a minute ago can verify`,
    );
  }
});

test("keys are public signature keys, named by their RFC 7638 thumbprint", async () => {
  const { keys } = await op.jwks();
  for (const key of keys) {
    assert.equal(key.use, "sig");
    assert.equal(key.kid, await calculateJwkThumbprint(key, "sha256"));
    for (const member of PRIVATE_MEMBERS) assert.ok(!(member in key), `${member} of ${key.alg}`);
  }
  assert.equal(new Set(keys.map((key) => key.kid)).size, keys.length);
});

test("RSA keys have at least 2048 bits (RFC 7518 section 3.3)", async () => {
  const { keys } = await op.jwks();
  const rsa = keys.filter((key) => key.kty === "RSA");
  assert.ok(rsa.length > 0);
  for (const key of rsa) {
    assert.ok(Buffer.from(key.n, "base64url").length >= 256);
    assert.equal(key.e, "AQAB");
  }
});

test("the JWKS is cacheable JSON with open CORS and an ETag", async () => {
  const response = await op.fetch(JWKS, { headers: { origin: "https://spa.acme.test" } });
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type"), /^application\/(jwk-set\+)?json/);
  assert.equal(response.headers.get("access-control-allow-origin"), "*");
  const etag = response.headers.get("etag");
  assert.match(etag, /^(W\/)?"[^"]+"$/);
  const again = await op.fetch(JWKS, { headers: { "if-none-match": etag } });
  assert.equal(again.status, 304);
  assert.equal(await again.text(), "");
});

test("the JWKS may be cached for less time than a key is published before it signs", async () => {
  const response = await op.fetch(JWKS);
  const maxAge = Number(/public.*max-age=(\d+)/.exec(response.headers.get("cache-control"))[1]);
  assert.ok(maxAge > 0 && maxAge <= 86_400 / 2, `max-age=${maxAge}`);
});
