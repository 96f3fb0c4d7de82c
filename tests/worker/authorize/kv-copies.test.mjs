// Copies of clients in KV save a trip to D1. Whoever writes to KV gains nothing by it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { errorPage } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const EVIL = "https://evil.test/callback";
const victim = await op.client();
const attacker = await op.client({ redirect_uris: [EVIL] });
const ada = await op.person();
const browser = op.browser();
await browser.obtain(victim, ada);
await browser.obtain(attacker, ada);

/** The KV entries of a client, once they are there. */
async function copiesOf(client) {
  await browser.authorize(client);
  const { keys } = await op.kv.list();
  const names = keys.map(({ name }) => name).filter((name) => name.includes(client.id));
  return Promise.all(names.map(async (name) => ({ name, text: await op.kv.get(name) })));
}

const hijack = () => browser.authorize(victim, { redirect_uri: EVIL });

test("clients are copied to KV, without their secrets' hashes", async () => {
  const copies = await copiesOf(victim);
  assert.ok(copies.length > 0);
  const [{ secret_hash: hash }] = await op.rows("SELECT secret_hash FROM clients WHERE id = ?", victim.id);
  for (const { text } of copies) assert.ok(!text.includes(hash));
});

test("a copy with another redirect URI is not believed", async () => {
  for (const { name, text } of await copiesOf(victim)) {
    assert.ok(text.includes(victim.redirectUri));
    await op.kv.put(name, text.replaceAll(victim.redirectUri, EVIL));
  }
  errorPage(await hijack());
  assert.ok((await browser.authorize(victim)).callback?.get("code"), "and the client works on");
});

test("the attacker's own genuine copy under the victim's name is not believed", async () => {
  const [theirs] = await copiesOf(attacker);
  const [mine] = await copiesOf(victim);
  await op.kv.put(mine.name, theirs.text);
  errorPage(await hijack());
  assert.ok((await browser.authorize(victim)).callback?.get("code"));
});

test("a genuine copy from before a change is not believed", async () => {
  const before = await copiesOf(attacker);
  const { registration_client_uri: uri, registration_access_token: bearer } = attacker.registered;
  await op.json(uri, { method: "PATCH", json: { redirect_uris: ["https://app.acme.test/callback"] }, bearer });
  for (const { name, text } of before) await op.kv.put(name, text);
  errorPage(await browser.authorize(attacker));
});

test("noise in KV is read past", async () => {
  const [{ name }] = await copiesOf(victim);
  for (const noise of ["", "x", "{}", "null", "\n", "1.x\n{}", "\u0000", "x".repeat(100_000)]) {
    await op.kv.put(name, noise);
    assert.ok((await browser.authorize(victim)).callback?.get("code"), noise.slice(0, 10));
  }
});
