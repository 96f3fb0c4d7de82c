// Limen refuses to start with missing, short or example values, and says how to mend it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { freshRoot, startLimen } from "../support/limen.mjs";

const op = await startLimen();

const CASES = [
  ["no root key", { KEK_1: undefined }, /KEK_1.*openssl/s],
  ["an empty root key", { KEK_1: "" }, /KEK_1/],
  ["a short root key", { KEK_1: Buffer.alloc(16, 1).toString("base64url") }, /KEK_1/],
  ["a root key of 31 bytes", { KEK_1: freshRoot().slice(0, 42) }, /KEK_1/],
  ["a root key of zeros", { KEK_1: Buffer.alloc(32).toString("base64url") }, /KEK_1/],
  ["an example root key", { KEK_1: "change-me-change-me-change-me-change-me-chan" }, /KEK_1/],
  ["a root key that is not base64url", { KEK_1: "!".repeat(43) }, /KEK_1/],
  ["KEK_CURRENT without its key", { KEK_CURRENT: "2" }, /KEK_2/],
  ["KEK_CURRENT that is no number", { KEK_CURRENT: "one" }, /KEK_CURRENT/],
  ["a broken spare root key", { KEK_2: "short" }, /KEK_2/],
  ["the example issuer", { ISSUER: "https://id.example.com" }, /ISSUER/],
  ["no issuer", { ISSUER: undefined }, /ISSUER/],
  ["an http issuer", { ISSUER: "http://id.limen.test" }, /ISSUER.*https/s],
  ["an issuer with a slash at the end", { ISSUER: "https://id.limen.test/" }, /ISSUER/],
  ["an issuer with a query", { ISSUER: "https://id.limen.test?x" }, /ISSUER/],
  ["a short admin token", { ADMIN_TOKEN: "secret" }, /ADMIN_TOKEN/],
  ["a monotonous admin token", { ADMIN_TOKEN: "a".repeat(64) }, /ADMIN_TOKEN/],
  ["an unknown registration policy", { REGISTRATION: "everyone" }, /REGISTRATION/],
  ["a lifetime out of bounds", { CODE_LIFETIME: "86400" }, /CODE_LIFETIME/],
  ["a lifetime that is no number", { ACCESS_TOKEN_LIFETIME: "1h" }, /ACCESS_TOKEN_LIFETIME/],
];

const GOOD = Object.fromEntries(
  [
    "KEK_1",
    "KEK_2",
    "KEK_CURRENT",
    "ISSUER",
    "ADMIN_TOKEN",
    "REGISTRATION",
    "CODE_LIFETIME",
    "ACCESS_TOKEN_LIFETIME",
  ].map((name) => [name, op.variable(name)]),
);

for (const [what, vars, problem] of CASES) {
  test(`${what}: every request is refused with the way to mend it`, async () => {
    await op.redeploy({ ...GOOD, ...vars });
    for (const path of ["/.well-known/openid-configuration", "/authorize", "/admin/api/users"]) {
      const response = await op.fetch(path);
      const text = await response.text();
      assert.equal(response.status, 503);
      assert.match(response.headers.get("content-type"), /^text\/plain/);
      assert.match(response.headers.get("cache-control") ?? "", /no-store/);
      assert.match(text, /^Limen is not configured\.\n/);
      assert.match(text, problem);
      for (const value of Object.values(vars)) {
        if (value?.length >= 8 && !value.startsWith("http")) assert.ok(!text.includes(value), "secrets are not shown");
      }
    }
  });
}

test("all problems are named at once", async () => {
  await op.redeploy({ ...GOOD, KEK_1: undefined, ISSUER: undefined, ADMIN_TOKEN: "x" });
  const text = await (await op.fetch("/")).text();
  for (const name of ["KEK_1", "ISSUER", "ADMIN_TOKEN"]) assert.match(text, new RegExp(name));
});

test("the repaired configuration works", async () => {
  await op.redeploy(GOOD);
  assert.equal((await op.fetch("/.well-known/openid-configuration")).status, 200);
});

test("without an admin token the operator's API and registration are closed", async () => {
  await op.redeploy({ ...GOOD, ADMIN_TOKEN: undefined });
  for (const bearer of ["", "undefined", "null", op.adminToken]) {
    for (const path of ["/admin/api/users", "/admin/api/keys"]) {
      assert.equal((await op.fetch(path, { bearer })).status, 401);
    }
    const register = await op.fetch("/register", { bearer, json: { redirect_uris: ["https://a.test/"] } });
    assert.equal(register.status, 401);
  }
});
