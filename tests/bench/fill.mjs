// Fills a SQLite file with a number of people and all that belongs to them, through the migrations: what statements cost when
// there are many.
//
//   node tests/bench/fill.mjs FILE [PEOPLE] [MIGRATIONS]
//
// PEOPLE is a million by default. MIGRATIONS is how many of them to apply, all by default: so that an index can be compared
// with its absence. Each person has a password, a session, a consent, tokens and two rows of audit; every twentieth has more.

import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";

import { migrations } from "../worker/support/bundle.mjs";

const CLIENTS = 200;
const NOW = 1_800_000_000;

/** A row for each n from 1 to `?`. */
const numbers = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?)";

const hash = (of) => `'h' || hex(${of} * 7919 % 1000003) || '-' || ${of}`;

/** Each table: columns, and what they are for person (or client) `n`. */
const TABLES = [
  ["clients", CLIENTS, "id, version, metadata, auth_method, issued_at, updated_at", `'c' || n, 1, '{"client_name":"App"}', 'none', ${NOW}, ${NOW}`],
  ["users", 1, "id, subject_salt, username, username_folded, email, email_folded, folded_at, claims, created_at, updated_at", `'u' || n, '${"A".repeat(43)}', 'user-' || n, 'user-' || n, 'user-' || n || '@people.test', 'user-' || n || '@people.test', ${NOW}, '{"name":"Some Body"}', ${NOW}, ${NOW}`],
  ["credentials", 1, "id, user_id, kind, secret, created_at", `'p' || n, 'u' || n, 'password', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$' || n, ${NOW}`],
  ["sessions", 1, "hash, id, user_id, auth_time, acr, amr, user_agent, created_at, last_seen_at, expires_at", `${hash("n")}, 's' || n, 'u' || n, ${NOW}, '1', '["pwd"]', 'Mozilla/5.0', ${NOW} + n % 99999, ${NOW}, ${NOW} + 2592000 + n`],
  ["grants", 1, "id, user_id, client_id, scope, created_at, updated_at", `'g' || n, 'u' || n, 'c' || (1 + n % ${CLIENTS}), '["openid"]', ${NOW}, ${NOW}`],
  ["codes", 20, "hash, client_id, user_id, grant_id, session_id, redirect_uri, scope, refreshable, auth_time, acr, amr, issued_at, expires_at", `${hash("n")}, 'c' || (1 + n % ${CLIENTS}), 'u' || n, 'g' || n, 's' || n, 'https://app.acme.test/cb', '["openid"]', 1, ${NOW}, '1', '["pwd"]', ${NOW}, ${NOW} + n`],
  ["token_families", 1, "id, client_id, user_id, grant_id, session_id, scope, refreshable, generation, turned_at, auth_time, acr, amr, created_at, expires_at", `'f' || n, 'c' || (1 + n % ${CLIENTS}), 'u' || n, 'g' || n, 's' || n, '["openid"]', 1, 0, ${NOW}, ${NOW}, '1', '["pwd"]', ${NOW}, ${NOW} + 2592000 + n`],
  ["session_clients", 1, "session_id, client_id, known_as, first_at, last_at", `'s' || n, 'c' || (1 + n % ${CLIENTS}), 's' || n, ${NOW}, ${NOW}`],
  ["logout_outbox", 20, "id, client_id, user_id, session_id, attempts, due_at, lease, created_at", `'o' || n, 'c' || (1 + n % ${CLIENTS}), 'u' || n, 's' || n, 1, ${NOW} + n, 'lease-' || n, ${NOW}`],
  ["throttles", 20, "key, failures, expires_at", `'t' || n, 1, ${NOW} + n`],
  ["audit", 1, "at, event, outcome, actor, user_id, client_id, session_id, network, request_id", `${NOW} + n, 'sign_in', 'success', 'person', 'u' || n, 'c' || (1 + n % ${CLIENTS}), 's' || n, '192.0.2.0/24', 'r' || n`],
  ["audit", 1, "at, event, outcome, actor, user_id, client_id, session_id, network, request_id", `${NOW} + 1000000 + n, CASE WHEN n % 1000 THEN 'consent_given' ELSE 'password_changed' END, 'success', 'person', 'u' || n, NULL, 's' || n, '192.0.2.0/24', 'r' || n`],
];

/** The statements that fill a database, each with its table and how many rows it makes. */
export function statements(people) {
  return TABLES.map(([table, share, columns, values]) => {
    const rows = table === "clients" ? CLIENTS : Math.ceil(people / share);
    const sql = `INSERT INTO ${table} (${columns}) ${numbers} SELECT ${values} FROM n`;
    return { table, rows, sql };
  });
}

/** Fills a new database at `path`; `tell` hears of each table. */
export function fill(path, people = 1_000_000, { steps, tell = () => {} } = {}) {
  if (path !== ":memory:" && existsSync(path)) throw new Error(`${path} is there already`);
  const db = new DatabaseSync(path);
  db.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;");
  for (const sql of migrations(steps)) db.exec(sql);
  for (const { table, rows, sql } of statements(people)) {
    const began = performance.now();
    db.exec("BEGIN");
    db.prepare(sql).run(rows);
    db.exec("COMMIT");
    tell(`${table}: ${rows} rows in ${((performance.now() - began) / 1_000).toFixed(1)} s`);
  }
  db.exec("PRAGMA foreign_keys = ON;");
  return db;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [path, people, steps] = process.argv.slice(2);
  if (!path) throw new Error("node tests/bench/fill.mjs FILE [PEOPLE] [MIGRATIONS]");
  fill(path, people && Number(people), { steps: steps && Number(steps), tell: console.log }).close();
}
