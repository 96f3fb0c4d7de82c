// Identity assertions of issuers that the operator trusts, for access tokens: RFC 7521 section 4.1, RFC 7523,
// draft-ietf-oauth-identity-assertion-authz-grant section 4.4.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";

import { SignJWT } from "jose";

import { asserted, assertion, keyPair } from "../support/assertion.mjs";
import { DpopKey } from "../support/dpop.mjs";
import { fault, oauthError, succeeded } from "../support/expect.mjs";
import { claimsOf, verified } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const [IDP, OTHER] = ["https://idp.example", "https://other-idp.example/tenant"];
const [NOTES, FILES] = ["https://mcp.acme.test/mcp", "https://files.acme.test"];
const VARS = {
  RESOURCES: JSON.stringify({
    [NOTES]: { name: "Notes", scopes: { "notes:read": "Read your notes", "notes:write": "Change your notes" } },
    [FILES]: { name: "Files", scopes: { "files:read": "Read your files" } },
  }),
  TRUSTED_ISSUERS: JSON.stringify({
    [IDP]: { jwks_uri: `${IDP}/keys`, email_domains: ["people.test"] },
    [OTHER]: { jwks_uri: `${OTHER}/keys`, email_domains: ["others.test"], clients: ["somebody-elses"] },
  }),
};
const op = await startLimen({ vars: VARS });
const [key, otherKey] = [await keyPair("ES256"), await keyPair("RS256")];
op.serve(`${IDP}/keys`, { json: { keys: [key.jwk] } });
op.serve(`${OTHER}/keys`, { json: { keys: [otherKey.jwk] } });

const SERVICE = { redirect_uris: [], response_types: [], grant_types: [GRANT], scope: "notes:read notes:write files:read" };
const app = await op.client(SERVICE);
const ada = await op.person({ email_verified: true });

/** An assertion of the identity provider. `undefined` leaves a member out. */
const made = async (claims = {}, { by = key, header = {}, at = op } = {}) => {
  const now = at.clock.seconds();
  const all = {
    iss: IDP,
    sub: "U019488227",
    aud: at.issuer,
    client_id: app.id,
    jti: randomUUID(),
    iat: now,
    exp: now + 300,
    resource: NOTES,
    scope: "notes:read",
    email: ada.email,
    email_verified: true,
    auth_time: now - 60,
    ...claims,
  };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return new SignJWT(given).setProtectedHeader({ typ: "oauth-id-jag+jwt", alg: by.alg, kid: by.kid, ...header }).sign(by.privateKey);
};
const hand = (text, more = {}, { by = app, ...init } = {}) => by.post("/token", { grant_type: GRANT, assertion: text, ...more }, init);
const refused = async (response, words, error = "invalid_grant") =>
  assert.match((await oauthError(response, 400, error)).error_description, words);

describe("an assertion of a trusted issuer", () => {
  test("gives a token of the person who has confirmed its address, for the API and the scopes that it names", async () => {
    const response = await hand(await made());
    assert.equal(response.headers.get("cache-control"), "no-store");
    const told = await succeeded(response);
    assert.deepEqual([told.token_type, told.scope, told.expires_in], ["Bearer", "notes:read", 600]);
    assert.deepEqual([told.refresh_token, told.id_token, told.issued_token_type], [undefined, undefined, undefined]);
    const claims = await verified(op, told.access_token, { typ: "at+jwt", audience: NOTES });
    assert.deepEqual([claims.sub, claims.client_id, claims.scope], [ada.id, app.id, "notes:read"]);
    const known = await app.introspect(told.access_token);
    assert.deepEqual([known.active, known.sub, known.scope], [true, ada.id, "notes:read"]);
    assert.equal((await op.fetch("/userinfo", { bearer: told.access_token })).status, 401, "it is for another API");
  });

  test("gives no more than the client is registered for, and what it asks for of that", async () => {
    const narrow = await op.client({ ...SERVICE, scope: "notes:read" });
    const whole = { client_id: narrow.id, scope: "notes:read notes:write openid files:read unknown" };
    assert.equal((await succeeded(await hand(await made(whole), {}, { by: narrow }))).scope, "notes:read");
    const both = { scope: "notes:read notes:write" };
    assert.equal((await succeeded(await hand(await made(both), { scope: "notes:write files:read" }))).scope, "notes:write");
    await refused(await hand(await made(), { scope: "notes:write" }), /none of the scopes/, "invalid_scope");
    assert.equal((await succeeded(await hand(await made({ scope: undefined })))).scope, undefined);
  });

  test("is for those of its APIs that are registered here, or the one that is asked for", async () => {
    const several = { resource: ["https://unknown.example", `${NOTES}/`, FILES], scope: "notes:read files:read" };
    const told = await succeeded(await hand(await made(several)));
    assert.deepEqual([claimsOf(told.access_token).aud.toSorted(), told.scope], [[FILES, NOTES], "files:read notes:read"]);
    const one = await succeeded(await hand(await made(several), { resource: FILES }));
    assert.deepEqual([claimsOf(one.access_token).aud, one.scope], [FILES, "files:read"]);
    for (const [claims, more] of [
      [{ resource: "https://unknown.example" }],
      [{ resource: op.issuer }],
      [{ resource: undefined }],
      [{ resource: undefined }, { resource: NOTES }],
      [{}, { resource: FILES }],
      [{}, { resource: op.issuer }],
      [{ resource: undefined }, { resource: op.issuer }],
      [{ resource: undefined }, { resource: op.url("/userinfo") }],
      [{}, { resource: "x" }],
    ]) {
      await oauthError(await hand(await made(claims), more), 400, "invalid_target");
    }
  });

  test("need not name the API where there is only one", async () => {
    const small = await startLimen({ vars: { ...VARS, RESOURCES: JSON.stringify({ [FILES]: { name: "Files", scopes: { "files:read": "Read" } } }) } });
    small.serve(`${IDP}/keys`, { json: { keys: [key.jwk] } });
    const [by, eve] = [await small.client({ ...SERVICE, scope: "files:read" }), await small.person({ email_verified: true })];
    const claims = { client_id: by.id, email: eve.email, scope: "files:read" };
    const told = await succeeded(await hand(await made({ ...claims, resource: undefined }, { at: small }), {}, { by }));
    assert.equal(claimsOf(told.access_token).aud, FILES);
    await oauthError(await hand(await made(claims, { at: small }), {}, { by }), 400, "invalid_target");
  });

  test("passes on nothing of how and when somebody signed in elsewhere: an API that demands a sign-in gets one by Limen", async () => {
    for (const auth_time of [op.clock.seconds() + 900, 9_007_199_254_740_991, -1, "x", undefined]) {
      const { access_token } = await succeeded(await hand(await made({ auth_time, acr: "urn:limen:acr:2fa", amr: ["hwk"] })));
      const { auth_time: told, acr, amr } = claimsOf(access_token);
      assert.deepEqual([told, acr, amr], [undefined, undefined, undefined]);
    }
  });

  test("has an aud of one string, or a list of one (section 4.4.1)", async () => {
    await succeeded(await hand(await made({ aud: [op.issuer] })));
    for (const aud of [`${op.issuer}/`, [op.issuer, "https://x.example"], [], "https://x.example", undefined, op.url("/token"), 7]) {
      await oauthError(await hand(await made({ aud })), 400, "invalid_grant");
    }
  });

  test("is told by discovery where one is trusted, and the grant is none elsewhere", async () => {
    const metadata = await op.json("/.well-known/oauth-authorization-server");
    assert.deepEqual(metadata.authorization_grant_profiles_supported, ["urn:ietf:params:oauth:grant-profile:id-jag"]);
    assert.ok(metadata.grant_types_supported.includes(GRANT));
    assert.ok(!JSON.stringify(metadata).includes(IDP), "which ones are trusted is nobody's business (section 9.4)");
    const plain = await startLimen();
    const theirs = await plain.json("/.well-known/oauth-authorization-server");
    assert.equal(theirs.authorization_grant_profiles_supported, undefined);
    assert.ok(!theirs.grant_types_supported.includes(GRANT));
    const client = await plain.client();
    await oauthError(await client.post("/token", { grant_type: GRANT, assertion: await made() }), 400, "unsupported_grant_type");
    const response = await plain.admin("/register", { json: { client_name: "x", ...SERVICE } });
    await oauthError(response, 400, "invalid_client_metadata");
  });
});

describe("an assertion counts once", () => {
  test("and the next time it is refused, also to a later second of its life", async () => {
    const text = await made();
    await succeeded(await hand(text));
    await refused(await hand(text), /used before/);
    op.clock.advance({ seconds: 200 });
    await refused(await hand(text), /used before/);
    const jti = randomUUID();
    await succeeded(await hand(await made({ jti })));
    await refused(await hand(await made({ jti, scope: "notes:write" })), /used before/);
  });

  test("of 50 at once one gets a token, and one row comes of it", async () => {
    const text = await made();
    const before = await op.rows("SELECT COUNT(*) AS n FROM token_families");
    const all = await Promise.all(Array.from({ length: 50 }, () => hand(text)));
    assert.equal(all.filter(({ status }) => status === 200).length, 1);
    for (const response of all) if (response.status !== 200) await refused(response, /used before/);
    const after = await op.rows("SELECT COUNT(*) AS n FROM token_families");
    assert.equal(after[0].n, before[0].n + 1);
  });

  test("and is not used up by a request that is refused, nor are a proof and an assertion of the client's", async () => {
    const clientKey = await keyPair("ES256");
    const by = await op.client({ ...SERVICE, token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [clientKey.jwk] } });
    const proof = await DpopKey.generate(op);
    const init = { auth: asserted(await assertion(by, clientKey)), headers: await proof.posting(), by };
    const text = await made({ client_id: by.id });
    const unknown = await made({ client_id: by.id, email: "nobody@people.test" });
    await refused(await hand(unknown, {}, init), /about nobody/);
    await refused(await hand(await made({ client_id: by.id }, { by: { ...otherKey, kid: key.kid, alg: "RS256" } }), {}, init), /issuer/);
    await oauthError(await hand(text, { scope: "notes:write" }, init), 400, "invalid_scope");
    await oauthError(await hand(text, { resource: FILES }, init), 400, "invalid_target");
    const told = await succeeded(await hand(text, {}, init));
    assert.deepEqual([told.token_type, claimsOf(told.access_token).cnf], ["DPoP", { jkt: proof.jkt }]);
    await oauthError(await hand(await made({ client_id: by.id }), {}, init), 401, "invalid_client");
  });
});

describe("an assertion that is bound to a key (section 9.7)", () => {
  test("is for who shows that key", async () => {
    const [own, other] = [await DpopKey.generate(op), await DpopKey.generate(op)];
    const text = await made({ cnf: { jkt: own.jkt } });
    await refused(await hand(text), /bound to a key/);
    await refused(await hand(text, {}, { headers: await other.posting() }), /bound to a key/);
    const told = await succeeded(await hand(text, {}, { headers: await own.posting() }));
    assert.deepEqual([told.token_type, claimsOf(told.access_token).cnf], ["DPoP", { jkt: own.jkt }]);
    await refused(await hand(await made({ cnf: { kid: "x" } })), /no signed JWT/);
  });
});

describe("is refused", () => {
  test("what the issuer did not sign, in whichever way", async () => {
    const own = await made();
    const [header, , signature] = own.split(".");
    const changed = Buffer.from(JSON.stringify({ ...claimsOf(own), scope: "notes:write" })).toString("base64url");
    const none = `${Buffer.from('{"alg":"none","typ":"oauth-id-jag+jwt"}').toString("base64url")}.${own.split(".")[1]}.`;
    const stranger = await keyPair("ES256");
    const hmac = { alg: "HS256", kid: key.kid, privateKey: new TextEncoder().encode(JSON.stringify(key.jwk)) };
    for (const text of [
      `${header}.${changed}.${signature}`,
      none,
      await made({}, { by: stranger }),
      await made({}, { by: { ...stranger, kid: key.kid } }),
      await made({}, { by: hmac }),
      await made({}, { by: otherKey }),
      await made({}, { by: stranger, header: { jwk: stranger.jwk } }),
      await made({}, { header: { typ: "JWT" } }),
      await made({}, { header: { typ: "at+jwt" } }),
      await made({}, { header: { crit: ["b64"], b64: true } }).catch(() => "x"),
      "x",
      "a.b.c",
      "a".repeat(65_536),
    ]) {
      await oauthError(await hand(text), 400, "invalid_grant");
    }
    await oauthError(await hand(undefined), 400, "invalid_request");
    await oauthError(await hand([own, own]), 400, "invalid_request");
    await succeeded(await hand(own));
  });

  test("of another issuer, of one that another client may hand in, and of Limen itself", async () => {
    for (const iss of ["https://evil.example", `${IDP}/`, "", op.issuer]) await refused(await hand(await made({ iss })), /issuer/);
    await refused(await hand(await made({ iss: OTHER, email: "x@others.test" }, { by: otherKey })), /issuer/);
    await assert.rejects(startLimen({ vars: { ...VARS, TRUSTED_ISSUERS: JSON.stringify({ "https://id.limen.test": { jwks_uri: "https://id.limen.test/.well-known/jwks.json", email_domains: ["people.test"] } }) } }).then((it) => it.json("/.well-known/openid-configuration")), /TRUSTED_ISSUERS|503|500/);
  });

  test("for another client, expired, of the future, too long, without a claim, with one of the wrong kind", async () => {
    const now = op.clock.seconds();
    for (const claims of [
      { client_id: "x" },
      { exp: now - 31 },
      { exp: now + 3_700 },
      { iat: now + 60 },
      { nbf: now + 60 },
      { iat: now - 3_700 },
      ...["iss", "sub", "aud", "client_id", "jti", "exp", "iat", "email"].map((name) => ({ [name]: undefined })),
      ...["iss", "sub", "client_id", "jti", "email", "scope"].map((name) => ({ [name]: 7 })),
      { sub: "" },
      { jti: "" },
      { jti: "j".repeat(513) },
      { exp: "soon" },
      { exp: 1e20 },
      { resource: { a: 1 } },
    ]) {
      await oauthError(await hand(await made(claims)), 400, "invalid_grant");
    }
    const other = await op.client(SERVICE);
    await refused(await hand(await made(), {}, { by: other }), /for another client/);
  });

  test("a person who is not here, not confirmed, of a domain that is not the issuer's, disabled, or whom the client is not for", async () => {
    const foreign = await op.person({ email: "eve@others.test", email_verified: true });
    const unconfirmed = await op.person({ email_verified: false });
    const gone = await op.person({ email_verified: true });
    await op.changePerson(gone, { disabled: true });
    await refused(await hand(await made({ email: foreign.email })), /no confirmed email/);
    for (const email_verified of [false, undefined, null]) await refused(await hand(await made({ email_verified })), /no confirmed email/);
    await oauthError(await hand(await made({ email_verified: "true" })), 400, "invalid_grant");
    for (const email of [unconfirmed.email, gone.email, "nobody@people.test"]) await refused(await hand(await made({ email })), /about nobody/);
    for (const email of [`${ada.email}.evil.test`, "people.test", "@people.test", `x@${ada.email}`]) {
      await oauthError(await hand(await made({ email })), 400, "invalid_grant");
    }
    const { id } = await (await op.admin("/admin/api/groups", { json: { name: "Staff" } })).json();
    const closed = await op.client({ ...SERVICE, allowed_groups: [id] });
    await refused(await hand(await made({ client_id: closed.id }), {}, { by: closed }), /about nobody/);
  });

  test("of another tenant than the issuer is trusted for, for a tenant here, or of another aud_sub", async () => {
    const two = { [IDP]: { jwks_uri: `${IDP}/keys`, email_domains: ["people.test"], tenant: "acme" } };
    const shared = await startLimen({ vars: { ...VARS, TRUSTED_ISSUERS: JSON.stringify(two) } });
    shared.serve(`${IDP}/keys`, { json: { keys: [key.jwk] } });
    const [by, eve] = [await shared.client(SERVICE), await shared.person({ email_verified: true })];
    const claims = { client_id: by.id, email: eve.email };
    await succeeded(await hand(await made({ ...claims, tenant: "acme" }, { at: shared }), {}, { by }));
    for (const tenant of ["other", "", undefined]) await refused(await hand(await made({ ...claims, tenant }, { at: shared }), {}, { by }), /tenant/);
    for (const more of [{ tenant: "acme" }, { aud_tenant: "acme" }, { aud_tenant: 1 }]) await refused(await hand(await made(more)), /tenant/);
    await succeeded(await hand(await made({ aud_sub: ada.id })));
    await refused(await hand(await made({ aud_sub: eve.id })), /about nobody/);
  });

  test("and a client without the grant learns neither whom the operator trusts nor for which domains", async () => {
    const plain = await op.client();
    const other = await op.client(SERVICE);
    for (const claims of [{}, { iss: "https://evil.example" }, { iss: OTHER }, { email: "x@unknown.test" }, { exp: 1 }]) {
      await oauthError(await hand(await made({ client_id: plain.id, ...claims }), {}, { by: plain }), 400, "unauthorized_client");
    }
    const forged = await made({ client_id: other.id, email: "x@unknown.test" }, { by: { ...(await keyPair("ES256")), kid: key.kid } });
    await refused(await hand(forged, {}, { by: other }), /not signed/);
  });

  test("clients without the grant, without a secret, and those that registered themselves", async () => {
    const plain = await op.client();
    await oauthError(await hand(await made({ client_id: plain.id }), {}, { by: plain }), 400, "unauthorized_client");
    await oauthError(await hand(await made(), {}, { auth: { client_id: app.id, client_secret: "x" } }), 401, "invalid_client");
    await oauthError(await hand(await made(), {}, { auth: "none" }), 401, "invalid_client");
    const json = { client_name: "x", ...SERVICE, token_endpoint_auth_method: "none" };
    await oauthError(await op.admin("/register", { json }), 400, "invalid_client_metadata");
    const open = await startLimen({ vars: { ...VARS, REGISTRATION: "open" } });
    const wanted = { redirect_uris: ["https://app.acme.test/callback"], grant_types: ["authorization_code", GRANT] };
    const registered = await (await open.fetch("/register", { json: wanted, method: "POST" })).json();
    assert.deepEqual(registered.grant_types, ["authorization_code"]);
  });
});

describe("the token ends", () => {
  test("with the person, with what the account page lists, and with the client", async () => {
    const eve = await op.person({ email_verified: true });
    const got = async () => (await succeeded(await hand(await made({ email: eve.email })))).access_token;
    const first = await got();
    const { grants } = await op.json(`/admin/api/users/${eve.id}/grants`, { bearer: op.adminToken });
    assert.deepEqual(grants.map(({ client_id, asked, scope }) => [client_id, asked, scope]), [[app.id, false, ""]]);
    await op.admin(`/admin/api/users/${eve.id}/grants/${app.id}`, { method: "DELETE" });
    assert.equal((await app.introspect(first)).active, false);
    const second = await got();
    await op.changePerson(eve, { disabled: true });
    assert.equal((await app.introspect(second)).active, false);
    await refused(await hand(await made({ email: eve.email })), /about nobody/);
  });

  test("and the account page says that the person allowed it nothing", async () => {
    const eve = await op.person({ email_verified: true });
    await succeeded(await hand(await made({ email: eve.email })));
    const browser = op.browser();
    const other = await op.client({ client_name: "Other app" });
    await other.tokens(await browser.obtain(other, eve));
    const page = await browser.open("/account/apps");
    assert.equal(page.text.match(/You allowed it nothing yourself/g)?.length, 1, page.text);
  });

  test("and what it may is not taken for the person's consent", async () => {
    const eve = await op.person({ email_verified: true });
    const both = await op.client({ grant_types: ["authorization_code", GRANT], scope: "openid notes:read" });
    await succeeded(await hand(await made({ client_id: both.id, email: eve.email }), {}, { by: both }));
    const browser = op.browser();
    const page = await browser.authorize(both, { scope: "openid notes:read", resource: NOTES });
    const next = await browser.signIn(page, eve);
    assert.match(next.text, /Read your notes/, "they are asked");
    await browser.approve(next);
    const { grants } = await op.json(`/admin/api/users/${eve.id}/grants`, { bearer: op.adminToken });
    assert.deepEqual(grants.map(({ asked, scope }) => [asked, scope]), [[true, "notes:read openid"]]);
    await succeeded(await hand(await made({ client_id: both.id, email: eve.email }), {}, { by: both }));
    const again = await op.json(`/admin/api/users/${eve.id}/grants`, { bearer: op.adminToken });
    assert.deepEqual(again.grants.map(({ asked, scope }) => [asked, scope]), [[true, "notes:read openid"]]);
  });

  test("nor where the app asks for no scope at all, without a page (prompt=none)", async () => {
    const eve = await op.person({ email_verified: true });
    const both = await op.client({ grant_types: ["authorization_code", "refresh_token", GRANT], scope: "notes:read" });
    const [browser, other] = [op.browser(), await op.client()];
    await other.tokens(await browser.obtain(other, eve));
    const asked = async () => (await browser.authorize(both, { scope: undefined, prompt: "none", nonce: undefined })).callback.get("error");
    const before = await asked();
    await succeeded(await hand(await made({ client_id: both.id, email: eve.email }), {}, { by: both }));
    assert.deepEqual([before, await asked()], ["consent_required", "consent_required"], "nor does it tell that they are known here");
    await op.db.prepare("UPDATE grants SET asked = 1 WHERE user_id = ? AND client_id = ?").bind(eve.id, both.id).run();
    assert.equal(await asked(), null, "a consent would have counted");
  });

  test("and many of them push out no refresh token", async () => {
    const eve = await op.person({ email_verified: true });
    const both = await op.client({ grant_types: ["authorization_code", "refresh_token", GRANT], scope: "openid notes:read" });
    const { refresh_token: kept } = await both.tokens(await op.browser().obtain(both, eve, { scope: "openid" }));
    op.clock.advance({ seconds: 2 });
    for (let n = 0; n < 101; n++) await succeeded(await hand(await made({ client_id: both.id, email: eve.email }), {}, { by: both }));
    await both.refreshed(kept);
    const [{ n }] = await op.rows("SELECT COUNT(*) AS n FROM token_families WHERE user_id = ?", eve.id);
    assert.equal(n, 100);
  });

  test("is told in the audit, each time, with the issuer, and to the person", async () => {
    const eve = await op.person({ email_verified: true });
    await succeeded(await hand(await made({ email: eve.email })));
    op.clock.advance({ minutes: 2 });
    await succeeded(await hand(await made({ email: eve.email })));
    await refused(await hand(await made({ email: eve.email, email_verified: false })), /no confirmed email/);
    const { events } = await op.json(`/admin/api/audit?user=${eve.id}&event=assertion_accepted`, { bearer: op.adminToken });
    const once = ["client", app.id, { issuer: IDP }];
    assert.deepEqual(events.map(({ actor, client_id, detail }) => [actor, client_id, detail]), [once, once]);
    const browser = op.browser();
    const other = await op.client();
    await other.tokens(await browser.obtain(other, eve));
    const page = await browser.open("/account/activity");
    assert.match(page.text, /because another sign-in service vouched for you/);
  });
});

describe("the issuer's keys", () => {
  test("are fetched when one is not known, and not again and again", async () => {
    const fresh = await startLimen({ vars: VARS });
    const [old, rotated] = [await keyPair("ES256"), await keyPair("PS256")];
    const keys = [old.jwk];
    fresh.serve(`${IDP}/keys`, () => ({ json: { keys } }));
    const by = await fresh.client(SERVICE);
    const eve = await fresh.person({ email_verified: true });
    const signed = (key, more = {}) => made({ client_id: by.id, email: eve.email, ...more }, { by: key, at: fresh });
    await succeeded(await hand(await signed(old), {}, { by }));
    await succeeded(await hand(await signed(old), {}, { by }));
    const asked = () => fresh.outbound.filter((url) => url === `${IDP}/keys`).length;
    assert.equal(asked(), 1);
    keys.unshift(rotated.jwk);
    fresh.clock.advance({ minutes: 2 });
    await succeeded(await hand(await signed(rotated), {}, { by }));
    assert.equal(asked(), 2);
    for (let n = 0; n < 10; n++) await oauthError(await hand(await signed({ ...rotated, kid: `unknown-${n}` }), {}, { by }), 400, "invalid_grant");
    assert.ok(asked() <= 3, `${asked()} times`);
  });

  test("that are not to be had are no fault of the assertion's: 503, and it counts when they are there again", async () => {
    const fresh = await startLimen({ vars: VARS });
    const [by, eve] = [await fresh.client(SERVICE), await fresh.person({ email_verified: true })];
    const text = await made({ client_id: by.id, email: eve.email }, { at: fresh });
    for (const answer of [{ status: 500 }, { status: 200, body: "<html>" }, { status: 302, headers: { location: "https://x.example" } }]) {
      fresh.serve(`${IDP}/keys`, answer);
      await fault(await hand(text, {}, { by }));
      await fault(await hand(text, {}, { by }));
      fresh.clock.advance({ seconds: 61 });
    }
    fresh.serve(`${IDP}/keys`, { json: { keys: [key.jwk] } });
    await succeeded(await hand(text, {}, { by }));
  });

  test("are not asked for by a client that may not hand anything in", async () => {
    const fresh = await startLimen({ vars: VARS });
    const by = await fresh.client(SERVICE);
    const text = await made({ client_id: by.id }, { at: fresh });
    await hand(text, {}, { by, auth: { client_id: by.id, client_secret: "x" } });
    await hand(await made({ client_id: by.id, iss: OTHER, email: "a@others.test" }, { at: fresh }), {}, { by });
    assert.deepEqual(fresh.outbound, []);
  });
});
