// Webhooks, as operators make and change them.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { startLimen } from "../support/limen.mjs";
import { Receiver, WEBHOOKS, verified } from "./support.mjs";

const op = await startLimen();
const make = (json, bearer = op.adminToken) => op.fetch(WEBHOOKS, { json, bearer });
const GOOD = { name: "SIEM", url: "https://siem.acme.test/in", events: ["key_revoked"] };
let keys = 0;
async function key(scopes) {
  const json = { name: `Key ${++keys}`, scopes };
  return (await op.json("/admin/api/api_keys", { json, bearer: op.adminToken })).key;
}

test("a secret is shown once, and stored nowhere", async () => {
  const { secret, ...rest } = await (await make(GOOD)).json();
  assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.deepEqual(await op.json(`${WEBHOOKS}/${rest.id}`, { bearer: op.adminToken }), rest);
  assert.deepEqual((await op.json(WEBHOOKS, { bearer: op.adminToken })).webhooks, [rest]);
  const stored = JSON.stringify([await op.rows("SELECT * FROM webhooks"), await op.rows("SELECT * FROM audit"), op.logs]);
  assert.ok(!stored.includes(secret.slice(6)));
  assert.equal((await op.admin(`${WEBHOOKS}/${rest.id}`, { method: "DELETE" })).status, 204);
});

test("what is not public, not https, or says nothing, is refused with the reason", async () => {
  for (const [change, why] of [
    [{ url: "http://siem.acme.test/in" }, /^url must be an https URL/],
    [{ url: "https://127.0.0.1/in" }, /^url must have a public domain name/],
    [{ url: "https://[::1]/in" }, /^url must have a public domain name/],
    [{ url: "https://localhost/in" }, /^url must have a public domain name/],
    [{ url: "https://metadata.google.internal/" }, /^url must have a public domain name/],
    [{ url: "https://u:p@siem.acme.test/in" }, /^url must/],
    [{ url: `https://siem.acme.test/${"a".repeat(2_000)}` }, /^url must/],
    [{ url: `${op.issuer}/token` }, /^url must not be at the host of this provider/],
    [{ url: undefined }, /^url is missing/],
    [{ name: "<b>" }, /^name must/],
    [{ events: ["sign_ins"] }, /there is no sign_ins/],
    [{ events: [] }, /^events must be null/],
    [{ secret: "whsec_x" }, /^secret is no member here/],
  ]) {
    const refused = await make({ ...GOOD, ...change });
    assert.equal(refused.status, 400, JSON.stringify(change));
    assert.match((await refused.json()).error_description, why);
  }
  assert.deepEqual(await op.rows("SELECT * FROM webhooks"), []);
});

test("there are ten at most, also of fifteen at once", async () => {
  const answers = await Promise.all(Array.from({ length: 15 }, () => make(GOOD)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [...Array(10).fill(201), ...Array(5).fill(409)]);
  for (const { id } of await op.rows("SELECT id FROM webhooks")) await op.admin(`${WEBHOOKS}/${id}`, { method: "DELETE" });
});

test("two renewals at once give one secret", async () => {
  const receiver = await Receiver.of(op, ["user_created"]);
  const answers = await Promise.all([1, 2, 3].map(() => op.admin(`${receiver.path}/renew_secret`, { method: "POST" })));
  const good = answers.filter(({ status }) => status === 200);
  assert.ok(good.length >= 1 && answers.every(({ status }) => [200, 409].includes(status)));
  const { secret } = await good.at(-1).json();
  await op.person();
  await receiver.await(1);
  if (good.length === 1) assert.ok(verified(secret, receiver.calls[0]));
  await receiver.delete();
});

test("a renewal while two secrets sign is refused, unless it ends both", async () => {
  const receiver = await Receiver.of(op, ["user_created"]);
  const renew = (json) => op.admin(`${receiver.path}/renew_secret`, { method: "POST", json });
  assert.equal((await renew({ overlap_seconds: 3_600 })).status, 200);
  const refused = await renew({ overlap_seconds: 3_600 });
  assert.equal(refused.status, 409);
  assert.match((await refused.json()).error_description, /signs until 2\d{3}-.*overlap_seconds/);
  await op.person();
  await receiver.await(1);
  assert.ok(verified(receiver.secret, receiver.calls[0]), "receivers still know the first");
  const last = await (await renew({ overlap_seconds: 0 })).json();
  await op.person();
  await receiver.await(2);
  assert.ok(verified(last.secret, receiver.calls[1]) && !verified(receiver.secret, receiver.calls[1]));
  assert.equal((await renew({ overlap_seconds: 3_600 })).status, 200);
  await receiver.delete();
});

test("the audit has the origin of an address alone: the rest may be a secret", async () => {
  const made = await (await make({ ...GOOD, url: "https://hooks.acme.test/services/hush" })).json();
  const path = `${WEBHOOKS}/${made.id}`;
  await op.admin(path, { method: "PATCH", json: { url: "https://hooks2.acme.test/services/hush?key=hush" } });
  await op.admin(path, { method: "DELETE" });
  const rows = await op.rows("SELECT detail FROM audit WHERE json_extract(detail, '$.webhook') = ? ORDER BY id", made.id);
  const details = rows.map(({ detail }) => JSON.parse(detail));
  assert.deepEqual(details.map(({ url }) => url), ["https://hooks.acme.test", "https://hooks.acme.test", "https://hooks2.acme.test"]);
  assert.deepEqual(details[1].to, { url: "https://hooks2.acme.test" });
  assert.ok(!JSON.stringify(rows).includes("hush"));
});

describe("who may", () => {
  test("change webhooks may read the audit, too: nobody reads by them what they may not", async () => {
    const [reader, writer, both] = [
      await key(["webhooks:read"]),
      await key(["webhooks:write"]),
      await key(["webhooks:write", "audit:read"]),
    ];
    assert.equal((await op.fetch(WEBHOOKS, { bearer: reader })).status, 200);
    assert.equal((await make(GOOD, reader)).status, 403);
    const refused = await make(GOOD, writer);
    assert.equal(refused.status, 403);
    assert.match((await refused.json()).error_description, /audit:read/);
    const made = await make(GOOD, both);
    assert.equal(made.status, 201);
    const path = `${WEBHOOKS}/${(await made.json()).id}`;
    const change = { method: "PATCH", json: { url: "https://elsewhere.acme.test/" } };
    for (const attempt of [
      op.fetch(path, { ...change, bearer: writer }),
      op.fetch(`${path}/renew_secret`, { method: "POST", bearer: writer }),
      op.fetch(`${path}/test`, { method: "POST", bearer: writer }),
      op.fetch(path, { method: "DELETE", bearer: reader }),
      op.fetch(path, { method: "DELETE", bearer: writer }),
    ]) {
      assert.equal((await attempt).status, 403);
    }
    assert.equal((await op.json(path, { bearer: reader })).url, GOOD.url);
    assert.equal((await op.fetch(path, { ...change, bearer: both })).status, 200);
    assert.equal((await op.fetch(path, { method: "DELETE", bearer: both })).status, 204);
  });

  test("did so is in the audit", async () => {
    const receiver = await Receiver.of(op, ["key_revoked"]);
    await receiver.change({ name: "Another", events: null, enabled: false });
    await op.admin(`${receiver.path}/renew_secret`, { method: "POST" });
    await op.admin(`${receiver.path}/test`, { method: "POST" });
    await receiver.delete();
    const rows = await op.rows("SELECT event, actor, detail FROM audit WHERE json_extract(detail, '$.webhook') = ? ORDER BY id", receiver.id);
    assert.deepEqual(
      rows.map(({ event }) => event),
      ["webhook_made", "webhook_changed", "webhook_secret_renewed", "webhook_tested", "webhook_deleted"],
    );
    assert.ok(rows.every(({ actor }) => actor === "operator"));
    assert.deepEqual(JSON.parse(rows[1].detail).to, { name: "Another", events: null, enabled: false });
  });
});

describe("a test", () => {
  test("is sent at once, also where the webhook is off, and says what came of it", async () => {
    const receiver = await Receiver.of(op, ["key_revoked"], { enabled: false });
    const tested = () => op.admin(`${receiver.path}/test`, { method: "POST" });
    assert.deepEqual(await (await tested()).json(), { ok: true, problem: null });
    const event = verified(receiver.secret, receiver.calls[0]);
    assert.deepEqual([event.type, event.data.webhook_id], ["webhook_test", receiver.id]);
    const soon = await tested();
    assert.equal(soon.status, 429);
    assert.equal(soon.headers.get("retry-after"), "10");
    op.clock.advance({ seconds: 11 });
    receiver.answer = { status: 404, body: "<b>nothing</b> here" };
    assert.deepEqual(await (await tested()).json(), { ok: false, problem: "answered with status 404: <b>nothing</b> here" });
    assert.equal((await receiver.read()).failures, 0, "it is not an event");
    await receiver.delete();
  });
});
