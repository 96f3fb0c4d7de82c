// Passport, by two strategies: passport-openidconnect (no PKCE, the secret in the form) and openid-client's.

import assert from "node:assert/strict";
import { test } from "node:test";

import { isStranger, known, read, shown, signInAt } from "../support/journey.mjs";
import { jsonOf, setStage, visit } from "../support/stage.mjs";

const { op, chromium, run } = await setStage();

test("passport-openidconnect: sign-in, sign-out", async (t) => {
  const app = await run(t, "passport", ["node", "app.mjs"]);
  const ada = await op.person();
  const { page } = await visit(t, chromium);

  await signInAt(page, app, "/login", ada);
  const { id, displayName, emails, username } = await jsonOf(page);
  assert.deepEqual([id, displayName, emails[0].value, username], [ada.id, ada.name, ada.email, ada.username]);
  assert.equal(await read(page, app, "/logout"), "nobody");
  await isStranger(page, app, "/login");
});

test("passport with openid-client's strategy: sign-in, sign-out", async (t) => {
  const app = await run(t, "passport", ["node", "with-openid-client.mjs"]);
  const ada = await op.person();
  const { page } = await visit(t, chromium);

  await signInAt(page, app, "/login", ada);
  assert.deepEqual(shown(await jsonOf(page)), known(ada));
  assert.equal(await read(page, app, "/logout"), "nobody");
  await isStranger(page, app, "/login");
});
