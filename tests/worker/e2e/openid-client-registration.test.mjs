// openid-client registers itself, proves itself by assertions, is changed and deleted.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { exportJWK, generateKeyPair } from "jose";
import * as oidc from "openid-client";

import { fetchFor } from "../support/library.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen({ vars: { REGISTRATION: "open" } });
const ada = await op.person();
const REDIRECT = "https://app.acme.test/callback";
const METADATA = {
  client_name: "Self-made",
  redirect_uris: [REDIRECT],
  grant_types: ["authorization_code", "refresh_token"],
};

async function registeredBy(method, authentication, metadata = {}) {
  const options = { [oidc.customFetch]: fetchFor(op) };
  const wanted = { ...METADATA, token_endpoint_auth_method: method, ...metadata };
  const config = await oidc.dynamicClientRegistration(new URL(op.issuer), wanted, authentication, options);
  config[oidc.customFetch] = fetchFor(op);
  return config;
}

/** Signs Ada in, and uses every endpoint at which a client proves itself. */
async function goThrough(config) {
  const verifier = oidc.randomPKCECodeVerifier();
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT,
    scope: "openid profile",
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  const browser = op.browser();
  const page = await browser.complete(await browser.open(url.href), ada);
  const tokens = await oidc.authorizationCodeGrant(config, new URL(page.url), { pkceCodeVerifier: verifier });
  assert.equal(tokens.claims().sub, ada.id);
  const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
  assert.equal((await oidc.tokenIntrospection(config, refreshed.access_token)).active, true);
  await oidc.tokenRevocation(config, refreshed.refresh_token);
  assert.equal((await oidc.tokenIntrospection(config, refreshed.access_token)).active, false);
}

describe("private_key_jwt", () => {
  for (const alg of ["RS256", "PS256", "ES256", "EdDSA"]) {
    test(alg, async () => {
      const { privateKey, publicKey } = await generateKeyPair(alg);
      const jwk = { ...(await exportJWK(publicKey)), kid: alg, alg };
      const jwks = { keys: [jwk] };
      await goThrough(await registeredBy("private_key_jwt", oidc.PrivateKeyJwt({ key: privateKey, kid: alg }), { jwks }));
    });
  }
});

test("client_secret_jwt", async () => {
  const config = await registeredBy("client_secret_jwt", undefined);
  const secret = config.clientMetadata().client_secret;
  const again = await oidc.discovery(
    new URL(op.issuer),
    config.clientMetadata().client_id,
    config.clientMetadata(),
    oidc.ClientSecretJwt(secret),
    { [oidc.customFetch]: fetchFor(op) },
  );
  again[oidc.customFetch] = fetchFor(op);
  await goThrough(again);
});

test("what it registered can be read, replaced, patched, renewed and deleted with its token", async () => {
  const config = await registeredBy("client_secret_post", undefined);
  await goThrough(config);
  const { registration_client_uri: uri, registration_access_token } = config.clientMetadata();
  let bearer = registration_access_token;
  const change = async (method, json, path = "") => {
    const body = await op.json(uri + path, { method, json, bearer });
    bearer = body.registration_access_token;
    return body;
  };
  assert.equal((await op.json(uri, { bearer })).client_name, METADATA.client_name);
  await change("PUT", { ...METADATA, client_name: "Replaced", token_endpoint_auth_method: "client_secret_post" });
  assert.equal((await change("PATCH", { client_name: "Patched" })).client_name, "Patched");
  const { client_secret } = await change("POST", {}, "/renew_secret");
  await assert.rejects(oidc.clientCredentialsGrant(config), (error) => error.status === 401);
  config.clientMetadata().client_secret = client_secret;
  assert.equal((await op.fetch(uri, { method: "DELETE", bearer })).status, 204);
  assert.equal((await op.fetch(uri, { bearer })).status, 401);
});
