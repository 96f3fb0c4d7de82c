// Grants that a client polls for: of devices (RFC 8628), and of people who are asked elsewhere (CIBA).

import assert from "node:assert/strict";

import { succeeded } from "./expect.mjs";

/** How a client polls with what it got when it asked: a `device_code`, an `auth_req_id`. */
export function polling(grant_type, handle) {
  /** Polls once. */
  const poll = (client, asked, overrides = {}, init) =>
    client.post("/token", { grant_type, [handle]: asked[handle], ...overrides }, init);

  /** Polls once, and gives the error. */
  async function pollError(...polled) {
    const response = await poll(...polled);
    const body = await response.json();
    assert.equal(response.status, 400, JSON.stringify(body));
    return body.error;
  }

  /** Polls once, which must give tokens. */
  const tokens = async (...polled) => succeeded(await poll(...polled));

  return { poll, pollError, tokens };
}

/** Of polls that were measured, each was told to wait, and none wrote anything. */
export async function allWait(responses) {
  for (const response of responses) {
    const { error } = await succeeded(response, 400);
    assert.ok(["authorization_pending", "slow_down"].includes(error), error);
  }
  // Those of another isolate are not measured.
  const written = responses.map((response) => response.headers.get("x-limen-test-written")).filter((rows) => rows !== null);
  assert.ok(written.length > 0 && written.every((rows) => rows === "0"), `${written}`);
}
