// What clients of the Model Context Protocol register or publish, ask and refresh, each at an MCP server that `RESOURCES` names, with
// `MCP=on` and nothing else. Taken from their sources and documentation, and from reports.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Client } from "../support/client.mjs";
import { succeeded } from "../support/expect.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const NOTES = "https://mcp.acme.test/mcp";
const RESOURCES = JSON.stringify({ [NOTES]: { name: "Notes", scopes: { "notes:read": "Read your notes" } } });
const op = await startLimen({ vars: { MCP: "on", RESOURCES } });

const REFRESHING = { grant_types: ["authorization_code", "refresh_token"], response_types: ["code"] };
const PUBLIC = { ...REFRESHING, token_endpoint_auth_method: "none" };

/** `json` is registered, `document` published at the client_id; `redirect_uri` and `scope` are asked for. */
const CLIENTS = {
  "Claude (claude.ai)": {
    json: {
      client_name: "Claude",
      grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
      scope: "claudeai",
      redirect_uris: ["https://claude.ai/api/mcp/auth_callback"],
    },
    scope: "notes:read offline_access",
  },
  "Claude with a secret": {
    json: { ...REFRESHING, client_name: "Claude", token_endpoint_auth_method: "client_secret_post", redirect_uris: ["https://claude.com/api/mcp/auth_callback"] },
    scope: "notes:read",
  },
  "Claude Code, by its document": {
    document: {
      client_id: "https://claude.ai/oauth/claude-code-client-metadata",
      client_name: "Claude Code",
      ...PUBLIC,
      redirect_uris: ["http://localhost/callback", "http://127.0.0.1/callback"],
    },
    redirect_uri: "http://localhost:53682/callback",
  },
  "Claude Code, registered, without a scope": {
    json: { ...PUBLIC, client_name: "Claude Code (notes)", redirect_uris: ["http://localhost:53682/callback"] },
    redirect_uri: "http://localhost:61000/callback",
  },
  "ChatGPT, by its document": {
    document: {
      client_id: "https://chatgpt.com/oauth/client-metadata.json",
      client_name: "ChatGPT",
      client_uri: "https://chatgpt.com",
      logo_uri: "https://chatgpt.com/logo.png",
      ...REFRESHING,
      redirect_uris: ["https://chatgpt.com/connector_platform_oauth_redirect"],
      token_endpoint_auth_method: "none",
      token_endpoint_auth_methods_supported: ["none", "private_key_jwt"],
    },
    scope: "notes:read",
  },
  "ChatGPT, registered": {
    json: { ...PUBLIC, client_name: "ChatGPT", redirect_uris: ["https://chatgpt.com/connector_platform_oauth_redirect"], resource: NOTES },
    scope: "openid email notes:read",
  },
  Cursor: {
    json: {
      ...PUBLIC,
      client_name: "Cursor",
      redirect_uris: [
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "https://www.cursor.com/agents/mcp/oauth/callback",
        "http://localhost:8787/callback",
      ],
    },
    redirect_uri: "cursor://anysphere.cursor-mcp/oauth/callback",
    scope: "notes:read offline_access openid profile email",
  },
  "VS Code (GitHub Copilot), registered": {
    json: {
      client_name: "Visual Studio Code",
      client_uri: "https://code.visualstudio.com",
      grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
      response_types: ["code"],
      redirect_uris: ["https://insiders.vscode.dev/redirect", "https://vscode.dev/redirect", "http://127.0.0.1/", "http://127.0.0.1:33418/"],
      scope: "notes:read",
      token_endpoint_auth_method: "none",
      application_type: "native",
    },
    redirect_uri: "http://127.0.0.1:33418/",
    scope: "notes:read",
  },
  "VS Code, by its document": {
    document: {
      client_id: "https://vscode.dev/oauth/client-metadata.json",
      client_name: "Visual Studio Code",
      client_uri: "https://vscode.dev/product",
      grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
      response_types: ["code"],
      redirect_uris: ["https://vscode.dev/redirect", "http://127.0.0.1:33418/", "http://127.0.0.1/", "http://localhost/"],
      token_endpoint_auth_method: "none",
    },
    redirect_uri: "http://127.0.0.1:51004/",
    scope: "notes:read",
  },
  "Copilot Studio": {
    json: {
      client_name: "Power Platform connector",
      redirect_uris: ["https://global.consent.azure-apim.net/redirect/notes-5f0c9d"],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_post",
    },
    scope: "notes:read offline_access",
  },
  "mcp-remote": {
    json: {
      ...PUBLIC,
      client_name: "MCP CLI Proxy",
      client_uri: "https://github.com/modelcontextprotocol/mcp-cli",
      software_id: "2e6dc280-f3c3-4e01-99a7-8181dbd1d23d",
      software_version: "0.1.30",
      redirect_uris: ["http://localhost:3334/oauth/callback"],
    },
    redirect_uri: "http://localhost:12345/oauth/callback",
    scope: "",
  },
  "MCP Inspector": {
    json: {
      ...PUBLIC,
      client_name: "MCP Inspector",
      client_uri: "https://github.com/modelcontextprotocol/inspector",
      redirect_uris: ["http://localhost:6274/oauth/callback/debug", "http://localhost:6274/oauth/callback"],
      scope: "notes:read",
    },
    redirect_uri: "http://localhost:6274/oauth/callback",
    scope: "notes:read",
  },
  "a command line (Gemini CLI, Codex)": {
    json: { ...PUBLIC, client_name: "CLI MCP Client", client_uri: "", contacts: [], scope: "", redirect_uris: ["http://127.0.0.1:7777/oauth/callback"] },
    redirect_uri: "http://127.0.0.1:50123/oauth/callback",
    scope: "notes:read",
  },
};

async function known({ json, document }) {
  if (document) {
    op.serve(document.client_id, { json: document, headers: { "content-type": "application/json", "cache-control": "max-age=300" } });
    return new Client(op, document);
  }
  return new Client(op, await succeeded(await op.fetch("/register", { json }), 201));
}

describe("gets a token for the server that it names, and refreshes it", () => {
  for (const [name, wish] of Object.entries(CLIENTS)) {
    test(name, async () => {
      const client = await known(wish);
      const redirect_uri = wish.redirect_uri ?? client.redirectUri;
      const params = { redirect_uri, scope: wish.scope, resource: NOTES, nonce: undefined };
      const grant = await op.browser().obtain(client, await op.person(), params);
      assert.equal(grant.iss, op.issuer);
      const tokens = await client.tokens(grant, { resource: NOTES });
      assert.equal(claimsOf(tokens.access_token).aud, NOTES);
      const wanted = (wish.scope ?? "").includes("notes:read");
      assert.equal((tokens.scope ?? "").includes("notes:read"), wanted, tokens.scope);
      const again = await client.refreshed(tokens.refresh_token, { resource: NOTES });
      assert.equal(claimsOf(again.access_token).aud, NOTES);
      assert.equal(again.scope, tokens.scope);
    });
  }
});

test("discovery says what clients look for before they try a document, or register", async () => {
  const metadata = await op.json("/.well-known/oauth-authorization-server");
  assert.equal(metadata.client_id_metadata_document_supported, true);
  assert.ok(metadata.token_endpoint_auth_methods_supported.includes("none"));
  assert.ok(metadata.code_challenge_methods_supported.includes("S256"));
  assert.ok(metadata.registration_endpoint);
  assert.ok(metadata.grant_types_supported.includes("refresh_token"));
});
