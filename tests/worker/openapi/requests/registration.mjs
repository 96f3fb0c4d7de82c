// Registration of clients.

import { conditional, openlyRegistered, otherToken, repeated, untilThrottled } from "./shared.mjs";

export const REGISTRATION = {
  register: async (stage) => {
    const answers = [
      await stage.op.admin("/register", { json: sample() }),
      await stage.op.admin("/register", { json: { redirect_uris: ["javascript:x"] } }),
      await stage.op.admin("/register", { json: { ...sample(), grant_types: [7] } }),
      await stage.op.admin("/register", { json: { ...sample(), token_endpoint_auth_method: "none" } }),
      await stage.op.fetch("/register", { json: sample(), bearer: await otherToken(stage) }),
      await stage.off.admin("/register", { json: sample() }),
      ...(await repeated(stage.op, "/register", sample(), { ...sample(), client_name: "Other" })),
    ];
    for (let n = 0; n < 40 && answers.at(-1).status !== 429; n++) {
      answers.push(await stage.open.fetch("/register", { json: sample(), address: "198.51.100.9" }));
    }
    return answers;
  },
  readClient: async (stage) => {
    const { path, bearer } = await managed(stage);
    return [
      await stage.op.fetch(path, { bearer }),
      await stage.op.admin(path),
      await stage.op.fetch(path, { bearer: await otherToken(stage) }),
    ];
  },
  replaceClient: async (stage) => changes(stage, "PUT"),
  patchClient: async (stage) => changes(stage, "PATCH"),
  deleteClient: async (stage) => {
    const { path, bearer } = await managed(stage);
    return [
      await stage.op.fetch(path, { method: "DELETE", bearer: await otherToken(stage) }),
      await conditional(stage.op, path, "DELETE"),
      await stage.op.fetch(path, { method: "DELETE", bearer }),
      await stage.op.fetch(path, { method: "DELETE", bearer }),
    ];
  },
  renewSecret: async (stage) => {
    const { path, bearer } = await managed(stage);
    const renew = (init) => stage.op.fetch(`${path}/renew_secret`, { method: "POST", ...init });
    return [
      await renew({ bearer: await otherToken(stage) }),
      await renew({ bearer, json: { overlap_seconds: -1 } }),
      await renew({ bearer, json: { overlap_seconds: 60 } }),
      ...(await parallel(() => stage.op.admin(`${path}/renew_secret`, { method: "POST" }))),
      await renewedTooOften(),
    ];
  },
};

const sample = () => ({
  redirect_uris: ["https://app.acme.test/callback"],
  "client_name": "Acme",
  "client_name#fr": "Acmé",
});

/** A client that is managed by its own registration access token. */
async function managed({ op }, metadata = {}) {
  const { registered } = await op.client(metadata);
  const path = `/register/${registered.client_id}`;
  return { path, bearer: registered.registration_access_token };
}

/** PUT and PATCH, well and badly. */
async function changes(stage, method) {
  const { path, bearer } = await managed(stage);
  const change = (init) => stage.op.fetch(path, { method, json: sample(), ...init });
  return [
    await change({ bearer: await otherToken(stage) }),
    await change({ bearer, json: { redirect_uris: 7 } }),
    await change({ bearer }),
    await change({ bearer }),
    await conditional(stage.op, path, method, sample()),
    ...(await parallel(() => change({ bearer: stage.op.adminToken }))),
    await untilThrottled(await changeOfSector(stage, method)),
  ];
}

/** A client that names another document of its sector again and again. */
async function changeOfSector(stage, method) {
  const { path, bearer } = await managed(stage);
  let n = 0;
  return () => {
    const json = { ...sample(), sector_identifier_uri: `https://app.acme.test/${method}-${n++}.json` };
    return stage.op.fetch(path, { method, json, bearer, address: "198.51.100.10" });
  };
}

/** A renewal of a client that registered itself, from an address that has changed such clients all the time. */
async function renewedTooOften() {
  const { op, client } = await openlyRegistered();
  const { registration_renew_secret_uri: uri, registration_access_token: bearer } = client;
  const again = (await (await op.fetch(uri, { method: "POST", bearer })).json()).registration_access_token;
  await op.db.exec("UPDATE throttles SET failures = 1000");
  return op.fetch(uri, { method: "POST", bearer: again });
}

/** Requests at the same time, of which not all can win. */
function parallel(request) {
  return Promise.all(Array.from({ length: 8 }, request));
}
