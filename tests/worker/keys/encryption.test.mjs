// The keys that clients encrypt to: OIDC Core section 10.2.1. They live as signing keys do, and open for a while after that.

import assert from "node:assert/strict";
import { test } from "node:test";

import { encrypted } from "../support/encryption.mjs";
import { freshRoot, startLimen } from "../support/limen.mjs";
import { beside, requestClaims, signedObject, signingKey } from "../support/request-object.mjs";

const ALGS = ["RSA-OAEP", "ECDH-ES"];

/** An operator with a client that encrypts its request objects. */
async function correspondent(options) {
  const op = await startLimen(options);
  const { jwk, privateKey } = await signingKey("ES256");
  const registration = { jwks: { keys: [jwk] }, request_object_signing_alg: "ES256" };
  const clients = ALGS.map((alg) => op.client({ ...registration, request_object_encryption_alg: alg }));
  const [client] = await Promise.all(clients);
  const published = async (alg) => {
    const kty = alg.startsWith("RSA") ? "RSA" : "EC";
    return (await op.jwks()).keys.filter((key) => key.use === "enc" && key.kty === kty);
  };
  /** Whether Limen opens what is encrypted to `key` now. */
  const opens = async (key, alg) => {
    const { claims } = requestClaims(client);
    const object = await signedObject(claims, { alg: "ES256", key: privateKey, kid: jwk.kid });
    const request = await encrypted(object, key, { alg, enc: "A128GCM", kid: key.kid, cty: "JWT" });
    const page = await op.browser().open(beside(client, { redirect_uri: client.redirectUri, request }));
    if (page.asksForPassword) return true;
    assert.equal(page.callback.get("error"), "invalid_request_object");
    return false;
  };
  const state = async (kid) => (await op.keys()).find((key) => key.kid === kid)?.state;
  return { op, published, opens, state };
}

test("they stand behind the keys for signatures, for encryption alone, and nothing is signed with them", async () => {
  const { op, published } = await correspondent();
  await op.cron();
  const { keys } = await op.jwks();
  assert.equal(keys[0].use, "sig");
  assert.ok(keys.findIndex(({ use }) => use === "enc") > keys.findLastIndex(({ use }) => use === "sig"));
  for (const alg of ALGS) assert.equal((await published(alg)).length, 2, "this one and the next");
  const rows = await op.rows("SELECT alg, wrapped_key FROM signing_keys WHERE alg IN ('RSA-OAEP', 'ECDH-ES')");
  for (const { wrapped_key: wrapped } of rows) {
    assert.doesNotMatch(Buffer.from(wrapped, "base64url").toString("latin1"), /PRIVATE KEY|"kty"|\x2a\x86\x48/s);
  }
});

for (const alg of ALGS) {
  test(`${alg}: a key whose successor has taken over leaves the JWKS, opens for a day more, and then no longer`, async () => {
    const { op, published, opens, state } = await correspondent();
    const [first] = await published(alg);
    await op.cron();
    const kids = async () => (await published(alg)).map(({ kid }) => kid);
    op.clock.advance({ days: 90, hours: 1 });
    await op.cron();
    assert.equal(await state(first.kid), "retired");
    assert.ok(!(await kids()).includes(first.kid));
    assert.equal(await opens(first, alg), true);
    const [second] = await published(alg);
    assert.equal(await opens(second, alg), true);
    op.clock.advance({ days: 3 });
    assert.equal(await state(first.kid), "removed");
    assert.equal(await opens(first, alg), false);
    assert.equal(await opens(second, alg), true);
  });

  test(`${alg}: a revoked key opens nothing, and the next one is there`, async () => {
    const { op, published, opens } = await correspondent();
    const [leaked, next] = await published(alg);
    const response = await op.admin(`/admin/api/keys/${leaked.kid}/revoke`, { method: "POST" });
    assert.equal(response.status, 200);
    assert.ok(!(await published(alg)).some(({ kid }) => kid === leaked.kid));
    assert.equal(await opens(leaked, alg), false);
    assert.equal(await opens(next, alg), true);
  });

  test(`${alg}: keys move to another root, the retired ones too`, async () => {
    const { op, published, opens } = await correspondent();
    const [first] = await published(alg);
    await op.cron();
    op.clock.advance({ days: 90, hours: 1 });
    await op.cron();
    await op.redeploy({ KEK_2: freshRoot(), KEK_CURRENT: "2" });
    assert.equal(await opens(first, alg), true);
    await op.cron();
    await op.redeploy({ KEK_1: undefined });
    assert.equal(await opens(first, alg), true);
    const [second] = await published(alg);
    assert.equal(await opens(second, alg), true);
  });
}
