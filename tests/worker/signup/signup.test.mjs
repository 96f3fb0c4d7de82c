// Accounts that people make for themselves, and prompt=create (Initiating User Registration via OpenID Connect 1.0).

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { redirectError } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";

const PASSWORD = "three random words";

const op = await startLimen({ vars: { SIGNUP: "open" } });
const client = await op.client();
let people = 0;

function newcomer(values = {}) {
  const username = `nora-${++people}`;
  return { name: "Nora Newcomer", email: `${username}@people.test`, username, password: PASSWORD, ...values };
}

async function signUpPage(browser = op.browser(), params = {}) {
  return browser.authorize(client, { prompt: "create", ...params });
}

function submit(browser, page, values, init) {
  return browser.submit(page, "email", values, init);
}

describe("prompt=create", () => {
  test("shows the page for new accounts, and goes on to the app with the account that was made", async () => {
    const browser = op.browser();
    const page = await signUpPage(browser);
    assert.match(page.url, /\/signup\?/);
    const consent = await submit(browser, page, newcomer());
    assert.ok(consent.asksForConsent, consent.text);
    consent.request = page.request;
    const done = await browser.approve(consent);
    assert.ok(done.callback.get("code"));
    assert.equal(done.callback.get("state"), page.request.params.state);
  });

  test("the account that was made signs in later", async () => {
    const browser = op.browser();
    const person = newcomer();
    await submit(browser, await signUpPage(browser), person);
    assert.ok(await op.browser().obtain(client, person));
  });

  test("an address that nobody has verified is told as such", async () => {
    const browser = op.browser();
    const person = newcomer();
    await submit(browser, await signUpPage(browser), person);
    const tokens = await client.tokens(await op.browser().obtain(client, person, { scope: "openid email profile" }));
    const claims = await op.json("/userinfo", { bearer: tokens.access_token });
    assert.deepEqual([claims.email, claims.email_verified, claims.name], [person.email, false, "Nora Newcomer"]);
  });

  test("is asked for although somebody is signed in", async () => {
    const browser = op.browser();
    const ada = await op.person();
    await browser.obtain(client, ada);
    const page = await signUpPage(browser);
    assert.match(page.url, /\/signup\?/);
    const consent = await submit(browser, page, newcomer());
    assert.ok(consent.asksForConsent);
  });

  test("lets a person sign in instead", async () => {
    const browser = op.browser();
    const ada = await op.person();
    const page = await signUpPage(browser);
    const link = page.elements("a").find(({ id }) => id === "sign-in");
    const login = await browser.open(link.href.replaceAll("&amp;", "&"));
    login.request = page.request;
    assert.ok(login.asksForPassword);
    assert.ok((await browser.complete(login, ada)).callback.get("code"));
  });

  test("with none it is invalid_request, as with login and select_account", async () => {
    for (const prompt of ["none create", "create login", "select_account create"]) {
      redirectError(await op.browser().authorize(client, { prompt }), "invalid_request");
    }
  });

  test("can be turned down", async () => {
    const browser = op.browser();
    const page = await signUpPage(browser);
    const refused = await browser.submit(page, "email", {}, { button: "cancel" });
    assert.equal(refused.callback.get("error"), "access_denied");
  });

  test("is advertised", async () => {
    const { prompt_values_supported: values } = await op.json("/.well-known/openid-configuration");
    assert.ok(values.includes("create"));
  });
});

describe("the form", () => {
  const wrong = {
    "an e-mail address that is none": { email: "nora" },
    "no e-mail address": { email: "" },
    "a username with an @": { username: "nora@people.test" },
    "no username": { username: "" },
    "a username of 65 characters": { username: "n".repeat(65) },
    "a username with a filler that cannot be seen": { username: "nora\u3164" },
    "a username of two scripts": { username: "n\u043era" },
    "an address with two @": { email: "nora@a.test@b.test" },
    "a list of addresses": { email: "nora@a.test,x@b.test" },
    "an address with an invisible character": { email: "no\u200bra@a.test" },
    "a password of 7 characters": { password: "1234567" },
    "no password": { password: "" },
    "a name of 10,000 characters": { name: "n".repeat(10_000) },
  };
  for (const [what, change] of Object.entries(wrong)) {
    test(`${what}: the page says so, and keeps what was typed but the password`, async () => {
      const browser = op.browser();
      const page = await submit(browser, await signUpPage(browser), newcomer(change));
      assert.equal(page.status, 400);
      assert.match(page.html, /role="alert"/);
      assert.match(page.html, /aria-invalid="true"/);
      assert.doesNotMatch(page.html, new RegExp(PASSWORD));
    });
  }

  test("a password is refused with the reason", async () => {
    for (const [password, reason] of [
      ["1234567", /At least 8 characters/],
      ["x".repeat(1_025), /too long/],
      ["a tab\tin a pass phrase", /characters that can be typed/],
      ["Dragon2026!", /strangers try first/],
      ["newcomer12", /your name/],
    ]) {
      const browser = op.browser();
      const page = await submit(browser, await signUpPage(browser), newcomer({ password }));
      assert.equal(page.status, 400);
      assert.match(/role="alert">([^<]*)</.exec(page.html)[1], reason);
    }
  });

  test("an account is found by every spelling of its name, and what is shown, stored and sent to apps is one text", async () => {
    const browser = op.browser();
    const wanted = newcomer({ username: "J\u00dcRGEN", email: "J\u00fcrgen@Buecher.test" });
    assert.ok((await submit(browser, await signUpPage(browser), wanted)).asksForConsent);
    const name = "j\u00fcrgen";
    const [row] = await op.rows("SELECT username, username_folded AS folded, claims FROM users WHERE username = ?", name);
    assert.deepEqual([row.folded, JSON.parse(row.claims).email], [name, "J\u00fcrgen@buecher.test"]);
    for (const twin of [{ username: name.normalize("NFD") }, { email: "J\u00dcRGEN@buecher.test" }]) {
      const again = op.browser();
      assert.match((await submit(again, await signUpPage(again), newcomer(twin))).text, /already/);
    }
    for (const login of [name, "J\u00dcRGEN", name.normalize("NFD"), "j\u00dcrgen@buecher.TEST"]) {
      const here = op.browser();
      const page = await here.signIn(await here.authorize(client), { username: login, password: PASSWORD });
      assert.ok(page.asksForConsent, `${login}: ${page.status}`);
    }
  });

  test("a username or e-mail address of somebody else, in any case, makes no account", async () => {
    const ada = await op.person();
    for (const change of [{ username: ada.username.toUpperCase() }, { email: ada.email.toUpperCase() }]) {
      const browser = op.browser();
      const page = await submit(browser, await signUpPage(browser), newcomer(change));
      assert.equal(page.status, 400);
      assert.match(page.text, /already/);
      assert.equal(await browser.sessionCookie(), undefined);
    }
    const [{ n }] = await op.rows("SELECT COUNT(*) AS n FROM users WHERE username = ?", ada.username);
    assert.equal(n, 1);
  });

  test("what is typed comes back escaped", async () => {
    const browser = op.browser();
    const page = await submit(browser, await signUpPage(browser), newcomer({ email: '"><script>x</script>' }));
    assert.doesNotMatch(page.html, /<script>x/);
  });

  test("without its hidden field, or with that of another browser, it is refused", async () => {
    const browser = op.browser();
    const page = await signUpPage(browser);
    assert.equal((await submit(browser, page, newcomer({ csrf: "" }))).status, 403);
    assert.equal((await submit(op.browser(), page, newcomer())).status, 403);
  });

  test("of 20 equal ones at once, one makes the account", async () => {
    const browser = op.browser();
    const page = await signUpPage(browser);
    const person = newcomer();
    const pages = await Promise.all(Array.from({ length: 20 }, () => submit(browser, page, person)));
    assert.equal(pages.filter(({ status }) => status === 400).length, 19);
    const [{ n }] = await op.rows("SELECT COUNT(*) AS n FROM users WHERE username = ?", person.username);
    assert.equal(n, 1);
  });

  test("an address gets no further than its limit", async () => {
    const browser = op.browser();
    const page = await signUpPage(browser);
    for (let n = 0; n < 20; n++) await submit(browser, page, newcomer({ email: "none" }));
    const refused = await submit(browser, page, newcomer());
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers.get("retry-after")) > 0);
  });
});

test("the new account is written down, without a password", async () => {
  const browser = op.browser();
  const person = newcomer();
  await submit(browser, await signUpPage(browser), person);
  const [{ id }] = await op.rows("SELECT id FROM users WHERE username = ?", person.username);
  const entries = await op.rows("SELECT * FROM audit WHERE user_id = ?", id);
  const events = entries.map(({ event }) => event);
  assert.ok(events.includes("signed_up") && events.includes("sign_in"), events.join());
  assert.ok(!JSON.stringify(entries).includes(PASSWORD));
});

test("the sign-in page leads to it, for an app and for the account page", async () => {
  for (const page of [await op.browser().authorize(client), await op.browser().open("/account")]) {
    assert.ok(page.elements("a").some(({ id }) => id === "sign-up"));
  }
});

test("from the account page it leads back there", async () => {
  const browser = op.browser();
  const login = await browser.open("/account");
  const link = login.elements("a").find(({ id }) => id === "sign-up");
  const page = await browser.open(link.href.replaceAll("&amp;", "&"));
  const done = await submit(browser, page, newcomer());
  assert.deepEqual([new URL(done.url).pathname, done.status], ["/account", 200]);
});

describe("where operators make the accounts", () => {
  test("there is no page, no link, and no prompt=create", async () => {
    const closed = await startLimen();
    const app = await closed.client();
    const there = await closed.browser().open("/signup");
    assert.deepEqual([new URL(there.url).pathname, there.status, there.asksForPassword], ["/login", 200, true]);
    const form = { csrf: "x", email: "a@b.test", username: "a", password: PASSWORD };
    assert.equal((await closed.fetch("/signup", { form })).status, 404);
    const login = await closed.browser().authorize(app);
    assert.ok(!login.elements("a").some(({ id }) => id === "sign-up"));
    const asked = await closed.browser().authorize(app, { prompt: "create" });
    assert.ok(asked.asksForPassword);
    assert.match(asked.alert, /Accounts cannot be created here/);
    redirectError(await closed.browser().authorize(app, { prompt: "create none" }), "invalid_request");
    const { prompt_values_supported: values } = await closed.json("/.well-known/openid-configuration");
    assert.ok(!values.includes("create"));
  });
});
