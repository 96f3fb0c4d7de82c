// The same for what is more than sign-in: devices, requests without a browser (CIBA), exchanges, identity assertions, authorization details and the
// end of all tokens.

import { startLimen } from "../support/limen.mjs";
import * as backchannel from "../backchannel/support.mjs";
import * as device from "../device/support.mjs";
import { DpopKey } from "../support/dpop.mjs";
import { eachStatementFails } from "./each-statement.mjs";

const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const TOKEN_TYPE = "urn:ietf:params:oauth:token-type:";
const [FILES, ELSEWHERE] = ["https://files.acme.test", "https://auth.chat.test"];
const TYPES = { see: { title: "See", schema: { type: "object", additionalProperties: false, properties: { type: { const: "see" }, n: { type: "integer" } } } } };
const op = await startLimen({
  vars: { ...device.ON, ...backchannel.ON, RESOURCES: JSON.stringify({ [FILES]: "Files" }), AUTHORIZATION_DETAILS_TYPES: JSON.stringify(TYPES) },
});
const [key, browser, ada] = [await DpopKey.generate(op), op.browser(), await op.person({ email_verified: true })];
const app = await op.client({ authorization_details_types: ["see"] });
const [tv, till] = [await device.deviceClient(op), await backchannel.askingClient(op)];
const agent = await op.client({
  grant_types: ["authorization_code", "refresh_token", EXCHANGE],
  token_exchange: { from: [FILES], to: [FILES] },
  id_jag: [{ audience: ELSEWHERE, client_id: "chat", resources: [FILES] }],
});
const NOTIFIED = "https://till.acme.test/ciba";
op.serve(NOTIFIED, async () => ({ status: 204 }));
const telling = (backchannel_token_delivery_mode) =>
  backchannel.askingClient(op, { backchannel_token_delivery_mode, backchannel_client_notification_endpoint: NOTIFIED });
const told = { ping: await telling("ping"), push: await telling("push") };
await app.tokens(await browser.obtain(app, ada));
await agent.tokens(await browser.obtain(agent, ada, { scope: "openid", resource: FILES }));
await op.cron(); // all keys exist: what changes from here on is the operation's doing

const details = (...all) => JSON.stringify(all.map((n) => ({ type: "see", n })));
const inputs = (page, control) =>
  Object.fromEntries(
    page
      .form(control)
      .controls.filter(({ tag, type, name }) => name && tag === "input" && type !== "submit")
      .map(({ name, value }) => [name, value]),
  );
const origin = { "origin": op.issuer, "sec-fetch-site": "same-origin" };
/** Presses a button of a page. */
const pressing = (visitor, page, control, path, fields) => (init) =>
  visitor.fetch(path, { form: { ...inputs(page, control), ...fields }, headers: origin, ...init });
/** Somebody whom an app asks, who looks at it. */
async function asked(client, params) {
  const [person, visitor] = [await op.person(), op.browser()];
  const request = await backchannel.ask(client, person, { client_notification_token: "x".repeat(32), ...params });
  return { request, visitor, page: await backchannel.upToConsent(visitor, person) };
}
const exchange = (form) => (init) => agent.post("/token", { grant_type: EXCHANGE, ...form }, init);
const idToken = async () => (await agent.tokens(await browser.obtain(agent, ada))).id_token;

eachStatementFails(
  op,
  {
    "the request of a device": async () => (init) => device.request(tv, {}, init),
    "the request of a device with a proof": async () => {
      const headers = await key.posting("/device_authorization");
      return (init) => device.request(tv, {}, { headers, ...init });
    },
    "the code that a person types": async () => {
      const [visitor, { user_code }] = [op.browser(), await device.ask(tv)];
      return pressing(visitor, await visitor.open("/device"), "user_code", "/device", { user_code });
    },
    "yes to a device": async () => {
      const visitor = op.browser();
      const page = await device.upToConsent(visitor, await device.ask(tv), await op.person());
      return pressing(visitor, page, "approve", "/consent", { approve: "yes" });
    },
    "no to a device": async () => {
      const visitor = op.browser();
      const page = await device.upToConsent(visitor, await device.ask(tv), await op.person());
      return pressing(visitor, page, "deny", "/consent", { deny: "yes" });
    },
    "the tokens of a device": async () => {
      const code = await device.ask(tv);
      await device.approve(op.browser(), code, await op.person());
      const headers = await key.posting();
      return (init) => device.poll(tv, code, {}, { headers, ...init });
    },
    "a request to a person": async () => {
      const { username: login_hint } = await op.person({ email_verified: true });
      return (init) => backchannel.request(till, { login_hint }, init);
    },
    "yes to a request, which is fetched": async () => {
      const { visitor, page } = await asked(till);
      return pressing(visitor, page, "approve", "/consent", { approve: "yes" });
    },
    "no to a request, on the page that asks": async () => {
      const { visitor, page } = await asked(till);
      return pressing(visitor, page, "deny", "/consent", { deny: "yes" });
    },
    "yes to a request, of which the app is told (ping)": async () => {
      const { visitor, page } = await asked(told.ping);
      return pressing(visitor, page, "approve", "/consent", { approve: "yes" });
    },
    "yes to a request, whose tokens are sent (push)": async () => {
      const { visitor, page } = await asked(told.push);
      return pressing(visitor, page, "approve", "/consent", { approve: "yes" });
    },
    "the tokens of a request": async () => {
      const { request, visitor, page } = await asked(till);
      await visitor.approve(page);
      op.clock.advance({ seconds: 6 });
      const headers = await key.posting();
      return (init) => backchannel.poll(till, request, {}, { headers, ...init });
    },
    "an exchange of an access token": async () => {
      const grant = await browser.obtain(agent, ada, { scope: "openid", resource: FILES });
      const { access_token: subject_token } = await agent.tokens(grant);
      return exchange({ subject_token, subject_token_type: `${TOKEN_TYPE}access_token`, resource: FILES });
    },
    "an identity assertion (ID-JAG) with a proof": async () => {
      const [subject_token, headers] = [await idToken(), await key.posting()];
      const form = { subject_token, subject_token_type: `${TOKEN_TYPE}id_token`, requested_token_type: `${TOKEN_TYPE}id-jag`, audience: ELSEWHERE, resource: FILES };
      return (init) => exchange(form)({ headers, ...init });
    },
    "yes to authorization details": async () => {
      const visitor = op.browser();
      const page = await visitor.signIn(await visitor.authorize(app, { authorization_details: details(1) }), await op.person());
      return pressing(visitor, page, "approve", "/consent", { approve: "yes" });
    },
    "a code for authorization details": async () => {
      const grant = await browser.obtain(app, ada, { authorization_details: details(1, 2) });
      return (init) => app.redeem(grant, { authorization_details: details(2) }, init);
    },
    "a refresh for authorization details": async () => {
      const { refresh_token: token } = await app.tokens(await browser.obtain(app, ada, { authorization_details: details(1, 2) }));
      return (init) => app.refresh(token, { authorization_details: details(1) }, init);
    },
    "the end of all tokens of a person": async () => {
      const person = await op.person();
      await app.tokens(await op.browser().obtain(app, person));
      const json = { sub_id: { format: "opaque", id: person.id } };
      return (init) => op.admin("/admin/api/global_token_revocation", { json, ...init });
    },
    "an introspection that is answered by a JWT": async () => {
      const { access_token: token } = await app.tokens(await browser.obtain(app, ada));
      return (init) => app.post("/introspect", { token }, { headers: { accept: "application/token-introspection+jwt" }, ...init });
    },
  },
  // What is told and sent after the answer stays in its outbox.
  /^(UPDATE (backchannel|mail)_outbox|DELETE FROM (backchannel|mail)_outbox)/i,
);
