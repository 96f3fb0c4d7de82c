// The root key: rotation, loss, and what Limen refuses to start with.

import assert from "node:assert/strict";
import { test } from "node:test";

import { secretKey } from "../support/assertion.mjs";
import { headerOf, verified } from "../support/jwt.mjs";
import { freshRoot, startLimen } from "../support/limen.mjs";

test("KEK_1 to KEK_2: sessions, codes, tokens, secrets and keys of the old root go on working", async () => {
  const op = await startLimen();
  const [client, ada, browser] = [await op.client(), await op.person(), op.browser()];
  const tokens = await client.tokens(await browser.obtain(client, ada));
  const pending = await browser.obtain(client, ada);
  const keysBefore = (await op.jwks()).keys;

  await op.redeploy({ KEK_2: freshRoot(), KEK_CURRENT: "2" });

  assert.deepEqual((await op.jwks()).keys, keysBefore, "signing keys outlive the root");
  assert.equal((await op.fetch("/userinfo", { bearer: tokens.access_token })).status, 200);
  const refreshed = await client.refreshed(tokens.refresh_token);
  assert.ok((await client.tokens(pending)).id_token, "a code under way is redeemed");
  const page = await browser.authorize(client);
  assert.ok(page.callback?.get("code"), "the session goes on");
  const reg = await op.fetch(client.registered.registration_client_uri, {
    bearer: client.registered.registration_access_token,
  });
  assert.equal(reg.status, 200);

  await op.cron();
  const wrappedUnder = await op.rows("SELECT DISTINCT kek_version FROM signing_keys");
  assert.deepEqual(wrappedUnder, [{ kek_version: 2 }], "cron rewraps");
  await op.redeploy();
  await verified(op, (await client.refreshed(refreshed.refresh_token)).id_token);
});

test("when the old root is gone, what was hashed under it is refused and the rest works", async () => {
  const op = await startLimen();
  const [client, ada, browser] = [await op.client(), await op.person(), op.browser()];
  const tokens = await client.tokens(await browser.obtain(client, ada));
  const { kid } = headerOf(tokens.access_token);
  await op.redeploy({ KEK_2: freshRoot(), KEK_CURRENT: "2" });
  await op.cron();
  await op.redeploy({ KEK_1: undefined });

  assert.equal((await client.refresh(tokens.refresh_token)).status !== 200, true);
  const page = await browser.authorize(await op.client());
  assert.ok(page.asksForPassword, "the old session is not known, and no fault");
  const fresh = await op.client();
  const again = await fresh.tokens(await op.browser().obtain(fresh, ada));
  assert.equal(headerOf(again.access_token).kid, kid, "the rewrapped key signs on");
});

test("with a wrong root key no signing key is lost, and nothing is signed", async () => {
  const op = await startLimen();
  const client = await op.serviceClient({ scope: "notes" });
  const before = await op.rows("SELECT kid, revoked_at FROM signing_keys ORDER BY kid");
  const good = op.variable("KEK_1");
  await op.redeploy({ KEK_1: freshRoot() });
  const { status } = await client.credentials();
  assert.ok([401, 503].includes(status), `${status}`);
  await op.fetch("/", { cron: "7 * * * *" });
  assert.deepEqual(await op.rows("SELECT kid, revoked_at FROM signing_keys ORDER BY kid"), before);
  await op.redeploy({ KEK_1: good });
  assert.equal((await client.credentials()).status, 200);
});

test("a raised EPOCH kills sessions, codes and refresh tokens, and spares clients and keys", async () => {
  const op = await startLimen();
  const [client, ada, browser] = [await op.client(), await op.person(), op.browser()];
  const tokens = await client.tokens(await browser.obtain(client, ada));
  const pending = await browser.obtain(client, ada);
  const keysBefore = (await op.jwks()).keys;
  await op.redeploy({ EPOCH: "2" });
  assert.equal((await client.refresh(tokens.refresh_token)).status, 400);
  assert.equal((await client.redeem(pending)).status, 400);
  assert.ok((await browser.authorize(client)).asksForPassword);
  assert.deepEqual((await op.jwks()).keys, keysBefore);
  assert.ok((await client.tokens(await op.browser().obtain(client, ada))).id_token);
});

test("signing keys lie encrypted in the database", async () => {
  const op = await startLimen();
  await op.jwks();
  for (const { wrapped_key: wrapped } of await op.rows("SELECT wrapped_key FROM signing_keys")) {
    const bytes = Buffer.from(wrapped, "base64url").toString("latin1");
    assert.doesNotMatch(
      bytes,
      /PRIVATE KEY|"kty"|\x2a\x86\x48\x86\xf7\x0d\x01\x01|\x2a\x86\x48\xce\x3d/s,
      "no PKCS#8 in sight",
    );
  }
});

test("another ISSUER: keys, clients, people and sessions stay, tokens of the old one are refused", async () => {
  const op = await startLimen();
  const [client, ada, browser] = [await op.client(), await op.person(), op.browser()];
  const service = await op.serviceClient({ scope: "notes", token_endpoint_auth_method: "client_secret_jwt" });
  service.key = secretKey(service.secret);
  const tokens = await client.tokens(await browser.obtain(client, ada));
  const { keys } = await op.jwks();
  const former = op.variable("ISSUER");

  op.issuer = "https://id.elsewhere.test";
  await op.redeploy({ ISSUER: op.issuer });

  assert.deepEqual((await op.jwks()).keys, keys);
  assert.equal((await op.fetch("/userinfo", { bearer: tokens.access_token })).status, 401);
  const again = await client.tokens(await op.browser().obtain(client, ada));
  const payload = await verified(op, again.id_token);
  assert.equal(payload.iss, op.issuer);
  assert.notEqual(payload.iss, former);
  assert.equal((await service.credentials()).status, 200, "the wrapped secret opens");
});

test("a key moved to another row or algorithm does not unwrap", async () => {
  const op = await startLimen();
  const client = await op.serviceClient({ scope: "notes" });
  await client.credentials();
  const [row] = await op.rows(
    "SELECT kid, wrapped_key FROM signing_keys WHERE alg = 'RS256' AND activate_at <= ?",
    op.clock.seconds(),
  );
  const [other] = await op.rows("SELECT wrapped_key FROM signing_keys WHERE kid <> ? LIMIT 1", row.kid);
  await op.db.prepare("UPDATE signing_keys SET wrapped_key = ? WHERE kid = ?").bind(other.wrapped_key, row.kid).run();
  await op.redeploy();
  assert.equal((await client.credentials()).status, 503, "fail closed");
});
