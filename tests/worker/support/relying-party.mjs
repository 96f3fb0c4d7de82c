// A relying party that takes part in logout: it keeps what Limen tells it in the background.

import { claimsOf } from "./jwt.mjs";

const ORIGIN = "https://app.acme.test";

/** Registers a client with its logout URIs, signed in to in `browser` by `person`. `metadata` changes the registration. */
export async function relyingParty(op, metadata = {}) {
  const name = metadata.name ?? "app";
  const origin = metadata.name ? `https://${name}.acme.test` : ORIGIN;
  delete metadata.name;
  const client = await op.client({
    client_name: `Acme ${name}`,
    redirect_uris: [`${origin}/callback`],
    post_logout_redirect_uris: [`${origin}/bye`, `${origin}/bye?from=limen`],
    ...metadata,
  });
  client.bye = `${origin}/bye`;
  client.origin = origin;
  return client;
}

/** Signs a person in and gives what the client got. */
export async function signedIn(client, browser, person, params = {}) {
  const tokens = await client.tokens(await browser.obtain(client, person, params));
  return { ...tokens, claims: claimsOf(tokens.id_token) };
}

/** Lets the client listen at `backchannel_logout_uri`. Gives the logout tokens that arrive. */
export function listen(op, uri, answer = { status: 200 }) {
  const heard = [];
  op.serve(uri, async (request) => {
    const form = new URLSearchParams(await request.text());
    heard.push({ form, token: form.get("logout_token"), method: request.method, headers: request.headers });
    return typeof answer === "function" ? answer(heard.length) : answer;
  });
  return heard;
}

/** The path of a request to sign out. `undefined` leaves a parameter out. */
export function logoutPath(params) {
  const sent = Object.entries(params).filter(([, value]) => value !== undefined);
  return `/logout?${new URLSearchParams(sent)}`;
}

/** Waits until `condition` holds: what Limen does after its answer. */
export async function until(condition, what) {
  for (let n = 0; n < 200; n++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`in vain: ${what ?? condition}`);
}
