// An app that runs in the browser alone: oidc-client-ts as a public client. Its page is in spa/.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { serve } from "./loopback.mjs";

const library = createRequire(import.meta.url).resolve("oidc-client-ts/package.json");
const TYPES = { html: "text/html; charset=utf-8", js: "text/javascript; charset=utf-8" };
const FILES = {
  "/": ["html", new URL("./spa/index.html", import.meta.url)],
  "/callback": ["html", new URL("./spa/index.html", import.meta.url)],
  "/app.js": ["js", new URL("./spa/app.js", import.meta.url)],
  "/oidc-client-ts.js": ["js", new URL("./dist/browser/oidc-client-ts.min.js", `file://${library}`)],
};

/** Serves the app and registers it; with `dpop` its tokens are bound to a key. Gives its origin and its client. */
export async function startSinglePageApp(op, metadata = {}, { dpop = false } = {}) {
  const app = { dpop };
  app.origin = await serve(async (request, response) => {
    const { pathname } = new URL(request.url, app.origin);
    const [type, content] = pathname === "/settings.js" ? ["js", settingsOf(op, app)] : file(pathname);
    response.writeHead(type ? 200 : 404, { "content-type": TYPES[type] ?? "text/plain" }).end(content);
  });
  app.client = await op.nativeClient({ redirect_uris: [`${app.origin}/callback`], ...metadata });
  return app;
}

function file(pathname) {
  const [type, url] = FILES[pathname] ?? [];
  return [type, url && readFileSync(url)];
}

function settingsOf(op, { origin, client, dpop }) {
  const settings = {
    authority: op.issuer,
    client_id: client.id,
    redirect_uri: `${origin}/callback`,
    scope: "openid profile email offline_access",
    // With DPoP the library leaves UserInfo to the app.
    loadUserInfo: !dpop,
    automaticSilentRenew: false,
  };
  const key = dpop ? "settings.dpop = { bind_authorization_code: true, store: new oidc.IndexedDbDPoPStore() };" : "";
  return `const settings = ${JSON.stringify(settings)}; ${key}`;
}
