// `PROFILE`: a deployment whose apps all keep to FAPI 2.0.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { keyPair } from "../support/assertion.mjs";
import { oauthError, redirectError } from "../support/expect.mjs";
import { MTLS_ORIGIN, fapiClient, push, tokens } from "../support/fapi.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen({ vars: { MTLS_ORIGIN } });
const ada = await op.person();
const browser = op.browser();
const before = await op.client();
const known = await before.tokens(await browser.obtain(before, ada));
const grant = await browser.obtain(before, ada);
await op.redeploy({ PROFILE: "fapi2" });

test("whatever is registered has the profile, without a word of it", async () => {
  const app = await fapiClient(op, { fapi_profile: undefined });
  assert.equal(app.registered.fapi_profile, "fapi2");
  assert.ok((await tokens(app, ada)).id_token);
  await oauthError(
    await op.fetch("/register", {
      bearer: op.adminToken,
      json: { redirect_uris: ["https://app.acme.test/cb"], token_endpoint_auth_method: "none" },
    }),
    400,
    "invalid_client_metadata",
  );
});

describe("an app that was registered before", () => {
  const refused = async (response, status = 400) => {
    const { error_description: told } = await oauthError(response, status, "unauthorized_client");
    assert.match(told, /PROFILE is fapi2, and the client's fapi_profile is none/);
  };

  test("is refused wherever it asks for something, and uses nothing up", async () => {
    redirectError(await op.browser().authorize(before), "unauthorized_client");
    await refused(await before.post("/par", before.request().params));
    await refused(await before.redeem(grant));
    await refused(await before.refresh(known.refresh_token));
    await refused(await before.post("/introspect", { token: known.access_token }));
    await op.redeploy({ PROFILE: "off" });
    assert.equal((await before.redeem(grant)).status, 200);
    assert.equal((await before.refresh(known.refresh_token)).status, 200);
    await op.redeploy({ PROFILE: "fapi2" });
  });

  test("may revoke its tokens", async () => {
    assert.equal((await before.revoke(known.access_token)).status, 200);
  });

  test("works once the operator has registered it for the profile", async () => {
    const key = await keyPair("ES256");
    const json = {
      jwks: { keys: [key.jwk] },
      token_endpoint_auth_method: "private_key_jwt",
      id_token_signed_response_alg: "ES256",
    };
    const uri = before.registered.registration_client_uri;
    const changed = await (await op.fetch(uri, { method: "PATCH", bearer: op.adminToken, json })).json();
    assert.equal(changed.fapi_profile, "fapi2");
    assert.equal((await push(Object.assign(before, { key }), before.request().params)).status, 201);
  });
});

test("discovery tells no more than the profile lets apps have", async () => {
  const metadata = await (await op.fetch("/.well-known/openid-configuration")).json();
  assert.equal(metadata.require_pushed_authorization_requests, true);
  assert.deepEqual(metadata.response_types_supported, ["code"]);
  assert.ok(metadata.token_endpoint_auth_methods_supported.every((name) => /^private_key_jwt$|tls/.test(name)));
  for (const [name, algs] of Object.entries(metadata)) {
    if (!name.endsWith("_signing_alg_values_supported")) continue;
    assert.ok(algs.includes("PS256") && algs.every((alg) => ["ES256", "PS256", "EdDSA", "Ed25519"].includes(alg)), name);
  }
});

test("Message Signing adds signed requests and answers in JWTs", async () => {
  await op.redeploy({ PROFILE: "fapi2_message_signing" });
  const metadata = await (await op.fetch("/.well-known/openid-configuration")).json();
  assert.equal(metadata.require_signed_request_object, true);
  assert.deepEqual(metadata.response_modes_supported, ["jwt", "query.jwt", "fragment.jwt", "form_post.jwt"]);
  const app = await fapiClient(op, { fapi_profile: undefined });
  assert.equal(app.registered.require_signed_request_object, true);
});
