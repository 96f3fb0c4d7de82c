// What the requests of several kinds begin with.

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
