// An authenticator of WebAuthn in software: it makes passkeys and signs with them, well or as an attacker would.

import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";

const PRESENT = 1;
const VERIFIED = 4;
const ELIGIBLE = 8;
const BACKED_UP = 16;
const HAS_KEY = 64;

const ALGS = {
  ES256: { cose: -7, generate: ["ec", { namedCurve: "P-256" }], hash: "sha256" },
  EdDSA: { cose: -8, generate: ["ed25519", {}], hash: null },
  RS256: { cose: -257, generate: ["rsa", { modulusLength: 2048 }], hash: "sha256" },
};

const base64url = (bytes) => Buffer.from(bytes).toString("base64url");
const sha256 = (data) => createHash("sha256").update(data).digest();

/** CBOR of numbers, texts, bytes and maps (as lists of pairs). */
export function cbor(value) {
  const head = (major, n) => {
    if (n < 24) return Buffer.from([(major << 5) | n]);
    if (n < 256) return Buffer.from([(major << 5) | 24, n]);
    return Buffer.from([(major << 5) | 25, n >> 8, n & 255]);
  };
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Array.isArray(value)) return Buffer.concat([head(5, value.length), ...value.flat().map(cbor)]);
  return Buffer.concat([head(2, value.length), value]);
}

/** Base64url coordinates of a JWK as bytes. */
const bytes = (text) => Buffer.from(text, "base64url");

function coseKey(alg, publicKey) {
  const jwk = publicKey.export({ format: "jwk" });
  if (alg === "ES256") return [[1, 2], [3, -7], [-1, 1], [-2, bytes(jwk.x)], [-3, bytes(jwk.y)]];
  if (alg === "EdDSA") return [[1, 1], [3, -8], [-1, 6], [-2, bytes(jwk.x)]];
  return [[1, 3], [3, -257], [-1, bytes(jwk.n)], [-2, bytes(jwk.e)]];
}

export class Authenticator {
  constructor(op, { alg = "ES256", counts = true, eligible = true, backedUp = eligible, aaguid = Buffer.alloc(16) } = {}) {
    Object.assign(this, { op, alg, counts, aaguid, counter: 0, id: randomBytes(32) });
    this.flags = PRESENT | VERIFIED | (eligible ? ELIGIBLE : 0) | (backedUp ? BACKED_UP : 0);
    const { generate } = ALGS[alg];
    Object.assign(this, generateKeyPairSync(...generate));
  }

  /** Answers the options of a form that wants a new passkey. `odd` is what is otherwise than it should be. */
  create(options, odd = {}) {
    this.userHandle = bytes(options.user.id);
    const id = odd.id ?? this.id;
    const key = odd.cose ?? cbor(coseKey(this.alg, this.publicKey));
    const attested = Buffer.concat([this.aaguid, Buffer.from([id.length >> 8, id.length & 255]), id, key]);
    const authData = this.#data((odd.flags ?? this.flags) | HAS_KEY, odd, attested);
    const attestationObject = odd.attestationObject ?? cbor([["fmt", "none"], ["attStmt", []], ["authData", authData]]);
    const response = {
      clientDataJSON: base64url(this.#clientData("webauthn.create", options, odd)),
      attestationObject: base64url(attestationObject),
      transports: ["internal"],
    };
    return JSON.stringify({ rawId: base64url(odd.rawId ?? id), type: "public-key", response });
  }

  /** Answers the options of a form that wants a sign-in. */
  get(options, odd = {}) {
    if (this.counts) this.counter = odd.counter ?? this.counter + 1;
    const authData = this.#data(odd.flags ?? this.flags, odd, Buffer.alloc(0));
    const clientData = this.#clientData("webauthn.get", options, odd);
    const signed = Buffer.concat([authData, sha256(clientData)]);
    const signature = odd.signature ?? sign(ALGS[this.alg].hash, signed, odd.privateKey ?? this.privateKey);
    const userHandle = odd.userHandle === undefined ? this.userHandle : odd.userHandle;
    const response = {
      clientDataJSON: base64url(clientData),
      authenticatorData: base64url(authData),
      signature: base64url(signature),
      userHandle: userHandle && base64url(userHandle),
    };
    return JSON.stringify({ rawId: base64url(odd.rawId ?? this.id), type: "public-key", response });
  }

  #clientData(type, options, odd) {
    const challenge = odd.challenge ?? options.challenge;
    return JSON.stringify({ type, challenge, origin: this.op.issuer, crossOrigin: false, ...odd.clientData });
  }

  #data(flags, odd, rest) {
    const rpId = odd.rpId ?? new URL(this.op.issuer).hostname;
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(this.counter);
    return Buffer.concat([sha256(rpId), Buffer.from([flags]), counter, rest]);
  }
}

/** What the form of `page` with a field `passkey` asks the browser. */
export function optionsOf(page) {
  return JSON.parse(page.form("passkey")["data-options"]);
}

/** Signs `person` in with a password at their account, and with the passkey that they have, and gives them one of `authenticator`. */
export async function withPasskey(op, person, authenticator = new Authenticator(op), having = undefined) {
  const browser = op.browser();
  let page = await browser.signIn(await browser.open("/login?page=passkeys"), person);
  if (having) page = await signInWith(browser, await browser.open("/login?page=passkeys"), having);
  const added = await browser.submit(page, "passkey", { passkey: authenticator.create(optionsOf(page)) });
  return { browser, authenticator, added };
}

/** Signs in with a passkey on a login page. */
export function signInWith(browser, page, authenticator, odd) {
  return browser.submit(page, "passkey", { passkey: authenticator.get(optionsOf(page), odd) });
}
