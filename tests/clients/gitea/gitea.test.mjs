// Gitea: people come in by themselves, administer it by a group, and sign out at Limen, too.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { promisify } from "node:util";

import { signIn, signInAndApprove } from "../../browser/support/person.mjs";
import { isStranger, signInAt } from "../support/journey.mjs";
import { built, filled, scratch, setStage, visit } from "../support/stage.mjs";

const { op, chromium, run } = await setStage();
const admin = (path, json) => op.json(path, { json, bearer: op.adminToken });
const start = promisify(execFile);

/** Somebody with a fresh profile, for whom the scripts and styles that the module does not contain are empty. */
async function guest(t) {
  const { page, context } = await visit(t, chromium);
  await context.route("**/assets/js/**", (route) => route.fulfill({ contentType: "text/javascript", body: "" }));
  await context.route("**/assets/css/**", (route) => route.fulfill({ contentType: "text/css", body: "" }));
  return page;
}

const SIGN_IN = "/user/oauth2/limen";
const PROGRAM = built("bin/gitea");

/** Where Go has Gitea's pages and texts, which the program does not contain. */
const source = (await start("go", ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", "code.gitea.io/gitea"], {
  cwd: fileURLToPath(new URL(".", import.meta.url)),
})).stdout.trim();

/** Runs Gitea in a folder of its own, with what the recipe says and `more` words for the command that adds Limen. */
async function serve(t, more = "") {
  const home = scratch(t);
  mkdirSync(join(home, "custom/conf"), { recursive: true });
  const env = {
    ...process.env,
    PATH: `${dirname(PROGRAM)}:${process.env.PATH}`,
    HOME: home,
    GITEA_WORK_DIR: home,
    // Where the tests run as root.
    GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT: "true",
  };
  const words = (app) => {
    filled(t, app, "app.ini", { SOURCE: source, "= PORT": `= ${app.port}` }, join(home, "custom/conf"));
    const add = readFileSync(filled(t, app, "add-oauth.sh", {}, home), "utf8").trim();
    return ["sh", "-ec", `gitea migrate; ${add} ${more}; exec gitea web`];
  };
  const app = await run(t, "gitea", words, { env, ready: "/api/healthz" });
  const people = async () => {
    const { stdout } = await start(PROGRAM, ["admin", "user", "list"], { env });
    // Other lines are warnings and the heading.
    return stdout.split("\n").filter((line) => line.includes("@")).map((line) => line.trim().split(/\s+/));
  };
  return { app, people };
}

test("Gitea: sign-in, sign-out", async (t) => {
  const { app, people } = await serve(t);
  const ada = await op.person();
  const page = await guest(t);

  await signInAt(page, app, SIGN_IN, ada);
  // Gitea's first person administers it.
  assert.deepEqual(await people(), [["1", ada.username, ada.email, "true", "true", "false"]]);
  await page.goto(`${app.origin}/user/settings`);
  assert.equal(await page.locator("[name=full_name]").inputValue(), ada.name);

  // Gitea sends no ID token along, so Limen asks.
  await page.goto(`${app.origin}/user/logout`);
  await page.locator("#logout").click();
  await page.waitForURL((url) => url.origin === app.origin);
  await isStranger(page, app, SIGN_IN);
});

test("Gitea: a group administers, another lets in", async (t) => {
  const groups = "--scopes groups --group-claim-name groups --admin-group Admins";
  const { app, people } = await serve(t, `${groups} --required-claim-name groups --required-claim-value Editors`);
  const [first, ada, bob, cleo] = [await op.person(), await op.person(), await op.person(), await op.person()];
  const admins = await admin("/admin/api/groups", { name: "Admins" });
  const editors = await admin("/admin/api/groups", { name: "Editors" });
  await admin(`/admin/api/groups/${admins.id}/members`, { add: [first.id, ada.id] });
  await admin(`/admin/api/groups/${editors.id}/members`, { add: [first.id, ada.id, bob.id] });

  for (const person of [first, ada, bob]) {
    const page = await guest(t);
    await signInAt(page, app, SIGN_IN, person);
  }
  const rights = async () => (await people()).map(([, name, , , isAdmin]) => [name, isAdmin]);
  assert.deepEqual(await rights(), [[first.username, "true"], [ada.username, "true"], [bob.username, "false"]]);

  const page = await guest(t);
  await page.goto(`${app.origin}${SIGN_IN}`);
  await signInAndApprove(page, cleo);
  await page.waitForURL((url) => url.origin === app.origin);
  assert.equal((await rights()).length, 3, "nobody else came in");

  // At the next sign-in she administers no more.
  await admin(`/admin/api/users/${ada.id}/groups`, { remove: [admins.id] });
  const again = await guest(t);
  await again.goto(`${app.origin}${SIGN_IN}`);
  await signIn(again, ada);
  await again.waitForURL((url) => url.origin === app.origin);
  assert.deepEqual(await rights(), [[first.username, "true"], [ada.username, "false"], [bob.username, "false"]]);
});
