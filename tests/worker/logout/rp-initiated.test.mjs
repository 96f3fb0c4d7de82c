// OpenID Connect RP-Initiated Logout 1.0.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { errorPage, formMayLeadTo, pageHeaders } from "../support/expect.mjs";
import { claimsOf, unsignedJwt } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { logoutPath, relyingParty, signedIn } from "../support/relying-party.mjs";

const op = await startLimen();
const client = await relyingParty(op);

/** A browser that is signed in, with the ID token that the client got. */
async function visitor(person) {
  const [ada, browser] = [person ?? (await op.person()), op.browser()];
  const { id_token: idToken } = await signedIn(client, browser, ada);
  return { ada, browser, idToken };
}

const isSignedIn = async (browser) => {
  const page = await browser.authorize(client, { prompt: "none" });
  return page.callback.get("error") === null;
};

/** Answers the page that asks. */
const answer = (browser, page, button, init) => browser.submit(page, "logout", {}, { button, ...init });

test("discovery names the endpoint", async () => {
  const metadata = await op.json("/.well-known/openid-configuration");
  assert.equal(metadata.end_session_endpoint, op.url("/logout"));
});

describe("with the client's ID token", () => {
  for (const method of ["GET", "POST"]) {
    test(`${method}: the person is signed out at once and goes back with state`, async () => {
      const { browser, idToken } = await visitor();
      const state = "x".repeat(128) + " &=+%\u00fc";
      const params = { id_token_hint: idToken, post_logout_redirect_uri: client.bye, state };
      const page =
        method === "GET" ? await browser.open(logoutPath(params)) : await browser.open("/logout", { form: params });
      assert.equal(page.callbackUrl, client.bye);
      assert.deepEqual([...page.callback], [["state", state]]);
      assert.equal(await browser.sessionCookie(), undefined, "the cookie is gone");
      assert.equal(await isSignedIn(browser), false);
    });
  }

  test("a POST from the client's own site, without the SameSite cookie, works too", async () => {
    const { browser, idToken } = await visitor();
    const form = { id_token_hint: idToken, post_logout_redirect_uri: client.bye };
    const response = await op.fetch("/logout", { form });
    assert.equal(response.status, 303);
    const page = await browser.open(response.headers.get("location"));
    assert.equal(page.url, client.bye);
    assert.equal(await isSignedIn(browser), false);
  });

  test("without state none comes back", async () => {
    const { browser, idToken } = await visitor();
    const page = await browser.open(logoutPath({ id_token_hint: idToken, post_logout_redirect_uri: client.bye }));
    assert.equal(page.url, client.bye);
  });

  test("a registered URI with a query keeps it", async () => {
    const { browser, idToken } = await visitor();
    const uri = `${client.bye}?from=limen`;
    const page = await browser.open(
      logoutPath({ id_token_hint: idToken, post_logout_redirect_uri: uri, state: "s" }),
    );
    assert.equal(page.url, `${uri}&state=s`);
  });

  test("without post_logout_redirect_uri there is a page that says so", async () => {
    const { browser, idToken } = await visitor();
    const page = await browser.open(logoutPath({ id_token_hint: idToken, state: "s" }));
    assert.equal(page.status, 200);
    pageHeaders(page.headers);
    assert.match(page.text, /You are signed out/);
    assert.equal(page.forms.length, 0);
    assert.equal(await isSignedIn(browser), false);
  });

  test("an ID token that has expired is still a hint", async () => {
    const { browser, idToken } = await visitor();
    op.clock.advance({ hours: 5 });
    const page = await browser.open(logoutPath({ id_token_hint: idToken, post_logout_redirect_uri: client.bye }));
    assert.equal(page.url, client.bye);
    assert.equal(await isSignedIn(browser), false);
  });

  test("client_id may come along, and must be the client's own", async () => {
    const { browser, idToken } = await visitor();
    const other = await relyingParty(op);
    const foreign = { id_token_hint: idToken, client_id: other.id, post_logout_redirect_uri: client.bye };
    errorPage(await browser.open(logoutPath(foreign)));
    assert.ok(await isSignedIn(browser));
    const page = await browser.open(logoutPath({ ...foreign, client_id: client.id }));
    assert.equal(page.url, client.bye);
  });

  test("it also counts after the person signed in again in that browser", async () => {
    const { ada, browser, idToken } = await visitor();
    await browser.complete(await browser.authorize(client, { prompt: "login" }), ada);
    const page = await browser.open(logoutPath({ id_token_hint: idToken, post_logout_redirect_uri: client.bye }));
    assert.equal(page.url, client.bye);
    assert.equal(await isSignedIn(browser), false);
  });

  test("who is signed out already goes straight back", async () => {
    const { browser, idToken } = await visitor();
    const path = logoutPath({ id_token_hint: idToken, post_logout_redirect_uri: client.bye, state: "s" });
    await browser.open(path);
    assert.equal((await browser.open(path)).url, `${client.bye}?state=s`);
  });
});

describe("a hint that proves nothing", () => {
  const HINTS = {
    "is garbage": () => "garbage",
    "is changed to alg none": (token) => unsignedJwt({ alg: "none" }, claimsOf(token)),
    "is signed by nobody": (token) => `${token.split(".").slice(0, 2).join(".")}.AAAA`,
    "names a key that there is not": (token) => unsignedJwt({ alg: "RS256", kid: "x" }, claimsOf(token), "AAAA"),
    "has other claims": (token) => {
      const [header, , signature] = token.split(".");
      const claims = Buffer.from(JSON.stringify({ ...claimsOf(token), sub: "eve" })).toString("base64url");
      return [header, claims, signature].join(".");
    },
  };
  for (const [what, forge] of Object.entries(HINTS)) {
    test(`${what}: an error page, and nothing happens`, async () => {
      const { browser, idToken } = await visitor();
      const hint = forge(idToken);
      const page = await browser.open(
        logoutPath({ id_token_hint: hint, post_logout_redirect_uri: client.bye, state: "s" }),
      );
      errorPage(page);
      assert.ok(await isSignedIn(browser));
      const wayOn = page.elements("a").find(({ id }) => id === "way-on");
      assert.ok((await browser.open(wayOn.href)).has("logout"), "there is a way to sign out all the same");
    });
  }

  test("an access token is none", async () => {
    const browser = op.browser();
    const { access_token: token } = await signedIn(client, browser, await op.person());
    errorPage(await browser.open(logoutPath({ id_token_hint: token, post_logout_redirect_uri: client.bye })));
    assert.ok(await isSignedIn(browser));
  });

  test("is of another issuer", async () => {
    const other = await startLimen({ issuer: "https://other.limen.test" });
    const app = await other.client();
    const tokens = await app.tokens(await other.browser().obtain(app, await other.person()));
    const { browser } = await visitor();
    errorPage(await browser.open(logoutPath({ id_token_hint: tokens.id_token })));
  });
});

describe("keys that rotate", () => {
  test("a hint of a retired key counts, of a withdrawn one it does not", async () => {
    const turning = await startLimen({ vars: { SESSION_LIFETIME: "31536000", SESSION_IDLE: "31536000" } });
    const app = await relyingParty(turning);
    const [ada, bob] = [turning.browser(), turning.browser()];
    const hint = (await signedIn(app, ada, await turning.person())).id_token;
    await turning.cron();
    turning.clock.advance({ days: 100 });
    await turning.cron();
    const path = (token) => logoutPath({ id_token_hint: token, post_logout_redirect_uri: app.bye });
    assert.equal((await ada.open(path(hint))).url, app.bye, "retired");

    const { id_token: fresh } = await signedIn(app, bob, await turning.person());
    const { kid } = JSON.parse(Buffer.from(fresh.split(".")[0], "base64url"));
    assert.equal((await turning.admin(`/admin/api/keys/${kid}/revoke`, { method: "POST" })).status, 200);
    errorPage(await bob.open(path(fresh)));
  });
});

describe("when it is not sure, the person is asked", () => {
  test("no parameters: asked, then signed out", async () => {
    for (const path of ["/logout", "/logout?state=only"]) {
      const { ada, browser } = await visitor();
      const page = await browser.open(path);
      assert.equal(page.status, 200);
      pageHeaders(page.headers);
      assert.ok(page.text.includes(ada.name), page.text);
      assert.ok(await isSignedIn(browser), "nothing happened yet");
      const done = await answer(browser, page, "logout");
      assert.match(done.text, /You are signed out/);
      assert.equal(done.callback, null);
      assert.equal(await isSignedIn(browser), false);
    }
  });

  test("client_id alone: the page names the app, and after the answer it goes back", async () => {
    const { browser } = await visitor();
    const page = await browser.open(
      logoutPath({ client_id: client.id, post_logout_redirect_uri: client.bye, state: "s" }),
    );
    assert.match(page.text, /Acme app asks/);
    formMayLeadTo(client.bye, page.headers);
    const done = await answer(browser, page, "logout");
    assert.equal(done.url, `${client.bye}?state=s`);
    assert.equal(await isSignedIn(browser), false);
  });

  test("a hint of another person: asked, and whoever is signed in is named", async () => {
    const { idToken } = await visitor();
    const { browser, ada } = await visitor();
    const page = await browser.open(logoutPath({ id_token_hint: idToken, post_logout_redirect_uri: client.bye }));
    assert.ok(page.text.includes(ada.name) && /another account/.test(page.text), page.text);
    assert.ok(await isSignedIn(browser));
  });

  test("a hint of the same person's session in another browser: asked, and the other session lives", async () => {
    const { ada, browser: elsewhere, idToken } = await visitor();
    const { browser } = await visitor(ada);
    const page = await browser.open(logoutPath({ id_token_hint: idToken, post_logout_redirect_uri: client.bye }));
    await answer(browser, page, "logout");
    assert.equal(await isSignedIn(browser), false);
    assert.ok(await isSignedIn(elsewhere));
  });

  test("who wants to stay stays", async () => {
    const { browser } = await visitor();
    const page = await browser.open("/logout");
    const stayed = await answer(browser, page, "stay");
    assert.match(stayed.text, /still signed in/);
    assert.ok(await isSignedIn(browser));
  });

  test("the answer counts only from the page, in that browser, for that session and app", async () => {
    const { browser } = await visitor();
    const page = await browser.open(logoutPath({ client_id: client.id, post_logout_redirect_uri: client.bye }));
    const other = op.browser();
    await other.authorize(client);
    const foreign = await answer(other, page, "logout");
    assert.equal(foreign.status, 403);
    for (const change of [{ csrf: "x" }, { session: "x" }, { state: "injected" }, { csrf: undefined }]) {
      const refused = await browser.submit(page, "logout", change, { button: "logout" });
      assert.equal(refused.status, 403, JSON.stringify(change));
    }
    assert.ok(await isSignedIn(browser));
  });

  test("nobody is signed in: a page, and a link back instead of a redirect", async () => {
    const page = await op
      .browser()
      .open(logoutPath({ client_id: client.id, post_logout_redirect_uri: client.bye, state: "s" }));
    assert.equal(page.status, 200);
    assert.match(page.text, /You are signed out/);
    assert.match(page.text, /Nobody was signed in/);
    assert.ok(page.elements("a").some(({ href }) => href === `${client.bye}?state=s`));
  });

  test("in the person's language", async () => {
    const { browser } = await visitor();
    const page = await browser.open(logoutPath({ ui_locales: "xx de" }));
    assert.match(page.html, /<html lang="de" dir="ltr">/);
    const done = await answer(browser, page, "logout");
    assert.match(done.html, /<html lang="de" dir="ltr">/);
  });
});

describe("post_logout_redirect_uri", () => {
  const WRONG = [
    "https://app.acme.test/bye?foo=bar",
    "https://app.acme.test/bye/",
    "https://app.acme.test/bye#x",
    "https://app.acme.test/callback",
    "https://app.acme.test/bad_post_logout_redirect_uri",
    "//evil.test",
    "/\\evil.test",
    "\\\\evil.test",
    "https://app.acme.test@evil.test/bye",
    "javascript:alert(1)",
    "data:text/html,x",
  ];
  test("is followed only if it is registered, whatever comes along", async () => {
    const { browser, idToken } = await visitor();
    for (const uri of WRONG) {
      for (const hint of [{ id_token_hint: idToken }, { client_id: client.id }]) {
        const page = await browser.open(logoutPath({ ...hint, post_logout_redirect_uri: uri, state: "s" }));
        errorPage(page);
        // Its developer reads what came; nothing leads there.
        assert.doesNotMatch(page.html, /(href|src|action|content)="[^"]*evil\.test/);
      }
    }
    assert.ok(await isSignedIn(browser), "and the person was not signed out");
  });

  test("is not followed when nothing says whose it is", async () => {
    const { browser } = await visitor();
    errorPage(await browser.open(logoutPath({ post_logout_redirect_uri: client.bye, state: "s" })));
    errorPage(await browser.open(logoutPath({ client_id: "nobody", post_logout_redirect_uri: client.bye })));
  });

  test("cannot be put into the answer of the person", async () => {
    const { browser } = await visitor();
    const page = await browser.open("/logout");
    for (const uri of ["//evil.test", client.bye]) {
      const fields = { client_id: client.id, post_logout_redirect_uri: uri };
      const answered = await browser.submit(page, "logout", fields, { button: "logout" });
      assert.ok([400, 403].includes(answered.status) && answered.callback === null, `${uri}: ${answered.status}`);
    }
  });

  test("of an app with its own scheme works", async () => {
    const app = await op.nativeClient({
      redirect_uris: ["org.acme.notes:/cb"],
      post_logout_redirect_uris: ["org.acme.notes:/bye"],
    });
    const browser = op.browser();
    const { id_token: hint } = await signedIn(app, browser, await op.person());
    const page = await browser.open(
      logoutPath({ id_token_hint: hint, post_logout_redirect_uri: "org.acme.notes:/bye", state: "s" }),
    );
    assert.equal(page.url, "org.acme.notes:/bye?state=s");
  });
});

test("a repeated parameter is an error page", async () => {
  const { browser } = await visitor();
  for (const name of ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"]) {
    errorPage(await browser.open(`/logout?${name}=a&${name}=b`));
  }
});

test("state with line breaks adds no header", async () => {
  const { browser, idToken } = await visitor();
  const path = logoutPath({
    id_token_hint: idToken,
    post_logout_redirect_uri: client.bye,
    state: "a\r\nset-cookie: x=y",
  });
  const response = await browser.fetch(path);
  assert.match(response.headers.get("location"), /state=a%0D%0Aset-cookie/);
  assert.ok(response.headers.getSetCookie().every((line) => !line.startsWith("x=")));
});

test("while storage is away nobody is told that they are signed out", async () => {
  const { browser, idToken } = await visitor();
  const path = logoutPath({ id_token_hint: idToken, post_logout_redirect_uri: client.bye });
  for (const d1 of [{ down: true }, { matching: "DELETE FROM sessions" }, { matching: "INTO logout_outbox" }]) {
    const page = await browser.open(path, { d1 });
    assert.equal(page.status, 503);
    assert.ok(await isSignedIn(browser));
  }
  assert.equal((await browser.open(path)).url, client.bye);
});
