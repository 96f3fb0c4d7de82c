// Protected resource metadata of Limen's own APIs: RFC 9728.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import * as oauth from "oauth4webapi";

import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const WELL_KNOWN = "/.well-known/oauth-protected-resource";

/** Discovers as a client does that knows the address of the resource alone. */
async function discover(resource) {
  const response = await oauth.resourceDiscoveryRequest(new URL(resource), {
    [oauth.customFetch]: (url, init) => op.fetch(url, init),
  });
  return oauth.processResourceDiscoveryResponse(new URL(resource), response);
}

for (const path of ["/userinfo", "/register", "/register/x", "/register/a%2Fb/renew_secret"]) {
  test(`the metadata of ${path} is found by its address and names the issuer (section 3.1)`, async () => {
    const metadata = await discover(`${op.issuer}${path}`);
    assert.equal(metadata.resource, `${op.issuer}${path}`);
    assert.deepEqual(metadata.authorization_servers, [op.issuer]);
  });
}

test("the issuer stands for all of them, and is what access tokens have as audience", async () => {
  const metadata = await op.json(WELL_KNOWN);
  assert.equal(metadata.resource, op.issuer);
  const service = await op.serviceClient({ scope: "reports" });
  const { access_token: token } = await (await service.credentials()).json();
  assert.equal(claimsOf(token).aud, metadata.resource);
});

test("zero-element arrays are left out (section 3.2): the admin API has no authorization server", async () => {
  const metadata = await discover(`${op.issuer}/admin/api/users`);
  assert.ok(!("authorization_servers" in metadata) && !("scopes_supported" in metadata));
});

test("what is no protected resource has no metadata", async () => {
  for (const path of ["/token", "/nothing", "/userinfo/", "/login", "/"]) {
    const response = await op.fetch(`${WELL_KNOWN}${path}`);
    assert.equal(response.status, 404, path);
  }
});

test("the authorization server lists them (section 4)", async () => {
  const metadata = await op.json("/.well-known/oauth-authorization-server");
  assert.deepEqual(metadata.protected_resources, [`${op.issuer}/userinfo`, `${op.issuer}/register`]);
  for (const resource of metadata.protected_resources) await discover(resource);
});

describe("the challenge leads to the metadata (section 5.1)", () => {
  const challenges = [
    ["GET", "/userinfo", undefined],
    ["GET", "/userinfo", "Bearer x"],
    ["POST", "/userinfo", undefined],
    ["POST", "/register", undefined],
    ["GET", "/register/x", undefined],
    ["DELETE", "/register/x%22y", "Bearer x"],
    ["POST", "/register/x/renew_secret", "Bearer x"],
    ["GET", "/admin/api/users", undefined],
    ["GET", "/admin/api/keys", "Bearer x"],
  ];
  for (const [method, path, authorization] of challenges) {
    test(`${method} ${path} with ${authorization ?? "nothing"}`, async () => {
      const response = await op.fetch(path, { method, headers: authorization ? { authorization } : {} });
      assert.equal(response.status, 401);
      const header = response.headers.get("www-authenticate");
      const [, url] = /^Bearer .*\bresource_metadata="([^"]*)"(, DPoP algs="[^"]*")?$/.exec(header) ?? assert.fail(header);
      const metadata = await op.json(url);
      assert.equal(metadata.resource, `${op.issuer}${path}`, "the resource is the URL that was asked");
    });
  }

  test("insufficient_scope has it too, invalid_client has not", async () => {
    const service = await op.serviceClient({ scope: "reports" });
    const { access_token: bearer } = await (await service.credentials()).json();
    const forbidden = await op.fetch("/userinfo", { bearer });
    assert.equal(forbidden.status, 403);
    assert.match(forbidden.headers.get("www-authenticate"), /resource_metadata=/);
    const unknown = await op.fetch("/token", { form: { client_id: "x", grant_type: "refresh_token" } });
    assert.doesNotMatch(unknown.headers.get("www-authenticate"), /resource_metadata=/);
  });
});
