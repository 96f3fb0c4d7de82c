// The account without an app that asks: a visitor signs in and comes to the page that they wanted, and nowhere else.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { errorPage, pageHeaders } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen({ isolates: 2 });
const client = await op.client();

test("whoever is signed out is sent to sign in, and comes back", async () => {
  const [ada, browser] = [await op.person(), op.browser()];
  const login = await browser.open("/account");
  assert.ok(login.asksForPassword);
  assert.equal(new URL(login.url).pathname, "/login");
  assert.ok(!login.has("cancel"), "there is no app to go back to");
  const account = await browser.signIn(login, ada);
  assert.equal(account.url, op.url("/account"));
  assert.equal(account.status, 200);
  assert.ok(account.text.includes(ada.email));
  pageHeaders(account.headers);
});

test("a wrong password is said, and the page that was wanted is remembered", async () => {
  const [ada, browser] = [await op.person(), op.browser()];
  const wrong = await browser.signIn(await browser.open("/account"), { ...ada, password: "a wrong guess" });
  assert.ok(wrong.alert && wrong.asksForPassword);
  assert.equal((await browser.signIn(wrong, ada)).url, op.url("/account"));
});

test("who signed in through an app is signed in at the account", async () => {
  const [ada, browser] = [await op.person(), op.browser()];
  await browser.obtain(client, ada);
  assert.equal((await browser.open("/account", { isolate: 1 })).url, op.url("/account"));
});

describe("a sign-in leads to Limen's own pages alone", () => {
  for (const page of ["https://evil.example/", "//evil.example", "/\\evil.example", "/authorize", "../admin", "nothing"]) {
    test(`page=${page} is no page`, async () => {
      errorPage(await op.browser().open(`/login?${new URLSearchParams({ page })}`), 404);
      const [ada, browser] = [await op.person(), op.browser()];
      const login = await browser.open("/account");
      const refused = await browser.submit(login, "password", { page, username: ada.username, password: ada.password });
      errorPage(refused, 404);
      assert.equal(await browser.sessionCookie(), undefined);
    });
  }

  test("page twice is no page", async () => {
    errorPage(await op.browser().open("/login?page=overview&page=overview"), 400);
  });
});

describe("a session that is over", () => {
  test("by time, leads to the sign-in", async () => {
    const [ada, browser] = [await op.person(), op.browser()];
    await browser.signIn(await browser.open("/account"), ada);
    op.clock.advance({ days: 31 });
    assert.ok((await browser.open("/account")).asksForPassword);
  });

  test("because the person was disabled, likewise, on every isolate at once", async () => {
    const [ada, browser] = [await op.person(), op.browser()];
    await browser.signIn(await browser.open("/account"), ada);
    await op.changePerson(ada, { disabled: true });
    for (const isolate of [0, 1]) assert.ok((await browser.open("/account", { isolate })).asksForPassword);
  });
});

test("an attacker's sign-in form for the account does not work in the victim's browser", async () => {
  const [mallory, victim] = [await op.person(), op.browser()];
  const form = (await op.browser().open("/account")).form("password");
  const fields = Object.fromEntries(form.controls.filter(({ name }) => name).map(({ name, value }) => [name, value]));
  await victim.open("/account");
  const sent = { ...fields, username: mallory.username, password: mallory.password };
  const response = await victim.fetch("/login", { form: sent });
  assert.equal(response.status, 403);
  assert.equal(await victim.sessionCookie(), undefined);
});
