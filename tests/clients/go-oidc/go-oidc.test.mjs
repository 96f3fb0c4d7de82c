// go-oidc with golang.org/x/oauth2, which finds out by trying how the secret is sent, and refreshes by itself.

import assert from "node:assert/strict";
import { test } from "node:test";

import { isStranger, known, read, shown, signInAt } from "../support/journey.mjs";
import { built, jsonOf, setStage, visit } from "../support/stage.mjs";

// The library refreshes ten seconds before a token expires: here, always.
const { op, chromium, run } = await setStage({ ACCESS_TOKEN_LIFETIME: "5" });

test("go-oidc: sign-in, refresh, sign-out", async (t) => {
  const app = await run(t, "go-oidc", [built("bin/go-oidc")]);
  const ada = await op.person();
  const { page } = await visit(t, chromium);

  await signInAt(page, app, "/login", ada);
  assert.deepEqual(shown(await jsonOf(page)), known(ada));
  for (const generation of [1, 2]) {
    assert.deepEqual(shown(await read(page, app, "/userinfo")), known(ada));
    const [family] = await op.rows("SELECT generation FROM token_families");
    assert.equal(family.generation, generation, "the library refreshed");
  }
  assert.equal(await read(page, app, "/logout"), "nobody");
  await isStranger(page, app, "/login");
});
