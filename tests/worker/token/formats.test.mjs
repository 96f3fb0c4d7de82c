// What is in the tokens: OIDC Core sections 2 and 3.1.3.6, RFC 9068.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";

import { claimsOf, headerOf, verified } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const client = await op.client({ id_token_claims: false });
const ada = await op.person();
const browser = op.browser();
const grant = await browser.obtain(client, ada);
const tokens = await client.tokens(grant);

describe("the ID token", () => {
  const claims = claimsOf(tokens.id_token);

  test("verifies, for this client", async () => {
    await verified(op, tokens.id_token, { audience: client.id });
    assert.equal(claims.iss, op.issuer);
    assert.deepEqual([claims.aud].flat(), [client.id]);
    assert.ok(claims.azp === undefined || claims.azp === client.id);
  });

  test("names the person by an opaque id that is not the username", () => {
    assert.equal(claims.sub, ada.id);
    assert.notEqual(claims.sub, ada.username);
    assert.match(claims.sub, /^[\x20-\x7E]{1,255}$/, "Core section 2: ASCII, at most 255 characters");
  });

  test("has its times as whole seconds in order", () => {
    for (const name of ["iat", "exp", "auth_time"]) assert.ok(Number.isInteger(claims[name]), name);
    assert.ok(claims.auth_time <= claims.iat && claims.iat < claims.exp);
    assert.ok(Math.abs(claims.iat - op.clock.seconds()) < 30);
  });

  test("binds nonce and access token", () => {
    assert.equal(claims.nonce, grant.nonce);
    const digest = createHash("sha256").update(tokens.access_token).digest();
    assert.equal(claims.at_hash, digest.subarray(0, 16).toString("base64url"));
  });

  test("tells how the person signed in", () => {
    assert.equal(typeof claims.acr, "string");
    assert.deepEqual(claims.amr, ["pwd"]);
  });

  test("has a sid that differs from client to client and stays within one session", async () => {
    const again = claimsOf((await client.tokens(await browser.obtain(client, ada))).id_token);
    assert.equal(again.sid, claims.sid);
    const other = await op.client();
    const elsewhere = claimsOf((await other.tokens(await browser.obtain(other, ada))).id_token);
    assert.notEqual(elsewhere.sid, claims.sid);
    const nextSession = claimsOf((await client.tokens(await op.browser().obtain(client, ada))).id_token);
    assert.notEqual(nextSession.sid, claims.sid);
  });

  test("carries no claims of the profile: those are UserInfo's (Core section 5.4)", () => {
    for (const name of ["email", "name", "given_name", "password", "username"]) assert.ok(!(name in claims), name);
  });

  test("has a header with alg and kid, and none that points elsewhere", () => {
    const header = headerOf(tokens.id_token);
    assert.equal(header.alg, "RS256");
    assert.ok(header.kid);
    for (const name of ["jku", "jwk", "x5u", "x5c", "crit"]) assert.ok(!(name in header), name);
  });
});

describe("the access token", () => {
  const claims = claimsOf(tokens.access_token);

  test("is a JWT of RFC 9068 section 2", async () => {
    const header = headerOf(tokens.access_token);
    assert.equal(header.typ.replace(/^application\//, ""), "at+jwt");
    await verified(op, tokens.access_token, { typ: "at+jwt" });
    for (const name of ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"])
      assert.ok(claims[name] !== undefined, name);
    assert.equal(claims.client_id, client.id);
    assert.equal(claims.sub, ada.id);
    assert.ok(claims.auth_time);
    assert.deepEqual(claims.scope.split(" ").sort(), tokens.scope.split(" ").sort());
  });

  test("lives as long as expires_in says", () => {
    assert.equal(claims.exp - claims.iat, tokens.expires_in);
    assert.ok(tokens.expires_in <= 3_600);
  });

  test("is not meant for the client as an audience of ID tokens is", () => {
    assert.ok(![claims.aud].flat().includes(client.id));
  });

  test("has a jti of its own each time", async () => {
    const other = claimsOf((await client.refreshed(tokens.refresh_token)).access_token);
    assert.notEqual(other.jti, claims.jti);
    assert.ok(claims.jti.length >= 16);
  });

  test("holds no personal data", () => {
    for (const name of ["email", "name", "given_name", "username", "preferred_username"])
      assert.ok(!(name in claims), name);
  });
});

test("an ID token is no access token and the other way round", async () => {
  assert.equal((await op.fetch("/userinfo", { bearer: tokens.id_token })).status, 401);
  await assert.rejects(verified(op, tokens.access_token, { audience: client.id }));
});

test("lifetimes follow the configuration", async () => {
  const short = await startLimen({ vars: { ACCESS_TOKEN_LIFETIME: "60", ID_TOKEN_LIFETIME: "120" } });
  const [app, bob] = [await short.client(), await short.person()];
  const issued = await app.tokens(await short.browser().obtain(app, bob));
  const life = (token) => claimsOf(token).exp - claimsOf(token).iat;
  assert.equal(issued.expires_in, 60);
  assert.equal(life(issued.access_token), 60);
  assert.equal(life(issued.id_token), 120);
});
