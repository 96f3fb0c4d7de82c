// Cloudflare's workers-oauth-provider, with KV as its storage, and a page that takes everybody for the same person and allows everything.

import { OAuthProvider } from "@cloudflare/workers-oauth-provider";

const application = {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/client") {
      const client = await env.OAUTH_PROVIDER.createClient({
        clientName: "Acme Notes",
        redirectUris: ["https://app.acme.test/callback"],
        tokenEndpointAuthMethod: "client_secret_basic",
      });
      return Response.json({ client_id: client.clientId, client_secret: client.clientSecret });
    }
    if (pathname !== "/authorize") return new Response("nothing", { status: 404 });
    const asked = await env.OAUTH_PROVIDER.parseAuthRequest(request);
    const { redirectTo } = await env.OAUTH_PROVIDER.completeAuthorization({
      request: asked,
      userId: "ada",
      metadata: {},
      scope: asked.scope,
      props: { id: "ada" },
      revokeExistingGrants: false,
    });
    return Response.redirect(redirectTo, 302);
  },
};

const api = { fetch: (request, env, context) => Response.json({ sub: context.props.id }) };

let provider;

export default {
  fetch(request, env, context) {
    const { origin } = new URL(request.url);
    provider ??= new OAuthProvider({
      apiRoute: "/api",
      apiHandler: api,
      defaultHandler: application,
      authorizeEndpoint: "/authorize",
      tokenEndpoint: "/token",
      scopesSupported: ["notes", "offline_access"],
      resourceMetadata: { resource: `${origin}/api`, authorization_servers: [origin] },
    });
    return provider.fetch(request, env, context);
  },
};
