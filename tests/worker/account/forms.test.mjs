// Every form of the account: it works in the browser and under the sign-in that it was shown under, and nowhere else.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { errorPage, pageHeaders } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";
import { FORMS, PAGES, notice, signedIn } from "./support.mjs";

const op = await startLimen();
const client = await op.client();

const state = async (person) => ({
  user: await op.rows("SELECT * FROM users WHERE id = ?", person.id),
  password: await op.rows("SELECT secret FROM credentials WHERE user_id = ?", person.id),
  sessions: (await op.rows("SELECT id FROM sessions WHERE user_id = ?", person.id)).length,
  grants: (await op.rows("SELECT id FROM grants WHERE user_id = ?", person.id)).length,
});

const csrfOf = (page) => page.forms.flatMap(({ controls }) => controls).find(({ name }) => name === "csrf").value;

test("every page answers whoever is signed in, in one round trip, with the headers of a page", async () => {
  const [ada, browser] = [await op.person(), op.browser()];
  await browser.obtain(client, ada);
  for (const path of PAGES) {
    const page = await browser.open(path, { measure: true });
    assert.equal(page.status, 200, path);
    assert.equal(page.url, op.url(path));
    pageHeaders(page.headers);
    assert.equal(page.headers.get("x-limen-test-d1"), "1", `${path}: D1 trips`);
    assert.equal(page.headers.get("content-language"), "en");
    assert.match(page.headers.get("vary"), /accept-language/i);
  }
});

test("every page sends whoever is signed out to sign in, without a question to D1, and back to itself", async () => {
  const ada = await op.person();
  for (const path of PAGES) {
    const browser = op.browser();
    const first = await browser.fetch(path, { measure: true });
    assert.equal(first.status, 303);
    assert.equal(first.headers.get("x-limen-test-d1"), "0");
    const page = await browser.signIn(await browser.open(path), ada);
    assert.equal(page.url, op.url(path));
  }
});

for (const [what, { path, form }] of Object.entries(FORMS)) {
  describe(`the form: ${what}`, () => {
    for (const [how, csrf] of Object.entries({ missing: undefined, empty: "", wrong: "A".repeat(43) })) {
      test(`with a csrf token that is ${how} changes nothing`, async () => {
        const ada = await op.person();
        const browser = await signedIn(op, ada);
        await signedIn(op, ada);
        const before = await state(ada);
        const page = await browser.open(path, { form: { ...form, csrf, current_password: ada.password } });
        errorPage(page, 403);
        assert.deepEqual(await state(ada), before);
      });
    }

    test("of another person does nothing in the victim's browser", async () => {
      const [mallory, ada] = [await op.person(), await op.person()];
      const csrf = csrfOf(await (await signedIn(op, mallory)).open(path === "/account/browsers" ? "/account/email" : path));
      const browser = await signedIn(op, ada);
      await signedIn(op, ada);
      const before = await state(ada);
      errorPage(await browser.open(path, { form: { ...form, csrf, current_password: ada.password } }), 403);
      assert.deepEqual(await state(ada), before);
    });

    test("shown under a sign-in before does nothing under the next", async () => {
      const [ada, bob] = [await op.person(), await op.person()];
      const browser = await signedIn(op, ada);
      const csrf = csrfOf(await browser.open("/account/email"));
      await browser.signIn(await browser.open("/login?page=overview"), bob);
      const before = await state(bob);
      errorPage(await browser.open(path, { form: { ...form, csrf, current_password: bob.password } }), 403);
      assert.deepEqual(await state(bob), before);
    });

    test("sent when the session is over leads to the sign-in", async () => {
      const ada = await op.person();
      const browser = await signedIn(op, ada);
      const csrf = csrfOf(await browser.open("/account/email"));
      await op.db.prepare("DELETE FROM sessions WHERE user_id = ?").bind(ada.id).run();
      const before = await state(ada);
      const page = await browser.open(path, { form: { ...form, csrf, current_password: ada.password } });
      assert.ok(page.asksForPassword);
      assert.deepEqual(await state(ada), before);
    });
  });
}

test("a link that somebody else made tells nothing", async () => {
  const browser = await signedIn(op, await op.person());
  for (const done of ["password", "password.", `password.${"A".repeat(43)}`, "x.y", "<b>"]) {
    const page = await browser.open(`/account/password?${new URLSearchParams({ done })}`);
    assert.equal(notice(page), undefined, done);
  }
});

test("/.well-known/change-password leads to the password page", async () => {
  const response = await op.fetch("/.well-known/change-password");
  assert.ok([302, 303, 307].includes(response.status));
  assert.equal(response.headers.get("location"), "/account/password");
});
