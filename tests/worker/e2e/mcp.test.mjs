// The official MCP client connects without anybody having set it up: from a 401 to tokens, by way of protected resource
// metadata (RFC 9728), authorization server metadata (RFC 8414), registration or a client metadata document, and PKCE.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { auth, extractWWWAuthenticateParams } from "@modelcontextprotocol/client";

import { claimsOf, verified } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { Assistant, DOCUMENT, serveDocument } from "./assistant.mjs";

const MCP_SERVER = "https://mcp.acme.test/mcp";
const RESOURCES = JSON.stringify({ [MCP_SERVER]: "Acme Files" });

/** A deployment, an MCP server that trusts it, and a person before a browser. */
async function stage(vars) {
  const op = await startLimen({ vars });
  serveDocument(op);
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
  assert.equal(assistant.requests[0].get("resource"), serverUrl, "RFC 8707");
  const { callback } = assistant.page;
  assert.ok(callback, `no callback: ${assistant.page.text}`);
  assert.equal(callback.get("state"), "the-state");
  const authorizationCode = callback.get("code");
  const iss = callback.get("iss");
  const done = await auth(assistant, { serverUrl, resourceMetadataUrl, fetchFn, authorizationCode, iss });
  assert.equal(done, "AUTHORIZED");
  const { access_token: bearer } = assistant.tokens();

  // The SDK refreshes by itself when it has a refresh token.
  assert.equal(await auth(assistant, { serverUrl, resourceMetadataUrl, fetchFn }), "AUTHORIZED");
  const { access_token: refreshed } = assistant.tokens();
  assert.notEqual(refreshed, bearer);
  assistant.bearers = [bearer, refreshed];
  return assistant;
}

/** UserInfo takes its own tokens. */
async function checkUserinfo({ op, ada }, bearer) {
  assert.equal(claimsOf(bearer).aud, op.issuer);
  assert.equal((await op.json("/userinfo", { bearer })).sub, ada.id);
}

/** As "MCP servers MUST validate that access tokens were issued specifically for them as the intended audience". */
async function checkMcpServer({ op, ada }, bearer) {
  const claims = await verified(op, bearer, { typ: "at+jwt", audience: MCP_SERVER });
  assert.equal(claims.sub, ada.id);
  assert.equal(claims.aud, MCP_SERVER, "for that server, and nobody else");
  assert.equal((await op.fetch("/userinfo", { bearer })).status, 401, "the server cannot use it here");
}

for (const [what, server, check] of [
  ["Limen's own UserInfo", (op) => op.url("/userinfo"), checkUserinfo],
  ["an MCP server elsewhere", () => MCP_SERVER, checkMcpServer],
]) {
  describe(what, () => {
    test("by a document at its client_id", async () => {
      const here = await stage({ CLIENT_ID_METADATA_DOCUMENTS: "assistant.acme.test", RESOURCES });
      const assistant = await connect(here, server(here.op), DOCUMENT);
      assert.equal(assistant.clientInformation().client_id, DOCUMENT);
      for (const bearer of assistant.bearers) await check(here, bearer);
    });

    test("by open registration", async () => {
      const here = await stage({ REGISTRATION: "open", RESOURCES });
      const assistant = await connect(here, server(here.op), DOCUMENT);
      assert.notEqual(assistant.clientInformation().client_id, DOCUMENT);
      for (const bearer of assistant.bearers) await check(here, bearer);
    });
  });
}

test("a server that the operator did not register gets no token, and the client learns why", async () => {
  const here = await stage({ REGISTRATION: "open" });
  const assistant = new Assistant(here.open);
  const { resourceMetadataUrl } = extractWWWAuthenticateParams(await here.fetchFn(MCP_SERVER, {}));
  await auth(assistant, { serverUrl: MCP_SERVER, resourceMetadataUrl, fetchFn: here.fetchFn });
  const { callback } = assistant.page;
  assert.equal(callback.get("error"), "invalid_target");
  assert.match(callback.get("error_description"), /RESOURCES/);
  assert.equal(callback.get("code"), null);
});

test("where the operator allows neither, it is told so", async () => {
  const here = await stage({});
  await assert.rejects(connect(here, MCP_SERVER, DOCUMENT));
  assert.deepEqual(await here.op.rows("SELECT id FROM clients"), []);
});
