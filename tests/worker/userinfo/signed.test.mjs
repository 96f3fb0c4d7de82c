// Signed UserInfo: OIDC Core section 5.3.2. Each answer is verified by jose against the JWKS.

import assert from "node:assert/strict";
import { test } from "node:test";

import { bearerError } from "../support/expect.mjs";
import { headerOf, verified } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const ada = await op.person();

async function accessToken(client) {
  return (await client.tokens(await op.browser().obtain(client, ada))).access_token;
}

for (const alg of ["RS256", "PS256", "ES256", "EdDSA"]) {
  test(`a client that asks for ${alg} gets a JWT with iss and aud, whatever signs its ID tokens`, async () => {
    const client = await op.client({ userinfo_signed_response_alg: alg, id_token_signed_response_alg: "ES256" });
    const bearer = await accessToken(client);
    for (const init of [{ bearer }, { bearer, method: "POST" }, { form: { access_token: bearer } }]) {
      const response = await op.fetch("/userinfo", init);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-type"), "application/jwt");
      assert.match(response.headers.get("cache-control"), /no-store/);
      const jwt = await response.text();
      const { kid } = headerOf(jwt);
      assert.deepEqual(headerOf(jwt), { alg, kid, typ: "JWT" });
      const { iss, aud, sub, email, name, ...rest } = await verified(op, jwt, { algorithms: [alg] });
      assert.deepEqual([iss, aud, sub, email, name], [op.issuer, client.id, ada.id, ada.email, ada.name]);
      assert.ok(!("exp" in rest) && !("scope" in rest) && !("nonce" in rest));
    }
  });
}

test("the key that will sign is published before it is needed", async () => {
  const fresh = await startLimen();
  await fresh.client({ userinfo_signed_response_alg: "EdDSA" });
  assert.ok((await fresh.jwks()).keys.some(({ alg }) => alg === "EdDSA"));
});

test("it costs one D1 trip", async () => {
  const client = await op.client({ userinfo_signed_response_alg: "PS256" });
  const bearer = await accessToken(client);
  for (let n = 0; n < 2; n++) {
    const response = await op.fetch("/userinfo", { bearer, measure: true });
    assert.equal(response.headers.get("x-limen-test-d1"), "1");
    await response.text();
  }
});

test("a signed answer is no access token", async () => {
  const client = await op.client({ userinfo_signed_response_alg: "RS256" });
  const jwt = await (await op.fetch("/userinfo", { bearer: await accessToken(client) })).text();
  await bearerError(await op.fetch("/userinfo", { bearer: jwt }), 401, "invalid_token");
});

test("errors stay as they are", async () => {
  await op.client({ userinfo_signed_response_alg: "RS256" });
  await bearerError(await op.fetch("/userinfo", { bearer: "a.b.c" }), 401, "invalid_token");
});

test("PATCH turns it on and off", async () => {
  const client = await op.client();
  const bearer = await accessToken(client);
  const kind = async () => (await op.fetch("/userinfo", { bearer })).headers.get("content-type");
  assert.equal(await kind(), "application/json");
  for (const [alg, expected] of [
    ["ES256", "application/jwt"],
    [null, "application/json"],
  ]) {
    const change = { method: "PATCH", json: { userinfo_signed_response_alg: alg } };
    assert.equal((await op.admin(`/register/${client.id}`, change)).status, 200);
    assert.equal(await kind(), expected);
  }
});
