// Client-Initiated Backchannel Authentication in poll mode, from the app's request to its tokens.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { signInWith, withPasskey } from "../support/authenticator.mjs";
import { oauthError } from "../support/expect.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { GRANT, ON, approve, ask, askingClient, openRequests, poll, pollError, request, review, tokens, upToConsent } from "./support.mjs";

const API = "https://api.acme.test";
const op = await startLimen({ vars: { ...ON, RESOURCES: JSON.stringify({ [API]: "Acme API" }) } });
const till = await askingClient(op);

test("a person answers with their passkey, and the app is told of that (section 8)", async () => {
  const ada = await op.person();
  const { authenticator } = await withPasskey(op, ada);
  const asked = await ask(till, ada, { acr_values: "phr" });
  const browser = op.browser();
  const list = await signInWith(browser, await browser.open("/account/requests"), authenticator);
  const consent = await review(browser, list, ada);
  assert.ok(consent.asksForConsent, consent.text);
  await browser.approve(consent);
  const { acr, amr } = claimsOf((await tokens(till, asked)).id_token);
  assert.deepEqual([acr, amr.includes("user")], ["phr", true]);
});

describe("authentication request (section 7)", () => {
  test("is acknowledged with an id, how long it is good and how often to ask (section 7.3)", async () => {
    const ada = await op.person();
    const response = await request(till, { login_hint: ada.username });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("cache-control"), "no-store");
    const asked = await response.json();
    assert.match(asked.auth_req_id, /^[A-Za-z0-9._-]{43,}$/);
    assert.deepEqual(asked, { auth_req_id: asked.auth_req_id, expires_in: 600, interval: 5 });
    const [row] = await op.rows("SELECT * FROM pushed_requests WHERE user_id = ?", ada.id);
    const secret = asked.auth_req_id.split(".")[1];
    assert.ok(!row.hash.includes(secret) && !row.query.includes(secret), "the id is stored hashed");
  });

  test("only authenticated confidential clients with the grant may ask", async () => {
    const ada = await op.person();
    await oauthError(await request(till, { login_hint: ada.username }, { auth: "none" }), 401, "invalid_client");
    await oauthError(await request(await op.client(), { login_hint: ada.username }), 400, "unauthorized_client");
    const metadata = { grant_types: [GRANT], response_types: [], redirect_uris: [], backchannel_token_delivery_mode: "poll" };
    const register = (more) => op.admin("/register", { method: "POST", json: { ...metadata, ...more } });
    for (const [more, field] of [
      [{ token_endpoint_auth_method: "none" }, /token_endpoint_auth_method/],
      [{ backchannel_token_delivery_mode: undefined }, /backchannel_token_delivery_mode is required/],
      [{ backchannel_token_delivery_mode: "pull" }, /backchannel_token_delivery_mode/],
    ]) {
      const refused = await register(more);
      assert.equal(refused.status, 400);
      const body = await refused.json();
      assert.equal(body.error, "invalid_client_metadata");
      assert.match(body.error_description, field);
    }
    const registered = await (await register({})).json();
    assert.equal(registered.backchannel_token_delivery_mode, "poll");
  });

  test("wants openid, exactly one hint, a plain message and a positive expiry (section 13)", async () => {
    const ada = await op.person();
    const login_hint = ada.username;
    for (const [params, error] of [
      [{ login_hint, scope: undefined }, "invalid_request"],
      [{ login_hint, scope: "profile" }, "invalid_scope"],
      [{ login_hint, scope: "nothing" }, "invalid_scope"],
      [{ login_hint, scope: ["openid", "email"] }, "invalid_request"],
      [{}, "invalid_request"],
      [{ login_hint, id_token_hint: "x" }, "invalid_request"],
      [{ login_hint_token: "x" }, "invalid_request"],
      [{ login_hint: "nobody-of-that-name" }, "unknown_user_id"],
      [{ login_hint, binding_message: "a\u202eb" }, "invalid_binding_message"],
      [{ login_hint, binding_message: "x".repeat(101) }, "invalid_binding_message"],
      [{ login_hint, requested_expiry: "0" }, "invalid_request"],
      [{ login_hint, requested_expiry: "-5" }, "invalid_request"],
      [{ login_hint, resource: "https://other.test" }, "invalid_target"],
      [{ login_hint, request: "a.b.c" }, "invalid_request"],
      [{ login_hint, claims: '{"id_token":{"acr":{"essential":true,"values":["x"]}}}' }, "unmet_authentication_requirements"],
    ]) {
      await oauthError(await request(till, params), 400, error);
    }
    assert.deepEqual(await op.rows("SELECT * FROM pushed_requests WHERE user_id = ?", ada.id), []);
  });

  test("finds people by username, confirmed address, sub and an ID token of the client's own", async () => {
    const ada = await op.person();
    for (const login_hint of [ada.username.toUpperCase(), ada.email, ada.id]) {
      assert.equal((await request(till, { login_hint })).status, 200, login_hint);
      await op.rows("DELETE FROM pushed_requests WHERE user_id = ?", ada.id);
    }
    const app = await askingClient(op, { grant_types: [GRANT, "authorization_code"], response_types: ["code"], redirect_uris: ["https://app.acme.test/cb"] });
    const { id_token } = await app.tokens(await op.browser().obtain(app, ada));
    assert.equal((await request(app, { id_token_hint: id_token })).status, 200);
    await oauthError(await request(till, { id_token_hint: id_token }), 400, "invalid_request");
    const forged = `${id_token.slice(0, -8)}AAAAAAAA`;
    await oauthError(await request(app, { id_token_hint: forged }), 400, "invalid_request");
  });

  test("of a client that knows people by pairwise subjects finds nobody by the public one", async () => {
    const ada = await op.person();
    const pairwise = await askingClient(op, { subject_type: "pairwise" });
    await oauthError(await request(pairwise, { login_hint: ada.id }), 400, "unknown_user_id");
    const asked = await ask(pairwise, ada);
    await approve(op.browser(), ada);
    const { id_token } = await tokens(pairwise, asked);
    const { sub } = claimsOf(id_token);
    assert.notEqual(sub, ada.id);
    for (const hint of [{ login_hint: sub }, { id_token_hint: id_token }]) {
      const again = await (await request(pairwise, hint)).json();
      await approve(op.browser(), ada);
      assert.equal(claimsOf((await tokens(pairwise, again)).id_token).sub, sub, "its own leads to its person");
    }
    const other = await askingClient(op, { subject_type: "pairwise" });
    await oauthError(await request(other, { login_hint: sub }), 400, "unknown_user_id");
  });

  test("somebody who is locked, or whom the client is not for, is nobody to it", async () => {
    const locked = await op.person();
    await op.changePerson(locked, { disabled: true });
    await oauthError(await request(till, { login_hint: locked.username }), 400, "unknown_user_id");
    const group = await (await op.admin("/admin/api/groups", { method: "POST", json: { name: "staff" } })).json();
    const client = await askingClient(op, { allowed_groups: [group.group_id ?? group.id] });
    await oauthError(await request(client, { login_hint: (await op.person()).username }), 400, "unknown_user_id");
  });
});

describe("the person", () => {
  test("finds what waits at their account, sees who asks for what, and allows it", async () => {
    const ada = await op.person();
    const asked = await ask(till, ada, { binding_message: "W4-7: 12.50 €" }, { address: "203.0.113.9" });
    assert.equal(await pollError(till, asked), "authorization_pending");
    const browser = op.browser();
    const overview = await browser.signIn(await browser.open("/account"), ada);
    assert.match(overview.text, /1 app waits for your answer/);
    const list = await openRequests(browser, ada);
    assert.match(list.text, /Acme Till asks for your answer/);
    assert.match(list.text, /W4-7: 12\.50 €/);
    assert.match(list.text, /203\.0\.113\.0\/24/);
    const page = await review(browser, list, ada);
    assert.match(page.text, /Acme Till asks for access/);
    assert.match(page.text, /W4-7: 12\.50 €/);
    assert.match(page.text, /See your e-mail address/);
    assert.match(page.text, /only if you have just started it yourself/);
    assert.ok(!page.has("switch"), "nobody else can answer");
    const done = await browser.approve(page);
    assert.equal(done.status, 200);
    assert.match(done.text, /Allowed The app goes on by itself/);
    assert.match((await openRequests(browser, ada)).text, /No app waits/);
    const given = await tokens(till, asked);
    assert.equal(given.scope, "email openid profile");
    const claims = claimsOf(given.id_token);
    assert.equal(claims.sub, ada.id);
    assert.deepEqual(claims.amr, ["pwd"]);
    assert.equal((await op.json("/userinfo", { bearer: given.access_token })).email, ada.email);
    assert.ok((await till.refreshed(given.refresh_token)).access_token);
    const [event] = await op.rows("SELECT * FROM audit WHERE event = 'consent_given' AND user_id = ?", ada.id);
    assert.equal(JSON.parse(event.detail).grant_type, GRANT);
  });

  test("signs in anew where that was too long ago, and auth_time is of that sign-in", async () => {
    const ada = await op.person();
    const browser = op.browser();
    await browser.signIn(await browser.open("/account"), ada);
    op.clock.advance({ minutes: 11 });
    const asked = await ask(till, ada);
    const list = await browser.open("/account/requests");
    const page = await browser.submit(list, "review", {}, { button: "review" });
    assert.ok(page.asksForPassword, page.text);
    await browser.approve(await browser.signIn(page, ada));
    const claims = claimsOf((await tokens(till, asked)).id_token);
    assert.ok(Math.abs(claims.auth_time - op.clock.seconds()) < 60, `${claims.auth_time}`);
  });

  test("denies at once or at the end, and the app is told access_denied from then on", async () => {
    const ada = await op.person();
    const browser = op.browser();
    const asked = await ask(till, ada);
    const list = await openRequests(browser, ada);
    const denied = await browser.submit(list, "deny", {}, { button: "deny" });
    assert.match(denied.text, /Denied\. The app gets nothing/);
    for (let n = 0; n < 2; n++) assert.equal(await pollError(till, asked), "access_denied");
    const over = await browser.submit(list, "deny", {}, { button: "deny" });
    assert.match(over.text, /This request is over/);
    const second = await ask(till, ada);
    const page = await browser.deny(await upToConsent(browser, ada));
    assert.match(page.text, /Denied The app gets nothing/);
    assert.equal(await pollError(till, second), "access_denied");
    const events = await op.rows("SELECT * FROM audit WHERE event = 'consent_refused' AND user_id = ?", ada.id);
    assert.equal(events.length, 1, "the same again is not written down anew");
  });

  test("is always asked, also by the operator's own apps and where they allowed the same before", async () => {
    const ada = await op.person();
    const own = await askingClient(op, { consent: "never" });
    for (let n = 0; n < 2; n++) {
      const asked = await ask(own, ada);
      const browser = op.browser();
      await upToConsent(browser, ada);
      assert.equal(await pollError(own, asked), "authorization_pending");
      await approve(op.browser(), ada);
      assert.ok((await tokens(own, asked)).access_token);
      op.clock.advance({ seconds: 20 });
    }
  });

  test("reads the pages in their own language", async () => {
    const ada = await op.person();
    await ask(till, ada, { ui_locales: "fr" });
    const browser = op.browser();
    await openRequests(browser, ada);
    const page = await browser.open("/account/requests", { headers: { "accept-language": "de" } });
    assert.match(page.text, /Acme Till bittet um Ihre Antwort/);
    assert.match((await upToConsent(browser, ada)).text, /If you are not sure, deny/, "the app does not choose it");
  });
});

describe("polling (sections 10 and 11)", () => {
  test("writes nothing while the person has not answered, and is told to slow down", async () => {
    const asked = await ask(till, await op.person());
    const response = await poll(till, asked, {}, { measure: true });
    assert.match(response.headers.get("server-timing"), /d1;desc="1"/);
    assert.equal(response.headers.get("x-limen-test-written"), "0");
    assert.equal((await response.json()).error, "authorization_pending");
    assert.equal(await pollError(till, asked), "slow_down");
    op.clock.advance({ seconds: 11 });
    assert.equal(await pollError(till, asked), "authorization_pending");
  });

  test("ends with expired_token when requested_expiry is over, and who answers then is told so", async () => {
    const ada = await op.person();
    const asked = await ask(till, ada, { requested_expiry: "30" });
    assert.equal(asked.expires_in, 30);
    const browser = op.browser();
    const page = await upToConsent(browser, ada);
    op.clock.advance({ seconds: 31 });
    assert.equal(await pollError(till, asked), "expired_token");
    const done = await browser.approve(page);
    assert.equal(done.status, 400);
    assert.match(done.text, /This request is over/);
    assert.match((await openRequests(browser, ada)).text, /No app waits/);
    assert.deepEqual(await op.rows("SELECT * FROM grants WHERE user_id = ?", ada.id), []);
  });

  test("gives nothing for what is no auth_req_id", async () => {
    for (const auth_req_id of ["x", "1.AAAA", `1.${"A".repeat(43)}`]) {
      assert.equal(await pollError(till, { auth_req_id }), "invalid_grant");
    }
    assert.equal(await pollError(till, {}), "invalid_request");
  });
});

describe("what the person does is an authorization like others", () => {
  test("the access token is for the API that the app named, with the claims that it asked for", async () => {
    const ada = await op.person();
    const claims = JSON.stringify({ id_token: { email: { essential: true } } });
    const asked = await ask(till, ada, { scope: "openid", resource: API, claims });
    await approve(op.browser(), ada);
    const given = await tokens(till, asked);
    assert.equal(claimsOf(given.access_token).aud, API);
    assert.equal(claimsOf(given.id_token).email, ada.email);
  });

  test("signing out does not end its tokens, a changed password does", async () => {
    const ada = await op.person();
    const asked = await ask(till, ada);
    const browser = op.browser();
    await approve(browser, ada);
    const { refresh_token: token } = await tokens(till, asked);
    const next = (await till.refreshed(token)).refresh_token ?? token;
    const page = await browser.open("/account/password");
    const renewed = { "new-password": "another long pass phrase" };
    const names = page.form("new-password").controls.map(({ name }) => name).filter(Boolean);
    await browser.submit(page, "new-password", { current_password: ada.password, ...Object.fromEntries(names.filter((name) => name.includes("new") || name.includes("repeat") || name === "password").map((name) => [name, renewed["new-password"]])) });
    assert.equal((await till.refresh(next)).status, 400);
  });
});

test("discovery names it where it is on, and there is nothing of it where it is off", async () => {
  const document = await op.json("/.well-known/openid-configuration");
  assert.equal(document.backchannel_authentication_endpoint, op.url("/backchannel_authentication"));
  assert.deepEqual(document.backchannel_token_delivery_modes_supported, ["poll", "ping", "push"]);
  assert.equal(document.backchannel_user_code_parameter_supported, false);
  assert.ok(document.grant_types_supported.includes(GRANT));
  const off = await startLimen();
  const other = await off.json("/.well-known/openid-configuration");
  assert.deepEqual(Object.keys(other).filter((name) => /backchannel_(auth|token|user)/.test(name)), []);
  assert.ok(!other.grant_types_supported.includes(GRANT));
  assert.equal((await off.fetch("/backchannel_authentication", { form: {} })).status, 404);
  const browser = off.browser();
  const person = await off.person();
  const account = await browser.signIn(await browser.open("/account"), person);
  assert.doesNotMatch(account.html, /\/account\/requests/);
  assert.equal((await browser.open("/account/requests")).status, 404);
  const client = await off.client();
  await oauthError(await client.post("/token", { grant_type: GRANT, auth_req_id: "x" }), 400, "unsupported_grant_type");
});
