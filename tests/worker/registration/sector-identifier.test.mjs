// sector_identifier_uri (OIDC Registration section 5), and what the Worker fetches at all.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { oauthError } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const SECTOR = "https://acme.test/sector.json";
const URIS = ["https://a.acme.test/cb", "https://b.acme.test/cb"];
const WANTED = { redirect_uris: URIS, sector_identifier_uri: SECTOR };

const register = (metadata = {}) => op.admin("/register", { json: { ...WANTED, ...metadata } });

async function refused(response, what) {
  const body = await oauthError(response, 400, "invalid_client_metadata");
  assert.match(body.error_description, /^sector_identifier_uri /, what);
  return body.error_description;
}

describe("at registration", () => {
  test("a document that lists every redirect URI is accepted", async () => {
    op.serve(SECTOR, { json: [...URIS, "https://c.acme.test/cb"] });
    const response = await register();
    assert.equal(response.status, 201);
    assert.equal((await response.json()).sector_identifier_uri, SECTOR);
  });

  const WRONG = {
    "lacks a redirect URI": { json: [URIS[0]] },
    "is an object": { json: { redirect_uris: URIS } },
    "holds a number": { json: [...URIS, 1] },
    "is not JSON": { body: "<html>" },
    "is empty": { body: "" },
    "is not UTF-8": { body: new Uint8Array([0x5b, 0x22, 0xff, 0x22, 0x5d]) },
    "has no content": { status: 204, body: null },
    "is not found": { status: 404, json: URIS },
    "is created": { status: 201, json: URIS },
    "is a server error": { status: 500, json: URIS },
    "is long": { json: [...URIS, "x".repeat(70_000)] },
    "goes on and on": { chunks: 500 },
  };
  for (const [what, answer] of Object.entries(WRONG)) {
    test(`a document that ${what} is refused`, async () => {
      op.serve(SECTOR, answer);
      await refused(await register());
    });
  }

  test("a redirect is not followed, wherever it leads", async () => {
    op.serve("https://acme.test/moved.json", { json: URIS });
    for (const location of ["https://acme.test/moved.json", "/moved.json", "http://169.254.169.254/"]) {
      for (const status of [301, 302, 303, 307, 308]) {
        op.serve(SECTOR, { status, headers: { location } });
        assert.match(await refused(await register()), /redirect/);
      }
    }
    assert.ok(!op.outbound.some((url) => url !== SECTOR), op.outbound.join());
  });

  for (const [what, answer] of Object.entries({
    "does not come": { json: URIS, delay: 8_000 },
    "begins and never ends": { chunks: 1 },
  })) {
    test(`a document that ${what} within five seconds is refused`, async () => {
      op.serve(SECTOR, answer);
      const began = performance.now();
      assert.match(await refused(await register()), /5 seconds/);
      assert.ok(performance.now() - began < 7_500);
    });
  }

  test("an address into a private network is refused unfetched", async () => {
    const before = op.outbound.length;
    for (const sector_identifier_uri of [
      "http://acme.test/sector.json",
      "https://127.0.0.1/s",
      "https://0x7f.1/s",
      "https://[::1]/s",
      "https://localhost/s",
      "https://printer/s",
      "https://metadata.google.internal/s",
      "https://u:p@acme.test/s",
      "https://acme.test/s#x",
      `https://acme.test/${"s".repeat(2_000)}`,
    ]) {
      await refused(await register({ sector_identifier_uri }), sector_identifier_uri);
    }
    assert.equal(op.outbound.length, before);
  });
});

describe("at a change", () => {
  async function registered() {
    op.serve(SECTOR, { json: URIS });
    return (await register()).json();
  }
  const change = (client, method, json) =>
    op.admin(`/register/${client.client_id}`, { method, json });

  test("PUT and PATCH fetch the document for other redirect URIs", async () => {
    const client = await registered();
    const more = [...URIS, "https://c.acme.test/cb"];
    await refused(await change(client, "PATCH", { redirect_uris: more }));
    await refused(await change(client, "PUT", { ...WANTED, redirect_uris: more }));
    op.serve(SECTOR, { json: more });
    assert.equal((await change(client, "PATCH", { redirect_uris: more })).status, 200);
    assert.equal((await change(client, "PUT", { ...WANTED, redirect_uris: more })).status, 200);
  });

  test("PATCH fetches a document that is new", async () => {
    const client = await registered();
    const elsewhere = "https://acme.test/other.json";
    await refused(await change(client, "PATCH", { sector_identifier_uri: elsewhere }));
    op.serve(elsewhere, { json: URIS });
    assert.equal((await change(client, "PATCH", { sector_identifier_uri: elsewhere })).status, 200);
  });

  test("another change does not depend on the client's server", async () => {
    const client = await registered();
    op.serve(SECTOR, { status: 503 });
    assert.equal((await change(client, "PATCH", { client_name: "Still here" })).status, 200);
  });
});

test("who holds a registration access token cannot make Limen knock at others' doors without end", async () => {
  op.serve(SECTOR, { json: URIS });
  const client = await (await register()).json();
  op.outbound.length = 0;
  let response;
  for (let n = 0; n < 100 && response?.status !== 429; n++) {
    const json = { sector_identifier_uri: `https://victim.test/${n}` };
    response = await op.fetch(client.registration_client_uri, {
      method: "PATCH",
      json,
      bearer: client.registration_access_token,
      address: "203.0.113.80",
    });
  }
  assert.equal(response.status, 429);
  assert.ok(op.outbound.length <= 60, `${op.outbound.length} fetches`);
});

describe("INSECURE_LOOPBACK_FETCHES", () => {
  test("on a development issuer lets a loopback document be fetched", async () => {
    const dev = await startLimen({ issuer: "http://localhost:8787", vars: { INSECURE_LOOPBACK_FETCHES: "on" } });
    const sector_identifier_uri = "http://localhost:3000/sector.json";
    dev.serve(sector_identifier_uri, { json: URIS });
    const json = { redirect_uris: URIS, sector_identifier_uri };
    assert.equal((await dev.admin("/register", { json })).status, 201);
    const elsewhere = { redirect_uris: URIS, sector_identifier_uri: "http://10.0.0.1/sector.json" };
    await refused(await dev.admin("/register", { json: elsewhere }));
  });

  test("on an https issuer keeps Limen from starting", async () => {
    const wrong = await startLimen({ vars: { INSECURE_LOOPBACK_FETCHES: "on" } });
    const response = await wrong.fetch("/.well-known/openid-configuration");
    assert.equal(response.status, 503);
    assert.match(await response.text(), /INSECURE_LOOPBACK_FETCHES/);
  });
});
