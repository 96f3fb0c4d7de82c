// The pages of one's own account.

import { App } from "../../support/codes.mjs";
import { Authenticator } from "../../support/authenticator.mjs";
import { startLimen } from "../../support/limen.mjs";
import { fieldsOf, untilThrottled } from "./shared.mjs";

export const ACCOUNT = {
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
  home: async ({ op }) => [await op.fetch("/")],
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
  requestsPage: async ({ op, off, browser }) => [
    await browser.fetch("/account/requests"),
    await op.fetch("/account/requests"),
    await off.fetch("/account/requests"),
  ],
  answerRequest: async (stage) => {
    const { send } = await resident(stage, "/account/requests");
    return [await send({ id: "x" }), await send({ csrf: "x" }), await stage.off.fetch("/account/requests", { form: {} })];
  },
  removeApp: async (stage) => {
    const { send } = await resident(stage, "/account/apps");
    return [await send({}), await send({ csrf: "x" }), await send({ client_id: stage.client.id })];
  },
  passkeysPage: async ({ op, browser }) => [
    await browser.fetch("/account/passkeys"),
    await op.fetch("/account/passkeys"),
    await (await resident({ op: await startLimen({ vars: { SIGN_IN: "password" } }) }, "/account/passkeys")).open(),
  ],
  passkeys: async (stage) => {
    const { send, open } = await resident(stage, "/account/passkeys");
    const options = JSON.parse(/data-options="([^"]*)"/.exec(await (await open()).text())[1].replaceAll("&#34;", '"'));
    const passkey = new Authenticator(stage.op).create(options);
    const none = await resident({ op: await startLimen({ vars: { SIGN_IN: "password" } }) }, "/account/passkeys");
    const answers = [await send({}), await send({ csrf: "x" }), await send({ passkey: "x" }), await send({ passkey }), await none.send({})];
    stage.op.clock.advance({ minutes: 11 });
    answers.push(await send({ passkey }));
    stage.op.clock.advance({ minutes: -11 });
    return answers;
  },
  secondFactorsPage: async ({ op, browser }) => [
    await browser.fetch("/account/second_factors"),
    await op.fetch("/account/second_factors"),
    await (await resident({ op: await withoutCodes() }, "/account/second_factors")).open(),
  ],
  secondFactors: async (stage) => {
    const { send } = await resident(stage, "/account/second_factors");
    const none = await resident({ op: await withoutCodes() }, "/account/second_factors");
    const answers = [await send({}), await send({ csrf: "x" }), await send({ rename: "x" }), await none.send({ rename: "x" })];
    stage.op.clock.advance({ minutes: 11 });
    answers.push(await send({ remove: "x" }));
    stage.op.clock.advance({ minutes: -11 });
    return answers;
  },
  newCodeAppPage: async (stage) => {
    const { open } = await resident(stage, "/account/second_factors/new");
    const none = await resident({ op: await withoutCodes() }, "/account/second_factors/new");
    return [await open(), await stage.op.fetch("/account/second_factors/new"), await none.open()];
  },
  newCodeApp: async (stage) => {
    const { send, browser } = await resident(stage, "/account/second_factors/new");
    const page = await browser.open("/account/second_factors/new");
    const form = { ...fieldsOf(page.form("secret")), code: new App(stage.op, page).code() };
    const none = await resident({ op: await withoutCodes() }, "/account/second_factors/new");
    return [await send({ code: "0" }), await send({ csrf: "x" }), await send(form), await send(form), await none.send({})];
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
};

/** Somebody new who is signed in at their account, and a way to send forms of `path`. */
async function resident({ op }, path) {
  const [person, browser] = [await op.person(), op.browser()];
  await browser.signIn(await browser.open("/account"), person);
  const page = await browser.open("/account/profile");
  const [form] = (page.forms.length > 0 ? page : await browser.open("/account/password")).forms;
  const { csrf } = fieldsOf(form);
  const send = (fields) => browser.fetch(path, { form: { csrf, ...fields } });
  const open = () => browser.fetch(path);
  const change = (fields) => send({ current_password: person.password, ...fields });
  return { person, browser, send, open, change };
}

const withoutCodes = () => startLimen({ vars: { SECOND_FACTOR: "off" } });
