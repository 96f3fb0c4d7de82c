// Request objects by reference: OIDC Core section 6.2, RFC 9101 section 5.2.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { errorPage } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";
import { beside, requestClaims, signedObject, signingKey } from "../support/request-object.mjs";

const URI = "https://app.acme.test/requests/1.jwt";

const op = await startLimen();

/** Answers from now on, when what was fetched before counts no more. */
function serve(uri, answer) {
  op.clock.advance({ minutes: 1 });
  op.serve(uri, answer);
}

const ada = await op.person();
const { jwk, privateKey } = await signingKey("ES256");
const client = await op.client({ jwks: { keys: [jwk] }, request_uris: [URI, "https://app.acme.test/requests/2.jwt#old"] });

async function object(params = {}) {
  const { claims } = requestClaims(client, params);
  return signedObject(claims, { alg: "ES256", key: privateKey, kid: jwk.kid });
}

const outside = (uri) => beside(client, { redirect_uri: client.redirectUri, state: "outer", request_uri: uri });

async function told(path, code) {
  const page = await op.browser().open(path);
  assert.equal(page.callback?.get("error"), code, page.callback?.get("error_description") ?? page.text);
  return page.callback.get("error_description");
}

test("a registered request_uri is fetched once for one sign-in, however long that takes", async () => {
  serve(URI, { body: await object({ state: "inner" }), headers: { "content-type": "application/oauth-authz-req+jwt" } });
  op.outbound.length = 0;
  const browser = op.browser();
  const login = await browser.open(outside(URI));
  serve(URI, { status: 404 });
  op.clock.advance({ minutes: 20 });
  const page = await browser.complete(login, ada);
  assert.equal(page.callback.get("state"), "inner");
  assert.ok(page.callback.get("code"));
  assert.deepEqual(op.outbound, [URI]);
});

test("those who come while it is fetched wait for the one answer", async () => {
  serve(URI, { body: await object({ state: "shared", prompt: "none" }), delay: 800 });
  op.outbound.length = 0;
  // The client is known by now, so that the fetch is the first thing that anybody waits for.
  await op.fetch(client.authorizePath());
  const asking = [0, 200, 400].map(async (delay) => {
    await new Promise((resolve) => setTimeout(resolve, delay));
    return op.fetch(outside(URI));
  });
  const answers = await Promise.all(asking);
  assert.deepEqual(answers.map(({ status }) => status), [303, 303, 303]);
  assert.deepEqual(op.outbound, [URI]);
});

test("what may change is fetched anew for each request", async () => {
  for (const state of ["one", "two"]) {
    serve(URI, { body: `${await object({ state, prompt: "none" })}\n` });
    const page = await op.browser().open(outside(URI));
    assert.deepEqual([page.callback.get("error"), page.callback.get("state")], ["login_required", state]);
  }
});

test("a fragment that is the SHA-256 of the content lets it be kept", async () => {
  const body = await object();
  const hash = (text) => createHash("sha256").update(text).digest("base64url");
  const uri = `https://app.acme.test/requests/2.jwt#${hash(body)}`;
  serve("https://app.acme.test/requests/2.jwt", { body });
  assert.ok((await op.browser().open(outside(uri))).asksForPassword);
  serve("https://app.acme.test/requests/2.jwt", { status: 500 });
  assert.ok((await op.browser().open(outside(uri))).asksForPassword, "from the copy");
  serve("https://app.acme.test/requests/2.jwt", { body });
});

test("a fragment that is not the hash only signals a change (oidcc-request-uri-signed-rs256): the content counts, unkept", async () => {
  const address = "https://app.acme.test/requests/2.jwt";
  const other = `${address}#${createHash("sha256").update("other").digest("base64url")}`;
  for (const state of ["one", "two"]) {
    serve(address, { body: await object({ state, prompt: "none" }) });
    const page = await op.browser().open(outside(other));
    assert.deepEqual([page.callback.get("error"), page.callback.get("state")], ["login_required", state]);
  }
});

test("a copy is read as what was fetched is, whatever white space stands around the object", async () => {
  const body = `${await object({ state: "inner", prompt: "none" })}\n`;
  const uri = `https://app.acme.test/requests/2.jwt#${createHash("sha256").update(body).digest("base64url")}`;
  serve("https://app.acme.test/requests/2.jwt", { body });
  for (const from of ["its address", "its copy"]) {
    const page = await op.browser().open(outside(uri));
    assert.deepEqual([page.callback.get("error"), page.callback.get("state")], ["login_required", "inner"], from);
  }
});

test("one that was not registered is not fetched", async () => {
  op.outbound.length = 0;
  for (const uri of [
    "https://app.acme.test/requests/3.jwt",
    `${URI}?x=1`,
    "https://app.acme.test/requests/../requests/1.jwt",
    "http://app.acme.test/requests/1.jwt",
    "https://169.254.169.254/latest/meta-data",
    "file:///etc/passwd",
    "urn:ietf:params:oauth:request_uri:x",
    "x",
  ]) {
    await told(outside(uri), "invalid_request_uri");
  }
  assert.deepEqual(op.outbound, []);
});

const WRONG = {
  "is not found": { status: 404 },
  "redirects": { status: 302, headers: { location: "https://app.acme.test/other" } },
  "is huge": { body: "x".repeat(40_000) },
};
for (const [what, answer] of Object.entries(WRONG)) {
  test(`invalid_request_uri when what is there ${what}`, async () => {
    serve(URI, answer);
    assert.match(await told(outside(URI), "invalid_request_uri"), /^request_uri /);
  });
}

test("invalid_request_object when what is there is none", async () => {
  for (const body of ["", "<html>", "{}", new Uint8Array([0xff, 0xfe])]) {
    serve(URI, { body });
    await told(outside(URI), "invalid_request_object");
  }
});

test("addresses that are never fetched cannot be registered", async () => {
  for (const uri of ["http://app.acme.test/r", "https://127.0.0.1/r", "https://localhost/r", "https://u:p@app.acme.test/r"]) {
    const response = await op.admin("/register", {
      json: { redirect_uris: ["https://app.acme.test/cb"], request_uris: [uri] },
    });
    assert.equal(response.status, 400, uri);
  }
});

test("an error has nowhere to go without a redirect URI outside", async () => {
  serve(URI, { status: 404 });
  errorPage(await op.browser().open(beside(client, { request_uri: URI })));
});

test("a request_uri is fetched at most twice a minute; then what came last counts", async () => {
  serve(URI, { body: await object({ state: "inner", prompt: "none" }) });
  op.outbound.length = 0;
  const pages = [];
  for (let n = 0; n < 6; n++) pages.push(await op.browser().open(outside(URI)));
  for (const page of pages) assert.equal(page.callback.get("state"), "inner");
  assert.deepEqual(op.outbound, [URI, URI]);

  serve(URI, { body: await object({ state: "inner", prompt: "none" }), delay: 300 });
  op.outbound.length = 0;
  await Promise.all(Array.from({ length: 10 }, () => op.browser().open(outside(URI))));
  assert.deepEqual(op.outbound, [URI], "once for all that wait");

  serve(URI, { status: 500 });
  op.outbound.length = 0;
  for (let n = 0; n < 6; n++) await told(outside(URI), "invalid_request_uri");
  assert.deepEqual(op.outbound, [URI, URI], "also where it fails");
});

test("what one network has fetched for clients that anybody can be is limited", async () => {
  const uris = Array.from({ length: 50 }, (_, n) => `https://app.acme.test/requests/many-${n}.jwt`);
  const app = await op.publicClient({ request_uris: uris });
  const other = await op.client({ request_uris: [`${URI}?other`] });
  const ask = (by, uri, address) =>
    op.browser({ address }).open(beside(by, { redirect_uri: by.redirectUri, request_uri: uri }));
  for (const uri of [...uris, `${URI}?other`]) op.serve(uri, { status: 404 });
  op.outbound.length = 0;
  for (let round = 0; round < 7; round++) {
    if (round % 2 === 0) op.clock.advance({ minutes: 1 });
    await Promise.all(uris.map((uri) => ask(app, uri, "203.0.113.70")));
  }
  const page = await ask(app, uris[0], "203.0.113.70");
  assert.match(page.callback.get("error_description"), /too often/);
  assert.equal(op.outbound.length, 300);
  await ask(other, `${URI}?other`, "203.0.113.70");
  assert.equal(op.outbound.length, 301, "a client that alone has its secret");
});
