// Groups and roles, for operators.

import { conditional, repeated } from "./shared.mjs";

let made = 0;

/** Creates a group; the answer's JSON. */
export async function group(op, name = `Group ${++made}`) {
  return op.json("/admin/api/groups", { json: { name }, bearer: op.adminToken });
}

const path = (...parts) => ["/admin/api/groups", ...parts].join("/");

/** Somebody who is in 1000 groups. */
async function crowded(op) {
  const person = await op.person();
  const rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT 'crowd-' || i";
  await op.rows(`INSERT OR IGNORE INTO groups (id, name, name_folded, created_at, updated_at) ${rows}, 'crowd-' || i, 'crowd-' || i, 0, 0 FROM n`);
  await op.rows(`INSERT INTO group_members (user_id, group_id) SELECT ?, id FROM groups WHERE id LIKE 'crowd-%'`, person.id);
  return person;
}

/** The smallest PNG that says how large it is. */
export const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

/** The id of a client that a document describes. */
async function described(op, more = {}) {
  const id = `https://app${++made}.acme.test/client`;
  const metadata = JSON.stringify({ redirect_uris: ["https://app.acme.test/cb"], token_endpoint_auth_method: "none", ...more });
  await op.rows("INSERT INTO clients (id, version, metadata, auth_method, issued_at, updated_at, document_fresh_until) VALUES (?, 1, ?, 'none', 1, 1, 9999999999)", id, metadata);
  return encodeURIComponent(id);
}

export const GROUPS = {
  createGroup: async ({ op }) => {
    const create = (json) => op.admin(path(), { json });
    return [
      await create({ name: "Writers" }),
      await create({ name: "WRITERS" }),
      await create({ name: "a,b" }),
      ...(await repeated(op, path(), { name: "Once" }, { name: "Twice" })),
    ];
  },
  listGroups: async ({ op }) => [
    await op.admin(path()),
    await op.admin(`${path()}?search=w&limit=1`),
    await op.admin(`${path()}?name=w`),
  ],
  readGroup: async ({ op }) => [await op.admin(path((await group(op)).id)), await op.admin(path("nothing"))],
  changeGroup: async ({ op }) => {
    const [one, other] = [await group(op), await group(op)];
    const rename = (id, json) => op.admin(path(id), { method: "PATCH", json });
    return [
      await rename(one.id, { name: `${one.name} b` }),
      await rename(one.id, { name: other.name }),
      await rename(one.id, { name: "" }),
      await rename(one.id, { second_factor_required: true }),
      await rename("nothing", { name: "Nothing" }),
      await conditional(op, path(one.id), "PATCH", { name: "Never" }),
    ];
  },
  deleteGroup: async ({ op }) => {
    const { id } = await group(op);
    const remove = () => op.admin(path(id), { method: "DELETE" });
    return [await conditional(op, path(id), "DELETE"), await remove(), await remove()];
  },
  listGroupMembers: async ({ op, person }) => {
    const { id } = await group(op);
    await op.admin(path(id, "members", person.id), { method: "PUT" });
    return [
      await op.admin(path(id, "members")),
      await op.admin(`${path(id, "members")}?limit=0`),
      await op.admin(path("nothing", "members")),
    ];
  },
  changeGroupMembers: async ({ op, person }) => {
    const { id } = await group(op);
    const change = (json) => op.admin(path(id, "members"), { json });
    return [
      await change({ add: [person.id] }),
      await change({ add: "everybody" }),
      await change({ add: ["nobody"] }),
      await change({ add: [(await crowded(op)).id] }),
    ];
  },
  addGroupMember: async ({ op, person }) => {
    const { id } = await group(op);
    const add = (user) => op.admin(path(id, "members", user), { method: "PUT" });
    return [await add(person.id), await add("nobody"), await add((await crowded(op)).id)];
  },
  removeGroupMember: async ({ op, person }) => {
    const { id } = await group(op);
    const remove = (user) => op.admin(path(id, "members", user), { method: "DELETE" });
    return [await remove(person.id), await remove("nobody")];
  },
  listClientRoles: async ({ op, client, person }) => {
    await op.admin(`/admin/api/clients/${client.id}/roles`, { json: { add: [{ role: "admin", user: person.id }] } });
    return [
      await op.admin(`/admin/api/clients/${client.id}/roles`),
      await op.admin(`/admin/api/clients/${client.id}/roles?limit=0`),
      await op.admin("/admin/api/clients/nothing/roles"),
    ];
  },
  judgeClients: async ({ op, client }) => {
    const judge = (json) => op.admin("/admin/api/clients/approval", { json });
    return [await judge({ approve: [client.id], refuse: ["nothing"] }), await judge({})];
  },
  countUnusedClients: async ({ op }) => {
    const count = (query) => op.admin(`/admin/api/clients/unused?${query}`);
    return [await count("unused=never&days=30"), await count("unused=never")];
  },
  deleteUnusedClients: async ({ op }) => {
    const remove = (json) => op.admin("/admin/api/clients/unused", { json });
    const metadata = JSON.stringify({ redirect_uris: ["https://app.acme.test/cb"], token_endpoint_auth_method: "none" });
    for (const id of ["unused-1", "unused-2"]) {
      await op.rows("INSERT INTO clients (id, version, metadata, auth_method, issued_at, updated_at, registered_openly, unused_since) VALUES (?, 1, ?, 'none', 1, 1, 1, 1)", id, metadata);
    }
    const all = { unused: "never", days: 3_000 };
    return [await remove({ ...all, most: 1 }), await remove({ ...all, most: 2 }), await remove(all)];
  },
  describeClient: async ({ op, client }) => {
    const at = (id, query = "") => op.admin(`/admin/api/clients/${id}${query}`);
    return [await at(client.id), await at(client.id, "?x=1"), await at("nothing")];
  },
  changeClient: async ({ op }) => {
    const client = await op.client();
    const change = (id, json) => op.admin(`/admin/api/clients/${id}`, { method: "PATCH", json });
    return [
      await change(client.id, { notes: "Ada's", accent_color: "#0b57d0", launch_uri: "https://app.acme.test/" }),
      await change(client.id, { accent_color: "#ffcc00" }),
      await change("nothing", { notes: "x" }),
      await change(await described(op), { launch_uri: "https://app.acme.test/" }),
      await conditional(op, `/admin/api/clients/${client.id}`, "PATCH", { notes: "x" }),
    ];
  },
  putClientLogo: async ({ op }) => {
    const client = await op.client();
    const put = (id, body) => op.admin(`/admin/api/clients/${id}/logo`, { method: "PUT", body, headers: { "content-type": "image/png" } });
    return [await put(client.id, PNG), await put(client.id, "x"), await put("nothing", PNG), await put(await described(op), PNG)];
  },
  removeClientLogo: async ({ op }) => {
    const remove = (id) => op.admin(`/admin/api/clients/${id}/logo`, { method: "DELETE" });
    return [await remove((await op.client()).id), await remove("nothing"), await remove(await described(op))];
  },
  fetchClientLogo: async ({ op }) => {
    const logo_uri = "https://pictures.acme.test/logo.png";
    op.serve(logo_uri, { body: PNG, headers: { "content-type": "image/png" } });
    const fetch = (id) => op.admin(`/admin/api/clients/${id}/logo/fetch`, { method: "POST" });
    const [one, none] = [await op.client({ logo_uri }), await op.client()];
    return [await fetch(one.id), await fetch(none.id), await fetch("nothing"), await fetch(await described(op, { logo_uri }))];
  },
  listClientSecrets: async ({ op, client }) => {
    const at = (id, query = "") => op.admin(`/admin/api/clients/${id}/secrets${query}`);
    const open = await op.publicClient();
    return [await at(client.id), await at(client.id, "?x=1"), await at("nothing"), await at(open.id)];
  },
  addClientSecret: async ({ op }) => {
    const [client, open] = [await op.client(), await op.publicClient()];
    const add = (id, json) => op.admin(`/admin/api/clients/${id}/secrets`, { json });
    return [await add(client.id, { name: "Two" }), await add(client.id, {}), await add("nothing", { name: "Two" }), await add(open.id, { name: "Two" }), ...(await repeated(op, `/admin/api/clients/${client.id}/secrets`, { name: "a" }, { name: "b" }))];
  },
  removeClientSecret: async ({ op }) => {
    const client = await op.client();
    const path = `/admin/api/clients/${client.id}/secrets`;
    const { id } = await (await op.admin(path, { json: { name: "Two" } })).json();
    const remove = (id) => op.admin(`${path}/${id}`, { method: "DELETE" });
    const { secrets } = await (await op.admin(path)).json();
    return [await remove(id), await remove(id), await remove(secrets[0].id)];
  },
  changeClientRoles: async ({ op, client, person }) => {
    const give = (id, role) => op.admin(`/admin/api/clients/${id}/roles`, { json: { add: [role] } });
    return [
      await give(client.id, { role: "viewer", group: (await group(op)).id }),
      await give(client.id, { role: "viewer" }),
      await give("nothing", { role: "viewer", user: person.id }),
      await op.admin(`/admin/api/clients/${client.id}/roles`, { json: { add: Array.from({ length: 201 }, (_, n) => ({ role: `r${n}`, user: person.id })) } }),
    ];
  },
  listUserGroups: async ({ op, person }) => [
    await op.admin(`/admin/api/users/${person.id}/groups`),
    await op.admin("/admin/api/users/nobody/groups"),
  ],
  changeUserGroups: async ({ op }) => {
    const { id } = await group(op);
    const change = (user, json) => op.admin(`/admin/api/users/${user}/groups`, { json });
    const person = await op.person();
    return [
      await change(person.id, { add: [id] }),
      await change(person.id, { groups: [id] }),
      await change("nobody", { add: [id] }),
      await change((await crowded(op)).id, { add: [id] }),
    ];
  },
};
