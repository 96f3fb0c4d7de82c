// Apps that register themselves, each from an address of its own: what one address may register is limited.

import { Client } from "../support/client.mjs";
import { succeeded } from "../support/expect.mjs";

let addresses = 0;

/** Registers openly at `op`, and gives the raw answer. */
export const register = (op, json) => op.fetch("/register", { json, address: `203.0.113.${++addresses}` });

/** An app that registered itself. */
export async function stranger(op, metadata = {}) {
  const json = { redirect_uris: ["https://app.acme.test/callback"], grant_types: ["authorization_code", "refresh_token"], ...metadata };
  return new Client(op, await succeeded(await register(op, json), 201));
}
