// A sign-in as the OpenID Foundation's conformance suite makes it in every module, with what it checks of every answer.

import assert from "node:assert/strict";

import { claimsOf, headerOf, verified } from "../support/jwt.mjs";

/** The response types of the suite's plans. */
export const TYPES = ["code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"];

export const has = (type, word) => type.split(" ").includes(word);

/** The suite sends PKCE in one module alone. */
const WITHOUT_PKCE = { code_challenge: undefined, code_challenge_method: undefined };

/** The suite's relying party at `op`, where `person` signs in. */
export function relyingParty(op, person) {
  const register = (metadata = {}) =>
    op.client({ grant_types: ["authorization_code", "implicit", "refresh_token"], response_types: TYPES, ...metadata });

  /** To the first page, or back. */
  const ask = (type, params, { browser = op.browser(), by, ...init }) =>
    browser.authorize(by, { response_type: type, scope: "openid", ...WITHOUT_PKCE, ...params }, init);

  /** The whole way: the answer, the tokens of its code, UserInfo. */
  async function flow(type, params, { browser = op.browser(), by, ...init }) {
    const page = await browser.complete(await ask(type, params, { browser, by, ...init }), person);
    assert.ok(page.callback, `${page.status}: ${page.text}`);
    return read(page, type, by);
  }

  async function read(page, type, by) {
    const { callback, request } = page;
    assert.equal(callback.get("error"), null, callback.get("error_description"));
    // CheckStateInAuthorizationResponse, ValidateIssIfPresentInAuthorizationResponse, RejectAuthCodeInUrlQuery
    assert.equal(callback.get("state"), request.params.state);
    assert.equal(callback.get("iss"), op.issuer);
    assert.equal(page.responseMode, request.params.response_mode ?? (type === "code" ? "query" : "fragment"));
    for (const name of ["code", "id_token"]) assert.equal(callback.has(name), has(type, name), name);
    assert.equal(callback.has("access_token"), has(type, "token"));
    const idTokens = has(type, "id_token") ? [callback.get("id_token")] : [];
    let bearer = callback.get("access_token") ?? undefined;
    let tokens;
    if (has(type, "code")) {
      tokens = await by.tokens(grantIn(page));
      assert.equal(tokens.token_type, "Bearer");
      assert.ok(tokens.expires_in > 0);
      bearer = tokens.access_token;
      idTokens.push(tokens.id_token);
    }
    const claims = await Promise.all(idTokens.map((token) => idTokenOf(token, by, request)));
    // VerifyIdTokenSubConsistentHybridFlow, VerifyUserInfoAndIdToken...SameSub
    assert.equal(new Set(claims.map(({ sub }) => sub)).size, 1);
    const inJson = by.registered.userinfo_signed_response_alg === undefined;
    const userinfo = bearer && inJson ? await op.json("/userinfo", { bearer }) : undefined;
    if (userinfo) assert.equal(userinfo.sub, claims[0].sub);
    return { page, bearer, tokens, idTokens, claims, first: claims[0], userinfo, told: userinfo ?? claims[0] };
  }

  async function idTokenOf(token, by, { params }) {
    const { alg, kid } = headerOf(token);
    const signed = alg !== "none";
    if (signed) assert.ok(kid, "the kid says which key of the JWKS");
    const expected = { audience: by.id, requiredClaims: ["exp", "iat"] };
    const claims = signed ? await verified(op, token, expected) : claimsOf(token);
    assert.ok(claims.sub.length > 0 && claims.sub.length <= 255, "sub has at most 255 characters");
    assert.equal(claims.nonce, params.nonce);
    return claims;
  }

  return { register, ask, flow, read };
}

/** What the code in an answer is redeemed with. */
export const grantIn = ({ callback, request }) => ({
  code: callback.get("code"),
  redirectUri: request.params.redirect_uri,
  verifier: request.verifier,
});
