// How the response travels: response_mode, state, iss (OAuth 2.0 Multiple Response Types, Form Post, RFC 9207).

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { errorPage, pageHeaders, redirectError } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const client = await op.client();
const ada = await op.person();
const browser = op.browser();
await browser.obtain(client, ada);

const STATES = {
  "plain text": "af0ifjsldkj",
  "reserved characters": "a b+c&d=e%20/?#[]@!$'()*,;:\"<>\\^`{|}~",
  "CRLF and a header": "x\r\nSet-Cookie: a=b\r\n\r\n<script>",
  "unicode": "\u00fcber \u{1f510} \u202egnp.exe \u0000".replace("\u0000", ""),
  "8 KB": "s".repeat(8_192),
  "a JSON text": JSON.stringify({ return: "/x?y=1&z", n: [1, null] }),
  "HTML": "\"><script>alert(1)</script>'",
  "percent signs": "%2e%2e%00%zz",
  "one space": " ",
};

for (const mode of ["query", "fragment", "form_post"]) {
  describe(`response_mode=${mode}`, () => {
    test("carries code, state and iss, and nothing else", async () => {
      const page = await browser.authorize(client, { response_mode: mode });
      assert.equal(page.responseMode, mode);
      assert.equal(page.callbackUrl, client.redirectUri);
      assert.deepEqual([...page.callback.keys()].sort(), ["code", "iss", "state"]);
      assert.equal(page.callback.get("iss"), op.issuer);
    });

    test("carries errors too", async () => {
      const page = await op.browser().authorize(client, { response_mode: mode, prompt: "none" });
      assert.equal(page.responseMode, mode);
      redirectError(page, "login_required");
      assert.equal(page.callback.get("iss"), op.issuer);
    });

    for (const [what, state] of Object.entries(STATES)) {
      test(`brings back a state of ${what}`, async () => {
        const method = state.length > 4_000 ? "POST" : "GET";
        const success = await browser.authorize(client, { response_mode: mode, state }, { method });
        assert.equal(success.callback?.get("state"), state);
        assert.equal(
          success.headers.getSetCookie().some((line) => line.startsWith("a=b")),
          false,
        );
        const failure = await op
          .browser()
          .authorize(client, { response_mode: mode, state, prompt: "none" }, { method });
        assert.equal(failure.callback?.get("state"), state);
      });
    }
  });
}

test("a state survives login and consent", async () => {
  for (const state of Object.values(STATES)) {
    const fresh = op.browser();
    const page = await fresh.authorize(client, { state });
    const done = await fresh.complete(page, ada);
    assert.equal(done.callback?.get("state"), state);
  }
});

test("a state of 64 KB is refused: no server takes a header of that size back", async () => {
  const response = await browser.fetch("/authorize", { form: client.request({ state: "s".repeat(65_536) }).params });
  assert.ok([400, 413, 414].includes(response.status) || (response.headers.get("location") ?? "").length < 16_000);
});

test("without a state there is none in the answer", async () => {
  const page = await browser.authorize(client, { state: undefined });
  assert.equal(page.callback.has("state"), false);
});

test("an unknown response_mode is invalid_request", async () => {
  for (const response_mode of ["web_message", "jwt.jwt", ".jwt", "x", "Query", "query fragment"]) {
    const page = await browser.authorize(client, { response_mode });
    redirectError(page, ["invalid_request", "unsupported_response_type"]);
  }
});

test("the form of form_post is a strict page that works without scripts", async () => {
  const page = await browser.authorize(client, { response_mode: "form_post", state: STATES.HTML });
  pageHeaders(page.headers);
  const [form] = page.forms;
  assert.equal(form.method, "post");
  assert.ok(
    form.controls.some(({ tag, type }) => tag === "button" || type === "submit"),
    "a button for those without scripts",
  );
  assert.doesNotMatch(page.html, /<script>alert/);
  assert.doesNotMatch(page.html, /\son\w+=/i, "no inline handlers");
  assert.doesNotMatch(page.headers.get("content-security-policy"), /form-action/, "nobody knows where the client redirects to");
});

test("the redirect keeps the redirect URI byte by byte", async () => {
  const odd = "https://app.acme.test/cb/%7Euser/a%2Fb;x=1?q=%C3%A9&r=a+b";
  const other = await op.client({ redirect_uris: [odd] });
  const page = await browser.complete(await browser.authorize(other, { redirect_uri: odd }), ada);
  assert.ok(page.url.startsWith(`${odd}&code=`) || page.url.startsWith(`${odd}&`), page.url);
});

test("error descriptions hold printable ASCII and none of the input", async () => {
  const marker = "zq<script>zq";
  for (const params of [
    { prompt: marker },
    { response_type: marker },
    { max_age: marker },
    { scope: `openid "${marker}` },
  ]) {
    const page = await op.browser().authorize(client, params);
    const description = page.callback?.get("error_description") ?? page.text;
    assert.doesNotMatch(description, /zq/);
    assert.match(page.callback?.get("error_description") ?? "ok", /^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/);
  }
});

test("the way out of an error page is no open redirect", async () => {
  for (const target of ["//evil.test", "/\\evil.test", "/%09/evil.test", "https:evil.test", "\\\\evil.test"]) {
    for (const name of [
      "return_to",
      "next",
      "continue",
      "redirect",
      "returnUrl",
      "interaction",
      "post_logout_redirect_uri",
    ]) {
      for (const path of ["/login", "/consent", "/authorize/resume", "/authorize"]) {
        const page = await op.browser().open(`${path}?${name}=${encodeURIComponent(target)}`);
        assert.equal(page.callback, null);
        assert.doesNotMatch(page.html, /evil\.test/);
      }
    }
  }
});

test("a tampered, foreign or expired interaction is a page that says so", async () => {
  const victim = op.browser();
  const page = await victim.authorize(client);
  const { value } = page.form("password").controls.find(({ name }) => name === "interaction");
  const flipped = value.slice(0, -2) + (value.at(-2) === "A" ? "B" : "A") + value.at(-1);
  for (const interaction of ["", "x", "a.b.c", flipped, value.slice(1), `${value}.x`, value.repeat(2)]) {
    for (const path of ["/login", "/consent", "/authorize/resume"]) {
      errorPage(await victim.open(`${path}?interaction=${encodeURIComponent(interaction)}`));
    }
  }
  op.clock.advance({ days: 2 });
  const late = await victim.open(`/authorize/resume?interaction=${encodeURIComponent(value)}`);
  assert.equal(late.callback?.get("code") ?? null, null);
  assert.ok(late.status < 500);
  op.clock.advance({ days: -2 });
});

test("an interaction of one browser does not open in another", async () => {
  const page = await op.browser().authorize(client);
  const { value } = page.form("password").controls.find(({ name }) => name === "interaction");
  const other = op.browser();
  await other.obtain(client, ada);
  for (const path of ["/login", "/consent", "/authorize/resume"]) {
    const stolen = await other.open(`${path}?interaction=${encodeURIComponent(value)}`);
    assert.equal(stolen.callback?.get("code") ?? null, null, path);
  }
});
