// Refresh tokens: RFC 6749 section 6, RFC 9700 section 4.14, and the idempotent retry.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { oauthError } from "../support/expect.mjs";
import { claimsOf, mutations } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const client = await op.client();
const ada = await op.person();
const browser = op.browser();
await browser.obtain(client, ada);

const freshTokens = async (params, who = client) => who.tokens(await browser.obtain(who, ada, params));
const refused = async (response) => oauthError(response, 400, "invalid_grant");

test("each use gives new tokens and a new refresh token", async () => {
  const first = await freshTokens();
  const second = await client.refreshed(first.refresh_token);
  assert.notEqual(second.refresh_token, first.refresh_token);
  assert.notEqual(second.access_token, first.access_token);
  assert.equal(second.token_type, "Bearer");
  assert.equal(second.scope, first.scope);
  assert.equal((await op.fetch("/userinfo", { bearer: second.access_token })).status, 200);
});

test("a long line of refreshes works", async () => {
  let { refresh_token: token } = await freshTokens();
  for (let n = 0; n < 20; n++) token = (await client.refreshed(token)).refresh_token;
  assert.equal(
    (await op.rows("SELECT count(*) AS n FROM token_families WHERE generation >= 20"))[0].n,
    1,
    "one row a family",
  );
});

test("the refreshed ID token keeps iss, sub, aud and auth_time, and has a new iat (Core section 12.2)", async () => {
  const first = await freshTokens();
  op.clock.advance({ minutes: 10 });
  const second = await client.refreshed(first.refresh_token);
  const [before, after] = [claimsOf(first.id_token), claimsOf(second.id_token)];
  for (const name of ["iss", "sub", "aud", "auth_time", "azp"]) assert.deepEqual(after[name], before[name], name);
  assert.ok(after.iat > before.iat);
  if ("nonce" in after) assert.equal(after.nonce, before.nonce);
});

describe("retry", () => {
  test("with the parent, within the grace, gives the same successor", async () => {
    const { refresh_token: parent } = await freshTokens();
    const first = await client.refreshed(parent);
    op.clock.advance({ seconds: 20 });
    const again = await client.refreshed(parent);
    assert.equal(again.refresh_token, first.refresh_token);
    assert.equal((await client.refresh(again.refresh_token)).status, 200);
  });

  test("with the parent, after the grace, is reuse: the family and its access tokens die", async () => {
    const { refresh_token: parent } = await freshTokens();
    const child = await client.refreshed(parent);
    op.clock.advance({ seconds: 32 });
    await refused(await client.refresh(parent));
    await refused(await client.refresh(child.refresh_token));
    assert.equal((await op.fetch("/userinfo", { bearer: child.access_token })).status, 401);
    assert.equal((await client.introspect(child.access_token)).active, false);
  });

  test("with the parent, once the successor was used, is reuse", async () => {
    const { refresh_token: parent } = await freshTokens();
    const child = await client.refreshed(parent);
    const grandchild = await client.refreshed(child.refresh_token);
    await refused(await client.refresh(parent));
    await refused(await client.refresh(grandchild.refresh_token));
  });

  test("with any older ancestor is reuse", async () => {
    const { refresh_token: first } = await freshTokens();
    let token = first;
    for (let n = 0; n < 4; n++) token = (await client.refreshed(token)).refresh_token;
    await refused(await client.refresh(first));
    await refused(await client.refresh(token));
  });

  test("the retry window does not grow by retrying", async () => {
    const { refresh_token: parent } = await freshTokens();
    await client.refreshed(parent);
    op.clock.advance({ seconds: 20 });
    await client.refreshed(parent);
    op.clock.advance({ seconds: 20 });
    await refused(await client.refresh(parent));
  });

  test("REFRESH_GRACE sets the window", async () => {
    const strict = await startLimen({ vars: { REFRESH_GRACE: "1" } });
    const [app, bob] = [await strict.client(), await strict.person()];
    const { refresh_token: parent } = await app.tokens(await strict.browser().obtain(app, bob));
    await app.refreshed(parent);
    strict.clock.advance({ seconds: 3 });
    await refused(await app.refresh(parent));
  });

  test("reuse in one family leaves the person's others alone", async () => {
    const [one, two] = [await freshTokens(), await freshTokens()];
    const child = await client.refreshed(one.refresh_token);
    await client.refreshed(child.refresh_token);
    await refused(await client.refresh(one.refresh_token));
    assert.equal((await client.refresh(two.refresh_token)).status, 200);
  });
});

describe("another client", () => {
  test("cannot use the token, and the owner's goes on", async () => {
    const other = await op.client();
    const { refresh_token: token } = await freshTokens();
    await refused(await other.refresh(token));
    const child = await client.refreshed(token);
    await refused(await other.refresh(token));
    await refused(await other.refresh(child.refresh_token));
    assert.equal((await client.refresh(child.refresh_token)).status, 200, "a stranger's attempt is no reuse");
  });

  test("that is public cannot use a confidential client's token by naming it", async () => {
    const { refresh_token: token } = await freshTokens();
    const response = await op.fetch("/token", {
      form: { grant_type: "refresh_token", refresh_token: token, client_id: client.id },
    });
    await oauthError(response, 401, "invalid_client");
  });
});

describe("scope", () => {
  test("may be narrowed for one access token, and the next refresh has it all again", async () => {
    const first = await freshTokens();
    const narrow = await client.refreshed(first.refresh_token, { scope: "openid email" });
    assert.deepEqual(narrow.scope.split(" ").sort(), ["email", "openid"]);
    assert.deepEqual(claimsOf(narrow.access_token).scope.split(" ").sort(), ["email", "openid"]);
    const wide = await client.refreshed(narrow.refresh_token);
    assert.deepEqual(wide.scope.split(" ").sort(), first.scope.split(" ").sort());
  });

  test("beyond what was granted is invalid_scope, and the token survives", async () => {
    const first = await freshTokens({ scope: "openid email" });
    await oauthError(await client.refresh(first.refresh_token, { scope: "openid email phone" }), 400, "invalid_scope");
    await oauthError(await client.refresh(first.refresh_token, { scope: 'x"y' }), 400, [
      "invalid_scope",
      "invalid_request",
    ]);
    op.clock.advance({ seconds: 60 });
    assert.equal(
      (await client.refresh(first.refresh_token)).status,
      200,
      "a refused request has not rotated the family",
    );
  });
});

describe("the end", () => {
  const ENDS = {
    "the person is disabled": (person) => op.changePerson(person, { disabled: true }),
    "the person is deleted": (person) => op.admin(`/admin/api/users/${person.id}`, { method: "DELETE" }),
    "the password is changed": (person) => op.changePerson(person, { password: "a quite different pass phrase" }),
    "the consent is revoked": (person, app) =>
      op.admin(`/admin/api/users/${person.id}/grants/${app.id}`, { method: "DELETE" }),
    "the token is revoked": (_, app, tokens) => app.revoke(tokens.refresh_token),
    "the absolute lifetime is over": () => op.clock.advance({ days: 91 }),
    "it was idle for too long": () => op.clock.advance({ days: 31 }),
  };
  for (const [what, end] of Object.entries(ENDS)) {
    test(`when ${what}`, async () => {
      const [person, app] = [await op.person(), await op.client()];
      const tokens = await app.tokens(await op.browser().obtain(app, person));
      await end(person, app, tokens);
      await refused(await app.refresh(tokens.refresh_token));
    });
  }

  test("when the client is deleted", async () => {
    const app = await op.client();
    const tokens = await freshTokens({}, app);
    await app.unregister();
    await oauthError(await app.refresh(tokens.refresh_token), 401, "invalid_client");
    assert.equal((await op.fetch("/userinfo", { bearer: tokens.access_token })).status, 401);
  });

  test("does not come by use alone: a token in use outlives the idle time", async () => {
    let { refresh_token: token } = await freshTokens();
    for (let n = 0; n < 4; n++) {
      op.clock.advance({ days: 20 });
      token = (await client.refreshed(token)).refresh_token;
    }
    op.clock.advance({ days: 15 });
    await refused(await client.refresh(token));
  });

  test("enabling a person again does not bring back what disabling ended", async () => {
    const person = await op.person();
    const tokens = await client.tokens(await op.browser().obtain(client, person));
    await op.changePerson(person, { disabled: true });
    await refused(await client.refresh(tokens.refresh_token));
    await op.changePerson(person, { disabled: false });
    await refused(await client.refresh(tokens.refresh_token));
  });
});

test("no truncation and no changed character of the token works, and the token survives the attempts", async () => {
  const { refresh_token: token } = await freshTokens();
  for (const forged of mutations(token)) {
    await oauthError(await client.refresh(forged), 400, ["invalid_grant", "invalid_request"]);
  }
  assert.equal((await client.refresh(token)).status, 200);
});

test("the generation inside the token cannot be raised or lowered", async () => {
  const { refresh_token: token } = await freshTokens();
  const parts = token.split(".");
  for (const [at, part] of parts.entries()) {
    if (!/^\d+$/.test(part)) continue;
    for (const change of [
      Number(part) + 1,
      Number(part) - 1,
      `0${part}`,
      `+${part}`,
      `${part}.0`,
      "99999999999999999999",
      "",
    ]) {
      await oauthError(await client.refresh(parts.with(at, String(change)).join(".")), 400, [
        "invalid_grant",
        "invalid_request",
      ]);
    }
  }
  assert.equal((await client.refresh(token)).status, 200);
});

test("there is no refresh token for a client that did not register the grant", async () => {
  const app = await op.client({ grant_types: ["authorization_code"] });
  const tokens = await freshTokens({}, app);
  assert.equal(tokens.refresh_token, undefined);
});

test("a client that did not register the grant cannot refresh", async () => {
  const app = await op.client({ grant_types: ["authorization_code"] });
  const { refresh_token: token } = await freshTokens();
  await oauthError(await app.refresh(token), 400, ["unauthorized_client", "invalid_grant"]);
});

test("a public client's refresh tokens rotate and are bound to it (RFC 9700 section 2.2.2)", async () => {
  const app = await op.publicClient();
  const first = await freshTokens({}, app);
  const second = await app.refreshed(first.refresh_token);
  const third = await app.refreshed(second.refresh_token);
  await refused(await app.refresh(first.refresh_token));
  await refused(await app.refresh(third.refresh_token));
});

test("a refresh token cannot be read out of the database", async () => {
  const { refresh_token: token } = await freshTokens();
  const stored = JSON.stringify([await op.rows("SELECT * FROM token_families"), await op.rows("SELECT * FROM codes")]);
  assert.ok(!stored.includes(token.split(".").at(-1)));
});

test("a missing refresh_token is invalid_request", async () => {
  await oauthError(await client.refresh(undefined), 400, "invalid_request");
  await oauthError(await client.refresh(""), 400, "invalid_request");
});

test("access and ID tokens and codes are no refresh tokens", async () => {
  const grant = await browser.obtain(client, ada);
  const tokens = await freshTokens();
  for (const token of [tokens.access_token, tokens.id_token, grant.code]) {
    await oauthError(await client.refresh(token), 400, ["invalid_grant", "invalid_request"]);
  }
});

test("signing out of the browser session by its expiry does not end offline access by itself", async () => {
  const tokens = await freshTokens({ scope: "openid offline_access", prompt: "consent" });
  op.clock.advance({ days: 8 });
  assert.equal((await client.refresh(tokens.refresh_token)).status, 200);
});
