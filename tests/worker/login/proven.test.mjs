// What a sign-in has shown (`acr`, `amr`, `auth_time`), as a Worker of another version may have written it.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const client = await op.client();

/** Somebody whose session says that they showed `amr`. */
async function shown(amr, acr = "1") {
  const [person, browser] = [await op.person(), op.browser()];
  await browser.obtain(client, person);
  await op.rows("UPDATE sessions SET amr = ?, acr = ? WHERE user_id = ?", amr, acr, person.id);
  return { person, browser };
}

describe("a session of a newer Worker", () => {
  test("with methods that are not known here goes on, and clients are told them as they are", async () => {
    const { person, browser } = await shown('["pwd","retina"]', "9");
    const tokens = await client.tokens(await browser.obtain(client, person));
    const claims = claimsOf(tokens.id_token);
    assert.deepEqual([claims.amr, claims.acr], [["pwd", "retina"], "9"]);
    const again = await client.refreshed(tokens.refresh_token);
    assert.deepEqual(claimsOf(again.id_token).amr, ["pwd", "retina"]);
    assert.equal((await browser.open("/account/browsers")).status, 200);
    const listed = await (await op.admin(`/admin/api/users/${person.id}/sessions`)).json();
    assert.deepEqual(listed.sessions[0].amr, ["pwd", "retina"]);
  });

  test("with something that is no list keeps nobody out", async () => {
    const { person, browser } = await shown("retina");
    const tokens = await client.tokens(await browser.obtain(client, person));
    assert.deepEqual(claimsOf(tokens.id_token).amr, []);
    assert.equal((await browser.open("/account/data/download")).status, 200);
  });
});

test("credentials of a kind that is not known here are no way in, and no hindrance", async () => {
  const [person, browser] = [await op.person(), op.browser()];
  for (const id of ["k1", "k2"])
    await op.rows(
      "INSERT INTO credentials (id, user_id, kind, secret, created_at) VALUES (?, ?, 'carrier pigeon', 'x', 0)",
      `${id} of ${person.id}`,
      person.id,
    );
  assert.ok(await browser.obtain(client, person));
  const stranger = op.browser();
  const page = await stranger.signIn(await stranger.authorize(client), { ...person, password: "x" });
  assert.ok(page.status >= 400);
  assert.equal((await op.admin(`/admin/api/users/${person.id}`, { method: "DELETE" })).status, 204);
  assert.deepEqual(await op.rows("SELECT id FROM credentials WHERE user_id = ?", person.id), []);
});
