// Starts the built Worker in workerd, with its own empty D1 and KV, and gives tests a handle on it.
//
//   const op = await startLimen();
//   const client = await op.client();
//   const ada = await op.person();
//   const grant = await op.browser().obtain(client, ada);
//   const tokens = await client.tokens(grant);

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { after } from "node:test";

import { Miniflare, Response } from "miniflare";

import { Browser } from "./browser.mjs";
import { compatibility, limenModules } from "./bundle.mjs";
import { Client } from "./client.mjs";
import { Clock } from "./clock.mjs";
import { Database } from "./database.mjs";
import { encodeForm } from "./form.mjs";
import { BindingLog } from "./mail.mjs";

const DATABASE = "limen";

/** The statuses of answers that cannot have a body (Fetch, section 2.2.3). */
const NULL_BODY = [101, 204, 205, 304];

/** 32 random bytes, as a root key is stored. */
export const freshRoot = () => randomBytes(32).toString("base64url");

/**
 * Starts Limen and stops it after the file's tests.
 *
 * `vars` adds to or overrides variables and secrets (`undefined` removes one); `isolates` is the number of Workers that
 * share the database; `migrate: false` leaves the database empty; `bare: true` leaves the shell out, so that requests go
 * straight to the Worker, and nothing can be wished of them; `email: true` adds the binding `EMAIL`.
 */
export async function startLimen(options = {}) {
  const op = new Limen(options);
  after(() => op.stop());
  await op.start();
  return op;
}

export class Limen {
  #miniflare;
  #running;
  #vars;
  #isolates;
  #migrate;
  #bare;
  #email;
  #withoutFlag;
  #people = 0;
  #addresses = 0;
  /** Every line that the Worker logged. */
  logs = [];
  /** Every request that the Worker made to others. */
  outbound = [];
  #served = new Map();
  /** What the binding `EMAIL` was given, where there is one. */
  binding = new BindingLog();
  /** The clock of the Worker. */
  clock = new Clock();
  /** Storage faults of every request from now on: `{d1: {...}, kv: "down" | "stale" | "empty"}`, see shell.mjs. */
  faults = {};

  constructor({ issuer = "https://id.limen.test", vars = {}, isolates = 1, migrate = true, bare = false, email = false, withoutFlag } = {}) {
    this.issuer = issuer;
    this.adminToken = randomBytes(32).toString("hex");
    this.#isolates = isolates;
    this.#migrate = migrate;
    this.#bare = bare;
    this.#email = email;
    this.#withoutFlag = withoutFlag;
    this.#vars = {
      ISSUER: issuer,
      KEK_1: freshRoot(),
      KEK_CURRENT: "1",
      EPOCH: "1",
      ADMIN_TOKEN: this.adminToken,
      REGISTRATION: "token",
      SERVER_TIMING: "on",
      ...vars,
    };
  }

  async start() {
    this.db = new Database(DATABASE, { migrated: this.#migrate });
    this.#miniflare = new Miniflare(this.#options());
    await this.#miniflare.ready;
    // Nothing of Miniflare's keeps Node running while an answer is awaited.
    this.#running = setInterval(() => {}, 60_000);
  }

  async stop() {
    clearInterval(this.#running);
    // An answer that nobody has read to its end can keep workerd from ending: the process then ends without it.
    let patience;
    const waited = new Promise((resolve) => (patience = setTimeout(resolve, 10_000)));
    await Promise.race([this.#miniflare.dispose(), waited]);
    clearTimeout(patience);
    this.db.remove();
  }

  /** The KV namespace, with the methods that a Worker has. A handle on it takes a while, and few tests want one. */
  get kv() {
    const method = (name) => async (...values) => (await this.#miniflare.getKVNamespace("KV"))[name](...values);
    return { get: method("get"), put: method("put"), delete: method("delete"), list: method("list") };
  }

  /** Deploys anew: other variables, fresh isolates, the same database. */
  async redeploy(vars = {}) {
    Object.assign(this.#vars, vars);
    await this.#miniflare.setOptions(this.#options());
  }

  /** The value of a variable or secret. */
  variable(name) {
    return this.#vars[name];
  }

  url(path) {
    return new URL(path, this.issuer).href;
  }

  /**
   * One request. Beside the usual `init`: `form` or `json` as body, `bearer`, `isolate`, and what the shell understands
   * (`address`, `navigates`, `d1`, `kv`, `trap`, `flood`, `measure`).
   */
  async fetch(path, init = {}) {
    const { form, json, bearer, isolate = 0, address, navigates, d1, kv, trap, flood, measure, cron, ...rest } = init;
    const headers = new Headers(rest.headers);
    let { body, method } = rest;
    if (form !== undefined) {
      body = encodeForm(form);
      if (!headers.has("content-type")) headers.set("content-type", "application/x-www-form-urlencoded");
    }
    if (json !== undefined) {
      body = JSON.stringify(json);
      if (!headers.has("content-type")) headers.set("content-type", "application/json");
    }
    if (bearer !== undefined) headers.set("authorization", `Bearer ${bearer}`);
    if (this.#bare) {
      if (address !== undefined) headers.set("cf-connecting-ip", address);
      const { pathname, search } = new URL(path, this.issuer);
      const direct = new URL(pathname + search, await this.#miniflare.unsafeGetDirectURL(workerName(0)));
      return fetch(direct, { ...rest, method: method ?? (body === undefined ? "GET" : "POST"), body, headers, redirect: "manual" });
    }
    const wish = { clock: this.clock, ...this.faults, isolate, address, navigates, d1, kv, trap, flood, measure, cron };
    headers.set("x-limen-test", JSON.stringify(dropUndefined(wish, this.faults)));
    method ??= body === undefined ? "GET" : "POST";
    const request = {
      ...rest,
      method,
      body,
      headers: [...headers],
      redirect: "manual",
      // Answers that are read after many others, on a slow machine, must live so long, too.
      signal: AbortSignal.timeout(120_000),
    };
    return whole(await this.#miniflare.dispatchFetch(this.url(path), request));
  }

  /** Where a Limen that is `bare` listens on this machine, for programs. */
  async origin() {
    return (await this.#miniflare.unsafeGetDirectURL(workerName(0))).origin;
  }

  /** As `fetch`, and reads the JSON of a success. */
  async json(path, init) {
    const response = await this.fetch(path, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${init?.method ?? "GET"} ${path}: ${response.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  /** A request with the operator's token. */
  admin(path, init = {}) {
    return this.fetch(path, { bearer: this.adminToken, ...init });
  }

  /** Registers a client; `metadata` is added to that of a web application with a secret. */
  async client(metadata = {}) {
    const wanted = {
      client_name: "Acme Notes",
      redirect_uris: ["https://app.acme.test/callback"],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_basic",
      ...metadata,
    };
    const registered = await this.json("/register", { json: wanted, bearer: this.adminToken });
    return new Client(this, registered);
  }

  /** An app that runs in a browser: no secret. */
  publicClient(metadata = {}) {
    return this.client({ token_endpoint_auth_method: "none", ...metadata });
  }

  /** An app on a device: no secret, a loopback redirect URI. */
  nativeClient(metadata = {}) {
    return this.publicClient({ application_type: "native", redirect_uris: ["http://127.0.0.1/callback"], ...metadata });
  }

  /** A program without people. */
  serviceClient(metadata = {}) {
    return this.client({ grant_types: ["client_credentials"], response_types: [], redirect_uris: [], ...metadata });
  }

  /** Creates a user. The answer holds the password too. */
  async person(claims = {}) {
    const username = `ada-${++this.#people}`;
    const wanted = {
      username,
      email: `${username}@people.test`,
      email_verified: true,
      password: `${username} likes long pass phrases`,
      name: "Ada Lovelace",
      given_name: "Ada",
      family_name: "Lovelace",
      ...claims,
    };
    const created = await this.json("/admin/api/users", { json: wanted, bearer: this.adminToken });
    return { ...created, password: wanted.password };
  }

  /** Changes a user. */
  changePerson(person, change) {
    return this.json(`/admin/api/users/${person.id}`, { method: "PATCH", json: change, bearer: this.adminToken });
  }

  /** A browser without cookies, with an address of its own. */
  browser(options = {}) {
    const n = this.#addresses++;
    return new Browser(this, { address: `198.51.${(n >> 8) & 255}.${n & 255}`, ...options });
  }

  /** Runs the cron handler under the clock and the faults of the test. */
  async cron(init = {}) {
    const response = await this.fetch("/", { cron: "7 * * * *", ...init });
    if (response.status !== 204) throw new Error(`cron failed: ${response.status} ${await response.text()}`);
  }

  /** Runs the cron handler the way the platform does. */
  async cronByThePlatform() {
    const worker = await this.#miniflare.getWorker();
    return worker.scheduled({ cron: "7 * * * *" });
  }

  /** The published keys. */
  async jwks(init) {
    return this.json("/.well-known/jwks.json", init);
  }

  /** The signing keys as the operator sees them. */
  async keys() {
    const { keys } = await this.json("/admin/api/keys", { bearer: this.adminToken });
    return keys;
  }

  /** Rows of the database. */
  async rows(sql, ...values) {
    const { results } = await this.db
      .prepare(sql)
      .bind(...values)
      .all();
    return results;
  }

  /**
   * Answers the Worker's own requests to `url`, which fail otherwise. An answer is `{status, headers, delay}` with `body`,
   * `json`, or `chunks` of 16 KB after which nothing more comes, or a function of the request that gives one. `delay` is in
   * milliseconds.
   */
  serve(url, answer) {
    this.#served.set(url, answer);
  }

  async #answerOutbound(request) {
    this.outbound.push(request.url);
    const served = this.#served.get(request.url);
    if (served === undefined) return new Response("the Worker under test has no network", { status: 599 });
    const answer = typeof served === "function" ? await served(request) : served;
    const { status = 200, headers = {}, json, delay = 0, chunks } = answer;
    const text = json === undefined ? answer.body : JSON.stringify(json);
    const body = chunks === undefined ? text : unendingBody(chunks);
    await new Promise((resolve) => setTimeout(resolve, delay));
    return new Response(body, { status, headers });
  }

  #options() {
    const { date, flags } = compatibility();
    const shell = readFileSync(new URL("./shell.mjs", import.meta.url), "utf8");
    const modules = { ...(this.#bare ? {} : { "shell.mjs": { type: "esm", contents: shell } }), ...limenModules() };
    const vars = Object.entries(this.#vars).filter(([, value]) => value !== undefined);
    const env = Object.fromEntries(vars.map(([name, value]) => [name, { type: "text", value }]));
    env.DB = { type: "d1", id: DATABASE };
    env.KV = { type: "kv", id: "limen" };
    if (this.#email) env.EMAIL = { type: "send-email" };
    // The first isolate is the front door to the others, see shell.mjs.
    for (let n = 1; n < this.#isolates; n++) env[`ISOLATE_${n}`] = { type: "worker", worker: workerName(n) };
    return {
      cf: false,
      resourcePersistencePath: this.db.folder,
      ...(this.#email ? { log: this.binding } : {}),
      handleStructuredLogs: ({ message }) => this.logs.push(message),
      workers: Array.from({ length: this.#isolates }, (_, n) => ({
        config: {
          name: workerName(n),
          compatibilityDate: date,
          compatibilityFlags: flags.filter((flag) => flag !== this.#withoutFlag),
          manifest: { mainModule: this.#bare ? "index.js" : "shell.mjs", modulesRoot: "/", modules },
          env,
          exports: {},
        },
        dev: {
          outboundService: { type: "fetcher", handler: (request) => this.#answerOutbound(request) },
          ...(this.#bare ? { unsafeDirectSockets: [{}] } : {}),
        },
      })),
    };
  }
}

const workerName = (n) => `limen-${n}`;

/** A body that goes on for `chunks` of 16 KB, and then neither goes on nor ends. */
function unendingBody(chunks) {
  const chunk = new TextEncoder().encode("[".repeat(16_384));
  let sent = 0;
  const pull = async (controller) => {
    await new Promise((resolve) => setTimeout(resolve, sent < chunks ? 1 : 8_000));
    if (sent++ < chunks) controller.enqueue(chunk);
    else controller.close();
  };
  return new ReadableStream({ pull }, { highWaterMark: 0 });
}

function dropUndefined(wish, defaults) {
  const given = Object.entries(wish).map(([name, value]) => [name, value ?? defaults[name]]);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

/**
 * An answer whose body has arrived. What Miniflare gives holds the stream of an answer that nobody holds any more, and which ends unread
 * when Node collects it.
 */
async function whole(response) {
  const body = NULL_BODY.includes(response.status) ? null : await response.arrayBuffer();
  return new Response(body, response);
}
