// A relying party: builds authorization requests, and calls the machine endpoints with its own authentication.

import assert from "node:assert/strict";

import { asserted, assertion } from "./assertion.mjs";
import { succeeded } from "./expect.mjs";
import { encodeForm } from "./form.mjs";
import { freshPkce, randomText } from "./pkce.mjs";

export class Client {
  constructor(op, registered) {
    this.op = op;
    this.registered = registered;
    this.id = registered.client_id;
    this.secret = registered.client_secret;
    this.redirectUri = registered.redirect_uris?.[0];
    this.method = registered.token_endpoint_auth_method;
  }

  /** An authorization request with PKCE, state and nonce. `undefined` in `params` leaves a parameter out. */
  request(params = {}) {
    const { verifier, challenge } = freshPkce();
    const all = {
      client_id: this.id,
      redirect_uri: this.redirectUri,
      response_type: "code",
      scope: "openid profile email",
      state: randomText(),
      nonce: randomText(),
      code_challenge: challenge,
      code_challenge_method: "S256",
      ...params,
    };
    const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    return { client: this, params: sent, verifier: sent.code_challenge === challenge ? verifier : undefined };
  }

  /** The path and query of an authorization request. */
  authorizePath(params = {}) {
    return `/authorize?${encodeForm(this.request(params).params)}`;
  }

  /**
   * Posts a form with this client's authentication, or with `auth`: "basic", "post", "none", or form fields that prove it. A
   * client with a `key` (see assertion.mjs) makes an assertion.
   */
  async post(path, form, { auth, ...init } = {}) {
    const registered = { client_secret_basic: "basic", client_secret_post: "post", none: "none" }[this.method];
    const method = auth ?? (this.key ? asserted(await assertion(this, this.key)) : registered);
    const fields = { ...form };
    const headers = new Headers(init.headers);
    if (typeof method === "object") Object.assign(fields, method);
    else if (method === "basic") headers.set("authorization", basic(this.id, this.secret));
    else fields.client_id ??= this.id;
    if (method === "post") fields.client_secret ??= this.secret;
    return this.op.fetch(path, { ...init, form: fields, headers });
  }

  /** Presents the code of `grant` (what `browser.obtain` gave). `overrides` changes or removes (`undefined`) fields. */
  redeem(grant, overrides = {}, init) {
    const form = {
      grant_type: "authorization_code",
      code: grant.code,
      redirect_uri: grant.redirectUri,
      code_verifier: grant.verifier,
      ...overrides,
    };
    return this.post("/token", form, init);
  }

  /** Redeems the code, which must succeed. */
  async tokens(grant, overrides, init) {
    return succeeded(await this.redeem(grant, overrides, init));
  }

  refresh(refreshToken, overrides = {}, init) {
    return this.post("/token", { grant_type: "refresh_token", refresh_token: refreshToken, ...overrides }, init);
  }

  /** Refreshes, which must succeed. */
  async refreshed(refreshToken, overrides, init) {
    return succeeded(await this.refresh(refreshToken, overrides, init));
  }

  credentials(form = {}, init) {
    return this.post("/token", { grant_type: "client_credentials", ...form }, init);
  }

  /** What `/introspect` says about a token. */
  async introspect(token, form = {}, init) {
    return succeeded(await this.post("/introspect", { token, ...form }, init));
  }

  revoke(token, form = {}, init) {
    return this.post("/revoke", { token, ...form }, init);
  }

  /** Deletes the registration. */
  async unregister() {
    const { registration_client_uri: uri, registration_access_token: bearer } = this.registered;
    const response = await this.op.fetch(uri, { method: "DELETE", bearer });
    assert.equal(response.status, 204, await response.text());
  }
}

/** RFC 6749 section 2.3.1: form-encoded, then as in RFC 7617. */
export function basic(id, secret) {
  return rawBasic(`${formEncoded(id)}:${formEncoded(secret)}`);
}

/** Basic without the form encoding that OAuth asks for. */
export function rawBasic(text) {
  return `Basic ${Buffer.from(text).toString("base64")}`;
}

const formEncoded = (text) => new URLSearchParams({ v: text }).toString().slice(2);
