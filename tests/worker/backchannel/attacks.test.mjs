// What strangers, other people, other apps and unlucky moments can do to a request that waits for a person.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { DpopKey } from "../support/dpop.mjs";
import { oauthError } from "../support/expect.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { allWait } from "../support/polling.mjs";
import { ON, approve, ask, askingClient, openRequests, poll, pollError, request, review, tokens, upToConsent } from "./support.mjs";

const op = await startLimen({ vars: ON, isolates: 2 });
const till = await askingClient(op);

const fifty = (send) => Promise.all(Array.from({ length: 50 }, (_, n) => send({ isolate: n % 2 })));
const successes = (responses) => responses.filter(({ status }) => status === 200);

describe("one answer, once", () => {
  test("50 parallel polls in two isolates yield one set of tokens", async () => {
    const ada = await op.person();
    const asked = await ask(till, ada);
    await approve(op.browser(), ada);
    const responses = await fifty((init) => poll(till, asked, {}, init));
    assert.equal(successes(responses).length, 1);
  });

  test("50 parallel polls while it waits write nothing, and take nothing from the answer", async () => {
    const ada = await op.person();
    const asked = await ask(till, ada);
    await allWait(await fifty((init) => poll(till, asked, {}, { measure: true, ...init })));
    await approve(op.browser(), ada);
    op.clock.advance({ seconds: 15 });
    assert.ok((await tokens(till, asked)).access_token);
  });

  test("of 50 requests with one proof one is stored", async () => {
    const [ada, key] = [await op.person(), await DpopKey.generate(op)];
    const headers = await key.posting("/backchannel_authentication");
    const responses = await fifty((init) => request(till, { login_hint: ada.username }, { headers, ...init }));
    assert.equal(successes(responses).length, 1);
    assert.equal((await op.rows("SELECT * FROM pushed_requests WHERE user_id = ?", ada.id)).length, 1);
  });

  test("50 parallel answers give one consent and one set of tokens", async () => {
    const ada = await op.person();
    const asked = await ask(till, ada);
    const browser = op.browser();
    const page = await upToConsent(browser, ada);
    const done = await Promise.all(Array.from({ length: 50 }, () => browser.approve(page)));
    assert.equal(done.filter(({ text }) => /Allowed/.test(text)).length, 1);
    assert.ok((await tokens(till, asked)).access_token);
    assert.equal(await pollError(till, asked), "invalid_grant");
  });
});

describe("in other hands", () => {
  test("another client gets nothing, before the answer and after, and the right one still does", async () => {
    const [ada, other] = [await op.person(), await askingClient(op)];
    const asked = await ask(till, ada);
    assert.equal(await pollError(other, asked), "invalid_grant");
    await approve(op.browser(), ada);
    assert.equal(successes(await fifty((init) => poll(other, asked, {}, init))).length, 0);
    assert.ok((await tokens(till, asked)).access_token);
  });

  test("another person neither sees nor answers it, by the form of their own page or by a link of hers", async () => {
    const [ada, eve] = [await op.person(), await op.person()];
    const asked = await ask(till, ada);
    await ask(till, eve);
    const [hers, evil] = [op.browser(), op.browser()];
    const list = await openRequests(hers, ada);
    const { value: id } = list.form("id").controls.find(({ name }) => name === "id");
    const own = await openRequests(evil, eve);
    assert.ok(!own.html.includes(id));
    for (const button of ["review", "deny"]) {
      const page = await evil.submit(own, "id", { id }, { button });
      assert.match(page.text, /This request is over/);
    }
    const consent = await review(hers, list, ada);
    const stolen = await evil.open(consent.url);
    assert.equal(stolen.status, 400);
    assert.equal(await pollError(till, asked), "authorization_pending");
    // Somebody else signs in where it waits.
    await hers.open("/logout").then((page) => (page.forms.length ? hers.submit(page, page.forms[0].controls.at(-1).name) : page));
    const resumed = await hers.open(consent.url.replace("/consent", "/authorize/resume"));
    if (resumed.asksForPassword) {
      const wrong = await hers.signIn(resumed, eve);
      assert.ok(!wrong.asksForConsent, wrong.text);
      assert.doesNotMatch(wrong.text, /Allowed/);
    }
    op.clock.advance({ seconds: 15 });
    assert.equal(await pollError(till, asked), "authorization_pending");
  });

  test("nobody is asked in another's stead, by an id or a username that is like another's", async () => {
    const asksFor = async (client, login_hint) => {
      const waiting = () => op.rows("SELECT hash, user_id FROM pushed_requests");
      const before = new Set((await waiting()).map(({ hash }) => hash));
      assert.equal((await request(client, { login_hint })).status, 200, login_hint);
      return (await waiting()).find(({ hash }) => !before.has(hash)).user_id;
    };
    // The hints of a client that come to nothing are counted.
    const shop = await askingClient(op);
    await op.person({ id: "Grace-1", username: "mallory" });
    assert.equal((await op.admin("/admin/api/users", { json: { username: "grace-1" } })).status, 409);
    // Whoever was called so before that was compared still is.
    const grace = await op.person();
    await op.rows("UPDATE users SET username = 'grace-1', username_folded = 'grace-1' WHERE id = ?", grace.id);
    await oauthError(await request(shop, { login_hint: "Grace-1" }), 400, "unknown_user_id");
    assert.equal(await asksFor(shop, "grace-1"), grace.id);
    // Whoever knows the `sub` of somebody can be called so, but for the capital letters.
    const [ada, pairwise] = [await op.person(), await askingClient(op, { subject_type: "pairwise" })];
    const asked = await ask(pairwise, ada);
    await approve(op.browser(), ada);
    const { sub } = claimsOf((await tokens(pairwise, asked)).id_token);
    await op.person({ username: sub.toLowerCase() });
    assert.equal(await asksFor(pairwise, sub), ada.id);
    await op.person({ username: ada.id.toLowerCase() });
    assert.equal(await asksFor(shop, ada.id), ada.id);
    assert.equal((await op.admin(`/admin/api/users/${ada.id}`, { method: "DELETE" })).status, 204);
    await oauthError(await request(shop, { login_hint: ada.id }), 400, "unknown_user_id");
  });

  test("the form is bound to its browser and its sign-in", async () => {
    const [ada, other] = [await op.person(), op.browser()];
    await ask(till, ada);
    const browser = op.browser();
    const list = await openRequests(browser, ada);
    await openRequests(other, ada);
    const fields = Object.fromEntries(list.form("id").controls.filter(({ name }) => name).map(({ name, value }) => [name, value]));
    for (const form of [{ ...fields, csrf: undefined }, { ...fields, csrf: "x" }, fields]) {
      const refused = await other.open("/account/requests", { form });
      assert.ok(refused.status >= 400, `${refused.status} ${refused.text}`);
    }
  });

  test("an auth_req_id is no code and no device code, nor the other way round; every truncation is refused", async () => {
    const ada = await op.person();
    const both = await askingClient(op, {
      grant_types: ["authorization_code", "urn:openid:params:grant-type:ciba", "refresh_token"],
      response_types: ["code"],
      redirect_uris: ["https://app.acme.test/cb"],
    });
    const asked = await ask(both, ada);
    await approve(op.browser(), ada);
    for (const form of [
      { grant_type: "authorization_code", code: asked.auth_req_id, redirect_uri: both.redirectUri },
      { grant_type: "refresh_token", refresh_token: asked.auth_req_id },
      { grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code: asked.auth_req_id },
    ]) {
      assert.equal((await both.post("/token", form)).status, 400);
    }
    const page = await op.browser().open(`/authorize?client_id=${both.id}&request_uri=urn:ietf:params:oauth:request_uri:${asked.auth_req_id}`);
    assert.equal(page.status, 400);
    for (let at = 1; at < asked.auth_req_id.length; at += 5) {
      assert.equal((await poll(both, { auth_req_id: asked.auth_req_id.slice(0, at) })).status, 400);
    }
    assert.ok((await tokens(both, asked)).access_token);
    const grant = await op.browser().obtain(both, ada);
    assert.equal(await pollError(both, { auth_req_id: grant.code }), "invalid_grant");
  });

  test("an app that asked with a key gets tokens by that key alone", async () => {
    const [ada, key, foreign] = [await op.person(), await DpopKey.generate(op), await DpopKey.generate(op)];
    const asked = await ask(till, ada, {}, { headers: await key.posting("/backchannel_authentication") });
    await approve(op.browser(), ada);
    assert.equal(await pollError(till, asked), "invalid_grant");
    await oauthError(await poll(till, asked, {}, { headers: await foreign.posting() }), 400, "invalid_grant");
    const given = await tokens(till, asked, {}, { headers: await key.posting() });
    assert.equal(given.token_type, "DPoP");
    assert.equal(claimsOf(given.access_token).cnf.jkt, key.jkt);
  });
});

describe("what changes in between", () => {
  test("the person is locked, or deleted with all that waits for them", async () => {
    const ada = await op.person();
    const asked = await ask(till, ada);
    const browser = op.browser();
    const page = await upToConsent(browser, ada);
    await op.changePerson(ada, { disabled: true });
    assert.doesNotMatch((await browser.approve(page)).text, /Allowed/);
    assert.equal(await pollError(till, asked), "authorization_pending");
    await op.admin(`/admin/api/users/${ada.id}`, { method: "DELETE" });
    assert.deepEqual(await op.rows("SELECT * FROM pushed_requests WHERE user_id = ?", ada.id), []);
    assert.equal(await pollError(till, asked), "invalid_grant");
  });

  test("the client loses the grant", async () => {
    const [ada, client] = [await op.person(), await askingClient(op)];
    const asked = await ask(client, ada);
    const browser = op.browser();
    const page = await upToConsent(browser, ada);
    await op.admin(`/register/${client.id}`, { method: "PATCH", json: { grant_types: ["client_credentials"] } });
    assert.doesNotMatch((await browser.approve(page)).text, /Allowed/);
    assert.equal(await pollError(client, asked), "unauthorized_client");
  });

  test("the epoch is raised, or the operator switches it off", async () => {
    const ada = await op.person();
    const asked = await ask(till, ada);
    const browser = op.browser();
    const page = await upToConsent(browser, ada);
    await op.redeploy({ BACKCHANNEL_AUTHENTICATION: "off" });
    assert.doesNotMatch((await browser.approve(page)).text, /Allowed/);
    assert.equal(await pollError(till, asked), "unsupported_grant_type");
    await op.redeploy({ BACKCHANNEL_AUTHENTICATION: "on", EPOCH: "2" });
    assert.equal(await pollError(till, asked), "invalid_grant");
  });
});

describe("nobody is flooded", () => {
  test("five requests wait for a person at most, and the sixth is told to come later", async () => {
    const ada = await op.person();
    const [second, third, fourth] = [await askingClient(op), await askingClient(op), await askingClient(op)];
    for (const client of [till, till, second, second, third]) await ask(client, ada);
    const over = await request(fourth, { login_hint: ada.username });
    assert.equal(over.status, 429);
    assert.ok(over.headers.get("retry-after"));
    assert.equal((await over.json()).error, "temporarily_unavailable", "nobody has refused");
    assert.equal((await op.rows("SELECT * FROM pushed_requests WHERE user_id = ?", ada.id)).length, 5);
    assert.equal((await request(till, { login_hint: (await op.person()).username })).status, 200, "others are asked");
  });

  test("two of them are of one app at most", async () => {
    const [ada, other] = [await op.person(), await askingClient(op)];
    for (let n = 0; n < 2; n++) await ask(till, ada);
    assert.equal((await request(till, { login_hint: ada.username })).status, 429);
    await ask(other, ada);
  });

  test("an app that is refused takes nothing from others", async () => {
    const [ada, greedy, other] = [await op.person(), await askingClient(op), await askingClient(op)];
    for (let n = 0; n < 40; n++) await request(greedy, { login_hint: ada.username });
    await ask(other, ada);
  });

  test("50 at once leave two", async () => {
    const ada = await op.person();
    const responses = await fifty((init) => request(till, { login_hint: ada.username }, init));
    assert.ok(responses.every(({ status }) => [200, 429].includes(status)), responses.map(({ status }) => status).join(" "));
    assert.equal((await op.rows("SELECT * FROM pushed_requests WHERE user_id = ?", ada.id)).length, successes(responses).length);
    assert.ok(successes(responses).length <= 2);
  });

  test("a client asks a person ten times an hour, whatever they answer", async () => {
    const ada = await op.person();
    const browser = op.browser();
    for (let n = 0; n < 10; n++) {
      await ask(till, ada);
      const list = await openRequests(browser, ada);
      await browser.submit(list, "deny", {}, { button: "deny" });
    }
    assert.equal((await request(till, { login_hint: ada.username })).status, 429);
    assert.equal((await request(await askingClient(op), { login_hint: ada.username })).status, 200, "another client still asks");
    op.clock.advance({ minutes: 61 });
    assert.equal((await request(till, { login_hint: ada.username })).status, 200);
  });

  test("a client tries a hundred hints an hour that name nobody, and then learns no more", async () => {
    const [client, ada] = [await askingClient(op), await op.person()];
    for (let n = 0; n < 100; n++) await oauthError(await request(client, { login_hint: `nobody-${n}` }), 400, "unknown_user_id");
    assert.equal((await request(client, { login_hint: "nobody" })).status, 429);
    assert.equal((await request(client, { login_hint: ada.username })).status, 429);
    assert.equal((await request(till, { login_hint: ada.username })).status, 200);
  });

  test("a request that is wrong in itself tells nothing of who there is, and one that was not stored counts as a try", async () => {
    const [client, ada] = [await askingClient(op), await op.person()];
    for (const login_hint of [ada.username, "nobody"]) {
      await oauthError(await request(client, { login_hint, resource: "https://other.test" }), 400, "invalid_target");
    }
    for (let n = 0; n < 4; n++) await request(client, { login_hint: ada.username });
    for (let n = 0; n < 98; n++) await oauthError(await request(client, { login_hint: `nobody-${n}` }), 400, "unknown_user_id");
    assert.equal((await request(client, { login_hint: "nobody" })).status, 429);
  });

  test("an address that nobody has confirmed names nobody", async () => {
    const ada = await op.person();
    await op.rows("UPDATE users SET claims = json_set(claims, '$.email_verified', json('false')) WHERE id = ?", ada.id);
    await oauthError(await request(till, { login_hint: ada.email }), 400, "unknown_user_id");
    await ask(till, ada);
  });
});

describe("unlucky moments", () => {
  test("a fault of storage at any statement leaves the app where it was", async () => {
    const ada = await op.person();
    for (const matching of ["INSERT OR IGNORE INTO pushed_requests", "DELETE FROM pushed_requests"]) {
      assert.equal((await request(till, { login_hint: ada.username }, { d1: { matching } })).status, 503);
      assert.deepEqual(await op.rows("SELECT * FROM pushed_requests WHERE user_id = ?", ada.id), []);
    }
    const asked = await ask(till, ada);
    const browser = op.browser();
    const page = await upToConsent(browser, ada);
    for (const matching of ["INSERT INTO grants", "INSERT INTO codes", "DELETE FROM pushed_requests", "INSERT INTO audit"]) {
      assert.equal((await browser.approve(page, { d1: { matching } })).status, 503, matching);
      op.clock.advance({ seconds: 30 });
      assert.equal(await pollError(till, asked), "authorization_pending", matching);
    }
    assert.match((await browser.approve(page)).text, /Allowed/);
    for (const matching of ["UPDATE codes", "INSERT INTO token_families", "SELECT CASE WHEN turned_down_at"]) {
      assert.equal((await poll(till, asked, {}, { d1: { matching } })).status, 503, matching);
    }
    assert.ok((await tokens(till, asked)).access_token);
  });

  test("denying fails whole, too", async () => {
    const ada = await op.person();
    const asked = await ask(till, ada);
    const browser = op.browser();
    const list = await openRequests(browser, ada);
    for (const matching of ["UPDATE pushed_requests", "INSERT INTO audit"]) {
      const failed = await browser.submit(list, "deny", {}, { button: "deny", d1: { matching } });
      assert.equal(failed.status, 503, matching);
    }
    assert.equal(await pollError(till, asked), "authorization_pending");
    assert.match((await browser.submit(list, "deny", {}, { button: "deny" })).text, /Denied/);
  });

  test("hostile values are no fault", async () => {
    const ada = await op.person();
    for (const [params, status] of [
      [{ login_hint: "\0" }, [400]],
      [{ login_hint: "a".repeat(100_000) }, [400, 413]],
      [{ login_hint: ada.username, scope: `openid ${"x ".repeat(5_000)}` }, [200, 400]],
      [{ login_hint: ada.username, binding_message: "<script>alert(1)</script>" }, [400]],
      [{ login_hint: ada.username, requested_expiry: "1e20" }, [400]],
      [{ login_hint: ada.username, requested_expiry: "99999999999999999999" }, [400]],
      [{ login_hint: ada.username, acr_values: "x ".repeat(4_000) }, [200, 400]],
      [{ id_token_hint: "x".repeat(60_000) }, [400, 413]],
      [{ id_token_hint: "a.b.c" }, [400]],
    ]) {
      const response = await request(till, params);
      assert.ok(status.includes(response.status), `${response.status} ${JSON.stringify(params).slice(0, 80)}`);
      await response.text();
    }
  });

  test("old requests go with the periodic run", async () => {
    const ada = await op.person();
    await ask(till, ada);
    op.clock.advance({ days: 3 });
    await op.cron();
    assert.deepEqual(await op.rows("SELECT * FROM pushed_requests WHERE user_id = ?", ada.id), []);
  });
});
