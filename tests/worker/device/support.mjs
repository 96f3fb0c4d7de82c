// A device without a browser (RFC 8628): it asks, shows a code, and polls.

import assert from "node:assert/strict";

import { succeeded } from "../support/expect.mjs";
import { polling } from "../support/polling.mjs";

export const GRANT = "urn:ietf:params:oauth:grant-type:device_code";

/** What a deployment needs for devices. */
export const ON = { DEVICE_AUTHORIZATION: "on" };

/** An app on a device: no secret, no redirect URI. */
export const deviceClient = (op, metadata = {}) =>
  op.client({
    client_name: "Acme TV",
    grant_types: [GRANT, "refresh_token"],
    response_types: [],
    redirect_uris: [],
    token_endpoint_auth_method: "none",
    ...metadata,
  });

/** Asks as a device, and gives the raw answer. */
export const request = (client, params = {}, init) =>
  client.post("/device_authorization", { scope: "openid profile email", ...params }, init);

/** Asks, which must succeed. */
export async function ask(client, params, init) {
  return succeeded(await request(client, params, init));
}

export const { poll, pollError, tokens } = polling(GRANT, "device_code");

/** Opens the page, by the link with the code or without, and types the code. */
export async function enter(browser, { user_code, verification_uri_complete }, { linked = false } = {}) {
  const page = await browser.open(linked ? verification_uri_complete : "/device");
  return browser.submit(page, "user_code", linked ? {} : { user_code });
}

/** Types the code and signs in, up to the page that asks. */
export async function upToConsent(browser, asked, person) {
  let page = await enter(browser, asked);
  if (page.asksForPassword) page = await browser.signIn(page, person);
  assert.ok(page.asksForConsent, `${page.status} ${page.url} ${page.text}`);
  return page;
}

/** Allows the device what it asks for. */
export async function approve(browser, asked, person) {
  const page = await browser.approve(await upToConsent(browser, asked, person));
  assert.equal(page.status, 200, page.text);
  return page;
}
