// The whole way back: of somebody who has forgotten a password, and of somebody who has lost the phone with their codes.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { App, withApp } from "../worker/support/codes.mjs";
import { mailed } from "./support/gallery-mail.mjs";
import { signIn } from "./support/person.mjs";
import { setStage } from "./support/stage.mjs";
import { startWebApp } from "./support/web-app.mjs";

const { op, chromium } = await setStage({ MAIL: "development" });

const events = async ({ id }) => (await op.rows("SELECT event FROM audit WHERE user_id = ? ORDER BY id", id)).map(({ event }) => event);

/** The kinds of the mails to somebody, as soon as there are so many. */
async function mailsTo({ email }, kinds) {
  for (let tries = 0; tries < 50; tries++) {
    const found = (await op.rows("SELECT kind FROM mail_outbox WHERE address = ?", email)).map(({ kind }) => kind);
    if (kinds.every((kind) => found.includes(kind))) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`${email} did not get ${kinds}`);
}

/** At the page that a link from a mail leads to. */
async function chooseAnother(page) {
  await page.locator("#new-password").fill("three other words");
  await page.locator("#set-password").click();
}

describe("who has forgotten their password", () => {
  test("asks for a mail, chooses another, and signs in with it; the old one, the link and other browsers are out", async (t) => {
    const [person, visitor, elsewhere] = [await op.person(), await chromium.visitor(t), await chromium.visitor(t)];
    const app = await startWebApp(op);
    await elsewhere.arrive(app, person);
    const { page } = visitor;
    await page.goto(app.start());
    await signIn(page, person, { password: "something else entirely" });
    await page.locator('[role="alert"]').waitFor();
    await page.locator("#recover").click();
    assert.equal(await page.locator("#username").inputValue(), "", "a name that is typed is in no address");
    await page.locator("#username").fill(person.email);
    await page.locator("#recover").click();
    await page.locator("#sent").waitFor();
    const link = await mailed(op, person.email, /http[^"\s<]*link=[^"\s<]*/);
    await page.goto(link);
    await chooseAnother(page);
    await signIn(page, person, { password: "three other words" });
    await page.waitForURL(op.url("/account"));
    await mailsTo(person, ["password_changed"]);
    // The link is used up.
    const stranger = await chromium.visitor(t);
    await stranger.page.goto(link);
    assert.equal(await stranger.page.locator("#new-password").count(), 0);
    // So is the old password, and the sessions are over.
    await elsewhere.page.goto(op.url("/account"));
    await elsewhere.page.locator("#password").waitFor();
    await signIn(elsewhere.page, person);
    await elsewhere.page.locator('[role="alert"]').waitFor();
    await signIn(elsewhere.page, person, { password: "three other words" });
    await elsewhere.page.waitForURL(op.url("/account"));
  });
});

describe("who has lost the phone with their codes", () => {
  test("signs in with a recovery code, takes the app away, and sets up another", async (t) => {
    const [person, visitor] = [await op.person(), await chromium.visitor(t)];
    const { app: lost, codes: recovery } = await withApp(op, person);
    const { page } = visitor;
    await page.goto(op.url("/login?page=second_factors"));
    await signIn(page, person);
    await page.locator("#recovery-code").first().waitFor({ state: "attached" });
    if (!(await page.locator("#recovery-code").isVisible())) await page.locator("summary").first().click();
    await page.locator("#recovery-code").fill(recovery[3]);
    await page.locator('form:has(#recovery-code) [type="submit"]').first().click();
    await page.locator("main li summary").first().click();
    await page.locator("[name=remove]").first().click();
    await page.locator('[role="status"]').waitFor();
    await page.goto(op.url("/account/second_factors/new"));
    const href = await page.locator('a[href^="otpauth:"]').getAttribute("href");
    const found = new App(op, { elements: () => [{ href }], text: "" });
    await page.locator("#code").fill(found.code());
    await page.locator('form:has([name="secret"]) [type="submit"]').click();
    await page.locator("li code").first().waitFor();
    assert.equal(await page.locator("li code").count(), 10, "new recovery codes");
    await mailsTo(person, ["account_changed"]);
    const seen = await events(person);
    for (const event of ["recovery_code_used", "code_app_removed", "code_app_added"]) assert.ok(seen.includes(event), event);
    // The lost phone is of no use any more, the new one is.
    await visitor.context.clearCookies({ name: /session/ });
    await page.goto(op.url("/login?page=overview"));
    await signIn(page, person);
    await page.locator("#code").fill(lost.code(1));
    await page.locator('form:has(#code) [type="submit"]').first().click();
    await page.locator('[role="alert"]').waitFor();
    await page.locator("#code").fill(found.code(1));
    await page.locator('form:has(#code) [type="submit"]').first().click();
    await page.waitForURL(op.url("/account"));
  });

  test("and the recovery codes too: the operator takes the app away, and the password alone does nothing before", async (t) => {
    const [person, visitor] = [await op.person(), await chromium.visitor(t)];
    await withApp(op, person);
    const { page } = visitor;
    await page.goto(op.url("/login?page=overview"));
    await signIn(page, person);
    await page.locator("#code").waitFor();
    // The page of ways back says whom to ask.
    await page.goto(op.url("/recover?page=overview"));
    assert.match(await page.locator("main").textContent(), /operator|who run/i);
    await page.locator("#username").fill(person.email);
    await page.locator("#recover").click();
    await page.goto(await mailed(op, person.email, /http[^"\s<]*link=[^"\s<]*/));
    await chooseAnother(page);
    await signIn(page, person, { password: "three other words" });
    await page.locator("#code").waitFor();
    const { second_factors: factors } = await op.json(`/admin/api/users/${person.id}/second_factors`, { bearer: op.adminToken });
    for (const { id } of factors) await op.admin(`/admin/api/users/${person.id}/second_factors/${id}`, { method: "DELETE" });
    await page.goto(op.url("/login?page=overview"));
    await signIn(page, person, { password: "three other words" });
    await page.waitForURL(op.url("/account"));
    await mailsTo(person, ["account_changed", "password_changed"]);
  });
});
