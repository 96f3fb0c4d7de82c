// Signed authentication requests (CIBA section 7.1.1), and what FAPI-CIBA adds.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";

import { asserted, assertion, keyPair } from "../support/assertion.mjs";
import { oauthError, succeeded } from "../support/expect.mjs";
import { MTLS_ORIGIN, certificate } from "../support/fapi.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { signedObject, signingKey, unsignedObject } from "../support/request-object.mjs";
import { GRANT, ON, approve, askingClient, tokens } from "./support.mjs";

const op = await startLimen({ vars: { ...ON, MTLS_ORIGIN } });
const ada = await op.person();
const ES256 = await signingKey("ES256");
const RS256 = await signingKey("RS256");
const bank = await askingClient(op, {
  client_name: "Acme Bank",
  jwks: { keys: [ES256.jwk, RS256.jwk] },
  backchannel_authentication_request_signing_alg: "ES256",
});

/** The claims of a request, with `more` in their place; `undefined` leaves one out. */
function claims(client, more = {}) {
  const now = op.clock.seconds();
  const all = {
    iss: client.id,
    aud: op.issuer,
    iat: now,
    nbf: now,
    exp: now + 300,
    jti: randomUUID(),
    scope: "openid email",
    login_hint: ada.username,
    binding_message: "W4-7",
    ...more,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

const sign = (payload, { alg = "ES256", key = ES256.privateKey, kid = ES256.jwk.kid, ...header } = {}) =>
  signedObject(payload, { alg, key, kid, ...header });
const send = (client, request, beside = {}, init) => client.post("/backchannel_authentication", { request, ...beside }, init);

/** Takes what waits away, and what was counted: five at most wait for a person, and an app asks them ten times an hour. */
const clear = async () => {
  await op.rows("DELETE FROM pushed_requests");
  await op.rows("DELETE FROM throttles");
};

async function accepted(response) {
  const asked = await succeeded(response);
  await clear();
  return asked;
}

describe("a signed request", () => {
  test("counts with all that is in it, and gives tokens as others do", async () => {
    const response = await send(bank, await sign(claims(bank, { requested_expiry: 60 })));
    const asked = await response.json();
    assert.equal(asked.expires_in, 60);
    await approve(op.browser(), ada);
    assert.ok((await tokens(bank, asked)).id_token);
  });

  test("may name its issuer among others, have its typ or none, and its expiry as a text", async () => {
    await accepted(await send(bank, await sign(claims(bank, { aud: [op.issuer, "https://other.test"] }))));
    await accepted(await send(bank, await sign(claims(bank), { typ: "JWT" })));
    await accepted(await send(bank, await sign(claims(bank, { requested_expiry: "30" }))));
  });

  test("is refused where something is wrong with it", async () => {
    const now = op.clock.seconds();
    const foreign = await signingKey("ES256", "foreign");
    for (const [what, request] of [
      ...["iss", "aud", "exp", "iat", "nbf", "jti"].map((name) => [`no ${name}`, sign(claims(bank, { [name]: undefined }))]),
      ["another iss", sign(claims(bank, { iss: "x" }))],
      ["another aud", sign(claims(bank, { aud: "https://other.test" }))],
      ["expired", sign(claims(bank, { exp: now - 60, nbf: now - 300 }))],
      ["70 minutes", sign(claims(bank, { exp: now + 4_200 }))],
      ["nbf of the future", sign(claims(bank, { nbf: now + 600, exp: now + 900 }))],
      ["an old nbf", sign(claims(bank, { nbf: now - 4_200 }))],
      ["iat of the future", sign(claims(bank, { iat: now + 600 }))],
      ["an empty jti", sign(claims(bank, { jti: "" }))],
      ["a long jti", sign(claims(bank, { jti: "x".repeat(513) }))],
      ["another client_id", sign(claims(bank, { client_id: "x" }))],
      ["two hints", sign(claims(bank, { id_token_hint: "x" }))],
      ["no hint", sign(claims(bank, { login_hint: undefined }))],
      ["an authorization request", sign(claims(bank, { response_type: "code", redirect_uri: "https://app.acme.test/cb" }))],
      ["a redirect_uri", sign(claims(bank, { redirect_uri: "https://app.acme.test/cb" }))],
      ["a request inside", sign(claims(bank, { request: "a.b.c" }))],
      ["another algorithm", sign(claims(bank), { alg: "RS256", key: RS256.privateKey, kid: RS256.jwk.kid })],
      ["none", unsignedObject(claims(bank))],
      ["another key", sign(claims(bank), { key: foreign.privateKey })],
      ["an assertion", assertion(bank, { ...ES256, alg: "ES256", kid: ES256.jwk.kid })],
      ["the typ of a proof", sign(claims(bank), { typ: "dpop+jwt" })],
      ["no JWT", "x"],
      ["a JWE", "a.b.c.d.e"],
    ]) {
      const response = await send(bank, await request);
      const body = await response.json();
      assert.deepEqual([response.status, body.error], [400, "invalid_request"], `${what}: ${JSON.stringify(body)}`);
    }
    assert.deepEqual(await op.rows("SELECT * FROM pushed_requests WHERE client_id = ?", bank.id), []);
  });

  test("stands alone: neither is a parameter beside it, nor a request without it", async () => {
    await oauthError(await send(bank, await sign(claims(bank)), { scope: "openid" }), 400, "invalid_request");
    await oauthError(await send(bank, await sign(claims(bank)), { login_hint: ada.username }), 400, "invalid_request");
    const plain = await bank.post("/backchannel_authentication", { scope: "openid", login_hint: ada.username });
    await oauthError(plain, 400, "invalid_request");
  });

  test("counts once, also when fifty come at the same time, and a refused one may come again", async () => {
    const request = await sign(claims(bank, { login_hint: "nobody" }));
    await oauthError(await send(bank, request), 400, "unknown_user_id");
    await oauthError(await send(bank, request), 400, "unknown_user_id");
    const once = await sign(claims(bank));
    const responses = await Promise.all(Array.from({ length: 50 }, () => send(bank, once)));
    assert.equal(responses.filter(({ status }) => status === 200).length, 1);
    await clear();
    await oauthError(await send(bank, once), 400, "invalid_request");
  });

  test("is not used up where it could not be stored", async () => {
    const request = await sign(claims(bank));
    for (const matching of ["INSERT OR IGNORE INTO pushed_requests", "INSERT INTO replay"]) {
      assert.equal((await send(bank, request, {}, { d1: { matching } })).status, 503);
    }
    await accepted(await send(bank, request));
  });

  test("is refused of a client that registered no algorithm for it", async () => {
    const till = await askingClient(op, { jwks: { keys: [ES256.jwk] } });
    await oauthError(await send(till, await sign(claims(till))), 400, "invalid_request");
  });
});

test("registration: an algorithm with a key, that the client itself cannot give up", async () => {
  const metadata = { grant_types: [GRANT], response_types: [], redirect_uris: [], backchannel_token_delivery_mode: "poll" };
  const register = (more) => op.admin("/register", { method: "POST", json: { ...metadata, ...more } });
  const alg = "backchannel_authentication_request_signing_alg";
  for (const more of [{ [alg]: "ES256" }, { [alg]: "none", jwks: { keys: [ES256.jwk] } }, { [alg]: "HS256" }]) {
    await oauthError(await register(more), 400, "invalid_client_metadata");
  }
  const { registration_client_uri: uri, registration_access_token: bearer } = bank.registered;
  const weaker = await op.fetch(uri, { method: "PATCH", bearer, json: { [alg]: null } });
  await oauthError(weaker, 400, "invalid_client_metadata");
  const document = await op.json("/.well-known/openid-configuration");
  assert.ok(document[`${alg}_values_supported`].includes("PS256"));
  assert.ok(!document[`${alg}_values_supported`].includes("none"));
});

describe("FAPI-CIBA", () => {
  test("a client of fapi2 signs its requests, sends a binding_message, and gets bound tokens", async () => {
    const key = await keyPair("ES256");
    const fapi = await op.client({
      grant_types: [GRANT],
      response_types: [],
      redirect_uris: [],
      jwks: { keys: [key.jwk] },
      token_endpoint_auth_method: undefined,
      backchannel_token_delivery_mode: "poll",
      fapi_profile: "fapi2",
      tls_client_certificate_bound_access_tokens: true,
    });
    assert.equal(fapi.registered.backchannel_authentication_request_signing_alg, "ES256");
    Object.assign(fapi, { key });
    const own = (more) => signedObject(claims(fapi, more), { alg: "ES256", key: key.privateKey, kid: key.kid });
    const { cf } = certificate();
    const auth = async () => ({ auth: asserted(await assertion(fapi, key)), cf });
    await oauthError(await send(fapi, await own({ binding_message: undefined }), {}, await auth()), 400, "invalid_request");
    const plain = { scope: "openid", login_hint: ada.username, binding_message: "W4" };
    await oauthError(await fapi.post("/backchannel_authentication", plain, await auth()), 400, "invalid_request");
    const asked = await (await send(fapi, await own(), {}, await auth())).json();
    await approve(op.browser(), ada);
    const given = await tokens(fapi, asked, {}, await auth());
    assert.ok(claimsOf(given.access_token).cnf["x5t#S256"]);
  });
});
