// The button that shows what was typed as a password: with scripts alone, by pointer, by keyboard, and for screen readers.

import assert from "node:assert/strict";
import { test } from "node:test";

import { axe } from "./support/accessibility.mjs";
import { signIn } from "./support/person.mjs";
import { setStage } from "./support/stage.mjs";

const { op, chromium } = await setStage({ SIGNUP: "open", MAIL: "off" });

const PAGES = { "/login?page=overview": ["password"], "/signup?page=overview": ["password"] };

for (const [path, ids] of Object.entries(PAGES)) {
  test(`${path}: shows it and hides it again, and sends it as a password`, async (t) => {
    const { page } = await chromium.visitor(t);
    await page.goto(op.url(path));
    for (const id of ids) {
      const field = page.locator(`#${id}`);
      await field.fill("three random words");
      const button = page.locator(`[aria-controls="${id}"]`);
      const state = async () => [await field.getAttribute("type"), await button.getAttribute("aria-pressed")];
      assert.equal((await button.textContent()).trim(), "Show password");
      assert.deepEqual(await state(), ["password", "false"]);
      await button.click();
      assert.deepEqual(await state(), ["text", "true"]);
      await button.focus();
      await page.keyboard.press("Space");
      assert.deepEqual(await state(), ["password", "false"]);
      await field.focus();
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      assert.deepEqual(await state(), ["text", "true"], "the button comes next by Tab");
      assert.equal(await field.inputValue(), "three random words");
      assert.deepEqual(await axe(page), []);
    }
  });
}

test("a form that is sent has password fields, also of a password that was shown", async (t) => {
  const { page } = await chromium.visitor(t);
  const person = await op.person();
  await page.goto(op.url("/login?page=password"));
  await signIn(page, person);
  await page.waitForURL(op.url("/account/password"));
  const buttons = page.locator(".show");
  assert.equal(await buttons.count(), 3);
  for (let n = 0; n < 3; n++) await buttons.nth(n).click();
  await page.locator("#current-password").fill(person.password);
  for (const id of ["new-password", "repeat-password"]) await page.locator(`#${id}`).fill("an entirely new pass phrase");
  await page.evaluate(() => document.addEventListener("submit", () => (window.name = [...document.querySelectorAll("[data-show]")].map((one) => one.type).join())));
  await page.locator("#change").click();
  await page.locator('[role="status"]').waitFor();
  assert.equal(await page.evaluate(() => window.name), "password,password,password");
});

test("without scripts there is none, and nothing is lost", async (t) => {
  const { page } = await chromium.visitor(t, { javaScriptEnabled: false });
  await page.goto(op.url("/login?page=overview"));
  assert.equal(await page.locator(".show").count(), 0);
  await signIn(page, await op.person());
  await page.waitForURL(op.url("/account"));
});

test("the profile suggests the names of time zones, where there are scripts", async (t) => {
  const { page } = await chromium.visitor(t);
  await page.goto(op.url("/login?page=profile"));
  await signIn(page, await op.person());
  await page.waitForURL(op.url("/account/profile"));
  assert.ok((await page.locator("#zones option").count()) > 100);
  await page.locator("#zoneinfo").fill("Europe/London");
  await page.locator("#save").click();
  await page.locator('[role="status"]').waitFor();
  assert.equal(await page.locator("#zoneinfo").inputValue(), "Europe/London");
});
