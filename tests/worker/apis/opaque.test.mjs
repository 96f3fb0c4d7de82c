// Opaque access tokens: Limen reads them as it reads JWTs, and nobody else reads them at all.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { basic } from "../support/client.mjs";
import { ath, DpopKey } from "../support/dpop.mjs";
import { bearerError, oauthError, succeeded } from "../support/expect.mjs";
import { claimsOf, mutations, verified } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { PATH, declare, patch, remove } from "./support.mjs";

const VARIABLE = "https://variable.acme.test";
const op = await startLimen({ vars: { RESOURCES: JSON.stringify({ [VARIABLE]: "Variable" }) } });
const [client, ada] = [await op.client(), await op.person()];
const browser = op.browser();
const opaque = (members) => declare(op, { token_format: "opaque", ...members });
const obtain = async (api, params = {}, by = client) =>
  by.tokens(await browser.obtain(by, ada, { resource: api.identifier, scope: "openid profile files:read", ...params }));

/** The credentials of an API, as it sends them. */
async function credentials(api, json = {}) {
  const response = await op.admin(`${PATH}/${api.id}/renew_secret`, { method: "POST", json });
  const told = await response.json();
  assert.equal(response.status, 200, JSON.stringify(told));
  return told;
}
const ask = (told, token, init = {}) =>
  op.fetch("/introspect", { form: { token }, headers: { authorization: basic(told.client_id, told.client_secret), ...init.headers } });
const introspect = async (told, token) => succeeded(await ask(told, token));

describe("an opaque access token", () => {
  test("says nothing to whoever has it, and all to its API and its client", async () => {
    const api = await opaque({ access_token_lifetime: 120 });
    const { access_token: token, expires_in: seconds, token_type: type } = await obtain(api);
    assert.match(token, /^limen_at_1_[\w-]+$/);
    assert.equal(Buffer.from(token, "base64url").includes(ada.id), false);
    assert.deepEqual([seconds, type], [120, "Bearer"]);
    for (const told of [await introspect(await credentials(api), token), await client.introspect(token)]) {
      assert.deepEqual([told.active, told.aud, told.client_id, told.scope], [true, api.identifier, client.id, "files:read openid profile"]);
      assert.equal(told.sub, ada.id);
      assert.equal(told.exp - told.iat, 120);
    }
  });

  test("opens UserInfo where it is for Limen, too", async () => {
    const api = await opaque();
    const { access_token: alone } = await obtain(api);
    await bearerError(await op.fetch("/userinfo", { bearer: alone }), 401, "invalid_token");
    const { access_token: both } = await obtain(api, { resource: [api.identifier, op.issuer] });
    assert.match(both, /^limen_at_/);
    const told = await op.json("/userinfo", { bearer: both });
    assert.equal(told.sub, ada.id);
  });

  test("is revoked by its client, and dies with its family and with its signing key", async () => {
    const api = await opaque();
    const [told, first] = [await credentials(api), await obtain(api)];
    assert.equal((await client.post("/revoke", { token: first.access_token })).status, 200);
    assert.deepEqual(await introspect(told, first.access_token), { active: false });
    const refreshed = await client.refreshed(first.refresh_token);
    assert.equal((await introspect(told, refreshed.access_token)).active, true);
    await client.post("/revoke", { token: refreshed.refresh_token });
    assert.deepEqual(await introspect(told, refreshed.access_token), { active: false });
  });

  test("does not open where a character was changed, and neither does part of one", async () => {
    const api = await opaque();
    const [told, { access_token: token }] = [await credentials(api), await obtain(api)];
    let tried = 0;
    for (const wrong of mutations(token)) {
      if (++tried % 40) continue;
      assert.deepEqual(await introspect(told, wrong), { active: false });
    }
    for (const wrong of ["limen_at_", "limen_at_1_", "limen_at_2_AAAA", "limen_at_01_AAAA", token.slice(0, 40), `${token}A`]) {
      assert.deepEqual(await introspect(told, wrong), { active: false }, wrong);
      await bearerError(await op.fetch("/userinfo", { bearer: wrong }), 401, "invalid_token");
      assert.equal((await client.post("/revoke", { token: wrong })).status, 200);
    }
  });

  test("is exchanged as others are, and comes of an exchange", async () => {
    const [from, to] = [await opaque(), await opaque()];
    const service = await op.serviceClient({
      grant_types: ["urn:ietf:params:oauth:grant-type:token-exchange"],
      scope: "files:read",
      token_exchange: { from: [from.identifier], to: [to.identifier, VARIABLE] },
    });
    const { access_token: subject } = await obtain(from);
    const exchange = (more) => service.post("/token", {
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: subject,
      subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
      ...more,
    });
    const { access_token: jwt } = await succeeded(await exchange({ resource: VARIABLE }));
    assert.equal(claimsOf(jwt).aud, VARIABLE);
    const { access_token: sealed } = await succeeded(await exchange({ resource: to.identifier }));
    assert.equal((await introspect(await credentials(to), sealed)).sub, ada.id);
    await oauthError(await exchange({ subject_token: `${subject}A`, resource: VARIABLE }), 400, "invalid_request");
  });

  test("can be bound to a key: the proof is for the text that was sent", async () => {
    const [key, api] = [await DpopKey.generate(op), await opaque()];
    const bound = await op.client({ dpop_bound_access_tokens: true });
    const grant = await browser.obtain(bound, ada, { resource: [api.identifier, op.issuer] });
    const tokens = await bound.tokens(grant, {}, { headers: await key.posting() });
    assert.equal(tokens.token_type, "DPoP");
    assert.match(tokens.access_token, /^limen_at_/);
    assert.equal((await key.userinfo(tokens.access_token)).status, 200);
    assert.equal((await key.userinfo(tokens.access_token, { ath: ath("another") })).status, 401);
    const bearer = await op.fetch("/userinfo", { bearer: tokens.access_token });
    assert.equal(bearer.status, 401);
    assert.equal((await introspect(await credentials(api), tokens.access_token)).cnf.jkt, key.jkt);
  });

  test("is a JWT from the next one on, where the API wants that; and for several APIs unless all want it opaque", async () => {
    const [api, other] = [await opaque(), await declare(op)];
    const tokens = await obtain(api, { resource: [api.identifier, other.identifier] });
    assert.deepEqual([...claimsOf(tokens.access_token).aud].sort(), [api.identifier, other.identifier].sort());
    const one = await client.refreshed(tokens.refresh_token, { resource: api.identifier });
    assert.match(one.access_token, /^limen_at_/);
    await patch(op, api, { token_format: "jwt" });
    await verified(op, (await client.refreshed(one.refresh_token, { resource: api.identifier })).access_token, { typ: "at+jwt", audience: api.identifier });
  });
});

describe("an API asks with credentials of its own", () => {
  test("about tokens for itself, and is told of no others", async () => {
    const [api, other] = [await declare(op), await declare(op)];
    const told = await credentials(api);
    assert.equal((await introspect(told, (await obtain(api)).access_token)).active, true);
    for (const { access_token: token, refresh_token: refresh } of [await obtain(other), await obtain({ identifier: VARIABLE }), await obtain({})]) {
      assert.deepEqual(await introspect(told, token), { active: false });
      assert.deepEqual(await introspect(told, refresh), { active: false });
    }
  });

  test("and other clients are told of no token for it, but of those for the variable's APIs, as before", async () => {
    const [api, other] = [await declare(op), await op.client()];
    const { access_token: token } = await obtain(api);
    assert.equal((await client.introspect(token)).active, true);
    assert.deepEqual(await other.introspect(token), { active: false });
    assert.equal((await other.introspect((await obtain({ identifier: VARIABLE })).access_token)).active, true);
    assert.equal((await other.introspect((await obtain({})).access_token)).active, true);
    await remove(op, api);
    assert.deepEqual(await other.introspect(token), { active: false });
    assert.equal((await client.introspect(token)).active, true);
  });

  test("which a slip in a member does not end", async () => {
    const api = await opaque();
    const before = await credentials(api);
    for (const json of [{ overlap_second: 600 }, { end_others: true }]) {
      const response = await op.admin(`${PATH}/${api.id}/renew_secret`, { method: "POST", json });
      assert.equal(response.status, 400);
      assert.match((await response.json()).error_description, /^\w+ is no member here; the only one is overlap_seconds$/);
    }
    assert.deepEqual(await introspect(before, "x"), { active: false });
  });

  test("which are told once, and renewed with an overlap", async () => {
    const api = await declare(op);
    const { access_token: token } = await obtain(api);
    assert.equal(api.introspection.secret_made_at, null);
    const first = await credentials(api, { overlap_seconds: 3600 });
    assert.deepEqual([first.client_id, first.previous_secret_until], [api.introspection.client_id, null]);
    const second = await credentials(api, { overlap_seconds: 3600 });
    assert.ok(second.previous_secret_until > 0);
    const now = await (await op.admin(`${PATH}/${api.id}`)).json();
    assert.equal(now.introspection.previous_secret_until, second.previous_secret_until);
    assert.equal(JSON.stringify(now).includes(second.client_secret), false);
    for (const one of [first, second]) assert.equal((await introspect(one, token)).active, true);
    op.clock.advance({ minutes: 61 });
    const fresh = await obtain(api);
    await oauthError(await ask(first, fresh.access_token), 401, "invalid_client");
    assert.equal((await introspect(second, fresh.access_token)).active, true);
    const third = await credentials(api);
    await oauthError(await ask(second, fresh.access_token), 401, "invalid_client");
    assert.equal((await introspect(third, fresh.access_token)).active, true);
    const details = await op.rows("SELECT detail FROM audit WHERE event = 'api_secret_renewed' AND detail LIKE ?", `%${api.id}%`);
    assert.equal(details.length, 3);
    assert.ok(details.every(({ detail }) => !detail.includes("limen_as_")));
    await remove(op, api);
    await oauthError(await ask(third, fresh.access_token), 401, "invalid_client");
  });

  test("of another API, and none that are made up", async () => {
    const [api, other] = [await declare(op), await declare(op)];
    const [own, others] = [await credentials(api), await credentials(other)];
    const { access_token: token } = await obtain(api);
    for (const wrong of [
      { ...own, client_secret: others.client_secret },
      { ...own, client_secret: "x" },
      { ...own, client_secret: "" },
      { ...own, client_secret: own.client_secret.slice(0, -1) },
      { ...own, client_id: `api_${"A".repeat(22)}` },
      { ...own, client_id: api.id },
    ]) {
      await oauthError(await ask(wrong, token), 401, "invalid_client");
    }
    for (const path of ["/token", "/revoke"]) {
      const form = { token, grant_type: "client_credentials" };
      const response = await op.fetch(path, { form, headers: { authorization: basic(own.client_id, own.client_secret) } });
      await oauthError(response, 401, "invalid_client");
    }
  });

  test("for an answer in a JWT (RFC 9701), which is for the API", async () => {
    const api = await declare(op, { token_signing_alg: "ES256" });
    const { access_token: token } = await obtain(api);
    const response = await ask(await credentials(api), token, { headers: { accept: "application/token-introspection+jwt" } });
    assert.equal(response.status, 200);
    const claims = await verified(op, await response.text(), { typ: "token-introspection+jwt", audience: api.identifier });
    assert.equal(claims.token_introspection.active, true);
  });
});
