// Names of people whom a migration or an older Worker left unfolded: SQL knows the case of ASCII alone.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const op = await startLimen({ vars: { SIGNUP: "open" } });
const client = await op.client();

const patch = (person, json) => op.admin(`/admin/api/users/${person.id}`, { method: "PATCH", json });

async function signUp(username, email) {
  const browser = op.browser();
  const page = await browser.authorize(client, { prompt: "create" });
  return browser.submit(page, "email", { name: "Mallory", email, username, password: "three random words" });
}

/** Makes the row of `person` what an older Worker would have written. */
async function age(person, username) {
  await op.db
    .prepare("UPDATE users SET username = ?, username_folded = NULL, email_folded = NULL, folded_at = NULL WHERE id = ?")
    .bind(username, person.id)
    .run();
  return { ...person, username };
}

async function enters(person) {
  const browser = op.browser();
  const page = await browser.signIn(await browser.authorize(client), person);
  return page.status < 400 && !page.asksForPassword;
}

test("an unfolded name signs in as it is written, and after the periodic run in every spelling", async () => {
  const ada = await age(await op.person(), "J\u00dcRGEN");
  assert.ok(await enters(ada));
  await op.cron();
  for (const username of ["j\u00fcrgen", "J\u00dcRGEN", ada.email.toUpperCase()]) assert.ok(await enters({ ...ada, username }), username);
  const [row] = await op.rows("SELECT username, username_folded, folded_at = updated_at AS done FROM users WHERE id = ?", ada.id);
  assert.deepEqual(row, { username: "j\u00fcrgen", username_folded: "j\u00fcrgen", done: 1 });
});

test("nobody takes a name, or an address, that is not folded yet", async () => {
  const [ada, bob, eve] = [await op.person(), await op.person(), await op.person()];
  await age(ada, "G\u00dcNTER");
  const taken = await signUp("g\u00fcnter", "mallory@people.test");
  assert.ok(taken.status === 400 && taken.asksForPassword, `${taken.status}`);
  await age(bob, "\u00d6ZLEM");
  assert.equal((await patch(eve, { username: "\u00f6zlem" })).status, 409);
  assert.ok(await enters({ ...bob, username: "\u00f6zlem" }));
});

test("who loses one of their names keeps the other, and can be changed", async () => {
  const [older, younger] = [await op.person(), await op.person()];
  await op.rows("UPDATE users SET created_at = created_at - 60 WHERE id = ?", older.id);
  await age(younger, "\u00e4gidius");
  await age(older, "\u00c4GIDIUS");
  await op.cron();
  assert.ok(await enters({ ...older, username: "\u00e4gidius" }), "the older account has the name");
  assert.ok(await enters({ ...younger, username: younger.email }));
  for (const json of [{ name: "Younger" }, { disabled: true }, { disabled: false }, { password: "three random words" }]) {
    assert.equal((await patch(younger, json)).status, 200, JSON.stringify(json));
  }
  assert.equal((await patch(younger, { username: "agidius" })).status, 200);
  for (const person of [{ ...older, username: "\u00e4gidius" }, { ...younger, username: "agidius" }]) {
    assert.ok(await enters({ ...person, password: person.id === younger.id ? "three random words" : person.password }));
  }
});

test("of two people whose names fold to one, one keeps it, and the run goes on", async () => {
  const [one, two, other] = [await op.person(), await op.person(), await op.person()];
  await age(one, "\u00c4NNE");
  await age(two, "\u00e4nne");
  await age(other, "\u00d6ZIL");
  await op.cron();
  const rows = await op.rows("SELECT id FROM users WHERE username_folded = '\u00e4nne'");
  assert.equal(rows.length, 1);
  assert.ok(await enters({ ...other, username: "\u00f6zil" }));
  assert.deepEqual(await op.rows("SELECT id FROM users WHERE folded_at IS NOT updated_at"), []);
  const [{ id }] = rows;
  const left = id === one.id ? two : one;
  await op.changePerson(left, { username: "anne" });
  assert.ok(await enters({ ...left, username: "anne" }), "an operator gives the other a name");
});
