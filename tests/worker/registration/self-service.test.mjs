// What a client may make of itself by its registration access token, and what only the operator may (RFC 7592 section 2.2).
// The table over all fields is native: src/oidc/client/self_service/tests.rs.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Client } from "../support/client.mjs";
import { oauthError } from "../support/expect.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen({ vars: { REGISTRATION: "open" } });
const ada = await op.person();

const WEB = { redirect_uris: ["https://app.acme.test/callback"] };
let addresses = 0;
async function openly(metadata) {
  const response = await op.fetch("/register", { json: { ...WEB, ...metadata }, address: `203.0.113.${++addresses}` });
  assert.equal(response.status, 201);
  return new Client(op, await response.json());
}

/** Changes a client by its own token, or by `bearer`. */
async function change(client, json, { method = "PATCH", bearer } = {}) {
  const { registration_client_uri: uri, registration_access_token: own } = client.registered;
  const response = await op.fetch(uri, { method, json, bearer: bearer ?? own });
  if (response.status === 200) Object.assign(client.registered, await response.clone().json());
  return response;
}

const subOf = (tokens) => claimsOf(tokens.id_token).sub;

describe("a sector", () => {
  const pairwise = { subject_type: "pairwise", grant_types: ["authorization_code", "refresh_token"] };
  const elsewhere = { redirect_uris: ["https://bank.acme.test/callback"] };

  for (const [who, make] of Object.entries({
    "an operator's client": () => op.client(pairwise),
    "a client of anybody's": () => openly(pairwise),
  })) {
    test(`is nothing that ${who} leaves by itself, so it reads no sub of another`, async () => {
      const client = await make();
      const tokens = await client.tokens(await op.browser().obtain(client, ada));
      for (const wanted of [elsewhere, { subject_type: "public" }, { subject_type: null }])
        await oauthError(await change(client, wanted), 400, "invalid_client_metadata");
      await oauthError(await change(client, { ...WEB }, { method: "PUT" }), 400, "invalid_client_metadata");
      assert.equal(subOf(await client.refreshed(tokens.refresh_token)), subOf(tokens));
      assert.equal((await change(client, { redirect_uris: ["https://app.acme.test/other"] })).status, 200);
    });
  }

  test("that the operator changes ends what people allowed, and nothing is told under the new one", async () => {
    const client = await op.client({ ...pairwise, backchannel_logout_uri: "https://app.acme.test/logout" });
    const browser = op.browser();
    const tokens = await client.tokens(await browser.obtain(client, ada));
    const pending = await browser.obtain(client, ada);
    const moved = await change(client, { redirect_uris: ["https://bank.acme.test/callback"] }, { bearer: op.adminToken });
    assert.equal(moved.status, 200);
    await oauthError(await client.refresh(tokens.refresh_token), 400, "invalid_grant");
    await oauthError(await client.redeem(pending), 400, "invalid_grant");
    assert.equal((await op.fetch("/userinfo", { bearer: tokens.access_token })).status, 401);
    for (const table of ["grants", "codes", "token_families", "session_clients", "logout_outbox"])
      assert.deepEqual(await op.rows(`SELECT * FROM ${table} WHERE client_id = ?`, client.id), [], table);
  });

  test("that stays, however the operator changes the rest, ends nothing", async () => {
    const client = await op.client(pairwise);
    const tokens = await client.tokens(await op.browser().obtain(client, ada));
    const json = { client_name: "New", redirect_uris: ["https://app.acme.test/other"] };
    assert.equal((await change(client, json, { bearer: op.adminToken })).status, 200);
    assert.equal(subOf(await client.refreshed(tokens.refresh_token)), subOf(tokens));
  });
});

test("an operator's client cannot widen or weaken what it was given, also by leaving it out", async () => {
  const client = await op.client({ scope: "openid", grant_types: ["authorization_code"] });
  for (const wanted of [
    { scope: null },
    { scope: "openid email" },
    { grant_types: ["authorization_code", "refresh_token"] },
    { token_endpoint_auth_method: "none" },
  ])
    await oauthError(await change(client, wanted), 400, "invalid_client_metadata");
  await oauthError(await change(client, WEB, { method: "PUT" }), 400, "invalid_client_metadata");
  assert.equal((await change(client, { token_endpoint_auth_method: "client_secret_post", client_name: "New" })).status, 200);
  assert.equal((await change(client, { scope: "openid email" }, { bearer: op.adminToken })).status, 200);
});

test("what the operator had a hand in is the operator's from then on", async () => {
  const client = await openly({ scope: "openid email" });
  assert.equal((await change(client, { scope: "openid" })).status, 200);
  assert.equal((await change(client, { scope: "openid email" })).status, 200, "as anybody could register it");
  assert.equal((await change(client, { scope: "openid" }, { bearer: op.adminToken })).status, 200);
  await oauthError(await change(client, { scope: "openid email" }), 400, "invalid_client_metadata");
});

test("a home page that people do not return to is not shown beside the password, and where they return is", async () => {
  const claimed = await openly({ client_uri: "https://bank.test/", client_name: "Bank" });
  assert.ok(!("client_uri" in claimed.registered), "the answer says what was registered (RFC 7591 section 3.2.1)");
  const page = await op.browser().authorize(claimed);
  assert.match(page.html, /type="password"/);
  assert.doesNotMatch(page.html, /bank\.test/);
  assert.match(page.html, /You will then return to <bdi>app\.acme\.test<\/bdi>/);
  const own = await openly({ client_uri: "https://app.acme.test/about" });
  assert.match((await op.browser().authorize(own)).html, /href="https:\/\/app\.acme\.test\/about"/);
  assert.equal((await change(own, { client_uri: "https://bank.test/" })).status, 200);
  assert.doesNotMatch((await op.browser().authorize(own)).html, /bank\.test/);
});

test("a name that stands twice is refused wherever JSON comes in", async () => {
  const twice = (path, body, init = {}) =>
    op.fetch(path, { method: "POST", body, headers: { "content-type": "application/json" }, ...init });
  const bearer = op.adminToken;
  const client = await op.client();
  const uri = client.registered.registration_client_uri;
  for (const response of [
    await twice("/register", `{"redirect_uris":["https://a.test/"],"jwks":{"keys":[{"kty":"EC","kty":"RSA"}]}}`, { bearer }),
    await twice("/admin/api/users", `{"username":"eve","username":"mallory","password":"correct horse battery"}`, { bearer }),
    await twice(`/admin/api/users/${ada.id}`, `{"address":{"region":"a","region":"b"}}`, { method: "PATCH", bearer }),
    await twice(uri, `{"client_name":"a","client_name":"b"}`, { method: "PATCH", bearer }),
    await twice(`${uri}/renew_secret`, `{"overlap_seconds":0,"overlap_seconds":60}`, { bearer }),
  ])
    await oauthError(response, 400, ["invalid_client_metadata", "invalid_request"]);
  const browser = op.browser();
  const page = await browser.authorize(client, { claims: `{"userinfo":{},"userinfo":{"email":null}}` });
  assert.equal(page.callback.get("error"), "invalid_request");
});

test("signed UserInfo is no id_token_hint, although it has the same typ, iss, aud and sub", async () => {
  const client = await op.client({ userinfo_signed_response_alg: "RS256" });
  const browser = op.browser();
  const tokens = await client.tokens(await browser.obtain(client, ada));
  const userinfo = await (await op.fetch("/userinfo", { bearer: tokens.access_token })).text();
  const hinted = (hint) => browser.authorize(client, { id_token_hint: hint, prompt: "none" });
  assert.ok((await hinted(tokens.id_token)).callback.get("code"));
  assert.equal((await hinted(userinfo)).callback.get("error"), "invalid_request");
  const page = await browser.fetch(`/logout?id_token_hint=${userinfo}`);
  assert.equal(page.status, 400);
});

/** A body of which half comes. */
function broken() {
  let sent = 0;
  const pull = async (controller) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (sent++) controller.error(new Error("gone"));
    else controller.enqueue(new TextEncoder().encode("grant_type="));
  };
  return new ReadableStream({ pull }, { highWaterMark: 0 });
}

test("a body that breaks off is the caller's, and no fault in the log", async () => {
  const lines = op.logs.length;
  for (const [path, type] of [
    ["/token", "application/x-www-form-urlencoded"],
    ["/login", "application/x-www-form-urlencoded"],
    ["/register", "application/json"],
  ])
    await assert.rejects(op.fetch(path, { method: "POST", body: broken(), duplex: "half", headers: { "content-type": type } }));
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.deepEqual(op.logs.slice(lines), []);
});
