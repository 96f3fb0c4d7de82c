// Adding, naming and removing passkeys (WebAuthn Level 3 section 7.1).

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { isSignedOut, notice, signedIn } from "../account/support.mjs";
import { Authenticator, cbor, optionsOf, signInWith, withPasskey } from "../support/authenticator.mjs";
import { App, recoveryCodesOf } from "../support/codes.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();

const passkeysOf = async (person) => (await op.json(`/admin/api/users/${person.id}/passkeys`, { bearer: op.adminToken })).passkeys;

/** Somebody at the page of their passkeys. */
async function atPasskeys() {
  const person = await op.person();
  const browser = await signedIn(op, person);
  return { person, browser, page: await browser.open("/account/passkeys") };
}

/** A passkey that nobody has, as it is stored. */
const KEY = JSON.stringify({ id: "aWQ", alg: "ES256", jwk: {}, aaguid: "", transports: [], backup_eligible: false });

/** The page for somebody who has just shown their passkey. */
const atPasskeysWith = async (authenticator, browser) =>
  signInWith(browser, await browser.open("/login?page=passkeys"), authenticator);

const add = (browser, page, authenticator, odd, fields = {}) =>
  browser.submit(page, "passkey", { passkey: authenticator.create(optionsOf(page), odd), ...fields });

describe("the browser is asked", () => {
  test("for a discoverable passkey that verifies its person, without attestation, beside those that there are", async () => {
    const { person, browser, page } = await atPasskeys();
    const authenticator = new Authenticator(op);
    const first = optionsOf(page);
    assert.deepEqual(first.rp, { id: "id.limen.test", name: "id.limen.test" });
    assert.equal(Buffer.from(first.user.id, "base64url").toString(), person.id);
    assert.deepEqual([first.user.name, first.attestation], [person.username, "none"]);
    assert.deepEqual(first.authenticatorSelection, { residentKey: "required", requireResidentKey: true, userVerification: "required" });
    assert.deepEqual(first.pubKeyCredParams.map(({ alg }) => alg), [-8, -7, -257]);
    assert.deepEqual(first.excludeCredentials, []);
    await add(browser, page, authenticator);
    const again = await atPasskeysWith(authenticator, browser);
    assert.deepEqual(optionsOf(again).excludeCredentials, [{ type: "public-key", id: authenticator.id.toString("base64url") }]);
  });

  test("by a script with a nonce, and by nothing inline", async () => {
    const { page } = await atPasskeys();
    const [script] = page.elements("script");
    assert.ok(page.headers.get("content-security-policy").includes(`script-src 'nonce-${script.nonce}'`));
    const response = await op.fetch(script.src);
    assert.match(response.headers.get("content-type"), /^text\/javascript/);
    assert.match(response.headers.get("cache-control"), /max-age=31536000/);
  });
});

describe("a passkey", () => {
  test("is added with a name, listed with what made it, and told by the account's copy and the activity", async () => {
    const { person, browser, page } = await atPasskeys();
    const aaguid = Buffer.from("bada5566a7aa401fbd9645619a55120d", "hex");
    const added = await add(browser, page, new Authenticator(op, { aaguid }), {}, { name: " My\u200b phone " });
    assert.match(notice(added), /passkey is added/);
    assert.match(added.text, /My phone/);
    assert.match(added.text, /1Password/);
    assert.match(added.text, /Not used yet/);
    const [{ id, ...passkey }] = await passkeysOf(person);
    assert.equal(id.length, 43);
    assert.deepEqual(
      { ...passkey, created_at: 0 },
      { name: "My phone", provider: "1Password", aaguid: "bada5566-a7aa-401f-bd96-45619a55120d", alg: "ES256", transports: ["internal"], backup_eligible: true, backed_up: true, created_at: 0, last_used_at: null },
    );
    const copy = JSON.parse((await browser.open("/account/data/download")).html);
    assert.deepEqual(copy.passkeys, await passkeysOf(person));
    assert.ok(!JSON.stringify(copy).includes("jwk"));
    assert.match((await browser.open("/account/activity")).text, /A passkey was added/);
    assert.match((await browser.open("/account")).text, /1 passkey/);
  });

  test("is renamed at any time, by its person alone", async () => {
    const person = await op.person();
    const { browser } = await withPasskey(op, person);
    const [{ id }] = await passkeysOf(person);
    op.clock.advance({ minutes: 11 });
    const page = await browser.open("/account/passkeys");
    await browser.submit(page, "rename", { rename: id, name: "x".repeat(200) });
    assert.equal((await passkeysOf(person))[0].name, "x".repeat(60));
    const { browser: stranger, page: theirs } = await atPasskeys();
    const csrf = theirs.form("csrf").controls.find(({ name }) => name === "csrf").value;
    await stranger.open("/account/passkeys", { form: { csrf, rename: id, name: "mine" } });
    await stranger.open("/account/passkeys", { form: { csrf, remove: id } });
    assert.equal((await passkeysOf(person))[0].name, "x".repeat(60));
    await browser.submit(page, "rename", { rename: id, name: " " });
    assert.equal((await passkeysOf(person))[0].name, null);
  });

  test("is removed, and then signs nobody in", async () => {
    const person = await op.person();
    const { browser, authenticator } = await withPasskey(op, person);
    const page = await atPasskeysWith(authenticator, browser);
    const [{ id }] = await passkeysOf(person);
    const removed = await browser.submit(page, "remove", { remove: id });
    assert.match(notice(removed), /does not work here any more/);
    assert.deepEqual(await passkeysOf(person), []);
    const other = op.browser();
    assert.equal((await signInWith(other, await other.open("/account"), authenticator)).status, 400);
    const events = await op.rows("SELECT event FROM audit WHERE user_id = ? AND event LIKE 'passkey%' ORDER BY id", person.id);
    assert.deepEqual(events.map(({ event }) => event), ["passkey_added", "passkey_removed"]);
  });

  test("that is the only way in cannot be removed, also where two are at once", async () => {
    const person = await op.person();
    const { authenticator: first } = await withPasskey(op, person);
    const { browser } = await withPasskey(op, person, new Authenticator(op), first);
    await op.rows("DELETE FROM credentials WHERE user_id = ? AND kind = 'password'", person.id);
    const page = await browser.open("/account/passkeys");
    const ids = (await passkeysOf(person)).map(({ id }) => id);
    const csrf = page.form("csrf").controls.find(({ name }) => name === "csrf").value;
    await Promise.all(ids.map((id) => browser.fetch("/account/passkeys", { form: { csrf, remove: id } })));
    const left = await passkeysOf(person);
    assert.equal(left.length, 1);
    const last = await browser.submit(await browser.open("/account/passkeys"), "rename", { rename: "", remove: left[0].id });
    assert.equal(last.status, 400);
    assert.match(last.alert, /only way/);
  });

  test("goes with its person", async () => {
    const person = await op.person();
    await withPasskey(op, person);
    assert.equal((await op.admin(`/admin/api/users/${person.id}`, { method: "DELETE" })).status, 204);
    assert.deepEqual(await op.rows("SELECT id FROM credentials WHERE user_id = ?", person.id), []);
  });
});

describe("to add or remove one takes a sign-in of just now", () => {
  test("an older one has to be confirmed first", async () => {
    const person = await op.person();
    const { browser, authenticator } = await withPasskey(op, person);
    const fresh = await atPasskeysWith(authenticator, browser);
    const [{ id }] = await passkeysOf(person);
    op.clock.advance({ minutes: 11 });
    const late = await add(browser, fresh, new Authenticator(op));
    assert.ok(!late.has("add") && /first confirm/.test(late.text), late.text);
    await browser.submit(fresh, "remove", { remove: id });
    assert.equal((await passkeysOf(person)).length, 1);
    const confirm = await browser.open(late.elements("a").find(({ id }) => id === "confirm").href);
    assert.match(confirm.text, /Confirm it’s you/);
    const again = await signInWith(browser, confirm, authenticator);
    assert.equal(again.url, op.url("/account/passkeys"));
    assert.ok(again.has("add"));
  });

  for (const second of ["optional", "off"]) {
    test(`a password is not enough for somebody who has a passkey, wherever one adds or removes something (SECOND_FACTOR=${second})`, async () => {
      const one = await startLimen({ vars: { SECOND_FACTOR: second } });
      const [person, thief, own] = [await one.person(), one.browser(), new Authenticator(one)];
      const pathOf = ({ url }) => new URL(url).pathname;
      const rows = () => one.rows("SELECT id FROM credentials WHERE user_id = ? AND kind IN ('passkey', 'totp')", person.id);
      // Forms of when the person had nothing else yet.
      const early = await thief.signIn(await thief.open("/login?page=passkeys"), person);
      const offer = await thief.open("/passkeys/offer?page=overview");
      assert.equal(pathOf(offer), "/passkeys/offer");
      const newApp = second === "off" ? undefined : await thief.open("/account/second_factors/new");
      const { authenticator } = await withPasskey(one, person);
      const before = await rows();
      assert.equal(before.length, 1);
      await add(thief, early, own);
      await thief.submit(early, "passkey", { passkey: "", remove: before[0].id });
      await thief.submit(offer, "add", { passkey: own.create(optionsOf(offer)) });
      if (newApp) await thief.submit(newApp, "secret", { code: new App(one, newApp).code() });
      assert.deepEqual(await rows(), before, "with forms that were opened before");
      for (const page of ["/account/passkeys", "/account/second_factors", "/account/second_factors/new", "/passkeys/offer?page=passkeys"]) {
        const shown = await thief.open(page);
        assert.ok(!shown.has("add") && !shown.has("secret") && !shown.has("remove"), `${page}: ${shown.text}`);
      }
      const asked = await thief.signIn(await thief.open("/login?page=passkeys"), person);
      assert.ok(!asked.has("secret") && !asked.has("code") && !asked.has("add"), asked.text);
      const phr = { claims: JSON.stringify({ id_token: { acr: { essential: true, value: "phr" } } }) };
      assert.ok(!(await thief.authorize(await one.client(), phr)).callback);
      assert.deepEqual(await rows(), before);
      // Whoever shows it goes on.
      const there = await atPasskeysWith(authenticator, thief);
      assert.equal(there.url, one.url("/account/passkeys"));
      await add(thief, there, own);
      assert.equal((await rows()).length, 2);
    });
  }

  test("where the deployment takes no passkeys any more, one does not count", async () => {
    const one = await startLimen({ vars: { SIGN_IN: "password" } });
    const person = await one.person();
    await one.rows("INSERT INTO credentials (id, user_id, kind, secret, created_at) VALUES ('k', ?, 'passkey', ?, 0)", person.id, KEY);
    const browser = await signedIn(one, person);
    const page = await browser.open("/account/second_factors/new");
    const added = await browser.submit(page, "secret", { code: new App(one, page).code() });
    assert.equal(recoveryCodesOf(added).length, 10);
  });
});

describe("a registration is refused", () => {
  const cose = (alg) => cbor([[1, 2], [3, alg], [-1, 1], [-2, Buffer.alloc(32, 1)], [-3, Buffer.alloc(32, 2)]]);
  const twice = cbor([[1, 2], [3, -7], [3, -7], [-1, 1], [-2, Buffer.alloc(32, 1)], [-3, Buffer.alloc(32, 2)]]);
  const cases = {
    "of a page of another origin": { clientData: { origin: "https://evil.test" } },
    "for another site": { rpId: "evil.test" },
    "with a challenge of somebody's own": { challenge: Buffer.alloc(56, 7).toString("base64url") },
    "of another kind of ceremony": { clientData: { type: "webauthn.get" } },
    "without user verification": { flags: 1 },
    "without a person there": { flags: 4 },
    "with a key under no algorithm": { cose: cose(0) },
    "with a key under an algorithm that was not asked for": { cose: cose(-35) },
    "with a key that has a member twice": { cose: twice },
    "with a key that is cut off": { cose: cose(-7).subarray(0, -1) },
    "with CBOR that is cut off": { attestationObject: cbor([["fmt", "none"]]).subarray(0, -1) },
    "with CBOR that is none": { attestationObject: Buffer.alloc(60_000, 0x81) },
    "with a credential id that is too long": { id: Buffer.alloc(1_024, 1) },
    "with a credential id of 64 KB": { id: Buffer.alloc(65_535, 1) },
    "with another credential id than the key's": { rawId: Buffer.alloc(32, 1) },
  };
  for (const [what, odd] of Object.entries(cases)) {
    test(what, async () => {
      const { person, browser, page } = await atPasskeys();
      const answer = await add(browser, page, new Authenticator(op), odd);
      assert.ok([400, 413].includes(answer.status), `${answer.status}`);
      assert.deepEqual(await passkeysOf(person), []);
    });
  }

  test("of what is no credential", async () => {
    const { browser, page } = await atPasskeys();
    for (const passkey of ["x", "{}", "[1]", '{"type":"public-key","rawId":"aWQ","response":{}}'])
      assert.equal((await browser.submit(page, "passkey", { passkey })).status, 400, passkey);
  });

  test("where another account has the credential", async () => {
    const authenticator = new Authenticator(op);
    const first = await op.person();
    await withPasskey(op, first, authenticator);
    const { person, browser, page } = await atPasskeys();
    const answer = await add(browser, page, authenticator);
    assert.equal(answer.status, 400);
    assert.match(answer.alert, /added before/);
    assert.deepEqual(await passkeysOf(person), []);
    assert.equal((await passkeysOf(first)).length, 1);
  });

  test("with a challenge that was answered, also 10 times at once, or that another session was given", async () => {
    const { person, browser, page } = await atPasskeys();
    const fields = Object.fromEntries(page.form("passkey").controls.filter(({ name }) => name).map(({ name, value }) => [name, value]));
    const forms = Array.from({ length: 10 }, () => ({ ...fields, passkey: new Authenticator(op).create(optionsOf(page)) }));
    await Promise.all(forms.map((form) => browser.fetch("/account/passkeys", { form })));
    assert.equal((await passkeysOf(person)).length, 1);
    const stranger = await atPasskeys();
    const passkey = new Authenticator(op).create(optionsOf((await atPasskeys()).page));
    assert.equal((await stranger.browser.submit(stranger.page, "passkey", { passkey })).status, 400);
  });

  test("beyond twenty", async () => {
    const { person, browser, page } = await atPasskeys();
    for (let n = 0; n < 20; n++)
      await op.rows(
        "INSERT INTO credentials (id, user_id, kind, secret, created_at) VALUES (?, ?, 'passkey', ?, 0)",
        `k${n} of ${person.id}`,
        person.id,
        KEY,
      );
    await op.rows("UPDATE sessions SET acr = 'phr' WHERE user_id = ?", person.id);
    const answer = await add(browser, page, new Authenticator(op));
    assert.equal(answer.status, 400);
    assert.match(answer.alert, /as many passkeys/);
  });

  test("without the form of this browser and session", async () => {
    const { person, browser, page } = await atPasskeys();
    const passkey = new Authenticator(op).create(optionsOf(page));
    assert.equal((await browser.fetch("/account/passkeys", { form: { passkey } })).status, 403);
    assert.equal((await op.browser().fetch("/account/passkeys", { form: { passkey, csrf: "x" } })).status, 303);
    assert.deepEqual(await passkeysOf(person), []);
  });
});

describe("somebody who has just signed in with a passkey", () => {
  /** Somebody without a password. */
  async function withoutPassword() {
    const person = await op.person();
    const { authenticator } = await withPasskey(op, person);
    await op.rows("DELETE FROM credentials WHERE user_id = ? AND kind = 'password'", person.id);
    const browser = op.browser();
    await signInWith(browser, await browser.open("/account"), authenticator);
    return { person, authenticator, browser };
  }

  test("changes their address and sets a password without giving one", async () => {
    const { person, browser } = await withoutPassword();
    const page = await browser.open("/account/email");
    assert.ok(!page.has("current_password"));
    const changed = await browser.submit(page, "email", { email: `new-${person.email}` });
    assert.match(notice(changed), /changed/);
    const words = "three random words";
    const set = await browser.submit(await browser.open("/account/password"), "new_password", { new_password: words, repeat_password: words });
    assert.match(notice(set), /password is changed/);
    assert.ok(await signedIn(op, { ...person, password: words }));
  });

  test("a while later has to confirm first", async () => {
    const { person, authenticator, browser } = await withoutPassword();
    op.clock.advance({ minutes: 11 });
    const page = await browser.open("/account/delete");
    assert.ok(!page.has("current_password"), "they have none");
    const refused = await browser.submit(page, "confirm", { confirm: "yes", current_password: "anything" });
    assert.equal(refused.status, 400);
    const confirm = await browser.open(page.elements("a").find(({ href }) => href.startsWith("/login")).href);
    const back = await signInWith(browser, confirm, authenticator);
    assert.equal(back.url, op.url("/account/delete"));
    const gone = await browser.submit(back, "confirm", { confirm: "yes" });
    assert.equal(gone.url, op.url("/account/deleted"));
    assert.ok(await isSignedOut(browser));
    assert.equal((await op.admin(`/admin/api/users/${person.id}`)).status, 404);
  });

  test("keeps the time of the passkey where a password is changed", async () => {
    const person = await op.person();
    const { authenticator } = await withPasskey(op, person);
    const browser = op.browser();
    await signInWith(browser, await browser.open("/account"), authenticator);
    const at = op.clock.seconds();
    op.clock.advance({ minutes: 11 });
    const words = "three random words";
    const form = { current_password: person.password, new_password: words, repeat_password: words };
    const set = await browser.submit(await browser.open("/account/password"), "new_password", form);
    assert.match(notice(set), /password is changed/);
    const [row] = await op.rows("SELECT auth_time, acr FROM sessions WHERE user_id = ?", person.id);
    assert.equal(row.acr, "phr");
    assert.ok(Math.abs(row.auth_time - at) < 30, "the passkey was shown then");
  });
});
