// What clients in the wild register (RFC 7591): what can be used is taken, and told; what could harm somebody is refused.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Client } from "../support/client.mjs";
import { oauthError, succeeded } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";
import { register as registerAt } from "./support.mjs";

const FILES = "https://mcp.acme.test/mcp";
const RESOURCES = JSON.stringify({ [FILES]: { name: "Acme Files", scopes: { "files:read": "Read your files" } } });
const op = await startLimen({ vars: { REGISTRATION: "open", RESOURCES } });

const register = (json, to = op) => registerAt(to, json);
const registered = async (json) => succeeded(await register(json), 201);

describe("a list of redirect URIs in which one is only for native apps makes a native client (RFC 8252 section 7)", () => {
  const LISTS = {
    Cursor: [
      "cursor://anysphere.cursor-mcp/oauth/callback",
      "https://www.cursor.com/agents/mcp/oauth/callback",
      "http://localhost:8787/callback",
    ],
    "VS Code": ["https://vscode.dev/redirect", "http://127.0.0.1:33418/"],
    Immich: ["https://photos.acme.test/auth/login", "app.immich:///oauth-callback"],
    "every developer": ["https://app.acme.test/cb", "http://localhost:3000/cb"],
  };
  for (const [who, redirect_uris] of Object.entries(LISTS)) {
    test(who, async () => {
      const client = await registered({ redirect_uris, token_endpoint_auth_method: "none" });
      assert.equal(client.application_type, "native");
      assert.deepEqual(client.redirect_uris, redirect_uris);
      for (const redirect_uri of redirect_uris) {
        const page = await op.browser().authorize(new Client(op, client), { redirect_uri });
        assert.ok(page.asksForPassword, redirect_uri);
      }
    });
  }

  test("what says that it is a web client is held to it, and plain http to other hosts is for nobody", async () => {
    const refused = async (json) => oauthError(await register(json), 400, "invalid_redirect_uri");
    await refused({ redirect_uris: LISTS["VS Code"], application_type: "web" });
    await refused({ redirect_uris: ["http://localhost/cb", "http://app.acme.test/cb"] });
  });
});

describe("http on a private network", () => {
  const HOME = ["http://192.168.2.50:2283/auth/login", "http://nas.local/cb"];

  test("is refused by default, also to the operator, and by the name of the setting", async () => {
    for (const uri of HOME) {
      const response = await op.admin("/register", { json: { redirect_uris: [uri] } });
      const body = await oauthError(response, 400, "invalid_redirect_uri");
      assert.match(body.error_description, /INSECURE_HTTP_REDIRECTS/);
    }
  });

  test("is for confidential clients of the operator where the setting allows it, and for nobody's own", async () => {
    const home = await startLimen({ vars: { REGISTRATION: "open", INSECURE_HTTP_REDIRECTS: "private" } });
    const client = await home.client({ redirect_uris: HOME });
    for (const redirect_uri of HOME) {
      const grant = await home.browser().obtain(client, await home.person(), { redirect_uri });
      assert.ok((await client.tokens(grant)).access_token);
    }
    const secretless = { redirect_uris: HOME, token_endpoint_auth_method: "none" };
    await oauthError(await home.admin("/register", { json: secretless }), 400, "invalid_redirect_uri");
    await oauthError(await register({ redirect_uris: HOME }, home), 400, "invalid_redirect_uri");
    const { registration_client_uri: uri, registration_access_token: bearer } = client.registered;
    const own = (json) => home.fetch(uri, { method: "PATCH", json, bearer });
    await oauthError(await own({ redirect_uris: [...HOME, "http://evil.local/cb"] }), 400, "invalid_redirect_uri");
    assert.equal((await own({ client_name: "Photos" })).status, 200, "what the operator allowed stays");
    await oauthError(
      await home.admin("/register", { json: { redirect_uris: ["http://photos.acme.test/cb"] } }),
      400,
      "invalid_redirect_uri",
    );
  });
});

describe("what is not there, or not for everybody", () => {
  const APP = { redirect_uris: ["https://claude.test/api/mcp/auth_callback"] };

  test("is left out of grant types and response types, and the answer says so (RFC 7591 section 3.2.1)", async () => {
    const client = await registered({
      ...APP,
      grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer", "client_credentials"],
      response_types: ["code", "token", "code id_token"],
    });
    assert.deepEqual(client.grant_types, ["authorization_code", "refresh_token"]);
    assert.deepEqual(client.response_types, ["code"]);
  });

  test("is refused where nothing usable is left", async () => {
    for (const wanted of [
      { grant_types: ["password"] },
      { grant_types: ["client_credentials"] },
      { response_types: ["token"] },
    ]) {
      const body = await oauthError(await register({ ...APP, ...wanted }), 400, "invalid_client_metadata");
      assert.match(body.error_description, new RegExp(Object.keys(wanted)[0]));
    }
  });

  test("is left out of scopes: those of APIs are there once the operator gave them, the operator's own never", async () => {
    for (const [scope, taken] of [
      ["openid profile files:read files:write dcr_admin", "files:read openid profile"],
      ["claudeai", ""],
    ])
      assert.equal((await registered({ ...APP, scope })).scope, taken);
  });

  test("is refused for algorithms and methods, which somebody relies on", async () => {
    for (const wanted of [
      { token_endpoint_auth_method: "client_secret_magic" },
      { id_token_signed_response_alg: "HS256" },
      { userinfo_signed_response_alg: "RS384" },
    ])
      await oauthError(await register({ ...APP, ...wanted }), 400, "invalid_client_metadata");
  });
});

describe("the method of a client that names none", () => {
  const WEB = { redirect_uris: ["https://app.acme.test/callback"], grant_types: ["authorization_code", "refresh_token"] };

  test("is told as client_secret_basic, and the secret works in the header and in the body", async () => {
    const client = new Client(op, await registered(WEB));
    assert.equal(client.registered.token_endpoint_auth_method, "client_secret_basic");
    assert.ok(!Object.keys(client.registered).some((name) => name.startsWith("limen")));
    const ada = await op.person();
    for (const auth of ["basic", "post"]) {
      const tokens = await client.tokens(await op.browser().obtain(client, ada), {}, { auth });
      const again = await client.refreshed(tokens.refresh_token, {}, { auth });
      assert.equal((await client.post("/introspect", { token: again.access_token }, { auth })).status, 200);
    }
    await oauthError(await client.post("/introspect", { token: "x" }, { auth: "none" }), 401, "invalid_client");
    const wrong = new Client(op, { ...client.registered, client_secret: "wrong" });
    for (const auth of ["basic", "post"])
      await oauthError(await wrong.post("/introspect", { token: "x" }, { auth }), 401, "invalid_client");
  });

  test("that is named is held to, and to send back what was told says nothing new", async () => {
    const named = new Client(op, await registered({ ...WEB, token_endpoint_auth_method: "client_secret_basic" }));
    await oauthError(await named.post("/introspect", { token: "x" }, { auth: "post" }), 401, "invalid_client");
    const client = new Client(op, await registered(WEB));
    const { registration_client_uri: uri, registration_access_token: bearer } = client.registered;
    const read = await op.json(uri, { bearer });
    for (const name of ["client_id_issued_at", "registration_client_uri", "registration_renew_secret_uri"]) delete read[name];
    const put = await op.fetch(uri, { method: "PUT", json: { ...read, client_name: "New" }, bearer });
    assert.equal(put.status, 200, await put.clone().text());
    assert.equal((await client.post("/introspect", { token: "x" }, { auth: "post" })).status, 200);
    const next = (await put.json()).registration_access_token;
    const json = { token_endpoint_auth_method: "client_secret_basic" };
    assert.equal((await op.fetch(uri, { method: "PATCH", json, bearer: next })).status, 200);
    await oauthError(await client.post("/introspect", { token: "x" }, { auth: "post" }), 401, "invalid_client");
  });
});

test("of what a client can choose from, the best that both know is chosen and told (RP Metadata Choices 1.0)", async () => {
  const APP = { redirect_uris: ["https://app.acme.test/cb"] };
  const methods = (list, more) => registered({ ...APP, token_endpoint_auth_methods_supported: list, ...more });
  assert.equal((await methods(["none", "private_key_jwt"])).token_endpoint_auth_method, "none");
  const keyed = await methods(["none", "private_key_jwt"], { jwks_uri: "https://app.acme.test/jwks" });
  assert.equal(keyed.token_endpoint_auth_method, "private_key_jwt");
  const told = await registered({
    ...APP,
    id_token_signed_response_alg: "ES512",
    id_token_signing_alg_values_supported: ["ES512", "ES256"],
    subject_types_supported: ["pairwise"],
  });
  assert.equal(told.id_token_signed_response_alg, "ES256");
  assert.equal(told.subject_type, "pairwise");
  assert.ok(!Object.keys(told).some((name) => name.endsWith("_supported")), "lists are input only");
  const none = { ...APP, id_token_signing_alg_values_supported: ["ES512"] };
  const body = await oauthError(await register(none), 400, "invalid_client_metadata");
  assert.match(body.error_description, /id_token_signing_alg_values_supported/);
});

test("who registers without a token where one is needed gets JSON beside the challenge", async () => {
  const closed = await startLimen();
  const response = await closed.fetch("/register", { json: { redirect_uris: ["https://app.acme.test/cb"] } });
  assert.match(response.headers.get("www-authenticate"), /^Bearer/);
  assert.doesNotMatch(response.headers.get("www-authenticate"), /error=/);
  await oauthError(response, 401, "invalid_token");
});

test("an app without a name is called by a plain word and its host", async () => {
  const client = new Client(op, await registered({ redirect_uris: ["https://photos.acme.test/cb"] }));
  const browser = op.browser();
  const login = await browser.authorize(client);
  assert.match(login.text, /An app at photos\.acme\.test/);
  assert.doesNotMatch(login.text, new RegExp(client.id));
  const ada = await op.person();
  assert.match((await browser.signIn(login, ada)).text, /An app at photos\.acme\.test asks for access/);
  const german = await op.browser().authorize(client, { ui_locales: "de" });
  assert.match(german.text, /Eine App von photos\.acme\.test/);
  const device = new Client(op, await registered({ redirect_uris: ["http://127.0.0.1/cb"], token_endpoint_auth_method: "none" }));
  assert.match((await op.browser().authorize(device)).text, /An app without a name/);
});
