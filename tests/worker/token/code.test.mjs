// The authorization_code grant: RFC 6749 section 4.1.3, OIDC Core section 3.1.3.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { oauthError } from "../support/expect.mjs";
import { mutations } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const client = await op.client();
const other = await op.client();
const ada = await op.person();
const browser = op.browser();
await browser.obtain(client, ada);

const freshGrant = (params) => browser.obtain(client, ada, params);

test("a code becomes tokens, in an answer that no cache keeps", async () => {
  const response = await client.redeem(await freshGrant());
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type"), /^application\/json/);
  assert.match(response.headers.get("cache-control"), /no-store/);
  const body = await response.json();
  assert.equal(body.token_type, "Bearer");
  assert.equal(typeof body.expires_in, "number");
  assert.ok(body.access_token && body.id_token && body.refresh_token);
  assert.deepEqual(body.scope.split(" ").sort(), ["email", "openid", "profile"]);
});

test("a second redemption is invalid_grant, and revokes what the first one gave (RFC 6749 section 4.1.2)", async () => {
  const grant = await freshGrant();
  const tokens = await client.tokens(grant);
  await oauthError(await client.redeem(grant), 400, "invalid_grant");
  await oauthError(await client.refresh(tokens.refresh_token), 400, "invalid_grant");
  assert.equal((await op.fetch("/userinfo", { bearer: tokens.access_token })).status, 401);
  assert.equal((await client.introspect(tokens.access_token)).active, false);
});

test("a replay revokes the tokens of that code alone", async () => {
  const [first, second] = [await freshGrant(), await freshGrant()];
  await client.tokens(first);
  const bystander = await client.tokens(second);
  await client.redeem(first);
  assert.equal((await client.refresh(bystander.refresh_token)).status, 200);
  assert.ok((await browser.authorize(client)).callback?.get("code"), "nor the session or consent");
});

test("a replay also ends tokens that were refreshed in between", async () => {
  const grant = await freshGrant();
  const refreshed = await client.refreshed((await client.tokens(grant)).refresh_token);
  await client.redeem(grant);
  await oauthError(await client.refresh(refreshed.refresh_token), 400, "invalid_grant");
});

describe("another client", () => {
  test("cannot redeem the code, nor burn it, nor revoke its tokens", async () => {
    const grant = await freshGrant();
    await oauthError(await other.redeem(grant), 400, "invalid_grant");
    const tokens = await client.tokens(grant);
    await oauthError(await other.redeem(grant), 400, "invalid_grant");
    assert.equal((await client.refresh(tokens.refresh_token)).status, 200);
  });

  test("cannot redeem it by naming the owner in the body", async () => {
    const grant = await freshGrant();
    const response = await other.redeem(grant, { client_id: client.id });
    await oauthError(response, 400, "invalid_request");
    assert.equal((await client.redeem(grant)).status, 200);
  });
});

describe("a failed redemption does not burn the code", () => {
  const FAILURES = {
    "a wrong redirect_uri": { redirect_uri: "https://app.acme.test/other" },
    "a redirect_uri with a slash": { redirect_uri: "https://app.acme.test/callback/" },
    "a wrong verifier": { code_verifier: "x".repeat(43) },
    "no verifier": { code_verifier: undefined },
    "an empty verifier": { code_verifier: "" },
    "no code": { code: undefined },
  };
  for (const [what, change] of Object.entries(FAILURES)) {
    test(what, async () => {
      const grant = await freshGrant();
      await oauthError(await client.redeem(grant, change), 400, ["invalid_grant", "invalid_request"]);
      assert.equal((await client.redeem(grant)).status, 200);
    });
  }

  test("a wrong client secret", async () => {
    const grant = await freshGrant();
    const secret = client.secret;
    client.secret = "wrong";
    const refused = await client.redeem(grant);
    client.secret = secret;
    await oauthError(refused, 401, "invalid_client");
    assert.equal((await client.redeem(grant)).status, 200);
  });
});

test("redirect_uri is compared byte by byte", async () => {
  const grant = await freshGrant();
  for (const uri of [
    "HTTPS://app.acme.test/callback",
    "https://APP.acme.test/callback",
    "https://app.acme.test:443/callback",
    "https://app.acme.test/%63allback",
    "https://app.acme.test/callback?",
    "https://app.acme.test/callback#",
  ]) {
    await oauthError(await client.redeem(grant, { redirect_uri: uri }), 400, "invalid_grant");
  }
});

test("an expired code is invalid_grant", async () => {
  const grant = await freshGrant();
  op.clock.advance({ seconds: 59 });
  const still = await freshGrant();
  op.clock.advance({ seconds: 2 });
  await oauthError(await client.redeem(grant), 400, "invalid_grant");
  assert.equal((await client.redeem(still)).status, 200);
});

test("no truncation and no changed character of a code is redeemed, and the code survives the attempts", async () => {
  const grant = await freshGrant();
  for (const code of mutations(grant.code)) {
    await oauthError(await client.redeem(grant, { code }), 400, ["invalid_grant", "invalid_request"]);
  }
  assert.equal((await client.redeem(grant)).status, 200);
});

test("codes that nobody issued are invalid_grant", async () => {
  const grant = await freshGrant();
  const { refresh_token: refreshToken, access_token: accessToken } = await client.tokens(grant);
  const made = [
    "x",
    "1.",
    ".",
    "0".repeat(43),
    `1.${"A".repeat(43)}`,
    `9.${"A".repeat(43)}`,
    `01.${"A".repeat(43)}`,
    `-1.${"A".repeat(43)}`,
    "' OR 1=1 --",
    refreshToken,
    accessToken,
    "x".repeat(65_536),
    "\u{1f510}",
  ];
  for (const code of made)
    await oauthError(await client.redeem(grant, { code }), 400, ["invalid_grant", "invalid_request"]);
});

test("a code of a person who has since been disabled or deleted is invalid_grant", async () => {
  for (const end of [
    (person) => op.changePerson(person, { disabled: true }),
    (person) => op.admin(`/admin/api/users/${person.id}`, { method: "DELETE" }),
  ]) {
    const person = await op.person();
    const grant = await op.browser().obtain(client, person);
    await end(person);
    await oauthError(await client.redeem(grant), 400, "invalid_grant");
  }
});

test("a client without the grant type cannot redeem (unauthorized_client)", async () => {
  const service = await op.serviceClient();
  await oauthError(await service.redeem(await freshGrant()), 400, ["unauthorized_client", "invalid_grant"]);
});

describe("grant_type", () => {
  test("missing or twice is invalid_request", async () => {
    await oauthError(await client.redeem(await freshGrant(), { grant_type: undefined }), 400, "invalid_request");
    await oauthError(await client.redeem(await freshGrant(), { grant_type: "" }), 400, "invalid_request");
  });

  for (const grantType of [
    "password",
    "implicit",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:saml2-bearer",
    "AUTHORIZATION_CODE",
    "authorization_code ",
    "x",
  ]) {
    test(`${grantType} is unsupported_grant_type`, async () => {
      const form = { grant_type: grantType, username: ada.username, password: ada.password };
      await oauthError(await client.post("/token", form), 400, ["unsupported_grant_type", "unauthorized_client"]);
    });
  }

  test("password never works, whatever is registered", async () => {
    const response = await op.admin("/register", {
      json: { redirect_uris: ["https://a.test/cb"], grant_types: ["password"] },
    });
    assert.equal(response.status, 400);
  });
});

test("every parameter twice is invalid_request, and burns nothing", async () => {
  const grant = await freshGrant();
  const form = {
    grant_type: "authorization_code",
    code: grant.code,
    redirect_uri: grant.redirectUri,
    code_verifier: grant.verifier,
  };
  const { basic } = await import("../support/client.mjs");
  const headers = { authorization: basic(client.id, client.secret) };
  for (const name of Object.keys(form)) {
    const response = await op.fetch("/token", { form: [...Object.entries(form), [name, form[name]]], headers });
    await oauthError(response, 400, "invalid_request");
  }
  assert.equal((await client.redeem(grant)).status, 200);
});

test("parameters in the query are not read", async () => {
  const grant = await freshGrant();
  const query = new URLSearchParams({
    grant_type: "authorization_code",
    code: grant.code,
    redirect_uri: grant.redirectUri,
    code_verifier: grant.verifier,
  });
  assert.notEqual((await client.post(`/token?${query}`, {})).status, 200);
});

test("codes lie hashed in the database", async () => {
  const grant = await freshGrant();
  const stored = JSON.stringify(await op.rows("SELECT * FROM codes"));
  assert.ok(!stored.includes(grant.code) && !stored.includes(grant.code.split(".").at(-1)));
});

test("a narrower scope parameter at redemption is ignored or refused, never widened", async () => {
  const response = await client.redeem(await freshGrant({ scope: "openid" }), { scope: "openid email phone" });
  const body = await response.json();
  if (response.status === 200) assert.equal(body.scope, "openid");
  else assert.ok(["invalid_scope", "invalid_request"].includes(body.error));
});
