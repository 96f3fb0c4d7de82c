// An API that takes Limen's access tokens, as a `fetch` handler: bearer tokens, and tokens that are bound to a key of the app (DPoP, RFC
// 9449). It runs on Cloudflare Workers, Deno, Bun, and on Node (see app.mjs).

import { createHash } from "node:crypto";

import { EmbeddedJWK, calculateJwkThumbprint, createRemoteJWKSet, customFetch, jwtVerify } from "jose";

const PROOF_ALGS = ["ES256", "Ed25519", "EdDSA", "PS256", "RS256"];

/** How old a proof may be, and how far ahead of this server's clock, in seconds. */
const OLDEST = 120;
const MOST_AHEAD = 60;

/**
 * The handler of an API whose identifier is `resource`, letter by letter as in Limen's `RESOURCES`, for tokens of `issuer`. `fetch`
 * reaches the issuer, `now` is the time in seconds.
 */
export function api({ issuer, resource, fetch = globalThis.fetch, now = () => Math.floor(Date.now() / 1_000) }) {
  const keys = createRemoteJWKSet(new URL("/.well-known/jwks.json", issuer), { [customFetch]: fetch });
  const used = new UsedProofs();

  /** What the token says, if it is one of Limen's for this API, and the caller may use it. */
  async function authenticate(request) {
    const [scheme, token] = (request.headers.get("authorization") ?? "").split(/ +/);
    const isDpop = scheme.toLowerCase() === "dpop";
    if (!token || !(isDpop || scheme.toLowerCase() === "bearer")) throw new Refused();
    const refused = (error, why) => new Refused(isDpop, error, why);
    const options = { issuer, audience: resource, typ: "at+jwt", currentDate: new Date(now() * 1_000) };
    const { payload } = await jwtVerify(token, keys, options).catch(({ code }) => {
      throw refused("invalid_token", code ?? "it cannot be checked");
    });
    const { jkt, ...other } = payload.cnf ?? {};
    // Bound to something that this API does not check, such as a certificate.
    if (Object.keys(other).length > 0) throw refused("invalid_token", "it is bound to something else than a key");
    // A bound token is no bearer token, and the other way round.
    if (Boolean(jkt) !== isDpop) throw refused("invalid_token", `it comes with the scheme ${jkt ? "DPoP" : "Bearer"}`);
    if (isDpop) await checkProof(request, token, jkt);
    return payload;
  }

  /** Whether the caller has the key that the token is bound to (section 4.3). */
  async function checkProof(request, token, jkt) {
    const invalid = (why) => new Refused(true, "invalid_dpop_proof", why);
    const proof = request.headers.get("dpop");
    if (!proof || proof.includes(",")) throw invalid("there must be one DPoP header");
    // The key comes along in the proof. jose refuses a private one.
    const verified = await jwtVerify(proof, EmbeddedJWK, {
      typ: "dpop+jwt",
      algorithms: PROOF_ALGS,
      requiredClaims: ["jti", "htm", "htu", "iat", "ath"],
      currentDate: new Date(now() * 1_000),
      clockTolerance: MOST_AHEAD,
    }).catch(({ code }) => {
      throw invalid(code ?? "it cannot be checked");
    });
    const { protectedHeader: header, payload: claims } = verified;
    const age = now() - claims.iat;
    if (!(age <= OLDEST && age >= -MOST_AHEAD)) throw invalid("it is too old, or of the future");
    if (claims.htm !== request.method) throw invalid("it is for another method");
    if (!isAddress(claims.htu, new URL(new URL(request.url).pathname, resource))) throw invalid("it is for another address");
    const ath = createHash("sha256").update(token).digest("base64url");
    if (claims.ath !== ath) throw invalid("it is for another token");
    if ((await calculateJwkThumbprint(header.jwk)) !== jkt) {
      throw new Refused(true, "invalid_token", "it is bound to another key than that of the proof");
    }
    if (!used.add(`${jkt} ${claims.jti}`, now())) throw invalid("it was used before");
  }

  return async function answer(request) {
    try {
      const { sub, client_id: app, scope = "", cnf } = await authenticate(request);
      return Response.json({ sub, app, scope, bound: cnf !== undefined });
    } catch (error) {
      if (error instanceof Refused) return error.response();
      throw error;
    }
  };
}

/** Whether `htu` is the address, whose query and fragment do not count. */
function isAddress(htu, address) {
  if (typeof htu !== "string" || !URL.canParse(htu)) return false;
  const { origin, pathname } = new URL(htu);
  return origin === address.origin && pathname === address.pathname;
}

/** 401, with the challenge of the scheme (RFC 6750 section 3, RFC 9449 section 7.1). */
class Refused extends Error {
  constructor(isDpop, error, why) {
    super(why);
    Object.assign(this, { isDpop, error });
  }

  response() {
    const told = this.error ? [`error="${this.error}", error_description="${this.message}"`] : [];
    const algs = `algs="${PROOF_ALGS.join(" ")}"`;
    const dpop = `DPoP ${[...(this.isDpop ? told : []), algs].join(", ")}`;
    const bearer = ["Bearer", ...told].join(" ");
    const challenge = this.isDpop ? dpop : `${bearer}, ${dpop}`;
    return new Response(null, { status: 401, headers: { "www-authenticate": challenge } });
  }
}

/**
 * Proofs that were used, each for as long as it could come again. In memory: of several processes each has its own, so keep them where
 * all look (a Durable Object, a table with a key) if yours is one of several.
 */
class UsedProofs {
  #until = new Map();

  /** Whether it is the first time. */
  add(proof, now) {
    for (const [old, until] of this.#until) {
      if (until > now) break;
      this.#until.delete(old);
    }
    if (this.#until.has(proof)) return false;
    this.#until.set(proof, now + OLDEST + MOST_AHEAD + 1);
    return true;
  }
}
