// Who has access: signed-in browsers and apps, and how a person ends that. It counts on the next request, everywhere.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { oauthError } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";
import { isSignedOut, notice, signedIn } from "./support.mjs";

const op = await startLimen({ isolates: 2 });

const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:147.0) Gecko/20100101 Firefox/147.0";
const button = (page, name, value) =>
  page.forms.find(({ controls }) => controls.some((control) => control.name === name && control.value === value));

/** Presses the button of that name and value. */
function press(browser, page, name, value) {
  const form = button(page, name, value);
  assert.ok(form, `no button ${name}=${value} in ${page.text}`);
  const csrf = form.controls.find((control) => control.name === "csrf").value;
  return browser.open(form.action, { form: { csrf, [name]: value } });
}

const sessionsOf = ({ id }) => op.rows("SELECT id FROM sessions WHERE user_id = ? ORDER BY created_at", id);

describe("browsers", () => {
  test("are told apart in plain words, with when they were used; this one is marked", async () => {
    const ada = await op.person();
    await signedIn(op, ada, { headers: { "user-agent": FIREFOX } });
    op.clock.advance({ hours: 3 });
    const page = await (await signedIn(op, ada)).open("/account/browsers");
    assert.ok(page.text.includes("Firefox on Windows"), page.text);
    assert.ok(page.text.includes("3 hours ago"));
    assert.equal(page.html.match(/This browser<\/span><\/h2>/g).length, 1);
  });

  test("one is signed out on every isolate at once, and this one stays", async () => {
    const ada = await op.person();
    const there = await signedIn(op, ada, { isolate: 1 });
    op.clock.advance({ seconds: 1 });
    const here = await signedIn(op, ada);
    const [{ id }] = await sessionsOf(ada);
    const page = await press(here, await here.open("/account/browsers"), "session", id);
    assert.equal(page.trail[0].status, 303);
    assert.match(notice(page), /is signed out/);
    assert.ok(await isSignedOut(there, [0, 1]));
    assert.equal(await isSignedOut(here, [0, 1]), false);
  });

  test("all others are signed out together", async () => {
    const ada = await op.person();
    const others = [await signedIn(op, ada), await signedIn(op, ada)];
    const here = await signedIn(op, ada);
    await press(here, await here.open("/account/browsers"), "others", "yes");
    for (const browser of others) assert.ok(await isSignedOut(browser, [0, 1]));
    assert.equal(await isSignedOut(here), false);
    assert.equal(button(await here.open("/account/browsers"), "others", "yes"), undefined, "no others, no button");
  });

  test("another person's session is not theirs to end", async () => {
    const [ada, bob] = [await op.person(), await op.person()];
    const [here, bobs] = [await signedIn(op, ada), await signedIn(op, bob)];
    const [{ id }] = await sessionsOf(bob);
    const csrf = (await here.open("/account/email")).form("csrf").controls.find(({ name }) => name === "csrf").value;
    await here.open("/account/browsers", { form: { csrf, session: id } });
    assert.equal(await isSignedOut(bobs), false);
    assert.ok(!(await here.open("/account/browsers")).html.includes(id));
  });

  test("signing this one out drops its cookie", async () => {
    const ada = await op.person();
    const here = await signedIn(op, ada);
    const [{ id }] = await sessionsOf(ada);
    const csrf = (await here.open("/account/email")).form("csrf").controls.find(({ name }) => name === "csrf").value;
    assert.ok((await here.open("/account/browsers", { form: { csrf, session: id } })).asksForPassword);
    assert.equal((await sessionsOf(ada)).length, 0);
  });

  test("apps that know a session learn of its end", async () => {
    const client = await op.client({ backchannel_logout_uri: "https://app.acme.test/backchannel" });
    const [ada, there] = [await op.person(), op.browser()];
    await client.tokens(await there.obtain(client, ada));
    const here = await signedIn(op, ada);
    await press(here, await here.open("/account/browsers"), "others", "yes");
    assert.equal((await op.rows("SELECT * FROM logout_outbox WHERE user_id = ?", ada.id)).length, 1);
  });
});

describe("apps", () => {
  test("are shown with what they may know, since when, and when they last used it", async () => {
    const client = await op.client({ client_name: "Acme Notes", client_uri: "https://notes.acme.test" });
    const [ada, here] = [await op.person(), op.browser()];
    const tokens = await client.tokens(await here.obtain(client, ada, { scope: "openid email offline_access" }));
    op.clock.advance({ days: 2 });
    await (await client.refresh(tokens.refresh_token)).text();
    op.clock.advance({ hours: 1 });
    const { text } = await here.open("/account/apps");
    for (const part of ["Acme Notes", "notes.acme.test", "See your e-mail address", "Last used an hour ago", "Allowed 2 days ago"])
      assert.ok(text.includes(part), `${part} in ${text}`);
  });

  test("when they last used it outlives their tokens", async () => {
    const client = await op.client({ grant_types: ["authorization_code"] });
    const [ada, here] = [await op.person(), op.browser()];
    await client.tokens(await here.obtain(client, ada));
    op.clock.advance({ days: 5 });
    await op.cron();
    assert.deepEqual(await op.rows("SELECT id FROM token_families WHERE user_id = ?", ada.id), []);
    assert.ok((await here.open("/account/apps")).text.includes("Last used 5 days ago"));
  });

  test("lose access at once, on every isolate: tokens, codes and consent", async () => {
    const client = await op.client();
    const [ada, here] = [await op.person(), op.browser()];
    const tokens = await client.tokens(await here.obtain(client, ada));
    const unused = await here.obtain(client, ada);
    const page = await press(here, await here.open("/account/apps"), "client_id", client.id);
    assert.match(notice(page), /no access any more/);
    assert.ok(!page.text.includes("Acme Notes"));
    for (const isolate of [0, 1]) {
      const userinfo = await op.fetch("/userinfo", { bearer: tokens.access_token, isolate });
      assert.equal(userinfo.status, 401);
      await oauthError(await client.refresh(tokens.refresh_token, {}, { isolate }), 400, "invalid_grant");
      await oauthError(await client.redeem(unused, {}, { isolate }), 400, "invalid_grant");
    }
    assert.ok((await here.authorize(client)).asksForConsent);
  });

  test("of another person keep theirs", async () => {
    const client = await op.client();
    const [ada, bob] = [await op.person(), await op.person()];
    const bobs = await client.tokens(await op.browser().obtain(client, bob));
    const here = op.browser();
    await here.obtain(client, ada);
    await press(here, await here.open("/account/apps"), "client_id", client.id);
    assert.equal((await op.fetch("/userinfo", { bearer: bobs.access_token })).status, 200);
  });

  test("with an initiate_login_uri can be opened: a GET with iss (OIDC Core section 4)", async () => {
    const client = await op.client({ initiate_login_uri: "https://app.acme.test/login?tenant=a%26b" });
    const [ada, here] = [await op.person(), op.browser()];
    await here.obtain(client, ada);
    const [{ href }] = (await here.open("/account/apps")).elements("a").filter(({ href }) => href.startsWith("https://app"));
    const url = new URL(href);
    assert.equal(url.origin + url.pathname, "https://app.acme.test/login");
    assert.deepEqual([...url.searchParams], [["tenant", "a&b"], ["iss", op.issuer]]);
  });
});
