// Every page that people see, and the way there.

import { APPS } from "./gallery-apps.mjs";
import { FACTORS } from "./gallery-factors.mjs";
import { closedApp } from "./gallery-terms.mjs";
import { askForCode, finishSignUp, MAILS } from "./gallery-mail.mjs";
import { signIn } from "./person.mjs";
import { startWebApp } from "./web-app.mjs";

const EVERYTHING = "openid profile email address phone offline_access notes:write";
const LONG_SCOPE = `https://api.acme.example/${"very-".repeat(20)}long`;

const NOTES = {
  scope: EVERYTHING,
  client_name: "Acme Notes",
  client_uri: "https://notes.acme.example/",
  policy_uri: "https://notes.acme.example/privacy",
  tos_uri: "https://notes.acme.example/terms",
};

/** Signs somebody in who uses two browsers and two apps, and opens a page of their account. */
async function reside(op, visitor, path = "/account", claims = {}) {
  const person = await op.person(claims);
  const notes = await startWebApp(op, { ...NOTES, initiate_login_uri: "https://notes.acme.example/login" });
  const other = op.browser();
  const headers = { "user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) Version/26.0 Mobile Safari/604.1" };
  await other.signIn(await other.authorize(notes.client), { ...person, password: "not this one" });
  await other.signIn(await other.authorize(notes.client), person, { headers });
  await notes.client.tokens(await other.obtain(notes.client, person));
  await visitor.arrive(await startWebApp(op, { client_name: "Acme Photos", client_uri: "https://photos.acme.example/" }), person);
  await visitor.page.goto(op.url(path));
}

/** Gives the person who is at their account in `visitor` some passkeys. */
async function havePasskeys(op, visitor, passkeys) {
  const name = (await visitor.page.locator(".visitor .name").textContent()).trim();
  const [{ id }] = await op.rows("SELECT user_id AS id FROM sessions ORDER BY created_at DESC LIMIT 1");
  for (const [n, { name: called, aaguid, backed_up, last_used_at }] of passkeys.entries()) {
    const secret = JSON.stringify({ id: "aWQ", alg: "ES256", jwk: {}, aaguid, transports: [], backup_eligible: true });
    await op.rows(
      "INSERT INTO credentials (id, user_id, kind, secret, created_at, name, backed_up, last_used_at) VALUES (?, ?, 'passkey', ?, ?, ?, ?, ?)",
      `${name}${n}-${Math.random()}`,
      id,
      secret,
      op.clock.seconds() - 86_400 * (n + 1),
      called,
      backed_up,
      last_used_at,
    );
  }
}

/** Sends a form, and lets the page that comes be reloaded as it stands. */
async function sendAndKeep(visitor, button) {
  const { page } = visitor;
  await page.locator("form").last().evaluate((form) => (form.noValidate = true));
  await page.locator(button).click();
  await page.locator('[role="alert"]').waitFor();
}

const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

/** What a device is told that asks. */
async function askAsDevice(op) {
  const grant = { grant_types: [DEVICE_GRANT], response_types: [], redirect_uris: [], token_endpoint_auth_method: "none" };
  const client = await op.client({ ...NOTES, scope: "openid profile email", ...grant, client_name: "Acme TV" });
  const init = { address: "203.0.113.9", headers: { "user-agent": "curl/8 (Linux)" } };
  return (await client.post("/device_authorization", { scope: "openid profile email" }, init)).json();
}

const CIBA_GRANT = "urn:openid:params:grant-type:ciba";

/** A person, whom apps ask without their browser. */
async function askedPerson(op) {
  const grant = { grant_types: [CIBA_GRANT], response_types: [], redirect_uris: [], backchannel_token_delivery_mode: "poll" };
  const till = await op.client({ ...NOTES, scope: "openid profile email", ...grant, client_name: "Acme Till" });
  const bank = await op.client({ ...grant, client_name: "The Old Bank of Somewhere Far Away and Its Friends" });
  const person = await op.person();
  const ask = (client, params) =>
    client.post("/backchannel_authentication", { scope: "openid email", login_hint: person.username, ...params }, { address: "203.0.113.9" });
  await ask(bank, { binding_message: "Pay 12.50 € to Café Müller at the third till, on the account that ends with the digits 0815, ok?" });
  await ask(till, { binding_message: "W4-7", requested_expiry: "120" });
  return person;
}

/** Signs in at the page of what waits. */
async function openRequests(op, visitor) {
  const person = await askedPerson(op);
  await visitor.page.goto(op.url("/account/requests"));
  await signIn(visitor.page, person);
  await visitor.page.locator("button[name=review]").first().waitFor();
}

/** Types the code of a device, and signs in. */
async function connectDevice(op, visitor) {
  const { verification_uri_complete: link } = await askAsDevice(op);
  const person = await op.person();
  await visitor.page.goto(link);
  await visitor.page.locator("#continue").click();
  await signIn(visitor.page, person);
  await visitor.page.locator("#approve").waitFor();
}

/** Answers, and lets the same form be sent again: what was answered waits once more. */
async function answerAndKeep(op, { page, context }, button) {
  const [{ hash, client_id, query, expires_at, user_code }] = await op.rows(
    "SELECT * FROM pushed_requests WHERE user_code IS NOT NULL AND turned_down_at IS NULL ORDER BY expires_at DESC LIMIT 1",
  );
  const columns = "hash, client_id, query, expires_at, user_code";
  await context.route("**/consent", async (route) => {
    await op.rows("DELETE FROM codes WHERE hash = ?", hash);
    const again = `INSERT OR REPLACE INTO pushed_requests (${columns}) VALUES (?, ?, ?, ?, ?)`;
    await op.rows(again, hash, client_id, query, expires_at, user_code);
    await route.continue();
  });
  await page.locator(button).click();
  await page.locator("#outcome").waitFor();
}

/** The page that leads back to an app, without what makes it do so by itself: it is to be reloaded. */
async function handOver(op, visitor, redirect_uri) {
  const client = await op.client({ application_type: "native", redirect_uris: [redirect_uri] });
  await visitor.arrive({ client }, await op.person());
  const { params } = client.request();
  await visitor.context.route(`${op.issuer}/authorize?**`, async (route) => {
    // As after a form, where it leads to the web.
    const response = await route.fetch({ method: "POST", headers: formHeaders(route), postData: `${new URLSearchParams(params)}`, maxRedirects: 0 });
    const page = redirect_uri.startsWith("http") ? response : await route.fetch();
    const body = (await page.text()).replace(/<meta http-equiv="refresh".*>/, "");
    await route.fulfill({ response: page, body });
  });
  await visitor.page.goto(op.url(`/authorize?${new URLSearchParams(params)}`));
}

const formHeaders = (route) => ({
  ...route.request().headers(),
  "content-type": "application/x-www-form-urlencoded",
  "sec-fetch-mode": "navigate",
});

/** Opens a page in `visitor.page`. It can be reloaded as it stands. */
export const GALLERY = {
  login: async ({ op, visitor }) => {
    await visitor.page.goto((await startWebApp(op, NOTES)).start());
  },

  "login-wrong-password": async ({ op, visitor }) => {
    const person = await op.person();
    await visitor.page.goto((await startWebApp(op, NOTES)).start());
    await signIn(visitor.page, person, { password: "not this one" });
    await visitor.page.locator('[role="alert"]').waitFor();
  },

  "sign-up": async ({ op, visitor }) => {
    await visitor.page.goto((await startWebApp(op, NOTES)).start({ prompt: "create" }));
    await visitor.page.locator("#email").waitFor();
  },

  "sign-up-invited": async ({ op, visitor }) => {
    const json = { email: "ada@people.example", email_verified: true };
    const { url } = await op.json("/admin/api/invitations", { json, bearer: op.adminToken });
    await visitor.page.goto(url);
  },

  "sign-up-not-invited": async ({ op, visitor }) => {
    await visitor.page.goto(op.url("/signup?invitation=x"));
  },

  "sign-up-taken": async ({ op, visitor }) => {
    const person = await op.person();
    await visitor.page.goto((await startWebApp(op, NOTES)).start({ prompt: "create" }));
    await finishSignUp(op, visitor, await askForCode(visitor, person.username));
    await visitor.page.locator('[role="alert"]').waitFor();
  },

  consent: async ({ op, visitor }) => {
    const app = await startWebApp(op, NOTES);
    await visitor.arrive(app, await op.person(), { consents: false });
    await visitor.page.goto(app.start({ scope: EVERYTHING }));
  },

  device: async ({ op, visitor }) => {
    await visitor.page.goto(op.url("/device"));
  },

  "device-from-a-link": async ({ op, visitor }) => {
    await visitor.page.goto((await askAsDevice(op)).verification_uri_complete);
  },

  "device-wrong-code": async ({ op, visitor }) => {
    await visitor.page.goto(op.url("/device"));
    await visitor.page.locator("#user_code").fill("bbbb-bbbb");
    await sendAndKeep(visitor, "#continue");
  },

  "device-consent": async ({ op, visitor }) => {
    await connectDevice(op, visitor);
  },

  "device-connected": async ({ op, visitor }) => {
    await connectDevice(op, visitor);
    await answerAndKeep(op, visitor, "#approve");
  },

  "account-requests": async ({ op, visitor }) => {
    await openRequests(op, visitor);
  },

  "account-requests-none": async ({ op, visitor }) => {
    await reside(op, visitor, "/account/requests");
  },

  "account-asked": async ({ op, visitor }) => {
    await openRequests(op, visitor);
    await visitor.page.goto(op.url("/account"));
  },

  "backchannel-consent": async ({ op, visitor }) => {
    await openRequests(op, visitor);
    await visitor.page.locator("button[name=review]").last().click();
    await visitor.page.locator("#approve").waitFor();
  },

  "device-denied": async ({ op, visitor }) => {
    await connectDevice(op, visitor);
    await answerAndKeep(op, visitor, "#deny");
  },

  "consent-to-more": async ({ op, visitor }) => {
    const app = await startWebApp(op, NOTES);
    await visitor.arrive(app, await op.person());
    await visitor.page.goto(app.start({ scope: "openid profile email address notes:write" }));
  },

  "form-post": async ({ op, visitor }) => {
    const app = await startWebApp(op, NOTES);
    await visitor.arrive(app, await op.person());
    // It would send itself at once.
    await visitor.context.route(`${op.issuer}/authorize?**`, async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace(/<script.*?<\/script>/s, "");
      await route.fulfill({ response, body });
    });
    await visitor.page.goto(await app.authorizationUrl({ response_mode: "form_post" }));
  },

  "hand-over": async ({ op, visitor }) => {
    await handOver(op, visitor, "acme-notes:/callback");
  },

  "hand-over-web": async ({ op, visitor }) => {
    await handOver(op, visitor, "https://notes.acme.example/callback");
  },

  "select-account": async ({ op, visitor }) => {
    const app = await startWebApp(op, NOTES);
    await visitor.arrive(app, await op.person({ name: "Ada Lovelace" }));
    await visitor.page.goto(app.start({ prompt: "select_account" }));
    await visitor.page.locator("#another").click();
    await signIn(visitor.page, await op.person({ name: "Grace Hopper" }));
    await visitor.page.locator("#approve").click();
    await visitor.page.goto(app.start({ prompt: "select_account" }));
    await visitor.page.locator("#account-2").waitFor();
  },

  logout: async ({ op, visitor }) => {
    const app = await startWebApp(op, NOTES);
    await visitor.arrive(app, await op.person());
    await visitor.page.goto(op.url(`/logout?client_id=${app.client.id}`));
  },

  "logout-of-several": async ({ op, visitor }) => {
    await GALLERY["select-account"]({ op, visitor });
    await visitor.page.goto(op.url("/logout"));
  },

  "signed-out": async ({ op, visitor }) => {
    const app = await startWebApp(op, { ...NOTES, post_logout_redirect_uris: ["http://127.0.0.1/bye"] });
    const query = new URLSearchParams({ client_id: app.client.id, post_logout_redirect_uri: "http://127.0.0.1/bye" });
    await visitor.page.goto(op.url(`/logout?${query}`));
  },

  "logout-refused": async ({ op, visitor }) => {
    await visitor.page.goto(op.url("/logout?id_token_hint=x"));
  },

  "login-for-account": async ({ op, visitor }) => {
    await visitor.page.goto(op.url("/account"));
  },

  account: async ({ op, visitor }) => {
    await reside(op, visitor);
  },

  "account-profile": async ({ op, visitor }) => {
    const address = { street_address: "12 St James's Square", locality: "London", postal_code: "SW1Y 4JH", country: "GB" };
    await reside(op, visitor, "/account/profile", { nickname: "Countess", birthdate: "1815-12-10", address });
  },

  "account-profile-wrong": async ({ op, visitor }) => {
    await reside(op, visitor, "/account/profile");
    await visitor.page.locator("#website").fill("https:");
    await visitor.page.locator("#phone_number").fill("12");
    await sendAndKeep(visitor, "#save");
  },

  "account-email": async ({ op, visitor }) => {
    await reside(op, visitor, "/account/email");
  },

  "account-password": async ({ op, visitor }) => {
    await reside(op, visitor, "/account/password");
  },

  "account-password-wrong": async ({ op, visitor }) => {
    await reside(op, visitor, "/account/password");
    await visitor.page.locator("#current-password").fill("not this one");
    await visitor.page.locator("#new-password").fill("another pass phrase");
    await visitor.page.locator("#repeat-password").fill("another pass phrase");
    await sendAndKeep(visitor, "#change");
  },

  "account-passkeys": async ({ op, visitor }) => {
    await reside(op, visitor, "/account/passkeys");
    await havePasskeys(op, visitor, [
      { name: "My phone", aaguid: "fbfc3007-154e-4ecc-8c0b-6e020557d7bd", backed_up: 1, last_used_at: op.clock.seconds() - 7_200 },
      { name: null, aaguid: "08987058-cadc-4b81-b6e1-30de50dcbe96", backed_up: 0, last_used_at: null },
    ]);
    await op.rows("UPDATE sessions SET acr = 'phr'");
    await visitor.page.reload();
  },

  "account-passkeys-none": async ({ op, visitor }) => {
    await reside(op, visitor, "/account/passkeys");
  },

  "account-passkeys-confirm": async ({ op, visitor }) => {
    await reside(op, visitor, "/account/passkeys");
    await op.rows("UPDATE sessions SET auth_time = auth_time - 3600");
    await havePasskeys(op, visitor, [{ name: "My phone", aaguid: "", backed_up: 1, last_used_at: null }]);
    await visitor.page.reload();
  },

  "offer-passkey": async ({ op, visitor }) => {
    await reside(op, visitor, "/passkeys/offer?page=overview");
  },

  "set-up": async ({ op, visitor }) => {
    const person = await op.person();
    const { url } = await op.json(`/admin/api/users/${person.id}/setup_link`, { method: "POST", bearer: op.adminToken });
    await visitor.page.goto(url);
  },

  "set-up-over": async ({ op, visitor }) => {
    await visitor.page.goto(op.url("/setup?link=x"));
  },

  "account-browsers": async ({ op, visitor }) => {
    await reside(op, visitor, "/account/browsers");
  },

  "account-browsers-signed-out": async ({ op, visitor }) => {
    await reside(op, visitor, "/account/browsers");
    await visitor.page.locator("#others").click();
    await visitor.page.locator('[role="status"]').waitFor();
  },

  "account-apps": async ({ op, visitor }) => {
    await reside(op, visitor, "/account/apps");
  },

  "account-activity": async ({ op, visitor }) => {
    await reside(op, visitor, "/account/activity");
  },

  "account-data": async ({ op, visitor }) => {
    await reside(op, visitor, "/account/data");
  },

  "account-delete": async ({ op, visitor }) => {
    await reside(op, visitor, "/account/delete");
  },

  "account-deleted": async ({ op, visitor }) => {
    await visitor.page.goto(op.url("/account/deleted"));
  },

  error: async ({ op, visitor }) => {
    await visitor.page.goto((await startWebApp(op, NOTES)).start({ redirect_uri: "https://evil.example/" }));
  },

  "not-found": async ({ op, visitor }) => {
    await visitor.page.goto(op.url("/nothing/here"));
  },

  "closed-app": closedApp,

  ...FACTORS,
  ...APPS,
  ...MAILS,
};

/** Names as long as they come, and without a place to break. */
const LONG = {
  ...NOTES,
  scope: `${EVERYTHING} ${LONG_SCOPE}`,
  client_name: "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft & Co",
  client_uri: `https://${"a".repeat(60)}.${"b".repeat(60)}.example/`,
};

/** The same with names that are as long as they come. */
export const LONG_NAMES = {
  login: async ({ op, visitor }) => {
    await visitor.page.goto((await startWebApp(op, LONG)).start({ login_hint: `${"ada.".repeat(30)}@people.example` }));
  },

  consent: async ({ op, visitor }) => {
    const app = await startWebApp(op, LONG);
    const person = await op.person({ name: "Wolfeschlegelsteinhausenbergerdorff".repeat(3) });
    await visitor.arrive(app, person, { consents: false });
    await visitor.page.goto(app.start({ scope: `openid profile ${LONG_SCOPE}` }));
  },
};
