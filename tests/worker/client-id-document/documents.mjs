// Clients that are described by a document, for tests.

import { Client } from "../support/client.mjs";

export const CLIENT_ID = "https://app.acme.test/oauth/client.json";

/** The document of a public client at `CLIENT_ID`. */
export const document = (members = {}) => ({
  client_id: CLIENT_ID,
  client_name: "Acme Assistant",
  redirect_uris: ["https://app.acme.test/callback", "http://127.0.0.1/callback"],
  application_type: "native",
  grant_types: ["authorization_code", "refresh_token"],
  token_endpoint_auth_method: "none",
  ...members,
});

/** An answer with a document. */
export const answer = (json, headers = {}) => ({ json, headers: { "content-type": "application/json", ...headers } });

/** Serves `json` at its `client_id`; gives the client. */
export function describe(op, json = document(), headers = {}) {
  op.serve(json.client_id, answer(json, headers));
  return new Client(op, json);
}

/** How often the Worker asked for the document. */
export const fetches = (op, url = CLIENT_ID) => op.outbound.filter((one) => one === url).length;
