// Names of people whom a migration or an older Worker left unfolded: SQL knows the case of ASCII alone.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const client = await op.client();

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
