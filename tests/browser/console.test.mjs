// The console on a telephone, and what its one script adds: buttons that copy what is shown once.

import assert from "node:assert/strict";
import { test } from "node:test";

import { axe } from "./support/accessibility.mjs";
import { operatorAt } from "./support/gallery-factors.mjs";
import { setStage } from "./support/stage.mjs";

const { op, chromium } = await setStage({ SIGNUP: "invitation", MAIL: "development" });

const NARROW = { width: 360, height: 800 };
const WIDE = { width: 1280, height: 800 };

test("the menu is one line on a telephone, opens by keyboard, and is open where there is room", async (t) => {
  const visitor = await chromium.visitor(t, { viewport: NARROW });
  await operatorAt({ op, visitor }, "/admin/people");
  const { page } = visitor;
  const [menu, apps] = [page.locator(".menu summary"), page.locator('.menu a[href="/admin/apps"]')];
  assert.equal(await menu.textContent(), "Administration \u2013 People");
  assert.equal(await apps.isVisible(), false);
  assert.ok((await page.locator(".rooms").boundingBox()).height < 60);
  await menu.focus();
  await page.keyboard.press("Enter");
  assert.equal(await apps.isVisible(), true);
  assert.deepEqual(await axe(page), []);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForURL(op.url("/admin/people"));
  assert.equal(await apps.isVisible(), false);
  await page.setViewportSize(WIDE);
  assert.deepEqual([await menu.isVisible(), await apps.isVisible()], [false, true]);
  assert.deepEqual(await axe(page), []);
  await apps.click();
  await page.waitForURL(op.url("/admin/apps"));
});

test("a link that is shown once is whole, and is copied by a button that says so", async (t) => {
  const visitor = await chromium.visitor(t, { viewport: NARROW, permissions: ["clipboard-read", "clipboard-write"] });
  await operatorAt({ op, visitor }, "/admin/people/invitations");
  const { page } = visitor;
  await page.locator("#make").click();
  const link = await page.locator("#secret code").textContent();
  assert.ok(link.startsWith(op.url("/signup?invitation=")));
  const button = page.getByRole("button", { name: "Copy: Make an invitation" });
  await button.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("status").filter({ hasText: "Copied" }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), link);
  assert.equal(await page.evaluate(() => document.scrollingElement.scrollWidth), NARROW.width);
  assert.deepEqual(await axe(page), []);
});
