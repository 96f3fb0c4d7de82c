// PKCE: RFC 7636, RFC 9700 section 2.1.1.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { oauthError, redirectError } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";
import { s256 } from "../support/pkce.mjs";

const op = await startLimen();
const clients = { public: await op.publicClient(), confidential: await op.client(), native: await op.nativeClient() };
const ada = await op.person();
const browser = op.browser();
for (const client of Object.values(clients)) await browser.obtain(client, ada);

const VECTOR = {
  verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
  challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
};

for (const [kind, client] of Object.entries(clients)) {
  describe(`a ${kind} client`, () => {
    test("redeems with the verifier of RFC 7636 appendix B", async () => {
      const grant = await browser.obtain(client, ada, { code_challenge: VECTOR.challenge });
      assert.equal((await client.redeem(grant, { code_verifier: VECTOR.verifier })).status, 200);
    });

    test("is refused without, with an empty, and with a wrong verifier", async () => {
      const grant = await browser.obtain(client, ada, { code_challenge: VECTOR.challenge });
      for (const code_verifier of [
        undefined,
        "",
        VECTOR.challenge,
        VECTOR.verifier.toLowerCase(),
        `${VECTOR.verifier}A`,
        "x".repeat(43),
      ]) {
        await oauthError(await client.redeem(grant, { code_verifier }), 400, ["invalid_grant", "invalid_request"]);
      }
      assert.equal((await client.redeem(grant, { code_verifier: VECTOR.verifier })).status, 200, "not burned");
    });

    test("is refused with a verifier of 42 or 129 characters, or of other characters", async () => {
      for (const verifier of [
        "a".repeat(42),
        "a".repeat(129),
        `${"a".repeat(43)}+`,
        `${"a".repeat(43)} `,
        `${"a".repeat(43)}\u00e9`,
        `${"a".repeat(43)}=`,
      ]) {
        const grant = await browser.obtain(client, ada, { code_challenge: s256(verifier) });
        await oauthError(await client.redeem(grant, { code_verifier: verifier }), 400, [
          "invalid_grant",
          "invalid_request",
        ]);
      }
    });

    test("redeems with verifiers of 43 and 128 characters and all unreserved ones", async () => {
      for (const verifier of ["a".repeat(43), "z".repeat(128), `AZaz09-._~${"b".repeat(40)}`]) {
        const grant = await browser.obtain(client, ada, { code_challenge: s256(verifier) });
        assert.equal((await client.redeem(grant, { code_verifier: verifier })).status, 200);
      }
    });

    test("is refused the method plain, named or by default (section 4.3)", async () => {
      for (const method of ["plain", undefined, "", "s256", "S512", "none"]) {
        const page = await browser.authorize(client, {
          code_challenge: VECTOR.verifier,
          code_challenge_method: method,
        });
        redirectError(page, "invalid_request");
      }
    });

    test("is refused a method without a challenge", async () => {
      redirectError(await browser.authorize(client, { code_challenge: undefined }), "invalid_request");
      redirectError(await browser.authorize(client, { code_challenge: "" }), "invalid_request");
    });

    test("is refused a challenge that is no SHA-256 in base64url", async () => {
      for (const challenge of [
        "x",
        "a".repeat(42),
        "a".repeat(44),
        `${VECTOR.challenge}=`,
        VECTOR.challenge.replaceAll("-", "+"),
        "a".repeat(128),
        "\u00e9".repeat(43),
      ]) {
        redirectError(await browser.authorize(client, { code_challenge: challenge }), "invalid_request");
      }
    });
  });
}

for (const kind of ["public", "native"]) {
  test(`a ${kind} client without PKCE is refused`, async () => {
    const page = await browser.authorize(clients[kind], {
      code_challenge: undefined,
      code_challenge_method: undefined,
    });
    redirectError(page, "invalid_request");
  });
}

const WITHOUT = { code_challenge: undefined, code_challenge_method: undefined };

test("REQUIRE_PKCE=all: a confidential client without PKCE is refused, too", async () => {
  const strict = await startLimen({ vars: { REQUIRE_PKCE: "all" } });
  const [client, person, visitor] = [await strict.client(), await strict.person(), strict.browser()];
  const grant = await visitor.obtain(client, person);
  assert.equal((await client.redeem(grant)).status, 200);
  redirectError(await visitor.authorize(client, WITHOUT), "invalid_request");
});

describe("REQUIRE_PKCE=none", async () => {
  const lax = await startLimen({ vars: { REQUIRE_PKCE: "none" } });
  const [client, person, visitor] = [await lax.publicClient(), await lax.person(), lax.browser()];

  test("lets a public web client go without", async () => {
    const grant = await visitor.obtain(client, person, WITHOUT);
    assert.equal((await client.redeem(grant)).status, 200);
  });

  test("holds who sends a challenge to it", async () => {
    const grant = await visitor.obtain(client, person);
    await oauthError(await client.redeem({ ...grant, verifier: undefined }), 400, "invalid_grant");
    assert.equal((await client.redeem(grant)).status, 200, "not burned");
  });

  test("still requires it of native clients (RFC 8252 section 8.1)", async () => {
    redirectError(await visitor.authorize(await lax.nativeClient(), WITHOUT), "invalid_request");
  });
});

test("a confidential client may go without PKCE", async () => {
  const client = clients.confidential;
  const grant = await browser.obtain(client, ada, { code_challenge: undefined, code_challenge_method: undefined });
  assert.equal((await client.redeem(grant)).status, 200);
});

test("a verifier without a challenge is refused: somebody took the challenge out (RFC 9700 section 4.8.2)", async () => {
  const client = clients.confidential;
  const grant = await browser.obtain(client, ada, { code_challenge: undefined, code_challenge_method: undefined });
  await oauthError(await client.redeem(grant, { code_verifier: VECTOR.verifier }), 400, [
    "invalid_grant",
    "invalid_request",
  ]);
  assert.equal((await client.redeem(grant)).status, 200, "not burned");
});

test("the challenge of one request does not serve another", async () => {
  const client = clients.public;
  const [one, two] = [await browser.obtain(client, ada), await browser.obtain(client, ada)];
  await oauthError(await client.redeem(one, { code_verifier: two.verifier }), 400, "invalid_grant");
  assert.equal((await client.redeem(one)).status, 200);
});

test("the challenge survives login and consent", async () => {
  const client = await op.publicClient();
  const fresh = op.browser();
  const page = await fresh.authorize(client, { code_challenge: VECTOR.challenge });
  const done = await fresh.complete(page, ada);
  const grant = { code: done.callback.get("code"), redirectUri: client.redirectUri };
  await oauthError(await client.redeem(grant), 400, ["invalid_grant", "invalid_request"]);
  assert.equal((await client.redeem({ ...grant, verifier: VECTOR.verifier })).status, 200);
});
