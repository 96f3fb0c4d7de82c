// A person's browser without JavaScript: cookies, redirects, forms.

import assert from "node:assert/strict";

import { CookieJar } from "tough-cookie";

import { encodeForm } from "./form.mjs";
import { elements, parseForms, visibleText } from "./html.mjs";

const MOST_REDIRECTS = 10;

/** Where a browser came to rest: a page of Limen, or (`callback`) a client's redirect URI. */
export class Page {
  constructor(fields) {
    Object.assign(this, fields);
  }

  get forms() {
    return parseForms(this.html);
  }

  get text() {
    return visibleText(this.html);
  }

  /** The form with a control of that name or id. */
  form(control) {
    const has = ({ controls }) => controls.some(({ name, id }) => name === control || id === control);
    const found = this.forms.find(has);
    assert.ok(found, `no form with ${control} at ${this.url} (${this.status}): ${this.text.slice(0, 300)}`);
    return found;
  }

  /** Whether there is a control of that name or id. */
  has(control) {
    return this.forms.some(({ controls }) => controls.some(({ name, id }) => name === control || id === control));
  }

  get asksForPassword() {
    return this.has("password");
  }

  get asksForConsent() {
    return this.has("approve");
  }

  get asksForAccount() {
    return this.has("another");
  }

  /** The accounts to choose from: what `account` is sent for each name. */
  get accounts() {
    const buttons = [...this.html.matchAll(/<button\b[^>]*\bname="account" value="([^"]*)"[^>]*>(.*?)<\/button>/gs)];
    return Object.fromEntries(buttons.map(([, value, label]) => [visibleText(label), value]));
  }

  /** The text of `role=alert`. */
  get alert() {
    const match = /<(\w+)\b[^>]*\brole="?alert"?[^>]*>(.*?)<\/\1>/is.exec(this.html);
    return match ? visibleText(match[2]) : null;
  }

  elements(tag) {
    return elements(this.html, tag);
  }
}

export class Browser {
  constructor(op, { address, isolate = 0 } = {}) {
    this.op = op;
    this.address = address;
    this.isolate = isolate;
    this.jar = new CookieJar(undefined, { prefixSecurity: "strict", rejectPublicSuffixes: false });
  }

  /** One request with this browser's cookies; what it sets is kept. */
  async fetch(path, init = {}) {
    const url = this.op.url(path);
    const headers = new Headers(init.headers);
    const cookie = await this.jar.getCookieString(url, { sameSiteContext: init.sameSiteContext });
    if (cookie) headers.set("cookie", cookie);
    if (!headers.has("accept")) headers.set("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    const response = await this.op.fetch(path, { address: this.address, isolate: this.isolate, ...init, headers });
    for (const line of response.headers.getSetCookie()) {
      await this.jar.setCookie(line, url, { ignoreError: false });
    }
    return response;
  }

  /** Opens a path and follows redirects for as long as they stay at Limen. */
  async open(path, init = {}) {
    let url = this.op.url(path);
    let request = init;
    const trail = [];
    for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
      const response = await this.fetch(url, request);
      const html = await response.text();
      trail.push({ url, status: response.status, headers: response.headers });
      const location = response.headers.get("location") ?? refresh(html);
      if (location === null || (response.status >= 400)) return this.#page(url, response, html, trail);
      const target = new URL(location, url);
      if (target.origin !== this.op.issuer) return this.#arrival(location, response, trail);
      url = target.href;
      request = { navigates: request.navigates, headers: { ...request.headers, "content-type": undefined } };
      delete request.headers["content-type"];
    }
    assert.fail(`too many redirects: ${trail.map((step) => step.url).join(" -> ")}`);
  }

  /** Submits a form of `page` with its hidden values, `values`, and the button that was pressed. */
  submit(page, control, values = {}, { button, ...init } = {}) {
    const form = page.form(control);
    const fields = {};
    for (const { tag, type, name, value } of form.controls) {
      if (name && tag !== "button" && !["submit", "checkbox", "radio"].includes(type)) fields[name] = value;
    }
    if (button) Object.assign(fields, pressed(form, button));
    Object.assign(fields, values);
    const { formaction } = form.controls.find(({ id }) => button && id === button) ?? {};
    const target = new URL(formaction || form.action || page.url, page.url).href;
    const origin = { origin: this.op.issuer, "sec-fetch-site": "same-origin" };
    return this.open(target, { ...init, form: fields, headers: { ...origin, ...init.headers } });
  }

  /** Sends an authorization request of `client`. The page that comes remembers it. */
  async authorize(client, params = {}, { method = "GET", ...init } = {}) {
    const request = client.request(params);
    const query = encodeForm(request.params);
    const page =
      method === "POST"
        ? await this.open("/authorize", { ...init, form: query })
        : await this.open(`/authorize?${query}`, init);
    page.request = request;
    return page;
  }

  /** Fills in the login form. */
  signIn(page, person, { name = person.username, ...init } = {}) {
    return this.#next(page, this.submit(page, "password", { username: name, password: person.password }, init));
  }

  approve(page, init) {
    return this.#next(page, this.submit(page, "approve", {}, { button: "approve", ...init }));
  }

  deny(page, init) {
    return this.#next(page, this.submit(page, "deny", {}, { button: "deny", ...init }));
  }

  /** Turns the login page down. */
  cancel(page, init) {
    return this.#next(page, this.submit(page, "cancel", {}, { button: "cancel", ...init }));
  }

  /** Chooses an account by the name that stands on its button. */
  choose(page, name, init) {
    const value = page.accounts[name];
    assert.ok(value, `no account of ${name}: ${page.text}`);
    return this.#next(page, this.submit(page, "account", { account: value }, init));
  }

  /** Wants to sign in with an account that is not there. */
  useAnother(page, init) {
    return this.#next(page, this.submit(page, "another", {}, { button: "another", ...init }));
  }

  /** Signs in and consents for as long as Limen asks. */
  async complete(page, person) {
    let current = page;
    for (let step = 0; step < 5 && !current.callback; step++) {
      if (current.asksForPassword) current = await this.signIn(current, person);
      else if (current.asksForConsent) current = await this.approve(current);
      else if (current.asksForAccount) current = await this.useAnother(current);
      else break;
    }
    return current;
  }

  /** The whole way to a code. */
  async obtain(client, person, params = {}) {
    const page = await this.complete(await this.authorize(client, params), person);
    assert.ok(page.callback, `no callback but ${page.status} at ${page.url}: ${page.text.slice(0, 300)}`);
    return grantOf(page);
  }

  /** The session cookie, or `undefined`. */
  async sessionCookie() {
    const cookies = await this.jar.getCookies(this.op.url("/"));
    return cookies.find(({ key }) => /^(__Host-)?limen_session$/.test(key));
  }

  async #next(page, coming) {
    const next = await coming;
    next.request = page.request;
    return next;
  }

  #page(url, response, html, trail) {
    const page = new Page({ url, status: response.status, headers: response.headers, html, trail, callback: null });
    const [form] = page.forms;
    // Form Post Response Mode: the page's only form leads to the client.
    if (form?.action && new URL(form.action, url).origin !== this.op.issuer) {
      page.callback = new URLSearchParams(
        form.controls.filter(({ name }) => name).map(({ name, value }) => [name, value]),
      );
      page.callbackUrl = form.action;
      page.responseMode = "form_post";
    }
    return page;
  }

  #arrival(location, response, trail) {
    const { url, callback, responseMode } = readCallback(location);
    const { status, headers } = response;
    return new Page({ url: location, callbackUrl: url, status, headers, html: "", trail, callback, responseMode });
  }
}

/** Where a page leads at once by itself. */
function refresh(html) {
  const meta = elements(html, "meta").find(({ content }) => content?.startsWith("0;url="));
  return meta ? meta.content.slice("0;url=".length) : null;
}

/** The code of a callback with what its redemption needs. */
export function grantOf(page) {
  const error = page.callback.get("error");
  assert.equal(error, null, `${error}: ${page.callback.get("error_description")}`);
  const { client, params, verifier } = page.request;
  return {
    client,
    code: page.callback.get("code"),
    state: page.callback.get("state"),
    iss: page.callback.get("iss"),
    redirectUri: params.redirect_uri,
    verifier,
    nonce: params.nonce,
    params,
  };
}

function readCallback(location) {
  const inFragment = location.includes("#");
  const separator = inFragment ? "#" : "?";
  const at = location.indexOf(separator);
  const callback = new URLSearchParams(at < 0 ? "" : location.slice(at + 1));
  return { url: at < 0 ? location : location.slice(0, at), callback, responseMode: inFragment ? "fragment" : "query" };
}

function pressed(form, button) {
  const found = form.controls.find(({ name, id, value }) => [name, id, value].includes(button));
  return found?.name ? { [found.name]: found.value || "1" } : { [button]: "1" };
}
