// private_key_jwt and client_secret_jwt: RFC 7521 section 4.2, RFC 7523 section 3, OIDC Core section 9.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { base64url } from "jose";

import { ASSERTION_TYPE, asserted, assertion, keyPair, secretKey } from "../support/assertion.mjs";
import { basic } from "../support/client.mjs";
import { oauthError } from "../support/expect.mjs";
import { freshRoot, startLimen } from "../support/limen.mjs";

const op = await startLimen({ isolates: 2 });
const SERVICE = { scope: "notes" };

async function keyClient(alg = "ES256", metadata = {}) {
  const key = await keyPair(alg);
  const client = await op.serviceClient({
    ...SERVICE,
    token_endpoint_auth_method: "private_key_jwt",
    jwks: { keys: [key.jwk] },
    ...metadata,
  });
  client.key = key;
  return client;
}

async function secretClient(alg = "HS256", metadata = {}) {
  const client = await op.serviceClient({
    ...SERVICE,
    token_endpoint_auth_method: "client_secret_jwt",
    ...metadata,
  });
  client.key = secretKey(client.secret, alg);
  return client;
}

const FORM = { grant_type: "client_credentials" };
const present = (jwt, form = {}, init) => op.fetch("/token", { form: { ...FORM, ...asserted(jwt), ...form }, ...init });

async function refused(response, codes = "invalid_client") {
  const body = await oauthError(response, response.status, codes);
  assert.ok([400, 401].includes(response.status));
  return body.error_description;
}

describe("private_key_jwt", () => {
  for (const alg of ["RS256", "PS256", "ES256", "EdDSA", "Ed25519", "PS384", "PS512", "ES384", "ES512"]) {
    test(`${alg} works, at every endpoint`, async () => {
      const client = await keyClient(alg);
      const response = await client.credentials();
      const { access_token } = await response.json();
      assert.equal(response.status, 200);
      assert.equal((await client.introspect(access_token)).active, true);
      assert.equal((await client.revoke(access_token)).status, 200);
      assert.equal((await client.introspect(access_token)).active, false);
    });
  }

  test("no secret is issued", async () => {
    const client = await keyClient();
    assert.equal(client.secret, undefined);
    assert.equal((await present(await assertion(client, client.key), { client_id: client.id })).status, 200);
  });

  test("the code and refresh grants work", async () => {
    const key = await keyPair("ES256");
    const client = await op.client({ token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [key.jwk] } });
    client.key = key;
    const tokens = await client.tokens(await op.browser().obtain(client, await op.person()));
    assert.ok((await client.refreshed(tokens.refresh_token)).access_token);
  });

  test("a key without kid in the header is found, and an unknown kid is not", async () => {
    const client = await keyClient();
    assert.equal((await present(await assertion(client, client.key, {}, { kid: undefined }))).status, 200);
    await refused(await present(await assertion(client, client.key, {}, { kid: "other" })));
  });

  test("token_endpoint_auth_signing_alg is the only one, where it is registered", async () => {
    const key = await keyPair("RS256");
    const { alg: _, ...jwk } = key.jwk;
    const client = await keyClient("RS256", { jwks: { keys: [jwk] }, token_endpoint_auth_signing_alg: "PS256" });
    client.key = key;
    await refused(await client.credentials());
  });

  test("keys that WebCrypto does not take are a refusal and no fault", async () => {
    const point = base64url.encode(new Uint8Array(32).fill(1));
    const odd = [
      { kty: "EC", crv: "P-256", x: point, y: point, kid: "off-curve" },
      { kty: "EC", crv: "P-256", x: "AA", y: "AA", kid: "short" },
      { kty: "EC", crv: "P-256", x: "!!", y: "??", kid: "no-base64" },
      { kty: "EC", crv: "P-256", kid: "empty" },
      { kty: "EC", crv: "P-999", x: point, y: point, kid: "curve" },
      { kty: "future", kid: "kty" },
    ];
    const client = await keyClient("ES256", { jwks: { keys: odd } });
    for (const { kid } of odd) {
      await refused(await present(await assertion(client, client.key, {}, { kid })));
    }
    await refused(await present(await assertion(client, client.key, {}, { kid: undefined })));
  });
});

describe("client_secret_jwt", () => {
  for (const alg of ["HS256", "HS384", "HS512"]) {
    test(`${alg} works, at every endpoint`, async () => {
      const client = await secretClient(alg);
      const { access_token } = await (await client.credentials()).json();
      assert.equal((await client.introspect(access_token)).active, true);
      assert.equal((await client.revoke(access_token)).status, 200);
    });
  }

  test("the secret is long enough for HS512 (RFC 7518 section 3.2), and stored wrapped", async () => {
    const client = await secretClient();
    assert.ok(client.secret.length >= 64);
    const stored = JSON.stringify(await op.rows("SELECT * FROM clients"));
    assert.ok(!stored.includes(client.secret));
    assert.ok(!JSON.stringify((await op.kv.list()).keys).includes(client.secret));
  });

  test("another secret, and the hash of the secret, are refused", async () => {
    const client = await secretClient();
    const [{ secret_hash, wrapped_secret }] = await op.rows("SELECT * FROM clients WHERE id = ?", client.id);
    for (const wrong of [`${client.secret}x`, client.secret.slice(1), secret_hash, wrapped_secret]) {
      await refused(await present(await assertion(client, secretKey(wrong))));
    }
  });

  test("renewal ends the old secret, or overlaps it", async () => {
    const client = await secretClient();
    const old = client.key;
    const renew = async (json) => {
      const { registration_client_uri: uri } = client.registered;
      const { client_secret } = await op.json(`${uri}/renew_secret`, { method: "POST", bearer: op.adminToken, json });
      return secretKey(client_secret);
    };
    assert.equal((await client.credentials()).status, 200);
    const second = await renew({ overlap_seconds: 60 });
    for (const key of [old, second]) assert.equal((await present(await assertion(client, key))).status, 200);
    const third = await renew({});
    for (const key of [old, second]) await refused(await present(await assertion(client, key)));
    assert.equal((await present(await assertion(client, third))).status, 200);
  });

  test("a client that comes to the method is given a new secret, and one that leaves it keeps its own", async () => {
    const client = await op.serviceClient({ ...SERVICE, token_endpoint_auth_method: "client_secret_basic" });
    const uri = client.registered.registration_client_uri;
    const patch = (token_endpoint_auth_method) =>
      op.json(uri, { method: "PATCH", bearer: op.adminToken, json: { token_endpoint_auth_method } });
    const { client_secret } = await patch("client_secret_jwt");
    assert.ok(client_secret && client_secret !== client.secret);
    assert.equal((await present(await assertion(client, secretKey(client_secret)))).status, 200);
    assert.equal((await patch("client_secret_basic")).client_secret, undefined);
    const [row] = await op.rows("SELECT wrapped_secret FROM clients WHERE id = ?", client.id);
    assert.equal(row.wrapped_secret, null);
    const headers = { authorization: basic(client.id, client_secret) };
    assert.equal((await op.fetch("/token", { form: FORM, headers })).status, 200);
  });

  test("the secret moves to a new root when it is used", async () => {
    const own = await startLimen();
    const client = await own.serviceClient({ ...SERVICE, token_endpoint_auth_method: "client_secret_jwt" });
    // The secret before stays under the old root, and must not stand in the way.
    const { client_secret } = await own.json(`${client.registered.registration_client_uri}/renew_secret`, {
      method: "POST",
      bearer: own.adminToken,
      json: { overlap_seconds: 600_000 },
    });
    const old = secretKey(client.secret);
    client.key = secretKey(client_secret);
    await own.redeploy({ KEK_2: freshRoot(), KEK_CURRENT: "2" });
    assert.equal((await client.credentials()).status, 200);
    const moved = async () => {
      const [row] = await own.rows("SELECT secret_hash, wrapped_secret FROM clients WHERE id = ?", client.id);
      return row.secret_hash.startsWith("2.") && row.wrapped_secret.startsWith("2.");
    };
    for (let n = 0; n < 50 && !(await moved()); n++) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(await moved());
    await own.cron();
    await own.redeploy({ KEK_1: undefined });
    assert.equal((await client.credentials()).status, 200);
    client.key = old;
    assert.equal((await client.credentials()).status, 401);
  });
});

describe("an assertion counts once", () => {
  for (const [what, make] of Object.entries({ private_key_jwt: keyClient, client_secret_jwt: secretClient })) {
    test(`${what}: a second use is refused, in another isolate too`, async () => {
      const client = await make();
      const jwt = await assertion(client, client.key);
      assert.equal((await present(jwt)).status, 200);
      assert.match(await refused(await present(jwt)), /used before/);
      assert.match(await refused(await present(jwt, {}, { isolate: 1 })), /used before/);
      await refused(await op.fetch("/introspect", { form: { token: "x", ...asserted(jwt) } }));
      await refused(await op.fetch("/revoke", { form: { token: "x", ...asserted(jwt) } }));
    });
  }

  test("of 20 at once in two isolates one succeeds", async () => {
    const client = await keyClient();
    const jwt = await assertion(client, client.key);
    const all = await Promise.all(Array.from({ length: 20 }, (_, n) => present(jwt, {}, { isolate: n % 2 })));
    assert.equal(all.filter(({ status }) => status === 200).length, 1);
  });

  test("a replayed assertion redeems no code, rotates no refresh token and revokes nothing", async () => {
    const key = await keyPair("ES256");
    const client = await op.client({ token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [key.jwk] } });
    client.key = key;
    const [browser, ada] = [op.browser(), await op.person()];
    const used = async () => {
      const jwt = await assertion(client, key);
      await client.post("/introspect", { token: "x" }, { auth: asserted(jwt) });
      return { auth: asserted(jwt) };
    };
    const grant = await browser.obtain(client, ada);
    await refused(await client.redeem(grant, {}, await used()));
    const tokens = await client.tokens(grant);
    await refused(await client.refresh(tokens.refresh_token, {}, await used()));
    await refused(await client.revoke(tokens.refresh_token, {}, await used()));
    await refused(await client.revoke(tokens.access_token, {}, await used()));
    assert.equal((await client.introspect(tokens.access_token)).active, true);
    assert.ok((await client.refreshed(tokens.refresh_token)).refresh_token);
  });

  test("an assertion that met a fault is not used up", async () => {
    const client = await keyClient();
    const jwt = await assertion(client, client.key);
    const failed = await present(jwt, {}, { d1: { matching: "INSERT INTO replay" } });
    assert.equal(failed.status, 503);
    assert.equal((await present(jwt)).status, 200);
  });

  test("nobody else can use up a jti", async () => {
    const [client, other] = [await keyClient(), await keyClient()];
    const jti = "chosen-by-both";
    assert.equal((await present(await assertion(other, other.key, { jti }))).status, 200);
    await refused(await present(await assertion(client, other.key, { jti })));
    assert.equal((await present(await assertion(client, client.key, { jti }))).status, 200);
  });

  test("its row goes after a day", async () => {
    const own = await startLimen();
    const key = await keyPair("ES256");
    const client = await own.serviceClient({
      ...SERVICE,
      token_endpoint_auth_method: "private_key_jwt",
      jwks: { keys: [key.jwk] },
    });
    client.key = key;
    assert.equal((await client.credentials()).status, 200);
    const count = async () => (await own.rows("SELECT count(*) AS n FROM replay"))[0].n;
    await own.cron();
    assert.equal(await count(), 1);
    own.clock.advance({ days: 2 });
    await own.cron();
    assert.equal(await count(), 0);
  });
});

describe("attacks", () => {
  const now = () => op.clock.seconds();
  const WRONG_CLAIMS = {
    "another audience": { aud: "https://other.example" },
    "an audience of Limen's that is no token endpoint": { aud: `${op.issuer}/userinfo` },
    "no audience": { aud: undefined },
    "an empty audience": { aud: [] },
    "another issuer": { iss: "x" },
    "another subject": { sub: "x" },
    "no issuer": { iss: undefined },
    "no subject": { sub: undefined },
    "no jti": { jti: undefined },
    "an empty jti": { jti: "" },
    "a long jti": { jti: "j".repeat(600) },
    "no expiry": { exp: undefined },
    "an expiry in the past": { exp: now() - 60 },
    "an expiry in two hours": { exp: now() + 7_200 },
    "an iat in the future": { iat: now() + 600 },
    "an nbf in the future": { nbf: now() + 600 },
  };
  for (const [what, claims] of Object.entries(WRONG_CLAIMS)) {
    test(`${what} is refused`, async () => {
      const client = await keyClient();
      await refused(await present(await assertion(client, client.key, claims)));
    });
  }

  test("the issuer alone is the audience, unless ASSERTION_AUDIENCE also lets the token endpoint be it", async () => {
    const client = await keyClient();
    assert.equal((await present(await assertion(client, client.key, { aud: [op.issuer] }))).status, 200);
    const wider = [`${op.issuer}/token`, ["https://other.example", `${op.issuer}/token`], [op.issuer, `${op.issuer}/token`]];
    for (const aud of wider) {
      const body = await oauthError(await present(await assertion(client, client.key, { aud })), 401, "invalid_client");
      assert.match(body.error_description, /ASSERTION_AUDIENCE/);
    }
    await op.redeploy({ ASSERTION_AUDIENCE: "token_endpoint" });
    for (const aud of wider) assert.equal((await present(await assertion(client, client.key, { aud }))).status, 200);
    await op.redeploy({ ASSERTION_AUDIENCE: undefined });
  });

  test("a clock may be off by ten seconds, and not by a minute", async () => {
    const client = await keyClient();
    const now = Math.floor(op.clock.now() / 1_000);
    for (const [off, status] of [
      [10, 200],
      [60, 401],
    ])
      for (const claims of [{ exp: now - off, iat: now - 90 }, { iat: now + off, exp: now + 120 }, { nbf: now + off }])
        assert.equal((await present(await assertion(client, client.key, claims))).status, status, JSON.stringify(claims));
  });

  test("alg none is refused, signed or not", async () => {
    const client = await keyClient();
    const [, claims, signature] = (await assertion(client, client.key)).split(".");
    for (const alg of ["none", "None", "NONE", "", "HS1"]) {
      const header = base64url.encode(JSON.stringify({ alg }));
      await refused(await present(`${header}.${claims}.`));
      await refused(await present(`${header}.${claims}.${signature}`));
    }
  });

  test("HS256 keyed with the public key is refused", async () => {
    const client = await keyClient("RS256");
    const { jwk } = client.key;
    for (const bytes of [JSON.stringify(jwk), jwk.n, base64url.decode(jwk.n)]) {
      const privateKey = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
      await refused(await present(await assertion(client, { alg: "HS256", kid: jwk.kid, privateKey })));
    }
  });

  test("jwk, jku and x5u in the header bring no key", async () => {
    const [client, attacker] = [await keyClient(), await keyPair("ES256")];
    const before = op.outbound.length;
    for (const header of [
      { jwk: attacker.jwk },
      { jku: "https://evil.test/jwks" },
      { x5u: "https://evil.test/cert" },
      { jwk: attacker.jwk, kid: client.key.kid },
    ]) {
      await refused(await present(await assertion(client, attacker, {}, header)));
    }
    assert.equal(op.outbound.length, before);
  });

  test("crit is refused (RFC 7515 section 4.1.11)", async () => {
    const client = await keyClient();
    const [, claims] = (await assertion(client, client.key)).split(".");
    const header = base64url.encode(JSON.stringify({ alg: "ES256", crit: ["exp"], exp: 1 }));
    await refused(await present(`${header}.${claims}.${base64url.encode(new Uint8Array(64))}`));
  });

  test("every other byte of the signature, and every cut, is refused", async () => {
    const client = await keyClient();
    const jwt = await assertion(client, client.key);
    const [header, claims, signature] = jwt.split(".");
    const bytes = base64url.decode(signature);
    for (const at of [0, 31, 32, 63]) {
      const flipped = bytes.slice();
      flipped[at] ^= 1;
      await refused(await present(`${header}.${claims}.${base64url.encode(flipped)}`));
    }
    await refused(await present(`${header}.${claims}.${base64url.encode(new Uint8Array(64))}`));
    for (const end of [0, 10, jwt.length - 40, jwt.length - 1]) await refused(await present(jwt.slice(0, end)), ["invalid_client", "invalid_request"]);
  });

  test("a token for something else is no assertion", async () => {
    const client = await keyClient();
    for (const typ of ["oauth-authz-req+jwt", "dpop+jwt", "at+jwt", "logout+jwt"]) {
      await refused(await present(await assertion(client, client.key, {}, { typ })));
    }
    for (const typ of ["JWT", "client-authentication+jwt"]) {
      assert.equal((await present(await assertion(client, client.key, {}, { typ }))).status, 200);
    }
  });
});

describe("no ambiguity", () => {
  test("the method is the registered one", async () => {
    const [byKey, bySecret] = [await keyClient(), await secretClient()];
    const basicClient = await op.serviceClient(SERVICE);
    await refused(await present(await assertion(byKey, secretKey("x"))));
    await refused(await present(await assertion(bySecret, await keyPair("ES256"))));
    await refused(await present(await assertion(basicClient, secretKey(basicClient.secret))));
    const headers = { authorization: basic(bySecret.id, bySecret.secret) };
    await refused(await op.fetch("/token", { form: FORM, headers }));
    await refused(await op.fetch("/token", { form: { ...FORM, client_id: bySecret.id, client_secret: bySecret.secret } }));
    for (const { id } of [byKey, bySecret]) await refused(await op.fetch("/token", { form: { ...FORM, client_id: id } }));
  });

  test("two methods at once are refused, and the assertion stays good", async () => {
    const client = await secretClient();
    const jwt = await assertion(client, client.key);
    const headers = { authorization: basic(client.id, client.secret) };
    await refused(await present(jwt, {}, { headers }), ["invalid_request", "invalid_client"]);
    await refused(await present(jwt, { client_id: client.id, client_secret: client.secret }), ["invalid_request"]);
    assert.equal((await present(jwt)).status, 200);
  });

  test("another client_id in the body is refused", async () => {
    const [client, other] = [await keyClient(), await keyClient()];
    await refused(await present(await assertion(client, client.key), { client_id: other.id }), "invalid_request");
  });

  test("the assertion's type is that of RFC 7523, and it stands once", async () => {
    const client = await keyClient();
    const jwt = await assertion(client, client.key);
    for (const client_assertion_type of ["urn:ietf:params:oauth:client-assertion-type:saml2-bearer", "jwt", undefined]) {
      await refused(await present(jwt, { client_assertion_type }));
    }
    await refused(await op.fetch("/token", { form: { ...FORM, client_assertion_type: ASSERTION_TYPE } }));
    const pairs = Object.entries({ ...FORM, ...asserted(jwt) });
    await refused(await op.fetch("/token", { form: [...pairs, ["client_assertion", jwt]] }), "invalid_request");
  });

  test("an unknown client and a wrong key get the same answer", async () => {
    const client = await keyClient();
    const wrong = await present(await assertion(client, { ...(await keyPair("ES256")), kid: client.key.kid }));
    const unknown = await present(await assertion({ ...client, op, id: "nobody" }, client.key));
    assert.equal(await wrong.text(), await unknown.text());
  });
});

describe("changes count at once, in every isolate", () => {
  const patch = (client, json) =>
    op.json(client.registered.registration_client_uri, { method: "PATCH", bearer: op.adminToken, json });
  const works = async (client, key, isolate) => (await present(await assertion(client, key), {}, { isolate })).status;

  test("another key", async () => {
    const client = await keyClient();
    const next = await keyPair("ES256");
    for (const isolate of [0, 1]) assert.equal(await works(client, client.key, isolate), 200);
    await patch(client, { jwks: { keys: [next.jwk] } });
    for (const isolate of [1, 0]) {
      assert.equal(await works(client, client.key, isolate), 401, `old key, isolate ${isolate}`);
      assert.equal(await works(client, next, isolate), 200, `new key, isolate ${isolate}`);
    }
  });

  test("another method", async () => {
    const client = await keyClient();
    for (const isolate of [0, 1]) assert.equal(await works(client, client.key, isolate), 200);
    await patch(client, { token_endpoint_auth_method: "client_secret_basic" });
    for (const isolate of [1, 0]) assert.equal(await works(client, client.key, isolate), 401);
  });

  test("deletion", async () => {
    const client = await keyClient();
    for (const isolate of [0, 1]) assert.equal(await works(client, client.key, isolate), 200);
    await client.unregister();
    for (const isolate of [1, 0]) assert.equal(await works(client, client.key, isolate), 401);
  });

  test("a code is not lost to a client that changed between two requests", async () => {
    const key = await keyPair("ES256");
    const client = await op.client({ token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [key.jwk] } });
    client.key = key;
    await client.introspect("x", {}, { isolate: 1 });
    const grant = await op.browser().obtain(client, await op.person());
    await patch(client, { client_name: "Renamed" });
    assert.ok((await client.tokens(grant, {}, { isolate: 1 })).access_token);
  });
});

test("a warm isolate needs one D1 trip, and no KV", async () => {
  for (const client of [await keyClient(), await secretClient()]) {
    await (await client.credentials()).text();
    const response = await client.credentials({}, { measure: true });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("server-timing"), 'd1;desc="1", kv;desc="0"');
  }
});
