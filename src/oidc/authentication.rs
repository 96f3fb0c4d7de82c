//! The event in which a person proved who they are, and what they allowed a client (OIDC Core section 2).

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::{
    authorization_details::AuthorizationDetails,
    proven::{Proven, Strength},
    resource_indicator::Targets,
    scope::Scope,
};
use crate::{config::SecondFactor, secret::random_text};

/// An End-User authentication, as a sign-on session remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// The session it belongs to. Worth nothing as a credential.
    pub session_id: String,
    /// The person's account.
    pub user_id: String,
    /// What they have shown.
    pub proven: Proven,
    /// Whether it began in a browser that the person trusts, where a second factor was not asked for.
    pub trusted_browser: bool,
    /// Whether a group of the person requires a second factor.
    pub required_by_group: bool,
}

impl Authentication {
    /// Whether a second factor must be shown before it counts.
    pub fn lacks_second_factor(&self, policy: SecondFactor) -> bool {
        let has_one = self.trusted_browser || self.proven.strength() >= Strength::TwoFactors;
        policy.is_required(self.required_by_group) && !has_one
    }
}

/// Who is signed in before the request of a client.
#[derive(Clone, Debug)]
pub struct SignedInPerson<'a> {
    /// How they signed in.
    pub authentication: &'a Authentication,
    /// The `sub` by which the client knows them.
    pub sub: String,
}

/// A person's standing consent to a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consent {
    /// The row that is deleted to revoke it.
    pub grant_id: String,
    /// What was allowed.
    pub scope: Scope,
    /// Claims that were allowed, by a scope or one by one.
    pub claims: BTreeSet<String>,
    /// APIs, beside Limen's own, that tokens may be for.
    pub resources: Targets,
    /// What was allowed in more words (RFC 9396).
    pub details: AuthorizationDetails,
}

/// `sid`: the session as one client sees it. The id of the session is 128 random bits that no client is told, so two clients
/// cannot tell that they share a person's session.
pub fn sid(session_id: &str, client_id: &str) -> String {
    let digest = Sha256::new()
        .chain_update(session_id)
        .chain_update("\0")
        .chain_update(client_id)
        .finalize();
    random_text::<32>(digest.into())
}
