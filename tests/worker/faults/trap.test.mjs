// A wasm trap in one request: the next one is served.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startLimen } from "../support/limen.mjs";

test("after a trap the next request is served, with everything in place", async () => {
  const op = await startLimen();
  const [client, ada, browser] = [await op.client(), await op.person(), op.browser()];
  const tokens = await client.tokens(await browser.obtain(client, ada));
  for (const path of ["/.well-known/jwks.json", client.authorizePath(), "/userinfo"]) {
    const trapped = await op.fetch(path, { trap: true, bearer: tokens.access_token }).catch((error) => error);
    if (trapped.status !== undefined) await trapped.text();
    assert.equal((await op.fetch("/.well-known/openid-configuration")).status, 200, path);
    assert.equal((await op.fetch("/userinfo", { bearer: tokens.access_token })).status, 200, path);
    assert.ok((await browser.authorize(client)).callback?.get("code"), path);
  }
  assert.equal((await client.refresh(tokens.refresh_token)).status, 200);
});
