// Signing out in a real browser: the apps that are told in frames, with and without JavaScript, and the iframe by which a page
// sees that the session has changed.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { html, serve } from "./support/loopback.mjs";
import { photograph } from "./support/pictures.mjs";
import { setStage } from "./support/stage.mjs";

const { op, chromium } = await setStage({ SESSION_MANAGEMENT: "on" });

/**
 * An app that listens on the front channel, and somebody who is signed in to it. `hears` answers the frame. The app is on
 * another site than Limen, or on another port of the same.
 */
async function scene(t, { hears, sameSite = false, ...options } = {}) {
  const heard = [];
  const served = await serve(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://127.0.0.1");
    if (pathname === "/out") {
      heard.push(Object.fromEntries(searchParams));
      if (hears) return hears(response);
    }
    html(response, `<p id="place">${pathname}</p>`);
  });
  const origin = sameSite ? served.replace("127.0.0.1", "localhost") : served;
  const client = await op.client({
    application_type: "native",
    redirect_uris: [`${origin}/callback`],
    post_logout_redirect_uris: [`${origin}/bye`],
    frontchannel_logout_uri: `${origin}/out`,
    frontchannel_logout_session_required: true,
  });
  const [person, visitor, browser] = [await op.person(), await chromium.visitor(t, options), op.browser()];
  const grant = await browser.obtain(client, person);
  const tokens = await client.tokens(grant);
  const cookies = await browser.jar.getCookies(op.issuer);
  const given = ({ httpOnly, secure, sameSite }) => ({
    httpOnly,
    secure,
    sameSite: sameSite === "none" ? "None" : "Lax",
  });
  await visitor.context.addCookies(
    cookies.map((cookie) => ({ name: cookie.key, value: cookie.value, url: op.issuer, ...given(cookie) })),
  );
  const query = new URLSearchParams({
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: `${origin}/bye`,
    state: "the state",
  });
  return { client, origin, heard, visitor, page: visitor.page, logoutUrl: op.url(`/logout?${query}`), browser };
}

describe("the front channel", () => {
  for (const javaScriptEnabled of [true, false]) {
    test(`${javaScriptEnabled ? "with" : "without"} JavaScript the app is told, then the person goes back to it`, async (t) => {
      const { page, heard, origin, logoutUrl } = await scene(t, { javaScriptEnabled });
      await page.goto(logoutUrl);
      await page.waitForURL(`${origin}/bye?state=the+state`);
      assert.equal(heard.length, 1);
      assert.equal(heard[0].iss, op.issuer);
      assert.match(heard[0].sid, /^[\w-]{43}$/);
    });
  }

  test("an app that hangs does not keep the person", async (t) => {
    const { page, heard, origin, logoutUrl, visitor } = await scene(t, { hears: () => {} });
    // Its frame is given up when the page goes on.
    await page.goto(logoutUrl, { waitUntil: "commit" });
    await page.locator("#continue").waitFor();
    for (const [name, viewport, colorScheme] of [
      ["wide-light", { width: 1280, height: 800 }, "light"],
      ["narrow-dark", { width: 360, height: 800 }, "dark"],
    ]) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await photograph(page, `leaving-en-${name}`);
    }
    await page.waitForURL(`${origin}/bye?state=the+state`);
    assert.equal(heard.length, 1);
    assert.ok(visitor.pagesOfLimen.includes("/logout"));
  });
});

describe("the session iframe", () => {
  /** A page of the app with the iframe. Gives a function that asks it. */
  async function watch({ visitor, origin, client }) {
    const page = await visitor.newTab();
    await page.goto(`${origin}/watching`);
    const metadata = await op.json("/.well-known/openid-configuration");
    await page.evaluate(async (src) => {
      const frame = document.createElement("iframe");
      frame.hidden = true;
      frame.src = src;
      const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
      document.body.append(frame);
      await loaded;
    }, metadata.check_session_iframe);
    return (sessionState) =>
      page.evaluate(
        ([message, issuer]) =>
          new Promise((resolve) => {
            const hear = ({ origin: from, data }) => {
              if (from === issuer) resolve(data);
            };
            addEventListener("message", hear, { once: true });
            document.querySelector("iframe").contentWindow.postMessage(message, issuer);
          }),
        [`${client.id} ${sessionState}`, op.issuer],
      );
  }

  /** Signs in once more, and gives the `session_state` that the app got. */
  async function sessionStateOf({ page, client, origin }) {
    await page.goto(op.url(client.authorizePath()));
    await page.waitForURL(`${origin}/callback?**`);
    return new URL(page.url()).searchParams.get("session_state");
  }

  test("says error on another site, where the browser hides cookies from it", async (t) => {
    const here = await scene(t);
    const sessionState = await sessionStateOf(here);
    const ask = await watch(here);
    assert.equal(await ask(sessionState), "error");
  });

  test("says unchanged, and changed once the person has signed out in another tab", async (t) => {
    const here = await scene(t, { sameSite: true });
    const { page, origin, logoutUrl } = here;
    const sessionState = await sessionStateOf(here);
    const ask = await watch(here);
    assert.equal(await ask(sessionState), "unchanged");
    assert.equal(await ask(`${sessionState}x`), "changed");
    assert.equal(await ask(""), "error");
    await page.goto(logoutUrl);
    await page.waitForURL(`${origin}/bye?**`);
    assert.equal(await ask(sessionState), "changed");
  });
});
