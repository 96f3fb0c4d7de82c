// openidconnect-rs: strict about every member of discovery and of the tokens.

import assert from "node:assert/strict";
import { test } from "node:test";

import { isStranger, known, read, shown, signInAt } from "../support/journey.mjs";
import { built, jsonOf, setStage, visit } from "../support/stage.mjs";

const { op, chromium, run } = await setStage();

test("openidconnect-rs: sign-in, refresh, sign-out", async (t) => {
  const app = await run(t, "openidconnect-rs", [built("rust/debug/openidconnect-rs")]);
  const ada = await op.person();
  const { page } = await visit(t, chromium);

  await signInAt(page, app, "/login", ada);
  assert.deepEqual(shown(await jsonOf(page)), known(ada));
  for (let time = 0; time < 2; time++) assert.deepEqual(shown(await read(page, app, "/refresh")), known(ada));
  assert.equal(await read(page, app, "/logout"), "nobody");
  await isStranger(page, app, "/login");
});
