// What a person gets of their own: what happened, a copy of everything, and the end.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { errorPage, oauthError } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";
import { isSignedOut, signedIn } from "./support.mjs";

const op = await startLimen({ isolates: 2 });

describe("activity", () => {
  test("is told in plain words, the newest first, with the app and the network", async () => {
    const client = await op.client({ client_name: "Acme Notes" });
    const [ada, browser] = [await op.person(), op.browser({ address: "203.0.113.77" })];
    for (let n = 0; n < 3; n++) {
      const page = await browser.open("/account");
      await browser.signIn(page, { ...ada, password: "a wrong guess" });
    }
    await browser.obtain(client, ada);
    const { text } = await browser.open("/account/activity");
    const order = ["You gave an app access", "You signed in", "A sign-in failed"].map((words) => text.indexOf(words));
    assert.ok(order.every((at) => at >= 0) && order.join() === [...order].sort((a, b) => a - b).join(), text);
    assert.ok(text.includes("3 times") && text.includes("App: Acme Notes") && text.includes("203.0.113.0/24"));
    assert.ok(!text.includes("203.0.113.77"));
  });

  test("does not tell where the operator is", async () => {
    const ada = await op.person();
    const change = { json: { nickname: "Countess" }, method: "PATCH", address: "192.0.2.9" };
    assert.equal((await op.admin(`/admin/api/users/${ada.id}`, change)).status, 200);
    const browser = await signedIn(op, ada);
    const { text } = await browser.open("/account/activity");
    assert.ok(text.includes("The account was changed") && text.includes("By the people who run this site"));
    const copy = await (await browser.fetch("/account/data/download")).text();
    assert.ok(!text.includes("192.0.2.0/24") && !copy.includes("192.0.2.0/24"));
  });

  test("of others is not shown", async () => {
    const [ada, bob] = [await op.person(), await op.person()];
    await signedIn(op, bob, { address: "192.0.2.1" });
    const page = await (await signedIn(op, ada)).open("/account/activity");
    assert.ok(!page.text.includes("192.0.2.0/24"));
  });

  test("goes on on further pages", async () => {
    const ada = await op.person();
    const browser = await signedIn(op, ada);
    const insert = op.db.prepare(
      "INSERT INTO audit (at, event, outcome, actor, user_id, request_id) VALUES (?, 'sign_in', 'success', 'person', ?, 'x')",
    );
    await op.db.batch(Array.from({ length: 70 }, (_, n) => insert.bind(n, ada.id)));
    let [page, seen, pages] = [await browser.open("/account/activity"), 0, 0];
    for (; pages < 9; pages++) {
      seen += page.html.match(/<li>\s*<p class="item-title"/g)?.length ?? 0;
      const older = page.elements("a").find(({ id }) => id === "older");
      if (!older) break;
      page = await browser.open(older.href);
    }
    const [{ count }] = await op.rows("SELECT COUNT(*) AS count FROM audit WHERE user_id = ?", ada.id);
    assert.deepEqual([seen, pages], [count, 2]);
    errorPage(await browser.open("/account/activity?before=x"));
  });
});

test("the copy has everything that is stored about a person, and no secret", async () => {
  const client = await op.client({ client_name: "Acme Notes" });
  const [ada, browser] = [await op.person({ nickname: "Countess" }), op.browser()];
  const tokens = await client.tokens(await browser.obtain(client, ada));
  await signedIn(op, await op.person());
  const response = await browser.fetch("/account/data/download");
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-disposition"), /^attachment; filename="limen-account\.json"$/);
  assert.match(response.headers.get("cache-control"), /no-store/);
  const text = await response.text();
  const copy = JSON.parse(text);
  assert.equal(copy.account.id, ada.id);
  assert.equal(copy.account.claims.nickname, "Countess");
  assert.equal(copy.sessions.length, 1);
  assert.deepEqual(copy.grants.map(({ client_name }) => client_name), ["Acme Notes"]);
  assert.equal(copy.tokens.length, 1);
  assert.ok(copy.events.some(({ event }) => event === "consent_given"));
  const { value: cookie } = await browser.sessionCookie();
  const [{ secret }] = await op.rows("SELECT secret FROM credentials WHERE user_id = ?", ada.id);
  const [{ hash }] = await op.rows("SELECT hash FROM sessions WHERE user_id = ?", ada.id);
  for (const private_ of [cookie, secret, hash, tokens.access_token, tokens.refresh_token, ada.password])
    assert.ok(!text.includes(private_));
  assert.doesNotMatch(text, /argon2|secret_hash/);
});

describe("deletion", () => {
  const ask = async (browser, person, more = {}) =>
    browser.submit(await browser.open("/account/delete"), "confirm", { current_password: person.password, confirm: "yes", ...more });

  test("takes everything along: the person, sessions, consents, tokens; apps learn of the logout", async () => {
    const client = await op.client({ backchannel_logout_uri: "https://app.acme.test/backchannel" });
    const [ada, here] = [await op.person(), op.browser()];
    const tokens = await client.tokens(await here.obtain(client, ada));
    const there = await signedIn(op, ada, { isolate: 1 });
    const page = await ask(here, ada);
    assert.equal(page.url, op.url("/account/deleted"));
    assert.ok(page.text.includes("Your account is deleted"));
    for (const table of ["sessions", "credentials", "grants", "codes", "token_families"])
      assert.deepEqual(await op.rows(`SELECT * FROM ${table} WHERE user_id = ?`, ada.id), [], table);
    assert.deepEqual(await op.rows("SELECT * FROM users WHERE id = ?", ada.id), []);
    assert.equal(await here.sessionCookie(), undefined);
    assert.ok(await isSignedOut(there, [0, 1]));
    assert.equal((await op.fetch("/userinfo", { bearer: tokens.access_token, isolate: 1 })).status, 401);
    await oauthError(await client.refresh(tokens.refresh_token), 400, "invalid_grant");
    assert.equal((await op.rows("SELECT * FROM logout_outbox WHERE user_id = ?", ada.id)).length, 1);
    const kept = await op.rows("SELECT event, network, detail FROM audit WHERE user_id = ?", ada.id);
    assert.ok(kept.some(({ event }) => event === "account_deleted"));
    for (const { event, network, detail } of kept) assert.deepEqual([network, detail], [null, null], event);
    const browser = op.browser();
    assert.ok((await browser.signIn(await browser.open("/account"), ada)).asksForPassword);
  });

  test("of an operator says in the audit that the roles went, also in a flood", async () => {
    const ada = await op.person();
    assert.equal((await op.admin(`/admin/api/operators/${ada.id}`, { method: "PUT", json: { roles: ["people"] } })).status, 204);
    const here = await signedIn(op, ada);
    await op.rows("DELETE FROM audit WHERE event = 'operator_roles_changed' AND user_id = ?", ada.id);
    const row = "INSERT INTO audit (at, event, outcome, actor, request_id, user_id) VALUES (?, 'profile_changed', 'success', 'person', 'x', ?)";
    for (let n = 0; n < 60; n++) await op.rows(row, op.clock.seconds(), ada.id);
    assert.equal((await ask(here, ada)).url, op.url("/account/deleted"));
    const events = await op.rows("SELECT actor, detail FROM audit WHERE event = 'operator_roles_changed' AND user_id = ?", ada.id);
    assert.deepEqual(events, [{ actor: "person", detail: '{"roles":[]}' }]);
  });

  test("needs the password and the person's word", async () => {
    const ada = await op.person();
    const here = await signedIn(op, ada);
    for (const more of [{ confirm: undefined }, { current_password: "" }, { current_password: "a wrong guess" }]) {
      const page = await ask(here, ada, more);
      assert.equal(page.status, 400);
      assert.match(page.html, /role="alert"/);
    }
    assert.equal((await op.rows("SELECT id FROM users WHERE id = ?", ada.id)).length, 1);
  });

  test("is whole or not at all", async () => {
    const [ada] = [await op.person()];
    const here = await signedIn(op, ada);
    const form = await here.open("/account/delete");
    const values = { current_password: ada.password, confirm: "yes" };
    const page = await here.submit(form, "confirm", values, { d1: { matching: "DELETE FROM users" } });
    assert.equal(page.status, 503);
    assert.equal(await isSignedOut(here), false);
  });
});
