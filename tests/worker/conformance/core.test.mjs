// What the OpenID Foundation's conformance suite asks of a provider in its basic, implicit, hybrid and form post plans, a test
// a module and response type, named as there (oidcc-...). The suite's own names of steps stand where they say more.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { errorPage, oauthError, redirectError } from "../support/expect.mjs";
import { claimsOf, headerOf, verified } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const TYPES = ["code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"];
const SCOPES = {
  profile: ["name", "given_name", "family_name", "gender", "birthdate", "zoneinfo", "locale", "website", "updated_at"],
  email: ["email", "email_verified"],
  address: ["address"],
  phone: ["phone_number", "phone_number_verified"],
};

const op = await startLimen({ vars: { FRONT_CHANNEL_TOKENS: "on" } });
const ada = await op.person({
  gender: "female",
  birthdate: "1815-12-10",
  zoneinfo: "Europe/London",
  locale: "en-GB",
  website: "https://people.test/ada",
  address: { formatted: "12 St James's Square, London", country: "GB" },
  phone_number: "+44 20 7946 0000",
  phone_number_verified: true,
});
const register = (metadata = {}) =>
  op.client({ grant_types: ["authorization_code", "implicit", "refresh_token"], response_types: TYPES, ...metadata });
const client = await register();

const has = (type, word) => type.split(" ").includes(word);

/** The whole way: the answer, the tokens of the code, UserInfo; each checked as the suite checks it in every module. */
async function flow(type, params = {}, { browser = op.browser(), by = client } = {}) {
  const wanted = { response_type: type, scope: "openid", ...params };
  const page = await browser.complete(await browser.authorize(by, wanted), ada);
  assert.ok(page.callback, page.text);
  return read(page, type, by);
}

async function read(page, type, by) {
  const { callback, request } = page;
  assert.equal(callback.get("error"), null, callback.get("error_description"));
  // CheckStateInAuthorizationResponse, ValidateIssIfPresentInAuthorizationResponse, RejectAuthCodeInUrlQuery
  assert.equal(callback.get("state"), request.params.state);
  assert.equal(callback.get("iss"), op.issuer);
  if (type !== "code") assert.notEqual(page.responseMode, "query");
  const idTokens = [];
  let bearer = callback.get("access_token") ?? undefined;
  if (has(type, "id_token")) idTokens.push(callback.get("id_token"));
  if (has(type, "code")) {
    const grant = { code: callback.get("code"), redirectUri: request.params.redirect_uri, verifier: request.verifier };
    const tokens = await by.tokens(grant);
    assert.equal(tokens.token_type, "Bearer");
    bearer = tokens.access_token;
    idTokens.push(tokens.id_token);
  }
  const claims = [];
  for (const token of idTokens) {
    assert.ok(headerOf(token).kid, "the kid says which key of the JWKS");
    const payload = await verified(op, token, { audience: by.id });
    assert.equal(payload.nonce, request.params.nonce);
    claims.push(payload);
  }
  // VerifyIdTokenSubConsistentHybridFlow
  assert.equal(new Set(claims.map(({ sub }) => sub)).size, 1);
  const userinfo = bearer ? await op.json("/userinfo", { bearer }) : undefined;
  if (userinfo) assert.equal(userinfo.sub, claims[0].sub);
  return { page, bearer, claims, first: claims[0], userinfo, told: userinfo ?? claims[0] };
}

for (const type of TYPES) {
  const front = type !== "code";
  const named = (name) => `${name}, response_type=${type}`;

  describe(`response_type=${type}`, () => {
    test(named("oidcc-server"), async () => {
      for (const response_mode of [undefined, "form_post"]) {
        const { page } = await flow(type, { response_mode });
        assert.equal(page.responseMode, response_mode ?? (front ? "fragment" : "query"));
      }
    });

    test(named("oidcc-idtoken-signature, oidcc-idtoken-rs256"), async () => {
      const { page, first } = await flow(type);
      const token = page.callback.get("id_token");
      if (token) assert.equal(headerOf(token).alg, "RS256");
      assert.ok(first);
    });

    test(named("oidcc-userinfo-get, -post-header, -post-body"), async () => {
      const { bearer, userinfo } = await flow(type);
      if (!bearer) return;
      assert.deepEqual(await op.json("/userinfo", { method: "POST", bearer }), userinfo);
      assert.deepEqual(await op.json("/userinfo", { form: { access_token: bearer } }), userinfo);
    });

    if (has(type, "id_token")) {
      test(named("oidcc-ensure-request-without-nonce-fails"), async () => {
        const page = await op.browser().authorize(client, { response_type: type, nonce: undefined });
        redirectError(page, "invalid_request");
      });
    } else {
      test(named("oidcc-ensure-request-without-nonce-succeeds-for-code-flow"), async () => {
        const { first } = await flow(type, { nonce: undefined });
        assert.ok(!("nonce" in first));
      });
    }

    for (const [scope, claims] of [...Object.entries(SCOPES), ["all", Object.values(SCOPES).flat()]]) {
      test(named(`oidcc-scope-${scope}`), async () => {
        const asked = scope === "all" ? "openid profile email address phone" : `openid ${scope}`;
        const { told, userinfo, first } = await flow(type, { scope: asked });
        for (const claim of claims) assert.ok(claim in told, claim);
        // EnsureIdTokenDoesNotContain...: what UserInfo tells stands there alone
        if (userinfo) for (const claim of claims) assert.ok(!(claim in first), claim);
      });
    }

    test(named("oidcc-display-page, -popup, oidcc-ui-locales, oidcc-claims-locales, oidcc-login-hint"), async () => {
      const hints = [
        { display: "page" },
        { display: "popup" },
        { ui_locales: "se" },
        { claims_locales: "se" },
        { login_hint: ada.email },
      ];
      for (const hint of hints) await flow(type, hint);
    });

    test(named("oidcc-ensure-request-with-unknown-parameter-succeeds"), async () => {
      await flow(type, { extra: "foobar" });
    });

    test(named("oidcc-ensure-request-with-acr-values-succeeds"), async () => {
      const { acr_values_supported: values } = await op.json("/.well-known/openid-configuration");
      const { first } = await flow(type, { acr_values: values.join(" ") });
      assert.ok(values.includes(first.acr), "one of the requested values is returned");
    });

    test(named("oidcc-prompt-login"), async () => {
      const browser = op.browser();
      const before = await flow(type, {}, { browser });
      op.clock.advance({ seconds: 2 });
      const page = await browser.authorize(client, { response_type: type, scope: "openid", prompt: "login" });
      assert.ok(page.asksForPassword, "a second login page");
      const after = await read(await browser.complete(page, ada), type, client);
      assert.ok(after.first.auth_time > before.first.auth_time);
      assert.equal(after.first.sub, before.first.sub);
    });

    test(named("oidcc-prompt-none-not-logged-in"), async () => {
      const page = await op.browser().authorize(client, { response_type: type, scope: "openid", prompt: "none" });
      redirectError(page, ["login_required", "interaction_required"]);
      const names = [...page.callback.keys()].sort();
      assert.deepEqual(names, ["error", "error_description", "iss", "state"], "no unexpected parameter");
    });

    test(named("oidcc-prompt-none-logged-in, oidcc-id-token-hint"), async () => {
      const browser = op.browser();
      const before = await flow(type, {}, { browser });
      const hint = has(type, "id_token") ? before.page.callback.get("id_token") : undefined;
      const asked = { response_type: type, scope: "openid", prompt: "none", id_token_hint: hint };
      const after = await read(await browser.authorize(client, asked), type, client);
      for (const name of ["iss", "sub", "aud", "auth_time"]) {
        assert.deepEqual(after.first[name], before.first[name], name);
      }
    });

    test(named("oidcc-max-age-1"), async () => {
      const browser = op.browser();
      const before = await flow(type, {}, { browser });
      op.clock.advance({ seconds: 2 });
      const page = await browser.authorize(client, { response_type: type, scope: "openid", max_age: "1" });
      assert.ok(page.asksForPassword, "a second login page");
      const { first } = await read(await browser.complete(page, ada), type, client);
      assert.ok(first.auth_time > before.first.auth_time && first.iat - first.auth_time <= 5);
    });

    test(named("oidcc-max-age-10000"), async () => {
      const browser = op.browser();
      const before = await flow(type, {}, { browser });
      op.clock.advance({ seconds: 2 });
      const page = await browser.authorize(client, { response_type: type, scope: "openid", max_age: "10000" });
      const { first } = await read(page, type, client);
      assert.equal(first.auth_time, before.first.auth_time);
    });

    test(named("oidcc-ensure-registered-redirect-uri, oidcc-redirect-uri-query-*"), async () => {
      for (const odd of ["/x", "?foo=bar", "/"]) {
        const redirect_uri = `${client.redirectUri}${odd}`;
        errorPage(await op.browser().authorize(client, { response_type: type, redirect_uri }));
      }
      const withQuery = await register({ redirect_uris: ["https://app.acme.test/callback?foo=bar"] });
      const { page } = await flow(type, {}, { by: withQuery });
      const url = new URL(page.callbackUrl ?? page.url);
      if (front) assert.equal(url.search, "?foo=bar");
    });

    test(named("oidcc-claims-essential"), async () => {
      const member = type === "id_token" ? "id_token" : "userinfo";
      const claims = JSON.stringify({ [member]: { name: { essential: true } } });
      const { told, userinfo, first } = await flow(type, { claims });
      assert.equal(told.name, "Ada Lovelace");
      if (userinfo) assert.ok(!("name" in first));
    });

    if (has(type, "code")) {
      test(named("oidcc-codereuse, oidcc-codereuse-30seconds"), async () => {
        const browser = op.browser();
        const asked = { response_type: type, scope: "openid" };
        const page = await browser.complete(await browser.authorize(client, asked), ada);
        const grant = {
          code: page.callback.get("code"),
          redirectUri: client.redirectUri,
          verifier: page.request.verifier,
        };
        const { access_token: bearer } = await client.tokens(grant);
        op.clock.advance({ seconds: 30 });
        await oauthError(await client.redeem(grant), 400, "invalid_grant");
        assert.equal((await op.fetch("/userinfo", { bearer })).status, 401, "SHOULD revoke all tokens");
      });

      test(named("oidcc-server-client-secret-post"), async () => {
        await flow(type, {}, { by: await register({ token_endpoint_auth_method: "client_secret_post" }) });
      });

      test(named("oidcc-refresh-token"), async () => {
        const other = await register();
        const browser = op.browser();
        const asked = { response_type: type, scope: "openid offline_access", prompt: "consent" };
        const page = await browser.complete(await browser.authorize(client, asked), ada);
        const grant = {
          code: page.callback.get("code"),
          redirectUri: client.redirectUri,
          verifier: page.request.verifier,
        };
        const before = await client.tokens(grant);
        const after = await client.refreshed(before.refresh_token);
        const [first, second] = [claimsOf(before.id_token), claimsOf(after.id_token)];
        for (const name of ["iss", "sub", "aud", "auth_time"]) assert.deepEqual(second[name], first[name], name);
        assert.ok(!("nonce" in second) || second.nonce === first.nonce);
        await oauthError(await other.refresh(after.refresh_token), 400, "invalid_grant");
      });

      test(named("oidcc-ensure-request-with-valid-pkce-succeeds"), async () => {
        const { page } = await flow(type);
        assert.ok(page.request.params.code_challenge && page.request.verifier);
      });
    }
  });
}

test("oidcc-response-type-missing", async () => {
  const page = await op.browser().authorize(client, { response_type: undefined });
  redirectError(page, ["unsupported_response_type", "invalid_request"]);
  assert.equal(page.responseMode, "query");
});

test("oidcc-idtoken-unsigned", async () => {
  const unsigned = await op.client({ id_token_signed_response_alg: "none" });
  const tokens = await unsigned.tokens(await op.browser().obtain(unsigned, ada));
  assert.deepEqual(headerOf(tokens.id_token).alg, "none");
  assert.equal(tokens.id_token.split(".")[2], "");
  await assert.rejects(register({ id_token_signed_response_alg: "none" }), /none/, "only for the code flow");
});

test("oidcc-ensure-post-request-succeeds", async () => {
  const browser = op.browser();
  const page = await browser.authorize(client, { scope: "openid" }, { method: "POST" });
  await read(await browser.complete(page, ada), "code", client);
});

test("oidcc-ensure-redirect-uri-in-authorization-request", async () => {
  errorPage(await op.browser().authorize(client, { redirect_uri: undefined }));
});

test("oidcc-redirect-uri-regfrag", async () => {
  await assert.rejects(register({ redirect_uris: ["https://app.acme.test/callback#foobar"] }), /redirect_uri/);
});

test("oidcc-alternate-happy-flow: scopes and parameters in another order", async () => {
  const { params, verifier } = client.request({ scope: "email openid" });
  const reversed = new URLSearchParams(Object.entries(params).reverse());
  const browser = op.browser();
  const page = await browser.complete(await browser.open(`/authorize?${reversed}`), ada);
  page.request = { params, verifier };
  const { userinfo } = await read(page, "code", client);
  assert.equal(userinfo.email, ada.email);
});

test("oidcc-discovery-endpoint-verification", async () => {
  const metadata = await op.json("/.well-known/openid-configuration");
  assert.equal(metadata.issuer, op.issuer);
  for (const type of ["code", "id_token", "id_token token"]) assert.ok(metadata.response_types_supported.includes(type));
  for (const grant of ["authorization_code", "implicit"]) assert.ok(metadata.grant_types_supported.includes(grant));
  assert.ok(metadata.claims_supported.includes("sub"));
  assert.equal(metadata.claims_parameter_supported, true);
  for (const [name, value] of Object.entries(metadata)) {
    if (/_endpoint$|_uri$/.test(name)) assert.match(value, /^https:/, name);
  }
});
