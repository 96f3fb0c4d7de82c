//! What an authorization rests on, as a condition in SQL: an answer is stored only where all of it holds.

use super::{Query, Statement, conditions, scope_to_json, signing_keys, to_json};
use crate::{
    config::SecondFactor,
    oidc::{authorize::AuthRequest, client::Client, jose::jwt::SigningAlg, proven::Strength},
    secret::Hash,
    time::{Lifetime, UnixTime},
};

/// A live session of a person who is not disabled, their consent to all that is asked for, and a client that is as it was
/// read and is for them; the pushed request, where it was one; and keys at hand that can sign the answer.
pub struct Preconditions<'a> {
    pub session_hash: &'a Hash,
    pub client: &'a Client,
    pub request: &'a AuthRequest,
    /// When the sign-in must have been at the earliest.
    pub oldest_sign_in: Option<UnixTime>,
    /// The reference of a pushed request, which nobody may have used before.
    pub pushed: Option<&'a Hash>,
    /// What signs the answer.
    pub algs: &'a [SigningAlg],
    /// The `kid`s of the keys at hand, as JSON.
    pub keys: &'a str,
    pub session_idle: Lifetime,
    pub now: UnixTime,
}

impl Preconditions<'_> {
    /// The rows that a statement selects from: session `s`, person `u`, client `c`, consent `g`.
    pub fn from(&self) -> Statement {
        let mut from = Statement::new(
            " FROM sessions s
         JOIN users u ON u.id = s.user_id AND u.disabled_at IS NULL
         JOIN clients c ON c.id = ? AND c.version = ?
         JOIN grants g ON g.user_id = u.id AND g.client_id = c.id AND g.asked = 1
         WHERE s.hash = ?
           AND NOT EXISTS (SELECT value FROM json_each(?) EXCEPT SELECT value FROM json_each(g.scope))",
        )
        .bind(&self.client.client_id)
        .bind(self.client.version)
        .bind(self.session_hash)
        .bind(&scope_to_json(&self.request.scope))
        .and(conditions::lives("s", self.session_idle, self.now));
        let claims = self.request.claims.beyond(&self.request.scope);
        if !claims.is_empty() {
            let granted =
                " AND NOT EXISTS (SELECT value FROM json_each(?) EXCEPT SELECT value FROM json_each(g.claims))";
            from = from.append(Statement::new(granted)).bind(&to_json(&claims));
        }
        if !self.request.at_apis.is_empty() {
            let granted =
                " AND NOT EXISTS (SELECT value FROM json_each(?) EXCEPT SELECT value FROM json_each(g.resources))";
            from = from
                .append(Statement::new(granted))
                .bind(&to_json(&self.request.at_apis));
        }
        if !self.request.details.is_empty() {
            let granted =
                " AND NOT EXISTS (SELECT value FROM json_each(?) EXCEPT SELECT value FROM json_each(g.details))";
            from = from
                .append(Statement::new(granted))
                .bind(&to_json(&self.request.details));
        }
        if let Some(groups) = self.client.metadata.rules.allowed_groups_json() {
            from = from.and(conditions::is_in_one_of("u.id", &groups));
        }
        if let Some(oldest) = self.oldest_sign_in {
            from = from.append(Statement::new(" AND s.auth_time >= ?")).bind(oldest);
        }
        if self.request.second_factor != SecondFactor::Off {
            from = from
                .append(Statement::new(" AND (s.trusted = 1 OR s.acr IN (?, ?) OR "))
                .bind(Strength::TwoFactors.acr())
                .bind(Strength::PhishingResistant.acr())
                .append(conditions::needs_no_second_factor(self.request.second_factor, "u.id"))
                .append(Statement::new(")"));
        }
        if let Some(hash) = self.pushed {
            let exists = Statement::new(
                " AND EXISTS (SELECT 1 FROM pushed_requests p WHERE p.hash = ? AND p.client_id = c.id
                     AND COALESCE(p.user_id, u.id) = u.id",
            );
            let exists = exists.bind(hash).and(conditions::waits(self.now));
            from = from.append(exists).append(Statement::new(")"));
        }
        for alg in self.algs {
            from = from
                .append(Statement::new(" AND EXISTS ("))
                .append(signing_keys::current_at_hand(*alg, self.keys, self.now))
                .append(Statement::new(")"));
        }
        from
    }

    /// Whether all of it holds.
    pub fn check(&self) -> Query<bool> {
        self.select().any()
    }

    /// Gives a row where all of it holds.
    pub(super) fn select(&self) -> Statement {
        Statement::new("SELECT s.id").append(self.from())
    }
}
