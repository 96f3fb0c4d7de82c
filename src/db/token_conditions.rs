//! What redeeming a code and refreshing have in common: who asks, and what has to be so for the tokens to be given.

use super::{Statement, apis, conditions, grants, proof::Proof, readiness::Ready, to_json};
use crate::{
    config::Lifetimes,
    oidc::{authorization_details::AuthorizationDetails, resource_indicator::Targets},
    time::UnixTime,
};

/// What has to be so for tokens to be given for a code or a refresh token.
pub struct TokenConditions<'a> {
    pub client_id: &'a str,
    pub proof: Proof<'a>,
    pub ready: &'a Ready,
    /// The APIs that the access token is wanted for, where not for all that were granted.
    pub resources: &'a Targets,
    /// What of the details that were granted is wanted, where not all.
    pub details: &'a AuthorizationDetails,
    /// The identifiers that tokens can be for, as JSON, but for those of APIs that operators declared, unless they are named.
    pub audiences: &'a str,
    /// Of those that are named, the ones that operators declared, as JSON.
    pub declared: Option<&'a str>,
    /// What the tokens will be bound to, as it is stored.
    pub binding: Option<&'a str>,
    pub lifetimes: &'a Lifetimes,
    pub now: UnixTime,
}

impl TokenConditions<'_> {
    /// The case of a `CASE` over the rows of `table` in which the row is bound to what was not shown, with what it is then.
    pub(super) fn case_of_binding(&self, table: &str, then: Statement) -> Statement {
        Statement::new(format!(
            " WHEN {table}.binding IS NOT NULL AND {table}.binding IS NOT ? THEN "
        ))
        .bind(self.binding)
        .append(then)
    }

    /// The cases of a `CASE` over the rows of `table` in which no API is left that the token can be for.
    pub(super) fn cases_of_targets(&self, table: &str) -> Statement {
        let open = apis::is_open_to(&format!("{table}.client_id"));
        if self.resources.is_empty() {
            return Statement::new(format!(
                " WHEN {table}.resources <> '[]' AND NOT EXISTS (
                      SELECT value FROM json_each({table}.resources) INTERSECT SELECT value FROM json_each(?))
                  AND NOT EXISTS (
                      SELECT 1 FROM apis a WHERE a.identifier IN (SELECT value FROM json_each({table}.resources)) AND {open}) THEN 'no_target'"
            ))
            .bind(self.audiences);
        }
        let late = grants::apis_named_late(table);
        let not_granted = Statement::new(format!(
            " WHEN EXISTS (SELECT value FROM json_each(?) EXCEPT SELECT value FROM json_each({table}.resources) {late}) THEN 'target'"
        ))
        .bind(&to_json(&self.resources.foreign()))
        .bind(self.audiences);
        let Some(declared) = self.declared else {
            return not_granted;
        };
        let not_open = Statement::new(format!(
            " WHEN EXISTS (SELECT 1 FROM json_each(?) wanted WHERE NOT EXISTS (
                  SELECT 1 FROM apis a WHERE a.identifier = wanted.value AND {open})) THEN 'no_target'"
        ));
        not_granted.append(not_open.bind(declared))
    }

    /// The case of a `CASE` over the rows of `table` in which details are wanted that were not granted.
    pub(super) fn case_of_details(&self, table: &str) -> Statement {
        if self.details.is_empty() {
            return Statement::new("");
        }
        Statement::new(format!(
            " WHEN EXISTS (SELECT value FROM json_each(?) EXCEPT SELECT value FROM json_each({table}.details)) THEN 'details'"
        ))
        .bind(&to_json(self.details))
    }

    /// The case in which the client is not, or no longer, for the person. It is judged as the client was: see the cases of readiness,
    /// which come before.
    pub(super) fn case_of_person(&self, table: &str) -> Statement {
        match &self.ready.allowed_groups {
            None => Statement::new(""),
            Some(groups) => Statement::new(" WHEN NOT ")
                .append(conditions::is_in_one_of(&format!("{table}.user_id"), groups))
                .append(Statement::new(" THEN 'closed'")),
        }
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
