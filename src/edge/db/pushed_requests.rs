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

/// A request of `client_id` that is still to be made.
pub fn find(hash: &Hash, client_id: &str, now: UnixTime) -> Statement {
    Statement::new("SELECT query FROM pushed_requests WHERE hash = ? AND client_id = ? AND expires_at > ?")
        .bind(hash)
        .bind(client_id)
        .bind(now)
}

/// Takes a request out, if its client is still of that `version`: of any number of parallel takers one gets a row.
pub fn take(hash: &Hash, client_id: &str, version: i64) -> Statement {
    Statement::new(
        "DELETE FROM pushed_requests WHERE hash = ? AND client_id = ?
           AND EXISTS (SELECT 1 FROM clients WHERE clients.id = pushed_requests.client_id AND version = ?) RETURNING hash",
    )
    .bind(hash)
    .bind(client_id)
    .bind(version)
}

/// The query of what [`find`] found.
pub fn read(rows: &Rows) -> Result<Option<String>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        query: String,
    }
    Ok(rows.first::<Row>()?.map(|row| row.query))
}
