// Lets client libraries talk to the Worker under test through their own fetch hook.

import * as oauth from "oauth4webapi";
import * as oidc from "openid-client";

const NULL_BODY = [204, 205, 304];

/** A `fetch` for `customFetch` of openid-client and oauth4webapi. */
export function fetchFor(op) {
  return async (url, { method, headers, body, signal } = {}) => {
    const response = await op.fetch(String(url), { method, headers, body: asText(body), signal });
    const content = NULL_BODY.includes(response.status) ? null : await response.arrayBuffer();
    return new Response(content, { status: response.status, headers: [...response.headers] });
  };
}

/** openid-client at `op`, as the client of an id. */
export async function openidClient(op, id, authentication) {
  const options = { [oidc.customFetch]: fetchFor(op) };
  const config = await oidc.discovery(new URL(op.issuer), id, undefined, authentication, options);
  config[oidc.customFetch] = fetchFor(op);
  return config;
}

/** oauth4webapi at `op`: what it has read of Limen, and the options of its requests. */
export async function oauth4webapi(op) {
  const hook = { [oauth.customFetch]: fetchFor(op) };
  const issuer = new URL(op.issuer);
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, hook));
  return { as, hook };
}

const asText = (body) => (body instanceof URLSearchParams ? body.toString() : (body ?? undefined));
