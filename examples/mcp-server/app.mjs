// Runs the MCP server on Node. `ISSUER` is Limen, `RESOURCE` what this server is called in Limen's `RESOURCES`.

import { createServer } from "node:http";

import { mcpServer } from "./server.mjs";

const { ISSUER: issuer = "http://localhost:8787", RESOURCE: resource = "http://localhost:8790/mcp" } = process.env;
const { port, origin } = new URL(resource);
const answer = mcpServer({ issuer, resource });

createServer(async (incoming, outgoing) => {
  try {
    const body = ["GET", "HEAD"].includes(incoming.method) ? undefined : Buffer.concat(await incoming.toArray());
    const request = new Request(new URL(incoming.url, origin), { method: incoming.method, headers: incoming.headers, body });
    const response = await answer(request);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    for await (const chunk of response.body ?? []) outgoing.write(chunk);
    outgoing.end();
  } catch (error) {
    console.error(error.message);
    outgoing.writeHead(503).end();
  }
}).listen(port, "localhost", () => console.log(`The MCP server is at ${resource}`));
