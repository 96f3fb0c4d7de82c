// Nothing is used up by a request that is refused: after any refusal but "used before" the same request works once its cause is
// gone, however late. Codes, refresh tokens, and the assertions that come with them.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";

import { asserted, assertion, keyPair } from "../support/assertion.mjs";
import { oauthError } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";
import { API, CAUSES, CAUSES_OF_CODES, CAUSES_OF_REFRESH_TOKENS, RESOURCES, withKeys } from "./causes.mjs";

const op = await startLimen({ vars: { RESOURCES, MTLS_ORIGIN: "https://mtls.limen.test" } });
const ada = await op.person();
const browser = op.browser();

const certificate = {
  tlsClientAuth: {
    certPresented: "1",
    certVerified: "SUCCESS",
    certRevoked: "0",
    certSubjectDN: "CN=a",
    certSubjectDNRFC2253: "CN=a",
    certFingerprintSHA256: randomBytes(32).toString("hex"),
  },
};

const boundClient = (metadata) => op.client({ tls_client_certificate_bound_access_tokens: true, ...metadata });

/** Clients by how they prove themselves; `proof` is what every request of a row brings, also when it comes again. */
const METHODS = {
  async client_secret_basic() {
    const client = await boundClient(withKeys());
    return { client, proof: async () => "basic", wrong: async () => ({ client_id: client.id, client_secret: "wrong" }) };
  },
  async private_key_jwt() {
    const [key, stranger] = [await keyPair("ES256"), await keyPair("ES256")];
    const client = await boundClient({ token_endpoint_auth_method: "private_key_jwt", ...withKeys(key.jwk) });
    client.key = key;
    const lasting = () => ({ exp: op.clock.seconds() + 240 });
    return {
      client,
      proof: async () => asserted(await assertion(client, key, lasting())),
      wrong: async () => asserted(await assertion(client, { ...stranger, kid: key.kid }, lasting())),
    };
  },
};

/** What is used up by a request that succeeds. */
const THINGS = {
  "a code": {
    causes: { ...CAUSES, ...CAUSES_OF_CODES },
    grantType: "authorization_code",
    // Within the code's time, and past the grace of refresh tokens.
    later: { seconds: 35 },
    async form(client) {
      const grant = await browser.obtain(client, ada, { resource: API });
      return {
        grant_type: "authorization_code",
        code: grant.code,
        redirect_uri: grant.redirectUri,
        code_verifier: grant.verifier,
      };
    },
  },
  "a refresh token": {
    causes: { ...CAUSES, ...CAUSES_OF_REFRESH_TOKENS },
    grantType: "refresh_token",
    later: { seconds: 90 },
    async form(client) {
      const grant = await browser.obtain(client, ada, { resource: API });
      const { refresh_token } = await client.tokens(grant, {}, { cf: certificate });
      return { grant_type: "refresh_token", refresh_token };
    },
  },
};

for (const [method, make] of Object.entries(METHODS)) {
  for (const [thing, { causes, grantType, later, form }] of Object.entries(THINGS)) {
    describe(`${thing} of a client with ${method} survives`, () => {
      for (const [why, cause] of Object.entries(causes)) {
        test(why, async () => {
          const { client, proof, wrong } = await make();
          const about = { op, client, ada, grantType };
          const fields = await form(client);
          const auth = await proof();
          const init = { auth, cf: certificate };

          const bad = { ...init, ...cause.faults };
          if (cause.wrongProof) bad.auth = await wrong();
          if (cause.noCertificate) delete bad.cf;
          await cause.make?.(about);
          const response = await client.post("/token", { ...fields, ...cause.with }, bad);
          const refused = new Response(await response.text(), { status: response.status, headers: [...response.headers] });
          // First, so that the next cause begins where nothing is wrong.
          await cause.end?.(about);
          assert.ok([cause.status].flat().includes(refused.status), `${refused.status} ${await refused.clone().text()}`);
          await oauthError(refused, refused.status, cause.error);
          op.clock.advance(later);

          const answer = await client.post("/token", fields, init);
          const text = await answer.text();
          assert.equal(answer.status, 200, text);
          const tokens = JSON.parse(text);
          assert.ok(tokens.id_token);
          assert.equal((await client.introspect(tokens.access_token)).active, true);
          await client.refreshed(tokens.refresh_token, {}, { cf: certificate });

          if (method === "private_key_jwt") {
            const again = await client.post("/token", fields, init);
            await oauthError(again, 401, "invalid_client");
          }
        });
      }
    });
  }
}
