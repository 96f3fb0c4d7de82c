// The database of a Limen under test: the file that Miniflare keeps a D1 in. The migrations make it before the Worker starts,
// in a fraction of the time that they take through D1, and tests read and write it beside the Worker.

import { createHash, createHmac } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { migrations } from "./bundle.mjs";

/** How long a statement waits for one of the Worker's, in milliseconds. */
const PATIENCE = 10_000;

export class Database {
  #folder = mkdtempSync(join(tmpdir(), "limen-"));
  #file;
  #open;

  /** A new database: what the migrations make, or one without tables. `id` is that of the D1 binding. */
  constructor(id, { migrated = true } = {}) {
    this.#file = join(this.#folder, "d1", NAMESPACE, `${objectId(id)}.sqlite`);
    mkdirSync(dirname(this.#file), { recursive: true });
    if (migrated) writeFileSync(this.#file, migratedFile());
  }

  /** Where Miniflare keeps it, and all else that lasts: its `resourcePersistencePath`. */
  get folder() {
    return this.#folder;
  }

  /** A statement that is run as one of D1: `bind`, then `run`, `first` or `all`. */
  prepare(sql) {
    return new Statement(this.#sqlite(), sql);
  }

  /** Runs statements together, or none of them. */
  async batch(statements) {
    const sqlite = this.#sqlite();
    sqlite.exec("BEGIN IMMEDIATE");
    try {
      const results = statements.map((statement) => statement.allNow());
      sqlite.exec("COMMIT");
      return results;
    } catch (error) {
      sqlite.exec("ROLLBACK");
      throw error;
    }
  }

  /** Runs any number of statements without values. */
  async exec(sql) {
    this.#sqlite().exec(sql);
  }

  remove() {
    this.#open?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #sqlite() {
    this.#open ??= new DatabaseSync(this.#file, { timeout: PATIENCE });
    return this.#open;
  }
}

class Statement {
  #sqlite;
  #sql;
  #values;

  constructor(sqlite, sql, values = []) {
    [this.#sqlite, this.#sql, this.#values] = [sqlite, sql, values];
  }

  bind(...values) {
    return new Statement(this.#sqlite, this.#sql, values);
  }

  async run() {
    return this.allNow();
  }

  async all() {
    return this.allNow();
  }

  async first() {
    return this.allNow().results[0] ?? null;
  }

  allNow() {
    const rows = this.#sqlite.prepare(this.#sql).all(...this.#values);
    // Those of SQLite have no prototype, and so are equal to no other object.
    return { results: rows.map((row) => ({ ...row })) };
  }
}

let made;

/** The bytes of a database that the migrations have made. */
function migratedFile() {
  if (made) return made;
  const folder = mkdtempSync(join(tmpdir(), "limen-migrated-"));
  try {
    const file = join(folder, "db.sqlite");
    const sqlite = new DatabaseSync(file);
    sqlite.exec("PRAGMA synchronous = OFF; BEGIN");
    for (const sql of migrations()) sqlite.exec(sql);
    sqlite.exec("COMMIT");
    sqlite.close();
    made = readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return made;
}

/** What Miniflare calls the Durable Objects that hold databases. */
const NAMESPACE = "miniflare-D1DatabaseObject";

/** The id that workerd derives from the name of a Durable Object: the database's file is called so. */
function objectId(name) {
  const key = createHash("sha256").update(NAMESPACE).digest();
  const mac = (of) => createHmac("sha256", key).update(of).digest().subarray(0, 16);
  const ofName = mac(name);
  return Buffer.concat([ofName, mac(ofName)]).toString("hex");
}
