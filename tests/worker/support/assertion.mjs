// Client assertions as clients make them (RFC 7523), and keys to sign them with.

import { randomUUID } from "node:crypto";

import { SignJWT, exportJWK, generateKeyPair } from "jose";

export const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** A key pair: `privateKey`, and `jwk`, the public half with `kid`. */
export async function keyPair(alg, kid = randomUUID()) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey, kid, alg, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } };
}

/** A client's secret as a key. */
export const secretKey = (secret, alg = "HS256") => ({ privateKey: new TextEncoder().encode(secret), alg });

/** An assertion of `client`, whose key `key` is. `undefined` in `claims` or `header` leaves a member out. */
export async function assertion(client, key, claims = {}, header = {}) {
  const now = Math.floor(client.op.clock.now() / 1_000);
  const all = {
    iss: client.id,
    sub: client.id,
    aud: client.op.issuer,
    jti: randomUUID(),
    iat: now,
    exp: now + 60,
    ...claims,
  };
  return new SignJWT(defined(all)).setProtectedHeader(defined({ alg: key.alg, kid: key.kid, ...header })).sign(key.privateKey);
}

/** The form fields of an assertion. */
export const asserted = (jwt) => ({ client_assertion_type: ASSERTION_TYPE, client_assertion: jwt });

const defined = (object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
