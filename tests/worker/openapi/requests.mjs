// Requests that bring about each answer of each operation. `REQUESTS` has, for an operation, a function that gives its
// answers; what all operations of a kind have in common (304, 401, 413, 415, 503) is asked in openapi.test.mjs.

import { startLimen } from "../support/limen.mjs";

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
  const op = await startLimen();
  const open = await startLimen({ vars: { REGISTRATION: "open", SESSION_MANAGEMENT: "on", SIGNUP: "open" } });
  const off = await startLimen({ vars: { REGISTRATION: "off" } });
  const documents = await startLimen({ vars: { CLIENT_ID_METADATA_DOCUMENTS: "on" } });
  for (const one of [op, open, off, documents]) readAtOnce(one);
  const [client, person, browser] = [await op.client(), await op.person(), op.browser()];
  const tokens = await client.tokens(await browser.obtain(client, person));
  return { op, open, off, documents, client, person, browser, tokens };
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

const sample = () => ({
  redirect_uris: ["https://app.acme.test/callback"],
  "client_name": "Acme",
  "client_name#fr": "Acmé",
});

/** A program's access token without the scope that registration wants. */
async function otherToken({ op }) {
  const service = await op.serviceClient({ scope: "reports" });
  const response = await service.credentials();
  return (await response.json()).access_token;
}

/** What UserInfo answers to clients that want it signed, or encrypted to a key that they do not have. */
async function userinfoInOtherForms({ op, browser, person }) {
  const answers = [];
  for (const metadata of [
    { userinfo_signed_response_alg: "ES256" },
    { userinfo_encrypted_response_alg: "RSA-OAEP", jwks: { keys: [] } },
  ]) {
    const client = await op.client(metadata);
    const { access_token: bearer } = await client.tokens(await browser.obtain(client, person));
    answers.push(await op.fetch("/userinfo", { bearer }));
  }
  return answers;
}

/** A client that is managed by its own registration access token. */
async function managed({ op }, metadata = {}) {
  const { registered } = await op.client(metadata);
  const path = `/register/${registered.client_id}`;
  return { path, bearer: registered.registration_access_token };
}

/** The page that waits for a sign-in or a consent. */
async function waiting(browser, client, params) {
  const page = await browser.authorize(client, params);
  return new URL(page.url).searchParams.get("interaction");
}

/** A browser that is signed in, before the consent page of a client. */
async function beforeConsent({ op, person }) {
  const [browser, client] = [op.browser(), await op.client()];
  const page = await browser.signIn(await browser.authorize(client), person);
  return { browser, fields: fieldsOf(page.form("approve")) };
}

/** A browser before the sign-in page. */
async function beforeLogin({ op, client }) {
  const browser = op.browser();
  const page = await browser.authorize(client);
  return { browser, fields: fieldsOf(page.form("password")) };
}

/** A browser before the page with the accounts. */
async function beforeChoice({ op, client, person }) {
  const browser = op.browser();
  await browser.obtain(client, person);
  const page = await browser.authorize(client, { prompt: "select_account" });
  return { browser, fields: fieldsOf(page.form("another")) };
}

/** The page with the accounts, where nobody is signed in any more. */
async function nobodyToChoose({ op, client, person }) {
  const { browser, fields } = await beforeChoice({ op, client, person });
  await browser.submit(await browser.open("/logout"), "logout", {}, { button: "logout" });
  return browser.fetch(`/select_account?interaction=${fields.interaction}`);
}

const BYE = { post_logout_redirect_uris: ["https://app.acme.test/bye"] };

/** Signs out with a way back. */
async function byebye(op, person) {
  const [client, browser] = [await op.client(BYE), op.browser()];
  const { id_token: hint } = await client.tokens(await browser.obtain(client, person));
  const [uri] = BYE.post_logout_redirect_uris;
  return browser.fetch(`/logout?id_token_hint=${hint}&post_logout_redirect_uri=${encodeURIComponent(uri)}`);
}

/** Signs out with a way back, after being asked. */
async function confirmedByebye(op, person) {
  const [client, browser] = [await op.client(BYE), op.browser()];
  await browser.obtain(client, person);
  const [uri] = BYE.post_logout_redirect_uris;
  const page = await browser.open(`/logout?client_id=${client.id}&post_logout_redirect_uri=${encodeURIComponent(uri)}`);
  return browser.fetch("/logout/confirm", { form: { ...fieldsOf(page.form("logout")), logout: "one" } });
}

function fieldsOf({ controls }) {
  const sent = controls.filter(({ tag, name }) => name && tag !== "button");
  return Object.fromEntries(sent.map(({ name, value }) => [name, value]));
}

export const REQUESTS = {
  openidConfiguration: async ({ op, off }) =>
    Promise.all([op, off].map((one) => one.fetch("/.well-known/openid-configuration"))),
  authorizationServerMetadata: async ({ op }) => [await op.fetch("/.well-known/oauth-authorization-server")],
  jwks: async ({ op }) => [await op.fetch("/.well-known/jwks.json")],
  protectedResource: async ({ op }) => [await op.fetch("/.well-known/oauth-protected-resource")],
  protectedResourceBelow: async ({ op }) => {
    const paths = ["userinfo", "register", "register/x/renew_secret", "admin/api/users", "token"];
    return Promise.all(paths.map((path) => op.fetch(`/.well-known/oauth-protected-resource/${path}`)));
  },
  openapi: async ({ op }) => [await op.fetch("/openapi.json")],
  stylesheet: async ({ op }) => [await op.fetch("/assets/limen.css")],

  authorize: async ({ op, documents, browser, client }) => [
    ...(await manyDocuments(documents, (path) => documents.fetch(path))),
    await op.browser().fetch(client.authorizePath()),
    await browser.fetch(client.authorizePath({ response_mode: "form_post" })),
    await browser.fetch(client.authorizePath({ prompt: "none" })),
    await browser.fetch(client.authorizePath({ client_id: "nobody" })),
  ],
  authorizeByForm: async ({ documents, browser, client }) => [
    ...(await manyDocuments(documents, (path) => longPost(documents, path))),
    await browser.fetch("/authorize", { form: client.request().params }),
    await browser.fetch("/authorize", { form: client.request({ response_mode: "form_post" }).params }),
    await browser.fetch("/authorize", { form: client.request({ redirect_uri: "https://evil.test/" }).params }),
  ],
  resumeAuthorization: async ({ op, client }) => {
    const browser = op.browser();
    return [
      await browser.fetch(`/authorize/resume?interaction=${await waiting(browser, client)}`),
      await browser.fetch("/authorize/resume?interaction=x"),
    ];
  },
  loginPage: async ({ op, client }) => {
    const browser = op.browser();
    return [
      await browser.fetch(`/login?interaction=${await waiting(browser, client)}`),
      await browser.fetch("/login?interaction=x"),
      await browser.fetch("/login?page=overview"),
      await browser.fetch("/login?page=nowhere"),
    ];
  },
  login: async (stage) => {
    const { browser, fields } = await beforeLogin(stage);
    const send = (more) => browser.fetch("/login", { form: { ...fields, ...more } });
    const answers = [
      await send({ username: "nobody", password: "wrong" }),
      await send({ csrf: "x", username: "x", password: "x" }),
      await send({ page: "nowhere", username: "x", password: "x" }),
      await send({ username: stage.person.username, password: stage.person.password }),
    ];
    const other = await stage.op.person();
    for (let n = 0; n < 30 && answers.at(-1).status !== 429; n++) {
      answers.push(await send({ username: other.username, password: "wrong" }));
    }
    return answers;
  },
  consentPage: async (stage) => {
    const { browser, fields } = await beforeConsent(stage);
    return [
      await browser.fetch(`/consent?interaction=${fields.interaction}`),
      await browser.fetch("/consent?interaction=x"),
      await stage.browser.fetch(`/consent?interaction=${await waiting(stage.browser, await stage.op.client())}`),
      await signedOutConsent(stage),
    ];
  },
  consent: async (stage) => {
    const { browser, fields } = await beforeConsent(stage);
    return [
      await browser.fetch("/consent", { form: { ...fields, csrf: "x", approve: "yes" } }),
      await browser.fetch("/consent", { form: { ...fields, interaction: "x", approve: "yes" } }),
      await browser.fetch("/consent", { form: { ...fields, approve: "yes" } }),
    ];
  },

  ...Object.fromEntries(
    Object.entries({
      account: "",
      profilePage: "/profile",
      emailPage: "/email",
      passwordPage: "/password",
      browsersPage: "/browsers",
      appsPage: "/apps",
      dataPage: "/data",
      downloadData: "/data/download",
      deletionPage: "/delete",
    }).map(([operation, path]) => [
      operation,
      async ({ op, browser }) => [await browser.fetch(`/account${path}`), await op.fetch(`/account${path}`)],
    ]),
  ),
  activityPage: async ({ op, browser }) => [
    await browser.fetch("/account/activity"),
    await browser.fetch("/account/activity?before=x"),
    await op.fetch("/account/activity"),
  ],
  deletedPage: async ({ op, browser }) => [await op.fetch("/account/deleted"), await browser.fetch("/account/deleted")],
  changePassword: async ({ op }) => [await op.fetch("/.well-known/change-password")],
  profile: async (stage) => {
    const { send } = await resident(stage, "/account/profile");
    return [
      await send({ name: "Ada" }),
      await send({ website: "x" }),
      await send({ csrf: "x" }),
    ];
  },
  email: async (stage) => {
    const { send, person } = await resident(stage, "/account/email");
    const current_password = person.password;
    const strict = await resident({ op: await startLimen({ vars: { EDITABLE_CLAIMS: "none" } }) }, "/account/email");
    return [
      await send({ email: "x", current_password }),
      await send({ csrf: "x" }),
      await send({ email: stage.person.email, current_password }),
      await send({ email: "somebody@people.test", current_password }),
      await strict.send({ email: "somebody@people.test" }),
      await untilThrottled(() => send({ email: "x@people.test", current_password: "wrong" })),
    ];
  },
  password: async (stage) => {
    const { send, person } = await resident(stage, "/account/password");
    const fresh = { new_password: "another pass phrase", repeat_password: "another pass phrase" };
    return [
      await send({ current_password: person.password }),
      await send({ csrf: "x" }),
      await untilThrottled(() => send({ ...fresh, current_password: "wrong" })),
      await (await resident(stage, "/account/password")).change(fresh),
    ];
  },
  signOutBrowsers: async (stage) => {
    const { send } = await resident(stage, "/account/browsers");
    return [await send({}), await send({ csrf: "x" }), await send({ others: "yes" })];
  },
  removeApp: async (stage) => {
    const { send } = await resident(stage, "/account/apps");
    return [await send({}), await send({ csrf: "x" }), await send({ client_id: stage.client.id })];
  },
  deleteAccount: async (stage) => {
    const { send } = await resident(stage, "/account/delete");
    const other = await resident(stage, "/account/delete");
    return [
      await send({}),
      await send({ csrf: "x" }),
      await untilThrottled(() => send({ confirm: "yes", current_password: "wrong" })),
      await other.send({ confirm: "yes", current_password: other.person.password }),
    ];
  },
  signUpPage: async ({ op, open }) => [
    await open.browser().fetch("/signup?page=overview"),
    await open.browser().fetch("/signup?interaction=x"),
    await op.browser().fetch("/signup?page=overview"),
  ],
  signUp: async ({ op, open }) => {
    const browser = open.browser();
    const page = await browser.open("/signup?page=overview");
    const fields = Object.fromEntries(page.form("email").controls.map(({ name, value }) => [name, value ?? ""]));
    delete fields.cancel;
    const wanted = { email: "sam@people.test", username: "sam", password: "three random words" };
    const send = (more) => browser.fetch("/signup", { form: { ...fields, ...more } });
    const answers = [
      await send({}),
      await send({ csrf: "x" }),
      await op.fetch("/signup", { form: wanted }),
      await send(wanted),
    ];
    for (let n = 0; n < 30 && answers.at(-1).status !== 429; n++) answers.push(await send({}));
    return answers;
  },
  selectAccountPage: async (stage) => {
    const { browser, fields } = await beforeChoice(stage);
    return [
      await browser.fetch(`/select_account?interaction=${fields.interaction}`),
      await browser.fetch("/select_account?interaction=x"),
      await nobodyToChoose(stage),
    ];
  },
  selectAccount: async (stage) => {
    const { browser, fields } = await beforeChoice(stage);
    const send = (change) => browser.fetch("/select_account", { form: { ...fields, ...change } });
    return [
      await send({ csrf: "x", another: "yes" }),
      await send({ interaction: "x", another: "yes" }),
      await send({ another: "yes" }),
      await send({ cancel: "yes" }),
      await send({ account: "x" }),
    ];
  },
  logout: async ({ op, client, person }) => {
    const browser = op.browser();
    const { id_token: hint } = await client.tokens(await browser.obtain(client, person));
    return [
      await browser.fetch("/logout"),
      await browser.fetch("/logout?id_token_hint=x"),
      await browser.fetch(`/logout?id_token_hint=${hint}`),
      await byebye(op, person),
    ];
  },
  logoutByForm: async ({ op, client, person }) => {
    const browser = op.browser();
    await browser.obtain(client, person);
    return [
      await browser.fetch("/logout", { form: { client_id: client.id } }),
      await browser.fetch("/logout", { form: { client_id: "nobody" } }),
      await op.fetch("/logout", { form: { client_id: client.id } }),
    ];
  },
  confirmLogout: async ({ op, client, person }) => {
    const browser = op.browser();
    await browser.obtain(client, person);
    const page = await browser.open("/logout");
    const fields = fieldsOf(page.form("logout"));
    const send = (change) => browser.fetch("/logout/confirm", { form: { ...fields, ...change } });
    return [
      await send({ logout: "no" }),
      await send({ csrf: "x" }),
      await send({ client_id: "nobody" }),
      await send({ logout: "one" }),
      await confirmedByebye(op, person),
    ];
  },

  checkSession: async ({ op, open }) => [await op.fetch("/check_session"), await open.fetch("/check_session")],

  token: async ({ op, client, person, browser }) => {
    const grant = await browser.obtain(client, person);
    const service = await op.serviceClient();
    return [
      await client.redeem(grant),
      await client.redeem(grant),
      await client.post("/token", { grant_type: "password" }),
      await client.post("/token", {}),
      await service.credentials(),
      await service.credentials({ scope: "unheard-of" }),
      await op.fetch("/token", { form: { grant_type: "authorization_code", client_id: "nobody", code: "x" } }),
    ];
  },
  userinfo: async (stage) => [
    await stage.op.fetch("/userinfo", { bearer: stage.tokens.access_token }),
    await stage.op.fetch("/userinfo", { bearer: await otherToken(stage) }),
    ...(await userinfoInOtherForms(stage)),
  ],
  userinfoByForm: async (stage) => [
    await stage.op.fetch("/userinfo", { form: { access_token: stage.tokens.access_token } }),
    await stage.op.fetch("/userinfo", { form: { access_token: "x" }, bearer: stage.tokens.access_token }),
    await stage.op.fetch("/userinfo", { form: { access_token: await otherToken(stage) } }),
    await stage.op.fetch("/userinfo", { form: { access_token: "x" } }),
  ],
  introspect: async ({ client, tokens }) => [
    await client.post("/introspect", { token: tokens.access_token }),
    await client.post("/introspect", { token: tokens.refresh_token }),
    await client.post("/introspect", { token: "x" }),
    await client.post("/introspect", {}),
  ],
  pushAuthorizationRequest: async ({ documents, client }) => [
    ...(await manyDocuments(documents, (path) => documents.fetch("/par", { form: path.split("?")[1] }))),
    await client.post("/par", client.request().params),
    await client.post("/par", client.request({ scope: "nothing" }).params),
  ],
  revoke: async ({ op, client, person, browser }) => {
    const answers = [
      await client.post("/revoke", { token: "x", token_type_hint: "access_token" }),
      await client.post("/revoke", {}),
    ];
    const app = await op.publicClient();
    const { access_token: token } = await app.tokens(await browser.obtain(app, person));
    for (let n = 0; n < 400 && answers.at(-1).status !== 429; n++) answers.push(await app.revoke(token));
    return answers;
  },

  register: async (stage) => {
    const answers = [
      await stage.op.admin("/register", { json: sample() }),
      await stage.op.admin("/register", { json: { redirect_uris: ["javascript:x"] } }),
      await stage.op.admin("/register", { json: { ...sample(), grant_types: [7] } }),
      await stage.op.admin("/register", { json: { ...sample(), token_endpoint_auth_method: "none" } }),
      await stage.op.fetch("/register", { json: sample(), bearer: await otherToken(stage) }),
      await stage.off.admin("/register", { json: sample() }),
    ];
    for (let n = 0; n < 40 && answers.at(-1).status !== 429; n++) {
      answers.push(await stage.open.fetch("/register", { json: sample(), address: "198.51.100.9" }));
    }
    return answers;
  },
  readClient: async (stage) => {
    const { path, bearer } = await managed(stage);
    return [
      await stage.op.fetch(path, { bearer }),
      await stage.op.admin(path),
      await stage.op.fetch(path, { bearer: await otherToken(stage) }),
    ];
  },
  replaceClient: async (stage) => changes(stage, "PUT"),
  patchClient: async (stage) => changes(stage, "PATCH"),
  deleteClient: async (stage) => {
    const { path, bearer } = await managed(stage);
    return [
      await stage.op.fetch(path, { method: "DELETE", bearer: await otherToken(stage) }),
      await stage.op.fetch(path, { method: "DELETE", bearer }),
      await stage.op.fetch(path, { method: "DELETE", bearer }),
    ];
  },
  renewSecret: async (stage) => {
    const { path, bearer } = await managed(stage);
    const renew = (init) => stage.op.fetch(`${path}/renew_secret`, { method: "POST", ...init });
    return [
      await renew({ bearer: await otherToken(stage) }),
      await renew({ bearer, json: { overlap_seconds: -1 } }),
      await renew({ bearer, json: { overlap_seconds: 60 } }),
      ...(await parallel(() => stage.op.admin(`${path}/renew_secret`, { method: "POST" }))),
    ];
  },

  createUser: async ({ op, person }) => [
    await op.admin("/admin/api/users", { json: { username: "carol", address: { country: "SE" }, disabled: true } }),
    await op.admin("/admin/api/users", { json: { username: person.username } }),
    await op.admin("/admin/api/users", { json: { username: 7 } }),
  ],
  listUsers: async ({ op }) => [
    await op.admin("/admin/api/users"),
    await op.admin("/admin/api/users?limit=1"),
    await op.admin("/admin/api/users?limit=0"),
  ],
  readUser: async ({ op, person }) => [
    await op.admin(`/admin/api/users/${person.id}`),
    await op.admin("/admin/api/users/nobody"),
  ],
  changeUser: async ({ op, person }) => {
    const change = (id, json) => op.admin(`/admin/api/users/${id}`, { method: "PATCH", json });
    const other = await op.person();
    return [
      await change(other.id, { nickname: "Zed", disabled: false }),
      await change(other.id, { email: 7 }),
      await change(other.id, { username: person.username }),
      await change("nobody", {}),
    ];
  },
  deleteUser: async ({ op }) => {
    const path = `/admin/api/users/${(await op.person()).id}`;
    return [await op.admin(path, { method: "DELETE" }), await op.admin(path, { method: "DELETE" })];
  },
  listUserSessions: async ({ op }) => {
    const [client, person] = [await op.client(), await op.person()];
    await op.browser().obtain(client, person);
    return [await op.admin(`/admin/api/users/${person.id}/sessions`), await op.admin("/admin/api/users/nobody/sessions")];
  },
  endUserSessions: async ({ op }) => {
    const end = (id) => op.admin(`/admin/api/users/${id}/sessions`, { method: "DELETE" });
    return [await end((await op.person()).id), await end("nobody")];
  },
  listUserGrants: async ({ op }) => {
    const [client, person] = [await op.client(), await op.person()];
    await op.browser().obtain(client, person);
    return [await op.admin(`/admin/api/users/${person.id}/grants`), await op.admin("/admin/api/users/nobody/grants")];
  },
  revokeGrant: async ({ op }) => {
    const [client, person] = [await op.client(), await op.person()];
    await op.browser().obtain(client, person);
    const path = `/admin/api/users/${person.id}/grants/${client.id}`;
    return [await op.admin(path, { method: "DELETE" }), await op.admin(path, { method: "DELETE" })];
  },
  listAudit: async ({ op, person }) => [
    await op.admin("/admin/api/audit"),
    await op.admin(`/admin/api/audit?limit=1&event=user_created&since=0&user=${person.id}`),
    await op.admin("/admin/api/audit?event=nothing"),
  ],
  listKeys: async ({ op }) => [await op.admin("/admin/api/keys")],
  retireKey: async () => {
    const op = await startLimen();
    await op.jwks();
    const [key] = (await op.keys()).filter(({ state }) => state === "current");
    const retire = (kid) => op.admin(`/admin/api/keys/${kid}/retire`, { method: "POST" });
    return [await retire("nothing"), await retire(key.kid)];
  },
  revokeKey: async ({ op }) => {
    const [key] = (await op.keys()).filter(({ state }) => state === "next");
    const revoke = (kid) => op.admin(`/admin/api/keys/${kid}/revoke`, { method: "POST" });
    return [await revoke(key.kid), await revoke("nothing")];
  },
};

/** Requests of clients that nobody knows, until Limen fetches no more documents. */
async function manyDocuments(op, send) {
  const answers = [];
  for (let n = 0; n < 80 && answers.at(-1)?.status !== 429; n++) {
    answers.push(await send(`/authorize?client_id=https://app${n}.acme.test/client`));
  }
  return answers;
}

/** A form that is too long to be turned into a GET. */
function longPost(op, path) {
  return op.fetch("/authorize", { form: `${path.split("?")[1]}&login_hint=${"x".repeat(12_500)}` });
}

/** PUT and PATCH, well and badly. */
async function changes(stage, method) {
  const { path, bearer } = await managed(stage);
  const change = (init) => stage.op.fetch(path, { method, json: sample(), ...init });
  return [
    await change({ bearer: await otherToken(stage) }),
    await change({ bearer, json: { redirect_uris: 7 } }),
    await change({ bearer }),
    await change({ bearer }),
    ...(await parallel(() => change({ bearer: stage.op.adminToken }))),
    await untilThrottled(await changeOfKeys(stage, method)),
  ];
}

/** A client that names another place for its keys again and again. */
async function changeOfKeys(stage, method) {
  let { path, bearer } = await managed(stage);
  const json = { ...sample(), jwks_uri: "https://app.acme.test/jwks.json" };
  return async () => {
    const response = await stage.op.fetch(path, { method, json, bearer, address: "198.51.100.10" });
    const again = response.clone();
    if (response.status === 200) bearer = (await again.json()).registration_access_token;
    return response;
  };
}

/** Requests at the same time, of which not all can win. */
function parallel(request) {
  return Promise.all(Array.from({ length: 8 }, request));
}

/** Somebody new who is signed in at their account, and a way to send forms of `path`. */
async function resident({ op }, path) {
  const [person, browser] = [await op.person(), op.browser()];
  await browser.signIn(await browser.open("/account"), person);
  const page = await browser.open("/account/profile");
  const [form] = (page.forms.length > 0 ? page : await browser.open("/account/password")).forms;
  const { csrf } = fieldsOf(form);
  const send = (fields) => browser.fetch(path, { form: { csrf, ...fields } });
  const change = (fields) => send({ current_password: person.password, ...fields });
  return { person, send, change };
}

async function untilThrottled(attempt) {
  let response = await attempt();
  for (let n = 0; n < 80 && response.status !== 429; n++) response = await attempt();
  return response;
}

/** The consent page of somebody who has not signed in leads to the sign-in page. */
async function signedOutConsent({ op, client }) {
  const browser = op.browser();
  return browser.fetch(`/consent?interaction=${await waiting(browser, client)}`);
}
