// mozilla-django-oidc: sends its secret in the form, and asks anew without a question (`prompt=none`) from time to time.

import assert from "node:assert/strict";
import { test } from "node:test";

import { isStranger, read, signInAt } from "../support/journey.mjs";
import { database, jsonOf, python, setStage, visit } from "../support/stage.mjs";

const { op, chromium, run } = await setStage();

test("mozilla-django-oidc: sign-in, renewal, sign-out", async (t) => {
  const env = { DATABASE: database(t), RENEW_SECONDS: "2" };
  const app = await run(t, "mozilla-django-oidc", [python, "manage.py"], { env });
  const ada = await op.person();
  const { page } = await visit(t, chromium);

  await signInAt(page, app, "/oidc/authenticate/", ada);
  const user = await jsonOf(page);
  assert.equal(user.email, ada.email);
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  const renewed = page.waitForRequest((request) => request.url().startsWith(op.issuer) && request.url().includes("prompt=none"));
  assert.deepEqual(await read(page, app, "/"), user);
  await renewed;
  assert.equal(await read(page, app, "/oidc/logout/"), "nobody");
  await isStranger(page, app, "/oidc/authenticate/");
});
