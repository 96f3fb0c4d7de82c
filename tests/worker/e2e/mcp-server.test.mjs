// The example MCP server (examples/mcp-server), protected by Limen, and the official MCP client at it: from nothing but the address
// of the server to the answer of a tool.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";

import { READ, WRITE, mcpServer } from "../../../examples/mcp-server/server.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { Assistant, DOCUMENT, METADATA, serveDocument } from "./assistant.mjs";

const NOTES = "https://mcp.acme.test/mcp";
const OTHER = "https://other.acme.test/mcp";
const RESOURCES = JSON.stringify({
  [NOTES]: { name: "Notes", scopes: { [READ]: "Read your notes", [WRITE]: "Change your notes" } },
  [OTHER]: { name: "Other", scopes: { "other:read": "Read others" } },
});

const op = await startLimen({ vars: { MCP: "on", RESOURCES } });
serveDocument(op);
const atLimen = (input, init) => op.fetch(new URL(input instanceof Request ? input.url : input).href, init);
const notes = mcpServer({ issuer: op.issuer, resource: NOTES, fetch: atLimen });

/** The network: Limen, and the MCP server. */
async function network(input, init) {
  const request = new Request(input, init);
  const { origin } = new URL(request.url);
  if (origin === op.issuer) return atLimen(input, init);
  if (origin === new URL(NOTES).origin) return notes(request);
  return new Response(null, { status: 404 });
}

/** An assistant whose person says yes. */
class Connecting extends Assistant {
  constructor({ clientMetadataUrl, person }) {
    const browser = op.browser();
    super(async (url) => browser.complete(await browser.open(url.href), person), clientMetadataUrl);
  }

  get callback() {
    assert.ok(this.page.callback, this.page.text);
    return this.page.callback;
  }

  transport() {
    return new StreamableHTTPClientTransport(new URL(NOTES), { authProvider: this, fetch: network });
  }

  /** Connects, by way of its person where the server wants that. */
  async connect() {
    const client = () => new Client({ name: "assistant", version: "1.0.0" });
    const [first, asking] = [client(), this.transport()];
    try {
      await first.connect(asking);
      return first;
    } catch (error) {
      if (!(error instanceof UnauthorizedError)) throw error;
    }
    await asking.finishAuth(this.callback);
    const connected = client();
    await connected.connect(this.transport());
    return connected;
  }
}

const said = (result) => result.content.map(({ text }) => text).join();

for (const [how, clientMetadataUrl] of [
  ["by open registration", undefined],
  ["by a document at its client_id", DOCUMENT],
]) {
  describe(how, () => {
    test("a client finds Limen, signs its person in, calls a tool, and refreshes", async () => {
      const assistant = new Connecting({ clientMetadataUrl, person: await op.person() });
      const client = await assistant.connect();
      assert.equal(said(await client.callTool({ name: "list_notes", arguments: {} })), "none");

      const { client_id } = assistant.clientInformation();
      assert.equal(client_id === DOCUMENT, clientMetadataUrl !== undefined);
      const [request] = assistant.requests;
      assert.equal(request.get("resource"), NOTES, "RFC 8707");
      assert.equal(request.get("code_challenge_method"), "S256");
      const claims = claimsOf(assistant.tokens().access_token);
      assert.equal(claims.aud, NOTES);

      const before = assistant.tokens();
      op.clock.advance({ hours: 1 });
      assistant.saveTokens({ ...before, access_token: `${before.access_token}x` });
      assert.equal(said(await client.callTool({ name: "list_notes", arguments: {} })), "none");
      assert.equal(assistant.requests.length, 1, "its person was not asked again");
      assert.notEqual(assistant.tokens().refresh_token, before.refresh_token);
    });

    test("a tool that wants more has the person asked for it, and nothing is lost", async () => {
      const assistant = new Connecting({ clientMetadataUrl, person: await op.person() });
      assistant.clientMetadata = { ...METADATA, scope: READ };
      const client = await assistant.connect();
      const call = () => client.callTool({ name: "add_note", arguments: { text: "Buy milk" } });
      const before = assistant.requests.length;
      await assert.rejects(call(), UnauthorizedError);
      const request = assistant.requests.at(-1);
      assert.equal(assistant.requests.length, before + 1);
      assert.deepEqual(request.get("scope").split(" ").filter((scope) => scope.startsWith("notes:")).sort(), [READ, WRITE]);
      await client.transport.finishAuth(assistant.callback);
      assert.equal(said(await call()), "added");
      assert.equal(said(await client.callTool({ name: "list_notes", arguments: {} })), "Buy milk");
    });
  });
}

describe("the server", () => {
  const call = (bearer) =>
    network(NOTES, {
      method: "POST",
      headers: { ...(bearer && { authorization: `Bearer ${bearer}` }), "content-type": "application/json", accept: "application/json, text/event-stream" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: {} }),
    });

  test("names Limen to who has no token (RFC 9728)", async () => {
    const challenge = (await call()).headers.get("www-authenticate");
    const [, address] = /resource_metadata="([^"]*)"/.exec(challenge);
    const metadata = await (await network(address)).json();
    assert.equal(metadata.resource, NOTES);
    assert.deepEqual(metadata.authorization_servers.map((url) => new URL(url).origin), [op.issuer]);
    assert.deepEqual(metadata.scopes_supported, [READ, WRITE]);
  });

  test("takes no token that is for another, for Limen itself, of another issuer, or none at all", async () => {
    const [client, person] = [await op.publicClient(), await op.person()];
    const token = async (params) => (await client.tokens(await op.browser().obtain(client, person, params))).access_token;
    const stranger = await startLimen({ vars: { MCP: "on", RESOURCES }, issuer: "https://stranger.limen.test" });
    const foreign = await stranger.publicClient();
    const grant = await stranger.browser().obtain(foreign, await stranger.person(), { scope: READ, resource: NOTES });
    for (const bearer of [
      await token({ scope: `openid other:read`, resource: OTHER }),
      await token({}),
      (await foreign.tokens(grant)).access_token,
      (await client.tokens(await op.browser().obtain(client, person))).id_token,
      "x",
    ]) {
      const response = await call(bearer);
      assert.equal(response.status, 401);
      assert.match(response.headers.get("www-authenticate"), /invalid_token.*resource_metadata/);
    }
    const own = await call(await token({ scope: READ, resource: NOTES }));
    assert.equal(own.status, 200, await own.text());
  });

  test("refuses a token that may do nothing here with the scope that it lacks", async () => {
    const client = await op.publicClient();
    const grant = await op.browser().obtain(client, await op.person(), { scope: "openid", resource: NOTES });
    const response = await call((await client.tokens(grant)).access_token);
    assert.equal(response.status, 403);
    assert.match(response.headers.get("www-authenticate"), /insufficient_scope.*notes:read/);
    assert.equal(response.headers.get("access-control-expose-headers").includes("www-authenticate"), true);
  });
});
