// The Device Authorization Grant (RFC 8628), from the device's request to its tokens.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { oauthError } from "../support/expect.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { GRANT, ON, approve, ask, deviceClient, enter, poll, pollError, request, tokens, upToConsent } from "./support.mjs";

const API = "https://api.acme.test";
const op = await startLimen({ vars: { ...ON, RESOURCES: JSON.stringify({ [API]: "Acme API" }) } });
const ada = await op.person();
const tv = await deviceClient(op);

describe("device authorization request (section 3.1)", () => {
  test("is answered with both codes, where to go, and how long and how often (section 3.2)", async () => {
    const response = await request(tv);
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.equal(response.headers.get("access-control-allow-origin"), "*");
    const asked = await response.json();
    assert.match(asked.user_code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    assert.deepEqual(asked, {
      device_code: asked.device_code,
      user_code: asked.user_code,
      verification_uri: op.url("/device"),
      verification_uri_complete: op.url(`/device?user_code=${asked.user_code}`),
      expires_in: 600,
      interval: 5,
    });
    const [row] = await op.rows("SELECT * FROM pushed_requests WHERE client_id = ? ORDER BY expires_at DESC LIMIT 1", tv.id);
    const secret = asked.device_code.split(".")[1];
    assert.ok(!row.hash.includes(secret) && !row.query.includes(secret), "the device code is stored hashed");
    assert.ok(!row.user_code.includes(asked.user_code.replace("-", "")), "and so is the user code, by which it is found");
  });

  test("confidential clients authenticate as at other endpoints", async () => {
    const { client_secret_basic, client_secret_post } = Object.fromEntries(
      await Promise.all(
        ["client_secret_basic", "client_secret_post"].map(async (token_endpoint_auth_method) => [
          token_endpoint_auth_method,
          await deviceClient(op, { token_endpoint_auth_method }),
        ]),
      ),
    );
    for (const client of [client_secret_basic, client_secret_post]) {
      const asked = await ask(client);
      await approve(op.browser(), asked, ada);
      await oauthError(await poll(client, asked, {}, { auth: "none" }), 401, "invalid_client");
      await oauthError(await request(client, {}, { auth: "none" }), 401, "invalid_client");
      assert.ok((await tokens(client, asked)).id_token);
    }
  });

  test("is refused where the client did not register the grant, and where it asks for what it may not have", async () => {
    const other = await op.client();
    await oauthError(await request(other), 400, "unauthorized_client");
    await oauthError(await request(tv, { scope: "dcr_admin" }), 400, "invalid_scope");
    await oauthError(await request(tv, { prompt: "none" }), 400, "invalid_request");
    await oauthError(await request(tv, { resource: "https://other.test" }), 400, "invalid_target");
    await oauthError(await request(tv, { scope: ["openid", "email"] }), 400, "invalid_request");
    await oauthError(await request(tv, { claims: '{"id_token":{"acr":{"essential":true,"values":["x"]}}}' }), 400, [
      "unmet_authentication_requirements",
    ]);
  });

  test("parameters that are a browser's do not count", async () => {
    const asked = await ask(tv, { redirect_uri: "https://evil.test/", state: "s", response_type: "token", response_mode: "query" });
    const page = await approve(op.browser(), asked, ada);
    assert.equal(page.callback, null);
    assert.doesNotMatch(page.html, /evil\.test/);
    assert.ok((await tokens(tv, asked)).access_token);
  });
});

describe("the person (section 3.3)", () => {
  test("types the code, signs in, sees which app and device ask for what, and allows it", async () => {
    const browser = op.browser({ address: "192.0.2.7" });
    const asked = await ask(tv, {}, { address: "203.0.113.9", headers: { "user-agent": "curl/8 (Linux)" } });
    assert.equal(await pollError(tv, asked), "authorization_pending");
    const page = await upToConsent(browser, asked, ada);
    assert.match(page.text, /Acme TV asks for access/);
    assert.match(page.text, new RegExp(asked.user_code));
    assert.match(page.text, /curl on Linux/);
    assert.match(page.text, /203\.0\.113\.0\/24 \(not the one that you are in\)/);
    assert.match(page.text, /See your e-mail address/);
    assert.match(page.text, /you have just started there yourself/);
    assert.doesNotMatch(page.text, /return to/);
    const done = await browser.approve(page);
    assert.equal(done.status, 200);
    assert.match(done.text, /Acme TV is connected/);
    const given = await tokens(tv, asked);
    assert.equal(given.scope, "email openid profile");
    const claims = claimsOf(given.id_token);
    assert.equal(claims.sub, ada.id);
    assert.deepEqual(claims.amr, ["pwd"]);
    const info = await op.json("/userinfo", { bearer: given.access_token });
    assert.equal(info.email, ada.email);
    const refreshed = await tv.refreshed(given.refresh_token);
    assert.ok(refreshed.access_token);
    const [event] = await op.rows("SELECT * FROM audit WHERE event = 'consent_given' AND client_id = ? ORDER BY id DESC LIMIT 1", tv.id);
    assert.equal(JSON.parse(event.detail).grant_type, GRANT);
  });

  test("may type it in any case and with any separators", async () => {
    for (const change of [(code) => code.toLowerCase(), (code) => code.replace("-", ""), (code) => ` ${[...code].join(" ")} `]) {
      const asked = await ask(tv);
      const page = await enter(op.browser(), { user_code: change(asked.user_code) });
      assert.ok(page.asksForPassword, page.text);
    }
  });

  test("is told whether the device is in their own network", async () => {
    const asked = await ask(tv, {}, { address: "192.0.2.200" });
    const page = await upToConsent(op.browser({ address: "192.0.2.7" }), asked, ada);
    assert.match(page.text, /192\.0\.2\.0\/24 \(the same as yours\)/);
  });

  test("a link with the code fills it in, and does nothing by itself (section 3.3.1)", async () => {
    const browser = op.browser();
    await browser.signIn(await browser.open("/account"), ada);
    const asked = await ask(tv);
    const page = await browser.open(asked.verification_uri_complete);
    assert.equal(page.status, 200);
    const field = page.form("user_code").controls.find(({ name }) => name === "user_code");
    assert.equal(field.value, asked.user_code);
    assert.match(page.text, /Go on only if a device in front of you shows this code/);
    assert.match(page.html, /<svg class="qr"/);
    assert.equal(await pollError(tv, asked), "authorization_pending");
    const consent = await enter(browser, asked, { linked: true });
    assert.ok(consent.asksForConsent, "also who allowed the app the same before is asked");
    op.clock.advance({ seconds: 6 });
    assert.equal(await pollError(tv, asked), "authorization_pending");
  });

  test("refuses, and the device is told access_denied from then on (section 3.5)", async () => {
    const browser = op.browser();
    const asked = await ask(tv);
    const page = await browser.deny(await upToConsent(browser, asked, ada));
    assert.equal(page.status, 200);
    assert.match(page.text, /Denied The device gets nothing/);
    for (let n = 0; n < 2; n++) assert.equal(await pollError(tv, asked), "access_denied");
    const again = await enter(op.browser(), asked);
    assert.match(again.alert, /No device waits with this code/);
    const events = await op.rows("SELECT * FROM audit WHERE event = 'consent_refused' AND client_id = ?", tv.id);
    assert.equal(events.length, 1);
  });

  test("turns the sign-in down, and the device is told, too", async () => {
    const browser = op.browser();
    const asked = await ask(tv);
    const page = await browser.cancel(await enter(browser, asked));
    assert.match(page.text, /Denied/);
    assert.equal(await pollError(tv, asked), "access_denied");
  });

  test("reads the pages in their own language", async () => {
    const page = await op.browser().open("/device", { headers: { "accept-language": "de" } });
    assert.match(page.text, /Geben Sie den Code ein, den Ihr Gerät zeigt/);
    const asked = await ask(tv, { ui_locales: "fr" });
    const consent = await upToConsent(op.browser(), asked, ada);
    assert.match(consent.text, /deny: they would get into your account/, "the device does not choose it");
  });
});

describe("polling (section 3.4, 3.5)", () => {
  test("writes nothing while the person has not answered, and is told to slow down", async () => {
    const asked = await ask(tv);
    const response = await poll(tv, asked, {}, { measure: true });
    assert.match(response.headers.get("server-timing"), /d1;desc="1"/);
    assert.equal(response.headers.get("x-limen-test-written"), "0");
    assert.equal((await response.json()).error, "authorization_pending");
    assert.equal(await pollError(tv, asked), "slow_down");
    op.clock.advance({ seconds: 6 });
    assert.equal(await pollError(tv, asked), "slow_down", "the interval is ten seconds by now");
    op.clock.advance({ seconds: 16 });
    assert.equal(await pollError(tv, asked), "authorization_pending");
  });

  test("ends with expired_token", async () => {
    const asked = await ask(tv);
    const late = await upToConsent(op.browser(), asked, ada);
    op.clock.advance({ seconds: 601 });
    assert.equal(await pollError(tv, asked), "expired_token");
    assert.match((await enter(op.browser(), asked)).alert, /No device waits/);
    assert.ok(late.asksForConsent);
  });

  test("who answers too late is told so, and the device gets nothing", async () => {
    const asked = await ask(tv);
    const browser = op.browser();
    const page = await upToConsent(browser, asked, ada);
    op.clock.advance({ seconds: 601 });
    const done = await browser.approve(page);
    assert.equal(done.status, 400);
    assert.match(done.text, /This code is over/);
    assert.equal(await pollError(tv, asked), "expired_token");
    const denied = await ask(tv);
    const other = await upToConsent(browser, denied, ada);
    op.clock.advance({ seconds: 601 });
    assert.match((await browser.deny(other)).text, /This code is over/);
  });

  test("an answer can be fetched for as long as the device was told", async () => {
    const asked = await ask(tv);
    await approve(op.browser(), asked, ada);
    op.clock.advance({ seconds: 580 });
    assert.ok((await tokens(tv, asked)).access_token);
    const late = await ask(tv);
    await approve(op.browser(), late, ada);
    op.clock.advance({ seconds: 601 });
    assert.equal(await pollError(tv, late), "expired_token");
  });

  test("gives nothing for what is no device code", async () => {
    for (const device_code of ["x", "1.AAAA", `1.${"A".repeat(43)}`]) {
      assert.equal(await pollError(tv, { device_code }), "invalid_grant");
    }
    assert.equal(await pollError(tv, {}), "invalid_request");
  });
});

describe("what the person does is an authorization like others", () => {
  test("the access token is for the API that the device named", async () => {
    const asked = await ask(tv, { scope: "openid", resource: API });
    await approve(op.browser(), asked, ada);
    const { access_token } = await tokens(tv, asked);
    assert.equal(claimsOf(access_token).aud, API);
  });

  test("claims, nonce, max_age and login_hint count", async () => {
    const claims = JSON.stringify({ id_token: { email: { essential: true } } });
    const asked = await ask(tv, { scope: "openid", claims, nonce: "n-1", max_age: "10", login_hint: ada.username });
    const browser = op.browser();
    await browser.signIn(await browser.open("/account"), ada);
    op.clock.advance({ seconds: 60 });
    const page = await enter(browser, asked);
    assert.ok(page.asksForPassword, "the sign-in is too old");
    await browser.approve(await browser.signIn(page, ada));
    const told = claimsOf((await tokens(tv, asked)).id_token);
    assert.equal(told.email, ada.email);
    assert.equal(told.nonce, "n-1");
  });

  test("prompt=login asks for the password again, and another account can be used", async () => {
    const browser = op.browser();
    await browser.signIn(await browser.open("/account"), ada);
    op.clock.advance({ seconds: 60 });
    const asked = await ask(tv, { prompt: "login" });
    assert.ok((await enter(browser, asked)).asksForPassword);
    const other = await op.person();
    const second = await ask(tv);
    const page = await enter(browser, second);
    const switched = await browser.submit(page, "approve", {}, { button: "switch" });
    await browser.complete(switched, other);
    assert.equal(claimsOf((await tokens(tv, second)).id_token).sub, other.id);
  });

  test("an app that is not for the person stays closed", async () => {
    const group = await op.json("/admin/api/groups", { json: { name: "tv-people" }, bearer: op.adminToken });
    const closed = await deviceClient(op, { allowed_groups: [group.id] });
    const browser = op.browser();
    const asked = await ask(closed);
    const page = await browser.signIn(await enter(browser, asked), ada);
    assert.equal(page.status, 403);
    const done = await browser.deny(page);
    assert.match(done.text, /Denied/);
    assert.equal(await pollError(closed, asked), "access_denied");
  });

  test("a device stays signed in when the person signs out of the browser, and not when they take the consent back", async () => {
    const browser = op.browser();
    const own = await deviceClient(op, { client_name: "Acme Speaker" });
    const asked = await ask(own);
    await approve(browser, asked, ada);
    const given = await tokens(own, asked);
    const page = await browser.open("/logout");
    await browser.submit(page, "logout", {}, { button: "logout" });
    assert.equal((await browser.open("/account")).asksForPassword, true);
    const refreshed = await own.refreshed(given.refresh_token);
    const back = await browser.signIn(await browser.open("/login?page=apps"), ada);
    assert.match(back.text, /Acme Speaker/);
    await op.admin(`/admin/api/users/${ada.id}/grants/${own.id}`, { method: "DELETE" });
    assert.equal((await own.refresh(refreshed.refresh_token)).status, 400);
  });
});

describe("DEVICE_AUTHORIZATION", () => {
  test("is in discovery and in registration where it is on", async () => {
    const metadata = await op.json("/.well-known/openid-configuration");
    assert.equal(metadata.device_authorization_endpoint, op.url("/device_authorization"));
    assert.ok(metadata.grant_types_supported.includes(GRANT));
    assert.deepEqual(tv.registered.grant_types, [GRANT, "refresh_token"]);
  });

  test("is for the operator's clients alone", async () => {
    await op.redeploy({ REGISTRATION: "open" });
    const wanted = { redirect_uris: ["https://app.acme.test/cb"], grant_types: ["authorization_code", GRANT] };
    const registered = await op.json("/register", { json: wanted });
    assert.deepEqual(registered.grant_types, ["authorization_code"]);
    const widened = await op.fetch(registered.registration_client_uri, {
      method: "PUT",
      json: { ...wanted, client_id: registered.client_id },
      bearer: registered.registration_access_token,
    });
    await oauthError(widened, 400, "invalid_client_metadata");
    const alone = await op.fetch("/register", { json: { ...wanted, grant_types: [GRANT] } });
    await oauthError(alone, 400, "invalid_client_metadata");
  });

  test("is for no client that keeps to FAPI 2.0", async () => {
    const metadata = {
      fapi_profile: "fapi2",
      redirect_uris: ["https://app.acme.test/cb"],
      grant_types: ["authorization_code", GRANT],
      token_endpoint_auth_method: "private_key_jwt",
      jwks: { keys: [] },
    };
    const refused = await oauthError(await op.admin("/register", { method: "POST", json: metadata }), 400, "invalid_client_metadata");
    assert.match(refused.error_description, /grant_types.*device_code/);
  });

  test("off, nothing of it is there", async () => {
    const asked = await ask(tv);
    await op.redeploy({ DEVICE_AUTHORIZATION: undefined });
    const metadata = await op.json("/.well-known/openid-configuration");
    assert.equal(metadata.device_authorization_endpoint, undefined);
    assert.ok(!metadata.grant_types_supported.includes(GRANT));
    assert.equal((await request(tv)).status, 404);
    assert.equal((await op.browser().open("/device")).status, 404);
    assert.equal(await pollError(tv, asked), "unsupported_grant_type");
  });
});
