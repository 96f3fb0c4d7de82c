// An API that takes Limen's access tokens, as a `fetch` handler: it runs on Cloudflare Workers, Deno, Bun and Node. What changes
// something it does only for people who have just signed in with two factors: other tokens are refused with a challenge that says
// what is missing (RFC 9470), and the app asks Limen for it. docs/step-up.md explains each step.

import { createRemoteJWKSet, customFetch, jwtVerify } from "jose";

/** What deleting demands: any of these `acr`, in a sign-in of the last five minutes. */
const TO_DELETE = { acr_values: ["mfa", "phr"], max_age: 300 };

/** The handler of an API whose identifier is `resource`, as in Limen's `RESOURCES`. `fetch` reaches the issuer, `now` is in seconds. */
export function notesApi({ issuer, resource, fetch = globalThis.fetch, now = () => Date.now() / 1_000 }) {
  const keys = createRemoteJWKSet(new URL("/.well-known/jwks.json", issuer), { [customFetch]: fetch });
  const notes = new Map();

  return async function answer(request) {
    const token = await verified(request, keys, { issuer, audience: resource, currentDate: new Date(now() * 1_000) });
    if (!token) return refuse({ error: "invalid_token" });
    const own = notes.get(token.sub) ?? [];
    if (request.method === "GET") return Response.json(own);
    if (request.method === "POST") {
      notes.set(token.sub, [...own, await request.text()]);
      return new Response(null, { status: 204 });
    }
    if (request.method !== "DELETE") return new Response(null, { status: 405 });
    const missing = lacks(token, TO_DELETE, now());
    if (missing) return refuse(missing);
    notes.delete(token.sub);
    return new Response(null, { status: 204 });
  };
}

/** The claims of the token, if it is one of Limen's for this API: its signature, issuer, audience, type and time are checked. */
async function verified(request, keys, expected) {
  const [scheme, token] = (request.headers.get("authorization") ?? "").split(" ");
  if (scheme.toLowerCase() !== "bearer" || !token) return null;
  // A token that is bound to a key or a certificate is no bearer token: examples/api shows how to check one.
  const claims = ({ payload }) => (payload.cnf ? null : payload);
  return jwtVerify(token, keys, { ...expected, typ: "at+jwt" }).then(claims, () => null);
}

/** What the sign-in behind a token lacks, as the parameters of a challenge (RFC 9470 section 3). */
function lacks({ acr, auth_time }, { acr_values, max_age }, now) {
  // A token of a client itself has neither: nobody signed in.
  const strong = acr_values.includes(acr);
  const recent = auth_time !== undefined && now - auth_time <= max_age;
  if (strong && recent) return null;
  return {
    error: "insufficient_user_authentication",
    error_description: strong ? "a more recent sign-in is required" : "a stronger sign-in is required",
    acr_values: acr_values.join(" "),
    max_age,
  };
}

function refuse(parameters) {
  const listed = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`);
  return new Response(null, { status: 401, headers: { "www-authenticate": `Bearer ${listed.join(", ")}` } });
}
