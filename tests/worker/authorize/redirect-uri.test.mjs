// Where a response may go: RFC 6749 section 3.1.2, RFC 8252 section 7, RFC 9700 section 4.1.3. What is not registered
// gets a page, never a redirect, and never a code.

import assert from "node:assert/strict";
import { test } from "node:test";

import { errorPage } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const ada = await op.person();
const web = await op.client({
  redirect_uris: ["https://app.acme.test/callback", "https://app.acme.test/with?tenant=1"],
});
const native = await op.nativeClient({
  redirect_uris: [
    "http://127.0.0.1/callback",
    "http://[::1]/callback",
    "http://localhost/callback",
    "org.acme.app:/callback",
  ],
});

const REFUSED = {
  "another host": "https://evil.test/callback",
  "a host that begins alike": "https://app.acme.test.evil.test/callback",
  "a host that ends alike": "https://evilapp.acme.test/callback",
  "a user part": "https://app.acme.test@evil.test/callback",
  "a user part with password": "https://app.acme.test:x@evil.test/callback",
  "a backslash": "https://app.acme.test\\@evil.test/callback",
  "a flipped case in the path": "https://app.acme.test/Callback",
  "a flipped case in the host": "https://APP.acme.test/callback",
  "a flipped case in the scheme": "HTTPS://app.acme.test/callback",
  "a slash at the end": "https://app.acme.test/callback/",
  "a path below": "https://app.acme.test/callback/evil",
  "dot segments": "https://app.acme.test/callback/../evil",
  "dot segments that lead back": "https://app.acme.test/x/../callback",
  "encoded dot segments": "https://app.acme.test/callback/%2e%2e/evil",
  "twice encoded dots": "https://app.acme.test/callback/%252e%252e/evil",
  "an encoded letter": "https://app.acme.test/%63allback",
  "an added query": "https://app.acme.test/callback?x=1",
  "an empty query": "https://app.acme.test/callback?",
  "a query that goes on": "https://app.acme.test/with?tenant=1&tenant=2",
  "a fragment": "https://app.acme.test/callback#x",
  "an empty fragment": "https://app.acme.test/callback#",
  "the default port": "https://app.acme.test:443/callback",
  "another port": "https://app.acme.test:8443/callback",
  "http for https": "http://app.acme.test/callback",
  "no scheme": "//app.acme.test/callback",
  "a path alone": "/callback",
  "a wildcard": "https://*.acme.test/callback",
  "a space behind": "https://app.acme.test/callback ",
  "a newline behind": "https://app.acme.test/callback\n",
  "a tab inside": "https://app.acme.test/call\tback",
  "NUL behind": "https://app.acme.test/callback\0",
  "a homograph": "https://\u0430pp.acme.test/callback",
  "an IDN dot": "https://app\u3002acme.test/callback",
  "javascript": "javascript:alert(1)//https://app.acme.test/callback",
  "data": "data:text/html,<script>alert(1)</script>",
  "two URIs": "https://app.acme.test/callback https://evil.test/",
  "a comma list": "https://app.acme.test/callback,https://evil.test/",
  "64 KB": `https://app.acme.test/${"a".repeat(15_000)}`,
};

for (const [what, uri] of Object.entries(REFUSED)) {
  test(`${what} is refused`, async () => errorPage(await op.browser().authorize(web, { redirect_uri: uri })));
}

test("an unregistered URI is refused after consent, with every response mode and type, and with prompt=none", async () => {
  const browser = op.browser();
  await browser.obtain(web, ada);
  for (const extra of [
    {},
    { prompt: "none" },
    { response_mode: "query" },
    { response_mode: "fragment" },
    { response_mode: "form_post" },
    { response_mode: "web_message" },
    { response_type: "token" },
    { response_type: "id_token" },
    { response_type: "code id_token token" },
    { response_type: "x" },
    { scope: '"' },
    { request: "x" },
  ]) {
    errorPage(await browser.authorize(web, { redirect_uri: "https://evil.test/", ...extra }));
  }
});

test("another client's redirect URI is refused", async () => {
  const other = await op.client({ redirect_uris: ["https://other.acme.test/callback"] });
  errorPage(await op.browser().authorize(web, { redirect_uri: other.redirectUri }));
});

test("no redirect_uri is refused, even with one registered (Core section 3.1.2.1: REQUIRED)", async () => {
  errorPage(await op.browser().authorize(await op.client(), { redirect_uri: undefined }));
});

test("a registered query stays, and the response is added to it", async () => {
  const done = await op.browser().obtain(web, ada, { redirect_uri: "https://app.acme.test/with?tenant=1" });
  assert.ok(done.code);
  const browser = op.browser();
  const page = await browser.complete(
    await browser.authorize(web, { redirect_uri: "https://app.acme.test/with?tenant=1" }),
    ada,
  );
  assert.ok(page.url.startsWith("https://app.acme.test/with?tenant=1&"), page.url);
});

const LOOPBACK_ALLOWED = [
  "http://127.0.0.1/callback",
  "http://127.0.0.1:1/callback",
  "http://127.0.0.1:51004/callback",
  "http://127.0.0.1:65535/callback",
  "http://[::1]:51004/callback",
  "http://localhost:51004/callback",
  "org.acme.app:/callback",
];
for (const uri of LOOPBACK_ALLOWED) {
  test(`a native client may use ${uri} (RFC 8252 section 7.3)`, async () => {
    const grant = await op.browser().obtain(native, ada, { redirect_uri: uri });
    assert.ok((await native.tokens(grant)).access_token);
  });
}

test("a native client may ask for every response mode, on every URI", async () => {
  const browser = op.browser();
  await browser.obtain(native, ada);
  for (const redirect_uri of LOOPBACK_ALLOWED) {
    for (const response_mode of ["query", "fragment", "form_post"]) {
      const page = await browser.authorize(native, { redirect_uri, response_mode });
      assert.ok(page.status < 400, `${response_mode} to ${redirect_uri}`);
    }
  }
});

const LOOPBACK_REFUSED = [
  "http://127.0.0.1:51004/other",
  "http://127.0.0.1:51004/callback/",
  "http://127.0.0.1:51004/callback?x=1",
  "http://127.0.0.1:51004/callback#x",
  "http://127.0.0.2:51004/callback",
  "http://127.1:51004/callback",
  "http://2130706433:51004/callback",
  "http://0x7f.0.0.1:51004/callback",
  "http://0.0.0.0:51004/callback",
  "http://[::]:51004/callback",
  "http://[0:0:0:0:0:0:0:1]:51004/callback",
  "http://[::ffff:127.0.0.1]:51004/callback",
  "http://127.0.0.1.evil.test:51004/callback",
  "http://127.0.0.1:51004@evil.test/callback",
  "http://x@127.0.0.1:51004/callback",
  "http://localhost.evil.test:51004/callback",
  "http://localhost.:51004/callback",
  "http://LOCALHOST:51004/callback",
  "https://127.0.0.1:51004/callback",
  "http://127.0.0.1:/callback",
  "http://127.0.0.1:65536/callback",
  "http://127.0.0.1:+80/callback",
  "http://127.0.0.1: 80/callback",
  "http://127.0.0.1:5100x/callback",
  "org.acme.app:51004/callback",
  "ORG.acme.app:/callback",
  "org.acme.app://callback",
];
for (const uri of LOOPBACK_REFUSED) {
  test(`a native client may not use ${uri}`, async () => {
    errorPage(await op.browser().authorize(native, { redirect_uri: uri }));
  });
}

test("the port of a web client's https URI is fixed, and of a native client's too", async () => {
  const mixed = await op.nativeClient({ redirect_uris: ["https://app.acme.test/callback"] });
  errorPage(await op.browser().authorize(mixed, { redirect_uri: "https://app.acme.test:8443/callback" }));
});

test("the code is bound to the loopback port it was sent to", async () => {
  const grant = await op.browser().obtain(native, ada, { redirect_uri: "http://127.0.0.1:51004/callback" });
  const response = await native.redeem(grant, { redirect_uri: "http://127.0.0.1:51005/callback" });
  assert.equal((await response.json()).error, "invalid_grant");
  assert.equal((await native.redeem(grant)).status, 200);
});
