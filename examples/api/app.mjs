// Runs the API on Node. `ISSUER` is Limen, `RESOURCE` what this API is called in Limen's `RESOURCES`.

import { createServer } from "node:http";

import { api } from "./api.mjs";

const { ISSUER: issuer = "http://localhost:8787", RESOURCE: resource = "http://localhost:8791/" } = process.env;
const { port, origin } = new URL(resource);
const answer = api({ issuer, resource });

createServer(async (incoming, outgoing) => {
  try {
    const response = await answer(new Request(new URL(incoming.url, origin), { method: incoming.method, headers: incoming.headers }));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text());
  } catch (error) {
    console.error(error.message);
    outgoing.writeHead(503).end();
  }
}).listen(port, "localhost", () => console.log(`The API is at ${resource}`));
