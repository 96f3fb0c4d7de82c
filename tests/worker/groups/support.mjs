// What the tests of groups share.

import assert from "node:assert/strict";

import { claimsOf } from "../support/jwt.mjs";

let made = 0;

/** A group with these people in it. */
export async function groupOf(op, people = [], name = `Team ${++made}`) {
  const group = await op.json("/admin/api/groups", { json: { name }, bearer: op.adminToken });
  if (people.length > 0) await change(op, group, { add: people });
  return group;
}

/** Adds people to a group, and takes others out of it. */
export async function change(op, group, { add = [], remove = [] }) {
  const ids = (people) => people.map(({ id }) => id);
  const response = await op.admin(`/admin/api/groups/${group.id}/members`, { json: { add: ids(add), remove: ids(remove) } });
  assert.equal(response.status, 204, await response.text());
}

/** The claims of the ID token. */
export const idToken = (tokens) => claimsOf(tokens.id_token);

/** What UserInfo tells. */
export const userinfo = (op, tokens) => op.json("/userinfo", { bearer: tokens.access_token });

/** Gives roles at a client, and takes others. */
export async function roles(op, client, json) {
  const response = await op.admin(`/admin/api/clients/${client.id}/roles`, { json });
  assert.equal(response.status, 204, await response.text());
}
