// Attacks on the device grant (RFC 8628 section 5, draft-ietf-oauth-cross-device-security).

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { DpopKey } from "../support/dpop.mjs";
import { oauthError } from "../support/expect.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { freshRoot, startLimen } from "../support/limen.mjs";
import { allWait } from "../support/polling.mjs";
import { GRANT, ON, approve, ask, deviceClient, enter, poll, pollError, request, tokens, upToConsent } from "./support.mjs";

const op = await startLimen({ isolates: 2, vars: ON });
const ada = await op.person();
const tv = await deviceClient(op);
const both = await deviceClient(op, {
  grant_types: ["authorization_code", "refresh_token", GRANT],
  response_types: ["code"],
  redirect_uris: ["https://app.acme.test/callback"],
});

const fifty = (work) => Promise.all(Array.from({ length: 50 }, (_, n) => work({ isolate: n % 2 })));
const renewed = { new_password: "a quite different pass phrase", repeat_password: "a quite different pass phrase" };
const successes = (responses) => responses.filter(({ status }) => status === 200);

describe("used once", () => {
  test("50 polls at once after the answer give one token", async () => {
    for (let round = 0; round < 3; round++) {
      const asked = await ask(tv);
      await approve(op.browser(), asked, ada);
      const responses = await fifty((init) => poll(tv, asked, {}, init));
      assert.equal(successes(responses).length, 1);
      for (const response of responses.filter(({ status }) => status !== 200)) {
        assert.equal((await response.json()).error, "invalid_grant");
      }
    }
  });

  test("50 answers at once to one request give one code, and yes never follows no", async () => {
    const asked = await ask(tv);
    const browser = op.browser();
    const page = await upToConsent(browser, asked, ada);
    const pages = await fifty(({ isolate }) => (isolate ? browser.deny(page) : browser.approve(page)));
    const connected = pages.filter(({ text }) => /is connected/.test(text));
    const denied = pages.filter(({ text }) => /Denied/.test(text));
    assert.equal(connected.length + denied.length, 1, "one of them counts");
    const response = await poll(tv, asked);
    if (connected.length) assert.equal(response.status, 200, await response.text());
    else assert.equal((await response.json()).error, "access_denied");
  });

  test("who presents a device code again ends the tokens that came of it", async () => {
    const asked = await ask(tv);
    await approve(op.browser(), asked, ada);
    const given = await tokens(tv, asked);
    assert.equal(await pollError(tv, asked), "invalid_grant");
    assert.equal((await op.fetch("/userinfo", { bearer: given.access_token })).status, 401);
    assert.equal((await tv.refresh(given.refresh_token)).status, 400);
  });

  test("a user code is of no use after the answer, to nobody", async () => {
    const asked = await ask(tv);
    const browser = op.browser();
    const waiting = await upToConsent(browser, asked, ada);
    await approve(op.browser(), asked, await op.person());
    assert.match((await enter(op.browser(), asked)).alert, /No device waits/);
    const second = await browser.approve(waiting);
    assert.equal(second.status, 400);
    assert.match(second.text, /This code is over/);
    assert.notEqual(claimsOf((await tokens(tv, asked)).id_token).sub, ada.id);
  });
});

describe("at once", () => {
  test("50 polls while it waits write nothing, and take nothing from the answer", async () => {
    const asked = await ask(tv);
    await allWait(await fifty((init) => poll(tv, asked, {}, { measure: true, ...init })));
    await approve(op.browser(), asked, ada);
    assert.ok((await tokens(tv, asked)).access_token);
  });

  test("of 50 requests with one proof one is stored", async () => {
    const key = await DpopKey.generate(op);
    const client = await deviceClient(op, { token_endpoint_auth_method: "client_secret_basic" });
    const headers = await key.posting("/device_authorization");
    const responses = await fifty((init) => request(client, {}, { headers, ...init }));
    assert.equal(successes(responses).length, 1);
    assert.equal((await op.rows("SELECT * FROM pushed_requests WHERE client_id = ?", client.id)).length, 1);
  });

  test("100 wrong codes of a network are no more tries than 50", async () => {
    const browser = op.browser({ address: "203.0.113.60" });
    const page = await browser.open("/device");
    const wrong = () => browser.submit(page, "user_code", { user_code: "BBBB-BBBB" });
    const answers = await Promise.all(Array.from({ length: 100 }, wrong));
    const statuses = answers.map(({ status }) => status);
    assert.equal(statuses.filter((status) => status === 400).length, 50, statuses.join(" "));
    assert.equal((await browser.submit(page, "user_code", { user_code: (await ask(tv)).user_code })).status, 429);
  });
});

describe("codes in other hands", () => {
  test("another client gets nothing for a device code, before the answer and after, and the right one still does", async () => {
    const other = await deviceClient(op);
    const asked = await ask(tv);
    assert.equal(await pollError(other, asked), "invalid_grant");
    await approve(op.browser(), asked, ada);
    const wrong = await fifty((init) => poll(other, asked, {}, init));
    assert.equal(successes(wrong).length, 0);
    assert.ok((await tokens(tv, asked)).access_token);
  });

  test("a device code is no authorization code, no request_uri and no refresh token, nor the other way round", async () => {
    const asked = await ask(both);
    const urn = "urn:ietf:params:oauth:request_uri:";
    const page = await op.browser().open(`/authorize?client_id=${both.id}&request_uri=${urn}${asked.device_code}`);
    assert.equal(page.callback, null);
    assert.equal(page.status, 400);
    await approve(op.browser(), asked, ada);
    const form = { code: asked.device_code, redirect_uri: both.redirectUri };
    for (const more of [{}, { redirect_uri: "" }, { code_verifier: "a".repeat(43), redirect_uri: undefined }]) {
      const response = await both.post("/token", { grant_type: "authorization_code", ...form, ...more });
      assert.equal(response.status, 400);
    }
    assert.equal((await both.refresh(asked.device_code)).status, 400);
    assert.ok((await tokens(both, asked)).access_token);
    const grant = await op.browser().obtain(both, ada);
    assert.equal(await pollError(both, { device_code: grant.code }), "invalid_grant");
    const pushed = await both.post("/par", both.request().params);
    const { request_uri } = await pushed.json();
    assert.equal(await pollError(both, { device_code: request_uri.slice(urn.length) }), "invalid_grant");
    assert.match((await enter(op.browser(), { user_code: request_uri.slice(-8) })).alert, /No device waits/);
  });

  test("every truncation and every changed character of a device code is refused", async () => {
    const asked = await ask(tv);
    await approve(op.browser(), asked, ada);
    const { device_code: code } = asked;
    for (let at = 0; at < code.length; at += 3) {
      const changed = code.slice(0, at) + (code[at] === "A" ? "B" : "A") + code.slice(at + 1);
      for (const device_code of [code.slice(0, at), changed]) {
        const response = await poll(tv, { device_code: device_code || "x" });
        assert.equal(response.status, 400);
        await response.text();
      }
    }
    assert.ok((await tokens(tv, asked)).access_token);
  });

  test("a device that asked with a key gets tokens by that key alone (RFC 9449 section 10)", async () => {
    const [key, foreign] = [await DpopKey.generate(op), await DpopKey.generate(op)];
    const asked = await ask(tv, {}, { headers: await key.posting("/device_authorization") });
    await approve(op.browser(), asked, ada);
    assert.equal(await pollError(tv, asked), "invalid_grant");
    const stolen = await poll(tv, asked, {}, { headers: await foreign.posting() });
    await oauthError(stolen, 400, "invalid_grant");
    const given = await tokens(tv, asked, {}, { headers: await key.posting() });
    assert.equal(given.token_type, "DPoP");
    assert.equal(claimsOf(given.access_token).cnf.jkt, key.jkt);
    assert.equal((await tv.refresh(given.refresh_token, {}, { headers: await foreign.posting() })).status, 400);
    assert.equal((await tv.refresh(given.refresh_token, {}, { headers: await key.posting() })).status, 200);
    const jkt = await ask(tv, { dpop_jkt: key.jkt });
    await approve(op.browser(), jkt, ada);
    assert.equal(await pollError(tv, jkt), "invalid_grant");
    const mismatch = await request(tv, { dpop_jkt: foreign.jkt }, { headers: await key.posting("/device_authorization") });
    await oauthError(mismatch, 400, "invalid_request");
  });

  test("a proof is used up by the request that succeeds, and by no poll before", async () => {
    const key = await DpopKey.generate(op);
    const asked = await ask(tv, {}, { headers: await key.posting("/device_authorization") });
    const headers = await key.posting();
    const pending = await poll(tv, asked, {}, { headers });
    await oauthError(pending, 400, "authorization_pending");
    await approve(op.browser(), asked, ada);
    assert.equal((await poll(tv, asked, {}, { headers })).status, 200);
    const asking = await key.posting("/device_authorization");
    assert.equal((await request(tv, {}, { headers: asking })).status, 200);
    await oauthError(await request(tv, {}, { headers: asking }), 400, "invalid_dpop_proof");
  });
});

describe("what changes in between", () => {
  test("the person is locked", async () => {
    const person = await op.person();
    const asked = await ask(tv);
    await approve(op.browser(), asked, person);
    await op.changePerson(person, { disabled: true });
    assert.equal(await pollError(tv, asked), "invalid_grant");
    const waiting = await op.person();
    const browser = op.browser();
    const second = await ask(tv);
    const page = await upToConsent(browser, second, waiting);
    await op.changePerson(waiting, { disabled: true });
    assert.ok(!/is connected/.test((await browser.approve(page)).text));
    op.clock.advance({ seconds: 6 });
    assert.equal(await pollError(tv, second), "authorization_pending");
  });

  test("who answers too late leaves no consent, nor a row of the audit", async () => {
    const [person, browser, asked] = [await op.person(), op.browser(), await ask(tv)];
    const page = await upToConsent(browser, asked, person);
    op.clock.advance({ seconds: 601 });
    assert.equal((await browser.approve(page)).status, 400);
    assert.deepEqual(await op.rows("SELECT * FROM grants WHERE user_id = ?", person.id), []);
    assert.deepEqual(await op.rows("SELECT * FROM audit WHERE user_id = ? AND event LIKE 'consent%'", person.id), []);
  });

  test("the root key is another, and the one before is still there", async () => {
    const asked = await ask(tv);
    await op.redeploy({ KEK_2: freshRoot(), KEK_CURRENT: "2" });
    await approve(op.browser(), asked, ada);
    assert.ok((await tokens(tv, asked)).access_token);
  });

  test("the client loses the grant", async () => {
    const client = await deviceClient(op, { grant_types: ["authorization_code", GRANT], response_types: ["code"], redirect_uris: ["https://app.acme.test/callback"] });
    const asked = await ask(client);
    const browser = op.browser();
    const page = await upToConsent(browser, asked, ada);
    await op.admin(`/register/${client.id}`, { method: "PATCH", json: { grant_types: ["authorization_code"] } });
    assert.ok(!/is connected/.test((await browser.approve(page)).text));
    assert.equal(await pollError(client, asked), "unauthorized_client");
  });

  test("the client is deleted, and its requests with it", async () => {
    const client = await deviceClient(op);
    await ask(client);
    await client.unregister();
    assert.deepEqual(await op.rows("SELECT * FROM pushed_requests WHERE client_id = ?", client.id), []);
  });

  test("the epoch is raised", async () => {
    const asked = await ask(tv);
    await op.redeploy({ EPOCH: "2" });
    assert.match((await enter(op.browser(), asked)).alert, /No device waits/);
    assert.equal(await pollError(tv, asked), "invalid_grant");
  });
});

describe("the page", () => {
  test("user codes are guessed fifty times a network and quarter of an hour, and right ones do not count (section 5.1)", async () => {
    const address = "203.0.113.50";
    const browser = op.browser({ address });
    const page = await browser.open("/device");
    for (let n = 0; n < 3; n++) assert.ok((await browser.submit(page, "user_code", { user_code: (await ask(tv)).user_code })).asksForPassword);
    for (let n = 0; n < 50; n++) {
      const wrong = await browser.submit(page, "user_code", { user_code: "BBBB-BBBB" });
      assert.equal(wrong.status, 400);
    }
    const asked = await ask(tv);
    const over = await browser.submit(page, "user_code", { user_code: asked.user_code });
    assert.equal(over.status, 429);
    assert.ok(over.headers.get("retry-after"));
    assert.match(over.alert, /Too many attempts/);
    assert.ok((await enter(op.browser(), asked)).asksForPassword, "elsewhere it works");
    op.clock.advance({ minutes: 16 });
    assert.ok((await enter(op.browser({ address }), await ask(tv))).asksForPassword);
  });

  test("what no code can be is not looked up", async () => {
    const browser = op.browser({ address: "203.0.113.51" });
    const page = await browser.open("/device");
    for (const user_code of ["", "AAAA-AAAA", "BBBB", "<script>", "B".repeat(100_000), "BBBB-BBBBB"]) {
      const wrong = await browser.submit(page, "user_code", { user_code });
      assert.equal(wrong.status, 400);
      assert.doesNotMatch(wrong.html, /<script>/);
    }
    assert.deepEqual(await op.rows("SELECT * FROM throttles WHERE failures = 6"), []);
  });

  test("a form of another site or browser counts for nothing", async () => {
    const asked = await ask(tv);
    const [mine, other] = [op.browser(), op.browser()];
    const page = await mine.open("/device");
    await other.open("/device");
    const { controls } = page.form("user_code");
    const csrf = controls.find(({ name }) => name === "csrf").value;
    for (const form of [{ user_code: asked.user_code }, { user_code: asked.user_code, csrf }, { user_code: asked.user_code, csrf: "x" }]) {
      const refused = await other.open("/device", { form });
      assert.equal(refused.status, 403, refused.text);
    }
  });

  test("what waits in one browser cannot be answered in another (session fixation)", async () => {
    const asked = await ask(tv);
    const attacker = op.browser();
    const page = await upToConsent(attacker, asked, await op.person());
    const victim = op.browser();
    await victim.signIn(await victim.open("/account"), ada);
    const opened = await victim.open(page.url);
    assert.equal(opened.status, 400);
    assert.ok(!opened.asksForConsent);
    const resumed = await victim.open(page.url.replace("/consent", "/authorize/resume"));
    assert.ok(!resumed.asksForConsent);
  });

  test("the mark of a device cannot be added to the request of a browser, nor taken away", async () => {
    const asked = await ask(both);
    const browser = op.browser();
    const page = await upToConsent(browser, asked, ada);
    const sealed = new URL(page.url).searchParams.get("interaction");
    const parts = sealed.split(".");
    const marks = parts.filter((part) => part === "device");
    assert.equal(marks.length, 1);
    const without = parts.filter((part) => part !== "device").join(".");
    assert.equal((await browser.open(`/consent?interaction=${without}`)).status, 400);
    const plain = await browser.authorize(both, { prompt: "consent" });
    const other = new URL(plain.url).searchParams.get("interaction").split(".");
    const marked = [...other.slice(0, -1), "1", "x", "device", other.at(-1)].join(".");
    assert.equal((await browser.open(`/consent?interaction=${marked}`)).status, 400);
  });

  test("neither page nor link leads anywhere else", async () => {
    for (const query of ["user_code=%22%3E%3Cscript%3E", "user_code=BBBB-BBBB&user_code=CCCC-CCCC", "redirect_uri=https://evil.test/", "user_code=%00"]) {
      const page = await op.browser().open(`/device?${query}`);
      assert.doesNotMatch(page.html ?? "", /<script>|evil\.test/);
      assert.equal(page.callback, null);
    }
  });

  test("HEAD does nothing", async () => {
    assert.equal((await op.fetch("/device", { method: "HEAD" })).status, 405);
  });
});

describe("rows", () => {
  test("whoever has no secret makes a hundred requests a network and quarter of an hour", async () => {
    const client = await deviceClient(op);
    const init = { address: "203.0.113.77" };
    const responses = [];
    for (let n = 0; n < 101; n++) responses.push((await request(client, {}, init)).status);
    assert.deepEqual(
      responses.filter((status) => status !== 200),
      [429],
    );
    assert.equal(responses.at(-1), 429);
    assert.equal((await request(client, {}, { address: "203.0.113.78" })).status, 200);
  });

  test("old requests go with new ones, and with the periodic run", async () => {
    const client = await deviceClient(op);
    for (let n = 0; n < 5; n++) await ask(client);
    op.clock.advance({ hours: 2 });
    await ask(client);
    const count = () => op.rows("SELECT count(*) AS n FROM pushed_requests WHERE client_id = ?", client.id);
    assert.equal((await count())[0].n, 1);
    op.clock.advance({ days: 2 });
    await op.cron();
    assert.equal((await count())[0].n, 0);
  });

  test("a fault of storage at any statement leaves the device where it was", async () => {
    for (const matching of ["INSERT OR IGNORE INTO pushed_requests", "DELETE FROM pushed_requests"]) {
      const response = await request(tv, {}, { d1: { matching } });
      assert.equal(response.status, 503);
    }
    const asked = await ask(tv);
    const browser = op.browser();
    const page = await upToConsent(browser, asked, ada);
    for (const matching of ["INSERT INTO grants", "INSERT INTO codes", "DELETE FROM pushed_requests", "INSERT INTO audit"]) {
      const failed = await browser.approve(page, { d1: { matching } });
      assert.equal(failed.status, 503, matching);
      op.clock.advance({ seconds: 60 });
      assert.equal(await pollError(tv, asked), "authorization_pending", matching);
    }
    assert.match((await browser.approve(page)).text, /is connected/);
    for (const matching of ["UPDATE codes", "INSERT INTO token_families", "SELECT CASE WHEN turned_down_at"]) {
      const failed = await poll(tv, asked, {}, { d1: { matching } });
      assert.equal(failed.status, 503, matching);
    }
    assert.ok((await tokens(tv, asked)).access_token);
  });
});

describe("whoever wants to be rid of a device that they should not have allowed", () => {
  for (const [what, path, control, fields] of [
    ["changes the password", "/account/password", "new-password", (person) => ({ current_password: person.password, ...renewed })],
    ["signs out everywhere else", "/account/browsers", "others", () => ({ others: "yes" })],
  ]) {
    test(`${what}: its tokens end, and a code that it has not fetched`, async () => {
      const person = await op.person();
      const [had, later] = [await ask(tv), await ask(tv)];
      await approve(op.browser(), had, person);
      const { refresh_token: token } = await tokens(tv, had);
      await approve(op.browser(), later, person);
      const own = op.browser();
      await own.signIn(await own.open("/account"), person);
      const page = await own.open(path);
      const done = await own.submit(page, control, fields(person));
      assert.ok(done.url.startsWith(op.url(path)) && done.status === 200, done.text);
      assert.equal((await tv.refresh(token)).status, 400);
      assert.equal(await pollError(tv, later), "invalid_grant");
    });
  }
});
