// Registrations as an operator asks for them.

import { oauthError, succeeded } from "../support/expect.mjs";

/** What a web app must say at least. */
export const WEB = { redirect_uris: ["https://app.acme.test/callback"] };

/** How `op` is asked to register a client: the raw answer, what was registered, the refusal. */
export function registration(op) {
  const register = (metadata, init) => op.admin("/register", { json: metadata, ...init });
  return {
    register,
    registered: async (metadata) => succeeded(await register(metadata), 201),
    refused: async (metadata, code = "invalid_client_metadata") => oauthError(await register(metadata), 400, code),
  };
}
