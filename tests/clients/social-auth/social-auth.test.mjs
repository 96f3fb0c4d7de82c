// Python Social Auth's backend for any provider, in Django.

import assert from "node:assert/strict";
import { test } from "node:test";

import { signInAndApprove } from "../../browser/support/person.mjs";
import { known, read, shown } from "../support/journey.mjs";
import { database, jsonOf, python, setStage, visit } from "../support/stage.mjs";

const { op, chromium, run } = await setStage();

test("social-auth: sign-in, refresh, sign-out of the app", async (t) => {
  const app = await run(t, "social-auth", [python, "manage.py"], { env: { DATABASE: database(t) } });
  const ada = await op.person();
  const { page } = await visit(t, chromium);

  await page.goto(`${app.origin}/sign-in`);
  await page.getByRole("button").click();
  await signInAndApprove(page, ada);
  const user = await jsonOf(page);
  assert.deepEqual(shown(user), known(ada));
  assert.equal(user.username, ada.username);
  for (let time = 0; time < 2; time++) assert.deepEqual(await read(page, app, "/refresh"), { is_new: true });
  assert.equal(await read(page, app, "/logout"), "nobody");
  // It signs out of the site alone: the next sign-in asks nothing.
  await page.goto(`${app.origin}/sign-in`);
  await page.getByRole("button").click();
  await page.waitForURL(`${app.origin}/`);
  assert.deepEqual(await jsonOf(page), user);
});
