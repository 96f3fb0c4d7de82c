// OpenID Connect Session Management 1.0. What the script of the iframe does in a real browser is tested in tests/browser/; here
// it runs in a bare context.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import vm from "node:vm";

import { startLimen } from "../support/limen.mjs";
import { logoutPath, relyingParty } from "../support/relying-party.mjs";

const op = await startLimen({ vars: { SESSION_MANAGEMENT: "on" } });
const client = await relyingParty(op);
const ORIGIN = "https://app.acme.test";

/** The value of the cookie that the iframe reads. */
async function browserState(browser) {
  const cookies = await browser.jar.getCookies(op.url("/"));
  return cookies.find(({ key }) => key === "__Host-limen_state");
}

/** Runs the iframe's script as if `browser` showed it, and gives its answer to a message. */
async function ask(browser, message, origin = ORIGIN) {
  const page = await (browser ?? op.browser()).open("/check_session");
  const [, script] = /<script[^>]*>(.*)<\/script>/s.exec(page.html);
  const [{ "data-cookie": name }] = page.elements("body");
  const state = browser && (await browserState(browser));
  let listener;
  const answers = [];
  vm.runInNewContext(script, {
    document: {
      cookie: state ? `other=1; ${name}=${state.value}` : "other=1",
      body: { getAttribute: () => name },
    },
    window: { addEventListener: (_, given) => (listener = given) },
    btoa,
    unescape,
  });
  const source = { postMessage: (answer, target) => answers.push([answer, target]) };
  listener({ data: message, origin, source });
  const [[answer, target]] = answers;
  assert.equal(target, origin, "the answer goes to who asked alone");
  return answer;
}

/** Signs in, and gives what the client would send to the iframe. */
async function signedIn(browser, person, params) {
  const page = await browser.complete(await browser.authorize(client, params), person);
  return `${client.id} ${page.callback.get("session_state")}`;
}

test("discovery names the iframe", async () => {
  const metadata = await op.json("/.well-known/openid-configuration");
  assert.equal(metadata.check_session_iframe, op.url("/check_session"));
});

describe("off, as it is by default", async () => {
  const quiet = await startLimen();
  const app = await quiet.client();

  test("there is no iframe, no cookie and no session_state", async () => {
    const metadata = await quiet.json("/.well-known/openid-configuration");
    assert.equal(metadata.check_session_iframe, undefined);
    assert.equal((await quiet.fetch("/check_session")).status, 404);
    const browser = quiet.browser();
    const page = await browser.complete(await browser.authorize(app), await quiet.person());
    assert.ok(page.callback.get("code") && !page.callback.has("session_state"));
    const cookies = await browser.jar.getCookies(quiet.url("/"));
    assert.ok(cookies.every(({ httpOnly }) => httpOnly));
  });
});

describe("session_state", () => {
  test("is the salted hash of client, origin and browser state", async () => {
    const browser = op.browser();
    const [, sessionState] = (await signedIn(browser, await op.person())).split(" ");
    const [hash, salt] = sessionState.split(".");
    const { value } = await browserState(browser);
    const text = `${client.id} ${ORIGIN} ${value} ${salt}`;
    assert.equal(hash, createHash("sha256").update(text).digest("base64url"));
  });

  test("has another salt each time, and no space", async () => {
    const [browser, ada] = [op.browser(), await op.person()];
    const first = await signedIn(browser, ada);
    const second = await signedIn(browser, ada);
    assert.notEqual(first, second);
    assert.equal(first.split(" ").length, 2);
  });

  test("comes with every success, also of prompt=none and form_post", async () => {
    const [browser, ada] = [op.browser(), await op.person()];
    await signedIn(browser, ada);
    for (const params of [{ prompt: "none" }, { response_mode: "form_post" }, { response_mode: "fragment" }]) {
      const page = await browser.authorize(client, params);
      assert.match(page.callback.get("session_state"), /^[\w-]{43}\.[\w-]{22}$/);
    }
  });
});

describe("the cookie", () => {
  test("can be read by the iframe on other sites, and is no key to anything", async () => {
    const browser = op.browser();
    await signedIn(browser, await op.person());
    const cookie = await browserState(browser);
    assert.equal(cookie.httpOnly, false);
    assert.equal(cookie.secure, true);
    assert.equal(cookie.sameSite, "none");
    const { value: session } = await browser.sessionCookie();
    assert.ok(!session.includes(cookie.value));
    const rows = JSON.stringify(await op.rows("SELECT * FROM sessions"));
    assert.ok(!rows.includes(cookie.value));
  });
});

describe("the iframe", () => {
  test("may be shown by every site, and runs its own script alone", async () => {
    const response = await op.fetch("/check_session");
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("x-frame-options"), null);
    const policy = response.headers.get("content-security-policy");
    assert.match(policy, /default-src 'none'; script-src 'nonce-[\w-]{20,}'; .*frame-ancestors \*/);
    assert.match(await response.text(), /<script nonce="[\w-]{20,}">/);
  });

  test("unchanged while the person stays signed in, changed for another client, origin or salt", async () => {
    const browser = op.browser();
    const message = await signedIn(browser, await op.person());
    assert.equal(await ask(browser, message), "unchanged");
    assert.equal(await ask(browser, message, "https://evil.test"), "changed");
    assert.equal(await ask(browser, message.replace(client.id, "other")), "changed");
    assert.equal(await ask(browser, `${message.split(".")[0]}.AAAA`), "changed");
  });

  test("changed after a logout", async () => {
    const browser = op.browser();
    const grant = await browser.obtain(client, await op.person());
    const page = await browser.authorize(client, { prompt: "none" });
    const message = `${client.id} ${page.callback.get("session_state")}`;
    const { id_token: hint } = await client.tokens(grant);
    await browser.open(logoutPath({ id_token_hint: hint }));
    assert.equal(await ask(browser, message), "changed");
  });

  test("changed when somebody else signs in, and unchanged again when the first account is chosen", async () => {
    const [ada, bob, browser] = [
      await op.person({ name: "Ada" }),
      await op.person({ name: "Bob" }),
      op.browser(),
    ];
    const message = await signedIn(browser, ada);
    await signedIn(browser, bob, { prompt: "select_account" });
    assert.equal(await ask(browser, message), "changed");
    const page = await browser.authorize(client, { prompt: "select_account" });
    await browser.choose(page, `Ada ${ada.username}`);
    assert.equal(await ask(browser, message), "unchanged");
  });

  test("changed after signing in again", async () => {
    const [browser, ada] = [op.browser(), await op.person()];
    const message = await signedIn(browser, ada);
    await signedIn(browser, ada, { prompt: "login" });
    assert.equal(await ask(browser, message), "changed");
  });

  test("error for what is not a message, and where the browser hides the cookie", async () => {
    const browser = op.browser();
    const message = await signedIn(browser, await op.person());
    for (const odd of ["", "x", `${message} x`, message.replace(".", ""), 7, null, { toString: () => message }]) {
      assert.equal(await ask(browser, odd), "error", String(odd));
    }
    assert.equal(await ask(undefined, message), "error");
  });
});
