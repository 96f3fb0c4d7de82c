// What an operator decides about an app: how strongly people sign in to it, when they are asked, and from which pages it is called.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { withPasskey } from "../support/authenticator.mjs";
import { grantOf } from "../support/browser.mjs";
import { withApp } from "../support/codes.mjs";
import { oauthError } from "../support/expect.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen({ vars: { REGISTRATION: "open" } });
const PAGE = "https://app.acme.test";

/** Somebody who is signed in with a password alone, in a browser. */
async function signedIn(at = op) {
  const [person, browser] = [await at.person(), at.browser()];
  await browser.obtain(await at.client(), person);
  return { person, browser };
}

const errorOf = (page) => page.callback?.get("error");

describe("required_acr", () => {
  test("asks for what the session lacks, whatever the app asks for", async () => {
    const client = await op.client({ required_acr: "mfa", consent: "never" });
    const { person, browser } = await signedIn();
    const { app } = await withApp(op, person);
    const weak = { claims: JSON.stringify({ id_token: { acr: { essential: true, value: "1" } } }) };
    for (const params of [{}, { acr_values: "1" }, weak]) {
      const page = await browser.authorize(client, params);
      assert.ok(page.has("code") && !page.has("password"), page.text);
    }
    const page = await browser.authorize(client);
    const back = await browser.submit(page, "code", { code: app.nextCode() });
    back.request = page.request;
    assert.ok(back.callback, `${back.url}: ${back.text}`);
    const { id_token } = await client.tokens(grantOf(back));
    assert.equal(claimsOf(id_token).acr, "mfa");
  });

  test("has who has nothing set something up, and is no less than the app wants itself", async () => {
    const client = await op.client({ required_acr: "mfa" });
    const { browser } = await signedIn();
    assert.ok((await browser.authorize(client)).has("secret"), "an authenticator app is set up");
    const { person, browser: other } = await signedIn();
    await withPasskey(op, person);
    const strict = await op.client({ required_acr: "phr" });
    assert.ok((await other.authorize(strict, { acr_values: "mfa" })).has("passkey"));
  });

  test("is told to an app that may not ask, and where nobody can sign in so strongly", async () => {
    const client = await op.client({ required_acr: "mfa", consent: "never" });
    const { person, browser } = await signedIn();
    await withApp(op, person);
    assert.equal(errorOf(await browser.authorize(client, { prompt: "none" })), "login_required");
    const weak = await startLimen({ vars: { SIGN_IN: "password", SECOND_FACTOR: "off" } });
    const unmet = await (await signedIn(weak)).browser.authorize(await weak.client({ required_acr: "mfa" }));
    assert.equal(errorOf(unmet), "unmet_authentication_requirements");
  });

  test("counts from the next request on, and for refresh tokens of before not", async () => {
    const client = await op.client();
    const [person, browser] = [await op.person(), op.browser()];
    const tokens = await client.tokens(await browser.obtain(client, person));
    await op.json(`/register/${client.id}`, { method: "PATCH", json: { required_acr: "mfa" }, bearer: op.adminToken });
    await withApp(op, person);
    assert.equal(errorOf(await browser.authorize(client, { prompt: "none" })), "login_required");
    assert.equal((await client.refresh(tokens.refresh_token)).status, 200);
  });
});

describe("consent: always", () => {
  test("asks each time, and an app that may not ask is told so", async () => {
    const client = await op.client({ consent: "always" });
    const [person, browser] = [await op.person(), op.browser()];
    await browser.obtain(client, person);
    for (let n = 0; n < 2; n++) {
      const page = await browser.authorize(client);
      assert.ok(page.asksForConsent, page.text);
      assert.ok((await browser.approve(page)).callback.get("code"));
    }
    assert.equal(errorOf(await browser.authorize(client, { prompt: "none" })), "consent_required");
  });
});

describe("allowed_origins", () => {
  const from = (origin) => ({ headers: { origin } });

  test("keep pages of other origins from calling for the app, and nothing is used up by them", async () => {
    const client = await op.publicClient({ allowed_origins: [PAGE] });
    const grant = await op.browser().obtain(client, await op.person());
    for (const origin of ["https://evil.test", "null", `${PAGE}:8443`, "http://app.acme.test"]) {
      await oauthError(await client.redeem(grant, {}, from(origin)), 400, "unauthorized_client");
    }
    const answer = await client.redeem(grant, {}, from(PAGE));
    assert.equal(answer.status, 200);
    const { refresh_token } = await answer.json();
    await oauthError(await client.refresh(refresh_token, {}, from("https://evil.test")), 400, "unauthorized_client");
    assert.equal((await client.refresh(refresh_token)).status, 200, "programs send no origin");
  });

  test("are none where the operator names none, and what is no origin is refused", async () => {
    const client = await op.publicClient();
    const grant = await op.browser().obtain(client, await op.person());
    assert.equal((await client.redeem(grant, {}, from("https://anywhere.test"))).status, 200);
    for (const origin of ["https://app.acme.test/", "app.acme.test", "ftp://app.acme.test", "https://APP.acme.test", "*", "null", ""]) {
      const wanted = { redirect_uris: [`${PAGE}/cb`], allowed_origins: [origin] };
      const refused = await op.fetch("/register", { json: wanted, bearer: op.adminToken });
      await oauthError(refused, 400, "invalid_client_metadata");
    }
  });
});

test("the operator alone decides", async () => {
  const wanted = { redirect_uris: [`${PAGE}/cb`], required_acr: "mfa", consent: "always", allowed_origins: [PAGE] };
  const registered = await op.json("/register", { json: wanted });
  assert.deepEqual([registered.required_acr, registered.consent, registered.allowed_origins], [undefined, undefined, undefined]);
});
