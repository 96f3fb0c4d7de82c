// Limen on a loopback port, where a real browser can reach it. Otherwise it is the Limen of tests/worker: `op.client()`,
// `op.person()`, `op.rows()`.

import { readFileSync } from "node:fs";
import { createServer } from "node:net";

import { Miniflare } from "miniflare";

import { compatibility, limenModules } from "../../worker/support/bundle.mjs";
import { Clock } from "../../worker/support/clock.mjs";
import { Database } from "../../worker/support/database.mjs";
import { Limen } from "../../worker/support/limen.mjs";

const VARIABLES = ["ISSUER", "KEK_1", "KEK_CURRENT", "EPOCH", "ADMIN_TOKEN", "REGISTRATION", "SERVER_TIMING"];
const DATABASE = "limen";
const SHELL = new URL("../../worker/support/shell.mjs", import.meta.url);

/** Starts Limen, with `vars` beside the usual variables. Whoever starts it stops it. */
export async function serveLimen(vars) {
  const op = new ServedLimen(await freePort(), vars);
  await op.start();
  return op;
}

/** The browser's clock and the Worker's are this machine's: nobody moves them. */
class RealClock extends Clock {
  advance() {
    throw new Error("a Limen that a browser reaches keeps real time: change rows instead");
  }

  freeze() {
    this.advance();
  }
}

class ServedLimen extends Limen {
  clock = new RealClock();
  #port;
  #miniflare;

  #variables;

  constructor(port, vars = {}) {
    super({ issuer: `http://localhost:${port}`, vars });
    this.#variables = [...VARIABLES, ...Object.keys(vars)];
    this.#port = port;
  }

  async start() {
    this.db = new Database(DATABASE);
    this.#miniflare = new Miniflare(this.#options());
    await this.#miniflare.ready;
  }

  async stop() {
    await this.#miniflare.dispose();
    this.db.remove();
  }

  /** A request of a program, through the same door that browsers use. */
  fetch(path, { json, form, body: raw, bearer, method, headers: given } = {}) {
    const headers = new Headers(given);
    if (json !== undefined) headers.set("content-type", "application/json");
    if (bearer !== undefined) headers.set("authorization", `Bearer ${bearer}`);
    const body = json === undefined ? (raw ?? (form && new URLSearchParams(form))) : JSON.stringify(json);
    return fetch(this.url(path), { method: method ?? (body ? "POST" : "GET"), body, headers, redirect: "manual" });
  }

  #options() {
    const { date, flags } = compatibility();
    const shell = { type: "esm", contents: readFileSync(SHELL, "utf8") };
    const env = Object.fromEntries(this.#variables.map((name) => [name, { type: "text", value: this.variable(name) }]));
    env.DB = { type: "d1", id: DATABASE };
    env.KV = { type: "kv", id: "limen" };
    const config = {
      name: "limen",
      compatibilityDate: date,
      compatibilityFlags: flags,
      manifest: { mainModule: "shell.mjs", modulesRoot: "/", modules: { "shell.mjs": shell, ...limenModules() } },
      env,
      exports: {},
    };
    return {
      host: "localhost",
      port: this.#port,
      cf: false,
      resourcePersistencePath: this.db.folder,
      handleStructuredLogs: ({ message }) => this.logs.push(message),
      workers: [{ config }],
    };
  }
}

/** A port that nobody listens on: who listens has to be known before they start. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "localhost", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
