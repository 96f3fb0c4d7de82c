// What a cascade looks up has an index: the migrations alone, in SQLite.

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";

import { fill } from "../../bench/fill.mjs";
import { migrations } from "../support/bundle.mjs";

const db = new DatabaseSync(":memory:");
for (const sql of migrations()) db.exec(sql);
const all = (sql, ...values) => db.prepare(sql).all(...values);
const tables = all("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").map(({ name }) => name);

describe("every column that refers to another table is the first of an index over all rows", () => {
  for (const table of tables) {
    for (const { from } of all(`PRAGMA foreign_key_list(${table})`)) {
      test(`${table}.${from}`, () => {
        const indexes = all(`PRAGMA index_list(${table})`).filter(({ partial }) => !partial);
        const firsts = indexes.map(({ name }) => all(`PRAGMA index_info(${name})`)[0].name);
        assert.ok(firsts.includes(from), `of ${table} there are indexes by ${firsts.join(", ")}`);
      });
    }
  }
});

test("no index is the beginning of another one", () => {
  for (const table of tables) {
    const columns = all(`PRAGMA index_list(${table})`)
      .filter(({ partial, unique }) => !partial && !unique)
      .map(({ name }) => [name, all(`PRAGMA index_info(${name})`).map((column) => column.name)]);
    const whole = all(`PRAGMA index_list(${table})`)
      .filter(({ partial }) => !partial)
      .map(({ name }) => [name, all(`PRAGMA index_info(${name})`).map((column) => column.name)]);
    for (const [name, mine] of columns) {
      for (const [other, theirs] of whole) {
        if (other === name) continue;
        assert.ok(!mine.every((column, n) => theirs[n] === column), `${name} is the beginning of ${other}`);
      }
    }
  }
});

test("triggers go by an index", () => {
  // A trigger's program does not show in a query plan: each of its statements is asked for by itself.
  const triggers = all("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'");
  assert.ok(triggers.length > 0);
  for (const { name, sql } of triggers) {
    const body = sql.slice(sql.indexOf("BEGIN") + 5, sql.lastIndexOf("END"));
    for (const statement of body.split(";").filter((text) => text.trim())) {
      const plan = all(`EXPLAIN QUERY PLAN ${statement.replace(/\b(NEW|OLD)\.\w+/gi, "?")}`).map(({ detail }) => detail);
      const scans = plan.filter((line) => /^SCAN /.test(line) && tables.some((table) => line.includes(` ${table}`)));
      assert.deepEqual(scans, [], name);
    }
  }
});

test("the script that fills a database knows the tables as they are", () => {
  const filled = fill(":memory:", 100);
  assert.equal(filled.prepare("SELECT COUNT(*) AS n FROM users").get().n, 100);
  filled.prepare("DELETE FROM users WHERE id = 'u7'").run();
  for (const table of ["credentials", "sessions", "grants", "codes", "token_families"]) {
    assert.equal(filled.prepare(`SELECT COUNT(*) AS n FROM ${table} WHERE user_id = 'u7'`).get().n, 0, table);
  }
  filled.close();
});
