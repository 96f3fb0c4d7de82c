// Client authentication at the token endpoint: RFC 6749 sections 2.3 and 5.2, OIDC Core section 9.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { basic, rawBasic } from "../support/client.mjs";
import { oauthError } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const SERVICE = { grant_types: ["client_credentials"], scope: "notes" };
const basicClient = await op.serviceClient(SERVICE);
const postClient = await op.serviceClient({ ...SERVICE, token_endpoint_auth_method: "client_secret_post" });
const publicClient = await op.publicClient();

const FORM = { grant_type: "client_credentials" };
const withBasic = (authorization, form = FORM) => op.fetch("/token", { form, headers: { authorization } });
const withBody = (form) => op.fetch("/token", { form: { ...FORM, ...form } });

async function invalidClient(response) {
  const body = await oauthError(response, 401, "invalid_client");
  return { body, challenge: response.headers.get("www-authenticate") };
}

describe("client_secret_basic", () => {
  test("works, in any case of the scheme", async () => {
    for (const scheme of ["Basic", "basic", "BASIC"]) {
      const header = basic(basicClient.id, basicClient.secret).replace("Basic", scheme);
      assert.equal((await withBasic(header)).status, 200, scheme);
    }
  });

  test("works with every byte of id and secret percent-encoded (RFC 6749 section 2.3.1)", async () => {
    const encoded = (text) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
    assert.equal((await withBasic(rawBasic(`${encoded(basicClient.id)}:${encoded(basicClient.secret)}`))).status, 200);
  });

  test("works with the client_id repeated in the body", async () => {
    const header = basic(basicClient.id, basicClient.secret);
    assert.equal((await withBasic(header, { ...FORM, client_id: basicClient.id })).status, 200);
  });

  test("a wrong secret is 401 with a Basic challenge (RFC 6749 section 5.2)", async () => {
    const { challenge } = await invalidClient(await withBasic(basic(basicClient.id, "wrong")));
    assert.match(challenge, /^Basic/i);
  });

  test("an unknown client and a wrong secret get the same answer", async () => {
    const unknown = await withBasic(basic("nobody", "wrong"));
    const wrong = await withBasic(basic(basicClient.id, "wrong"));
    assert.equal(await unknown.text(), await wrong.text());
    assert.equal(unknown.status, wrong.status);
  });

  const id = basicClient.id;
  const BROKEN = {
    "no credentials": "Basic",
    "empty credentials": "Basic ",
    "no base64": "Basic !!!",
    "no colon": rawBasic(id),
    "an empty secret": rawBasic(`${id}:`),
    "an empty id": rawBasic(`:${basicClient.secret}`),
    "a stray percent sign": rawBasic(`${id}:%`),
    "broken hexadecimal": rawBasic(`${id}:%zz`),
    "bytes that are not UTF-8": `Basic ${Buffer.from([0xff, 0x3a, 0xfe]).toString("base64")}`,
    "UTF-8 broken by encoding": rawBasic(`${id}:%ff`),
    "NUL": rawBasic(`${id}:${basicClient.secret}%00`),
    "a plus sign for a space": rawBasic(`${id}:+${basicClient.secret}`),
    "a trailing newline": rawBasic(`${id}:${basicClient.secret}\n`),
    "another scheme": `Bearer ${basicClient.secret}`,
    "Digest": 'Digest username="x"',
    "Negotiate": "Negotiate abc",
    "64 KB": rawBasic(`${id}:${"x".repeat(40_000)}`),
    "secret twice": rawBasic(`${id}:${basicClient.secret}:${basicClient.secret}`),
    "two values": `${basic(id, basicClient.secret)}, ${basic(id, "wrong")}`,
  };
  for (const [what, header] of Object.entries(BROKEN)) {
    test(`${what} is 401`, async () => {
      const response = await withBasic(header);
      assert.ok([400, 401].includes(response.status), `${response.status}`);
      await oauthError(response, response.status, ["invalid_client", "invalid_request"]);
    });
  }

  test("every truncation of the secret is refused", async () => {
    for (let end = 0; end < basicClient.secret.length; end++) {
      await invalidClient(await withBasic(basic(id, basicClient.secret.slice(0, end))));
    }
  });
});

describe("client_secret_post", () => {
  test("works", async () => {
    assert.equal((await withBody({ client_id: postClient.id, client_secret: postClient.secret })).status, 200);
  });

  test("a wrong, empty or missing secret is 401", async () => {
    for (const client_secret of ["wrong", "", undefined, `${postClient.secret} `, postClient.secret.toUpperCase()]) {
      await invalidClient(await withBody({ client_id: postClient.id, client_secret }));
    }
  });

  test("a secret without client_id is 401", async () => {
    await invalidClient(await withBody({ client_secret: postClient.secret }));
  });

  test("credentials in the query are not read (RFC 6749 section 2.3.1)", async () => {
    const query = new URLSearchParams({ client_id: postClient.id, client_secret: postClient.secret });
    await invalidClient(await op.fetch(`/token?${query}`, { form: FORM }));
    const all = new URLSearchParams({ ...FORM, client_id: postClient.id, client_secret: postClient.secret });
    assert.notEqual((await op.fetch(`/token?${all}`, { form: "" })).status, 200);
  });
});

describe("the registered method is the only one", () => {
  test("a Basic client is refused with post", async () => {
    await invalidClient(await withBody({ client_id: basicClient.id, client_secret: basicClient.secret }));
  });

  test("a post client is refused with Basic", async () => {
    await invalidClient(await withBasic(basic(postClient.id, postClient.secret)));
  });

  test("a client with a secret that calls without one is 401, at every endpoint", async () => {
    for (const path of ["/token", "/introspect", "/revoke"]) {
      for (const client_id of [basicClient.id, postClient.id]) {
        const form = { ...FORM, token: "x", client_id };
        await invalidClient(await op.fetch(path, { form }));
      }
    }
  });

  test("a public client may send an empty secret, in the header and in the body (RFC 6749 section 2.3.1)", async () => {
    const ada = await op.person();
    for (const [headers, form] of [
      [{ authorization: rawBasic(`${publicClient.id}:`) }, {}],
      [{}, { client_id: publicClient.id, client_secret: "" }],
    ]) {
      const grant = await op.browser().obtain(publicClient, ada);
      const { code, redirectUri: redirect_uri, verifier: code_verifier } = grant;
      const sent = { grant_type: "authorization_code", code, redirect_uri, code_verifier, ...form };
      const response = await op.fetch("/token", { form: sent, headers });
      assert.equal(response.status, 200, await response.text());
    }
    const other = { token: "x", client_id: basicClient.id };
    const mixed = await op.fetch("/revoke", { form: other, headers: { authorization: rawBasic(`${publicClient.id}:`) } });
    await oauthError(mixed, 400, "invalid_request");
  });

  test("a public client that sends a secret is refused", async () => {
    const form = {
      grant_type: "refresh_token",
      refresh_token: "x",
      client_id: publicClient.id,
      client_secret: "made-up",
    };
    await invalidClient(await op.fetch("/token", { form }));
    await invalidClient(
      await withBasic(basic(publicClient.id, "made-up"), { grant_type: "refresh_token", refresh_token: "x" }),
    );
  });

  test("a client assertion is refused for a client with a secret", async () => {
    const assertion = {
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: "a.b.c",
    };
    const response = await withBody({ client_id: basicClient.id, ...assertion });
    await oauthError(response, response.status, ["invalid_client", "invalid_request"]);
    const doubled = await withBasic(basic(basicClient.id, basicClient.secret), { ...FORM, ...assertion });
    assert.notEqual(doubled.status, 200, "two methods at once");
  });
});

describe("no ambiguity", () => {
  test("two methods at once are refused (RFC 6749 section 2.3)", async () => {
    const header = basic(basicClient.id, basicClient.secret);
    for (const form of [
      { ...FORM, client_secret: basicClient.secret },
      { ...FORM, client_id: basicClient.id, client_secret: basicClient.secret },
      { ...FORM, client_id: basicClient.id, client_secret: "wrong" },
    ]) {
      const response = await withBasic(header, form);
      await oauthError(response, response.status, ["invalid_request", "invalid_client"]);
    }
  });

  test("another client_id in the body is refused", async () => {
    const response = await withBasic(basic(basicClient.id, basicClient.secret), { ...FORM, client_id: postClient.id });
    await oauthError(response, response.status, ["invalid_request", "invalid_client"]);
  });

  test("client_id or client_secret twice is refused", async () => {
    const pairs = [
      ["grant_type", "client_credentials"],
      ["client_id", postClient.id],
      ["client_secret", postClient.secret],
    ];
    for (const again of [
      ["client_id", postClient.id],
      ["client_id", "x"],
      ["client_secret", "x"],
      ["grant_type", "x"],
    ]) {
      const response = await op.fetch("/token", { form: [...pairs, again] });
      await oauthError(response, response.status, ["invalid_request", "invalid_client"]);
    }
  });

  test("no authentication at all is invalid_client", async () => {
    await invalidClient(await withBody({}));
  });

  test("a cookie is no authentication", async () => {
    const browser = op.browser();
    await browser.obtain(await op.client(), await op.person());
    assert.equal((await browser.fetch("/token", { form: FORM })).status, 401);
  });
});

test("secrets are stored hashed", async () => {
  const stored = JSON.stringify(await op.rows("SELECT * FROM clients"));
  for (const client of [basicClient, postClient]) {
    assert.ok(!stored.includes(client.secret));
    assert.ok(!stored.includes(client.registered.registration_access_token));
  }
  for (const { name } of (await op.kv.list()).keys) {
    const text = await op.kv.get(name);
    const [hashes] = await op.rows("SELECT group_concat(secret_hash) AS all_hashes FROM clients");
    for (const hash of hashes.all_hashes.split(",")) assert.ok(!text.includes(hash), `${name} holds a secret's hash`);
  }
});

test("a deleted client cannot authenticate, whatever KV remembers", async () => {
  const client = await op.serviceClient(SERVICE);
  assert.equal((await client.credentials()).status, 200);
  await client.unregister();
  await invalidClient(await client.credentials({}, { kv: "stale" }));
  await invalidClient(await client.credentials());
});
