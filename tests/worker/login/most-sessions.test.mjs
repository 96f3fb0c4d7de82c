// A person has at most 20 sessions: the oldest ends for a new one, as any session does that ends.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const MOST = 20;

const op = await startLimen();
const client = await op.client({
  scope: "openid profile email offline_access",
  backchannel_logout_uri: "https://app.acme.test/logout",
});

const sessions = (person) => op.rows("SELECT id FROM sessions WHERE user_id = ? ORDER BY created_at", person.id);

async function signedIn(person) {
  const browser = op.browser();
  const grant = await browser.obtain(client, person);
  op.clock.advance({ seconds: 2 });
  return { browser, grant };
}

test("the oldest of 21 ends, with its tokens and with a notice to the app; the others go on", async () => {
  const ada = await op.person();
  const first = await signedIn(ada);
  const tokens = await client.tokens(first.grant);
  const [{ id: oldest }] = await sessions(ada);
  const second = await signedIn(ada);
  for (let n = 2; n < MOST; n++) await signedIn(ada);
  assert.equal((await sessions(ada)).length, MOST);
  assert.equal((await client.refresh(tokens.refresh_token)).status, 200, "up to there nothing ends");

  await signedIn(ada);
  const left = await sessions(ada);
  assert.equal(left.length, MOST);
  assert.ok(!left.some(({ id }) => id === oldest));
  assert.ok((await first.browser.open("/account")).asksForPassword);
  assert.ok(!(await second.browser.open("/account")).asksForPassword);
  const [{ n }] = await op.rows("SELECT COUNT(*) AS n FROM token_families WHERE session_id = ?", oldest);
  assert.equal(n, 0);
  const told = [
    ...op.outbound.filter((url) => url === "https://app.acme.test/logout"),
    ...(await op.rows("SELECT id FROM logout_outbox WHERE user_id = ?", ada.id)),
  ];
  assert.ok(told.length > 0, "the app is told");
  const ended = await op.rows("SELECT session_id FROM audit WHERE user_id = ? AND event = 'session_ended'", ada.id);
  assert.deepEqual(ended, [{ session_id: oldest }]);
});

test("a session that is over ends before one that is not", async () => {
  const ada = await op.person();
  const first = await signedIn(ada);
  for (let n = 1; n < MOST; n++) await signedIn(ada);
  const [, , , idle] = await sessions(ada);
  await op.db.prepare("UPDATE sessions SET last_seen_at = 0 WHERE id = ?").bind(idle.id).run();
  await signedIn(ada);
  assert.ok(!(await sessions(ada)).some(({ id }) => id === idle.id));
  assert.ok(!(await first.browser.open("/account")).asksForPassword);
});

test("of 60 sign-ins 20 sessions are left, and other people's are not touched", async () => {
  const [ada, bob] = [await op.person(), await op.person()];
  const other = await signedIn(bob);
  for (let n = 0; n < 60; n++) await signedIn(ada);
  assert.equal((await sessions(ada)).length, MOST);
  assert.ok(!(await other.browser.open("/account")).asksForPassword);
});

test("a sign-in that fails ends nothing", async () => {
  const ada = await op.person();
  for (let n = 0; n < MOST; n++) await signedIn(ada);
  const before = await sessions(ada);
  const browser = op.browser();
  await browser.signIn(await browser.authorize(client), { ...ada, password: "another one" });
  assert.deepEqual(await sessions(ada), before);
});
