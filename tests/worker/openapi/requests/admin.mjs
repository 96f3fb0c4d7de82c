// The operator's API.

import { withApp } from "../../support/codes.mjs";
import { withPasskey } from "../../support/authenticator.mjs";
import { startLimen } from "../../support/limen.mjs";
import { MAIL_VARS } from "../../support/mail.mjs";
import { conditional, repeated } from "./shared.mjs";

async function withMail(answer = { json: {} }, vars = {}) {
  const op = await startLimen({ vars: { ...MAIL_VARS, ...vars } });
  op.serve("https://api.resend.com/emails", answer);
  return op;
}

/** A webhook that is sent nothing, by its id. Those of that name before may go. */
export async function webhook(op, name = "SIEM") {
  const json = { name, url: "https://siem.acme.test/in", enabled: false };
  const { webhooks } = await op.json("/admin/api/webhooks", { bearer: op.adminToken });
  const before = webhooks.filter((one) => one.name === name);
  if (before.length > 4) await op.admin(`/admin/api/webhooks/${before[0].id}`, { method: "DELETE" });
  return (await op.json("/admin/api/webhooks", { json, bearer: op.adminToken })).id;
}

export const ADMIN = {
  bulk: async ({ op, person }) => {
    const send = (operations) => op.admin("/admin/api/bulk", { json: { operations } });
    const unlock = { method: "POST", path: `/admin/api/users/${person.id}/unlock` };
    return [await send([unlock, { method: "DELETE", path: "/admin/api/groups/nothing" }]), await send([])];
  },
  createUser: async ({ op, person }) => [
    await op.admin("/admin/api/users", { json: { username: "carol", address: { country: "SE" }, disabled: true } }),
    await op.admin("/admin/api/users", { json: { username: person.username } }),
    await op.admin("/admin/api/users", { json: { username: 7 } }),
    ...(await repeated(op, "/admin/api/users", { username: "again" }, { username: "again2" })),
  ],
  listUsers: async ({ op }) => [
    await op.admin("/admin/api/users"),
    await op.admin("/admin/api/users?limit=1"),
    await op.admin("/admin/api/users?search=u&disabled=false&limit=1"),
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
      await conditional(op, `/admin/api/users/${other.id}`, "PATCH", {}),
    ];
  },
  deleteUser: async ({ op }) => {
    const path = `/admin/api/users/${(await op.person()).id}`;
    return [await conditional(op, path, "DELETE"), await op.admin(path, { method: "DELETE" }), await op.admin(path, { method: "DELETE" })];
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
  endUserSession: async ({ op }) => {
    const person = await op.person();
    await op.browser().obtain(await op.client(), person);
    const path = `/admin/api/users/${person.id}/sessions`;
    const { sessions } = await op.json(path, { bearer: op.adminToken });
    const end = () => op.admin(`${path}/${sessions[0].id}`, { method: "DELETE" });
    return [await end(), await end()];
  },
  listUserPasskeys: async ({ op }) => {
    const person = await op.person();
    await withPasskey(op, person);
    return [await op.admin(`/admin/api/users/${person.id}/passkeys`), await op.admin("/admin/api/users/nobody/passkeys")];
  },
  removeUserPasskey: async ({ op }) => {
    const person = await op.person();
    await withPasskey(op, person);
    const path = `/admin/api/users/${person.id}/passkeys`;
    const { passkeys } = await op.json(path, { bearer: op.adminToken });
    const remove = () => op.admin(`${path}/${passkeys[0].id}`, { method: "DELETE" });
    return [await remove(), await remove()];
  },
  listUserSecondFactors: async ({ op }) => {
    const person = await op.person();
    await withApp(op, person);
    return [
      await op.admin(`/admin/api/users/${person.id}/second_factors`),
      await op.admin("/admin/api/users/nobody/second_factors"),
    ];
  },
  removeUserSecondFactor: async ({ op }) => {
    const person = await op.person();
    await withApp(op, person);
    const path = `/admin/api/users/${person.id}/second_factors`;
    const { second_factors } = await op.json(path, { bearer: op.adminToken });
    const remove = () => op.admin(`${path}/${second_factors[0].id}`, { method: "DELETE" });
    return [await remove(), await remove()];
  },
  makeSetUpLink: async ({ op }) => {
    const make = (id, json) => op.admin(`/admin/api/users/${id}/setup_link`, { method: "POST", json });
    const { id } = await op.person();
    return [await make(id), await make(id, { expires_in: 60 }), await make(id, { expires_in: 1 }), await make("nobody")];
  },
  revokeSetUpLink: async ({ op }) => {
    const path = `/admin/api/users/${(await op.person()).id}/setup_link`;
    await op.admin(path, { method: "POST" });
    const revoke = () => op.admin(path, { method: "DELETE" });
    return [await revoke(), await revoke()];
  },
  requireNewPassword: async ({ op }) => {
    const ask = (id) => op.admin(`/admin/api/users/${id}/require_new_password`, { method: "POST" });
    return [await ask((await op.person()).id), await ask("nobody")];
  },
  revokeEverythingOfSubject: async ({ op }) => {
    const revoke = (sub_id) => op.admin("/admin/api/global_token_revocation", { json: { sub_id } });
    const { id } = await op.person();
    return [await revoke({ format: "opaque", id }), await revoke({ format: "did" }), await revoke({ format: "opaque", id: "nobody" })];
  },
  unlockUser: async ({ op }) => {
    const unlock = (id) => op.admin(`/admin/api/users/${id}/unlock`, { method: "POST" });
    return [await unlock((await op.person()).id), await unlock("nobody")];
  },
  listInvitations: async ({ open }) => [
    await open.admin("/admin/api/invitations"),
    await open.admin("/admin/api/invitations?after=x"),
  ],
  makeInvitation: async ({ op, open }) => {
    const make = (at, json) => at.admin("/admin/api/invitations", { json });
    return [await make(open, { email: "ivy@people.test", note: "Ivy" }), await make(open, { email: 7 }), await make(op, {}), ...(await repeated(open, "/admin/api/invitations", {}, { note: "x" }))];
  },
  revokeInvitation: async ({ open }) => {
    const { id } = await (await open.admin("/admin/api/invitations", { json: {} })).json();
    const revoke = () => open.admin(`/admin/api/invitations/${id}`, { method: "DELETE" });
    return [await revoke(), await revoke()];
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
  exportAudit: async ({ op }) => [
    await op.admin("/admin/api/audit/export"),
    await op.admin("/admin/api/audit/export?since=0&after=1"),
    await op.admin("/admin/api/audit/export?limit=1"),
  ],
  listClients: async ({ op }) => [
    await op.admin("/admin/api/clients"),
    await op.admin("/admin/api/clients?registered_by=operator&grant=authorization_code&limit=1"),
    await op.admin("/admin/api/clients?registered_by=nobody"),
  ],
  status: async ({ op }) => [await op.admin("/admin/api/status")],
  makeWebhook: async ({ op }) => {
    const make = (json) => op.admin("/admin/api/webhooks", { json });
    const made = await make({ name: "SIEM", url: "https://siem.acme.test/in", events: ["user_deleted"], enabled: false });
    const again = await repeated(op, "/admin/api/webhooks", { name: "Once", url: "https://once.acme.test/", events: ["key_revoked"] }, {});
    await op.admin(`/admin/api/webhooks/${(await again[0].clone().json()).id}`, { method: "DELETE" });
    const answers = [made, await make({ name: "SIEM", url: "http://siem.acme.test/in" }), ...again];
    const others = [];
    for (let n = 0; n < 10; n++) others.push(await make({ name: "Full", url: "https://full.acme.test/", events: ["key_revoked"] }));
    answers.push(others.at(-1));
    for (const other of others.slice(0, -1)) {
      const { id } = await other.json();
      await op.admin(`/admin/api/webhooks/${id}`, { method: "DELETE" });
    }
    return answers;
  },
  listWebhooks: async ({ op }) => {
    await webhook(op);
    return [await op.admin("/admin/api/webhooks?limit=1"), await op.admin("/admin/api/webhooks?name=x")];
  },
  readWebhook: async ({ op }) => [
    await op.admin(`/admin/api/webhooks/${await webhook(op)}`),
    await op.admin("/admin/api/webhooks/none"),
  ],
  changeWebhook: async ({ op }) => {
    const change = (id, json) => op.admin(`/admin/api/webhooks/${id}`, { method: "PATCH", json });
    const id = await webhook(op);
    return [
      await change(id, { events: null }),
      await change(id, { events: [] }),
      await change("none", { enabled: true }),
      await conditional(op, `/admin/api/webhooks/${id}`, "PATCH", { name: "Never" }),
    ];
  },
  deleteWebhook: async ({ op }) => {
    const path = `/admin/api/webhooks/${await webhook(op)}`;
    return [await conditional(op, path, "DELETE"), await op.admin(path, { method: "DELETE" }), await op.admin(path, { method: "DELETE" })];
  },
  renewWebhookSecret: async ({ op }) => {
    const renew = (id, init) => op.admin(`/admin/api/webhooks/${id}/renew_secret`, { method: "POST", ...init });
    const id = await webhook(op);
    const meanwhile = { before: "SET previous_root = root", run: `UPDATE webhooks SET generation = 9 WHERE id = '${id}'` };
    return [
      await renew(id, { json: { overlap_seconds: 60 } }),
      await renew(id, { json: { overlap_seconds: -1 } }),
      await renew("none"),
      await renew(id, { d1: { meanwhile } }),
    ];
  },
  testWebhook: async ({ op }) => {
    const test = (id) => op.admin(`/admin/api/webhooks/${id}/test`, { method: "POST" });
    const id = await webhook(op);
    return [await test(id), await test(id), await test("none")];
  },
  listApiKeys: async ({ op }) => [
    await op.admin("/admin/api/api_keys?limit=1"),
    await op.admin("/admin/api/api_keys?scope=x"),
  ],
  makeApiKey: async ({ op }) => {
    const make = (json) => op.admin("/admin/api/api_keys", { json });
    const key = { name: "Sync", scopes: ["people:read"] };
    return [await make(key), await make(key), await make({ ...key, scopes: ["everything"] }), ...(await repeated(op, "/admin/api/api_keys", { ...key, name: "Once" }, key))];
  },
  revokeApiKey: async ({ op }) => {
    const { id } = await (await op.admin("/admin/api/api_keys", { json: { name: "Short", scopes: ["mail:read"] } })).json();
    const revoke = () => op.admin(`/admin/api/api_keys/${id}`, { method: "DELETE" });
    return [await revoke(), await revoke()];
  },
  health: async ({ op }) => [
    await op.admin("/admin/api/health"),
    await op.admin("/admin/api/health", { d1: { down: true } }),
  ],
  settings: async ({ op }) => [await op.admin("/admin/api/settings")],
  listMails: async ({ op }) => [await op.admin("/admin/api/mail"), await op.admin("/admin/api/mail?state=lost")],
  testMail: async ({ op }) => {
    const mailing = await withMail({ json: {} }, { MAIL_DAILY_LIMIT: "1" });
    const send = (to) => mailing.admin("/admin/api/mail/test", { json: { to } });
    return [await send("ada@people.test"), await send("ada"), await send("bob@people.test"), await op.admin("/admin/api/mail/test", { json: { to: "a@b.test" } })];
  },
  retryMail: async () => {
    const op = await withMail({ status: 503 });
    const { id } = await (await op.admin("/admin/api/mail/test", { json: { to: "ada@people.test" } })).json();
    const retry = (of) => op.admin(`/admin/api/mail/${of}/retry`, { method: "POST" });
    return [await retry(id), await retry("nothing")];
  },
  deleteMail: async () => {
    const op = await withMail({ status: 503 });
    const { id } = await (await op.admin("/admin/api/mail/test", { json: { to: "ada@people.test" } })).json();
    const remove = (of) => op.admin(`/admin/api/mail/${of}`, { method: "DELETE" });
    const sending = await withMail();
    const sent = await (await sending.admin("/admin/api/mail/test", { json: { to: "ada@people.test" } })).json();
    return [await remove(id), await remove(id), await sending.admin(`/admin/api/mail/${sent.id}`, { method: "DELETE" })];
  },
  developmentMails: async ({ op }) => {
    const shown = await startLimen({ issuer: "http://localhost:8787" });
    return [await shown.fetch("/dev/mail"), await op.fetch("/dev/mail")];
  },
  developmentMail: async ({ op }) => {
    const shown = await startLimen({ issuer: "http://localhost:8787" });
    const { id } = await (await shown.admin("/admin/api/mail/test", { json: { to: "ada@people.test" } })).json();
    return [await shown.fetch(`/dev/mail/${id}`), await op.fetch("/dev/mail/nothing")];
  },
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
