// What an operator asks of people who make an account.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const op = await startLimen({
  vars: { SIGNUP: "open", SIGNUP_FIELDS: "given_name family_name? birthdate? locale? zoneinfo? country?", EDITABLE_CLAIMS: "none" },
});

const ADA = { email: "ada@people.test", username: "ada", password: "three random words" };

test("fields are asked for as the operator wants them, and no others are taken", async () => {
  const browser = op.browser();
  const page = await browser.open("/signup?page=overview");
  const names = page.form("email").controls.map(({ name }) => name);
  for (const name of ["given_name", "family_name", "birthdate", "locale", "zoneinfo", "country"]) assert.ok(names.includes(name), name);
  assert.ok(!names.includes("name"));
  assert.match(page.html, /id="birthdate" name="birthdate" type="date"/);
  assert.match(page.html, /<option value="de" lang="de">Deutsch<\/option>/);
  const missing = await browser.submit(page, "email", { ...ADA, family_name: "Lovelace", birthdate: "1815-13-10" });
  assert.equal(missing.status, 400);
  assert.match(missing.html, /id="birthdate-problem"/);
  const still = await browser.submit(missing, "email", { ...ADA, birthdate: "1815-12-10" });
  assert.match(still.html, /id="given_name-problem">Fill this in\./);
  assert.match(still.html, /value="Lovelace"/);
  const values = { ...ADA, given_name: "Ada", birthdate: "1815-12-10", locale: "de", zoneinfo: "", country: "UK", gender: "x", name: "Eve" };
  const done = await browser.submit(still, "email", values);
  assert.equal(done.url, op.url("/account"), done.text);
  const [{ claims }] = await op.rows("SELECT claims FROM users WHERE username = 'ada'");
  assert.deepEqual(JSON.parse(claims), {
    address: { country: "UK" },
    birthdate: "1815-12-10",
    email: "ada@people.test",
    email_verified: false,
    family_name: "Lovelace",
    given_name: "Ada",
    locale: "de",
  });
});

test("what is typed into a field comes back escaped", async () => {
  const browser = op.browser();
  const page = await browser.open("/signup?page=overview");
  const hostile = '"><script>x</script>';
  const fields = ["given_name", "birthdate", "locale", "zoneinfo", "country"];
  const back = await browser.submit(page, "email", { ...ADA, ...Object.fromEntries(fields.map((name) => [name, hostile])) });
  assert.equal(back.status, 400);
  assert.doesNotMatch(back.html, /<script>x/);
});
