// Forms that other sites send: a browser leaves its SameSite=Lax cookies out, and takes what the answer sets in their place.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { startLimen } from "../support/limen.mjs";
import { relyingParty, signedIn } from "../support/relying-party.mjs";

const op = await startLimen({ vars: { SESSION_MANAGEMENT: "on" } });
const client = await relyingParty(op);
const FROM_ELSEWHERE = { origin: "https://evil.test", "sec-fetch-site": "cross-site" };
/** Longer than a query may be. */
const LONG = "y".repeat(12_500);

describe("a form of another site that is too long for a query", () => {
  const request = { client_id: client.id, redirect_uri: client.redirectUri, response_type: "code", scope: "openid", state: LONG };
  for (const [path, form] of Object.entries({ "/logout": { state: LONG }, "/authorize": request })) {
    test(`${path} is sent once more by a page of Limen's own, and sets no cookie`, async () => {
      const response = await op.fetch(path, { form, headers: FROM_ELSEWHERE });
      assert.equal(response.status, 200);
      assert.deepEqual(response.headers.getSetCookie(), []);
      assert.match(response.headers.get("content-security-policy"), /form-action 'self'/);
      const html = await response.text();
      assert.ok(html.includes(`action="${op.url(path)}"`), html.slice(0, 2000));
      for (const [name, value] of Object.entries(form)) assert.ok(html.includes(`name="${name}" value="${value}"`), name);
    });
  }

  test("signs nobody out: the page's own form asks the person", async () => {
    const browser = op.browser();
    await signedIn(client, browser, await op.person());
    const page = await browser.open("/logout", { form: { state: LONG }, headers: { "sec-fetch-site": "same-origin" } });
    assert.equal(page.status, 200);
    assert.notEqual(await browser.sessionCookie(), undefined);
    const still = await browser.authorize(client, { prompt: "none" });
    assert.equal(still.callback.get("error"), null);
  });
});

describe("what comes without cookies", () => {
  for (const path of ["/account/profile", "/account/delete", "/admin/groups", "/login", "/consent", "/signup", "/logout/confirm"]) {
    test(`POST ${path} from another site sets none`, async () => {
      const response = await op.fetch(path, { form: { x: "1" }, headers: FROM_ELSEWHERE });
      assert.ok(response.status < 500, response.status);
      assert.deepEqual(response.headers.getSetCookie(), []);
    });
  }

  test("is signed out of nothing, and the state that apps watch stays", async () => {
    const response = await op.fetch("/logout");
    assert.equal(response.status, 200);
    assert.deepEqual(response.headers.getSetCookie(), []);
  });

  test("is given a name by a page that it opens itself", async () => {
    const response = await op.fetch("/account", { headers: { "sec-fetch-site": "cross-site" } });
    assert.notDeepEqual(response.headers.getSetCookie(), []);
  });
});
