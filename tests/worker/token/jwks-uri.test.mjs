// Keys from a client's jwks_uri: fetched once, again for an unknown kid, and never often (OIDC Core section 10.1.1).

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { asserted, assertion, keyPair } from "../support/assertion.mjs";
import { Client } from "../support/client.mjs";
import { oauthError } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen({ isolates: 2 });
let clients = 0;

/** A client with a jwks_uri of its own; `publish` changes what it leads to. */
async function remoteClient(answer = {}) {
  const uri = `https://c${++clients}.acme.test/jwks`;
  const key = await keyPair("ES256");
  const client = await op.serviceClient({ scope: "notes", token_endpoint_auth_method: "private_key_jwt", jwks_uri: uri });
  const publish = (keys, more = answer) => op.serve(uri, { json: { keys: keys.map(({ jwk }) => jwk) }, ...more });
  publish([key]);
  const fetches = () => op.outbound.filter((url) => url === uri).length;
  return Object.assign(client, { key, uri, publish, fetches });
}

const present = async (client, key = client.key, init = {}) => {
  const form = { grant_type: "client_credentials", ...asserted(await assertion(client, key)) };
  return op.fetch("/token", { form, ...init });
};
const works = async (...args) => assert.equal((await present(...args)).status, 200);
const refused = async (...args) => oauthError(await present(...args), 401, "invalid_client");

describe("fetched keys", () => {
  test("are fetched once, and shared by isolates through KV", async () => {
    const client = await remoteClient();
    await works(client);
    await works(client);
    for (let n = 0; n < 50 && !(await op.kv.list({ prefix: "client-keys/" })).keys.length; n++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    await works(client, client.key, { isolate: 1 });
    assert.equal(client.fetches(), 1);
  });

  test("count without KV", async () => {
    const client = await remoteClient();
    for (const kv of ["down", "empty"]) await works(client, client.key, { kv });
    assert.equal(client.fetches(), 1);
  });

  test("that somebody put into KV do not count", async () => {
    const client = await remoteClient();
    const attacker = await keyPair("ES256", client.key.kid);
    await works(client);
    const { keys } = await op.kv.list({ prefix: "client-keys/" });
    for (const { name } of keys) {
      const text = await op.kv.get(name);
      await op.kv.put(name, text.replace(client.key.jwk.x, attacker.jwk.x).replace(client.key.jwk.y, attacker.jwk.y));
    }
    await op.redeploy();
    await refused(client, attacker);
    await works(client);
  });

  test("are fetched again when they are old", async () => {
    const client = await remoteClient();
    await works(client);
    op.clock.advance({ minutes: 9 });
    await works(client);
    assert.equal(client.fetches(), 1);
    op.clock.advance({ minutes: 2 });
    await works(client);
    assert.equal(client.fetches(), 2);
  });

  test("live as long as the client's server says, within bounds", async () => {
    const brief = await remoteClient({ headers: { "cache-control": "no-store" } });
    const long = await remoteClient({ headers: { "cache-control": "public, max-age=604800" } });
    for (const client of [brief, long]) await works(client);
    for (const client of [brief, long]) await works(client);
    assert.deepEqual([brief.fetches(), long.fetches()], [1, 1]);
    op.clock.advance({ minutes: 55 });
    for (const client of [brief, long]) await works(client);
    assert.deepEqual([brief.fetches(), long.fetches()], [2, 1]);
    op.clock.advance({ minutes: 10 });
    await works(long);
    assert.equal(long.fetches(), 2);
  });
});

describe("rotation", () => {
  test("a new kid is looked for at once, after the cooldown", async () => {
    const client = await remoteClient();
    await works(client);
    op.clock.advance({ minutes: 1 });
    const next = await keyPair("ES256");
    client.publish([next, client.key]);
    await works(client, next);
    assert.equal(client.fetches(), 2);
    await works(client);
  });

  test("unknown kids fetch at most once in 30 seconds", async () => {
    const client = await remoteClient();
    await works(client);
    for (let n = 0; n < 10; n++) await refused(client, await keyPair("ES256"));
    assert.equal(client.fetches(), 1);
    op.clock.advance({ seconds: 31 });
    for (let n = 0; n < 10; n++) await refused(client, await keyPair("ES256"));
    assert.equal(client.fetches(), 2);
    await works(client);
  });

  test("a new client at the jwks_uri of another need not wait (oidcc-refresh-token-rp-key-rotation)", async () => {
    const first = await remoteClient();
    await works(first);
    const key = await keyPair("ES256");
    first.publish([key]);
    const second = await op.serviceClient({
      scope: "notes",
      token_endpoint_auth_method: "private_key_jwt",
      jwks_uri: first.uri,
    });
    await works(second, key);
  });

  test("a key that was taken out counts no more once the set is old", async () => {
    const client = await remoteClient();
    await works(client);
    client.publish([await keyPair("ES256")]);
    op.clock.advance({ minutes: 11 });
    await refused(client);
  });

  test("another jwks_uri counts at once", async () => {
    const client = await remoteClient();
    await works(client);
    const [next, uri] = [await keyPair("ES256"), `${client.uri}-2`];
    op.serve(uri, { json: { keys: [next.jwk] } });
    const { registration_client_uri } = client.registered;
    await op.json(registration_client_uri, { method: "PATCH", bearer: op.adminToken, json: { jwks_uri: uri } });
    await refused(client);
    await works(client, next);
  });
});

describe("a client's server that does not answer well", () => {
  const WRONG = {
    "is away": { status: 599 },
    "redirects": { status: 302, headers: { location: "https://elsewhere.test/jwks" } },
    "answers HTML": { json: undefined, body: "<html>" },
    "answers no set": { json: [] },
    "answers numbers": { json: { keys: [1, "x", null] } },
    "answers nothing": { json: undefined, body: "" },
    "answers too much": { json: { keys: [], padding: "x".repeat(70_000) } },
    "answers too many keys": { json: { keys: Array.from({ length: 21 }, () => ({ kty: "EC" })) } },
    "goes on and on": { json: undefined, chunks: 100 },
  };
  for (const [what, answer] of Object.entries(WRONG)) {
    test(`${what}: invalid_client, and no second fetch at once`, async () => {
      const client = await remoteClient(answer);
      client.publish([], answer);
      await refused(client);
      await refused(client);
      assert.equal(client.fetches(), 1);
    });
  }

  test("does not end what it told before, for an hour", async () => {
    const client = await remoteClient();
    await works(client);
    op.serve(client.uri, { status: 503 });
    op.clock.advance({ minutes: 30 });
    await works(client);
    await works(client);
    op.clock.advance({ minutes: 60 });
    await refused(client);
  });

  test("a symmetric or private key in the set is not used", async () => {
    const client = await remoteClient();
    const { jwk } = client.key;
    op.serve(client.uri, { json: { keys: [{ ...jwk, d: jwk.x }, { kty: "oct", k: jwk.x, kid: jwk.kid }] } });
    await refused(client);
    const hmac = { alg: "HS256", kid: jwk.kid, privateKey: Buffer.from(jwk.x, "base64url") };
    await refused(client, hmac);
  });
});

describe("a client's server is asked at most twice a minute", () => {
  test("once for all that wait for it, in any isolate", async () => {
    const client = await remoteClient();
    client.publish([client.key], { delay: 400 });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => present(client, client.key, { isolate: n % 2 })));
    for (const answer of answers) assert.equal(answer.status, 200);
    assert.equal(client.fetches(), 1);
  });

  test("also while its keys are old and it fails", async () => {
    const client = await remoteClient();
    await works(client);
    op.serve(client.uri, { status: 503 });
    op.clock.advance({ minutes: 20 });
    for (let n = 0; n < 10; n++) for (const isolate of [0, 1]) await works(client, client.key, { isolate });
    assert.ok(client.fetches() <= 1 + 2, `${client.fetches()} fetches`);
    op.clock.advance({ minutes: 1 });
    for (let n = 0; n < 10; n++) for (const isolate of [0, 1]) await works(client, client.key, { isolate });
    assert.ok(client.fetches() <= 1 + 4, `${client.fetches()} fetches`);
  });

  test("also while it fails and never gave any, after every deployment", async () => {
    const client = await remoteClient();
    op.serve(client.uri, { status: 503 });
    for (let n = 0; n < 4; n++) {
      for (const isolate of [0, 1]) await refused(client, client.key, { isolate });
      await op.redeploy();
    }
    assert.equal(client.fetches(), 2);
    op.clock.advance({ minutes: 1 });
    client.publish([client.key]);
    await works(client);
  });

  test("however many clients have it, and each of them has its keys", async () => {
    const first = await remoteClient();
    const others = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const metadata = { scope: "notes", token_endpoint_auth_method: "private_key_jwt", jwks_uri: first.uri };
        return Object.assign(await op.serviceClient(metadata), { key: first.key });
      }),
    );
    for (const client of [first, ...others]) await works(client);
    assert.equal(first.fetches(), 2);
  });
});

test("what one network has fetched for clients that anybody registered is limited, in all and from one host", async () => {
  const open = await startLimen({ vars: { REGISTRATION: "open", REGISTRATIONS_PER_ADDRESS: "1000" } });
  const key = await keyPair("ES256");
  const ask = async (n, address) => {
    const jwks_uri = `https://victim.test/${n}`;
    const metadata = { redirect_uris: ["https://a.test/cb"], token_endpoint_auth_method: "private_key_jwt", jwks_uri };
    const registered = await open.json("/register", { json: metadata, address });
    const client = Object.assign(new Client(open, registered), { key });
    await client.post("/introspect", { token: "x" }, { address });
  };
  for (let n = 0; n < 70; n++) await ask(n, "203.0.113.9");
  assert.equal(open.outbound.length, 60);
  for (const network of [1, 2, 3, 4, 5]) {
    await Promise.all(Array.from({ length: 55 }, (_, n) => ask(`${network}-${n}`, `198.51.${network}.9`)));
  }
  assert.equal(open.outbound.length, 300);
});

test("a jwks_uri client takes one D1 trip when its keys are at hand", async () => {
  const client = await remoteClient();
  await works(client);
  const response = await present(client, client.key, { measure: true });
  assert.equal(response.headers.get("server-timing"), 'd1;desc="1", kv;desc="0"');
});
