// What is measured: Workers, each in a workerd of its own that requests reach directly.

import { readFileSync, readdirSync } from "node:fs";

import { Miniflare } from "miniflare";

import { Limen } from "../../worker/support/limen.mjs";
import { compatibility, root } from "../../worker/support/bundle.mjs";
import { childrenRunning } from "./cpu.mjs";

const NOTHING = `${root}tests/bench/nothing/build/`;

/** Starts what `start` starts, and finds the workerd that came of it. */
export async function withProcess(start) {
  const before = new Set(childrenRunning("workerd"));
  const subject = await start();
  const [pid] = childrenRunning("workerd").filter((one) => !before.has(one));
  return Object.assign(subject, { pid });
}

/** Limen as it is deployed: without the shell of the tests. */
export function startLimen(options = {}) {
  return withProcess(async () => {
    const op = new Limen({ bare: true, ...options, vars: { SERVER_TIMING: undefined, ...options.vars } });
    await op.start();
    return op;
  });
}

/** The same Limen in a new process, with the storage of the former. */
export function startAgain(op) {
  return withProcess(async () => {
    await op.redeploy();
    return op;
  });
}

/** A Worker that does nothing, in Rust or in JavaScript. */
export function startNothing(language = "rust") {
  return withProcess(async () => {
    const worker = new Nothing(language);
    await worker.start();
    return worker;
  });
}

class Nothing {
  #miniflare;
  #url;

  constructor(language) {
    const { date } = compatibility();
    this.#miniflare = new Miniflare({
      cf: false,
      workers: [
        {
          config: {
            name: "nothing",
            compatibilityDate: date,
            manifest: { modulesRoot: "/", ...(language === "rust" ? rust() : javascript()) },
            env: { DB: { type: "d1", id: "nothing" }, KV: { type: "kv", id: "nothing" } },
            exports: {},
          },
          dev: { unsafeDirectSockets: [{}] },
        },
      ],
    });
  }

  async start() {
    await this.#miniflare.ready;
    this.#url = await this.#miniflare.unsafeGetDirectURL("nothing");
    const db = await this.#miniflare.getD1Database("DB");
    await db.exec("CREATE TABLE counts (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID");
    await db.exec("INSERT INTO counts VALUES ('key', 0)");
  }

  fetch(path, init) {
    return fetch(new URL(path, this.#url), init);
  }

  stop() {
    return this.#miniflare.dispose();
  }
}

function rust() {
  const names = readdirSync(NOTHING).filter((name) => /\.(js|wasm)$/.test(name));
  const modules = names.map((name) => {
    const type = name.endsWith(".wasm") ? "wasm" : "esm";
    const contents = readFileSync(NOTHING + name, type === "wasm" ? undefined : "utf8");
    return [name, { type, contents: type === "wasm" ? new Uint8Array(contents) : contents }];
  });
  return { mainModule: "index.js", modules: Object.fromEntries(modules) };
}

function javascript() {
  const contents = `export default { fetch: () => new Response("nothing") };`;
  return { mainModule: "nothing.mjs", modules: { "nothing.mjs": { type: "esm", contents } } };
}
