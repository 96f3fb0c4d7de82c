// Runs inside workerd, around the built Worker, and gives tests what production does not have: a clock that can be set,
// storage that fails on demand, and a count of the trips to it. What a test wants of a request stands as JSON in the header
// `x-limen-test`; without it the shell is transparent.

import { WorkerEntrypoint } from "cloudflare:workers";

import Limen from "./index.js";

const RealDate = Date;
const clock = { offset: 0, frozenAt: null, broken: false };

function now() {
  if (clock.broken) throw new WebAssembly.RuntimeError("unreachable (simulated trap)");
  return clock.frozenAt ?? RealDate.now() + clock.offset;
}

globalThis.Date = class Date extends RealDate {
  constructor(...args) {
    if (args.length > 0) super(...args);
    else super(now());
  }

  static now() {
    return now();
  }
};

export default class Shell extends WorkerEntrypoint {
  async fetch(request) {
    const wish = JSON.parse(request.headers.get("x-limen-test") ?? "{}");
    if (wish.isolate) return this.env[`ISOLATE_${wish.isolate}`].fetch(inside(request, { ...wish, isolate: 0 }));
    Object.assign(clock, { offset: 0, frozenAt: null }, wish.clock);
    const meter = { d1: 0, kv: 0, pulled: 0, written: 0, statements: [], trips: [], points: [] };
    const env = watched(this.env, wish, meter);
    if (wish.cron) return this.#cron(wish, env, meter);

    const headers = new Headers(request.headers);
    headers.delete("x-limen-test");
    if (wish.address) headers.set("cf-connecting-ip", wish.address);
    // `fetch` says "cors", whatever it is told.
    if (wish.navigates) headers.set("sec-fetch-mode", "navigate");
    if (wish.flood) headers.delete("content-length");
    clock.broken = wish.trap === true;
    try {
      const body = wish.flood ? { body: flood(wish.flood, meter) } : {};
      const response = await new Limen(this.ctx, env).fetch(new Request(request, { headers, ...body }));
      return wish.measure ? measured(response, meter) : response;
    } finally {
      clock.broken = false;
    }
  }

  scheduled(controller) {
    return new Limen(this.ctx, this.env).scheduled(controller);
  }

  async #cron({ cron }, env, meter) {
    const waiting = [];
    const ctx = { waitUntil: (promise) => waiting.push(promise), passThroughOnException() {}, props: {} };
    const entrypoint = new Limen(this.ctx, env);
    await entrypoint.scheduled({ cron, scheduledTime: now(), noRetry() {}, ...ctx });
    await Promise.all(waiting);
    return measured(new Response(null, { status: 204 }), meter);
  }
}

/** A request body of `size` bytes that does not tell its length. */
function flood(size, meter) {
  const chunk = new TextEncoder().encode("x".repeat(65_536));
  return new ReadableStream({
    pull(controller) {
      if (meter.pulled >= size) return controller.close();
      meter.pulled += chunk.length;
      controller.enqueue(chunk);
    },
  });
}

function inside(request, wish) {
  const headers = new Headers(request.headers);
  headers.set("x-limen-test", JSON.stringify(wish));
  return new Request(request, { headers, redirect: "manual" });
}

function measured(response, meter) {
  const answer = new Response(response.body, response);
  answer.headers.set("x-limen-test-d1", String(meter.d1));
  answer.headers.set("x-limen-test-kv", String(meter.kv));
  answer.headers.set("x-limen-test-written", String(meter.written));
  answer.headers.set("x-limen-test-trips", JSON.stringify(meter.trips));
  answer.headers.set("x-limen-test-points", btoa(JSON.stringify(meter.points)));
  answer.headers.set("x-limen-test-pulled", String(meter.pulled));
  answer.headers.set("x-limen-test-statements", btoa(JSON.stringify(meter.statements)));
  return answer;
}

function watched(env, wish, meter) {
  const outage = new Outage(wish.d1 ?? {});
  const bindings = { ...env };
  if (env.DB) bindings.DB = new WatchedDatabase(env.DB, outage, meter);
  if (env.KV) bindings.KV = watchedKv(env.KV, wish.kv, meter);
  if (env.FAKE_METRICS) bindings.METRICS = new FakeDataset(env.FAKE_METRICS, meter);
  return bindings;
}

/** A data set of Workers Analytics Engine, which keeps what it gets, or is broken. */
class FakeDataset {
  #state;
  #meter;

  constructor(state, meter) {
    this.#state = state;
    this.#meter = meter;
  }

  writeDataPoint(point) {
    if (this.#state === "broken") throw new TypeError("writeDataPoint failed (simulated)");
    this.#meter.points.push(point);
  }
}

/** Decides which statements fail: all (`down`), the nth one, or those whose SQL matches. */
class Outage {
  #wish;
  #seen = 0;

  constructor(wish) {
    this.#wish = wish;
    this.matching = wish.matching && new RegExp(wish.matching, "is");
  }

  /** `down`: no statement arrives at the database. */
  refuse() {
    if (this.#wish.down) throw connectionLost();
  }

  /** Whether this statement fails inside the database, and its batch with it. */
  strikes(sql) {
    const nth = this.#seen++;
    return nth === this.#wish.nth || (this.matching?.test(sql) ?? false);
  }

  /** `meanwhile: {before, run}`: somebody else runs SQL just before a trip with a statement that matches. */
  async interfere(sqls, db) {
    const { before, run } = this.#wish.meanwhile ?? {};
    if (!before || !sqls.some((sql) => new RegExp(before, "is").test(sql))) return;
    delete this.#wish.meanwhile;
    for (const sql of [run].flat()) await db.prepare(sql).run();
  }

  /** `answerLost`: the database did its work, and nobody hears of it. */
  loseAnswer(sqls) {
    const lost = this.#wish.answerLost;
    if (lost && sqls.some((sql) => new RegExp(lost, "is").test(sql))) {
      throw connectionLost();
    }
  }
}

function connectionLost() {
  return new Error("D1_ERROR: Network connection lost (simulated)", {
    cause: new Error("Network connection lost (simulated)"),
  });
}

const FAILING_SQL = "SELECT json('simulated failure')";

class WatchedDatabase {
  #db;
  #outage;
  #meter;

  constructor(db, outage, meter) {
    this.#db = db;
    this.#outage = outage;
    this.#meter = meter;
  }

  prepare(sql) {
    const run = (method, args, statement) => this.#trip([statement], ([real]) => real[method](...args));
    return new WatchedStatement(sql, this.#db.prepare(sql), run);
  }

  batch(statements) {
    return this.#trip(statements, (real) => this.#db.batch(real));
  }

  exec(sql) {
    return this.#trip([{ sql, real: null }], () => this.#db.exec(sql));
  }

  withSession() {
    return this;
  }

  getBookmark() {
    return null;
  }

  async #trip(statements, work) {
    this.#meter.d1 += 1;
    this.#meter.trips.push(statements.map(({ sql }) => (/^\s*SELECT\b/i.test(sql) ? "r" : "w")).join(""));
    this.#meter.statements.push(...statements.map(({ sql }) => sql.replace(/\s+/g, " ").trim().slice(0, 80)));
    this.#outage.refuse();
    await this.#outage.interfere(statements.map(({ sql }) => sql), this.#db);
    const struck = statements.map(({ sql, real }) =>
      this.#outage.strikes(sql) ? this.#db.prepare(FAILING_SQL) : real,
    );
    const answer = await work(struck);
    for (const { meta } of [answer].flat()) this.#meter.written += meta?.rows_written ?? 0;
    this.#outage.loseAnswer(statements.map(({ sql }) => sql));
    return answer;
  }
}

// The worker crate knows a D1 binding by the name of its class.
Object.defineProperty(WatchedDatabase, "name", { value: "D1Database" });

class WatchedStatement {
  #run;

  constructor(sql, real, run) {
    this.sql = sql;
    this.real = real;
    this.#run = run;
  }

  bind(...values) {
    return new WatchedStatement(this.sql, this.real.bind(...values), this.#run);
  }

  first(...args) {
    return this.#run("first", args, this);
  }

  all(...args) {
    return this.#run("all", args, this);
  }

  run(...args) {
    return this.#run("run", args, this);
  }

  raw(...args) {
    return this.#run("raw", args, this);
  }
}

/** What each key held when it was last read without `stale`. */
const remembered = new Map();

function watchedKv(kv, mode, meter) {
  const down = async () => {
    throw new Error("KV GET failed: 500 Internal Server Error (simulated)");
  };
  const read = async (method, key, args) => {
    meter.kv += 1;
    if (mode === "down") return down();
    if (mode === "empty") return method === "get" ? null : { value: null, metadata: null };
    const slot = JSON.stringify([method, key, args]);
    if (mode === "stale" && remembered.has(slot)) return remembered.get(slot);
    const value = await kv[method](key, ...args);
    if (mode !== "stale") remembered.set(slot, value);
    return value;
  };
  const write = (method, args) => (mode === "down" ? down() : kv[method](...args));
  return {
    get: (key, ...args) => read("get", key, args),
    getWithMetadata: (key, ...args) => read("getWithMetadata", key, args),
    put: (...args) => write("put", args),
    delete: (...args) => write("delete", args),
    list: (...args) => write("list", args),
  };
}
