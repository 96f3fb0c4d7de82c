// prompt, max_age, id_token_hint: when a person is asked, and when not (OIDC Core sections 3.1.2.1 and 3.1.2.3).

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { redirectError } from "../support/expect.mjs";
import { claimsOf, unsignedJwt } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const client = await op.client();
const ada = await op.person();

/** A browser with a session and a remembered consent. */
async function signedIn() {
  const browser = op.browser();
  await browser.obtain(client, ada);
  return browser;
}

async function idTokenClaims(page) {
  const { params, verifier } = page.request;
  const grant = { code: page.callback.get("code"), redirectUri: params.redirect_uri, verifier };
  return claimsOf((await client.tokens(grant)).id_token);
}

describe("prompt=none", () => {
  test("without a session it is login_required, and no page", async () => {
    redirectError(await op.browser().authorize(client, { prompt: "none" }), "login_required");
  });

  test("without consent it is consent_required", async () => {
    const browser = await signedIn();
    const other = await op.client();
    redirectError(await browser.authorize(other, { prompt: "none" }), ["consent_required", "interaction_required"]);
  });

  test("with session and consent it is a code", async () => {
    const browser = await signedIn();
    assert.ok((await browser.authorize(client, { prompt: "none" })).callback.get("code"));
  });

  test("for more than was consented to it is consent_required", async () => {
    const browser = await signedIn();
    const page = await browser.authorize(client, { prompt: "none", scope: "openid profile email phone" });
    redirectError(page, ["consent_required", "interaction_required"]);
  });

  for (const prompt of ["none login", "none consent", "login none", "none select_account"]) {
    test(`with another value, "${prompt}", it is invalid_request`, async () => {
      redirectError(await op.browser().authorize(client, { prompt }), "invalid_request");
      redirectError(await (await signedIn()).authorize(client, { prompt }), "invalid_request");
    });
  }
});

test("by prompt=none a client does not learn who somebody is, or since when, who has allowed it nothing", async () => {
  const [browser, bob, curious] = [op.browser(), await op.person(), await op.client()];
  await browser.obtain(client, ada);
  const forSub = (value) => ({ claims: JSON.stringify({ id_token: { sub: { value } } }) });
  const { id_token: hint } = await client.tokens(await op.browser().obtain(client, bob));
  for (const guess of [{}, forSub(ada.id), forSub(bob.id), { id_token_hint: hint }, { max_age: "0" }]) {
    redirectError(await browser.authorize(curious, { prompt: "none", ...guess }), "consent_required");
  }
});

describe("prompt=login", () => {
  test("asks for the password again, and auth_time moves on", async () => {
    const browser = await signedIn();
    const before = await idTokenClaims(await browser.authorize(client));
    op.clock.advance({ minutes: 5 });
    const page = await browser.authorize(client, { prompt: "login" });
    assert.ok(page.asksForPassword);
    const after = await idTokenClaims(await browser.complete(page, ada));
    assert.ok(after.auth_time - before.auth_time >= 300);
  });

  test("is not satisfied by coming back without signing in", async () => {
    op.clock.freeze();
    const browser = await signedIn();
    const page = await browser.authorize(client, { prompt: "login" });
    assert.ok(page.asksForPassword);
    const { value } = page.form("password").controls.find(({ name }) => name === "interaction");
    const resumed = await browser.open(`/authorize/resume?interaction=${encodeURIComponent(value)}`);
    assert.equal(resumed.callback, null, "in the same second, too");
  });

  test("is satisfied by signing in once, not twice", async () => {
    const browser = await signedIn();
    const page = await browser.signIn(await browser.authorize(client, { prompt: "login" }), ada);
    assert.ok(page.callback?.get("code"), page.text);
  });
});

test("prompt=consent asks although consent is remembered", async () => {
  const browser = await signedIn();
  const page = await browser.authorize(client, { prompt: "consent" });
  assert.ok(page.asksForConsent);
  assert.ok((await browser.approve(page)).callback.get("code"));
});

test('prompt="login consent" asks for both', async () => {
  const browser = await signedIn();
  const login = await browser.authorize(client, { prompt: "login consent" });
  assert.ok(login.asksForPassword);
  const consent = await browser.signIn(login, ada);
  assert.ok(consent.asksForConsent);
  assert.ok((await browser.approve(consent)).callback.get("code"));
});

test("prompt=consent is not satisfied by coming back without consenting", async () => {
  const browser = await signedIn();
  const page = await browser.authorize(client, { prompt: "consent" });
  const { value } = page.form("approve").controls.find(({ name }) => name === "interaction");
  const resumed = await browser.open(`/authorize/resume?interaction=${encodeURIComponent(value)}`);
  assert.equal(resumed.callback, null);
});

test("prompt=select_account lets another person sign in", async () => {
  const browser = await signedIn();
  const page = await browser.authorize(client, { prompt: "select_account" });
  assert.equal(page.callback, null);
  const bob = await op.person();
  const done = await browser.complete(page, bob);
  assert.equal((await idTokenClaims(done)).sub, bob.id);
});

test("an unknown prompt is invalid_request or ignored, never a fault", async () => {
  const page = await op.browser().authorize(client, { prompt: "create" });
  if (page.callback) redirectError(page, "invalid_request");
  else assert.ok(page.asksForPassword);
});

describe("max_age", () => {
  test("younger sessions pass, older ones sign in again", async () => {
    const browser = await signedIn();
    assert.ok((await browser.authorize(client, { max_age: "600" })).callback?.get("code"));
    op.clock.advance({ seconds: 601 });
    const page = await browser.authorize(client, { max_age: "600" });
    assert.ok(page.asksForPassword);
    const claims = await idTokenClaims(await browser.complete(page, ada));
    assert.ok(op.clock.seconds() - claims.auth_time < 60, "auth_time is that of the new sign-in");
  });

  test("with prompt=none it is login_required", async () => {
    const browser = await signedIn();
    op.clock.advance({ seconds: 61 });
    redirectError(await browser.authorize(client, { max_age: "60", prompt: "none" }), "login_required");
  });

  test("0 always asks (Core section 3.1.2.1)", async () => {
    op.clock.freeze();
    const browser = await signedIn();
    redirectError(await browser.authorize(client, { max_age: "0", prompt: "none" }), "login_required");
    const page = await browser.authorize(client, { max_age: "0" });
    assert.ok(page.asksForPassword);
    assert.ok((await browser.signIn(page, ada)).callback?.get("code"), "once");
  });

  test("default_max_age of the client counts where the request has none", async () => {
    const strict = await op.client({ default_max_age: 60 });
    const browser = op.browser();
    await browser.obtain(strict, ada);
    op.clock.advance({ seconds: 61 });
    assert.ok((await browser.authorize(strict)).asksForPassword);
    assert.ok((await browser.authorize(strict, { max_age: "3600" })).callback, "the request goes before the default");
  });

  for (const age of [
    "-1",
    "1e20",
    "NaN",
    "1.5",
    "0x10",
    " 1",
    "+1",
    "99999999999999999999",
    "9223372036854775807",
    "one",
    "1,000",
  ]) {
    test(`${age} is invalid_request, or a long time, but no fault`, async () => {
      const page = await op.browser().authorize(client, { max_age: age });
      if (/^\d+$/.test(age) && !page.callback) return assert.ok(page.asksForPassword);
      redirectError(page, "invalid_request");
    });
  }
});

describe("id_token_hint", () => {
  async function hint(browser) {
    const grant = await browser.obtain(client, ada);
    return (await client.tokens(grant)).id_token;
  }

  test("of the person who is signed in passes", async () => {
    const browser = op.browser();
    const token = await hint(browser);
    assert.ok((await browser.authorize(client, { prompt: "none", id_token_hint: token })).callback.get("code"));
  });

  test("passes when it has expired (Core section 3.1.2.1)", async () => {
    const browser = op.browser();
    const token = await hint(browser);
    op.clock.advance({ hours: 30 });
    assert.ok((await browser.authorize(client, { prompt: "none", id_token_hint: token })).callback.get("code"));
  });

  test("of somebody else is login_required under prompt=none", async () => {
    const token = await hint(op.browser());
    const browser = op.browser();
    await browser.obtain(client, await op.person());
    redirectError(await browser.authorize(client, { prompt: "none", id_token_hint: token }), "login_required");
  });

  test("of somebody else never yields a code for the one who signs in", async () => {
    const token = await hint(op.browser());
    const browser = op.browser();
    const bob = await op.person();
    const page = await browser.signIn(await browser.authorize(client, { id_token_hint: token }), bob);
    assert.equal(page.callback?.get("code") ?? null, null);
    if (page.callback) redirectError(page, ["login_required", "access_denied", "account_selection_required"]);
    else assert.ok(page.alert, "if it asks again, it says why");
  });

  test("that is garbage, unsigned, or of an unknown kid is no fault", async () => {
    const forged = unsignedJwt(
      { alg: "RS256", kid: "unknown" },
      { sub: ada.id, iss: op.issuer, aud: client.id },
      "AAAA",
    );
    for (const id_token_hint of ["x", "a.b.c", "...", forged, unsignedJwt({ alg: "none" }, {}), "e".repeat(8_000)]) {
      const page = await op.browser().authorize(client, { id_token_hint });
      if (page.callback) redirectError(page, ["invalid_request", "login_required"]);
      else assert.ok(page.asksForPassword);
    }
  });
});
