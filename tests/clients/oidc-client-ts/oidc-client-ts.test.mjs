// oidc-client-ts: a public client in the browser.

import assert from "node:assert/strict";
import { test } from "node:test";

import { resultOf } from "../../browser/support/loopback.mjs";
import { asks, signInAndApprove } from "../../browser/support/person.mjs";
import { known, shown } from "../support/journey.mjs";
import { setStage, visit } from "../support/stage.mjs";

const { op, chromium, run } = await setStage();

test("oidc-client-ts: sign-in, refresh, sign-out", async (t) => {
  const app = await run(t, "oidc-client-ts", ["node", "../support/serve-spa.mjs"]);
  const ada = await op.person();
  const { page } = await visit(t, chromium);
  const press = async (button) => {
    await page.evaluate(() => document.querySelector("#result").replaceChildren());
    await page.locator(button).click();
  };

  await page.goto(`${app.origin}/`);
  assert.equal(await resultOf(page), "nobody");
  await press("#in");
  await signInAndApprove(page, ada);
  assert.deepEqual(shown(await resultOf(page)), known(ada));
  for (let time = 0; time < 2; time++) {
    await press("#refresh");
    assert.deepEqual(shown(await resultOf(page)), known(ada));
  }
  await press("#out");
  await page.waitForURL(`${app.origin}/`);
  assert.equal(await resultOf(page), "nobody");
  await press("#in");
  await page.waitForURL((url) => url.origin === op.issuer);
  assert.equal(await asks(page), "login");
});
