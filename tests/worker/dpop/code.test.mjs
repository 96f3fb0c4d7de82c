// Codes that are bound to a key (RFC 9449 section 10), pushed ones too.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { grantOf } from "../support/browser.mjs";
import { DpopKey } from "../support/dpop.mjs";
import { oauthError, redirectError, succeeded } from "../support/expect.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen({ vars: { FRONT_CHANNEL_TOKENS: "on" } });
const [client, spa, ada, browser] = [await op.client(), await op.publicClient(), await op.person(), op.browser()];
const key = await DpopKey.generate(op);
const other = await DpopKey.generate(op);

/** A pushed request, made: its grant. */
async function pushed(by, params, headers) {
  const request = by.request(params);
  const { request_uri } = await succeeded(await by.post("/par", request.params, { headers }), 201);
  const query = new URLSearchParams({ client_id: by.id, request_uri });
  const page = await browser.complete(await browser.open(`/authorize?${query}`), ada);
  page.request = request;
  return grantOf(page);
}

/** Holds where the grant is for the holder of `key` alone, and nobody else burns it. */
async function isBound(grant, by = grant.client) {
  await oauthError(await by.redeem(grant), 400, "invalid_grant");
  await oauthError(await by.redeem(grant, {}, { headers: await other.posting() }), 400, "invalid_grant");
  const tokens = await by.tokens(grant, {}, { headers: await key.posting() });
  assert.deepEqual(claimsOf(tokens.access_token).cnf, { jkt: key.jkt });
}

test("a code bound by dpop_jkt is for the holder of that key alone", async () => {
  for (const by of [client, spa]) await isBound(await browser.obtain(by, ada, { dpop_jkt: key.jkt }));
});

test("somebody who has used a bound code up is not helped by trying again", async () => {
  const grant = await browser.obtain(spa, ada, { dpop_jkt: key.jkt });
  const tokens = await spa.tokens(grant, {}, { headers: await key.posting() });
  await oauthError(await spa.redeem(grant, {}, { headers: await other.posting() }), 400, "invalid_grant");
  await spa.refreshed(tokens.refresh_token, {}, { headers: await key.posting() });
});

test("dpop_jkt survives the sign-in and consent", async () => {
  const stranger = op.browser();
  const bob = await op.person();
  await isBound(await stranger.obtain(client, bob, { dpop_jkt: key.jkt }));
});

test("dpop_jkt may be pushed", async () => {
  await isBound(await pushed(client, { dpop_jkt: key.jkt }));
});

test("a proof at /par binds the code", async () => {
  await isBound(await pushed(client, {}, await key.posting("/par")));
  await isBound(await pushed(spa, {}, await key.posting("/par")));
  await isBound(await pushed(client, { dpop_jkt: key.jkt }, await key.posting("/par")));
});

test("dpop_jkt and the proof at /par have to agree", async () => {
  const { params } = client.request({ dpop_jkt: other.jkt });
  await oauthError(await client.post("/par", params, { headers: await key.posting("/par") }), 400, "invalid_request");
});

describe("a proof at /par is refused", () => {
  const push = async (headers) => client.post("/par", client.request().params, { headers });
  test("that is for another endpoint", async () => {
    await oauthError(await push(await key.posting("/token")), 400, "invalid_dpop_proof");
  });

  test("that comes again, at once too", async () => {
    const headers = await key.posting("/par");
    const responses = await Promise.all(Array.from({ length: 20 }, () => push(headers)));
    assert.equal(responses.filter(({ status }) => status === 201).length, 1);
    for (const response of responses) {
      if (response.status !== 201) await oauthError(response, 400, "invalid_dpop_proof");
    }
    const [{ n }] = await op.rows("SELECT COUNT(*) AS n FROM pushed_requests WHERE expires_at > ?", op.clock.seconds() + 60);
    assert.ok(n >= 1);
  });

  test("but not used up with a request that is refused", async () => {
    const headers = await key.posting("/par");
    const wrong = client.request({ redirect_uri: "https://evil.test/" }).params;
    await oauthError(await client.post("/par", wrong, { headers }), 400, "invalid_request");
    assert.equal((await push(headers)).status, 201);
  });
});

test("a dpop_jkt that can be none is invalid_request", async () => {
  for (const dpop_jkt of ["x", "x".repeat(43), `${key.jkt}=`, `${key.jkt}AAAA`]) {
    redirectError(await browser.authorize(client, { dpop_jkt }), "invalid_request");
    const response = await client.post("/par", client.request({ dpop_jkt }).params);
    await oauthError(response, 400, "invalid_request");
  }
});

test("a code without dpop_jkt is bound by the first proof alone", async () => {
  const grant = await browser.obtain(client, ada);
  const tokens = await client.tokens(grant, {}, { headers: await other.posting() });
  assert.equal(tokens.token_type, "DPoP");
});

test("no token leaves the authorization endpoint for a client whose tokens are bound", async () => {
  const bound = await op.client({
    dpop_bound_access_tokens: true,
    grant_types: ["authorization_code", "implicit"],
    response_types: ["code", "code token"],
  });
  const page = await browser.complete(await browser.authorize(bound, { response_type: "code token" }), ada);
  assert.equal(page.callback.get("access_token"), null);
  assert.equal(page.callback.get("error"), "invalid_request");
});
