// The account in a real browser, with and without JavaScript, and by keyboard alone.

import assert from "node:assert/strict";
import { test } from "node:test";

import { accessible, focused, tabTo } from "./support/accessibility.mjs";
import { signIn } from "./support/person.mjs";
import { setStage } from "./support/stage.mjs";
import { startWebApp } from "./support/web-app.mjs";

const { op, chromium } = await setStage();

/** Somebody who has signed in at a page of their account. */
async function at(t, path, options) {
  const [person, visitor] = [await op.person(), await chromium.visitor(t, options)];
  await visitor.page.goto(op.url(path));
  await signIn(visitor.page, person);
  await visitor.page.waitForURL(op.url(path));
  return { person, visitor, page: visitor.page };
}

const said = (page) => page.locator('[role="status"]').textContent();

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with JavaScript" : "without JavaScript";

  test(`${how} a person changes profile and password, signs a browser out, and deletes the account`, async (t) => {
    const { person, page } = await at(t, "/account", { javaScriptEnabled });
    await page.getByRole("link", { name: "Profile" }).first().click();
    await page.locator("#nickname").fill("Countess");
    await page.locator("#save").click();
    assert.equal(await said(page), "Your profile is saved.");
    assert.equal(await page.locator("#nickname").inputValue(), "Countess");

    const other = op.browser();
    await other.signIn(await other.open("/account"), person);
    await page.goto(op.url("/account/browsers"));
    await page.getByRole("button", { name: "Sign out A browser of another kind" }).click();
    assert.match(await said(page), /signed out/);
    assert.ok((await other.open("/account")).asksForPassword);

    await page.goto(op.url("/account/password"));
    await page.locator("#current-password").fill(person.password);
    for (const id of ["#new-password", "#repeat-password"]) await page.locator(id).fill("another pass phrase");
    await page.locator("#change").click();
    assert.match(await said(page), /password is changed/);

    await page.goto(op.url("/account/delete"));
    await page.locator("#current-password").fill("another pass phrase");
    await page.locator("#confirm").check();
    await page.locator("#delete").click();
    await page.waitForURL(op.url("/account/deleted"));
    await page.goto(op.url("/account"));
    assert.ok(await page.locator("#password").isVisible());
  });
}

test("an app loses access at the press of a button, and asks again", async (t) => {
  const [app, person, visitor] = [await startWebApp(op), await op.person(), await chromium.visitor(t)];
  await visitor.arrive(app, person);
  await visitor.page.goto(op.url("/account/apps"));
  await visitor.page.getByRole("button", { name: "Remove access Acme Notes" }).click();
  assert.match(await said(visitor.page), /no access/);
  await visitor.page.goto(app.start());
  assert.ok(await visitor.page.locator("#approve").isVisible());
});

test("the copy is a file", async (t) => {
  const { person, page } = await at(t, "/account/data");
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#download").click()]);
  assert.equal(download.suggestedFilename(), "limen-account.json");
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  assert.equal(JSON.parse(Buffer.concat(chunks)).account.id, person.id);
});

test("the keyboard leads from the links to the form in reading order, and Enter sends it", async (t) => {
  const { person, page } = await at(t, "/account/email");
  const stops = await tabTo(page, "change");
  assert.deepEqual(stops.slice(-4), ["email", "current-password", "Show", "change"], `${stops}`);
  await page.locator("#email").fill(`${person.username}@new.test`);
  await page.locator("#current-password").fill(person.password);
  await page.locator("#current-password").press("Enter");
  await page.locator("#code").waitFor();
  assert.match(await page.locator("#sent").textContent(), /A mail with a code is on its way/);
});

test("a field that is wrong says so to a screen reader, and the summary leads to it", async (t) => {
  const { page } = await at(t, "/account/profile");
  await page.locator("#phone_number").fill("12");
  await page.locator("#save").click();
  await page.locator('[role="alert"]').waitFor();
  const { description, invalid } = await accessible(page, "phone_number");
  assert.match(description, /Enter the number with its country code/);
  assert.equal(invalid, "true");
  await page.locator('[role="alert"] a').click();
  assert.equal(await focused(page), "phone_number");
});
