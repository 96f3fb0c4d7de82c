// Requests that bring about each answer of each operation. `REQUESTS` has, for an operation, a function that gives its
// answers; what all operations of a kind have in common (304, 401, 413, 415, 503) is asked in openapi.test.mjs.

import { startLimen } from "../support/limen.mjs";
import { PROTOCOL } from "./requests/protocol.mjs";
import { SIGN_IN } from "./requests/sign-in.mjs";
import { ACCOUNT } from "./requests/account.mjs";
import { REGISTRATION } from "./requests/registration.mjs";
import { ADMIN, webhook } from "./requests/admin.mjs";
import { APIS, api as declareApi } from "./requests/apis.mjs";
import { GROUPS, PNG } from "./requests/groups.mjs";
import { MOVING } from "./requests/moving.mjs";
import { CONSOLE } from "./requests/console.mjs";

export const REQUESTS = { ...PROTOCOL, ...SIGN_IN, ...ACCOUNT, ...REGISTRATION, ...ADMIN, ...APIS, ...GROUPS, ...MOVING, ...CONSOLE };

/** Statuses that no test here can bring about: `"operation status"`. */
export const NOT_REACHED = new Set([
  // A change at the same moment.
  "profile 409",
  "password 409",
  // A page of the form_post response mode; asked of /authorize itself.
  "resumeAuthorization 200",
  "resumeAuthorization 429",
  "loginPage 303",
  "login 200",
  "consent 200",
]);

/** What the requests work with. */
export async function stage() {
  const op = await startLimen({ vars: { PASSKEY_ORIGINS: "https://acme.test", DEVICE_AUTHORIZATION: "on", BACKCHANNEL_AUTHENTICATION: "on", ATTRIBUTES: '{"office": {"title": "Office"}}', BRAND_NAME: "Acme", LOGO: "<svg xmlns='http://www.w3.org/2000/svg'/>" } });
  const open = await startLimen({ vars: { REGISTRATION: "open", SESSION_MANAGEMENT: "on", SIGNUP: "open" } });
  const off = await startLimen({ vars: { REGISTRATION: "off", RESOURCES: JSON.stringify({ "https://variable.acme.test": "Variable" }) } });
  const documents = await startLimen({ vars: { CLIENT_ID_METADATA_DOCUMENTS: "on" } });
  for (const one of [op, open, off, documents]) readAtOnce(one);
  const [client, person, browser] = [await op.client(), await op.person(), op.browser()];
  const tokens = await client.tokens(await browser.obtain(client, person));
  const logo = { method: "PUT", body: PNG, headers: { "content-type": "image/png" } };
  const { logo: kept } = await (await op.admin(`/admin/api/clients/${client.id}/logo`, logo)).json();
  const digest = kept.url.split("/").at(-1);
  const group = await (await op.admin("/admin/api/groups", { json: { name: "Of the stage" } })).json();
  const api = await declareApi(op);
  const hook = await webhook(op, "Of the stage");
  return { op, open, off, documents, client, person, browser, tokens, digest, group, api, hook };
}

/** An answer that waits to be read may lose its body to the garbage collector (undici). */
function readAtOnce(limen) {
  const fetch = limen.fetch.bind(limen);
  limen.fetch = async (...request) => {
    const response = await fetch(...request);
    const { status, headers } = response;
    return new Response((await response.text()) || null, { status, headers: [...headers] });
  };
}
