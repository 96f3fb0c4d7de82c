// What the OpenID Foundation's conformance suite asks of a provider in its dynamic, config and third-party-initiated
// login plans: a test a module and response type, named as there (oidcc-...).

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";

import { asserted, assertion, keyPair } from "../support/assertion.mjs";
import { errorPage, oauthError } from "../support/expect.mjs";
import { claimsOf, headerOf, verified } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { beside, requestClaims, signedObject, unsignedObject } from "../support/request-object.mjs";
import { grantIn, has, relyingParty } from "./flow.mjs";

/** The response types that the dynamic plan can be run with. */
const TYPES = ["code", "code id_token", "id_token"];
const REDIRECT_URI = "https://app.acme.test/callback";

const op = await startLimen({ vars: { ID_TOKEN_CLAIMS: "off", FRONT_CHANNEL_TOKENS: "on" } });
const ada = await op.person();
const rp = relyingParty(op, ada);
let parties = 0;

/** A relying party that authenticates with a key of its own, at its `jwks_uri`; `publish` rotates the key. */
async function register(metadata = {}) {
  const uri = `https://app.acme.test/jwks/${++parties}`;
  const publish = async () => {
    const key = await keyPair("RS256");
    op.serve(uri, { json: { keys: [key.jwk] } });
    return key;
  };
  const key = await publish();
  const client = await rp.register({ token_endpoint_auth_method: "private_key_jwt", jwks_uri: uri, ...metadata });
  return Object.assign(client, { key, publish });
}

/** The answer to a registration that is to be refused. */
const refused = async (metadata, codes) =>
  oauthError(await op.admin("/register", { json: { redirect_uris: [REDIRECT_URI], ...metadata } }), 400, codes);

for (const type of TYPES) {
  const named = (name) => `${name}, response_type=${type}`;

  describe(`response_type=${type}`, () => {
    test(named("oidcc-server, oidcc-registration-jwks-uri"), async () => {
      await rp.flow(type, {}, { by: await register() });
    });

    test(named("oidcc-idtoken-rs256"), async () => {
      const by = await register({ id_token_signed_response_alg: "RS256" });
      const { idTokens } = await rp.flow(type, {}, { by });
      for (const token of idTokens) assert.equal(headerOf(token).alg, "RS256");
    });

    test(named("oidcc-ensure-redirect-uri-in-authorization-request"), async () => {
      errorPage(await rp.ask(type, { redirect_uri: undefined }, { by: await register() }));
    });

    test(named("oidcc-request-uri-unsigned"), async () => {
      await byReference(type, {}, unsignedObject);
    });

    test(named("oidcc-request-uri-signed-rs256"), async () => {
      const { request_object_signing_alg_values_supported: algs } = await op.json("/.well-known/openid-configuration");
      assert.ok(algs.includes("RS256"));
      await byReference(type, { request_object_signing_alg: "RS256" }, (claims, { key }) =>
        signedObject(claims, { alg: "RS256", key: key.privateKey, kid: key.kid }),
      );
    });

    if (has(type, "code")) {
      test(named("oidcc-userinfo-rs256"), async () => {
        const by = await register({ userinfo_signed_response_alg: "RS256" });
        const { bearer, first } = await rp.flow(type, {}, { by });
        const response = await op.fetch("/userinfo", { bearer });
        assert.equal(response.headers.get("content-type"), "application/jwt");
        const userinfo = await verified(op, await response.text(), { audience: by.id, algorithms: ["RS256"] });
        assert.equal(userinfo.sub, first.sub);
        assert.ok(!("nonce" in userinfo));
      });

      test(named("oidcc-ensure-client-assertion-with-iss-aud-succeeds"), async () => {
        const [by, browser] = [await register(), op.browser()];
        const page = await browser.complete(await rp.ask(type, {}, { by, browser }), ada);
        const auth = asserted(await assertion(by, by.key, { aud: op.issuer }));
        assert.ok((await by.tokens(grantIn(page), {}, { auth })).access_token);
      });

      test(named("oidcc-refresh-token-rp-key-rotation"), async () => {
        const by = await register();
        const { tokens } = await rp.flow(type, { scope: "openid offline_access", prompt: "consent" }, { by });
        by.key = await by.publish();
        op.clock.advance({ seconds: 65 });
        const after = await by.refreshed(tokens.refresh_token);
        assert.equal(claimsOf(after.id_token).sub, claimsOf(tokens.id_token).sub);
        assert.ok((await op.json("/userinfo", { bearer: after.access_token })).sub);
      });
    }
  });
}

/** Signs in with a request object at a registered address, whose fragment is, as the suite's, no hash of the content. */
async function byReference(type, metadata, encode) {
  const address = `https://app.acme.test/requests/${++parties}.jwt`;
  const uri = `${address}#${createHash("sha256").update(address).digest("base64url")}`;
  const by = await register({ request_uris: [uri], ...metadata });
  const { claims, verifier } = requestClaims(by, { response_type: type });
  op.serve(address, { body: await encode(claims, by) });
  const browser = op.browser();
  const outside = { response_type: type, scope: "openid", request_uri: uri };
  const page = await browser.complete(await browser.open(beside(by, outside)), ada);
  page.request = { params: claims, verifier };
  await rp.read(page, type, by);
}

for (const type of ["code", "code token"]) {
  test(`oidcc-idtoken-unsigned, response_type=${type}`, async () => {
    const { id_token_signing_alg_values_supported: algs } = await op.json("/.well-known/openid-configuration");
    assert.ok(algs.includes("none"));
    const grant_types = type === "code" ? ["authorization_code"] : ["authorization_code", "implicit"];
    const by = await rp.register({ grant_types, response_types: [type], id_token_signed_response_alg: "none" });
    const { idTokens } = await rp.flow(type, {}, { by });
    for (const token of idTokens) {
      assert.equal(headerOf(token).alg, "none");
      assert.equal(token.split(".")[2], "");
    }
  });
}

describe("registration", () => {
  test("oidcc-redirect-uri-regfrag", async () => {
    const codes = ["invalid_redirect_uri", "invalid_client_metadata"];
    await refused({ redirect_uris: [`${REDIRECT_URI}#foobar`] }, codes);
  });

  for (const [module, field, words] of [
    ["oidcc-registration-policy-uri", "policy_uri", /Privacy/i],
    ["oidcc-registration-tos-uri", "tos_uri", /Terms/i],
  ]) {
    test(module, async () => {
      const uri = `https://app.acme.test/${field}`;
      const page = await rp.ask("code", {}, { by: await register({ [field]: uri }) });
      assert.ok(page.asksForPassword);
      assert.ok(page.elements("a").some(({ href }) => href === uri), "the login page has a link");
      assert.match(page.text, words);
    });
  }

  test("oidcc-registration-logo-uri", async () => {
    const by = await register({ logo_uri: "https://app.acme.test/logo.png" });
    assert.equal(by.registered.logo_uri, "https://app.acme.test/logo.png");
    const page = await rp.ask("code", {}, { by });
    assert.ok(page.asksForPassword);
  });

  test("oidcc-registration-sector-uri, oidcc-registration-sector-bad", async () => {
    const metadata = { subject_type: "pairwise", sector_identifier_uri: "https://app.acme.test/redirect_uris.json" };
    op.serve(metadata.sector_identifier_uri, { json: ["https://app.acme.test/other", REDIRECT_URI] });
    assert.equal((await register(metadata)).registered.sector_identifier_uri, metadata.sector_identifier_uri);
    op.serve(metadata.sector_identifier_uri, { json: ["https://app.acme.test/other"] });
    await refused(metadata, "invalid_client_metadata");
  });

  test("oidcc-3rd_party-init-login", async () => {
    const uri = "https://app.acme.test/initiate";
    const { registered } = await register({ initiate_login_uri: uri });
    assert.equal(registered.initiate_login_uri, uri);
    const read = await op.json(registered.registration_client_uri, { bearer: registered.registration_access_token });
    assert.equal(read.initiate_login_uri, uri);
  });

  test("oidcc-3rd_party-init-login-nohttps", async () => {
    await refused({ initiate_login_uri: "http://app.acme.test/initiate" }, "invalid_client_metadata");
  });
});

describe("what is published", () => {
  /** The signing keys, held against what the suite asks of each. */
  async function keys() {
    const { keys } = await op.jwks();
    const kids = keys.map(({ kid }) => kid);
    assert.ok(kids.every((kid) => typeof kid === "string"));
    assert.equal(new Set(kids).size, kids.length);
    // EnsureServerJwksDoesNotContainPrivateOrSymmetricKeys
    const secrets = ["d", "p", "q", "dp", "dq", "qi", "k"];
    for (const key of keys) for (const secret of secrets) assert.ok(!(secret in key), secret);
    return keys.filter(({ use }) => use === "sig").map(({ kid }) => kid);
  }

  test("oidcc-server-rotate-keys", async () => {
    await op.cron();
    op.clock.advance({ minutes: 34 });
    const before = await keys();
    const current = (await op.keys()).find(({ alg, state }) => alg === "RS256" && state === "current");
    assert.equal((await op.admin(`/admin/api/keys/${current.kid}/retire`, { method: "POST" })).status, 200);
    const after = await keys();
    assert.ok(after.some((kid) => !before.includes(kid)), "a new key");
    for (const kid of before) assert.ok(after.includes(kid), "and the old ones");
  });

  test("oidcc-discovery-endpoint-verification", async () => {
    const response = await op.fetch("/.well-known/openid-configuration");
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type"), /^application\/json/);
    const metadata = await response.json();
    assert.equal(metadata.issuer, op.issuer);
    const holds = {
      response_types_supported: ["code", "id_token", "id_token token"],
      grant_types_supported: ["authorization_code", "implicit"],
      scopes_supported: ["openid"],
      subject_types_supported: ["public"],
      claims_supported: ["sub"],
      id_token_signing_alg_values_supported: ["RS256"],
      userinfo_signing_alg_values_supported: ["RS256"],
      request_object_signing_alg_values_supported: ["none", "RS256"],
      code_challenge_methods_supported: ["S256"],
    };
    for (const [name, values] of Object.entries(holds)) {
      for (const value of values) assert.ok(metadata[name].includes(value), `${name}: ${value}`);
    }
    for (const name of ["claims", "request", "request_uri"]) {
      assert.equal(metadata[`${name}_parameter_supported`], true);
    }
    for (const name of ["authorization", "token", "userinfo", "registration"]) {
      assert.match(metadata[`${name}_endpoint`], /^https:/);
    }
    for (const [name, value] of Object.entries(metadata)) {
      if (/_endpoint$|_uri$/.test(name)) assert.match(value, /^https:/, name);
    }
    await keys();
  });
});
