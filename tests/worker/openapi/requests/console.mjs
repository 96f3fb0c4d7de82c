// Operators who are people, and their pages.

import { startLimen } from "../../support/limen.mjs";
import { operator } from "../../console/support.mjs";
import { webhook } from "./admin.mjs";
import { api } from "./apis.mjs";
import { group } from "./groups.mjs";

/** A page of the console as an operator gets it, somebody without a session, somebody without a role, and where there is none. */
async function pages({ op, browser, person }, pathOf) {
  const path = pathOf(person);
  const off = await startLimen({ vars: { CONSOLE: "off" } });
  const owner = await operatorOf(op);
  return [await owner.browser.fetch(path), await op.fetch(path), await browser.fetch(path), await kept(await off.fetch(path))];
}

const proofOf = async (browser) => /name="csrf" value="([^"]+)"/.exec((await browser.open("/account/profile")).html)[1];

/** What a form gets where there is no console. */
async function off(path) {
  const op = await startLimen({ vars: { CONSOLE: "off" } });
  const browser = op.browser();
  await browser.signIn(await browser.open("/account"), await op.person());
  return kept(await browser.fetch(path, { form: { csrf: await proofOf(browser) } }));
}

/** The owner of each Limen, made once: each code of an app moves the clock to the next. */
const owners = new Map();
function operatorOf(op) {
  if (!owners.has(op)) owners.set(op, operator(op, "owner"));
  return owners.get(op);
}

/** An answer whose body is read: that of a Limen which nobody holds any more may be gone later. */
async function kept(response) {
  const { status, headers } = response;
  return new Response(await response.text(), { status, headers });
}

/** What a form gets of an owner who has to sign in once more. The clock is another's: it is moved. */
async function late(path) {
  const op = await startLimen();
  const send = await sender(op, path);
  op.clock.advance({ minutes: 11 });
  return kept(await send({}));
}

/** Sends forms of an owner. */
async function sender(op, path) {
  const { browser } = await operatorOf(op);
  const csrf = await proofOf(browser);
  return (form) => browser.fetch(path, { form: { csrf, ...form } });
}

/** What a form gets that changes something, one that is wrong, a foreign one, and one where there is no console. */
async function changed(op, path, good, bad) {
  const send = await sender(op, path);
  const shown = /name="shown" value="([^"]+)"/.exec((await (await operatorOf(op)).browser.open(path)).html)?.[1] ?? "";
  return [await send({ shown, ...good }), await send({ shown, ...bad }), await send({ csrf: "x" }), await off(path)];
}

export const CONSOLE = {
  listOperators: async ({ op }) => [await op.admin("/admin/api/operators?limit=1"), await op.admin("/admin/api/operators?role=x")],
  setOperatorRoles: async ({ op }) => {
    const ada = await op.person();
    const set = (of, roles) => op.admin(`/admin/api/operators/${of}`, { method: "PUT", json: { roles } });
    const crowded = await startLimen();
    const { id: late } = await crowded.person();
    await crowded.rows("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) INSERT INTO users (id, username, claims, created_at, updated_at) SELECT 'o' || i, 'o' || i, '{}', 0, 0 FROM n");
    await crowded.rows("INSERT INTO operators (user_id, roles, granted_at) SELECT id, '[]', 0 FROM users WHERE id LIKE 'o%'");
    const full = await kept(await crowded.admin(`/admin/api/operators/${late}`, { method: "PUT", json: { roles: ["owner"] } }));
    return [await set(ada.id, ["people"]), await set(ada.id, []), await set("nothing", ["owner"]), full];
  },
  removeOperator: async ({ op }) => {
    const { id } = await op.person();
    const remove = () => op.admin(`/admin/api/operators/${id}`, { method: "DELETE" });
    await op.admin(`/admin/api/operators/${id}`, { method: "PUT", json: { roles: ["owner"] } });
    return [await remove(), await remove()];
  },
  console: (stage) => pages(stage, () => "/admin"),
  consolePeople: async (stage) => [
    ...(await pages(stage, () => "/admin/people")),
    await (await operatorOf(stage.op)).browser.fetch("/admin/people?x=1"),
  ],
  consoleNewPerson: (stage) => pages(stage, () => "/admin/people/new"),
  makeConsolePerson: async ({ op }) => {
    const send = await sender(op, "/admin/people/new");
    return [
      await send({ username: "added-at-the-console" }),
      await send({ username: "a b" }),
      await send({ csrf: "x" }),
      await late("/admin/people/new"),
      await off("/admin/people/new"),
    ];
  },
  consoleInvitations: async (stage) => [
    ...(await pages(stage, () => "/admin/people/invitations")),
    await (await operatorOf(stage.op)).browser.fetch("/admin/people/invitations?x=1"),
  ],
  changeConsoleInvitations: async ({ open }) => {
    const path = "/admin/people/invitations";
    const send = await sender(open, path);
    return [
      await send({ do: "invite", note: "Somebody" }),
      await send({ do: "invite", email: "x" }),
      await send({ take_back: "7.x" }),
      await send({ csrf: "x" }),
      await off(path),
    ];
  },
  consolePerson: (stage) => pages(stage, ({ id }) => `/admin/people/${id}`),
  consoleApps: async (stage) => [
    ...(await pages(stage, () => "/admin/apps")),
    await (await operatorOf(stage.op)).browser.fetch("/admin/apps?x=1"),
  ],
  consoleNewApp: (stage) => pages(stage, () => "/admin/apps/new"),
  makeConsoleApp: async ({ op }) => {
    const send = await sender(op, "/admin/apps/new");
    return [
      await send({ client_name: "Wiki", kind: "web", redirect_uris: "https://wiki.acme.test/cb" }),
      await send({ client_name: "Wiki", kind: "web", redirect_uris: "x" }),
      await send({ csrf: "x" }),
      await late("/admin/apps/new"),
      await off("/admin/apps/new"),
    ];
  },
  consoleApp: (stage) => pages(stage, () => `/admin/apps/${stage.client.id}`),
  changeConsoleApp: async ({ op }) => {
    const client = await op.client();
    const send = await sender(op, `/admin/apps/${client.id}`);
    return [
      await send({ do: "renew", version: "1" }),
      await send({ do: "save", version: "2", redirect_uris: "x" }),
      await send({ do: "off", version: "2" }),
      await send({ csrf: "x" }),
      await off(`/admin/apps/${client.id}`),
    ];
  },
  consoleTokenPreview: async (stage) => {
    const path = `/admin/apps/${stage.client.id}/preview`;
    const { browser } = await operatorOf(stage.op);
    return [...(await pages(stage, () => path)), await browser.fetch(`${path}?x=1`)];
  },
  consoleSelfRegistered: async (stage) => {
    const { browser } = await operatorOf(stage.op);
    const path = "/admin/apps/registered";
    return [...(await pages(stage, () => path)), await browser.fetch(`${path}?unused=never&days=30`), await browser.fetch(`${path}?unused=never&days=x`)];
  },
  changeConsoleSelfRegistered: async ({ op }) => {
    const path = "/admin/apps/registered";
    const send = await sender(op, path);
    return [
      await send({ do: "approve", client: "nothing" }),
      await send({ do: "approve" }),
      await send({ csrf: "x" }),
      await late(path),
      await off(path),
      await send({ do: "clean_up", unused: "never", days: "3000", most: "1" }),
    ];
  },
  consoleAppLook: async (stage) => {
    const { browser } = await operatorOf(stage.op);
    return [...(await pages(stage, () => `/admin/apps/${stage.client.id}/look`)), await browser.fetch("/admin/apps/nothing/look")];
  },
  changeConsoleAppLook: async ({ op }) => {
    const path = `/admin/apps/${(await op.client()).id}/look`;
    const send = await sender(op, path);
    const { browser } = await operatorOf(op);
    return [
      await send({ do: "save", notes: "Ada's", version: "1" }),
      await send({ do: "save", accent_color: "blue", version: "1" }),
      await send({ csrf: "x" }),
      await (await sender(op, "/admin/apps/nothing/look"))({ do: "save", version: "1" }),
      await browser.fetch(path, { method: "POST", body: "x".repeat(140_000), headers: { "content-type": "multipart/form-data; boundary=x" } }),
      await late(path),
      await off(path),
    ];
  },
  consoleAppSecrets: async (stage) => {
    const { browser } = await operatorOf(stage.op);
    return [...(await pages(stage, () => `/admin/apps/${stage.client.id}/secrets`)), await browser.fetch("/admin/apps/nothing/secrets")];
  },
  changeConsoleAppSecrets: async ({ op }) => {
    const path = `/admin/apps/${(await op.client()).id}/secrets`;
    const send = await sender(op, path);
    return [
      await send({ do: "add", name: "Two", version: "1" }),
      await send({ do: "add", name: "", version: "2" }),
      await send({ csrf: "x" }),
      await (await sender(op, "/admin/apps/nothing/secrets"))({ do: "add", name: "Two", version: "1" }),
      await late(path),
      await off(path),
    ];
  },
  consoleAudit: async (stage) => [
    ...(await pages(stage, () => "/admin/audit")),
    await (await operatorOf(stage.op)).browser.fetch("/admin/audit?x=1"),
  ],
  exportConsoleAudit: async (stage) => [
    ...(await pages(stage, () => "/admin/audit/export")),
    await (await operatorOf(stage.op)).browser.fetch("/admin/audit/export?x=1"),
  ],
  consoleApis: async (stage) => [
    ...(await pages(stage, () => "/admin/apis")),
    await (await operatorOf(stage.op)).browser.fetch("/admin/apis?x=1"),
  ],
  consoleNewApi: (stage) => pages(stage, () => "/admin/apis/new"),
  makeConsoleApi: async ({ op }) => {
    const send = await sender(op, "/admin/apis/new");
    const identifier = "https://console.acme.test";
    return [await send({ identifier, name: "Files" }), await send({ identifier: "x" }), await send({ csrf: "x" }), await off("/admin/apis/new")];
  },
  consoleApi: async (stage) => {
    const { id } = await api(stage.op);
    return pages(stage, () => `/admin/apis/${id}`);
  },
  changeConsoleApi: async ({ op }) => {
    const { id } = await api(op);
    const send = await sender(op, `/admin/apis/${id}`);
    const version = "1-0";
    return [
      await send({ do: "save", version, name: "Other" }),
      await send({ do: "renew", version: "2-0" }),
      await send({ do: "save", version }),
      await send({ csrf: "x" }),
      await off(`/admin/apis/${id}`),
    ];
  },
  consoleGroups: async (stage) => [
    ...(await pages(stage, () => "/admin/groups")),
    await (await operatorOf(stage.op)).browser.fetch("/admin/groups?x=1"),
  ],
  makeConsoleGroup: async ({ op }) => {
    const send = await sender(op, "/admin/groups");
    return [await send({ name: "Of the console" }), await send({ name: "a,b" }), await send({ csrf: "x" }), await off("/admin/groups")];
  },
  consoleGroup: async (stage) => {
    const { id } = await group(stage.op);
    return [
      ...(await pages(stage, () => `/admin/groups/${id}`)),
      await (await operatorOf(stage.op)).browser.fetch(`/admin/groups/${id}?x=1`),
    ];
  },
  changeConsoleGroup: async ({ op }) => {
    const { id, name } = await group(op);
    const send = await sender(op, `/admin/groups/${id}`);
    return [await send({ do: "save", name: "Of ours", shown: `no ${name}` }), await send({ do: "save" }), await send({ csrf: "x" }), await off(`/admin/groups/${id}`)];
  },
  consoleMail: async (stage) => [
    ...(await pages(stage, () => "/admin/mail")),
    await (await operatorOf(stage.op)).browser.fetch("/admin/mail?x=1"),
  ],
  changeConsoleMail: async ({ op }) => {
    const send = await sender(op, "/admin/mail");
    return [await send({ delete: "nothing" }), await send({}), await send({ csrf: "x" }), await off("/admin/mail")];
  },
  consolePersonAttributes: (stage) => pages(stage, (person) => `/admin/people/${person.id}/attributes`),
  changeConsolePersonAttributes: async ({ op }) => {
    const path = `/admin/people/${(await op.person()).id}/attributes`;
    return changed(op, path, { attribute_office: "Berlin" }, { attribute_office: "\u202e" });
  },
  consolePersonProfile: (stage) => pages(stage, (person) => `/admin/people/${person.id}/profile`),
  changeConsolePersonProfile: async ({ op }) => {
    const { id, username } = await op.person();
    return changed(op, `/admin/people/${id}/profile`, { username, name: "Grace" }, { username: "a b" });
  },
  consoleGroupAttributes: async (stage) => {
    const { id } = await group(stage.op);
    return pages(stage, () => `/admin/groups/${id}/attributes`);
  },
  changeConsoleGroupAttributes: async ({ op }) => {
    const path = `/admin/groups/${(await group(op)).id}/attributes`;
    return changed(op, path, { attribute_office: "Berlin" }, { attribute_office: "\u202e" });
  },
  consoleAppRoles: async (stage) => {
    const { id } = await stage.op.client();
    return [
      ...(await pages(stage, () => `/admin/apps/${id}/roles`)),
      await (await operatorOf(stage.op)).browser.fetch(`/admin/apps/${id}/roles?x=1`),
    ];
  },
  changeConsoleAppRoles: async ({ op, person }) => {
    const { id } = await op.client();
    const give = { do: "give_role", login: person.username, role: "viewer" };
    return changed(op, `/admin/apps/${id}/roles`, give, { ...give, login: "nobody" });
  },
  consoleLook: (stage) => pages(stage, () => "/admin/look"),
  consoleWebhooks: (stage) => pages(stage, () => "/admin/webhooks"),
  makeConsoleWebhook: async ({ op }) => {
    const send = await sender(op, "/admin/webhooks");
    const good = { name: "Of the console", url: "https://console.acme.test/in", events: "key_revoked" };
    return [await send(good), await send({ ...good, url: "x" }), await send({ csrf: "x" }), await off("/admin/webhooks"), await late("/admin/webhooks")];
  },
  consoleWebhook: async (stage) => {
    const id = await webhook(stage.op);
    return pages(stage, () => `/admin/webhooks/${id}`);
  },
  changeConsoleWebhook: async ({ op }) => {
    const id = await webhook(op);
    const send = await sender(op, `/admin/webhooks/${id}`);
    return [
      await send({ do: "renew_secret" }),
      await send({ do: "switch_off" }),
      await send({ do: "save", name: "<b>" }),
      await send({ csrf: "x" }),
      await off(`/admin/webhooks/${id}`),
    ];
  },
  consoleSystem: (stage) => pages(stage, () => "/admin/system"),
  changeConsoleSystem: async ({ op }) => {
    const send = await sender(op, "/admin/system");
    return [
      await send({ do: "make_key", name: "Of the console", scope: "mail:read" }),
      await send({ do: "make_key" }),
      await send({ revoke: "nothing" }),
      await send({ csrf: "x" }),
      await off("/admin/system"),
    ];
  },
  changeConsolePerson: async ({ op }) => {
    const [owner, ada] = [await operatorOf(op), await op.person()];
    return [
      await owner.act(ada, { do: "lock" }),
      await owner.act(ada, { do: "link" }),
      await owner.act(ada, { do: "nothing" }),
      await owner.act(ada, { do: "lock" }, { csrf: "x" }),
      await off(`/admin/people/${ada.id}`),
    ];
  },
};
