// A signing key rotated by hand, before its time (OIDC Core section 10.1.1): nobody's tokens suffer.

import assert from "node:assert/strict";
import { test } from "node:test";

import { headerOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

/** Seconds: an app keeps a JWKS for 15 minutes, and it was at most 15 minutes old; the rest is an isolate's minute and clocks. */
const KNOWN_TO_ALL_AFTER = 33 * 60;

const op = await startLimen({ isolates: 2 });

const retire = (kid, init = {}) => op.admin(`/admin/api/keys/${kid}/retire`, { method: "POST", ...init });
const keyIn = async (state) => (await op.keys()).find((key) => key.alg === "RS256" && key.state === state);

test("the next key signs, the old one stays published, its tokens verify, and there is a next one again", async () => {
  const client = await op.serviceClient({ scope: "notes" });
  const { access_token: old } = await (await client.credentials()).json();
  await op.cron();
  op.clock.advance({ minutes: 34 });
  const { access_token: older } = await (await client.credentials()).json();
  const [current, next] = [await keyIn("current"), await keyIn("next")];
  assert.equal(headerOf(old).kid, current.kid);

  const response = await retire(current.kid);
  assert.equal(response.status, 200, await response.text());

  for (const isolate of [0, 1]) {
    const { access_token: fresh } = await (await client.credentials({}, { isolate })).json();
    assert.equal(headerOf(fresh).kid, next.kid);
  }
  assert.equal((await client.introspect(older)).active, true);
  const published = (await op.jwks()).keys.map((key) => key.kid);
  const successor = await keyIn("next");
  for (const { kid } of [current, next, successor]) assert.ok(published.includes(kid));
  assert.ok((await keyIn("retired")).kid === current.kid);
});

test("a key whose successor caches of the JWKS may lack signs until they have it", async () => {
  const client = await op.serviceClient({ scope: "notes" });
  const signedBy = async () => headerOf((await (await client.credentials()).json()).access_token).kid;
  const [current, next] = [await keyIn("current"), await keyIn("next")];
  assert.equal((await retire(current.kid)).status, 200);
  assert.equal((await retire(current.kid)).status, 200, "once more changes nothing");
  const [retiring, waiting] = [await keyIn("current"), await keyIn("next")];
  assert.deepEqual([retiring.kid, waiting.kid], [current.kid, next.kid]);
  assert.equal(retiring.retire_at, next.publish_at + KNOWN_TO_ALL_AFTER);
  assert.equal(waiting.activate_at, next.publish_at + KNOWN_TO_ALL_AFTER);
  assert.ok(retiring.remove_at - retiring.retire_at > 24 * 3600, "stays published for its tokens");

  op.clock.advance({ minutes: 32 });
  assert.equal(await signedBy(), current.kid);
  op.clock.advance({ minutes: 2 });
  assert.equal(await signedBy(), next.kid);
  assert.equal((await op.keys()).find((key) => key.kid === current.kid).state, "retired");
  assert.ok(await keyIn("next"), "there is a next one again");
});

test("the first key of a new deployment can be retired, without any hourly run", async () => {
  const young = await startLimen();
  const [current] = (await young.jwks()).keys;
  const response = await young.admin(`/admin/api/keys/${current.kid}/retire`, { method: "POST" });
  assert.equal(response.status, 200);
  young.clock.advance({ minutes: 34 });
  const states = (await young.keys()).filter((key) => key.alg === "RS256").map((key) => key.state);
  assert.deepEqual(states.sort(), ["current", "next", "retired"]);
  assert.equal((await young.jwks()).keys.length, 3, "all of them published");
});

test("only a key that signs can be retired, and only by the operator", async () => {
  op.clock.advance({ minutes: 34 });
  for (const kid of [(await keyIn("next")).kid, (await keyIn("retired")).kid, "unknown"])
    assert.equal((await retire(kid)).status, 409, kid);
  assert.equal((await retire((await keyIn("current")).kid, { bearer: "wrong" })).status, 401);
});

test("retired twice at once, one key signs", async () => {
  op.clock.advance({ minutes: 34 });
  const { kid } = await keyIn("current");
  const statuses = await Promise.all([retire(kid), retire(kid, { isolate: 1 })].map(async (sent) => (await sent).status));
  assert.deepEqual(statuses.sort(), [200, 409]);
  const current = (await op.keys()).filter((key) => key.alg === "RS256" && key.state === "current");
  assert.equal(current.length, 1);
});
