// 50 at once, over two isolates that share the database: exactly one success, exactly one lineage.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const op = await startLimen({ isolates: 2 });
const client = await op.client();
const ada = await op.person();
const browser = op.browser();
await browser.obtain(client, ada);

const fifty = (work) => Promise.all(Array.from({ length: 50 }, (_, n) => work({ isolate: n % 2 })));
const bodies = (responses) => Promise.all(responses.map((response) => response.json()));
const successes = (responses) => responses.filter(({ status }) => status === 200);

test("50 parallel redemptions of one code give exactly one success", async () => {
  for (let round = 0; round < 3; round++) {
    const grant = await browser.obtain(client, ada);
    const responses = await fifty((init) => client.redeem(grant, {}, init));
    assert.equal(successes(responses).length, 1);
    for (const response of responses.filter(({ status }) => status !== 200)) {
      assert.equal(response.status, 400);
      assert.equal((await response.json()).error, "invalid_grant");
    }
  }
});

test("50 parallel redemptions by the wrong client leave the code to the right one", async () => {
  const other = await op.client();
  const grant = await browser.obtain(client, ada);
  const wrong = await fifty((init) => other.redeem(grant, {}, init));
  assert.equal(successes(wrong).length, 0);
  assert.equal((await client.redeem(grant)).status, 200);
});

test("50 parallel uses of one refresh token give one successor, the same to all", async () => {
  for (let round = 0; round < 3; round++) {
    const { refresh_token: parent } = await client.tokens(await browser.obtain(client, ada));
    const responses = await fifty((init) => client.refresh(parent, {}, init));
    const given = new Set((await bodies(successes(responses))).map((body) => body.refresh_token));
    assert.ok(successes(responses).length >= 1);
    assert.equal(given.size, 1, "one lineage");
    const [successor] = given;
    assert.notEqual(successor, parent);
    assert.equal((await client.refresh(successor)).status, 200, "and it works");
  }
});

test("parallel uses of parent and successor never give two living lines", async () => {
  const { refresh_token: parent } = await client.tokens(await browser.obtain(client, ada));
  const { refresh_token: successor } = await client.refreshed(parent);
  const responses = await Promise.all(
    Array.from({ length: 30 }, (_, n) => client.refresh(n % 2 ? parent : successor, {}, { isolate: n % 2 })),
  );
  const tokens = (await bodies(successes(responses))).map((body) => body.refresh_token);
  const alive = [];
  for (const token of new Set([...tokens, successor])) {
    const { active } = await client.introspect(token);
    if (active) alive.push(token);
  }
  assert.ok(alive.length <= 1, `${alive.length} living refresh tokens`);
});

test("redemption against revocation of the consent: afterwards nothing lives", async () => {
  for (let round = 0; round < 5; round++) {
    const grant = await browser.obtain(client, ada);
    const path = `/admin/api/users/${ada.id}/grants/${client.id}`;
    const [redeemed] = await Promise.all([
      client.redeem(grant, {}, { isolate: 1 }),
      op.admin(path, { method: "DELETE" }),
    ]);
    if (redeemed.status !== 200) continue;
    const tokens = await redeemed.json();
    assert.equal((await client.introspect(tokens.access_token)).active, false);
    assert.equal((await client.refresh(tokens.refresh_token)).status, 400);
  }
});

test("refresh against revocation of the token: afterwards nothing lives", async () => {
  for (let round = 0; round < 5; round++) {
    const { refresh_token: token } = await client.tokens(await browser.obtain(client, ada));
    const [refreshed, revoked] = await Promise.all([client.refresh(token, {}, { isolate: 1 }), client.revoke(token)]);
    assert.equal(revoked.status, 200);
    if (refreshed.status !== 200) continue;
    const tokens = await refreshed.json();
    assert.equal((await client.introspect(tokens.access_token)).active, false);
    assert.equal((await client.refresh(tokens.refresh_token)).status, 400);
  }
});

test("two sign-ins of one person at once both work", async () => {
  const bob = await op.person();
  const [one, two] = [op.browser(), op.browser({ isolate: 1 })];
  const grants = await Promise.all([one.obtain(client, bob), two.obtain(client, bob)]);
  const responses = await Promise.all(grants.map((grant, n) => client.redeem(grant, {}, { isolate: n })));
  for (const { status } of responses) assert.equal(status, 200);
  assert.equal((await op.rows("SELECT * FROM grants WHERE user_id = ?", bob.id)).length, 1);
});
