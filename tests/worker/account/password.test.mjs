// A new password: it takes the old one, ends every other session, and gives this one another cookie.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { startLimen } from "../support/limen.mjs";
import { isSignedOut, notice, signedIn } from "./support.mjs";

const op = await startLimen({ isolates: 2 });
const NEW = "a quite different pass phrase";

async function change(browser, person, { old = person.password, fresh = NEW, repeat = fresh } = {}) {
  const form = await browser.open("/account/password");
  const values = { current_password: old, new_password: fresh, repeat_password: repeat };
  return browser.submit(form, "new-password", values);
}

test("works at once, and the old one no more", async () => {
  const ada = await op.person();
  const page = await change(await signedIn(op, ada), ada);
  assert.match(notice(page), /password is changed/);
  await signedIn(op, { ...ada, password: NEW });
  const browser = op.browser();
  assert.ok((await browser.signIn(await browser.open("/account"), ada)).asksForPassword);
});

test("ends every other session on every isolate; this one goes on under another cookie, and its old cookie is dead", async () => {
  const ada = await op.person();
  const here = await signedIn(op, ada);
  const [{ id }] = await op.rows("SELECT id FROM sessions WHERE user_id = ?", ada.id);
  const there = await signedIn(op, ada, { isolate: 1 });
  const before = await here.sessionCookie();
  await change(here, ada);
  assert.ok(await isSignedOut(there, [0, 1]));
  assert.equal(await isSignedOut(here, [0, 1]), false);
  const after = await here.sessionCookie();
  assert.notEqual(after.value, before.value);
  const thief = op.browser();
  await thief.jar.setCookie(`__Host-limen_session=${before.value}; Secure; Path=/`, op.url("/"));
  assert.ok(await isSignedOut(thief, [0, 1]));
  assert.deepEqual(await op.rows("SELECT id FROM sessions WHERE user_id = ?", ada.id), [{ id }], "apps know it by the same id");
});

test("tells the apps of the sessions that end, in the same batch", async () => {
  const told = await op.client({ backchannel_logout_uri: "https://app.acme.test/backchannel" });
  const [ada, there] = [await op.person(), op.browser()];
  await told.tokens(await there.obtain(told, ada));
  const here = await signedIn(op, ada);
  const form = await here.open("/account/password");
  const values = { current_password: ada.password, new_password: NEW, repeat_password: NEW };
  const failed = await here.submit(form, "new-password", values, { d1: { matching: "INSERT INTO logout_outbox" } });
  assert.equal(failed.status, 503);
  assert.equal(await isSignedOut(there), false, "all or nothing");
  await signedIn(op, ada);
  await here.submit(form, "new-password", values);
  const rows = await op.rows("SELECT client_id FROM logout_outbox WHERE user_id = ?", ada.id);
  assert.deepEqual(rows, [{ client_id: told.id }]);
});

describe("is refused", () => {
  for (const [what, wrong, id] of [
    ["without the old one", { old: "" }, "current-password"],
    ["with a wrong old one", { old: "a wrong guess" }, "current-password"],
    ["when it is short", { fresh: "1234567" }, "new-password"],
    ["when it is endless", { fresh: "a".repeat(1_025) }, "new-password"],
    ["with a character that cannot be typed", { fresh: "a tab\tin a pass phrase" }, "new-password"],
    ["when it is typed in two ways", { repeat: "something else" }, "repeat-password"],
  ]) {
    test(what, async () => {
      const ada = await op.person();
      const [here, there] = [await signedIn(op, ada), await signedIn(op, ada)];
      const page = await change(here, ada, wrong);
      assert.equal(page.status, 400);
      assert.match(page.html, new RegExp(`id="${id}-problem"`));
      assert.doesNotMatch(page.html, /value="[^"]*wrong guess/);
      assert.equal(await isSignedOut(there), false);
      await signedIn(op, ada);
    });
  }
});

test("a stranger's guesses do not stand in the way of who is signed in", async () => {
  const ada = await op.person();
  const here = await signedIn(op, ada);
  let page;
  for (let n = 0; n < 20 && page?.status !== 429; n++) {
    const stranger = op.browser();
    page = await stranger.signIn(await stranger.open("/account"), { ...ada, password: "a wrong guess" });
  }
  assert.equal(page.status, 429);
  assert.match(notice(await change(here, ada)), /password is changed/);
});

test("guesses at the old one are limited in this session, and lock nobody else out", async () => {
  const ada = await op.person();
  const here = await signedIn(op, ada);
  let page;
  for (let n = 0; n < 20 && page?.status !== 429; n++) page = await change(here, ada, { old: `guess ${n}` });
  assert.equal(page.status, 429);
  assert.match(page.headers.get("retry-after"), /^\d+$/);
  assert.equal((await change(here, ada)).status, 429, "the right one does not tell itself apart");
  const browser = op.browser();
  assert.equal((await browser.signIn(await browser.open("/account"), ada)).url, op.url("/account"));
  assert.equal(await isSignedOut(here), false, "whoever is signed in stays so");
});

test("of two changes at once one happens, and one session is left", async () => {
  const ada = await op.person();
  const [here, there] = [await signedIn(op, ada), await signedIn(op, ada, { isolate: 1 })];
  await Promise.all([change(here, ada, { fresh: `${NEW} 1` }), change(there, ada, { fresh: `${NEW} 2` })]);
  assert.equal((await op.rows("SELECT id FROM sessions WHERE user_id = ?", ada.id)).length, 1);
});

test("is written down for the person, without either password", async () => {
  const ada = await op.person();
  const here = await signedIn(op, ada);
  await change(here, ada);
  assert.ok((await here.open("/account/activity")).text.includes("The password was changed"));
  const stored = JSON.stringify(await op.rows("SELECT * FROM audit WHERE user_id = ?", ada.id));
  assert.ok(!stored.includes(NEW) && !stored.includes(ada.password));
});
