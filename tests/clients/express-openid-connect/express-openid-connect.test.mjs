// express-openid-connect 3: knows people by their ID token, and signs out at Limen with the ID token as a hint.

import assert from "node:assert/strict";
import { test } from "node:test";

import { isStranger, known, read, shown, signInAt } from "../support/journey.mjs";
import { jsonOf, setStage, visit } from "../support/stage.mjs";

const { op, chromium, run } = await setStage();

test("express-openid-connect: sign-in, refresh, sign-out", async (t) => {
  const app = await run(t, "express-openid-connect", ["node", "app.mjs"]);
  const ada = await op.person();
  const { page } = await visit(t, chromium);

  await signInAt(page, app, "/login", ada);
  assert.deepEqual(shown(await jsonOf(page)), known(ada));
  assert.deepEqual(shown(await read(page, app, "/profile")), known(ada));
  for (let time = 0; time < 2; time++) {
    const { expires_in, userinfo } = await read(page, app, "/refresh");
    assert.ok(expires_in > 500, `${expires_in}`);
    assert.deepEqual(shown(userinfo), known(ada));
  }
  assert.equal(await read(page, app, "/logout"), "nobody");
  await isStranger(page, app, "/profile");
});
