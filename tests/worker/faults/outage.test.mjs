// D1 gone: discovery and JWKS answer, the rest says 503, and nothing is lost. KV gone: everything works, slower.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { fault } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const [client, service, ada] = [await op.client(), await op.serviceClient({ scope: "notes" }), await op.person()];
const browser = op.browser();
await browser.obtain(client, ada);
const tokens = await client.tokens(await browser.obtain(client, ada));
const fresh = op.browser();
const login = await fresh.authorize(client);
const loginForm = Object.fromEntries(login.form("password").controls.map(({ name, value }) => [name, value]));

const REQUESTS = {
  "authorize": (init) => browser.fetch(client.authorizePath(), init),
  "login": (init) =>
    fresh.fetch("/login", { form: { ...loginForm, username: ada.username, password: ada.password }, ...init }),
  "token: code": async (init) => client.redeem(await browser.obtain(client, ada), {}, init),
  "token: refresh": (init) => client.refresh(tokens.refresh_token, {}, init),
  "token: client_credentials": (init) => service.credentials({}, init),
  "userinfo": (init) => op.fetch("/userinfo", { bearer: tokens.access_token, ...init }),
  "introspect": (init) => client.post("/introspect", { token: tokens.access_token }, init),
  "revoke": (init) => client.revoke(tokens.refresh_token, {}, init),
  "register": (init) => op.admin("/register", { json: { redirect_uris: ["https://a.test/cb"] }, ...init }),
  "the client's page": (init) =>
    op.fetch(client.registered.registration_client_uri, {
      bearer: client.registered.registration_access_token,
      ...init,
    }),
  "unregister": (init) =>
    op.fetch(client.registered.registration_client_uri, {
      method: "DELETE",
      bearer: client.registered.registration_access_token,
      ...init,
    }),
  "admin: list": (init) => op.admin("/admin/api/users", init),
  "admin: create": (init) =>
    op.admin("/admin/api/users", { json: { username: "lost", password: "a long enough pass phrase" }, ...init }),
  "admin: change": (init) =>
    op.admin(`/admin/api/users/${ada.id}`, { method: "PATCH", json: { disabled: true }, ...init }),
  "admin: delete": (init) => op.admin(`/admin/api/users/${ada.id}`, { method: "DELETE", ...init }),
  "admin: revoke consent": (init) =>
    op.admin(`/admin/api/users/${ada.id}/grants/${client.id}`, { method: "DELETE", ...init }),
  "admin: keys": (init) => op.admin("/admin/api/keys", init),
};

describe("D1 is gone", () => {
  const outage = { d1: { down: true } };

  test("discovery and JWKS answer", async () => {
    for (const path of [
      "/.well-known/openid-configuration",
      "/.well-known/oauth-authorization-server",
      "/.well-known/jwks.json",
    ]) {
      assert.equal((await op.fetch(path, outage)).status, 200, path);
    }
  });

  for (const [what, request] of Object.entries(REQUESTS)) {
    test(`${what} is 503 with Retry-After and no-store, and says nothing of the inside`, async () => {
      await fault(await request(outage));
    });
  }

  test("machines get JSON, people get a page", async () => {
    const machine = await REQUESTS["token: refresh"](outage);
    assert.match(machine.headers.get("content-type"), /^application\/json/);
    const person = await REQUESTS.authorize(outage);
    assert.match(person.headers.get("content-type"), /^text\/html/);
    assert.equal(person.headers.get("access-control-allow-origin"), null);
  });

  test("an id links the answer to the log, and the cause stands in the log alone", async () => {
    op.logs.length = 0;
    await (await REQUESTS["token: refresh"](outage)).text();
    assert.ok(
      op.logs.some((line) => /simulated/.test(line)),
      `logged: ${op.logs}`,
    );
  });

  test("nothing was lost when it returns", async () => {
    assert.ok((await browser.authorize(client)).callback?.get("code"), "session and consent");
    assert.equal((await op.fetch("/userinfo", { bearer: tokens.access_token })).status, 200);
    assert.equal((await client.refresh(tokens.refresh_token)).status, 200);
    assert.equal((await op.admin(`/admin/api/users/${ada.id}`)).status, 200);
    const { users } = await (await op.admin("/admin/api/users")).json();
    assert.ok(!users.some((user) => user.username === "lost"));
    const done = await fresh.complete(await fresh.authorize(client), ada);
    assert.ok(done.callback.get("code"));
  });
});

describe("requests that need no storage", () => {
  test("are refused for what they are, outage or not", async () => {
    const outage = { d1: { down: true }, kv: "down" };
    assert.equal((await op.fetch("/token", { method: "GET", ...outage })).status, 405);
    assert.equal((await op.fetch("/nowhere", outage)).status, 404);
    assert.equal((await op.fetch("/userinfo", outage)).status, 401);
    assert.equal((await op.fetch("/admin/api/users", outage)).status, 401);
  });
});

for (const kv of ["down", "empty", "stale"]) {
  describe(`KV is ${kv}`, () => {
    test("a sign-in works from end to end", async () => {
      op.faults = { kv };
      try {
        const [app, person, visitor] = [await op.client(), await op.person(), op.browser()];
        const issued = await app.tokens(await visitor.obtain(app, person));
        assert.equal((await op.fetch("/userinfo", { bearer: issued.access_token })).status, 200);
        const refreshed = await app.refreshed(issued.refresh_token);
        assert.equal((await app.introspect(refreshed.access_token)).active, true);
        assert.equal((await app.revoke(refreshed.refresh_token)).status, 200);
        assert.ok((await visitor.authorize(app)).callback?.get("code"));
        await op.cron();
        assert.ok((await op.jwks()).keys.length > 0);
      } finally {
        op.faults = {};
      }
    });
  });
}

test("a client that is registered while KV remembers that there was none is known at once", async () => {
  const guess = "https://app.acme.test/callback";
  const app = await op.client();
  await op.fetch(`/authorize?client_id=${app.id}x&redirect_uri=${guess}`);
  const page = await op.browser().authorize(app, {}, { kv: "stale" });
  assert.ok(page.asksForPassword);
});
