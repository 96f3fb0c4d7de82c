// What somebody brings about again and again is not written down again and again.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const client = await op.client();

/** How many rows of each kind there are about a person. */
async function kinds(person) {
  const rows = await op.rows("SELECT event, COUNT(*) AS n FROM audit WHERE user_id = ? GROUP BY event", person.id);
  return Object.fromEntries(rows.map(({ event, n }) => [event, n]));
}

async function signedIn(person, browser = op.browser()) {
  await browser.obtain(client, person);
  return browser;
}

async function saveProfile(browser, values) {
  return browser.submit(await browser.open("/account/profile"), "nickname", values);
}

describe("what a person does again within a minute is one row", () => {
  test("downloads", async () => {
    const ada = await op.person();
    const browser = await signedIn(ada);
    for (let n = 0; n < 8; n++) assert.equal((await browser.fetch("/account/data/download")).status, 200);
    assert.equal((await kinds(ada)).data_exported, 1);
    op.clock.advance({ seconds: 61 });
    await browser.fetch("/account/data/download");
    assert.equal((await kinds(ada)).data_exported, 2, "a minute later it is another");
  });

  test("refusals of consent", async () => {
    const ada = await op.person();
    const browser = op.browser();
    let page = await browser.signIn(await browser.authorize(client), ada);
    for (let n = 0; n < 8; n++) {
      await browser.deny(page);
      page = await browser.authorize(client);
    }
    assert.equal((await kinds(ada)).consent_refused, 1);
  });

  test("changes of the same members of the profile", async () => {
    const ada = await op.person();
    const browser = await signedIn(ada);
    for (let n = 0; n < 8; n++) await saveProfile(browser, { nickname: `ada ${n}` });
    assert.equal((await kinds(ada)).profile_changed, 1);
  });

  test("sign-ins from the same network", async () => {
    const ada = await op.person();
    for (let n = 0; n < 4; n++) await signedIn(ada, op.browser({ address: "192.0.2.1" }));
    assert.equal((await kinds(ada)).sign_in, 1);
    await signedIn(ada, op.browser({ address: "203.0.113.1" }));
    assert.equal((await kinds(ada)).sign_in, 2, "one from elsewhere is not hidden by them");
  });
});

test("what differs is written down up to a limit, and that there was more", async () => {
  const ada = await op.person();
  const browser = await signedIn(ada);
  const members = ["nickname", "given_name", "family_name", "website"];
  for (let n = 0; n < 15; n++) {
    const changed = members.filter((_, bit) => (n + 1) & (1 << bit));
    await saveProfile(browser, Object.fromEntries(changed.map((name) => [name, `https://acme.test/${n}`])));
  }
  const { profile_changed: changed, flooded } = await kinds(ada);
  assert.deepEqual([changed, flooded], [10, 1]);
  op.clock.advance({ seconds: 61 });
  await saveProfile(browser, { nickname: "later" });
  assert.equal((await kinds(ada)).profile_changed, 11, "a minute later it goes on");
});

test("what operators do is always written down", async () => {
  const ada = await op.person();
  for (let n = 0; n < 15; n++) await op.changePerson(ada, { nickname: `ada ${n}` });
  assert.equal((await kinds(ada)).user_changed, 15);
});

test("that an account was deleted is written down, and what could tell of it is forgotten, also in a flood", async () => {
  const ada = await op.person();
  const browser = await signedIn(ada);
  await op.db.batch(
    Array.from({ length: 60 }, () =>
      op.db
        .prepare(
          `INSERT INTO audit (at, event, outcome, actor, network, request_id, user_id)
           VALUES (?, 'profile_changed', 'success', 'person', '192.0.2.0/24', 'x', ?)`,
        )
        .bind(op.clock.seconds(), ada.id),
    ),
  );
  const page = await browser.open("/account/delete");
  await browser.submit(page, "confirm", { confirm: "yes", current_password: ada.password });
  assert.equal((await kinds(ada)).account_deleted, 1);
  assert.deepEqual(await op.rows("SELECT 1 FROM audit WHERE user_id = ? AND network IS NOT NULL", ada.id), []);
});
