// An app on a server of its own, built with openid-client. Its pages have no scripts.

import * as oidc from "openid-client";

import { bodyOf, escaped, html, redirect, serve } from "./loopback.mjs";

/** Starts an app and registers it; `metadata` as in `op.client()`. */
export async function startWebApp(op, metadata = {}) {
  const app = new WebApp();
  app.origin = await serve((request, response) => app.answer(request, response));
  app.client = await op.client({ application_type: "native", redirect_uris: [app.redirectUri], ...metadata });
  const authentication = oidc.ClientSecretBasic(app.client.secret);
  const options = { execute: [oidc.allowInsecureRequests] };
  app.config = await oidc.discovery(new URL(op.issuer), app.client.id, undefined, authentication, options);
  return app;
}

class WebApp {
  #waiting = new Map();

  get redirectUri() {
    return `${this.origin}/callback`;
  }

  /** Where a sign-in begins; `params` are added to the authorization request. */
  start(params = {}) {
    return `${this.origin}/start?${new URLSearchParams(params)}`;
  }

  /** The authorization request itself. */
  async authorizationUrl(params = {}) {
    const checks = {
      pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
      expectedState: oidc.randomState(),
      expectedNonce: oidc.randomNonce(),
    };
    this.#waiting.set(checks.expectedState, checks);
    const request = {
      redirect_uri: this.redirectUri,
      scope: "openid profile email",
      state: checks.expectedState,
      nonce: checks.expectedNonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
      code_challenge_method: "S256",
      ...params,
    };
    return oidc.buildAuthorizationUrl(this.config, request).href;
  }

  async answer(request, response) {
    const url = new URL(request.url, this.origin);
    if (url.pathname === "/start") return redirect(response, await this.authorizationUrl(Object.fromEntries(url.searchParams)));
    if (url.pathname === "/callback") return this.#finish(url, request, response);
    html(response, `<a id="start" href="${escaped(this.start())}">Sign in</a>`, url.pathname === "/" ? 200 : 404);
  }

  async #finish(url, request, response) {
    const body = request.method === "POST" ? await bodyOf(request) : undefined;
    const state = new URLSearchParams(body ?? url.search).get("state");
    const result = await this.#redeem(body === undefined ? url : asRequest(url, body), state).catch(described);
    html(response, `<pre id="result">${escaped(JSON.stringify({ method: request.method, ...result }))}</pre>`);
  }

  async #redeem(answer, state) {
    const checks = this.#waiting.get(state);
    if (!checks) return { error: "no such sign-in, or a finished one" };
    this.#waiting.delete(state);
    const tokens = await oidc.authorizationCodeGrant(this.config, answer, { ...checks, idTokenExpected: true });
    const claims = tokens.claims();
    const userinfo = await oidc.fetchUserInfo(this.config, tokens.access_token, claims.sub);
    return { claims, userinfo, scope: tokens.scope };
  }
}

const asRequest = (url, body) => {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return new Request(url, { method: "POST", headers, body });
};

const described = ({ error, error_description, message }) => ({ error: error ?? message, error_description });
