// Rows that D1 says were written, and the size of what is deployed.
//
//   node tests/bench/storage.mjs

import { gzipSync } from "node:zlib";

import { Limen } from "../worker/support/limen.mjs";
import { wasmFiles } from "../worker/support/bundle.mjs";

const op = new Limen();
await op.start();
const client = await op.client();
const [ada, browser] = [await op.person(), op.browser()];
await op.fetch("/.well-known/jwks.json");

let written = 0;
const plain = op.fetch.bind(op);
op.fetch = async (path, init) => {
  const response = await plain(path, { ...init, measure: true });
  written += Number(response.headers.get("x-limen-test-written"));
  return response;
};

const begun = await browser.authorize(client);
const asked = await counted("sign-in form, password", () => browser.signIn(begun, ada));
const agreed = await counted("first consent (form and code)", () => browser.approve(asked));
const { request } = agreed;
const first = { code: agreed.callback.get("code"), redirectUri: client.redirectUri, verifier: request.verifier };
await counted("token: code, of a first sign-on", () => client.tokens(first));
const again = await counted("authorize, signed in", () => browser.obtain(client, ada));
const tokens = await counted("token: code", () => client.tokens(again));
const refreshed = await counted("token: refresh", () => client.refreshed(tokens.refresh_token));
await counted("revoke", () => client.revoke(refreshed.refresh_token));
await op.stop();

const [wasm] = wasmFiles();
console.log(`\nwasm: ${kb(wasm.length)} kB, ${kb(gzipSync(wasm, { level: 9 }).length)} kB gzip`);

async function counted(what, work) {
  written = 0;
  const result = await work();
  console.log(`${what.padEnd(34)}${String(written).padStart(4)} rows written`);
  return result;
}

function kb(bytes) {
  return (bytes / 1_000).toFixed(0);
}
