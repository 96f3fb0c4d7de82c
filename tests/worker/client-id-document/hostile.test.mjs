// What a client_id, and the document that it leads to, may not be: draft-ietf-oauth-client-id-metadata-document sections 3,
// 4.1 and 6.

import assert from "node:assert/strict";
import { describe as suite, test } from "node:test";

import { startLimen } from "../support/limen.mjs";
import { CLIENT_ID, answer, describe, document, fetches } from "./documents.mjs";

const op = await startLimen({ vars: { CLIENT_ID_METADATA_DOCUMENTS: "on" } });

async function refused(client, what) {
  op.clock.advance({ minutes: 1 }); // or it would be what was fetched before that counts
  const page = await op.browser().authorize(client);
  assert.equal(page.status, 400, `${what}: ${page.status} ${page.text.slice(0, 200)}`);
  assert.equal(page.callback, null, what);
  assert.doesNotMatch(page.html, /<script>zq/, what);
  assert.deepEqual(await op.rows("SELECT id FROM clients"), [], `${what} left a client behind`);
  return page.text;
}

suite("a client_id that is not fetched", () => {
  const URLS = [
    "https://app.acme.test",
    "https://app.acme.test/a/../c",
    "https://app.acme.test/./c",
    "https://app.acme.test/%2e%2e/c",
    "https://app.acme.test/c#x",
    "https://u@app.acme.test/c",
    "https://u:p@app.acme.test/c",
    "https://APP.acme.test/c",
    "https://app.acme.test:443/c",
    "https://app.acme.test/c d",
    "https://app.acme.test/\r\nx",
    "https://app.acme.test/\0",
    "https://b\u00fccher.test/c",
    "https://app.acme.test\\@evil.test/c",
    "http://app.acme.test/c",
    "https://127.0.0.1/c",
    "https://2130706433/c",
    "https://[::1]/c",
    "https://169.254.169.254/latest/meta-data",
    "https://10.0.0.1/c",
    "https://localhost/c",
    "https://printer.local/c",
    "https://metadata.google.internal/c",
    "https://",
    "https:///c",
    `https://app.acme.test/${"a".repeat(400)}`,
    `https://app.acme.test/"><script>zq</script>`,
  ];
  for (const client_id of URLS) {
    test(JSON.stringify(client_id).slice(0, 80), async () => {
      await refused(describe(op, document({ client_id })), client_id);
    });
  }
  test("nothing was fetched", () => assert.deepEqual(op.outbound, []));
});

suite("a document that is not taken", () => {
  const big = "x".repeat(6_000);
  const ANSWERS = {
    "404": { ...answer(document()), status: 404 },
    "204": { status: 204, body: null },
    "201": { ...answer(document()), status: 201 },
    "500": { ...answer(document()), status: 500 },
    "a redirect to another": { status: 302, headers: { location: "https://evil.test/c" } },
    "a redirect to itself": { status: 301, headers: { location: CLIENT_ID } },
    "no content type": { body: JSON.stringify(document()), headers: { "content-type": "" } },
    "HTML": { body: JSON.stringify(document()), headers: { "content-type": "text/html" } },
    "empty": answer(""),
    "an array": answer([document()]),
    "null": answer(null),
    "broken JSON": { body: "{", headers: { "content-type": "application/json" } },
    "invalid UTF-8": { body: new Uint8Array([0x7b, 0xff]), headers: { "content-type": "application/json" } },
    "a member twice": {
      body: `{"client_id":"${CLIENT_ID}",${JSON.stringify(document()).slice(1)}`,
      headers: { "content-type": "application/json" },
    },
    "deep lists": { body: "[".repeat(5_000), headers: { "content-type": "application/json" } },
    "more than 5 KB": answer(document({ client_name: "A", software_id: big })),
    "without an end": { chunks: 3, headers: { "content-type": "application/json" } },
    "another client_id": answer(document({ client_id: "https://evil.test/client.json" })),
    "the client_id with a slash more": answer(document({ client_id: `${CLIENT_ID}/` })),
    "no client_id": answer(document({ client_id: undefined })),
    "a client_id that is a list": answer(document({ client_id: [CLIENT_ID] })),
    "a client_secret": answer(document({ client_secret: "everybody knows" })),
    "a client_secret_expires_at": answer(document({ client_secret_expires_at: 0 })),
    "client_secret_basic": answer(document({ token_endpoint_auth_method: "client_secret_basic" })),
    "client_secret_post": answer(document({ token_endpoint_auth_method: "client_secret_post" })),
    "client_secret_jwt": answer(document({ token_endpoint_auth_method: "client_secret_jwt" })),
    "an unknown method": answer(document({ token_endpoint_auth_method: "zq" })),
    "no redirect URI": answer(document({ redirect_uris: [] })),
    "a javascript: URI": answer(document({ redirect_uris: ["javascript:alert(1)"] })),
    "a redirect URI with a fragment": answer(document({ redirect_uris: ["https://app.acme.test/cb#x"] })),
    "plain http": answer(document({ redirect_uris: ["http://app.acme.test/cb"] })),
    "a private key": answer(document({ jwks: { keys: [{ kty: "EC", crv: "P-256", x: "x", y: "y", d: "d" }] } })),
    "numbers": answer(document({ redirect_uris: [7] })),
    "a name that is a number": answer(document({ client_name: 7 })),
  };
  for (const [what, served] of Object.entries(ANSWERS)) {
    test(what, async () => {
      op.serve(CLIENT_ID, served);
      const client = describeWithout(document());
      await refused(client, what);
    });
  }

  test("what a redirect names is not fetched", () => assert.equal(fetches(op, "https://evil.test/c"), 0));
});

test("one that does not come is not waited for", { timeout: 20_000 }, async () => {
  op.serve(CLIENT_ID, { ...answer(document()), delay: 8_000 });
  const started = performance.now();
  const text = await refused(describeWithout(document()), "slow");
  assert.match(text, /did not answer within 5 seconds/);
  assert.ok(performance.now() - started < 7_500);
});

test("the token endpoint fetches nothing for a client_id that it does not know", async () => {
  const before = op.outbound.length;
  for (const client_id of [CLIENT_ID, "https://evil.test/c", "https://127.0.0.1/c"]) {
    for (const path of ["/token", "/revoke", "/introspect"]) {
      const form = { client_id, grant_type: "authorization_code", code: "x", token: "x" };
      const response = await op.fetch(path, { form });
      assert.equal(response.status, 401, path);
    }
  }
  assert.equal(op.outbound.length, before);
});

/** A client at an address that is served already. */
function describeWithout(json) {
  const throwaway = { serve() {} };
  const client = describe(throwaway, json);
  client.op = op;
  return client;
}
