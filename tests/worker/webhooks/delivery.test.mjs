// Events of the audit are sent to webhooks: signed, in order, and as often as it takes.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

import { freshRoot, startLimen } from "../support/limen.mjs";
import { Receiver, verified } from "./support.mjs";

const op = await startLimen({ isolates: 2 });

/** Something that happens, with the id of whom it happened to. */
async function happens() {
  return (await op.person()).id;
}
const disabled = async (id, value) => op.changePerson({ id }, { disabled: value });

describe("an event", () => {
  test("is sent after the answer, signed, with what the audit says of it", async () => {
    const receiver = await Receiver.of(op, ["user_created"]);
    const id = await happens();
    const [event] = await receiver.await(1);
    const [call] = receiver.calls;
    assert.equal(call.method, "POST");
    assert.equal(call.headers["content-type"], "application/json");
    assert.deepEqual(verified(receiver.secret, call), event);
    const [row] = await op.rows("SELECT * FROM audit WHERE event = 'user_created' AND user_id = ?", id);
    assert.equal(event.id, `evt_${row.id}_${row.at}`);
    assert.deepEqual([call.headers["webhook-id"], event.type], [event.id, "user_created"]);
    assert.equal(event.timestamp, new Date(row.at * 1_000).toISOString().replace(".000", ""));
    assert.deepEqual(event.data, {
      audit_id: row.id,
      outcome: "success",
      actor: "operator",
      operator: null,
      operator_user_id: null,
      user_id: id,
      client_id: null,
      session_id: null,
      network: row.network,
      request_id: row.request_id,
      detail: JSON.parse(row.detail),
    });
    const read = await receiver.until(({ delivered_at }) => delivered_at);
    assert.deepEqual([read.state, read.failures, read.problem], ["ok", 0, null]);
    await receiver.delete();
  });

  test("that is changed on the way, or signed with another secret, is known as such", async () => {
    const receiver = await Receiver.of(op, ["user_created"]);
    await happens();
    await receiver.await(1);
    const [call] = receiver.calls;
    assert.ok(verified(receiver.secret, call));
    assert.equal(verified(receiver.secret, { ...call, body: call.body.replace("success", "failure") }), undefined);
    const later = { ...call.headers, "webhook-timestamp": String(Number(call.headers["webhook-timestamp"]) + 1) };
    assert.equal(verified(receiver.secret, { ...call, headers: later }), undefined);
    const other = await Receiver.of(op, ["key_revoked"]);
    assert.equal(verified(other.secret, call), undefined);
    await Promise.all([receiver.delete(), other.delete()]);
  });

  test("is sent where it is wanted, and costs the others nothing", async () => {
    const [one, all, none] = [
      await Receiver.of(op, ["user_disabled", "user_enabled"]),
      await Receiver.of(op, null),
      await Receiver.of(op, ["key_revoked"]),
    ];
    const id = await happens();
    await disabled(id, true);
    await disabled(id, false);
    assert.deepEqual((await one.await(2)).map(({ type }) => type), ["user_disabled", "user_enabled"]);
    const types = (await all.await(5)).map(({ type }) => type);
    assert.deepEqual(types, ["webhook_made", "webhook_made", "user_created", "user_disabled", "user_enabled"]);
    assert.deepEqual(none.calls, []);
    await Promise.all([one.delete(), all.delete(), none.delete()]);
  });

  test("of a stranger, which is written down after the answer, is sent, too", async () => {
    const receiver = await Receiver.of(op, ["operator_refused"]);
    assert.equal((await op.fetch("/admin/api/users", { bearer: "wrong" })).status, 401);
    const [event] = await receiver.await(1);
    assert.deepEqual([event.type, event.data.actor, event.data.outcome], ["operator_refused", "anybody", "failure"]);
    await receiver.delete();
  });

  test("before the webhook was made, or while it is off, is another matter", async () => {
    await happens();
    const receiver = await Receiver.of(op, ["user_created"]);
    await receiver.change({ enabled: false });
    const first = await happens();
    await op.cron();
    assert.deepEqual(receiver.calls, []);
    assert.equal((await receiver.change({ enabled: true })).state, "ok");
    await op.cron();
    const second = await happens();
    assert.deepEqual((await receiver.await(2)).map(({ data }) => data.user_id), [first, second], "it goes on where it was");
    await receiver.delete();
  });
});

describe("where it is not taken", () => {
  test("it is sent again after ever longer pauses, with the same id, and the next ones wait", async () => {
    const receiver = await Receiver.of(op, ["user_created"]);
    receiver.answer = { status: 500, body: "no room" };
    const [first, second] = [await happens(), await happens()];
    await receiver.await(1);
    const failing = await receiver.until(({ failures }) => failures === 1);
    assert.deepEqual([failing.state, failing.problem], ["failing", "answered with status 500: no room"]);
    assert.ok(Math.abs(failing.next_attempt_at - op.clock.seconds() - 60) < 10);
    await op.cron();
    await receiver.await(1);
    for (const [attempt, minutes] of [[2, 1], [3, 4], [4, 16], [5, 64]]) {
      op.clock.advance({ minutes });
      await op.cron();
      await receiver.await(attempt);
      await op.cron();
      await receiver.await(attempt);
    }
    assert.equal(new Set(receiver.events.map(({ id }) => id)).size, 1);
    assert.equal(new Set(receiver.calls.map(({ headers }) => headers["webhook-timestamp"])).size, 5, "each attempt has its time");
    assert.ok(receiver.calls.every((call) => verified(receiver.secret, call)));
    receiver.answer = { status: 200 };
    op.clock.advance({ minutes: 256 });
    await op.cron();
    const events = await receiver.await(7);
    assert.deepEqual(events.slice(5).map(({ data }) => data.user_id), [first, second]);
    assert.deepEqual([(await receiver.read()).state, (await receiver.read()).problem], ["ok", null]);
    await receiver.delete();
  });

  test("a redirect is not followed, and an answer that does not come is not waited for", async () => {
    const receiver = await Receiver.of(op, ["user_created"]);
    const elsewhere = new Receiver(op);
    receiver.answer = { status: 302, headers: { location: elsewhere.url } };
    await happens();
    const moved = await receiver.until(({ failures }) => failures === 1);
    assert.match(moved.problem, /^answered with status 302, a redirect, which is not followed/);
    assert.deepEqual(elsewhere.calls, []);
    receiver.answer = { status: 200, delay: 7_000 };
    op.clock.advance({ minutes: 1 });
    const begun = Date.now();
    await op.cron();
    assert.ok(Date.now() - begun < 6_900);
    assert.equal((await receiver.read()).problem, "did not answer within 5 seconds");
    await receiver.delete();
  });

  test("of a long answer only the beginning is read, and shown as text", async () => {
    const receiver = await Receiver.of(op, ["user_created"]);
    receiver.answer = { status: 503, chunks: 100 };
    await happens();
    const failing = await receiver.until(({ failures }) => failures === 1);
    assert.equal(failing.problem, `answered with status 503: ${"[".repeat(200)}`);
    await receiver.delete();
  });

  test("an event that is refused three times does not hold up the next", async () => {
    const receiver = await Receiver.of(op, ["user_created"], { enabled: false });
    const [bad, good] = [await happens(), await happens()];
    receiver.answer = ({ body }) => ({ status: body.includes(bad) ? 400 : 204 });
    await receiver.change({ enabled: true });
    await op.cron();
    op.clock.advance({ minutes: 1 });
    await op.cron();
    op.clock.advance({ minutes: 4 });
    await op.cron();
    assert.deepEqual((await receiver.await(4)).map(({ data }) => data.user_id), [bad, bad, bad, good]);
    assert.deepEqual([(await receiver.read()).state, (await receiver.read()).passed_over], ["ok", 1]);
    await receiver.delete();
  });

  test("a refusal after failures of another kind is the first one", async () => {
    const receiver = await Receiver.of(op, ["user_created"]);
    receiver.answer = { status: 500 };
    const first = await happens();
    await receiver.until(({ failures }) => failures === 1);
    op.clock.advance({ minutes: 1 });
    await op.cron();
    receiver.answer = { status: 400 };
    op.clock.advance({ minutes: 4 });
    await op.cron();
    const { failures, passed_over } = await receiver.read();
    assert.deepEqual([failures, passed_over], [3, 0]);
    receiver.answer = { status: 204 };
    op.clock.advance({ minutes: 16 });
    await op.cron();
    assert.equal((await receiver.await(4)).at(-1).data.user_id, first);
    await receiver.delete();
  });

  test("one failure days after another, with nothing to send between them, gives nothing up", async () => {
    const receiver = await Receiver.of(op, ["user_created"]);
    receiver.answer = { status: 400 };
    await happens();
    await receiver.until(({ failures }) => failures === 1);
    for (const minutes of [1, 4]) {
      op.clock.advance({ minutes });
      await op.cron();
    }
    assert.equal((await receiver.read()).passed_over, 1);
    op.clock.advance({ days: 4 });
    receiver.answer = { status: 500 };
    await happens();
    await receiver.until(({ failures }) => failures === 1);
    assert.equal((await receiver.read()).state, "failing");
    receiver.answer = { status: 204 };
    op.clock.advance({ minutes: 1 });
    await op.cron();
    assert.equal((await receiver.read()).state, "ok");
    await receiver.delete();
  });

  test("a receiver that says when to come back is left alone until then", async () => {
    const receiver = await Receiver.of(op, ["user_created"]);
    const [ten, date] = ["600", () => new Date(op.clock.date().getTime() + 1_800_000).toUTCString()];
    receiver.answer = { status: 503, headers: { "retry-after": ten } };
    await happens();
    const { next_attempt_at } = await receiver.until(({ failures }) => failures === 1);
    assert.ok(Math.abs(next_attempt_at - op.clock.seconds() - 600) < 10);
    op.clock.advance({ minutes: 10 });
    receiver.answer = () => ({ status: 429, headers: { "retry-after": date() } });
    await op.cron();
    assert.ok(Math.abs((await receiver.read()).next_attempt_at - op.clock.seconds() - 1_800) < 10);
    op.clock.advance({ minutes: 30 });
    receiver.answer = { status: 503, headers: { "retry-after": "99999999" } };
    await op.cron();
    assert.ok(Math.abs((await receiver.read()).next_attempt_at - op.clock.seconds() - 86_400) < 10, "a day at most");
    await receiver.delete();
  });

  test("a receiver that is gone for good is left alone at once", async () => {
    const receiver = await Receiver.of(op, ["user_created"]);
    receiver.answer = { status: 410 };
    await happens();
    await receiver.until(({ state }) => state === "given_up");
    op.clock.advance({ days: 1 });
    await op.cron();
    await receiver.await(1);
    await receiver.delete();
  });

  test("after three days it is given up: health and the audit say so, until an operator takes it up again", async () => {
    const receiver = await Receiver.of(op, ["user_created"]);
    const name = (await receiver.read()).name;
    receiver.answer = { status: 500 };
    await happens();
    await receiver.until(({ failures }) => failures === 1);
    const health = async () => (await op.json("/admin/api/health", { bearer: op.adminToken })).webhooks;
    assert.deepEqual(await health(), { ok: true, failing: [] }, "that may pass");
    op.clock.advance({ hours: 1 });
    assert.deepEqual(await health(), { ok: false, failing: [name] });
    for (let day = 0; day < 5; day++) {
      await op.cron();
      op.clock.advance({ days: 1 });
    }
    await op.cron();
    assert.equal((await receiver.read()).state, "given_up");
    assert.deepEqual(await health(), { ok: false, failing: [name] });
    const [row] = await op.rows("SELECT * FROM audit WHERE event = 'webhook_given_up' ORDER BY id DESC LIMIT 1");
    assert.deepEqual([row.actor, JSON.parse(row.detail).webhook], ["system", receiver.id]);
    receiver.calls.length = 0;
    const recent = await happens();
    op.clock.advance({ days: 1 });
    await op.cron();
    assert.deepEqual(receiver.calls, [], "nothing is sent any more");
    receiver.answer = { status: 204 };
    await receiver.change({ enabled: true });
    await op.cron();
    assert.deepEqual((await receiver.await(1)).map(({ data }) => data.user_id), [recent], "what is three days old is passed over");
    const read = await receiver.read();
    assert.deepEqual([read.state, read.passed_over >= 1], ["ok", true]);
    assert.deepEqual(await health(), { ok: true, failing: [] });
    await receiver.delete();
  });

  test("it is asked once more before it is given up, where nobody asked it for three days", async () => {
    const receiver = await Receiver.of(op, ["user_created"]);
    receiver.answer = { status: 500 };
    const waiting = await happens();
    await receiver.until(({ failures }) => failures === 1);
    receiver.answer = { status: 204 };
    receiver.calls.length = 0;
    op.clock.advance({ days: 4 });
    await op.cron();
    assert.deepEqual((await receiver.await(1)).map(({ data }) => data.user_id), [waiting]);
    const read = await receiver.read();
    assert.deepEqual([read.state, read.passed_over], ["ok", 0]);
    await receiver.delete();
  });
});

describe("runs at once", () => {
  test("send each event once", async () => {
    const receiver = await Receiver.of(op, ["user_created"], { enabled: false });
    const ids = [];
    for (let n = 0; n < 45; n++) ids.push(await happens());
    receiver.answer = { status: 204, delay: 5 };
    await receiver.change({ enabled: true });
    await Promise.all(Array.from({ length: 8 }, (_, n) => op.cron({ isolate: n % 2 })));
    await receiver.await(45);
    assert.deepEqual(receiver.events.map(({ data }) => data.user_id), ids, "in their order");
    await receiver.delete();
  });

  test("that die lose nothing: what they held is sent again when their lease is over", async () => {
    const receiver = await Receiver.of(op, ["user_created"], { enabled: false });
    const id = await happens();
    await receiver.change({ enabled: true });
    await op.cron({ d1: { matching: "SET position" } });
    await op.cron();
    assert.equal(receiver.calls.length, 1);
    op.clock.advance({ minutes: 2 });
    await op.cron();
    const events = await receiver.await(2);
    assert.deepEqual([events[0].id, events[1].data.user_id], [events[1].id, id]);
    await op.cron();
    await receiver.await(2);
    await receiver.delete();
  });

  test("keep to what an operator says while they send", async () => {
    const receiver = await Receiver.of(op, ["user_created"]);
    let off;
    receiver.answer = async () => {
      off ??= receiver.change({ enabled: false });
      await off;
      return { status: 204 };
    };
    await happens();
    await receiver.await(1);
    await receiver.until(({ delivered_at }) => delivered_at);
    assert.equal((await receiver.read()).state, "off");
    await happens();
    await op.cron();
    await receiver.await(1);
    await receiver.delete();
  });

  test("do not write down what failed at an address that an operator has changed since", async () => {
    const [receiver, other] = [await Receiver.of(op, ["user_created"]), new Receiver(op)];
    let changed;
    receiver.answer = async () => {
      changed ??= receiver.change({ url: other.url });
      await changed;
      return { status: 500 };
    };
    const id = await happens();
    await receiver.await(1);
    await wait(200);
    const read = await receiver.read();
    assert.deepEqual([read.state, read.failures, read.url], ["ok", 0, other.url]);
    await op.cron();
    for (let tries = 0; tries < 100 && other.calls.length === 0; tries++) await wait(25);
    assert.deepEqual(other.events.map(({ data }) => data.user_id), [id], "at once, at the new one");
    await receiver.delete();
  });
});

describe("one receiver", () => {
  test("waits for no five slow ones", async () => {
    const slow = [];
    for (let n = 0; n < 5; n++) slow.push(await Receiver.of(op, ["user_created"], { enabled: false }));
    // It was served last, so it comes behind the others.
    const fast = await Receiver.of(op, ["user_created"]);
    await happens();
    await fast.await(1);
    await fast.change({ enabled: false });
    for (let n = 0; n < 5; n++) await happens();
    for (const receiver of slow) receiver.answer = () => ({ status: 204, delay: 3_000 });
    for (const receiver of [...slow, fast]) await receiver.change({ enabled: true });
    const begun = Date.now();
    const run = op.cron();
    while (fast.calls.length < 6 && Date.now() - begun < 12_000) await wait(50);
    assert.equal(fast.calls.length, 6, "long before the slow ones have had all");
    for (const receiver of slow) receiver.answer = { status: 204 };
    await run;
    for (const receiver of [...slow, fast]) {
      await receiver.await(6);
      await receiver.delete();
    }
  });

  test("whose row is broken stops no other, and hides none", async () => {
    const [broken, well] = [await Receiver.of(op, ["user_created"]), await Receiver.of(op, ["user_created"])];
    await op.rows("UPDATE webhooks SET events = '\"user_created\"' WHERE id = ?", broken.id);
    await happens();
    await well.await(1);
    assert.deepEqual(broken.calls, []);
    const failing = await broken.until(({ state }) => state === "failing");
    assert.match(failing.problem, /cannot be read/);
    const { webhooks } = await op.json("/admin/api/webhooks", { bearer: op.adminToken });
    assert.deepEqual(webhooks.map(({ id }) => id).sort(), [broken.id, well.id].sort());
    await broken.change({ events: ["user_created"] });
    op.clock.advance({ minutes: 2 });
    await op.cron();
    await broken.await(1);
    await Promise.all([broken.delete(), well.delete()]);
  });
});

describe("secrets", () => {
  test("of before and now both sign until the overlap is over", async () => {
    const receiver = await Receiver.of(op, ["user_created"]);
    const renew = { method: "POST", json: { overlap_seconds: 3_600 }, bearer: op.adminToken };
    const renewed = await op.json(`${receiver.path}/renew_secret`, renew);
    assert.notEqual(renewed.secret, receiver.secret);
    await happens();
    await receiver.await(1);
    assert.equal(receiver.calls[0].headers["webhook-signature"].split(" ").length, 2);
    assert.ok(verified(receiver.secret, receiver.calls[0]) && verified(renewed.secret, receiver.calls[0]));
    op.clock.advance({ hours: 1 });
    await happens();
    await receiver.await(2);
    assert.equal(verified(receiver.secret, receiver.calls[1]), undefined);
    assert.ok(verified(renewed.secret, receiver.calls[1]));
    const at_once = await op.json(`${receiver.path}/renew_secret`, { ...renew, json: { overlap_seconds: 0 } });
    await happens();
    await receiver.await(3);
    assert.ok(verified(at_once.secret, receiver.calls[2]) && !verified(renewed.secret, receiver.calls[2]));
    await receiver.delete();
  });

  test("outlive a change of the root key, and go with it", async () => {
    const receiver = await Receiver.of(op, ["user_created"]);
    const first = op.variable("KEK_1");
    await op.redeploy({ KEK_2: freshRoot(), KEK_CURRENT: "2" });
    await happens();
    await receiver.await(1);
    assert.ok(verified(receiver.secret, receiver.calls[0]));
    await op.redeploy({ KEK_1: undefined });
    await happens();
    const failing = await receiver.until(({ failures }) => failures === 1);
    assert.match(failing.problem, /renew the secret/);
    const { secret } = await op.json(`${receiver.path}/renew_secret`, { method: "POST", bearer: op.adminToken });
    op.clock.advance({ minutes: 1 });
    await op.cron();
    await receiver.await(2);
    assert.ok(verified(secret, receiver.calls[1]));
    await receiver.delete();
    await op.redeploy({ KEK_1: first });
  });
});

test("without webhooks nobody asks for them", async () => {
  for (const { id } of await op.rows("SELECT id FROM webhooks")) await op.admin(`/admin/api/webhooks/${id}`, { method: "DELETE" });
  op.outbound.length = 0;
  const ada = await op.person();
  await op.browser().obtain(await op.client(), ada);
  await wait(100);
  const [{ reads }] = await op.rows("SELECT COUNT(*) AS reads FROM webhooks");
  assert.deepEqual([reads, op.outbound], [0, []]);
});
