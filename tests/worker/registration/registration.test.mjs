// Registration of clients: RFC 7591, OIDC Dynamic Client Registration 1.0.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { SignJWT } from "jose";

import { keyPair } from "../support/assertion.mjs";
import { bearerError } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";
import { WEB, registration } from "./support.mjs";

const op = await startLimen();
const { register, registered } = registration(op);

describe("a registration", () => {
  test("is answered with 201 and all that RFC 7591 section 3.2.1 asks for", async () => {
    const response = await register({ ...WEB, client_name: "Acme", contacts: ["ops@acme.test"] });
    assert.equal(response.status, 201);
    assert.match(response.headers.get("content-type"), /^application\/json/);
    assert.match(response.headers.get("cache-control"), /no-store/);
    const body = await response.json();
    assert.ok(body.client_id);
    assert.ok(body.client_secret.length >= 43, "256 bits");
    assert.equal(body.client_secret_expires_at, 0);
    assert.ok(Math.abs(body.client_id_issued_at - op.clock.seconds()) < 30, "seconds");
    assert.equal(body.registration_client_uri, `${op.issuer}/register/${body.client_id}`);
    assert.ok(body.registration_access_token.length >= 43);
    assert.equal(body.client_name, "Acme");
    assert.deepEqual(body.redirect_uris, WEB.redirect_uris);
  });

  test("tells the defaults", async () => {
    const body = await registered(WEB);
    assert.deepEqual(body.grant_types, ["authorization_code"]);
    assert.deepEqual(body.response_types, ["code"]);
    assert.equal(body.token_endpoint_auth_method, "client_secret_basic");
    assert.equal(body.application_type, "web");
    assert.equal(body.id_token_signed_response_alg, "RS256");
  });

  test("of a public client has no secret", async () => {
    const body = await registered({ ...WEB, token_endpoint_auth_method: "none" });
    assert.equal(body.client_secret, undefined);
    assert.equal(body.client_secret_expires_at, undefined, "REQUIRED if client_secret is issued");
  });

  test("ignores what it does not know, and never echoes it as accepted", async () => {
    const body = await registered({
      ...WEB,
      no_such_field: "x",
      client_secret: "mine",
      client_id: "mine",
      registration_access_token: "mine",
      role: "admin",
    });
    for (const name of ["no_such_field", "role"]) assert.ok(!(name in body), name);
    for (const name of ["client_id", "client_secret", "registration_access_token"])
      assert.notEqual(body[name], "mine", name);
  });

  test("with a software statement: it is ignored, and neither believed nor echoed (RFC 7591 section 2.3)", async () => {
    const { privateKey } = await keyPair("ES256");
    const claims = { iss: "https://store.test", software_id: "x", client_name: "From the statement", scope: "dcr_admin" };
    const signed = await new SignJWT(claims).setProtectedHeader({ alg: "ES256" }).sign(privateKey);
    for (const software_statement of [signed, "a.b.c", 7, {}]) {
      const body = await registered({ ...WEB, software_statement });
      assert.equal(body.software_statement, undefined);
      assert.equal(body.client_name, WEB.client_name);
      assert.ok(!JSON.stringify(body).includes("dcr_admin"));
    }
  });

  test("keeps names in several languages", async () => {
    const body = await registered({
      ...WEB,
      client_name: "Acme",
      "client_name#fr": "Acmé",
      "client_name#ja-Kana-JP": "アクメ",
    });
    assert.equal(body["client_name#fr"], "Acmé");
    assert.equal(body["client_name#ja-Kana-JP"], "アクメ");
  });

  test("treats null as absent", async () => {
    const body = await registered({ ...WEB, client_name: null, scope: null, application_type: null });
    assert.equal(body.application_type, "web");
  });

  test("gives every client its own id and secret", async () => {
    const bodies = await Promise.all(Array.from({ length: 10 }, () => registered(WEB)));
    assert.equal(new Set(bodies.map((body) => body.client_id)).size, 10);
    assert.equal(new Set(bodies.map((body) => body.client_secret)).size, 10);
  });
});

test("nothing that a client names is fetched (SSRF), at registration or at sign-in", async () => {
  const elsewhere = "https://internal.acme.test/";
  const client = await op.client({
    logo_uri: `${elsewhere}logo.png`,
    client_uri: elsewhere,
    policy_uri: `${elsewhere}policy`,
    tos_uri: `${elsewhere}tos`,
    jwks_uri: `${elsewhere}jwks`,
    initiate_login_uri: `${elsewhere}login`,
  });
  await client.tokens(await op.browser().obtain(client, await op.person()));
  await op.cron();
  assert.deepEqual(op.outbound, []);
});

describe("who may register", () => {
  test("without a token it is 401 with a challenge", async () => {
    const response = await op.fetch("/register", { json: WEB });
    assert.equal(response.status, 401);
    assert.match(response.headers.get("www-authenticate"), /^Bearer/);
  });

  test("with a wrong token it is invalid_token", async () => {
    for (const bearer of [
      "x",
      `${op.adminToken}x`,
      op.adminToken.slice(1),
      op.adminToken.toUpperCase(),
      "",
      "undefined",
    ]) {
      const response = await op.fetch("/register", { json: WEB, bearer });
      assert.equal(response.status, 401);
      if (bearer) await bearerError(response, 401, "invalid_token");
    }
  });

  test("an ordinary access token does not register (it lacks dcr_admin)", async () => {
    const service = await op.serviceClient({ scope: "notes" });
    const { access_token: token } = await (await service.credentials()).json();
    const response = await op.fetch("/register", { json: WEB, bearer: token });
    assert.ok([401, 403].includes(response.status));
  });

  test("the token may not stand in the body or query", async () => {
    const body = await op.fetch("/register", { json: { ...WEB, access_token: op.adminToken } });
    const query = await op.fetch(`/register?access_token=${op.adminToken}`, { json: WEB });
    assert.deepEqual([body.status, query.status], [401, 401]);
  });

  test("REGISTRATION=off lets nobody in", async () => {
    const closed = await startLimen({ vars: { REGISTRATION: "off" } });
    const response = await closed.fetch("/register", { json: WEB });
    assert.ok([401, 403, 404].includes(response.status), `${response.status}`);
    const metadata = await closed.json("/.well-known/openid-configuration");
    assert.equal(metadata.registration_endpoint, undefined);
  });
});
