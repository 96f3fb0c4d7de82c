// Token introspection: RFC 7662.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { basic } from "../support/client.mjs";
import { oauthError, succeeded } from "../support/expect.mjs";
import { claimsOf, mutations } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const client = await op.client();
const ada = await op.person();
const browser = op.browser();
await browser.obtain(client, ada);

const freshTokens = async () => client.tokens(await browser.obtain(client, ada));
const INACTIVE = { active: false };

describe("of a living token", () => {
  test("tells what the access token is", async () => {
    const { access_token: token } = await freshTokens();
    const claims = claimsOf(token);
    const facts = await client.introspect(token);
    assert.equal(facts.active, true);
    assert.equal(facts.iss, op.issuer);
    assert.equal(facts.sub, ada.id);
    assert.equal(facts.client_id, client.id);
    assert.deepEqual(facts.scope.split(" ").sort(), claims.scope.split(" ").sort());
    for (const name of ["exp", "iat", "jti", "aud"]) assert.deepEqual(facts[name], claims[name], name);
    assert.ok(
      ["Bearer", "access_token"].includes(facts.token_type),
      "RFC 7662 section 2.2: type as in RFC 6749 section 5.1",
    );
  });

  test("tells about a refresh token to its own client", async () => {
    const { refresh_token: token } = await freshTokens();
    const facts = await client.introspect(token);
    assert.equal(facts.active, true);
    assert.equal(facts.client_id, client.id);
    assert.equal(facts.sub, ada.id);
  });

  test("finds the token whatever the hint says (RFC 7662 section 2.1)", async () => {
    const tokens = await freshTokens();
    for (const hint of ["access_token", "refresh_token", "id_token", "no-such-type", ""]) {
      for (const token of [tokens.access_token, tokens.refresh_token]) {
        assert.equal((await client.introspect(token, { token_type_hint: hint })).active, true, hint);
      }
    }
  });

  test("is not kept by caches", async () => {
    const { access_token: token } = await freshTokens();
    const response = await client.post("/introspect", { token });
    assert.match(response.headers.get("cache-control"), /no-store/);
    assert.match(response.headers.get("content-type"), /^application\/json/);
  });

  test("does not use up or change a refresh token", async () => {
    const { refresh_token: token } = await freshTokens();
    for (let n = 0; n < 3; n++) await client.introspect(token);
    assert.equal((await client.refresh(token)).status, 200);
  });
});

describe("of anything else is active=false and not a word more", () => {
  test("tokens that nobody issued", async () => {
    const made = ["x", "1.2.3.4", "a.b.c", "\u{1f510}", " ", "' OR 1=1 --", "x".repeat(65_536), "..", "\u0001"];
    for (const token of made) assert.deepEqual(await client.introspect(token), INACTIVE);
  });

  test("every truncation and change of a refresh token", async () => {
    const { refresh_token: token } = await freshTokens();
    for (const forged of mutations(token)) {
      if (forged === "") continue;
      assert.deepEqual(await client.introspect(forged), INACTIVE, forged);
    }
  });

  test("ID tokens, codes, session cookies, secrets and registration tokens", async () => {
    const grant = await browser.obtain(client, ada);
    const { id_token: idToken } = await freshTokens();
    const { value: cookie } = await browser.sessionCookie();
    for (const token of [
      idToken,
      grant.code,
      cookie,
      client.secret,
      client.registered.registration_access_token,
      op.adminToken,
    ]) {
      assert.deepEqual(await client.introspect(token), INACTIVE);
    }
    assert.equal((await client.redeem(grant)).status, 200, "the code is not burned");
  });

  const ENDS = {
    "expired access tokens": async ({ access_token: token }) => {
      op.clock.advance({ hours: 2 });
      return token;
    },
    "revoked access tokens": async ({ access_token: token }) => (await client.revoke(token)) && token,
    "revoked refresh tokens": async ({ refresh_token: token }) => (await client.revoke(token)) && token,
    "access tokens of a revoked family": async ({ access_token: token, refresh_token: family }) =>
      (await client.revoke(family)) && token,
    "refresh tokens two generations old": async ({ refresh_token: token }) => {
      const child = await client.refreshed(token);
      await client.refreshed(child.refresh_token);
      return token;
    },
  };
  for (const [what, end] of Object.entries(ENDS)) {
    test(what, async () => assert.deepEqual(await client.introspect(await end(await freshTokens())), INACTIVE));
  }

  test("introspecting a spent refresh token is no reuse: the family goes on", async () => {
    const { refresh_token: parent } = await freshTokens();
    const child = await client.refreshed(parent);
    const grandchild = await client.refreshed(child.refresh_token);
    assert.deepEqual(await client.introspect(parent), INACTIVE);
    assert.equal((await client.refresh(grandchild.refresh_token)).status, 200);
  });

  test("refresh tokens of another client", async () => {
    const { refresh_token: token } = await freshTokens();
    const other = await op.client();
    assert.deepEqual(await other.introspect(token), INACTIVE);
  });

  test("tokens of a person who was disabled", async () => {
    const person = await op.person();
    const tokens = await client.tokens(await op.browser().obtain(client, person));
    await op.changePerson(person, { disabled: true });
    assert.deepEqual(await client.introspect(tokens.access_token), INACTIVE);
    assert.deepEqual(await client.introspect(tokens.refresh_token), INACTIVE);
  });
});

describe("needs a client (RFC 7662 section 2.1: to prevent token scanning attacks)", () => {
  test("without, with a wrong, and with a foreign authentication it is 401", async () => {
    const { access_token: token } = await freshTokens();
    await oauthError(await op.fetch("/introspect", { form: { token } }), 401, "invalid_client");
    await oauthError(await op.fetch("/introspect", { form: { token, client_id: client.id } }), 401, "invalid_client");
    const wrong = { authorization: basic(client.id, "wrong") };
    await oauthError(await op.fetch("/introspect", { form: { token }, headers: wrong }), 401, "invalid_client");
    await oauthError(await op.fetch("/introspect", { form: { token }, bearer: token }), 401, "invalid_client");
  });

  test("a public client, which anybody can claim to be, learns nothing of others' tokens", async () => {
    const { access_token: token } = await freshTokens();
    const app = await op.publicClient();
    const response = await app.post("/introspect", { token });
    if (response.status === 200) assert.deepEqual(await response.json(), INACTIVE);
    else await oauthError(response, response.status, ["invalid_client", "unauthorized_client"]);
  });

  test("a missing or doubled token is invalid_request", async () => {
    await oauthError(await client.post("/introspect", {}), 400, "invalid_request");
    await oauthError(await client.post("/introspect", { token: "" }), 400, "invalid_request");
    const headers = { authorization: basic(client.id, client.secret) };
    await oauthError(
      await op.fetch("/introspect", {
        form: [
          ["token", "a"],
          ["token", "b"],
        ],
        headers,
      }),
      400,
      "invalid_request",
    );
  });

  test("a token in the query is not read (RFC 7662 section 4)", async () => {
    const { access_token: token } = await freshTokens();
    const response = await client.post(`/introspect?token=${token}`, {});
    await oauthError(response, 400, "invalid_request");
  });
});

test("an API with credentials of its own can introspect the access tokens that are meant for it", async () => {
  const { access_token: token } = await freshTokens();
  const api = await op.serviceClient();
  const facts = await succeeded(await api.post("/introspect", { token }));
  assert.equal(typeof facts.active, "boolean");
});
