// A relying party and an API built with oauth4webapi, which checks each answer strictly.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as oauth from "oauth4webapi";

import { claimsOf } from "../support/jwt.mjs";
import { oauth4webapi } from "../support/library.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const ada = await op.person();
const { as, hook } = await oauth4webapi(op);
const REDIRECT = "https://app.acme.test/callback";

async function signIn({ client, authentication, scope = "openid profile email" }) {
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const url = new URL(as.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: REDIRECT,
    response_type: "code",
    scope,
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  const browser = op.browser();
  const page = await browser.complete(await browser.open(url.href), ada);
  const callback = oauth.validateAuthResponse(as, client, new URL(page.url), state);
  const response = await oauth.authorizationCodeGrantRequest(
    as,
    client,
    authentication,
    callback,
    REDIRECT,
    verifier,
    hook,
  );
  return oauth.processAuthorizationCodeResponse(as, client, response, { expectedNonce: nonce, requireIdToken: true });
}

test("the whole life of a sign-in passes every check of the library", async () => {
  const registration = await oauth.dynamicClientRegistrationRequest(
    as,
    { redirect_uris: [REDIRECT], grant_types: ["authorization_code", "refresh_token"], client_name: "Strict" },
    { initialAccessToken: op.adminToken, ...hook },
  );
  const client = await oauth.processDynamicClientRegistrationResponse(registration);
  const authentication = oauth.ClientSecretBasic(client.client_secret);

  const tokens = await signIn({ client, authentication });
  const { sub } = oauth.getValidatedIdTokenClaims(tokens);
  assert.equal(sub, ada.id);

  const userinfo = await oauth.userInfoRequest(as, client, tokens.access_token, hook);
  assert.equal((await oauth.processUserInfoResponse(as, client, sub, userinfo)).email, ada.email);

  const refresh = await oauth.refreshTokenGrantRequest(as, client, authentication, tokens.refresh_token, hook);
  const refreshed = await oauth.processRefreshTokenResponse(as, client, refresh);

  const introspection = await oauth.introspectionRequest(as, client, authentication, refreshed.access_token, hook);
  assert.equal((await oauth.processIntrospectionResponse(as, client, introspection)).active, true);

  const revocation = await oauth.revocationRequest(as, client, authentication, refreshed.refresh_token, hook);
  await oauth.processRevocationResponse(revocation);

  const after = await oauth.introspectionRequest(as, client, authentication, refreshed.access_token, hook);
  assert.equal((await oauth.processIntrospectionResponse(as, client, after)).active, false);
});

test("an API validates access tokens by itself as RFC 9068 section 4 says", async () => {
  const { registered } = await op.client();
  const authentication = oauth.ClientSecretBasic(registered.client_secret);
  const { access_token: token } = await signIn({ client: { client_id: registered.client_id }, authentication });
  const { aud } = claimsOf(token);
  const request = new Request("https://api.acme.test/notes", { headers: { authorization: `Bearer ${token}` } });
  const claims = await oauth.validateJwtAccessToken(as, request, [aud].flat()[0], hook);
  assert.equal(claims.sub, ada.id);
  assert.equal(claims.client_id, registered.client_id);
});

test("a challenge of UserInfo is one the library understands", async () => {
  const client = { client_id: "x" };
  const response = await oauth.userInfoRequest(as, client, "not-a-token", hook);
  await assert.rejects(oauth.processUserInfoResponse(as, client, oauth.skipSubjectCheck, response), (error) => {
    assert.equal(error.code, oauth.WWW_AUTHENTICATE_CHALLENGE);
    const [{ scheme, parameters }] = error.cause;
    assert.equal(scheme, "bearer");
    assert.equal(parameters.error, "invalid_token");
    return true;
  });
});

test("client_credentials pass, too", async () => {
  const { registered } = await op.serviceClient({ scope: "notes", token_endpoint_auth_method: "client_secret_post" });
  const authentication = oauth.ClientSecretPost(registered.client_secret);
  const client = { client_id: registered.client_id };
  const response = await oauth.clientCredentialsGrantRequest(as, client, authentication, { scope: "notes" }, hook);
  const tokens = await oauth.processClientCredentialsResponse(as, client, response);
  assert.equal(tokens.scope, "notes");
});
