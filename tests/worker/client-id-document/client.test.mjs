// Client ID Metadata Documents (draft-ietf-oauth-client-id-metadata-document): a client that nobody registered, from the
// authorization request to the refresh token, and how long its document counts.

import assert from "node:assert/strict";
import { describe as suite, test } from "node:test";

import { SignJWT, exportJWK, generateKeyPair } from "jose";

import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { CLIENT_ID, answer, describe, document, fetches } from "./documents.mjs";

const on = { CLIENT_ID_METADATA_DOCUMENTS: "on" };
const stage = async (vars = on) => {
  const op = await startLimen({ vars });
  return { op, ada: await op.person(), browser: op.browser() };
};

test("discovery says whether such clients are taken", async () => {
  const member = async (vars) =>
    (await (await startLimen({ vars })).json("/.well-known/oauth-authorization-server"))
      .client_id_metadata_document_supported;
  assert.deepEqual(await Promise.all([member({}), member(on)]), [false, true]);
});

test("a client that nobody registered signs a person in, and gets and refreshes tokens", async () => {
  const { op, ada, browser } = await stage();
  const client = describe(op);
  const tokens = await client.tokens(await browser.obtain(client, ada));
  const claims = claimsOf(tokens.id_token);
  assert.equal(claims.aud, CLIENT_ID);
  assert.equal((await op.fetch("/userinfo", { bearer: tokens.access_token })).status, 200);
  const refreshed = await client.refreshed(tokens.refresh_token);
  assert.ok(refreshed.access_token);
  assert.equal((await client.revoke(refreshed.refresh_token)).status, 200);
  assert.equal((await client.refresh(refreshed.refresh_token)).status, 400);
});

test("PKCE is asked of it, as of every public client", async () => {
  const { op, ada, browser } = await stage();
  const client = describe(op);
  const page = await browser.complete(await browser.authorize(client, { code_challenge: undefined }), ada);
  assert.equal(page.callback.get("error"), "invalid_request");
});

test("a redirect URI that is not in the document gets nothing", async () => {
  const { op, browser } = await stage();
  const page = await browser.authorize(describe(op), { redirect_uri: "https://evil.test/callback" });
  assert.equal(page.status, 400);
  assert.equal(page.callback, null);
});

test("pages that were open when documents were switched off give it nothing", async () => {
  const { op, ada, browser } = await stage();
  const client = describe(op);
  const login = await browser.authorize(client);
  const consent = await browser.signIn(login, ada);
  assert.ok(consent.asksForConsent);
  await op.redeploy({ CLIENT_ID_METADATA_DOCUMENTS: "off" });
  for (const page of [await browser.approve(consent), await browser.signIn(login, ada), await browser.open(consent.url)]) {
    assert.deepEqual([page.status, page.callback], [400, null]);
    assert.match(page.text, /not allowed|not known/);
  }
  assert.deepEqual(await op.rows("SELECT * FROM grants"), []);
  assert.deepEqual(await op.rows("SELECT * FROM codes"), []);
});

suite("private_key_jwt", () => {
  const assertion = async (op, key) =>
    new SignJWT({ jti: crypto.randomUUID() })
      .setProtectedHeader({ alg: "ES256", kid: "one" })
      .setIssuer(CLIENT_ID)
      .setSubject(CLIENT_ID)
      .setAudience(op.issuer)
      .setIssuedAt()
      .setExpirationTime("1m")
      .sign(key);
  const proof = async (op, key) => ({
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: await assertion(op, key),
  });
  const keys = async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    return { privateKey, jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: "one", alg: "ES256", use: "sig" }] } };
  };
  const confidential = { token_endpoint_auth_method: "private_key_jwt" };

  for (const where of ["jwks", "jwks_uri"]) {
    test(`a client proves itself by a key of the ${where} in its document, and by nothing else`, async () => {
      const { op, ada, browser } = await stage();
      const [mine, other] = [await keys(), await keys()];
      const uri = "https://app.acme.test/jwks";
      op.serve(uri, { json: mine.jwks });
      const key = where === "jwks" ? { jwks: mine.jwks } : { jwks_uri: uri };
      const client = describe(op, document({ ...confidential, ...key }));
      const grant = await browser.obtain(client, ada);
      for (const wrong of [{}, await proof(op, other.privateKey)]) {
        const response = await client.redeem(grant, wrong, { auth: "none" });
        assert.equal(response.status, 401);
      }
      const response = await client.redeem(grant, await proof(op, mine.privateKey), { auth: "none" });
      assert.equal(response.status, 200, await response.text());
    });
  }
});

suite("on the consent page", () => {
  test("its host stands in plain sight, and a home elsewhere does not", async () => {
    const { op, ada, browser } = await stage();
    const client = describe(op, document({ client_name: "Your Bank", client_uri: "https://bank.test/" }));
    const page = await browser.signIn(await browser.authorize(client), ada);
    assert.ok(page.asksForConsent);
    assert.match(page.text, /This app comes from app\.acme\.test\b/);
    assert.doesNotMatch(page.html, /bank\.test/);
    assert.doesNotMatch(page.text, /your own device/);
  });

  test("a program on the person's own device is warned of", async () => {
    const { op, ada, browser } = await stage();
    const request = { redirect_uri: "http://127.0.0.1:50123/callback" };
    const page = await browser.signIn(await browser.authorize(describe(op), request), ada);
    assert.match(page.text, /a program on your own device/);
  });

  test("registered apps have neither", async () => {
    const { op, ada, browser } = await stage();
    const client = await op.nativeClient();
    const page = await browser.signIn(await browser.authorize(client), ada);
    assert.ok(page.asksForConsent);
    assert.doesNotMatch(page.text, /comes from|your own device/);
  });
});

suite("who may", () => {
  test("off, as it is by default: nothing is fetched", async () => {
    const { op, browser } = await stage({});
    const page = await browser.authorize(describe(op));
    assert.equal(page.status, 400);
    assert.match(page.text, /clients of this host are not allowed here/);
    assert.deepEqual(op.outbound, []);
  });

  test("a list of hosts: those alone", async () => {
    const { op, ada, browser } = await stage({ CLIENT_ID_METADATA_DOCUMENTS: "app.acme.test, *.trusted.test" });
    await browser.obtain(describe(op), ada);
    await browser.obtain(describe(op, document({ client_id: "https://a.b.trusted.test/c" })), ada);
    for (const client_id of ["https://evil.test/c", "https://trusted.test/c", "https://app.acme.test.evil.test/c"]) {
      const page = await op.browser().authorize(describe(op, document({ client_id })));
      assert.equal(page.status, 400, client_id);
      assert.equal(fetches(op, client_id), 0, client_id);
    }
  });

  test("switching it off ends what such clients have, and uses nothing up", async () => {
    const { op, ada, browser } = await stage();
    const client = describe(op);
    const tokens = await client.tokens(await browser.obtain(client, ada));
    const grant = await browser.obtain(client, ada);
    await op.redeploy({ CLIENT_ID_METADATA_DOCUMENTS: "off" });
    for (const response of [
      await client.refresh(tokens.refresh_token),
      await client.redeem(grant),
      await client.revoke(tokens.refresh_token),
      await client.revoke(tokens.access_token),
    ]) {
      assert.equal(response.status, 401);
      assert.equal((await response.json()).error, "invalid_client");
    }
    assert.equal((await browser.authorize(client)).status, 400);
    await op.redeploy(on);
    // Within the time of the code, then past the grace of refresh tokens.
    op.clock.advance({ seconds: 35 });
    assert.equal((await client.redeem(grant)).status, 200);
    assert.equal((await op.fetch("/userinfo", { bearer: tokens.access_token })).status, 200);
    op.clock.advance({ seconds: 55 });
    assert.ok((await client.refreshed(tokens.refresh_token)).access_token);
  });
});

suite("the document", () => {
  test("counts for as long as its server says, within bounds", async () => {
    for (const [cacheControl, kept, over] of [
      ["max-age=7200", { minutes: 110 }, { minutes: 15 }],
      ["no-store", { minutes: 4 }, { minutes: 2 }],
      ["max-age=99999999", { hours: 23 }, { hours: 2 }],
      [undefined, { minutes: 50 }, { minutes: 15 }],
    ]) {
      const { op, ada, browser } = await stage();
      op.clock.freeze();
      const client = describe(op, document(), cacheControl ? { "cache-control": cacheControl } : {});
      await browser.obtain(client, ada);
      assert.equal(fetches(op), 1, `${cacheControl}: one sign-in reads it once`);
      op.clock.advance(kept);
      await op.browser().authorize(client);
      assert.equal(fetches(op), 1, `${cacheControl}: still fresh`);
      op.clock.advance(over);
      await op.browser().authorize(client);
      assert.equal(fetches(op), 2, `${cacheControl}: no longer fresh`);
    }
  });

  test("a copy costs no more trips to D1 than that of a registered client", async () => {
    const { op, ada, browser } = await stage();
    const client = describe(op);
    const registered = await op.publicClient();
    for (const one of [client, registered]) {
      // The isolate comes to know a client for the token endpoint by its first code.
      await one.tokens(await browser.obtain(one, ada));
      const response = await browser.fetch(one.authorizePath(), { measure: true });
      assert.equal(response.status, 303);
      assert.equal(response.headers.get("x-limen-test-d1"), "1", one.id);
      const redeemed = await one.redeem(await browser.obtain(one, ada), {}, { measure: true });
      assert.equal(redeemed.headers.get("x-limen-test-d1"), "1", one.id);
    }
    assert.equal(fetches(op), 1);
  });

  test("a change takes effect when it is read: a redirect URI that is gone is gone", async () => {
    const { op, ada, browser } = await stage();
    const client = describe(op);
    await browser.obtain(client, ada);
    const [{ version }] = await op.rows("SELECT version FROM clients WHERE id = ?", CLIENT_ID);
    describe(op, document({ redirect_uris: ["https://app.acme.test/other"] }));
    assert.ok((await browser.authorize(client)).callback, "still the old one");
    op.clock.advance({ hours: 2 });
    assert.equal((await browser.authorize(client)).status, 400);
    const other = describe(op, document({ redirect_uris: ["https://app.acme.test/other"] }));
    assert.ok((await browser.complete(await browser.authorize(other), ada)).callback.get("code"));
    const [row] = await op.rows("SELECT version FROM clients WHERE id = ?", CLIENT_ID);
    assert.equal(row.version, version + 1);
  });

  test("one that comes to another sector ends what people allowed, so no sub of another is read", async () => {
    const { op, ada, browser } = await stage();
    const pairwise = (host) =>
      document({ subject_type: "pairwise", redirect_uris: [`https://${host}/callback`], application_type: "web" });
    const client = describe(op, pairwise("app.acme.test"));
    const { refresh_token } = await client.tokens(await browser.obtain(client, ada));
    op.clock.advance({ hours: 2 });
    describe(op, { ...pairwise("app.acme.test"), client_name: "Renamed" });
    const page = await browser.authorize(client);
    assert.ok(page.callback.get("code"), "a change of anything else ends nothing");
    op.clock.advance({ hours: 2 });
    describe(op, pairwise("bank.acme.test"));
    await browser.authorize(client);
    assert.equal((await client.refresh(refresh_token)).status, 400);
    for (const table of ["grants", "codes", "token_families", "session_clients"])
      assert.deepEqual(await op.rows(`SELECT * FROM ${table} WHERE client_id = ?`, CLIENT_ID), [], table);
  });

  test("reading the same once more changes no version", async () => {
    const { op, ada, browser } = await stage();
    const client = describe(op);
    const versions = () => op.rows("SELECT version FROM clients WHERE id = ?", CLIENT_ID);
    await browser.obtain(client, ada);
    const before = await versions();
    op.clock.advance({ hours: 2 });
    await browser.obtain(client, ada);
    assert.equal(fetches(op), 2);
    assert.deepEqual(await versions(), before);
  });

  test("one that cannot be had stops the request, and not what the client has", async () => {
    const { op, ada, browser } = await stage();
    const client = describe(op);
    const tokens = await client.tokens(await browser.obtain(client, ada));
    op.clock.advance({ hours: 2 });
    op.serve(CLIENT_ID, { status: 500 });
    const page = await browser.authorize(client);
    assert.equal(page.status, 400);
    assert.match(page.text, /did not answer with status 200/);
    assert.ok((await client.refreshed(tokens.refresh_token)).access_token);
    // After that answer the document is asked for once more, and whoever comes before it answers waits for the same.
    for (let n = 0; n < 50 && fetches(op) < 3; n++) await new Promise((resolve) => setTimeout(resolve, 50));
    await new Promise((resolve) => setTimeout(resolve, 300));
    describe(op);
    op.clock.advance({ minutes: 1 });
    assert.ok((await browser.authorize(client)).callback.get("code"), "an error counts no longer than a minute");
  });

  test("the token endpoint has it read anew once it is no longer fresh, after its answer", async () => {
    const { op, ada, browser } = await stage();
    const client = describe(op);
    const tokens = await client.tokens(await browser.obtain(client, ada));
    op.clock.advance({ hours: 2 });
    describe(op, document({ grant_types: ["authorization_code"] }));
    const { refresh_token } = await client.refreshed(tokens.refresh_token);
    for (let n = 0; n < 50 && fetches(op) < 2; n++) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(fetches(op), 2);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const refused = await client.refresh(refresh_token);
    assert.equal((await refused.json()).error, "unauthorized_client");
  });

  test("two first requests at the same time make one client", async () => {
    const { op } = await stage();
    const client = describe(op);
    const pages = await Promise.all(Array.from({ length: 5 }, () => op.browser().authorize(client)));
    assert.ok(pages.every((page) => page.asksForPassword));
    assert.equal((await op.rows("SELECT id FROM clients WHERE id = ?", CLIENT_ID)).length, 1);
  });
});

test("it may push its very first request (RFC 9126)", async () => {
  const { op, ada, browser } = await stage();
  const client = describe(op);
  const request = client.request();
  const pushed = await client.post("/par", request.params);
  assert.equal(pushed.status, 201, await pushed.clone().text());
  const { request_uri } = await pushed.json();
  const query = new URLSearchParams({ client_id: CLIENT_ID, request_uri });
  const page = await browser.complete(await browser.open(`/authorize?${query}`), ada);
  assert.ok(page.callback.get("code"));
  const unknown = await op.fetch("/par", { form: { ...request.params, client_id: "https://evil.test/c" } });
  assert.equal(unknown.status, 401);
});

suite("its row", () => {
  const path = `/register/${encodeURIComponent(CLIENT_ID)}`;

  test("can be read and removed by the operator, and changed by nobody", async () => {
    const { op, ada, browser } = await stage();
    const client = describe(op);
    const tokens = await client.tokens(await browser.obtain(client, ada));
    const shown = await (await op.admin(path)).json();
    assert.equal(shown.client_id, CLIENT_ID);
    assert.equal(new URL(shown.registration_client_uri).pathname, path);
    for (const [method, at, json] of [
      ["PUT", path, document({ client_id: undefined })],
      ["PATCH", path, { client_name: "Other" }],
      ["POST", `${path}/renew_secret`, undefined],
    ]) {
      const response = await op.admin(at, { method, json });
      assert.equal(response.status, 403, method);
      assert.equal((await response.json()).error, "access_denied");
      assert.equal((await op.fetch(at, { method, json, bearer: "1.x" })).status, 401, method);
    }
    assert.equal((await op.admin(path, { method: "DELETE" })).status, 204);
    assert.equal((await client.refresh(tokens.refresh_token)).status, 401);
  });

  test("a copy of one that was removed never passes for the one that comes after it", async () => {
    const { op, ada, browser } = await stage();
    const stolen = describe(op, document({ redirect_uris: ["https://evil.test/callback"] }));
    await browser.obtain(stolen, ada);
    const copy = await op.kv.get(`client/${CLIENT_ID}`);
    assert.ok(copy, "there is a copy");
    assert.equal((await op.admin(path, { method: "DELETE" })).status, 204);
    await op.kv.delete(`client/${CLIENT_ID}`);
    op.clock.advance({ seconds: 1 });
    await browser.obtain(describe(op), ada);
    // KV may still give what it gave before.
    await op.kv.put(`client/${CLIENT_ID}`, copy);
    const page = await browser.authorize(stolen);
    assert.equal(page.callback, null);
    assert.equal(page.status, 400);
  });

  test("goes when nobody uses it, and stays while somebody does", async () => {
    const { op, ada, browser } = await stage();
    await browser.obtain(describe(op), ada);
    await browser.authorize(describe(op, document({ client_id: "https://app.acme.test/unused" })));
    op.clock.advance({ days: 6 });
    await op.cron();
    assert.equal((await op.rows("SELECT id FROM clients")).length, 2);
    op.clock.advance({ days: 3 });
    await op.cron();
    assert.deepEqual((await op.rows("SELECT id FROM clients")).map(({ id }) => id), [CLIENT_ID]);
  });
});

test("nobody can make Limen fetch documents all the time", async () => {
  const { op } = await stage();
  const statuses = [];
  for (let n = 0; n < 70; n++) {
    const client = describe(op, document({ client_id: `https://app.acme.test/${n}` }));
    const page = await op.fetch(client.authorizePath(), { address: "198.51.100.7" });
    statuses.push(page.status);
    if (page.status === 429) assert.ok(Number(page.headers.get("retry-after")) > 0);
  }
  assert.ok(statuses.slice(0, 60).every((status) => status === 303));
  assert.ok(statuses.slice(60).every((status) => status === 429));
  const elsewhere = await op.fetch(describe(op).authorizePath(), { address: "203.0.113.7" });
  assert.equal(elsewhere.status, 303);
});

suite("a host that strangers have asked for all the time", () => {
  /** As after 300 documents of `app.acme.test`, from other networks than those of the tests. */
  async function exhaust(op) {
    const stranger = describe(op, document({ client_id: "https://app.acme.test/stranger" }));
    await op.rows("DELETE FROM throttles");
    await op.fetch(stranger.authorizePath(), { address: "198.51.100.1" });
    await op.rows("UPDATE throttles SET failures = 300");
    const another = describe(op, document({ client_id: "https://app.acme.test/another-stranger" }));
    assert.equal((await op.fetch(another.authorizePath(), { address: "198.51.100.200" })).status, 429);
  }

  test("keeps no client from being read anew that somebody allows something", async () => {
    const { op, ada, browser } = await stage();
    const client = describe(op, document(), { "cache-control": "max-age=300" });
    await browser.obtain(client, ada);
    op.clock.advance({ minutes: 16 });
    await exhaust(op);
    describe(op, document({ client_name: "Renamed" }));
    assert.ok((await browser.authorize(client, { prompt: "login" })).html.includes("Renamed"));
    assert.equal(fetches(op), 2);
  });

  test("lets any other go on as it was for a day, and no longer", async () => {
    const { op } = await stage();
    const client = describe(op, document(), { "cache-control": "max-age=300" });
    const asked = async () => (await op.fetch(client.authorizePath(), { address: "203.0.113.7" })).status;
    assert.equal(await asked(), 303);
    op.clock.advance({ minutes: 16 });
    await exhaust(op);
    assert.equal(await asked(), 303);
    assert.equal(fetches(op), 1);
    op.clock.advance({ hours: 25 });
    await exhaust(op);
    assert.equal(await asked(), 429);
  });
});

test("what was fetched as something else counts for no document, whatever that is longer than", async () => {
  const { op } = await stage({ ...on, REGISTRATION: "open" });
  const long = document({ software_id: "x".repeat(40_000), application_type: "web", redirect_uris: ["https://app.acme.test/callback"] });
  const client = describe(op, long);
  const json = { redirect_uris: long.redirect_uris, subject_type: "pairwise", sector_identifier_uri: CLIENT_ID };
  assert.equal((await op.fetch("/register", { json })).status, 400, "it is read, and no list");
  const page = await op.browser().authorize(client);
  assert.match(page.text, /answered with more than is read/);
});

test("a document is fetched at most twice a minute, once for all that wait for it", async () => {
  const { op } = await stage();
  const client = describe(op);
  op.serve(CLIENT_ID, { ...answer(document()), delay: 300 });
  const pages = await Promise.all(Array.from({ length: 20 }, () => op.browser().authorize(client)));
  assert.ok(pages.every((page) => page.asksForPassword));
  assert.equal(fetches(op), 1);
});

test("so is a bad one, which is no answer to whoever comes later: neither an error nor a malformed document is kept", async () => {
  const { op, ada } = await stage();
  const bad = { missing: { status: 404 }, malformed: { body: "{", headers: { "content-type": "application/json" } } };
  for (const [name, served] of Object.entries(bad)) {
    const client = describe(op, document({ client_id: `https://app.acme.test/${name}` }));
    op.serve(client.id, { ...served, delay: 300 });
    const pages = await Promise.all(Array.from({ length: 5 }, () => op.browser().authorize(client)));
    assert.deepEqual(pages.map(({ status }) => status), [400, 400, 400, 400, 400]);
    assert.equal(fetches(op, client.id), 1);
    op.serve(client.id, served);
    assert.equal((await op.browser().authorize(client)).status, 400);
    op.serve(client.id, answer(document({ client_id: client.id })));
    for (let n = 0; n < 5; n++) {
      const page = await op.browser().authorize(client);
      assert.equal(page.status, 429, "not that it is bad, but that it may not be asked");
      assert.equal(page.headers.get("retry-after"), "60");
    }
    assert.equal(fetches(op, client.id), 2);
    op.clock.advance({ minutes: 1 });
    assert.ok((await op.browser().obtain(client, ada)).code);
  }
});

test("a client that is known does not go on by its old document where the new one is bad, however often it is tried", async () => {
  const { op, ada, browser } = await stage();
  const client = describe(op);
  await browser.obtain(client, ada);
  op.clock.advance({ hours: 2 });
  op.serve(CLIENT_ID, { status: 410 });
  const tried = [];
  for (let n = 0; n < 4; n++) tried.push((await browser.authorize(client)).status);
  assert.deepEqual(tried, [400, 400, 429, 429]);
});

test("a registered client cannot be taken over by a document", async () => {
  const { op } = await stage();
  await op.rows("INSERT INTO clients (id, version, metadata, auth_method, issued_at, updated_at) VALUES (?, 1, '{}', 'none', 0, 0)", CLIENT_ID);
  const page = await op.browser().authorize(describe(op));
  assert.equal(page.status, 400);
  assert.match(page.text, /is that of a registered client/);
});
