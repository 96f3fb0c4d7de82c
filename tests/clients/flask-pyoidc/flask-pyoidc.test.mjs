// Flask-pyoidc 3: asks for no PKCE, reads the ID token and user info.

import assert from "node:assert/strict";
import { test } from "node:test";

import { isStranger, known, read, shown, signInAt } from "../support/journey.mjs";
import { jsonOf, python, setStage, visit } from "../support/stage.mjs";

const { op, chromium, run } = await setStage();

test("Flask-pyoidc: sign-in, refresh, sign-out", async (t) => {
  const app = await run(t, "flask-pyoidc", [python, "app.py"]);
  const ada = await op.person();
  const { page } = await visit(t, chromium);

  await signInAt(page, app, "/profile", ada);
  const { id_token, userinfo } = await jsonOf(page);
  assert.deepEqual(shown(id_token), known(ada));
  assert.deepEqual(shown(userinfo), known(ada));
  for (let time = 0; time < 2; time++) assert.deepEqual(await read(page, app, "/refresh"), { is_new: true });
  assert.equal(await read(page, app, "/logout"), "nobody");
  await isStranger(page, app, "/profile");
});
