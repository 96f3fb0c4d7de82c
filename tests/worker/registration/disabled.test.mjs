// An app that an operator disabled: for nobody, without tokens, until it is enabled again.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const op = await startLimen({ vars: { REGISTRATION: "open" } });
const disable = async (client, disabled = true) => {
  const response = await op.admin(`/register/${client.id}`, { method: "PATCH", json: { disabled } });
  assert.equal(response.status, 200);
  assert.equal((await response.json()).disabled, disabled || undefined);
};

test("nothing of it works from then on, and all of it once it is enabled again", async () => {
  const [client, ada, browser] = [await op.client(), await op.person(), op.browser()];
  const tokens = await client.tokens(await browser.obtain(client, ada));
  const waiting = await browser.obtain(client, ada);
  const userinfo = async () => (await op.fetch("/userinfo", { bearer: tokens.access_token })).status;
  const api = await op.client();
  const active = async (token) => (await (await api.post("/introspect", { token })).json()).active;
  assert.deepEqual([await userinfo(), await active(tokens.access_token)], [200, true]);

  await disable(client);
  assert.equal((await browser.authorize(client)).status, 403, "a page says that it is for nobody");
  assert.match((await browser.fetch(client.authorizePath({ prompt: "none" }))).headers.get("location"), /error=access_denied/);
  for (const attempt of [await client.redeem(waiting), await client.refresh(tokens.refresh_token)]) {
    assert.ok([400, 401].includes(attempt.status), `${attempt.status}`);
  }
  for (const [path, form] of [["/par", client.request().params], ["/introspect", { token: tokens.access_token }]]) {
    assert.equal((await client.post(path, form)).status, 401, path);
  }
  assert.deepEqual([await userinfo(), await active(tokens.access_token)], [401, false]);

  await disable(client, false);
  assert.equal((await client.redeem(waiting)).status, 200, "the code was not used up");
  assert.deepEqual([await userinfo(), await active(tokens.access_token)], [200, true]);
  assert.equal((await client.refresh(tokens.refresh_token)).status, 200);
});

test("a program gets no tokens of its own, and those that are out open nothing", async () => {
  const program = await op.serviceClient({ scope: "dcr_admin" });
  const { access_token } = await (await program.credentials({ scope: "dcr_admin" })).json();
  const register = async () => (await op.fetch("/register", { bearer: access_token, json: { redirect_uris: ["https://app.acme.test/cb"] } })).status;
  assert.equal(await register(), 201);
  await disable(program);
  assert.equal((await program.credentials({ scope: "dcr_admin" })).status, 401);
  assert.equal(await register(), 401);
});

test("no app disables or enables itself", async () => {
  const wanted = { redirect_uris: ["https://app.acme.test/cb"], disabled: true };
  const registered = await (await op.fetch("/register", { json: wanted })).json();
  assert.equal(registered.disabled, undefined);
  await disable({ id: registered.client_id });
  const change = { bearer: registered.registration_access_token, method: "PATCH", json: { disabled: false } };
  await op.fetch(`/register/${registered.client_id}`, change);
  assert.equal((await op.json(`/register/${registered.client_id}`, { bearer: op.adminToken })).disabled, true);
  assert.equal((await op.admin("/register", { json: { ...wanted, disabled: "yes" } })).status, 400);
});
