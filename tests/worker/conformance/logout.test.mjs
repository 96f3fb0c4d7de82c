// What the OpenID Foundation's conformance suite asks of a provider in its four logout plans: a test a module and
// response type, named as there (oidcc-...). What a hidden frame and a script do is tested in tests/browser/.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { SignJWT } from "jose";

import { errorPage, redirectError } from "../support/expect.mjs";
import { claimsOf, unsignedJwt, verified } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { listen, logoutPath, until } from "../support/relying-party.mjs";
import { TYPES, relyingParty } from "./flow.mjs";

const STATE = "s".repeat(128);
const BYE = "https://app.acme.test/bye";

const op = await startLimen({ vars: { ID_TOKEN_CLAIMS: "off", FRONT_CHANNEL_TOKENS: "on", SESSION_MANAGEMENT: "on" } });
const ada = await op.person();
const rp = relyingParty(op, ada);
const client = await rp.register({ post_logout_redirect_uris: [BYE] });
let parties = 0;

for (const type of TYPES) {
  const named = (name) => `${name}, response_type=${type}`;

  /** A browser that is signed in, with the ID token that the relying party got last. */
  async function visitor(by = client) {
    const browser = op.browser();
    const { page, idTokens } = await rp.flow(type, {}, { browser, by });
    return { browser, page, hint: idTokens.at(-1), by };
  }

  /** What prompt=none is told, as the suite asks after every logout. */
  async function assertSignedOut({ browser, by }) {
    const errors = ["login_required", "interaction_required"];
    redirectError(await rp.ask(type, { prompt: "none" }, { browser, by }), errors);
  }

  /** Sends the browser to the end session endpoint with everything, `change` in its place. */
  const leave = ({ browser, hint }, change = {}) =>
    browser.open(logoutPath({ id_token_hint: hint, post_logout_redirect_uri: BYE, state: STATE, ...change }));

  /** Back at the relying party with what was sent along, and nothing else. */
  const assertBack = (page, sent = [["state", STATE]]) => {
    assert.equal(page.callbackUrl, BYE);
    assert.deepEqual([...page.callback], sent);
  };

  describe(`response_type=${type}`, () => {
    test(named("oidcc-rp-initiated-logout"), async () => {
      const here = await visitor();
      assertBack(await leave(here));
      await assertSignedOut(here);
    });

    test(named("oidcc-rp-initiated-logout-no-state"), async () => {
      const here = await visitor();
      assertBack(await leave(here, { state: undefined }), []);
      await assertSignedOut(here);
    });

    test(named("oidcc-rp-initiated-logout-no-post-logout-redirect-uri"), async () => {
      const here = await visitor();
      const page = await leave(here, { post_logout_redirect_uri: undefined });
      assert.equal(page.callback, null);
      assert.match(page.text, /You are signed out/);
      await assertSignedOut(here);
    });

    const NOTHING = { id_token_hint: undefined, post_logout_redirect_uri: undefined, state: undefined };
    for (const [module, change] of [
      ["oidcc-rp-initiated-logout-no-params", NOTHING],
      ["oidcc-rp-initiated-logout-only-state", { ...NOTHING, state: STATE }],
    ]) {
      test(named(module), async () => {
        const here = await visitor();
        const page = await leave(here, change);
        const done = await here.browser.submit(page, "logout", {}, { button: "logout" });
        assert.equal(done.callback, null);
        assert.match(done.text, /You are signed out/);
        await assertSignedOut(here);
      });
    }

    const toward = (uri) => ({ post_logout_redirect_uri: uri });
    const hinted = (token) => ({ id_token_hint: token });
    const unsigned = (token) => unsignedJwt({ alg: "none" }, claimsOf(token));
    const foreign = (token) =>
      new SignJWT(claimsOf(token)).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(client.secret));
    for (const [module, change] of [
      ["oidcc-rp-initiated-logout-bad-post-logout-redirect-uri", () => toward(`${BYE}/bad`)],
      ["oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri", () => toward(`${BYE}?foo=bar`)],
      ["oidcc-rp-initiated-logout-no-id-token-hint", () => hinted(undefined)],
      ["oidcc-rp-initiated-logout-modified-id-token-hint", (hint) => hinted(unsigned(hint))],
      ["oidcc-rp-initiated-logout-bad-id-token-hint", async (hint) => hinted(await foreign(hint))],
    ]) {
      test(named(module), async () => {
        const here = await visitor();
        errorPage(await leave(here, await change(here.hint)));
      });
    }

    test(named("oidcc-backchannel-rp-initiated-logout"), async () => {
      const uri = `https://app.acme.test/logout/${++parties}`;
      const heard = listen(op, uri);
      const by = await rp.register({
        post_logout_redirect_uris: [BYE],
        backchannel_logout_uri: uri,
        backchannel_logout_session_required: true,
      });
      const here = await visitor(by);
      assertBack(await leave(here));
      await until(() => heard.length === 1);
      const [{ form, token }] = heard;
      assert.deepEqual([...form.keys()], ["logout_token"]);
      const { sub, sid } = claimsOf(here.hint);
      const claims = await verified(op, token, { audience: by.id, requiredClaims: ["iat", "jti", "exp"] });
      assert.deepEqual([claims.sub, claims.sid, claims.nonce], [sub, sid, undefined]);
      assert.deepEqual(claims.events, { "http://schemas.openid.net/event/backchannel-logout": {} });
      await assertSignedOut(here);
    });

    test(named("oidcc-frontchannel-rp-initiated-logout"), async () => {
      const by = await rp.register({
        post_logout_redirect_uris: [BYE],
        frontchannel_logout_uri: "https://app.acme.test/out",
        frontchannel_logout_session_required: true,
      });
      const here = await visitor(by);
      const page = await leave(here);
      const [{ src }] = page.elements("iframe");
      const { origin, pathname, searchParams } = new URL(src);
      assert.equal(origin + pathname, "https://app.acme.test/out");
      assert.deepEqual(Object.fromEntries(searchParams), { iss: op.issuer, sid: claimsOf(here.hint).sid });
      assert.ok(page.elements("a").some(({ href }) => href === `${BYE}?state=${STATE}`));
      await assertSignedOut(here);
    });

    test(named("oidcc-session-management-rp-initiated-logout"), async () => {
      const here = await visitor();
      const state = async () => {
        const cookies = await here.browser.jar.getCookies(op.url("/"));
        return cookies.find(({ key }) => key === "__Host-limen_state")?.value;
      };
      assert.match(here.page.callback.get("session_state"), /^\S+\.\S+$/);
      const before = await state();
      assert.ok(before, "what the iframe compares with");
      assertBack(await leave(here));
      assert.notEqual(await state(), before);
    });
  });
}

const DISCOVERY = {
  "oidcc-rp-initiated-logout-discovery-endpoint-verification": [],
  "oidcc-backchannel-logout-discovery-endpoint-verification": [
    "backchannel_logout_supported",
    "backchannel_logout_session_supported",
  ],
  "oidcc-frontchannel-logout-discovery-endpoint-verification": [
    "frontchannel_logout_supported",
    "frontchannel_logout_session_supported",
  ],
  "oidcc-session-management-discovery-endpoint-verification": ["check_session_iframe"],
};
for (const [module, members] of Object.entries(DISCOVERY)) {
  test(module, async () => {
    const metadata = await op.json("/.well-known/openid-configuration");
    assert.match(metadata.end_session_endpoint, /^https:/);
    for (const name of members) assert.ok(metadata[name], name);
  });
}
