// What the tests of declared APIs share.

import assert from "node:assert/strict";

import { claimsOf } from "../support/jwt.mjs";

export const PATH = "/admin/api/apis";

let made = 0;

/** An identifier that no API has yet. */
export const fresh = () => `https://api-${++made}.acme.test`;

/** Declares an API; the answer's JSON. */
export async function declare(op, members = {}) {
  const response = await op.admin(PATH, { json: { identifier: fresh(), name: "Acme Files", scopes: SCOPES, ...members } });
  const api = await response.json();
  assert.equal(response.status, 201, JSON.stringify(api));
  return api;
}

/** Changes an API by a merge patch. */
export async function patch(op, { id }, json) {
  const response = await op.admin(`${PATH}/${id}`, { method: "PATCH", json });
  const api = await response.json();
  assert.equal(response.status, 200, JSON.stringify(api));
  return api;
}

export async function remove(op, { id }) {
  assert.equal((await op.admin(`${PATH}/${id}`, { method: "DELETE" })).status, 204);
}

export const SCOPES = {
  "files:read": { "title": "Read your files", "title#de": "Deine Dateien lesen", "description": "Names and contents" },
  "files:write": "Change your files",
};

export const claims = (tokens) => claimsOf(tokens.access_token);
export const aud = (tokens) => claims(tokens).aud;
