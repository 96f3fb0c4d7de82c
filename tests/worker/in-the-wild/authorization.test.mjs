// What clients in the wild ask for: what may not be had is left out, and told; what is not known is no error.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { oauthError, redirectError } from "../support/expect.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { stranger } from "./support.mjs";

const FILES = "https://mcp.acme.test/mcp";
const CALENDAR = "https://cal.acme.test/mcp/";
const RESOURCES = JSON.stringify({
  [FILES]: { name: "Acme Files", scopes: { "files:read": "Read your files", "files:write": "Change your files" } },
  [CALENDAR]: { name: "Acme Calendar", scopes: { "cal:read": "See your appointments" } },
});
const op = await startLimen({ vars: { REGISTRATION: "open", RESOURCES } });
const ada = await op.person();

const openly = (metadata) => stranger(op, { token_endpoint_auth_method: "none", ...metadata });
const obtain = (client, params, browser = op.browser()) => browser.obtain(client, ada, params);
const scopes = (tokens) => (tokens.scope ?? "").split(" ").filter(Boolean).sort();

describe("scope", () => {
  test("beyond the registered one is left out, and the token answer says so (RFC 6749 section 3.3)", async () => {
    const client = await openly({ scope: "openid", grant_types: ["authorization_code"] });
    const tokens = await client.tokens(await obtain(client, { scope: "openid profile offline_access phone" }));
    assert.deepEqual(scopes(tokens), ["openid"]);
  });

  test("offline_access is for who registered for refresh tokens", async () => {
    const client = await openly({ scope: "openid" });
    const tokens = await client.tokens(await obtain(client, { scope: "openid offline_access profile" }));
    assert.deepEqual(scopes(tokens), ["offline_access", "openid"]);
    assert.ok(tokens.refresh_token);
  });

  test("that is not there, or empty, is openid for an OpenID client", async () => {
    const client = await openly();
    for (const scope of [undefined, ""]) {
      const tokens = await client.tokens(await obtain(client, { scope }));
      assert.deepEqual(scopes(tokens), ["openid"]);
      assert.ok(tokens.id_token);
    }
  });

  test("that is not there is none for other clients: a token for the API, and no error", async () => {
    const client = await openly({ scope: "claudeai" });
    for (const scope of [undefined, "", "claudeai"]) {
      const tokens = await client.tokens(await obtain(client, { scope, resource: FILES }));
      assert.equal(claimsOf(tokens.access_token).aud, FILES);
      assert.deepEqual([scopes(tokens), tokens.id_token], [[], undefined]);
    }
  });

  test("of an API is there for self-registered clients that name it, once the operator gave it", async () => {
    for (const metadata of [{}, { scope: "openid files:read files:write" }]) {
      const client = await openly(metadata);
      const browser = op.browser();
      const page = await browser.signIn(
        await browser.authorize(client, { scope: "files:read files:delete cal:read", resource: FILES }),
        ada,
      );
      assert.match(page.text, /Read your files/);
      assert.doesNotMatch(page.text, /Change your files|See your appointments/);
      const done = await browser.approve(page);
      const grant = { client, code: done.callback.get("code"), redirectUri: client.redirectUri, verifier: page.request.verifier };
      const tokens = await client.tokens(grant);
      assert.deepEqual(scopes(tokens), ["files:read"]);
      assert.deepEqual(claimsOf(tokens.access_token).scope, "files:read");
      assert.deepEqual(scopes(await client.refreshed(tokens.refresh_token)), ["files:read"]);
    }
  });

  test("of an API is in no token for another", async () => {
    const client = await openly();
    const both = { scope: "openid files:read cal:read", resource: [FILES, CALENDAR] };
    const tokens = await client.tokens(await obtain(client, both), { resource: CALENDAR });
    assert.deepEqual(scopes(tokens), ["cal:read", "openid"]);
    const files = await client.refreshed(tokens.refresh_token, { resource: FILES });
    assert.deepEqual(scopes(files), ["files:read", "openid"]);
  });

  test("of which nothing is left is invalid_scope, where no API is named", async () => {
    redirectError(await op.browser().authorize(await openly(), { scope: "nothing" }), "invalid_scope");
  });
});

describe("prompt", () => {
  test("with a value that nobody knows is as if that was not there", async () => {
    const client = await openly();
    const browser = op.browser();
    await obtain(client, { prompt: "foo" }, browser);
    assert.ok((await browser.authorize(client, { prompt: "foo bar" })).callback.get("code"));
    assert.ok((await browser.authorize(client, { prompt: "foo login" })).asksForPassword);
  });

  test("create, where nobody can make an account, is a sign-in that says so", async () => {
    const client = await openly();
    const page = await op.browser().authorize(client, { prompt: "create" });
    assert.match(page.alert, /Accounts cannot be created here/);
    const done = await op.browser().complete(page, ada).catch(() => null);
    assert.ok(done === null || done.status < 500);
    const browser = op.browser();
    assert.ok((await browser.complete(await browser.authorize(client, { prompt: "create" }), ada)).callback.get("code"));
  });
});

describe("resource", () => {
  test("with another slash at its end is the same API", async () => {
    const client = await openly();
    for (const [resource, aud] of [
      [`${FILES}/`, FILES],
      [CALENDAR.slice(0, -1), CALENDAR],
    ]) {
      const tokens = await client.tokens(await obtain(client, { resource }), { resource });
      assert.equal(claimsOf(tokens.access_token).aud, aud);
    }
  });

  test("that is named at the token endpoint alone is good for a client of the operator's", async () => {
    const client = await op.client();
    const tokens = await client.tokens(await obtain(client, {}), { resource: FILES });
    assert.equal(claimsOf(tokens.access_token).aud, FILES);
    const refreshed = await client.refreshed(tokens.refresh_token, { resource: CALENDAR });
    assert.equal(claimsOf(refreshed.access_token).aud, CALENDAR);
    const grant = await obtain(client, { resource: FILES });
    await oauthError(await client.redeem(grant, { resource: CALENDAR }), 400, "invalid_target");
    assert.ok((await client.tokens(grant)).access_token, "and nothing was used up");
  });

  test("is for anybody's client only where the person allowed it that API", async () => {
    const client = await openly();
    const browser = op.browser();
    const grant = await obtain(client, {}, browser);
    await oauthError(await client.redeem(grant, { resource: FILES }), 400, "invalid_target");
    const tokens = await client.tokens(grant);
    await oauthError(await client.refresh(tokens.refresh_token, { resource: FILES }), 400, "invalid_target");
    await obtain(client, { resource: FILES }, browser);
    const later = await client.tokens(await obtain(client, {}, browser), { resource: FILES });
    assert.equal(claimsOf(later.access_token).aud, FILES);
    await oauthError(await client.refresh(later.refresh_token, { resource: CALENDAR }), 400, "invalid_target");
  });
});

describe("a sign-in page", () => {
  test("in a second tab goes on with the session that began in the first", async () => {
    const [client, other, browser] = [await openly(), await openly(), op.browser()];
    const second = await browser.authorize(other);
    await obtain(client, {}, browser);
    const again = await browser.open(second.url);
    assert.ok(again.asksForConsent, again.text);
    await browser.approve(again);
    const third = await browser.open(second.url);
    assert.ok(third.callback.get("code"));
  });

  test("in a second tab stays where the request asks for a sign-in or another account", async () => {
    const [client, browser] = [await openly(), op.browser()];
    const login = await browser.authorize(client, { prompt: "login" });
    const age = await browser.authorize(client, { max_age: "0" });
    op.clock.advance({ seconds: 60 });
    await obtain(client, {}, browser);
    assert.ok((await browser.open(login.url)).asksForPassword);
    assert.ok((await browser.open(age.url)).url);
  });

  test("that was left for over an hour and is sent begins anew by itself", async () => {
    const [client, browser] = [await openly(), op.browser()];
    const page = await browser.authorize(client, { scope: "openid email" });
    op.clock.advance({ hours: 3 });
    const anew = await browser.signIn(page, ada);
    assert.ok(anew.asksForPassword, anew.text);
    const done = await browser.complete(anew, ada);
    assert.ok(done.callback.get("code"));
    assert.equal(done.callback.get("state"), page.request.params.state);
    const tokens = await client.tokens({ client, code: done.callback.get("code"), redirectUri: client.redirectUri, verifier: page.request.verifier });
    assert.deepEqual(scopes(tokens), ["email", "openid"]);
  });

  test("of another browser does not begin anew there", async () => {
    const [client, browser] = [await openly(), op.browser()];
    const page = await browser.authorize(client);
    op.clock.advance({ hours: 3 });
    assert.equal((await op.browser().open(page.url)).status, 400);
  });
});
