// What the requests of several kinds begin with.

import { randomUUID } from "node:crypto";

import { keyPair } from "../../support/assertion.mjs";
import { Client } from "../../support/client.mjs";
import { startLimen } from "../../support/limen.mjs";

/** A program's access token without the scope that registration wants. */
export async function otherToken({ op }) {
  const service = await op.serviceClient({ scope: "reports" });
  const response = await service.credentials();
  return (await response.json()).access_token;
}

export function fieldsOf({ controls }) {
  const sent = controls.filter(({ tag, name }) => name && tag !== "button");
  return Object.fromEntries(sent.map(({ name, value }) => [name, value]));
}

/** Requests of clients that nobody knows, until Limen fetches no more documents. */
export async function manyDocuments(op, send) {
  const answers = [];
  for (let n = 0; n < 80 && answers.at(-1)?.status !== 429; n++) {
    answers.push(await send(`/authorize?client_id=https://app${n}.acme.test/client`));
  }
  return answers;
}

export async function untilThrottled(attempt) {
  let response = await attempt();
  for (let n = 0; n < 80 && response.status !== 429; n++) response = await attempt();
  return response;
}

/** A client that registered itself, at a Limen of its own. */
export async function openlyRegistered(metadata = {}, vars = {}) {
  const op = await startLimen({ vars: { REGISTRATION: "open", ...vars } });
  const json = { redirect_uris: ["https://app.acme.test/callback"], ...metadata };
  return { op, client: await (await op.fetch("/register", { json })).json() };
}

/** A client that registered itself, and whose network has used up all assertions that it may. */
export async function clientOverItsAssertions(vars) {
  const key = await keyPair("ES256");
  const proof = { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [key.jwk] } };
  const { op, client: registered } = await openlyRegistered(proof, vars);
  const client = new Client(op, registered);
  client.key = key;
  await client.introspect("x");
  await op.db.exec("UPDATE throttles SET failures = 1000");
  return client;
}

/** A change of a version that is not there any more. */
export function conditional(op, path, method, json) {
  return op.admin(path, { method, json, headers: { "if-match": '"before"' } });
}

/** A request with the same key: twice, and with another body. */
export async function repeated(op, path, json, other) {
  const headers = { "idempotency-key": randomUUID() };
  const send = (json) => op.admin(path, { json, headers });
  return [await send(json), await send(json), await send(other)];
}
