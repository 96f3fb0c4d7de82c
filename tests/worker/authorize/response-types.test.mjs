// The implicit and hybrid flows: OIDC Core sections 3.2 and 3.3, OAuth 2.0 Multiple Response Types.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";

import { oauthError, redirectError } from "../support/expect.mjs";
import { claimsOf, verified } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const TYPES = {
  "code": ["code"],
  "id_token": ["id_token"],
  "id_token token": ["access_token", "expires_in", "id_token", "scope", "token_type"],
  "code id_token": ["code", "id_token"],
  "code token": ["access_token", "code", "expires_in", "scope", "token_type"],
  "code id_token token": ["access_token", "code", "expires_in", "id_token", "scope", "token_type"],
};
const OTHERS = Object.keys(TYPES).filter((type) => type !== "code");

const op = await startLimen({ vars: { FRONT_CHANNEL_TOKENS: "on" } });
const registration = {
  grant_types: ["authorization_code", "implicit", "refresh_token"],
  response_types: Object.keys(TYPES),
};
const client = await op.client(registration);
const ada = await op.person();
const browser = op.browser();
await browser.obtain(client, ada);

const leftHalf = (text, hash = "sha256") => {
  const digest = createHash(hash).update(text).digest();
  return digest.subarray(0, digest.length / 2).toString("base64url");
};

const ask = (type, params = {}, init) => browser.authorize(client, { response_type: type, ...params }, init);

for (const [type, members] of Object.entries(TYPES)) {
  describe(`response_type=${type}`, () => {
    test("answers with exactly what it names, state and iss", async () => {
      const page = await ask(type);
      assert.deepEqual([...page.callback.keys()].sort(), [...members, "iss", "state"].sort());
      assert.equal(page.callback.get("state"), page.request.params.state);
      assert.equal(page.callback.get("iss"), op.issuer);
      assert.equal(page.responseMode, type === "code" ? "query" : "fragment");
    });

    test("can be posted to the client", async () => {
      const page = await ask(type, { response_mode: "form_post" });
      assert.equal(page.responseMode, "form_post");
      assert.deepEqual([...page.callback.keys()].sort(), [...members, "iss", "state"].sort());
    });

    test("comes after sign-in and consent too", async () => {
      const [fresh, bob] = [op.browser(), await op.person()];
      const page = await fresh.complete(await fresh.authorize(client, { response_type: type }), bob);
      assert.deepEqual([...page.callback.keys()].sort(), [...members, "iss", "state"].sort());
      if (page.callback.get("id_token")) assert.equal(claimsOf(page.callback.get("id_token")).sub, bob.id);
    });

    test("its words may stand in any order (RFC 6749 section 3.1.1)", async () => {
      const page = await ask(type.split(" ").reverse().join(" "));
      assert.deepEqual([...page.callback.keys()].sort(), [...members, "iss", "state"].sort());
    });

    test("is refused to a client that did not register it", async () => {
      const other = type === "code" ? "id_token" : "code";
      const grant_types = type === "code" ? ["implicit"] : ["authorization_code"];
      const narrow = await op.client({ grant_types, response_types: [other] });
      const page = await browser.authorize(narrow, { response_type: type });
      redirectError(page, "unauthorized_client");
      assert.equal(page.responseMode, type === "code" ? "query" : "fragment");
    });
  });
}

for (const type of OTHERS) {
  const has = (name) => TYPES[type].includes(name);
  const [hasCode, hasIdToken, hasToken] = [has("code"), has("id_token"), has("access_token")];

  describe(`response_type=${type}`, () => {
    test("response_mode=query is refused, and the error does not travel in a query", async () => {
      const page = await ask(type, { response_mode: "query" });
      redirectError(page, "invalid_request");
      assert.equal(page.responseMode, "fragment");
    });

    test("errors travel in the fragment", async () => {
      const page = await op.browser().authorize(client, { response_type: type, prompt: "none" });
      redirectError(page, "login_required");
      assert.equal(page.responseMode, "fragment");
      const [consentless, bob] = [op.browser(), await op.person()];
      const consent = await consentless.signIn(await consentless.authorize(client, { response_type: type }), bob);
      const denied = await consentless.deny(consent);
      redirectError(denied, "access_denied");
      assert.equal(denied.responseMode, "fragment");
    });

    if (hasIdToken) {
      test("without a nonce is invalid_request (Core sections 3.2.2.1 and 3.3.2.11)", async () => {
        redirectError(await ask(type, { nonce: undefined }), "invalid_request");
      });

      test("the ID token is signed, has the nonce, and binds what comes with it", async () => {
        const { callback, request } = await ask(type);
        const claims = await verified(op, callback.get("id_token"), { audience: client.id });
        assert.equal(claims.sub, ada.id);
        assert.equal(claims.nonce, request.params.nonce);
        assert.ok(claims.auth_time && claims.exp > claims.iat);
        assert.equal(claims.at_hash, hasToken ? leftHalf(callback.get("access_token")) : undefined);
        assert.equal(claims.c_hash, hasCode ? leftHalf(callback.get("code")) : undefined);
      });

      test("without the scope openid it is no OpenID request", async () => {
        redirectError(await ask(type, { scope: "email" }), "invalid_scope");
      });
    } else {
      test("works without a nonce (Core section 3.3.2.11)", async () => {
        const { callback } = await ask(type, { nonce: undefined });
        assert.ok(callback.get("access_token") && callback.get("code"));
      });
    }

    if (hasToken) {
      test("the access token opens UserInfo, is introspected, and dies with the consent", async () => {
        const [own, bob] = [op.browser(), await op.person()];
        const { callback } = await own.complete(await own.authorize(client, { response_type: type }), bob);
        const bearer = callback.get("access_token");
        assert.equal(callback.get("token_type"), "Bearer");
        assert.ok(Number(callback.get("expires_in")) > 0);
        const userinfo = await op.json("/userinfo", { bearer });
        assert.equal(userinfo.sub, bob.id);
        assert.equal(userinfo.email, bob.email);
        assert.equal((await client.introspect(bearer)).active, true);
        await op.admin(`/admin/api/users/${bob.id}/grants/${client.id}`, { method: "DELETE" });
        assert.equal((await client.introspect(bearer)).active, false);
      });

      test("the access token is revoked alone (RFC 7009)", async () => {
        const [first, second] = [await ask(type), await ask(type)];
        await client.revoke(first.callback.get("access_token"));
        assert.equal((await client.introspect(first.callback.get("access_token"))).active, false);
        assert.equal((await client.introspect(second.callback.get("access_token"))).active, true);
      });

      test("offline_access is nothing for a token that has no refresh token", async () => {
        const fresh = op.browser();
        const page = await fresh.authorize(client, { response_type: type, scope: "openid offline_access" });
        const { callback } = await fresh.complete(page, ada);
        assert.equal(callback.get("scope"), "openid");
        assert.equal(callback.get("refresh_token"), null);
      });
    }

    if (hasCode) {
      test("the code is redeemed, and its ID token tells the same as the first (Core section 3.3.3.6)", async () => {
        const page = await ask(type);
        const { callback, request } = page;
        const grant = { code: callback.get("code"), redirectUri: client.redirectUri, verifier: request.verifier };
        const tokens = await client.tokens(grant);
        assert.ok(tokens.access_token && tokens.refresh_token);
        const second = await verified(op, tokens.id_token, { audience: client.id });
        assert.equal(second.nonce, request.params.nonce);
        if (!hasIdToken) return;
        const first = claimsOf(callback.get("id_token"));
        for (const name of ["iss", "sub", "aud", "auth_time", "nonce", "acr", "sid"]) {
          assert.deepEqual(second[name], first[name], name);
        }
      });

      test("the code wants the verifier of its challenge", async () => {
        const { callback } = await ask(type);
        const grant = { code: callback.get("code"), redirectUri: client.redirectUri };
        await oauthError(await client.redeem(grant), 400, "invalid_grant");
      });
    }
  });
}

test("where no access token is issued, the scope's claims stand in the ID token (Core section 5.4)", async () => {
  const claims = claimsOf((await ask("id_token")).callback.get("id_token"));
  assert.equal(claims.email, ada.email);
  assert.equal(claims.name, "Ada Lovelace");
  for (const type of ["id_token token", "code id_token", "code id_token token"]) {
    const beside = claimsOf((await ask(type)).callback.get("id_token"));
    assert.equal(beside.email, undefined, type);
    assert.equal(beside.name, undefined, type);
  }
});

test("at_hash and c_hash are of the hash that goes with the client's algorithm", async () => {
  for (const [alg, hash] of [
    ["ES256", "sha256"],
    ["PS256", "sha256"],
    ["EdDSA", "sha512"],
  ]) {
    const other = await op.client({ ...registration, id_token_signed_response_alg: alg });
    const page = await browser.complete(await browser.authorize(other, { response_type: "code id_token token" }), ada);
    const claims = await verified(op, page.callback.get("id_token"), { audience: other.id });
    assert.equal(claims.at_hash, leftHalf(page.callback.get("access_token"), hash));
    assert.equal(claims.c_hash, leftHalf(page.callback.get("code"), hash));
  }
});

test("a public client of the implicit flow needs no PKCE, for there is no code", async () => {
  const spa = await op.publicClient({ grant_types: ["implicit"], response_types: ["id_token", "id_token token"] });
  const noChallenge = { code_challenge: undefined, code_challenge_method: undefined };
  const page = await browser.authorize(spa, { response_type: "id_token token", ...noChallenge });
  const done = await browser.complete(page, ada);
  assert.ok(done.callback.get("access_token"));
});

test("a public client of the hybrid flow needs PKCE", async () => {
  const spa = await op.publicClient({ ...registration, response_types: ["code id_token"] });
  const noChallenge = { code_challenge: undefined, code_challenge_method: undefined };
  const page = await browser.authorize(spa, { response_type: "code id_token", ...noChallenge });
  redirectError(page, "invalid_request");
});

const NO_TYPES = ["token", "none", "id_token id_token", "code id_token token x", " id_token", "id_token  token"];
for (const response_type of NO_TYPES) {
  test(`response_type=${JSON.stringify(response_type)} is refused`, async () => {
    const page = await ask(response_type);
    redirectError(page, "unsupported_response_type");
  });
}

test("an access token costs no second round trip, and an ID token alone stores nothing", async () => {
  const count = "SELECT (SELECT COUNT(*) FROM codes) AS codes, (SELECT COUNT(*) FROM token_families) AS families";
  const before = await op.rows(count);
  const request = client.request({ response_type: "id_token" });
  const response = await browser.fetch(`/authorize?${new URLSearchParams(request.params)}`, { measure: true });
  assert.equal(response.headers.get("x-limen-test-d1"), "1");
  assert.deepEqual(await op.rows(count), before);
  const all = client.request({ response_type: "code id_token token" });
  const answer = await browser.fetch(`/authorize?${new URLSearchParams(all.params)}`, { measure: true });
  assert.equal(answer.headers.get("x-limen-test-d1"), "1");
});

test("nothing is issued to a session that has ended, whatever the response type", async () => {
  for (const type of Object.keys(TYPES)) {
    const [guest, bob] = [op.browser(), await op.person()];
    await guest.complete(await guest.authorize(client, { response_type: type }), bob);
    await op.changePerson(bob, { disabled: true });
    const page = await guest.authorize(client, { response_type: type });
    assert.ok(page.asksForPassword, type);
  }
});

describe("FRONT_CHANNEL_TOKENS", () => {
  test("on: discovery tells the response types and the implicit grant", async () => {
    const metadata = await op.json("/.well-known/openid-configuration");
    assert.deepEqual(metadata.response_types_supported.toSorted(), Object.keys(TYPES).toSorted());
    assert.ok(metadata.grant_types_supported.includes("implicit"));
  });

  test("off again: a client that registered the flows gets codes only", async () => {
    await op.redeploy({ FRONT_CHANNEL_TOKENS: undefined });
    for (const type of OTHERS) {
      const page = await ask(type);
      redirectError(page, "unsupported_response_type");
      assert.equal(page.responseMode, "fragment");
    }
    assert.ok((await ask("code")).callback.get("code"));
    const metadata = await op.json("/.well-known/openid-configuration");
    assert.deepEqual(metadata.response_types_supported, ["code"]);
    assert.ok(!metadata.grant_types_supported.includes("implicit"));
    const cut = await op.json("/register", {
      json: { ...registration, redirect_uris: ["https://a.acme.test/cb"] },
      bearer: op.adminToken,
    });
    assert.deepEqual([cut.response_types, cut.grant_types.includes("implicit")], [["code"], false]);
  });
});
