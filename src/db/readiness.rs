//! That a client can be given its tokens, as a condition in SQL: nothing is used up for an answer that cannot be made.

use super::{Statement, memberships::Along, signing_keys};
use crate::{
    oidc::{error::OAuthError, jose::jwt::SigningAlg},
    time::{Lifetime, UnixTime},
};

/// What was found out before D1 acts.
pub struct Ready {
    pub client_id: String,
    /// Of the client that was judged.
    pub version: i64,
    /// Of its tokens' signatures.
    pub alg: SigningAlg,
    /// The `kid`s of the keys at hand, as JSON.
    pub keys: String,
    /// Whether its refresh tokens rotate.
    pub rotates: bool,
    /// The groups whose people the client is for, as JSON, where it is not for everybody.
    pub allowed_groups: Option<String>,
    /// How long what keeps its tokens alive stays where there is no refresh token: as long as the longest of them that counts here.
    pub tokens_live: Lifetime,
    /// What it may be told of groups and roles.
    pub along: Along,
    /// What the client is told where it cannot read its ID tokens.
    pub unreadable: Option<OAuthError>,
}

impl Ready {
    /// Holds while the client is the one that was judged, and the key that signs for it now is at hand.
    pub fn condition(&self, now: UnixTime) -> Statement {
        Statement::new(
            "(EXISTS (SELECT 1 FROM clients WHERE clients.id = ? AND clients.version = ?)
              AND EXISTS (",
        )
        .bind(&self.client_id)
        .bind(self.version)
        .append(signing_keys::current_at_hand(self.alg, &self.keys, now))
        .append(Statement::new("))"))
    }
}
