// An app that asks a person without their browser (CIBA): it names them, and polls; they answer at their account.

import assert from "node:assert/strict";

import { succeeded } from "../support/expect.mjs";
import { polling } from "../support/polling.mjs";

export const GRANT = "urn:openid:params:grant-type:ciba";

/** What a deployment needs for it. */
export const ON = { BACKCHANNEL_AUTHENTICATION: "on" };

/** An app that may ask: a till, a call centre. */
export const askingClient = (op, metadata = {}) =>
  op.client({
    client_name: "Acme Till",
    grant_types: [GRANT, "refresh_token"],
    response_types: [],
    redirect_uris: [],
    token_endpoint_auth_method: "client_secret_basic",
    backchannel_token_delivery_mode: "poll",
    ...metadata,
  });

/** Asks, and gives the raw answer. */
export const request = (client, params = {}, init) =>
  client.post("/backchannel_authentication", { scope: "openid profile email", ...params }, init);

/** Asks a person, which must succeed. */
export async function ask(client, person, params = {}, init) {
  return succeeded(await request(client, { login_hint: person.username, ...params }, init));
}

export const { poll, pollError, tokens } = polling(GRANT, "auth_req_id");

/** Signs in at the account, and opens the page of what waits. */
export async function openRequests(browser, person) {
  const page = await browser.open("/account/requests");
  return page.asksForPassword ? browser.signIn(page, person) : page;
}

/** Goes on from the first request of the page to the one on which it is answered. */
export async function review(browser, page, person) {
  const next = await browser.submit(page, "review", {}, { button: "review" });
  return next.asksForPassword ? browser.signIn(next, person) : next;
}

/** Signs in and looks at what waits, up to the page that asks. */
export async function upToConsent(browser, person) {
  const page = await review(browser, await openRequests(browser, person), person);
  assert.ok(page.asksForConsent, `${page.status} ${page.url} ${page.text}`);
  return page;
}

/** Allows what waits. */
export async function approve(browser, person) {
  const page = await browser.approve(await upToConsent(browser, person));
  assert.equal(page.status, 200, page.text);
  assert.match(page.text, /Allowed/);
  return page;
}
