// The budget of round trips and size: asserted through Server-Timing, and against what really happened.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";

import { wasmFiles } from "../support/bundle.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const [client, service, ada, browser] = [
  await op.client(),
  await op.serviceClient({ scope: "notes" }),
  await op.person(),
  op.browser(),
];
await browser.obtain(client, ada);

/** What the answer says it cost, after checking that it says the truth. */
function cost(response) {
  const claimed = parseServerTiming(response.headers.get("server-timing"));
  const counted = {
    d1: Number(response.headers.get("x-limen-test-d1")),
    kv: Number(response.headers.get("x-limen-test-kv")),
  };
  assert.deepEqual(claimed, counted, "Server-Timing tells the truth");
  return counted;
}

function parseServerTiming(header) {
  const count = (name) => Number(new RegExp(`(?:^|,)\\s*${name};desc="(\\d+)"`).exec(header ?? "")?.[1]);
  return { d1: count("d1"), kv: count("kv") };
}

const measure = { measure: true };
const freshGrant = () => browser.obtain(client, ada);
const freshTokens = async () => client.tokens(await freshGrant());

const HOT = {
  "discovery": [{ d1: 0, kv: 0 }, () => op.fetch("/.well-known/openid-configuration", measure)],
  "JWKS": [{ d1: 0, kv: 1 }, () => op.fetch("/.well-known/jwks.json", measure)],
  "authorize, signed in and consented": [{ d1: 2, kv: 2 }, () => browser.fetch(client.authorizePath(), measure)],
  "token: code": [{ d1: 2, kv: 1 }, async () => client.redeem(await freshGrant(), {}, measure)],
  "token: refresh": [{ d1: 1, kv: 1 }, async () => client.refresh((await freshTokens()).refresh_token, {}, measure)],
  "token: client_credentials": [{ d1: 1, kv: 1 }, () => service.credentials({}, measure)],
  "userinfo": [
    { d1: 1, kv: 0 },
    async () => op.fetch("/userinfo", { bearer: (await freshTokens()).access_token, ...measure }),
  ],
  "introspect: access token": [
    { d1: 1, kv: 0 },
    async () => client.post("/introspect", { token: (await freshTokens()).access_token }, measure),
  ],
  "introspect: refresh token": [
    { d1: 1, kv: 0 },
    async () => client.post("/introspect", { token: (await freshTokens()).refresh_token }, measure),
  ],
  "revoke: access token": [
    { d1: 1, kv: 0 },
    async () => client.revoke((await freshTokens()).access_token, {}, measure),
  ],
  "revoke: refresh token": [
    { d1: 1, kv: 0 },
    async () => client.revoke((await freshTokens()).refresh_token, {}, measure),
  ],
};

describe("a warm isolate", () => {
  for (const [what, [budget, request]] of Object.entries(HOT)) {
    test(`${what}: at most ${budget.d1} D1 trips and ${budget.kv} KV reads`, async () => {
      await (await request()).text();
      const response = await request();
      assert.ok(response.status < 400, await response.text());
      const { d1, kv } = cost(response);
      assert.ok(d1 <= budget.d1, `${d1} D1 trips`);
      assert.ok(kv <= budget.kv, `${kv} KV reads`);
    });
  }

  test("stays within its budget minutes later", async () => {
    op.clock.advance({ minutes: 3 });
    for (const [what, [budget, request]] of Object.entries(HOT)) {
      const response = await request();
      const { d1, kv } = cost(response);
      assert.ok(d1 <= budget.d1 + 1 && kv <= budget.kv + 1, `${what}: ${d1} D1 trips, ${kv} KV reads`);
      await response.text();
    }
  });
});

describe("a cold isolate", () => {
  test("answers discovery without storage and the JWKS from KV alone", async () => {
    await op.cron();
    await op.redeploy();
    assert.deepEqual(cost(await op.fetch("/.well-known/openid-configuration", measure)), { d1: 0, kv: 0 });
    const { d1, kv } = cost(await op.fetch("/.well-known/jwks.json", measure));
    assert.ok(d1 === 0 && kv <= 1, `${d1} D1 trips, ${kv} KV reads`);
  });
});

test("refusals cost no more than successes", async () => {
  const unknown = await op.fetch("/token", {
    form: { grant_type: "refresh_token", refresh_token: "x", client_id: "x" },
    ...measure,
  });
  assert.ok(cost(unknown).d1 <= 1);
  const noToken = await op.fetch("/userinfo", measure);
  assert.deepEqual(cost(noToken), { d1: 0, kv: 0 });
  const garbage = await op.fetch("/userinfo", { bearer: "a.b.c", ...measure });
  assert.ok(cost(garbage).d1 <= 1);
});

test("the wasm is at most 1 MiB gzipped", () => {
  const sizes = wasmFiles().map((wasm) => gzipSync(wasm, { level: 9 }).length);
  assert.equal(sizes.length, 1);
  assert.ok(sizes[0] <= 1_048_576, `${sizes[0]} bytes`);
});

test("nothing is timed unless SERVER_TIMING is on", async () => {
  for (const SERVER_TIMING of ["off", undefined]) {
    await op.redeploy({ SERVER_TIMING });
    const response = await op.fetch("/.well-known/jwks.json");
    assert.equal(response.headers.get("server-timing"), null);
  }
});
