// What a stranger, a person and a client can store at most (docs/storage.md).

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { asserted, assertion, keyPair } from "../support/assertion.mjs";
import { Client } from "../support/client.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen({ vars: { REGISTRATION: "open", SIGNUP: "open", CLIENT_ID_METADATA_DOCUMENTS: "on" } });
const REDIRECT_URI = "https://app.acme.test/callback";

async function count(table, condition = "TRUE", ...values) {
  const [{ n }] = await op.rows(`SELECT COUNT(*) AS n FROM ${table} WHERE ${condition}`, ...values);
  return n;
}

/** Inserts `n` rows straight into a table: their columns as SQL, in which `n` counts from 0. */
async function insert(table, n, row) {
  const numbers = `WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < ${n - 1})`;
  const sql = `INSERT INTO ${table} (${Object.keys(row).join(", ")}) ${numbers} SELECT ${Object.values(row).join(", ")} FROM n`;
  await op.db.prepare(sql).run();
}

const register = (metadata, init) => op.fetch("/register", { json: { redirect_uris: [REDIRECT_URI], ...metadata }, ...init });

async function openClient(metadata, address) {
  const response = await register(metadata, { address });
  assert.equal(response.status, 201, await response.clone().text());
  return new Client(op, await response.json());
}

describe("a stranger", () => {
  test("registers 20 clients from a network in 15 minutes, wherever in a /48 they are", async () => {
    const before = await count("clients");
    for (let n = 0; n < 400; n++) await register({}, { address: `2001:db8:77:${n.toString(16)}::1` });
    assert.equal((await count("clients")) - before, 20);
    op.clock.advance({ minutes: 16 });
    for (let n = 0; n < 40; n++) await register({}, { address: "2001:db8:77::1" });
    assert.equal((await count("clients")) - before, 40);
  });

  test("registers no client of more than 16 KiB", async () => {
    const uris = (n) => ({ redirect_uris: Array.from({ length: n }, (_, i) => `${REDIRECT_URI}/${"a".repeat(1_800)}${i}`) });
    const large = await register(uris(10), { address: "192.0.2.10" });
    assert.deepEqual([large.status, (await large.json()).error], [400, "invalid_client_metadata"]);
    const client = await openClient(uris(8), "192.0.2.11");
    const { registration_client_uri: uri, registration_access_token: bearer } = client.registered;
    assert.equal((await op.fetch(uri, { method: "PATCH", json: uris(10), bearer })).status, 400);
    assert.equal((await register(uris(10), { bearer: op.adminToken })).status, 201, "the operator may");
  });

  test("leaves 10,000 clients that nobody uses, and those of the last day", async () => {
    const issued_at = op.clock.seconds() - 3 * 86_400;
    const at = `${issued_at} + n / 16`;
    const row = { version: 1, metadata: "'{}'", auth_method: "'none'", updated_at: issued_at, issued_at: at, unused_since: at };
    await insert("clients", 10_030, { id: "'open-' || n", registered_openly: 1, ...row });
    await insert("clients", 10_030, { id: "'https://d.test/' || n", document_fresh_until: at, ...row });
    const recent = await openClient({}, "192.0.2.12");
    await op.cron();
    assert.equal(await count("clients", "id LIKE 'open-%' OR registered_openly AND issued_at < ?", op.clock.seconds() - 86_400), 10_000);
    assert.equal(await count("clients", "document_fresh_until IS NOT NULL"), 10_000);
    assert.equal(await count("clients", "id IN ('open-0', ?)", recent.id), 1, "the oldest went");
    await op.db.prepare("DELETE FROM clients WHERE id LIKE 'open-%' OR document_fresh_until IS NOT NULL").run();
  });

  test("leaves 10,000 clients that were used once, however new, and none that is used every day", async () => {
    const issued_at = op.clock.seconds() - 3 * 86_400;
    const at = `${issued_at} + n / 16`;
    const row = { version: 1, metadata: "'{}'", auth_method: "'none'", updated_at: issued_at, issued_at: at, unused_since: at };
    await insert("clients", 10_030, { id: "'used-' || n", registered_openly: 1, last_used_at: at, ...row });
    const daily = `'${op.clock.seconds() - 80_000}'`;
    await insert("clients", 1, { id: "'daily'", registered_openly: 1, ...row, unused_since: daily, last_used_at: daily });
    await op.db.prepare("DELETE FROM leases").run();
    await op.cron();
    assert.equal(await count("clients", "id LIKE 'used-%'"), 10_000);
    assert.equal(await count("clients", "id IN ('used-0', 'daily')"), 1, "the one that was not used for longest went");
    await op.db.prepare("DELETE FROM clients WHERE id LIKE 'used-%' OR id = 'daily'").run();
  });

  test("leaves nothing of what it made Limen fetch, once its minute is over", async () => {
    const fetch = async (n, address) => {
      const client_id = `https://app${n}.acme.test/client.json`;
      const metadata = { client_id, redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: "none" };
      op.serve(client_id, { json: metadata, headers: { "content-type": "application/json" } });
      const client = new Client(op, metadata);
      assert.equal((await op.fetch(client.authorizePath(), { address })).status, 303);
    };
    for (let n = 0; n < 50; n++) await fetch(n, "192.0.2.15");
    assert.equal(await count("fetches"), 50);
    op.clock.advance({ minutes: 2 });
    for (let n = 50; n < 55; n++) await fetch(n, "192.0.2.16");
    assert.equal(await count("fetches"), 5, "ten go for each that comes");
    op.clock.advance({ minutes: 2 });
    await op.db.prepare("DELETE FROM leases").run();
    await op.cron();
    assert.equal(await count("fetches"), 0);
  });

  test("guesses at 400 names: 100 are counted, and 250 at most are written down", async () => {
    const client = await openClient({}, "192.0.2.13");
    const before = await count("throttles");
    const browser = op.browser({ address: "192.0.2.14" });
    const page = await browser.authorize(client);
    for (let n = 0; n < 400; n++) {
      await browser.submit(page, "password", { username: `nobody-${n}`, password: "a wrong guess" });
    }
    assert.ok((await count("throttles")) - before <= 110, `${await count("throttles")} counters`);
    assert.ok((await count("audit", "event = 'sign_in_failed'")) <= 250);
  });
});

describe("a person", () => {
  test("has 30 codes at most for an app", async () => {
    const [client, ada, browser] = [await openClient({}, "192.0.2.20"), await op.person(), op.browser()];
    const { code, ...grant } = await browser.obtain(client, ada);
    op.clock.advance({ seconds: 2 });
    for (let n = 0; n < 40; n++) await browser.obtain(client, ada, { prompt: "none" });
    assert.equal(await count("codes", "user_id = ?", ada.id), 30);
    assert.equal((await client.redeem({ code, ...grant })).status, 400, "the oldest went");
    assert.ok(await client.tokens(await browser.obtain(client, ada)), "the newest works");
  });

  test("who signs in often loses no code that is not redeemed yet, and 30 that were are known again", async () => {
    const [client, ada, browser] = [await openClient({}, "192.0.2.23"), await op.person(), op.browser()];
    const waiting = [await browser.obtain(client, ada)];
    for (let n = 1; n < 10; n++) waiting.push(await browser.obtain(client, ada, { prompt: "none" }));
    op.clock.advance({ seconds: 2 });
    const used = [];
    for (let n = 0; n < 40; n++) {
      used.push(await browser.obtain(client, ada, { prompt: "none" }));
      await client.tokens(used.at(-1));
      // In one second they would go in any order.
      await op.rows("UPDATE codes SET used_at = used_at + ? WHERE user_id = ? AND used_at = (SELECT MAX(used_at) FROM codes WHERE user_id = ?)", n, ada.id, ada.id);
    }
    await browser.obtain(client, ada, { prompt: "none" });
    assert.equal(await count("codes", "user_id = ? AND used_at IS NOT NULL", ada.id), 30);
    for (const grant of waiting) await client.tokens(grant);
    const again = await client.redeem(used.at(-1));
    assert.match((await again.json()).error_description, /used/);
  });

  test("has 100 lines of tokens at most with an app: the one that was least used goes", async () => {
    const [client, ada, browser] = [await openClient({ grant_types: ["authorization_code", "refresh_token"] }, "192.0.2.21"), await op.person(), op.browser()];
    const first = await client.tokens(await browser.obtain(client, ada));
    op.clock.advance({ seconds: 2 });
    const second = await client.tokens(await browser.obtain(client, ada));
    op.clock.advance({ seconds: 2 });
    for (let n = 2; n < 100; n++) await client.tokens(await browser.obtain(client, ada));
    op.clock.advance({ seconds: 2 });
    const used = await client.refreshed(first.refresh_token);
    await client.tokens(await browser.obtain(client, ada));
    assert.equal(await count("token_families", "user_id = ?", ada.id), 100);
    assert.equal((await client.refresh(second.refresh_token)).status, 400);
    assert.equal((await client.refresh(used.refresh_token)).status, 200);
  });

  test("allows 300 apps at most something: the one that was least used goes", async () => {
    const [client, ada] = [await openClient({}, "192.0.2.22"), await op.person()];
    const at = op.clock.seconds() - 1_000;
    const app = { id: "'app-' || n", version: 1, metadata: "'{}'", auth_method: "'none'", issued_at: at, updated_at: at };
    await insert("clients", 300, app);
    const [user_id, client_id] = [`'${ada.id}'`, "'app-' || n"];
    const grant = { id: "'g-' || n", user_id, client_id, scope: "'[]'", created_at: at, updated_at: `${at} + n` };
    await insert("grants", 300, grant);
    assert.ok(await client.tokens(await op.browser().obtain(client, ada)));
    assert.equal(await count("grants", "user_id = ?", ada.id), 300);
    assert.equal(await count("grants", "id = 'g-0'"), 0);
  });

  test("stores no nonce of more than 512 bytes and no claims of more than 2,048", async () => {
    const [client, ada, browser] = [await openClient({}, "192.0.2.23"), await op.person(), op.browser()];
    await browser.obtain(client, ada);
    const claims = (n) => JSON.stringify({ id_token: { name: { values: ["a".repeat(n)] } } });
    for (const [params, fits] of [
      [{ nonce: "n".repeat(512) }, true],
      [{ nonce: "n".repeat(513) }, false],
      [{ claims: claims(1_900) }, true],
      [{ claims: claims(2_049) }, false],
    ]) {
      const { callback } = await browser.authorize(client, { prompt: "none", ...params });
      assert.equal(callback.get("error"), fits ? null : "invalid_request");
    }
    const size = "SELECT MAX(length(nonce) + length(claims)) AS bytes FROM codes WHERE user_id = ?";
    const [{ bytes }] = await op.rows(size, ada.id);
    assert.ok(bytes < 2_600, `${bytes} bytes`);
  });

  test("signs up 20 times from a network in 15 minutes", async () => {
    const client = await openClient({}, "192.0.2.24");
    const before = await count("users");
    for (let n = 0; n < 25; n++) {
      const browser = op.browser({ address: "192.0.2.25" });
      const page = await browser.authorize(client, { prompt: "create" });
      const username = `nora-${n}`;
      await browser.submit(page, "email", { name: "Nora", email: `${username}@people.test`, username, password: "three random words" });
    }
    assert.equal((await count("users")) - before, 20);
  });

  test("leaves 200 notices at most for an app that does not answer", async () => {
    const [client, ada] = [await openClient({}, "192.0.2.26"), await op.person()];
    const at = op.clock.seconds();
    const [client_id, user_id] = [`'${client.id}'`, `'${ada.id}'`];
    const notice = { id: "'n-' || n", client_id, user_id, session_id: "'s'", attempts: 0, due_at: at + 999, created_at: at };
    await insert("logout_outbox", 250, notice);
    assert.equal(await count("logout_outbox", "user_id = ?", ada.id), 200);
    assert.equal(await count("logout_outbox", "id = 'n-249'"), 1);
  });
});

describe("a client", () => {
  test("has 1,000 pushed requests at most", async () => {
    const client = await op.client();
    const later = op.clock.seconds() + 60;
    const pushed = { hash: "'h-' || n", client_id: `'${client.id}'`, query: "'x'", expires_at: later };
    await insert("pushed_requests", 1_000, pushed);
    assert.equal((await client.post("/par", client.request().params)).status, 201);
    assert.equal(await count("pushed_requests", "client_id = ?", client.id), 1_000);
    assert.equal(await count("pushed_requests", "hash = 'h-0'"), 0, "the oldest went");
  });

  test("that is public keeps what others have pushed, however much strangers push", async () => {
    const client = await op.publicClient();
    const later = op.clock.seconds() + 60;
    const pushed = { hash: "'p-' || n", client_id: `'${client.id}'`, query: "'x'", expires_at: later };
    await insert("pushed_requests", 1_200, pushed);
    assert.equal((await client.post("/par", client.request().params)).status, 201);
    assert.equal(await count("pushed_requests", "hash = 'p-0'"), 1);
  });
});

describe("a client that anybody can be, and that proves itself by assertions", () => {
  const MOST = 1_000;
  const ways = ["authorization_code", "refresh_token"];

  async function openClientWithKey(address) {
    const key = await keyPair("ES256");
    const proof = { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [key.jwk] } };
    const client = await openClient({ grant_types: ways, ...proof }, address);
    client.key = key;
    return client;
  }

  /** Lets `address` have used up `used` assertions. */
  async function haveUsedUp(client, used, address) {
    const keys = async () => (await op.rows("SELECT key FROM throttles")).map(({ key }) => key);
    const before = await keys();
    assert.equal((await client.introspect("x", {}, { address })).active, false);
    const [counter, ...others] = (await keys()).filter((key) => !before.includes(key));
    assert.deepEqual(others, []);
    await op.db.prepare("UPDATE throttles SET failures = ? WHERE key = ?").bind(used, counter).run();
  }

  test(`uses up ${MOST} from a network in 15 minutes, and then nothing`, async () => {
    const [client, ada, browser] = [await openClientWithKey("192.0.2.30"), await op.person(), op.browser()];
    const [here, elsewhere] = [{ address: "192.0.2.31" }, { address: "192.0.2.32" }];
    const tokens = await client.tokens(await browser.obtain(client, ada), {}, elsewhere);
    await haveUsedUp(client, MOST - 1, here.address);
    assert.equal((await client.introspect(tokens.access_token, {}, here)).active, true, "the last one");
    const grant = await browser.obtain(client, ada);
    const auth = asserted(await assertion(client, client.key));
    const stored = await count("replay");
    const refused = {
      redeem: await client.redeem(grant, {}, { ...here, auth }),
      refresh: await client.refresh(tokens.refresh_token, {}, here),
      introspect: await client.post("/introspect", { token: tokens.access_token }, here),
      revoke: await client.revoke(tokens.refresh_token, {}, here),
      push: await client.post("/par", client.request().params, here),
    };
    for (const [what, response] of Object.entries(refused)) {
      const { error } = await response.json();
      assert.deepEqual([response.status, error], [429, "temporarily_unavailable"], what);
      assert.ok(Number(response.headers.get("retry-after")) > 0, what);
    }
    assert.equal(await count("replay"), stored);

    const redeemed = await client.redeem(grant, {}, { ...elsewhere, auth });
    assert.equal(redeemed.status, 200, "neither the code nor the assertion was used up");
    const { refresh_token } = await client.refreshed(tokens.refresh_token, {}, elsewhere);
    op.clock.advance({ minutes: 16 });
    assert.equal((await client.refresh(refresh_token, {}, here)).status, 200, "in the next window");
  });

  test("whoever the operator registered is not counted, and neither is what is refused", async () => {
    const address = "192.0.2.33";
    const key = await keyPair("ES256");
    const own = await op.client({ token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [key.jwk] } });
    own.key = key;
    const client = await openClientWithKey("192.0.2.34");
    await haveUsedUp(client, MOST - 1, address);
    const wrong = () => client.refresh("x", {}, { address });
    for (let n = 0; n < 3; n++) assert.equal((await wrong()).status, 400);
    for (let n = 0; n < 3; n++) assert.equal((await own.introspect("x", {}, { address })).active, false);
    assert.equal((await client.introspect("x", {}, { address })).active, false);
    assert.equal((await client.post("/introspect", { token: "x" }, { address })).status, 429);
    assert.equal((await own.introspect("x", {}, { address })).active, false);
  });
});
