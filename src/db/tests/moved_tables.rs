//! Each table moves with an export, or is one of which it is said that it does not.

use std::collections::BTreeSet;

use super::sqlite::Sqlite;
use crate::{
    admin::moving::Part,
    db::{Statement, moving},
};

/// What ends with the deployment that made it, is made anew, or waits; docs/moving.md says so.
const STAY: [&str; 23] = [
    "api_keys",
    "audit",
    "backchannel_outbox",
    "challenges",
    "codes",
    "dpop_proofs",
    "ended_sessions",
    "fetches",
    "idempotency_keys",
    "invitations",
    "leases",
    "logout_outbox",
    "mail_codes",
    "mail_outbox",
    "pushed_requests",
    "replay",
    "revoked_tokens",
    "session_clients",
    "sessions",
    "signing_keys",
    "throttles",
    "token_families",
    "trusted_browsers",
];

/// What is in the lines of another table.
const ALONG: [&str; 1] = ["client_logos"];

#[test]
fn a_table_that_nobody_thought_of_does_not_stay_behind_unseen() {
    let database = Sqlite::migrated();
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let mut prepared = database.0.prepare(sql).unwrap();
    let tables: BTreeSet<String> = prepared
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let moved = Part::ALL.map(|part| {
        let statement: Statement = moving::export(part, "", 1).into();
        let (_, from) = statement.sql().rsplit_once(" FROM ").unwrap();
        from.split_whitespace().next().unwrap().to_owned()
    });
    let stay = STAY.into_iter().chain(ALONG).map(str::to_owned);
    let known: BTreeSet<String> = moved.into_iter().chain(stay).collect();
    assert_eq!(tables, known);
}
