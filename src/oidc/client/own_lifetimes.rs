//! `access_token_lifetime`, `id_token_lifetime`, `refresh_token_lifetime`: how long the tokens of an app live, members of Limen's own in
//! the client metadata.

use crate::{config::Lifetimes, time::Lifetime};

/// How long the tokens of an app live. Keys stay for as long as tokens live elsewhere, so none can live longer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnLifetimes {
    pub access_token: Option<Lifetime>,
    pub id_token: Option<Lifetime>,
    /// From the redemption of the code on. `src/db/codes.rs` reads it, where a line of tokens begins.
    pub refresh_token: Option<Lifetime>,
}

impl OwnLifetimes {
    /// The shortest that one may be.
    const SHORTEST: Lifetime = Lifetime::minutes(1);

    /// Whether one is shorter than a minute, which no app could use.
    pub fn are_too_short(&self) -> bool {
        let all = [self.access_token, self.id_token, self.refresh_token];
        all.into_iter().flatten().any(|lifetime| lifetime < Self::SHORTEST)
    }

    /// How long an access token lives.
    pub fn of_access_token(&self, everywhere: &Lifetimes) -> Lifetime {
        shorter(everywhere.access_token, self.access_token)
    }

    /// How long an ID token lives.
    pub fn of_id_token(&self, everywhere: &Lifetimes) -> Lifetime {
        shorter(everywhere.id_token, self.id_token)
    }
}

fn shorter(everywhere: Lifetime, own: Option<Lifetime>) -> Lifetime {
    own.map_or(everywhere, |own| own.min(everywhere))
}
