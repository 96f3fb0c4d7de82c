// The way back in for who has forgotten a password: a link by mail that works once, and an answer that tells nobody who exists.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { signedIn } from "../account/support.mjs";
import { startLimen } from "../support/limen.mjs";
import { linkIn, MAIL_VARS, Mailbox } from "../support/mail.mjs";

const op = await startLimen({ vars: MAIL_VARS });
const mails = new Mailbox(op);

/** Asks for a mail as a person does. */
async function ask(name, { at = op, browser = at.browser(), headers } = {}) {
  const page = await browser.open("/recover?page=overview", { headers });
  return browser.submit(page, "recover", { username: name }, { headers });
}

/** The path of the link in the `n`th mail to a person. */
async function link(person, n = 1, box = mails) {
  const url = new URL(linkIn(await box.await(person.email, n)));
  return url.pathname + url.search;
}

async function asked(person, n = 1) {
  await ask(person.username);
  return link(person, n);
}

const NEW = "an entirely new pass phrase";

const set = (browser, page, password = NEW) =>
  browser.submit(page, "set-password", { new_password: password, everywhere: "yes" });

async function canSignIn(person, password) {
  const browser = op.browser();
  const page = await browser.signIn(await browser.open("/account"), { ...person, password });
  return page.url === op.url("/account");
}

describe("who has forgotten their password", () => {
  test("gets a link by their name, sets a new password in any browser, and is told of it", async () => {
    const person = await op.person();
    const session = await signedIn(op, person);
    const login = await op.browser().open("/login?page=overview");
    assert.match(login.html, /<a id="recover" href="\/recover\?page=overview">Trouble signing in\?</);
    const sent = await ask(person.username.toUpperCase());
    assert.equal(sent.status, 200);
    assert.match(sent.text, /If there is an account for/);
    const mail = await mails.await(person.email);
    assert.equal(mail.subject, "Get back into your account at Acme");
    assert.ok(mail.text.includes(person.username) && mail.html.includes(linkIn(mail)));
    const path = await link(person);
    const browser = op.browser();
    const page = await browser.open(path);
    assert.match(page.text, /A new password/);
    assert.equal((await set(browser, page, "short")).status, 400);
    const done = await set(browser, await browser.open(path));
    assert.equal(done.url, op.url("/login?page=overview"), done.text);
    assert.ok((await session.open("/account")).asksForPassword, "signed out everywhere");
    assert.ok(!(await canSignIn(person, person.password)));
    assert.ok(await canSignIn(person, NEW));
    assert.equal((await mails.await(person.email, 2)).subject, "Your password at Acme was changed");
    const events = await op.rows("SELECT event, actor FROM audit WHERE user_id = ? AND event LIKE 'recovery%' ORDER BY id", person.id);
    assert.deepEqual(events, [
      { event: "recovery_asked", actor: "anybody" },
      { event: "recovery_used", actor: "person" },
    ]);
  });

  test("gets it by their address in any spelling, in the language of their browser", async () => {
    const person = await op.person();
    await ask(` ${person.email.toUpperCase()} `, { headers: { "accept-language": "fr" } });
    assert.equal((await mails.await(person.email)).subject, "Revenir dans votre compte chez Acme");
  });

  test("stays signed in elsewhere where they say so", async () => {
    const person = await op.person();
    const session = await signedIn(op, person);
    const path = await asked(person);
    const browser = op.browser();
    const page = await browser.open(path);
    const { action } = page.form("set-password");
    const fields = Object.fromEntries(page.form("set-password").controls.map(({ name, value }) => [name, value]));
    delete fields.everywhere;
    const answer = await browser.fetch(action, { form: { ...fields, new_password: NEW } });
    assert.equal(answer.status, 303);
    assert.equal((await session.open("/account")).url, op.url("/account"));
  });

  test("is not locked out by their own guesses any more", async () => {
    const person = await op.person();
    const browser = op.browser();
    for (let n = 0; n < 12; n++) await browser.signIn(await browser.open("/account"), { ...person, password: `wrong ${n}` });
    assert.ok(!(await canSignIn(person, person.password)));
    const path = await asked(person);
    const other = op.browser();
    await set(other, await other.open(path));
    assert.ok(await canSignIn(person, NEW));
  });
});

describe("a link", () => {
  test("is not used up by who looks: GET and HEAD of a scanner, a bad password, a foreign form", async () => {
    const person = await op.person();
    const path = await asked(person);
    for (let n = 0; n < 3; n++) assert.equal((await op.fetch(path)).status, 200);
    await op.fetch(path, { method: "HEAD" });
    const token = new URL(path, op.issuer).searchParams.get("link");
    const foreign = await op.browser().fetch("/recover/link", { form: { link: token, csrf: "x", new_password: NEW } });
    assert.equal(foreign.status, 403);
    const browser = op.browser();
    assert.equal((await set(browser, await browser.open(path))).status, 200);
    assert.ok(await canSignIn(person, NEW));
  });

  test("works once, also ten times at once", async () => {
    const person = await op.person();
    const path = await asked(person);
    const browser = op.browser();
    const form = (await browser.open(path)).form("set-password");
    const fields = Object.fromEntries(form.controls.map(({ name, value }) => [name, value]));
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        browser.fetch(form.action, { form: { ...fields, new_password: `pass phrase number ${n}` } }),
      ),
    );
    const statuses = answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [303, ...Array(9).fill(400)]);
    const again = await browser.open(path);
    assert.equal(again.status, 400);
    assert.match(again.html, /<a id="way-on" href="\/recover">Ask for a new link/);
  });

  test("is dead after 30 minutes, and when there is a newer one", async () => {
    const person = await op.person();
    const first = await asked(person);
    await ask(person.username);
    assert.equal(await mails.count(person.email), 1, "another who asks does not take it away");
    assert.equal((await op.fetch(first)).status, 200);
    op.clock.advance({ minutes: 6 });
    const second = await asked(person, 2);
    assert.equal((await op.fetch(first)).status, 400);
    assert.equal((await op.fetch(second)).status, 200);
    const at = await startLimen({ vars: MAIL_VARS });
    const box = new Mailbox(at);
    const late = await at.person();
    await ask(late.username, { at });
    const path = await link(late, 1, box);
    at.clock.advance({ minutes: 29 });
    assert.equal((await at.fetch(path)).status, 200);
    at.clock.advance({ minutes: 2 });
    assert.equal((await at.fetch(path)).status, 400);
    await ask(late.username, { at });
    const fresh = await link(late, 2, box);
    await at.redeploy({ EPOCH: "2" });
    assert.equal((await at.fetch(fresh)).status, 400, "a new epoch");
  });

  test("is of no use changed, for somebody else, or where an operator's leads", async () => {
    const [person, other] = [await op.person(), await op.person()];
    const path = await asked(person);
    const token = new URL(path, op.issuer).searchParams.get("link");
    for (let end = 0; end < token.length; end += 5) {
      assert.equal((await op.fetch(`/recover/link?link=${token.slice(0, end)}`)).status, 400, String(end));
    }
    const wrong = [
      `/recover/link?link=${token.replace(person.id, other.id)}`,
      `/setup?link=${token}`,
      "/recover/link",
      `/recover/link?link=${token}&link=${token}`,
      `/recover/link?link=${"x".repeat(5_000)}`,
    ];
    for (const wrongly of wrong) assert.equal((await op.fetch(wrongly)).status, 400, wrongly.slice(0, 80));
    const made = await op.json(`/admin/api/users/${person.id}/setup_link`, { method: "POST", bearer: op.adminToken });
    const operators = new URL(made.url).searchParams.get("link");
    assert.equal((await op.fetch(`/recover/link?link=${operators}`)).status, 400);
    assert.equal((await op.fetch(path)).status, 200);
  });

  test("is dead once its person has another address, whoever changes it, and not for any other change", async () => {
    const person = await op.person();
    const path = await asked(person);
    await op.changePerson(person, { name: "Ada" });
    assert.equal((await op.fetch(path)).status, 200);
    await op.changePerson(person, { email: `new-${person.email}` });
    assert.equal((await op.fetch(path)).status, 400);
  });

  test("is dead once its person is disabled", async () => {
    const person = await op.person();
    const path = await asked(person);
    await op.changePerson(person, { disabled: true });
    assert.equal((await op.fetch(path)).status, 400);
  });

  test("stands nowhere in the database", async () => {
    const person = await op.person();
    const secret = (await asked(person)).split("~")[1];
    const tables = await op.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'");
    for (const { name } of tables) {
      const text = JSON.stringify(await op.rows(`SELECT * FROM ${name}`));
      assert.ok(!text.includes(secret.slice(2)), name);
    }
    assert.ok(!op.logs.some((line) => line.includes(secret.slice(2)) || line.includes(person.email)));
  });

  test("adds no passkey where there are passwords: it would get around a second factor", async () => {
    const person = await op.person();
    const path = await asked(person);
    const browser = op.browser();
    const page = await browser.open(path);
    assert.ok(!page.has("passkey"));
    const fields = Object.fromEntries(page.form("set-password").controls.map(({ name, value }) => [name, value]));
    const answer = await browser.fetch("/recover/link", { form: { ...fields, passkey: "{}" } });
    assert.equal(answer.status, 400);
    assert.equal((await op.fetch(path)).status, 200);
  });

  test("adds a passkey where there is no other way in", async () => {
    const at = await startLimen({ vars: { ...MAIL_VARS, SIGN_IN: "passkey" } });
    const box = new Mailbox(at);
    const person = await at.person();
    await ask(person.username, { at });
    const page = await at.browser().open(await link(person, 1, box));
    assert.ok(page.has("passkey") && !page.has("new_password"));
  });
});

describe("nobody learns who exists", () => {
  test("the answer is the same, and so is what it asks of the database, for whoever is asked for", async () => {
    const person = await op.person();
    const [disabled, bare] = [await op.person({ disabled: true }), await op.person({ email: null })];
    const seen = [];
    for (const name of [person.username, "nobody-at-all", disabled.username, bare.username, "nobody@people.test", person.email]) {
      const browser = op.browser();
      const form = (await browser.open("/recover?page=overview")).form("recover");
      const fields = Object.fromEntries(form.controls.map(({ name, value }) => [name, value]));
      const answer = await browser.fetch("/recover", { form: { ...fields, username: name }, measure: true });
      const header = (part) => answer.headers.get(`x-limen-test-${part}`);
      seen.push({
        status: answer.status,
        cookies: answer.headers.getSetCookie().length,
        html: (await answer.text()).replaceAll(name, "NAME").replaceAll(/value="[^"]*"/g, ""),
        trips: header("d1"),
        statements: header("statements"),
      });
    }
    for (const other of seen.slice(1)) assert.deepEqual(other, seen[0]);
    assert.equal(await mails.count(disabled.email), 0);
  });

  test("limits are those of a name, whoever has it, and of a network", async () => {
    const at = await startLimen({ vars: MAIL_VARS });
    const box = new Mailbox(at);
    const person = await at.person();
    const statuses = async (name) => {
      const found = [];
      for (let n = 0; n < 6; n++) found.push((await ask(name, { at })).status);
      return found;
    };
    assert.deepEqual(await statuses("nobody-at-all"), [200, 200, 200, 200, 200, 429]);
    assert.deepEqual(await statuses(person.username), [200, 200, 200, 200, 200, 429]);
    assert.equal(await box.count(person.email), 1, "a link that is on its way is not taken away by the next");
    const browser = at.browser();
    for (let n = 0; n < 20; n++) assert.equal((await ask(`nobody-${n}`, { at, browser })).status, 200);
    const over = await ask("somebody-else", { at, browser });
    assert.equal(over.status, 429);
    for (let n = 0; n < 3; n++) await ask("somebody-else", { at, browser });
    assert.equal((await ask("somebody-else", { at })).status, 200, "who is over the limit counts against nobody");
    for (let n = 0; n < 12; n++) {
      at.clock.advance({ minutes: 16 });
      await statuses(person.username);
    }
    assert.equal(await box.count(person.email), 10, "ten a day");
    const own = at.browser();
    await own.signIn(await own.open("/login?page=overview"), person);
    const before = await box.count(person.email);
    for (let n = 0; n < 2; n++) assert.equal((await ask(person.username, { at, browser: own })).status, 200);
    assert.equal((await box.count(person.email)) - before, 2, "strangers do not use up those of one's own browser");
  });

  test("names that cannot be any are refused", async () => {
    for (const name of ["", "   ", "x".repeat(300)]) assert.equal((await ask(name)).status, 400, name);
    assert.equal((await ask("<b>Bcc: x@y.test</b>")).status, 200);
    const foreign = await op.browser().fetch("/recover", { form: { page: "overview", csrf: "x", username: "ada" } });
    assert.equal(foreign.status, 403);
  });
});

describe("notices of a new password", () => {
  test("go out when it is changed on the account page, and not where they are switched off", async () => {
    const change = async (at) => {
      const person = await at.person();
      const browser = await signedIn(at, person);
      const page = await browser.open("/account/password");
      const fields = { current_password: person.password, new_password: NEW, repeat_password: NEW };
      await browser.submit(page, "new_password", fields);
      return person;
    };
    const told = await change(op);
    assert.match((await mails.await(told.email)).subject, /was changed/);
    const quiet = await startLimen({ vars: { ...MAIL_VARS, MAIL_NOTICES: "off" } });
    const box = new Mailbox(quiet);
    assert.equal(await box.count((await change(quiet)).email), 0);
  });
});

describe("where no mails are sent", () => {
  test("the page says whom to ask, and nothing can be asked for", async () => {
    const bare = await startLimen({ vars: { SUPPORT_CONTACT: "https://acme.test/help" } });
    const browser = bare.browser();
    const page = await browser.open("/recover?page=overview");
    assert.match(page.text, /sends no mails/);
    assert.match(page.html, /<a id="contact" href="https:\/\/acme\.test\/help">/);
    const login = await browser.open("/login?page=overview");
    assert.match(login.html, /id="recover"/);
    const { controls } = login.form("login");
    const { value } = controls.find(({ name }) => name === "csrf");
    assert.equal((await browser.fetch("/recover", { form: { page: "overview", csrf: value, username: "ada" } })).status, 403);
  });
});
