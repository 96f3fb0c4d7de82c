// Kubernetes: the API server's own authenticator, which knows people by their ID token alone. The test takes kubelogin's place.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { test } from "node:test";

import { serve } from "../../browser/support/loopback.mjs";
import { Client } from "../../worker/support/client.mjs";
import { startLimen } from "../../worker/support/limen.mjs";
import { built, filled, register } from "../support/stage.mjs";

const op = await startLimen();
const door = await serve(async (request, response) => {
  const answer = await op.fetch(request.url, { headers: { accept: request.headers.accept ?? "*/*" } });
  response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") }).end(await answer.text());
});

/** What the API server says of a token: `{name}`, or why it refuses it. */
async function judged(t, app, token) {
  const configuration = filled(t, app, "authentication.yaml");
  const child = spawn(built("bin/kubernetes"), [configuration], { env: { ...process.env, LIMEN: new URL(door).host } });
  child.stdin.end(token);
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return output === "" ? { error: errors } : JSON.parse(output);
}

async function signIn(t, person) {
  const folder = "kubernetes";
  const client = await register(op, folder, { origin: "unused" });
  const app = { folder, issuer: op.issuer, origin: "unused", client };
  const kubelogin = new Client(op, client);
  const grant = await op.browser().obtain(kubelogin, person, { scope: "openid email" });
  const tokens = await kubelogin.tokens(grant);
  const refreshed = await kubelogin.refreshed(tokens.refresh_token);
  return { app, tokens, refreshed };
}

test("Kubernetes knows people by their verified address, after a refresh too", async (t) => {
  const ada = await op.person();
  const { app, tokens, refreshed } = await signIn(t, ada);
  for (const { id_token } of [tokens, refreshed]) {
    assert.deepEqual(await judged(t, app, id_token), { name: `limen:${ada.email}` });
  }
  const { error } = await judged(t, app, tokens.access_token);
  assert.match(error, /not authenticated/);
});

test("Kubernetes refuses an address that is not verified", async (t) => {
  const bob = await op.person({ email_verified: false });
  const { app, tokens } = await signIn(t, bob);
  assert.match((await judged(t, app, tokens.id_token)).error, /email not verified/);
});
