// Argo CD's own API server and command line: rights by the groups of Limen.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { freePort } from "../../browser/support/limen.mjs";
import { signInAndApprove } from "../../browser/support/person.mjs";
import { isStranger, read, signInAt } from "../support/journey.mjs";
import { built, filled, register, scratch, setStage, visit } from "../support/stage.mjs";

const PROGRAM = built("bin/argo-cd");

// Less than refreshTokenThreshold: Argo CD refreshes at each request.
const { op, chromium, run } = await setStage({ ID_TOKEN_LIFETIME: "200", ACCESS_TOKEN_LIFETIME: "200" });
const admin = (path, json) => op.json(path, { json, bearer: op.adminToken });
const admins = await admin("/admin/api/groups", { name: "Admins" });
const staff = await admin("/admin/api/groups", { name: "Staff" });
const enrol = (group, person) => admin(`/admin/api/groups/${group.id}/members`, { add: [person.id] });

const MAY_CREATE = "/api/v1/account/can-i/projects/create/*";

async function start(t) {
  const commandLine = await register(op, "argo-cd", { origin: "unused", registration: "registration-command-line.json" });
  const command = (app) => {
    const folder = scratch(t);
    filled(t, app, "argocd-cm.yaml", { COMMAND_LINE_ID: commandLine.client_id }, folder);
    filled(t, app, "argocd-rbac-cm.yaml", {}, folder);
    return [PROGRAM, "server", folder];
  };
  return run(t, "argo-cd", command, { ready: "/healthz" });
}

test("Argo CD: sign-in, rights by group, refresh, sign-out", async (t) => {
  const app = await start(t);
  const [ada, bob] = [await op.person(), await op.person()];
  await enrol(admins, ada);
  await enrol(staff, ada);
  await enrol(staff, bob);
  const { page } = await visit(t, chromium);
  const { page: another } = await visit(t, chromium);

  await signInAt(page, app, "/auth/login", ada);
  assert.deepEqual(await read(page, app, "/api/v1/session/userinfo"), {
    loggedIn: true,
    username: ada.email,
    iss: op.issuer,
    groups: ["Admins", "Staff"],
  });
  assert.deepEqual(await read(page, app, MAY_CREATE), { value: "yes" });

  await signInAt(another, app, "/auth/login", bob);
  const { groups } = await read(another, app, "/api/v1/session/userinfo");
  assert.deepEqual(groups, ["Staff"]);
  assert.deepEqual(await read(another, app, MAY_CREATE), { value: "no" });

  // The request that refreshes is still judged by the groups before.
  await admin(`/admin/api/users/${ada.id}/groups`, { remove: [admins.id] });
  await read(page, app, MAY_CREATE);
  assert.deepEqual(await read(page, app, MAY_CREATE), { value: "no" });
  const [{ generation }] = await op.rows("SELECT max(generation) AS generation FROM token_families");
  assert.ok(generation > 0, "Argo CD refreshed");

  await page.goto(`${app.origin}/auth/logout`);
  await page.waitForURL(`${app.origin}/**`);
  await isStranger(page, app, "/auth/login");
});

test("argocd: sign-in of the command line", async (t) => {
  const app = await start(t);
  const ada = await op.person();
  await enrol(admins, ada);
  const { page } = await visit(t, chromium);
  const server = `127.0.0.1:${app.port}`;
  const options = ["--config", join(scratch(t), "config"), "--plaintext"];

  const port = `${await freePort()}`;
  const login = spawn(PROGRAM, ["login", server, ...options, "--sso", "--sso-port", port, "--sso-launch-browser=false"]);
  t.after(() => login.kill());
  const ended = new Promise((resolve) => login.on("exit", resolve));
  let output = "";
  const address = await new Promise((resolve, reject) => {
    const more = (chunk) => {
      output += chunk;
      const [found] = output.match(/http\S+\/authorize\?\S+/) ?? [];
      if (found) resolve(found);
    };
    login.stdout.on("data", more);
    login.stderr.on("data", more);
    login.on("exit", () => reject(new Error(output)));
  });
  await page.goto(address);
  await signInAndApprove(page, ada);
  assert.equal(await ended, 0, output);

  const ask = async (...question) => (await promisify(execFile)(PROGRAM, ["account", ...question, ...options, "--server", server])).stdout;
  assert.match(await ask("get-user-info"), /Groups: Admins/);
  assert.match(await ask("can-i", "create", "projects", "*"), /yes/);
});
