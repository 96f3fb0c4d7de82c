// The budget of round trips and size: asserted through Server-Timing, and against what really happened.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";

import { wasmFiles } from "../support/bundle.mjs";
import { keyPair } from "../support/assertion.mjs";
import { DpopKey } from "../support/dpop.mjs";
import { encryptionKey } from "../support/encryption.mjs";
import { startLimen } from "../support/limen.mjs";
import { readWasm } from "../support/wasm.mjs";
import { beside, requestClaims, signedObject } from "../support/request-object.mjs";

/** The most bytes of one function, but for that which reads the settings, once and before there is a request. */
const LARGEST_FUNCTION = 32_000;
const READS_THE_SETTINGS = 52_000;
const API = "https://api.acme.test";
const op = await startLimen({ vars: { FRONT_CHANNEL_TOKENS: "on", RESOURCES: JSON.stringify({ [API]: "Acme API" }) } });
const everyResponseType = {
  grant_types: ["authorization_code", "implicit", "refresh_token"],
  response_types: ["code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"],
};
const key = await keyPair("ES256");
const { jwk: encryptionJwk } = await encryptionKey("ECDH-ES");
const [client, service, hybrid, asserting, encrypting, ada, browser] = [
  await op.client(),
  await op.serviceClient({ scope: "notes" }),
  await op.client(everyResponseType),
  await op.client({ token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [key.jwk] } }),
  await op.client({
    jwks: { keys: [encryptionJwk] },
    id_token_encrypted_response_alg: "ECDH-ES",
    userinfo_signed_response_alg: "RS256",
    userinfo_encrypted_response_alg: "ECDH-ES",
  }),
  await op.person(),
  op.browser(),
];
asserting.key = key;
const dpop = await DpopKey.generate(op);
for (const one of [client, hybrid, asserting, encrypting]) await browser.obtain(one, ada, { resource: API });

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
const freshTokens = async (one = client) => one.tokens(await browser.obtain(one, ada));
const authorize = (one, params) => browser.fetch(one.authorizePath(params), measure);

async function signedRequest() {
  const { claims } = requestClaims(asserting);
  const request = await signedObject(claims, { alg: key.alg, key: key.privateKey, kid: key.kid });
  return browser.fetch(beside(asserting, { request }), measure);
}

async function pushedRequest() {
  const { request_uri } = await (await client.post("/par", client.request().params)).json();
  return browser.fetch(beside(client, { request_uri }), measure);
}

const HOT = {
  "discovery": [{ d1: 0, kv: 0 }, () => op.fetch("/.well-known/openid-configuration", measure)],
  "JWKS": [{ d1: 0, kv: 1 }, () => op.fetch("/.well-known/jwks.json", measure)],
  "authorize, signed in and consented": [{ d1: 2, kv: 2 }, () => browser.fetch(client.authorizePath(), measure)],
  "authorize: code id_token token": [
    { d1: 2, kv: 2 },
    () => authorize(hybrid, { response_type: "code id_token token" }),
  ],
  "authorize: id_token token": [{ d1: 2, kv: 2 }, () => authorize(hybrid, { response_type: "id_token token" })],
  "authorize: form_post": [{ d1: 2, kv: 2 }, () => authorize(client, { response_mode: "form_post" })],
  "authorize: a response in a JWT": [{ d1: 2, kv: 2 }, () => authorize(client, { response_mode: "jwt" })],
  "authorize: a signed request": [{ d1: 2, kv: 2 }, signedRequest],
  "authorize: a pushed request": [{ d1: 2, kv: 2 }, pushedRequest],
  "push a request": [{ d1: 2, kv: 0 }, () => client.post("/par", client.request().params, measure)],
  "push a request: private_key_jwt": [{ d1: 2, kv: 0 }, () => asserting.post("/par", asserting.request().params, measure)],
  "token: code": [{ d1: 2, kv: 1 }, async () => client.redeem(await freshGrant(), {}, measure)],
  "token: refresh": [{ d1: 1, kv: 1 }, async () => client.refresh((await freshTokens()).refresh_token, {}, measure)],
  "token: code, private_key_jwt": [
    { d1: 2, kv: 1 },
    async () => asserting.redeem(await browser.obtain(asserting, ada), {}, measure),
  ],
  "token: refresh, private_key_jwt": [
    { d1: 1, kv: 1 },
    async () => asserting.refresh((await freshTokens(asserting)).refresh_token, {}, measure),
  ],
  "token: refresh, encrypted ID token": [
    { d1: 1, kv: 1 },
    async () => encrypting.refresh((await freshTokens(encrypting)).refresh_token, {}, measure),
  ],
  "authorize: for an API": [{ d1: 2, kv: 2 }, () => authorize(client, { resource: API })],
  "token: code, for an API": [
    { d1: 2, kv: 1 },
    async () => client.redeem(await browser.obtain(client, ada, { resource: API }), { resource: API }, measure),
  ],
  "token: client_credentials": [{ d1: 1, kv: 1 }, () => service.credentials({}, measure)],
  "userinfo": [
    { d1: 1, kv: 0 },
    async () => op.fetch("/userinfo", { bearer: (await freshTokens()).access_token, ...measure }),
  ],
  "userinfo: signed and encrypted": [
    { d1: 1, kv: 0 },
    async () => op.fetch("/userinfo", { bearer: (await freshTokens(encrypting)).access_token, ...measure }),
  ],
  "token: code, DPoP": [
    { d1: 2, kv: 1 },
    async () => client.redeem(await freshGrant(), {}, { headers: await dpop.posting(), ...measure }),
  ],
  "token: refresh, DPoP": [
    { d1: 1, kv: 1 },
    async () => client.refresh((await freshTokens()).refresh_token, {}, { headers: await dpop.posting(), ...measure }),
  ],
  "token: client_credentials, DPoP": [
    { d1: 1, kv: 1 },
    async () => service.credentials({}, { headers: await dpop.posting(), ...measure }),
  ],
  "userinfo, DPoP": [
    { d1: 1, kv: 0 },
    async () => {
      const { access_token: token } = await client.tokens(await freshGrant(), {}, { headers: await dpop.posting() });
      return op.fetch("/userinfo", { headers: await dpop.presenting(token), ...measure });
    },
  ],
  "introspect: private_key_jwt": [
    { d1: 1, kv: 0 },
    async () => asserting.post("/introspect", { token: (await freshTokens(asserting)).access_token }, measure),
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

/** The rows that D1 says were written for an answer. */
const written = (response) => Number(response.headers.get("x-limen-test-written"));

/** The same for all requests that `work` makes, redirects included. */
async function writtenBy(work) {
  const plain = op.fetch;
  let rows = 0;
  op.fetch = async (path, init) => {
    const response = await plain.call(op, path, { ...init, measure: true });
    rows += written(response);
    return response;
  };
  try {
    await work();
  } finally {
    op.fetch = plain;
  }
  return rows;
}

describe("rows written", () => {
  const MOST = {
    "discovery": 0,
    "JWKS": 0,
    // One of them deletes the oldest of 30 codes, which comes of asking so often.
    "authorize, signed in and consented": 4,
    "token: code": 4,
    "token: refresh": 2,
    "token: client_credentials": 0,
    "userinfo": 0,
    // A proof that is used up is a row, and each takes two old ones along, where there are any.
    "token: code, DPoP": 7,
    "token: refresh, DPoP": 5,
    "token: client_credentials, DPoP": 3,
    "userinfo, DPoP": 3,
    "introspect: access token": 0,
    "introspect: refresh token": 0,
    "revoke: access token": 3,
    "revoke: refresh token": 3,
  };
  for (const [what, most] of Object.entries(MOST)) {
    test(`${what}: at most ${most}`, async () => {
      const [, request] = HOT[what];
      await (await request()).text();
      const response = await request();
      assert.ok(written(response) <= most, `${written(response)} rows`);
      await response.text();
    });
  }

  test("a sign-in: at most 9; a first consent and its code: at most 10", async () => {
    const [newcomer, visitor] = [await op.person(), op.browser()];
    const page = await visitor.authorize(client);
    let asked;
    const signIn = await writtenBy(async () => (asked = await visitor.signIn(page, newcomer)));
    assert.ok(asked.asksForConsent && signIn <= 9, `${signIn} rows`);
    const consent = await writtenBy(async () => assert.ok((await visitor.approve(asked)).callback));
    assert.ok(consent <= 10, `${consent} rows`);
  });
});

// What a batch costs grows with its statements: each is prepared, and its answer is made, sent and read.
describe("statements", () => {
  const MOST = {
    "authorize, signed in and consented": 5,
    "authorize: id_token token": 9,
    "token: code": 5,
    "token: refresh": 4,
    "token: client_credentials": 2,
    "userinfo": 3,
    "token: code, DPoP": 7,
    "token: refresh, DPoP": 6,
    "token: client_credentials, DPoP": 4,
    "userinfo, DPoP": 4,
    "introspect: access token": 3,
  };
  for (const [what, most] of Object.entries(MOST)) {
    test(`${what}: at most ${most}`, async () => {
      const [, request] = HOT[what];
      await (await request()).text();
      const response = await request();
      const statements = JSON.parse(response.headers.get("x-limen-test-trips")).join("").length;
      assert.ok(statements <= most, `${statements} statements`);
      await response.text();
    });
  }
});

describe("a browser without a session", () => {
  test("gets to the sign-in page without D1, and KV is asked once at most", async () => {
    await (await op.browser().fetch(client.authorizePath())).text();
    for (let n = 0; n < 2; n++) {
      const visitor = op.browser();
      const redirect = await visitor.fetch(client.authorizePath(), measure);
      assert.equal(redirect.status, 303);
      const page = await visitor.fetch(redirect.headers.get("location"), measure);
      assert.equal(page.status, 200);
      for (const response of [redirect, page]) {
        const { d1, kv } = cost(response);
        assert.ok(d1 === 0 && kv <= 1, `${d1} D1 trips, ${kv} KV reads`);
        assert.equal(written(response), 0);
        await response.text();
      }
    }
  });

  test("is never sent to the app without D1's word", async () => {
    const response = await op.browser().fetch(client.authorizePath({ prompt: "none" }), measure);
    assert.match(response.headers.get("location"), /error=login_required/);
    assert.equal(cost(response).d1, 1);
  });

  test("sends its form to a client that D1 knows, whatever the page was made from", async () => {
    const gone = await op.client();
    const visitor = op.browser();
    const page = await visitor.authorize(gone);
    assert.ok(page.asksForPassword);
    await op.rows("DELETE FROM clients WHERE id = ?", gone.id);
    const again = await op.browser().authorize(gone);
    assert.ok(again.asksForPassword, "a copy is shown for a while");
    const refused = await visitor.submit(page, "password", { username: ada.username, password: ada.password });
    assert.equal(refused.status, 400);
    assert.equal(await visitor.sessionCookie(), undefined);
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

describe("the wasm", () => {
  test("is at most 1.77 MB gzipped", () => {
    const sizes = wasmFiles().map((wasm) => gzipSync(wasm, { level: 9 }).length);
    assert.equal(sizes.length, 1);
    assert.ok(sizes[0] <= 1_770_000, `${sizes[0]} bytes`);
  });

  test("carries no names of functions, which nothing reads", () => {
    for (const wasm of wasmFiles()) {
      const { customs } = readWasm(wasm);
      assert.ok(!customs.includes("name"), customs.join(", "));
    }
  });

  // The engine compiles a function whole when it is first called: the first request of an isolate waits for it.
  test("has no giant functions", () => {
    for (const wasm of wasmFiles()) {
      const { functions } = readWasm(wasm);
      assert.ok(functions.length > 1_000, `${functions.length} functions`);
      const [largest, second] = functions.toSorted((a, b) => b - a);
      assert.ok(largest <= READS_THE_SETTINGS, `${largest} bytes`);
      assert.ok(second <= LARGEST_FUNCTION, `${second} bytes`);
    }
  });
});

test("nothing is timed unless SERVER_TIMING is on", async () => {
  for (const SERVER_TIMING of ["off", undefined]) {
    await op.redeploy({ SERVER_TIMING });
    const response = await op.fetch("/.well-known/jwks.json");
    assert.equal(response.headers.get("server-timing"), null);
  }
});
