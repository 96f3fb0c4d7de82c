// Consent: asked in plain words, remembered, revocable (OIDC Core section 3.1.2.4).

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { formMayLeadTo, oauthError, redirectError } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();

async function atConsent(client, person, params) {
  const browser = op.browser();
  const page = await browser.signIn(await browser.authorize(client, params), person);
  assert.ok(page.asksForConsent, page.text);
  return { browser, page };
}

const revokeConsent = (person, client) =>
  op.admin(`/admin/api/users/${person.id}/grants/${client.id}`, { method: "DELETE" });

describe("the page", () => {
  test("names the client, the account, where people go, and what is released", async () => {
    const [client, ada] = [await op.client(), await op.person()];
    const { page } = await atConsent(client, ada, { scope: "openid profile email phone address" });
    assert.match(page.text, /Acme Notes/);
    assert.ok(page.text.includes(ada.username) || page.text.includes(ada.email) || page.text.includes(ada.name));
    assert.match(page.text, /app\.acme\.test/);
    for (const word of [/name/i, /e-?mail/i, /phone/i, /address/i]) assert.match(page.text, word);
  });

  test("has buttons with the ids approve and deny, in a POST form with a csrf token", async () => {
    const { page } = await atConsent(await op.client(), await op.person());
    const form = page.form("approve");
    assert.equal(form.method, "post");
    const ids = form.controls.map(({ id }) => id);
    assert.ok(ids.includes("approve") && ids.includes("deny"));
    assert.ok(form.controls.some(({ name, type, value }) => name === "csrf" && type === "hidden" && value));
  });

  test("shows a hostile client's name as text", async () => {
    const name = "<script>alert(1)</script>\"'&amp; Bank";
    const client = await op
      .client({ client_name: name, client_uri: 'https://evil.test/"onmouseover=alert(1)' })
      .catch(() => op.client({ client_name: name }));
    const { page } = await atConsent(client, await op.person());
    assert.doesNotMatch(page.html, /<script>alert/);
    assert.doesNotMatch(page.html, /"onmouseover=/);
    assert.ok(page.text.includes("<script>alert(1)</script>"));
  });

  test("shows a hostile scope as text", async () => {
    const scope = "openid <script>alert(1)</script> '><img/src=x/onerror=alert(1)> {{7*7}}";
    const client = await op.client({ scope });
    const { page } = await atConsent(client, await op.person(), { scope });
    assert.doesNotMatch(page.html, /<script>alert|<img/);
  });

  test("never fetches or shows a client's logo from elsewhere", async () => {
    const client = await op.client({ logo_uri: "https://tracker.acme.test/logo.png" });
    const { page } = await atConsent(client, await op.person());
    assert.doesNotMatch(page.html, /tracker\.acme\.test/);
  });

  test("lets the answer lead to the client under its Content-Security-Policy", async () => {
    const { page } = await atConsent(await op.client(), await op.person());
    formMayLeadTo("https://app.acme.test/callback", page.headers);
    const native = await atConsent(await op.nativeClient(), await op.person(), {
      redirect_uri: "http://127.0.0.1:51004/callback",
    });
    formMayLeadTo("http://127.0.0.1:51004/callback", native.page.headers);
  });

  test("does not claim that unknown custom text comes from Limen", async () => {
    const client = await op.client({ client_name: "\u202eknaB\u202c\u0000".replace("\u0000", "") }).catch(() => null);
    if (client === null) return; // refused at registration
    const { page } = await atConsent(client, await op.person());
    assert.doesNotMatch(page.html, /\u202e/);
  });
});

describe("memory", () => {
  test("consent is remembered for the client and the same or fewer scopes", async () => {
    const [client, ada] = [await op.client(), await op.person()];
    const browser = op.browser();
    await browser.obtain(client, ada, { scope: "openid profile email" });
    for (const scope of ["openid profile email", "email openid profile", "openid email", "openid"]) {
      assert.ok((await browser.authorize(client, { scope })).callback?.get("code"), scope);
    }
    const elsewhere = op.browser();
    const page = await elsewhere.signIn(await elsewhere.authorize(client), ada);
    assert.ok(page.callback?.get("code"), "in another browser, too");
  });

  test("asking for less does not shrink what was consented to", async () => {
    const [client, ada] = [await op.client(), await op.person()];
    const browser = op.browser();
    await browser.obtain(client, ada, { scope: "openid profile email" });
    await browser.authorize(client, { scope: "openid" });
    assert.ok((await browser.authorize(client, { scope: "openid profile email" })).callback?.get("code"));
  });

  test("a code for less yields a token for less", async () => {
    const [client, ada] = [await op.client(), await op.person()];
    const browser = op.browser();
    await browser.obtain(client, ada, { scope: "openid profile email" });
    const tokens = await client.tokens(await browser.obtain(client, ada, { scope: "openid" }));
    assert.equal(tokens.scope, "openid");
    const userinfo = await op.json("/userinfo", { bearer: tokens.access_token });
    assert.deepEqual(Object.keys(userinfo), ["sub"]);
  });

  test("more scopes are asked for, and then remembered with the old ones", async () => {
    const [client, ada] = [await op.client(), await op.person()];
    const browser = op.browser();
    await browser.obtain(client, ada, { scope: "openid email" });
    const page = await browser.authorize(client, { scope: "openid email phone" });
    assert.ok(page.asksForConsent);
    assert.match(page.text, /phone/i);
    await browser.approve(page);
    assert.ok((await browser.authorize(client, { scope: "openid email phone" })).callback?.get("code"));
  });

  test("consent to one client is none to another, and one person's is not another's", async () => {
    const [client, ada, bob] = [await op.client(), await op.person(), await op.person()];
    const browser = op.browser();
    await browser.obtain(client, ada);
    assert.ok((await browser.authorize(await op.client())).asksForConsent);
    await atConsent(client, bob);
  });
});

describe("denial", () => {
  test("is access_denied to the client, and nothing is remembered", async () => {
    const [client, ada] = [await op.client(), await op.person()];
    const { browser, page } = await atConsent(client, ada);
    redirectError(await browser.deny(page), "access_denied");
    assert.ok((await browser.authorize(client)).asksForConsent, "asked again");
    assert.equal((await op.rows("SELECT * FROM grants WHERE user_id = ?", ada.id)).length, 0);
  });

  test("of more leaves the consent from before", async () => {
    const [client, ada] = [await op.client(), await op.person()];
    const browser = op.browser();
    await browser.obtain(client, ada, { scope: "openid email" });
    const page = await browser.authorize(client, { scope: "openid email phone" });
    redirectError(await browser.deny(page), "access_denied");
    assert.ok((await browser.authorize(client, { scope: "openid email" })).callback?.get("code"));
  });

  test("a form without either button approves nothing", async () => {
    const { browser, page } = await atConsent(await op.client(), await op.person());
    const next = await browser.submit(page, "approve", {});
    assert.equal(next.callback?.get("code") ?? null, null);
  });
});

describe("what was shown is what is granted", () => {
  test("a changed digest of what was shown approves nothing", async () => {
    const [client, ada] = [await op.client(), await op.person()];
    const { browser, page } = await atConsent(client, ada, { scope: "openid" });
    for (const shown of ["", "x", "A".repeat(43)]) {
      const next = await browser.submit(page, "approve", { shown }, { button: "approve" });
      assert.equal(next.callback?.get("code") ?? null, null, shown);
    }
    assert.equal((await op.rows("SELECT * FROM grants WHERE user_id = ?", ada.id)).length, 0);
  });

  test("the approval of a small request cannot be spent on a large one", async () => {
    const [client, ada] = [await op.client(), await op.person()];
    const { browser, page: small } = await atConsent(client, ada, { scope: "openid" });
    const large = await browser.authorize(client, { scope: "openid profile email phone address" });
    const field = (page, wanted) => page.form("approve").controls.find(({ name }) => name === wanted).value;
    const mixed = { interaction: field(large, "interaction") };
    const next = await browser.submit(small, "approve", mixed, { button: "approve" });
    assert.equal(next.callback?.get("code") ?? null, null);
  });

  test("two approvals of one form at once make one consent", async () => {
    const [client, ada] = [await op.client(), await op.person()];
    const { browser, page } = await atConsent(client, ada);
    const done = await Promise.all([browser.approve(page), browser.approve(page)]);
    for (const { callback } of done) assert.ok(callback?.get("code"));
    assert.equal((await op.rows("SELECT * FROM grants WHERE user_id = ?", ada.id)).length, 1);
  });
});

describe("revocation by the operator", () => {
  test("ends tokens, codes and memory of that client alone", async () => {
    const [client, other, ada] = [await op.client(), await op.client(), await op.person()];
    const browser = op.browser();
    const tokens = await client.tokens(await browser.obtain(client, ada));
    const others = await other.tokens(await browser.obtain(other, ada));
    const pending = await browser.obtain(client, ada);

    assert.equal((await revokeConsent(ada, client)).status, 204);

    await oauthError(await client.refresh(tokens.refresh_token), 400, "invalid_grant");
    await oauthError(await client.redeem(pending), 400, "invalid_grant");
    assert.equal((await op.fetch("/userinfo", { bearer: tokens.access_token })).status, 401);
    assert.equal((await client.introspect(tokens.access_token)).active, false);
    assert.ok((await browser.authorize(client)).asksForConsent, "asked again");
    assert.equal((await other.refresh(others.refresh_token)).status, 200, "the other client goes on");
  });

  test("of a consent that is not there is 404 or 204, and needs the token", async () => {
    const [client, ada] = [await op.client(), await op.person()];
    assert.ok([204, 404].includes((await revokeConsent(ada, client)).status));
    const path = `/admin/api/users/${ada.id}/grants/${client.id}`;
    assert.equal((await op.fetch(path, { method: "DELETE" })).status, 401);
  });

  test("counts at once against a stale KV copy", async () => {
    const [client, ada] = [await op.client(), await op.person()];
    const browser = op.browser();
    await browser.obtain(client, ada);
    await browser.authorize(client);
    await revokeConsent(ada, client);
    assert.ok((await browser.authorize(client, {}, { kv: "stale" })).asksForConsent);
  });
});

test("the person can switch the account on the consent page", async () => {
  const [client, ada, bob] = [await op.client(), await op.person(), await op.person()];
  const { browser, page } = await atConsent(client, ada);
  if (!page.has("switch")) return;
  const login = await browser.submit(page, "switch", {}, { button: "switch" });
  assert.ok(login.asksForPassword);
  login.request = page.request;
  const done = await browser.complete(login, bob);
  assert.ok(done.callback.get("code"));
  assert.equal((await op.rows("SELECT * FROM grants WHERE user_id = ?", ada.id)).length, 0);
});
