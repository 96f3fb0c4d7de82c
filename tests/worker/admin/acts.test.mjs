// What operators do for single people: end a session, unlock, make a set-up link with an expiry, and take it back.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { signedIn } from "../account/support.mjs";
import { withApp } from "../support/codes.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();

const post = (person, act, json) => op.admin(`/admin/api/users/${person.id}/${act}`, { method: "POST", json });
const remove = (person, what) => op.admin(`/admin/api/users/${person.id}/${what}`, { method: "DELETE" });
const audited = (person, event) => op.rows("SELECT actor, session_id FROM audit WHERE user_id = ? AND event = ?", person.id, event);

test("one session ends, with its codes and tokens, and the others go on", async () => {
  const [client, person, other] = [await op.client(), await op.person(), await op.person()];
  const [one, two] = [op.browser(), op.browser()];
  const tokens = await client.tokens(await one.obtain(client, person));
  const [{ id }] = (await op.json(`/admin/api/users/${person.id}/sessions`, { bearer: op.adminToken })).sessions;
  await two.obtain(client, person);
  assert.equal((await remove(other, `sessions/${id}`)).status, 404, "the session of somebody else");
  assert.equal((await one.open("/account")).url, op.url("/account"));
  assert.equal((await remove(person, `sessions/${id}`)).status, 204);
  assert.ok((await one.open("/account")).asksForPassword);
  assert.equal((await two.open("/account")).url, op.url("/account"));
  assert.equal((await client.refresh(tokens.refresh_token)).status, 400);
  assert.deepEqual(await audited(person, "session_ended"), [{ actor: "operator", session_id: id }]);
  assert.equal((await remove(person, `sessions/${id}`)).status, 404);
});

test("somebody whose name was guessed at signs in again after they were unlocked", async () => {
  const person = await op.person();
  for (let n = 0; n < 12; n++) {
    const browser = op.browser();
    await browser.signIn(await browser.open("/account"), { ...person, password: `wrong ${n}` });
  }
  const locked = op.browser();
  assert.equal((await locked.signIn(await locked.open("/account"), person)).status, 429);
  assert.equal((await post(person, "unlock")).status, 204);
  assert.ok(await signedIn(op, person));
  assert.deepEqual((await audited(person, "unlocked")).map(({ actor }) => actor), ["operator"]);
});

test("somebody who tried too many codes goes on after they were unlocked", async () => {
  const person = await op.person();
  const { app } = await withApp(op, person);
  const at = async () => {
    const browser = op.browser();
    return { browser, page: await browser.signIn(await browser.open("/account"), person) };
  };
  for (let n = 0; n < 6; n++) {
    const { browser, page } = await at();
    await browser.submit(page, "code", { code: "000000" });
  }
  const { browser, page } = await at();
  assert.equal((await browser.submit(page, "code", { code: app.nextCode() })).status, 429);
  await post(person, "unlock");
  const again = await at();
  assert.equal((await again.browser.submit(again.page, "code", { code: app.nextCode() })).url, op.url("/account"));
});

describe("a set-up link", () => {
  const path = async (person, json) => (await (await post(person, "setup_link", json)).json()).url.slice(op.issuer.length);

  test("works for as long as the operator says", async () => {
    const person = await op.person();
    const answer = await (await post(person, "setup_link", { expires_in: 120 })).json();
    const now = Math.floor(op.clock.now() / 1000);
    assert.ok(Math.abs(answer.expires_at - now - 120) <= 2, `${answer.expires_at} ${now}`);
    const short = answer.url.slice(op.issuer.length);
    assert.equal((await op.fetch(short)).status, 200);
    op.clock.advance({ seconds: 121 });
    assert.equal((await op.fetch(short)).status, 400);
    const long = await path(person, { expires_in: 2_592_000 });
    op.clock.advance({ days: 29 });
    assert.equal((await op.fetch(long)).status, 200);
    op.clock.advance({ days: 2 });
    assert.equal((await op.fetch(long)).status, 400);
    for (const json of [{ expires_in: 59 }, { expires_in: 2_592_001 }, { expires_in: "60" }, { ways: [] }])
      assert.equal((await post(person, "setup_link", json)).status, 400);
  });

  test("is taken back", async () => {
    const person = await op.person();
    const link = await path(person);
    const browser = op.browser();
    const page = await browser.open(link);
    assert.equal((await remove(person, "setup_link")).status, 204);
    assert.equal((await op.fetch(link)).status, 400);
    assert.equal((await browser.submit(page, "new_password", { new_password: "three random words" })).status, 400);
    assert.equal((await remove(person, "setup_link")).status, 404);
    assert.deepEqual((await audited(person, "set_up_link_revoked")).map(({ actor }) => actor), ["operator"]);
  });
});

test("nobody else does any of it", async () => {
  const person = await op.person();
  for (const bearer of [undefined, "x".repeat(40)]) {
    for (const act of ["unlock", "require_new_password"])
      assert.equal((await op.fetch(`/admin/api/users/${person.id}/${act}`, { method: "POST", bearer })).status, 401);
    for (const what of ["setup_link", "sessions/x"])
      assert.equal((await op.fetch(`/admin/api/users/${person.id}/${what}`, { method: "DELETE", bearer })).status, 401);
  }
});
