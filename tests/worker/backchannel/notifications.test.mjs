// Ping and push mode (CIBA sections 10.2, 10.3 and 12): the app is told of the answer.

import assert from "node:assert/strict";
import { createHash, generateKeyPairSync } from "node:crypto";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

import { aud, claims, declare, remove } from "../apis/support.mjs";
import { DpopKey } from "../support/dpop.mjs";
import { oauthError } from "../support/expect.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { GRANT, ON, approve, ask, askingClient, openRequests, pollError, request, tokens, upToConsent } from "./support.mjs";

const op = await startLimen({ vars: ON });
const TOKEN = "8d67dc78-7faa-4d41-aabd-67707b374255";

/** The endpoint of an app: what it was sent, and what it answers. */
class App {
  calls = [];
  status = 204;

  constructor(url) {
    this.url = url;
    op.serve(url, async (call) => {
      this.calls.push({ authorization: call.headers.get("authorization"), type: call.headers.get("content-type"), body: await call.json() });
      return { status: this.status, headers: this.status === 302 ? { location: "https://elsewhere.test/" } : {} };
    });
  }

  /** What came last, as soon as `n` have come. */
  async await(n = 1) {
    for (let tries = 0; tries < 200 && this.calls.length < n; tries++) await wait(25);
    assert.equal(this.calls.length, n);
    return this.calls.at(-1);
  }
}

let number = 0;
async function telling(mode, metadata = {}) {
  const app = new App(`https://app-${(number += 1)}.acme.test/ciba`);
  const client = await askingClient(op, {
    backchannel_token_delivery_mode: mode,
    backchannel_client_notification_endpoint: app.url,
    ...metadata,
  });
  return { app, client };
}

const asking = (client, person, params = {}) => ask(client, person, { client_notification_token: TOKEN, ...params });

/** What is still to be told, as soon as that is nothing: what an app was told is taken out after it has answered. */
async function outbox() {
  for (let tries = 0; tries < 200; tries++) {
    if ((await op.rows("SELECT * FROM backchannel_outbox")).length === 0) break;
    await wait(25);
  }
  return op.rows("SELECT * FROM backchannel_outbox");
}

/** Waits until it is written down that an app did not take it: the first wait is shorter than the lease of a run. */
async function postponed(client) {
  for (let tries = 0; tries < 200; tries++) {
    const [row] = await op.rows("SELECT attempts, due_at FROM backchannel_outbox WHERE client_id = ?", client.id);
    if (row.attempts > 0 && row.due_at - op.clock.seconds() <= 90) return;
    await wait(25);
  }
  throw new Error("it was not postponed");
}

/** An app in ping mode that answers its first ping with a status after which it is pinged again, and what it asked. */
async function notTaken(status) {
  const [ada, { app, client }] = [await op.person(), await telling("ping")];
  app.status = status;
  const asked = await asking(client, ada, { requested_expiry: "3600" });
  await approve(op.browser(), ada);
  await app.await(1);
  await postponed(client);
  return { app, client, asked };
}

/** The second push has no tokens. */
async function fails(app) {
  const { body } = await app.await(2);
  assert.equal(body.error, "transaction_failed");
  assert.ok(!("access_token" in body) && !("id_token" in body));
}

async function until(holds) {
  for (let tries = 0; tries < 200; tries++) {
    if (await holds()) return;
    await wait(25);
  }
  throw new Error("it did not come about");
}

describe("ping mode", () => {
  test("the app is told that there is an answer, and nothing of it, and fetches it (section 10.2)", async () => {
    const [ada, { app, client }] = [await op.person(), await telling("ping")];
    const asked = await asking(client, ada);
    assert.equal(asked.interval, 5);
    const [row] = await op.rows("SELECT notify FROM pushed_requests WHERE user_id = ?", ada.id);
    assert.ok(!row.notify.includes(TOKEN) && !row.notify.includes(asked.auth_req_id), "it is sealed");
    assert.equal(await pollError(client, asked), "authorization_pending", "it may poll, too");
    await approve(op.browser(), ada);
    const call = await app.await();
    assert.deepEqual(call, { authorization: `Bearer ${TOKEN}`, type: "application/json", body: { auth_req_id: asked.auth_req_id } });
    assert.ok((await tokens(client, asked)).id_token);
    assert.deepEqual(await outbox(), []);
  });

  test("the app is told of a refusal, at once or at the end, and once", async () => {
    const [ada, { app, client }] = [await op.person(), await telling("ping")];
    const asked = await asking(client, ada);
    const browser = op.browser();
    const list = await openRequests(browser, ada);
    await Promise.all(Array.from({ length: 5 }, () => browser.submit(list, "deny", {}, { button: "deny" })));
    assert.deepEqual((await app.await()).body, { auth_req_id: asked.auth_req_id });
    assert.equal(await pollError(client, asked), "access_denied");
    await browser.submit(list, "deny", {}, { button: "deny" });
    await op.cron();
    assert.equal(app.calls.length, 1);
    const second = await asking(client, ada);
    await browser.deny(await upToConsent(browser, ada));
    assert.deepEqual((await app.await(2)).body, { auth_req_id: second.auth_req_id });
  });

  test("an app that does not answer is told again, four times at most, and may still fetch its tokens", async () => {
    const { app, client, asked } = await notTaken(500);
    for (const [minutes, calls] of [[0, 1], [2, 2], [5, 3], [17, 4], [20, 4]]) {
      op.clock.advance({ minutes });
      await op.cron();
      assert.equal(app.calls.length, calls, `${minutes}`);
    }
    assert.deepEqual(await outbox(), []);
    assert.ok((await tokens(client, asked)).access_token);
  });

  test("an app that has fetched its tokens since, without having answered, is not told again, and keeps them", async () => {
    const { app, client, asked } = await notTaken(503);
    const given = await tokens(client, asked);
    op.clock.advance({ minutes: 2 });
    await op.cron();
    assert.equal(app.calls.length, 1);
    assert.deepEqual(await outbox(), []);
    assert.ok((await client.refreshed(given.refresh_token)).access_token);
  });

  test("an app that refuses is not told again, is led nowhere, and may fetch its tokens", async () => {
    for (const status of [301, 302, 400, 401, 403, 404]) {
      const [ada, { app, client }] = [await op.person(), await telling("ping")];
      const elsewhere = new App("https://elsewhere.test/");
      app.status = status;
      const asked = await asking(client, ada, { requested_expiry: "3600" });
      await approve(op.browser(), ada);
      await app.await(1);
      await until(async () => (await outbox()).length === 0);
      op.clock.advance({ minutes: 2 });
      await op.cron();
      assert.deepEqual([app.calls.length, elsewhere.calls.length], [1, 0], `${status}`);
      assert.ok((await tokens(client, asked)).access_token);
    }
  });

  test("an app that has too much to do (429) is told again", async () => {
    const { app, client } = await notTaken(429);
    app.status = 204;
    op.clock.advance({ minutes: 2 });
    await op.cron();
    assert.equal(app.calls.length, 2);
    assert.deepEqual(await outbox(), []);
  });

  test("an app that polls by now is not told", async () => {
    const { app, client } = await notTaken(503);
    await op.admin(`/register/${client.id}`, { method: "PATCH", json: { backchannel_token_delivery_mode: "poll" } });
    op.clock.advance({ minutes: 2 });
    await op.cron();
    assert.equal(app.calls.length, 1);
    assert.deepEqual(await outbox(), []);
  });

  test("client_notification_token is a bearer token of at most 1024 characters (section 7.1)", async () => {
    const [ada, { client }] = [await op.person(), await telling("ping")];
    const login_hint = ada.username;
    for (const client_notification_token of [undefined, "", "a b", "ä", "a\nb", "=", "x".repeat(1_025)]) {
      await oauthError(await request(client, { login_hint, client_notification_token }), 400, "invalid_request");
    }
    const longest = await request(client, { login_hint, client_notification_token: "x".repeat(1_024) });
    assert.equal(longest.status, 200);
  });
});

describe("push mode", () => {
  const half = (text) => createHash("sha256").update(text).digest().subarray(0, 16).toString("base64url");

  test("the app is sent its tokens, with an ID token that names the request and them (section 10.3.1)", async () => {
    const [ada, { app, client }] = [await op.person(), await telling("push")];
    const asked = await asking(client, ada);
    assert.equal(asked.interval, undefined);
    await oauthError(await client.post("/token", { grant_type: GRANT, auth_req_id: asked.auth_req_id }), 400, "unauthorized_client");
    await approve(op.browser(), ada);
    const { authorization, body } = await app.await();
    assert.equal(authorization, `Bearer ${TOKEN}`);
    assert.deepEqual([body.auth_req_id, body.token_type], [asked.auth_req_id, "Bearer"]);
    const claims = claimsOf(body.id_token);
    assert.deepEqual([claims.sub, claims.aud], [ada.id, client.id]);
    assert.equal(claims["urn:openid:params:jwt:claim:auth_req_id"], asked.auth_req_id);
    assert.equal(claims["urn:openid:params:jwt:claim:rt_hash"], half(body.refresh_token));
    assert.equal(claims.at_hash, half(body.access_token));
    assert.equal((await op.json("/userinfo", { bearer: body.access_token })).email, ada.email);
    assert.ok((await client.refreshed(body.refresh_token)).access_token);
    await oauthError(await client.post("/token", { grant_type: GRANT, auth_req_id: asked.auth_req_id }), 400, "unauthorized_client");
    assert.deepEqual(await outbox(), []);
  });

  test("errors are pushed, too (section 12)", async () => {
    const [ada, { app, client }] = [await op.person(), await telling("push")];
    const asked = await asking(client, ada);
    const browser = op.browser();
    await browser.submit(await openRequests(browser, ada), "deny", {}, { button: "deny" });
    const { body } = await app.await();
    assert.deepEqual([body.auth_req_id, body.error], [asked.auth_req_id, "access_denied"]);
    assert.ok(!("access_token" in body));
  });

  test("a retry is of the same tokens' family, and what nobody takes ends", async () => {
    const [ada, { app, client }] = [await op.person(), await telling("push")];
    app.status = 503;
    await asking(client, ada, { requested_expiry: "3600" });
    await approve(op.browser(), ada);
    const first = (await app.await(1)).body;
    await postponed(client);
    op.clock.advance({ minutes: 2 });
    await op.cron();
    const second = (await app.await(2)).body;
    assert.equal(second.refresh_token, first.refresh_token);
    assert.equal((await op.rows("SELECT * FROM token_families WHERE client_id = ?", client.id)).length, 1);
    for (const minutes of [5, 17, 60]) {
      op.clock.advance({ minutes });
      await op.cron();
    }
    assert.equal(app.calls.length, 4);
    assert.deepEqual(await op.rows("SELECT * FROM token_families WHERE client_id = ?", client.id), []);
    assert.equal((await client.refresh(first.refresh_token)).status, 400);
    assert.deepEqual(await outbox(), []);
  });

  test("of somebody who was locked in between the app gets transaction_failed and no token", async () => {
    const [ada, { app, client }] = [await op.person(), await telling("push")];
    app.status = 503;
    await asking(client, ada, { requested_expiry: "3600" });
    await approve(op.browser(), ada);
    await app.await(1);
    await postponed(client);
    await op.changePerson(ada, { disabled: true });
    app.status = 204;
    op.clock.advance({ minutes: 2 });
    await op.cron();
    await fails(app);
  });

  test("registration: an https address, no bound tokens, and not for FAPI (section 4, FAPI-CIBA section 5.2.2)", async () => {
    const metadata = { grant_types: [GRANT], response_types: [], redirect_uris: [], backchannel_token_delivery_mode: "push" };
    const backchannel_client_notification_endpoint = "https://app.acme.test/ciba";
    for (const more of [
      {},
      { backchannel_client_notification_endpoint: "http://app.acme.test/ciba" },
      { backchannel_client_notification_endpoint: "https://127.0.0.1/ciba" },
      { backchannel_client_notification_endpoint: "https://localhost/ciba" },
      { backchannel_client_notification_endpoint, dpop_bound_access_tokens: true },
      { backchannel_client_notification_endpoint, id_token_signed_response_alg: "none" },
      { backchannel_client_notification_endpoint, fapi_profile: "fapi2", jwks: { keys: [] } },
    ]) {
      await oauthError(await op.admin("/register", { method: "POST", json: { ...metadata, ...more } }), 400, "invalid_client_metadata");
    }
    const document = await op.json("/.well-known/openid-configuration");
    assert.deepEqual(document.backchannel_token_delivery_modes_supported, ["poll", "ping", "push"]);
  });
});

/** A push that the app did not take, with what it was sent. */
async function failedPush(metadata, params) {
  const [ada, { app, client }] = [await op.person(), await telling("push", metadata)];
  app.status = 503;
  await asking(client, ada, { requested_expiry: "3600", ...params });
  await approve(op.browser(), ada);
  const first = (await app.await(1)).body;
  await postponed(client);
  app.status = 204;
  op.clock.advance({ minutes: 2 });
  return { ada, app, client, first };
}

const families = (client) => op.rows("SELECT * FROM token_families WHERE client_id = ?", client.id);

describe("what changes between a push that failed and the next", () => {
  test("a person whom the client is not for any more: no tokens, and those that were made end", async () => {
    const group = await (await op.admin("/admin/api/groups", { method: "POST", json: { name: "staff" } })).json();
    const { app, client } = await failedPush();
    const changed = await op.admin(`/register/${client.id}`, { method: "PATCH", json: { allowed_groups: [group.group_id ?? group.id] } });
    assert.equal(changed.status, 200);
    await op.cron();
    await fails(app);
    assert.deepEqual(await families(client), []);
    assert.deepEqual(await op.rows("SELECT * FROM backchannel_outbox WHERE client_id = ?", client.id), []);
  });

  test("a person who withdrew their consent: no tokens", async () => {
    const { ada, app, client } = await failedPush();
    await op.rows("DELETE FROM grants WHERE user_id = ?", ada.id);
    await op.cron();
    await fails(app);
  });

  test("the declared API that is gone: no tokens, and those that were made end", async () => {
    const gone = await declare(op);
    const { app, client, first } = await failedPush({}, { resource: gone.identifier, scope: "openid files:read" });
    assert.deepEqual([aud(first), claims(first).scope], [gone.identifier, "files:read openid"]);
    await remove(op, gone);
    await op.cron();
    await fails(app);
    assert.deepEqual(await families(client), []);
    assert.equal((await client.refresh(first.refresh_token)).status, 400);
  });

  test("one of two declared APIs that is gone: tokens for the other, without the scopes of the one", async () => {
    const [gone, kept] = [await declare(op, { scopes: { "old:write": "Write" } }), await declare(op)];
    const resource = [gone.identifier, kept.identifier];
    const { app, first } = await failedPush({}, { resource, scope: "openid files:read old:write" });
    assert.deepEqual([aud(first).toSorted(), claims(first).scope.split(" ").toSorted()], [resource.toSorted(), ["files:read", "old:write", "openid"]]);
    await remove(op, gone);
    await op.cron();
    const { body } = await app.await(2);
    assert.deepEqual([aud(body), claims(body).scope.split(" ").toSorted()], [kept.identifier, ["files:read", "openid"]]);
    assert.equal(body.refresh_token, first.refresh_token);
  });

  test("a jwks_uri that cannot be read passes: the tokens come with the next attempt", async () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const jwks_uri = `https://keys-${number}.acme.test/jwks`;
    let status = 503;
    op.serve(jwks_uri, () => ({ status, json: { keys: [{ ...publicKey.export({ format: "jwk" }), use: "enc", alg: "ECDH-ES" }] } }));
    const [ada, { app, client }] = [await op.person(), await telling("push", { jwks_uri, id_token_encrypted_response_alg: "ECDH-ES" })];
    await asking(client, ada, { requested_expiry: "3600" });
    await approve(op.browser(), ada);
    await postponed(client);
    assert.equal(app.calls.length, 0);
    status = 200;
    op.clock.advance({ minutes: 2 });
    await op.cron();
    assert.equal((await app.await(1)).body.id_token.split(".").length, 5);
  });

  test("another name of the client changes nothing", async () => {
    const { app, client, first } = await failedPush();
    await op.admin(`/register/${client.id}`, { method: "PATCH", json: { client_name: "Acme" } });
    await op.cron();
    assert.equal((await app.await(2)).body.refresh_token, first.refresh_token);
    assert.equal((await families(client)).length, 1);
  });

  test("another endpoint is sent nothing, and what was made ends", async () => {
    const { app, client } = await failedPush();
    const elsewhere = new App(`${app.url}/elsewhere`);
    await op.admin(`/register/${client.id}`, { method: "PATCH", json: { backchannel_client_notification_endpoint: elsewhere.url } });
    await op.cron();
    assert.deepEqual([app.calls.length, elsewhere.calls.length], [1, 0]);
    assert.deepEqual(await families(client), []);
    assert.deepEqual(await op.rows("SELECT * FROM backchannel_outbox WHERE client_id = ?", client.id), []);
  });

  test("the operator switches it off: what was made ends", async () => {
    const { app, client } = await failedPush();
    await op.redeploy({ BACKCHANNEL_AUTHENTICATION: "off" });
    await op.cron();
    await op.redeploy({ BACKCHANNEL_AUTHENTICATION: "on" });
    assert.equal(app.calls.length, 1);
    assert.deepEqual(await families(client), []);
  });

  test("a run that dies has used up its attempt", async () => {
    const { app, client } = await failedPush();
    await op.rows("UPDATE backchannel_outbox SET attempts = 4 WHERE client_id = ?", client.id);
    await op.cron();
    assert.equal(app.calls.length, 1);
    assert.deepEqual(await families(client), []);
  });
});

test("tokens that are pushed are bound to no key: a request with one is refused", async () => {
  const [ada, { client }, key] = [await op.person(), await telling("push"), await DpopKey.generate(op)];
  const params = { login_hint: ada.username, client_notification_token: TOKEN };
  await oauthError(await request(client, { ...params, dpop_jkt: key.jkt }), 400, "invalid_request");
  const headers = await key.posting("/backchannel_authentication");
  await oauthError(await request(client, params, { headers }), 400, "invalid_request");
  assert.deepEqual(await op.rows("SELECT * FROM pushed_requests WHERE user_id = ?", ada.id), []);
});

test("an operator's client cannot move its endpoint to another host by itself, nor change its mode", async () => {
  const { client } = await telling("ping");
  const { registration_client_uri: uri, registration_access_token: bearer } = client.registered;
  for (const json of [{ backchannel_client_notification_endpoint: "https://evil.test/ciba" }, { backchannel_token_delivery_mode: "push" }]) {
    await oauthError(await op.fetch(uri, { method: "PATCH", bearer, json }), 400, "invalid_client_metadata");
  }
});

describe("unlucky moments", () => {
  test("an answer is stored with what its app is told, or not at all", async () => {
    const [ada, { app, client }] = [await op.person(), await telling("ping")];
    const asked = await asking(client, ada);
    const browser = op.browser();
    const page = await upToConsent(browser, ada);
    assert.equal((await browser.approve(page, { d1: { matching: "INSERT OR IGNORE INTO backchannel_outbox" } })).status, 503);
    assert.equal(await pollError(client, asked), "authorization_pending");
    assert.match((await browser.approve(page)).text, /Allowed/);
    await app.await(1);
    const denied = await asking(client, ada);
    const list = await openRequests(browser, ada);
    for (const matching of ["INSERT OR IGNORE INTO backchannel_outbox", "UPDATE pushed_requests SET notify"]) {
      assert.equal((await browser.submit(list, "deny", {}, { button: "deny", d1: { matching } })).status, 503);
    }
    op.clock.advance({ seconds: 20 });
    assert.equal(await pollError(client, denied), "authorization_pending");
  });

  test("a client that is deleted takes what it was to be told along, and old rows go", async () => {
    const [ada, { app, client }] = [await op.person(), await telling("ping")];
    app.status = 500;
    await asking(client, ada);
    await approve(op.browser(), ada);
    await app.await(1);
    await postponed(client);
    assert.equal((await op.rows("SELECT * FROM backchannel_outbox WHERE client_id = ?", client.id)).length, 1);
    await client.unregister();
    assert.deepEqual(await op.rows("SELECT * FROM backchannel_outbox WHERE client_id = ?", client.id), []);
  });

  test("two runs at once tell an app once", async () => {
    const { app, client } = await notTaken(500);
    app.status = 204;
    op.clock.advance({ minutes: 2 });
    await Promise.all([op.cron(), op.cron(), op.cron()]);
    assert.equal(app.calls.length, 2);
    assert.deepEqual(await op.rows("SELECT * FROM backchannel_outbox WHERE client_id = ?", client.id), []);
  });
});
