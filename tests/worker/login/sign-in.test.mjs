// Signing in with a password.

import assert from "node:assert/strict";
import { test } from "node:test";

import { errorPage, pageHeaders, redirectError } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const client = await op.client();

async function loginPage(browser = op.browser(), params = {}) {
  return browser.authorize(client, params);
}

async function attempt(person, options = {}) {
  const browser = op.browser();
  return browser.signIn(await loginPage(browser), person, options);
}

const refused = (page) => {
  assert.equal(page.callback, null);
  assert.ok([400, 401].includes(page.status), `${page.status}`);
  assert.ok(page.asksForPassword, "asks again");
  assert.ok(page.alert, "role=alert says what is wrong");
};

test("a person signs in by username, in any case", async () => {
  const ada = await op.person();
  for (const name of [ada.username, ada.username.toUpperCase(), ` ${ada.username} `]) {
    assert.ok((await attempt(ada, { name })).asksForConsent, name);
  }
});

test("a person signs in by e-mail address, in any case", async () => {
  const ada = await op.person();
  for (const name of [ada.email, ada.email.toUpperCase()])
    assert.ok((await attempt(ada, { name })).asksForConsent, name);
});

test("a wrong password is refused on the page, which keeps the name and not the password", async () => {
  const ada = await op.person();
  const page = await attempt({ ...ada, password: "not the pass phrase" });
  refused(page);
  pageHeaders(page.headers);
  const { controls } = page.form("password");
  assert.equal(controls.find(({ name }) => name === "username").value, ada.username);
  assert.equal(controls.find(({ name }) => name === "password").value, "");
  assert.doesNotMatch(page.html, /not the pass phrase/);
  assert.equal(
    page.headers.getSetCookie().some((line) => line.includes("limen_session")),
    false,
    "no session",
  );
});

test("after a wrong password the right one works on the same page", async () => {
  const ada = await op.person();
  const browser = op.browser();
  const again = await browser.signIn(await loginPage(browser), { ...ada, password: "wrong one here" });
  const done = await browser.complete(again, ada);
  assert.ok(done.callback.get("code"));
});

test("the password is compared exactly", async () => {
  const ada = await op.person({ password: "Correct Horse 7 battery" });
  for (const password of [
    "correct horse 7 battery",
    "Correct Horse 7 battery ",
    " Correct Horse 7 battery",
    "Correct Horse 7 batter",
  ]) {
    refused(await attempt({ ...ada, password }));
  }
  for (const password of ["Correct Horse 7 battery\0", "Correct Horse 7 battery\0x"]) {
    const page = await attempt({ ...ada, password });
    assert.ok(page.status >= 400 && !page.asksForConsent && !page.callback);
  }
});

test("passwords may hold any characters and be long", async () => {
  for (const password of [
    "p\u00e4ssw\u00f6rter \u{1f510} \u6f22\u5b57 <>&\"'+%",
    `long ${"x".repeat(120)}`,
    "  spaces at both ends  ",
  ]) {
    const ada = await op.person({ password });
    assert.ok((await attempt(ada)).asksForConsent, password);
  }
});

test("a password typed on another keyboard, with combining accents, is the same (RFC 8265 section 4.2)", async () => {
  const composed = await op.person({ password: "caf\u00e9 caf\u00e9 caf\u00e9" });
  assert.ok(
    (await attempt({ ...composed, password: "cafe\u0301 cafe\u0301 cafe\u0301" })).asksForConsent,
    "NFC (RFC 8265)",
  );
});

test("what lies behind the 72nd character counts", async () => {
  const ada = await op.person({ password: `${"x1y2".repeat(20)}end` });
  refused(await attempt({ ...ada, password: `${"x1y2".repeat(20)}END` }));
});

test("an empty name or password is refused", async () => {
  const ada = await op.person();
  refused(await attempt({ ...ada, password: "" }));
  refused(await attempt({ ...ada, username: "" }));
});

test("an unknown name, a wrong password and a disabled user get the same answer", async () => {
  const [ada, bob] = [await op.person(), await op.person()];
  await op.changePerson(bob, { disabled: true });
  const pages = [
    await attempt({ ...ada, password: "not the pass phrase" }),
    await attempt({ username: "nobody-at-all", password: "not the pass phrase" }),
    await attempt({ ...bob }),
    await attempt({ ...bob, password: "not the pass phrase" }),
  ];
  const stripped = pages.map(({ html }) => html.replace(/(value|nonce|data-options|href)="[^"]*"/g, ""));
  for (const page of pages) refused(page);
  for (const html of stripped) assert.equal(html, stripped[0]);
  for (const page of pages) {
    assert.equal(page.status, pages[0].status);
    assert.deepEqual([...page.headers.keys()].sort(), [...pages[0].headers.keys()].sort());
  }
});

test("an unknown name takes as long as a wrong password", async () => {
  const time = async (person) => {
    const browser = op.browser();
    const page = await loginPage(browser);
    const begin = performance.now();
    await browser.signIn(page, { ...person, password: "not the pass phrase" });
    return performance.now() - begin;
  };
  const [known, unknown] = [[], []];
  for (let n = 0; n < 5; n++) {
    known.push(await time(await op.person()));
    unknown.push(await time({ username: `nobody-${n}` }));
  }
  const median = (times) => times.sort((a, b) => a - b)[2];
  const ratio = median(unknown) / median(known);
  assert.ok(ratio > 0.5 && ratio < 2, `${median(unknown).toFixed(0)} ms against ${median(known).toFixed(0)} ms`);
});

test("a new password works at once, and the old one no more", async () => {
  const ada = await op.person();
  await op.changePerson(ada, { password: "a quite different pass phrase" });
  refused(await attempt(ada));
  assert.ok((await attempt({ ...ada, password: "a quite different pass phrase" })).asksForConsent);
});

test("cancel sends access_denied to the client", async () => {
  const browser = op.browser();
  redirectError(await browser.cancel(await loginPage(browser)), "access_denied");
});

test("the form has the fields that password managers look for", async () => {
  const page = await loginPage();
  const form = page.form("password");
  assert.equal(form.method, "post");
  const field = (name) => form.controls.find((control) => control.name === name);
  assert.equal(field("username").id, "username");
  assert.match(field("username").autocomplete, /username/);
  assert.equal(field("password").id, "password");
  assert.equal(field("password").type, "password");
  assert.equal(field("password").autocomplete, "current-password");
});

test("/login by itself leads to the account; one that names no sign-in that waits is an error page", async () => {
  const ada = await op.person();
  const browser = op.browser();
  const page = await browser.signIn(await browser.open("/login"), ada);
  assert.deepEqual([new URL(page.url).pathname, page.status], ["/account", 200]);
  errorPage(await op.browser().open("/login?interaction=x"));
});

test("a password in the query is not accepted", async () => {
  const ada = await op.person();
  const browser = op.browser();
  const page = await loginPage(browser);
  const fields = Object.fromEntries(page.form("password").controls.map(({ name, value }) => [name, value]));
  const query = new URLSearchParams({ ...fields, username: ada.username, password: ada.password });
  const next = await browser.open(`/login?${query}`);
  assert.equal(next.asksForConsent, false);
  const split = await browser.open(`/login?${query}`, { form: { interaction: fields.interaction, csrf: fields.csrf } });
  assert.equal(split.asksForConsent, false);
});

test("a password of 1 MB is refused and costs little", async () => {
  const ada = await op.person();
  const begin = performance.now();
  const page = await attempt({ ...ada, password: "x".repeat(1_000_000) });
  assert.ok([400, 401, 413].includes(page.status), `${page.status}`);
  assert.ok(performance.now() - begin < 2_000);
});
