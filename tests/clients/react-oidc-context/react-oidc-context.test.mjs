// react-oidc-context: oidc-client-ts in a React app.

import assert from "node:assert/strict";
import { test } from "node:test";

import { resultOf } from "../../browser/support/loopback.mjs";
import { asks, signInAndApprove } from "../../browser/support/person.mjs";
import { known, shown } from "../support/journey.mjs";
import { setStage, visit } from "../support/stage.mjs";

const { op, chromium, run } = await setStage();

test("react-oidc-context: sign-in, refresh, sign-out", async (t) => {
  const app = await run(t, "react-oidc-context", ["node", "../support/serve-spa.mjs"]);
  const ada = await op.person();
  const { page } = await visit(t, chromium);

  await page.goto(`${app.origin}/`);
  await page.locator("#in").click();
  await signInAndApprove(page, ada);
  assert.deepEqual(shown(await resultOf(page)), known(ada));
  for (let time = 0; time < 2; time++) {
    const before = await page.locator("#token").textContent();
    await page.locator("#refresh").click();
    await page.waitForFunction((old) => ![null, "", old].includes(document.querySelector("#token")?.textContent ?? null), before);
    assert.deepEqual(shown(await resultOf(page)), known(ada));
  }
  await page.locator("#out").click();
  await page.locator("#in").click();
  await page.waitForURL((url) => url.origin === op.issuer);
  assert.equal(await asks(page), "login");
});
