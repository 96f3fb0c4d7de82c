// A client that keeps to FAPI 2.0: a key to sign with, and a TLS certificate that its tokens are bound to.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";

import { asserted, assertion, keyPair } from "./assertion.mjs";
import { grantOf } from "./browser.mjs";
import { succeeded } from "./expect.mjs";

export const MTLS_ORIGIN = "https://mtls.limen.test";

/** What Cloudflare tells of a certificate. */
export function certificate() {
  const tlsClientAuth = {
    certPresented: "1",
    certVerified: "SUCCESS",
    certRevoked: "0",
    certSubjectDN: "CN=app",
    certSubjectDNRFC2253: "CN=app",
    certFingerprintSHA256: randomBytes(32).toString("hex"),
  };
  return { cf: { tlsClientAuth } };
}

/** Registers a client with `fapi_profile`; `metadata` may say something else. It authenticates by assertions of its `key`. */
export async function fapiClient(op, metadata = {}) {
  const key = await keyPair("ES256");
  const client = await op.client({
    jwks: { keys: [key.jwk] },
    token_endpoint_auth_method: undefined,
    fapi_profile: "fapi2",
    tls_client_certificate_bound_access_tokens: true,
    ...metadata,
  });
  return Object.assign(client, { key, certificate: certificate() });
}

/** Pushes a request of `client`. `claims` goes into its assertion. */
export async function push(client, params = {}, { claims, header, key = client.key } = {}) {
  const auth = asserted(await assertion(client, key, claims, header));
  return client.post("/par", params, { auth, ...client.certificate });
}

/** Pushes a request, which must succeed. Gives where the person goes with it. */
export async function pushed(client, params = client.request().params) {
  const { request_uri } = await succeeded(await push(client, params), 201);
  return `/authorize?${new URLSearchParams({ client_id: client.id, request_uri })}`;
}

/** What comes of a pushed request to which `person` agrees. */
export async function obtain(client, person, params = {}, browser = client.op.browser()) {
  const request = client.request(params);
  const page = await browser.complete(await browser.open(await pushed(client, request.params)), person);
  page.request = request;
  return grantOf(page);
}

/** The tokens that `person` lets `client` have. */
export async function tokens(client, person, params, browser) {
  return client.tokens(await obtain(client, person, params, browser), {}, client.certificate);
}
