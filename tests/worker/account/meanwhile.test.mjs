// What was checked in one trip to D1 is checked again in the trip that acts: somebody may have been quicker.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { oauthError } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";
import { signedIn } from "./support.mjs";

const op = await startLimen();

const person = async () => (await op.rows("SELECT * FROM users WHERE id = ?", ada.id))[0];
let ada = await op.person();

/** The person is signed out, on another device, between what a form reads and what it writes. */
const signedOut = (before) => ({ d1: { meanwhile: { before, run: `DELETE FROM sessions WHERE user_id = '${ada.id}'` } } });

describe("a form of the account does nothing for a session that ended while it was looked at", () => {
  test("deletion", async () => {
    ada = await op.person();
    const browser = await signedIn(op, ada);
    const form = await browser.open("/account/delete");
    const values = { current_password: ada.password, confirm: "yes" };
    const page = await browser.submit(form, "current_password", values, signedOut("DELETE FROM users"));
    assert.ok(page.asksForPassword, page.text);
    assert.equal((await person()).id, ada.id);
    assert.deepEqual(await op.rows("SELECT event FROM audit WHERE user_id = ? AND event = 'account_deleted'", ada.id), []);
  });

  test("the e-mail address", async () => {
    ada = await op.person();
    const browser = await signedIn(op, ada);
    const form = await browser.open("/account/email");
    const values = { email: "thief@people.test", current_password: ada.password };
    const page = await browser.submit(form, "email", values, signedOut("UPDATE OR IGNORE users"));
    assert.equal(page.status, 409);
    assert.equal((await person()).email, ada.email);
  });

  test("the profile", async () => {
    ada = await op.person();
    const browser = await signedIn(op, ada);
    const form = await browser.open("/account/profile");
    const page = await browser.submit(form, "nickname", { nickname: "Mallory" }, signedOut("UPDATE OR IGNORE users"));
    assert.equal(page.status, 409);
    assert.doesNotMatch((await person()).claims, /Mallory/);
  });

  test("an app's access", async () => {
    const client = await op.client();
    const browser = op.browser();
    ada = await op.person();
    await browser.obtain(client, ada);
    const form = await browser.open("/account/apps");
    await browser.submit(form, "client_id", { client_id: client.id }, signedOut("DELETE FROM grants"));
    assert.equal((await op.rows("SELECT id FROM grants WHERE user_id = ?", ada.id)).length, 1);
  });

  test("another browser's session", async () => {
    ada = await op.person();
    const here = await signedIn(op, ada);
    const [mine] = await op.rows("SELECT id FROM sessions WHERE user_id = ?", ada.id);
    await signedIn(op, ada);
    const [other] = await op.rows("SELECT id FROM sessions WHERE user_id = ? AND id <> ?", ada.id, mine.id);
    const form = await here.open("/account/browsers");
    const meanwhile = { before: "DELETE FROM sessions", run: `DELETE FROM sessions WHERE id = '${mine.id}'` };
    await here.submit(form, "session", { session: other.id }, { d1: { meanwhile } });
    assert.deepEqual(await op.rows("SELECT id FROM sessions WHERE user_id = ?", ada.id), [other]);
  });
});

test("a password that is changed while it is being checked begins no session", async () => {
  ada = await op.person();
  const browser = op.browser();
  const login = await browser.open("/account");
  const run = `UPDATE credentials SET secret = 'another' WHERE user_id = '${ada.id}'`;
  const page = await browser.signIn(login, ada, { d1: { meanwhile: { before: "INSERT INTO sessions", run } } });
  assert.equal(page.status, 400);
  assert.ok(page.asksForPassword);
  assert.deepEqual(await op.rows("SELECT id FROM sessions WHERE user_id = ?", ada.id), []);
});

test("a consent to an app that changes while it is given is not kept", async () => {
  ada = await op.person();
  const client = await op.client();
  const browser = op.browser();
  const consent = await browser.signIn(await browser.authorize(client), ada);
  assert.ok(consent.asksForConsent);
  const run = `UPDATE clients SET version = version + 1 WHERE id = '${client.id}'`;
  const page = await browser.approve(consent, { d1: { meanwhile: { before: "INSERT INTO grants", run } } });
  assert.ok(page.asksForConsent, page.text);
  assert.deepEqual(await op.rows("SELECT id FROM grants WHERE user_id = ?", ada.id), []);
  assert.ok((await browser.approve(page)).callback.get("code"));
});

test("an app is not deleted by a registration access token that is taken back meanwhile", async () => {
  const client = await op.client();
  const { registration_client_uri: at, registration_access_token: bearer } = client.registered;
  const run = `UPDATE clients SET registration_token_hash = 'another' WHERE id = '${client.id}'`;
  const d1 = { meanwhile: { before: "DELETE FROM clients", run } };
  await oauthError(await op.fetch(at, { method: "DELETE", bearer, d1 }), 401, "invalid_token");
  assert.equal((await op.rows("SELECT id FROM clients WHERE id = ?", client.id)).length, 1);
});
