// Documents that everybody gets alike are handed to the platform once an isolate: whoever asks next must see no difference.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startLimen } from "../support/limen.mjs";

// With the header of timings each answer is made anew.
const op = await startLimen({ vars: { SERVER_TIMING: undefined }, isolates: 2 });

const DOCUMENTS = [
  "/.well-known/openid-configuration",
  "/.well-known/openid-configuration/",
  "/.well-known/oauth-authorization-server",
  "/.well-known/oauth-protected-resource",
  "/.well-known/passkey-endpoints",
  "/.well-known/jwks.json",
  "/openapi.json",
  "/assets/limen.css",
  "/assets/passkey.js",
];

/** What pages are made of, as they name it. */
const { body: page } = await seen("/login?page=overview");
DOCUMENTS.push(page.match(/\/assets\/limen\.css\?v=[0-9a-f]+/)[0]);

/** What a caller sees of an answer. */
async function seen(path, init) {
  const response = await op.fetch(path, init);
  const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== "date"));
  return { status: response.status, headers, body: await response.text() };
}

for (const path of DOCUMENTS) {
  test(`${path} is the same each time, however it was asked for before`, async () => {
    const first = await seen(path);
    assert.equal(first.status, 200);
    assert.ok(first.body.length > 20);
    for (const init of [{}, { headers: { origin: "https://app.example" } }, { headers: { cookie: "a=b" } }]) {
      assert.deepEqual(await seen(path, init), first);
    }
    if (!path.includes("?")) assert.deepEqual(await seen(`${path}?v=2`), first);

    const { etag } = first.headers;
    const known = await seen(path, { headers: { "if-none-match": etag } });
    assert.deepEqual([known.status, known.body, known.headers.etag], [304, "", etag]);
    const head = await seen(path, { method: "HEAD" });
    assert.deepEqual([head.status, head.body, head.headers.etag], [200, "", etag]);
    assert.equal((await seen(path, { method: "POST" })).status, 405);
    assert.equal((await seen(path, { method: "OPTIONS" })).status, 204);
    assert.deepEqual(await seen(path), first);
  });
}

test("who reads nothing but JSON is told so, whoever asked before", async () => {
  const type = async (accept) => (await seen("/.well-known/jwks.json", { headers: { accept } })).headers["content-type"];
  for (let n = 0; n < 2; n++) {
    assert.equal(await type("application/json"), "application/json");
    assert.equal(await type("*/*"), "application/jwk-set+json");
  }
});

test("what everybody may keep names no request, all else does", async () => {
  for (const path of DOCUMENTS) assert.equal((await seen(path)).headers["x-request-id"], undefined, path);
  const { headers } = await seen("/userinfo");
  assert.ok(headers["x-request-id"].length > 10);
  assert.notEqual((await seen("/userinfo")).headers["x-request-id"], headers["x-request-id"]);
});

/** The key ids that an isolate publishes, asked for twice, so that the second answer is one that was ready. */
async function published(isolate = 0) {
  const kids = async () => JSON.parse((await seen("/.well-known/jwks.json", { isolate })).body).keys.map(({ kid }) => kid);
  const first = await kids();
  assert.deepEqual(await kids(), first);
  return first;
}

/** Revokes the key that signs now. */
async function revokeCurrent() {
  const { kid } = (await op.keys()).find(({ state }) => state === "current");
  const answer = await op.admin(`/admin/api/keys/${kid}/revoke`, { method: "POST" });
  assert.ok(answer.ok, await answer.text());
  return kid;
}

test("a revoked key leaves the JWKS that is ready to be sent at once", async () => {
  const before = await published();
  const revoked = await revokeCurrent();
  assert.ok(before.includes(revoked));
  assert.equal((await published()).includes(revoked), false);
});

test("another isolate sends the JWKS that it has ready for a minute at most", async () => {
  await published(1);
  const revoked = await revokeCurrent();
  op.clock.advance({ seconds: 61 });
  assert.equal((await published(1)).includes(revoked), false);
});
