// Request objects by value: OIDC Core section 6.1, RFC 9101. jose signs and encrypts them.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, test } from "node:test";

import { grantOf } from "../support/browser.mjs";
import { CONTENT_ENCS, KEY_ALGS, encrypted, limensKey } from "../support/encryption.mjs";
import { errorPage } from "../support/expect.mjs";
import { claimsOf, unsignedJwt } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { beside, requestClaims, signedObject, signingKey, unsignedObject } from "../support/request-object.mjs";

const ALGS = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519", "PS384", "PS512", "ES384", "ES512"];

const op = await startLimen();
const ada = await op.person();

/** A client whose keys are those of every algorithm. */
async function signingClient(metadata = {}) {
  const keys = await Promise.all(ALGS.map(async (alg) => (await signingKey(alg)).jwk));
  return op.client({ jwks: { keys }, ...metadata });
}

const client = await signingClient();
const encrypting = await signingClient({ request_object_encryption_alg: "RSA-OAEP-256" });
await signingClient({ request_object_encryption_alg: "ECDH-ES" });

async function signed(claims, alg = "ES256", header = {}) {
  const { jwk, privateKey } = await signingKey(alg);
  return signedObject(claims, { alg, key: privateKey, kid: jwk.kid, ...header });
}

/** Opens a request, signs in where asked, and gives the page that the person ends at. */
async function follow(path, { request, verifier } = {}, browser = op.browser()) {
  const page = await browser.complete(await browser.open(path), ada);
  page.request = { client, params: request, verifier };
  return page;
}

/** The request goes to the client as an error. */
async function told(path, code) {
  const page = await op.browser().open(path);
  assert.ok(page.callback, `no callback but ${page.status}: ${page.text.slice(0, 200)}`);
  assert.equal(page.callback.get("error"), code, page.callback.get("error_description"));
  assert.equal(page.callback.get("code"), null);
  return page.callback;
}

const outside = (object, params = {}) => beside(client, { redirect_uri: client.redirectUri, ...params, request: object });

for (const alg of ALGS) {
  test(`a request signed with ${alg}, with nothing but client_id beside it`, async () => {
    const { claims, ...made } = requestClaims(client);
    const page = await follow(beside(client, { request: await signed(claims, alg) }), made);
    assert.equal(page.callback.get("state"), claims.state);
    const tokens = await client.tokens(grantOf(page));
    assert.equal(claimsOf(tokens.id_token).nonce, claims.nonce);
  });
}

test("what is inside supersedes what is outside, and the rest of it counts (Core section 6.1)", async () => {
  const { claims, ...made } = requestClaims(client, { nonce: undefined });
  const path = beside(client, {
    response_type: "code",
    scope: "openid",
    redirect_uri: "https://evil.test/",
    state: "outer",
    nonce: "outer",
    request: await signed(claims),
  });
  const page = await follow(path, made);
  assert.equal(page.callbackUrl, client.redirectUri);
  assert.equal(page.callback.get("state"), claims.state);
  assert.equal(claimsOf((await client.tokens(grantOf(page))).id_token).nonce, "outer");
});

test("parameters of the request object are held to the same rules", async () => {
  const evil = requestClaims(client, { redirect_uri: "https://evil.test/cb" });
  errorPage(await op.browser().open(outside(await signed(evil.claims))));
  const odd = requestClaims(client, { prompt: "none login" });
  await told(beside(client, { request: await signed(odd.claims) }), "invalid_request");
  const silent = requestClaims(client, { prompt: "none" });
  await told(beside(client, { request: await signed(silent.claims) }), "login_required");
});

test("max_age is a number and claims are an object inside", async () => {
  const { claims, ...made } = requestClaims(client, { max_age: 3_600, claims: { userinfo: { name: null } } });
  const page = await follow(beside(client, { request: await signed(claims) }), made);
  assert.ok(page.callback.get("code"), `${page.callback}`);
  const odd = requestClaims(client, { max_age: -1 });
  await told(beside(client, { request: await signed(odd.claims) }), "invalid_request");
});

test("a request object may expire while the person types", async () => {
  const { claims, ...made } = requestClaims(client);
  const browser = op.browser();
  const login = await browser.open(beside(client, { request: await signed(claims) }));
  assert.ok(login.asksForPassword);
  op.clock.advance({ minutes: 20 });
  const page = await browser.complete(login, ada);
  page.request = { client, params: made.request, verifier: made.verifier };
  assert.ok((await client.tokens(grantOf(page))).id_token);
});

test("POST takes a request object, too", async () => {
  const { claims, ...made } = requestClaims(client);
  const browser = op.browser();
  const form = { client_id: client.id, request: await signed(claims) };
  const page = await browser.complete(await browser.open("/authorize", { form }), ada);
  page.request = { client, params: made.request, verifier: made.verifier };
  assert.equal(grantOf(page).state, claims.state);
});

test("somebody who is signed in and has consented goes straight through", async () => {
  const browser = op.browser();
  await browser.obtain(client, ada);
  const { claims } = requestClaims(client);
  const page = await browser.open(beside(client, { request: await signed(claims) }));
  assert.ok(page.callback.get("code"));
});

describe("what must agree", () => {
  test("client_id and response_type, inside and outside", async () => {
    const foreign = requestClaims(client, { client_id: "other" });
    await told(outside(await signed(foreign.claims)), "invalid_request_object");
    const { claims } = requestClaims(client);
    await told(outside(await signed(claims), { response_type: "id_token" }), "invalid_request");
  });

  test("iss and aud, where they are there", async () => {
    for (const wrong of [{ iss: "other" }, { aud: "https://other.test" }, { aud: ["https://other.test"] }]) {
      const { claims } = requestClaims(client);
      await told(outside(await signed({ ...claims, ...wrong })), "invalid_request_object");
    }
    const { claims } = requestClaims(client);
    const { iss: _, aud: __, exp: ___, ...plain } = claims;
    assert.ok((await op.browser().open(outside(await signed(plain)))).asksForPassword);
  });

  test("the time", async () => {
    const now = op.clock.seconds();
    for (const wrong of [{ exp: now - 60 }, { nbf: now + 3_600 }, { exp: "tomorrow" }]) {
      const { claims } = requestClaims(client);
      await told(outside(await signed({ ...claims, ...wrong })), "invalid_request_object");
    }
  });
});

describe("attacks", () => {
  test("alg none, of a client that registered another", async () => {
    const strict = await signingClient({ request_object_signing_alg: "RS256" });
    const object = unsignedObject(requestClaims(strict).claims);
    await told(beside(strict, { redirect_uri: strict.redirectUri, request: object }), "invalid_request_object");
  });

  test("alg none in another spelling", async () => {
    const { claims } = requestClaims(client);
    for (const alg of ["None", "NONE", "nOnE", ""]) {
      await told(outside(unsignedJwt({ alg }, claims)), "invalid_request_object");
    }
  });

  test("HS256 keyed with the client's public key or its secret", async () => {
    const { claims } = requestClaims(client);
    const { jwk } = await signingKey("RS256");
    for (const secret of [JSON.stringify(jwk), jwk.n, client.secret, ""]) {
      const input = unsignedJwt({ alg: "HS256", kid: jwk.kid }, claims).slice(0, -1);
      const mac = createHmac("sha256", secret).update(input).digest("base64url");
      await told(outside(`${input}.${mac}`), "invalid_request_object");
    }
  });

  test("a key that the object brings along, under a known kid or none", async () => {
    const { claims } = requestClaims(client);
    const { jwk, privateKey } = await signingKey("ES256", "attacker");
    for (const header of [
      { kid: "sig-ES256" },
      { kid: "sig-ES256", jwk },
      { kid: undefined, jwk },
      { kid: "attacker", jku: "https://evil.test/jwks" },
      { kid: "sig-ES256", x5u: "https://evil.test/cert" },
    ]) {
      const object = await signedObject(claims, { alg: "ES256", key: privateKey, ...header });
      await told(outside(object), "invalid_request_object");
    }
    assert.deepEqual(op.outbound, []);
  });

  test("crit, b64, another typ, a client assertion", async () => {
    const { claims } = requestClaims(client);
    const [header, payload, signature] = (await signed(claims)).split(".");
    const crit = { ...JSON.parse(Buffer.from(header, "base64url")), crit: ["exp"], exp: 1 };
    const altered = `${Buffer.from(JSON.stringify(crit)).toString("base64url")}.${payload}.${signature}`;
    await told(outside(altered), "invalid_request_object");
    for (const typ of ["at+jwt", "dpop+jwt", "logout+jwt"]) {
      await told(outside(await signed(claims, "ES256", { typ })), "invalid_request_object");
    }
    await told(outside(await signed({ ...claims, sub: client.id })), "invalid_request_object");
  });

  test("another client's request object, and an altered one", async () => {
    const other = await op.client();
    const { claims } = requestClaims(other);
    const mine = await signed(claims);
    const path = beside(other, { redirect_uri: other.redirectUri, request: mine });
    await told(path, "invalid_request_object");
    const [header, , signature] = mine.split(".");
    const payload = Buffer.from(JSON.stringify({ ...claims, scope: "openid phone" })).toString("base64url");
    await told(outside(`${header}.${payload}.${signature}`), "invalid_request_object");
  });

  test("request objects in request objects", async () => {
    const { claims } = requestClaims(client);
    const inner = await signed(claims);
    await told(outside(await signed({ ...claims, request: inner })), "invalid_request_object");
    await told(outside(await signed({ ...claims, request_uri: "https://x.test" })), "invalid_request_object");
  });

  test("request and request_uri at once, or twice", async () => {
    const object = await signed(requestClaims(client).claims);
    await told(`${outside(object)}&request_uri=https%3A%2F%2Fapp.acme.test%2Fr`, "invalid_request");
    await told(`${outside(object)}&request=${object}`, "invalid_request");
  });

  test("garbage, deep JSON and huge objects", async () => {
    const part = (text) => Buffer.from(text).toString("base64url");
    const deep = `{"a":${"[".repeat(3_000)}${"]".repeat(3_000)}}`;
    for (const object of ["x", "..", "a.b.c", "....", `${part('{"alg":"ES256"}')}.${part(deep)}.AAAA`, "a".repeat(9_000)]) {
      await told(outside(object), "invalid_request_object");
    }
    const huge = await op.fetch("/authorize", { form: { client_id: client.id, request: "x".repeat(60_000) } });
    assert.ok(huge.status < 500, `${huge.status}`);
  });

  test("an error goes to a redirect URI only if it is registered and stands outside", async () => {
    errorPage(await op.browser().open(beside(client, { request: "x" })));
    errorPage(await op.browser().open(beside(client, { redirect_uri: "https://evil.test/", request: "x" })));
    const callback = await told(outside("x", { state: "s" }), "invalid_request_object");
    assert.equal(callback.get("state"), "s");
  });
});

describe("what the client registered", () => {
  test("request_object_signing_alg, and no other", async () => {
    const strict = await signingClient({ request_object_signing_alg: "PS256" });
    const path = async (alg) => {
      const { claims } = requestClaims(strict);
      return beside(strict, { redirect_uri: strict.redirectUri, request: await signed(claims, alg) });
    };
    assert.ok((await op.browser().open(await path("PS256"))).asksForPassword);
    await told(await path("RS256"), "invalid_request_object");
  });

  test("none: unsigned ones are taken, and others not", async () => {
    const lax = await signingClient({ request_object_signing_alg: "none" });
    const { claims, request } = requestClaims(lax);
    const page = await op.browser().open(beside(lax, { request: unsignedObject(claims) }));
    assert.ok(page.asksForPassword);
    const forged = `${unsignedObject(claims)}AAAA`;
    await told(beside(lax, { redirect_uri: request.redirect_uri, request: forged }), "invalid_request_object");
    const other = beside(lax, { redirect_uri: lax.redirectUri, request: await signed(claims) });
    await told(other, "invalid_request_object");
  });

  test("require_signed_request_object: no request without one, and nothing beside it counts (RFC 9101)", async () => {
    const strict = await signingClient({ require_signed_request_object: true });
    await told(strict.authorizePath(), "invalid_request");
    const { claims } = requestClaims(strict, { state: undefined });
    const browser = op.browser();
    const page = await browser.open(beside(strict, { state: "injected", prompt: "none", request: await signed(claims) }));
    assert.ok(page.asksForPassword, "prompt=none stood outside");
    const done = await browser.complete(page, ada);
    assert.equal(done.callback.get("state"), null);
    assert.ok(done.callback.get("code"));
  });

  test("keys that were changed a moment ago count at once", async () => {
    const turning = await signingClient();
    const first = await op.browser().open(beside(turning, { request: await signed(requestClaims(turning).claims) }));
    assert.ok(first.asksForPassword);
    const { jwk, privateKey } = await signingKey("ES256", "fresh");
    const change = { method: "PATCH", json: { jwks: { keys: [jwk] } } };
    assert.equal((await op.admin(`/register/${turning.id}`, change)).status, 200);
    const { claims } = requestClaims(turning);
    const object = await signedObject(claims, { alg: "ES256", key: privateKey, kid: jwk.kid });
    assert.ok((await op.browser().open(beside(turning, { request: object }))).asksForPassword, "the new key counts");
    const old = beside(turning, { redirect_uri: turning.redirectUri, request: await signed(claims) });
    await told(old, "invalid_request_object");
  });
});

describe("encrypted to Limen", () => {
  async function sealed(alg, enc, header = {}) {
    const { claims } = requestClaims(encrypting);
    const key = await limensKey(op, alg);
    return encrypted(await signed(claims), key, { alg, enc, kid: key.kid, cty: "JWT", ...header });
  }

  const path = (request) => beside(encrypting, { redirect_uri: encrypting.redirectUri, request });

  test("the JWKS has keys for it, which are for nothing else", async () => {
    for (const alg of ["RSA-OAEP", "ECDH-ES"]) {
      const key = await limensKey(op, alg);
      assert.deepEqual([key.use, key.alg, key.d], ["enc", undefined, undefined]);
    }
  });

  for (const alg of KEY_ALGS) {
    for (const enc of CONTENT_ENCS) {
      test(`${alg}, ${enc}`, async () => {
        const page = await op.browser().open(path(await sealed(alg, enc)));
        assert.ok(page.asksForPassword, `${page.callback}`);
      });
    }
  }

  test("without a kid the keys that fit are tried", async () => {
    assert.ok((await op.browser().open(path(await sealed("RSA-OAEP", "A128GCM", { kid: undefined })))).asksForPassword);
  });

  test("unsigned inside, of a client that must sign", async () => {
    const key = await limensKey(op, "RSA-OAEP");
    const strict = await signingClient({ require_signed_request_object: true });
    const inner = unsignedObject(requestClaims(strict).claims);
    const request = await encrypted(inner, key, { alg: "RSA-OAEP", enc: "A128GCM", kid: key.kid });
    await told(beside(strict, { redirect_uri: strict.redirectUri, request }), "invalid_request_object");
  });

  test("a JWE in a JWE", async () => {
    const key = await limensKey(op, "RSA-OAEP");
    const twice = await encrypted(await sealed("RSA-OAEP", "A128GCM"), key, { alg: "RSA-OAEP", enc: "A128GCM" });
    await told(path(twice), "invalid_request_object");
  });

  test("every altered part, a wrong kid, zip and RSA1_5: one and the same refusal", async () => {
    const whys = new Set();
    for (const enc of ["A128GCM", "A128CBC-HS256"]) {
      for (const alg of ["RSA-OAEP-256", "ECDH-ES+A128KW"]) {
        const parts = (await sealed(alg, enc)).split(".");
        for (let n = 1; n < 5; n++) {
          const bytes = Buffer.from(parts[n], "base64url");
          bytes[0] ^= 1;
          const altered = parts.with(n, bytes.toString("base64url")).join(".");
          whys.add((await told(path(altered), "invalid_request_object")).get("error_description"));
        }
      }
    }
    assert.equal(whys.size, 1, [...whys].join("; "));
    await told(path(await sealed("RSA-OAEP", "A128GCM", { kid: "unknown" })), "invalid_request_object");
    const [header, ...rest] = (await sealed("RSA-OAEP", "A128GCM")).split(".");
    for (const change of [{ zip: "DEF" }, { alg: "RSA1_5" }, { alg: "dir" }, { crit: ["x"] }, { p2c: 1e9, alg: "PBES2-HS256+A128KW" }]) {
      const odd = { ...JSON.parse(Buffer.from(header, "base64url")), ...change };
      const text = Buffer.from(JSON.stringify(odd)).toString("base64url");
      await told(path([text, ...rest].join(".")), "invalid_request_object");
    }
  });

  test("an epk that is no point of the curve", async () => {
    const [header, ...rest] = (await sealed("ECDH-ES", "A128GCM")).split(".");
    const { epk, ...others } = JSON.parse(Buffer.from(header, "base64url"));
    for (const odd of [{ ...epk, y: epk.x }, { ...epk, crv: "P-384" }, { kty: "OKP", crv: "X25519", x: epk.x }, {}]) {
      const text = Buffer.from(JSON.stringify({ ...others, epk: odd })).toString("base64url");
      await told(path([text, ...rest].join(".")), "invalid_request_object");
    }
  });
});
