// What client metadata may hold: OIDC Dynamic Client Registration 1.0 section 2, RFC 7591 section 2.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { oauthError } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";
import { WEB, registration } from "./support.mjs";

const op = await startLimen();
const { register, registered, refused } = registration(op);

describe("redirect URIs", () => {
  const invalid = (uri, extra) => refused({ redirect_uris: [uri], ...extra }, "invalid_redirect_uri");

  const NEVER = [
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "java\tscript:alert(1)",
    " javascript:alert(1)",
    "javascript://app.acme.test/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "DATA:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://app.acme.test/x",
    "about:blank",
    "https://app.acme.test/cb#fragment",
    "https://app.acme.test/cb#",
    "https://user@app.acme.test/cb",
    "https://user:pass@app.acme.test/cb",
    "https://*.acme.test/cb",
    "https://app.acme.test/*",
    "//app.acme.test/cb",
    "/cb",
    "cb",
    "",
    "https://",
    "https:///cb",
    "https:app.acme.test/cb",
    "https://app.acme.test/c b",
    "https://app.acme.test/cb\r\nx",
    "https://app.acme.test\\@evil.test/",
    "https://\u0430pp.acme.test/cb",
    "not a uri",
  ];
  for (const uri of NEVER) {
    test(`${JSON.stringify(uri)} is refused for everybody`, async () => {
      await invalid(uri);
      await invalid(uri, { application_type: "native", token_endpoint_auth_method: "none" });
    });
  }

  test("web clients need https", async () => {
    for (const uri of ["http://app.acme.test/cb", "http://localhost/cb", "http://127.0.0.1/cb", "org.acme.app:/cb"]) {
      await invalid(uri, { application_type: "web" });
    }
  });

  test("native clients may use loopback http and their own scheme (RFC 8252 section 7)", async () => {
    const uris = [
      "http://127.0.0.1/cb",
      "http://[::1]:8080/cb",
      "http://localhost:3000/cb",
      "org.acme.app:/cb",
      "https://app.acme.test/cb",
    ];
    await registered({ redirect_uris: uris, application_type: "native", token_endpoint_auth_method: "none" });
  });

  test("native clients may not use http elsewhere", async () => {
    for (const uri of [
      "http://app.acme.test/cb",
      "http://192.168.0.1/cb",
      "http://127.0.0.1.evil.test/cb",
      "http://localhost.evil.test/cb",
      "http://0.0.0.0/cb",
    ]) {
      await invalid(uri, { application_type: "native" });
    }
  });

  test("one bad URI among good ones refuses all", async () => {
    await refused({ redirect_uris: ["https://app.acme.test/cb", "javascript:alert(1)"] }, "invalid_redirect_uri");
  });

  test("the code flow needs one", async () => {
    await refused({}, ["invalid_redirect_uri", "invalid_client_metadata"]);
    await refused({ redirect_uris: [] }, ["invalid_redirect_uri", "invalid_client_metadata"]);
  });

  test("a thousand are too many", async () => {
    const redirect_uris = Array.from({ length: 1_000 }, (_, n) => `https://app.acme.test/${n}`);
    await refused({ redirect_uris }, ["invalid_redirect_uri", "invalid_client_metadata"]);
  });

  test("one of 10 KB is too long", async () => invalid(`https://app.acme.test/${"a".repeat(10_000)}`));
});

describe("metadata that cannot be", () => {
  const WRONG = {
    "an unknown grant type": { grant_types: ["password"] },
    "an unknown response type": { response_types: ["none-such"] },
    "a response type without its grant": { response_types: ["code id_token"], grant_types: ["authorization_code"] },
    "an unknown authentication method": { token_endpoint_auth_method: "client_secret_magic" },
    "an unknown application type": { application_type: "desktop" },
    "an unknown subject type": { subject_type: "private" },
    "a javascript client_uri": { client_uri: "javascript:alert(1)" },
    "a data logo_uri": { logo_uri: "data:image/svg+xml,<svg/onload=alert(1)>" },
    "a javascript policy_uri": { policy_uri: "JavaScript:alert(1)" },
    "jwks and jwks_uri": { jwks: { keys: [] }, jwks_uri: "https://app.acme.test/jwks" },
    "a private key in jwks": { jwks: { keys: [{ kty: "EC", crv: "P-256", x: "AA", y: "AA", d: "AA" }] } },
    "a symmetric key in jwks": { jwks: { keys: [{ kty: "oct", k: "AA" }] } },
    "a jwks_uri over http": { jwks_uri: "http://app.acme.test/jwks" },
    "a jwks_uri at a private address": { jwks_uri: "https://169.254.169.254/latest/meta-data" },
    "a jwks_uri at localhost": { jwks_uri: "https://localhost/jwks" },
    "a sector identifier over http": { sector_identifier_uri: "http://app.acme.test/sector" },
    "a negative default_max_age": { default_max_age: -1 },
    "an unsupported ID token algorithm": { id_token_signed_response_alg: "HS256" },
    "an ID token enc without alg": { id_token_encrypted_response_enc: "A256GCM" },
    "a scope with quotes": { scope: 'openid "x"' },
    "a name with control characters": { client_name: "Acme\u0007" },
    "a name of 1,000 characters": { client_name: "x".repeat(1_000) },
  };
  for (const [what, metadata] of Object.entries(WRONG)) {
    test(`${what} is refused, and the field is named`, async () => {
      const body = await refused({ ...WEB, ...metadata });
      const fields = Object.keys(metadata);
      assert.ok(
        fields.some((field) => body.error_description?.includes(field)),
        `${body.error_description}`,
      );
    });
  }

  // Every field, by the JSON type that it has.
  const NOT = {
    text: [7, 1.5, true, [], ["x"], {}, { a: "x" }],
    texts: [7, true, "x", {}, [7], [[]], [null], [{}], [["x"]]],
    flag: [7, 0, 1, "true", "false", [], {}, [true]],
    seconds: ["60", 1.5, -1, 1e20, true, [], {}],
    set: [7, true, "x", [], [{}], {}, { keys: "x" }, { keys: {} }, { keys: [7] }, { keys: [{}] }, { keys: [{ kty: 7 }] }],
  };
  const LOCALIZED = ["client_name", "logo_uri", "client_uri", "policy_uri", "tos_uri"];
  const ENCRYPTED = ["id_token", "userinfo", "authorization", "introspection"].map((what) => `${what}_encrypted_response`);
  const FIELDS = {
    text: [
      ...LOCALIZED,
      ...LOCALIZED.map((field) => `${field}#fr`),
      ...[...ENCRYPTED, "request_object_encryption"].flatMap((prefix) => [`${prefix}_alg`, `${prefix}_enc`]),
      "application_type",
      "jwks_uri",
      "scope",
      "software_id",
      "software_version",
      "token_endpoint_auth_method",
      "token_endpoint_auth_signing_alg",
      "tls_client_auth_subject_dn",
      "tls_client_auth_san_dns",
      "tls_client_auth_san_uri",
      "tls_client_auth_san_ip",
      "tls_client_auth_san_email",
      "sector_identifier_uri",
      "subject_type",
      "id_token_signed_response_alg",
      "userinfo_signed_response_alg",
      "authorization_signed_response_alg",
      "introspection_signed_response_alg",
      "request_object_signing_alg",
      "initiate_login_uri",
      "backchannel_logout_uri",
      "frontchannel_logout_uri",
    ],
    texts: [
      "redirect_uris",
      "response_types",
      "grant_types",
      "contacts",
      "request_uris",
      "default_acr_values",
      "post_logout_redirect_uris",
    ],
    flag: [
      "require_auth_time",
      "require_signed_request_object",
      "require_pushed_authorization_requests",
      "tls_client_certificate_bound_access_tokens",
      "dpop_bound_access_tokens",
      "backchannel_logout_session_required",
      "frontchannel_logout_session_required",
    ],
    seconds: ["default_max_age"],
    set: ["jwks"],
  };
  for (const [type, fields] of Object.entries(FIELDS)) {
    for (const field of fields) {
      test(`${field} of another JSON type is refused by name, on POST and PATCH`, async () => {
        const { registration_client_uri: uri } = await op.json("/register", { json: WEB, bearer: op.adminToken });
        for (const value of NOT[type]) {
          const json = { [field]: value };
          for (const response of [
            await register({ ...WEB, ...json }),
            await op.admin(uri, { method: "PATCH", json }),
          ]) {
            const body = await oauthError(response, 400, ["invalid_client_metadata", "invalid_redirect_uri"]);
            const name = field.split("#")[0];
            assert.ok(body.error_description.includes(name), `${JSON.stringify(value)}: ${body.error_description}`);
          }
        }
      });
    }
  }

  test("numbers and lists where texts belong are refused", async () => {
    for (const metadata of [
      { client_name: 7 },
      { client_name: ["x"] },
      { scope: ["openid"] },
      { redirect_uris: "https://a.test/cb" },
      { grant_types: "authorization_code" },
      { contacts: "ops@acme.test" },
      { require_auth_time: "true" },
      { default_max_age: "60" },
    ]) {
      await refused({ ...WEB, ...metadata }, ["invalid_client_metadata", "invalid_redirect_uri"]);
    }
  });
});

describe("bodies that are no metadata", () => {
  const BODIES = {
    "nothing": "",
    "no JSON": "x",
    "half JSON": '{"redirect_uris":',
    "a list": "[]",
    "a text": '"x"',
    "a number": "7",
    "null": "null",
    "JSON with something behind": `${JSON.stringify(WEB)} x`,
    "deep JSON": `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
    "invalid UTF-8": Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    "10,000 members": `{${Array.from({ length: 10_000 }, (_, n) => `"m${n}":1`).join()}}`,
    "1 MB": JSON.stringify({ ...WEB, client_name: "x".repeat(1_000_000) }),
    "a lone surrogate": '{"client_name":"\\ud800"}',
  };
  for (const [what, body] of Object.entries(BODIES)) {
    test(`${what} is refused`, async () => {
      const response = await op.admin("/register", {
        method: "POST",
        body,
        headers: { "content-type": "application/json" },
      });
      assert.ok([400, 413].includes(response.status), `${response.status}`);
      await oauthError(response, response.status, [
        "invalid_client_metadata",
        "invalid_request",
        "invalid_redirect_uri",
      ]);
    });
  }

  test("another content type is refused", async () => {
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "application/xml",
      "multipart/form-data; boundary=x",
    ]) {
      const response = await op.admin("/register", {
        method: "POST",
        body: JSON.stringify(WEB),
        headers: { "content-type": type },
      });
      assert.ok([400, 415].includes(response.status), `${type}: ${response.status}`);
    }
  });

  test("JSON with a charset or a suffix type is taken", async () => {
    const response = await op.admin("/register", {
      method: "POST",
      body: JSON.stringify(WEB),
      headers: { "content-type": "application/json; charset=utf-8" },
    });
    assert.equal(response.status, 201);
  });
});
