// FAPI 2.0 Message Signing: request objects, answers and introspection are signed.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { errorPage, oauthError } from "../support/expect.mjs";
import { MTLS_ORIGIN, fapiClient, push } from "../support/fapi.mjs";
import { verified } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { requestClaims, signedObject } from "../support/request-object.mjs";

const op = await startLimen({ vars: { MTLS_ORIGIN } });
const ada = await op.person();
const client = await fapiClient(op, { fapi_profile: "fapi2_message_signing" });
const { privateKey, kid } = client.key;
const signed = (claims, by = client) =>
  signedObject(claims, { alg: "ES256", key: by.key.privateKey, kid: by.key.kid });

/** Pushes a request object with these claims in the place of the usual ones; `undefined` leaves one out. */
async function pushObject(claims = {}, by = client) {
  const usual = requestClaims(by);
  const now = op.clock.seconds();
  const all = { ...usual.claims, nbf: now, ...claims };
  const response = await push(by, { request: await signed(JSON.parse(JSON.stringify(all)), by) });
  return { response, ...usual };
}

/** The claims of the only parameter that came back. */
async function answer(page, by = client) {
  assert.deepEqual([...page.callback.keys()], ["response"], "nothing beside the JWT");
  return verified(op, page.callback.get("response"), { audience: by.id, algorithms: ["ES256"] });
}

async function opened(claims) {
  const { response, ...usual } = await pushObject(claims);
  assert.equal(response.status, 201, await response.clone().text());
  const { request_uri: uri } = await response.json();
  const browser = op.browser();
  const path = `/authorize?${new URLSearchParams({ client_id: client.id, request_uri: uri })}`;
  return { browser, path, page: await browser.open(path), ...usual };
}

test("the profile signs requests and answers", () => {
  assert.equal(client.registered.require_signed_request_object, true);
  assert.equal(client.registered.authorization_signed_response_alg, "ES256");
});

describe("request objects (section 5.3.1)", () => {
  const refused = async (claims) => oauthError((await pushObject(claims)).response, 400, "invalid_request_object");
  const minutes = (n) => op.clock.seconds() + n * 60;

  test("are required, and signed by what FAPI allows", async () => {
    await oauthError(await push(client, client.request().params), 400, "invalid_request");
    const rsa = await fapiClient(op, { fapi_profile: "fapi2_message_signing" });
    const { claims } = requestClaims(rsa);
    const all = { ...claims, nbf: op.clock.seconds() };
    const none = `${btoa('{"alg":"none"}').replaceAll("=", "")}.${Buffer.from(JSON.stringify(all)).toString("base64url")}.`;
    await oauthError(await push(rsa, { request: none }), 400, "invalid_request_object");
  });

  for (const name of ["exp", "nbf", "aud"]) {
    test(`have ${name}`, () => refused({ [name]: undefined }));
  }

  test("are good for at most 60 minutes after nbf", async () => {
    await refused({ nbf: minutes(0), exp: minutes(61) });
    assert.equal((await pushObject({ nbf: minutes(0), exp: minutes(60) })).response.status, 201);
  });

  test("have an nbf that is at most 60 minutes ago", async () => {
    await refused({ nbf: minutes(-61), exp: minutes(5) });
    assert.equal((await pushObject({ nbf: minutes(-55), exp: minutes(4) })).response.status, 201);
  });

  test("may name other servers beside this one", async () => {
    assert.equal((await pushObject({ aud: ["https://other.test", op.issuer] })).response.status, 201);
    await refused({ aud: ["https://other.test"] });
  });

  test("a client of the Security Profile need not send them, and those that it sends are held to the same", async () => {
    const plain = await fapiClient(op);
    assert.equal((await push(plain, plain.request().params)).status, 201);
    await oauthError((await pushObject({ nbf: undefined }, plain)).response, 400, "invalid_request_object");
    assert.equal((await pushObject({}, plain)).response.status, 201);
  });

  test("those of other clients need no exp and nbf", async () => {
    const usual = await op.client({ jwks: { keys: [client.key.jwk] } });
    const { claims } = requestClaims(usual);
    const object = await signedObject({ ...claims, exp: undefined }, { alg: "ES256", key: privateKey, kid });
    assert.equal((await usual.post("/par", { request: object })).status, 201);
  });
});

describe("answers (section 5.4)", () => {
  test("come in a JWT, without being asked for", async () => {
    const { browser, page, claims } = await opened();
    const { code, state, iss } = await answer(await browser.complete(page, ada));
    assert.deepEqual([Boolean(code), state, iss], [true, claims.state, op.issuer]);
  });

  test("a response_mode without a JWT is refused, where it is pushed", async () => {
    for (const mode of ["query", "fragment", "form_post"]) {
      await oauthError((await pushObject({ response_mode: mode })).response, 400, "invalid_request");
    }
    assert.equal((await pushObject({ response_mode: "form_post.jwt" })).response.status, 201);
  });

  test("errors come in a JWT: of a person who declines, of prompt=none, and of a request that was not pushed", async () => {
    const { browser, page, claims } = await opened();
    assert.deepEqual(pick(await answer(await browser.cancel(page))), ["access_denied", claims.state]);
    const silent = await opened({ prompt: "none" });
    assert.deepEqual(pick(await answer(silent.page)), ["login_required", silent.claims.state]);
    const direct = await op.browser().authorize(client, { response_mode: "query" });
    assert.equal((await answer(direct)).error, "invalid_request");
  });

  const pick = ({ error, state }) => [error, state];

  test("a request that failed is not spent, and one that the person declined is", async () => {
    const silent = await opened({ prompt: "none" });
    assert.equal((await answer(await silent.browser.open(silent.path))).error, "login_required");
    const { browser, page, path } = await opened();
    await browser.cancel(page);
    errorPage(await browser.open(path));
  });
});

test("introspection is signed for the one who asks (section 5.5)", async () => {
  const accept = "application/token-introspection+jwt";
  const response = await client.post("/introspect", { token: "x" }, { headers: { accept }, ...client.certificate });
  const claims = await verified(op, await response.text(), { audience: client.id, algorithms: ["ES256"] });
  assert.deepEqual(claims.token_introspection, { active: false });
});
