// The example agent (examples/agent), and MCP's official client with its enterprise authorization: on behalf of people, in one domain and
// across two.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Client, CrossAppAccessProvider, StreamableHTTPClientTransport, discoverAndRequestJwtAuthGrant } from "@modelcontextprotocol/client";

import { Agent } from "../../../examples/agent/agent.mjs";
import { READ, WRITE, mcpServer } from "../../../examples/mcp-server/server.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const GRANT = "urn:ietf:params:oauth:grant-type:";
const [NOTES, DESK] = ["https://mcp.chat.test/mcp", "https://desk.acme.test"];
const [HOME, CHAT] = ["https://id.acme.test", "https://auth.chat.test"];

// The person's own Limen, and that of a supplier, which trusts it.
const home = await startLimen({ issuer: HOME, vars: { RESOURCES: JSON.stringify({ [DESK]: "Desk", [NOTES]: { name: "Notes", scopes: { [READ]: "Read" } } }) } });
const registered = { redirect_uris: [], response_types: [], grant_types: [`${GRANT}jwt-bearer`], scope: `${READ} ${WRITE}` };
const supplier = await startLimen({
  issuer: CHAT,
  vars: {
    RESOURCES: JSON.stringify({ [NOTES]: { name: "Notes", scopes: { [READ]: "Read your notes", [WRITE]: "Change your notes" } } }),
    TRUSTED_ISSUERS: JSON.stringify({ [HOME]: { jwks_uri: `${HOME}/.well-known/jwks.json`, email_domains: ["people.test"] } }),
  },
});
const there = await supplier.client(registered);
supplier.serve(`${HOME}/.well-known/jwks.json`, async () => ({ json: await home.jwks() }));

const rule = { audience: CHAT, client_id: there.id, resources: [NOTES], scope: READ, email: true };
const assistant = await home.client({
  grant_types: ["authorization_code", "refresh_token", `${GRANT}token-exchange`],
  token_endpoint_auth_method: "client_secret_post",
  id_jag: [rule],
});
const ada = await home.person({ email_verified: true });
const adaThere = await supplier.person({ email: ada.email, email_verified: true });
const browser = home.browser();
const idToken = async (client = assistant) => (await client.tokens(await browser.obtain(client, ada, { scope: "openid" }))).id_token;

const at = (op) => (input, init) => op.fetch(new URL(input instanceof Request ? input.url : input).href, init);
const seen = [];
const notes = mcpServer({ issuer: CHAT, resource: NOTES, fetch: at(supplier) });
const notesAtHome = mcpServer({ issuer: HOME, resource: NOTES, fetch: at(home) });

/** The network: both Limens, and the MCP server, which takes the tokens of the one that it belongs to. */
const network = (server) => async (input, init) => {
  const request = new Request(input, init);
  const { origin } = new URL(request.url);
  if (origin === HOME) return at(home)(input, init);
  if (origin === CHAT) return at(supplier)(input, init);
  if (origin !== new URL(NOTES).origin) return new Response(null, { status: 404 });
  const token = request.headers.get("authorization")?.split(" ")[1];
  if (token) seen.push(claimsOf(token));
  return server(request);
};

const said = (result) => result.content.map(({ text }) => text).join();
const listed = async (token, server) => {
  const client = new Client({ name: "agent", version: "1.0.0" });
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(NOTES), { requestInit, fetch: network(server) }));
  return said(await client.callTool({ name: "list_notes", arguments: {} }));
};

describe("an agent", () => {
  test("acts for the person whose token it was sent, at an MCP server of the same domain, which sees who acts", async () => {
    const desk = await home.client({
      redirect_uris: [],
      response_types: [],
      grant_types: [`${GRANT}token-exchange`, "client_credentials"],
      scope: READ,
      token_exchange: { from: [DESK], to: [NOTES] },
    });
    const app = await home.client();
    const { access_token: sent } = await app.tokens(await browser.obtain(app, ada, { resource: DESK, scope: "openid" }));
    const agent = new Agent({ issuer: HOME, clientId: desk.id, clientSecret: desk.secret, fetch: at(home) });
    const token = await agent.onBehalfOf(sent, { resource: NOTES, scope: READ });
    assert.equal(await listed(token, notesAtHome), "none");
    const { sub, act, scope, aud, client_id } = seen.at(-1);
    assert.deepEqual([sub, aud, scope, client_id], [ada.id, NOTES, READ, desk.id]);
    assert.deepEqual(act, { sub: desk.id, client_id: desk.id });
    await assert.rejects(agent.onBehalfOf(sent, { resource: NOTES, scope: WRITE }), /invalid_scope/);
  });

  test("gets a token of another domain for the person who signed in to it, who is asked nothing", async () => {
    const basic = await home.client({ grant_types: ["authorization_code", `${GRANT}token-exchange`], id_jag: [rule] });
    const own = new Agent({ issuer: HOME, clientId: basic.id, clientSecret: basic.secret, fetch: at(home) });
    const foreign = new Agent({ issuer: CHAT, clientId: there.id, clientSecret: there.secret, fetch: at(supplier) });
    const assertion = await own.assertionFor(await idToken(basic), { audience: CHAT, resource: NOTES, scope: READ });
    const token = await foreign.tokenFor(assertion);
    assert.equal(await listed(token, notes), "none");
    assert.deepEqual([seen.at(-1).iss, seen.at(-1).sub, seen.at(-1).scope], [CHAT, adaThere.id, READ]);
    await assert.rejects(foreign.tokenFor(assertion), /invalid_grant.*used before/);
  });
});

describe("the MCP SDK's enterprise authorization, as it is", () => {
  const connect = async (clientSecret = there.secret) => {
    const provider = new CrossAppAccessProvider({
      clientId: there.id,
      clientSecret,
      expectedIssuer: CHAT,
      fetchFn: network(notes),
      assertion: async ({ authorizationServerUrl, resourceUrl, scope, fetchFn }) => {
        const { jwtAuthGrant } = await discoverAndRequestJwtAuthGrant({
          idpUrl: HOME,
          audience: authorizationServerUrl,
          resource: resourceUrl,
          idToken: await idToken(),
          clientId: assistant.id,
          clientSecret: assistant.secret,
          scope,
          fetchFn,
        });
        return jwtAuthGrant;
      },
    });
    const client = new Client({ name: "assistant", version: "1.0.0" });
    await client.connect(new StreamableHTTPClientTransport(new URL(NOTES), { authProvider: provider, fetch: network(notes) }));
    return client;
  };

  test("goes from nothing but the server's address to the answer of a tool", async () => {
    const client = await connect();
    assert.equal(said(await client.callTool({ name: "list_notes", arguments: {} })), "none");
    const { iss, sub, aud, scope, client_id } = seen.at(-1);
    assert.deepEqual([iss, sub, aud, scope, client_id], [CHAT, adaThere.id, NOTES, READ, there.id]);
  });

  test("gets nothing more once the operator at home takes the rule back", async () => {
    const change = (json) => home.admin(`/register/${assistant.id}`, { method: "PATCH", json });
    await change({ id_jag: null });
    await assert.rejects(connect(), /invalid_target/);
    await change({ id_jag: [rule] });
    await connect();
  });
});
