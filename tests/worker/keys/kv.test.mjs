// KV holds a copy of the JWKS that nobody can forge, and that nobody misses.

import assert from "node:assert/strict";
import { test } from "node:test";

import { exportJWK, generateKeyPair } from "jose";

import { startLimen } from "../support/limen.mjs";

const JWKS = "/.well-known/jwks.json";

async function foreignKey() {
  const { publicKey } = await generateKeyPair("RS256", { extractable: true });
  return { ...(await exportJWK(publicKey)), kid: "foreign", use: "sig", alg: "RS256" };
}

/** Every KV entry that mentions a key, put through `change`. */
async function tamper(op, change) {
  const { keys: names } = await op.kv.list();
  for (const { name } of names) {
    const text = await op.kv.get(name);
    if (text.includes("kid")) await op.kv.put(name, await change(text));
  }
}

test("a foreign key in the KV entry is not served", async () => {
  const op = await startLimen();
  await op.cron();
  const genuine = (await op.jwks()).keys.map((key) => key.kid).sort();
  const foreign = await foreignKey();
  const forgeries = [
    (text) => text.replace(/"keys"\s*:\s*\[/, (found) => `${found}${JSON.stringify(foreign)},`),
    (text) =>
      text.replace(
        /\\"keys\\"\s*:\s*\[/,
        (found) => `${found}${JSON.stringify(JSON.stringify(foreign)).slice(1, -1)},`,
      ),
    (text) => text.replaceAll(genuine[0], "foreign"),
    () => JSON.stringify({ keys: [foreign] }),
    () => "not json",
    () => "",
  ];
  for (const forge of forgeries) {
    await op.cron();
    await tamper(op, forge);
    op.clock.advance({ minutes: 2 }); // no isolate keeps its copy that long
    assert.deepEqual((await op.jwks()).keys.map((key) => key.kid).sort(), genuine);
  }
});

test("a JWKS of another issuer or root key is not served", async () => {
  const [op, other] = [await startLimen(), await startLimen()];
  await Promise.all([op.cron(), other.cron()]);
  const genuine = (await op.jwks()).keys.map((key) => key.kid).sort();
  const { keys: names } = await other.kv.list();
  for (const { name } of names) await op.kv.put(name, await other.kv.get(name));
  await op.redeploy();
  assert.deepEqual((await op.jwks()).keys.map((key) => key.kid).sort(), genuine);
});

/** The database after a key was revoked, and KV as it was before. Gives the `kid`. */
async function broughtBack(op) {
  await op.cron();
  const { keys: names } = await op.kv.list();
  const old = await Promise.all(names.map(async ({ name }) => [name, await op.kv.get(name)]));
  const { kid } = (await op.keys()).find((key) => key.state === "current");
  await op.admin(`/admin/api/keys/${kid}/revoke`, { method: "POST" });
  for (const [name, text] of old) await op.kv.put(name, text);
  await op.redeploy();
  return kid;
}

const serves = async (op, kid) => (await op.jwks()).keys.some((key) => key.kid === kid);

test("an old copy brings a revoked key back for no longer than apps keep theirs", async () => {
  const op = await startLimen();
  const kid = await broughtBack(op);
  op.clock.advance({ minutes: 15, seconds: 1 });
  assert.equal(await serves(op, kid), false);
});

test("nor does one of before the clock went back", async () => {
  const op = await startLimen();
  op.clock.advance({ hours: 3 });
  const kid = await broughtBack(op);
  op.clock.advance({ hours: -2 });
  assert.equal(await serves(op, kid), false);
});

test("the run of every five minutes keeps the copy young, so that no request has to ask D1", async () => {
  const op = await startLimen();
  await op.cron();
  for (let run = 0; run < 5; run++) {
    op.clock.advance({ minutes: 5 });
    await op.cron({ cron: "*/5 * * * *" });
  }
  const response = await op.fetch(JWKS, { measure: true });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("x-limen-test-d1"), "0");
});

test("that run publishes nothing of a database without keys", async () => {
  const op = await startLimen();
  await op.cron({ cron: "*/5 * * * *" });
  assert.ok((await op.jwks()).keys.length > 0);
});

test("without KV the JWKS is served all the same", async () => {
  const op = await startLimen();
  const genuine = (await op.jwks()).keys.map((key) => key.kid).sort();
  for (const kv of ["down", "empty"]) {
    op.clock.advance({ minutes: 2 });
    assert.deepEqual((await op.jwks({ kv })).keys.map((key) => key.kid).sort(), genuine, kv);
  }
});

test("without D1 the JWKS is served from KV, in a fresh isolate too", async () => {
  const op = await startLimen();
  await op.cron();
  const genuine = await op.jwks();
  await op.redeploy();
  assert.deepEqual(await op.jwks({ d1: { down: true } }), genuine);
});

test("without D1 and KV a warm isolate still serves it, and a cold one says 503", async () => {
  const op = await startLimen();
  const genuine = await op.jwks();
  const outage = { d1: { down: true }, kv: "down" };
  assert.deepEqual(await op.jwks(outage), genuine);
  await op.redeploy();
  const cold = await op.fetch(JWKS, outage);
  assert.equal(cold.status, 503);
  assert.match(cold.headers.get("cache-control"), /no-store/);
});
