// Signing in with a passkey (WebAuthn Level 3 section 7.2).

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Authenticator, optionsOf, signInWith, withPasskey } from "../support/authenticator.mjs";
import { grantOf } from "../support/browser.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const client = await op.client();

/** Somebody who has a passkey, and a browser at the login page of `client`. */
async function atLogin(kind = {}, params = {}) {
  const person = await op.person();
  const { authenticator } = await withPasskey(op, person, new Authenticator(op, kind));
  const browser = op.browser();
  const page = await browser.authorize(client, params);
  return { person, authenticator, browser, page };
}

async function tokensAfter(browser, page) {
  const consented = page.asksForConsent ? await browser.approve(page) : page;
  return client.tokens(grantOf(consented));
}

const why = async (person) => {
  const [row] = await op.rows("SELECT detail FROM audit WHERE event = 'sign_in_failed' AND user_id = ? ORDER BY id DESC", person.id);
  return JSON.parse(row.detail).passkey;
};

describe("a passkey signs its person in, who is not asked for a name", () => {
  for (const alg of ["ES256", "EdDSA", "RS256"]) {
    test(`under ${alg}`, async () => {
      const { person, authenticator, browser, page } = await atLogin({ alg });
      const next = await signInWith(browser, page, authenticator);
      next.request = page.request;
      const claims = claimsOf((await tokensAfter(browser, next)).id_token);
      assert.equal(claims.sub, person.id);
      assert.deepEqual([claims.acr, claims.amr], ["phr", ["swk", "user", "mfa"]]);
      assert.ok(Math.abs(claims.auth_time - op.clock.seconds()) < 30);
    });
  }

  test("of a key that stays on its device nothing is claimed but possession", async () => {
    const { authenticator, browser, page } = await atLogin({ eligible: false });
    const next = await signInWith(browser, page, authenticator);
    next.request = page.request;
    const claims = claimsOf((await tokensAfter(browser, next)).id_token);
    assert.deepEqual([claims.acr, claims.amr], ["phr", ["pop", "user", "mfa"]]);
  });

  test("at the account", async () => {
    const { authenticator, browser } = await atLogin();
    const page = await signInWith(browser, await browser.open("/account"), authenticator);
    assert.equal(page.url, op.url("/account"));
  });

  test("and counter, backup state and last use are kept", async () => {
    const { person, authenticator, browser, page } = await atLogin({ backedUp: false });
    await signInWith(browser, page, authenticator, { flags: authenticator.flags | 16 });
    const [row] = await op.rows("SELECT counter, backed_up, last_used_at FROM credentials WHERE user_id = ? AND kind = 'passkey'", person.id);
    assert.deepEqual([row.counter, row.backed_up], [1, 1]);
    assert.ok(Math.abs(row.last_used_at - op.clock.seconds()) < 30);
  });

  test("and it is written down with its methods", async () => {
    const { person, authenticator, browser, page } = await atLogin();
    await signInWith(browser, page, authenticator);
    const rows = await op.rows("SELECT detail FROM audit WHERE event = 'sign_in' AND user_id = ? ORDER BY id", person.id);
    assert.deepEqual(JSON.parse(rows.at(-1).detail), { amr: ["swk", "user", "mfa"] });
  });

  test("in at most 3 trips to D1, and writes at most 7 rows, where a password writes 8", async () => {
    const { authenticator, browser, page } = await atLogin();
    const { passkey, ...fields } = Object.fromEntries(page.form("passkey").controls.filter(({ name }) => name).map(({ name, value }) => [name, value]));
    const form = { ...fields, passkey: authenticator.get(optionsOf(page)) };
    const response = await browser.fetch("/login", { form, measure: true });
    assert.equal(response.status, 303);
    assert.ok(Number(response.headers.get("x-limen-test-d1")) <= 3);
    const written = Number(response.headers.get("x-limen-test-written"));
    assert.ok(written <= 7, `${written} rows`);
  });
});

test("a hundred times in fifteen minutes, and no more: each leaves a row", async () => {
  const { person, authenticator, browser, page } = await atLogin();
  await signInWith(browser, page, authenticator);
  const counted = await op.rows("SELECT key FROM throttles WHERE failures = 2");
  assert.ok(counted.length > 0, "the one that was added, and its use");
  await op.rows("UPDATE throttles SET failures = 100");
  const count = async () => (await op.rows("SELECT COUNT(*) AS n FROM challenges"))[0].n;
  const before = await count();
  const other = op.browser();
  const refused = await signInWith(other, await other.authorize(client), authenticator);
  assert.equal(refused.status, 400);
  assert.equal(await count(), before);
  op.clock.advance({ minutes: 16 });
  const next = await signInWith(other, await other.authorize(client), authenticator);
  assert.notEqual(next.status, 400, person.username);
});

describe("prompts and levels", () => {
  test("prompt=login and max_age=0 ask for it again, and it answers them", async () => {
    for (const params of [{ prompt: "login" }, { max_age: "0" }]) {
      const { person, authenticator, browser } = await atLogin();
      await browser.obtain(client, person);
      op.clock.advance({ minutes: 5 });
      const page = await browser.authorize(client, params);
      assert.ok(page.has("passkey"));
      const next = await signInWith(browser, page, authenticator);
      next.request = page.request;
      const claims = claimsOf((await tokensAfter(browser, next)).id_token);
      assert.ok(Math.abs(claims.auth_time - op.clock.seconds()) < 30);
    }
  });

  const essential = (values) => ({ claims: JSON.stringify({ id_token: { acr: { essential: true, values } } }) });

  test("an essential phr is met by a passkey, and not by a password", async () => {
    const { person, authenticator, browser } = await atLogin();
    await browser.obtain(client, person);
    const page = await browser.authorize(client, essential(["phr"]));
    assert.ok(page.has("passkey"), "a password was not enough");
    const next = await signInWith(browser, page, authenticator);
    next.request = page.request;
    assert.equal(claimsOf((await tokensAfter(browser, next)).id_token).acr, "phr");
    const other = op.browser();
    const { controls } = (await other.authorize(client, essential(["phr"]))).form("passkey");
    const fields = Object.fromEntries(controls.filter(({ name }) => name && name !== "cancel").map(({ name, value }) => [name, value]));
    const refused = await other.open("/login", { form: { ...fields, username: person.username, password: person.password } });
    assert.ok(!refused.callback && !refused.has("code"), refused.text);
    assert.equal(await other.sessionCookie(), undefined);
  });

  test("an essential 1 is met by a passkey, and told as 1", async () => {
    const { authenticator, browser } = await atLogin();
    const page = await browser.authorize(client, essential(["1"]));
    const next = await signInWith(browser, page, authenticator);
    next.request = page.request;
    assert.equal(claimsOf((await tokensAfter(browser, next)).id_token).acr, "1");
  });

  test("phrh, which would need attestation, is never met", async () => {
    const page = await op.browser().authorize(client, essential(["phrh"]));
    assert.equal(page.callback.get("error"), "unmet_authentication_requirements");
  });
});

describe("an answer is refused, each for its own reason", () => {
  const other = new Authenticator(op);
  const cases = {
    "of a page of another origin": [{ clientData: { origin: "https://evil.test" } }, "the origin is another one"],
    "of a framed page": [{ clientData: { crossOrigin: true } }, "the page was in a frame of another origin"],
    "of another kind of ceremony": [{ clientData: { type: "webauthn.create" } }, "the client data is of another kind of ceremony"],
    "for another site": [{ rpId: "evil.test" }, "the RP ID is another one"],
    "without a person there": [{ flags: 4 | 8 }, "nobody was present"],
    "without user verification": [{ flags: 1 | 8 }, "the authenticator did not verify the person"],
    "backed up though it cannot be": [{ flags: 5 | 16 }, "the key is backed up and cannot be"],
    "eligible no more": [{ flags: 5 }, "whether the key can be backed up has changed"],
    "with a challenge of somebody's own": [{ challenge: Buffer.alloc(56, 7).toString("base64url") }, "the challenge is not one for this browser and this page, or is too old"],
    "signed by another key": [{ privateKey: other.privateKey }, "the signature is wrong"],
    "with a signature that is none": [{ signature: Buffer.from("x") }, "the signature is wrong"],
    "with an empty signature": [{ signature: Buffer.alloc(0) }, "the signature is wrong"],
    "with another person's handle": [{ userHandle: Buffer.from("somebody else") }, "the passkey is another person's"],
    "with no handle": [{ userHandle: null }, "the passkey is another person's"],
  };
  for (const [what, [odd, reason]] of Object.entries(cases)) {
    test(what, async () => {
      const { person, authenticator, browser, page } = await atLogin();
      const answer = await signInWith(browser, page, authenticator, odd);
      assert.equal(answer.status, 400);
      assert.ok(answer.alert);
      assert.equal(await browser.sessionCookie(), undefined);
      assert.equal(await why(person), reason);
      // And nothing was used up.
      const next = await signInWith(browser, answer, authenticator);
      assert.ok(next.asksForConsent, next.text);
    });
  }

  test("with a counter that went back", async () => {
    const { person, authenticator, browser, page } = await atLogin();
    await signInWith(browser, page, authenticator, { counter: 9 });
    const thief = op.browser();
    for (const counter of [9, 8, 0]) {
      const answer = await signInWith(thief, await thief.authorize(client), authenticator, { counter });
      assert.equal(answer.status, 400);
      assert.equal(await why(person), "the signature counter went back: the key may have been copied");
    }
  });

  test("with the credential id of another person", async () => {
    const [ada, bob] = [await atLogin(), await atLogin()];
    const answer = await signInWith(ada.browser, ada.page, ada.authenticator, { rawId: bob.authenticator.id });
    assert.equal(answer.status, 400);
    assert.equal(await why(bob.person), "the passkey is another person's");
    const eve = await atLogin();
    const { id: rawId, userHandle } = eve.authenticator;
    const asEve = await signInWith(ada.browser, answer, ada.authenticator, { rawId, userHandle });
    assert.equal(asEve.status, 400);
    assert.equal(await why(eve.person), "the signature is wrong");
  });

  test("of a passkey that nobody has, and of none at all", async () => {
    const browser = op.browser();
    const page = await browser.authorize(client);
    const stranger = new Authenticator(op);
    stranger.userHandle = Buffer.from("x");
    assert.equal((await signInWith(browser, page, stranger)).status, 400);
    const bad = ["x", "{}", "[]", "null", "{", '{"type":"public-key","rawId":"aWQ","response":{}}', '{"type":"a","type":"a"}'];
    for (const passkey of bad) assert.equal((await browser.submit(page, "passkey", { passkey })).status, 400, passkey);
    const long = JSON.stringify({ type: "public-key", rawId: "A".repeat(87_384), response: {} });
    assert.equal((await browser.submit(page, "passkey", { passkey: long })).status, 400);
  });

  test("of somebody who is disabled, whose challenge is not used up", async () => {
    const { person, authenticator, browser, page } = await atLogin();
    await op.changePerson(person, { disabled: true });
    const refused = await signInWith(browser, page, authenticator);
    assert.equal(refused.status, 400);
    await op.changePerson(person, { disabled: false });
    assert.ok((await signInWith(browser, page, authenticator)).asksForConsent);
  });
});

describe("a challenge", () => {
  test("counts once, also 20 times at once", async () => {
    const { authenticator, browser, page } = await atLogin({ counts: false });
    const fields = Object.fromEntries(page.form("passkey").controls.filter(({ name }) => name).map(({ name, value }) => [name, value]));
    const form = { ...fields, passkey: authenticator.get(optionsOf(page)) };
    const responses = await Promise.all(Array.from({ length: 20 }, () => browser.fetch("/login", { form })));
    assert.equal(responses.filter(({ status }) => status === 303).length, 1);
    assert.equal((await browser.fetch("/login", { form })).status, 400);
  });

  test("is worthless in another browser, for another request, and for another purpose", async () => {
    const { authenticator, browser, page } = await atLogin();
    const elsewhere = op.browser();
    const answer = authenticator.get(optionsOf(page));
    const there = await elsewhere.submit(await elsewhere.authorize(client), "passkey", { passkey: answer });
    assert.equal(there.status, 400);
    assert.match(there.alert, /open for too long/);
    const second = await browser.authorize(client, { state: "another" });
    assert.equal((await browser.submit(second, "passkey", { passkey: answer })).status, 400);
    assert.equal((await browser.submit(await browser.open("/account"), "passkey", { passkey: answer })).status, 400);
    const own = op.browser();
    const forAdding = optionsOf(await own.signIn(await own.open("/login?page=passkeys"), await op.person()));
    assert.equal((await signInWith(browser, page, authenticator, { challenge: forAdding.challenge })).status, 400);
  });

  test("expires after an hour, and then the page says so", async () => {
    const { authenticator, browser } = await atLogin();
    const page = await browser.open("/account");
    op.clock.advance({ minutes: 61 });
    const late = await signInWith(browser, page, authenticator);
    assert.match(late.alert, /open for too long/);
    assert.equal((await signInWith(browser, late, authenticator)).url, op.url("/account"));
  });

  test("is no row until it is answered, and that row is deleted", async () => {
    const count = async () => (await op.rows("SELECT COUNT(*) AS n FROM challenges"))[0].n;
    const { authenticator, browser } = await atLogin();
    const before = await count();
    const page = await browser.open("/login?page=overview");
    await browser.open("/login?page=overview");
    assert.equal(await count(), before);
    await signInWith(browser, page, authenticator);
    assert.equal(await count(), before + 1);
    op.clock.advance({ days: 2 });
    await op.cron();
    assert.equal(await count(), 0);
  });
});

test("two passkeys of one person both work, and a removed one does not", async () => {
  const { person, authenticator, browser } = await atLogin();
  const second = new Authenticator(op);
  await withPasskey(op, person, second, authenticator);
  for (const one of [authenticator, second]) {
    const fresh = op.browser();
    assert.equal((await signInWith(fresh, await fresh.open("/account"), one)).url, op.url("/account"));
  }
  const { passkeys } = await op.json(`/admin/api/users/${person.id}/passkeys`, { bearer: op.adminToken });
  assert.equal(passkeys.length, 2);
  const gone = await op.admin(`/admin/api/users/${person.id}/passkeys/${passkeys[0].id}`, { method: "DELETE" });
  assert.equal(gone.status, 204);
  const answers = [];
  for (const one of [authenticator, second]) answers.push((await signInWith(browser, await browser.open("/login?page=overview"), one)).status);
  assert.deepEqual(answers.toSorted(), [200, 400]);
});
