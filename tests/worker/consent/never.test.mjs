// An app of the operator's own, for which nobody is asked.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const op = await startLimen({ vars: { REGISTRATION: "open" } });

test("whoever signs in comes back at once, and the app is among those that they allow", async () => {
  const [client, ada, browser] = [await op.client({ consent: "never" }), await op.person(), op.browser()];
  const page = await browser.authorize(client, { scope: "openid email offline_access" });
  const back = await browser.signIn(page, ada);
  assert.ok(back.callback, "no page in between");
  const { grants } = await op.json(`/admin/api/users/${ada.id}/grants`, { bearer: op.adminToken });
  assert.deepEqual([grants.length, grants[0].client_id, grants[0].scope.split(" ").toSorted()], [1, client.id, ["email", "offline_access", "openid"]]);
  const written = await op.rows("SELECT actor FROM audit WHERE event = 'consent_given' AND user_id = ?", ada.id);
  assert.deepEqual(written, [{ actor: "system" }]);
  assert.ok((await browser.authorize(client, { scope: "openid email profile" })).callback, "more is allowed as well");
  assert.equal((await op.rows("SELECT id FROM grants WHERE user_id = ?", ada.id)).length, 1);
});

test("prompt=none is answered, prompt=consent asks, and another app asks as before", async () => {
  const [client, other, ada, browser] = [await op.client({ consent: "never" }), await op.client(), await op.person(), op.browser()];
  await browser.obtain(other, ada);
  const silent = await browser.authorize(client, { prompt: "none" });
  assert.ok(silent.callback?.get("code"), silent.text);
  assert.ok((await browser.authorize(client, { prompt: "consent" })).asksForConsent);
  assert.ok((await op.browser().authorize(client, { prompt: "none" })).callback.get("error") === "login_required");
  assert.ok((await browser.authorize(await op.client())).asksForConsent);
});

test("who may not use it is not taken for somebody who allowed it", async () => {
  const { id: group } = await (await op.admin("/admin/api/groups", { json: { name: "Few" } })).json();
  const [client, other, ada, browser] = [await op.client({ consent: "never", allowed_groups: [group] }), await op.client(), await op.person(), op.browser()];
  await browser.obtain(other, ada);
  assert.equal((await browser.authorize(client)).status, 403);
  assert.equal((await op.rows("SELECT id FROM grants WHERE user_id = ? AND client_id = ?", ada.id, client.id)).length, 0);
});

test("a pushed request is answered once", async () => {
  const [client, other, ada, browser] = [await op.client({ consent: "never" }), await op.client(), await op.person(), op.browser()];
  await browser.obtain(other, ada);
  const { request_uri } = await (await client.post("/par", client.request().params)).json();
  const path = `/authorize?client_id=${client.id}&request_uri=${encodeURIComponent(request_uri)}`;
  assert.match((await browser.fetch(path)).headers.get("location"), /code=/);
  assert.doesNotMatch((await browser.fetch(path)).headers.get("location") ?? "", /code=/);
});

test("no app gives it to itself", async () => {
  const wanted = { redirect_uris: ["https://app.acme.test/cb"], consent: "never" };
  const registered = await (await op.fetch("/register", { json: wanted })).json();
  assert.equal(registered.consent, undefined);
  assert.equal((await op.admin("/register", { json: { ...wanted, consent: "sometimes" } })).status, 400);
});
