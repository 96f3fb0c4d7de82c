// openid-client 6: a web app whose library sends the secret in the form (client_secret_post).

import assert from "node:assert/strict";
import { test } from "node:test";

import { isStranger, known, read, shown, signInAt } from "../support/journey.mjs";
import { jsonOf, setStage, visit } from "../support/stage.mjs";

const { op, chromium, run } = await setStage();

test("openid-client: sign-in, refresh, sign-out", async (t) => {
  const app = await run(t, "openid-client", ["node", "app.mjs"]);
  const ada = await op.person();
  const { page } = await visit(t, chromium);

  await signInAt(page, app, "/login", ada);
  const { claims, userinfo } = await jsonOf(page);
  for (const told of [claims, userinfo]) {
    assert.deepEqual(shown(told), known(ada));
    assert.equal(told.email_verified, true);
  }
  for (let time = 0; time < 2; time++) {
    assert.deepEqual(shown((await read(page, app, "/refresh")).userinfo), known(ada));
  }
  assert.equal(await read(page, app, "/logout"), "nobody");
  assert.equal(page.url(), `${app.origin}/`);
  await isStranger(page, app, "/login");
});
