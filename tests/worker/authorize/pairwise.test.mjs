// Pairwise subject identifiers (OIDC Core section 8).

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { redirectError } from "../support/expect.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { freshRoot, startLimen } from "../support/limen.mjs";

const op = await startLimen({ vars: { FRONT_CHANNEL_TOKENS: "on" } });
const pairwise = (host, more = {}) =>
  op.client({ subject_type: "pairwise", redirect_uris: [`https://${host}/callback`], ...more });
const one = await pairwise("one.acme.test");
const ada = await op.person();

async function known(client, person = ada, browser = op.browser()) {
  const tokens = await client.tokens(await browser.obtain(client, person));
  return { tokens, sub: claimsOf(tokens.id_token).sub };
}

test("a sector has one identifier for a person, another sector another, and neither is the public one", async () => {
  const [same, other, open] = [await pairwise("one.acme.test"), await pairwise("two.acme.test"), await op.client()];
  const subs = [await known(one), await known(same), await known(other), await known(open)].map(({ sub }) => sub);
  assert.equal(subs[0], subs[1]);
  assert.notEqual(subs[0], subs[2]);
  assert.equal(subs[3], ada.id);
  assert.ok(!subs.slice(0, 3).includes(ada.id));
  const bob = await op.person();
  assert.notEqual((await known(one, bob)).sub, subs[0]);
  assert.ok(subs[0].length <= 255, "at most 255 ASCII characters (Core section 2)");
});

test("every token and answer has the same identifier", async () => {
  const { tokens, sub } = await known(one);
  assert.equal(claimsOf(tokens.access_token).sub, sub);
  assert.equal((await op.json("/userinfo", { bearer: tokens.access_token })).sub, sub);
  assert.equal((await one.introspect(tokens.access_token)).sub, sub);
  assert.equal((await one.introspect(tokens.refresh_token)).sub, sub);
  const refreshed = await one.refreshed(tokens.refresh_token);
  assert.equal(claimsOf(refreshed.id_token).sub, sub);
  assert.equal(claimsOf(refreshed.access_token).sub, sub);
  const visible = JSON.stringify([claimsOf(tokens.id_token), claimsOf(tokens.access_token)]);
  assert.ok(!visible.includes(ada.id));
});

test("tokens of the authorization endpoint have it too", async () => {
  const implicit = { grant_types: ["implicit"], response_types: ["id_token token"] };
  const browser = op.browser();
  const client = await pairwise("one.acme.test", implicit);
  const { callback } = await browser.complete(await browser.authorize(client, { response_type: "id_token token" }), ada);
  const { sub } = await known(one);
  assert.equal(claimsOf(callback.get("id_token")).sub, sub);
  assert.equal((await op.json("/userinfo", { bearer: callback.get("access_token") })).sub, sub);
});

test("an app cannot enter the sector of another by a scheme of its own", async () => {
  const response = await op.admin("/register", {
    json: {
      subject_type: "pairwise",
      application_type: "native",
      token_endpoint_auth_method: "none",
      redirect_uris: ["https://one.acme.test/callback", "evil://one.acme.test/callback"],
    },
  });
  assert.equal(response.status, 400, await response.text());
});

describe("who is expected", () => {
  test("id_token_hint names the person by it", async () => {
    const browser = op.browser();
    const { tokens } = await known(one, ada, browser);
    const hinted = await browser.authorize(one, { id_token_hint: tokens.id_token, prompt: "none" });
    assert.ok(hinted.callback.get("code"));
    const stranger = op.browser();
    const bob = await op.person();
    await known(one, bob, stranger);
    const refused = await stranger.authorize(one, { id_token_hint: tokens.id_token, prompt: "none" });
    redirectError(refused, "login_required");
  });

  test("a hint of another sector does not tell who it is about", async () => {
    const browser = op.browser();
    const { tokens } = await known(await pairwise("three.acme.test"), ada, browser);
    await known(one, ada, browser);
    const page = await browser.authorize(one, { id_token_hint: tokens.id_token, prompt: "none" });
    redirectError(page, "login_required");
  });

  test("a value of the claim sub names the person by it", async () => {
    const browser = op.browser();
    const { sub } = await known(one, ada, browser);
    const ask = (value) =>
      browser.authorize(one, { prompt: "none", claims: JSON.stringify({ id_token: { sub: { value } } }) });
    assert.ok((await ask(sub)).callback.get("code"));
    redirectError(await ask(ada.id), "login_required");
  });
});

test("apps on devices, whose redirect URIs name nobody, share nothing", async () => {
  const native = () => op.nativeClient({ subject_type: "pairwise" });
  const [a, b] = [await known(await native()), await known(await native())];
  assert.notEqual(a.sub, b.sub);
});

test("several hosts without a sector_identifier_uri are refused", async () => {
  const redirect_uris = ["https://a.acme.test/cb", "https://b.acme.test/cb"];
  await assert.rejects(op.client({ subject_type: "pairwise", redirect_uris }), /sector_identifier_uri/);
});

test("it stays when the root key rotates", async () => {
  const before = (await known(one)).sub;
  await op.redeploy({ KEK_2: freshRoot(), KEK_CURRENT: "2" });
  await op.cron();
  assert.equal((await known(one)).sub, before);
});

test("every account has a salt of its own, also one that an older Worker made", async () => {
  await op.person();
  await op.db
    .prepare("INSERT INTO users (id, username, claims, created_at, updated_at) VALUES ('old', 'old', '{}', 1, 1)")
    .run();
  const salts = (await op.rows("SELECT subject_salt FROM users")).map((row) => row.subject_salt);
  assert.ok(salts.every((salt) => salt.length >= 43));
  assert.equal(new Set(salts).size, salts.length);
});

test("discovery lists both subject types", async () => {
  const metadata = await op.json("/.well-known/openid-configuration");
  assert.deepEqual(metadata.subject_types_supported.toSorted(), ["pairwise", "public"]);
});
