// The sign-on session in a real browser: shared by apps, kept in cookies that neither scripts nor other sites get hold of.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { escaped, html, resultOf, serve, subjectAt } from "./support/loopback.mjs";
import { approve, asks, deny, signIn, signInAndApprove } from "./support/person.mjs";
import { setStage } from "./support/stage.mjs";
import { startWebApp } from "./support/web-app.mjs";

const { op, chromium } = await setStage();

/** Somebody who signed in through a new app. */
async function signedIn(t, options) {
  const [app, person, visitor] = [await startWebApp(op), await op.person(), await chromium.visitor(t, options)];
  await visitor.arrive(app, person);
  return { app, person, visitor, page: visitor.page };
}

describe("shared by apps", () => {
  test("a second app asks for consent only", async (t) => {
    const { person, page } = await signedIn(t);
    const second = await startWebApp(op, { client_name: "Second App" });
    await page.goto(second.start());
    assert.equal(await asks(page), "consent");
    assert.match(await page.locator("h1").textContent(), /Second App/);
    await approve(page);
    assert.equal(await subjectAt(page), person.id);
  });

  test("consent is remembered, for what was allowed and no more", async (t) => {
    const { app, person, page } = await signedIn(t);
    await page.goto(app.start());
    assert.equal(await subjectAt(page), person.id);
    await page.goto(app.start({ scope: "openid profile email phone" }));
    assert.equal(await asks(page), "consent");
    await deny(page);
    assert.equal((await resultOf(page)).error, "access_denied");
    await page.goto(app.start());
    assert.equal(await subjectAt(page), person.id, "what was allowed before still is");
  });

  test("prompt=login asks for the password again, prompt=consent for consent", async (t) => {
    const { app, person, page } = await signedIn(t);
    await page.goto(app.start({ prompt: "login" }));
    assert.equal(await asks(page), "login");
    assert.equal(await page.locator("#username").inputValue(), person.username);
    await signIn(page, person);
    assert.equal(await subjectAt(page), person.id);
    await page.goto(app.start({ prompt: "consent" }));
    assert.equal(await asks(page), "consent");
  });

  test("somebody else can take over on the consent page", async (t) => {
    const { page } = await signedIn(t);
    const [second, other] = [await startWebApp(op), await op.person()];
    await page.goto(second.start());
    await page.locator("#switch").click();
    await signInAndApprove(page, other);
    assert.equal(await subjectAt(page), other.id);
  });
});

describe("cookies", () => {
  test("are HttpOnly, SameSite=Lax and of this host only: no script can read them, not even Limen's own", async (t) => {
    const [app, person, visitor] = [await startWebApp(op), await op.person(), await chromium.visitor(t)];
    const { page } = visitor;
    await page.goto(app.start());
    await signInAndApprove(page, person);
    await resultOf(page);
    const cookies = Object.values(await visitor.cookies());
    assert.deepEqual(cookies.map(({ name }) => name).sort(), ["limen_browser", "limen_known", "limen_session"]);
    const strict = { httpOnly: true, sameSite: "Lax", path: "/", domain: "localhost" };
    for (const { name, httpOnly, sameSite, path, domain } of cookies) {
      assert.deepEqual({ httpOnly, sameSite, path, domain }, strict, name);
    }
    await page.goto(op.url("/nothing"));
    assert.equal(await page.evaluate(() => document.cookie), "");
  });

  test("the session's id changes at every sign-in: one that was planted is not adopted, the one before is dead", async (t) => {
    const [app, person, visitor] = [await startWebApp(op), await op.person(), await chromium.visitor(t)];
    const seen = [`1.${"A".repeat(43)}`];
    await visitor.context.addCookies([{ name: "limen_session", value: seen[0], url: op.issuer }]);
    for (const prompt of ["login consent", "login consent"]) {
      await visitor.page.goto(app.start({ prompt }));
      await signInAndApprove(visitor.page, person);
      assert.equal(await subjectAt(visitor.page), person.id);
      seen.push((await visitor.cookies()).limen_session.value);
    }
    assert.equal(new Set(seen).size, 3, "three ids");
    for (const value of seen.slice(0, 2)) {
      await visitor.context.addCookies([{ name: "limen_session", value, url: op.issuer }]);
      await visitor.page.goto(app.start({ prompt: "none" }));
      assert.equal((await resultOf(visitor.page)).error, "login_required");
    }
  });
});

describe("other sites", () => {
  test("an authorization request that an app's page posts finds the session", async (t) => {
    const { app, person, page } = await signedIn(t);
    const { origin, pathname, searchParams } = new URL(await app.authorizationUrl());
    const fields = [...searchParams].map(([name, value]) => `<input name="${name}" value="${escaped(value)}">`);
    const site = await serve(async (_, response) => {
      html(response, `<form method="post" action="${origin}${pathname}">${fields.join("")}<button>Sign in</button></form>`);
    });
    await page.goto(site);
    await page.getByRole("button").click();
    assert.equal(await subjectAt(page), person.id);
  });

  test("cannot consent in a person's name", async (t) => {
    const { person, page } = await signedIn(t, { careless: true });
    const second = await startWebApp(op);
    await page.goto(second.start());
    const fields = await page.locator("form").first().innerHTML();
    const form = `<form method="post" action="${op.url("/consent")}">${fields}</form>`;
    const site = await serve(async (_, response) => html(response, form));
    await page.goto(site);
    await page.locator("#approve").click();
    await page.waitForURL(({ origin }) => origin !== site);
    assert.deepEqual(await op.rows("SELECT * FROM grants WHERE user_id = ? AND client_id = ?", person.id, second.client.id), []);
  });

  test("cannot show a page of Limen in a frame", async (t) => {
    const { visitor, page } = await signedIn(t, { careless: true });
    const second = await startWebApp(op);
    const targets = { login: second.start({ prompt: "login" }), consent: second.start(), error: op.url("/nothing") };
    for (const [what, target] of Object.entries(targets)) {
      const site = await serve(async (_, response) => html(response, `<iframe src="${escaped(target)}"></iframe>`));
      const refused = visitor.context.waitForEvent("console", (message) => /frame/i.test(message.text()));
      await page.goto(site);
      await refused;
      const texts = await Promise.all(page.frames().slice(1).map((frame) => frame.locator("body").textContent()));
      assert.doesNotMatch(texts.join(), /Limen/, what);
    }
  });
});
