// A signing key's life: published, then signs, then stays published, whatever cron does.

import assert from "node:assert/strict";
import { test } from "node:test";

import { claimsOf, headerOf, verified } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

/** Days between two entries of a diary. */
const STEP = 8;

const kids = ({ keys }) => keys.map((key) => key.kid);

/** An operator with a client whose tokens show which key signs. */
async function signer(options) {
  const op = await startLimen(options);
  const client = await op.serviceClient({ scope: "notes" });
  const token = async (init) => (await (await client.credentials({}, init)).json()).access_token;
  return { op, client, token };
}

/** Through the life of a few keys, with a token signed and the JWKS as it was seen every few days. */
async function live({ op, token }, days, eachDay) {
  const diary = [];
  for (let day = 0; day < days; day += STEP) {
    await eachDay?.(day);
    diary.push({ at: op.clock.seconds(), jwks: await op.jwks(), kid: headerOf(await token()).kid });
    op.clock.advance({ days: STEP });
  }
  return diary;
}

/** What every relying party may count on, read off a diary. */
function assertOrderly(diary) {
  for (const [n, { kid, jwks, at }] of diary.entries()) {
    assert.ok(kids(jwks).includes(kid), "a token verifies against the JWKS of its day");
    const dayBefore = diary[n - 1];
    if (dayBefore) assert.ok(kids(dayBefore.jwks).includes(kid), `the key that signs at ${at} was published before`);
    const dayAfter = diary[n + 1];
    if (dayAfter && dayAfter.kid === kid) assert.ok(kids(dayAfter.jwks).includes(kid));
  }
}

test("the next key is published before it signs, and the old one stays, with hourly cron", async () => {
  const session = await signer();
  const diary = await live(session, 200, () => session.op.cron());
  assertOrderly(diary);
  assert.ok(new Set(diary.map((entry) => entry.kid)).size >= 2, "keys rotate within 200 days");
});

test("without any cron for 200 days nothing is signed by an unpublished key", async () => {
  assertOrderly(await live(await signer(), 200));
});

test("cron lost for 40 days, then run twice at once in two isolates", async () => {
  const session = await signer({ isolates: 2 });
  const { op } = session;
  await op.cron();
  const before = await live(session, 40);
  await Promise.all([op.cron(), op.cron({ isolate: 1 }), op.cron(), op.cron({ isolate: 1 })]);
  const after = await live(session, 100, () => op.cron());
  assertOrderly([...before, ...after]);
  const current = (await op.keys()).filter((key) => key.state === "current");
  assert.equal(new Set(current.map((key) => key.alg)).size, current.length);
});

test("each algorithm has a next key, published at least 24 hours before it signs", async () => {
  const { op } = await signer();
  await op.cron();
  const keys = await op.keys();
  const published = kids(await op.jwks());
  for (const key of keys.filter(({ state }) => state === "next")) {
    assert.ok(published.includes(key.kid));
    assert.ok(key.activate_at - key.publish_at >= 86_400);
  }
  const algs = (state) =>
    keys
      .filter((key) => key.state === state)
      .map((key) => key.alg)
      .sort();
  assert.deepEqual(algs("next"), algs("current"));
});

test("a retired key stays published until its last token and every cache are gone, and then leaves", async () => {
  const session = await signer();
  const { op, token } = session;
  await op.cron();
  const last = await tokenBeforeRotation(session);
  const fresh = await token();
  assert.notEqual(headerOf(fresh).kid, headerOf(last).kid, "rotated");
  await op.cron();
  const { exp, iat } = claimsOf(last);
  op.clock.advance({ seconds: exp - iat });
  assert.ok(kids(await op.jwks()).includes(headerOf(last).kid), "published while a token of it may live");
  op.clock.advance({ days: 30 });
  await op.cron();
  op.clock.advance({ minutes: 2 });
  assert.ok(!kids(await op.jwks()).includes(headerOf(last).kid), "gone at last");
});

test("a token verifies in another isolate that still has an older copy of the keys", async () => {
  const { op, client, token } = await signer({ isolates: 2 });
  await op.fetch("/.well-known/jwks.json", { isolate: 1 });
  await tokenBeforeRotation({ op, token });
  const fresh = await token();
  assert.equal((await client.introspect(fresh, {}, { isolate: 1, kv: "stale" })).active, true);
});

test("a clock that jumps back breaks nothing", async () => {
  const { op, token } = await signer();
  await op.cron();
  op.clock.advance({ days: 200 });
  await op.cron();
  op.clock.advance({ days: -200 });
  await op.cron();
  const after = await token();
  assert.ok(kids(await op.jwks()).includes(headerOf(after).kid));
  await verified(op, after);
});

test("cron is idempotent", async () => {
  const { op } = await signer();
  await op.cron();
  const before = await op.rows("SELECT * FROM signing_keys ORDER BY kid");
  for (let run = 0; run < 3; run++) await op.cron();
  await op.cronByThePlatform();
  assert.deepEqual(await op.rows("SELECT * FROM signing_keys ORDER BY kid"), before);
});

test("a cron run that fails at any statement is made good by the next one", async () => {
  const { op, token } = await signer();
  for (let nth = 0; nth < 20; nth++) {
    op.clock.advance({ days: 9, hours: 1 });
    await op.fetch("/", { cron: "7 * * * *", d1: { nth } });
    const { kid } = headerOf(await token());
    assert.ok(kids(await op.jwks()).includes(kid), `after statement ${nth} failed`);
  }
  op.clock.advance({ hours: 1 });
  await op.cron();
  for (const state of ["current", "next"]) {
    const algs = (await op.keys()).filter((key) => key.state === state).map((key) => key.alg);
    assert.equal(new Set(algs).size, algs.length, state);
    assert.ok(algs.includes("RS256"), state);
  }
});

test("cron deletes what has expired and nothing else", async () => {
  const op = await startLimen();
  const [client, ada] = [await op.client(), await op.person()];
  const grant = await op.browser().obtain(client, ada);
  await client.tokens(grant);
  const count = async (table) => (await op.rows(`SELECT count(*) AS n FROM ${table}`))[0].n;
  const tables = ["codes", "sessions", "token_families"];
  const before = await Promise.all(tables.map(count));
  await op.cron();
  assert.deepEqual(await Promise.all(tables.map(count)), before, "all of it is alive");
  op.clock.advance({ days: 400 });
  await op.cron();
  for (const table of [...tables, "throttles", "revoked_tokens"]) assert.equal(await count(table), 0, table);
  for (const table of ["users", "clients", "grants"]) assert.equal(await count(table), 1, table);
});

/** The last token under the key that signs now; afterwards the clock stands just behind the rotation. */
async function tokenBeforeRotation({ op, token }) {
  const { alg, kid } = headerOf(await token());
  const next = (await op.keys()).find((key) => key.alg === alg && key.state === "next");
  op.clock.advance({ seconds: next.activate_at - op.clock.seconds() - 30 });
  const last = await token();
  assert.equal(headerOf(last).kid, kid, "next never signs");
  op.clock.advance({ seconds: 40 });
  return last;
}
