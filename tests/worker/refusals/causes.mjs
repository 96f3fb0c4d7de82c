// Causes for which a request of a client is refused, each of which can be taken away again.

import { encryptionKey } from "../support/encryption.mjs";
import { freshRoot } from "../support/limen.mjs";

const USABLE = (await encryptionKey("ECDH-ES")).jwk;
const UNUSABLE = { ...USABLE, use: "sig" };

export const API = "https://api.acme.test";
export const RESOURCES = JSON.stringify({ [API]: "Acme API" });

/** Metadata of a client with keys of its own: the one that its ID tokens are encrypted to, and others. */
export const withKeys = (...others) => ({ jwks: { keys: [USABLE, ...others] }, id_token_encrypted_response_alg: "ECDH-ES" });

async function change(op, client, json) {
  const response = await op.admin(`/register/${client.id}`, { method: "PATCH", json });
  if (response.status !== 200) throw new Error(await response.text());
}

const keysOf = (client) => client.registered.jwks?.keys ?? [];

/**
 * `make` brings the cause about and `end` takes it away; `with` is what the request itself has wrong as long as it lasts. The
 * answer is `status` and `error`.
 */
export const CAUSES = {
  "the client's secret or key is wrong": { wrongProof: true, status: 401, error: "invalid_client" },
  "the certificate is missing": { noCertificate: true, status: 400, error: "invalid_request" },
  "the API is taken out of RESOURCES": {
    make: ({ op }) => op.redeploy({ RESOURCES: undefined }),
    end: ({ op }) => op.redeploy({ RESOURCES }),
    status: 400,
    error: "invalid_target",
  },
  "the grant type is taken from the client": {
    make: ({ op, client, grantType }) =>
      change(op, client, {
        grant_types: client.registered.grant_types.filter((type) => type !== grantType),
        ...(grantType === "authorization_code" ? { response_types: [] } : {}),
      }),
    end: ({ op, client }) =>
      change(op, client, {
        grant_types: client.registered.grant_types,
        response_types: client.registered.response_types,
      }),
    status: 400,
    error: "unauthorized_client",
  },
  "the client has no key that its ID token can be encrypted to": {
    make: ({ op, client }) =>
      change(op, client, { jwks: { keys: keysOf(client).map((key) => (key.kid === USABLE.kid ? UNUSABLE : key)) } }),
    end: ({ op, client }) => change(op, client, { jwks: { keys: keysOf(client) } }),
    status: 400,
    error: "invalid_request",
  },
  "the signing key cannot be unwrapped": {
    async make({ op }) {
      await op.db.exec("UPDATE signing_keys SET wrapped_key = 'x' || wrapped_key");
      await op.redeploy();
    },
    async end({ op }) {
      await op.db.exec("UPDATE signing_keys SET wrapped_key = substr(wrapped_key, 2)");
      await op.redeploy();
    },
    status: 503,
    error: "temporarily_unavailable",
  },
  "another root key is configured": {
    async make({ op }) {
      this.root = op.variable("KEK_1");
      await op.redeploy({ KEK_1: freshRoot() });
    },
    end({ op }) {
      return op.redeploy({ KEK_1: this.root });
    },
    status: [400, 401, 503],
    error: ["invalid_grant", "invalid_client", "temporarily_unavailable"],
  },
  "the person is disabled": {
    make: ({ op, ada }) => op.db.exec(`UPDATE users SET disabled_at = 1 WHERE id = '${ada.id}'`),
    end: ({ op, ada }) => op.db.exec(`UPDATE users SET disabled_at = NULL WHERE id = '${ada.id}'`),
    status: 400,
    error: "invalid_grant",
  },
  "an API is asked for that was not granted": {
    with: { resource: "https://id.limen.test/nothing" },
    status: 400,
    error: "invalid_target",
  },
  "D1 is down": { faults: { d1: { down: true } }, status: 503, error: "temporarily_unavailable" },
};

/** What only a code can be refused for. */
export const CAUSES_OF_CODES = {
  "redirect_uri is another": { with: { redirect_uri: "https://app.acme.test/other" }, status: 400, error: "invalid_grant" },
  "code_verifier is another": { with: { code_verifier: "x".repeat(43) }, status: 400, error: "invalid_grant" },
  "code_verifier is missing": { with: { code_verifier: undefined }, status: 400, error: "invalid_grant" },
};

/** What only a refresh token can be refused for. */
export const CAUSES_OF_REFRESH_TOKENS = {
  "a scope goes beyond the grant": { with: { scope: "openid phone" }, status: 400, error: "invalid_scope" },
};
