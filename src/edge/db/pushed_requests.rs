//! `pushed_requests`.

use serde::Deserialize;

use super::{Rows, Statement};
use crate::{edge::fault::Fault, secret::Hash, time::UnixTime};

/// A request of a client, to be made until `expires_at`.
pub fn insert(hash: &Hash, client_id: &str, query: &str, expires_at: UnixTime) -> Statement {
    Statement::new("INSERT INTO pushed_requests (hash, client_id, query, expires_at) VALUES (?, ?, ?, ?)")
        .bind(hash)
        .bind(client_id)
        .bind(query)
        .bind(expires_at)
}

/// Takes a request out: of any number of parallel takers one gets it. Another client's stays where it is.
pub fn take(hash: &Hash, client_id: &str, now: UnixTime) -> Statement {
    Statement::new("DELETE FROM pushed_requests WHERE hash = ? AND client_id = ? AND expires_at > ? RETURNING query")
        .bind(hash)
        .bind(client_id)
        .bind(now)
}

/// The query of what was taken.
pub fn read(rows: &Rows) -> Result<Option<String>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        query: String,
    }
    Ok(rows.first::<Row>()?.map(|row| row.query))
}
