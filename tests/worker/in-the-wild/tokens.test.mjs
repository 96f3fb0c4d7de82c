// What clients in the wild make of tokens and of what is told about people.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { oauthError } from "../support/expect.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { stranger } from "./support.mjs";

const op = await startLimen({ vars: { REGISTRATION: "open" } });
const ada = await op.person();

const openly = (metadata) => stranger(op, metadata);

describe("an ID token of the code flow", () => {
  const told = async (client) => {
    const tokens = await client.tokens(await op.browser().obtain(client, ada, { scope: "openid profile email" }));
    return [claimsOf(tokens.id_token), claimsOf((await client.refreshed(tokens.refresh_token)).id_token)];
  };

  test("has the claims of its scopes for an app that the operator registered", async () => {
    const client = await op.client();
    assert.equal(client.registered.id_token_claims, true);
    for (const claims of await told(client)) {
      assert.deepEqual([claims.email, claims.email_verified, claims.name], [ada.email, true, "Ada Lovelace"]);
      assert.ok(!("phone_number" in claims));
    }
  });

  test("has none where the app says so, or registered itself, unless it asks for them", async () => {
    for (const [client, has] of [
      [await op.client({ id_token_claims: false }), false],
      [await openly(), false],
      [await openly({ id_token_claims: true }), true],
    ]) {
      assert.equal(client.registered.id_token_claims, has);
      for (const claims of await told(client)) assert.equal("email" in claims, has);
    }
  });

  test("has those of the scopes that were granted, and no others", async () => {
    const client = await op.client({ scope: "openid email" });
    const [claims] = await told(client);
    assert.ok("email" in claims && !("name" in claims));
  });
});

test("email_verified is a boolean wherever an address is told", async () => {
  const bob = await op.person({ email_verified: undefined });
  const client = await op.client();
  const tokens = await client.tokens(await op.browser().obtain(client, bob));
  assert.equal(claimsOf(tokens.id_token).email_verified, false);
  assert.equal((await op.json("/userinfo", { bearer: tokens.access_token })).email_verified, false);
});

describe("two processes that refresh with the same token", () => {
  const later = async (client, seconds) => {
    const { refresh_token: token } = await client.tokens(await op.browser().obtain(client, ada));
    const first = await client.refreshed(token);
    op.clock.advance({ seconds });
    return [await client.refresh(token), first];
  };

  test("more than 30 seconds apart end the family by default", async () => {
    await oauthError((await later(await openly(), 90))[0], 400, "invalid_grant");
  });

  test("both go on within REFRESH_GRACE, up to an hour", async () => {
    await op.redeploy({ REFRESH_GRACE: "3600" });
    const [response, first] = await later(await openly(), 3_000);
    assert.equal((await response.json()).refresh_token, first.refresh_token);
    await op.redeploy({ REFRESH_GRACE: undefined });
  });

  test("both go on for as long as the operator gave the app, which cannot give it to itself", async () => {
    const client = await op.client({ refresh_grace: 600 });
    assert.equal((await later(client, 500))[0].status, 200);
    await oauthError((await later(client, 700))[0], 400, "invalid_grant");
    const own = await openly({ refresh_grace: 3_600 });
    assert.ok(!("refresh_grace" in own.registered));
    await oauthError((await later(own, 90))[0], 400, "invalid_grant");
    const long = { redirect_uris: ["https://a.acme.test/"], refresh_grace: 3_601 };
    await oauthError(await op.admin("/register", { json: long }), 400, "invalid_client_metadata");
  });
});

test("MCP=on lets clients register themselves and be known by a document", async () => {
  const mcp = await startLimen({ vars: { MCP: "on" } });
  const metadata = await mcp.json("/.well-known/oauth-authorization-server");
  assert.equal(metadata.client_id_metadata_document_supported, true);
  const response = await mcp.fetch("/register", { json: { redirect_uris: ["http://localhost:3334/oauth/callback"] } });
  assert.equal(response.status, 201);
});
