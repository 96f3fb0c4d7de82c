// The first request on an empty database makes the keys, once.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const JWKS = "/.well-known/jwks.json";

function currentKeysAreUnique(keys) {
  const current = keys.filter((key) => key.state === "current");
  assert.ok(current.length > 0);
  assert.equal(new Set(current.map((key) => key.alg)).size, current.length, JSON.stringify(keys));
}

test("20 parallel first requests over two isolates agree on one set of keys", async () => {
  const op = await startLimen({ isolates: 2 });
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => op.fetch(JWKS, { isolate: n % 2 })));
  const sets = await Promise.all(answers.map((answer) => answer.json()));
  for (const answer of answers) assert.equal(answer.status, 200);
  const published = sets.map(({ keys }) =>
    keys
      .map((key) => key.kid)
      .sort()
      .join(),
  );
  const settled = (await op.jwks()).keys.map((key) => key.kid);
  for (const kids of published) {
    assert.ok(
      kids.split(",").every((kid) => settled.includes(kid)),
      "no key was shown that is not published",
    );
  }
  currentKeysAreUnique(await op.keys());
});

test("isolates whose clocks are apart agree on one set of keys", async () => {
  const op = await startLimen({ isolates: 2 });
  const ahead = () => op.fetch(JWKS, { isolate: 1 });
  op.clock.advance({ seconds: 20 });
  const early = await ahead();
  op.clock.advance({ seconds: -20 });
  const late = await op.fetch(JWKS, { kv: "empty" });
  const [{ keys: first }, { keys: second }] = [await early.json(), await late.json()];
  assert.deepEqual(second, first);
  const client = await op.serviceClient({ scope: "notes" });
  assert.equal((await client.credentials()).status, 200);
  currentKeysAreUnique(await op.keys());
  assert.equal((await op.keys()).filter((key) => key.alg === "RS256").length, 2);
});

test("a copy of KV that is older than what the isolate published does not replace it", async () => {
  const op = await startLimen();
  const minuteLater = (init) => (op.clock.advance({ seconds: 61 }), op.jwks(init));
  await op.jwks();
  await minuteLater();
  await op.serviceClient({ id_token_signed_response_alg: "ES256" });
  const { keys } = await minuteLater({ kv: "stale" });
  assert.ok(keys.some((key) => key.alg === "ES256"));
});

test("tokens signed during the bootstrap verify afterwards", async () => {
  const op = await startLimen({ isolates: 2 });
  const client = await op.serviceClient({ scope: "notes" });
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => client.credentials({}, { isolate: n % 2 })));
  const { keys } = await op.jwks();
  for (const answer of answers) {
    const { access_token: token } = await answer.json();
    const { kid } = JSON.parse(Buffer.from(token.split(".")[0], "base64url"));
    assert.ok(keys.some((key) => key.kid === kid));
    assert.equal((await client.introspect(token)).active, true);
  }
  currentKeysAreUnique(await op.keys());
});

test("a cron run and first requests at once agree on one set of keys", async () => {
  const op = await startLimen({ isolates: 2 });
  await Promise.all([op.cron(), op.cron({ isolate: 1 }), op.fetch(JWKS), op.fetch(JWKS, { isolate: 1 })]);
  currentKeysAreUnique(await op.keys());
});

test("a statement that fails during the bootstrap leaves no half-made key behind", async () => {
  const op = await startLimen();
  for (let nth = 0; nth < 6; nth++) await (await op.fetch(JWKS, { d1: { nth } })).text();
  assert.ok((await op.jwks()).keys.length > 0);
  currentKeysAreUnique(await op.keys());
});

test("an empty database without tables is a fault, and works once it is migrated", async () => {
  const op = await startLimen({ migrate: false });
  assert.equal((await op.fetch(JWKS)).status, 503);
});
