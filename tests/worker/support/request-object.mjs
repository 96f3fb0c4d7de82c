// Request objects as a client makes them. The signatures are jose's.

import { SignJWT, UnsecuredJWT, exportJWK, generateKeyPair } from "jose";

const made = new Map();

/** A key pair to sign with under `alg`, made once a file: `jwk` to register, `privateKey` to sign with. */
export async function signingKey(alg, kid = `sig-${alg}`) {
  if (!made.has(kid)) made.set(kid, await generateKeyPair(alg, { extractable: true }));
  const { publicKey, privateKey } = made.get(kid);
  return { jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" }, privateKey };
}

/** The claims of a request object: a whole request of `client`, with `params` in its place. */
export function requestClaims(client, params = {}) {
  const now = client.op.clock.seconds();
  const { params: request, verifier } = client.request(params);
  const claims = { ...request, iss: client.id, aud: client.op.issuer, iat: now, exp: now + 300 };
  return { claims: Object.fromEntries(Object.entries({ ...claims, ...params })), request, verifier };
}

export function signedObject(claims, { alg, key, kid, ...header }) {
  return new SignJWT(claims).setProtectedHeader({ alg, kid, typ: "oauth-authz-req+jwt", ...header }).sign(key);
}

export const unsignedObject = (claims) => new UnsecuredJWT(claims).encode();

/** What stands beside a request object: what RFC 9101 section 5 asks for, and nothing else. */
export function beside(client, params = {}) {
  const path = new URLSearchParams({ client_id: client.id, ...params });
  return `/authorize?${path}`;
}
