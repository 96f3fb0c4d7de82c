// A relying party built with openid-client, the certified library most Node apps use.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import * as oidc from "openid-client";

import { fetchFor } from "../support/library.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const ada = await op.person({ address: { country: "GB" }, phone_number: "+44 20 7946 0000" });
const REDIRECT = "https://app.acme.test/callback";

const AUTHENTICATIONS = {
  client_secret_basic: (secret) => oidc.ClientSecretBasic(secret),
  client_secret_post: (secret) => oidc.ClientSecretPost(secret),
  none: () => oidc.None(),
};

/** A relying party that registered itself and discovered Limen. */
async function relyingParty(method, metadata = {}) {
  const client = await op.client({ token_endpoint_auth_method: method, ...metadata });
  const { id_token_signed_response_alg: alg } = client.registered;
  const facts = { client_secret: client.secret, id_token_signed_response_alg: alg };
  const options = { [oidc.customFetch]: fetchFor(op) };
  const config = await oidc.discovery(
    new URL(op.issuer),
    client.id,
    facts,
    AUTHENTICATIONS[method](client.secret),
    options,
  );
  config[oidc.customFetch] = fetchFor(op);
  return config;
}

/** Signs Ada in through `config`, as its library says. */
async function signIn(config, { browser = op.browser(), scope = "openid profile email", ...params } = {}) {
  const verifier = oidc.randomPKCECodeVerifier();
  const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT,
    scope,
    state,
    nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    ...params,
  });
  const page = await browser.complete(await browser.open(url.href), ada);
  assert.ok(page.callback, page.text);
  return oidc.authorizationCodeGrant(config, new URL(page.url), {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
    ...(params.max_age && { maxAge: Number(params.max_age) }),
  });
}

for (const method of Object.keys(AUTHENTICATIONS)) {
  describe(`with ${method}`, () => {
    test("signs in, reads UserInfo, refreshes, introspects and revokes", async () => {
      const config = await relyingParty(method);
      const tokens = await signIn(config);
      const { sub } = tokens.claims();
      assert.equal(sub, ada.id);

      const info = await oidc.fetchUserInfo(config, tokens.access_token, sub);
      assert.equal(info.email, ada.email);

      const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
      assert.notEqual(refreshed.access_token, tokens.access_token);
      assert.equal(refreshed.claims().sub, sub);

      if (method !== "none") {
        const facts = await oidc.tokenIntrospection(config, refreshed.access_token);
        assert.equal(facts.active, true);
        assert.equal(facts.sub, sub);
      }
      await oidc.tokenRevocation(config, refreshed.refresh_token);
      await assert.rejects(oidc.refreshTokenGrant(config, refreshed.refresh_token), { error: "invalid_grant" });
      await assert.rejects(oidc.fetchUserInfo(config, refreshed.access_token, sub));
    });
  });
}

for (const alg of ["RS256", "PS256", "ES256", "EdDSA"]) {
  test(`checks the signature of ${alg} ID tokens against the JWKS`, async () => {
    const config = await relyingParty("client_secret_basic", { id_token_signed_response_alg: alg });
    oidc.enableNonRepudiationChecks(config);
    assert.equal((await signIn(config)).claims().sub, ada.id);
  });
}

test("finds Limen through RFC 8414, too", async () => {
  const client = await op.client();
  const options = { algorithm: "oauth2", [oidc.customFetch]: fetchFor(op) };
  const config = await oidc.discovery(new URL(op.issuer), client.id, client.secret, undefined, options);
  assert.equal(config.serverMetadata().issuer, op.issuer);
  assert.equal(config.serverMetadata().supportsPKCE(), true);
});

test("registers itself", async () => {
  const options = { initialAccessToken: op.adminToken, [oidc.customFetch]: fetchFor(op) };
  const metadata = {
    redirect_uris: [REDIRECT],
    grant_types: ["authorization_code", "refresh_token"],
    token_endpoint_auth_method: "client_secret_post", // the library's own default
  };
  const config = await oidc.dynamicClientRegistration(new URL(op.issuer), metadata, undefined, options);
  config[oidc.customFetch] = fetchFor(op);
  assert.equal((await signIn(config)).claims().sub, ada.id);
});

test("checks max_age by auth_time", async () => {
  const config = await relyingParty("client_secret_basic");
  const tokens = await signIn(config, { max_age: "300" });
  assert.ok(Number.isInteger(tokens.claims().auth_time));
});

test("takes a fragment and a form_post response", async () => {
  const config = await relyingParty("client_secret_basic");
  const browser = op.browser();
  await signIn(config, { browser });
  const verifier = oidc.randomPKCECodeVerifier();
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT,
    scope: "openid",
    response_mode: "form_post",
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  const page = await browser.open(url.href);
  assert.equal(page.responseMode, "form_post");
  const request = new Request(REDIRECT, { method: "POST", body: page.callback });
  const tokens = await oidc.authorizationCodeGrant(config, request, { pkceCodeVerifier: verifier });
  assert.equal(tokens.claims().sub, ada.id);
});

test("gets an error as the library's own error", async () => {
  const config = await relyingParty("client_secret_basic");
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT,
    scope: "openid",
    prompt: "none",
    state: "s",
  });
  const page = await op.browser().open(url.href);
  const checks = { expectedState: "s" };
  await assert.rejects(oidc.authorizationCodeGrant(config, new URL(page.url), checks), { error: "login_required" });
});

test("gets client_credentials tokens", async () => {
  const config = await relyingParty("client_secret_basic", {
    grant_types: ["client_credentials"],
    response_types: [],
    redirect_uris: [],
    scope: "notes",
  });
  const tokens = await oidc.clientCredentialsGrant(config, { scope: "notes" });
  assert.equal(tokens.scope, "notes");
  assert.equal(tokens.id_token, undefined);
});

test("groups, and roles where the app needs them, arrive and change with the next refresh", async () => {
  const config = await relyingParty("client_secret_basic", { roles_claim: ["resource_access", "notes", "roles"] });
  const { client_id: client } = config.clientMetadata();
  const admin = (path, json) => op.json(path, { json, bearer: op.adminToken });
  const [editors, staff] = [await admin("/admin/api/groups", { name: "Editors" }), await admin("/admin/api/groups", { name: "Staff" })];
  await admin(`/admin/api/users/${ada.id}/groups`, { add: [editors.id] });
  await admin(`/admin/api/clients/${client}/roles`, {
    add: [
      { role: "editor", group: editors.id },
      { role: "reader", group: staff.id },
    ],
  });
  const tokens = await signIn(config, { scope: "openid groups" });
  const told = ({ groups, resource_access: access }) => [groups, access.notes.roles];
  assert.deepEqual(told(tokens.claims()), [["Editors"], ["editor"]]);
  assert.deepEqual(told(await oidc.fetchUserInfo(config, tokens.access_token, ada.id)), [["Editors"], ["editor"]]);
  await admin(`/admin/api/users/${ada.id}/groups`, { add: [staff.id], remove: [editors.id] });
  const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
  assert.deepEqual(told(refreshed.claims()), [["Staff"], ["reader"]]);
});
