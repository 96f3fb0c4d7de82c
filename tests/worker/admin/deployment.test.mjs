// What operators see of a deployment: whether it is well, and its settings as they are in force.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const health = async (op, init = {}) => {
  const response = await op.admin("/admin/api/health", init);
  assert.equal(response.status, 200);
  return response.json();
};

describe("health", () => {
  test("is not good before a periodic run, good behind it, and not good once that is a day ago", async () => {
    const op = await startLimen();
    const before = await health(op);
    assert.deepEqual([before.ok, before.cron, before.keys.without_current], [false, { ok: false, last_run_at: null }, ["RS256"]]);
    await op.cron();
    const after = await health(op);
    assert.equal(after.ok, true, JSON.stringify(after));
    assert.ok(Math.abs(after.cron.last_run_at - op.clock.seconds()) < 30);
    op.clock.advance({ days: 1, minutes: 1 });
    const late = await health(op);
    assert.deepEqual([late.ok, late.cron.ok, late.d1.ok, late.mail.ok], [false, false, true, true]);
    await op.cron();
    assert.equal((await health(op)).ok, true);
  });

  test("a run that fails is none that ended well", async () => {
    const op = await startLimen();
    await op.cron({ d1: { matching: "DELETE FROM audit" } }).catch(() => {});
    assert.equal((await health(op)).cron.ok, false);
  });

  test("says so where D1 or KV does not answer", async () => {
    const op = await startLimen();
    await op.cron();
    const withoutD1 = await health(op, { d1: { down: true } });
    assert.deepEqual([withoutD1.ok, withoutD1.d1.ok, withoutD1.kv.ok], [false, false, true]);
    const withoutKv = await health(op, { kv: "down" });
    assert.deepEqual([withoutKv.ok, withoutKv.d1.ok, withoutKv.kv.ok], [false, true, false]);
  });
});

describe("settings", async () => {
  const vars = { MAIL: "resend", MAIL_FROM: "id@acme.org", MAIL_API_KEY: "key-of-the-provider-0123456789", MCP: "on", CODE_LIFETIME: "30" };
  const op = await startLimen({ vars });
  const text = await (await op.admin("/admin/api/settings")).text();
  const settings = Object.fromEntries(JSON.parse(text).settings.map(({ name, ...rest }) => [name, rest]));

  test("are as they are in force, with where they come from", () => {
    assert.deepEqual(settings.CODE_LIFETIME, { value: "30", source: "variable", secret: false });
    assert.deepEqual(settings.SESSION_IDLE, { value: "604800", source: "default", secret: false });
    assert.deepEqual(settings.REGISTRATION, { value: "open", source: "implied", secret: false });
    assert.deepEqual(settings.ISSUER, { value: op.issuer, source: "variable", secret: false });
  });

  test("say of secrets whether they are set, and no more", () => {
    for (const name of ["ADMIN_TOKEN", "KEK_1", "MAIL_API_KEY"]) {
      assert.deepEqual(settings[name], { value: null, source: "variable", secret: true }, name);
      assert.ok(!text.includes(op.variable(name)), name);
    }
  });
});
