// Each statement of each operation fails once. Nothing is half done, and the same request works afterwards
// (each statement of a batch failing: no partial grant).

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";

import { SignJWT } from "jose";

import { keyPair } from "../support/assertion.mjs";
import { DpopKey } from "../support/dpop.mjs";
import { fault } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";
import { eachStatementFails } from "./each-statement.mjs";

const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const FILES = "https://files.acme.test";
const BY_ASSERTION = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const IDP = "https://idp.example";
const TRUSTED_ISSUERS = JSON.stringify({ [IDP]: { jwks_uri: `${IDP}/keys`, email_domains: ["people.test"] } });
const op = await startLimen({ vars: { SIGNUP: "open", RESOURCES: JSON.stringify({ [FILES]: "Files" }), TRUSTED_ISSUERS } });
const idp = await keyPair("ES256");
op.serve(`${IDP}/keys`, { json: { keys: [idp.jwk] } });
const guest = await op.client({ redirect_uris: [], response_types: [], grant_types: [BY_ASSERTION] });
// Grace signs in again and again: a person has so many sessions, and the oldest ends.
const [app, ada, grace, browser] = [await op.client(), await op.person(), await op.person(), op.browser()];
await app.tokens(await browser.obtain(app, ada));
const [key, spa] = [await DpopKey.generate(op), await op.publicClient()];
await spa.tokens(await browser.obtain(spa, ada));
const agent = await op.client({ grant_types: ["authorization_code", "refresh_token", EXCHANGE], token_exchange: { to: [FILES] } });
await agent.tokens(await browser.obtain(agent, ada));
await op.cron(); // all keys exist: what changes from here on is the operation's doing

/** A request with an assertion of the other issuer. */
const handing = async () => {
  const now = op.clock.seconds();
  const claims = { iss: IDP, sub: "u", aud: op.issuer, client_id: guest.id, jti: randomUUID(), iat: now, exp: now + 60, email: ada.email, email_verified: true };
  const header = { typ: "oauth-id-jag+jwt", alg: "ES256", kid: idp.kid };
  const assertion = await new SignJWT(claims).setProtectedHeader(header).sign(idp.privateKey);
  const headers = await key.posting();
  return (init) => guest.post("/token", { grant_type: BY_ASSERTION, assertion }, { headers, ...init });
};
await (await handing())(); // its keys are fetched, once

const freshGrant = () => browser.obtain(app, ada);
const freshTokens = async () => app.tokens(await freshGrant());
const admin = (method, path, json) => (init) => op.admin(`/admin/api/users${path}`, { method, json, ...init });
const inputs = (page, control) =>
  Object.fromEntries(
    page
      .form(control)
      .controls.filter(({ tag }) => tag === "input")
      .map(({ name, value }) => [name, value]),
  );

let people = 0;
const somebody = () => ({
  username: `somebody-${++people}`,
  email: `s${people}@people.test`,
  password: "a long enough pass phrase",
});
const freshPerson = () => op.json("/admin/api/users", { json: somebody(), bearer: op.adminToken });

/** Each gives a request on a state of its own, prepared outside of the fault. */
const OPERATIONS = {
  "authorize, signed in and consented": async () => (init) => browser.fetch(app.authorizePath(), init),
  "login": async () => {
    const visitor = op.browser();
    const fields = inputs(await visitor.authorize(app), "password");
    return (init) =>
      visitor.fetch("/login", { form: { ...fields, username: grace.username, password: grace.password }, ...init });
  },
  "signing up": async () => {
    const visitor = op.browser();
    const fields = inputs(await visitor.authorize(app, { prompt: "create" }), "email");
    const newcomer = { name: "Nora", ...somebody() };
    return (init) => visitor.fetch("/signup", { form: { ...fields, ...newcomer }, ...init });
  },
  "consent": async () => {
    const fields = inputs(await browser.authorize(await op.client()), "approve");
    return (init) => browser.fetch("/consent", { form: { ...fields, approve: "yes" }, ...init });
  },
  "code redemption": async () => {
    const grant = await freshGrant();
    return (init) => app.redeem(grant, {}, init);
  },
  "refresh": async () => {
    const { refresh_token: token } = await freshTokens();
    return (init) => app.refresh(token, {}, init);
  },
  "userinfo": async () => {
    const { access_token: bearer } = await freshTokens();
    return (init) => op.fetch("/userinfo", { bearer, ...init });
  },
  "code redemption with a proof": async () => {
    const [grant, headers] = [await browser.obtain(spa, ada, { dpop_jkt: key.jkt }), await key.posting()];
    return (init) => spa.redeem(grant, {}, { headers, ...init });
  },
  "refresh with a proof": async () => {
    const grant = await browser.obtain(spa, ada);
    const { refresh_token: token } = await spa.tokens(grant, {}, { headers: await key.posting() });
    const headers = await key.posting();
    return (init) => spa.refresh(token, {}, { headers, ...init });
  },
  "an exchange with a proof": async () => {
    const { id_token: subject_token } = await agent.tokens(await browser.obtain(agent, ada));
    const headers = await key.posting();
    const form = { grant_type: EXCHANGE, subject_token, subject_token_type: "urn:ietf:params:oauth:token-type:id_token" };
    return (init) => agent.post("/token", form, { headers, ...init });
  },
  "an assertion of a trusted issuer with a proof": handing,
  "userinfo with a proof": async () => {
    const { access_token: token } = await spa.tokens(await browser.obtain(spa, ada), {}, { headers: await key.posting() });
    const headers = await key.presenting(token);
    return (init) => op.fetch("/userinfo", { headers, ...init });
  },
  "pushing with a proof": async () => {
    const headers = await key.posting("/par");
    const { params } = app.request();
    return (init) => app.post("/par", params, { headers, ...init });
  },
  "introspection": async () => {
    const { access_token: token } = await freshTokens();
    return (init) => app.post("/introspect", { token }, init);
  },
  "revocation of a refresh token": async () => {
    const { refresh_token: token } = await freshTokens();
    return (init) => app.revoke(token, {}, init);
  },
  "revocation of an access token": async () => {
    const { access_token: token } = await freshTokens();
    return (init) => app.revoke(token, {}, init);
  },
  "registration": async () => (init) =>
    op.admin("/register", { json: { redirect_uris: ["https://a.test/cb"] }, ...init }),
  "deletion of a client": async () => {
    const client = await op.client();
    await client.tokens(await browser.obtain(client, ada));
    const { registration_client_uri: uri, registration_access_token: bearer } = client.registered;
    return (init) => op.fetch(uri, { method: "DELETE", bearer, ...init });
  },
  "signing out": async () => {
    const visitor = op.browser();
    const { id_token: hint } = await app.tokens(await visitor.obtain(app, ada));
    return (init) => visitor.fetch(`/logout?id_token_hint=${hint}`, init);
  },
  "creation of a person": async () => admin("POST", "", somebody()),
  "disabling a person": async () => admin("PATCH", `/${(await freshPerson()).id}`, { disabled: true, name: "Y" }),
  "a new password": async () =>
    admin("PATCH", `/${(await freshPerson()).id}`, { password: "another long pass phrase", name: "Y" }),
  "deletion of a person": async () => admin("DELETE", `/${(await freshPerson()).id}`),
  "revocation of a consent": async () => {
    const client = await op.client();
    await client.tokens(await browser.obtain(client, ada));
    return admin("DELETE", `/${ada.id}/grants/${client.id}`);
  },
};

eachStatementFails(op, OPERATIONS);

describe("an answer that is lost after the work was done", () => {
  test("of a refresh: the retry gets the same successor", async () => {
    const { refresh_token: parent } = await freshTokens();
    await fault(await app.refresh(parent, {}, { d1: { answerLost: "UPDATE token_families" } }));
    const first = await app.refreshed(parent);
    const second = await app.refreshed(parent);
    assert.equal(first.refresh_token, second.refresh_token);
    assert.equal((await app.refresh(first.refresh_token)).status, 200);
  });

  test("of a redemption: the code is spent, and no two sets of tokens live", async () => {
    const grant = await freshGrant();
    await fault(await app.redeem(grant, {}, { d1: { answerLost: "UPDATE codes" } }));
    const again = await app.redeem(grant);
    assert.equal(again.status, 400);
    assert.equal((await again.json()).error, "invalid_grant");
  });

  test("of a consent: asking again finds it given", async () => {
    const client = await op.client();
    const page = await browser.authorize(client);
    await browser.submit(page, "approve", {}, { button: "approve", d1: { answerLost: "INSERT INTO grants" } });
    assert.ok((await browser.authorize(client)).callback?.get("code"));
  });
});
