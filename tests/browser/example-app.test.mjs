// The example app as people use it: they sign in, refresh, and sign out of it and of Limen.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { freePort } from "./support/limen.mjs";
import { asks, signIn, signInAndApprove } from "./support/person.mjs";
import { setStage } from "./support/stage.mjs";

const APP = fileURLToPath(new URL("../../examples/relying-party/app.mjs", import.meta.url));

const { op, chromium } = await setStage();
const app = await startExampleApp();

const press = (page, label) => page.getByRole("button", { name: label, exact: true }).click();
const heading = (page) => page.locator("h1").textContent();

/** Somebody who is signed in to the app. */
async function arrived(t) {
  const visitor = await chromium.visitor(t);
  const person = await op.person({ name: "Ada Lovelace" });
  await visitor.page.goto(app);
  await visitor.page.getByRole("link", { name: "Sign in" }).click();
  await signInAndApprove(visitor.page, person);
  await visitor.page.waitForURL(`${app}/`);
  assert.equal(await heading(visitor.page), "Hello, Ada Lovelace");
  return { page: visitor.page, person };
}

test("it shows who signed in, and refreshes its tokens", async (t) => {
  const { page } = await arrived(t);
  await press(page, "Refresh tokens");
  await page.getByText("Refreshed at").waitFor();
});

test("signing out ends the session at Limen, too, unasked, and leads back to the app", async (t) => {
  const { page, person } = await arrived(t);
  await press(page, "Refresh tokens");
  await press(page, "Sign out");
  await page.waitForURL(`${app}/signed-out`);
  assert.equal(await heading(page), "You are signed out");
  await page.getByRole("link", { name: "Sign in" }).click();
  assert.equal(await asks(page), "login");
  await signIn(page, person);
  await page.waitForURL(`${app}/`);
});

test("signing out of the app alone keeps the session at Limen", async (t) => {
  const { page } = await arrived(t);
  await press(page, "Sign out of this app only");
  await page.waitForURL(`${app}/signed-out`);
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.waitForURL(`${app}/`);
  assert.equal(await heading(page), "Hello, Ada Lovelace");
});

/** Registers the app and starts it, until the file's tests are over. Gives its origin. */
async function startExampleApp() {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const client = await op.client({
    application_type: "native",
    redirect_uris: [`${origin}/callback`],
    post_logout_redirect_uris: [`${origin}/signed-out`],
  });
  const env = { ...process.env, PORT: `${port}`, ISSUER: op.issuer, CLIENT_ID: client.id, CLIENT_SECRET: client.secret };
  const server = spawn(process.execPath, [APP], { env, stdio: ["ignore", "pipe", "inherit"] });
  after(() => server.kill());
  await new Promise((resolve, reject) => {
    server.stdout.once("data", resolve);
    server.once("exit", (code) => reject(new Error(`the example app ended with ${code}`)));
  });
  return origin;
}
