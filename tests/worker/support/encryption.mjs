// Keys that a client decrypts with, and what it reads with them. The decryption is jose's.

import {
  CompactEncrypt,
  compactDecrypt,
  exportJWK,
  generateKeyPair,
  importJWK,
} from "jose";

export const KEY_ALGS = ["RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"];
export const CONTENT_ENCS = ["A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM"];

const pairs = new Map();

/** A key pair for `alg`, made once a file: `jwk` to register, `privateKey` to read with. `members` goes into the JWK. */
export async function encryptionKey(alg, { crv = "P-256", ...members } = {}) {
  const kind = alg.startsWith("RSA") ? "RSA-OAEP" : "ECDH-ES";
  const name = `${kind} ${crv}`;
  if (!pairs.has(name)) pairs.set(name, await generateKeyPair(kind, { crv, extractable: true }));
  const { publicKey, privateKey } = pairs.get(name);
  const { alg: _, ...jwk } = await exportJWK(publicKey);
  const secret = await exportJWK(privateKey);
  return { jwk: { ...jwk, use: "enc", kid: `enc-${kind}-${crv}`, ...members }, privateKey: { ...secret, alg } };
}

/** Opens a JWE as its client does. */
export async function decrypted(jwe, privateKey) {
  const { plaintext, protectedHeader } = await compactDecrypt(jwe, await imported(privateKey));
  return { header: protectedHeader, text: new TextDecoder().decode(plaintext) };
}

/** Encrypts `text` to the public JWK `key`. */
export async function encrypted(text, key, header) {
  const jwe = new CompactEncrypt(new TextEncoder().encode(text)).setProtectedHeader(header);
  return jwe.encrypt(await imported({ ...key, alg: header.alg }));
}

/** The key in the JWKS that request objects and hints are encrypted to under `alg`. */
export async function limensKey(op, alg) {
  const kty = alg.startsWith("RSA") ? "RSA" : "EC";
  const found = (await op.jwks()).keys.find((key) => key.use === "enc" && key.kty === kty);
  if (!found) throw new Error(`no ${kty} key for encryption in the JWKS`);
  return found;
}

/** Encrypts `text` to Limen. */
export async function encryptedToLimen(op, text, { alg = "RSA-OAEP", enc = "A128GCM", ...header } = {}) {
  const key = await limensKey(op, alg);
  return encrypted(text, key, { alg, enc, kid: key.kid, ...header });
}

function imported(jwk) {
  return importJWK({ ...jwk, use: undefined, key_ops: undefined }, jwk.alg);
}
