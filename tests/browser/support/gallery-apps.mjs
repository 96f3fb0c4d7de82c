// What operators decide about apps, and what people see of it.

import { operatorAt } from "./gallery-factors.mjs";
import { signIn } from "./person.mjs";
import { startWebApp } from "./web-app.mjs";

const at = (client, rest = "") => `/admin/apps/${client.id}${rest}`;

/** A picture that can be seen: a square with a lighter one in it. */
const LOGO = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAIAAAD8GO2jAAAAMUlEQVR42mOoko+hKWIYtWDUgiFswacTD0hCoxaMWjBqwagFoxYMTwtGq8xRC0aQBQD54XlMxrURdgAAAABJRU5ErkJggg==",
  "base64",
);

/** An app with several secrets, of which one was used. */
async function withSecrets(op) {
  const client = await op.client({ client_name: "Acme Notes" });
  for (const json of [{ name: "Data center 2" }, { name: "Continuous integration", expires_in: 2_592_000 }]) {
    await op.admin(`/admin/api/clients/${client.id}/secrets`, { json });
  }
  await client.introspect("x");
  return client;
}

/** Gives an app a logo, a color and notes. */
async function dress(op, id) {
  const path = `/admin/api/clients/${id}`;
  const json = { accent_color: "#7a1f5c", launch_uri: "https://notes.acme.test/start", notes: "Ask Ada before you change it.\nHer number is on the door." };
  await op.admin(path, { method: "PATCH", json });
  await op.admin(`${path}/logo`, { method: "PUT", body: LOGO, headers: { "content-type": "image/png" } });
}

/** Apps that registered themselves and wait. */
async function waiting(op) {
  for (const name of ["Weather for tomorrow", "Acme Boards"]) {
    const { id } = await op.publicClient({ client_name: name, redirect_uris: ["https://boards.acme.test/callback", "https://beta.boards.acme.test/callback"] });
    await op.rows("UPDATE clients SET registered_openly = 1, unused_since = 1, metadata = json_set(metadata, '$.limen_waits', json('true'), '$.disabled', json('true')) WHERE id = ?", id);
  }
}

export const APPS = {
  "console-app-secrets": async (stage) => operatorAt(stage, at(await withSecrets(stage.op), "/secrets")),

  "console-app-secrets-read-only": async (stage) => operatorAt(stage, at(await withSecrets(stage.op), "/secrets"), ["read_only"]),

  "console-app-look": async (stage) => {
    const client = await stage.op.client({ client_name: "Acme Notes", logo_uri: "https://notes.acme.test/logo.png" });
    await dress(stage.op, client.id);
    await operatorAt(stage, at(client, "/look"));
  },

  "console-app-look-read-only": async (stage) => {
    const client = await stage.op.client({ client_name: "Acme Notes" });
    await dress(stage.op, client.id);
    await operatorAt(stage, at(client, "/look"), ["read_only"]);
  },

  "console-self-registered": async (stage) => {
    await waiting(stage.op);
    await operatorAt(stage, "/admin/apps/registered?unused=never&days=30");
  },

  "login-with-logo": async ({ op, visitor }) => {
    const app = await startWebApp(op, { client_name: "Acme Notes" });
    await dress(op, app.client.id);
    await visitor.page.goto(app.start());
    await visitor.page.locator("#username").waitFor();
  },

  "consent-with-logo": async ({ op, visitor }) => {
    const app = await startWebApp(op, { client_name: "Acme Notes" });
    await dress(op, app.client.id);
    await visitor.page.goto(app.start());
    await signIn(visitor.page, await op.person({ name: "Ada Lovelace" }));
    await visitor.page.locator("#approve").waitFor();
  },
};
