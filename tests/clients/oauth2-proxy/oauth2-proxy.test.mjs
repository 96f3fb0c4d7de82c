// oauth2-proxy in front of an app: wants a verified e-mail address, refreshes by itself.

import assert from "node:assert/strict";
import { test } from "node:test";

import { serve } from "../../browser/support/loopback.mjs";
import { asks, signInAndApprove } from "../../browser/support/person.mjs";
import { signInAt } from "../support/journey.mjs";
import { built, filled, jsonOf, setStage, visit } from "../support/stage.mjs";

const { op, chromium, run } = await setStage();

/** The app behind the proxy, which shows the headers that came. */
const upstream = await serve(async (request, response) => {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(request.headers));
});

function start(t, more = {}) {
  const command = (app) => {
    const others = {
      "id.example.com": new URL(op.issuer).host,
      "http://127.0.0.1:8080": upstream,
      "127.0.0.1:3000": `127.0.0.1:${app.port}`,
      'cookie_refresh = "9m"': 'cookie_refresh = "1s"',
      ...more,
    };
    return [built("bin/oauth2-proxy"), "--config", filled(t, app, "oauth2-proxy.cfg", others)];
  };
  return run(t, "oauth2-proxy", command, { ready: "/ping" });
}

test("oauth2-proxy: sign-in, refresh, sign-out", async (t) => {
  const app = await start(t);
  const ada = await op.person();
  const { page } = await visit(t, chromium);

  await signInAt(page, app, "/", ada);
  const expected = [ada.id, ada.email, ada.username];
  for (const generation of [0, 1]) {
    const headers = await jsonOf(page);
    const names = ["x-forwarded-user", "x-forwarded-email", "x-forwarded-preferred-username"];
    assert.deepEqual(names.map((name) => headers[name]), expected);
    const [family] = await op.rows("SELECT generation FROM token_families");
    assert.equal(family.generation, generation, "the proxy refreshed");
    // It counts whole seconds, and refreshes after more than one.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await page.reload();
  }

  // The proxy has no ID token to send along, so Limen asks.
  const query = new URLSearchParams({ client_id: app.client.client_id, post_logout_redirect_uri: `${app.origin}/` });
  await page.goto(`${app.origin}/oauth2/sign_out?rd=${encodeURIComponent(`${op.issuer}/logout?${query}`)}`);
  await page.locator("#logout").click();
  await page.waitForURL((url) => url.origin === op.issuer && url.pathname === "/login");
  assert.equal(await asks(page), "login");
});

test("oauth2-proxy lets nobody in whose address is not verified", async (t) => {
  const app = await start(t);
  const bob = await op.person({ email_verified: false });
  const { page } = await visit(t, chromium);
  await page.goto(app.origin);
  await signInAndApprove(page, bob);
  // A page of Limen's leads there.
  await page.waitForURL((url) => url.origin === app.origin);
  assert.match(await page.locator("body").innerText(), /Forbidden/);
  assert.match(app.output, /isn't verified/);
});

test("oauth2-proxy lets in whom a group has, tells the app their groups, and lets them in no more once they left it", async (t) => {
  const [scope, groups] = ['scope = "openid profile email groups"', 'allowed_groups = ["Editors"]'];
  const app = await start(t, { 'scope = "openid profile email"': `${scope}\n${groups}` });
  const [ada, bob] = [await op.person(), await op.person()];
  const admin = (path, json) => op.json(path, { json, bearer: op.adminToken });
  const editors = await admin("/admin/api/groups", { name: "Editors" });
  const staff = await admin("/admin/api/groups", { name: "Staff" });
  for (const group of [editors, staff]) await admin(`/admin/api/groups/${group.id}/members`, { add: [ada.id] });

  const { page } = await visit(t, chromium);
  await signInAt(page, app, "/", ada);
  assert.equal((await jsonOf(page))["x-forwarded-groups"], "Editors,Staff");

  const { page: another } = await visit(t, chromium);
  await another.goto(app.origin);
  await signInAndApprove(another, bob);
  assert.match(await another.locator("body").innerText(), /Forbidden/);

  await admin(`/admin/api/users/${ada.id}/groups`, { remove: [editors.id] });
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  await page.reload();
  assert.match(await page.locator("body").innerText(), /Forbidden/);
});
