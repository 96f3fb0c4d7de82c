// Authlib with Flask: PKCE, and a refresh by itself as soon as a token has less than a minute to live.

import assert from "node:assert/strict";
import { test } from "node:test";

import { isStranger, known, read, shown, signInAt } from "../support/journey.mjs";
import { jsonOf, python, setStage, visit } from "../support/stage.mjs";

const { op, chromium, run } = await setStage({ ACCESS_TOKEN_LIFETIME: "30" });

test("Authlib: sign-in, refresh, sign-out", async (t) => {
  const app = await run(t, "authlib", [python, "app.py"]);
  const ada = await op.person();
  const { page } = await visit(t, chromium);

  await signInAt(page, app, "/login", ada);
  assert.deepEqual(shown(await jsonOf(page)), known(ada));
  for (const generation of [1, 2]) {
    assert.deepEqual(shown(await read(page, app, "/profile")), known(ada));
    const [family] = await op.rows("SELECT generation FROM token_families");
    assert.equal(family.generation, generation, "the library refreshed");
  }
  assert.equal(await read(page, app, "/logout"), "nobody");
  await isStranger(page, app, "/login");
});
