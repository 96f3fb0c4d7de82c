// The login page as people use it: keyboards, mistakes, several tabs, the browser's own buttons.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { accessible, focused, tabTo } from "./support/accessibility.mjs";
import { resultOf, subjectAt } from "./support/loopback.mjs";
import { approve, asks, signIn, signInAndApprove } from "./support/person.mjs";
import { setStage } from "./support/stage.mjs";
import { startWebApp } from "./support/web-app.mjs";

const { op, chromium } = await setStage();

/** Somebody at the login page of a new app. */
async function atLogin(t, params) {
  const [app, person, visitor] = [await startWebApp(op), await op.person(), await chromium.visitor(t)];
  await visitor.page.goto(app.start(params));
  return { app, person, visitor, page: visitor.page };
}

describe("with the keyboard only", () => {
  test("a person types, presses Tab and Enter, and is signed in", async (t) => {
    const { person, page } = await atLogin(t);
    assert.equal(await focused(page), "username", "the first field has the focus");
    await page.keyboard.type(person.username);
    await page.keyboard.press("Tab");
    assert.equal(await focused(page), "password");
    await page.keyboard.type(person.password);
    await page.keyboard.press("Enter");
    await page.locator("#approve").waitFor();
    await tabTo(page, "approve");
    await page.keyboard.press("Enter");
    assert.equal(await subjectAt(page), person.id);
  });

  test("the order is that of the page, and each stop can be seen", async (t) => {
    const metadata = { client_uri: "https://app.example", policy_uri: "https://app.example/p", tos_uri: "https://app.example/t" };
    const [app, person, visitor] = [await startWebApp(op, metadata), await op.person(), await chromium.visitor(t)];
    const { page } = visitor;
    await page.goto(app.start());
    await page.locator("#username").fill(person.username);
    assert.deepEqual(await tabTo(page, "cancel"), ["password", "Show", "login", "cancel"]);
    await page.locator("#password").fill(person.password);
    await page.locator("#login").click();
    await page.locator("#approve").waitFor();
    assert.deepEqual(await tabTo(page, "deny"), ["app.example", "switch", "approve", "deny"]);
  });
});

describe("a wrong password", () => {
  const mistaken = async (t) => {
    const at = await atLogin(t);
    await signIn(at.page, at.person, { password: "not this one" });
    await at.page.locator('[role="alert"]').waitFor();
    return at;
  };

  test("is an alert, first in the title, and told to screen readers at both fields", async (t) => {
    const { page } = await mistaken(t);
    const alert = await page.locator('[role="alert"]').textContent();
    assert.match(alert, /match/);
    assert.match(await page.title(), /^Error: /);
    for (const id of ["username", "password"]) {
      const { name, description, invalid } = await accessible(page, id);
      assert.ok(name, `${id} has a label`);
      assert.equal(description, alert, id);
      assert.equal(invalid, "true", id);
    }
  });

  test("keeps the username, empties the password and puts the focus there", async (t) => {
    const { person, page } = await mistaken(t);
    assert.equal(await page.locator("#username").inputValue(), person.username);
    assert.equal(await page.locator("#password").inputValue(), "");
    assert.equal(await focused(page), "password");
    await page.keyboard.type(person.password);
    await page.keyboard.press("Enter");
    await page.locator("#approve").waitFor();
  });

  test("stays wrong when the answer is reloaded, and the way on stays open", async (t) => {
    const { person, page } = await mistaken(t);
    const answer = await page.reload();
    assert.deepEqual([answer.request().method(), answer.status()], ["POST", 400]);
    assert.ok(await page.locator('[role="alert"]').isVisible());
    await signInAndApprove(page, person);
    assert.equal(await subjectAt(page), person.id);
  });
});

describe("the browser's own buttons", () => {
  test("reload and back, at the login and at the consent page, lead on", async (t) => {
    const { person, page } = await atLogin(t);
    await page.reload();
    await signIn(page, person);
    await page.locator("#approve").waitFor();
    await page.reload();
    assert.equal(await asks(page), "consent");
    await page.goBack();
    // Whoever is signed in by now is not asked again.
    assert.equal(await asks(page), "consent");
    await approve(page);
    assert.equal(await subjectAt(page), person.id);
  });

  test("back after the sign-in shows no fault and no password, and the app still works", async (t) => {
    const { app, person, visitor, page } = await atLogin(t);
    await signInAndApprove(page, person);
    await resultOf(page);
    for (let n = 0; n < 3; n++) {
      const answer = await page.goBack();
      // What was answered is answered again, by the page that leads on to the app.
      await page.waitForURL(({ pathname }) => !["/authorize/resume", "/consent"].includes(pathname));
      assert.ok((answer?.status() ?? 200) < 500, `${answer?.status()} at ${page.url()}`);
      if ((await page.locator("#password").count()) > 0) assert.equal(await page.locator("#password").inputValue(), "");
    }
    assert.ok((await visitor.cookies()).limen_session, "still signed in");
    await page.goto(app.start());
    assert.equal(await subjectAt(page), person.id);
  });
});

test("two tabs with two sign-ins at once both finish, step by step in turns", async (t) => {
  const { person, visitor, page: first } = await atLogin(t);
  const [other, second] = [await startWebApp(op), await visitor.newTab()];
  await second.goto(other.start());
  const tabs = [first, second];
  for (const tab of tabs) assert.equal(await asks(tab), "login");
  for (const tab of tabs) {
    await signIn(tab, person);
    await tab.locator("#approve").waitFor();
  }
  for (const tab of tabs) {
    await approve(tab);
    assert.equal(await subjectAt(tab), person.id);
  }
});
