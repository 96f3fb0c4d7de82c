// What answers of a kind have in common, checked in one place.

import assert from "node:assert/strict";

/** The body of a JSON answer that must have this status. */
export async function succeeded(response, status = 200) {
  const text = await response.text();
  assert.equal(response.status, status, text);
  return JSON.parse(text);
}

/** A JSON error as RFC 6749 section 5.2 has it. Gives its body. */
export async function oauthError(response, status, code) {
  const text = await response.text();
  assert.equal(response.status, status, text);
  assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
  assert.match(response.headers.get("cache-control") ?? "", /no-store/);
  const body = JSON.parse(text);
  const codes = [code].flat();
  assert.ok(codes.includes(body.error), `${codes} expected: ${text}`);
  if (body.error_description !== undefined) assert.match(body.error_description, /^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/);
  return body;
}

/** A page that tells a person, and sends nothing to a client. */
export function errorPage(page, status = 400) {
  assert.equal(page.callback, null, `sent to ${page.callbackUrl}`);
  assert.equal(page.status, status, page.text);
  pageHeaders(page.headers);
}

/** An error that travels to the client (RFC 6749 section 4.1.2.1, RFC 9207). */
export function redirectError(page, code) {
  assert.ok(page.callback, `no callback but ${page.status} at ${page.url}: ${page.text?.slice(0, 200)}`);
  const error = page.callback.get("error");
  assert.ok([code].flat().includes(error), `${code} expected: ${page.callback}`);
  assert.equal(page.callback.get("code"), null);
  assert.equal(page.callback.get("state"), page.request?.params.state ?? null);
  assert.ok(page.callback.get("iss"), "RFC 9207 section 2: error responses carry iss too");
}

/** Headers of every page. */
export function pageHeaders(headers) {
  assert.match(headers.get("content-type") ?? "", /^text\/html;\s*charset=utf-8$/i);
  assert.match(headers.get("cache-control") ?? "", /no-store/);
  assert.equal(headers.get("x-content-type-options"), "nosniff");
  assert.match(headers.get("referrer-policy") ?? "", /^(no-referrer|same-origin|origin|strict-origin)$/);
  const policy = headers.get("content-security-policy") ?? "";
  assert.match(policy, /frame-ancestors 'none'/);
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe-(inline|eval)/);
  assert.equal(headers.get("access-control-allow-origin"), null);
}

/** Whether a page's policy lets its form, and the redirects after it, lead to `url` (CSP Level 3 section 6.4.4). */
export function formMayLeadTo(url, headers) {
  const sources = /form-action ([^;]*)/.exec(headers.get("content-security-policy"))[1].split(" ");
  const { origin, protocol } = new URL(url);
  assert.ok(sources.includes(origin) || sources.includes(protocol), sources.join(" "));
}

/** Storage is away, and nothing is guessed. */
export async function fault(response) {
  const text = await response.text();
  assert.equal(response.status, 503, text);
  assert.match(response.headers.get("retry-after") ?? "", /^\d+$/);
  assert.match(response.headers.get("cache-control") ?? "", /no-store/);
  assert.doesNotMatch(text, /simulated|D1_ERROR|SQLITE|JsValue|panicked/i);
}

/** A bearer error as RFC 6750 section 3 has it. */
export async function bearerError(response, status, code) {
  const text = await response.text();
  assert.equal(response.status, status, text);
  const challenge = response.headers.get("www-authenticate") ?? "";
  assert.match(challenge, /^Bearer\b/);
  if (code === undefined) assert.doesNotMatch(challenge, /error=/);
  else assert.match(challenge, new RegExp(`error="${code}"`));
}
