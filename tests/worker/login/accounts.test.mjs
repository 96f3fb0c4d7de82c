// Several accounts in one browser (OIDC Core section 3.1.2.1, prompt=select_account).

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { pageHeaders, redirectError } from "../support/expect.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { grantOf } from "../support/browser.mjs";

const op = await startLimen();
const client = await op.client();

const SELECT = { prompt: "select_account" };

async function people(n) {
  const all = [];
  for (let i = 0; i < n; i++) all.push(await op.person({ name: `Person ${op.nextName++}` }));
  return all;
}
op.nextName = 1;

/** A browser in which several people are signed in, the last one active. */
async function shared(...persons) {
  const browser = op.browser();
  for (const person of persons) {
    const page = await browser.authorize(client, SELECT);
    await browser.complete(page, person);
  }
  return browser;
}

const nameOf = (person) => `${person.name} ${person.username}`;

/** Whom the client is told that is active. */
async function active(browser, params = {}) {
  const page = await browser.authorize(client, { prompt: "none", ...params });
  if (page.callback.get("error")) return page.callback.get("error");
  return claimsOf((await client.tokens(grantOf(page))).id_token).sub;
}

describe("prompt=select_account", () => {
  test("shows who is signed in, and lets one be chosen", async () => {
    const [ada, bob] = await people(2);
    const browser = await shared(ada, bob);
    assert.equal(await active(browser), bob.id);
    const page = await browser.authorize(client, SELECT);
    assert.equal(page.status, 200);
    pageHeaders(page.headers);
    assert.deepEqual(Object.keys(page.accounts), [nameOf(bob), nameOf(ada)]);
    const done = await browser.choose(page, nameOf(ada));
    assert.equal(claimsOf((await client.tokens(grantOf(done))).id_token).sub, ada.id);
    assert.equal(await active(browser), ada.id, "the chosen one stays active");
    const again = await browser.authorize(client, SELECT);
    assert.deepEqual(Object.keys(again.accounts), [nameOf(ada), nameOf(bob)]);
  });

  test("asks also when there is one account, and choosing it needs no password", async () => {
    const [ada] = await people(1);
    const browser = await shared(ada);
    const page = await browser.authorize(client, SELECT);
    const done = await browser.choose(page, nameOf(ada));
    assert.ok(done.callback.get("code"));
  });

  test("leads to the sign-in page when nobody is signed in", async () => {
    const page = await op.browser().authorize(client, SELECT);
    assert.ok(page.asksForPassword);
  });

  test("with login or max_age asks for the password of the chosen account", async () => {
    const [ada, bob] = await people(2);
    const browser = await shared(ada, bob);
    for (const params of [{ prompt: "select_account login" }, { ...SELECT, max_age: "0" }]) {
      const page = await browser.choose(await browser.authorize(client, params), nameOf(ada));
      assert.ok(page.asksForPassword);
      const done = await browser.complete(page, ada);
      assert.equal(claimsOf((await client.tokens(grantOf(done))).id_token).sub, ada.id);
    }
  });

  test("another account: the sign-in page is empty, and the one before stays signed in", async () => {
    const [ada, bob] = await people(2);
    const browser = await shared(ada);
    const login = await browser.useAnother(await browser.authorize(client, SELECT));
    assert.ok(login.asksForPassword);
    assert.ok(!login.html.includes(ada.username), "nothing of the other account is filled in");
    await browser.complete(login, bob);
    assert.equal(await active(browser), bob.id);
    const page = await browser.authorize(client, SELECT);
    await browser.choose(page, nameOf(ada));
    assert.equal(await active(browser), ada.id);
  });

  test("giving up is access_denied", async () => {
    const [ada] = await people(1);
    const browser = await shared(ada);
    const page = await browser.authorize(client, SELECT);
    redirectError(await browser.cancel(page), "access_denied");
  });
});

describe("what cannot be chosen", () => {
  test("a session of another browser, a made-up one, one that has ended", async () => {
    const [ada, bob, eve] = await people(3);
    const browser = await shared(ada, bob);
    await shared(eve);
    const [{ id: foreign }] = await op.rows("SELECT id FROM sessions WHERE user_id = ?", eve.id);
    const page = await browser.authorize(client, SELECT);
    for (const account of [foreign, "x", ""]) {
      const again = await browser.submit(page, "account", { account });
      assert.ok(again.asksForAccount, account);
    }
    await op.changePerson(ada, { disabled: true });
    const again = await browser.choose(page, nameOf(ada));
    assert.deepEqual(Object.keys(again.accounts), [nameOf(bob)]);
  });

  test("without the form's protection", async () => {
    const [ada, bob] = await people(2);
    const browser = await shared(ada, bob);
    const page = await browser.authorize(client, SELECT);
    const refused = await browser.submit(page, "account", { csrf: "x", account: page.accounts[nameOf(ada)] });
    assert.equal(refused.status, 403);
    assert.equal(await active(browser), bob.id);
  });

  test("a choice for one request is none for another", async () => {
    const [ada, bob] = await people(2);
    const browser = await shared(ada, bob);
    await browser.choose(await browser.authorize(client, SELECT), nameOf(ada));
    assert.ok((await browser.authorize(client, SELECT)).asksForAccount);
  });
});

describe("sessions of one browser", () => {
  test("signing in again as the same person replaces their session alone", async () => {
    const [ada, bob] = await people(2);
    const browser = await shared(ada, bob, ada);
    const page = await browser.authorize(client, SELECT);
    assert.deepEqual(Object.keys(page.accounts), [nameOf(ada), nameOf(bob)]);
    assert.equal((await op.rows("SELECT id FROM sessions WHERE user_id = ?", ada.id)).length, 1);
  });

  test("the sixth drives out the oldest, which ends", async () => {
    const six = await people(6);
    const browser = await shared(...six.slice(0, 5));
    const login = await browser.useAnother(await browser.authorize(client, SELECT));
    const failed = await browser.signIn(login, six[5], { d1: { matching: "DELETE FROM sessions AS s" } });
    assert.equal(failed.status, 503);
    assert.equal(Object.keys((await browser.authorize(client, SELECT)).accounts).length, 5, "or it does not sign in");
    assert.deepEqual(await op.rows("SELECT id FROM sessions WHERE user_id = ?", six[5].id), []);
    await browser.complete(await browser.useAnother(await browser.authorize(client, SELECT)), six[5]);
    const page = await browser.authorize(client, SELECT);
    assert.equal(Object.keys(page.accounts).length, 5);
    assert.deepEqual(await op.rows("SELECT id FROM sessions WHERE user_id = ?", six[0].id), []);
    const ended = await op.rows("SELECT user_id FROM audit WHERE event = 'session_ended' AND user_id = ?", six[0].id);
    assert.equal(ended.length, 1, "and that is written down");
  });

  test("who signs in again drives nobody out, however full the browser is", async () => {
    const five = await people(5);
    const browser = await shared(...five, five[2]);
    const page = await browser.authorize(client, SELECT);
    assert.deepEqual(Object.keys(page.accounts), [2, 4, 3, 1, 0].map((n) => nameOf(five[n])));
  });

  test("after one signed out nobody is active, and the others are offered", async () => {
    const [ada, bob] = await people(2);
    const browser = await shared(ada, bob);
    const page = await browser.open("/logout");
    await browser.submit(page, "logout", {}, { button: "logout" });
    assert.equal(await active(browser), "login_required", "nobody takes bob's place unasked");
    const chooser = await browser.authorize(client);
    assert.deepEqual(Object.keys(chooser.accounts), [nameOf(ada)]);
    assert.ok((await browser.choose(chooser, nameOf(ada))).callback.get("code"));
  });

  test("whom the person chose in one tab is not replaced by whom they choose in another", async () => {
    const [ada, bob, carol] = await people(3);
    const browser = await shared(ada, carol, bob);
    op.clock.advance({ minutes: 1 });
    await browser.submit(await browser.open("/logout"), "logout", {}, { button: "logout" });
    const done = await browser.choose(await browser.authorize(client), nameOf(ada));
    const { url } = done.trail.find((step) => step.url.includes("/authorize/resume"));
    await browser.choose(await browser.authorize(client, SELECT), nameOf(carol));
    const again = await browser.open(url);
    assert.ok(again.asksForAccount, `${again.callback}`);
  });

  test("all of them can be signed out at once", async () => {
    const [ada, bob] = await people(2);
    const browser = await shared(ada, bob);
    const page = await browser.open("/logout");
    await browser.submit(page, "logout", {}, { button: "logout-all" });
    assert.equal(await browser.sessionCookie(), undefined);
    assert.ok((await browser.authorize(client)).asksForPassword);
  });

  test("an id_token_hint of another one offers the choice, and prompt=none is refused", async () => {
    const [ada, bob] = await people(2);
    const browser = op.browser();
    const hint = (await client.tokens(await browser.obtain(client, ada))).id_token;
    await browser.complete(await browser.authorize(client, SELECT), bob);
    assert.equal(await active(browser, { id_token_hint: hint }), "login_required");
    const page = await browser.authorize(client, { id_token_hint: hint });
    assert.ok(page.asksForAccount);
    redirectError(await browser.choose(page, nameOf(bob)), "login_required");
    const done = await browser.choose(await browser.authorize(client, { id_token_hint: hint }), nameOf(ada));
    assert.equal(claimsOf((await client.tokens(grantOf(done))).id_token).sub, ada.id);
  });
});

test("each sign-in has a session of its own: two sessions never share a sid", async () => {
  const [ada] = await people(1);
  const sids = new Set();
  for (let n = 0; n < 3; n++) {
    const { id_token: token } = await client.tokens(await op.browser().obtain(client, ada));
    sids.add(claimsOf(token).sid);
  }
  assert.equal(sids.size, 3);
});
