// The pages of second factors and of the way back in, and the way there.

import { App, withApp } from "../../worker/support/codes.mjs";
import { signIn } from "./person.mjs";
import { startWebApp } from "./web-app.mjs";

/** Somebody with an app, in a browser where they have just given their password. */
async function atSecond({ op, visitor }) {
  const person = await op.person();
  await withApp(op, person);
  await visitor.page.goto(op.url("/login?page=overview"));
  await signIn(visitor.page, person);
  await visitor.page.locator("#code").waitFor();
}

/** Somebody at a page of their account who signed in just now. */
async function atFactors({ op, visitor }, path = "/account/second_factors") {
  await visitor.page.goto(op.url("/login?page=second_factors"));
  await signIn(visitor.page, await op.person({ name: "Ada Lovelace" }));
  await visitor.page.goto(op.url(path));
}

/** Sets up an app on the page that is open. */
async function setUp(op, { page }) {
  const href = await page.locator('a[href^="otpauth:"]').getAttribute("href");
  const app = new App(op, { elements: () => [{ href }], text: "" });
  await page.locator("#code").fill(app.code());
  await page.locator('form:has([name="secret"]) [type="submit"]').click();
  await page.locator("li code").first().waitFor();
}

async function askToRecover({ op, visitor }) {
  const person = await op.person();
  await visitor.page.goto(op.url("/recover?page=overview"));
  await visitor.page.locator("#username").fill(person.username);
  await visitor.page.locator("#recover").click();
  await visitor.page.locator('[role="status"], #sent').first().waitFor();
}

/** An app's request for an acr, by somebody who is signed in with a password. */
async function asked({ op, visitor }, params, prepare = async () => {}) {
  const [app, person] = [await startWebApp(op, { client_name: "Acme Notes" }), await op.person()];
  await visitor.arrive(app, person);
  await prepare(op, person);
  await visitor.page.goto(app.start(params));
}

const essential = (acr) => ({ claims: JSON.stringify({ id_token: { acr: { essential: true, value: acr } } }) });

/** Somebody with these roles at a page of the console, who signed in just now with a code. */
export async function operatorAt({ op, visitor }, path, roles = ["owner"], claims = {}) {
  const person = await op.person({ name: "Ada Lovelace", ...claims });
  await op.admin(`/admin/api/operators/${person.id}`, { method: "PUT", json: { roles } });
  const { app } = await withApp(op, person);
  await visitor.page.goto(op.url(`/login?page=admin`));
  await signIn(visitor.page, person);
  await visitor.page.locator("#code").fill(app.code(1));
  await visitor.page.locator('form:has(#code) [type="submit"]').first().click();
  await visitor.page.locator(".console").waitFor();
  await visitor.page.goto(op.url(path));
}

/** Somebody whom operators look after: with groups, factors, an app and browsers. */
async function lookedAfter(op) {
  const person = await op.person({ name: "Grace Hopper" });
  const { browser } = await withApp(op, person);
  const { id } = await (await op.admin("/admin/api/groups", { json: { name: `Staff ${person.username}` } })).json();
  await op.admin(`/admin/api/groups/${id}/members/${person.id}`, { method: "PUT" });
  const client = await op.client({ client_name: "Acme Notes" });
  await client.tokens(await browser.obtain(client, person));
  return person;
}

/** An API that an operator declared, which names an app and has a secret; its id. */
async function declared(op) {
  const client = await op.client({ client_name: "Acme Reader" });
  const json = {
    identifier: `https://files-${Math.random()}.acme.example/v1`,
    name: "Acme Files",
    scopes: {
      "files:read": { "title": "Read your files", "title#de": "Ihre Dateien lesen", "description": "Names and contents of all of them" },
      "files:write": "Change and delete your files",
    },
    open_to: "named_apps",
    apps: { [client.id]: { scopes: ["files:read"] } },
    token_format: "opaque",
    access_token_lifetime: 300,
  };
  const { id } = await op.json("/admin/api/apis", { json, bearer: op.adminToken });
  for (let n = 0; n < 2; n++) await op.admin(`/admin/api/apis/${id}/renew_secret`, { method: "POST", json: { overlap_seconds: 86_400 } });
  return id;
}

/** A group with somebody in it, and a role at an app; its id. */
async function grouped(op) {
  const { id } = await (await op.admin("/admin/api/groups", { json: { name: `Writers ${Math.random()}` } })).json();
  await op.admin(`/admin/api/groups/${id}/members/${(await op.person({ name: "Grace Hopper" })).id}`, { method: "PUT" });
  const client = await op.client({ client_name: "Acme Notes" });
  await op.admin(`/admin/api/clients/${client.id}/roles`, { json: { add: [{ role: "editor", group: id }] } });
  return id;
}

/** A webhook that fails, by its id. */
async function webhook(op) {
  const { webhooks } = await (await op.admin("/admin/api/webhooks")).json();
  if (webhooks.length > 2) return webhooks[0].id;
  const json = { name: "SIEM", url: "https://siem.acme.test/in", events: ["user_created", "user_deleted"] };
  const { id } = await (await op.admin("/admin/api/webhooks", { json })).json();
  await op.person();
  return id;
}

/** What there is where an operator keeps something of people. */
export const KEPT = {
  "console-attributes": async (stage) => operatorAt(stage, `/admin/people/${(await stage.op.person({ name: "Grace Hopper" })).id}/attributes`),
};

export const FACTORS = {
  // The clock of the browser stands at today: a code of the next step has not been used.
  console: (stage) => operatorAt(stage, "/admin"),

  "console-people": (stage) => operatorAt(stage, "/admin/people"),

  "console-people-none": (stage) => operatorAt(stage, "/admin/people?search=nobody-at-all"),
  "console-new-person": async (stage) => {
    for (const name of ["Editors of the house", "Sales"]) await stage.op.admin("/admin/api/groups", { json: { name } });
    await operatorAt(stage, "/admin/people/new");
  },
  "console-invitations": async (stage) => {
    const invited = [{ email: "grace.hopper@a-rather-long-subdomain.people.example", note: "From the office in Berlin" }, {}];
    for (const json of invited) await stage.op.admin("/admin/api/invitations", { json });
    await operatorAt(stage, "/admin/people/invitations");
  },
  "console-person": async (stage) => operatorAt(stage, `/admin/people/${(await lookedAfter(stage.op)).id}`),

  "console-once": async (stage) => {
    await operatorAt(stage, `/admin/people/${(await lookedAfter(stage.op)).id}`);
    const link = stage.visitor.page.locator("#link");
    await link.locator("xpath=ancestor::details").locator("summary").click();
    await link.click();
    await stage.visitor.page.locator("#secret").waitFor();
  },

  "console-profile": async (stage) => operatorAt(stage, `/admin/people/${(await stage.op.person({ name: "Grace Hopper" })).id}/profile`),
  "console-person-read-only": async (stage) => operatorAt(stage, `/admin/people/${(await lookedAfter(stage.op)).id}`, ["read_only"]),

  "console-groups": async (stage) => {
    await lookedAfter(stage.op);
    await operatorAt(stage, "/admin/groups");
  },

  "console-group": async (stage) => operatorAt(stage, `/admin/groups/${await grouped(stage.op)}`),

  "console-apps": async (stage) => {
    await lookedAfter(stage.op);
    await operatorAt(stage, "/admin/apps");
  },

  "console-apis": async (stage) => {
    await declared(stage.op);
    await operatorAt(stage, "/admin/apis");
  },
  "console-new-api": (stage) => operatorAt(stage, "/admin/apis/new"),
  "console-api": async (stage) => operatorAt(stage, `/admin/apis/${await declared(stage.op)}`),
  "console-api-read-only": async (stage) => operatorAt(stage, `/admin/apis/${await declared(stage.op)}`, ["read_only"]),
  "console-new-app": (stage) => operatorAt(stage, "/admin/apps/new"),

  "console-app": async (stage) => operatorAt(stage, `/admin/apps/${(await stage.op.client({ client_name: "Acme Notes" })).id}`),

  "console-app-read-only": async (stage) =>
    operatorAt(stage, `/admin/apps/${(await stage.op.client({ client_name: "Acme Notes" })).id}`, ["read_only"]),

  "console-preview": async (stage) => {
    const [client, person] = [await stage.op.client({ client_name: "Acme Notes" }), await stage.op.person({ name: "Grace Hopper" })];
    await operatorAt(stage, `/admin/apps/${client.id}/preview?person=${person.username}`);
  },

  "console-audit": async (stage) => operatorAt(stage, "/admin/audit"),

  "console-mail": async (stage) => {
    await stage.op.admin("/admin/api/mail/test", { json: { to: "ada@acme.test" } });
    await operatorAt(stage, "/admin/mail");
  },

  "console-system": async (stage) => {
    await stage.op.admin("/admin/api/api_keys", { json: { name: `Sync ${Math.random()}`, scopes: ["mail:read", "audit:read"] } });
    await operatorAt(stage, "/admin/system");
    await stage.op.rows("UPDATE api_keys SET made_by_user = (SELECT id FROM users LIMIT 1)");
    await stage.visitor.page.reload();
  },

  "console-webhooks": async (stage) => {
    await webhook(stage.op);
    await operatorAt(stage, "/admin/webhooks");
  },

  "console-webhook": async (stage) => operatorAt(stage, `/admin/webhooks/${await webhook(stage.op)}`),

  "console-look": (stage) => operatorAt(stage, "/admin/look"),

  "console-app-roles": async (stage) => {
    const [client, person] = [await stage.op.client({ client_name: "Acme Notes" }), await stage.op.person({ name: "Grace Hopper" })];
    await stage.op.admin(`/admin/api/clients/${client.id}/roles`, { json: { add: [{ role: "editor", user: person.id }] } });
    await operatorAt(stage, `/admin/apps/${client.id}/roles`);
  },

  "console-closed": async ({ op, visitor }) => {
    await visitor.page.goto(op.url("/login?page=overview"));
    await signIn(visitor.page, await op.person());
    await visitor.page.locator("#sign-out").waitFor();
    await visitor.page.goto(op.url("/admin"));
  },

  "step-up": (stage) => asked(stage, essential("mfa"), withApp),

  "step-up-wished": (stage) => asked(stage, { acr_values: "mfa" }, withApp),

  "step-up-needs-passkey": (stage) => asked(stage, essential("phr")),

  "login-asks-for-passkey": async ({ op, visitor }) => {
    await visitor.page.goto((await startWebApp(op, { client_name: "Acme Notes" })).start(essential("phr")));
  },

  "login-again": (stage) => asked(stage, { prompt: "login" }),

  "second-factor": atSecond,

  "second-factor-wrong-recovery-code": async (stage) => {
    await atSecond(stage);
    const { page } = stage.visitor;
    await page.locator("summary").click();
    await page.locator("#recovery-code").fill("aaaa-bbbb-cccc");
    await page.locator("#recover").click();
    await page.locator('[role="alert"]').waitFor();
  },

  "set-up-code-app": async ({ op, visitor }) => {
    const claims = JSON.stringify({ id_token: { acr: { essential: true, values: ["mfa"] } } });
    await visitor.page.goto((await startWebApp(op, { client_name: "Acme Notes" })).start({ claims }));
    await signIn(visitor.page, await op.person());
    await visitor.page.locator("#code").waitFor();
  },

  "account-second-factors-none": atFactors,

  "account-second-factors": async (stage) => {
    await atFactors(stage, "/account/second_factors/new");
    await setUp(stage.op, stage.visitor);
    const now = stage.op.clock.seconds();
    await stage.op.rows(
      `INSERT INTO trusted_browsers (user_id, id, hash, user_agent, created_at, last_used_at, expires_at)
       SELECT user_id, 'x', 'x', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', ?, ?, ? FROM sessions ORDER BY created_at DESC LIMIT 1`,
      now,
      now,
      now + 86_400,
    );
    await stage.op.rows("UPDATE sessions SET acr = 'mfa'");
    await stage.visitor.page.goto(stage.op.url("/account/second_factors"));
  },

  "recovery-codes": async (stage) => {
    await FACTORS["account-second-factors"](stage);
    await stage.visitor.page.locator("#renew").click();
    await stage.visitor.page.locator("li code").first().waitFor();
  },

  "account-new-code-app": (stage) => atFactors(stage, "/account/second_factors/new"),

  recover: async ({ op, visitor }) => {
    await visitor.page.goto(op.url("/recover?page=overview"));
  },

  "recover-asked": askToRecover,

  "recover-link": async (stage) => {
    await askToRecover(stage);
    const { page } = stage.visitor;
    let text = "";
    for (let tries = 0; tries < 50 && !text.includes("/recover/link"); tries++) {
      await page.goto(stage.op.url("/dev/mail"));
      text = await page.locator("body").innerText();
    }
    await page.goto(text.match(/http\S+\/recover\/link\S+/)[0]);
  },

  "recover-link-over": async ({ op, visitor }) => {
    await visitor.page.goto(op.url("/recover/link?link=x"));
  },
};
