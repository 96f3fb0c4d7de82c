// A leaked signing key: one call promotes the next, withdraws it, and republishes.

import assert from "node:assert/strict";
import { test } from "node:test";

import { headerOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen({ isolates: 2 });

const publishedKids = async (init) => (await op.jwks(init)).keys.map((key) => key.kid);
const revoke = (kid) => op.admin(`/admin/api/keys/${kid}/revoke`, { method: "POST" });

test("a revoked key leaves the JWKS, its tokens die, and the next one signs", async () => {
  const client = await op.serviceClient({ scope: "notes" });
  const { access_token: leaked } = await (await client.credentials()).json();
  const { kid, alg } = headerOf(leaked);
  await op.cron();
  const next = (await op.keys()).find((key) => key.alg === alg && key.state === "next");
  assert.equal((await client.introspect(leaked)).active, true);

  const response = await revoke(kid);
  assert.ok([200, 204].includes(response.status), await response.text());

  assert.ok(!(await publishedKids()).includes(kid));
  assert.equal((await client.introspect(leaked)).active, false);
  const { access_token: fresh } = await (await client.credentials()).json();
  assert.equal(headerOf(fresh).kid, next.kid, "promotes next: relying parties already know it");
  assert.ok((await publishedKids()).includes(next.kid));
  assert.equal((await op.keys()).find((key) => key.kid === kid).state, "revoked");
});

test("another isolate forgets the revoked key within a minute", async () => {
  const client = await op.serviceClient({ scope: "notes" });
  const [warm] = [await (await client.credentials({}, { isolate: 1 })).json()];
  const { kid } = headerOf(warm.access_token);
  await publishedKids({ isolate: 1 });
  await revoke(kid);
  op.clock.advance({ seconds: 61 });
  assert.ok(!(await publishedKids({ isolate: 1 })).includes(kid));
  const { access_token: fresh } = await (await client.credentials({}, { isolate: 1 })).json();
  assert.notEqual(headerOf(fresh).kid, kid);
  assert.equal((await client.introspect(warm.access_token, {}, { isolate: 1 })).active, false);
});

test("after an emergency there is a next key again", async () => {
  const { kid, alg } = (await op.keys()).find((key) => key.state === "current");
  await revoke(kid);
  await op.cron();
  const states = (await op.keys()).filter((key) => key.alg === alg).map((key) => key.state);
  assert.equal(states.filter((state) => state === "current").length, 1);
  assert.equal(states.filter((state) => state === "next").length, 1);
});

test("two emergencies at once leave one current key", async () => {
  const { kid, alg } = (await op.keys()).find((key) => key.state === "current");
  await Promise.all([revoke(kid), revoke(kid)]);
  await op.cron();
  const current = (await op.keys()).filter((key) => key.alg === alg && key.state === "current");
  assert.equal(current.length, 1);
  assert.notEqual(current[0].kid, kid);
});

test("three emergencies in one second: a revoked key never signs", async () => {
  const client = await op.serviceClient({ scope: "notes" });
  const { alg } = headerOf((await (await client.credentials()).json()).access_token);
  op.clock.freeze();
  for (let round = 0; round < 3; round++) {
    const current = (await op.keys()).find((key) => key.alg === alg && key.state === "current");
    await revoke(current.kid);
    const { access_token: token } = await (await client.credentials()).json();
    const signer = (await op.keys()).find((key) => key.kid === headerOf(token).kid);
    assert.equal(signer.state, "current");
  }
});

test("a next key that is revoked never signs, also when its day comes", async () => {
  const later = await startLimen();
  const client = await later.serviceClient({ scope: "notes" });
  await later.cron();
  const signs = async () => headerOf((await (await client.credentials()).json()).access_token).kid;
  const current = await signs();
  const { alg } = (await later.keys()).find((key) => key.kid === current);
  const next = (await later.keys()).find((key) => key.alg === alg && key.state === "next");
  await later.admin(`/admin/api/keys/${next.kid}/revoke`, { method: "POST" });
  assert.equal(await signs(), current, "the current key goes on");
  later.clock.advance({ seconds: next.activate_at - later.clock.seconds() + 60 });
  assert.notEqual(await signs(), next.kid);
  const { keys } = await later.jwks();
  assert.ok(!keys.some((key) => key.kid === next.kid));
});

test("an unknown key is 404, and the token is needed", async () => {
  assert.equal((await revoke("no-such-key")).status, 404);
  const { kid } = (await op.keys()).find((key) => key.state === "current");
  assert.equal((await op.fetch(`/admin/api/keys/${kid}/revoke`, { method: "POST" })).status, 401);
  assert.ok((await publishedKids()).includes(kid));
});

test("a failing emergency changes nothing and says so", async () => {
  const { kid } = (await op.keys()).find((key) => key.state === "current");
  const response = await op.admin(`/admin/api/keys/${kid}/revoke`, {
    method: "POST",
    d1: { matching: "UPDATE signing_keys" },
  });
  assert.equal(response.status, 503);
  assert.equal((await op.keys()).find((key) => key.kid === kid).state, "current");
});
