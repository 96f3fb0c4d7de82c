// OpenID Connect Front-Channel Logout 1.0.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { pageHeaders } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";
import { logoutPath, relyingParty, signedIn } from "../support/relying-party.mjs";

const op = await startLimen();

/** A client with a frontchannel_logout_uri. */
const listening = (name, metadata = {}) =>
  relyingParty(op, {
    name,
    frontchannel_logout_uri: `https://${name}.acme.test/out?keep=1`,
    frontchannel_logout_session_required: true,
    ...metadata,
  });

const frames = (page) => page.elements("iframe").map(({ src }) => src);
const refresh = (page) => page.elements("meta").find((meta) => meta["http-equiv"] === "refresh")?.content;

test("discovery says that it is there", async () => {
  const metadata = await op.json("/.well-known/openid-configuration");
  assert.equal(metadata.frontchannel_logout_supported, true);
  assert.equal(metadata.frontchannel_logout_session_supported, true);
});

describe("the page", () => {
  test("has a frame with iss and sid, and goes on with and without JavaScript", async () => {
    const client = await listening("notes");
    const browser = op.browser();
    const { id_token: hint, claims } = await signedIn(client, browser, await op.person());
    const page = await browser.open(
      logoutPath({ id_token_hint: hint, post_logout_redirect_uri: client.bye, state: "s&" }),
    );
    assert.equal(page.status, 200);
    pageHeaders(page.headers);
    const [src] = frames(page);
    const { origin, pathname, searchParams } = new URL(src);
    assert.equal(origin + pathname, "https://notes.acme.test/out");
    assert.deepEqual(Object.fromEntries(searchParams), { keep: "1", iss: op.issuer, sid: claims.sid });
    const url = `${client.bye}?state=s%26`;
    assert.equal(refresh(page), `5;url=${url}`);
    assert.match(page.html, /<noscript><meta http-equiv="refresh"/, "only one of the two");
    assert.ok(page.elements("a").some(({ href }) => href === url), "a link");
    const policy = page.headers.get("content-security-policy");
    assert.match(policy, /frame-src https:\/\/notes\.acme\.test;/);
    const [{ sandbox }] = page.elements("iframe");
    assert.doesNotMatch(sandbox, /top-navigation|popups|modals|downloads/, "an app leads nobody away");
    const [{ nonce }] = page.elements("script");
    assert.ok(nonce.length >= 20 && policy.includes(`script-src 'nonce-${nonce}'`));
    assert.equal((await browser.authorize(client, { prompt: "none" })).callback.get("error"), "login_required");
  });

  test("without frontchannel_logout_session_required tells neither iss nor sid", async () => {
    const client = await listening("plain", { frontchannel_logout_session_required: false });
    const browser = op.browser();
    const { id_token: hint } = await signedIn(client, browser, await op.person());
    const page = await browser.open(logoutPath({ id_token_hint: hint }));
    assert.deepEqual(frames(page), ["https://plain.acme.test/out?keep=1"]);
  });

  test("has a frame for each client that knows the session, and for no other", async () => {
    const [one, two] = [await listening("one"), await listening("two")];
    await listening("three");
    const [ada, browser] = [await op.person(), op.browser()];
    const { id_token: hint } = await signedIn(one, browser, ada);
    await signedIn(two, browser, ada);
    const page = await browser.open(logoutPath({ id_token_hint: hint, post_logout_redirect_uri: one.bye }));
    const hosts = frames(page).map((src) => new URL(src).host);
    assert.deepEqual(hosts.sort(), ["one.acme.test", "two.acme.test"]);
  });

  test("without a way back says that the person is signed out, and stays", async () => {
    const client = await listening("stays");
    const browser = op.browser();
    const { id_token: hint } = await signedIn(client, browser, await op.person());
    const page = await browser.open(logoutPath({ id_token_hint: hint }));
    assert.match(page.text, /You are signed out/);
    assert.equal(frames(page).length, 1);
    assert.equal(refresh(page), undefined);
    assert.equal(page.elements("script").length, 0);
  });

  test("loaded again tells nobody any more, and goes on", async () => {
    const client = await listening("again");
    const browser = op.browser();
    const { id_token: hint } = await signedIn(client, browser, await op.person());
    const path = logoutPath({ id_token_hint: hint, post_logout_redirect_uri: client.bye });
    assert.equal(frames(await browser.open(path)).length, 1);
    assert.equal((await browser.open(path)).url, client.bye);
  });

  test("comes after the person was asked, too", async () => {
    const client = await listening("asked");
    const browser = op.browser();
    await signedIn(client, browser, await op.person());
    const asks = await browser.open(logoutPath({ client_id: client.id, post_logout_redirect_uri: client.bye }));
    const page = await browser.submit(asks, "logout", {}, { button: "logout" });
    assert.equal(frames(page).length, 1);
    assert.equal(refresh(page), `5;url=${client.bye}`);
  });
});
