// Pushed authorization requests: RFC 9126.

import assert from "node:assert/strict";
import { test } from "node:test";

import { grantOf } from "../support/browser.mjs";
import { errorPage, oauthError, succeeded } from "../support/expect.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { requestClaims, signedObject, signingKey, unsignedObject } from "../support/request-object.mjs";

const op = await startLimen();
const ada = await op.person();
const client = await op.client();

/** Pushes a request, which must succeed. */
async function pushed(by = client, params = {}) {
  const request = by.request(params);
  const response = await by.post("/par", request.params);
  return { ...(await succeeded(response, 201)), request, response };
}

const path = (by, uri, params = {}) => `/authorize?${new URLSearchParams({ client_id: by.id, request_uri: uri, ...params })}`;

test("a pushed request is made by its reference alone", async () => {
  const { request_uri: uri, expires_in: seconds, request, response } = await pushed();
  assert.match(uri, /^urn:ietf:params:oauth:request_uri:\d+\.[\w-]{43}$/);
  assert.ok(seconds >= 5 && seconds <= 600);
  assert.match(response.headers.get("cache-control"), /no-store/);
  assert.equal(response.headers.get("access-control-allow-origin"), "*");
  const browser = op.browser();
  const page = await browser.complete(await browser.open(path(client, uri)), ada);
  page.request = request;
  assert.equal(page.callback.get("state"), request.params.state);
  const tokens = await client.tokens(grantOf(page));
  assert.equal(claimsOf(tokens.id_token).nonce, request.params.nonce);
});

test("nothing beside the reference counts (section 4)", async () => {
  const { request_uri: uri, request } = await pushed();
  const injected = { state: "injected", scope: "openid phone", redirect_uri: "https://evil.test/", prompt: "none" };
  const browser = op.browser();
  const page = await browser.complete(await browser.open(path(client, uri, injected)), ada);
  assert.equal(page.callbackUrl, client.redirectUri);
  assert.equal(page.callback.get("state"), request.params.state);
});

test("it may take the person long, and the sign-in may be reloaded", async () => {
  const { request_uri: uri } = await pushed();
  const browser = op.browser();
  const login = await browser.open(path(client, uri));
  op.clock.advance({ minutes: 20 });
  assert.ok((await browser.open(login.url)).asksForPassword);
  const page = await browser.complete(login, ada);
  assert.ok(page.callback.get("code"));
});

test("a reference is used once, also by many at once", async () => {
  const { request_uri: uri } = await pushed();
  const browsers = Array.from({ length: 4 }, () => op.browser());
  const pages = await Promise.all(browsers.map((browser) => browser.open(path(client, uri))));
  assert.ok(pages.every((page) => page.asksForPassword), "a page uses nothing up");
  const ends = await Promise.all(pages.map((page, n) => browsers[n].complete(page, ada)));
  assert.equal(ends.filter((page) => page.callback?.get("code")).length, 1);
  errorPage(await op.browser().open(path(client, uri)));
});

test("of many uses at once by somebody who is signed in, one gets a code", async () => {
  const browser = op.browser();
  await browser.obtain(client, ada);
  const { request_uri: uri } = await pushed();
  const pages = await Promise.all(Array.from({ length: 10 }, () => browser.open(path(client, uri))));
  assert.equal(pages.filter((page) => page.callback?.get("code")).length, 1);
});

test("a request that D1 failed to answer is still there when D1 is back", async () => {
  const browser = op.browser();
  await browser.obtain(client, ada);
  let nth = 0;
  for (;;) {
    const { request_uri: uri } = await pushed();
    const failed = await browser.open(path(client, uri), { d1: { nth } });
    if (failed.callback?.get("code")) break; // There are no more statements.
    assert.equal(failed.status, 503, `statement ${nth}`);
    assert.ok((await browser.open(path(client, uri))).callback?.get("code"), `statement ${nth}`);
    nth++;
  }
  assert.ok(nth >= 8, `${nth} statements`);
});

test("a change of the client meanwhile costs no reference", async () => {
  const changed = await op.client();
  const browser = op.browser();
  await browser.obtain(changed, ada);
  const { request_uri: uri } = await pushed(changed);
  const { registration_client_uri: at, registration_access_token: bearer } = changed.registered;
  // The copy in KV is then an old one.
  const copy = await op.kv.get(`client/${changed.id}`);
  await op.json(at, { method: "PATCH", json: { client_name: "Acme Notes 2" }, bearer });
  await op.kv.put(`client/${changed.id}`, copy);
  assert.ok((await browser.open(path(changed, uri))).callback?.get("code"));
});

test("a reference expires", async () => {
  const { request_uri: uri, expires_in: seconds } = await pushed();
  op.clock.advance({ seconds });
  errorPage(await op.browser().open(path(client, uri)));
  assert.equal((await op.rows("SELECT * FROM pushed_requests")).length > 0, true);
  op.clock.advance({ days: 2 });
  await op.cron();
  assert.deepEqual(await op.rows("SELECT * FROM pushed_requests"), []);
});

test("another client's reference is refused, and stays good", async () => {
  const { request_uri: uri } = await pushed();
  errorPage(await op.browser().open(path(await op.client(), uri)));
  assert.ok((await op.browser().open(path(client, uri))).asksForPassword);
});

test("every altered reference is refused, and told to a registered redirect URI outside", async () => {
  const { request_uri: uri } = await pushed();
  for (const odd of [uri.slice(0, -1), `${uri}A`, uri.replace(/.$/, (last) => (last === "A" ? "E" : "A")), "urn:ietf:params:oauth:request_uri:"]) {
    errorPage(await op.browser().open(path(client, odd)));
    const page = await op.browser().open(path(client, odd, { redirect_uri: client.redirectUri }));
    assert.equal(page.callback.get("error"), "invalid_request_uri");
  }
  assert.ok((await op.browser().open(path(client, uri))).asksForPassword);
});

test("what would be refused at the authorization endpoint is refused here (section 2.3)", async () => {
  const refused = async (params, code) => oauthError(await client.post("/par", client.request(params).params), 400, code);
  await refused({ redirect_uri: "https://evil.test/" }, "invalid_request");
  await refused({ redirect_uri: undefined }, "invalid_request");
  await refused({ response_type: "none" }, "unsupported_response_type");
  await refused({ scope: "nothing" }, "invalid_scope");
  await refused({ prompt: "none login" }, "invalid_request");
  await refused({ request_uri: "https://app.acme.test/r" }, "invalid_request");
  await refused({ request: "x" }, "invalid_request_object");
  await refused({ state: "x".repeat(11_000) }, "invalid_request");
});

test("the client proves itself as at the token endpoint (section 2)", async () => {
  await oauthError(await client.post("/par", client.request().params, { auth: "none" }), 401, "invalid_client");
  const other = await op.client();
  const stolen = await client.post("/par", { ...client.request().params, client_id: other.id });
  assert.ok([400, 401].includes(stolen.status));
  const app = await op.publicClient();
  assert.ok((await pushed(app)).request_uri);
  const { request_uri: uri } = await pushed(await op.client({ token_endpoint_auth_method: "client_secret_post" }));
  assert.ok(uri);
  for (const { query } of await op.rows("SELECT query FROM pushed_requests")) assert.doesNotMatch(query, /client_secret/);
});

test("a request object may be pushed, and nothing beside it counts (section 3)", async () => {
  const { jwk, privateKey } = await signingKey("ES256");
  const signing = await op.client({ jwks: { keys: [jwk] }, require_signed_request_object: true });
  const { claims } = requestClaims(signing);
  const object = await signedObject(claims, { alg: "ES256", key: privateKey, kid: jwk.kid });
  const response = await signing.post("/par", { request: object, state: "outer" });
  assert.equal(response.status, 201);
  const { request_uri: uri } = await response.json();
  const browser = op.browser();
  const page = await browser.complete(await browser.open(path(signing, uri)), ada);
  assert.equal(page.callback.get("state"), claims.state);
  await oauthError(await signing.post("/par", { request: unsignedObject(claims) }), 400, "invalid_request_object");
  await oauthError(await signing.post("/par", signing.request().params), 400, "invalid_request");
});

test("require_pushed_authorization_requests: no other request is taken", async () => {
  const strict = await op.client({ require_pushed_authorization_requests: true });
  const page = await op.browser().authorize(strict);
  assert.equal(page.callback.get("error"), "invalid_request");
  const { request_uri: uri } = await pushed(strict);
  assert.ok((await op.browser().open(path(strict, uri))).asksForPassword);
});

test("what one network pushes for clients that anybody can be is limited, in all; others go on", async () => {
  const [app, another, open] = [await op.publicClient(), await op.publicClient(), await op.client()];
  await op.rows("UPDATE clients SET registered_openly = 1 WHERE id = ?", open.id);
  const rows = async () => (await op.rows("SELECT hash FROM pushed_requests")).length;
  const [before, address] = [await rows(), "203.0.113.50"];
  const push = (by = app, from = address, init) => by.post("/par", by.request().params, { address: from, ...init });
  let answers = [];
  for (let round = 0; round < 20 && answers.every(({ status }) => status === 201); round++) {
    answers = await Promise.all(Array.from({ length: 20 }, () => push()));
  }
  const refused = answers.find(({ status }) => status !== 201);
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers.get("retry-after")) > 0);
  const filled = await rows();
  assert.ok(filled - before <= 300, `${filled - before} rows`);
  for (const by of [app, another, open]) assert.equal((await push(by)).status, 429);
  assert.equal(await rows(), filled);
  assert.equal((await push(client)).status, 201, "a client that alone has its secret");
  assert.equal((await push(app, "203.0.113.51")).status, 201, "another network");
  const measured = await push(client, address, { measure: true });
  assert.equal(measured.headers.get("x-limen-test-d1"), "2");
  op.clock.advance({ minutes: 16 });
  assert.equal((await push()).status, 201, "later");
});

test("what nobody makes goes when its client pushes others, so that it never adds up", async () => {
  const own = await op.client();
  const rows = async () => (await op.rows("SELECT hash FROM pushed_requests WHERE client_id = ?", own.id)).length;
  for (let n = 0; n < 12; n++) await pushed(own);
  op.clock.advance({ minutes: 80 });
  for (let left = await rows(); left > 2; left = Math.max(left - 9, 0)) await pushed(own);
  assert.ok((await rows()) < 12, `${await rows()} rows`);
});

test("references die with the client and with the epoch", async () => {
  const gone = await op.client();
  await pushed(gone);
  await gone.unregister();
  assert.deepEqual(await op.rows("SELECT * FROM pushed_requests WHERE client_id = ?", gone.id), []);
  const { request_uri: uri } = await pushed();
  await op.redeploy({ EPOCH: "2" });
  errorPage(await op.browser().open(path(client, uri)));
});

test("discovery tells where (section 5)", async () => {
  const metadata = await op.json("/.well-known/openid-configuration");
  assert.equal(metadata.pushed_authorization_request_endpoint, `${op.issuer}/par`);
  assert.equal(metadata.require_pushed_authorization_requests, false);
});
