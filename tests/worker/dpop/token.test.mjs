// DPoP at the token endpoint (RFC 9449 sections 4 to 6).

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { asserted, assertion, keyPair } from "../support/assertion.mjs";
import { DpopKey } from "../support/dpop.mjs";
import { oauthError } from "../support/expect.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const [client, spa, service, bound, ada, browser] = [
  await op.client(),
  await op.publicClient(),
  await op.serviceClient({ scope: "notes" }),
  await op.serviceClient({ scope: "notes", dpop_bound_access_tokens: true }),
  await op.person(),
  op.browser(),
];
const key = await DpopKey.generate(op);
const other = await DpopKey.generate(op);
const invalid = (response) => oauthError(response, 400, "invalid_dpop_proof");
const grantRefused = (response) => oauthError(response, 400, "invalid_grant");
const credentials = async (headers, form = {}) => service.credentials(form, { headers });

/** The tokens of `one` with a key, and the family's row. */
async function boundTokens(one, withKey = key) {
  const tokens = await one.tokens(await browser.obtain(one, ada), {}, { headers: await withKey.posting() });
  return { ...tokens, claims: claimsOf(tokens.access_token) };
}

describe("an access token", () => {
  for (const alg of ["ES256", "RS256", "PS256", "EdDSA", "Ed25519", "ES384", "ES512", "PS384", "PS512"]) {
    test(`is bound to the ${alg} key of the proof`, async () => {
      const of = await DpopKey.generate(op, alg);
      const response = await credentials(await of.posting());
      const tokens = await response.json();
      assert.equal(response.status, 200, JSON.stringify(tokens));
      assert.equal(tokens.token_type, "DPoP");
      assert.deepEqual(claimsOf(tokens.access_token).cnf, { jkt: of.jkt });
    });
  }

  test("is a bearer token without a proof", async () => {
    const tokens = await (await credentials({})).json();
    assert.equal(tokens.token_type, "Bearer");
    assert.equal(claimsOf(tokens.access_token).cnf, undefined);
  });

  test("says so in introspection", async () => {
    const tokens = await boundTokens(client);
    const told = await client.introspect(tokens.access_token);
    assert.deepEqual([told.active, told.token_type, told.cnf], [true, "DPoP", { jkt: key.jkt }]);
  });

  test("of a code is bound, and the refresh token of a confidential client is not", async () => {
    const tokens = await boundTokens(client);
    assert.equal(tokens.token_type, "DPoP");
    assert.deepEqual(tokens.claims.cnf, { jkt: key.jkt });
    const next = await client.refreshed(tokens.refresh_token, {}, { headers: await other.posting() });
    assert.deepEqual(claimsOf(next.access_token).cnf, { jkt: other.jkt });
    const plain = await client.refreshed(next.refresh_token);
    assert.equal(plain.token_type, "Bearer");
  });
});

describe("a client that registered dpop_bound_access_tokens", () => {
  test("gets no token without a proof", async () => {
    assert.equal(bound.registered.dpop_bound_access_tokens, true);
    await invalid(await bound.credentials());
    const tokens = await (await bound.credentials({}, { headers: await key.posting() })).json();
    assert.equal(tokens.token_type, "DPoP");
  });

  test("keeps its code when it forgets the proof", async () => {
    const app = await op.client({ dpop_bound_access_tokens: true });
    const grant = await browser.obtain(app, ada);
    await invalid(await app.redeem(grant));
    const tokens = await app.tokens(grant, {}, { headers: await key.posting() });
    await invalid(await app.refresh(tokens.refresh_token));
    await app.refreshed(tokens.refresh_token, {}, { headers: await key.posting() });
  });
});

describe("the refresh token of a public client", () => {
  test("is bound to the key of the code's redemption", async () => {
    const tokens = await boundTokens(spa);
    await grantRefused(await spa.refresh(tokens.refresh_token));
    await grantRefused(await spa.refresh(tokens.refresh_token, {}, { headers: await other.posting() }));
    const next = await spa.refreshed(tokens.refresh_token, {}, { headers: await key.posting() });
    assert.deepEqual(claimsOf(next.access_token).cnf, { jkt: key.jkt });
    const after = await spa.refreshed(next.refresh_token, {}, { headers: await key.posting() });
    assert.equal(after.token_type, "DPoP");
  });

  test("an old one without the key ends nothing", async () => {
    const first = await boundTokens(spa);
    let current = first;
    for (let n = 0; n < 2; n++) {
      current = await spa.refreshed(current.refresh_token, {}, { headers: await key.posting() });
    }
    await grantRefused(await spa.refresh(first.refresh_token));
    await spa.refreshed(current.refresh_token, {}, { headers: await key.posting() });
    await grantRefused(await spa.refresh(first.refresh_token, {}, { headers: await key.posting() }));
    await grantRefused(await spa.refresh(current.refresh_token, {}, { headers: await key.posting() }));
  });

  test("that was issued without a proof is bound by the first one", async () => {
    const tokens = await spa.tokens(await browser.obtain(spa, ada));
    const plain = await spa.refreshed(tokens.refresh_token);
    assert.equal(plain.token_type, "Bearer");
    const next = await spa.refreshed(plain.refresh_token, {}, { headers: await key.posting() });
    assert.equal(next.token_type, "DPoP");
    await grantRefused(await spa.refresh(next.refresh_token));
    await grantRefused(await spa.refresh(next.refresh_token, {}, { headers: await other.posting() }));
    const after = await spa.refreshed(next.refresh_token, {}, { headers: await key.posting() });
    assert.deepEqual(claimsOf(after.access_token).cnf, { jkt: key.jkt });
  });

  test("that was bound later is retried with that key alone", async () => {
    const { refresh_token: first } = await spa.tokens(await browser.obtain(spa, ada));
    const { refresh_token: next } = await spa.refreshed(first, {}, { headers: await key.posting() });
    const retried = await spa.refreshed(first, {}, { headers: await key.posting() });
    assert.equal(retried.refresh_token, next);
    await spa.refreshed(next, {}, { headers: await key.posting() });
  });

  for (const [whose, headers] of Object.entries({ none: () => ({}), "its own key": () => key.posting() })) {
    test(`that a thief bound ends when the app uses it, too, with ${whose}`, async () => {
      const { refresh_token: stolen } = await spa.tokens(await browser.obtain(spa, ada));
      const thiefs = await spa.refreshed(stolen, {}, { headers: await other.posting() });
      await grantRefused(await spa.refresh(stolen, {}, { headers: await headers() }));
      await grantRefused(await spa.refresh(thiefs.refresh_token, {}, { headers: await other.posting() }));
    });
  }

  test("of 50 proofs at once one binds it", async () => {
    const { refresh_token: token } = await spa.tokens(await browser.obtain(spa, ada));
    const keys = await Promise.all(Array.from({ length: 50 }, () => DpopKey.generate(op)));
    const headers = await Promise.all(keys.map((one) => one.posting()));
    const statuses = await Promise.all(headers.map(async (proof) => (await spa.refresh(token, {}, { headers: proof })).status));
    assert.deepEqual(statuses.toSorted(), [200, ...Array.from({ length: 49 }, () => 400)]);
  });
});

describe("a proof is refused", () => {
  const hour = 3_600;
  const now = () => op.clock.seconds();
  const WRONG = {
    "that is no JWT": () => ({ dpop: "x" }),
    "that is empty": () => ({ dpop: "" }),
    "of another method": () => key.posting("/token", { htm: "GET" }),
    "of another address": () => key.posting("/userinfo"),
    "of another host": () => key.posting("/token", { htu: "https://evil.test/token" }),
    "that is too old": () => key.posting("/token", { iat: now() - hour }),
    "of the future": () => key.posting("/token", { iat: now() + hour }),
    "without jti": () => key.posting("/token", { jti: undefined }),
    "without htm": () => key.posting("/token", { htm: undefined }),
    "without htu": () => key.posting("/token", { htu: undefined }),
    "without iat": () => key.posting("/token", { iat: undefined }),
    "without typ": () => key.posting("/token", {}, { typ: undefined }),
    "of another typ": () => key.posting("/token", {}, { typ: "JWT" }),
    "without a key": () => key.posting("/token", {}, { jwk: undefined }),
    "that brings another key than it is signed with": () => key.posting("/token", {}, { jwk: other.jwk }),
    "with a private key": () => key.posting("/token", {}, { jwk: { ...key.jwk, d: key.jwk.x } }),
    "whose signature was changed": async () => {
      const { dpop } = await key.posting();
      return { dpop: dpop.slice(0, -4) + (dpop.endsWith("AAAA") ? "BBBB" : "AAAA") };
    },
    "beside a second one": async () => new Headers([
      ["dpop", await key.proof("POST", "/token")],
      ["dpop", await key.proof("POST", "/token")],
    ]),
  };
  for (const [what, headers] of Object.entries(WRONG)) {
    test(what, async () => {
      const response = await credentials(await headers());
      assert.equal(response.headers.get("dpop-nonce"), null);
      if (what === "that is empty" && response.status === 200) {
        assert.equal((await response.json()).token_type, "Bearer");
        return;
      }
      await invalid(response);
    });
  }

  test("htu is compared as RFC 3986 has it, without query and fragment", async () => {
    for (const htu of ["HTTPS://ID.LIMEN.TEST/token", "https://id.limen.test:443/token", "https://id.limen.test/%74oken?a#b"]) {
      const response = await credentials(await key.posting("/token", { htu }));
      assert.equal(response.status, 200, htu);
    }
  });

  test("and the code is good for another try", async () => {
    const grant = await browser.obtain(spa, ada);
    await invalid(await spa.redeem(grant, {}, { headers: await key.posting("/userinfo") }));
    await spa.tokens(grant, {}, { headers: await key.posting() });
  });
});

describe("a proof counts once", () => {
  test("for whatever grant", async () => {
    const headers = await key.posting();
    assert.equal((await credentials(headers)).status, 200);
    await invalid(await credentials(headers));
    const grant = await browser.obtain(client, ada);
    await invalid(await client.redeem(grant, {}, { headers }));
    const tokens = await client.tokens(grant, {}, { headers: await key.posting() });
    await invalid(await client.refresh(tokens.refresh_token, {}, { headers }));
    await client.refreshed(tokens.refresh_token, {}, { headers: await key.posting() });
  });

  test("also with another time or address: the jti is what counts", async () => {
    const claims = { jti: "the-same" };
    assert.equal((await credentials(await key.posting("/token", claims))).status, 200);
    for (const iat of [-100, -60, -1, 1, 50]) {
      await invalid(await credentials(await key.posting("/token", { ...claims, iat: op.clock.seconds() + iat })));
    }
    assert.equal((await credentials(await other.posting("/token", claims))).status, 200, "another key's");
  });

  test("until it is too old by itself", async () => {
    op.clock.freeze();
    const headers = await key.posting("/token", { iat: op.clock.seconds() + 60 });
    assert.equal((await credentials(headers)).status, 200);
    for (let n = 0; n < 12; n++) {
      op.clock.advance({ seconds: 20 });
      await invalid(await credentials(headers));
    }
  });

  for (const [grant, send] of Object.entries({
    client_credentials: async () => (headers) => credentials(headers),
    "client_credentials with an assertion": async () => {
      const signing = await keyPair("ES256");
      const one = await op.serviceClient({
        scope: "notes",
        token_endpoint_auth_method: "private_key_jwt",
        jwks: { keys: [signing.jwk] },
      });
      one.key = signing;
      return (headers) => one.credentials({}, { headers });
    },
    refresh_token: async () => {
      const { refresh_token: token } = await boundTokens(spa);
      return (headers) => spa.refresh(token, {}, { headers });
    },
    authorization_code: async () => {
      const grant = await browser.obtain(spa, ada);
      return (headers) => spa.redeem(grant, {}, { headers });
    },
  })) {
    test(`of 50 at once: ${grant}`, async () => {
      const request = await send();
      const headers = await key.posting();
      const responses = await Promise.all(Array.from({ length: 50 }, () => request(headers)));
      const texts = await Promise.all(responses.map((response) => response.text()));
      assert.equal(responses.filter(({ status }) => status === 200).length, 1, texts.join("\n"));
      for (const text of texts.filter((text) => !text.includes("access_token"))) assert.match(text, /invalid_dpop_proof/);
    });
  }

  test("and an assertion beside it is used up along with it alone", async () => {
    const signing = await keyPair("ES256");
    const one = await op.serviceClient({
      scope: "notes",
      token_endpoint_auth_method: "private_key_jwt",
      jwks: { keys: [signing.jwk] },
    });
    const auth = asserted(await assertion(one, signing));
    const used = await key.posting();
    assert.equal((await credentials(used)).status, 200);
    await invalid(await one.credentials({}, { auth, headers: used }));
    const fresh = await key.posting();
    assert.equal((await one.credentials({}, { auth, headers: fresh })).status, 200);
    await oauthError(await one.credentials({}, { auth, headers: await key.posting() }), 401, "invalid_client");
    const again = await key.posting();
    await oauthError(await one.credentials({}, { auth, headers: again }), 401, "invalid_client");
    const another = asserted(await assertion(one, signing));
    assert.equal((await one.credentials({}, { auth: another, headers: again })).status, 200, "the proof was left");
  });

  test("a request that is refused for another reason leaves it", async () => {
    const headers = await key.posting();
    await oauthError(await service.credentials({ scope: "unknown" }, { headers }), 400, "invalid_scope");
    await oauthError(await service.credentials({}, { auth: { client_id: service.id, client_secret: "x" }, headers }), 401, "invalid_client");
    assert.equal((await credentials(headers)).status, 200);
  });
});

test("an answer that is lost costs nothing: another proof gets the same refresh token", async () => {
  const { refresh_token: token } = await boundTokens(spa);
  const headers = await key.posting();
  const lost = await spa.refresh(token, {}, { headers, d1: { answerLost: "UPDATE token_families" } });
  assert.equal(lost.status, 503);
  await invalid(await spa.refresh(token, {}, { headers }));
  const first = await spa.refreshed(token, {}, { headers: await key.posting() });
  const second = await spa.refreshed(token, {}, { headers: await key.posting() });
  assert.equal(first.refresh_token, second.refresh_token);
});

test("keys and headers that nobody makes by chance are refused, not faults", async () => {
  const encode = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
  const claims = { jti: "j", htm: "POST", htu: op.url("/token"), iat: op.clock.seconds() };
  const long = (n) => Buffer.alloc(n, 0xff).toString("base64url");
  const JWKS = [
    { kty: "EC", crv: "P-256", x: long(32), y: long(32) },
    { kty: "EC", crv: "P-256", x: long(31), y: long(33) },
    { kty: "EC", crv: "P-256", x: "", y: "" },
    { kty: "EC", crv: "P-256", x: "\u0000", y: "%" },
    { kty: "RSA", n: long(256), e: long(256) },
    { kty: "RSA", n: long(1_025), e: "AQAB" },
    { kty: "RSA", n: long(256), e: "" },
    { kty: "RSA", n: long(256), e: "AA" },
    { kty: "OKP", crv: "Ed25519", x: Buffer.alloc(31).toString("base64url") },
    { kty: "OKP", crv: "X25519", x: long(32) },
    { kty: ["EC"], crv: "P-256", x: long(32), y: long(32) },
    { __proto__: null, kty: "EC", crv: "P-256", x: { length: 43 }, y: 7 },
  ];
  const algs = { EC: "ES256", RSA: "RS256", OKP: "EdDSA" };
  for (const jwk of JWKS) {
    const header = { typ: "dpop+jwt", alg: algs[jwk.kty] ?? "ES256", jwk };
    await invalid(await credentials({ dpop: `${encode(header)}.${encode(claims)}.${long(64)}` }));
  }
  const { dpop } = await key.posting();
  const [head, payload, signature] = dpop.split(".");
  const deep = encode(`{"typ":"dpop+jwt","alg":"ES256","jwk":${'{"x":'.repeat(1_000)}1${"}".repeat(1_000)}}`);
  for (const text of [
    `${head}.${payload}.`,
    `${head}.${payload}.${signature}.x`,
    `${head}..${signature}`,
    `.${payload}.${signature}`,
    `${deep}.${payload}.${signature}`,
    `${head}.${encode('{"jti":"a","jti":"b","htm":"POST"}')}.${signature}`,
    `${head}.${encode({ ...claims, iat: 1e308 })}.${signature}`,
    `${head}.${encode({ ...claims, htu: "https://[" })}.${signature}`,
    `${head}.${encode({ ...claims, x: "x".repeat(20_000) })}.${signature}`,
  ]) {
    await invalid(await credentials({ dpop: text }));
  }
});

test("used proofs go, however many there are", async () => {
  const count = async () => (await op.rows("SELECT COUNT(*) AS n FROM dpop_proofs"))[0].n;
  for (let n = 0; n < 10; n++) await credentials(await key.posting());
  const before = await count();
  assert.ok(before >= 10);
  op.clock.advance({ hours: 1 });
  for (let n = 0; n < 20; n++) await credentials(await key.posting());
  assert.ok((await count()) <= Math.max(before - 20, 20), `${before} before, ${await count()} now`);
  op.clock.advance({ days: 2 });
  await op.cron();
  assert.equal(await count(), 0);
});
