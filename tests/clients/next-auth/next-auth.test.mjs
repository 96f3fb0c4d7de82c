// NextAuth 4 in a Next.js app: knows people by their ID token alone.

import assert from "node:assert/strict";
import { test } from "node:test";

import { resultOf } from "../../browser/support/loopback.mjs";
import { signInAndApprove } from "../../browser/support/person.mjs";
import { known, shown } from "../support/journey.mjs";
import { setStage, visit } from "../support/stage.mjs";

const { op, chromium, run } = await setStage();

test("NextAuth: sign-in, sign-out of the app", async (t) => {
  const command = ({ port }) => ["node_modules/.bin/next", "dev", "--port", port, "--hostname", "localhost"];
  const env = (app) => ({ NEXTAUTH_URL: app.origin, NEXTAUTH_SECRET: "change me", NEXT_TELEMETRY_DISABLED: "1" });
  const app = await run(t, "next-auth", command, { host: "localhost", env });
  const ada = await op.person();
  // In development Next.js compiles each page when it is first asked for.
  const { page, context } = await visit(t, chromium, { careless: true });
  context.setDefaultTimeout(60_000);
  const signIn = async () => {
    await page.goto(app.origin);
    assert.equal(await resultOf(page), "nobody");
    await page.getByRole("button", { name: "Sign in" }).click();
  };

  await signIn();
  await signInAndApprove(page, ada);
  await page.getByText(ada.email).waitFor();
  assert.deepEqual(shown(await resultOf(page)), known(ada));

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("nobody").waitFor();
  // It signs out of the app alone: the next sign-in asks nothing.
  await signIn();
  await page.getByText(ada.email).waitFor();
  assert.deepEqual(shown(await resultOf(page)), known(ada));
});
