// What is logged, and what stands in URLs, holds no secret (platform.md: Workers Logs record URLs).

import assert from "node:assert/strict";
import { test } from "node:test";

import { startLimen } from "../support/limen.mjs";

test("no secret of a whole sign-in reaches the log, faults included", async () => {
  const op = await startLimen();
  const [client, ada, browser] = [await op.client(), await op.person(), op.browser()];
  const wrong = await browser.signIn(await browser.authorize(client), { ...ada, password: "a mistyped secret phrase" });
  const done = await browser.complete(wrong, ada);
  const grant = { code: done.callback.get("code"), redirectUri: client.redirectUri, verifier: done.request.verifier };
  const tokens = await client.tokens(grant);
  await client.redeem(grant, {}, { d1: { down: true } });
  await client.refresh(tokens.refresh_token, {}, { d1: { nth: 0 } });
  const refreshed = await client.refreshed(tokens.refresh_token);
  await op.fetch("/userinfo", { bearer: refreshed.access_token, d1: { down: true } });
  await browser.fetch(client.authorizePath(), { d1: { down: true } });
  await op.admin("/admin/api/users", { json: { username: "x", password: ada.password }, d1: { down: true } });
  await client.introspect(refreshed.access_token);
  await client.post("/introspect", { token: refreshed.access_token }, { d1: { down: true } });
  await client.post("/revoke", { token: refreshed.refresh_token }, { d1: { down: true } });
  await client.redeem(grant);
  await op.fetch("/register", { json: { client_name: "x" }, bearer: "a-wrong-admin-token-of-some-length" });
  await op.admin("/admin/api/audit?user=somebody", { d1: { down: true } });
  await op.admin(`/admin/api/users/${ada.id}`, { method: "PATCH", json: { nickname: "x" }, d1: { nth: 1 } });
  await browser.fetch(client.authorizePath({ login_hint: ada.email, state: "a-state-of-the-client" }), { d1: { nth: 0 } });
  await browser.fetch("/no/such/page?token=a-token-in-a-query");
  await op.cron();
  await op.fetch("/", { cron: "7 * * * *", d1: { down: true } });

  assert.ok(op.logs.length > 0, "faults are logged at all");
  const log = op.logs.join("\n");
  const cookie = (await browser.sessionCookie()).value;
  const secrets = [
    ada.password,
    "a mistyped secret phrase",
    grant.code,
    grant.verifier,
    client.secret,
    client.registered.registration_access_token,
    tokens.access_token,
    tokens.id_token,
    tokens.refresh_token,
    refreshed.refresh_token,
    refreshed.access_token,
    cookie,
    op.adminToken,
    op.variable("KEK_1"),
    "a-wrong-admin-token-of-some-length",
    "a-state-of-the-client",
    "a-token-in-a-query",
  ];
  for (const secret of secrets) {
    assert.ok(!log.includes(secret), "a whole secret is logged");
    const tail = secret.split(".").at(-1);
    if (tail.length >= 20) assert.ok(!log.includes(tail), "a part of a secret is logged");
  }
  assert.ok(!log.includes(ada.email), "nor is personal data");
  const audit = JSON.stringify(await op.rows("SELECT * FROM audit"));
  for (const secret of [...secrets, ada.email, ada.username, ada.name]) {
    assert.ok(!audit.includes(secret), "a secret or personal data is in the audit");
  }
});

test("every line is JSON with level, event and request id, and the answer names the same request", async () => {
  const op = await startLimen();
  const client = await op.client();
  const answer = await client.credentials({}, { d1: { down: true } });
  assert.equal(answer.status, 503);
  const text = await answer.text();
  await op.cron();
  await op.fetch("/", { cron: "7 * * * *", d1: { down: true } });
  const lines = op.logs.map((line) => JSON.parse(line));
  for (const line of lines) {
    assert.match(line.level, /^(info|warn|error)$/);
    assert.match(line.event, /^(fault|cron)$/);
    assert.match(line.request_id, /^[\w-]{22}$/);
  }
  assert.ok(lines.some(({ request_id: id }) => id === answer.headers.get("x-request-id")));
  assert.ok(text.includes(answer.headers.get("x-request-id")));
});

test("no secret stands in a URL on the way, but for the code on its way to the client", async () => {
  const op = await startLimen();
  const [client, ada, browser] = [await op.client(), await op.person(), op.browser()];
  let page = await browser.authorize(client);
  const urls = page.trail.map(({ url }) => url);
  while (!page.callback) {
    page = page.asksForPassword ? await browser.signIn(page, ada) : await browser.approve(page);
    urls.push(...page.trail.map(({ url }) => url));
  }
  const cookie = (await browser.sessionCookie()).value;
  for (const url of urls) {
    for (const secret of [ada.password, ada.username, cookie, page.callback.get("code")])
      assert.ok(!url.includes(secret), url);
  }
});
