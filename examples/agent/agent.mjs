// What an agent needs to act for people at APIs and MCP servers of others: token exchange (RFC 8693) within the domain of one Limen, and
// identity assertions (ID-JAG, RFC 7523) across domains. It is for servers: the secret stays here.

const GRANT = "urn:ietf:params:oauth:grant-type:";
const TYPE = "urn:ietf:params:oauth:token-type:";

/** A program that is registered at `issuer` as `clientId`. `fetch` reaches the issuer. */
export class Agent {
  #own;

  constructor({ issuer, clientId, clientSecret, fetch = globalThis.fetch, now = () => Date.now() / 1_000 }) {
    Object.assign(this, { issuer, clientId, clientSecret, fetch, now });
  }

  /**
   * A token for the API `resource`, for the person of `token`, which somebody sent to this agent. It says in `act` that this agent acts.
   */
  async onBehalfOf(token, { resource, scope }) {
    const exchanged = await this.#ask({
      grant_type: `${GRANT}token-exchange`,
      subject_token: token,
      subject_token_type: `${TYPE}access_token`,
      actor_token: await this.#ownToken(),
      actor_token_type: `${TYPE}access_token`,
      resource,
      scope,
    });
    return exchanged.access_token;
  }

  /**
   * An identity assertion for the API `resource` of another domain, whose authorization server is `audience`: for the person who signed in to this
   * agent with `idToken`.
   */
  async assertionFor(idToken, { audience, resource, scope }) {
    const issued = await this.#ask({
      grant_type: `${GRANT}token-exchange`,
      requested_token_type: `${TYPE}id-jag`,
      subject_token: idToken,
      subject_token_type: `${TYPE}id_token`,
      audience,
      resource,
      scope,
    });
    return issued.access_token;
  }

  /** A token of this authorization server for an assertion that the person's own gave. */
  async tokenFor(assertion, { scope } = {}) {
    return (await this.#ask({ grant_type: `${GRANT}jwt-bearer`, assertion, scope })).access_token;
  }

  /** The agent's own token, which says who it is. It is kept until it is about to expire. */
  async #ownToken() {
    if (!this.#own || this.#own.until < this.now()) {
      const { access_token: token, expires_in: lifetime } = await this.#ask({ grant_type: "client_credentials" });
      this.#own = { token, until: this.now() + lifetime - 30 };
    }
    return this.#own.token;
  }

  async #ask(params) {
    const given = Object.entries(params).filter(([, value]) => value !== undefined);
    const encode = (text) => new URLSearchParams({ v: text }).toString().slice(2);
    const response = await this.fetch(new URL("/token", this.issuer).href, {
      method: "POST",
      headers: { authorization: `Basic ${btoa(`${encode(this.clientId)}:${encode(this.clientSecret)}`)}` },
      body: new URLSearchParams(given),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${answer.error}: ${answer.error_description}`);
    return answer;
  }
}
