//! What redeeming a code and refreshing have in common: who asks, and what has to be so for the tokens to be given.

use super::{Statement, grants, proof::Proof, readiness::Ready, to_json};
use crate::{config::Lifetimes, oidc::resource_indicator::Targets, time::UnixTime};

/// What has to be so for tokens to be given for a code or a refresh token.
pub struct TokenConditions<'a> {
    pub client_id: &'a str,
    pub proof: Proof<'a>,
    pub ready: &'a Ready,
    /// The APIs that the access token is wanted for, where not for all that were granted.
    pub resources: &'a Targets,
    /// The identifiers that tokens can be for, as JSON.
    pub audiences: &'a str,
    /// What the tokens will be bound to, as it is stored.
    pub binding: Option<&'a str>,
    pub lifetimes: &'a Lifetimes,
    pub now: UnixTime,
}

impl TokenConditions<'_> {
    /// The case of a `CASE` over the rows of `table` in which the row is bound to what was not shown.
    pub(super) fn case_of_binding(&self, table: &str) -> Statement {
        Statement::new(format!(
            " WHEN {table}.binding IS NOT NULL AND {table}.binding IS NOT ? THEN 'binding'"
        ))
        .bind(self.binding)
    }

    /// The cases of a `CASE` over the rows of `table` in which no API is left that the token can be for.
    pub(super) fn cases_of_targets(&self, table: &str) -> Statement {
        if self.resources.is_empty() {
            return Statement::new(format!(
                " WHEN {table}.resources <> '[]' AND NOT EXISTS (
                      SELECT value FROM json_each({table}.resources) INTERSECT SELECT value FROM json_each(?)) THEN 'no_target'"
            ))
            .bind(self.audiences);
        }
        let late = grants::apis_named_late(table);
        Statement::new(format!(
            " WHEN EXISTS (SELECT value FROM json_each(?) EXCEPT SELECT value FROM json_each({table}.resources) {late}) THEN 'target'"
        ))
        .bind(&to_json(&self.resources.foreign()))
        .bind(self.audiences)
    }

    /// The cases in which the client could not be given its tokens, or could not read them.
    pub(super) fn cases_of_readiness(&self, table: &str) -> Statement {
        let not_ready = Statement::new(" WHEN NOT ")
            .append(self.ready.condition(self.now))
            .append(Statement::new(" THEN 'not_ready'"));
        if self.ready.unreadable.is_none() {
            return not_ready;
        }
        not_ready.append(Statement::new(format!(
            " WHEN EXISTS (SELECT 1 FROM json_each({table}.scope) WHERE value = 'openid') THEN 'unreadable'"
        )))
    }
}
