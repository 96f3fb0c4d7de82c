// What people and programs look for around the endpoints.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { oauthError } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();

describe("what is not there", () => {
  test("is JSON to programs, and a page to people", async () => {
    for (const path of [
      "/nowhere",
      "/.well-known/oauth-authorization-server/mcp",
      "/.well-known/openid-configuration/mcp",
      "/mcp/.well-known/openid-configuration",
    ]) {
      const response = await op.fetch(path, { headers: { accept: "application/json" } });
      await oauthError(response, 404, "invalid_request");
    }
    const page = await op.browser().open("/nowhere");
    assert.equal(page.status, 404);
    assert.match(page.headers.get("content-type"), /^text\/html/);
  });

  test("below the admin API and the well-known paths is JSON to everybody", async () => {
    for (const path of ["/admin/api", "/admin/api/nothing", "/.well-known/oauth-authorization-server/mcp"]) {
      const response = await op.fetch(path, { headers: { accept: "text/html" } });
      await oauthError(response, 404, "invalid_request");
    }
  });

  test("can be asked for by pages of any origin below the well-known paths, where MCP clients look", async () => {
    const path = "/.well-known/oauth-authorization-server/mcp";
    const headers = {
      origin: "https://inspector.acme.test",
      "access-control-request-method": "GET",
      "access-control-request-headers": "mcp-protocol-version",
    };
    const preflight = await op.fetch(path, { method: "OPTIONS", headers });
    assert.equal(preflight.status, 204);
    assert.match(preflight.headers.get("access-control-allow-headers"), /mcp-protocol-version/);
    assert.equal((await op.fetch(path)).headers.get("access-control-allow-origin"), "*");
  });
});

test("the documents of the provider are found with a slash at the end", async () => {
  for (const path of ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"])
    assert.deepEqual(await op.json(`${path}/`), await op.json(path));
});

test("/, /login, /signup and a page with a slash at its end lead people to their account", async () => {
  const ada = await op.person();
  for (const path of ["/", "/login", "/signup", "/account/"]) {
    const browser = op.browser();
    const login = await browser.open(path);
    assert.ok(login.asksForPassword, path);
    const page = await browser.signIn(login, ada);
    assert.deepEqual([new URL(page.url).pathname, page.status], ["/account", 200], path);
  }
  const browser = op.browser();
  await browser.signIn(await browser.open("/"), ada);
  assert.equal(new URL((await browser.open("/account/profile/")).url).pathname, "/account/profile");
});

test("the JWKS is plain JSON to who asks for that alone", async () => {
  const type = async (accept) => {
    const response = await op.fetch("/.well-known/jwks.json", { headers: accept ? { accept } : {} });
    assert.match(response.headers.get("vary"), /accept/i);
    return response.headers.get("content-type");
  };
  assert.equal(await type("application/json"), "application/json");
  for (const accept of [undefined, "*/*", "application/jwk-set+json", "application/json, application/jwk-set+json"])
    assert.equal(await type(accept), "application/jwk-set+json", accept);
});

describe("pages of other origins", () => {
  const SENT = "mcp-protocol-version, x-grafana-device-id, auth0-client";
  for (const path of [
    "/.well-known/openid-configuration",
    "/.well-known/jwks.json",
    "/token",
    "/register",
    "/userinfo",
  ]) {
    test(`may send ${path} whatever headers they have`, async () => {
      const headers = {
        origin: "https://app.acme.test",
        "access-control-request-method": "GET",
        "access-control-request-headers": SENT,
      };
      const allowed = (await op.fetch(path, { method: "OPTIONS", headers })).headers.get("access-control-allow-headers");
      for (const name of [...SENT.split(", "), "Authorization"]) assert.ok(allowed.split(", ").includes(name), allowed);
    });
  }

  test("a header that is no name is not repeated", async () => {
    const headers = {
      origin: "https://app.acme.test",
      "access-control-request-method": "GET",
      "access-control-request-headers": 'a b, x-good, "x", ,',
    };
    const response = await op.fetch("/token", { method: "OPTIONS", headers });
    const allowed = response.headers.get("access-control-allow-headers").split(", ");
    assert.ok(allowed.includes("x-good") && !allowed.some((name) => /[" ]/.test(name)), `${allowed}`);
  });

  test("that send cookies along get their origin by name where it is the client's, and no other", async () => {
    const client = await op.publicClient({ redirect_uris: ["https://spa.acme.test/cb"] });
    const from = async (origin, form) =>
      client.post("/token", { grant_type: "authorization_code", code: "1.x", code_verifier: "x".repeat(43), ...form }, {
        headers: { origin, cookie: "limen_session=x" },
      });
    const own = await from("https://spa.acme.test");
    assert.equal(own.headers.get("access-control-allow-origin"), "https://spa.acme.test");
    assert.equal(own.headers.get("access-control-allow-credentials"), "true");
    assert.match(own.headers.get("vary"), /origin/i);
    for (const other of [await from("https://evil.test"), await from("https://spa.acme.test", { client_id: "nobody" })]) {
      assert.equal(other.headers.get("access-control-allow-origin"), "*");
      assert.equal(other.headers.get("access-control-allow-credentials"), null);
    }
  });
});

describe("WebFinger (RFC 7033)", () => {
  const REL = "http://openid.net/specs/connect/1.0/issuer";
  test("tells the issuer of addresses in the operator's domains, the same whether there is such a person or not", async () => {
    const near = await startLimen({ vars: { WEBFINGER_DOMAINS: "people.test" } });
    const ada = await near.person();
    const ask = (address, rel = REL) =>
      near.fetch(`/.well-known/webfinger?resource=acct:${address}&rel=${rel}`, { headers: { origin: "https://x.test" } });
    const answers = [];
    for (const address of [ada.email, "nobody@people.test"]) {
      const response = await ask(address);
      assert.equal(response.headers.get("content-type"), "application/jrd+json");
      assert.equal(response.headers.get("access-control-allow-origin"), "*");
      const { subject, ...rest } = await response.json();
      assert.equal(subject, `acct:${address}`);
      answers.push(rest);
    }
    assert.deepEqual(answers[0], { links: [{ rel: REL, href: near.issuer }] });
    assert.deepEqual(answers[1], answers[0]);
    assert.deepEqual((await (await ask(ada.email, "avatar")).json()).links, []);
    await oauthError(await ask("ada@elsewhere.test"), 404, "invalid_request");
  });

  test("is for nobody where no domain is named", async () => {
    await oauthError(await op.fetch("/.well-known/webfinger?resource=acct:a@people.test"), 404, "invalid_request");
  });
});

describe("the admin API", () => {
  test("finds people by username and e-mail address in any spelling", async () => {
    const [ada, bob] = [await op.person(), await op.person()];
    const found = async (query) => (await (await op.admin(`/admin/api/users?${query}`)).json()).users.map(({ id }) => id);
    assert.deepEqual(await found(`email=${ada.email.toUpperCase()}`), [ada.id]);
    assert.deepEqual(await found(`username=${bob.username.toUpperCase()}`), [bob.id]);
    assert.deepEqual(await found(`username=${bob.username}&email=${ada.email}`), []);
    assert.deepEqual(await found("email=nobody@people.test"), []);
  });

  test("refuses what it does not know, naming it", async () => {
    for (const [path, name] of [
      ["/admin/api/users?mail=x", "mail"],
      ["/admin/api/audit?users=x", "users"],
    ]) {
      const body = await oauthError(await op.admin(path), 400, "invalid_request");
      assert.match(body.error_description, new RegExp(name));
    }
    const ada = await op.person();
    for (const [path, init] of [
      ["/admin/api/users", { json: { username: "eve", role: "admin" } }],
      [`/admin/api/users/${ada.id}`, { method: "PATCH", json: { role: "admin" } }],
    ]) {
      const body = await oauthError(await op.admin(path, init), 400, "invalid_request");
      assert.match(body.error_description, /role/);
    }
    const read = await (await op.admin(`/admin/api/users/${ada.id}`)).json();
    assert.equal((await op.admin(`/admin/api/users/${ada.id}`, { method: "PATCH", json: read })).status, 200, "what was told may be sent back");
  });

  test("says whether what apps name is fetched strictly in public", async () => {
    const { issuer, warnings } = await (await op.admin("/admin/api/status")).json();
    assert.equal(issuer, op.issuer);
    assert.deepEqual(warnings, [], "wrangler.toml has global_fetch_strictly_public");
    assert.ok(!op.logs.some((line) => line.includes("global_fetch_strictly_public")));
  });

  test("says so, and the log, where the deployment lacks the flag", async () => {
    const careless = await startLimen({ withoutFlag: "global_fetch_strictly_public" });
    const { warnings } = await (await careless.admin("/admin/api/status")).json();
    assert.equal(warnings.length, 1);
    assert.match(warnings[0], /global_fetch_strictly_public is missing.*wrangler\.toml/);
    await careless.json("/.well-known/openid-configuration");
    const said = careless.logs.filter((line) => line.includes("global_fetch_strictly_public"));
    assert.equal(said.length, 1, "once an isolate");
  });
});
