// Streamlit: knows people by their ID token alone.

import assert from "node:assert/strict";
import { test } from "node:test";

import { asks, signInAndApprove } from "../../browser/support/person.mjs";
import { known, shown } from "../support/journey.mjs";
import { filled, python, setStage, visit } from "../support/stage.mjs";

const { op, chromium, run } = await setStage();

test("Streamlit: sign-in, sign-out", async (t) => {
  const command = (app) => [
    ...[python, "-m", "streamlit", "run", "app.py", "--secrets.files", filled(t, app, "secrets.toml")],
    ...["--server.port", app.port, "--server.address", "127.0.0.1", "--server.headless", "true"],
    ...["--browser.gatherUsageStats", "false"],
  ];
  const app = await run(t, "streamlit", command, { ready: "/_stcore/health" });
  const ada = await op.person();
  const { page } = await visit(t, chromium, { careless: true });

  await page.goto(app.origin);
  await page.getByRole("button", { name: "Log in" }).click();
  await signInAndApprove(page, ada);
  const text = await page.getByTestId("stText").textContent();
  assert.deepEqual(shown(JSON.parse(text)), known(ada));

  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("button", { name: "Log in" }).click();
  await page.waitForURL((url) => url.origin === op.issuer);
  assert.equal(await asks(page), "login");
});
