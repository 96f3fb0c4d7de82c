//! Passwords, which are a kind of `credentials`: a person has one at most.

use serde::Deserialize;

use super::{Query, Rows, Statement, conditions::behind, credential_owner::Owner};
use crate::{fault::Fault, secret::Hash, time::UnixTime};

/// Gives somebody a password in place of the one they had, if they had one, and says whether it did. What hangs on it comes next,
/// where `changes() > 0`.
pub fn set(owner: &Owner<'_>, credential_id: &str, hash: &str, now: UnixTime) -> Query<bool> {
    Statement::new("INSERT INTO credentials (id, user_id, kind, secret, created_at) SELECT ?, owner, 'password', ?, ? FROM (")
        .bind(credential_id)
        .bind(hash)
        .bind(now)
        .append(owner.query())
        .append(Statement::new(
            ") WHERE TRUE
             ON CONFLICT (user_id) WHERE kind = 'password' DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at,
                must_change = 0
             RETURNING user_id",
        ))
        .any()
}

/// Gives the person behind a session another password, if they have one, and says whether it did.
pub fn change(session_hash: &Hash, hash: &str, now: UnixTime) -> Query<bool> {
    Statement::new(concat!(
        "UPDATE credentials SET secret = ?, created_at = ?, must_change = 0 WHERE kind = 'password' AND user_id = ",
        behind!(),
        " RETURNING user_id"
    ))
    .bind(hash)
    .bind(now)
    .bind(session_hash)
    .any()
}

/// Has a person choose another password when they next sign in with theirs, if they have one, and says whether they have.
pub fn require_another(user_id: &str) -> Query<bool> {
    Statement::new("UPDATE credentials SET must_change = 1 WHERE user_id = ? AND kind = 'password' RETURNING user_id")
        .bind(user_id)
        .any()
}

/// Whether a person has to choose another.
pub fn must_change(user_id: &str) -> Query<bool> {
    Statement::new("SELECT user_id FROM credentials WHERE user_id = ? AND kind = 'password' AND must_change")
        .bind(user_id)
        .any()
}

/// The hash of the password that a person has to change.
pub fn to_change(user_id: &str) -> Query<Option<String>> {
    Statement::new("SELECT secret FROM credentials WHERE user_id = ? AND kind = 'password' AND must_change")
        .bind(user_id)
        .read_by(read_secret)
}

fn read_secret(rows: &Rows) -> Result<Option<String>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        secret: String,
    }
    Ok(rows.first::<Row>()?.map(|row| row.secret))
}

/// Puts another hash of the same password in the place of `former`.
pub fn renew_hash(user_id: &str, (former, hash): (&str, &str)) -> Statement {
    Statement::new("UPDATE credentials SET secret = ? WHERE user_id = ? AND kind = 'password' AND secret = ?")
        .bind(hash)
        .bind(user_id)
        .bind(former)
}
