// Every page works without JavaScript. The app is on a server, built with openid-client.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { tabTo } from "./support/accessibility.mjs";
import { operatorAt } from "./support/gallery-factors.mjs";
import { resultOf, subjectAt } from "./support/loopback.mjs";
import { approve, asks, cancel, deny, signIn, signInAndApprove } from "./support/person.mjs";
import { setStage } from "./support/stage.mjs";
import { startWebApp } from "./support/web-app.mjs";

const { op, chromium } = await setStage({ DEVICE_AUTHORIZATION: "on", BACKCHANNEL_AUTHENTICATION: "on" });

/** Somebody without JavaScript who has pressed "Sign in" at a new app. */
async function atLogin(t, params) {
  const [app, person] = [await startWebApp(op), await op.person()];
  const visitor = await chromium.visitor(t, { javaScriptEnabled: false });
  await visitor.page.goto(app.start(params));
  return { app, person, visitor, page: visitor.page };
}

test("signs a person in, with what UserInfo says of them; the second time no page is shown", async (t) => {
  const { app, person, visitor, page } = await atLogin(t);
  await signInAndApprove(page, person);
  const { claims, userinfo } = await resultOf(page);
  assert.equal(new URL(page.url()).origin, app.origin);
  assert.equal(claims?.sub, person.id);
  assert.equal(userinfo.email, person.email);
  const before = visitor.pagesOfLimen.length;
  for (const params of [{}, { prompt: "none" }]) {
    await page.goto(app.start(params));
    assert.equal(await subjectAt(page), person.id);
  }
  assert.deepEqual(visitor.pagesOfLimen.slice(before), []);
});

test("cancel, and deny after it, are access_denied at the app, and nothing is allowed", async (t) => {
  const { app, person, visitor, page } = await atLogin(t);
  await page.locator("#username").fill(person.username);
  await page.locator("#password").fill(person.password);
  await cancel(page);
  assert.equal((await resultOf(page)).error, "access_denied");
  assert.equal((await visitor.cookies()).limen_session, undefined, "whatever was filled in");
  await page.goto(app.start());
  await signIn(page, person);
  await deny(page);
  assert.equal((await resultOf(page)).error, "access_denied");
  await page.goto(app.start());
  assert.equal(await asks(page), "consent");
});

test("a wrong password is said, and the right one then works", async (t) => {
  const { person, page } = await atLogin(t);
  await signIn(page, person, { password: "not this one" });
  assert.ok(await page.locator('[role="alert"]').isVisible());
  await page.locator("#password").fill(person.password);
  await page.locator("#login").click();
  await approve(page);
  assert.equal(await subjectAt(page), person.id);
});

describe("response_mode=form_post", () => {
  const mode = { response_mode: "form_post" };

  test("with JavaScript sends itself", async (t) => {
    const [app, person, visitor] = [await startWebApp(op), await op.person(), await chromium.visitor(t)];
    await visitor.page.goto(app.start(mode));
    await signInAndApprove(visitor.page, person);
    const { method, claims } = await resultOf(visitor.page);
    assert.deepEqual([method, claims?.sub], ["POST", person.id]);
  });

  test("without JavaScript has a button", async (t) => {
    const { person, page } = await atLogin(t, mode);
    await signInAndApprove(page, person);
    await page.locator("#continue").click();
    const { method, claims } = await resultOf(page);
    assert.deepEqual([method, claims?.sub], ["POST", person.id]);
  });

  test("carries a refusal, too", async (t) => {
    const { page } = await atLogin(t, mode);
    await cancel(page);
    await page.locator("#continue").click();
    const { method, error } = await resultOf(page);
    assert.deepEqual([method, error], ["POST", "access_denied"]);
  });
});

test("connects a device: by the link of its QR code, and by typing its code", async (t) => {
  const grant_types = ["urn:ietf:params:oauth:grant-type:device_code"];
  const client = await op.client({ grant_types, response_types: [], redirect_uris: [], token_endpoint_auth_method: "none" });
  const person = await op.person();
  const { page } = await chromium.visitor(t, { javaScriptEnabled: false });
  const ask = async () => (await client.post("/device_authorization", { scope: "openid" })).json();
  const poll = ({ device_code }) => client.post("/token", { grant_type: grant_types[0], device_code });
  const linked = await ask();
  await page.goto(linked.verification_uri_complete);
  await page.locator("#continue").click();
  await signIn(page, person);
  assert.equal(await page.locator("#user-code").textContent(), linked.user_code);
  await page.locator("#approve").click();
  await page.locator("#outcome").waitFor();
  assert.equal((await poll(linked)).status, 200);
  const typed = await ask();
  await page.goto(typed.verification_uri);
  await page.locator("#user_code").fill(typed.user_code.toLowerCase().replace("-", " "));
  await page.keyboard.press("Enter");
  await page.locator("#deny").click();
  await page.locator("#outcome").waitFor();
  assert.equal((await (await poll(typed)).json()).error, "access_denied");
});

test("allows what an app asks without their browser", async (t) => {
  const grant_types = ["urn:openid:params:grant-type:ciba"];
  const client = await op.client({ grant_types, response_types: [], redirect_uris: [], backchannel_token_delivery_mode: "poll" });
  const person = await op.person();
  const { page } = await chromium.visitor(t, { javaScriptEnabled: false });
  const asked = await (await client.post("/backchannel_authentication", { scope: "openid", login_hint: person.username, binding_message: "W4" })).json();
  await page.goto(op.url("/account/requests"));
  await signIn(page, person);
  await page.locator("button[name=review]").click();
  assert.equal(await page.locator("#binding-message").textContent(), "W4");
  await page.locator("#approve").click();
  await page.locator("#outcome").waitFor();
  const poll = await client.post("/token", { grant_type: grant_types[0], auth_req_id: asked.auth_req_id });
  assert.equal(poll.status, 200);
});

test("an operator finds somebody by keyboard alone, is told what will happen, and locks the account", async (t) => {
  const [visitor, ada] = [await chromium.visitor(t, { javaScriptEnabled: false }), await op.person({ name: "Grace Hopper" })];
  const { page } = visitor;
  await operatorAt({ op, visitor }, "/admin/people", ["people"]);
  await tabTo(page, "search");
  await page.keyboard.type(ada.username);
  await page.keyboard.press("Enter");
  await page.locator("#people a").focus();
  await page.keyboard.press("Enter");
  await page.locator("h1", { hasText: "Grace Hopper" }).waitFor();
  await page.locator("summary", { hasText: "Lock the account" }).focus();
  await page.keyboard.press("Enter");
  assert.ok(await page.getByText("nobody can sign in to this account until it is unlocked").isVisible());
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.match(await page.locator('[role="status"]').textContent(), /is locked/);
  assert.equal((await op.json(`/admin/api/users/${ada.id}`, { bearer: op.adminToken })).disabled, true);
});

test("an operator sets up an app by keyboard alone, and switches it off after reading what that does", async (t) => {
  const visitor = await chromium.visitor(t, { javaScriptEnabled: false });
  const { page } = visitor;
  await operatorAt({ op, visitor }, "/admin/apps", ["apps"]);
  await tabTo(page, "add");
  await page.keyboard.press("Enter");
  await page.locator("#client_name").waitFor();
  await tabTo(page, "client_name");
  await page.keyboard.type("Wiki of ours");
  await tabTo(page, "redirect_uris");
  await page.keyboard.type("https://wiki.acme.test/callback");
  await tabTo(page, "make");
  await page.keyboard.press("Enter");
  const id = await page.locator("#client-id").textContent();
  assert.ok(await page.locator("#secret").textContent());
  await tabTo(page, "back");
  await page.keyboard.press("Enter");
  await page.locator("h1", { hasText: "Wiki of ours" }).waitFor();
  await page.locator("summary", { hasText: "Switch the app off" }).focus();
  await page.keyboard.press("Enter");
  assert.ok(await page.getByText("its tokens count for nothing until").isVisible());
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByText("Switched off: nobody can use it").waitFor();
  assert.equal((await op.json(`/register/${id}`, { bearer: op.adminToken })).disabled, true);
});
