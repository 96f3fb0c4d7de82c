// How a browser gets back to the app: by a redirect where that arrives, else by a page that leads on.

import assert from "node:assert/strict";
import { test } from "node:test";

import { grantOf } from "../support/browser.mjs";
import { formMayLeadTo, pageHeaders } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";
import { logoutPath } from "../support/relying-party.mjs";

const op = await startLimen();
const ada = await op.person();
/** What every browser says when it loads a page (Fetch Metadata). */
const NAVIGATING = { navigates: true };

const last = (page) => page.trail.at(-1);

test("after a form, a page leads a browser on to the web: its redirects could be held to form-action no more", async () => {
  const [client, browser] = [await op.client(), op.browser()];
  const login = await browser.authorize(client, {}, NAVIGATING);
  const consent = await browser.signIn(login, ada, NAVIGATING);
  for (const page of [login, consent]) assert.match(page.headers.get("content-security-policy"), /form-action 'self';/);
  const done = await browser.approve(consent, NAVIGATING);
  assert.equal(last(done).status, 200);
  pageHeaders(done.headers);
  assert.match(done.headers.get("content-security-policy"), /form-action 'self';/);
  assert.ok(!last(done).url.includes("code="));
  assert.ok((await client.tokens(grantOf(done))).access_token);
});

test("without a form before, and for whoever does not load pages, it is a redirect", async () => {
  const [client, browser] = [await op.client(), op.browser()];
  const login = await browser.authorize(client);
  formMayLeadTo(client.redirectUri, login.headers);
  const done = await browser.complete(login, ada);
  assert.equal(last(done).status, 303);
  assert.equal(last(await browser.authorize(client, {}, NAVIGATING)).status, 303);
});

test("a program of the device is opened by the form that was just sent, or by a page with a link", async () => {
  const client = await op.nativeClient({ redirect_uris: ["org.acme.app:/callback"] });
  for (const init of [{}, NAVIGATING]) {
    const browser = op.browser();
    const login = await browser.authorize(client, {}, init);
    formMayLeadTo(client.redirectUri, login.headers);
    const done = await browser.approve(await browser.signIn(login, await op.person(), init), init);
    assert.equal(last(done).status, 303);
    assert.equal(done.callbackUrl, client.redirectUri);
    const again = await browser.authorize(client, {}, init);
    assert.equal(last(again).status, 200);
    assert.ok((await client.tokens(grantOf(again))).access_token);
    const refused = await browser.authorize(client, { response_type: "token" }, init);
    assert.deepEqual([last(refused).status, refused.callback.get("error")], [200, "unsupported_response_type"]);
  }
});

test("form_post leads anywhere: only the app knows where it redirects to", async () => {
  const [client, browser] = [await op.client(), op.browser()];
  const done = await browser.complete(await browser.authorize(client, { response_mode: "form_post" }, NAVIGATING), ada);
  assert.equal(done.responseMode, "form_post");
  assert.doesNotMatch(done.headers.get("content-security-policy"), /form-action/);
});

test("a sign-out leads back in the same way", async () => {
  const web = "https://app.acme.test/bye";
  const client = await op.nativeClient({
    redirect_uris: ["https://app.acme.test/callback"],
    post_logout_redirect_uris: [web, "org.acme.app:/bye"],
  });
  for (const [uri, init, statuses] of [
    [web, NAVIGATING, { asked: 200, proven: 303 }],
    [web, {}, { asked: 303, proven: 303 }],
    ["org.acme.app:/bye", NAVIGATING, { asked: 303, proven: 200 }],
  ]) {
    const browser = op.browser();
    const tokens = await client.tokens(await browser.obtain(client, ada));
    const asked = await browser.open(logoutPath({ client_id: client.id, post_logout_redirect_uri: uri }), init);
    if (statuses.asked === 200) assert.match(asked.headers.get("content-security-policy"), /form-action 'self';/);
    else formMayLeadTo(uri, asked.headers);
    const done = await browser.submit(asked, "logout", {}, { button: "logout", ...init });
    assert.deepEqual([last(done).status, done.callbackUrl], [statuses.asked, uri]);
    const hint = { id_token_hint: tokens.id_token, post_logout_redirect_uri: uri };
    const proven = await browser.open(logoutPath(hint), init);
    assert.deepEqual([last(proven).status, proven.callbackUrl], [statuses.proven, uri]);
  }
});
