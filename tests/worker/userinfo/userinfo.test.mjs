// UserInfo: OIDC Core section 5.3; the bearer rules of RFC 6750.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { bearerError, succeeded } from "../support/expect.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const client = await op.client();
const FACTS = {
  name: "Ada Lovelace",
  given_name: "Ada",
  family_name: "Lovelace",
  middle_name: "King",
  nickname: "ada",
  preferred_username: "countess",
  profile: "https://people.test/ada",
  picture: "https://people.test/ada.png",
  website: "https://ada.people.test/",
  gender: "female",
  birthdate: "1815-12-10",
  zoneinfo: "Europe/London",
  locale: "en-GB",
  phone_number: "+44 20 7946 0000",
  phone_number_verified: true,
  address: {
    formatted: "12 St James's Square\nLondon",
    street_address: "12 St James's Square",
    locality: "London",
    country: "GB",
  },
};
const ada = await op.person(FACTS);
const browser = op.browser();
await browser.obtain(client, ada, { scope: "openid profile email address phone" });

async function accessToken(scope = "openid profile email address phone") {
  return (await client.tokens(await browser.obtain(client, ada, { scope }))).access_token;
}

const refused = (response) => bearerError(response, 401, "invalid_token");

describe("answers", () => {
  test("GET with the token in the header", async () => {
    const response = await op.fetch("/userinfo", { bearer: await accessToken() });
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type"), /^application\/json/);
    assert.match(response.headers.get("cache-control"), /no-store/);
    assert.equal((await response.json()).sub, ada.id);
  });

  test("POST with the token in the header, and POST with it in the form", async () => {
    const token = await accessToken();
    const byHeader = await succeeded(await op.fetch("/userinfo", { method: "POST", bearer: token }));
    const byForm = await succeeded(await op.fetch("/userinfo", { form: { access_token: token } }));
    assert.deepEqual(byHeader, byForm);
    assert.equal(byForm.sub, ada.id);
  });

  test("in any case of the scheme (RFC 9110 section 11.1)", async () => {
    const token = await accessToken();
    for (const scheme of ["Bearer", "bearer", "BEARER"]) {
      assert.equal((await op.fetch("/userinfo", { headers: { authorization: `${scheme} ${token}` } })).status, 200);
    }
  });

  test("all claims with the types of Core section 5.1", async () => {
    const info = await op.json("/userinfo", { bearer: await accessToken() });
    for (const [name, value] of Object.entries(FACTS)) assert.deepEqual(info[name], value, name);
    assert.equal(info.email, ada.email);
    assert.equal(info.email_verified, true);
    assert.ok(info.updated_at === undefined || Number.isInteger(info.updated_at));
  });

  const BY_SCOPE = {
    openid: [],
    "openid email": ["email", "email_verified"],
    "openid phone": ["phone_number", "phone_number_verified"],
    "openid address": ["address"],
  };
  for (const [scope, names] of Object.entries(BY_SCOPE)) {
    test(`the claims of "${scope}" and no others (Core section 5.4)`, async () => {
      const info = await op.json("/userinfo", { bearer: await accessToken(scope) });
      assert.deepEqual(Object.keys(info).sort(), ["sub", ...names].sort());
    });
  }

  test("the profile scope releases the profile and not e-mail, phone or address", async () => {
    const info = await op.json("/userinfo", { bearer: await accessToken("openid profile") });
    for (const name of ["name", "given_name", "family_name", "birthdate", "locale", "picture"])
      assert.ok(name in info, name);
    for (const name of ["email", "email_verified", "phone_number", "address"]) assert.ok(!(name in info), name);
  });

  test("claims without a value are left out (Core section 5.3.2)", async () => {
    const plain = await op.person({ family_name: undefined });
    const tokens = await client.tokens(await op.browser().obtain(client, plain));
    const info = await op.json("/userinfo", { bearer: tokens.access_token });
    assert.ok(!("family_name" in info) && !("nickname" in info));
    for (const value of Object.values(info)) assert.ok(value !== null && value !== "");
  });

  test("what was changed is told anew", async () => {
    const person = await op.person();
    const tokens = await client.tokens(await op.browser().obtain(client, person));
    await op.changePerson(person, { given_name: "Augusta" });
    assert.equal((await op.json("/userinfo", { bearer: tokens.access_token })).given_name, "Augusta");
  });
});

describe("refusals", () => {
  test("without a token: a challenge without an error code (RFC 6750 section 3.1)", async () => {
    await bearerError(await op.fetch("/userinfo"), 401, undefined);
    await bearerError(await op.fetch("/userinfo", { method: "POST" }), 401, undefined);
  });

  test("two tokens at once are invalid_request (RFC 6750 section 2)", async () => {
    const token = await accessToken();
    const response = await op.fetch("/userinfo", { form: { access_token: token }, bearer: token });
    await bearerError(response, 400, "invalid_request");
    const twice = await op.fetch("/userinfo", {
      form: [
        ["access_token", token],
        ["access_token", token],
      ],
    });
    await bearerError(twice, 400, "invalid_request");
  });

  test("a token in the query is not read (RFC 9700 section 4.3.2)", async () => {
    const token = await accessToken();
    const get = await op.fetch(`/userinfo?access_token=${token}`);
    assert.ok([400, 401].includes(get.status));
    const post = await op.fetch(`/userinfo?access_token=${token}`, { form: "" });
    assert.ok([400, 401].includes(post.status));
  });

  test("a token in a JSON body is not read", async () => {
    const response = await op.fetch("/userinfo", { json: { access_token: await accessToken() } });
    assert.ok([400, 401, 415].includes(response.status));
  });

  test("an expired token", async () => {
    const token = await accessToken();
    const { exp, iat } = claimsOf(token);
    op.clock.advance({ seconds: exp - iat });
    await refused(await op.fetch("/userinfo", { bearer: token }));
  });

  test("a revoked token", async () => {
    const token = await accessToken();
    await client.revoke(token);
    await refused(await op.fetch("/userinfo", { bearer: token }));
  });

  test("a token of a person who was disabled, and not of one who was enabled again", async () => {
    const person = await op.person();
    const { access_token: token } = await client.tokens(await op.browser().obtain(client, person));
    await op.changePerson(person, { disabled: true });
    await refused(await op.fetch("/userinfo", { bearer: token }));
    await op.changePerson(person, { disabled: false });
    await refused(await op.fetch("/userinfo", { bearer: token }));
  });

  test("a token of a person who was deleted", async () => {
    const person = await op.person();
    const { access_token: token } = await client.tokens(await op.browser().obtain(client, person));
    await op.admin(`/admin/api/users/${person.id}`, { method: "DELETE" });
    await refused(await op.fetch("/userinfo", { bearer: token }));
  });

  test("a token without the scope openid is insufficient_scope", async () => {
    const page = await browser.complete(await browser.authorize(client, { scope: "email" }), ada);
    if (!page.callback.get("code")) return;
    const grant = { code: page.callback.get("code"), redirectUri: client.redirectUri, verifier: page.request.verifier };
    const { access_token: token } = await client.tokens(grant);
    const response = await op.fetch("/userinfo", { bearer: token });
    await bearerError(response, 403, "insufficient_scope");
  });

  test("other schemes, empty tokens and noise", async () => {
    const token = await accessToken();
    for (const authorization of [
      "Bearer",
      "Bearer ",
      `Basic ${token}`,
      `DPoP ${token}`,
      token,
      `Bearer ${token} x`,
      `Bearer  x${token}`,
      `Bearer ${token},${token}`,
      "Bearer \u00e9",
    ]) {
      const { status } = await op.fetch("/userinfo", { headers: { authorization } });
      assert.ok([400, 401].includes(status), `${authorization.slice(0, 20)}: ${status}`);
    }
    await refused(await op.fetch("/userinfo", { bearer: "x".repeat(60_000) }));
  });
});
