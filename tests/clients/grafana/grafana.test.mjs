// Grafana: what it reads of people, by the library that it reads claims with. Grafana itself is not run.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { test } from "node:test";

import { Client } from "../../worker/support/client.mjs";
import { claimsOf } from "../../worker/support/jwt.mjs";
import { startLimen } from "../../worker/support/limen.mjs";
import { built, register } from "../support/stage.mjs";

const op = await startLimen();
const admin = (path, json) => op.json(path, { json, bearer: op.adminToken });

/** The settings of the recipe, by name. */
const settings = Object.fromEntries(
  readFileSync(new URL("grafana.ini", import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line.includes(" = "))
    .map((line) => line.split(/ = (.*)/, 2)),
);

/** What the expression finds in claims: a value, or why it fails. */
async function found(expression, claims) {
  const child = spawn(built("bin/grafana"), [expression]);
  child.stdin.end(JSON.stringify(claims));
  const [output, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return output === "" ? { error } : JSON.parse(output);
}

/** What Grafana has to read of somebody who signs in: the ID token first, then what user info says. */
async function sources(client, person, scope = settings.scopes) {
  const app = new Client(op, client);
  const redirect_uri = `${settings.root_url}/login/generic_oauth`;
  const tokens = await app.tokens(await op.browser().obtain(app, person, { redirect_uri, scope }));
  const { id_token } = await app.refreshed(tokens.refresh_token);
  const userinfo = await op.json("/userinfo", { bearer: tokens.access_token });
  return [claimsOf(tokens.id_token), userinfo, claimsOf(id_token)];
}

test("Grafana's role is the role at Limen, by a group or of a person, and Viewer without one", async () => {
  const client = await register(op, "grafana", { origin: "unused" });
  const [ada, bob, cleo] = [await op.person(), await op.person(), await op.person()];
  const group = await admin("/admin/api/groups", { name: "Operations" });
  await admin(`/admin/api/groups/${group.id}/members`, { add: [ada.id] });
  await admin(`/admin/api/clients/${client.client_id}/roles`, {
    add: [
      { role: "Admin", group: group.id },
      { role: "Editor", user: ada.id },
      { role: "Editor", user: bob.id },
    ],
  });

  for (const [person, role] of [[ada, "Admin"], [bob, "Editor"], [cleo, "Viewer"]]) {
    for (const claims of await sources(client, person)) {
      assert.equal(await found(settings.role_attribute_path, claims), role, JSON.stringify(claims));
      assert.equal(await found(settings.login_attribute_path, claims), person.username);
    }
  }
});

test("Grafana's teams are by the groups of Limen", async () => {
  const client = await register(op, "grafana", { origin: "unused" });
  const ada = await op.person();
  const group = await admin("/admin/api/groups", { name: "Observers" });
  await admin(`/admin/api/groups/${group.id}/members`, { add: [ada.id] });
  for (const claims of await sources(client, ada, `${settings.scopes} groups`)) {
    assert.deepEqual(await found("groups", claims), ["Observers"]);
  }
});
