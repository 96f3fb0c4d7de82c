// The second step of a sign-in with a password: one-time codes (RFC 6238), recovery codes, trusted browsers.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Authenticator, signInWith, withPasskey } from "../support/authenticator.mjs";
import { grantOf } from "../support/browser.mjs";
import { withApp } from "../support/codes.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const client = await op.client();

/** Somebody with an app, and a browser in which they have just given their password for `client`. */
async function atSecond(params = {}) {
  const person = await op.person();
  const { app, codes, browser: own } = await withApp(op, person);
  const browser = op.browser();
  const page = await browser.signIn(await browser.authorize(client, params), person);
  return { person, app, codes, own, browser, page };
}

/** Sends a code, and remembers the request. */
async function send(browser, page, fields, init) {
  const next = await browser.submit(page, fields.recovery_code ? "recovery_code" : "code", fields, init);
  next.request = page.request;
  return next;
}

async function claimsAfter(browser, page) {
  const consented = page.asksForConsent ? await browser.approve(page) : page;
  return claimsOf((await client.tokens(grantOf(consented))).id_token);
}

const events = async (person, event) =>
  op.rows("SELECT detail FROM audit WHERE event = ? AND user_id = ? ORDER BY id", event, person.id);

describe("whoever has an app is asked for its code after the password", () => {
  test("and is signed in with both, as apps are told", async () => {
    const { person, app, browser, page } = await atSecond();
    assert.equal(new URL(page.url).pathname, "/login/second");
    assert.equal(await browser.sessionCookie(), undefined, "nobody is signed in yet");
    const claims = await claimsAfter(browser, await send(browser, page, { code: app.nextCode() }));
    assert.deepEqual([claims.sub, claims.acr, claims.amr], [person.id, "mfa", ["pwd", "otp", "mfa"]]);
    assert.ok(Math.abs(claims.auth_time - op.clock.seconds()) < 10);
    const signIns = await events(person, "sign_in");
    assert.deepEqual(JSON.parse(signIns.at(-1).detail), { amr: ["pwd", "otp", "mfa"] });
  });

  test("in a field that telephones fill in, without a script", async () => {
    const { page } = await atSecond();
    const [input] = page.elements("input").filter(({ name }) => name === "code");
    assert.equal(input.autocomplete, "one-time-code");
    assert.equal(input.inputmode, "numeric");
    assert.doesNotMatch(page.html, /<script/);
  });

  test("at the account", async () => {
    const { person, app } = await atSecond();
    const browser = op.browser();
    const page = await browser.signIn(await browser.open("/account"), person);
    const next = await browser.submit(page, "code", { code: app.nextCode() });
    assert.equal(next.url, op.url("/account"));
  });

  test("and nothing tells before the password", async () => {
    const { person } = await atSecond();
    const without = await op.person();
    const answers = [];
    for (const one of [person, without, { username: "nobody" }]) {
      const browser = op.browser();
      const page = await browser.signIn(await browser.authorize(client), { ...one, password: "wrong wrong" });
      answers.push([page.status, page.alert, page.headers.get("set-cookie")]);
    }
    assert.deepEqual(answers[0], answers[1]);
    assert.deepEqual(answers[1], answers[2]);
  });

  test("a passkey counts as both", async () => {
    const person = await op.person();
    const { authenticator } = await withPasskey(op, person, new Authenticator(op));
    const { own } = { own: op.browser() };
    await signInWith(own, await own.open("/login?page=second_factors"), authenticator);
    const { App } = await import("../support/codes.mjs");
    const form = await own.open("/account/second_factors/new");
    await own.submit(form, "secret", { code: new App(op, form).code() });
    const browser = op.browser();
    const next = await signInWith(browser, await browser.open("/account"), authenticator);
    assert.equal(next.url, op.url("/account"));
    // And it can be shown in place of the code.
    const other = op.browser();
    const second = await other.signIn(await other.open("/account"), person);
    assert.equal(new URL(second.url).pathname, "/login/second");
    const shown = await signInWith(other, second, authenticator);
    assert.equal(shown.url, op.url("/account"));
  });
});

describe("a code counts once", () => {
  test("also in another browser, and none before it counts afterwards", async () => {
    const { person, app, browser, page } = await atSecond();
    const [before, code] = [app.code(0), app.nextCode()];
    await claimsAfter(browser, await send(browser, page, { code }));
    for (const used of [code, before]) {
      const other = op.browser();
      const second = await other.signIn(await other.authorize(client), person);
      const refused = await other.submit(second, "code", { code: used });
      assert.equal(refused.status, 400);
      assert.match(refused.alert, /wrong or was used/);
      assert.equal(await other.sessionCookie(), undefined);
    }
  });

  test("also when it is sent twenty times at once", async () => {
    const { person, app } = await atSecond();
    const browsers = await Promise.all(
      [1, 2, 3, 4].map(async () => {
        const browser = op.browser();
        return { browser, second: await browser.signIn(await browser.open("/account"), person) };
      }),
    );
    const code = app.nextCode();
    const pages = await Promise.all(browsers.map(({ browser, second }) => browser.submit(second, "code", { code })));
    assert.equal(pages.filter((page) => page.url === op.url("/account")).length, 1);
  });

  test("and that with which the app was set up does not count again", async () => {
    const person = await op.person();
    const { app } = await withApp(op, person);
    const browser = op.browser();
    const second = await browser.signIn(await browser.open("/account"), person);
    assert.equal((await browser.submit(second, "code", { code: app.code() })).status, 400);
  });
});

describe("guesses", () => {
  test("are not made by the form that sets up an app, for which none are counted", async () => {
    const { person, app } = await atSecond();
    const browser = op.browser();
    const second = await browser.signIn(await browser.open("/account"), person);
    const answer = await browser.submit(second, "code", { code: app.nextCode(), secret: "x" });
    assert.equal(answer.status, 400);
    assert.equal(await browser.sessionCookie(), undefined);
  });

  for (const [beside, start] of [
    ["cancel", (browser) => browser.open("/account")],
    ["decline", (browser) => browser.open("/account")],
    ["decline", (browser) => browser.authorize(client)],
  ]) {
    test(`count with ${beside} beside them, as without`, async () => {
      const { person, app } = await atSecond();
      const browser = op.browser();
      const second = await browser.signIn(await start(browser), person);
      const guess = (code) => browser.submit(second, "code", { code, [beside]: "x" });
      for (let n = 1; n <= 5; n++) assert.equal((await guess("000000")).status, 400);
      assert.equal((await guess(app.nextCode())).status, 429);
      assert.equal(await browser.sessionCookie(), undefined);
    });
  }

  test("are five at most, whoever makes them and wherever, and those of others keep nobody out of their own browser", async () => {
    const { person, app, codes, own } = await atSecond();
    for (let guess = 1; guess <= 5; guess++) {
      const browser = op.browser({ address: `192.0.2.${guess}` });
      const second = await browser.signIn(await browser.open("/account"), person);
      assert.equal((await browser.submit(second, "code", { code: "000000" })).status, 400);
    }
    const browser = op.browser({ address: "192.0.2.77" });
    const second = await browser.signIn(await browser.open("/account"), person);
    for (const fields of [{ code: app.nextCode() }, { recovery_code: codes[0] }]) {
      const control = Object.keys(fields)[0];
      const refused = await browser.submit(second, control, fields);
      assert.equal(refused.status, 429);
      assert.ok(Number(refused.headers.get("retry-after")) > 0);
      assert.equal(await browser.sessionCookie(), undefined);
    }
    assert.equal((await events(person, "throttled")).length, 1);
    const mine = await own.signIn(await own.open("/login?page=second_factors"), person);
    const next = await own.submit(mine, "code", { code: app.nextCode() });
    assert.equal(next.url, op.url("/account/second_factors"));
    op.clock.advance({ minutes: 16 });
    const later = op.browser();
    const again = await later.signIn(await later.open("/account"), person);
    assert.equal((await later.submit(again, "code", { code: app.nextCode() })).url, op.url("/account"));
  });

  test("are written down", async () => {
    const { person, browser, page, own } = await atSecond();
    await own.signIn(await own.open("/login?page=password"), { ...person, password: "not this one" });
    for (let guess = 1; guess <= 2; guess++) await send(browser, page, { code: "123456" });
    const rows = (await events(person, "sign_in_failed")).map(({ detail }) => JSON.parse(detail));
    const told = rows.map(({ second_factor, times }) => ({ second_factor, times }));
    assert.deepEqual(told, [
      { second_factor: undefined, times: 1 },
      { second_factor: "code", times: 2 },
    ]);
  });
});

describe("what was shown first is good for this browser, sign-in and person alone", () => {
  test("in another browser it is nothing", async () => {
    const { app, page } = await atSecond();
    const thief = op.browser();
    await thief.open("/login?page=overview");
    const stolen = await thief.open(page.url);
    assert.ok(stolen.status >= 400 || stolen.asksForPassword, stolen.text);
    const form = page.form("code");
    const fields = Object.fromEntries(form.controls.filter(({ name }) => name).map(({ name, value }) => [name, value]));
    const sent = await thief.open("/login/second", { form: { ...fields, code: app.nextCode() } });
    assert.ok(sent.status >= 400 || sent.asksForPassword, sent.text);
    assert.equal(await thief.sessionCookie(), undefined);
  });

  test("for another person, another destination or changed it leads back to the password", async () => {
    const { browser, page } = await atSecond();
    const first = new URL(page.url).searchParams.get("first");
    const other = await op.person();
    const [, at, ...rest] = first.split(".");
    for (const changed of [[other.id, at, ...rest].join("."), `${first}x`, "x", first.slice(0, -1)]) {
      const url = new URL(page.url);
      url.searchParams.set("first", changed);
      assert.ok((await browser.open(url.href)).asksForPassword, changed);
    }
    assert.ok((await browser.open(`/login/second?page=overview&first=${first}`)).asksForPassword);
  });

  test("after ten minutes it leads back to the password", async () => {
    const { app, browser, page } = await atSecond();
    op.clock.advance({ minutes: 11 });
    const late = await send(browser, page, { code: app.nextCode() });
    assert.ok(late.asksForPassword, late.text);
  });

  test("after the password changed it is nothing", async () => {
    const { person, app, browser, page } = await atSecond();
    await op.admin(`/admin/api/users/${person.id}`, { method: "PATCH", json: { password: "a new pass phrase" } });
    const next = await send(browser, page, { code: app.nextCode() });
    assert.ok(next.asksForPassword, next.text);
    assert.equal(await browser.sessionCookie(), undefined);
  });

  test("of somebody who is disabled now it is nothing", async () => {
    const { person, app, browser, page } = await atSecond();
    await op.admin(`/admin/api/users/${person.id}`, { method: "PATCH", json: { disabled: true } });
    const next = await send(browser, page, { code: app.nextCode() });
    assert.ok(next.asksForPassword, next.text);
  });

  test("and without the form's own proof it is refused", async () => {
    const { app, browser, page } = await atSecond();
    const refused = await send(browser, page, { code: app.nextCode(), csrf: "x" });
    assert.equal(refused.status, 403);
  });
});

describe("recovery codes", () => {
  test("each works once, in any spelling, and says how many are left", async () => {
    const { person, codes, browser, page } = await atSecond();
    const claims = await claimsAfter(browser, await send(browser, page, { recovery_code: codes[3].toUpperCase().replaceAll("-", " ") }));
    assert.equal(claims.acr, "mfa");
    assert.deepEqual(JSON.parse((await events(person, "recovery_code_used"))[0].detail), { left: 9 });
    assert.match((await browser.open("/account/second_factors")).text, /9 codes are left/);
    assert.match((await browser.open("/account/activity")).text, /recovery code/);
    const other = op.browser();
    const second = await other.signIn(await other.open("/account"), person);
    assert.equal((await other.submit(second, "recovery_code", { recovery_code: codes[3] })).status, 400);
    assert.equal((await other.submit(second, "recovery_code", { recovery_code: codes[4] })).url, op.url("/account"));
  });

  test("of somebody else do not count", async () => {
    const { codes } = await atSecond();
    const { browser, page } = await atSecond();
    assert.equal((await send(browser, page, { recovery_code: codes[0] })).status, 400);
  });

  test("are not in the database as they are", async () => {
    const { person, codes } = await atSecond();
    const rows = JSON.stringify(await op.rows("SELECT * FROM credentials WHERE user_id = ?", person.id));
    for (const code of codes) assert.ok(!rows.includes(code) && !rows.includes(code.replaceAll("-", "")));
  });
});

describe("a trusted browser", () => {
  const secondStep = async (browser, person) => {
    const page = await browser.signIn(await browser.open("/login?page=overview"), person);
    return new URL(page.url).pathname === "/login/second" ? page : null;
  };
  const trusting = async () => {
    const { person, app, codes } = await atSecond();
    const browser = op.browser();
    const page = await browser.signIn(await browser.open("/account"), person);
    await browser.submit(page, "code", { code: app.nextCode(), trust: "yes" });
    return { person, app, codes, browser };
  };
  test("is not asked again, and tells apps no more than what was shown", async () => {
    const { person, browser } = await trusting();
    assert.equal(await secondStep(browser, person), null);
    const page = await browser.authorize(client);
    const claims = await claimsAfter(browser, page);
    assert.deepEqual([claims.acr, claims.amr], ["1", ["pwd"]]);
    assert.ok(await secondStep(op.browser(), person), "other browsers are");
  });

  test("is asked again after 30 days", async () => {
    const { person, browser } = await trusting();
    op.clock.advance({ days: 31 });
    assert.ok(await secondStep(browser, person));
  });

  test("is shown to its person, who takes the trust back", async () => {
    const { person, codes, browser } = await trusting();
    await secondStep(browser, person);
    const standing = () => op.rows("SELECT id FROM sessions WHERE user_id = ? AND trusted = 1", person.id);
    assert.equal((await standing()).length, 1);
    const other = op.browser();
    const second = await other.signIn(await other.open("/login?page=second_factors"), person);
    const page = await other.submit(second, "recovery_code", { recovery_code: codes[0] });
    const { value } = page.form("untrust").controls.find(({ name }) => name === "untrust");
    await other.submit(page, "untrust", { untrust: value });
    assert.ok(await secondStep(browser, person));
    assert.equal((await events(person, "browser_trust_ended")).length, 1);
    assert.equal((await standing()).length, 0, "nor is a session trusted that began there");
  });

  test("cannot be forged or taken along for somebody else", async () => {
    const { person, browser } = await trusting();
    const cookies = await browser.jar.getCookies(op.url("/"));
    const trust = cookies.find(({ key }) => key.endsWith("limen_trusted"));
    assert.ok(trust.httpOnly);
    const { person: other } = await atSecond();
    for (const value of [trust.value.replace(person.id, other.id), `${trust.value.slice(0, -2)}AA`]) {
      const thief = op.browser();
      await thief.jar.setCookie(`${trust.key}=${value}; path=/; secure`, op.url("/"));
      assert.ok(await secondStep(thief, person));
      const again = op.browser();
      await again.jar.setCookie(`${trust.key}=${value}; path=/; secure`, op.url("/"));
      assert.ok(await secondStep(again, other));
    }
  });

  for (const [what, change] of Object.entries({
    "the password changes": (person) =>
      op.admin(`/admin/api/users/${person.id}`, { method: "PATCH", json: { password: person.password } }),
    "a factor is taken away": async (person) => {
      const { second_factors } = await (await op.admin(`/admin/api/users/${person.id}/second_factors`)).json();
      const extra = await op.rows("SELECT * FROM credentials WHERE id = ?", second_factors[0].id);
      assert.equal(extra.length, 1);
      await op.rows("UPDATE credentials SET id = 'other' || id WHERE id = ?", second_factors[0].id);
      await op.rows("DELETE FROM credentials WHERE user_id = ? AND kind = 'totp'", person.id);
    },
  })) {
    test(`is trusted no more when ${what}`, async () => {
      const { person } = await trusting();
      await change(person);
      assert.deepEqual(await op.rows("SELECT id FROM trusted_browsers WHERE user_id = ?", person.id), []);
    });
  }
});

test("where no second factor is set up, nothing is different, and costs nothing more", async () => {
  const person = await op.person();
  const browser = op.browser();
  const page = await browser.authorize(client);
  const fields = Object.fromEntries(
    page.form("password").controls.filter(({ name }) => name && name !== "cancel").map(({ name, value }) => [name, value]),
  );
  const form = { ...fields, username: person.username, password: person.password };
  const response = await browser.fetch("/login", { form, measure: true });
  assert.equal(response.status, 303);
  assert.ok(Number(response.headers.get("x-limen-test-d1")) <= 3);
});
