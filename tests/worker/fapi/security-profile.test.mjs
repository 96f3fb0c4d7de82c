// FAPI 2.0 Security Profile, of a client that registered for it (`fapi_profile`).

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { assertion, asserted, keyPair } from "../support/assertion.mjs";
import { DpopKey } from "../support/dpop.mjs";
import { oauthError, redirectError } from "../support/expect.mjs";
import { MTLS_ORIGIN, certificate, fapiClient, obtain, push, pushed, tokens } from "../support/fapi.mjs";
import { claimsOf, headerOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen({ vars: { MTLS_ORIGIN, CODE_LIFETIME: "300" } });
const ada = await op.person();
const client = await fapiClient(op);
const signedIn = op.browser();
await tokens(client, ada, {}, signedIn);

test("a registration is told all that the profile set", () => {
  const { registered } = client;
  assert.equal(registered.fapi_profile, "fapi2");
  assert.equal(registered.token_endpoint_auth_method, "private_key_jwt");
  assert.equal(registered.require_pushed_authorization_requests, true);
  assert.equal(registered.tls_client_certificate_bound_access_tokens, true);
  assert.equal(registered.id_token_signed_response_alg, "ES256");
  assert.equal(registered.client_secret, undefined);
});

test("a registration that contradicts it is refused, with what came and what is expected", async () => {
  const body = {
    redirect_uris: ["https://app.acme.test/cb"],
    fapi_profile: "fapi2",
    token_endpoint_auth_method: "client_secret_basic",
    id_token_signed_response_alg: "RS256",
  };
  const response = await op.fetch("/register", { method: "POST", bearer: op.adminToken, json: body });
  const { error_description: told } = await oauthError(response, 400, "invalid_client_metadata");
  assert.match(told, /token_endpoint_auth_method is client_secret_basic, expected private_key_jwt/);
  assert.match(told, /id_token_signed_response_alg is RS256, expected PS256, ES256 or EdDSA/);
});

test("a client keeps its profile, whatever it asks for by itself, and the operator takes it away", async () => {
  const own = await fapiClient(op);
  const { registration_client_uri: uri, registration_access_token: token } = own.registered;
  const change = (json, bearer) => op.fetch(uri, { method: "PATCH", bearer, json });
  const kept = await (await change({ fapi_profile: null, client_name: "New" }, token)).json();
  assert.deepEqual([kept.fapi_profile, kept.client_name], ["fapi2", "New"]);
  const weaker = { require_pushed_authorization_requests: false };
  await oauthError(await change(weaker, kept.registration_access_token), 400, "invalid_client_metadata");
  assert.equal((await (await change({ fapi_profile: null }, op.adminToken)).json()).fapi_profile, undefined);
});

describe("requests (section 5.3.2.2)", () => {
  test("that were not pushed are refused, and the client is told", async () => {
    redirectError(await op.browser().authorize(client), "invalid_request");
  });

  test("without PKCE are refused where they are pushed", async () => {
    const { params } = client.request({ code_challenge: undefined, code_challenge_method: undefined });
    await oauthError(await push(client, params), 400, "invalid_request");
    const plain = client.request({ code_challenge_method: "plain" });
    await oauthError(await push(client, plain.params), 400, "invalid_request");
  });

  test("have a reference that is good for less than 600 seconds", async () => {
    const { expires_in: seconds } = await (await push(client, client.request().params)).json();
    assert.ok(seconds < 600);
  });

  test("may be opened again until the authorization ends, and not afterwards", async () => {
    const path = await pushed(client);
    const browser = op.browser();
    for (let n = 0; n < 3; n++) assert.ok((await browser.open(path)).asksForPassword);
    const page = await browser.complete(await browser.open(path), ada);
    assert.ok(page.callback.get("code"));
    assert.equal(page.callback.get("iss"), op.issuer);
    assert.equal((await browser.open(path)).status, 400);
  });
});

describe("assertions (section 5.3.2.1)", () => {
  const WRONG_AUD = {
    "a list with the issuer": [op.issuer],
    "the token endpoint": `${op.issuer}/token`,
    "the PAR endpoint": `${op.issuer}/par`,
    "a list with the issuer and the token endpoint": [op.issuer, `${op.issuer}/token`],
  };
  for (const [what, aud] of Object.entries(WRONG_AUD)) {
    test(`${what} is no audience`, async () => {
      await oauthError(await push(client, client.request().params, { claims: { aud } }), 401, "invalid_client");
    });
  }

  test("the same holds where ASSERTION_AUDIENCE lets other clients name the token endpoint", async () => {
    const lax = await startLimen({ vars: { MTLS_ORIGIN, ASSERTION_AUDIENCE: "token_endpoint" } });
    const key = await keyPair("ES256");
    const metadata = { jwks: { keys: [key.jwk] }, token_endpoint_auth_method: "private_key_jwt" };
    const usual = Object.assign(await lax.client(metadata), { key });
    const strict = await fapiClient(lax);
    for (const aud of [`${lax.issuer}/token`, [lax.issuer]]) {
      assert.equal((await push(usual, usual.request().params, { claims: { aud } })).status, 201);
      await oauthError(await push(strict, strict.request().params, { claims: { aud } }), 401, "invalid_client");
    }
  });

  test("RS256 is no signature, and PS256 and EdDSA are (section 5.4.1)", async () => {
    for (const [alg, status] of [["RS256", 401], ["PS256", 201], ["EdDSA", 201]]) {
      const key = await keyPair(alg);
      const app = await fapiClient(op, { jwks: { keys: [key.jwk] } });
      assert.equal((await push(app, app.request().params, { key })).status, status, alg);
    }
  });
});

describe("codes and tokens (section 5.3.2.1)", () => {
  test("a code lives for a minute, however long those of others do", async () => {
    const usual = await op.client();
    const theirs = await signedIn.obtain(usual, ada);
    const grant = await obtain(client, ada, {}, signedIn);
    op.clock.advance({ seconds: 61 });
    await oauthError(await client.redeem(grant, {}, client.certificate), 400, "invalid_grant");
    assert.equal((await usual.redeem(theirs)).status, 200);
  });

  test("tokens are bound to the certificate", async () => {
    const grant = await obtain(client, ada, {}, signedIn);
    await oauthError(await client.redeem(grant), 400, "invalid_request");
    const { access_token: bearer, id_token: idToken } = await client.tokens(grant, {}, client.certificate);
    assert.ok(claimsOf(bearer).cnf["x5t#S256"]);
    assert.equal(headerOf(idToken).alg, "ES256");
    assert.equal((await op.fetch("/userinfo", { bearer })).status, 401);
    assert.equal((await op.fetch("/userinfo", { bearer, ...certificate() })).status, 401);
    assert.equal((await op.fetch("/userinfo", { bearer, ...client.certificate })).status, 200);
  });

  test("refresh tokens do not rotate, and are used as often as they like", async () => {
    const { refresh_token: first } = await tokens(client, ada, {}, signedIn);
    const refreshed = () => client.refreshed(first, {}, client.certificate);
    assert.equal((await refreshed()).refresh_token, first);
    op.clock.advance({ hours: 5 });
    const parallel = await Promise.all(Array.from({ length: 10 }, refreshed));
    assert.ok(parallel.every((answer) => answer.refresh_token === first));
    await oauthError(await client.refresh(first), 400, "invalid_request");
    assert.equal((await client.introspect(first, {}, client.certificate)).active, true);
  });

  test("being used keeps a refresh token from being idle", async () => {
    const { refresh_token: first } = await tokens(client, ada, {}, op.browser());
    for (let n = 0; n < 3; n++) {
      op.clock.advance({ days: 20 });
      await client.refreshed(first, {}, client.certificate);
    }
    op.clock.advance({ days: 31 });
    await oauthError(await client.refresh(first, {}, client.certificate), 400, "invalid_grant");
  });

  test("an assertion that refreshed is used up, and one that was refused is not", async () => {
    const { refresh_token: first } = await tokens(client, ada, {}, op.browser());
    const auth = asserted(await assertion(client, client.key));
    const refresh = (form) => client.refresh(first, form, { auth, ...client.certificate });
    await oauthError(await refresh({ scope: "openid phone" }), 400, "invalid_scope");
    assert.equal((await refresh()).status, 200);
    await oauthError(await refresh(), 401, "invalid_client");
  });

  test("a token that was rotated before the client had the profile still ends the family as a reuse", async () => {
    const { browser, app } = { browser: op.browser(), app: await op.client({ jwks: { keys: [client.key.jwk] } }) };
    const { refresh_token: parent } = await app.tokens(await browser.obtain(app, ada));
    const { refresh_token: child } = await app.refreshed(parent);
    const uri = app.registered.registration_client_uri;
    const json = { ...PROFILE_MEMBERS, fapi_profile: "fapi2" };
    const patched = await op.fetch(uri, { method: "PATCH", bearer: op.adminToken, json });
    assert.equal(patched.status, 200, await patched.text());
    const fapi = Object.assign(app, { key: client.key });
    assert.equal((await fapi.refreshed(child, {}, client.certificate)).refresh_token, child);
    // Each use puts off when the child was last used: a token that it replaced is no retry for ever.
    await oauthError(await fapi.refresh(parent, {}, client.certificate), 400, "invalid_grant");
    await oauthError(await fapi.refresh(child, {}, client.certificate), 400, "invalid_grant");
  });
});

/** What a client that had another registration has to change for the profile. */
const PROFILE_MEMBERS = {
  token_endpoint_auth_method: "private_key_jwt",
  id_token_signed_response_alg: "ES256",
  tls_client_certificate_bound_access_tokens: true,
};

describe("tokens that are bound by DPoP (section 5.3.2.1)", () => {
  const unbound = { tls_client_certificate_bound_access_tokens: undefined };

  test("are what a client gets that does not say how its tokens are bound", async () => {
    const app = await fapiClient(op, unbound);
    assert.equal(app.registered.dpop_bound_access_tokens, true);
    const key = await DpopKey.generate(op);
    const grant = await obtain(app, ada, {}, signedIn);
    await oauthError(await app.redeem(grant), 400, "invalid_dpop_proof");
    const { access_token: token, refresh_token: first } = await app.tokens(grant, {}, { headers: await key.posting() });
    assert.equal(claimsOf(token).cnf.jkt, key.jkt);
    assert.equal((await op.fetch("/userinfo", { bearer: token })).status, 401);
    assert.equal((await key.userinfo(token)).status, 200);
    const again = await app.refreshed(first, {}, { headers: await key.posting() });
    assert.equal(again.refresh_token, first);
  });

  test("have proofs that are signed by what FAPI allows (section 5.4.1)", async () => {
    const app = await fapiClient(op, unbound);
    const grant = await obtain(app, ada, {}, signedIn);
    const weak = await DpopKey.generate(op, "RS256");
    await oauthError(await app.redeem(grant, {}, { headers: await weak.posting() }), 400, "invalid_dpop_proof");
    const good = await DpopKey.generate(op, "PS256");
    assert.ok((await app.tokens(grant, {}, { headers: await good.posting() })).access_token);
    const push = async (key) => {
      const auth = asserted(await assertion(app, app.key));
      return app.post("/par", app.request().params, { auth, headers: await key.posting("/par") });
    };
    await oauthError(await push(weak), 400, "invalid_dpop_proof");
    assert.equal((await push(good)).status, 201);
  });

  test("have such proofs at UserInfo, too, also with a token of before the profile", async () => {
    const [app, weak] = [await op.client({ jwks: { keys: [client.key.jwk] } }), await DpopKey.generate(op, "RS256")];
    const { access_token: token } = await app.tokens(await op.browser().obtain(app, ada), {}, { headers: await weak.posting() });
    assert.equal((await weak.userinfo(token)).status, 200);
    const json = { ...PROFILE_MEMBERS, tls_client_certificate_bound_access_tokens: false, dpop_bound_access_tokens: true, fapi_profile: "fapi2" };
    const patched = await op.fetch(app.registered.registration_client_uri, { method: "PATCH", bearer: op.adminToken, json });
    assert.equal(patched.status, 200, await patched.text());
    const refused = await weak.userinfo(token);
    assert.equal(refused.status, 401);
    assert.match(refused.headers.get("www-authenticate"), /^DPoP .*invalid_dpop_proof/);
  });
});

describe("sid in ID tokens", () => {
  const sidOf = async (metadata) => {
    const app = await fapiClient(op, metadata);
    return claimsOf((await tokens(app, ada, {}, op.browser())).id_token).sid;
  };
  const back = { backchannel_logout_uri: "https://app.limen.test/back" };

  test("is there only for those whose logout needs it", async () => {
    assert.equal(await sidOf({}), undefined);
    assert.equal(await sidOf(back), undefined);
    assert.match(await sidOf({ ...back, backchannel_logout_session_required: true }), /./);
  });

  test("an ID token without it signs its own sign-in out at once, and asks about another", async () => {
    const bye = "https://app.limen.test/bye";
    const app = await fapiClient(op, { post_logout_redirect_uris: [bye] });
    const browser = op.browser();
    const { id_token: hint } = await tokens(app, ada, {}, browser);
    const logout = `/logout?${new URLSearchParams({ id_token_hint: hint, post_logout_redirect_uri: bye })}`;
    op.clock.advance({ minutes: 1 });
    const other = op.browser();
    await tokens(app, ada, {}, other);
    assert.equal((await other.open(logout)).callbackUrl, undefined, "the person is asked");
    assert.equal((await browser.open(logout)).callbackUrl, bye);
  });
});
