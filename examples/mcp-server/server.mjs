// An MCP server that takes Limen's access tokens, as a `fetch` handler: it runs on Cloudflare Workers, Deno, Bun, and on Node
// (see app.mjs). docs/mcp.md explains each step.

import {
  McpServer,
  OAuthError,
  OAuthErrorCode,
  createMcpHandler,
  fromJsonSchema,
  getOAuthProtectedResourceMetadataUrl,
  oauthMetadataResponse,
  requireBearerAuth,
  requireScopes,
} from "@modelcontextprotocol/server";
import { createRemoteJWKSet, customFetch, jwtVerify } from "jose";

export const READ = "notes:read";
export const WRITE = "notes:write";

/** Pages of any origin may call it (the MCP Inspector does), and read why they were refused. */
const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, POST, DELETE, OPTIONS",
  "access-control-allow-headers": "authorization, content-type, mcp-protocol-version, mcp-session-id, last-event-id",
  "access-control-expose-headers": "www-authenticate, mcp-session-id, mcp-protocol-version",
};

/**
 * The handler of a server whose identifier is `resource`, letter by letter as in Limen's `RESOURCES`, for tokens of `issuer`.
 * `fetch` reaches the issuer.
 */
export function mcpServer({ issuer, resource, fetch = globalThis.fetch }) {
  const url = new URL(resource);
  const keys = createRemoteJWKSet(new URL("/.well-known/jwks.json", issuer), { [customFetch]: fetch });
  const authenticate = requireBearerAuth({
    verifier: { verifyAccessToken: (token) => verified(token, keys, { issuer, audience: resource }) },
    requiredScopes: [READ],
    expectedResource: url,
    resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(url),
  });
  const notes = new Map();
  const handler = createMcpHandler(({ authInfo }) => serverFor(authInfo, notes));
  const metadata = once(() => authorizationServer(issuer, fetch));

  return async function answer(request) {
    if (request.method === "OPTIONS") return new Response(null, { status: 204, headers: CORS });
    const documents = {
      oauthMetadata: await metadata(),
      resourceServerUrl: url,
      resourceName: "Notes",
      scopesSupported: [READ, WRITE],
    };
    const document = oauthMetadataResponse(request, documents);
    if (document) return document;
    if (new URL(request.url).pathname !== url.pathname) return new Response(null, { status: 404 });
    const authInfo = await authenticate(request);
    return open(authInfo instanceof Response ? authInfo : await handler.fetch(request, { authInfo }));
  };
}

/** What a token says, if it is one of Limen's for this server: its signature, issuer, audience, type and time are checked. */
async function verified(token, keys, { issuer, audience }) {
  try {
    const { payload } = await jwtVerify(token, keys, { issuer, audience, typ: "at+jwt" });
    // A token that is bound to a key or a certificate is no bearer token. examples/api shows how to check one.
    if (payload.cnf) throw new Error("the token is bound, and comes as a bearer token");
    const scopes = (payload.scope ?? "").split(" ").filter(Boolean);
    const { sub: person, client_id: clientId, exp: expiresAt } = payload;
    return { token, clientId, scopes, expiresAt, resource: new URL(audience), extra: { person } };
  } catch (error) {
    throw new OAuthError(OAuthErrorCode.InvalidToken, error.code ?? "the token is not valid here");
  }
}

/** The tools, for the person of a token. */
function serverFor(authInfo, notes) {
  const server = new McpServer({ name: "notes", version: "1.0.0" });
  const own = notes.get(authInfo?.extra.person) ?? [];
  server.registerTool("list_notes", { description: "Lists your notes" }, () => text(own.join("\n") || "none"));
  const note = fromJsonSchema({ type: "object", properties: { text: { type: "string" } }, required: ["text"] });
  server.registerTool(
    "add_note",
    // A token that may only read is refused with 403 insufficient_scope: the client then asks the person for more.
    { description: "Adds a note", inputSchema: note, scopeChallenge: requireScopes(READ, WRITE) },
    ({ text: added }) => {
      notes.set(authInfo.extra.person, [...own, added]);
      return text("added");
    },
  );
  return server;
}

const text = (words) => ({ content: [{ type: "text", text: words }] });

async function authorizationServer(issuer, fetch) {
  const response = await fetch(new URL("/.well-known/oauth-authorization-server", issuer));
  if (!response.ok) throw new Error(`${issuer} gives no metadata: ${response.status}`);
  return response.json();
}

/** What `make` gives, made once; again after a failure. */
function once(make) {
  let made;
  return () => (made ??= make().catch((error) => ((made = undefined), Promise.reject(error))));
}

function open(response) {
  const opened = new Response(response.body, response);
  for (const [name, value] of Object.entries(CORS)) opened.headers.set(name, value);
  return opened;
}
