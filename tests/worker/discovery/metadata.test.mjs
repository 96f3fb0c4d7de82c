// OpenID Connect Discovery 1.0 and RFC 8414.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const OPENID = "/.well-known/openid-configuration";
const OAUTH = "/.well-known/oauth-authorization-server";

const op = await startLimen();

test("discovery has the members that Discovery section 3 requires", async () => {
  const metadata = await op.json(OPENID);
  assert.equal(metadata.issuer, op.issuer);
  assert.deepEqual(metadata.subject_types_supported.includes("public"), true);
  assert.ok(metadata.response_types_supported.includes("code"));
  assert.ok(metadata.id_token_signing_alg_values_supported.includes("RS256"), "The algorithm RS256 MUST be included");
  assert.ok(metadata.scopes_supported.includes("openid"), "The server MUST support the openid scope value");
  for (const name of ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"]) {
    assert.ok(metadata[name].startsWith(`${op.issuer}/`), name);
  }
});

test("discovery tells what relying parties look for", async () => {
  const metadata = await op.json(OPENID);
  assert.deepEqual(metadata.code_challenge_methods_supported, ["S256"]);
  assert.equal(metadata.authorization_response_iss_parameter_supported, true);
  for (const grant of ["authorization_code", "refresh_token", "client_credentials"]) {
    assert.ok(metadata.grant_types_supported.includes(grant), grant);
  }
  for (const method of ["client_secret_basic", "client_secret_post", "none"]) {
    assert.ok(metadata.token_endpoint_auth_methods_supported.includes(method), method);
  }
  for (const alg of ["RS256", "PS256", "ES256", "EdDSA"]) {
    assert.ok(metadata.id_token_signing_alg_values_supported.includes(alg), alg);
  }
  assert.equal(metadata.id_token_signing_alg_values_supported.at(-1), "none", "for the code flow, where registered");
  assert.deepEqual(metadata.userinfo_signing_alg_values_supported, ["RS256", "PS256", "ES256", "EdDSA"]);
  for (const claim of ["sub", "auth_time", "email", "email_verified", "name", "address"]) {
    assert.ok(metadata.claims_supported.includes(claim), claim);
  }
  for (const endpoint of ["introspection", "revocation", "registration"]) {
    assert.equal(new URL(metadata[`${endpoint}_endpoint`]).origin, op.issuer);
  }
  for (const mode of ["query", "fragment", "form_post"])
    assert.ok(metadata.response_modes_supported.includes(mode), mode);
});

test("discovery tells how requests may be passed", async () => {
  const metadata = await op.json(OPENID);
  assert.equal(metadata.request_parameter_supported, true);
  assert.equal(metadata.request_uri_parameter_supported, true);
  assert.equal(metadata.require_request_uri_registration, true);
  const algs = ["RS256", "PS256", "ES256", "EdDSA", "PS384", "PS512", "ES384", "ES512", "HS256", "HS384", "HS512", "Ed25519"];
  assert.deepEqual(metadata.request_object_signing_alg_values_supported, ["none", ...algs]);
  assert.deepEqual(metadata.token_endpoint_auth_signing_alg_values_supported, algs);
  assert.ok(metadata.request_object_encryption_alg_values_supported.includes("RSA-OAEP"));
});

test("lists are never empty and name nothing twice", async () => {
  for (const [name, value] of Object.entries(await op.json(OPENID))) {
    if (!Array.isArray(value)) continue;
    assert.ok(value.length > 0, `${name}: "Claims with zero elements MUST be omitted"`);
    assert.equal(new Set(value).size, value.length, name);
  }
});

test("every endpoint in discovery exists", async () => {
  const metadata = await op.json(OPENID);
  const endpoints = Object.entries(metadata).filter(([name]) => /_endpoint$|^jwks_uri$/.test(name));
  for (const [name, url] of endpoints) {
    const response = await op.fetch(url.replace("{client_id}", "x"));
    assert.notEqual(response.status, 404, name);
    assert.ok(response.status < 500, name);
  }
});

test("discovery does not advertise the operator's API", async () => {
  assert.doesNotMatch(await (await op.fetch(OPENID)).text(), /admin/);
});

test("RFC 8414 metadata says the same as OpenID discovery", async () => {
  const [openid, oauth] = [await op.json(OPENID), await op.json(OAUTH)];
  for (const [name, value] of Object.entries(oauth)) assert.deepEqual(value, openid[name], name);
  for (const name of ["issuer", "authorization_endpoint", "token_endpoint", "response_types_supported", "jwks_uri"]) {
    assert.ok(name in oauth, name);
  }
});

for (const path of [OPENID, OAUTH]) {
  test(`${path} is cacheable JSON with open CORS`, async () => {
    const response = await op.fetch(path, { headers: { origin: "https://spa.acme.test" } });
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type"), /^application\/json/);
    assert.match(response.headers.get("cache-control"), /public.*max-age=[1-9]/);
    assert.equal(response.headers.get("access-control-allow-origin"), "*");
    assert.equal(response.headers.get("access-control-allow-credentials"), null);
  });

  test(`${path} is revalidated by ETag`, async () => {
    const first = await op.fetch(path);
    const etag = first.headers.get("etag");
    assert.match(etag, /^(W\/)?"[^"]+"$/);
    for (const condition of [etag, `"other", ${etag}`, "*", `W/${etag.replace(/^W\//, "")}`]) {
      const again = await op.fetch(path, { headers: { "if-none-match": condition } });
      assert.equal(again.status, 304, condition);
      assert.equal(await again.text(), "");
      assert.equal(again.headers.get("etag"), etag, "RFC 9110 section 15.4.5");
      assert.ok(again.headers.get("cache-control"));
      assert.equal(again.headers.get("access-control-allow-origin"), "*");
    }
    assert.equal((await op.fetch(path, { headers: { "if-none-match": '"other"' } })).status, 200);
  });
}

test("no header and no host changes the issuer", async () => {
  const wanted = await (await op.fetch(OPENID)).text();
  const headers = {
    "x-forwarded-host": "evil.test",
    "x-forwarded-proto": "http",
    "x-forwarded-prefix": "/evil",
    "x-original-host": "evil.test",
    "x-original-url": "/evil",
    "x-rewrite-url": "/evil",
    forwarded: "host=evil.test;proto=http",
    via: "evil.test",
  };
  assert.equal(await (await op.fetch(OPENID, { headers })).text(), wanted);
  assert.equal(await (await op.fetch(`https://evil.test${OPENID}`)).text(), wanted);
  const login = await op.fetch("https://evil.test/authorize?client_id=x", { headers });
  assert.doesNotMatch((await login.text()) + [...login.headers], /evil/);
});

test("a query does not change discovery", async () => {
  assert.equal(
    await (await op.fetch(`${OPENID}?issuer=https://evil.test`)).text(),
    await (await op.fetch(OPENID)).text(),
  );
});

test("every member that names an endpoint is a URL, and none is of Limen's own making", async () => {
  const metadata = await op.json("/.well-known/openid-configuration");
  for (const [name, value] of Object.entries(metadata)) {
    if (!/_(endpoint|uri|iframe)$/.test(name)) continue;
    assert.doesNotMatch(value, /[{}]/, name);
    assert.ok(URL.canParse(value), name);
  }
  assert.equal(metadata.registration_renew_secret_endpoint, undefined);
});
