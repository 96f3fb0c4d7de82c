// django-allauth: user info and ID token, and an address that Limen says is verified.

import assert from "node:assert/strict";
import { test } from "node:test";

import { known, read, shown, signInAt } from "../support/journey.mjs";
import { database, jsonOf, python, setStage, visit } from "../support/stage.mjs";

const { op, chromium, run } = await setStage();

test("django-allauth: sign-in, sign-out of the app", async (t) => {
  const app = await run(t, "django-allauth", [python, "manage.py"], { env: { DATABASE: database(t) } });
  const ada = await op.person();
  const { page } = await visit(t, chromium);

  await signInAt(page, app, "/accounts/oidc/limen/login/", ada);
  const user = await jsonOf(page);
  assert.deepEqual(shown(user), known(ada));
  assert.deepEqual([user.email_verified, user.username], [true, ada.username]);
  assert.deepEqual(shown(user.extra.id_token), known(ada));
  assert.equal(await read(page, app, "/accounts/logout/"), "nobody");
  // It signs out of the site alone: the next sign-in asks nothing.
  assert.deepEqual(shown(await read(page, app, "/accounts/oidc/limen/login/")), known(ada));
});
