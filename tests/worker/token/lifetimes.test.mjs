// How long the tokens of an app live, where its operator has shortened it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const op = await startLimen({ vars: { REGISTRATION: "open" } });
const payload = (jwt) => JSON.parse(Buffer.from(jwt.split(".")[1], "base64url"));
const lives = (jwt) => payload(jwt).exp - payload(jwt).iat;

test("tokens of an app live as long as it says, and refresh tokens end with it", async () => {
  const own = { access_token_lifetime: 120, id_token_lifetime: 300, refresh_token_lifetime: 3_600 };
  const [client, ada] = [await op.client(own), await op.person()];
  const first = await client.tokens(await op.browser().obtain(client, ada));
  assert.deepEqual([first.expires_in, lives(first.access_token), lives(first.id_token)], [120, 120, 300]);
  op.clock.advance({ minutes: 40 });
  const second = await (await client.refresh(first.refresh_token)).json();
  assert.deepEqual([second.expires_in, lives(second.access_token)], [120, 120]);
  op.clock.advance({ minutes: 21 });
  assert.equal((await client.refresh(second.refresh_token)).status, 400, "an hour after the code");
});

test("no app lives longer than the others, and its access token is not cut short by its refresh token", async () => {
  const own = { access_token_lifetime: 86_400, id_token_lifetime: 86_400, refresh_token_lifetime: 60 };
  const [client, ada] = [await op.client(own), await op.person()];
  const tokens = await client.tokens(await op.browser().obtain(client, ada));
  assert.deepEqual([tokens.expires_in, lives(tokens.id_token)], [600, 3_600]);
  op.clock.advance({ minutes: 9 });
  assert.equal((await op.fetch("/userinfo", { bearer: tokens.access_token })).status, 200);
});

test("those of programs, too", async () => {
  const program = await op.serviceClient({ scope: "notes", access_token_lifetime: 60 });
  const { access_token, expires_in } = await (await program.credentials({})).json();
  assert.deepEqual([expires_in, lives(access_token)], [60, 60]);
});

test("the operator alone says so", async () => {
  const wanted = { redirect_uris: ["https://app.acme.test/cb"], access_token_lifetime: 60 };
  assert.equal((await (await op.fetch("/register", { json: wanted })).json()).access_token_lifetime, undefined);
  for (const odd of [59, -1, 1.5, "60", 1e20]) {
    assert.equal((await op.admin("/register", { json: { ...wanted, access_token_lifetime: odd } })).status, 400, `${odd}`);
  }
});
