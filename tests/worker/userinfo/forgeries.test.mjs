// Access tokens that Limen did not sign: RFC 8725, RFC 7515 section 10.

import assert from "node:assert/strict";
import { createHmac, generateKeyPairSync } from "node:crypto";
import { test } from "node:test";

import { SignJWT, exportSPKI, importJWK } from "jose";

import { bearerError } from "../support/expect.mjs";
import { claimsOf, headerOf, mutations, unsignedJwt } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const [client, ada, browser] = [await op.client(), await op.person(), op.browser()];
await browser.obtain(client, ada);

async function accessToken(params) {
  return (await client.tokens(await browser.obtain(client, ada, params))).access_token;
}

const refused = (response) => bearerError(response, 401, "invalid_token");

test("no truncation and no changed character of a token works", async () => {
  const token = await accessToken({ scope: "openid" });
  const sample = [...mutations(token)].filter((_, n) => n % 7 === 0);
  sample.push(
    token.slice(0, -1),
    `${token}A`,
    `${token}=`,
    `${token}.`,
    token.replaceAll("-", "+").replaceAll("_", "/") + " ",
  );
  for (const last of "AQgwBCDEFHRSUVWXY") sample.push(token.slice(0, -1) + last);
  for (const forged of new Set(sample)) {
    if (forged === token || forged.trim() === token) continue;
    const { status } = await op.fetch("/userinfo", { bearer: forged });
    assert.equal(status, 401, forged.slice(-20));
  }
});

test("alg none, in any spelling", async () => {
  const token = await accessToken();
  for (const alg of ["none", "None", "NONE", "nOnE", ""]) {
    for (const signature of ["", token.split(".")[2]]) {
      await refused(
        await op.fetch("/userinfo", { bearer: unsignedJwt({ ...headerOf(token), alg }, claimsOf(token), signature) }),
      );
    }
  }
});

test("HS256 keyed with the public key", async () => {
  const token = await accessToken();
  const [jwk] = (await op.jwks()).keys.filter(({ kid }) => kid === headerOf(token).kid);
  const pem = await exportSPKI(await importJWK(jwk, "RS256", { extractable: true }));
  for (const secret of [pem, pem.trim(), JSON.stringify(jwk), jwk.n, Buffer.from(jwk.n, "base64url"), ""]) {
    const input = unsignedJwt({ ...headerOf(token), alg: "HS256" }, claimsOf(token)).slice(0, -1);
    const mac = createHmac("sha256", secret).update(input).digest("base64url");
    await refused(await op.fetch("/userinfo", { bearer: `${input}.${mac}` }));
  }
});

test("a key of the attacker's own: embedded jwk, jku, x5u, unknown kid, stolen kid", async () => {
  const token = await accessToken();
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = publicKey.export({ format: "jwk" });
  const { kid, typ } = headerOf(token);
  for (const header of [
    { kid },
    { kid: "unknown" },
    {},
    { kid: "../../../dev/null" },
    { kid: "' OR '1'='1" },
    { kid, jwk },
    { jwk },
    { kid, jku: "https://evil.test/jwks" },
    { kid, x5u: "https://evil.test/cert" },
    { kid, crit: ["exp"] },
    { kid, b64: false, crit: ["b64"] },
  ]) {
    const forged = await forge({ alg: "RS256", typ, ...header }, claimsOf(token), privateKey);
    await refused(await op.fetch("/userinfo", { bearer: forged }));
  }
});

test("a signature of one algorithm under the key of another", async () => {
  const token = await accessToken();
  const { keys } = await op.jwks();
  for (const alg of ["PS256", "ES256", "EdDSA", "RS384", "RS512"]) {
    const kids = [headerOf(token).kid, keys.find((key) => key.alg === alg)?.kid].filter(Boolean);
    for (const kid of kids) {
      const forged = unsignedJwt({ ...headerOf(token), alg, kid }, claimsOf(token), token.split(".")[2]);
      await refused(await op.fetch("/userinfo", { bearer: forged }));
    }
  }
});

test("an ES256 signature of zeros", async () => {
  const token = await accessToken();
  const app = await op.client({ id_token_signed_response_alg: "ES256" });
  const { kid } = headerOf((await app.tokens(await browser.obtain(app, ada))).access_token);
  for (const signature of [
    Buffer.alloc(64),
    Buffer.alloc(70),
    Buffer.alloc(0),
    Buffer.from("3006020100020100", "hex"),
  ]) {
    const forged = unsignedJwt({ alg: "ES256", kid, typ: "at+jwt" }, claimsOf(token), signature.toString("base64url"));
    await refused(await op.fetch("/userinfo", { bearer: forged }));
  }
});

test("an access token of another deployment with the same issuer name", async () => {
  const twin = await startLimen();
  const app = await twin.client();
  const { access_token: token } = await app.tokens(await twin.browser().obtain(app, await twin.person()));
  await refused(await op.fetch("/userinfo", { bearer: token }));
});

test("JWTs that are not JSON, nested deep, or huge", async () => {
  const part = (text) => Buffer.from(text).toString("base64url");
  const header = part(JSON.stringify({ alg: "RS256", kid: "x", typ: "at+jwt" }));
  const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
  for (const token of [
    `${header}.${part("not json")}.AA`,
    `${part("not json")}.${part("{}")}.AA`,
    `${header}.${part(deep)}.AA`,
    `${part(deep)}.${part("{}")}.AA`,
    `${header}.${part('{"exp":1e400}')}.AA`,
    `${header}.${part('{"sub":{}}')}.AA`,
    `${header}..`,
    "..",
    "....",
    `${header}.${part("{}")}.${part("{}")}.${part("{}")}.AA`,
  ]) {
    await refused(await op.fetch("/userinfo", { bearer: token }));
  }
});

function forge(header, claims, key) {
  const signer = new SignJWT(claims).setProtectedHeader(header);
  const crit = Object.fromEntries((header.crit ?? []).map((name) => [name, true]));
  return signer.sign(key, { crit }).catch(() => unsignedJwt(header, claims, "AAAA"));
}
