// Request objects that are encrypted and not signed: OIDC Core section 6.1. Of who must sign none is taken (RFC 9101 section 6).

import assert from "node:assert/strict";
import { test } from "node:test";

import { grantOf } from "../support/browser.mjs";
import { KEY_ALGS, encryptedToLimen } from "../support/encryption.mjs";
import { redirectError } from "../support/expect.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { beside, requestClaims, signingKey } from "../support/request-object.mjs";

const op = await startLimen();
const ada = await op.person();
const client = await op.client({ request_object_encryption_alg: "RSA-OAEP" });
await op.client({ request_object_encryption_alg: "ECDH-ES" });

const sealed = (text, header) => encryptedToLimen(op, text, header);
const path = (by, request) => beside(by, { redirect_uri: by.redirectUri, request });

for (const alg of KEY_ALGS) {
  test(`the claims alone, encrypted with ${alg}`, async () => {
    const { claims, request, verifier } = requestClaims(client);
    const browser = op.browser();
    const object = await sealed(JSON.stringify(claims), { alg });
    const page = await browser.complete(await browser.open(beside(client, { request: object })), ada);
    page.request = { client, params: request, verifier };
    assert.equal(page.callback.get("state"), claims.state);
    assert.equal(claimsOf((await client.tokens(grantOf(page))).id_token).nonce, claims.nonce);
  });
}

test("they are held to the same rules as signed ones", async () => {
  const { claims } = requestClaims(client);
  const now = op.clock.seconds();
  for (const wrong of [{ iss: "other" }, { aud: "https://other.test" }, { exp: now - 60 }, { client_id: "other" }]) {
    const object = await sealed(JSON.stringify({ ...claims, ...wrong }));
    redirectError(await op.browser().open(path(client, object)), "invalid_request_object");
  }
  const again = await sealed(JSON.stringify({ ...claims, request: "x" }));
  redirectError(await op.browser().open(path(client, again)), "invalid_request_object");
});

test("of a client that registered an algorithm, or that it signs, they are refused", async () => {
  const jwks = { keys: [(await signingKey("ES256")).jwk] };
  for (const registered of [
    { request_object_signing_alg: "ES256", jwks },
    { request_object_signing_alg: "HS256" },
    { require_signed_request_object: true },
  ]) {
    const strict = await op.client(registered);
    const object = await sealed(JSON.stringify(requestClaims(strict).claims));
    redirectError(await op.browser().open(path(strict, object)), "invalid_request_object");
  }
  const none = await op.client({ request_object_signing_alg: "none" });
  const object = await sealed(JSON.stringify(requestClaims(none).claims));
  assert.ok((await op.browser().open(path(none, object))).asksForPassword);
});

test("claims that are not encrypted are no JWT", async () => {
  const { claims } = requestClaims(client);
  redirectError(await op.browser().open(path(client, JSON.stringify(claims))), "invalid_request_object");
});

test("junk inside is a refusal and no fault", async () => {
  for (const text of ["", "{", "[]", '"x"', "null", "{}{}", `{"a":${"[".repeat(3_000)}${"]".repeat(3_000)}}`]) {
    redirectError(await op.browser().open(path(client, await sealed(text))), "invalid_request_object");
  }
});
