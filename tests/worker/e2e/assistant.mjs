// Somebody's assistant: what the official MCP client keeps for an app, and how it opens a browser.

export const CALLBACK = "http://127.0.0.1:33418/callback";

/** Where the client's own document is, which can be its client_id. */
export const DOCUMENT = "https://assistant.acme.test/oauth/client.json";

export const METADATA = {
  client_name: "Acme Assistant",
  redirect_uris: [CALLBACK],
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  token_endpoint_auth_method: "none",
};

/** Lets `op` find the client's document. */
export const serveDocument = (op) =>
  op.serve(DOCUMENT, { json: { client_id: DOCUMENT, ...METADATA }, headers: { "content-type": "application/json" } });

/** An `OAuthClientProvider`. `open` goes to an authorization request, and gives the page that its person ends at. */
export class Assistant {
  #kept = {};
  /** The authorization requests that it sent its person to. */
  requests = [];
  redirectUrl = CALLBACK;
  clientMetadata = METADATA;

  constructor(open, clientMetadataUrl) {
    this.open = open;
    this.clientMetadataUrl = clientMetadataUrl;
  }

  state = () => "the-state";
  clientInformation = () => this.#kept.client;
  saveClientInformation = (client) => void (this.#kept.client = client);
  tokens = () => this.#kept.tokens;
  saveTokens = (tokens) => void (this.#kept.tokens = tokens);
  codeVerifier = () => this.#kept.verifier;
  saveCodeVerifier = (verifier) => void (this.#kept.verifier = verifier);
  discoveryState = () => this.#kept.discovery;
  saveDiscoveryState = (state) => void (this.#kept.discovery = state);
  redirectToAuthorization = async (url) => {
    this.requests.push(url.searchParams);
    this.page = await this.open(url);
  };
}
