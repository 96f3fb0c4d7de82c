// An app in the browser, built with oidc-client-ts: a public client with PKCE that calls Limen across origins.

import assert from "node:assert/strict";
import { test } from "node:test";

import { resultOf, subjectAt } from "./support/loopback.mjs";
import { approve, cancel, deny, signIn, signInAndApprove } from "./support/person.mjs";
import { startSinglePageApp } from "./support/single-page-app.mjs";
import { setStage } from "./support/stage.mjs";

const { op, chromium } = await setStage();

/** Somebody at a new app, who has just pressed "Sign in". */
async function atLogin(t) {
  const [app, person, visitor] = [await startSinglePageApp(op), await op.person(), await chromium.visitor(t)];
  await visitor.page.goto(app.origin);
  await visitor.page.locator("#sign-in").click();
  return { app, person, visitor, page: visitor.page };
}

test("signs a person in, with what UserInfo says of them", async (t) => {
  const { app, person, page } = await atLogin(t);
  await signInAndApprove(page, person);
  const user = await resultOf(page);
  assert.ok(page.url().startsWith(`${app.origin}/callback`));
  assert.equal(user.profile.sub, person.id);
  assert.equal(user.profile.email, person.email);
  assert.equal(user.profile.name, "Ada Lovelace");
  assert.ok(user.expires_in > 0);
  assert.deepEqual(user.scope.split(" ").sort(), ["email", "offline_access", "openid", "profile"]);
});

test("refreshes again and again, and signs in a second time by prompt=none, without a page", async (t) => {
  const { app, person, visitor, page } = await atLogin(t);
  await signInAndApprove(page, person);
  const seen = [await resultOf(page)];
  for (let n = 0; n < 3; n++) {
    await page.locator("#refresh").click();
    seen.push(await resultOf(page));
  }
  assert.deepEqual(seen.map(({ error }) => error).filter(Boolean), []);
  assert.equal(new Set(seen.map((user) => user.access_token)).size, 4, "a new access token each time");
  assert.equal(new Set(seen.map((user) => user.refresh_token)).size, 4, "a new refresh token each time");
  assert.equal(seen.at(-1).profile.email, person.email);

  await page.goto(app.origin);
  const before = visitor.pagesOfLimen.length;
  await page.locator("#sign-in-silently").click();
  await page.waitForURL(/callback/);
  assert.equal(await subjectAt(page), person.id);
  assert.deepEqual(visitor.pagesOfLimen.slice(before), []);
});

test("prompt=none without a session is login_required, without a page", async (t) => {
  const [app, visitor] = [await startSinglePageApp(op), await chromium.visitor(t)];
  await visitor.page.goto(app.origin);
  await visitor.page.locator("#sign-in-silently").click();
  assert.deepEqual(await resultOf(visitor.page), { error: "login_required" });
  assert.deepEqual(visitor.pagesOfLimen, []);
});

test("cancel, and deny after it, are access_denied at the app", async (t) => {
  const { app, person, page } = await atLogin(t);
  await cancel(page);
  assert.deepEqual(await resultOf(page), { error: "access_denied" });
  await page.goto(app.origin);
  await page.locator("#sign-in").click();
  await signIn(page, person);
  await deny(page);
  assert.deepEqual(await resultOf(page), { error: "access_denied" });
});

test("signs in in a popup window, which keeps its opener", async (t) => {
  const [app, person, visitor] = [await startSinglePageApp(op), await op.person(), await chromium.visitor(t)];
  await visitor.page.goto(app.origin);
  const opening = visitor.page.waitForEvent("popup");
  await visitor.page.locator("#sign-in-in-a-popup").click();
  const popup = await opening;
  await signIn(popup, person);
  await popup.locator("#approve").waitFor();
  assert.ok(await popup.evaluate(() => window.opener !== null));
  await approve(popup);
  const user = await resultOf(visitor.page);
  assert.equal(user.profile?.sub, person.id, JSON.stringify(user));
});
