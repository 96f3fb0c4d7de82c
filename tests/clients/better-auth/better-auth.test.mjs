// better-auth: user info and a verified ID token, and a sign-out at Limen.

import assert from "node:assert/strict";
import { test } from "node:test";

import { asks, signInAndApprove } from "../../browser/support/person.mjs";
import { read } from "../support/journey.mjs";
import { jsonOf, setStage, visit } from "../support/stage.mjs";

const { op, chromium, run } = await setStage();

test("better-auth: sign-in, refresh, sign-out", async (t) => {
  const app = await run(t, "better-auth", ["node", "app.mjs"]);
  const ada = await op.person();
  const { page } = await visit(t, chromium);
  const press = async (button) => {
    await page.goto(`${app.origin}/page`);
    await page.locator(button).click();
  };

  await press("#in");
  await signInAndApprove(page, ada);
  await page.waitForURL(`${app.origin}/`);
  const user = await jsonOf(page);
  assert.deepEqual([user.name, user.email, user.emailVerified], [ada.name, ada.email, true]);
  for (let time = 0; time < 2; time++) assert.deepEqual(await read(page, app, "/refresh"), { is_new: true });

  await press("#out");
  await page.waitForURL(`${app.origin}/`);
  assert.equal(await jsonOf(page), "nobody");
  await press("#in");
  await page.waitForURL((url) => url.origin === op.issuer);
  assert.equal(await asks(page), "login");
});
