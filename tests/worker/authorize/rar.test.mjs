// Rich authorization requests: RFC 9396.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { aud, declare, remove } from "../apis/support.mjs";
import * as backchannel from "../backchannel/support.mjs";
import { approve, ask, deviceClient, request as requestOfDevice, tokens as deviceTokens, upToConsent } from "../device/support.mjs";
import { grantOf } from "../support/browser.mjs";
import { oauthError, redirectError } from "../support/expect.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { beside, requestClaims, signedObject, signingKey } from "../support/request-object.mjs";

const [PAY, FILES] = ["https://pay.acme.test", "https://files.acme.test"];
const PAYMENT = {
  "title": "Make a payment",
  "title#de": "Eine Zahlung",
  "apis": [PAY],
  "schema": {
    type: "object",
    required: ["type", "instructedAmount", "creditorName"],
    additionalProperties: false,
    properties: {
      type: { const: "payment_initiation" },
      instructedAmount: {
        type: "object",
        required: ["currency", "amount"],
        additionalProperties: false,
        properties: { currency: { enum: ["EUR", "CHF"] }, amount: { type: "string", maxLength: 12 } },
      },
      creditorName: { type: "string", minLength: 1, maxLength: 100, title: "Paid to" },
    },
  },
};
const ACCOUNTS = {
  title: "See your accounts",
  schema: {
    type: "object",
    additionalProperties: false,
    properties: {
      type: { const: "account_information" },
      actions: { type: "array", items: { type: "string" } },
      note: { type: "string" },
      evil: { type: "string" },
      n: { type: ["integer", "boolean"] },
    },
  },
};
const VARS = {
  DEVICE_AUTHORIZATION: "on",
  ...backchannel.ON,
  RESOURCES: JSON.stringify({ [PAY]: "Payments", [FILES]: "Files" }),
  AUTHORIZATION_DETAILS_TYPES: JSON.stringify({ payment_initiation: PAYMENT, account_information: ACCOUNTS }),
};
const op = await startLimen({ vars: VARS });
const app = await op.client({ authorization_details_types: ["payment_initiation", "account_information"] });
const ada = await op.person();
const pay = (amount = "123.50", more = {}) => ({
  type: "payment_initiation",
  instructedAmount: { currency: "EUR", amount },
  creditorName: "Merchant A",
  ...more,
});
const accounts = { type: "account_information", actions: ["list"] };
const asking = (...details) => ({ scope: "openid offline_access", resource: PAY, authorization_details: JSON.stringify(details) });
const sorted = (details) => details.map((one) => JSON.stringify(one, Object.keys(one).toSorted())).toSorted();

describe("what is allowed", () => {
  test("is shown, and stands in the token, the answer and what introspection tells", async () => {
    const browser = op.browser();
    const page = await browser.signIn(await browser.authorize(app, asking(pay(), accounts)), ada);
    for (const words of ["Make a payment", "Paid to", "Merchant A", "instructedAmount › amount", "123.50", "EUR", "See your accounts"]) assert.ok(page.text.includes(words), words);
    const grant = await browser.obtain(app, ada, asking(pay(), accounts));
    const tokens = await app.tokens(grant);
    assert.deepEqual(sorted(tokens.authorization_details), sorted([pay(), accounts]));
    assert.deepEqual(sorted(claimsOf(tokens.access_token).authorization_details), sorted([pay(), accounts]));
    assert.deepEqual(sorted((await app.introspect(tokens.access_token)).authorization_details), sorted([pay(), accounts]));
    const next = await app.refreshed(tokens.refresh_token);
    assert.deepEqual(sorted(next.authorization_details), sorted([pay(), accounts]));
  });

  test("can be narrowed with a code and at a refresh, and never widened, which uses nothing up", async () => {
    const browser = op.browser();
    const grant = await browser.obtain(app, ada, asking(pay(), accounts));
    const wide = { authorization_details: JSON.stringify([pay("1000.00")]) };
    await oauthError(await app.redeem(grant, wide), 400, "invalid_authorization_details");
    const tokens = await app.tokens(grant, { authorization_details: JSON.stringify([accounts]) });
    assert.deepEqual(tokens.authorization_details, [accounts]);
    await oauthError(await app.refresh(tokens.refresh_token, wide), 400, "invalid_authorization_details");
    // None is not all, and the token is still good after it.
    await oauthError(await app.refresh(tokens.refresh_token, { authorization_details: "[]" }), 400, "invalid_authorization_details");
    const next = await app.refreshed(tokens.refresh_token, { authorization_details: JSON.stringify([pay()]) });
    assert.deepEqual(sorted(next.authorization_details), sorted([pay()]));
  });

  test("is asked again for anything else, and not for the same", async () => {
    const [browser, eve] = [op.browser(), await op.person()];
    await browser.obtain(app, eve, asking(pay()));
    assert.ok((await browser.authorize(app, asking(pay()))).callback?.get("code"));
    assert.ok((await browser.authorize(app, asking(pay("123.51")))).asksForConsent);
    const silent = await browser.authorize(app, { ...asking(pay("123.51")), prompt: "none" });
    assert.equal(silent.callback.get("error"), "consent_required");
  });

  test("stays before the person as long as a token gives it, and goes whole when they take it back", async () => {
    const [browser, eve] = [op.browser(), await op.person()];
    const first = await app.tokens(await browser.obtain(app, eve, asking(pay("1.00"))));
    const second = await app.tokens(await browser.obtain(app, eve, asking(pay("2.00"))));
    const shown = async () => {
      const { text } = await browser.open("/account/apps");
      return ["1.00", "2.00"].filter((amount) => text.includes(amount));
    };
    assert.deepEqual(await shown(), ["1.00", "2.00"]);
    const { grants } = await op.json(`/admin/api/users/${eve.id}/grants`, { bearer: op.adminToken });
    assert.deepEqual(sorted(grants[0].authorization_details), sorted([pay("1.00"), pay("2.00")]));
    await app.revoke(first.refresh_token);
    assert.deepEqual(await shown(), ["2.00"], "the last is remembered, and nothing gives the one before");
    const third = await app.tokens(await browser.obtain(app, eve, asking(pay("3.00"))));
    const [, csrf] = /name="csrf" value="([^"]+)"/.exec((await browser.open("/account/apps")).html);
    await browser.open("/account/apps", { form: { csrf, client_id: app.id } });
    for (const { refresh_token } of [second, third]) await oauthError(await app.refresh(refresh_token), 400, "invalid_grant");
  });

  test("is what its own page said, of 50 answers at once to two pages", async () => {
    const [browser, eve] = [op.browser(), await op.person()];
    const one = await browser.signIn(await browser.authorize(app, asking(pay("1.00"))), eve);
    const other = await browser.authorize(app, asking(pay("1000.00")));
    const verifiers = [one, other].map(({ request }) => request.verifier);
    const pages = await Promise.all(Array.from({ length: 50 }, (_, n) => browser.approve([one, other][n % 2])));
    let codes = 0;
    for (const [n, { callback }] of pages.entries()) {
      if (!callback?.get("code")) continue;
      const response = await app.redeem({ code: callback.get("code"), redirectUri: app.redirectUri, verifier: verifiers[n % 2] });
      const told = await response.json();
      // A person has 30 codes for an app at most: those before are gone.
      if (told.error === "invalid_grant") continue;
      assert.equal(response.status, 200, JSON.stringify(told));
      codes += 1;
      assert.deepEqual(told.authorization_details, [pay(["1.00", "1000.00"][n % 2])]);
    }
    assert.ok(codes >= 1);
  });

  test("goes to the APIs of its type alone", async () => {
    const browser = op.browser();
    const both = { ...asking(pay(), accounts), resource: [PAY, FILES] };
    const tokens = await app.tokens(await browser.obtain(app, ada, both), { resource: FILES });
    assert.deepEqual(tokens.authorization_details, [accounts]);
    const none = await app.tokens(await browser.obtain(app, ada, { ...asking(pay()), resource: [PAY, FILES] }), { resource: FILES });
    assert.deepEqual(none.authorization_details, [], "a token that is told of none says so");
    const wide = await app.tokens(await browser.obtain(app, ada, both));
    assert.deepEqual(wide.authorization_details, [accounts], "a token for both has what both may see");
  });

  test("ends with the type that the operator takes from the app, and stands while a request has none", async () => {
    const [browser, eve] = [op.browser(), await op.person()];
    const own = await op.client({ authorization_details_types: ["payment_initiation", "account_information"] });
    const tokens = await own.tokens(await browser.obtain(own, eve, asking(pay(), accounts)));
    await browser.obtain(own, eve, { scope: "openid email" });
    assert.ok((await browser.authorize(own, asking(pay(), accounts))).callback?.get("code"), "it was allowed before");
    const response = await op.admin(`/register/${own.id}`, { method: "PATCH", json: { authorization_details_types: ["account_information"] } });
    assert.equal(response.status, 200, await response.clone().text());
    const next = await own.refreshed(tokens.refresh_token);
    assert.deepEqual(next.authorization_details, [accounts]);
    assert.deepEqual(claimsOf(next.access_token).authorization_details, [accounts]);
  });

  test("comes by /par and by a request object, too", async () => {
    const browser = op.browser();
    const { params, verifier } = app.request(asking(pay()));
    const { request_uri } = await (await app.post("/par", params)).json();
    const page = await browser.open(`/authorize?${new URLSearchParams({ client_id: app.id, request_uri })}`);
    const { callback } = await browser.complete(page, ada);
    const tokens = await app.tokens({ code: callback.get("code"), redirectUri: app.redirectUri, verifier });
    assert.deepEqual(sorted(tokens.authorization_details), sorted([pay()]));

    const { jwk, privateKey } = await signingKey("ES256");
    const signing = await op.client({ jwks: { keys: [jwk] }, authorization_details_types: ["payment_initiation"] });
    const { claims, ...made } = requestClaims(signing, { scope: "openid", resource: PAY });
    const object = await signedObject({ ...claims, authorization_details: [pay()] }, { alg: "ES256", key: privateKey, kid: jwk.kid });
    const end = await browser.complete(await browser.open(beside(signing, { request: object })), ada);
    end.request = { client: signing, params: made.request, verifier: made.verifier };
    const given = await signing.tokens(grantOf(end));
    assert.deepEqual(sorted(given.authorization_details), sorted([pay()]));
  });

  test("comes from a device, too, and is shown to the person", async () => {
    const tv = await deviceClient(op, { authorization_details_types: ["payment_initiation"] });
    const asked = await ask(tv, asking(pay()));
    const page = await upToConsent(op.browser(), asked, ada);
    assert.ok(page.text.includes("Make a payment") && page.text.includes("Merchant A"));
    await approve(op.browser(), asked, ada);
    const told = await deviceTokens(tv, asked);
    assert.deepEqual(told.authorization_details, [pay()]);
    await oauthError(await requestOfDevice(tv, asking({ type: "unknown" })), 400, "invalid_authorization_details");
  });

  test("comes from an app that asks without the person's browser (CIBA), and is shown to them", async () => {
    const till = await backchannel.askingClient(op, { authorization_details_types: ["payment_initiation"] });
    const [browser, eve] = [op.browser(), await op.person()];
    const asked = await backchannel.ask(till, eve, asking(pay()));
    const page = await backchannel.upToConsent(browser, eve);
    assert.ok(page.text.includes("Make a payment") && page.text.includes("Merchant A"));
    await browser.approve(page);
    op.clock.advance({ seconds: 6 });
    const told = await backchannel.tokens(till, asked);
    assert.deepEqual(told.authorization_details, [pay()]);
    const response = await backchannel.request(till, { login_hint: eve.username, ...asking({ type: "unknown" }) });
    await oauthError(response, 400, "invalid_authorization_details");
  });

  test("stands on the account page, in what operators see and in the audit, and nobody is spared the question", async () => {
    const [browser, eve] = [op.browser(), await op.person()];
    const own = await op.client({ consent: "never", authorization_details_types: ["payment_initiation"] });
    await browser.obtain(await op.client(), eve);
    const page = await browser.authorize(own, asking(pay()));
    assert.ok(page.asksForConsent, "also of an app that never asks for scopes");
    await browser.approve(page);
    const apps = await browser.open("/account/apps");
    assert.ok(apps.text.includes("Make a payment") && apps.text.includes("Merchant A"));
    const { grants } = await op.json(`/admin/api/users/${eve.id}/grants`, { bearer: op.adminToken });
    assert.deepEqual(grants.find(({ client_id }) => client_id === own.id).authorization_details, [pay()]);
    const [{ detail }] = await op.rows("SELECT detail FROM audit WHERE event = 'consent_given' AND client_id = ?", own.id);
    assert.deepEqual(JSON.parse(detail).authorization_details, [pay()]);
  });

  test("is shown whole, whatever it looks like, up to its greatest size", async () => {
    const [browser, eve] = [op.browser(), await op.person()];
    const much = { ...accounts, note: "x".repeat(3_500), evil: "a; Paid to: me <b>&amp;", n: true };
    const page = await browser.signIn(await browser.authorize(app, asking(much)), eve);
    assert.ok(page.asksForConsent, page.text.slice(0, 300));
    assert.ok(page.text.includes("x".repeat(3_500)) && page.text.includes("a; Paid to: me"));
    assert.ok(!page.html.includes("<b>&amp;"));
    assert.match(page.html, /<code>true<\/code>/, "no text");
    const { callback } = await browser.approve(page);
    assert.ok(callback.get("code"));
  });
});

describe("is refused", () => {
  test("at the authorization endpoint by an error that goes to the client, and with grants that take none", async () => {
    const page = await op.browser().authorize(app, asking({ type: "unknown" }));
    redirectError(page, "invalid_authorization_details");
    const service = await op.client({ redirect_uris: [], response_types: [], grant_types: ["client_credentials"], authorization_details_types: ["account_information"] });
    const form = { grant_type: "client_credentials", authorization_details: JSON.stringify([accounts]) };
    await oauthError(await service.post("/token", form), 400, "invalid_authorization_details");
    await oauthError(await service.post("/token", form, { auth: { client_id: service.id, client_secret: "x" } }), 401, "invalid_client");
    await oauthError(await app.post("/par", { ...app.request().params, authorization_details: ["[]", "[]"] }), 400, "invalid_request");
  });

  test("what is not as its type demands, of a type that is not known, or none at all", async () => {
    const many = Array.from({ length: 11 }, (_, n) => ({ ...accounts, n }));
    const times = (count) => JSON.stringify([{ ...accounts, actions: Array.from({ length: count }, () => "x") }]);
    for (const text of [
      "x",
      "{}",
      "[7]",
      "[[]]",
      '[{"type":"account_information","type":"payment_initiation"}]',
      JSON.stringify([{}]),
      JSON.stringify([{ type: 7 }]),
      JSON.stringify([{ type: "unknown" }]),
      JSON.stringify([{ type: "payment_initiation" }]),
      JSON.stringify([pay("1".repeat(13))]),
      JSON.stringify([pay("1", { more: 1 })]),
      JSON.stringify(many),
      JSON.stringify([{ ...accounts, ["n".repeat(65)]: 1 }]),
      JSON.stringify([{ ...accounts, more: "a member of its own" }]),
      JSON.stringify([{ ...accounts, "type\u200b": "x" }]),
      JSON.stringify([{ ...accounts, note: "a\u202eb" }]),
      JSON.stringify([{ ...accounts, note: "10\ufe0f0.00" }]),
      JSON.stringify([{ ...accounts, note: "Mer\u200cchant" }]),
      JSON.stringify([{ ...accounts, note: "\u05d0 12 34" }]),
      JSON.stringify([{ ...accounts, note: "a  b" }]),
      JSON.stringify([{ ...accounts, note: "a\nb" }]),
      JSON.stringify([{ ...accounts, actions: ["a "] }]),
      times(51),
      JSON.stringify([{ ...accounts, note: "x".repeat(5_000) }]),
    ]) {
      const params = app.request({ authorization_details: text }).params;
      await oauthError(await app.post("/par", params), 400, "invalid_authorization_details");
    }
  });

  test("a type that the client did not register", async () => {
    const plain = await op.client();
    await oauthError(await plain.post("/par", plain.request(asking(pay())).params), 400, "invalid_authorization_details");
  });
});

test("a declared API that a type names gets its details, in tokens for it alone", async () => {
  const identifier = "https://declared.acme.test";
  const schema = { type: "object", required: ["type", "name"], additionalProperties: false, properties: { type: { const: "file_access" }, name: { type: "string" } } };
  const AUTHORIZATION_DETAILS_TYPES = JSON.stringify({ file_access: { title: "Open a file", apis: [identifier], schema } });
  const on = await startLimen({ vars: { ...VARS, AUTHORIZATION_DETAILS_TYPES } });
  const [client, eve, browser] = [await on.client({ authorization_details_types: ["file_access"] }), await on.person(), on.browser()];
  const details = [{ type: "file_access", name: "notes.txt" }];
  const wanted = { scope: "openid offline_access files:read", resource: [identifier, FILES], authorization_details: JSON.stringify(details) };
  await oauthError(await client.post("/par", client.request(wanted).params), 400, "invalid_target");
  const api = await declare(on, { identifier });
  const page = await browser.signIn(await browser.authorize(client, wanted), eve);
  for (const words of ["Open a file", "notes.txt", "Read your files"]) assert.ok(page.text.includes(words), words);
  const both = await client.tokens(await browser.obtain(client, eve, wanted));
  const seen = (tokens) => [aud(tokens), tokens.authorization_details, claimsOf(tokens.access_token).authorization_details];
  assert.deepEqual(seen(both).slice(1), [[], undefined], "the other API may not see them");
  const own = await client.refreshed(both.refresh_token, { resource: identifier });
  assert.deepEqual(seen(own), [identifier, details, details]);
  assert.deepEqual((await client.introspect(own.access_token)).authorization_details, details);
  const other = await client.refreshed(own.refresh_token, { resource: FILES });
  assert.deepEqual(seen(other), [FILES, [], undefined]);
  await remove(on, api);
  await oauthError(await client.refresh(other.refresh_token, { resource: identifier }), 400, "invalid_target");
  const after = await client.refreshed(other.refresh_token, { resource: FILES });
  assert.deepEqual(seen(after), [FILES, [], undefined]);
});

test("discovery tells the types, where there are any", async () => {
  const metadata = await op.json("/.well-known/openid-configuration");
  assert.deepEqual(metadata.authorization_details_types_supported, ["account_information", "payment_initiation"]);
  const plain = await startLimen();
  assert.equal((await plain.json("/.well-known/openid-configuration")).authorization_details_types_supported, undefined);
});
