// The example API (examples/api), called with openid-client, and with stolen tokens and proofs.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import * as oidc from "openid-client";

import { api } from "../../../examples/api/api.mjs";
import { DpopKey, ath } from "../support/dpop.mjs";
import { fetchFor } from "../support/library.mjs";
import { startLimen } from "../support/limen.mjs";

const API = "https://api.acme.test/";
const op = await startLimen({ vars: { RESOURCES: JSON.stringify({ [API]: "Notes" }) } });
const atLimen = fetchFor(op);
const answer = api({ issuer: op.issuer, resource: API, fetch: atLimen, now: () => op.clock.seconds() });
const service = await op.serviceClient({ scope: "notes" });
const [key, other] = [await DpopKey.generate(op), await DpopKey.generate(op)];

const tokenFor = async (headers) => (await (await service.credentials({ resource: API }, { headers })).json()).access_token;
const [bound, bearer] = [await tokenFor(await key.posting()), await tokenFor({})];
const call = (headers, { method = "GET", path = "/notes?new=1" } = {}) => answer(new Request(new URL(path, API), { method, headers }));
const presenting = async (token, claims = {}, by = key, header = {}) => ({
  authorization: `DPoP ${token}`,
  dpop: await by.proof("GET", "/notes", { htu: "https://api.acme.test/notes", ath: ath(token), ...claims }, header),
});

async function refused(response, scheme, error) {
  assert.equal(response.status, 401);
  assert.match(response.headers.get("www-authenticate"), new RegExp(`^${scheme} error="${error}"`));
}

test("openid-client calls it with a token that is bound to its key", async () => {
  const options = { [oidc.customFetch]: atLimen };
  const config = await oidc.discovery(new URL(op.issuer), service.id, undefined, oidc.ClientSecretBasic(service.secret), options);
  config[oidc.customFetch] = (url, init) => (String(url).startsWith(API) ? answer(new Request(url, init)) : atLimen(url, init));
  const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair());
  const { access_token: token } = await oidc.clientCredentialsGrant(config, { resource: API }, { DPoP });
  const url = new URL("/notes?new=1", API);
  const response = await oidc.fetchProtectedResource(config, token, url, "GET", undefined, undefined, { DPoP });
  assert.deepEqual(await response.json(), { sub: service.id, app: service.id, scope: "notes", bound: true });
});

test("it takes bearer tokens, too", async () => {
  const response = await call({ authorization: `Bearer ${bearer}` });
  assert.equal((await response.json()).bound, false);
});

describe("it refuses", () => {
  test("whoever has no token, and says what there is", async () => {
    const response = await call({});
    assert.match(response.headers.get("www-authenticate"), /^Bearer, DPoP algs="ES256 /);
  });

  test("a bound token as a bearer token, and a bearer token as a bound one", async () => {
    await refused(await call({ authorization: `Bearer ${bound}` }), "Bearer", "invalid_token");
    await refused(await call(await presenting(bearer)), "DPoP", "invalid_token");
  });

  test("a token for another API", async () => {
    const elsewhere = await (await service.credentials({}, { headers: await key.posting() })).json();
    await refused(await call(await presenting(elsewhere.access_token)), "DPoP", "invalid_token");
  });

  test("the proof of another key", async () => refused(await call(await presenting(bound, {}, other)), "DPoP", "invalid_token"));

  const WRONG = {
    "no proof": async () => ({ authorization: `DPoP ${bound}` }),
    "two proofs": async () => {
      const [one, two] = [await presenting(bound), await presenting(bound)];
      return { ...one, dpop: `${one.dpop}, ${two.dpop}` };
    },
    "a proof for another method": () => presenting(bound, { htm: "POST" }),
    "a proof for another path": () => presenting(bound, { htu: "https://api.acme.test/other" }),
    "a proof for another host": () => presenting(bound, { htu: "https://evil.acme.test/notes" }),
    "a proof for another token": () => presenting(bound, { ath: ath(bearer) }),
    "a proof without ath": () => presenting(bound, { ath: undefined }),
    "a proof without jti": () => presenting(bound, { jti: undefined }),
    "an old proof": () => presenting(bound, { iat: op.clock.seconds() - 121 }),
    "a proof of the future": () => presenting(bound, { iat: op.clock.seconds() + 90 }),
    "a proof of another typ": () => presenting(bound, {}, key, { typ: "JWT" }),
    "a proof with a private key": () => presenting(bound, {}, key, { jwk: { ...key.jwk, d: key.jwk.x } }),
    "a proof that is signed by another key than it brings": () => presenting(bound, {}, other, { jwk: key.jwk }),
  };
  for (const [what, headers] of Object.entries(WRONG)) {
    test(what, async () => refused(await call(await headers()), "DPoP", "invalid_dpop_proof"));
  }

  test("a proof that comes again", async () => {
    const headers = await presenting(bound);
    assert.equal((await call(headers)).status, 200);
    await refused(await call(headers), "DPoP", "invalid_dpop_proof");
    op.clock.advance({ minutes: 4 });
    await refused(await call(headers), "DPoP", "invalid_dpop_proof");
  });
});
