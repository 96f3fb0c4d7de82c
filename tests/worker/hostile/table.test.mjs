// Hostile input at every endpoint: the endpoint's own error, a page where a page belongs, never a 500,
// nothing echoed, nothing lost.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { basic } from "../support/client.mjs";
import { startLimen } from "../support/limen.mjs";

const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";
const CIBA_GRANT = "urn:openid:params:grant-type:ciba";
const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const BY_ASSERTION = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const TOKEN_TYPE = "urn:ietf:params:oauth:token-type:";
const [API, IDP] = ["https://api.acme.test", "https://idp.example"];
const SEE = { type: "object", additionalProperties: false, properties: { type: { const: "see" }, note: { type: "string" } } };
const op = await startLimen({
  vars: {
    SIGNUP: "open",
    DEVICE_AUTHORIZATION: "on",
    BACKCHANNEL_AUTHENTICATION: "on",
    RESOURCES: JSON.stringify({ [API]: "API" }),
    TRUSTED_ISSUERS: JSON.stringify({ [IDP]: { jwks_uri: `${IDP}/keys`, email_domains: ["people.test"] } }),
    AUTHORIZATION_DETAILS_TYPES: JSON.stringify({ see: { title: "See", schema: SEE } }),
  },
});
const [client, ada, browser] = [
  await op.client({
    grant_types: ["authorization_code", "refresh_token", DEVICE_GRANT, CIBA_GRANT, EXCHANGE, BY_ASSERTION],
    backchannel_token_delivery_mode: "poll",
    token_exchange: { from: [API], to: [API] },
    id_jag: [{ audience: "https://auth.chat.test" }],
    authorization_details_types: ["see"],
  }),
  await op.person(),
  op.browser(),
];
await browser.obtain(client, ada);
const tokens = await client.tokens(await browser.obtain(client, ada));

const MARKER = "zq'\"><script>zq</script>";
const OWN_ERRORS = [400, 401, 403, 404, 405, 411, 413, 414, 415, 422, 429, 431];

const FORM_ENDPOINTS = {
  "/token (code)": {
    path: "/token",
    machine: true,
    form: {
      grant_type: "authorization_code",
      code: "x",
      redirect_uri: "https://a.test/",
      code_verifier: "x".repeat(43),
    },
  },
  "/token (refresh)": {
    path: "/token",
    machine: true,
    form: { grant_type: "refresh_token", refresh_token: "x", scope: "openid" },
  },
  "/token (client_credentials)": {
    path: "/token",
    machine: true,
    form: { grant_type: "client_credentials", scope: "x" },
  },
  "/token (device)": { path: "/token", machine: true, form: { grant_type: DEVICE_GRANT, device_code: "x" } },
  "/token (CIBA)": { path: "/token", machine: true, form: { grant_type: CIBA_GRANT, auth_req_id: "x" } },
  "/token (exchange)": {
    path: "/token",
    machine: true,
    form: {
      grant_type: EXCHANGE,
      subject_token: tokens.access_token,
      subject_token_type: `${TOKEN_TYPE}access_token`,
      actor_token: tokens.access_token,
      actor_token_type: `${TOKEN_TYPE}access_token`,
      requested_token_type: `${TOKEN_TYPE}access_token`,
      scope: "openid",
    },
  },
  "/token (identity assertion)": {
    path: "/token",
    machine: true,
    form: {
      grant_type: EXCHANGE,
      subject_token: tokens.id_token,
      subject_token_type: `${TOKEN_TYPE}id_token`,
      requested_token_type: `${TOKEN_TYPE}id-jag`,
      audience: "https://auth.elsewhere.test",
    },
  },
  "/token (assertion of another issuer)": {
    path: "/token",
    machine: true,
    form: { grant_type: BY_ASSERTION, assertion: "a.b.c", scope: "x" },
  },
  "/device_authorization": {
    path: "/device_authorization",
    machine: true,
    form: { scope: "openid", max_age: "9", claims: "{}", dpop_jkt: "x" },
  },
  "/backchannel_authentication": {
    path: "/backchannel_authentication",
    machine: true,
    form: { scope: "openid", login_hint: "x", binding_message: "x", requested_expiry: "9", acr_values: "x" },
  },
  "/account/requests": { path: "/account/requests", form: { csrf: "x", id: "x" } },
  "/device": { path: "/device", form: { csrf: "x", user_code: "WDJB-MJHT" } },
  "/introspect": { path: "/introspect", machine: true, form: { token: "x", token_type_hint: "access_token" } },
  "/revoke": { path: "/revoke", machine: true, form: { token: "x", token_type_hint: "refresh_token" } },
  "/userinfo": { path: "/userinfo", machine: true, anonymous: true, form: { access_token: "x" } },
  "/par": {
    path: "/par",
    machine: true,
    form: client.request({ prompt: "none", max_age: "9", authorization_details: '[{"type":"see"}]' }).params,
  },
  "/authorize": {
    path: "/authorize",
    form: client.request({ prompt: "none", max_age: "9", authorization_details: '[{"type":"see"}]' }).params,
  },
  "/login": { path: "/login", form: { interaction: "x", csrf: "x", username: "x", password: "x" } },
  "/consent": { path: "/consent", form: { interaction: "x", csrf: "x", approve: "yes", shown: "x" } },
  "/signup": {
    path: "/signup",
    form: { interaction: "x", csrf: "x", username: "x", email: "x@a.test", password: "x", name: "x" },
  },
  "/select_account": { path: "/select_account", form: { interaction: "x", csrf: "x", account: "x" } },
  "/logout": {
    path: "/logout",
    form: {
      id_token_hint: "x",
      client_id: client.id,
      post_logout_redirect_uri: "https://a.test/",
      state: "x",
      logout_hint: "x",
      ui_locales: "fr",
    },
  },
  "/logout/confirm": { path: "/logout/confirm", form: { csrf: "x", logout: "yes", state: "x" } },
  "/account/profile": { path: "/account/profile", form: { csrf: "x", name: "x" } },
  "/account/email": { path: "/account/email", form: { csrf: "x", email: "x@a.test", password: "x" } },
  "/account/password": { path: "/account/password", form: { csrf: "x", password: "x", new_password: "x" } },
  "/account/browsers": { path: "/account/browsers", form: { csrf: "x", session: "x" } },
  "/account/apps": { path: "/account/apps", form: { csrf: "x", app: "x" } },
  "/account/delete": { path: "/account/delete", form: { csrf: "x", password: "x", confirm: "yes" } },
};

function send({ path, machine, anonymous }, init) {
  const headers = new Headers(init.headers);
  if (machine && !anonymous) headers.set("authorization", basic(client.id, client.secret));
  const request = { method: "POST", ...init, headers };
  return machine ? op.fetch(path, request) : browser.fetch(path, request);
}

/** The endpoint's own error, or an ordinary answer that does no harm. */
async function behaves(response, { machine }, what) {
  const text = await response.text();
  const redirected = response.status === 303;
  assert.ok(
    [200, 201].includes(response.status) || redirected || OWN_ERRORS.includes(response.status),
    `${what}: ${response.status} ${text.slice(0, 200)}`,
  );
  const type = response.headers.get("content-type") ?? "";
  if (text !== "") assert.match(type, machine ? /^application\/(jwk-set\+)?json/ : /^text\/html/, what);
  assert.ok(!text.includes("<script>zq"), `${what} is echoed`);
  for (const [name, value] of response.headers)
    assert.ok(!value.includes("<script>zq"), `${what} is echoed in ${name}`);
  assert.doesNotMatch(text, /panicked|unreachable|JsValue|D1_ERROR|SQLITE|\.rs:\d+/i, what);
  if (machine && response.status >= 400 && text !== "") assert.equal(typeof JSON.parse(text).error, "string");
  return { status: response.status, text, location: response.headers.get("location") ?? "" };
}

const encode = (form) => new URLSearchParams(form).toString();

for (const [name, endpoint] of Object.entries(FORM_ENDPOINTS)) {
  describe(`POST ${name}`, () => {
    const form = encode(endpoint.form);
    const urlencoded = { "content-type": "application/x-www-form-urlencoded" };

    test("each parameter twice", async () => {
      for (const parameter of Object.keys(endpoint.form)) {
        const answer = await behaves(
          await send(endpoint, { headers: urlencoded, body: `${form}&${parameter}=x` }),
          endpoint,
          parameter,
        );
        assert.ok(answer.status >= 400 || /error=/.test(answer.location), `${parameter} twice was accepted`);
      }
    });

    test("each parameter with markup, quotes, NUL, CRLF, 64 KB and odd unicode", async () => {
      const odd = [
        MARKER,
        "\0",
        "a\0b",
        "\r\nX-Evil: 1",
        "x".repeat(65_536),
        "\u202e\ufeff\ufffd\u{10ffff}",
        "' OR 1=1; DROP TABLE users; --",
        "${7*7}{{7*7}}",
        "[object Object]",
        "../../etc/passwd",
        "-1",
        "1e309",
      ];
      for (const parameter of Object.keys(endpoint.form)) {
        for (const value of odd) {
          const body = encode({ ...endpoint.form, [parameter]: value });
          const answer = await behaves(
            await send(endpoint, { headers: urlencoded, body }),
            endpoint,
            `${parameter}=${value.slice(0, 20)}`,
          );
          assert.doesNotMatch(answer.location, /^https:\/\/a\.test|[\r\n]/);
        }
      }
    });

    const BODIES = {
      "a lone percent sign": `${form}&x=%`,
      "half an escape": `${form}&x=%4`,
      "no hexadecimal": `${form}&x=%zz`,
      "invalid UTF-8 by escapes": `${form}&x=%ff%fe`,
      "overlong UTF-8": `${form}&x=%c0%af`,
      "a surrogate": `${form}&x=%ed%a0%80`,
      "NUL by escape": `${form}&x=%00`,
      "invalid UTF-8 bytes": Buffer.concat([Buffer.from(`${form}&x=`), Buffer.from([0xff, 0xfe, 0x80])]),
      "NUL bytes": Buffer.from(`${form}&x=\0`),
      "a byte order mark": Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(form)]),
      "UTF-16": Buffer.from(form, "utf16le"),
      "nothing": "",
      "ampersands": "&".repeat(5_000),
      "equals signs": "=".repeat(5_000),
      "10,000 parameters": `${form}&${Array.from({ length: 10_000 }, (_, n) => `p${n}=1`).join("&")}`,
      "one name 10,000 times": `${form}&${"x=1&".repeat(10_000)}`,
      "1 MB": `${form}&x=${"x".repeat(1_000_000)}`,
      "PHP arrays": `${form}&a[]=1&a[x]=2&__proto__[x]=1&constructor.prototype.x=1`,
      "JSON": JSON.stringify(endpoint.form),
      "XML": '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    };
    test("broken bodies", async () => {
      for (const [what, body] of Object.entries(BODIES)) {
        const started = performance.now();
        await behaves(await send(endpoint, { headers: urlencoded, body }), endpoint, what);
        assert.ok(performance.now() - started < 2_000, `${what} takes too long`);
      }
    });

    test("50 MB that do not tell their length are not read to the end", async () => {
      const response = await send(endpoint, { headers: urlencoded, body: "x", flood: 50_000_000, measure: true });
      assert.ok(Number(response.headers.get("x-limen-test-pulled")) < 2_000_000, "stops reading early");
      const answer = await behaves(response, endpoint, "a flood");
      assert.ok(answer.status >= 400);
    });

    const TYPES = [
      "application/json",
      "text/plain",
      "multipart/form-data; boundary=x",
      "multipart/form-data",
      "application/xml",
      "application/x-www-form-urlencodedx",
      "x",
      "",
      ";",
      "application/x-www-form-urlencoded, application/json",
      "application/octet-stream",
    ];
    test("other content types", async () => {
      for (const type of TYPES) {
        const body = /^multipart/.test(type)
          ? `--x\r\nContent-Disposition: form-data; name="token"\r\n\r\nx\r\n--x--`
          : form;
        const answer = await behaves(
          await send(endpoint, { headers: { "content-type": type }, body: Buffer.from(body) }),
          endpoint,
          type,
        );
        assert.ok(answer.status >= 400, `${type}: ${answer.status}`);
      }
    });

    test("the right content type in other spellings", async () => {
      for (const type of [
        "application/x-www-form-urlencoded; charset=UTF-8",
        "Application/X-WWW-Form-Urlencoded",
        "application/x-www-form-urlencoded;charset=utf-8",
      ]) {
        const answer = await behaves(
          await send(endpoint, { headers: { "content-type": type }, body: form }),
          endpoint,
          type,
        );
        assert.notEqual(answer.status, 415, type);
      }
    });

    test("odd headers", async () => {
      const long = "x".repeat(12_000);
      for (const headers of [
        { "content-encoding": "gzip" },
        { "x-http-method-override": "DELETE" },
        { accept: "application/xml" },
        { accept: long },
        { "accept-language": `${"fr,".repeat(2_000)}\u00e9` },
        { "user-agent": MARKER },
        { "user-agent": "" },
        { cookie: `a=${long}` },
        { cookie: "\u00ff\u00fe=;;;=" },
        { origin: "null" },
        { origin: MARKER },
        { referer: "javascript:alert(1)" },
        { "if-none-match": "*" },
        { range: "bytes=0-0" },
        { expect: "200-ok" },
        { "transfer-encoding": "identity" },
        { "cf-connecting-ip": MARKER },
        { "cf-connecting-ip": "" },
        { dpop: MARKER },
        { dpop: "a.b.c" },
        { dpop: "x, y" },
        { dpop: long },
        { dpop: `${Buffer.from('{"typ":"dpop+jwt","alg":"none","jwk":{"kty":"oct","k":""}}').toString("base64url")}.e30.` },
      ]) {
        const merged = { ...urlencoded, ...headers };
        const response = await send(endpoint, { headers: merged, body: form }).catch((error) => error);
        if (response instanceof Error) continue; // the HTTP client itself will not send it
        await behaves(response, endpoint, JSON.stringify(headers).slice(0, 60));
      }
    });
  });
}

const PAGES = [
  "/authorize",
  "/authorize/resume",
  "/login",
  "/consent",
  "/userinfo",
  "/.well-known/openid-configuration",
  "/.well-known/jwks.json",
  "/.well-known/oauth-protected-resource",
  "/.well-known/oauth-protected-resource/userinfo",
  "/openapi.json",
  "/signup",
  "/select_account",
  "/logout",
  "/check_session",
  "/account",
  "/account/profile",
  "/account/email",
  "/account/password",
  "/account/browsers",
  "/account/apps",
  "/account/activity",
  "/account/data",
  "/account/delete",
];
const PUBLIC = (path) => path.startsWith("/.well-known") || path === "/openapi.json";
for (const path of PAGES) {
  const endpoint = { path, machine: path === "/userinfo" || PUBLIC(path) };
  test(`GET ${path} with hostile queries`, async () => {
    const interaction = "x".repeat(2_000);
    for (const query of [
      "%",
      "%4",
      "%ff",
      "%00",
      "a=%ff%fe",
      "a=%00",
      "&&&",
      "===",
      "?",
      "client_id",
      "client_id=&redirect_uri=",
      `client_id=${"x".repeat(15_000)}`,
      `interaction=${interaction}`,
      `${"x=1&".repeat(4_000)}`,
      `client_id=${encodeURIComponent(MARKER)}&redirect_uri=${encodeURIComponent(MARKER)}&state=${encodeURIComponent(MARKER)}`,
      `interaction=${encodeURIComponent(MARKER)}`,
      `client_id=${client.id}&redirect_uri=${encodeURIComponent(client.redirectUri)}&response_type=${encodeURIComponent(MARKER)}&state=${encodeURIComponent(MARKER)}`,
      `client_id=${client.id}%00&redirect_uri=${encodeURIComponent(client.redirectUri)}`,
      `client_id[]=${client.id}`,
      "__proto__=1&constructor=1&toString=1",
    ]) {
      await behaves(await browser.fetch(`${path}?${query}`), endpoint, query.slice(0, 60));
    }
  });
}

describe("authorization requests", () => {
  const cases = {
    "16 KB of URL": { login_hint: "x".repeat(15_000) },
    "a scope of 5,000 tokens": { scope: `openid ${Array.from({ length: 2_000 }, (_, n) => `s${n}`).join(" ")}` },
    "a nonce of 8 KB": { nonce: "n".repeat(8_192) },
    "a login_hint with markup": { login_hint: MARKER },
    "an id_token_hint of 8 KB": { id_token_hint: `${"a".repeat(4_000)}.${"b".repeat(4_000)}.c` },
    "claims that are no JSON": { claims: "{" },
    "claims nested deep": { claims: `${"[".repeat(3_000)}${"]".repeat(3_000)}` },
    "claims with markup": { claims: JSON.stringify({ id_token: { [MARKER]: null } }) },
    "acr_values of 5 KB": { acr_values: "x ".repeat(2_500) },
    "details that are no JSON": { authorization_details: "[" },
    "details nested deep": { authorization_details: `${"[".repeat(3_000)}${"]".repeat(3_000)}` },
    "details with markup": { authorization_details: JSON.stringify([{ type: "see", note: MARKER }]) },
    "details with a number that is none": { authorization_details: '[{"type":"see","note":1e999}]' },
    "details of a prototype": { authorization_details: '[{"type":"see","__proto__":{"note":"x"}}]' },
    "a resource": { resource: "https://api.acme.test/" },
    "two resources in one": { resource: "https://api.acme.test/ x" },
    "dpop_jkt": { dpop_jkt: MARKER },
  };
  for (const [what, params] of Object.entries(cases)) {
    test(`${what}: an error to the client, or a page, by GET and POST`, async () => {
      for (const method of ["GET", "POST"]) {
        for (const visitor of [op.browser(), browser]) {
          const page = await visitor.authorize(client, params, { method });
          assert.ok(page.status < 500, `${method}: ${page.status}`);
          assert.ok(!page.html.includes("<script>zq"));
          if (page.callback) assert.equal(page.callbackUrl, client.redirectUri);
        }
      }
    });
  }

  test("an 8 KB state survives the whole sign-in by POST", async () => {
    const state = "s".repeat(8_192);
    const fresh = op.browser();
    const done = await fresh.complete(await fresh.authorize(client, { state }, { method: "POST" }), ada);
    assert.equal(done.callback?.get("state"), state);
  });
});

describe("JSON endpoints", () => {
  const bodies = {
    "nothing": "",
    "no JSON": "{",
    "deep lists": `${"[".repeat(200_000)}`,
    "deep objects": '{"a":'.repeat(50_000),
    "a number": "1",
    "a huge number": `{"username":${"9".repeat(5_000)}}`,
    "NaN": '{"username":NaN}',
    "a prototype": '{"__proto__":{"admin":true},"constructor":{"prototype":{"x":1}}}',
    "invalid UTF-8": Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]),
    "UTF-16": Buffer.from('{"username":"x"}', "utf16le"),
    "1 MB": JSON.stringify({ username: "x".repeat(1_000_000) }),
    "a form": "username=x&password=y",
  };
  for (const [method, path] of [
    ["POST", "/register"],
    ["POST", "/admin/api/users"],
    ["PATCH", `/admin/api/users/${ada.id}`],
    ["PUT", `/register/${client.id}`],
    ["PATCH", `/register/${client.id}`],
    ["POST", `/register/${client.id}/renew_secret`],
    ["POST", "/admin/api/global_token_revocation"],
  ]) {
    const takesNothing = path.endsWith("/renew_secret");
    test(`${method} ${path.replace(ada.id, "{id}").replace(client.id, "{client_id}")} refuses broken bodies`, async () => {
      for (const [what, body] of Object.entries(bodies)) {
        if (takesNothing && ["nothing", "a prototype"].includes(what)) continue; // both renew the secret
        const response = await op.admin(path, { method, body, headers: { "content-type": "application/json" } });
        const { status } = await behaves(response, { machine: true }, what);
        if (!(what === "a prototype" && method === "PATCH")) assert.ok(status >= 400, `${what}: ${status}`);
      }
    });
  }
});

test("nothing was lost", async () => {
  assert.equal((await op.fetch("/userinfo", { bearer: tokens.access_token })).status, 200);
  assert.equal((await client.refresh(tokens.refresh_token)).status, 200);
  assert.ok((await browser.authorize(client)).callback?.get("code"));
});
