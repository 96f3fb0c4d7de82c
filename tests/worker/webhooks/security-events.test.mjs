// Security Event Tokens (RFC 8417), pushed (RFC 8935), of the types of CAEP and RISC, as the Shared Signals Framework shapes them.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { createLocalJWKSet, decodeJwt, jwtVerify } from "jose";

import { startLimen } from "../support/limen.mjs";
import { Receiver, WEBHOOKS } from "./support.mjs";

const op = await startLimen();
const CAEP = "https://schemas.openid.net/secevent/caep/event-type/";
const RISC = "https://schemas.openid.net/secevent/risc/event-type/";

/** A receiver that answers as RFC 8935 section 2.2 says. */
async function receiver(more = {}) {
  const one = await Receiver.of(op, undefined, { format: "set", ...more });
  one.answer = { status: 202 };
  return one;
}

/** What came, after its signature was checked with the published keys. */
async function sets(one, n) {
  for (let tries = 0; tries < 200 && one.calls.length < n; tries++) await new Promise((resolve) => setTimeout(resolve, 25));
  assert.equal(one.calls.length, n);
  const keys = createLocalJWKSet(await op.jwks());
  const opened = one.calls.map(({ headers, body }) => {
    assert.equal(headers["content-type"], "application/secevent+jwt");
    assert.equal(headers.accept, "application/json");
    return jwtVerify(body, keys, { issuer: op.issuer, typ: "secevent+jwt", currentDate: op.clock.date() });
  });
  return (await Promise.all(opened)).map(({ payload }) => payload);
}

test("an account that is disabled, enabled and deleted is told by the types of RISC", async () => {
  const one = await receiver();
  assert.equal(one.secret, null, "it is signed with keys");
  const { id } = await op.person();
  await op.changePerson({ id }, { disabled: true });
  await op.changePerson({ id }, { disabled: false });
  await op.admin(`/admin/api/users/${id}`, { method: "DELETE" });
  const told = await sets(one, 3);
  assert.deepEqual(told.map(({ events }) => Object.keys(events)), [
    [`${RISC}account-disabled`],
    [`${RISC}account-enabled`],
    [`${RISC}account-purged`],
  ]);
  for (const claims of told) {
    assert.deepEqual(claims.sub_id, { format: "iss_sub", iss: op.issuer, sub: id });
    assert.deepEqual([claims.aud, claims.sub, claims.exp], [one.url, undefined, undefined]);
    assert.match(claims.jti, /^[\w-]{43}$/);
    assert.match(claims.txn, /^[\w-]{43}$/);
  }
  assert.equal(new Set(told.map(({ jti }) => jti)).size, 3);
  await one.delete();
});

describe("of an app", () => {
  for (const subject_type of ["public", "pairwise"]) {
    test(`people are called what the app calls them: ${subject_type}`, async () => {
      const client = await op.client({ subject_type });
      const one = await receiver({ client_id: client.id });
      const [ada, stranger] = [await op.person(), await op.person()];
      const { id_token } = await client.tokens(await op.browser().obtain(client, ada));
      const { sub, sid } = decodeJwt(id_token);
      assert.equal(sub === ada.id, subject_type === "public");
      await op.changePerson(stranger, { disabled: true });
      await op.changePerson(ada, { password: "another long pass phrase" });
      const [changed, ended] = await sets(one, 2);
      assert.deepEqual(Object.keys(ended.events), [`${CAEP}session-revoked`], "which ends with a new password");
      assert.equal(ended.sub_id.session.id, sid);
      assert.deepEqual(changed.sub_id, { format: "iss_sub", iss: op.issuer, sub });
      assert.equal(changed.aud, client.id);
      const { credential_type, change_type, initiating_entity } = changed.events[`${CAEP}credential-change`];
      assert.deepEqual([credential_type, change_type, initiating_entity], ["password", "update", "admin"]);
      await one.delete();
    });
  }

  test("a session that an operator ends is named by the sid that the app got", async () => {
    const client = await op.client();
    const one = await receiver({ client_id: client.id, events: ["session_ended"] });
    const ada = await op.person();
    const { id_token } = await client.tokens(await op.browser().obtain(client, ada));
    const { sub, sid } = decodeJwt(id_token);
    await op.admin(`/admin/api/users/${ada.id}/sessions`, { method: "DELETE" });
    const [ended] = await sets(one, 1);
    assert.deepEqual(ended.sub_id, {
      format: "complex",
      user: { format: "iss_sub", iss: op.issuer, sub },
      session: { format: "opaque", id: sid },
    });
    assert.deepEqual(Object.keys(ended.events), [`${CAEP}session-revoked`]);
    await one.delete();
  });

  test("a session that a second sign-in replaced is named by the sids of both", async () => {
    const client = await op.client();
    const one = await receiver({ client_id: client.id, events: ["session_ended"] });
    const [ada, browser] = [await op.person(), op.browser()];
    const first = await client.tokens(await browser.obtain(client, ada));
    const second = await client.tokens(await browser.obtain(client, ada, { prompt: "login" }));
    const sids = [first, second].map(({ id_token }) => decodeJwt(id_token).sid);
    assert.notEqual(sids[0], sids[1]);
    await op.admin(`/admin/api/users/${ada.id}/sessions`, { method: "DELETE" });
    const ended = await sets(one, 2);
    assert.deepEqual(ended.map(({ sub_id }) => sub_id.session.id).sort(), sids.sort());
    assert.equal(new Set(ended.map(({ jti }) => jti)).size, 2);
    assert.equal(new Set(ended.map(({ txn }) => txn)).size, 1, "one request ended them");
    await one.delete();
  });

  test("a name that is not taken keeps no other one from being told", async () => {
    const client = await op.client();
    const one = await receiver({ client_id: client.id, events: ["session_ended"] });
    const [ada, browser] = [await op.person(), op.browser()];
    for (const more of [{}, { prompt: "login" }]) await client.tokens(await browser.obtain(client, ada, more));
    let refused;
    one.answer = ({ body }) => {
      const { jti } = decodeJwt(body);
      return { status: jti === (refused ??= jti) ? 503 : 202 };
    };
    await op.admin(`/admin/api/users/${ada.id}/sessions`, { method: "DELETE" });
    await one.until(({ failures }) => failures === 1);
    const told = await sets(one, 2);
    assert.equal(new Set(told.map(({ jti }) => jti)).size, 2);
    one.answer = { status: 202 };
    op.clock.advance({ minutes: 1 });
    await op.cron();
    const again = (await sets(one, 4)).slice(2);
    assert.deepEqual(again.map(({ jti }) => jti).sort(), told.map(({ jti }) => jti).sort());
    await one.delete();
  });

  test("that is of another sector by then, nothing is told that ties its names together", async () => {
    const client = await op.client({ subject_type: "pairwise" });
    const one = await receiver({ client_id: client.id, events: ["session_ended"] });
    const ada = await op.person();
    await client.tokens(await op.browser().obtain(client, ada));
    one.answer = { status: 503 };
    await op.admin(`/admin/api/users/${ada.id}/sessions`, { method: "DELETE" });
    await one.until(({ failures }) => failures === 1);
    const elsewhere = { redirect_uris: ["https://elsewhere.acme.test/cb"] };
    assert.equal((await op.admin(`/register/${client.id}`, { method: "PATCH", json: elsewhere })).status, 200);
    one.answer = { status: 202 };
    op.clock.advance({ minutes: 1 });
    await op.cron();
    await one.settled();
    await sets(one, 1);
    assert.deepEqual(await op.rows("SELECT known_as FROM ended_sessions WHERE client_id = ?", client.id), []);
    await one.delete();
  });

  test("a session that it never took part in is not told", async () => {
    const [one, two] = [await op.client(), await op.client()];
    const [in_one, in_two] = [await receiver({ client_id: one.id }), await receiver({ client_id: two.id })];
    const ada = await op.person();
    // Both know the person, each from another browser.
    await one.tokens(await op.browser().obtain(one, ada));
    const { id_token } = await two.tokens(await op.browser().obtain(two, ada));
    const { sessions } = await op.json(`/admin/api/users/${ada.id}/sessions`, { bearer: op.adminToken });
    assert.equal(sessions.length, 2);
    await op.admin(`/admin/api/users/${ada.id}/sessions`, { method: "DELETE" });
    const [told] = await sets(in_two, 1);
    assert.equal(told.sub_id.session.id, decodeJwt(id_token).sid);
    await sets(in_one, 1);
    const rows = await op.rows("SELECT client_id FROM ended_sessions WHERE client_id IN (?, ?)", one.id, two.id);
    assert.equal(rows.length, 2);
    await Promise.all([in_one.delete(), in_two.delete()]);
  });

  test("two apps cannot find out by what they are told that they know the same person", async () => {
    const clients = [await op.client({ subject_type: "pairwise" }), await op.client({ subject_type: "pairwise" })];
    const receivers = await Promise.all(clients.map(({ id }) => receiver({ client_id: id, events: ["password_changed"] })));
    const ada = await op.person();
    for (const client of clients) await client.tokens(await op.browser().obtain(client, ada));
    await op.changePerson(ada, { password: "another long pass phrase" });
    const [[one], [other]] = await Promise.all(receivers.map((each) => sets(each, 1)));
    assert.notEqual(one.jti, other.jti);
    assert.notEqual(one.txn, other.txn);
    const [row] = await op.rows("SELECT id, request_id FROM audit WHERE event = 'password_changed' AND user_id = ?", ada.id);
    for (const claims of [one, other]) {
      assert.ok(![claims.jti, claims.txn].some((name) => name.includes(row.request_id) || name.includes(`_${row.id}_`)));
    }
    for (const each of receivers) await each.delete();
  });

  test("that is disabled nothing is told until it is enabled", async () => {
    const client = await op.client();
    const one = await receiver({ client_id: client.id, events: ["password_changed"] });
    const ada = await op.person();
    await client.tokens(await op.browser().obtain(client, ada));
    const disable = (disabled) => op.admin(`/register/${client.id}`, { method: "PATCH", json: { disabled } });
    assert.equal((await disable(true)).status, 200);
    await op.changePerson(ada, { password: "another long pass phrase" });
    await op.cron();
    assert.deepEqual(one.calls, []);
    assert.equal((await disable(false)).status, 200);
    await op.cron();
    await sets(one, 1);
    await one.delete();
  });

  test("that is gone its webhook goes, too", async () => {
    const client = await op.client();
    const one = await receiver({ client_id: client.id });
    await op.admin(`/register/${client.id}`, { method: "DELETE" });
    assert.equal((await op.admin(one.path)).status, 404);
    const none = await op.admin(WEBHOOKS, { json: { name: "a", url: one.url, format: "set", client_id: "nobody" } });
    assert.equal(none.status, 409);
  });
});

test("a token that is not taken is sent again with the same jti", async () => {
  const one = await receiver();
  one.answer = { status: 500 };
  const { id } = await op.person();
  await op.changePerson({ id }, { disabled: true });
  await one.until(({ failures }) => failures === 1);
  one.answer = { status: 202 };
  op.clock.advance({ minutes: 1 });
  await op.cron();
  const [first, second] = await sets(one, 2);
  assert.equal(first.jti, second.jti);
  await one.delete();
});

test("a test is a verification event about the webhook", async () => {
  const one = await receiver();
  assert.deepEqual(await (await op.admin(`${one.path}/test`, { method: "POST" })).json(), { ok: true, problem: null });
  const [verification] = await sets(one, 1);
  assert.deepEqual(verification.sub_id, { format: "opaque", id: one.id });
  assert.deepEqual(verification.events, { "https://schemas.openid.net/secevent/ssf/event-type/verification": {} });
  assert.equal((await op.admin(`${one.path}/renew_secret`, { method: "POST" })).status, 409);
  await one.delete();
});

test("a key that cannot be opened stops only those who need it", async () => {
  const one = await receiver({ events: ["user_disabled"] });
  const plain = await Receiver.of(op, ["user_disabled"]);
  const { id } = await op.person();
  const keys = await op.rows("SELECT kid, wrapped_key FROM signing_keys");
  await op.rows("UPDATE signing_keys SET wrapped_key = 'AAAA'");
  // No isolate has it at hand.
  await op.redeploy();
  await op.changePerson({ id }, { disabled: true });
  await plain.await(1);
  const failing = await one.until(({ failures }) => failures === 1);
  assert.equal(failing.problem, "there is no key that signs");
  for (const { kid, wrapped_key } of keys) await op.rows("UPDATE signing_keys SET wrapped_key = ? WHERE kid = ?", wrapped_key, kid);
  op.clock.advance({ minutes: 1 });
  await op.cron();
  await sets(one, 1);
  await Promise.all([one.delete(), plain.delete()]);
});

test("what has no type is refused by name", async () => {
  const refused = await op.admin(WEBHOOKS, { json: { name: "a", url: "https://a.acme.test/", format: "set", events: ["sign_in"] } });
  assert.equal(refused.status, 400);
  assert.match((await refused.json()).error_description, /sign_in has no type/);
});
