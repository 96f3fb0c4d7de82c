// Guessing passwords: limits per account and per address that survive many addresses and many accounts.

import assert from "node:assert/strict";
import { test } from "node:test";

import { pageHeaders } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";

const ENOUGH = 120;

const op = await startLimen();
const client = await op.client();

let strangers = 0;
/** A name that nobody has, never the same. */
const nobody = () => ({ username: `nobody-${++strangers}` });

async function guess(person, browser = op.browser(), init = {}) {
  return browser.signIn(await browser.authorize(client), { ...person, password: "a wrong guess" }, init);
}

/** Wrong guesses, each by `next(n)`, until one is turned away. Gives how many were looked at. */
async function guessUntilThrottled(next) {
  for (let tried = 0; tried < ENOUGH; tried++) {
    const page = await next(tried);
    if (page.status === 429) return { allowed: tried, page };
    assert.ok([400, 401].includes(page.status), `${page.status}`);
  }
  assert.fail(`${ENOUGH} guesses were allowed`);
}

/** As `guessUntilThrottled`, for one address: five guesses, then as many as 95 would have left. */
async function exhaustAddress(next) {
  const countsBefore = new Set((await op.rows("SELECT key FROM throttles WHERE failures >= 5 AND key NOT LIKE 'audit:%'")).map(({ key }) => key));
  for (let n = 0; n < 5; n++) assert.notEqual((await next(n)).status, 429, "people share addresses");
  const counts = await op.rows("SELECT key FROM throttles WHERE failures >= 4 AND key NOT LIKE 'audit:%'");
  const fresh = counts.filter(({ key }) => !countsBefore.has(key));
  assert.equal(fresh.length, 1, "one counter has seen all five");
  await op.db.prepare("UPDATE throttles SET failures = 95 WHERE key = ?").bind(fresh[0].key).run();
  return guessUntilThrottled((n) => next(n + 5));
}

test("an account guessed from ever new addresses is locked for a while, and then free again", async () => {
  const ada = await op.person();
  const { allowed, page } = await guessUntilThrottled(() => guess(ada));
  assert.ok(allowed >= 3, `people mistype: ${allowed}`);
  assert.ok(allowed <= 20, `${allowed} guesses`);
  pageHeaders(page.headers);
  assert.match(page.headers.get("retry-after"), /^\d+$/);
  assert.ok(page.alert);

  const stranger = op.browser();
  const locked = await stranger.signIn(await stranger.authorize(client), ada);
  assert.equal(locked.status, 429, "the right password does not tell itself apart while the account is locked");

  op.clock.advance({ seconds: Number(page.headers.get("retry-after")) + 1 });
  const free = op.browser();
  assert.ok((await free.signIn(await free.authorize(client), ada)).asksForConsent, "after Retry-After");
});

test("an unknown account is locked alike, so the lock tells nothing", async () => {
  const [ada, unknown] = [await op.person(), nobody()];
  const known = await guessUntilThrottled(() => guess(ada));
  const other = await guessUntilThrottled(() => guess(unknown));
  assert.equal(other.allowed, known.allowed);
  const text = ({ page }) => page.html.replace(/(value|nonce|data-options|href)="[^"]*"/g, "");
  assert.equal(text(other), text(known));
});

test("all spellings of a name share one count, whoever has it", async () => {
  const [ada, unknown] = [await op.person(), nobody()];
  const { allowed: single } = await guessUntilThrottled(() => guess(unknown));
  for (const name of [ada.username, ada.email, `nobody-${++strangers}`, `j\u00fcrgen-${++strangers}`]) {
    const wide = [...name].map((c) => (c === "a" ? "\uff41" : c)).join("");
    const spellings = [name, name.toUpperCase(), ` ${name}`, name.normalize("NFD"), wide];
    const { allowed } = await guessUntilThrottled((n) => guess({ username: spellings[n % spellings.length] }));
    assert.equal(allowed, single, name);
  }
});

test("the lock does not tell that two names are of one account", async () => {
  const [ada, bob] = [await op.person(), await op.person()];
  await guessUntilThrottled(() => guess(ada));
  const answers = [];
  for (const username of [ada.email, bob.email, nobody().username]) {
    const page = await guess({ username });
    answers.push([page.status, page.headers.get("retry-after"), page.html.replace(/(value|nonce|data-options|href)="[^"]*"/g, "")]);
  }
  assert.deepEqual(answers[0], answers[1]);
  assert.deepEqual(answers[0], answers[2]);
  assert.equal(answers[0][0], 400);
});

test("a browser in which a person signed in before is not locked out by strangers, at the account or at the address", async () => {
  const [ada, address] = [await op.person(), "203.0.113.20"];
  const own = op.browser({ address });
  await own.obtain(client, ada);
  const signOut = async () => {
    const name = "__Host-limen_session";
    await own.jar.setCookie(`${name}=; Secure; Path=/; Max-Age=0`, op.url("/"));
  };
  await signOut();
  await guessUntilThrottled(() => guess(ada));
  await exhaustAddress(() => guess(nobody(), op.browser({ address })));
  const neighbour = op.browser({ address });
  assert.equal((await neighbour.signIn(await neighbour.authorize(client), ada)).status, 429);
  for (const username of [ada.username, ada.email.toUpperCase()]) {
    const page = await own.signIn(await own.authorize(client), { ...ada, username });
    assert.ok(page.status < 400, `${username}: ${page.status}`);
    await signOut();
  }
  const { allowed } = await guessUntilThrottled(() => guess(ada, own));
  assert.ok(allowed <= 20, `${allowed}: it guesses no more often than strangers`);
  assert.equal((await own.signIn(await own.authorize(client), ada)).status, 429);
  assert.equal((await guess(nobody(), own)).status, 429, "for other names it is a stranger");
});

test("the cookie of a known browser works in that browser and for that person alone", async () => {
  const [ada, bob] = [await op.person(), await op.person()];
  const own = op.browser();
  await own.obtain(client, ada);
  const cookies = await own.jar.getCookies(op.url("/"));
  const { value, httpOnly } = cookies.find(({ key }) => key === "__Host-limen_known");
  assert.ok(httpOnly);
  await guessUntilThrottled(() => guess(ada));
  await guessUntilThrottled(() => guess(bob));
  const thief = op.browser();
  const page = await thief.authorize(client);
  await thief.jar.setCookie(`__Host-limen_known=${value}; Secure; Path=/`, op.url("/"));
  assert.equal((await thief.signIn(page, ada)).status, 429);
  const forged = value.replace(ada.id, bob.id);
  await own.jar.setCookie(`__Host-limen_known=${forged}; Secure; Path=/`, op.url("/"));
  const again = await own.authorize(client, { prompt: "login" });
  assert.equal((await own.signIn(again, bob)).status, 429);
});

test("one address that tries many accounts is turned away, and others are not", async () => {
  const ada = await op.person();
  const attacker = { address: "203.0.113.9" };
  await exhaustAddress(() => guess(nobody(), op.browser(attacker)));
  const neighbour = op.browser(attacker);
  assert.equal((await neighbour.signIn(await neighbour.authorize(client), ada)).status, 429);
  const elsewhere = op.browser();
  assert.ok((await elsewhere.signIn(await elsewhere.authorize(client), ada)).asksForConsent);
});

test("an IPv6 network counts as one address", async () => {
  await exhaustAddress((n) => guess(nobody(), op.browser({ address: `2001:db8:1:2:${(n + 1).toString(16)}::1` })));
});

test("headers that claim another address change nothing", async () => {
  await exhaustAddress((n) => {
    const claimed = `10.0.0.${n}`;
    const headers = {
      "x-forwarded-for": claimed,
      "x-real-ip": claimed,
      forwarded: `for=${claimed}`,
      "true-client-ip": claimed,
    };
    return guess(nobody(), op.browser({ address: "203.0.113.10" }), { headers });
  });
});

test("success on an own account does not buy an address more guesses at others", async () => {
  const mallory = await op.person();
  const address = "203.0.113.11";
  await exhaustAddress(async (n) => {
    if (n % 2 === 1) {
      const browser = op.browser({ address });
      await browser.signIn(await browser.authorize(client), mallory);
    }
    return guess(nobody(), op.browser({ address }));
  });
});

test("50 guesses at once get no more looks than one after another", async () => {
  const [ada, bob] = [await op.person(), await op.person()];
  const { allowed } = await guessUntilThrottled(() => guess(ada));
  const ready = [];
  for (let n = 0; n < 50; n++) {
    const browser = op.browser();
    ready.push({ browser, page: await browser.authorize(client) });
  }
  const wrong = { ...bob, password: "a wrong guess" };
  const pages = await Promise.all(ready.map(({ browser, page }) => browser.signIn(page, wrong)));
  const looked = pages.filter((page) => page.status !== 429).length;
  assert.ok(looked <= allowed, `${looked} in parallel, ${allowed} in a row`);
});

test("a success clears the count of the account", async () => {
  const ada = await op.person();
  for (let round = 0; round < 2; round++) {
    for (let n = 0; n < 7; n++) await guess(ada);
    const browser = op.browser();
    const page = await browser.signIn(await browser.authorize(client), ada);
    assert.ok(page.status < 400, `round ${round}`);
  }
});

test("a person who is signed in is not thrown out by somebody who guesses", async () => {
  const ada = await op.person();
  const browser = op.browser();
  await browser.obtain(client, ada);
  await guessUntilThrottled(() => guess(ada));
  assert.ok((await browser.authorize(client)).callback?.get("code"));
});

test("addresses and names are not stored in clear", async () => {
  const ada = await op.person();
  await guess(ada, op.browser({ address: "203.0.113.77" }));
  const stored = JSON.stringify(await op.rows("SELECT * FROM throttles"));
  assert.notEqual(stored, "[]");
  assert.doesNotMatch(stored, /203\.0\.113\.77/);
  assert.ok(!stored.includes(ada.username) && !stored.includes(ada.email));
});
