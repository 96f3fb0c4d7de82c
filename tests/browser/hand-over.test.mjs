// Back to the app, where the app redirects on to another place, or is a program of the device: Chromium holds the redirects after
// a form to the policy of its page.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { bodyOf, html, redirect, serve } from "./support/loopback.mjs";
import { approve, cancel, signIn, signInAndApprove } from "./support/person.mjs";
import { setStage } from "./support/stage.mjs";
import { until } from "../worker/support/relying-party.mjs";

const { op, chromium } = await setStage();

const WEB = "https://assistant.acme.test/callback";
const SCHEME = "acme-assistant";
/** A program that listens on the device. */
const program = await serve(async (request, response) => {
  if (!request.url.startsWith("/callback")) return html(response, `<p id="arrived">${request.method} ${request.url}</p>`);
  const query = request.method === "POST" ? `?${await bodyOf(request)}` : new URL(request.url, program).search;
  redirect(response, `${SCHEME}://done${query}`);
});

/** Somebody before the sign-in of an app with that redirect URI. That on the web redirects on to the program. */
async function atLogin(t, redirectUri, { params, ...options } = {}) {
  const client = await op.client({ application_type: "native", redirect_uris: [redirectUri] });
  const [person, visitor] = [await op.person(), await chromium.visitor(t, { careless: true, ...options })];
  if (redirectUri === WEB) await visitor.context.route(`${WEB}**`, redirectOn);
  const opened = programsOf(visitor);
  await visitor.page.goto(authorizationUrl(client, params));
  return { client, person, visitor, page: visitor.page, opened };
}

function redirectOn(route) {
  const location = `${program}/done${new URL(route.request().url()).search}`;
  return route.fulfill({ status: 303, headers: { location } });
}

function authorizationUrl(client, params) {
  const request = client.request(params);
  return op.url(`/authorize?${new URLSearchParams(request.params)}`);
}

/** The programs that Chromium is asked to open, by their addresses. It asks for none that a policy holds back. */
function programsOf(visitor) {
  const opened = [];
  visitor.context.on("request", (request) => request.url().startsWith(`${SCHEME}:`) && opened.push(request.url()));
  return opened;
}

async function opens(opened, address) {
  await until(() => opened.length > 0, "no program was opened");
  assert.match(opened[0], address);
}

for (const javaScriptEnabled of [true, false]) {
  describe(`a callback that redirects on, ${javaScriptEnabled ? "with" : "without"} JavaScript`, () => {
    test("from the web to a program that listens on the device: sign-in, consent, and a refusal arrive", async (t) => {
      const { client, person, page } = await atLogin(t, WEB, { javaScriptEnabled });
      await signInAndApprove(page, person);
      assert.match(await page.locator("#arrived").textContent(), /^GET \/done\?code=/);
      await page.goto(authorizationUrl(client, { prompt: "login" }));
      await signIn(page, person);
      assert.match(await page.locator("#arrived").textContent(), /^GET \/done\?code=/, "after the sign-in alone");
      await page.goto(authorizationUrl(client, { prompt: "login" }));
      await cancel(page);
      assert.match(await page.locator("#arrived").textContent(), /error=access_denied/);
    });

    test("to a program by its scheme", async (t) => {
      const { person, page, opened } = await atLogin(t, `${program}/callback`, { javaScriptEnabled });
      await signInAndApprove(page, person);
      await opens(opened, /acme-assistant:\/\/done\?code=/);
    });

    test("to the same by form_post", async (t) => {
      const params = { response_mode: "form_post" };
      const { person, page, opened } = await atLogin(t, `${program}/callback`, { javaScriptEnabled, params });
      await signInAndApprove(page, person);
      if (!javaScriptEnabled) await page.locator("#continue").click();
      await opens(opened, /acme-assistant:\/\/done\?code=/);
    });
  });
}

test("the forms of these pages lead to Limen alone", async (t) => {
  const { person, page, visitor } = await atLogin(t, WEB);
  const policies = [];
  visitor.page.on("response", async (response) => {
    if (response.request().isNavigationRequest() && response.url().startsWith(op.issuer) && response.status() === 200)
      policies.push(response.headers()["content-security-policy"]);
  });
  await page.reload();
  await signInAndApprove(page, person);
  await page.locator("#arrived").waitFor();
  assert.equal(policies.length, 3, "sign-in, consent, and the page that leads on");
  for (const policy of policies) assert.match(policy, /form-action 'self';/);
});

describe("an app with a scheme of its own", () => {
  const nativeApp = () => op.nativeClient({ redirect_uris: [`${SCHEME}:/callback`] });

  test("is opened by the form that was just sent", async (t) => {
    const [client, person, visitor] = [await nativeApp(), await op.person(), await chromium.visitor(t, { careless: true })];
    const opened = programsOf(visitor);
    await visitor.page.goto(authorizationUrl(client));
    await signIn(visitor.page, person);
    assert.match(await visitor.page.locator("main").textContent(), /you can close this page/);
    await approve(visitor.page);
    await opens(opened, /acme-assistant:\/callback\?code=/);
  });

  test("is opened by a page with a link where nothing was sent, which says that it may be closed", async (t) => {
    const [client, person, visitor] = [await nativeApp(), await op.person(), await chromium.visitor(t, { careless: true, javaScriptEnabled: false })];
    await visitor.arrive({ client }, person);
    const opened = programsOf(visitor);
    await visitor.page.goto(authorizationUrl(client));
    const { page } = visitor;
    assert.match(await page.locator("main").textContent(), /acme-assistant:.*close this page/s);
    assert.ok(!page.url().includes("code="), "the code is in no address of Limen's");
    await opens(opened, /acme-assistant:\/callback\?code=/);
    assert.match(await page.locator("#continue").getAttribute("href"), /^acme-assistant:\/callback\?code=/);
  });
});
