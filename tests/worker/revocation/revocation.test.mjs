// Token revocation: RFC 7009.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { basic } from "../support/client.mjs";
import { oauthError } from "../support/expect.mjs";
import { claimsOf, headerOf, unsignedJwt } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const client = await op.client();
const ada = await op.person();
const browser = op.browser();
await browser.obtain(client, ada);

const freshTokens = async (who = client) => who.tokens(await browser.obtain(who, ada));
const isActive = async (token, who = client) => (await who.introspect(token)).active;

describe("revokes", () => {
  test("a refresh token with its access tokens (section 2.1)", async () => {
    const tokens = await freshTokens();
    const response = await client.revoke(tokens.refresh_token);
    assert.equal(response.status, 200);
    assert.equal((await client.refresh(tokens.refresh_token)).status, 400);
    assert.equal((await op.fetch("/userinfo", { bearer: tokens.access_token })).status, 401);
  });

  test("an access token; the refresh token may go on", async () => {
    const tokens = await freshTokens();
    assert.equal((await client.revoke(tokens.access_token)).status, 200);
    assert.equal((await op.fetch("/userinfo", { bearer: tokens.access_token })).status, 401);
    assert.equal(await isActive(tokens.access_token), false);
    const next = await client.refresh(tokens.refresh_token);
    assert.ok([200, 400].includes(next.status));
    if (next.status === 200) assert.equal(await isActive((await next.json()).access_token), true);
  });

  test("whatever the hint says, known or not (section 2.1)", async () => {
    for (const hint of ["access_token", "refresh_token", "id_token", "no-such-type", ""]) {
      const tokens = await freshTokens();
      const response = await client.revoke(tokens.refresh_token, { token_type_hint: hint });
      assert.equal(response.status, 200, hint);
      assert.equal(await isActive(tokens.refresh_token), false, hint);
      const more = await freshTokens();
      assert.equal((await client.revoke(more.access_token, { token_type_hint: hint })).status, 200, hint);
      assert.equal(await isActive(more.access_token), false, hint);
    }
  });

  test("a spent refresh token's family: who says a token leaked means all of it", async () => {
    const { refresh_token: parent } = await freshTokens();
    const child = await client.refreshed(parent);
    assert.equal((await client.revoke(parent)).status, 200);
    assert.equal(await isActive(child.access_token), false);
    assert.equal((await client.refresh(child.refresh_token)).status, 400);
  });

  test("for a public client that names itself", async () => {
    const app = await op.publicClient();
    const tokens = await freshTokens(app);
    assert.equal((await app.revoke(tokens.refresh_token)).status, 200);
    assert.equal((await app.refresh(tokens.refresh_token)).status, 400);
  });

  test("one family and nothing else", async () => {
    const [one, two] = [await freshTokens(), await freshTokens()];
    await client.revoke(one.refresh_token);
    assert.equal((await client.refresh(two.refresh_token)).status, 200);
    assert.ok((await browser.authorize(client)).callback?.get("code"), "consent and session go on");
  });
});

describe("answers 200 and does nothing", () => {
  test("for tokens that are unknown, broken or revoked already (section 2.2)", async () => {
    const tokens = await freshTokens();
    await client.revoke(tokens.refresh_token);
    for (const token of [
      "x",
      "a.b.c",
      "1.x.0.y",
      "\u{1f510}",
      "x".repeat(65_536),
      tokens.refresh_token,
      tokens.access_token,
      tokens.id_token,
    ]) {
      const response = await client.revoke(token);
      assert.equal(response.status, 200, token.slice(0, 20));
    }
  });

  test("for expired access tokens", async () => {
    const tokens = await freshTokens();
    op.clock.advance({ hours: 2 });
    assert.equal((await client.revoke(tokens.access_token)).status, 200);
  });
});

test("another client's token is not revoked (section 2.1)", async () => {
  const other = await op.client();
  const tokens = await freshTokens();
  for (const token of [tokens.refresh_token, tokens.access_token]) {
    const response = await other.revoke(token);
    if (response.status !== 200)
      await oauthError(response, response.status, ["invalid_grant", "unauthorized_client", "invalid_request"]);
  }
  assert.equal((await op.fetch("/userinfo", { bearer: tokens.access_token })).status, 200);
  assert.equal((await client.refresh(tokens.refresh_token)).status, 200);
});

test("what one network makes up for a client that anybody can be is limited; others go on", async () => {
  const app = await op.publicClient();
  const { access_token: own } = await app.tokens(await browser.obtain(app, ada));
  const rows = async () => (await op.rows("SELECT jti FROM revoked_tokens WHERE client_id = ?", app.id)).length;
  let n = 0;
  const revoke = (init) => {
    const forged = unsignedJwt(headerOf(own), { ...claimsOf(own), jti: `forged-${n++}` }, "AAAA");
    return app.revoke(forged, {}, { address: "203.0.113.60", ...init });
  };
  let answers = [];
  for (let round = 0; round < 20 && answers.every(({ status }) => status === 200); round++) {
    answers = await Promise.all(Array.from({ length: 20 }, () => revoke()));
  }
  const refused = answers.find(({ status }) => status !== 200);
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers.get("retry-after")) > 0);
  const filled = await rows();
  assert.ok(filled <= 300, `${filled} rows`);
  assert.equal((await revoke()).status, 429);
  assert.equal(await rows(), filled);
  assert.equal((await revoke({ address: "203.0.113.61" })).status, 200);
  assert.equal((await client.revoke((await freshTokens()).access_token, {}, { address: "203.0.113.60" })).status, 200);
});

test("client authentication is checked first", async () => {
  const tokens = await freshTokens();
  const token = tokens.refresh_token;
  await oauthError(await op.fetch("/revoke", { form: { token } }), 401, "invalid_client");
  await oauthError(await op.fetch("/revoke", { form: { token, client_id: client.id } }), 401, "invalid_client");
  const headers = { authorization: basic(client.id, "wrong") };
  await oauthError(await op.fetch("/revoke", { form: { token }, headers }), 401, "invalid_client");
  assert.equal((await client.refresh(token)).status, 200);
});

test("a missing or doubled token is invalid_request", async () => {
  await oauthError(await client.post("/revoke", {}), 400, "invalid_request");
  const headers = { authorization: basic(client.id, client.secret) };
  await oauthError(
    await op.fetch("/revoke", {
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

test("a fault during revocation is 503, not 200, and the token lives on until the retry", async () => {
  for (const kind of ["refresh_token", "access_token"]) {
    const tokens = await freshTokens();
    const down = await client.revoke(tokens[kind], {}, { d1: { down: true } });
    assert.equal(down.status, 503);
    const failing = await client.revoke(tokens[kind], {}, { d1: { matching: "^\\s*(DELETE|INSERT|UPDATE)" } });
    assert.equal(failing.status, 503);
    assert.equal(await isActive(tokens[kind]), true);
    assert.equal((await client.revoke(tokens[kind])).status, 200);
    assert.equal(await isActive(tokens[kind]), false);
  }
});

test("revocation is seen by another isolate at once", async () => {
  const pair = await startLimen({ isolates: 2 });
  const [app, bob] = [await pair.client(), await pair.person()];
  const tokens = await app.tokens(await pair.browser().obtain(app, bob));
  assert.equal((await pair.fetch("/userinfo", { bearer: tokens.access_token, isolate: 1 })).status, 200);
  await app.revoke(tokens.refresh_token);
  assert.equal((await pair.fetch("/userinfo", { bearer: tokens.access_token, isolate: 1, kv: "stale" })).status, 401);
});
