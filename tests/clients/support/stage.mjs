// What each file of tests needs: Limen, a headless Chromium, and the app that uses a library.
//
//   const { op, chromium, run } = await setStage();
//   const app = await run(t, "openid-client", ["node", "app.mjs"]);
//   const visitor = await visit(t, chromium, app);

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { freePort } from "../../browser/support/limen.mjs";
import { setStage as setUp } from "../../browser/support/stage.mjs";

const CLIENTS = new URL("../", import.meta.url);

/** Where `cargo xtask test clients` puts what it builds. */
export const built = (path) => fileURLToPath(new URL(`../../target/clients/${path}`, CLIENTS));
export const python = built("python/bin/python");

/** What stands in the recipes for the app's address and for Limen. */
const RECIPE_ORIGIN = /http:\/\/localhost:3000|https:\/\/(argocd|git)\.example\.com/g;
const RECIPE_ISSUER = "https://id.example.com";

const START_MILLISECONDS = 180_000;

/** Starts Limen, with `vars` beside the usual variables, and the browser. */
export async function setStage(vars) {
  const { op, chromium } = await setUp(vars);
  return { op, chromium, run: (t, ...rest) => run(op, t, ...rest) };
}

/**
 * Registers an app by the JSON of its recipe, and runs it until the test ends. It finds PORT, APP_URL, ISSUER, CLIENT_ID and
 * CLIENT_SECRET in its environment. Gives its `origin`, its `client`, and what it wrote (`output`).
 */
async function run(op, t, folder, command, { host = "127.0.0.1", ready = "/", env = {}, ...options } = {}) {
  const port = await freePort();
  const app = { folder, issuer: op.issuer, port: `${port}`, origin: `http://${host}:${port}`, output: "" };
  app.client = await register(op, folder, { origin: app.origin, ...options });
  const settings = {
    PORT: app.port,
    APP_URL: app.origin,
    ISSUER: op.issuer,
    CLIENT_ID: app.client.client_id,
    CLIENT_SECRET: app.client.client_secret ?? "",
  };
  const given = typeof env === "function" ? env(app) : env;
  const [program, ...words] = typeof command === "function" ? command(app) : command;
  // In a group of its own: some apps start others, and all end together.
  const child = spawn(program, words, {
    cwd: fileURLToPath(new URL(`${folder}/`, CLIENTS)),
    env: { ...process.env, ...settings, ...given },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const write = (chunk) => {
    app.output += chunk;
  };
  child.stdout.on("data", write);
  child.stderr.on("data", write);
  child.on("error", (error) => write(`${error}`));
  const stop = () => end(child);
  process.on("exit", stop);
  t.after(() => {
    stop();
    process.off("exit", stop);
    if (t.passed === false) console.error(`${folder} wrote:\n${app.output.slice(-6000)}\nLimen wrote:\n${op.logs.slice(-30).join("\n")}`);
  });
  await answering(`${app.origin}${ready}`, child, app);
  return app;
}

/** Registers what the recipe says to paste, but for the port. */
export async function register(op, folder, { origin, registration = "registration.json" }) {
  const recipe = readFileSync(new URL(`${folder}/${registration}`, CLIENTS), "utf8");
  const metadata = JSON.parse(recipe.replaceAll(RECIPE_ORIGIN, origin));
  return op.json("/register", { json: metadata, bearer: op.adminToken });
}

function end(child) {
  if (child.exitCode !== null || child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It ended just now.
  }
}

async function answering(url, child, app) {
  const deadline = Date.now() + START_MILLISECONDS;
  while (Date.now() < deadline) {
    await new Promise((resolve) => setImmediate(resolve));
    if (child.exitCode !== null || child.pid === undefined) throw new Error(`The app ended:\n${app.output}`);
    try {
      await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(10_000) });
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error(`The app did not answer at ${url}:\n${app.output}`);
}

/** An empty folder that is there until the test ends. */
export function scratch(t) {
  const folder = mkdtempSync(join(tmpdir(), "limen-client-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Where an app can keep an SQLite database until the test ends. */
export const database = (t) => join(scratch(t), "app.sqlite3");

/** Writes a file of the app's recipe with what is right for this run in place of what stands for it. Gives its path. */
export function filled(t, app, file, others = {}, folder = scratch(t)) {
  const values = {
    [RECIPE_ISSUER]: app.issuer,
    CLIENT_ID: app.client.client_id,
    CLIENT_SECRET: app.client.client_secret,
    ...others,
  };
  const recipe = readFileSync(new URL(`${app.folder}/${file}`, CLIENTS), "utf8");
  let text = recipe.replaceAll(RECIPE_ORIGIN, app.origin);
  for (const [from, to] of Object.entries(values)) text = text.replaceAll(from, () => to);
  const path = join(folder, file);
  writeFileSync(path, text);
  return path;
}

/** Somebody with a fresh profile. */
export async function visit(t, chromium, options) {
  const visitor = await chromium.visitor(t, options);
  // Apps without an icon are not what is tested.
  await visitor.context.route("**/favicon.ico", (route) => route.fulfill({ status: 204 }));
  return visitor;
}

/** The JSON that a page is. */
export async function jsonOf(page) {
  await page.waitForLoadState();
  const text = await page.locator("body").innerText();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`No JSON at ${page.url()}: ${text.slice(0, 2000)}`);
  }
}
