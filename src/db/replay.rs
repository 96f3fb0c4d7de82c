//! `replay`: what counts once.

use super::Statement;
use crate::oidc::client::client_assertion::SingleUse;

/// Gives a row where the thing was used before.
pub fn find(of: &SingleUse) -> Statement {
    Statement::new("SELECT 1 FROM replay WHERE key = ?").bind(&of.key)
}

/// Uses the thing up, where `condition` holds: that its request has succeeded. It comes last in a batch whose acting statements
/// demand that it was not used before. An older version tells requests apart by `claim`; none of its own is empty.
pub fn use_up(of: &SingleUse, condition: Statement) -> Statement {
    Statement::new("INSERT INTO replay (key, claim, expires_at) SELECT ?, '', ? WHERE ")
        .bind(&of.key)
        .bind(of.expires_at)
        .append(condition)
        .append(Statement::new(" ON CONFLICT (key) DO NOTHING"))
}
