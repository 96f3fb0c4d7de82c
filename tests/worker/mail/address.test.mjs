// Addresses count as their people's once they have shown that they read the mails: at sign-up, at a change, and the way back.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";

import { notice, signedIn } from "../account/support.mjs";
import { startLimen } from "../support/limen.mjs";
import { codeIn, linkIn, MAIL_VARS, Mailbox } from "../support/mail.mjs";

const op = await startLimen({ vars: { ...MAIL_VARS, SIGNUP: "open" } });
const mails = new Mailbox(op);
const client = await op.client();
const PASSWORD = "three random words";
let people = 0;

function newcomer(values = {}) {
  const username = `nora-${++people}`;
  return { name: "Nora", email: `${username}@people.test`, username, password: PASSWORD, ...values };
}

/** The first step: a page that asks for the code. */
async function askedAtSignUp(person, { browser = op.browser(), at = op } = {}) {
  const page = await browser.open("/signup?page=overview");
  assert.ok(!page.has("password") && !page.has("code"), "no password before the address is confirmed");
  const { password, ...typed } = person;
  return { browser, page: await browser.submit(page, "email", typed), at };
}

const finish = ({ browser, page }, code, password = PASSWORD) => browser.submit(page, "code", { code, password });

async function signUp(person) {
  const asked = await askedAtSignUp(person);
  return finish(asked, codeIn(await mails.await(person.email)));
}

const canSignIn = async (name, password = PASSWORD, at = op) => {
  const browser = at.browser();
  const page = await browser.signIn(await browser.open("/account"), { username: name, password });
  return page.url === at.url("/account");
};

const found = (username, at = op) =>
  at.json(`/admin/api/users?username=${username}`, { bearer: at.adminToken }).then(({ users }) => users[0]);

describe("whoever signs up", () => {
  test("confirms their address by a code before there is an account, which then has a confirmed address", async () => {
    const person = newcomer();
    const asked = await askedAtSignUp(person);
    assert.equal(asked.page.status, 200);
    assert.match(asked.page.text, /A mail with a code is on its way to/);
    assert.equal(await found(person.username), undefined);
    const mail = await mails.await(person.email);
    assert.equal(mail.subject, "Your code for Acme");
    assert.ok(mail.html.includes(codeIn(mail)) && linkIn(mail) === undefined);
    const done = await finish(asked, ` ${codeIn(mail).slice(0, 3)} ${codeIn(mail).slice(3)} `);
    assert.equal(done.url, op.url("/account"), done.text);
    const user = await found(person.username);
    assert.deepEqual([user.email, user.email_verified], [person.email, true]);
    const tokens = await client.tokens(await op.browser().obtain(client, person, { scope: "openid email" }));
    assert.equal((await op.json("/userinfo", { bearer: tokens.access_token })).email_verified, true);
    assert.ok(await canSignIn(person.email));
    assert.deepEqual(await op.rows("SELECT * FROM mail_codes WHERE folded = ?", person.email), []);
  });

  test("gets nowhere with a wrong code, in another browser, or with a used one", async () => {
    const person = newcomer();
    const asked = await askedAtSignUp(person);
    const code = codeIn(await mails.await(person.email));
    const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, "0");
    const refused = await finish(asked, wrong);
    assert.equal(refused.status, 400);
    assert.match(refused.text, /This code is wrong/);
    assert.equal((await finish(asked, "")).status, 400);
    const other = op.browser();
    const { page } = await askedAtSignUp({ ...newcomer(), email: "other@people.test" }, { browser: other });
    const stolen = await other.submit(page, "code", { ...person, code, code_sent: person.email });
    assert.equal(stolen.status, 400);
    assert.equal((await finish(asked, code)).url, op.url("/account"));
    const again = await finish(asked, code);
    assert.equal(again.status, 400);
  });

  test("has five tries, whatever the password is", async () => {
    const person = newcomer();
    const asked = await askedAtSignUp(person);
    const code = codeIn(await mails.await(person.email));
    for (let n = 0; n < 4; n++) assert.equal((await finish(asked, "000000")).status, 400);
    for (let n = 0; n < 3; n++) assert.match((await finish(asked, code, "short")).text, /At least/, "costs no try");
    assert.equal((await finish(asked, "000001")).status, 400);
    assert.match((await finish(asked, code)).text, /This code is wrong/);
  });

  test("gets one account by fifty at once", async () => {
    const person = newcomer();
    const { browser, page } = await askedAtSignUp(person);
    const code = codeIn(await mails.await(person.email));
    const fields = Object.fromEntries(page.form("code").controls.filter(({ tag }) => tag !== "button").map(({ name, value }) => [name, value]));
    const answers = await Promise.all(
      Array.from({ length: 15 }, (_, n) =>
        browser.fetch("/signup", { form: { ...fields, username: `${person.username}-${n}`, code, password: PASSWORD } }),
      ),
    );
    assert.equal(answers.filter(({ status }) => status === 303).length, 1);
    assert.equal((await op.rows("SELECT id FROM users WHERE email_folded = ?", person.email)).length, 1);
  });

  test("has shown the very address that the code went to, and not one that looks like it", async () => {
    const [owner, fresh] = [await op.person({ email: "cop@people.test" }), newcomer({ email: "pop@people.test" })];
    const cyrillic = (email) => email.replace("cop", "\u0441\u043e\u0440").replace("pop", "\u0440\u043e\u0440");
    const asked = await askedAtSignUp({ ...fresh, email: cyrillic(fresh.email) });
    const code = codeIn(await mails.await(cyrillic(fresh.email)));
    const refused = await asked.browser.submit(asked.page, "code", { email: fresh.email, code, password: PASSWORD });
    assert.equal(refused.status, 400);
    assert.equal(await found(fresh.username), undefined);
    assert.equal((await finish(asked, code)).url, op.url("/account"), "the code is good for its own address");
    await askedAtSignUp(newcomer({ email: cyrillic(owner.email) }));
    assert.equal((await mails.await(owner.email)).subject, "Your address at Acme");
    assert.equal(await mails.count(cyrillic(owner.email)), 0);
  });

  test("learns nothing of who has an address: the answer is the same, and so is its work; the owner is told", async () => {
    const [owner, fresh] = [await op.person(), newcomer()];
    const seen = [];
    for (const email of [owner.email, fresh.email]) {
      const browser = op.browser();
      const form = (await browser.open("/signup?page=overview")).form("email");
      const fields = Object.fromEntries(form.controls.filter(({ tag }) => tag !== "button").map(({ name, value }) => [name, value]));
      const answer = await browser.fetch("/signup", { form: { ...fields, username: `x-${seen.length}`, email }, measure: true });
      seen.push({
        status: answer.status,
        html: (await answer.text()).replaceAll(email, "EMAIL").replaceAll(/x-\d/g, "NAME").replaceAll(/name="csrf" value="[^"]*"/g, "").replaceAll(/nonce="[^"]*"/g, ""),
        d1: answer.headers.get("x-limen-test-d1"),
        statements: answer.headers.get("x-limen-test-statements"),
      });
    }
    assert.deepEqual(seen[1], seen[0]);
    const told = await mails.await(owner.email);
    assert.equal(told.subject, "Your address at Acme");
    assert.equal(codeIn(told), undefined);
    await mails.await(fresh.email);
    const [row] = await op.rows("SELECT mail_id FROM mail_codes WHERE folded = ?", owner.email);
    assert.equal(row.mail_id, null, "no code can be right");
  });

  test("gets another code by asking, or by another address, and the one before is dead", async () => {
    const person = newcomer();
    const asked = await askedAtSignUp(person);
    const first = codeIn(await mails.await(person.email));
    const page = await asked.browser.submit(asked.page, "code", {}, { button: "again" });
    const second = codeIn(await mails.await(person.email, 2));
    assert.notEqual(first, second);
    assert.equal((await finish({ ...asked, page }, first)).status, 400);
    const elsewhere = await asked.browser.submit(page, "code", { email: `x-${person.email}`, code: second });
    assert.match(elsewhere.text, /on its way to x-/);
    const third = codeIn(await mails.await(`x-${person.email}`));
    assert.equal((await finish({ ...asked, page: elsewhere }, third)).url, op.url("/account"));
    assert.equal((await found(person.username)).email, `x-${person.email}`);
  });

  test("floods nobody: five mails to an address in 15 minutes, ten a day, whoever asks", async () => {
    const at = await startLimen({ vars: { ...MAIL_VARS, SIGNUP: "open" } });
    const box = new Mailbox(at);
    const ask = async () => {
      const browser = at.browser();
      const page = await browser.open("/signup?page=overview");
      return (await browser.submit(page, "email", newcomer({ email: "victim@people.test" }))).status;
    };
    for (let n = 0; n < 5; n++) assert.equal(await ask(), 200);
    assert.equal(await ask(), 429);
    for (let n = 0; n < 3; n++) {
      at.clock.advance({ minutes: 16 });
      for (let m = 0; m < 5; m++) await ask();
    }
    assert.equal(await box.count("victim@people.test"), 10);
    const rows = await at.rows("SELECT COUNT(*) AS n FROM mail_codes WHERE mail_id IS NULL");
    assert.ok(rows[0].n <= 10, "beyond the limit of a name nothing is written");
  });
});

describe("an address that nobody confirmed", () => {
  test("is no name, gets no way in, and is confirmed on the account page", async () => {
    const person = await op.person({ email_verified: undefined });
    assert.ok(!(await canSignIn(person.email, person.password)) && (await canSignIn(person.username, person.password)));
    const stranger = op.browser();
    await stranger.submit(await stranger.open("/recover?page=overview"), "recover", { username: person.username });
    assert.equal(await mails.count(person.email), 0);
    const browser = await signedIn(op, person);
    const page = await browser.open("/account/email");
    assert.match(page.text, /It is not confirmed yet/);
    const waiting = await browser.submit(page, "confirm", {}, { button: "confirm" });
    const mail = await mails.await(person.email);
    const link = new URL(linkIn(mail));
    assert.equal(link.pathname, "/account/email");
    const filled = await browser.open(link.pathname + link.search);
    assert.equal(filled.form("code").controls.find(({ name }) => name === "code").value, codeIn(mail));
    const done = await browser.submit(filled, "code");
    assert.equal(notice(done), "Your e-mail address is confirmed.");
    assert.ok(waiting.has("code") && (await canSignIn(person.email, person.password)));
    const events = await op.rows("SELECT event FROM audit WHERE user_id = ? AND event LIKE 'email%'", person.id);
    assert.deepEqual(events, [{ event: "email_confirmed" }]);
  });

  test("goes to whoever confirms it", async () => {
    const squatter = await op.person({ email_verified: undefined });
    const person = newcomer({ email: squatter.email });
    assert.equal((await signUp(person)).url, op.url("/account"));
    assert.equal((await found(squatter.username)).email, undefined);
    assert.equal((await found(person.username)).email, squatter.email);
    assert.ok(await canSignIn(squatter.email));
    const events = await op.rows("SELECT event FROM audit WHERE user_id = ? AND event LIKE 'email%'", squatter.id);
    assert.deepEqual(events, [{ event: "email_released" }]);
  });

  test("stays with who has it while whoever confirms it gets no account", async () => {
    const squatter = await op.person({ email_verified: undefined });
    const asked = await askedAtSignUp(newcomer({ email: squatter.email }));
    const code = codeIn(await mails.await(squatter.email));
    const refused = await asked.browser.submit(asked.page, "code", { username: squatter.username, code, password: PASSWORD });
    assert.equal(refused.status, 400);
    assert.equal((await found(squatter.username)).email, squatter.email);
  });

  test("stays with an operator, and whoever wants it learns no more than of one that is confirmed", async () => {
    const promote = async ({ id }) => assert.equal((await op.admin(`/admin/api/operators/${id}`, { method: "PUT", json: { roles: ["people"] } })).status, 204);
    const [boss, later, moving] = [await op.person({ email_verified: undefined }), await op.person({ email_verified: undefined }), await op.person()];
    await promote(boss);
    assert.ok((await askedAtSignUp(newcomer({ email: boss.email }))).page.has("code"));
    assert.match((await mails.await(boss.email)).text, /wanted to use this address/);
    // One who becomes an operator while the code is on its way.
    const [asked, change] = [await askedAtSignUp(newcomer({ email: later.email })), await changing(moving, { to: later.email })];
    const codes = [codeIn(await mails.await(later.email)), codeIn(await mails.await(later.email, 2))];
    await promote(later);
    const answers = [];
    for (const code of codes) {
      const [signedUp, changed] = [await finish(asked, code), await change.browser.submit(change.page, "code", { code })];
      answers.push([signedUp.status, /already/.test(signedUp.alert), changed.status]);
    }
    // One of the codes is the one of the sign-up, and the other that of the change.
    assert.deepEqual(answers.sort(), [[400, false, 409], [400, true, 400]]);
    for (const { username, email } of [boss, later, moving]) assert.equal((await found(username)).email, email);
    assert.equal(await mails.count(moving.email), 0);
  });

  test("is confirmed by the SQL in the documentation, and the account can be changed after that", async () => {
    const [made, own] = [await op.person({ email_verified: undefined, nickname: "Al", zoneinfo: "Europe/Paris" }), await op.person({ email_verified: undefined })];
    await op.rows("DELETE FROM audit WHERE event = 'user_created' AND user_id = ?", own.id);
    const [, sql] = readFileSync("docs/people.md", "utf8").match(/--command "(UPDATE users SET claims = json_set[^"]*)"/);
    await op.rows(sql);
    assert.equal((await found(made.username)).email_verified, true);
    assert.ok(!(await found(own.username)).email_verified, "not made by an operator, as far as is known");
    const browser = await signedIn(op, made);
    const saved = await browser.submit(await browser.open("/account/profile"), "save", { nickname: "Ali" });
    assert.equal(notice(saved), "Your profile is saved.");
    await op.rows("UPDATE users SET claims = json_set(json_remove(claims, '$.nickname'), '$.nickname', 'Al') WHERE id = ?", made.id);
    await op.changePerson(made, { disabled: true });
    assert.ok((await browser.open("/account")).asksForPassword);
  });

  test("is confirmed where people may not change it, and no other", async () => {
    const at = await startLimen({ vars: { ...MAIL_VARS, EDITABLE_CLAIMS: "name" } });
    const box = new Mailbox(at);
    const person = await at.person({ email_verified: undefined });
    const browser = await signedIn(at, person);
    const page = await browser.open("/account/email");
    assert.ok(!page.has("email"));
    const waiting = await browser.submit(page, "confirm", {}, { button: "confirm" });
    const done = await browser.submit(waiting, "code", { code: codeIn(await box.await(person.email)) });
    assert.equal(notice(done), "Your e-mail address is confirmed.");
    const { controls } = waiting.form("code");
    const csrf = controls.find(({ name }) => name === "csrf").value;
    const refused = await browser.fetch("/account/email", { form: { csrf, email: "x@people.test", current_password: person.password } });
    assert.equal(refused.status, 404);
  });

  test("is confirmed by an operator's word, too", async () => {
    const person = await op.person({ email_verified: undefined });
    await op.changePerson(person, { email_verified: true });
    assert.ok(await canSignIn(person.email, person.password));
  });
});

/** Somebody who has asked for another address. */
async function changing(person, { browser, to = `new-${person.email}` } = {}) {
  const own = browser ?? (await signedIn(op, person));
  const page = await own.open("/account/email");
  const waiting = await own.submit(page, "email", { email: to, current_password: person.password });
  return { browser: own, page: waiting, to };
}

async function changed(person, options) {
  const asked = await changing(person, options);
  const sent = mails.to(asked.to).length;
  const done = await asked.browser.submit(asked.page, "code", { code: codeIn(await mails.await(asked.to, Math.max(sent, 1))) });
  return { ...asked, done };
}

const undoLink = async (address, n = 1) => {
  let mail;
  for (let k = 1, seen = 0; seen < n; k++) {
    mail = await mails.await(address, k);
    if (mail.subject === "Your address at Acme was changed") seen++;
  }
  const url = new URL(linkIn(mail));
  return url.pathname + url.search;
};

describe("a change of address", () => {
  test("counts once the code that went to the new address is entered, and the old one is told", async () => {
    const person = await op.person();
    const { browser, page, to } = await changing(person);
    assert.match(page.text, /A mail with a code is on its way to/);
    assert.ok((await canSignIn(person.email, person.password)) && !(await canSignIn(to, person.password)));
    const mail = await mails.await(to);
    const done = await browser.submit(page, "code", { code: codeIn(mail) });
    assert.equal(notice(done), "Your e-mail address is changed.");
    assert.ok(!(await canSignIn(person.email, person.password)) && (await canSignIn(to, person.password)));
    const user = await found(person.username);
    assert.deepEqual([user.email, user.email_verified], [to, true]);
    assert.match((await mails.await(person.email)).text, /has another e-mail address now/);
  });

  test("takes no code that somebody else was sent, and none in another browser of the same person", async () => {
    const person = await op.person();
    const { page, browser, to } = await changing(person);
    const code = codeIn(await mails.await(to));
    const second = await signedIn(op, person);
    const { controls } = (await second.open("/account/email")).form("email");
    const csrf = controls.find(({ name }) => name === "csrf").value;
    await second.fetch("/account/email", { form: { csrf, code_form: "yes", code } });
    assert.equal((await found(person.username)).email, person.email);
    // Two accounts in two tabs of one browser.
    const other = await op.person();
    const theirs = await changing(other);
    const refused = await theirs.browser.submit(theirs.page, "code", { code });
    assert.equal(refused.status, 400);
    assert.equal((await browser.submit(page, "code", { code })).status, 200);
  });

  test("does not tell whether somebody has the address, whom it tells", async () => {
    const [person, owner] = [await op.person(), await op.person()];
    const browser = await signedIn(op, person);
    const free = await changing(person, { browser, to: `free-${person.email}` });
    await browser.submit(free.page, "forget", {}, { button: "forget" });
    const taken = await changing(person, { browser, to: owner.email });
    const plain = (page, address) => page.html.replaceAll(address, "ADDRESS").replaceAll(/(value|nonce)="[^"]*"/g, "");
    assert.equal(plain(taken.page, owner.email), plain(free.page, free.to));
    assert.equal((await mails.await(owner.email)).subject, "Your address at Acme");
    for (let n = 0; n < 3; n++) {
      const refused = await browser.submit(taken.page, "code", { code: `00000${n}` });
      assert.equal(refused.status, 400);
    }
  });

  test("can be given up and asked for again, and markup or line breaks in an address are none", async () => {
    const person = await op.person();
    const { browser, page } = await changing(person);
    const left = await browser.submit(page, "forget", {}, { button: "forget" });
    assert.ok(!left.has("code") && left.has("email"));
    for (const email of ["a@b.test\r\nBcc: x@y.test", "<b>@x.test", "a@b@c.test", ""]) {
      const refused = await browser.submit(left, "email", { email, current_password: person.password });
      assert.equal(refused.status, 400, email);
    }
  });

  test("is no use to a session without the password, and needs a word to the address before", async () => {
    const person = await op.person();
    const browser = await signedIn(op, person);
    const page = await browser.open("/account/email");
    const refused = await browser.submit(page, "email", { email: "x@thief.test", current_password: "wrong" });
    assert.equal(refused.status, 400);
    for (let n = 0; n < 5; n++) await changed(person, { browser, to: `n${n}-${person.email}` });
    const sixth = await changed(person, { browser, to: `n6-${person.email}` });
    assert.equal(sixth.done.status, 409);
    assert.match(sixth.done.text, /changed too often/);
    assert.equal((await found(person.username)).email, `n4-${person.email}`);
  });
});

describe("a change that does not come about", () => {
  test("tells nobody, and leaves the code and an unconfirmed address as they are", async () => {
    const [person, other] = [await op.person(), await op.person()];
    const to = `wanted-${person.email}`;
    const mine = await changing(person, { to });
    const code = codeIn(await mails.await(to));
    await op.changePerson(other, { email: to, email_verified: true });
    const refused = await mine.browser.submit(mine.page, "code", { code });
    assert.equal(refused.status, 409);
    assert.equal(await mails.count(person.email), 0);
    const codes = await op.rows("SELECT mail_id FROM mail_codes WHERE user_id = ?", person.id);
    assert.ok(codes[0].mail_id);
    await op.changePerson(other, { email: other.email });
    assert.equal(notice(await mine.browser.submit(mine.page, "code", { code })), "Your e-mail address is changed.");
  });

  test("costs its asker the same whether or not somebody has the address: ten codes a day", async () => {
    for (const taken of [true, false]) {
      const [person, owner] = [await op.person(), await op.person()];
      const browser = await signedIn(op, person);
      const email = taken ? owner.email : `free-${owner.email}`;
      const asked = { email, current_password: person.password };
      for (let n = 0; n < 10; n++) {
        const page = await browser.open("/account/email");
        await browser.submit(page, page.has("code") ? "forget" : "email", page.has("code") ? {} : asked, page.has("code") ? { button: "forget" } : {});
        if (page.has("code")) n--;
      }
      await browser.submit(await browser.open("/account/email"), "forget", {}, { button: "forget" });
      const page = await browser.open("/account/email");
      const refused = await browser.submit(page, "email", { ...asked, email: `own-${person.email}` });
      assert.equal(refused.status, 429, `taken: ${taken}`);
    }
  });

  test("is asked for by one network twenty times a day, or as often as a tenth of what there is", async () => {
    const at = await startLimen({ vars: { ...MAIL_VARS, MAIL_DAILY_LIMIT: "100" } });
    const stranger = at.browser();
    const ask = async (n) => {
      const page = await stranger.open("/recover?page=overview");
      return (await stranger.submit(page, "recover", { username: `nobody-${n}` })).status;
    };
    for (let n = 0; n < 20; n++) assert.equal(await ask(n), 200);
    at.clock.advance({ minutes: 16 });
    assert.equal(await ask(20), 429);
    at.clock.advance({ days: 1 });
    assert.equal(await ask(21), 200);
  });
});

describe("the address before can undo it for a week", () => {
  test("and whoever goes back to it on the account page leaves nothing to the address of the thief", async () => {
    const person = await op.person();
    const browser = await signedIn(op, person);
    const thief = `thief-${person.email}`;
    await changed(person, { browser, to: thief });
    const path = await undoLink(person.email);
    const back = await changing(person, { browser, to: person.email });
    const sent = mails.to(person.email).length;
    const done = await browser.submit(back.page, "code", { code: codeIn(await mails.await(person.email, Math.max(sent, 2))) });
    assert.equal(notice(done), "Your e-mail address is changed.");
    assert.equal(await mails.count(thief), 1, "the code alone");
    assert.equal((await op.fetch(path)).status, 400);
    assert.deepEqual(await op.rows("SELECT id FROM credentials WHERE user_id = ? AND kind = 'email_undo'", person.id), []);
  });

  test("while the thief changes the profile all the time, and twice at once", async () => {
    const person = await op.person({ locale: "de" });
    const browser = await signedIn(op, person);
    const { to } = await changed(person, { browser });
    const told = await mails.await(person.email);
    assert.match(told.subject, /Ihre Adresse/, "in the language of the person");
    const url = new URL(linkIn(told));
    const victim = op.browser();
    const form = (await victim.open(url.pathname + url.search)).form("undo");
    const fields = Object.fromEntries(form.controls.filter(({ name }) => name).map(({ name, value }) => [name, value]));
    await op.rows("UPDATE users SET claims = json_set(claims, '$.nickname', 'x'), updated_at = updated_at + 1 WHERE id = ?", person.id);
    const [first, second] = [await victim.fetch("/recover/email", { form: fields }), await victim.fetch("/recover/email", { form: fields })];
    assert.equal(first.status, 303);
    assert.equal(second.status, 400);
    assert.equal((await op.fetch(first.headers.get("location"))).status, 200, "the link of the first is good");
    assert.notEqual((await found(person.username)).email, to);
  });

  test("whatever the thief did: sessions, password, second changes and passkeys of theirs end", async () => {
    const person = await op.person();
    const [thief, own] = [await signedIn(op, person), await signedIn(op, person)];
    op.clock.advance({ seconds: 5 });
    await changed(person, { browser: thief, to: `thief-${person.email}` });
    await changed(person, { browser: thief, to: `thief2-${person.email}` });
    const now = op.clock.seconds();
    await op.rows("INSERT INTO credentials (id, user_id, kind, secret, created_at) VALUES ('old', ?, 'totp', 'x', ?), ('theirs', ?, 'passkey', '{}', ?)", person.id, now - 8 * 86_400, person.id, now - 86_400);
    const path = await undoLink(person.email);
    for (let n = 0; n < 3; n++) assert.equal((await op.fetch(path)).status, 200, "looking does nothing");
    await op.fetch(path, { method: "HEAD" });
    const foreign = await op.browser().fetch("/recover/email", { form: { link: new URL(path, op.issuer).searchParams.get("link"), csrf: "x" } });
    assert.equal(foreign.status, 403);
    assert.equal((await found(person.username)).email, `thief2-${person.email}`);
    const victim = op.browser();
    const page = await victim.open(path);
    assert.match(page.text, /take back .* as its address/);
    const next = await victim.submit(page, "undo");
    assert.match(next.url, /\/recover\/link\?link=/);
    for (const session of [thief, own]) assert.ok((await session.open("/account")).asksForPassword);
    assert.ok(!(await canSignIn(person.username, person.password)), "the password ended");
    assert.equal((await found(person.username)).email, person.email);
    const left = await op.rows("SELECT id, kind FROM credentials WHERE user_id = ? AND kind <> 'recovery_link'", person.id);
    assert.deepEqual(left, [{ id: "old", kind: "totp" }], "what was there before stays");
    await op.rows("DELETE FROM credentials WHERE id = 'old'");
    const set = await victim.submit(next, "set-password", { new_password: "an entirely new pass phrase", everywhere: "yes" });
    assert.equal(set.url, op.url("/login?page=overview"));
    assert.ok(await canSignIn(person.username, "an entirely new pass phrase"));
    assert.equal((await op.fetch(path)).status, 400, "once");
    const word = await mails.await(`thief-${person.email}`, 2);
    assert.equal(word.subject, "Your address at Acme was changed");
    assert.equal(linkIn(word), undefined, "an address that came by a change undoes nothing");
  });

  test("once, also ten times at once, and not after it", async () => {
    const at = await startLimen({ vars: MAIL_VARS });
    const box = new Mailbox(at);
    const person = await at.person();
    const browser = at.browser();
    await browser.signIn(await browser.open("/account"), person);
    const waiting = await browser.submit(await browser.open("/account/email"), "email", {
      email: "later@people.test",
      current_password: person.password,
    });
    await browser.submit(waiting, "code", { code: codeIn(await box.await("later@people.test")) });
    const url = new URL(linkIn(await box.await(person.email)));
    const path = url.pathname + url.search;
    at.clock.advance({ days: 8 });
    assert.equal((await at.fetch(path)).status, 400);
    at.clock.advance({ days: -2 });
    const victim = at.browser();
    const form = (await victim.open(path)).form("undo");
    const fields = Object.fromEntries(form.controls.filter(({ name }) => name).map(({ name, value }) => [name, value]));
    const answers = await Promise.all(Array.from({ length: 10 }, () => victim.fetch("/recover/email", { form: fields })));
    assert.equal(answers.filter(({ status }) => status === 303).length, 1);
  });

  test("not where an operator gave the person another address since, nor where nobody had confirmed that before", async () => {
    const person = await op.person();
    await changed(person);
    const path = await undoLink(person.email);
    assert.equal((await op.fetch(path)).status, 200);
    await op.changePerson(person, { email: `op-${person.email}` });
    assert.equal((await op.fetch(path)).status, 400);
    const bare = await op.person({ email_verified: undefined });
    const { done } = await changed(bare);
    assert.equal(done.status, 200);
    assert.equal(await mails.count(bare.email), 0);
  });

  test("of no use changed, cut off, or for somebody else", async () => {
    const [person, other] = [await op.person(), await op.person()];
    await changed(person);
    const path = await undoLink(person.email);
    const token = new URL(path, op.issuer).searchParams.get("link");
    for (let end = 0; end < token.length; end += 7) {
      assert.equal((await op.fetch(`/recover/email?link=${token.slice(0, end)}`)).status, 400);
    }
    for (const wrong of [`/recover/email?link=${token.replace(person.id, other.id)}`, `/recover/link?link=${token}`, `/setup?link=${token}`]) {
      assert.equal((await op.fetch(wrong)).status, 400, wrong);
    }
  });
});
