// A second factor that a group requires of its people, where the deployment leaves it to them.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { signedIn } from "../account/support.mjs";
import { change, groupOf } from "../groups/support.mjs";
import { signInWith, withPasskey } from "../support/authenticator.mjs";
import { grantOf } from "../support/browser.mjs";
import { setUpApp, withApp } from "../support/codes.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { codeIn, MAIL_VARS, Mailbox } from "../support/mail.mjs";

const op = await startLimen();

const path = (page) => new URL(page.url).pathname;
const demand = (group, second_factor_required, on = op) =>
  on.admin(`/admin/api/groups/${group.id}`, { method: "PATCH", json: { second_factor_required } });

/** A group that requires a second factor, with these people in it. */
async function strict(people, on = op) {
  const group = await groupOf(on, people);
  const changed = await demand(group, true, on);
  assert.equal((await changed.json()).second_factor_required, true);
  return group;
}

describe("a group that requires a second factor", () => {
  test("is asked of its people and of nobody else: who has none sets one up before they are signed in", async () => {
    const [member, other] = [await op.person(), await op.person()];
    await strict([member]);
    const browser = op.browser();
    const page = await browser.signIn(await browser.open("/account"), member);
    assert.equal(path(page), "/login/second");
    assert.equal(await browser.sessionCookie(), undefined);
    assert.equal(path(await setUpApp(op, browser, page)), "/account");
    assert.equal((await signedIn(op, other)).constructor, browser.constructor);
    const [{ acr }] = await op.rows("SELECT acr FROM sessions WHERE user_id = ?", other.id);
    assert.equal(acr, "1");
  });

  test("counts at once for sessions of before, at apps and at every page of the account, until the person leaves it", async () => {
    const [client, person, browser] = [await op.client(), await op.person(), op.browser()];
    const grant = await browser.obtain(client, person, { scope: "openid offline_access" });
    const tokens = await client.tokens(grant);
    const form = await browser.open("/account/password");
    const group = await strict([person]);
    const silent = async () => (await browser.authorize(client, { scope: "openid", prompt: "none" })).callback;
    assert.equal((await silent()).get("error"), "login_required");
    for (const page of ["", "/profile", "/passkeys", "/second_factors", "/browsers", "/data", "/delete"])
      assert.equal(path(await browser.open(`/account${page}`)), "/login/second", page);
    assert.equal(path(await browser.submit(form, "new_password", { new_password: "an entirely new pass phrase" })), "/login/second");
    const page = await browser.authorize(client, { scope: "openid" });
    const sealed = new URL(page.url).searchParams.get("interaction");
    for (const around of ["/authorize/resume", "/consent", "/login"])
      assert.equal(path(await browser.open(`${around}?interaction=${sealed}`)), around === "/login" ? "/login" : "/login/second", around);
    const refreshed = await (await client.refresh(tokens.refresh_token)).json();
    assert.equal(claimsOf(refreshed.access_token).acr, "1", "tokens that apps hold go on");
    await change(op, group, { remove: [person] });
    assert.ok((await silent()).get("code"));
    await change(op, group, { add: [person] });
    assert.equal((await silent()).get("error"), "login_required");
    const again = await browser.authorize(client, { scope: "openid" });
    const answered = await setUpApp(op, browser, again);
    assert.equal(claimsOf((await client.tokens(grantOf(answered))).id_token).acr, "mfa");
    assert.ok((await silent()).get("code"));
  });

  test("takes a passkey, a code and a browser that is trusted", async () => {
    const [withKey, withCodes] = [await op.person(), await op.person()];
    const { authenticator } = await withPasskey(op, withKey);
    const { app } = await withApp(op, withCodes);
    await strict([withKey, withCodes]);
    const keyed = op.browser();
    assert.equal((await signInWith(keyed, await keyed.open("/account"), authenticator)).url, op.url("/account"));
    const browser = op.browser();
    const page = await browser.signIn(await browser.open("/account"), withCodes);
    assert.ok(page.has("code") && !page.has("secret"));
    assert.equal((await browser.submit(page, "code", { code: app.nextCode(), trust: "yes" })).url, op.url("/account"));
    const again = await browser.signIn(await browser.open("/login?page=overview&another=yes"), withCodes);
    assert.equal(again.url, op.url("/account"));
    const password = op.browser();
    const second = await password.signIn(await password.open("/account"), withKey);
    assert.equal(path(second), "/login/second");
    assert.ok(!second.has("secret"), "a password adds no factor of somebody who has one");
  });

  test("keeps the last second factor from being removed by its person", async () => {
    const person = await op.person();
    const { app } = await withApp(op, person);
    const group = await strict([person]);
    const browser = op.browser();
    const asked = await browser.signIn(await browser.open("/login?page=second_factors"), person);
    const page = await browser.submit(asked, "code", { code: app.nextCode() });
    const apps = () => op.rows("SELECT id FROM credentials WHERE user_id = ? AND kind = 'totp'", person.id);
    const [{ id }] = await apps();
    const remove = (from) => browser.submit(from, "remove", { remove: id, rename: "" });
    await remove(page);
    assert.equal((await apps()).length, 1);
    assert.equal((await demand(group, false)).status, 200);
    await remove(await browser.open("/account/second_factors"));
    assert.equal((await apps()).length, 0);
  });

  test("is one of several groups, and the others do not take it back", async () => {
    const person = await op.person();
    await strict([person]);
    await groupOf(op, [person]);
    const browser = op.browser();
    assert.equal(path(await browser.signIn(await browser.open("/account"), person)), "/login/second");
  });

  test("is asked after a code by mail, too", async () => {
    const mails = await startLimen({ vars: { ...MAIL_VARS, SIGN_IN: "mail_code passkey" } });
    const mailbox = new Mailbox(mails);
    const person = await mails.person();
    await strict([person], mails);
    const browser = mails.browser();
    const page = await browser.open("/login?page=overview");
    const sent = await browser.submit(page, "username", { username: person.username }, { button: "mail-code" });
    const next = await browser.submit(sent, "code", { code: codeIn(await mailbox.await(person.email)) });
    assert.equal(path(next), "/login/second");
    assert.equal(await browser.sessionCookie(), undefined);
  });

  test("requires none where SECOND_FACTOR is off, and cannot be made to", async () => {
    const off = await startLimen();
    const person = await off.person();
    const group = await strict([person], off);
    await off.redeploy({ SECOND_FACTOR: "off" });
    assert.equal((await demand(group, true, off)).status, 400);
    assert.ok(await signedIn(off, person));
    assert.equal((await demand(group, false, off)).status, 200);
  });

  test("is in the audit and in the API as it is, and takes nothing but true and false", async () => {
    const created = await op.admin("/admin/api/groups", { json: { name: "Keepers", second_factor_required: true } });
    const group = await created.json();
    assert.equal(group.second_factor_required, true);
    const read = async () => (await op.json(`/admin/api/groups/${group.id}`, { bearer: op.adminToken })).second_factor_required;
    const renamed = await op.admin(`/admin/api/groups/${group.id}`, { method: "PATCH", json: { name: "Wardens" } });
    assert.deepEqual([(await renamed.json()).second_factor_required, await read()], [true, true]);
    for (const wrong of ["true", 1, null, [], {}]) assert.equal((await demand(group, wrong)).status, 400, String(wrong));
    assert.equal((await demand(group, false)).status, 200);
    assert.equal(await read(), false);
    const rows = await op.rows("SELECT detail FROM audit WHERE event = 'group_changed' AND detail LIKE ? ORDER BY id", `%${group.id}%`);
    const told = rows.map(({ detail }) => JSON.parse(detail).second_factor_required);
    assert.deepEqual(told, [true, false]);
  });
});
