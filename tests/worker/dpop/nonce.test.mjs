// Nonces for proofs (RFC 9449 sections 8 and 9), where the operator demands them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { DpopKey } from "../support/dpop.mjs";
import { oauthError } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen({ vars: { DPOP_NONCES: "required" }, isolates: 2 });
const [client, service, ada, browser] = [
  await op.client(),
  await op.serviceClient({ scope: "notes" }),
  await op.person(),
  op.browser(),
];
const key = await DpopKey.generate(op);
const ask = async (claims, init = {}) =>
  service.credentials({}, { headers: await key.posting("/token", claims), measure: true, ...init });

/** The nonce that an answer brings. */
function nonceOf(response) {
  const nonce = response.headers.get("dpop-nonce");
  assert.match(nonce ?? "none", /^[\x21\x23-\x5B\x5D-\x7E]{20,}$/);
  return nonce;
}

async function wanted(response) {
  const nonce = nonceOf(response);
  assert.equal(Number(response.headers.get("x-limen-test-d1") ?? 0), 0, "it costs no trip to D1");
  await oauthError(response, 400, "use_dpop_nonce");
  return nonce;
}

test("a proof without a nonce is told which to use", async () => {
  const nonce = await wanted(await ask({}));
  const response = await ask({ nonce });
  assert.equal((await response.json()).token_type, "DPoP");
  nonceOf(response);
});

test("nonces that nobody gave, or long ago, are refused", async () => {
  const nonce = await wanted(await ask({ nonce: "made-up" }));
  await wanted(await ask({ nonce: nonce.slice(0, -1) }));
  op.clock.advance({ seconds: 59 });
  assert.equal((await ask({ nonce })).status, 200);
  op.clock.advance({ minutes: 2 });
  await wanted(await ask({ nonce }));
});

test("answers bring the nonce for the next proof", async () => {
  const nonce = await wanted(await ask({}));
  const grant = await browser.obtain(client, ada);
  const redeemed = await client.redeem(grant, {}, { headers: await key.posting("/token", { nonce }) });
  const { access_token: token } = await redeemed.json();
  const response = await key.userinfo(token, { nonce: nonceOf(redeemed) });
  assert.equal(response.status, 200, await response.text());
  nonceOf(response);
  const failed = await service.credentials({ scope: "x" }, { headers: await key.posting("/token", { nonce }) });
  await oauthError(failed.clone(), 400, "invalid_scope");
  nonceOf(failed);
});

test("resources ask for a nonce by a challenge", async () => {
  const nonce = await wanted(await ask({}));
  const grant = await browser.obtain(client, ada);
  const { access_token: token } = await client.tokens(grant, {}, { headers: await key.posting("/token", { nonce }) });
  const response = await key.userinfo(token);
  assert.equal(response.status, 401);
  assert.match(response.headers.get("www-authenticate"), /^DPoP error="use_dpop_nonce", /);
  assert.equal((await key.userinfo(token, { nonce: nonceOf(response) })).status, 200);
});

test("/par asks for one, too", async () => {
  const { params } = client.request();
  const first = await client.post("/par", params, { headers: await key.posting("/par") });
  await oauthError(first.clone(), 400, "use_dpop_nonce");
  const headers = await key.posting("/par", { nonce: nonceOf(first) });
  assert.equal((await client.post("/par", params, { headers })).status, 201);
});

test("every isolate knows the nonces of the others, and of which time a proof is", async () => {
  const nonce = await wanted(await ask({}, { isolate: 1 }));
  assert.equal((await ask({ nonce }, { isolate: 0 })).status, 200);
  assert.equal((await ask({ nonce, iat: op.clock.seconds() - 86_400 })).status, 200, "the client's clock is wrong");
});

test("a proof with a nonce counts once, until the nonce is old", async () => {
  const nonce = await wanted(await ask({}));
  const headers = await key.posting("/token", { nonce });
  assert.equal((await service.credentials({}, { headers })).status, 200);
  const codes = new Set();
  for (let n = 0; n < 8; n++) {
    const again = await service.credentials({}, { headers });
    codes.add((await again.json()).error);
    op.clock.advance({ seconds: 20 });
  }
  assert.deepEqual([...codes], ["invalid_dpop_proof", "use_dpop_nonce"]);
});

test("whoever sends no proof gets no nonce, and is asked for none", async () => {
  const response = await service.credentials();
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("dpop-nonce"), null);
});

test("pages of other origins can read it", async () => {
  const response = await ask({}, { headers: { ...(await key.posting()), origin: "https://app.acme.test" } });
  assert.match(response.headers.get("access-control-expose-headers"), /\bDPoP-Nonce\b/);
  const preflight = await op.fetch("/token", {
    method: "OPTIONS",
    headers: { origin: "https://app.acme.test", "access-control-request-headers": "dpop" },
  });
  assert.match(preflight.headers.get("access-control-allow-headers"), /\bdpop\b/i);
});
