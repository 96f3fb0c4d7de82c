// APIs that operators declare.

import { conditional, repeated } from "./shared.mjs";

const path = (...parts) => ["/admin/api/apis", ...parts].join("/");

let made = 0;
const fresh = () => `https://api-${++made}.acme.test`;

/** Declares an API; the answer's JSON. */
export async function api(op, identifier = fresh()) {
  return op.json(path(), { json: { identifier, name: "Acme Files", scopes: { "files:read": "Read your files" } }, bearer: op.adminToken });
}

const VARIABLE = "https://variable.acme.test";
const ofVariable = encodeURIComponent(VARIABLE);

export const APIS = {
  createApi: async ({ op }) => {
    const identifier = fresh();
    const create = (json) => op.admin(path(), { json });
    return [
      await create({ identifier, name: "Files", apps: { x: { scopes: [] } }, token_signing_alg: "ES256", access_token_lifetime: 60 }),
      await create({ identifier, name: "Files" }),
      await create({ identifier, name: "" }),
      ...(await repeated(op, path(), { identifier: fresh(), name: "Once" }, { identifier, name: "Twice" })),
    ];
  },
  listApis: async ({ op }) => [
    await op.admin(path()),
    await op.admin(`${path()}?search=acme&limit=1`),
    await op.admin(`${path()}?name=x`),
  ],
  readApi: async ({ op, off }) => [
    await op.admin(path((await api(op)).id)),
    await op.admin(path("nothing")),
    await off.admin(path(ofVariable)),
  ],
  changeApi: async ({ op, off }) => {
    const { id } = await api(op);
    const change = (json, on = op, at = id) => on.admin(path(at), { method: "PATCH", json });
    return [
      await change({ name: "Other", token_format: "opaque" }),
      await change({ name: 7 }),
      await change({ name: "Other" }, op, "nothing"),
      await change({ name: "Other" }, off, ofVariable),
      await conditional(op, path(id), "PATCH", { name: "Never" }),
    ];
  },
  renewApiSecret: async ({ op, off }) => {
    const { id } = await api(op);
    const renew = (json, on = op, at = id) => on.admin(path(at, "renew_secret"), { method: "POST", json });
    return [
      await renew({ overlap_seconds: 60 }),
      await renew({ overlap_seconds: -1 }),
      await renew({}, op, "nothing"),
      await renew({}, off, ofVariable),
    ];
  },
  deleteApi: async ({ op, off }) => {
    const { id } = await api(op);
    const remove = (on = op, at = id) => on.admin(path(at), { method: "DELETE" });
    return [await conditional(op, path(id), "DELETE"), await remove(), await remove(), await remove(off, ofVariable)];
  },
};
