// How long the tokens of an app live, where its operator has shortened it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen({ vars: { REGISTRATION: "open" } });
const lives = (jwt) => claimsOf(jwt).exp - claimsOf(jwt).iat;

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

test("a refresh token ends when the app says, also where others have access tokens that live longer", async () => {
  const [client, ada] = [await op.client({ access_token_lifetime: 120, refresh_token_lifetime: 300 }), await op.person()];
  op.clock.freeze();
  const tokens = await client.tokens(await op.browser().obtain(client, ada));
  assert.deepEqual([tokens.expires_in, tokens.authorization_expires_in], [120, 300]);
  op.clock.advance({ seconds: 299 });
  const second = await client.refreshed(tokens.refresh_token);
  op.clock.advance({ seconds: 2 });
  assert.equal((await client.refresh(second.refresh_token)).status, 400);
  const shortest = await op.client({ access_token_lifetime: 60, refresh_token_lifetime: 60 });
  assert.equal((await shortest.tokens(await op.browser().obtain(shortest, ada))).authorization_expires_in, 60);
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

test("a client is told how long its refresh token works, unused and in all", async () => {
  const limen = await startLimen({ vars: { REFRESH_TOKEN_LIFETIME: "864000", REFRESH_TOKEN_IDLE: "604800" } });
  const [client, ada] = [await limen.client(), await limen.person()];
  limen.clock.freeze();
  const told = ({ refresh_token_timeout, authorization_expires_in }) => [refresh_token_timeout, authorization_expires_in];
  const first = await client.tokens(await limen.browser().obtain(client, ada));
  assert.deepEqual(told(first), [604_800, 864_000]);
  limen.clock.advance({ days: 2 });
  assert.deepEqual(told(await client.introspect(first.refresh_token)), [432_000, 691_200]);
  const second = await client.refreshed(first.refresh_token);
  assert.deepEqual(told(second), [604_800, 691_200]);
  limen.clock.advance({ seconds: 20 });
  const retried = await client.refreshed(first.refresh_token);
  assert.deepEqual([retried.refresh_token, ...told(retried)], [second.refresh_token, 604_780, 691_180]);
  limen.clock.advance({ seconds: 431_980 });
  const third = await client.refreshed(second.refresh_token);
  assert.deepEqual(told(third), [259_200, 259_200]);
  assert.deepEqual(told(await client.introspect(third.access_token)), [undefined, undefined]);
  limen.clock.advance({ days: 3 });
  assert.equal((await client.refresh(third.refresh_token)).status, 400, "and no longer");

  const short = await limen.client({ refresh_token_lifetime: 3_600 });
  assert.deepEqual(told(await short.tokens(await limen.browser().obtain(short, ada))), [3_600, 3_600]);
  const program = await limen.serviceClient({ scope: "notes" });
  assert.deepEqual(told(await (await program.credentials({})).json()), [undefined, undefined]);
});
