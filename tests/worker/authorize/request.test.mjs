// The Authentication Request: OIDC Core section 3.1.2.1, RFC 6749 section 4.1.1.

import assert from "node:assert/strict";
import { test } from "node:test";

import { errorPage, pageHeaders, redirectError } from "../support/expect.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const client = await op.client();
const ada = await op.person();

test("sign-in, consent, callback: a code with state and iss, by 303", async () => {
  const browser = op.browser();
  const login = await browser.authorize(client);
  assert.equal(login.status, 200);
  assert.ok(login.asksForPassword);
  assert.match(login.text, /Acme Notes/);
  const consent = await browser.signIn(login, ada);
  assert.ok(consent.asksForConsent);
  const done = await browser.approve(consent);
  assert.equal(done.callbackUrl, client.redirectUri);
  assert.equal(done.status, 303);
  assert.equal(done.callback.get("state"), done.request.params.state);
  assert.equal(done.callback.get("iss"), op.issuer);
  assert.ok(done.callback.get("code").length >= 43, "at least 256 bits");
  assert.deepEqual([...done.callback.keys()].sort(), ["code", "iss", "state"]);
});

test("every redirect on the way is a 303 and is not cached", async () => {
  const browser = op.browser();
  const other = await op.client();
  let page = await browser.authorize(other);
  const trail = [...page.trail];
  page = await browser.signIn(page, ada);
  trail.push(...page.trail);
  page = await browser.approve(page);
  trail.push(...page.trail);
  for (const { status, headers } of trail) {
    if (status !== 200) assert.equal(status, 303);
    assert.match(headers.get("cache-control"), /no-store/);
  }
});

test("POST works as GET does", async () => {
  const browser = op.browser();
  const login = await browser.authorize(client, {}, { method: "POST" });
  assert.ok(login.asksForPassword);
  const done = await browser.complete(login, ada);
  assert.ok(done.callback.get("code"));
  const again = await browser.authorize(client, {}, { method: "POST" });
  assert.ok(again.callback.get("code"), "signed in and consented: straight through");
});

test("a POST from another site, without cookies of this one, still leads to the login page", async () => {
  const page = await op.browser().authorize(
    client,
    {},
    {
      method: "POST",
      headers: { origin: client.redirectUri.replace(/\/callback/, ""), "sec-fetch-site": "cross-site" },
    },
  );
  assert.ok(page.asksForPassword);
});

test("unknown parameters are ignored (RFC 6749 section 3.1)", async () => {
  const page = await op.browser().authorize(client, { audience: "x", utm_source: "y", "odd name": "z", "a[]": "1" });
  assert.ok(page.asksForPassword);
});

test("the display, ui_locales, claims_locales and acr_values parameters cause no error", async () => {
  const hints = {
    display: "popup",
    ui_locales: "fr-CA fr en",
    claims_locales: "en",
    acr_values: "urn:mace:incommon:iap:silver 1",
  };
  assert.ok((await op.browser().authorize(client, hints)).asksForPassword);
  const odd = {
    display: "hologram",
    ui_locales: "not_a_locale \u{1f600}",
    claims_locales: "",
    acr_values: "x".repeat(500),
  };
  assert.ok((await op.browser().authorize(client, odd)).status < 500);
});

test("login_hint fills in the username, and only as text", async () => {
  const page = await op.browser().authorize(client, { login_hint: 'ada@people.test"><script>alert(1)</script>' });
  const { controls } = page.form("username");
  const { value } = controls.find(({ name }) => name === "username");
  assert.ok(value === "" || value.startsWith("ada@people.test"));
  assert.doesNotMatch(page.html, /<script>alert/);
});

test("parameters without a value count as absent (RFC 6749 section 3.1)", async () => {
  const page = await op
    .browser()
    .authorize(client, { prompt: "", max_age: "", response_mode: "", login_hint: "", request: "" });
  assert.ok(page.asksForPassword);
});

for (const name of ["client_id", "redirect_uri"]) {
  test(`${name} twice is a page: nobody to trust`, async () => {
    const page = await op.browser().open(`${client.authorizePath()}&${name}=x`);
    errorPage(page);
  });
}

for (const name of ["response_type", "scope", "state", "nonce", "code_challenge", "prompt", "max_age"]) {
  test(`${name} twice is invalid_request`, async () => {
    const path = client.authorizePath({ prompt: "login", max_age: "9" });
    const page = await op.browser().open(`${path}&${name}=x`);
    assert.equal(page.callback?.get("error"), "invalid_request", page.text);
    assert.equal(page.callback.get("code"), null);
  });
}

test("a missing response_type is invalid_request", async () => {
  redirectError(await op.browser().authorize(client, { response_type: undefined }), "invalid_request");
});

const OTHER_TYPES = [
  "token",
  "id_token",
  "id_token token",
  "code id_token",
  "code token",
  "code id_token token",
  "none",
  "Code",
  "code code",
  "x",
];
for (const responseType of OTHER_TYPES) {
  test(`response_type=${responseType} is refused for a client of the code flow`, async () => {
    const page = await op.browser().authorize(client, { response_type: responseType });
    redirectError(page, ["unsupported_response_type", "unauthorized_client", "invalid_request"]);
  });
}

test("registration is refused by name (Core section 3.1.2.6)", async () => {
  redirectError(await op.browser().authorize(client, { registration: "{}" }), "registration_not_supported");
});

test("a request object cannot bring its own redirect URI", async () => {
  const claims = Buffer.from(JSON.stringify({ redirect_uri: "https://evil.test/", client_id: client.id })).toString(
    "base64url",
  );
  const page = await op
    .browser()
    .authorize(client, { redirect_uri: undefined, request: `eyJhbGciOiJub25lIn0.${claims}.` });
  errorPage(page);
});

test("scopes that nobody knows are ignored (Core section 3.1.2.1)", async () => {
  const grant = await op.browser().obtain(client, ada, { scope: "openid email no-such-scope https://acme.test/scope" });
  const { scope } = await client.tokens(grant);
  assert.deepEqual(scope.split(" ").sort(), ["email", "openid"]);
});

test("a scope that the client did not register is refused, or left out and said so", async () => {
  const narrow = await op.client({ scope: "openid email" });
  const page = await op.browser().authorize(narrow, { scope: "openid email phone" });
  if (page.callback) return redirectError(page, "invalid_scope");
  const done = await op.browser().obtain(narrow, ada, { scope: "openid email phone" });
  assert.deepEqual((await narrow.tokens(done)).scope.split(" ").sort(), ["email", "openid"]);
});

test("without the scope openid there is no ID token, for it is no OpenID request", async () => {
  const browser = op.browser();
  const page = await browser.complete(await browser.authorize(client, { scope: "email" }), ada);
  if (page.callback.get("error")) return redirectError(page, "invalid_scope");
  const grant = {
    client,
    code: page.callback.get("code"),
    redirectUri: client.redirectUri,
    verifier: page.request.verifier,
  };
  assert.equal((await client.tokens(grant)).id_token, undefined);
});

test("a scope with quotes, backslashes or control characters is invalid_scope", async () => {
  for (const scope of ['openid "x"', "openid \\", "openid\tprofile", "openid\nprofile", "openid \u00e9"]) {
    const page = await op.browser().authorize(client, { scope });
    redirectError(page, ["invalid_scope", "invalid_request"]);
  }
});

test("a nonce comes back as it was, whatever is in it", async () => {
  for (const nonce of ['a b+c%20&="<>', "\u{1f510} \u00fcber", "x".repeat(512)]) {
    const grant = await op.browser().obtain(client, ada, { nonce });
    assert.equal(claimsOf((await client.tokens(grant)).id_token).nonce, nonce);
  }
});

test("without a nonce the code flow works, and the ID token has none", async () => {
  const grant = await op.browser().obtain(client, ada, { nonce: undefined });
  assert.ok(!("nonce" in claimsOf((await client.tokens(grant)).id_token)));
});

test("an error page is a page: no redirect, strict headers, nothing echoed", async () => {
  const marker = "<img src=x onerror=alert(1)>";
  for (const params of [
    { client_id: marker },
    { client_id: undefined },
    { redirect_uri: `https://evil.test/${marker}` },
    { redirect_uri: undefined },
  ]) {
    const page = await op.browser().authorize(client, params);
    errorPage(page);
    assert.doesNotMatch(page.html, /<img/);
    assert.doesNotMatch(page.html, /(href|action|src)="[^"]*evil\.test/, "no link to where an attacker wanted to send people");
  }
});

test("pages carry strict headers", async () => {
  const browser = op.browser();
  const login = await browser.authorize(await op.client());
  pageHeaders(login.headers);
  const consent = await browser.signIn(login, ada);
  assert.ok(consent.asksForConsent);
  pageHeaders(consent.headers);
});

test("the code is 256 random bits and never the same", async () => {
  const browser = op.browser();
  await browser.obtain(client, ada);
  const codes = await Promise.all(
    Array.from({ length: 20 }, () => browser.obtain(client, ada).then(({ code }) => code)),
  );
  assert.equal(new Set(codes).size, 20);
});
