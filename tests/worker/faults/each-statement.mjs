// Each statement of an operation fails once, its batch with it. Nothing is half done, and the same request works afterwards.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { fault } from "../support/expect.mjs";

const TABLES = [
  "clients",
  "users",
  "credentials",
  "sessions",
  "grants",
  "codes",
  "token_families",
  "dpop_proofs",
  "pushed_requests",
  "backchannel_outbox",
  "mail_outbox",
  "revoked_tokens",
  "signing_keys",
  "session_clients",
  "replay",
];

const TIDYING = /^(UPDATE sessions|DELETE FROM throttles|INSERT INTO throttles|UPDATE logout_outbox|SELECT o\.id)/i;

/** All that is stored, less when a session was last seen. */
async function snapshot(op) {
  const answers = await op.db.batch(TABLES.map((table) => op.db.prepare(`SELECT * FROM ${table} ORDER BY 1`)));
  return answers.flatMap(({ results }, n) =>
    results.map(({ last_seen_at: _, ...row }) => `${TABLES[n]} ${JSON.stringify(row)}`),
  );
}

const statementsOf = (response) => JSON.parse(atob(response.headers.get("x-limen-test-statements")));

/** Tests of `operations`: each gives a request on a state of its own, prepared outside of the fault. `isTidying` is what else may fail unnoticed. */
export function eachStatementFails(op, operations, isTidying = /(?!)/) {
  for (const [what, prepare] of Object.entries(operations)) {
    describe(what, () => {
      test("each statement failing leaves no half-done work", async () => {
        await (await prepare())(); // what the isolate remembers from here on is the same each time
        const probe = await (await prepare())({ measure: true });
        assert.ok(probe.status < 400, await probe.text());
        for (const [nth, sql] of statementsOf(probe).entries()) {
          const request = await prepare();
          const before = await snapshot(op);
          const response = await request({ d1: { nth } });
          if (response.status >= 400) {
            await fault(response);
            assert.deepEqual(await snapshot(op), before, `half done after: ${sql}`);
            const again = await request();
            assert.ok(again.status < 400, `afterwards ${again.status} (${sql}): ${await again.text()}`);
          } else {
            assert.ok(
              TIDYING.test(sql) || isTidying.test(sql),
              `only tidying may fail unnoticed, and what is sent after the answer, and later again: ${sql}`,
            );
          }
        }
      });
    });
  }
}
