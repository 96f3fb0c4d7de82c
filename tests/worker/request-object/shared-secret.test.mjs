// Request objects under a MAC with the client's secret: OIDC Core sections 6.1 and 10.1. jose makes the MACs.

import assert from "node:assert/strict";
import { test } from "node:test";

import { grantOf } from "../support/browser.mjs";
import { encryptedToLimen } from "../support/encryption.mjs";
import { redirectError } from "../support/expect.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { beside, requestClaims, signedObject, signingKey } from "../support/request-object.mjs";

const op = await startLimen();
const ada = await op.person();

const ALGS = ["HS256", "HS384", "HS512"];

/** A request of `client` under a MAC with `secret`. */
function macced(client, { alg = "HS256", secret = client.secret, ...header } = {}) {
  const { claims } = requestClaims(client);
  return signedObject(claims, { alg, key: new TextEncoder().encode(secret), ...header });
}

const open = (client, request, init) =>
  op.browser().open(beside(client, { redirect_uri: client.redirectUri, request }), init);

async function taken(client, request) {
  const page = await open(client, request);
  assert.ok(page.asksForPassword, `${page.callback}`);
}

const refused = async (client, request) => redirectError(await open(client, request), "invalid_request_object");

async function renew(client, overlap) {
  const { registration_client_uri: uri, registration_access_token: bearer } = client.registered;
  const response = await op.fetch(`${uri}/renew_secret`, { method: "POST", bearer, json: { overlap_seconds: overlap } });
  assert.equal(response.status, 200);
  client.registered = await response.json();
  return client.registered.client_secret;
}

for (const alg of ALGS) {
  for (const method of ["client_secret_basic", "client_secret_post", "client_secret_jwt"]) {
    test(`${alg}, of a client that uses ${method}`, async () => {
      const client = await op.client({ token_endpoint_auth_method: method, request_object_signing_alg: alg });
      await taken(client, await macced(client, { alg }));
      for (const other of ALGS.filter((name) => name !== alg)) await refused(client, await macced(client, { alg: other }));
      await refused(client, await macced(client, { alg, secret: `${client.secret}x` }));
    });
  }
}

test("a code comes of it", async () => {
  const client = await op.client({ request_object_signing_alg: "HS256" });
  const { claims, request, verifier } = requestClaims(client);
  const object = await signedObject(claims, { alg: "HS256", key: new TextEncoder().encode(client.secret) });
  const browser = op.browser();
  const page = await browser.complete(await browser.open(beside(client, { request: object })), ada);
  page.request = { client, params: request, verifier };
  assert.equal(claimsOf((await client.tokens(grantOf(page))).id_token).nonce, claims.nonce);
});

test("encrypted to Limen around it, and pushed", async () => {
  const client = await op.client({ request_object_signing_alg: "HS512", request_object_encryption_alg: "RSA-OAEP" });
  const object = await encryptedToLimen(op, await macced(client, { alg: "HS512" }), { cty: "JWT" });
  await taken(client, object);
  const response = await client.post("/par", { request: object });
  assert.equal(response.status, 201, await response.text());
});

test("the secret before works while they overlap, and not beyond", async () => {
  const client = await op.client({ request_object_signing_alg: "HS256" });
  const old = client.secret;
  const fresh = await renew(client, 600);
  await taken(client, await macced(client, { secret: old }));
  await taken(client, await macced(client, { secret: fresh }));
  op.clock.advance({ seconds: 601 });
  await refused(client, await macced(client, { secret: old }));
  await taken(client, await macced(client, { secret: fresh }));
  const last = await renew(client, 0);
  await refused(client, await macced(client, { secret: fresh }));
  await taken(client, await macced(client, { secret: last }));
});

test("a client that changes to such an algorithm is given a secret that is stored so that it can be had", async () => {
  const client = await op.client();
  const stored = () => op.db.prepare("SELECT wrapped_secret FROM clients WHERE id = ?").bind(client.id).first();
  assert.equal((await stored()).wrapped_secret, null);
  await refused(client, await macced(client));
  const { registration_client_uri: uri, registration_access_token: bearer } = client.registered;
  const response = await op.fetch(uri, { method: "PATCH", bearer, json: { request_object_signing_alg: "HS256" } });
  const { client_secret: secret } = await response.json();
  assert.ok(secret && secret !== client.secret);
  const { wrapped_secret: wrapped } = await stored();
  assert.ok(wrapped && !wrapped.includes(secret));
  await taken(client, await macced(client, { secret }));
  await refused(client, await macced(client));
});

test("never with a public key as the secret, and never for a client that has none", async () => {
  const { jwk } = await signingKey("RS256");
  for (const metadata of [
    { request_object_signing_alg: "HS256", jwks: { keys: [jwk] } },
    { jwks: { keys: [jwk] } },
    { request_object_signing_alg: "RS256", jwks: { keys: [jwk] } },
    { token_endpoint_auth_method: "none" },
    { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [jwk] } },
  ]) {
    const client = await op.client(metadata);
    for (const secret of [JSON.stringify(jwk), jwk.n, jwk.kid, client.id]) {
      await refused(client, await macced(client, { secret, kid: jwk.kid }));
    }
  }
});

test("a MAC of another client with its own secret is refused", async () => {
  const [one, other] = [await op.client({ request_object_signing_alg: "HS256" }), await op.client()];
  await refused(one, await macced(one, { secret: other.secret }));
  await refused(other, await macced(other, { secret: one.secret }));
});

test("a client without a secret cannot register it", async () => {
  for (const method of ["none", "private_key_jwt"]) {
    const { jwk } = await signingKey("RS256");
    const json = {
      redirect_uris: ["https://app.acme.test/callback"],
      token_endpoint_auth_method: method,
      request_object_signing_alg: "HS256",
      jwks: { keys: [jwk] },
    };
    const response = await op.admin("/register", { method: "POST", json });
    assert.equal(response.status, 400);
    assert.equal((await response.json()).error, "invalid_client_metadata");
  }
});

test("discovery tells which algorithms there are", async () => {
  const metadata = await op.json("/.well-known/openid-configuration");
  for (const alg of ALGS) assert.ok(metadata.request_object_signing_alg_values_supported.includes(alg));
});

test("D1 that fails while the secret is read is a fault, and no refusal", async () => {
  const client = await op.client({ request_object_signing_alg: "HS256" });
  await taken(client, await macced(client));
  const request = await macced(client);
  const response = await op.fetch(beside(client, { request }), { d1: { down: true } });
  assert.equal(response.status, 503);
});
