// A web server of the tests: an app's, or an attacker's.

import { createServer } from "node:http";
import { after } from "node:test";

const ICON = '<link rel="icon" href="data:,">';

/** Serves on 127.0.0.1, another site than Limen's localhost, until the test ends. Gives the origin. */
export async function serve(answer) {
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => html(response, `<pre>${error.stack}</pre>`, 500));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

/** Answers with a page. */
export function html(response, body, status = 200) {
  const page = `<!doctype html><html lang="en"><title>App</title>${ICON}<body>${body}`;
  response.writeHead(status, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" }).end(page);
}

export function redirect(response, location) {
  response.writeHead(303, { location }).end();
}

/** The body of a request as text. */
export async function bodyOf(request) {
  const chunks = await request.toArray();
  return Buffer.concat(chunks).toString();
}

/** Text that HTML shows as it is. */
export const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** The JSON that an app's page shows as its result, once it is there. */
export async function resultOf(page) {
  const text = await page.locator("#result:not(:empty)").textContent();
  return JSON.parse(text);
}

/** The `sub` of whom the app signed in, or what it shows instead. */
export async function subjectAt(page) {
  const result = await resultOf(page);
  return (result.claims ?? result.profile)?.sub ?? JSON.stringify(result);
}
