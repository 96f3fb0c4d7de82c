// Methods, paths and CORS of the whole surface (RFC 9110, the Fetch standard).

import assert from "node:assert/strict";
import { test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const op = await startLimen();

const OPEN = {
  "/.well-known/openid-configuration": ["GET"],
  "/.well-known/oauth-authorization-server": ["GET"],
  "/.well-known/jwks.json": ["GET"],
  "/token": ["POST"],
  "/userinfo": ["GET", "POST"],
  "/introspect": ["POST"],
  "/revoke": ["POST"],
  "/par": ["POST"],
  "/device_authorization": ["POST"],
  "/backchannel_authentication": ["POST"],
  "/register": ["POST"],
  "/register/some-client": ["GET", "PUT", "PATCH", "DELETE"],
  "/register/some-client/renew_secret": ["POST"],
};
const CLOSED = {
  "/authorize": ["GET", "POST"],
  "/authorize/resume": ["GET"],
  "/login": ["GET", "POST"],
  "/consent": ["GET", "POST"],
  "/device": ["GET", "POST"],
  "/account": ["GET"],
  "/account/profile": ["GET", "POST"],
  "/account/email": ["GET", "POST"],
  "/account/password": ["GET", "POST"],
  "/account/browsers": ["GET", "POST"],
  "/account/apps": ["GET", "POST"],
  "/account/requests": ["GET", "POST"],
  "/account/activity": ["GET"],
  "/account/data": ["GET"],
  "/account/data/download": ["GET"],
  "/account/delete": ["GET", "POST"],
  "/account/deleted": ["GET"],
  "/.well-known/change-password": ["GET"],
  "/admin/api/users": ["GET", "POST"],
  "/admin/api/users/some-user": ["GET", "PATCH", "DELETE"],
  "/admin/api/users/some-user/grants/some-client": ["DELETE"],
  "/admin/api/keys": ["GET"],
  "/admin/api/keys/some-key/revoke": ["POST"],
};
const SURFACE = { ...OPEN, ...CLOSED };
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

test("an unknown path is 404", async () => {
  const paths = [
    "/",
    "/nowhere",
    "/token/",
    "/Token",
    "/.well-known/",
    "/authorize/resume/x",
    "/register/a/b",
    "/administration",
    "//token",
  ];
  for (const path of paths) {
    const response = await op.fetch(op.issuer + path);
    assert.ok([404, ...(path === "/" ? [200, 303] : [])].includes(response.status), `${path}: ${response.status}`);
  }
});

test("a path of 16 KB, of dots, of broken escapes is 404 and no fault", async () => {
  for (const path of [
    `/${"a".repeat(16_000)}`,
    "/%2e%2e/%2e%2e/etc/passwd",
    "/%",
    "/%ff%fe",
    "/%00",
    "/register/%ff",
    "/register/%",
  ]) {
    const { status } = await op.fetch(op.issuer + path);
    assert.ok([400, 401, 404, 405, 414].includes(status), `${path.slice(0, 40)}: ${status}`);
  }
});

for (const [path, methods] of Object.entries(SURFACE)) {
  test(`${path} answers a wrong method with 405 and Allow`, async () => {
    const wrong = METHODS.filter((method) => !methods.includes(method));
    for (const method of [...wrong, "PROPFIND"]) {
      const response = await op.fetch(path, { method });
      const allow = (response.headers.get("allow") ?? "").split(/\s*,\s*/);
      assert.equal(response.status, 405, method);
      for (const right of methods) assert.ok(allow.includes(right), `${method}: Allow: ${allow}`);
      assert.ok(!allow.includes(method));
    }
  });
}

for (const path of Object.keys(OPEN)) {
  test(`${path} lets pages of other origins in`, async () => {
    const preflight = await op.fetch(path, {
      method: "OPTIONS",
      headers: {
        origin: "https://spa.acme.test",
        "access-control-request-method": OPEN[path][0],
        "access-control-request-headers": "authorization,content-type",
      },
    });
    assert.equal(preflight.status, 204);
    assert.equal(await preflight.text(), "");
    assert.equal(preflight.headers.get("access-control-allow-origin"), "*");
    assert.equal(preflight.headers.get("access-control-allow-credentials"), null, "cookies never count here");
    const allowed = preflight.headers.get("access-control-allow-headers").toLowerCase();
    for (const header of ["authorization", "content-type"]) assert.ok(allowed.includes(header), allowed);
    for (const method of OPEN[path]) {
      assert.ok(preflight.headers.get("access-control-allow-methods").includes(method), method);
    }
    const response = await op.fetch(path, { method: OPEN[path][0], headers: { origin: "https://spa.acme.test" } });
    assert.equal(response.headers.get("access-control-allow-origin"), "*", "errors are readable too");
  });
}

test("a page of another origin can read the challenge of userinfo", async () => {
  const response = await op.fetch("/userinfo", { headers: { origin: "https://spa.acme.test" } });
  assert.match(response.headers.get("access-control-expose-headers") ?? "", /www-authenticate/i);
});

for (const path of Object.keys(CLOSED)) {
  test(`${path} keeps pages of other origins out`, async () => {
    for (const method of ["OPTIONS", CLOSED[path][0]]) {
      const response = await op.fetch(path, {
        method,
        headers: { origin: "https://spa.acme.test", "access-control-request-method": CLOSED[path][0] },
      });
      for (const name of response.headers.keys()) assert.doesNotMatch(name, /^access-control-allow/);
    }
  });
}

/** Whose GET has no effect. */
const DOCUMENTS = [
  "/.well-known/openid-configuration",
  "/.well-known/oauth-authorization-server",
  "/.well-known/jwks.json",
  "/account/deleted",
  "/.well-known/change-password",
];

test("HEAD is GET without the body, where GET has no effect", async () => {
  for (const path of DOCUMENTS) {
    const get = await op.fetch(path);
    const head = await op.fetch(path, { method: "HEAD" });
    assert.equal(head.status, get.status, path);
    assert.equal(await head.text(), "");
    for (const name of ["content-type", "cache-control", "etag", "location"]) {
      assert.equal(head.headers.get(name), get.headers.get(name), `${path}: ${name}`);
    }
    await get.text();
  }
});

test("every answer forbids sniffing", async () => {
  for (const path of [...Object.keys(SURFACE), "/nowhere"]) {
    const response = await op.fetch(path);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff", path);
  }
});

test("what is not public is never stored by a cache", async () => {
  for (const path of Object.keys(SURFACE).filter((path) => !path.startsWith("/.well-known"))) {
    const response = await op.fetch(path, { method: SURFACE[path][0] });
    assert.match(response.headers.get("cache-control") ?? "", /no-store/, path);
  }
});
