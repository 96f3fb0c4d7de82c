// RS256 by default; ES256, PS256 and EdDSA on request of a client. Each token is verified by jose against the JWKS.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { UnsecuredJWT } from "jose";

import { headerOf, verified } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const HASHES = { RS256: "sha256", PS256: "sha256", ES256: "sha256", EdDSA: "sha512" };

const op = await startLimen();
const ada = await op.person();

for (const [alg, hash] of Object.entries(HASHES)) {
  test(`a client that asks for ${alg} gets ID tokens under it`, async () => {
    const client = await op.client({ id_token_signed_response_alg: alg });
    const grant = await op.browser().obtain(client, ada);
    const { id_token: idToken, access_token: accessToken } = await client.tokens(grant);
    assert.equal(headerOf(idToken).alg, alg);
    const claims = await verified(op, idToken, { audience: client.id, algorithms: [alg] });
    const digest = createHash(hash).update(accessToken).digest();
    assert.equal(claims.at_hash, digest.subarray(0, digest.length / 2).toString("base64url"), "Core section 3.1.3.6");
    await verified(op, accessToken, { typ: "at+jwt" });
    assert.equal((await op.fetch("/userinfo", { bearer: accessToken })).status, 200);
  });
}

test("the default is RS256", async () => {
  const client = await op.client();
  const tokens = await client.tokens(await op.browser().obtain(client, ada));
  assert.equal(headerOf(tokens.id_token).alg, "RS256");
});

test("a client that asks for none gets ID tokens without a signature, and signed access tokens", async () => {
  const client = await op.client({ id_token_signed_response_alg: "none" });
  const tokens = await client.tokens(await op.browser().obtain(client, ada, { nonce: "n-0S6_WzA2Mj" }));
  const [, , signature] = tokens.id_token.split(".");
  assert.deepEqual([headerOf(tokens.id_token).alg, signature], ["none", ""]);
  const { payload } = UnsecuredJWT.decode(tokens.id_token, { issuer: op.issuer, audience: client.id });
  assert.deepEqual([payload.sub, payload.nonce, payload.at_hash], [ada.id, "n-0S6_WzA2Mj", undefined]);
  await verified(op, tokens.access_token, { algorithms: ["RS256"] });
  assert.equal(headerOf((await client.refreshed(tokens.refresh_token)).id_token).alg, "none");
});

test("an ID token without a signature is no id_token_hint", async () => {
  const client = await op.client({ id_token_signed_response_alg: "none" });
  const browser = op.browser();
  const { id_token: hint } = await client.tokens(await browser.obtain(client, ada));
  const page = await browser.authorize(client, { prompt: "none", id_token_hint: hint });
  assert.equal(page.callback.get("error"), "invalid_request");
});

for (const alg of ["None", "HS256", "RS1", "ES256K", "rs256"]) {
  test(`a client cannot register ${alg}`, async () => {
    const response = await op.admin("/register", {
      json: { redirect_uris: ["https://app.acme.test/cb"], id_token_signed_response_alg: alg },
    });
    assert.equal(response.status, 400);
    assert.equal((await response.json()).error, "invalid_client_metadata");
  });
}
