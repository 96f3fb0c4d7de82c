// The account page of second factors: setting up, naming and removing apps, recovery codes; and what operators see and do.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";

import { App, recoveryCodesOf, withApp } from "../support/codes.mjs";
import { notice } from "../account/support.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const PAGE = "/account/second_factors";

/** A browser in which somebody has just signed in, at the page that sets up an app. */
async function atNew() {
  const person = await op.person();
  const browser = op.browser();
  await browser.signIn(await browser.open("/login?page=second_factors"), person);
  const page = await browser.open(`${PAGE}/new`);
  return { person, browser, page, app: new App(op, page) };
}

const apps = (person) => op.rows("SELECT * FROM credentials WHERE user_id = ? AND kind = 'totp'", person.id);
const events = async (person) =>
  (await op.rows("SELECT event FROM audit WHERE user_id = ? ORDER BY id", person.id)).map(({ event }) => event);

describe("an app", () => {
  test("is given a secret of 160 bits, with the names of the site and the person, as SVG, link and text", async () => {
    const { person, page, app } = await atNew();
    assert.deepEqual([app.totp.issuer, app.totp.label], ["id.limen.test", person.username]);
    assert.deepEqual([app.totp.algorithm, app.totp.digits, app.totp.period], ["SHA1", 6, 30]);
    assert.equal(app.totp.secret.bytes.length, 20);
    assert.match(page.html, /<svg class="qr" role="img" aria-label="[^"]+"/);
    const [, typed] = /<code id="key">([^<]+)</.exec(page.html);
    assert.equal(typed.replaceAll(" ", ""), app.totp.secret.base32);
    assert.match(typed, /^[A-Z2-7]{4}( [A-Z2-7]{4}){7}$/);
  });

  test("counts after its first code, and not before", async () => {
    const { person, browser, page, app } = await atNew();
    assert.deepEqual(await apps(person), []);
    for (const code of ["", "000000", "12345", "abcdef"]) {
      const refused = await browser.submit(page, "secret", { code });
      assert.equal(refused.status, 400);
      assert.equal(new App(op, refused).totp.secret.base32, app.totp.secret.base32, "the same secret");
    }
    assert.deepEqual(await apps(person), []);
    const added = await browser.submit(page, "secret", { code: app.code(), name: "My phone" });
    assert.equal(recoveryCodesOf(added).length, 10);
    const [row] = await apps(person);
    assert.equal(row.name, "My phone");
    assert.ok(!row.secret.includes(app.totp.secret.base32), "sealed");
    assert.match((await browser.open(PAGE)).text, /My phone/);
    assert.ok((await events(person)).includes("code_app_added"));
  });

  test("is added once, however often its form comes", async () => {
    const { person, browser, page, app } = await atNew();
    const sent = { code: app.code() };
    const answers = await Promise.all([1, 2, 3, 4].map(() => browser.submit(page, "secret", sent)));
    assert.equal((await apps(person)).length, 1);
    assert.equal(answers.filter((answer) => recoveryCodesOf(answer).length === 10).length, 1);
  });

  test("of another person or browser, altered or old, is not taken", async () => {
    const { person, browser, page } = await atNew();
    const other = await atNew();
    const { value } = other.page.form("secret").controls.find(({ name }) => name === "secret");
    for (const secret of [value, "", "x", value.replace(/^..../, "AAAA"), `${other.app.totp.secret.base32}.9999999999.x`]) {
      const refused = await browser.submit(page, "secret", { secret, code: other.app.code() });
      assert.equal(refused.status, 400);
    }
    op.clock.advance({ minutes: 9 });
    assert.deepEqual(await apps(person), []);
  });

  test("is renamed and removed, and its recovery codes go with the last one", async () => {
    const { person, browser } = await atNew();
    const page = await browser.open(`${PAGE}/new`);
    const app = new App(op, page);
    await browser.submit(page, "secret", { code: app.code() });
    // What was there before the second factor says nothing of it.
    assert.ok((await browser.open(PAGE)).has("remove") === false, "a password alone is not enough any more");
    const second = await browser.signIn(await browser.open("/login?page=second_factors"), person);
    const home = await browser.submit(second, "code", { code: app.nextCode() });
    const { value } = home.form("rename").controls.find(({ name }) => name === "rename");
    const renamed = await browser.submit(home, "rename", { rename: value, name: "Tablet" });
    assert.ok(notice(renamed));
    assert.match(renamed.text, /Tablet/);
    const removed = await browser.submit(renamed, "remove", { remove: value, rename: "" });
    assert.ok(notice(removed), removed.text);
    assert.deepEqual(await op.rows("SELECT id FROM credentials WHERE user_id = ? AND kind <> 'password'", person.id), []);
    const again = op.browser();
    assert.equal((await again.signIn(await again.open("/account"), person)).url, op.url("/account"));
  });

  test("is one of five at most", async () => {
    const person = await op.person();
    const { app } = await withApp(op, person);
    const browser = op.browser();
    await browser.submit(await browser.signIn(await browser.open("/login?page=second_factors"), person), "code", { code: app.nextCode() });
    await op.rows("INSERT INTO credentials (id, user_id, kind, secret, created_at) SELECT c.id || j.value, c.user_id, c.kind, c.secret, 0 FROM credentials c, json_each('[1,2,3,4]') j WHERE c.user_id = ? AND c.kind = 'totp'", person.id);
    const page = await browser.open(`${PAGE}/new`);
    const refused = await browser.submit(page, "secret", { code: new App(op, page).code() });
    assert.equal(refused.status, 400);
    assert.match(refused.alert, /as many apps/);
  });
});

describe("what changes second factors takes a sign-in of just now, with a second factor", () => {
  test("an old sign-in is asked to confirm", async () => {
    const { person, browser, page, app } = await atNew();
    op.clock.advance({ minutes: 11 });
    await browser.submit(page, "secret", { code: app.code() });
    assert.deepEqual(await apps(person), []);
    assert.equal((await browser.open(`${PAGE}/new`)).url, op.url(PAGE));
    assert.ok((await browser.open(PAGE)).html.includes('id="confirm"'));
  });

  test("a trusted browser is not enough: the code is asked for", async () => {
    const person = await op.person();
    const { app } = await withApp(op, person);
    const browser = op.browser();
    const second = await browser.signIn(await browser.open("/account"), person);
    await browser.submit(second, "code", { code: app.nextCode(), trust: "yes" });
    const again = await browser.signIn(await browser.open("/login?page=overview"), person);
    assert.equal(again.url, op.url("/account"), "trusted");
    for (const form of [{ remove: (await apps(person))[0].id }, { renew: "yes" }]) {
      const page = await browser.open(PAGE);
      assert.ok(!page.has("renew"));
      await browser.submit(page, "rename", { rename: "", ...form });
    }
    assert.equal((await browser.open(`${PAGE}/new`)).url, op.url(PAGE));
    assert.equal((await apps(person)).length, 1);
    const asked = await browser.signIn(await browser.open("/login?page=second_factors"), person);
    assert.equal(new URL(asked.url).pathname, "/login/second");
    assert.ok((await browser.submit(asked, "code", { code: app.nextCode() })).has("renew"));
    const passkeys = await browser.signIn(await browser.open("/login?page=passkeys"), person);
    assert.equal(new URL(passkeys.url).pathname, "/login/second");
  });

  test("another person's app, or one that is not there, is not touched", async () => {
    const victim = await op.person();
    await withApp(op, victim);
    const [row] = await apps(victim);
    const person = await op.person();
    const { app } = await withApp(op, person);
    const browser = op.browser();
    const home = await browser.submit(
      await browser.signIn(await browser.open("/login?page=second_factors"), person), "code", { code: app.nextCode() });
    for (const form of [{ remove: row.id, rename: "" }, { rename: row.id, name: "Mine" }]) await browser.submit(home, "rename", form);
    assert.deepEqual(await apps(victim), [row]);
    assert.equal((await browser.submit(home, "rename", { rename: "" })).status, 400);
    assert.equal((await browser.submit(home, "rename", { csrf: "x" })).status, 403);
  });
});

test("recovery codes are renewed at will, and those of before are dead", async () => {
  const person = await op.person();
  const { app, codes } = await withApp(op, person);
  const browser = op.browser();
  const second = await browser.signIn(await browser.open("/login?page=second_factors"), person);
  const home = await browser.submit(second, "code", { code: app.nextCode() });
  const renewed = recoveryCodesOf(await browser.submit(home, "renew", { renew: "yes" }));
  assert.equal(new Set([...codes, ...renewed]).size, 20);
  assert.ok((await events(person)).includes("recovery_codes_made"));
  const other = op.browser();
  const page = await other.signIn(await other.open("/account"), person);
  assert.equal((await other.submit(page, "recovery_code", { recovery_code: codes[0] })).status, 400);
  assert.equal((await other.submit(page, "recovery_code", { recovery_code: renewed[0] })).url, op.url("/account"));
});

test("the copy of an account has its second factors, without their secrets", async () => {
  const person = await op.person();
  const { browser, app } = await withApp(op, person, "Telephone");
  const copy = await (await browser.fetch("/account/data/download")).json();
  assert.deepEqual(copy.second_factors.map(({ type, name, left }) => [type, name, left]), [
    ["totp", "Telephone", undefined],
    ["recovery_codes", undefined, 10],
  ]);
  assert.ok(!JSON.stringify(copy).includes(app.totp.secret.base32));
});

describe("an operator", () => {
  test("sees and removes the second factors of somebody who lost theirs", async () => {
    const person = await op.person();
    await withApp(op, person, "Lost");
    const path = `/admin/api/users/${person.id}/second_factors`;
    const listed = await (await op.admin(path)).json();
    assert.deepEqual(listed.second_factors.map(({ type }) => type), ["totp", "recovery_codes"]);
    assert.deepEqual(listed.trusted_browsers, []);
    assert.equal((await op.admin(`${path}/${listed.second_factors[0].id}`, { method: "DELETE" })).status, 204);
    assert.deepEqual((await (await op.admin(path)).json()).second_factors, [], "the recovery codes went along");
    assert.equal((await op.admin(`${path}/${listed.second_factors[0].id}`, { method: "DELETE" })).status, 404);
    const rows = await op.rows("SELECT actor FROM audit WHERE event = 'code_app_removed' AND user_id = ?", person.id);
    assert.deepEqual(rows, [{ actor: "operator" }]);
    const browser = op.browser();
    assert.equal((await browser.signIn(await browser.open("/account"), person)).url, op.url("/account"));
  });

  test("removes nothing else, of nobody else", async () => {
    const [person, other] = [await op.person(), await op.person()];
    await withApp(op, person);
    const [{ id }] = await apps(person);
    const [{ id: password }] = await op.rows("SELECT id FROM credentials WHERE user_id = ? AND kind = 'password'", person.id);
    for (const path of [`${other.id}/second_factors/${id}`, `${person.id}/second_factors/${password}`, "nobody/second_factors/x"])
      assert.equal((await op.admin(`/admin/api/users/${path}`, { method: "DELETE" })).status, 404, path);
    assert.equal((await op.admin("/admin/api/users/nobody/second_factors")).status, 404);
    assert.equal((await op.fetch(`/admin/api/users/${person.id}/second_factors`)).status, 401);
  });
});

test("secrets are sealed under the root that is current, and move to it when they are used", async () => {
  const root = randomBytes(32).toString("base64url");
  const limen = await startLimen();
  const person = await limen.person();
  const { app, codes } = await withApp(limen, person);
  await limen.redeploy({ KEK_2: root, KEK_CURRENT: "2" });
  const browser = limen.browser();
  const second = await browser.signIn(await browser.open("/account"), person);
  assert.equal((await browser.submit(second, "code", { code: app.nextCode() })).url, limen.url("/account"));
  const other = limen.browser();
  const page = await other.signIn(await other.open("/account"), person);
  assert.equal((await other.submit(page, "recovery_code", { recovery_code: codes[0] })).url, limen.url("/account"));
  const secret = async () => (await limen.rows("SELECT secret FROM credentials WHERE kind = 'totp'"))[0].secret;
  for (let tries = 0; tries < 50 && !(await secret()).startsWith("2."); tries++) await new Promise((done) => setTimeout(done, 50));
  assert.match(await secret(), /^2\./);
  const again = limen.browser();
  const third = await again.signIn(await again.open("/account"), person);
  assert.equal((await again.submit(third, "code", { code: app.nextCode() })).url, limen.url("/account"));
});
