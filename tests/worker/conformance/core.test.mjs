// What the OpenID Foundation's conformance suite asks of a provider in its basic, implicit, hybrid and form post plans:
// a test a module, response type and response mode, named as there (oidcc-...). The suite's own names of steps stand
// where they say more.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { errorPage, oauthError, redirectError } from "../support/expect.mjs";
import { claimsOf, headerOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { beside, requestClaims, unsignedObject } from "../support/request-object.mjs";
import { TYPES, grantIn, has, relyingParty } from "./flow.mjs";

const SCOPES = {
  "oidcc-scope-profile": [
    ...["name", "given_name", "family_name", "gender", "birthdate"],
    ...["zoneinfo", "locale", "website", "updated_at"],
  ],
  "oidcc-scope-email": ["email", "email_verified"],
  "oidcc-scope-address": ["address"],
  "oidcc-scope-phone": ["phone_number", "phone_number_verified"],
};
const HINTS = {
  "oidcc-display-page": { display: "page" },
  "oidcc-display-popup": { display: "popup" },
  "oidcc-ui-locales": { ui_locales: "se" },
  "oidcc-claims-locales": { claims_locales: "se" },
  "oidcc-login-hint": { login_hint: "ada-1@people.test" },
  "oidcc-ensure-request-with-unknown-parameter-succeeds": { extra: "foobar" },
};
/** What every ID token of a sign-in has alike. */
const SAME = ["iss", "sub", "aud", "auth_time"];
const REQUEST_URI = "https://app.acme.test/request.jwt";

const op = await startLimen({ vars: { ID_TOKEN_CLAIMS: "off", FRONT_CHANNEL_TOKENS: "on" } });
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
const rp = relyingParty(op, ada);
const client = await rp.register({ request_uris: [REQUEST_URI] });

for (const type of TYPES) {
  for (const response_mode of [undefined, "form_post"]) signIns(type, response_mode);
}

function signIns(type, response_mode) {
  const named = (name) => `${name}, response_type=${type}, response_mode=${response_mode ?? "default"}`;
  const ask = (params, more) => rp.ask(type, { response_mode, ...params }, { by: client, ...more });
  const flow = (params, more) => rp.flow(type, { response_mode, ...params }, { by: client, ...more });
  const read = (page, by = client) => rp.read(page, type, by);

  describe(`response_type=${type}, response_mode=${response_mode ?? "default"}`, () => {
    test(named("oidcc-server"), async () => {
      const { page } = await flow();
      assert.equal(page.callback.get("error"), null);
    });

    test(named("oidcc-idtoken-signature"), async () => {
      const { idTokens } = await flow();
      for (const token of idTokens) assert.equal(headerOf(token).alg, "RS256");
    });

    test(named("oidcc-alternate-happy-flow: scopes and parameters in another order"), async () => {
      const request = client.request({ response_type: type, response_mode, scope: "email openid" });
      const browser = op.browser();
      const reversed = new URLSearchParams(Object.entries(request.params).reverse());
      const page = await browser.complete(await browser.open(`/authorize?${reversed}`), ada);
      page.request = request;
      assert.equal((await read(page)).told.email, ada.email);
    });

    if (type !== "id_token") {
      test(named("oidcc-userinfo-get, oidcc-userinfo-post-header, oidcc-userinfo-post-body"), async () => {
        const { bearer, userinfo } = await flow();
        assert.ok(userinfo.sub);
        assert.deepEqual(await op.json("/userinfo", { method: "POST", bearer }), userinfo);
        assert.deepEqual(await op.json("/userinfo", { form: { access_token: bearer } }), userinfo);
      });
    }

    if (has(type, "id_token")) {
      test(named("oidcc-ensure-request-without-nonce-fails"), async () => {
        redirectError(await ask({ nonce: undefined }), "invalid_request");
      });
    } else {
      test(named("oidcc-ensure-request-without-nonce-succeeds-for-code-flow"), async () => {
        const { first } = await flow({ nonce: undefined });
        assert.ok(!("nonce" in first));
      });
    }

    for (const [module, claims] of [...Object.entries(SCOPES), ["oidcc-scope-all", Object.values(SCOPES).flat()]]) {
      test(named(module), async () => {
        const name = module.replace("oidcc-scope-", "");
        const scope = name === "all" ? "openid profile email address phone" : `openid ${name}`;
        const { told, userinfo, first } = await flow({ scope });
        for (const claim of claims) assert.ok(claim in told, claim);
        // EnsureIdTokenDoesNotContain...: what UserInfo tells stands there alone
        if (userinfo) for (const claim of claims) assert.ok(!(claim in first), claim);
      });
    }

    for (const [module, hint] of Object.entries(HINTS)) {
      test(named(module), () => flow(hint));
    }

    test(named("oidcc-ensure-request-with-acr-values-succeeds"), async () => {
      const { acr_values_supported: values } = await op.json("/.well-known/openid-configuration");
      const { first } = await flow({ acr_values: values.join(" ") });
      assert.ok(values.includes(first.acr), "one of the requested values is returned");
    });

    test(named("oidcc-prompt-login"), async () => {
      const browser = op.browser();
      const before = await flow({}, { browser });
      op.clock.advance({ seconds: 2 });
      const page = await ask({ prompt: "login" }, { browser });
      assert.ok(page.asksForPassword, "a second login page");
      const after = await read(await browser.complete(page, ada));
      assert.ok(after.first.auth_time > before.first.auth_time);
      assert.equal(after.first.sub, before.first.sub);
    });

    test(named("oidcc-prompt-none-not-logged-in"), async () => {
      const page = await ask({ prompt: "none" });
      redirectError(page, ["login_required", "interaction_required"]);
      const names = [...page.callback.keys()].sort();
      assert.deepEqual(names, ["error", "error_description", "iss", "state"], "no unexpected parameter");
    });

    for (const module of ["oidcc-prompt-none-logged-in", "oidcc-id-token-hint"]) {
      test(named(module), async () => {
        const browser = op.browser();
        const before = await flow({}, { browser });
        op.clock.advance({ seconds: 2 });
        const hint = module === "oidcc-id-token-hint" ? { id_token_hint: before.idTokens.at(-1) } : {};
        const after = await read(await ask({ prompt: "none", ...hint }, { browser }));
        for (const name of SAME) assert.deepEqual(after.first[name], before.first[name], name);
      });
    }

    test(named("oidcc-max-age-1"), async () => {
      const browser = op.browser();
      const before = await flow({}, { browser });
      op.clock.advance({ seconds: 2 });
      const page = await ask({ max_age: "1" }, { browser });
      assert.ok(page.asksForPassword, "a second login page");
      const { first } = await read(await browser.complete(page, ada));
      assert.ok(first.auth_time > before.first.auth_time && first.iat - first.auth_time <= 5);
    });

    test(named("oidcc-max-age-10000"), async () => {
      const browser = op.browser();
      const before = await flow({ max_age: "15000" }, { browser });
      op.clock.advance({ seconds: 2 });
      const { first } = await read(await ask({ max_age: "10000" }, { browser }));
      assert.equal(first.auth_time, before.first.auth_time);
    });

    test(named("oidcc-ensure-registered-redirect-uri, oidcc-redirect-uri-query-added"), async () => {
      for (const odd of ["/x", "?foo=bar", "/", "x"]) {
        errorPage(await ask({ redirect_uri: `${client.redirectUri}${odd}` }));
      }
    });

    test(named("oidcc-redirect-uri-query-OK, oidcc-redirect-uri-query-mismatch"), async () => {
      const by = await rp.register({ redirect_uris: ["https://app.acme.test/callback?foo=bar"] });
      const { page } = await flow({}, { by });
      const query = page.responseMode === "query" ? page.callback : new URL(page.callbackUrl).searchParams;
      assert.equal(query.get("foo"), "bar", "the query is kept");
      errorPage(await ask({ redirect_uri: "https://app.acme.test/callback?bar=foo" }, { by }));
    });

    test(named("oidcc-claims-essential"), async () => {
      const member = type === "id_token" ? "id_token" : "userinfo";
      const claims = JSON.stringify({ [member]: { name: { essential: true } } });
      const { told, userinfo, first } = await flow({ claims });
      assert.equal(told.name, "Ada Lovelace");
      if (userinfo) assert.ok(!("name" in first));
    });

    requestObjects({ type, response_mode, named, read });
    if (has(type, "code")) codes({ named, ask, flow, read });
  });
}

/** Requests in a request object, unsigned. */
function requestObjects({ type, response_mode, named, read }) {
  /** Signs in with `send`, which makes a query of the object. */
  async function follow(send) {
    const mode = response_mode && { response_mode };
    const { claims, verifier } = requestClaims(client, { response_type: type, ...mode });
    const browser = op.browser();
    const page = await browser.complete(await browser.open(beside(client, send(unsignedObject(claims)))), ada);
    page.request = { params: claims, verifier };
    await read(page);
  }
  const outside = { response_type: type, scope: "openid" };

  test(named("oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported"), () =>
    follow((request) => ({ ...outside, request })));

  test(named("oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported"), () => {
    // An address is asked twice a minute at most; the third would be told what the second was.
    op.clock.advance({ seconds: 61 });
    return follow((body) => {
      op.serve(REQUEST_URI, { body });
      return { ...outside, request_uri: REQUEST_URI };
    });
  });

  test(named("oidcc-ensure-request-object-with-redirect-uri"), () =>
    follow((request) => ({ ...outside, redirect_uri: "https://app.acme.test/callback/bad", request })));
}

/** What comes of a code. */
function codes({ named, ask, flow, read }) {
  for (const [module, seconds] of [["oidcc-codereuse", 0], ["oidcc-codereuse-30seconds", 30]]) {
    test(named(module), async () => {
      const { page, bearer } = await flow();
      op.clock.advance({ seconds });
      await oauthError(await client.redeem(grantIn(page)), 400, "invalid_grant");
      assert.equal((await op.fetch("/userinfo", { bearer })).status, 401, "SHOULD revoke all tokens");
    });
  }

  test(named("oidcc-server-client-secret-post"), async () => {
    await flow({}, { by: await rp.register({ token_endpoint_auth_method: "client_secret_post" }) });
  });

  test(named("oidcc-refresh-token"), async () => {
    const [other, browser] = [await rp.register(), op.browser()];
    const page = await ask({ scope: "openid offline_access", prompt: "consent" }, { browser });
    const { tokens: before } = await read(await browser.complete(page, ada));
    // EnsureRefreshTokenContainsAllowedCharactersOnly, EnsureMinimumRefreshTokenLength
    assert.match(before.refresh_token, /^[\x20-\x7e]{32,}$/);
    op.clock.advance({ seconds: 1 });
    const after = await client.refreshed(before.refresh_token, { scope: "openid offline_access" });
    assert.ok(after.expires_in > 0 && after.access_token !== before.access_token);
    const [first, second] = [claimsOf(before.id_token), claimsOf(after.id_token)];
    for (const name of SAME) assert.deepEqual(second[name], first[name], name);
    assert.ok(second.iat > first.iat);
    assert.ok(!("nonce" in second) || second.nonce === first.nonce);
    await oauthError(await other.refresh(after.refresh_token), 400, "invalid_grant");
  });

  test(named("oidcc-ensure-request-with-valid-pkce-succeeds"), async () => {
    const pkce = client.request();
    const { code_challenge, code_challenge_method } = pkce.params;
    const browser = op.browser();
    const page = await browser.complete(await ask({ code_challenge, code_challenge_method }, { browser }), ada);
    page.request.verifier = pkce.verifier;
    await read(page);
  });
}

for (const response_mode of [undefined, "form_post"]) {
  const named = (name) => `${name}, response_mode=${response_mode ?? "default"}`;

  test(named("oidcc-response-type-missing"), async () => {
    const page = await rp.ask(undefined, { response_mode }, { by: client });
    redirectError(page, ["unsupported_response_type", "invalid_request"]);
    assert.equal(page.responseMode, response_mode ?? "query");
  });

  test(named("oidcc-ensure-post-request-succeeds"), async () => {
    await rp.flow("code", { response_mode }, { by: client, method: "POST" });
  });
}
