// DPoP at Limen's own APIs (RFC 9449 sections 7 and 9), and what is told of it.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { DpopKey, ath } from "../support/dpop.mjs";
import { startLimen } from "../support/limen.mjs";

const ALGS = "RS256 PS256 ES256 EdDSA PS384 PS512 ES384 ES512 Ed25519";
const op = await startLimen();
const [client, admin, ada, browser] = [
  await op.client(),
  await op.serviceClient({ scope: "dcr_admin" }),
  await op.person(),
  op.browser(),
];
const key = await DpopKey.generate(op);
const other = await DpopKey.generate(op);
const { access_token: token } = await client.tokens(await browser.obtain(client, ada), {}, { headers: await key.posting() });
const { access_token: bearer } = await client.tokens(await browser.obtain(client, ada));
const userinfo = (headers, init = {}) => op.fetch("/userinfo", { headers, ...init });

async function dpopError(response, code, status = 401) {
  const text = await response.text();
  assert.equal(response.status, status, text);
  const challenge = response.headers.get("www-authenticate") ?? "";
  assert.match(challenge, new RegExp(`^DPoP error="${code}", error_description="[^"]+", algs="${ALGS}", resource_metadata="`));
  assert.equal(JSON.parse(text).error, code);
}

test("a bound token comes with the scheme DPoP and a proof", async () => {
  const response = await key.userinfo(token);
  assert.equal((await response.json()).name, "Ada Lovelace");
  const post = await userinfo(await key.presenting(token, { method: "POST" }), { method: "POST" });
  assert.equal(post.status, 200, await post.text());
  const small = await key.userinfo(token, { scheme: "dpop" });
  assert.equal(small.status, 200, "the scheme is read in any case");
});

describe("a bound token is refused", () => {
  test("as a bearer token, in the header and in the form", async () => {
    const { dpop } = await key.presenting(token);
    for (const response of [
      await userinfo({}, { bearer: token }),
      await userinfo({ dpop }, { bearer: token }),
      await userinfo({}, { form: { access_token: token } }),
      await userinfo({ dpop: await key.proof("POST", "/userinfo", { ath: ath(token) }) }, { form: { access_token: token } }),
    ]) {
      assert.equal(response.status, 401);
      const challenge = response.headers.get("www-authenticate");
      assert.match(challenge, new RegExp(`^Bearer error="invalid_token", .*, DPoP algs="${ALGS}"$`));
      assert.equal((await response.json()).error, "invalid_token");
    }
  });

  const WRONG = {
    "without a proof": async () => ({ authorization: `DPoP ${token}` }),
    "without ath": () => key.presenting(token, { ath: undefined }),
    "with the ath of another token": () => key.presenting(token, { ath: ath(bearer) }),
    "with a proof for another method": () => key.presenting(token, { method: "POST" }),
    "with a proof for another address": () => key.presenting(token, { path: "/token" }),
    "with an old proof": () => key.presenting(token, { iat: op.clock.seconds() - 3_600 }),
    "with a proof that is none": async () => ({ authorization: `DPoP ${token}`, dpop: "x" }),
    "with two proofs": async () => {
      const { dpop } = await key.presenting(token);
      return { authorization: `DPoP ${token}`, dpop: `${dpop}, ${await key.proof("GET", "/userinfo", { ath: ath(token) })}` };
    },
  };
  for (const [what, headers] of Object.entries(WRONG)) {
    test(what, async () => dpopError(await userinfo(await headers()), "invalid_dpop_proof"));
  }

  test("with the proof of another key", async () => dpopError(await other.userinfo(token), "invalid_token"));

  test("when it is not genuine, and no row is written for it", async () => {
    const count = async () => (await op.rows("SELECT COUNT(*) AS n FROM dpop_proofs"))[0].n;
    const [header, payload, signature] = token.split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url"));
    const forged = (change) =>
      [header, Buffer.from(JSON.stringify({ ...claims, ...change })).toString("base64url"), signature].join(".");
    const before = await count();
    for (const change of [{ family: "unknown" }, { family: undefined }, { client_id: "x" }]) {
      await dpopError(await key.userinfo(forged(change)), "invalid_token");
    }
    await dpopError(await key.userinfo("x"), "invalid_token");
    assert.equal(await count(), before);
  });
});

test("a bearer token with the scheme DPoP is refused", async () => {
  await dpopError(await key.userinfo(bearer), "invalid_token");
});

test("a bearer token stays one, whatever stands in DPoP", async () => {
  assert.equal((await userinfo({ dpop: "x" }, { bearer })).status, 200);
});

test("whoever has no token hears of both schemes", async () => {
  const response = await userinfo({});
  const challenge = response.headers.get("www-authenticate");
  assert.match(challenge, new RegExp(`^Bearer realm="limen", resource_metadata="[^"]+", DPoP algs="${ALGS}"$`));
});

test("a proof counts once, of 50 at once too", async () => {
  const headers = await key.presenting(token);
  const responses = await Promise.all(Array.from({ length: 50 }, () => userinfo(headers)));
  assert.equal(responses.filter(({ status }) => status === 200).length, 1);
  for (const response of responses) if (response.status !== 200) await dpopError(response, "invalid_dpop_proof");
});

test("a revoked token is refused by its scheme", async () => {
  const tokens = await client.tokens(await browser.obtain(client, ada), {}, { headers: await key.posting() });
  await client.revoke(tokens.access_token);
  await dpopError(await key.userinfo(tokens.access_token), "invalid_token");
});

test("a token without openid is refused by its scheme", async () => {
  const grant = await browser.obtain(client, ada, { scope: "profile" });
  const tokens = await client.tokens(grant, {}, { headers: await key.posting() });
  await dpopError(await key.userinfo(tokens.access_token), "insufficient_scope", 403);
});

test("registration takes bound tokens, and no one as a bearer's", async () => {
  const { access_token: own } = await (await admin.credentials({}, { headers: await key.posting() })).json();
  const json = { redirect_uris: ["https://app.acme.test/cb"] };
  const register = (headers) => op.fetch("/register", { json, headers });
  const headers = await key.presenting(own, { method: "POST", path: "/register" });
  assert.equal((await register(headers)).status, 201);
  await dpopError(await register(headers), "invalid_dpop_proof");
  assert.equal((await register({ authorization: `Bearer ${own}` })).status, 401);
  await dpopError(await register(await key.presenting(own, { method: "POST", path: "/userinfo" })), "invalid_dpop_proof");
});

test("discovery and the metadata of resources name the algorithms", async () => {
  const algs = ALGS.split(" ");
  const discovery = await op.json("/.well-known/openid-configuration");
  assert.deepEqual(discovery.dpop_signing_alg_values_supported, algs);
  for (const path of ["", "/userinfo", "/register"]) {
    const metadata = await op.json(`/.well-known/oauth-protected-resource${path}`);
    assert.deepEqual(metadata.dpop_signing_alg_values_supported, algs, path);
  }
});
