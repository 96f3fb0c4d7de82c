// Changes of a client: PUT of RFC 7592, PATCH and renew_secret.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Client } from "../support/client.mjs";
import { bearerError, errorPage, oauthError, succeeded } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const ada = await op.person();

/** What a client knows about its registration: the newest metadata, token and secret. */
class Registration {
  constructor(body) {
    Object.assign(this, { id: body.client_id, uri: body.registration_client_uri, secret: body.client_secret });
    this.take(body);
  }

  take(body) {
    this.metadata = body;
    this.token = body.registration_access_token ?? this.token;
    this.secret = body.client_secret ?? this.secret;
    return body;
  }

  call(method, json, { path = "", ...init } = {}) {
    return op.fetch(`${this.uri}${path}`, { method, json, bearer: this.token, ...init });
  }

  async changed(method, json) {
    return this.take(await succeeded(await this.call(method, json)));
  }

  renew(json) {
    return this.call("POST", json, { path: "/renew_secret" });
  }

  async renewed(json) {
    return this.take(await succeeded(await this.renew(json)));
  }

  get client() {
    return new Client(op, { ...this.metadata, client_secret: this.secret });
  }
}

const register = async (metadata) => new Registration((await op.client(metadata)).registered);
const service = () =>
  register({ grant_types: ["client_credentials"], response_types: [], redirect_uris: [], scope: "notes" });
const WHOLE = { redirect_uris: ["https://app.acme.test/callback"], client_name: "Acme" };

describe("PUT", () => {
  test("replaces: what is left out is back at its default", async () => {
    const mine = await register({ contacts: ["ops@acme.test"], default_max_age: 60, "client_name#fr": "Acmé" });
    const body = await mine.changed("PUT", { client_id: mine.id, redirect_uris: ["https://app.acme.test/other"] });
    assert.deepEqual(body.redirect_uris, ["https://app.acme.test/other"]);
    for (const name of ["contacts", "default_max_age", "client_name", "client_name#fr"])
      assert.ok(!(name in body), name);
    assert.deepEqual(body.grant_types, ["authorization_code"]);
    assert.equal(body.client_id, mine.id);
  });

  test("keeps the secret", async () => {
    const mine = await service();
    const { client_secret: secret, ...metadata } = mine.metadata;
    await mine.changed("PUT", {
      client_id: mine.id,
      grant_types: ["client_credentials"],
      response_types: [],
      redirect_uris: [],
      scope: metadata.scope,
    });
    assert.equal((await mine.client.credentials()).status, 200);
  });

  test("of another client_id, a wrong client_secret, or with what only Limen sets is refused", async () => {
    const [mine, other] = [await register(), await register()];
    for (const wrong of [
      { client_id: other.id },
      { client_id: 7 },
      { client_secret: "wrong" },
      { client_secret: other.secret },
      { registration_access_token: mine.token },
      { registration_client_uri: mine.uri },
      { client_secret_expires_at: 0 },
      { client_id_issued_at: 1 },
    ]) {
      await oauthError(await mine.call("PUT", { ...WHOLE, client_id: mine.id, ...wrong }), 400, [
        "invalid_client_metadata",
        "invalid_request",
      ]);
    }
    assert.equal((await mine.call("GET")).status, 200, "a refused change rotates nothing");
    await mine.changed("PUT", { ...WHOLE, client_id: mine.id, client_secret: mine.secret });
  });

  test("is held to the same rules as a registration", async () => {
    const mine = await register();
    await oauthError(
      await mine.call("PUT", { ...WHOLE, client_id: mine.id, redirect_uris: ["javascript:alert(1)"] }),
      400,
      "invalid_redirect_uri",
    );
    await oauthError(
      await mine.call("PUT", { ...WHOLE, client_id: mine.id, id_token_signed_response_alg: "HS256" }),
      400,
      "invalid_client_metadata",
    );
    assert.deepEqual((await succeeded(await mine.call("GET"))).redirect_uris, mine.metadata.redirect_uris);
  });
});

describe("PATCH", () => {
  test("is a merge patch: what is left out stays, null clears (RFC 7396)", async () => {
    const mine = await register({ contacts: ["ops@acme.test"], default_max_age: 60 });
    const body = await mine.changed("PATCH", { client_name: "Renamed", default_max_age: null });
    assert.equal(body.client_name, "Renamed");
    assert.deepEqual(body.contacts, ["ops@acme.test"]);
    assert.ok(!("default_max_age" in body));
    assert.deepEqual(body.redirect_uris, ["https://app.acme.test/callback"]);
  });

  test("cannot leave a client that could not be registered", async () => {
    const mine = await register();
    for (const patch of [
      { redirect_uris: null },
      { redirect_uris: [] },
      { redirect_uris: ["http://app.acme.test/"] },
      { grant_types: ["password"] },
      { response_types: ["x"] },
    ]) {
      await oauthError(await mine.call("PATCH", patch), 400, ["invalid_client_metadata", "invalid_redirect_uri"]);
    }
  });

  test("cannot set id, secret, token or dates", async () => {
    const mine = await register();
    for (const name of ["client_id", "client_secret", "registration_access_token", "client_id_issued_at"]) {
      await oauthError(await mine.call("PATCH", { [name]: "mine" }), 400, [
        "invalid_client_metadata",
        "invalid_request",
      ]);
    }
  });

  test("takes application/merge-patch+json", async () => {
    const mine = await register();
    const headers = { "content-type": "application/merge-patch+json" };
    mine.take(await succeeded(await mine.call("PATCH", { client_name: "Renamed" }, { headers })));
    assert.equal(mine.metadata.client_name, "Renamed");
  });

  test("20 at once: each that is answered with 200 was done whole, and one token is left", async () => {
    const mine = await register();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => mine.call("PATCH", { client_name: `Name ${n}` })),
    );
    const tokens = [];
    for (const answer of answers) {
      assert.ok([200, 401, 409].includes(answer.status), `${answer.status}`);
      if (answer.status === 200) tokens.push((await answer.json()).registration_access_token);
    }
    const alive = [];
    for (const bearer of tokens) if ((await op.fetch(mine.uri, { bearer })).status === 200) alive.push(bearer);
    assert.equal(alive.length, 1);
  });
});

describe("the registration access token", () => {
  const CHANGES = {
    PUT: (mine) => mine.changed("PUT", { ...WHOLE, client_id: mine.id }),
    PATCH: (mine) => mine.changed("PATCH", { client_name: "Renamed" }),
    renew_secret: (mine) => mine.renewed(),
  };
  for (const [what, change] of Object.entries(CHANGES)) {
    test(`is replaced by ${what}, and the old one is dead`, async () => {
      const mine = await register();
      const old = mine.token;
      await change(mine);
      assert.notEqual(mine.token, old);
      for (const method of ["GET", "DELETE"])
        await bearerError(await op.fetch(mine.uri, { method, bearer: old }), 401, "invalid_token");
      assert.equal((await mine.call("GET")).status, 200);
    });
  }

  test("of another client opens nothing, and nothing tells whether a client exists", async () => {
    const [mine, other] = [await register(), await register()];
    const nobody = `${op.issuer}/register/no-such-client`;
    const calls = [
      ["GET", ""],
      ["PUT", "", WHOLE],
      ["PATCH", "", { client_name: "x" }],
      ["DELETE", ""],
      ["POST", "/renew_secret", {}],
    ];
    for (const [method, path, json] of calls) {
      const foreign = await op.fetch(mine.uri + path, { method, json, bearer: other.token });
      const missing = await op.fetch(nobody + path, { method, json, bearer: other.token });
      assert.equal(foreign.status, 401, method);
      assert.equal(await foreign.text(), await missing.text(), method);
      // The challenge names the address that was asked (RFC 9728), and that alone differs.
      const challenge = (response, uri) => response.headers.get("www-authenticate").replace(new URL(uri).pathname, "");
      assert.equal(challenge(foreign, mine.uri), challenge(missing, nobody));
    }
  });

  test("does not work in the query, as Basic, or as a token elsewhere", async () => {
    const mine = await register();
    assert.equal((await op.fetch(`${mine.uri}?access_token=${mine.token}`)).status, 401);
    assert.equal((await op.fetch(mine.uri, { headers: { authorization: `Basic ${mine.token}` } })).status, 401);
    assert.equal((await op.fetch("/userinfo", { bearer: mine.token })).status, 401);
    assert.equal((await op.fetch("/admin/api/users", { bearer: mine.token })).status, 401);
    assert.equal((await op.fetch("/register", { json: WHOLE, bearer: mine.token })).status, 401);
  });
});

describe("renew_secret", () => {
  test("is at the address that every answer about a client with a secret names", async () => {
    const mine = await service();
    const { client_secret: first } = mine.client.registered ?? {};
    for (const answer of [await mine.call("GET"), await mine.call("PATCH", {})]) {
      const body = await succeeded(answer);
      assert.equal(body.registration_renew_secret_uri, `${mine.uri}/renew_secret`);
      if (body.registration_access_token) mine.token = body.registration_access_token;
    }
    const url = `${mine.uri}/renew_secret`;
    const renewed = await op.json(url, { method: "POST", bearer: mine.token });
    assert.equal(renewed.registration_renew_secret_uri, url);
    assert.notEqual(renewed.client_secret, first);
    const open = await op.publicClient();
    assert.equal(open.registered.registration_renew_secret_uri, undefined);
  });

  test("gives a new secret, and the old one is dead at once", async () => {
    const mine = await service();
    const old = mine.client;
    const body = await mine.renewed();
    assert.notEqual(body.client_secret, old.secret);
    assert.equal(body.client_secret_expires_at, 0);
    assert.ok(body.registration_access_token);
    await oauthError(await old.credentials(), 401, "invalid_client");
    assert.equal((await mine.client.credentials()).status, 200);
  });

  test("with an overlap lets the old secret work for as long, and GET tells until when", async () => {
    const mine = await service();
    const old = mine.client;
    await mine.renewed({ overlap_seconds: 3_600 });
    assert.equal((await old.credentials()).status, 200);
    assert.equal((await mine.client.credentials()).status, 200);
    const { previous_secret_expires_at: until } = await succeeded(await mine.call("GET"));
    assert.ok(Math.abs(until - op.clock.seconds() - 3_600) < 10);
    op.clock.advance({ seconds: 3_601 });
    await oauthError(await old.credentials(), 401, "invalid_client");
    assert.equal((await mine.client.credentials()).status, 200);
    assert.ok(!("previous_secret_expires_at" in (await succeeded(await mine.call("GET")))));
  });

  test("twice in an overlap: never more than two secrets, and none of them for longer", async () => {
    const mine = await service();
    const first = mine.client;
    await mine.renewed({ overlap_seconds: 3_600 });
    const second = mine.client;
    await mine.renewed({ overlap_seconds: 60 });
    await oauthError(await first.credentials(), 401, "invalid_client");
    assert.equal((await second.credentials()).status, 200);
    op.clock.advance({ seconds: 61 });
    await oauthError(await second.credentials(), 401, "invalid_client");
  });

  test("the old secret also revokes and introspects during the overlap, and not after", async () => {
    const mine = await service();
    const old = mine.client;
    const { access_token: token } = await succeeded(await mine.client.credentials());
    await mine.renewed({ overlap_seconds: 60 });
    assert.equal((await old.introspect(token)).active, true);
    op.clock.advance({ seconds: 61 });
    await oauthError(await old.revoke(token), 401, "invalid_client");
    assert.equal((await mine.client.introspect(token)).active, true);
  });

  test("with a member that there is not is refused by its name, and renews nothing", async () => {
    const mine = await service();
    const response = await mine.renew({ overlap_second: 600 });
    const { error, error_description } = await response.json();
    assert.deepEqual([response.status, error], [400, "invalid_request"]);
    assert.equal(error_description, "overlap_second is no member here; the members are overlap_seconds and end_others");
    assert.equal((await mine.client.credentials()).status, 200);
  });

  test("with an overlap that is no number from 0 to 7 days is refused, and renews nothing", async () => {
    const mine = await service();
    for (const overlap of [-1, 604_801, 1e9, 1.5, "60", [60], {}, true]) {
      await oauthError(await mine.renew({ overlap_seconds: overlap }), 400, [
        "invalid_request",
        "invalid_client_metadata",
      ]);
    }
    for (const body of ["[]", "7", "{", '"x"']) {
      const response = await op.fetch(`${mine.uri}/renew_secret`, {
        method: "POST",
        body,
        bearer: mine.token,
        headers: { "content-type": "application/json" },
      });
      await oauthError(response, 400, ["invalid_request", "invalid_client_metadata"]);
    }
    assert.equal((await mine.client.credentials()).status, 200);
  });

  test("of a public client is refused: it has none", async () => {
    const mine = await register({ token_endpoint_auth_method: "none" });
    await oauthError(await mine.renew(), 400, ["invalid_request", "invalid_client_metadata"]);
    assert.equal((await mine.call("GET")).status, 200);
  });
});

describe("changes count at once", () => {
  test("a redirect URI that was taken out is refused, although KV remembers it", async () => {
    const mine = await register();
    const browser = op.browser();
    await browser.obtain(mine.client, ada);
    await browser.authorize(mine.client);
    const old = mine.client;
    await mine.changed("PATCH", { redirect_uris: ["https://app.acme.test/new"] });
    for (const kv of ["stale", undefined]) errorPage(await browser.authorize(old, {}, { kv }));
    assert.ok((await browser.authorize(mine.client, {}, { kv: "stale" })).callback?.get("code"));
  });

  test("a grant type that was taken out is refused", async () => {
    const mine = await register();
    const tokens = await mine.client.tokens(await op.browser().obtain(mine.client, ada));
    await mine.changed("PATCH", { grant_types: ["authorization_code"] });
    await oauthError(await mine.client.refresh(tokens.refresh_token), 400, ["unauthorized_client", "invalid_grant"]);
  });

  test("a scope that was taken out is no longer refreshed", async () => {
    const mine = await register({ scope: "openid profile email" });
    const tokens = await mine.client.tokens(await op.browser().obtain(mine.client, ada));
    await mine.changed("PATCH", { scope: "openid" });
    const response = await mine.client.refresh(tokens.refresh_token);
    if (response.status !== 200) return oauthError(response, 400, ["invalid_grant", "invalid_scope"]);
    assert.equal((await response.json()).scope, "openid");
  });

  test("a client that becomes public loses its secret, and one that becomes confidential gets one", async () => {
    const mine = await register();
    const confidential = mine.client;
    // Weaker than before: the operator's to do.
    const bearer = op.adminToken;
    mine.take(await succeeded(await mine.call("PATCH", { token_endpoint_auth_method: "none" }, { bearer })));
    const { refresh_token: token } = await mine.client.tokens(await op.browser().obtain(mine.client, ada));
    await oauthError(await confidential.refresh(token), 401, "invalid_client");
    const body = await mine.changed("PATCH", { token_endpoint_auth_method: "client_secret_post" });
    assert.ok(body.client_secret);
    assert.notEqual(body.client_secret, confidential.secret);
    await oauthError(
      await op.fetch("/token", { form: { grant_type: "refresh_token", refresh_token: token, client_id: mine.id } }),
      401,
      "invalid_client",
    );
  });
});

describe("the scope dcr_admin", () => {
  const administrator = async () => {
    const admin = await op.serviceClient({ scope: "dcr_admin" });
    return (await succeeded(await admin.credentials({ scope: "dcr_admin" }))).access_token;
  };

  test("of an operator's client registers, reads, changes and deletes clients", async () => {
    const bearer = await administrator();
    const response = await op.fetch("/register", { json: WHOLE, bearer });
    assert.equal(response.status, 201);
    const { registration_client_uri: uri, client_id: id } = await response.json();
    assert.equal((await op.fetch(uri, { bearer })).status, 200);
    assert.equal((await op.fetch(uri, { method: "PUT", json: { ...WHOLE, client_id: id }, bearer })).status, 200);
    assert.equal((await op.fetch(uri, { method: "PATCH", json: { client_name: "x" }, bearer })).status, 200);
    assert.equal((await op.fetch(`${uri}/renew_secret`, { method: "POST", bearer })).status, 200);
    assert.equal((await op.fetch(uri, { method: "DELETE", bearer })).status, 204);
  });

  test("is missing: 403 insufficient_scope", async () => {
    const { access_token: bearer } = await succeeded(await (await service()).client.credentials());
    const mine = await register();
    await bearerError(await op.fetch("/register", { json: WHOLE, bearer }), 403, "insufficient_scope");
    await bearerError(await op.fetch(mine.uri, { bearer }), 403, "insufficient_scope");
  });

  test("in a revoked, expired or person's token opens nothing", async () => {
    const admin = await op.serviceClient({ scope: "dcr_admin" });
    const { access_token: revoked } = await succeeded(await admin.credentials());
    await admin.revoke(revoked);
    await bearerError(await op.fetch("/register", { json: WHOLE, bearer: revoked }), 401, "invalid_token");

    const app = await op.client({ scope: "openid dcr_admin" });
    const page = await op.browser().authorize(app, { scope: "openid dcr_admin" });
    if (page.callback === null) {
      const grant = await op.browser().obtain(app, ada, { scope: "openid dcr_admin" });
      const { access_token: bearer } = await app.tokens(grant);
      assert.ok([401, 403].includes((await op.fetch("/register", { json: WHOLE, bearer })).status));
    }
  });

  test("does not open the operator's API for people", async () => {
    const bearer = await administrator();
    for (const path of ["/admin/api/users", "/admin/api/keys"])
      assert.equal((await op.fetch(path, { bearer })).status, 401);
  });
});
