// Auth.js: knows people by their ID token alone, and sends its secret in the header.

import assert from "node:assert/strict";
import { test } from "node:test";

import { signInAndApprove } from "../../browser/support/person.mjs";
import { known, read, shown } from "../support/journey.mjs";
import { jsonOf, setStage, visit } from "../support/stage.mjs";

const { op, chromium, run } = await setStage();

test("Auth.js: sign-in, sign-out of the app", async (t) => {
  const app = await run(t, "authjs", ["node", "app.mjs"]);
  const ada = await op.person();
  const { page } = await visit(t, chromium);
  // Its sign-in page has a picture of the provider from there, which Limen is not among.
  await page.route("https://authjs.dev/**", (route) => route.fulfill({ status: 204 }));
  const signIn = async () => {
    await page.goto(`${app.origin}/auth/signin?callbackUrl=${encodeURIComponent(app.origin)}`);
    await page.getByRole("button", { name: "Limen" }).click();
  };

  await signIn();
  await signInAndApprove(page, ada);
  await page.waitForURL(`${app.origin}/`);
  const user = await jsonOf(page);
  assert.deepEqual(shown(user), known(ada));
  assert.equal(user.username, ada.username);

  await page.goto(`${app.origin}/auth/signout`);
  await page.getByRole("button").click();
  await page.waitForURL(`${app.origin}/`);
  assert.equal(await read(page, app, "/"), "nobody");
  // It signs out of the app alone: the next sign-in asks nothing.
  await signIn();
  await page.waitForURL(`${app.origin}/`);
  assert.deepEqual(await jsonOf(page), user);
});
