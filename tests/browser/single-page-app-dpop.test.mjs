// The same app with DPoP: its key stays in the browser, and is asked for a nonce across origins.

import assert from "node:assert/strict";
import { test } from "node:test";

import { resultOf } from "./support/loopback.mjs";
import { signInAndApprove } from "./support/person.mjs";
import { startSinglePageApp } from "./support/single-page-app.mjs";
import { setStage } from "./support/stage.mjs";

const { op, chromium } = await setStage({ DPOP_NONCES: "required" });

test("signs a person in with a code that is bound to its key, refreshes, and reads UserInfo", async (t) => {
  const app = await startSinglePageApp(op, { dpop_bound_access_tokens: true }, { dpop: true });
  // The browser writes it down when a nonce is asked for: that is looked at below.
  const [person, visitor] = [await op.person(), await chromium.visitor(t, { careless: true })];
  const { page } = visitor;
  await page.goto(app.origin);
  await page.locator("#sign-in").click();
  await signInAndApprove(page, person);
  await page.waitForURL(/callback/);
  const user = await resultOf(page);
  assert.equal(user.profile?.sub, person.id, JSON.stringify(user));
  assert.equal(user.token_type, "DPoP");
  await page.locator("#refresh").click();
  await page.waitForFunction((old) => !["", old].includes(document.querySelector("#result").textContent), JSON.stringify(user));
  assert.equal((await resultOf(page)).token_type, "DPoP");
  await page.locator("#user-info").click();
  await page.waitForFunction(() => document.querySelector("#result").textContent.includes("email_verified"));
  assert.equal((await resultOf(page)).email, person.email);
  const asked = visitor.problems.map((problem) => /status of (\d+) .*(\/\w+)$/.exec(problem)?.slice(1).join(" "));
  assert.deepEqual(asked, ["400 /token", "401 /userinfo"], "once each for a nonce, and nothing else");
  // What was stolen from the page is worth nothing elsewhere.
  const stolen = await op.fetch("/token", {
    form: { grant_type: "refresh_token", refresh_token: user.refresh_token, client_id: app.client.id },
  });
  assert.equal(stolen.status, 400);
  assert.equal((await op.fetch("/userinfo", { bearer: user.access_token })).status, 401);
});
