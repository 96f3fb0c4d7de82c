//! What a person authorized, in the columns that codes and token families share.

use serde::Deserialize;

use super::{apis, from_json, scope_from_json};
use crate::{
    config::Lifetimes,
    fault::Fault,
    oidc::{
        authorization::Authorization,
        proven::{Amr, Proven},
        token::refresh_grant::Remaining,
    },
    time::UnixTime,
};

/// The columns of an [`AuthorizationRow`], of a table that may be read beside others.
pub fn columns(table: &str) -> String {
    format!(
        "session_id, scope, {table}.claims AS claims_request, resources, {table}.details AS details, auth_time, acr, amr, refreshable, {}",
        apis::column(table)
    )
}

/// Since when the refresh token of a family has not been used, and when the family ends.
#[derive(Clone, Copy, Deserialize)]
pub struct Life {
    turned_at: UnixTime,
    pub expires_at: UnixTime,
}

impl Life {
    /// How long its refresh token works.
    pub fn remaining(self, lifetimes: &Lifetimes, now: UnixTime) -> Remaining {
        Remaining::new(self.turned_at, self.expires_at, lifetimes, now)
    }

    /// The same after a use of its token.
    #[must_use]
    pub fn used(self, now: UnixTime) -> Self {
        Self { turned_at: now, ..self }
    }
}

#[derive(Deserialize)]
pub struct AuthorizationRow {
    session_id: String,
    scope: String,
    claims_request: String,
    resources: String,
    apis: String,
    details: String,
    auth_time: i64,
    acr: String,
    amr: String,
    refreshable: i64,
}

impl AuthorizationRow {
    /// The authorization that the tokens of a family rest on, by the person whom the client knows as `sub`.
    pub fn into_authorization(self, family_id: String, sub: String) -> Result<Authorization, Fault> {
        Ok(Authorization {
            family_id,
            sub,
            session_id: self.session_id,
            scope: scope_from_json(&self.scope)?,
            claims: from_json(&self.claims_request)?,
            resources: from_json(&self.resources)?,
            apis: apis::read_column(&self.apis)?,
            details: from_json(&self.details)?,
            nonce: None,
            proven: Proven {
                at: UnixTime(self.auth_time),
                acr: self.acr,
                amr: Amr::stored(&self.amr),
            },
            refreshable: self.refreshable != 0,
        })
    }
}
