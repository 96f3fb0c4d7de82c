// DPoP proofs as clients make them (RFC 9449), well or as an attacker would.

import { createHash, randomUUID } from "node:crypto";

import { SignJWT, calculateJwkThumbprint, exportJWK, generateKeyPair } from "jose";

/** The key of a client: it makes proofs for requests to `op`. */
export class DpopKey {
  static async generate(op, alg = "ES256") {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const jwk = await exportJWK(publicKey);
    return Object.assign(new DpopKey(), { op, alg, privateKey, jwk, jkt: await calculateJwkThumbprint(jwk) });
  }

  /** A proof for a request. `undefined` in `claims` or `header` leaves a member out. */
  async proof(method, path, claims = {}, header = {}) {
    const all = { jti: randomUUID(), htm: method, htu: this.op.url(path), iat: this.op.clock.seconds(), ...claims };
    const protectedHeader = defined({ typ: "dpop+jwt", alg: this.alg, jwk: this.jwk, ...header });
    return new SignJWT(defined(all)).setProtectedHeader(protectedHeader).sign(this.privateKey);
  }

  /** The headers of a token request, or of another that is posted. */
  async posting(path = "/token", claims, header) {
    return { dpop: await this.proof("POST", path, claims, header) };
  }

  /** The headers of a request with an access token. */
  async presenting(token, { method = "GET", path = "/userinfo", scheme = "DPoP", ...claims } = {}) {
    return { authorization: `${scheme} ${token}`, dpop: await this.proof(method, path, { ath: ath(token), ...claims }) };
  }

  userinfo(token, options) {
    return this.presenting(token, options).then((headers) => this.op.fetch("/userinfo", { headers }));
  }
}

/** `ath`: the digest of an access token. */
export const ath = (token) => createHash("sha256").update(token).digest("base64url");

const defined = (object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
