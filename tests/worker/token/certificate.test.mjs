// Mutual TLS (RFC 8705): tls_client_auth, self_signed_tls_client_auth, certificate-bound access tokens. The platform ends TLS and
// tells of the certificate in `request.cf.tlsClientAuth`, which a caller cannot set.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { describe, test } from "node:test";

import { asserted, assertion, keyPair } from "../support/assertion.mjs";
import { bearerError, oauthError } from "../support/expect.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const MTLS_ORIGIN = "https://mtls.limen.test";
const op = await startLimen({ vars: { MTLS_ORIGIN } });
const SERVICE = { scope: "notes" };
const FORM = { grant_type: "client_credentials" };
const DN = "CN=notes.acme.test,OU=Apps,O=Acme,C=DE";

/** A certificate, and what Cloudflare tells of it. */
function certificate({ subject = DN, verified = "SUCCESS", ...more } = {}) {
  const der = randomBytes(300);
  const digest = createHash("sha256").update(der).digest();
  const tlsClientAuth = {
    certPresented: "1",
    certVerified: verified,
    certRevoked: "0",
    certSubjectDN: subject,
    certSubjectDNRFC2253: subject,
    certFingerprintSHA256: digest.toString("hex"),
    ...more,
  };
  return { cf: { tlsClientAuth }, x5c: [der.toString("base64")], thumbprint: digest.toString("base64url") };
}

const selfSigned = (more) => certificate({ verified: "FAILED:self signed certificate", ...more });
const call = (client, { cf } = {}, form = {}) => op.fetch("/token", { form: { ...FORM, client_id: client.id, ...form }, cf });
const refused = async (response) => oauthError(response, 401, "invalid_client");

const dnClient = (metadata = {}) =>
  op.serviceClient({
    ...SERVICE,
    token_endpoint_auth_method: "tls_client_auth",
    tls_client_auth_subject_dn: DN,
    ...metadata,
  });

async function certificateClient(shown, metadata = {}) {
  const { jwk } = await keyPair("ES256");
  return op.serviceClient({
    ...SERVICE,
    token_endpoint_auth_method: "self_signed_tls_client_auth",
    jwks: { keys: [{ ...jwk, x5c: shown.x5c }] },
    ...metadata,
  });
}

describe("tls_client_auth", () => {
  test("a verified certificate with the registered subject works, whichever it is", async () => {
    const client = await dnClient();
    for (const shown of [certificate(), certificate()]) assert.equal((await call(client, shown)).status, 200);
    const { access_token: token } = await (await call(client, certificate())).json();
    const form = { token, client_id: client.id };
    const introspected = await op.fetch("/introspect", { form, ...pick(certificate()) });
    assert.equal((await introspected.json()).active, true);
    assert.equal((await op.fetch("/revoke", { form, ...pick(certificate()) })).status, 200);
  });

  test("the spelling of the registered subject does not matter", async () => {
    const client = await dnClient({ tls_client_auth_subject_dn: "cn=notes.acme.test, ou=Apps, 2.5.4.10=Acme, C=DE" });
    assert.equal((await call(client, certificate())).status, 200);
  });

  const WRONG = {
    "another subject": certificate({ subject: "CN=other,O=Acme" }),
    "a subject that begins alike": certificate({ subject: `${DN},DC=x` }),
    "a subject in another order": certificate({ subject: "C=DE,O=Acme,OU=Apps,CN=notes.acme.test" }),
    "the subject hidden in one value": certificate({ subject: "CN=notes.acme.test\\,OU\\=Apps\\,O\\=Acme\\,C\\=DE" }),
    "an unverified chain": selfSigned(),
    "an expired certificate": certificate({ verified: "FAILED:certificate has expired" }),
    "no verdict": certificate({ verified: "NONE" }),
    "a verdict in small letters": certificate({ verified: "success" }),
    "a revoked certificate": certificate({ certRevoked: "1" }),
    "no certificate": certificate({ certPresented: "0" }),
    "no fingerprint": certificate({ certFingerprintSHA256: "" }),
    "no cf at all": {},
    "an empty cf": { cf: {} },
    "a cf of numbers": { cf: { tlsClientAuth: { certPresented: 1, certVerified: 1 } } },
  };
  for (const [what, shown] of Object.entries(WRONG)) {
    test(`${what} is refused`, async () => refused(await call(await dnClient(), shown)));
  }

  test("headers that say so are no certificate", async () => {
    const client = await dnClient();
    const headers = {
      "cf-client-cert-sha256": certificate().thumbprint,
      "x-ssl-client-verify": "SUCCESS",
      "x-ssl-client-s-dn": DN,
      "client-cert": ":AAAA:",
    };
    await refused(await op.fetch("/token", { form: { ...FORM, client_id: client.id }, headers }));
  });

  test("another proof beside the certificate is refused", async () => {
    const client = await dnClient();
    await refused(await call(client, certificate(), { client_secret: "x" }));
    await refused(await call(client, certificate(), asserted(await assertion(client, await keyPair("ES256")))));
  });

  test("another subject counts at once", async () => {
    const client = await dnClient();
    assert.equal((await call(client, certificate())).status, 200);
    const json = { tls_client_auth_subject_dn: "CN=new" };
    await op.json(client.registered.registration_client_uri, { method: "PATCH", bearer: op.adminToken, json });
    await refused(await call(client, certificate()));
    assert.equal((await call(client, certificate({ subject: "CN=new" }))).status, 200);
  });
});

describe("self_signed_tls_client_auth", () => {
  test("the registered certificate works, verified or not", async () => {
    const shown = selfSigned();
    const client = await certificateClient(shown);
    assert.equal((await call(client, shown)).status, 200);
    const { jwk } = await keyPair("ES256");
    const byThumbprint = await certificateClient(shown, {
      jwks: { keys: [{ ...jwk, "x5t#S256": shown.thumbprint }] },
    });
    assert.equal((await call(byThumbprint, shown)).status, 200);
  });

  test("another certificate, or none, is refused", async () => {
    const client = await certificateClient(selfSigned());
    for (const shown of [selfSigned(), certificate(), {}]) await refused(await call(client, shown));
  });

  test("certificates at a jwks_uri work", async () => {
    const shown = selfSigned();
    const { jwk } = await keyPair("ES256");
    op.serve("https://certs.acme.test/jwks", { json: { keys: [{ ...jwk, x5c: shown.x5c }] } });
    const client = await certificateClient(shown, { jwks: null, jwks_uri: "https://certs.acme.test/jwks" });
    assert.equal((await call(client, shown)).status, 200);
    await refused(await call(client, selfSigned()));
  });

  test("a warm isolate needs one D1 trip", async () => {
    const shown = selfSigned();
    const client = await certificateClient(shown);
    await call(client, shown);
    const response = await op.fetch("/token", { form: { ...FORM, client_id: client.id }, cf: shown.cf, measure: true });
    assert.equal(response.headers.get("server-timing"), 'd1;desc="1", kv;desc="0"');
  });
});

describe("a certificate does not stand for other methods", () => {
  test("a public client stays one, and a client with a secret needs it", async () => {
    const publicClient = await op.publicClient();
    const grant = await op.browser().obtain(publicClient, await op.person());
    const redeemed = await publicClient.redeem(grant, {}, { cf: certificate().cf });
    assert.equal(redeemed.status, 200);
    const basicClient = await op.serviceClient(SERVICE);
    await refused(await call(basicClient, certificate()));
    await refused(await call({ id: "nobody" }, certificate()));
  });
});

describe("certificate-bound access tokens", () => {
  const BOUND = { tls_client_certificate_bound_access_tokens: true };

  async function boundTokens(client, shown) {
    const grant = await op.browser().obtain(client, await op.person());
    return client.tokens(grant, {}, { cf: shown.cf, auth: { client_id: client.id } });
  }

  test("name the certificate, and work with it alone", async () => {
    const shown = selfSigned();
    const { jwk } = await keyPair("ES256");
    const client = await op.client({
      ...BOUND,
      token_endpoint_auth_method: "self_signed_tls_client_auth",
      jwks: { keys: [{ ...jwk, x5c: shown.x5c }] },
    });
    const { access_token, refresh_token } = await boundTokens(client, shown);
    assert.deepEqual(claimsOf(access_token).cnf, { "x5t#S256": shown.thumbprint });

    const userinfo = (cf) => op.fetch("/userinfo", { bearer: access_token, cf });
    assert.equal((await userinfo(shown.cf)).status, 200);
    await bearerError(await userinfo(selfSigned().cf), 401, "invalid_token");
    await bearerError(await userinfo(undefined), 401, "invalid_token");

    const form = { token: access_token, client_id: client.id };
    const introspected = await (await op.fetch("/introspect", { form, cf: shown.cf })).json();
    assert.deepEqual(introspected.cnf, { "x5t#S256": shown.thumbprint });

    const refreshed = await client.refreshed(refresh_token, {}, { cf: shown.cf, auth: { client_id: client.id } });
    assert.deepEqual(claimsOf(refreshed.access_token).cnf, { "x5t#S256": shown.thumbprint });
  });

  test("are for clients with other methods, too, which must show a certificate", async () => {
    const client = await op.serviceClient({ ...SERVICE, ...BOUND });
    await oauthError(await client.credentials(), 400, "invalid_request");
    const shown = selfSigned();
    const { access_token } = await (await client.credentials({}, { cf: shown.cf })).json();
    assert.equal(claimsOf(access_token).cnf["x5t#S256"], shown.thumbprint);
  });

  test("are not made for a client that did not ask", async () => {
    const client = await dnClient();
    const { access_token } = await (await call(client, certificate())).json();
    assert.equal(claimsOf(access_token).cnf, undefined);
  });
});

describe("registration", () => {
  const register = (metadata, on = op) =>
    on.admin("/register", { json: { ...SERVICE, grant_types: ["client_credentials"], ...metadata } });
  const REFUSED = {
    "no subject": { token_endpoint_auth_method: "tls_client_auth" },
    "a subject that is no name": { token_endpoint_auth_method: "tls_client_auth", tls_client_auth_subject_dn: "notes" },
    "a DNS name, which cannot be proven": {
      token_endpoint_auth_method: "tls_client_auth",
      tls_client_auth_san_dns: "notes.acme.test",
    },
    "a URI": { token_endpoint_auth_method: "tls_client_auth", tls_client_auth_san_uri: "https://notes.acme.test" },
    "an IP address": { token_endpoint_auth_method: "tls_client_auth", tls_client_auth_san_ip: "192.0.2.1" },
    "an e-mail address": { token_endpoint_auth_method: "tls_client_auth", tls_client_auth_san_email: "a@acme.test" },
    "a self-signed certificate that is not there": {
      token_endpoint_auth_method: "self_signed_tls_client_auth",
      jwks: { keys: [{ kty: "EC", crv: "P-256", x: "AA", y: "AA" }] },
    },
    "no keys": { token_endpoint_auth_method: "self_signed_tls_client_auth" },
    "bound tokens for a public client": {
      grant_types: ["authorization_code"],
      redirect_uris: ["https://app.acme.test/cb"],
      token_endpoint_auth_method: "none",
      tls_client_certificate_bound_access_tokens: true,
    },
  };
  for (const [what, metadata] of Object.entries(REFUSED)) {
    test(`${what} is refused`, async () => oauthError(await register(metadata), 400, "invalid_client_metadata"));
  }

  test("without MTLS_ORIGIN nothing of it is there, and no certificate counts", async () => {
    const off = await startLimen();
    const metadata = { token_endpoint_auth_method: "tls_client_auth", tls_client_auth_subject_dn: DN };
    await oauthError(await register(metadata, off), 400, "invalid_client_metadata");
    const bound = { tls_client_certificate_bound_access_tokens: true };
    await oauthError(await register(bound, off), 400, "invalid_client_metadata");
    const discovery = await off.json("/.well-known/openid-configuration");
    assert.ok(!discovery.token_endpoint_auth_methods_supported.some((method) => method.includes("tls")));
    assert.equal(discovery.tls_client_certificate_bound_access_tokens, undefined);
    assert.equal(discovery.mtls_endpoint_aliases, undefined);
  });
});

test("discovery tells of the methods and of the other origin (RFC 8705 sections 3.3 and 5)", async () => {
  const discovery = await op.json("/.well-known/openid-configuration");
  for (const method of ["tls_client_auth", "self_signed_tls_client_auth"]) {
    assert.ok(discovery.token_endpoint_auth_methods_supported.includes(method));
    assert.ok(discovery.introspection_endpoint_auth_methods_supported.includes(method));
  }
  assert.equal(discovery.tls_client_certificate_bound_access_tokens, true);
  assert.equal(discovery.mtls_endpoint_aliases.token_endpoint, `${MTLS_ORIGIN}/token`);
  const client = await dnClient();
  const form = { ...FORM, client_id: client.id };
  assert.equal((await op.fetch(`${MTLS_ORIGIN}/token`, { form, cf: certificate().cf })).status, 200);
});

const pick = ({ cf }) => ({ cf });
