// The client_credentials grant: RFC 6749 section 4.4.

import assert from "node:assert/strict";
import { test } from "node:test";

import { bearerError, oauthError, succeeded } from "../support/expect.mjs";
import { claimsOf, verified } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const service = await op.serviceClient({ scope: "notes:read notes:write" });

test("gives an access token for the client itself, and no refresh or ID token", async () => {
  const body = await succeeded(await service.credentials());
  assert.equal(body.token_type, "Bearer");
  assert.equal(body.refresh_token, undefined, "RFC 6749 section 4.4.3: A refresh token SHOULD NOT be included");
  assert.equal(body.id_token, undefined);
  const claims = await verified(op, body.access_token, { typ: "at+jwt" });
  assert.equal(claims.sub, service.id, "RFC 9068 section 2.2");
  assert.equal(claims.client_id, service.id);
  assert.equal(claims.auth_time, undefined);
});

test("gives what is asked for, of what is registered", async () => {
  assert.deepEqual((await succeeded(await service.credentials())).scope.split(" ").sort(), [
    "notes:read",
    "notes:write",
  ]);
  const one = await succeeded(await service.credentials({ scope: "notes:read" }));
  assert.equal(one.scope, "notes:read");
  assert.equal(claimsOf(one.access_token).scope, "notes:read");
});

test("more than is registered is invalid_scope", async () => {
  for (const scope of [
    "admin",
    "notes:read admin",
    "dcr_admin",
    "openid",
    "openid notes:read",
    "offline_access",
    'x"',
    "a".repeat(5_000),
  ]) {
    await oauthError(await service.credentials({ scope }), 400, "invalid_scope");
  }
});

test("5,000 scopes are invalid_scope", async () => {
  const scope = Array.from({ length: 5_000 }, (_, n) => `s${n}`).join(" ");
  await oauthError(await service.credentials({ scope }), 400, ["invalid_scope", "invalid_request"]);
});

test("a client that did not register the grant is unauthorized_client", async () => {
  await oauthError(await (await op.client()).credentials(), 400, "unauthorized_client");
});

test("a public client has none", async () => {
  const registration = await op.admin("/register", {
    json: { grant_types: ["client_credentials"], response_types: [], token_endpoint_auth_method: "none" },
  });
  if (registration.status !== 201) return assert.equal((await registration.json()).error, "invalid_client_metadata");
  const { client_id } = await registration.json();
  const response = await op.fetch("/token", { form: { grant_type: "client_credentials", client_id } });
  assert.ok([400, 401].includes(response.status));
});

test("the token does not open UserInfo: there is nobody", async () => {
  const { access_token: token } = await succeeded(await service.credentials());
  const response = await op.fetch("/userinfo", { bearer: token });
  assert.ok([401, 403].includes(response.status));
  await bearerError(response, response.status, response.status === 403 ? "insufficient_scope" : "invalid_token");
});

test("the token introspects as active, as the client's own", async () => {
  const { access_token: token } = await succeeded(await service.credentials());
  const facts = await service.introspect(token);
  assert.equal(facts.active, true);
  assert.equal(facts.sub, service.id);
  assert.equal(facts.client_id, service.id);
  assert.equal(facts.username, undefined);
});

test("the token is revoked by its client and dies with it", async () => {
  const first = (await succeeded(await service.credentials())).access_token;
  assert.equal((await service.revoke(first)).status, 200);
  assert.equal((await service.introspect(first)).active, false);

  const shortLived = await op.serviceClient({ scope: "notes:read" });
  const second = (await succeeded(await shortLived.credentials())).access_token;
  await shortLived.unregister();
  assert.equal((await service.introspect(second)).active, false);
});

test("a client whose id equals a person's sub cannot exist", async () => {
  const ada = await op.person();
  const response = await op.admin("/register", { json: { client_id: ada.id, redirect_uris: ["https://a.test/cb"] } });
  if (response.status === 201)
    assert.notEqual((await response.json()).client_id, ada.id, "client ids are Limen's to give");
});
