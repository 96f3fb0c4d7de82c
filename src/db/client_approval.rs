//! Apps in `clients` that registered themselves: those that wait, and those that nobody uses.

use serde::Deserialize;

use super::{Query, Statement, housekeeping::UNTOUCHED, read_count};
use crate::{admin::client_approval::Unused, time::UnixTime};

/// An app that waits, and that whoever approves apps may judge: one that was given scopes of the admin API is for those who may give them.
const WAITS: &str =
    "json_extract(metadata, '$.limen_waits') = 1 AND json_extract(metadata, '$.limen_may_administer') IS NOT 1";

/// Lets an app be used that waits, if it is there and waits, and is of the `version` that the operator saw.
pub fn approve(client_id: &str, version: Option<i64>, now: UnixTime) -> Query<bool> {
    Statement::new(format!(
        "UPDATE clients SET metadata = json_remove(metadata, '$.limen_waits', '$.disabled'), version = version + 1, updated_at = ?
         WHERE id = ? AND {WAITS} AND (? IS NULL OR version = ?) RETURNING id"
    ))
    .bind(now)
    .bind(client_id)
    .bind(version)
    .bind(version)
    .any()
}

/// Deletes an app that waits.
pub fn refuse(client_id: &str) -> Query<bool> {
    Statement::new(format!("DELETE FROM clients WHERE id = ? AND {WAITS} RETURNING id"))
        .bind(client_id)
        .any()
}

/// How many apps nobody uses, counted no further than `most`.
pub fn count_unused(unused: Unused, now: UnixTime, most: i64) -> Query<i64> {
    Statement::new("SELECT COUNT(*) AS count FROM (")
        .append(chosen(unused, now, most))
        .append(Statement::new(")"))
        .read_by(read_count)
}

/// Deletes at most `most` of them, and gives their ids.
pub fn delete_unused(unused: Unused, now: UnixTime, most: i64) -> Query<Vec<String>> {
    #[derive(Deserialize)]
    struct Row {
        id: String,
    }
    Statement::new("DELETE FROM clients WHERE id IN (")
        .append(chosen(unused, now, most))
        .append(Statement::new(") RETURNING id"))
        .read_by(|rows| Ok(rows.all::<Row>()?.into_iter().map(|row| row.id).collect()))
}

fn chosen(unused: Unused, now: UnixTime, most: i64) -> Statement {
    Statement::new(format!(
        "SELECT id FROM clients WHERE unused_since < ? AND (last_used_at IS NULL) = ? AND (document_fresh_until IS NOT NULL) = ?
           AND json_extract(metadata, '$.limen_waits') IS NOT 1 AND {UNTOUCHED} LIMIT ?"
    ))
    .bind(unused.before(now))
    .bind(unused.never)
    .bind(unused.described)
    .bind(most)
}
