// Serves the page of an app that runs in the browser alone: app.js or app.jsx of the working folder, bundled, at every path.
// What a build tool would take from its environment (ISSUER, CLIENT_ID, APP_URL) is put in.

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";

import { build } from "esbuild";

const { ISSUER, CLIENT_ID, APP_URL, PORT } = process.env;

const settings = { ISSUER, CLIENT_ID, APP_URL };
const bundle = await build({
  entryPoints: [existsSync("app.jsx") ? "app.jsx" : "app.js"],
  bundle: true,
  write: false,
  format: "esm",
  jsx: "automatic",
  define: {
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, JSON.stringify(value)])),
    "process.env.NODE_ENV": '"production"',
  },
});
const [{ contents: script }] = bundle.outputFiles;
const page = `<!doctype html><html lang="en"><title>App</title><link rel="icon" href="data:,">
<div id="app"></div><pre id="result"></pre><script type="module" src="/app.js"></script>`;

createServer((request, response) => {
  const { pathname } = new URL(request.url, APP_URL);
  const html = { "content-type": "text/html; charset=utf-8" };
  if (pathname === "/app.js") response.writeHead(200, { "content-type": "text/javascript" }).end(script);
  else if (pathname.endsWith(".html")) response.writeHead(200, html).end(readFileSync(pathname.slice(1)));
  else response.writeHead(200, html).end(page);
}).listen(PORT);
