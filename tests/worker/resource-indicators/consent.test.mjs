// What people are asked about the APIs that a client wants tokens for (RFC 8707), and what is remembered.

import assert from "node:assert/strict";
import { test } from "node:test";

import { oauthError, redirectError } from "../support/expect.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { CALENDAR, FILES, RESOURCES } from "./apis.mjs";

const op = await startLimen({ vars: { RESOURCES } });

async function freshly() {
  return [await op.client(), await op.person(), op.browser()];
}

test("the page names the API, in the person's language, and its address", async () => {
  const [client, ada, browser] = await freshly();
  const page = await browser.signIn(await browser.authorize(client, { resource: `${CALENDAR}/` }), ada);
  assert.match(page.text, /Use Acme Calendar on your behalf/);
  assert.match(page.text, /https:\/\/cal\.acme\.test(?!\/)/, "as it is registered");
  assert.doesNotMatch(page.text, /Acme Files/);
  const german = await browser.authorize(client, { resource: CALENDAR, ui_locales: "de" });
  assert.match(german.text, /Acme Calendar in Ihrem Namen nutzen/);
});

test("remembered consent covers the APIs that were approved, and no others", async () => {
  const [client, ada, browser] = await freshly();
  await browser.obtain(client, ada);
  redirectError(await browser.authorize(client, { resource: FILES, prompt: "none" }), "consent_required");
  assert.ok((await browser.authorize(client, { resource: FILES })).asksForConsent, "a client without an API before");
  await browser.obtain(client, ada, { resource: FILES });
  assert.ok((await browser.authorize(client, { resource: FILES, prompt: "none" })).callback.get("code"));
  const more = await browser.authorize(client, { resource: [FILES, CALENDAR] });
  assert.match(more.text, /What you allow Use Acme Calendar .*What you allowed earlier Use Acme Files/);
  await browser.approve(more);
  for (const resource of [FILES, CALENDAR, [CALENDAR, FILES], undefined]) {
    assert.ok((await browser.authorize(client, { resource, prompt: "none" })).callback.get("code"));
  }
});

test("Limen's own APIs need no words of their own: the scopes have them", async () => {
  const [client, ada, browser] = await freshly();
  await browser.obtain(client, ada);
  const resource = [op.issuer, op.url("/userinfo")];
  assert.ok((await browser.authorize(client, { resource, prompt: "none" })).callback.get("code"));
});

test("the approval of one API cannot be spent on another", async () => {
  const [client, ada, browser] = await freshly();
  const files = await browser.signIn(await browser.authorize(client, { resource: FILES }), ada);
  const calendar = await browser.authorize(client, { resource: CALENDAR });
  const interaction = calendar.form("approve").controls.find(({ name }) => name === "interaction").value;
  const mixed = await browser.submit(files, "approve", { interaction }, { button: "approve" });
  assert.equal(mixed.callback, null);
  assert.deepEqual(await op.rows("SELECT * FROM grants WHERE user_id = ?", ada.id), []);
});

test("a refusal leaves no API allowed", async () => {
  const [client, ada, browser] = await freshly();
  await browser.obtain(client, ada, { resource: FILES });
  redirectError(await browser.deny(await browser.authorize(client, { resource: CALENDAR })), "access_denied");
  assert.ok((await browser.authorize(client, { resource: CALENDAR })).asksForConsent);
  assert.ok((await browser.authorize(client, { resource: FILES })).callback.get("code"));
});

test("people and operators see which APIs were allowed", async () => {
  const [client, ada, browser] = await freshly();
  await browser.obtain(client, ada, { resource: [FILES, op.issuer] });
  assert.match((await browser.open("/account/apps")).text, /Use Acme Files on your behalf/);
  const { grants } = await (await op.admin(`/admin/api/users/${ada.id}/grants`)).json();
  assert.deepEqual(grants[0].resources, [FILES]);
  const { events } = await (await op.admin(`/admin/api/audit?user=${ada.id}&event=consent_given`)).json();
  assert.deepEqual(events[0].detail.resources, [FILES]);
});

test("taking the consent back ends the tokens for the API", async () => {
  const [client, ada, browser] = await freshly();
  const tokens = await client.tokens(await browser.obtain(client, ada, { resource: FILES }));
  await op.admin(`/admin/api/users/${ada.id}/grants/${client.id}`, { method: "DELETE" });
  assert.deepEqual(await client.introspect(tokens.access_token), { active: false });
  await oauthError(await client.refresh(tokens.refresh_token, { resource: FILES }), 400, "invalid_grant");
});

test("an API that is not registered any more gets no tokens, and the issuer does not take its place", async () => {
  const [client, ada, browser] = await freshly();
  const tokens = await client.tokens(await browser.obtain(client, ada, { resource: FILES }));
  const more = await client.tokens(await browser.obtain(client, ada, { resource: [FILES, CALENDAR] }));
  await op.redeploy({ RESOURCES: JSON.stringify({ [CALENDAR]: "Acme Calendar" }) });
  await oauthError(await client.refresh(tokens.refresh_token), 400, "invalid_target");
  assert.equal(claimsOf((await client.refreshed(more.refresh_token)).access_token).aud, CALENDAR);
  await op.redeploy({ RESOURCES });
});

test("a broken RESOURCES is told to the operator, and nothing is served", async () => {
  await op.redeploy({ RESOURCES: "https://mcp.acme.test/files" });
  assert.equal((await op.fetch("/.well-known/openid-configuration")).status, 503);
  await op.redeploy({ RESOURCES });
});
