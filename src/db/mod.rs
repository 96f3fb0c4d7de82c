//! The database: one file a table, SQL beside its row. What stands here is text and values; `edge::platform::d1` runs it.

pub mod accepted_terms;
pub mod api_keys;
pub mod apis;
pub mod app_roles;
pub mod asserted;
pub mod audit;
pub mod audit_log;
mod authorization;
pub mod backchannel_outbox;
mod batch;
pub mod client_approval;
pub mod client_list;
pub mod client_looks;
pub mod client_secrets;
pub mod clients;
pub mod codes;
mod conditions;
pub mod credential_owner;
pub mod credentials;
pub mod dpop_proofs;
pub mod email_undo;
pub mod ended_sessions;
pub mod fetches;
pub mod grants;
pub mod group_members;
pub mod groups;
pub mod housekeeping;
pub mod idempotency_keys;
mod identifiers;
pub mod invitations;
pub mod logout_outbox;
pub mod mail_codes;
pub mod mail_outbox;
pub mod memberships;
pub mod moved_rows;
pub mod moving;
pub mod operators;
pub mod passwords;
pub mod people_list;
pub mod preconditions;
pub mod proof;
pub mod pushed_requests;
pub mod readiness;
pub mod refreshing;
pub mod released_addresses;
pub mod replay;
mod rows;
pub mod second_factors;
pub mod session_clients;
pub mod session_endings;
pub mod sessions;
pub mod set_up_links;
pub mod signing_keys;
mod statement;
pub mod states;
pub mod throttles;
pub mod token_conditions;
pub mod token_families;
pub mod trusted_browsers;
pub mod users;
pub mod waiting_sessions;
pub mod webhooks;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error},
};

pub use self::{
    batch::{Answer, Batch, Handle, Query},
    rows::Rows,
    statement::Statement,
};
use crate::{fault::Fault, oidc::scope::Scope, time::UnixTime};

/// A scope as the JSON array that is stored, for `json_each`.
fn scope_to_json(scope: &Scope) -> String {
    serde_json::to_string(&scope.iter().collect::<Vec<_>>()).unwrap_or_default()
}

/// The time in the column `at` of the first row, if there is one.
fn read_time(rows: &Rows) -> Result<Option<UnixTime>, Fault> {
    #[derive(Deserialize)]
    struct Time {
        at: Option<i64>,
    }
    Ok(rows.first::<Time>()?.and_then(|row| row.at).map(UnixTime))
}

/// The number in the column `count` of the first row.
fn read_count(rows: &Rows) -> Result<i64, Fault> {
    #[derive(Deserialize)]
    struct Count {
        count: i64,
    }
    Ok(rows.first::<Count>()?.map_or(0, |row| row.count))
}

/// JSON text for a row.
pub fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// JSON text out of a row.
fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|cause| Fault::new("D1 column", cause))
}

/// A column with JSON text, or with nothing, for a row whose struct has what is in it.
fn json_column<'de, T: DeserializeOwned, D: Deserializer<'de>>(column: D) -> Result<Option<T>, D::Error> {
    let text = Option::<String>::deserialize(column)?;
    let read = text.map(|text| serde_json::from_str(&text)).transpose();
    read.map_err(Error::custom)
}

fn scope_from_json(text: &str) -> Result<Scope, Fault> {
    Ok(from_json::<Vec<String>>(text)?.iter().map(String::as_str).collect())
}

#[cfg(test)]
mod tests;
