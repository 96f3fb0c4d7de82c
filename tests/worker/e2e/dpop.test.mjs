// DPoP as client libraries do it: openid-client, oauth4webapi. With nonces and without.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import * as oauth from "oauth4webapi";
import * as oidc from "openid-client";

import { oauth4webapi, openidClient } from "../support/library.mjs";
import { startLimen } from "../support/limen.mjs";

const REDIRECT = "https://app.acme.test/callback";
const API = "https://api.acme.test";

for (const nonces of ["off", "required"]) {
  const op = await startLimen({ vars: { DPOP_NONCES: nonces, RESOURCES: JSON.stringify({ [API]: "Acme API" }) } });
  const ada = await op.person();

  describe(`openid-client, nonces ${nonces}`, () => {
    /** A relying party of an authentication method, that has a key. */
    async function relyingParty(method, metadata = {}) {
      const client = await op.client({ token_endpoint_auth_method: method, dpop_bound_access_tokens: true, ...metadata });
      const authentication = method === "none" ? oidc.None() : oidc.ClientSecretBasic(client.secret);
      return openidClient(op, client.id, authentication);
    }

    for (const method of ["none", "client_secret_basic"]) {
      for (const alg of ["ES256", "Ed25519", "RS256", "PS256", "ES384"]) {
        test(`${method}, ${alg}: pushes its request, signs in, reads UserInfo, refreshes`, async () => {
          const config = await relyingParty(method);
          const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair(alg));
          const verifier = oidc.randomPKCECodeVerifier();
          const params = {
            redirect_uri: REDIRECT,
            scope: "openid profile email",
            code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
            code_challenge_method: "S256",
          };
          const url = await oidc.buildAuthorizationUrlWithPAR(config, params, { DPoP });
          const browser = op.browser();
          const page = await browser.complete(await browser.open(url.href), ada);
          const checks = { pkceCodeVerifier: verifier, idTokenExpected: true };
          const tokens = await oidc.authorizationCodeGrant(config, new URL(page.url), checks, undefined, { DPoP });
          assert.equal(tokens.token_type, "dpop");
          const { sub } = tokens.claims();
          for (let n = 0; n < 2; n++) {
            const info = await oidc.fetchUserInfo(config, tokens.access_token, sub, { DPoP });
            assert.equal(info.email, ada.email);
          }
          const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
          assert.equal(refreshed.token_type, "dpop");
          const handle = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair());
          const stolen = oidc.refreshTokenGrant(config, refreshed.refresh_token, undefined, { DPoP: handle });
          if (method === "none") await assert.rejects(stolen, { error: "invalid_grant" });
          else assert.equal((await stolen).token_type, "dpop", "it proves itself by its secret");
          await assert.rejects(oidc.fetchUserInfo(config, refreshed.access_token, sub));
        });
      }
    }

    test("client credentials", async () => {
      const config = await relyingParty("client_secret_basic", {
        grant_types: ["client_credentials"],
        response_types: [],
        redirect_uris: [],
        scope: "notes",
      });
      const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair());
      const tokens = await oidc.clientCredentialsGrant(config, {}, { DPoP });
      assert.equal(tokens.token_type, "dpop");
      await assert.rejects(oidc.clientCredentialsGrant(config), { error: "invalid_dpop_proof" });
    });
  });

  test(`oauth4webapi, nonces ${nonces}: dpop_jkt, UserInfo, and an API that checks by itself`, async () => {
    const { as, hook } = await oauth4webapi(op);
    const { registered } = await op.publicClient();
    const client = { client_id: registered.client_id };
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair("ES256"));
    const verifier = oauth.generateRandomCodeVerifier();
    const url = new URL(as.authorization_endpoint);
    url.search = new URLSearchParams([
      ["client_id", client.client_id],
      ["redirect_uri", REDIRECT],
      ["response_type", "code"],
      ["scope", "openid email"],
      ["code_challenge", await oauth.calculatePKCECodeChallenge(verifier)],
      ["code_challenge_method", "S256"],
      ["dpop_jkt", await DPoP.calculateThumbprint()],
      ["resource", API],
      ["resource", op.issuer],
    ]);
    const browser = op.browser();
    const page = await browser.complete(await browser.open(url.href), ada);
    const callback = oauth.validateAuthResponse(as, client, new URL(page.url), oauth.expectNoState);
    const tokens = await retried(() =>
      oauth
        .authorizationCodeGrantRequest(as, client, oauth.None(), callback, REDIRECT, verifier, { ...hook, DPoP })
        .then((response) => oauth.processAuthorizationCodeResponse(as, client, response)),
    );
    assert.equal(tokens.token_type, "dpop");
    const info = await retried(() =>
      oauth
        .userInfoRequest(as, client, tokens.access_token, { ...hook, DPoP })
        .then((response) => oauth.processUserInfoResponse(as, client, ada.id, response)),
    );
    assert.equal(info.email, ada.email);

    // The request as the API gets it.
    let seen;
    const capture = async (address, { method, headers }) => {
      seen = new Request(address, { method, headers });
      return new Response();
    };
    await oauth.protectedResourceRequest(tokens.access_token, "GET", new URL("/notes?new=1", API), undefined, undefined, {
      [oauth.customFetch]: capture,
      DPoP,
    });
    assert.match(seen.headers.get("authorization"), /^DPoP /i);
    const claims = await oauth.validateJwtAccessToken(as, seen, API, { ...hook, requireDPoP: true });
    assert.equal(claims.cnf.jkt, await DPoP.calculateThumbprint());
    const asBearer = new Request(seen.url, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    await assert.rejects(oauth.validateJwtAccessToken(as, asBearer, API, hook));
  });
}

/** Once more with the nonce that came, as the library asks one to do. */
async function retried(request) {
  try {
    return await request();
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return request();
  }
}
