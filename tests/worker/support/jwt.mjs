// Tokens as a relying party, or an attacker, reads them.

import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";

export const claimsOf = decodeJwt;
export const headerOf = decodeProtectedHeader;

/** Verifies a signed token against the JWKS that is published now, and gives its claims. */
export async function verified(op, token, options = {}) {
  const jwks = createLocalJWKSet(await op.jwks());
  const { payload } = await jwtVerify(token, jwks, { issuer: op.issuer, currentDate: op.clock.date(), ...options });
  return payload;
}

/** A token with other content, signed by nobody. */
export function unsignedJwt(header, claims, signature = "") {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part(header)}.${part(claims)}.${signature}`;
}

/** Every truncation of `text`, and every copy with one character changed. */
export function* mutations(text) {
  for (let end = 0; end < text.length; end++) yield text.slice(0, end);
  for (let at = 0; at < text.length; at++) {
    const other = text[at] === "A" ? "B" : "A";
    yield text.slice(0, at) + other + text.slice(at + 1);
  }
}
