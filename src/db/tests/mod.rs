//! Every statement, on a SQLite with the real migrations: it is well-formed, and goes by an index.

mod addresses;
mod audit_pages;
mod chores;
mod identifiers;
mod keys_in_time;
mod moved_tables;
mod occasion;
mod people_pages;
mod proof_agrees;
mod roles;
mod samples;
mod second_factors;
mod sqlite;
mod waiting_sessions;
mod walks;

use std::{collections::BTreeSet, fs};

use self::{samples::samples, sqlite::Sqlite};
use super::Batch;

/// Tables that hold a handful of rows whatever happens.
const SMALL: &[&str] = &["signing_keys", "leases", "api_keys", "operators", "webhooks", "apis"];

/// Statements that read a table or an index from its end, and stop after as many rows as their `LIMIT` and `OFFSET` say.
const BOUNDED: &[&str] = &[
    "apis::list_open",
    "audit_log::list",
    "audit_log::sign_ins_by_day",
    "audit::tidy",
    "users::list_unfolded",
];

/// Those whom the samples name.
const PARENTS: &str = "
    INSERT INTO users (id, username, claims, created_at, updated_at) VALUES ('u', 'grace', '{}', 0, 0);
    INSERT INTO clients (id, version, metadata, auth_method, issued_at, updated_at)
        VALUES ('c', 1, '{}', 'none', 0, 0);";

#[test]
fn every_statement_is_well_formed_and_has_as_many_values_as_places() {
    for (name, statement) in samples() {
        let mut database = Sqlite::migrated();
        database.0.execute_batch(PARENTS).unwrap();
        let mut batch = Batch::default();
        batch.push(statement);
        let outcome = database.run(&batch);
        assert!(outcome.is_ok(), "{name}: {:?}", outcome.err());
    }
}

#[test]
fn no_statement_reads_the_whole_of_a_table_that_can_grow() {
    let database = Sqlite::migrated();
    let mut found = Vec::new();
    for (name, statement) in samples() {
        let steps = database
            .plan(&statement)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        for step in &steps {
            if reads_all(step, &steps, statement.sql()) && !BOUNDED.contains(&name) {
                found.push(format!("{name}: {step}"));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Whether a step reads a whole table, and not what `json_each` gives, a subquery's few rows, or a small table. What a subquery
/// of a name reads is a step of its own.
fn reads_all(step: &str, steps: &[String], sql: &str) -> bool {
    let Some(rest) = step.strip_prefix("SCAN ") else {
        return false;
    };
    let name = rest.split(' ').next().unwrap_or_default();
    let is_small = |table: &&str| {
        *table == name || sql.contains(&format!("{table} {name} ")) || sql.contains(&format!("{table} {name}\n"))
    };
    let is_subquery = sql.contains(&format!("FROM kinds {name} "))
        || ["CO-ROUTINE", "MATERIALIZE"]
            .iter()
            .any(|made| steps.contains(&format!("{made} {name}")));
    !rest.contains("VIRTUAL TABLE")
        && !is_subquery
        && !rest.contains("CONSTANT ROW")
        && !name.starts_with('(')
        && !SMALL.iter().any(is_small)
}

/// Deleting a row looks for those that refer to it.
#[test]
fn every_foreign_key_has_a_full_index() {
    let database = Sqlite::migrated();
    let names = |sql: &str, column: usize| -> Vec<String> {
        let mut prepared = database.0.prepare(sql).unwrap();
        let rows = prepared.query_map([], |row| row.get(column)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let mut missing = Vec::new();
    for table in names("SELECT name FROM sqlite_schema WHERE type = 'table'", 0) {
        let indexes = names(
            &format!("SELECT name FROM pragma_index_list('{table}') WHERE partial = 0"),
            0,
        );
        let leading: BTreeSet<_> = indexes
            .iter()
            .flat_map(|index| {
                names(
                    &format!("SELECT name FROM pragma_index_info('{index}') WHERE seqno = 0"),
                    0,
                )
            })
            .collect();
        for key in names(&format!("SELECT * FROM pragma_foreign_key_list('{table}')"), 3) {
            if !leading.contains(&key) {
                missing.push(format!("{table}.{key}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join(", "));
}

/// A statement that nobody listed is one that nobody checks.
#[test]
fn every_function_that_makes_statements_has_a_sample() {
    let listed: BTreeSet<_> = samples().into_iter().map(|(name, _)| name.to_owned()).collect();
    let mut missing = Vec::new();
    for file in fs::read_dir("src/db").unwrap().map(|entry| entry.unwrap().path()) {
        let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
        if !file.is_file() || ["mod", "statement", "rows", "batch"].contains(&stem.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        for function in public_statements(&text) {
            let name = format!("{stem}::{function}");
            if !listed.contains(&name) {
                missing.push(name);
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join(", "));
}

/// What adds values to a statement, or is a part of one.
const PARTS: &[&str] = &[
    "address_is_anothers",
    "are_free",
    "bind",
    "came",
    "condition",
    "exists",
    "from",
    "has_confirmed",
    "has_room",
    "no_recovery_link_since",
    "is_as_given",
    "is_as_read",
    "is_gone",
    "is_news",
    "is_open",
    "is_theirs",
    "lets_in",
    "may",
    "may_change",
    "succeeded",
    "was_just_taken",
    "was_used",
    "within",
    "within_limit_now",
];

/// The public functions of a file that return whole statements.
fn public_statements(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let heads = text.split("pub fn ").skip(1);
    for head in heads {
        let (name, _) = head.split_once(['(', '<']).unwrap_or_default();
        let signature = head.split_once('{').map_or(head, |(signature, _)| signature);
        let returns = signature.rsplit_once("->").map_or("", |(_, kind)| kind.trim());
        if (returns.contains("Statement") || returns.contains("Query")) && !PARTS.contains(&name) {
            found.push(name.to_owned());
        }
    }
    found
}
