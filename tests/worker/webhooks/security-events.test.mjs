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
    assert.ok(claims.txn && claims.jti.startsWith("evt_"));
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
      const [changed, ...ended] = await sets(one, 1);
      assert.deepEqual(ended, []);
      assert.deepEqual(changed.sub_id, { format: "iss_sub", iss: op.issuer, sub });
      assert.equal(changed.aud, client.id);
      const { credential_type, change_type, initiating_entity } = changed.events[`${CAEP}credential-change`];
      assert.deepEqual([credential_type, change_type, initiating_entity], ["password", "update", "admin"]);
      assert.ok(sid);
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

test("what has no type is refused by name", async () => {
  const refused = await op.admin(WEBHOOKS, { json: { name: "a", url: "https://a.acme.test/", format: "set", events: ["sign_in"] } });
  assert.equal(refused.status, 400);
  assert.match((await refused.json()).error_description, /sign_in has no type/);
});
