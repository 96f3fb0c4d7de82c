// The official MCP client connects without anybody having set it up: from a 401 to tokens, by way of protected resource
// metadata (RFC 9728), authorization server metadata (RFC 8414), registration or a client metadata document, and PKCE.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { auth, extractWWWAuthenticateParams } from "@modelcontextprotocol/client";

import { startLimen } from "../support/limen.mjs";

const MCP_SERVER = "https://mcp.acme.test/mcp";
const DOCUMENT = "https://assistant.acme.test/oauth/client.json";
const CALLBACK = "http://127.0.0.1:33418/callback";

const METADATA = {
  client_name: "Acme Assistant",
  redirect_uris: [CALLBACK],
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  token_endpoint_auth_method: "none",
};

/** What an MCP client keeps, and how it opens a browser. */
class Assistant {
  #kept = {};

  constructor(open, clientMetadataUrl) {
    this.open = open;
    this.clientMetadataUrl = clientMetadataUrl;
  }

  redirectUrl = CALLBACK;
  clientMetadata = METADATA;
  state = () => "the-state";
  clientInformation = () => this.#kept.client;
  saveClientInformation = (client) => void (this.#kept.client = client);
  tokens = () => this.#kept.tokens;
  saveTokens = (tokens) => void (this.#kept.tokens = tokens);
  codeVerifier = () => this.#kept.verifier;
  saveCodeVerifier = (verifier) => void (this.#kept.verifier = verifier);
  discoveryState = () => this.#kept.discovery;
  saveDiscoveryState = (state) => void (this.#kept.discovery = state);
  redirectToAuthorization = async (url) => {
    this.request = url;
    this.page = await this.open(url);
  };
}

/** A deployment, an MCP server that trusts it, and a person before a browser. */
async function stage(vars) {
  const op = await startLimen({ vars });
  op.serve(DOCUMENT, {
    json: { client_id: DOCUMENT, ...METADATA },
    headers: { "content-type": "application/json" },
  });
  const [ada, browser] = [await op.person(), op.browser()];
  const challenge = `Bearer resource_metadata="https://mcp.acme.test/.well-known/oauth-protected-resource/mcp"`;
  const fetchFn = async (input, init) => {
    const url = new URL(input);
    if (url.origin === op.issuer) return op.fetch(url.href, init);
    if (url.href === MCP_SERVER)
      return new Response(null, { status: 401, headers: { "www-authenticate": challenge } });
    if (url.href.endsWith("/.well-known/oauth-protected-resource/mcp"))
      return Response.json({
        resource: MCP_SERVER,
        authorization_servers: [op.issuer],
        scopes_supported: ["openid", "profile"],
      });
    return new Response(null, { status: 404 });
  };
  const open = async (url) => browser.complete(await browser.open(url.href), ada);
  return { op, ada, open, fetchFn };
}

/** The whole way of a client that knows nothing but the address of the API. */
async function connect({ op, ada, open, fetchFn }, serverUrl, clientMetadataUrl) {
  const assistant = new Assistant(open, clientMetadataUrl);
  const refused = await fetchFn(serverUrl, {});
  assert.equal(refused.status, 401);
  const { resourceMetadataUrl } = extractWWWAuthenticateParams(refused);
  assert.equal(await auth(assistant, { serverUrl, resourceMetadataUrl, fetchFn }), "REDIRECT");
  assert.equal(assistant.request.searchParams.get("resource"), serverUrl, "RFC 8707");
  const { callback } = assistant.page;
  assert.ok(callback, `no callback: ${assistant.page.text}`);
  assert.equal(callback.get("state"), "the-state");
  const authorizationCode = callback.get("code");
  const iss = callback.get("iss");
  const done = await auth(assistant, { serverUrl, resourceMetadataUrl, fetchFn, authorizationCode, iss });
  assert.equal(done, "AUTHORIZED");
  const { access_token: bearer } = assistant.tokens();
  const response = await op.fetch("/userinfo", { bearer });
  assert.equal((await response.json()).sub, ada.id);

  // The SDK refreshes by itself when it has a refresh token.
  assert.equal(await auth(assistant, { serverUrl, resourceMetadataUrl, fetchFn }), "AUTHORIZED");
  assert.notEqual(assistant.tokens().access_token, bearer);
  return assistant;
}

for (const [what, server] of [
  ["Limen's own UserInfo", (op) => op.url("/userinfo")],
  ["an MCP server elsewhere", () => MCP_SERVER],
]) {
  describe(what, () => {
    test("by a document at its client_id", async () => {
      const here = await stage({ CLIENT_ID_METADATA_DOCUMENTS: "assistant.acme.test" });
      const assistant = await connect(here, server(here.op), DOCUMENT);
      assert.equal(assistant.clientInformation().client_id, DOCUMENT);
    });

    test("by open registration", async () => {
      const here = await stage({ REGISTRATION: "open" });
      const assistant = await connect(here, server(here.op), DOCUMENT);
      assert.notEqual(assistant.clientInformation().client_id, DOCUMENT);
    });
  });
}

test("where the operator allows neither, it is told so", async () => {
  const here = await stage({});
  await assert.rejects(connect(here, MCP_SERVER, DOCUMENT));
  assert.deepEqual(await here.op.rows("SELECT id FROM clients"), []);
});
