// What the end of a session does to codes and tokens (Back-Channel Logout section 2.7, LOGOUT_REVOKES).

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { oauthError } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";
import { logoutPath, relyingParty, signedIn } from "../support/relying-party.mjs";

const OFFLINE = { scope: "openid offline_access" };

/** Signs in online and offline in one browser, signs out, and says which tokens still work. */
async function survivors(op) {
  const [online, offline] = [await relyingParty(op), await relyingParty(op, { name: "offline" })];
  const [ada, browser, elsewhere] = [await op.person(), op.browser(), op.browser()];
  const first = await signedIn(online, browser, ada);
  const second = await signedIn(offline, browser, ada, OFFLINE);
  const third = await signedIn(online, elsewhere, ada);
  await browser.open(logoutPath({ id_token_hint: first.id_token }));
  const works = async (client, tokens) => {
    const userinfo = await op.fetch("/userinfo", { bearer: tokens.access_token });
    const refreshed = await client.refresh(tokens.refresh_token);
    assert.equal(userinfo.status === 200, refreshed.status === 200, "access and refresh token go together");
    return refreshed.status === 200;
  };
  return [await works(online, first), await works(offline, second), await works(online, third)];
}

test("tokens without offline_access end with their session, the others stay, and those of other browsers", async () => {
  assert.deepEqual(await survivors(await startLimen()), [false, true, true]);
});

test("LOGOUT_REVOKES=all ends those with offline_access, too", async () => {
  assert.deepEqual(await survivors(await startLimen({ vars: { LOGOUT_REVOKES: "all" } })), [false, false, true]);
});

test("LOGOUT_REVOKES=nothing lets all live until they expire", async () => {
  assert.deepEqual(await survivors(await startLimen({ vars: { LOGOUT_REVOKES: "nothing" } })), [true, true, true]);
});

describe("by default", async () => {
  const op = await startLimen();
  const client = await relyingParty(op);

  test("a code of a session that ended is worth nothing", async () => {
    const [ada, browser] = [await op.person(), op.browser()];
    const { id_token: hint } = await signedIn(client, browser, ada);
    const grant = await browser.obtain(client, ada);
    await browser.open(logoutPath({ id_token_hint: hint }));
    await oauthError(await client.redeem(grant), 400, "invalid_grant");
  });

  test("tokens of a sign-in that was repeated end with the new session", async () => {
    const [ada, browser] = [await op.person(), op.browser()];
    const before = await signedIn(client, browser, ada);
    await browser.complete(await browser.authorize(client, { prompt: "login" }), ada);
    assert.equal((await client.refresh(before.refresh_token)).status, 200, "still there after signing in again");
    await browser.open(logoutPath({ id_token_hint: before.id_token }));
    assert.equal((await op.fetch("/userinfo", { bearer: before.access_token })).status, 401);
  });

  test("a disabled person keeps no token, with offline_access or without", async () => {
    const [ada, browser] = [await op.person(), op.browser()];
    const tokens = await signedIn(client, browser, ada, OFFLINE);
    await op.changePerson(ada, { disabled: true });
    await op.changePerson(ada, { disabled: false });
    await oauthError(await client.refresh(tokens.refresh_token), 400, "invalid_grant");
  });

  test("a session that ended on one isolate is dead on another at once", async () => {
    const pair = await startLimen({ isolates: 2 });
    const app = await relyingParty(pair);
    const [ada, here] = [await pair.person(), pair.browser()];
    const { id_token: hint } = await signedIn(app, here, ada);
    const { value } = await here.sessionCookie();
    const there = pair.browser({ isolate: 1 });
    await there.jar.setCookie(`__Host-limen_session=${value}; Secure; Path=/`, pair.url("/"));
    assert.ok((await there.authorize(app, { prompt: "none" })).callback.get("code"));
    await here.open(logoutPath({ id_token_hint: hint }));
    assert.equal((await there.authorize(app, { prompt: "none" })).callback.get("error"), "login_required");
  });
});
