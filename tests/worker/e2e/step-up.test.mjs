// The example API (examples/step-up), which deletes only after a fresh sign-in with two factors, and an app that does what its challenge
// says (RFC 9470).

import assert from "node:assert/strict";
import { test } from "node:test";

import { notesApi } from "../../../examples/step-up/server.mjs";
import { grantOf } from "../support/browser.mjs";
import { withApp } from "../support/codes.mjs";
import { startLimen } from "../support/limen.mjs";

const NOTES = "https://notes.acme.test";
const op = await startLimen({ vars: { RESOURCES: JSON.stringify({ [NOTES]: { name: "Notes" } }) } });
const api = notesApi({
  issuer: op.issuer,
  resource: NOTES,
  fetch: (input) => op.fetch(new URL(input instanceof Request ? input.url : input).href),
  now: () => op.clock.seconds(),
});

/** Calls the API with a token. What comes back has the challenge, taken apart. */
async function call(method, token) {
  const response = await api(new Request(NOTES, { method, headers: { authorization: `Bearer ${token}` }, body: method === "POST" ? "milk" : undefined }));
  const parameters = [...(response.headers.get("www-authenticate") ?? "").matchAll(/(\w+)="([^"]*)"/g)];
  return { status: response.status, challenge: Object.fromEntries(parameters.map(([, name, value]) => [name, value])) };
}

/** An app, and somebody who is signed in with a password alone. */
async function started() {
  const [client, person, browser] = [await op.client(), await op.person(), op.browser()];
  const tokens = await client.tokens(await browser.obtain(client, person, { resource: NOTES }));
  return { client, person, browser, tokens };
}

/** The authorization request that a challenge asks for. */
const asChallenged = ({ acr_values, max_age }, tokens) => ({ acr_values, max_age, resource: NOTES, id_token_hint: tokens.id_token });

test("a token of a password alone reads and writes, and is challenged where it deletes; a code makes one that may", async () => {
  const { client, person, browser, tokens } = await started();
  const { app } = await withApp(op, person);
  assert.equal((await call("POST", tokens.access_token)).status, 204);
  const { status, challenge } = await call("DELETE", tokens.access_token);
  assert.equal(status, 401);
  const error_description = "a stronger sign-in is required";
  assert.deepEqual(challenge, { error: "insufficient_user_authentication", error_description, acr_values: "mfa phr", max_age: "300" });
  const page = await browser.authorize(client, asChallenged(challenge, tokens));
  assert.ok(page.has("code") && !page.has("password"), page.text);
  const back = await browser.submit(page, "code", { code: app.nextCode() });
  const stronger = await client.tokens(grantOf({ callback: back.callback, request: page.request }));
  assert.equal((await call("DELETE", stronger.access_token)).status, 204);
  assert.equal((await call("DELETE", tokens.access_token)).status, 401, "the token from before is no stronger");
  const refreshed = await client.refreshed(stronger.refresh_token, { resource: NOTES });
  op.clock.advance({ minutes: 6 });
  const late = await client.refreshed(refreshed.refresh_token, { resource: NOTES });
  assert.equal((await call("DELETE", late.access_token)).challenge.error_description, "a more recent sign-in is required");
  const again = await browser.authorize(client, asChallenged(challenge, tokens));
  assert.ok(again.asksForPassword, "a new token is no new sign-in");
});

test("somebody who has no second factor brings back a token that is as weak, and an app that insists has them set one up", async () => {
  const { client, browser, tokens } = await started();
  const { challenge } = await call("DELETE", tokens.access_token);
  const weak = await client.tokens(grantOf(await browser.authorize(client, asChallenged(challenge, tokens))));
  assert.equal((await call("DELETE", weak.access_token)).status, 401);
  const claims = JSON.stringify({ id_token: { acr: { essential: true, values: challenge.acr_values.split(" ") } } });
  assert.ok((await browser.authorize(client, { claims, resource: NOTES })).has("secret"));
});

test("a token for another API, of a client, or none at all, is no token of a person here", async () => {
  const { client, person, browser } = await started();
  const { access_token } = await client.tokens(await browser.obtain(client, person));
  for (const token of [access_token, "x", ""]) assert.deepEqual((await call("GET", token)).challenge, { error: "invalid_token" });
});
