// What a person changes of what is known about them, and what they may not.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { errorPage } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";
import { notice, signedIn } from "./support.mjs";

const op = await startLimen();
const client = await op.client();

const claimsOf = async ({ id }) => JSON.parse((await op.rows("SELECT claims FROM users WHERE id = ?", id))[0].claims);

describe("the profile", () => {
  test("is saved, said to be, and told to apps at once", async () => {
    const [ada, browser] = [await op.person(), op.browser()];
    const tokens = await client.tokens(await browser.obtain(client, ada, { scope: "openid profile address phone" }));
    const form = await browser.open("/account/profile");
    const values = {
      name: "Ada King",
      birthdate: "1815-12-10",
      website: "https://ada.example/",
      phone_number: "+44 20 7946 0958",
      street_address: "12 St James's Square\r\nLondon",
      country: "GB",
    };
    const page = await browser.submit(form, "save", values);
    assert.equal(page.trail[0].status, 303);
    assert.equal(notice(page), "Your profile is saved.");
    const userinfo = await op.json("/userinfo", { bearer: tokens.access_token });
    assert.equal(userinfo.name, "Ada King");
    assert.equal(userinfo.family_name, "Lovelace", "what was not touched stays");
    assert.deepEqual(userinfo.address, { street_address: "12 St James's Square\nLondon", country: "GB" });
    assert.equal(userinfo.phone_number, "+44 20 7946 0958");
    assert.ok(page.html.includes("12 St James"), "and shown");
  });

  test("another phone number is not verified", async () => {
    const ada = await op.person({ phone_number: "+33 1 99 00 12 34", phone_number_verified: true });
    const browser = await signedIn(op, ada);
    await browser.submit(await browser.open("/account/profile"), "save", { phone_number: "+33 1 99 00 12 35" });
    assert.equal((await claimsOf(ada)).phone_number_verified, undefined);
  });

  test("a field that is wrong is told at the field, and nothing is saved", async () => {
    const ada = await op.person();
    const browser = await signedIn(op, ada);
    const before = await claimsOf(ada);
    const wrong = { website: "javascript:alert(1)", birthdate: "10.12.1815", name: "Changed" };
    const page = await browser.submit(await browser.open("/account/profile"), "save", wrong);
    assert.equal(page.status, 400);
    assert.match(page.html, /id="website-problem">[^<]*web address/);
    assert.match(page.html, /id="birthdate-problem">/);
    assert.match(page.html, /role="alert"/);
    assert.match(page.html, /<title>Error: /);
    assert.ok(page.html.includes('value="10.12.1815"'), "what was entered is kept");
    assert.deepEqual(await claimsOf(ada), before);
  });

  test("what nobody may say of themselves is not taken", async () => {
    const ada = await op.person({ email_verified: false });
    const browser = await signedIn(op, ada);
    const form = { email_verified: "true", sub: "x", preferred_username: "root", username: "root", email: "x@people.test" };
    await browser.submit(await browser.open("/account/profile"), "save", form);
    const claims = await claimsOf(ada);
    assert.deepEqual([claims.email_verified, claims.preferred_username, claims.email], [false, undefined, ada.email]);
  });

  test("markup in a value is text", async () => {
    const browser = await signedIn(op, await op.person());
    const values = { nickname: "\"><script>alert(1)</script>", street_address: "</textarea><script>alert(1)</script>" };
    const page = await browser.submit(await browser.open("/account/profile"), "save", values);
    assert.doesNotMatch(page.html, /<script>/);
  });
});

describe("EDITABLE_CLAIMS", () => {
  test("decides which claims have a field; the others are shown, and a form cannot change them", async () => {
    const strict = await startLimen({ vars: { EDITABLE_CLAIMS: "nickname" } });
    const ada = await strict.person();
    const browser = await signedIn(strict, ada);
    const form = await browser.open("/account/profile");
    assert.ok(form.has("nickname") && !form.has("name"));
    assert.ok(form.text.includes("Ada Lovelace"));
    const page = await browser.submit(form, "save", { nickname: "Countess", name: "Changed" });
    assert.ok(page.text.includes("Ada Lovelace"));
    assert.ok(!(await browser.open("/account/email")).has("email"));
    const csrf = page.form("csrf").controls.find(({ name }) => name === "csrf").value;
    errorPage(await browser.open("/account/email", { form: { csrf, email: "x@people.test", current_password: ada.password } }), 404);
  });
});

describe("the e-mail address", () => {
  const change = async (browser, person, email, more = {}) =>
    browser.submit(await browser.open("/account/email"), "email", { email, current_password: person.password, ...more });

  test("is changed with the password, is not verified then, and is a name to sign in with", async () => {
    const ada = await op.person();
    const browser = await signedIn(op, ada);
    const page = await change(browser, ada, ` ${ada.username}@new.test `);
    assert.match(notice(page), /address is changed/);
    const claims = await claimsOf(ada);
    assert.deepEqual([claims.email, claims.email_verified], [`${ada.username}@new.test`, undefined]);
    await signedIn(op, { ...ada, username: claims.email });
  });

  test("is not changed without the password, or by one that is wrong", async () => {
    const ada = await op.person();
    const browser = await signedIn(op, ada);
    for (const current_password of ["", "a wrong guess"]) {
      const page = await change(browser, ada, "x@new.test", { current_password });
      assert.equal(page.status, 400);
      assert.match(page.html, /id="current-password-problem"/);
      assert.ok(page.html.includes('value="x@new.test"'));
    }
    assert.equal((await claimsOf(ada)).email, ada.email);
  });

  test("must be an address", async () => {
    const ada = await op.person();
    const browser = await signedIn(op, ada);
    for (const email of ["", "ada", "ada@", "a b@c.org"]) assert.equal((await change(browser, ada, email)).status, 400, email);
  });

  test("of somebody else is refused", async () => {
    const [ada, bob] = [await op.person(), await op.person()];
    const page = await change(await signedIn(op, ada), ada, bob.email.toUpperCase());
    assert.equal(page.status, 409);
    assert.match(page.html, /id="email-problem"/);
    assert.equal((await claimsOf(ada)).email, ada.email);
  });

  test("is written down as what it is", async () => {
    const ada = await op.person();
    const browser = await signedIn(op, ada);
    await change(browser, ada, `${ada.username}@newer.test`);
    const rows = await op.rows("SELECT event FROM audit WHERE user_id = ? ORDER BY id DESC LIMIT 1", ada.id);
    assert.deepEqual(rows, [{ event: "email_changed" }]);
    assert.match((await browser.open("/account/activity")).text, /The e-mail address was changed/);
  });

  test("and too many of them do not count as guesses at the password", async () => {
    const [ada, bob] = [await op.person(), await op.person()];
    const browser = await signedIn(op, ada);
    const form = await browser.open("/account/email");
    const statuses = new Set();
    for (let n = 0; n < 40; n++) {
      const page = await browser.submit(form, "email", { email: bob.email, current_password: ada.password });
      statuses.add(page.status);
    }
    assert.deepEqual([...statuses], [409, 429]);
    const passwords = { current_password: ada.password, new_password: "three random words", repeat_password: "three random words" };
    const changed = await browser.submit(await browser.open("/account/password"), "new_password", passwords);
    assert.equal(changed.status, 200, "the password is still asked for");
  });

  test("does not let a person find out without end who has an account", async () => {
    const [ada, bob] = [await op.person(), await op.person()];
    const browser = await signedIn(op, ada);
    const form = await browser.open("/account/email");
    const ask = (email) => browser.submit(form, "email", { email, current_password: ada.password });
    const answers = [];
    for (let n = 0; n < 30 && answers.at(-1)?.status !== 429; n++) answers.push(await ask(bob.email));
    assert.equal(answers.length, 21);
    assert.ok(Number(answers.at(-1).headers.get("retry-after")) > 0);
    assert.equal((await ask("nobody@people.test")).status, 429, "taken or not");
    op.clock.advance({ minutes: 16 });
    assert.equal((await ask(bob.email)).status, 409);
  });
});

test("a profile has the fields that the operator wants, and the rest stays as it is", async () => {
  const at = await startLimen({ vars: { PROFILE_CLAIMS: "name locale", EDITABLE_CLAIMS: "name nickname" } });
  const ada = await at.person({ nickname: "Countess", locale: "fr" });
  const browser = await signedIn(at, ada);
  const page = await browser.open("/account/profile");
  const names = page.form("save").controls.map(({ name }) => name);
  assert.ok(names.includes("name") && !names.includes("nickname") && !names.includes("given_name"), names.join());
  assert.ok(/French|Français|fr/.test(page.text) && !page.html.includes("Countess"));
  const forged = await browser.fetch("/account/profile", {
    form: { csrf: page.form("save").controls.find(({ name }) => name === "csrf").value, name: "Ada King", nickname: "Forged", locale: "de" },
  });
  assert.equal(forged.status, 303);
  const [{ claims }] = await at.rows("SELECT claims FROM users WHERE id = ?", ada.id);
  const { name, nickname, locale } = JSON.parse(claims);
  assert.deepEqual([name, nickname, locale], ["Ada King", "Countess", "fr"]);
  const copy = await (await browser.fetch("/account/data/download")).json();
  assert.equal(JSON.stringify(copy).includes("Countess"), true, "and is in the copy of the data");
});
