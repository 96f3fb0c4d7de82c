// Devices that prove themselves by a key or a certificate, and whose tokens are bound to it.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";

import { asserted, assertion, keyPair } from "../support/assertion.mjs";
import { DpopKey } from "../support/dpop.mjs";
import { oauthError } from "../support/expect.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { ON, approve, ask, deviceClient, poll, pollError, request, tokens } from "./support.mjs";

const MTLS_ORIGIN = "https://mtls.limen.test";
const op = await startLimen({ vars: { ...ON, MTLS_ORIGIN } });
const ada = await op.person();

/** A self-signed certificate, as Cloudflare tells of it. */
function certificate() {
  const der = randomBytes(300);
  const digest = createHash("sha256").update(der).digest();
  const tlsClientAuth = {
    certPresented: "1",
    certVerified: "FAILED:self signed certificate",
    certRevoked: "0",
    certFingerprintSHA256: digest.toString("hex"),
  };
  return { init: { cf: { tlsClientAuth }, auth: "none" }, x5c: [der.toString("base64")], thumbprint: digest.toString("base64url") };
}

test("private_key_jwt: an assertion is used up by what succeeds, and by no poll before the answer", async () => {
  const key = await keyPair("ES256");
  const client = await deviceClient(op, { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [key.jwk] } });
  client.key = key;
  const once = asserted(await assertion(client, key));
  const asked = await ask(client, {}, { auth: once });
  await oauthError(await request(client, {}, { auth: once }), 401, "invalid_client");
  const polling = asserted(await assertion(client, key));
  assert.equal(await pollError(client, asked, {}, { auth: polling }), "authorization_pending");
  op.clock.advance({ seconds: 6 });
  assert.equal(await pollError(client, asked, {}, { auth: polling }), "authorization_pending");
  await approve(op.browser(), asked, ada);
  await oauthError(await poll(client, asked, {}, { auth: "none" }), 401, "invalid_client");
  assert.ok((await tokens(client, asked, {}, { auth: polling })).access_token);
});

test("a certificate: the device shows it at each request, and its tokens are bound to it (RFC 8705 section 3)", async () => {
  const [shown, foreign] = [certificate(), certificate()];
  const { jwk } = await keyPair("ES256");
  const client = await deviceClient(op, {
    token_endpoint_auth_method: "self_signed_tls_client_auth",
    tls_client_certificate_bound_access_tokens: true,
    jwks: { keys: [{ ...jwk, x5c: shown.x5c }] },
  });
  await oauthError(await request(client, {}, foreign.init), 401, "invalid_client");
  await oauthError(await request(client, {}, { auth: "none" }), 401, "invalid_client");
  const asked = await ask(client, {}, shown.init);
  await approve(op.browser(), asked, ada);
  await oauthError(await poll(client, asked, {}, foreign.init), 401, "invalid_client");
  const given = await tokens(client, asked, {}, shown.init);
  assert.equal(claimsOf(given.access_token).cnf["x5t#S256"], shown.thumbprint);
  const metadata = await op.json("/.well-known/openid-configuration");
  assert.equal(metadata.mtls_endpoint_aliases.device_authorization_endpoint, `${MTLS_ORIGIN}/device_authorization`);
});

test("dpop_bound_access_tokens: no token without a proof, whoever answers", async () => {
  const client = await deviceClient(op, { dpop_bound_access_tokens: true });
  const key = await DpopKey.generate(op);
  const asked = await ask(client);
  await approve(op.browser(), asked, ada);
  await oauthError(await poll(client, asked), 400, "invalid_dpop_proof");
  const given = await tokens(client, asked, {}, { headers: await key.posting() });
  assert.equal(claimsOf(given.access_token).cnf.jkt, key.jkt);
});
