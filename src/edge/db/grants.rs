//! `grants`: what people allowed clients.

use serde::Deserialize;

use super::{Rows, Statement, scope_from_json, scope_to_json};
use crate::{
    edge::fault::Fault,
    oidc::{authentication::Consent, scope::Scope},
    secret::Hash,
    time::UnixTime,
};

#[derive(Deserialize)]
struct Row {
    id: String,
    scope: String,
}

/// What the person behind a session allowed a client.
pub fn find_by_session(session_hash: Option<&Hash>, client_id: &str) -> Statement {
    Statement::new(
        "SELECT g.id, g.scope FROM grants g JOIN sessions s ON s.user_id = g.user_id WHERE s.hash = ? AND g.client_id = ?",
    )
    .bind(session_hash)
    .bind(client_id)
}

pub fn read(rows: &Rows) -> Result<Option<Consent>, Fault> {
    let Some(row) = rows.first::<Row>()? else {
        return Ok(None);
    };
    Ok(Some(Consent {
        grant_id: row.id,
        scope: scope_from_json(&row.scope)?,
    }))
}

/// Remembers that the person behind a session allows a client `scope`, beside what they allowed before.
pub fn allow(grant_id: &str, session_hash: &Hash, client_id: &str, scope: &Scope, now: UnixTime) -> Statement {
    Statement::new(
        "INSERT INTO grants (id, user_id, client_id, scope, created_at, updated_at)
         SELECT ?, user_id, ?, ?, ?, ? FROM sessions WHERE hash = ? AND EXISTS (SELECT 1 FROM clients WHERE clients.id = ?)
         ON CONFLICT (user_id, client_id) DO UPDATE SET updated_at = excluded.updated_at, scope = (
            SELECT json_group_array(value) FROM (
                SELECT value FROM json_each(grants.scope) UNION SELECT value FROM json_each(excluded.scope)))",
    )
    .bind(grant_id)
    .bind(client_id)
    .bind(&scope_to_json(scope))
    .bind(now)
    .bind(now)
    .bind(session_hash)
    .bind(client_id)
}

/// Takes back what a person allowed a client; codes and tokens go with it.
pub fn revoke(user_id: &str, client_id: &str) -> Statement {
    Statement::new("DELETE FROM grants WHERE user_id = ? AND client_id = ? RETURNING id")
        .bind(user_id)
        .bind(client_id)
}
