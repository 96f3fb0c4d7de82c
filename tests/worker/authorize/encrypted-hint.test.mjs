// An id_token_hint that the client encrypted to Limen: OIDC Core section 3.1.2.1, RP-Initiated Logout section 2.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { KEY_ALGS, encrypted, encryptedToLimen, encryptionKey, limensKey } from "../support/encryption.mjs";
import { errorPage, redirectError } from "../support/expect.mjs";
import { unsignedJwt } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { logoutPath, relyingParty } from "../support/relying-party.mjs";
import { beside, requestClaims, unsignedObject } from "../support/request-object.mjs";

const op = await startLimen();
const client = await relyingParty(op, { request_object_encryption_alg: "RSA-OAEP" });
await op.client({ request_object_encryption_alg: "ECDH-ES" });
const ada = await op.person();

/** A browser that is signed in, and the ID token of it. */
async function visitor(person = ada) {
  const browser = op.browser();
  const { id_token: token, access_token: access } = await client.tokens(await browser.obtain(client, person));
  return { browser, token, access };
}

const sealed = (text, header) => encryptedToLimen(op, text, { cty: "JWT", ...header });

/** What is no ID token of Limen's, encrypted in some way or not at all. */
async function junk({ token, access }) {
  const { jwk } = await encryptionKey("RSA-OAEP");
  const parts = (await sealed(token)).split(".");
  const tampered = Buffer.from(parts[3], "base64url");
  tampered[0] ^= 1;
  return {
    "a key of somebody else": await encrypted(token, jwk, { alg: "RSA-OAEP", enc: "A128GCM", cty: "JWT" }),
    "an altered ciphertext": parts.with(3, tampered.toString("base64url")).join("."),
    "an unknown kid": await sealed(token, { kid: "unknown" }),
    "a JWE in a JWE": await sealed(await sealed(token)),
    "an access token": await sealed(access),
    "an unsigned token": await sealed(unsignedJwt({ alg: "none", typ: "JWT" }, { iss: op.issuer, sub: ada.id, aud: client.id })),
    "claims alone": await sealed(JSON.stringify({ iss: op.issuer, sub: ada.id, aud: client.id })),
    nothing: await sealed(""),
    "a NUL": await sealed("\0"),
    "a long text": await sealed("e".repeat(5_000)),
    "empty parts": "....",
    "letters": "a.b.c.d.e",
    "a long header": `${"e".repeat(8_000)}....`,
  };
}

describe("at /authorize", () => {
  for (const alg of KEY_ALGS) {
    test(`${alg}: the person who is signed in passes`, async () => {
      const { browser, token } = await visitor();
      const hint = await sealed(token, { alg, enc: "A128CBC-HS256" });
      assert.ok((await browser.authorize(client, { prompt: "none", id_token_hint: hint })).callback.get("code"));
    });
  }

  test("an expired one passes, and somebody else is login_required", async () => {
    const { browser, token } = await visitor();
    op.clock.advance({ hours: 2 });
    const hint = await sealed(token);
    assert.ok((await browser.authorize(client, { prompt: "none", id_token_hint: hint })).callback.get("code"));
    const other = await visitor(await op.person());
    redirectError(await other.browser.authorize(client, { prompt: "none", id_token_hint: hint }), "login_required");
  });

  test("it also counts after a sign-in, and never for another person", async () => {
    const { token } = await visitor();
    const hint = await sealed(token);
    const same = op.browser();
    assert.ok((await same.complete(await same.authorize(client, { id_token_hint: hint }), ada)).callback.get("code"));
    const browser = op.browser();
    const page = await browser.signIn(await browser.authorize(client, { id_token_hint: hint }), await op.person());
    assert.equal(page.callback?.get("code") ?? null, null);
  });

  test("in a request object, and pushed", async () => {
    const { browser, token } = await visitor();
    const { claims } = requestClaims(client, { prompt: "none", id_token_hint: await sealed(token) });
    const page = await browser.open(beside(client, { request: unsignedObject(claims) }));
    assert.ok(page.callback.get("code"), `${page.callback}`);
    const { params } = client.request({ prompt: "none", id_token_hint: await sealed(token) });
    const { request_uri } = await (await client.post("/par", params)).json();
    assert.ok((await browser.open(beside(client, { request_uri }))).callback.get("code"));
    const bad = client.request({ id_token_hint: (await sealed(token)).slice(0, -4) });
    const response = await client.post("/par", bad.params);
    assert.deepEqual([response.status, (await response.json()).error], [400, "invalid_request"]);
  });

  test("what is no ID token inside is invalid_request", async () => {
    const seen = await visitor();
    for (const [what, id_token_hint] of Object.entries(await junk(seen))) {
      const page = await seen.browser.authorize(client, { id_token_hint });
      assert.ok(page.callback, what);
      redirectError(page, "invalid_request");
    }
  });

  test("a huge one is no fault", async () => {
    const { params } = client.request({ id_token_hint: `${"e".repeat(40_000)}.e.e.e.e` });
    assert.ok((await op.fetch("/authorize", { form: params })).status < 500);
  });

  test("it costs one trip to D1, beside the one in which the expected person is looked at", async () => {
    const { browser, token } = await visitor();
    const trips = async (params) => {
      const response = await browser.fetch(client.authorizePath(params), { measure: true });
      return Number(response.headers.get("x-limen-test-d1"));
    };
    await trips({});
    const plain = await trips({});
    assert.equal(await trips({ id_token_hint: token }), plain + 1);
    assert.equal(await trips({ id_token_hint: await sealed(token) }), plain + 2);
  });
});

describe("at /logout", () => {
  test("the person is signed out at once and goes back", async () => {
    const { browser, token } = await visitor();
    const page = await browser.open(
      logoutPath({ id_token_hint: await sealed(token), post_logout_redirect_uri: client.bye, state: "s" }),
    );
    assert.equal(page.url, `${client.bye}?state=s`);
    redirectError(await browser.authorize(client, { prompt: "none" }), "login_required");
  });

  test("what is no ID token inside is an error page, and nobody is signed out", async () => {
    const seen = await visitor();
    for (const id_token_hint of Object.values(await junk(seen))) {
      errorPage(await seen.browser.open(logoutPath({ id_token_hint, post_logout_redirect_uri: client.bye })));
    }
    assert.ok((await seen.browser.authorize(client, { prompt: "none" })).callback.get("code"));
  });
});

test("a key that has just been replaced still opens", async () => {
  const { browser, token } = await visitor();
  const key = await limensKey(op, "RSA-OAEP");
  const response = await op.admin(`/admin/api/keys/${encodeURIComponent(key.kid)}/retire`, { method: "POST" });
  assert.ok(response.status < 300, `${response.status}`);
  const hint = await encrypted(token, key, { alg: "RSA-OAEP", enc: "A128GCM", kid: key.kid, cty: "JWT" });
  assert.ok((await browser.authorize(client, { prompt: "none", id_token_hint: hint })).callback.get("code"));
});
