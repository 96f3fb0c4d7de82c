// Signing in by a code that comes by mail: SIGN_IN with mail_code.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { signedIn } from "../account/support.mjs";
import { App, withApp } from "../support/codes.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { codeIn, linkIn, MAIL_VARS, Mailbox } from "../support/mail.mjs";

const op = await startLimen({ vars: { ...MAIL_VARS, SIGN_IN: "passkey mail_code", SIGNUP: "open", MAIL_NOTICES: "off" } });
const mails = new Mailbox(op);

/** Asks for a code as a person does. */
async function ask(name, { at = op, browser = at.browser(), to = "/login?page=overview" } = {}) {
  const page = await browser.open(to);
  return { browser, page: await browser.submit(page, "username", { username: name }, { button: "mail-code" }) };
}

const enter = ({ browser, page }, code) => browser.submit(page, "code", { code });

async function signIn(person, { n = 1, at = op, box = mails, ...options } = {}) {
  const asked = await ask(person.username, { at, ...options });
  return { ...asked, done: await enter(asked, codeIn(await box.await(person.email, n))) };
}

const fieldsOf = (page, control = "code") =>
  Object.fromEntries(page.form(control).controls.filter(({ name, tag }) => name && tag !== "button").map(({ name, value }) => [name, value]));

describe("a code by mail", () => {
  test("signs somebody in who has neither password nor passkey to hand, and says how in amr", async () => {
    const person = await op.person();
    const client = await op.client();
    const browser = op.browser();
    const login = await browser.authorize(client);
    assert.ok(!login.has("password"), login.text);
    const asked = await browser.submit(login, "username", { username: person.email.toUpperCase() }, { button: "mail-code" });
    assert.match(asked.text, /a mail with a code is on its way/);
    const mail = await mails.await(person.email);
    assert.equal(mail.subject, "Your code for Acme");
    assert.ok(mail.text.includes(person.username) && mail.html.includes(codeIn(mail)));
    const consent = await browser.submit(asked, "code", { code: codeIn(mail) });
    consent.request = login.request;
    const done = await browser.approve(consent);
    assert.ok(done.callback.get("code"), done.text);
    const again = await browser.obtain(client, person, {});
    const { acr, amr } = claimsOf((await client.tokens(again)).id_token);
    assert.deepEqual([acr, amr], ["1", ["mca"]]);
    const [event] = await op.rows("SELECT detail FROM audit WHERE user_id = ? AND event = 'sign_in'", person.id);
    assert.deepEqual(JSON.parse(event.detail), { amr: ["mca"] });
  });

  test("is refused in another browser, when it is wrong, too old, used, or not the newest", async () => {
    const person = await op.person();
    const asked = await ask(person.username);
    const code = codeIn(await mails.await(person.email));
    // Another browser that asked for itself, and one that did not.
    const other = await ask(person.username);
    const second = codeIn(await mails.await(person.email, 2));
    assert.equal((await enter(other, code)).status, 400);
    const bare = op.browser();
    await bare.open("/login?page=overview");
    const stolen = await bare.fetch("/login/code", { form: { ...fieldsOf(asked.page), code } });
    assert.equal(stolen.status, 403);
    assert.equal((await enter(asked, "000000")).status, 400);
    const page = await asked.browser.submit(asked.page, "again", {}, { button: "again" });
    const third = codeIn(await mails.await(person.email, 3));
    assert.equal((await enter({ ...asked, page }, code)).status, 400, "there is a newer one");
    assert.equal((await enter({ ...asked, page }, third)).url, op.url("/account"));
    assert.equal((await enter({ ...asked, page }, third)).status, 400, "used");
    assert.equal((await enter(other, second)).url, op.url("/account"), "nobody else's asking ended it");
    const at = await startLimen({ vars: { ...MAIL_VARS, SIGN_IN: "mail_code" } });
    const box = new Mailbox(at);
    const late = await at.person();
    const waiting = await ask(late.username, { at });
    const old = codeIn(await box.await(late.email));
    at.clock.advance({ minutes: 16 });
    assert.equal((await enter(waiting, old)).status, 400);
  });

  test("counts once, also fifty at once", async () => {
    const person = await op.person();
    const { browser, page } = await ask(person.username);
    const code = codeIn(await mails.await(person.email));
    const form = { ...fieldsOf(page), code };
    const answers = await Promise.all(Array.from({ length: 50 }, () => browser.fetch("/login/code", { form })));
    assert.equal(answers.filter(({ status }) => status === 303).length, 1);
    assert.equal((await op.rows("SELECT id FROM sessions WHERE user_id = ?", person.id)).length, 1);
  });

  test("has five tries", async () => {
    const person = await op.person();
    const asked = await ask(person.username);
    const code = codeIn(await mails.await(person.email));
    for (let n = 0; n < 5; n++) assert.equal((await enter(asked, `${n}`.repeat(6))).status, 400);
    assert.equal((await enter(asked, code)).status, 400);
  });

  test("has a link that does nothing but fill it in, in that browser alone, and leads where its person wanted to go", async () => {
    const person = await op.person();
    const asked = await ask(person.username, { to: "/login?page=profile" });
    const url = new URL(linkIn(await mails.await(person.email)));
    const path = url.pathname + url.search;
    for (let n = 0; n < 10; n++) {
      const scanned = await op.fetch(path);
      assert.equal(scanned.status, 400, "a scanner, or a thief");
    }
    await op.fetch(path, { method: "HEAD" });
    const thief = op.browser();
    assert.match((await thief.open(path)).text, /only in the browser in which it was asked for/);
    const page = await asked.browser.open(path);
    assert.match(page.text, new RegExp(`Sign in as ${person.username}\\?`));
    const done = await asked.browser.submit(page, "code");
    assert.equal(done.url, op.url("/account/profile"));
  });

  test("is dead once its person has another address, and goes to none that is not confirmed, nor to who is disabled", async () => {
    const person = await op.person();
    const asked = await ask(person.username);
    const code = codeIn(await mails.await(person.email));
    await op.changePerson(person, { email: `new-${person.email}`, email_verified: true });
    assert.equal((await enter(asked, code)).status, 400);
    for (const claims of [{ email_verified: false }, { disabled: true }]) {
      const other = await op.person(claims);
      await ask(other.username);
      assert.equal(await mails.count(other.email), 0);
    }
  });

  test("is stored nowhere", async () => {
    const person = await op.person();
    await ask(person.username);
    const code = codeIn(await mails.await(person.email));
    for (const { name } of await op.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'")) {
      assert.ok(!JSON.stringify(await op.rows(`SELECT * FROM ${name}`)).includes(`"${code}"`), name);
    }
    assert.ok(!op.logs.some((line) => line.includes(code)));
  });
});

describe("nobody learns who exists", () => {
  test("by the answers and their work: asking, a wrong code, the link", async () => {
    const person = await op.person();
    const [disabled, bare] = [await op.person({ disabled: true }), await op.person({ email: null })];
    const seen = [];
    for (const name of [person.username, "nobody-at-all", disabled.username, bare.username, "nobody@people.test", person.email]) {
      const browser = op.browser();
      const steps = [];
      const note = async (answer) => {
        const html = (await answer.text()).replaceAll(name, "NAME").replaceAll(/name="csrf" value="[^"]*"/g, "").replaceAll(/nonce(=|-)"?[\w-]+/g, "");
        const part = (what) => answer.headers.get(`x-limen-test-${what}`);
        steps.push({ status: answer.status, cookies: answer.headers.getSetCookie().length, html, d1: part("d1"), statements: part("statements") });
        return html;
      };
      const form = fieldsOf(await browser.open("/login?page=overview"), "username");
      const asked = await browser.fetch("/login/code", { form: { ...form, username: name }, measure: true });
      await note(asked);
      await mails.count("x");
      const tried = { ...form, username: name, code_form: "yes", code: "123456" };
      await note(await browser.fetch("/login/code", { form: tried, measure: true }));
      await note(await browser.fetch("/login/code?code=123456", { measure: true }));
      seen.push(steps);
    }
    // What is written down of a guess differs by a statement between somebody's account and nobody's; so it is for passwords.
    const comparable = seen.map((steps) => steps.map(({ statements, ...rest }, n) => (n === 1 ? rest : { ...rest, statements })));
    for (const other of comparable.slice(1)) assert.deepEqual(other, comparable[0]);
  });

  test("limits are those of a name and a network; a known browser has its own", async () => {
    const at = await startLimen({ vars: { ...MAIL_VARS, SIGN_IN: "mail_code", MAIL_NOTICES: "off" } });
    const box = new Mailbox(at);
    const person = await at.person();
    const { browser } = await signIn(person, { at, box });
    at.clock.advance({ minutes: 16 });
    const asking = async (name, options) => (await ask(name, { at, ...options })).page.status;
    for (const name of ["nobody", person.username]) {
      for (let n = 0; n < 5; n++) assert.equal(await asking(name), 200);
      assert.equal(await asking(name), 429);
    }
    for (let n = 0; n < 3; n++) {
      at.clock.advance({ minutes: 16 });
      for (let m = 0; m < 5; m++) await asking(person.username);
    }
    assert.equal(await box.count(person.email), 10, "ten a day");
    // Whoever floods them locks nobody out of their own browser.
    await browser.open("/logout");
    const own = await browser.open("/login?page=overview&prompt=login");
    const asked = await browser.submit(own, "username", { username: person.username }, { button: "mail-code" });
    assert.equal(asked.status, 200);
    await box.await(person.email, 11);
  });

  test("thirty guesses a day, five at each code, whoever has the name and whether anybody does", async () => {
    const at = await startLimen({ vars: { ...MAIL_VARS, SIGN_IN: "mail_code", MAIL_NOTICES: "off" } });
    const person = await at.person();
    for (const name of ["nobody", person.username]) {
      const browser = at.browser();
      const asked = async () => fieldsOf((await ask(name, { at, browser })).page);
      const guess = async (form) => (await browser.fetch("/login/code", { form: { ...form, code: "1234567" } })).status;
      for (let n = 0; n < 6; n++) {
        at.clock.advance({ minutes: 16 });
        const form = await asked();
        // The sixth guess at a code is no guess any more.
        for (let m = 0; m < 6; m++) assert.equal(await guess(form), 400);
      }
      at.clock.advance({ minutes: 16 });
      assert.equal(await guess(await asked()), 429, name);
      at.clock.advance({ hours: 22, minutes: 30 });
      assert.equal(await guess(await asked()), 400, name);
    }
  });

  test("who asks for no code uses up nobody's guesses", async () => {
    const at = await startLimen({ vars: { ...MAIL_VARS, SIGN_IN: "mail_code", MAIL_NOTICES: "off" } });
    const box = new Mailbox(at);
    const person = await at.person();
    const stranger = at.browser();
    const form = fieldsOf(await stranger.open("/login?page=overview"), "username");
    const guess = (username) => stranger.fetch("/login/code", { form: { ...form, username, code_form: "yes", code: "123456" } });
    for (let n = 0; n < 35; n++) {
      for (const name of [person.username, "nobody"]) assert.equal((await guess(name)).status, 400);
      if (n % 15 === 0) at.clock.advance({ minutes: 16 });
    }
    assert.equal(box.to(person.email).length, 0);
    at.clock.advance({ minutes: 16 });
    const { done } = await signIn(person, { at, box });
    assert.equal(done.url, at.url("/account"));
  });
});

describe("beside other ways", () => {
  test("a second factor is asked for after it, as after a password", async () => {
    const at = await startLimen({ vars: { ...MAIL_VARS, SIGN_IN: "password mail_code", MAIL_NOTICES: "off" } });
    const box = new Mailbox(at);
    const person = await at.person();
    const { app } = await withApp(at, person);
    const { browser, done } = await signIn(person, { at, box, n: box.to(person.email).length + 1 });
    assert.match(done.url, /\/login\/second\?/);
    const wrong = await browser.submit(done, "code", { code: "000000" });
    assert.equal(wrong.status, 400);
    const account = await browser.submit(done, "code", { code: app.nextCode() });
    assert.equal(account.url, at.url("/account"));
    const [{ amr, acr }] = await at.rows("SELECT amr, acr FROM sessions WHERE user_id = ? ORDER BY created_at DESC LIMIT 1", person.id);
    assert.deepEqual([JSON.parse(amr), acr], [["mca", "otp", "mfa"], "mfa"]);
  });

  test("where everybody needs a second factor, one is set up after it", async () => {
    const at = await startLimen({ vars: { ...MAIL_VARS, SIGN_IN: "mail_code", SECOND_FACTOR: "required" } });
    const box = new Mailbox(at);
    const person = await at.person();
    const { browser, done } = await signIn(person, { at, box });
    assert.match(done.text, /Set up an authenticator app/);
    const app = new App(at, done);
    const codes = await browser.submit(done, "code", { code: app.code() });
    assert.match(codes.text, /Keep your recovery codes/);
    assert.equal((await browser.open("/account")).url, at.url("/account"));
  });

  test("the order is the operator's, and where it is not named there is none", async () => {
    for (const [SIGN_IN, first] of [
      ["password mail_code", "login"],
      ["mail_code password", "mail-code"],
    ]) {
      const at = await startLimen({ vars: { ...MAIL_VARS, SIGN_IN } });
      const page = await at.browser().open("/login?page=overview");
      assert.match(page.html.match(/<div class="actions">\s*<button[^>]*>/)[0], new RegExp(`id="${first}"`));
    }
    const at = await startLimen({ vars: MAIL_VARS });
    const browser = at.browser();
    const page = await browser.open("/login?page=overview");
    assert.ok(!page.html.includes("mail-code"));
    const answer = await browser.fetch("/login/code", { form: { ...fieldsOf(page, "password"), username: "ada" } });
    assert.equal(answer.status, 404);
    assert.equal((await at.fetch("/login/code?code=1")).status, 404);
  });

  test("without mails it is refused", async () => {
    await assert.rejects(startLimen({ vars: { SIGN_IN: "mail_code" } }).then((at) => at.json("/.well-known/openid-configuration")));
  });
});

describe("a deployment without passwords", () => {
  test("makes accounts by a code alone, which are used as any", async () => {
    const person = { username: "nora-mail", email: "nora-mail@people.test" };
    const browser = op.browser();
    const page = await browser.open("/signup?page=overview");
    const asked = await browser.submit(page, "email", person);
    const code = codeIn(await mails.await(person.email));
    assert.ok(!asked.has("password"));
    const wrong = await browser.submit(asked, "code", { code: "000000" }, { button: "by-mail" });
    assert.equal(wrong.status, 400);
    const done = await browser.submit(asked, "code", { code }, { button: "by-mail" });
    assert.equal(done.url, op.url("/account"), done.text);
    const [session] = await op.rows("SELECT s.amr, u.claims FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.username = ?", person.username);
    assert.deepEqual([JSON.parse(session.amr), JSON.parse(session.claims).email_verified], [["mca"], true]);
    const { done: later } = await signIn(person, { n: 2 });
    assert.equal(later.url, op.url("/account"));
  });

  test("lets people change their address and leave, just after they signed in, and not later", async () => {
    const person = await op.person();
    const { browser } = await signIn(person);
    const page = await browser.open("/account/email");
    assert.ok(page.has("email") && !page.has("current_password"));
    const waiting = await browser.submit(page, "email", { email: `x-${person.email}` });
    assert.ok(waiting.has("code"));
    op.clock.advance({ minutes: 11 });
    const later = await browser.open("/account/delete");
    assert.match(later.text, /First sign in once more/);
  });

  test("a password is no way in", async () => {
    const person = await op.person();
    await assert.rejects(signedIn(op, person));
  });
});
