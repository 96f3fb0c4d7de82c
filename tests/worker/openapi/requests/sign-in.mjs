// The way of a person through an authorization request: sign-in, choice, consent, sign-out.

import { Authenticator, optionsOf } from "../../support/authenticator.mjs";
import { App, withApp } from "../../support/codes.mjs";
import { startLimen } from "../../support/limen.mjs";
import { codeIn, linkIn, MAIL_VARS, Mailbox } from "../../support/mail.mjs";
import { group } from "./groups.mjs";
import { ask, deviceClient } from "../../device/support.mjs";
import { fieldsOf, manyDocuments, untilThrottled } from "./shared.mjs";

/** An app for a group in which nobody is. */
const closedApp = async (op) => op.client({ allowed_groups: [(await group(op)).id] });

export const SIGN_IN = {
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
  secondFactorPage: async ({ op, browser }) => {
    const person = await op.person();
    await withApp(op, person);
    const at = await beforeSecond(op, person);
    return [
      await at.browser.fetch(at.page.url),
      await browser.fetch("/login/second?page=overview"),
      await op.browser().fetch("/login/second?page=overview"),
      await browser.fetch("/login/second?interaction=x"),
      await browser.fetch("/login/second?page=nowhere"),
    ];
  },
  secondFactor: async () => {
    const op = await startLimen({ vars: { SECOND_FACTOR: "required" } });
    const person = await op.person();
    const setting = await beforeSecond(op, person);
    const app = new App(op, setting.page);
    const form = { ...fieldsOf(setting.page.form("secret")), code: app.code() };
    const answers = [await setting.browser.fetch("/login/second", { form })];
    const { browser, page } = await beforeSecond(op, person);
    const fields = fieldsOf(page.form("code"));
    const send = (more) => browser.fetch("/login/second", { form: { ...fields, ...more } });
    answers.push(await send({ csrf: "x" }), await send({ page: "nowhere" }), await send({ code: app.nextCode() }));
    for (let n = 0; n < 10 && answers.at(-1).status !== 429; n++) answers.push(await send({ code: "000000" }));
    return answers;
  },
  offerPasskeyPage: async ({ op, browser }) => [
    await browser.fetch("/passkeys/offer?page=overview"),
    await op.browser().fetch("/passkeys/offer?page=overview"),
    await browser.fetch("/passkeys/offer?interaction=x"),
    await browser.fetch("/passkeys/offer?page=nowhere"),
  ],
  offerPasskey: async ({ op }) => {
    const browser = op.browser();
    await browser.signIn(await browser.open("/account"), await op.person());
    const page = await browser.open("/passkeys/offer?page=overview");
    const fields = fieldsOf(page.form("add"));
    const send = (more) => browser.fetch("/passkeys/offer", { form: { ...fields, ...more } });
    const passkey = new Authenticator(op).create(optionsOf(page));
    const answers = [await send({ passkey: "x" }), await send({ csrf: "x" }), await send({ page: "nowhere" })];
    return [...answers, await send({ passkey }), await withoutPasskey(op)];
  },
  setUpPage: async ({ op }) => {
    const link = await setUpLink(op);
    return [await op.browser().fetch(link), await op.browser().fetch("/setup?link=x")];
  },
  devicePage: async ({ op, off }) => [
    await op.browser().fetch("/device?user_code=WDJB-MJHT"),
    await op.browser().fetch("/device?user_code=%"),
    await off.browser().fetch("/device"),
  ],
  enterDeviceCode: async ({ op, off }) => {
    const asked = await ask(await deviceClient(op));
    const browser = op.browser();
    const fields = fieldsOf((await browser.open("/device")).form("user_code"));
    const send = (user_code, more = {}) => browser.fetch("/device", { form: { ...fields, user_code, ...more } });
    return [
      await send(asked.user_code),
      await send("?"),
      await send(asked.user_code, { csrf: "x" }),
      await untilThrottled(() => send("BBBB-BBBB")),
      await off.browser().fetch("/device", { form: fields }),
    ];
  },
  recoverPage: async ({ op }) => [await op.browser().fetch("/recover?page=overview"), await op.browser().fetch("/recover?interaction=x")],
  recover: async ({ op }) => {
    const at = await startLimen({ vars: MAIL_VARS });
    const browser = at.browser();
    const fields = fieldsOf((await browser.open("/recover?page=overview")).form("recover"));
    const send = (username) => browser.fetch("/recover", { form: { ...fields, username } });
    const answers = [await send("nobody"), await send("")];
    for (let n = 0; n < 5; n++) answers.push(await send("nobody"));
    return [...answers, await op.browser().fetch("/recover", { form: { page: "overview", csrf: "x" } })];
  },
  mailCodePage: async ({ op }) => {
    const { at, browser, link } = await byCode();
    return [await browser.fetch(link), await at.fetch(link), await at.fetch("/login/code"), await op.fetch("/login/code")];
  },
  mailCode: async ({ op }) => {
    const { browser, fields, code } = await byCode();
    const send = (more) => browser.fetch("/login/code", { form: { ...fields, ...more } });
    const answers = [await send({ csrf: "x" }), await send({ username: "" }), await send({ code_form: "yes", code: "0" })];
    for (let n = 0; n < 5; n++) answers.push(await send({ username: "nobody" }));
    answers.push(await send({ username: "nobody" }), await send({ code_form: "yes", code }));
    const other = op.browser();
    const form = fieldsOf((await other.open("/login?page=overview")).form("password"));
    return [...answers, await other.fetch("/login/code", { form: { ...form, username: "ada" } })];
  },
  undoEmailPage: async () => {
    const { browser, link } = await undoing();
    return [await browser.fetch(link), await browser.fetch("/recover/email?link=x")];
  },
  undoEmail: async () => {
    const { at, person, browser, link } = await undoing();
    const fields = fieldsOf((await browser.open(link)).form("undo"));
    const send = (more) => browser.fetch("/recover/email", { form: { ...fields, ...more } });
    const other = await at.person();
    await at.changePerson(other, { email: person.email, email_verified: true });
    const answers = [await send({ csrf: "x" }), await send({ link: "x" }), await send({})];
    await at.changePerson(other, { email: other.email });
    return [...answers, await send({})];
  },
  recoveryPage: async () => {
    const { browser, link } = await recovering();
    return [await browser.fetch(link), await browser.fetch("/recover/link?link=x")];
  },
  finishRecovery: async () => {
    const { browser, link } = await recovering();
    const fields = fieldsOf((await browser.open(link)).form("set-password"));
    const send = (more) => browser.fetch("/recover/link", { form: { ...fields, ...more } });
    return [
      await send({ csrf: "x", new_password: "an entirely new pass phrase" }),
      await send({ new_password: "short" }),
      await send({ new_password: "an entirely new pass phrase", everywhere: "yes" }),
    ];
  },
  setUp: async ({ op }) => {
    const browser = op.browser();
    const page = await browser.open(await setUpLink(op));
    const fields = fieldsOf(page.form("new_password"));
    const send = (more) => browser.fetch("/setup", { form: { ...fields, ...more } });
    return [await send({ new_password: "x" }), await send({ csrf: "x" }), await send({ new_password: "three random words" })];
  },
  consentPage: async (stage) => {
    const { browser, fields } = await beforeConsent(stage);
    return [
      await browser.fetch(`/consent?interaction=${fields.interaction}`),
      await browser.fetch("/consent?interaction=x"),
      await stage.browser.fetch(`/consent?interaction=${await waiting(stage.browser, await stage.op.client())}`),
      await signedOutConsent(stage),
      await stage.browser.fetch(`/consent?interaction=${await waiting(stage.browser, await closedApp(stage.op))}`),
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
  firstPersonPage: async ({ op }) => [
    await (await startLimen()).fetch("/setup/first"),
    await op.fetch("/setup/first"),
  ],
  firstPerson: async () => {
    const fresh = await startLimen();
    const browser = fresh.browser();
    const fields = fieldsOf((await browser.open("/setup/first")).form("admin_token"));
    const send = (more) => browser.fetch("/setup/first", { form: { ...fields, ...more } });
    const answers = [await send({ csrf: "x" }), await send({ admin_token: fresh.adminToken })];
    for (let n = 0; n < 20; n++) answers.push(await send({ admin_token: "x" }));
    await fresh.person();
    return [...answers, await send({ admin_token: fresh.adminToken })];
  },
  finishSignInPage: async ({ op }) => [
    await (await beforeFinish(op)).browser.fetch("/login/finish?page=overview"),
    await op.browser().fetch("/login/finish?page=overview"),
    await op.browser().fetch("/login/finish?interaction=x"),
    await op.browser().fetch("/login/finish?page=nowhere"),
  ],
  finishSignIn: async ({ op }) => {
    const { browser, page } = await beforeFinish(op);
    const fields = fieldsOf(page.form("finish"));
    const send = (more) => browser.fetch("/login/finish", { form: { ...fields, ...more } });
    const answers = [await send({ csrf: "x" }), await send({ page: "nowhere" }), await send({ new_password: "short" })];
    answers.push(await send({ new_password: "an entirely new pass phrase" }));
    const other = await beforeFinish(op);
    const form = fieldsOf(other.page.form("finish"));
    for (let n = 0; n < 11; n++)
      answers.push(await other.browser.fetch("/login/finish", { form: { ...form, new_password: "short" } }));
    return answers;
  },
  signUpPage: async ({ op, open }) => [
    await open.browser().fetch("/signup?page=overview"),
    await open.browser().fetch("/signup?interaction=x"),
    await op.browser().fetch("/signup?page=overview"),
    await op.browser().fetch("/signup?invitation=x"),
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
    return [...answers, await askedForCode(wanted)];
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
};

/** A browser in which somebody has still to choose another password. */
async function beforeFinish(op) {
  const [person, browser] = [await op.person(), op.browser()];
  await op.admin(`/admin/api/users/${person.id}/require_new_password`, { method: "POST" });
  return { browser, page: await browser.signIn(await browser.open("/account"), person) };
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

/** A form that is too long to be turned into a GET. */
function longPost(op, path) {
  return op.fetch("/authorize", { form: `${path.split("?")[1]}&login_hint=${"x".repeat(12_500)}` });
}

/** The consent page of somebody who has not signed in leads to the sign-in page. */
async function signedOutConsent({ op, client }) {
  const browser = op.browser();
  return browser.fetch(`/consent?interaction=${await waiting(browser, client)}`);
}

async function setUpLink(op) {
  const person = await op.person();
  const { url } = await op.json(`/admin/api/users/${person.id}/setup_link`, { method: "POST", bearer: op.adminToken });
  return url.slice(op.issuer.length);
}

/** A browser, and the path of a link that its person got by mail. */
async function recovering() {
  const at = await startLimen({ vars: MAIL_VARS });
  const mails = new Mailbox(at);
  const [person, browser] = [await at.person(), at.browser()];
  await browser.submit(await browser.open("/recover?page=overview"), "recover", { username: person.username });
  const { pathname, search } = new URL(linkIn(await mails.await(person.email)));
  return { browser, link: pathname + search };
}

/** Where an app that needs a passkey, and takes its answers by form, hears that there is none. */
async function withoutPasskey(op) {
  const browser = op.browser();
  const claims = JSON.stringify({ id_token: { acr: { essential: true, value: "phr" } } });
  const request = { claims, response_mode: "form_post" };
  const page = await browser.signIn(await browser.authorize(await op.client(), request), await op.person());
  const form = fieldsOf(page.form("cancel"));
  return browser.fetch("/passkeys/offer", { form: { ...form, cancel: "yes" } });
}

/** What `/signup` answers where the address has to be confirmed first. */
async function askedForCode(wanted) {
  const browser = (await startLimen({ vars: { ...MAIL_VARS, SIGNUP: "open" } })).browser();
  const fields = fieldsOf((await browser.open("/signup?page=overview")).form("email"));
  return browser.fetch("/signup", { form: { ...fields, ...wanted } });
}

/** A browser in which somebody has asked for a code by mail, and what came. */
async function byCode() {
  const at = await startLimen({ vars: { ...MAIL_VARS, SIGN_IN: "mail_code" } });
  const mails = new Mailbox(at);
  const [person, browser] = [await at.person(), at.browser()];
  const fields = { ...fieldsOf((await browser.open("/login?page=overview")).form("username")), username: person.username };
  await browser.fetch("/login/code", { form: fields });
  const mail = await mails.await(person.email);
  const { pathname, search } = new URL(linkIn(mail));
  return { at, browser, fields, code: codeIn(mail), link: pathname + search };
}

/** A browser, and the path of the link that undoes a change of address. */
async function undoing() {
  const at = await startLimen({ vars: MAIL_VARS });
  const mails = new Mailbox(at);
  const [person, browser] = [await at.person(), at.browser()];
  await browser.signIn(await browser.open("/account"), person);
  const [email, current_password] = ["other@people.test", person.password];
  const page = await browser.submit(await browser.open("/account/email"), "email", { email, current_password });
  await browser.submit(page, "code", { code: codeIn(await mails.await(email)) });
  const { pathname, search } = new URL(linkIn(await mails.await(person.email)));
  return { at, person, browser, link: pathname + search };
}

/** A browser in which `person` has just given their password, at the page that follows. */
async function beforeSecond(op, person) {
  const browser = op.browser();
  return { browser, page: await browser.signIn(await browser.open("/account"), person) };
}
