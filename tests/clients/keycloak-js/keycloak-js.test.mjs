// keycloak-js with a provider that is not Keycloak: code in the fragment, credentials in its requests, a silent sign-in by an
// iframe.

import assert from "node:assert/strict";
import { test } from "node:test";

import { asks, signInAndApprove } from "../../browser/support/person.mjs";
import { resultOf } from "../../browser/support/loopback.mjs";
import { known, shown } from "../support/journey.mjs";
import { setStage, visit } from "../support/stage.mjs";

const { op, chromium, run } = await setStage();

/** On the site of Limen the silent sign-in works; from another, browsers keep Limen's cookie from the iframe. */
for (const [host, site] of [
  ["localhost", "the same site"],
  ["127.0.0.1", "another site"],
]) {
  test(`keycloak-js on ${site}: sign-in, refresh, sign-out`, async (t) => {
    const app = await run(t, "keycloak-js", ["node", "../support/serve-spa.mjs"], { host });
    const ada = await op.person();
    // Its iframe makes Chromium warn: it may run scripts of its own origin.
    const { page } = await visit(t, chromium, { careless: true });
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
      assert.deepEqual(await resultOf(page), { refreshed: true });
    }
    await press("#userinfo");
    assert.deepEqual(shown(await resultOf(page)), known(ada));

    await page.goto(`${app.origin}/`);
    const again = await resultOf(page);
    if (host === "localhost") assert.deepEqual(shown(again), known(ada));
    else assert.equal(again, "nobody");

    if (again === "nobody") {
      await press("#in");
      assert.deepEqual(shown(await resultOf(page)), known(ada));
    }
    await press("#out");
    assert.equal(await resultOf(page), "nobody");
    await press("#in");
    await page.waitForURL((url) => url.origin === op.issuer);
    assert.equal(await asks(page), "login");
  });
}
