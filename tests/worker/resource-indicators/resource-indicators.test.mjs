// Resource indicators: RFC 8707.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { grantOf } from "../support/browser.mjs";
import { bearerError, oauthError, redirectError, succeeded } from "../support/expect.mjs";
import { claimsOf, verified } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { beside, requestClaims, unsignedObject } from "../support/request-object.mjs";
import { CALENDAR, FILES, NOT_HERE, RESOURCES } from "./apis.mjs";

const op = await startLimen({ vars: { RESOURCES, FRONT_CHANNEL_TOKENS: "on" } });
const [client, service, ada] = [await op.client(), await op.serviceClient({ scope: "notes" }), await op.person()];
const browser = op.browser();
const userinfo = op.url("/userinfo");

const aud = (tokens) => claimsOf(tokens.access_token).aud;
const obtain = (resource, by = client) => browser.obtain(by, ada, { resource });

describe("the audience of an access token", () => {
  test("is the issuer where no resource is named", async () => {
    const tokens = await client.tokens(await obtain(undefined));
    assert.equal(aud(tokens), op.issuer);
    assert.equal(aud(await client.refreshed(tokens.refresh_token)), op.issuer);
    assert.equal(aud(await succeeded(await service.credentials())), op.issuer);
  });

  test("is the resource that was named, letter by letter as it is registered", async () => {
    for (const spelling of [CALENDAR, `${CALENDAR}/`, "HTTPS://CAL.acme.test:443"]) {
      const tokens = await client.tokens(await obtain(spelling), { resource: spelling });
      const claims = await verified(op, tokens.access_token, { typ: "at+jwt", audience: CALENDAR });
      assert.equal(claims.aud, CALENDAR);
    }
  });

  test("is all resources that were named: the resource is applicable to the full authorization grant (section 2.1)", async () => {
    const tokens = await client.tokens(await obtain([FILES, CALENDAR, FILES]));
    assert.deepEqual(aud(tokens), [CALENDAR, FILES]);
    assert.deepEqual(aud(await client.refreshed(tokens.refresh_token)), [CALENDAR, FILES]);
  });

  test("is told by introspection (section 2)", async () => {
    const tokens = await client.tokens(await obtain([FILES, CALENDAR]));
    const told = await (await op.client()).introspect(tokens.access_token);
    assert.equal(told.active, true);
    assert.deepEqual(told.aud, [CALENDAR, FILES]);
    assert.equal((await client.introspect((await client.tokens(await obtain(FILES))).access_token)).aud, FILES);
  });

  test("is in tokens of the authorization endpoint, too", async () => {
    const hybrid = await op.client({
      grant_types: ["authorization_code", "implicit"],
      response_types: ["code token", "id_token"],
    });
    const page = await browser.complete(
      await browser.authorize(hybrid, { response_type: "code token", resource: FILES }),
      ada,
    );
    assert.equal(claimsOf(page.callback.get("access_token")).aud, FILES);
    assert.equal(aud(await hybrid.tokens(grantOf(page))), FILES);
    const alone = await browser.authorize(hybrid, { response_type: "id_token", resource: FILES });
    assert.equal(claimsOf(alone.callback.get("id_token")).aud, hybrid.id, "an ID token is for its client");
  });

  test("is what a program asks for with client_credentials", async () => {
    assert.equal(aud(await succeeded(await service.credentials({ resource: FILES }))), FILES);
    const both = await succeeded(await service.credentials({ resource: [FILES, op.issuer] }));
    assert.deepEqual(aud(both), [op.issuer, FILES]);
  });

  test("comes from a pushed request and from a request object", async () => {
    const request = client.request({ resource: [FILES, CALENDAR] });
    const { request_uri: uri } = await (await client.post("/par", request.params)).json();
    const pushed = await browser.complete(await browser.open(beside(client, { request_uri: uri })), ada);
    pushed.request = request;
    assert.deepEqual(aud(await client.tokens(grantOf(pushed))), [CALENDAR, FILES]);

    for (const resource of [FILES, [FILES], [FILES, CALENDAR]]) {
      const { claims, request: params, verifier } = requestClaims(client, { resource });
      const path = beside(client, { request: unsignedObject(claims), resource: CALENDAR });
      const page = await browser.complete(await browser.open(path), ada);
      page.request = { client, params, verifier };
      const wanted = [resource].flat().sort();
      assert.deepEqual([aud(await client.tokens(grantOf(page)))].flat().sort(), wanted, "what is outside does not count");
    }
  });
});

describe("one token for less than was granted", () => {
  test("a code gives it, and its refresh token keeps the rest", async () => {
    const tokens = await client.tokens(await obtain([FILES, CALENDAR]), { resource: FILES });
    assert.equal(aud(tokens), FILES);
    assert.deepEqual(aud(await client.refreshed(tokens.refresh_token)), [CALENDAR, FILES]);
  });

  test("refreshing gives it, and loses nothing", async () => {
    let tokens = await client.tokens(await obtain([FILES, CALENDAR]));
    for (const [resource, wanted] of [
      [CALENDAR, CALENDAR],
      [FILES, FILES],
      [undefined, [CALENDAR, FILES]],
      [[CALENDAR, FILES], [CALENDAR, FILES]],
    ]) {
      tokens = await client.refreshed(tokens.refresh_token, { resource });
      assert.deepEqual(aud(tokens), wanted);
    }
  });

  test("what was not granted is invalid_target, and neither code nor refresh token is lost by asking", async () => {
    for (const [granted, wanted] of [
      [FILES, CALENDAR],
      [FILES, [FILES, CALENDAR]],
    ]) {
      const grant = await obtain(granted);
      await oauthError(await client.redeem(grant, { resource: wanted }), 400, "invalid_target");
      const tokens = await client.tokens(grant);
      await oauthError(await client.refresh(tokens.refresh_token, { resource: wanted }), 400, "invalid_target");
      op.clock.advance({ minutes: 2 });
      assert.deepEqual(aud(await client.refreshed(tokens.refresh_token)), granted === FILES ? FILES : op.issuer);
    }
  });

  test("another client's code and refresh token are invalid_grant, whatever the resource", async () => {
    const other = await op.client();
    const grant = await obtain(FILES);
    for (const resource of [FILES, CALENDAR])
      await oauthError(await other.redeem(grant, { resource }), 400, "invalid_grant");
    const tokens = await client.tokens(grant);
    for (const resource of [FILES, CALENDAR])
      await oauthError(await other.refresh(tokens.refresh_token, { resource }), 400, "invalid_grant");
    assert.equal(aud(await client.refreshed(tokens.refresh_token)), FILES);
  });
});

describe("Limen's own APIs", () => {
  test("refuse a token that is for another API alone", async () => {
    const tokens = await client.tokens(await obtain([FILES, CALENDAR]));
    await bearerError(await op.fetch("/userinfo", { bearer: tokens.access_token }), 401, "invalid_token");
    const admin = await op.serviceClient({ scope: "dcr_admin" });
    const { access_token: bearer } = await succeeded(await admin.credentials({ resource: FILES }));
    await bearerError(await op.fetch("/register", { json: {}, bearer }), 401, "invalid_token");
  });

  test("are resources by their URLs and by the issuer, and their tokens have the issuer as aud", async () => {
    for (const resource of [op.issuer, `${op.issuer}/`, userinfo, op.url("/register")]) {
      const tokens = await client.tokens(await obtain(resource), { resource });
      assert.equal(aud(tokens), op.issuer, resource);
      assert.equal((await op.json("/userinfo", { bearer: tokens.access_token })).sub, ada.id);
    }
  });

  test("beside another API: one token for both, or one for each", async () => {
    const tokens = await client.tokens(await obtain([FILES, userinfo]));
    assert.deepEqual(aud(tokens), [op.issuer, FILES]);
    assert.equal((await op.json("/userinfo", { bearer: tokens.access_token })).sub, ada.id);
    assert.equal(aud(await client.refreshed(tokens.refresh_token, { resource: FILES })), FILES);
  });

  test("a refresh token gives a token for UserInfo although another API alone was named", async () => {
    const tokens = await client.tokens(await obtain(FILES));
    const own = await client.refreshed(tokens.refresh_token, { resource: userinfo });
    assert.equal((await op.json("/userinfo", { bearer: own.access_token })).sub, ada.id);
    assert.equal(aud(await client.refreshed(own.refresh_token)), FILES);
  });
});

describe("invalid_target", () => {
  for (const [what, resource] of Object.entries(NOT_HERE)) {
    test(`${what}, at every endpoint that takes a resource`, async () => {
      redirectError(await browser.authorize(client, { resource }), "invalid_target");
      redirectError(await browser.authorize(client, { resource: [FILES, resource].flat() }), "invalid_target");
      redirectError(await op.browser().authorize(client, { resource }), "invalid_target");
      const grant = await obtain(FILES);
      const { claims } = requestClaims(client, { resource });
      const page = await browser.open(beside(client, { request: unsignedObject(claims) }));
      assert.equal(page.callback.get("error"), "invalid_target");
      for (const [path, form, by] of [
        ["/par", client.request({ resource }).params, client],
        ["/token", { grant_type: "authorization_code", code: grant.code, redirect_uri: grant.redirectUri, resource }, client],
        ["/token", { grant_type: "client_credentials", resource }, service],
      ]) {
        const error = await oauthError(await by.post(path, form), 400, "invalid_target");
        assert.doesNotMatch(error.error_description, /acme\.test/, "input is not repeated");
      }
      assert.equal(aud(await client.tokens(grant)), FILES);
    });
  }

  test("eight resources are taken, nine are not", async () => {
    const times = (n) => Array.from({ length: n }, () => FILES);
    assert.equal(aud(await client.tokens(await obtain(times(8)))), FILES);
    redirectError(await browser.authorize(client, { resource: times(9) }), "invalid_target");
    await oauthError(await service.credentials({ resource: times(9) }), 400, "invalid_target");
  });

  test("1,000 resources and 64 KB of one are refused, and nothing breaks", async () => {
    const many = Array.from({ length: 1_000 }, (_, n) => `https://api-${n}.acme.test`);
    await oauthError(await service.credentials({ resource: many }), 400, "invalid_request");
    const long = `${FILES}/${"a".repeat(65_536)}`;
    await oauthError(await service.credentials({ resource: long }), 400, "invalid_target");
    const { claims } = requestClaims(client, { resource: many });
    const response = await client.post("/par", { request: unsignedObject(claims) });
    await oauthError(response, 400, ["invalid_request", "invalid_request_object"]);
  });

  test("is told to a client that proves itself, and to nobody else", async () => {
    const form = { grant_type: "client_credentials", resource: "https://unknown.acme.test" };
    await oauthError(await service.post("/token", form, { auth: "none" }), 401, "invalid_client");
  });
});

test("no other parameter may stand twice, and resource may where it means nothing", async () => {
  await oauthError(await service.credentials({ resource: FILES, scope: ["notes", "notes"] }), 400, "invalid_request");
  const { access_token: token } = await client.tokens(await obtain(FILES));
  assert.equal((await client.introspect(token, { resource: [FILES, CALENDAR] })).active, true);
  await oauthError(
    await client.post("/token", { grant_type: "password", resource: [FILES, CALENDAR] }),
    400,
    "unsupported_grant_type",
  );
});

test("a token for an API can be revoked", async () => {
  const { access_token: token } = await client.tokens(await obtain(FILES));
  assert.equal((await client.revoke(token)).status, 200);
  assert.deepEqual(await client.introspect(token), { active: false });
});

test("discovery and protected resource metadata stay as they are", async () => {
  const metadata = await op.json("/.well-known/openid-configuration");
  assert.deepEqual(metadata.protected_resources, [userinfo, op.url("/register")]);
  assert.equal(metadata.resource_indicators_supported, undefined, "no registered member");
});
