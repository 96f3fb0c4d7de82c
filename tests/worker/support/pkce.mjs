// RFC 7636 from the client's side.

import { createHash, randomBytes } from "node:crypto";

/** A fresh verifier, and the challenge it answers. */
export function freshPkce() {
  const verifier = randomText();
  return { verifier, challenge: s256(verifier) };
}

/** `BASE64URL-ENCODE(SHA256(ASCII(code_verifier)))` */
export function s256(verifier) {
  return createHash("sha256").update(verifier).digest("base64url");
}

/** 256 random bits. */
export function randomText() {
  return randomBytes(32).toString("base64url");
}
