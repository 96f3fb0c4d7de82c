//! An event of the audit, as it is told to others.

use serde::Deserialize;

use crate::{oidc::subject::SubjectSalt, time::UnixTime};

/// An event of the audit that a webhook waits for.
#[derive(Clone, Debug, Deserialize)]
pub struct Happened {
    pub id: i64,
    pub at: UnixTime,
    pub event: String,
    pub outcome: String,
    pub actor: String,
    pub operator: Option<String>,
    pub operator_user_id: Option<String>,
    pub user_id: Option<String>,
    pub client_id: Option<String>,
    pub session_id: Option<String>,
    pub network: Option<String>,
    pub request_id: String,
    /// A small object, as JSON.
    pub detail: Option<String>,
    /// Of the person, where a webhook belongs to an app and they are still there.
    pub subject_salt: Option<SubjectSalt>,
    /// Whether the person lets that app know them.
    pub is_known: Option<i64>,
    /// A JSON array of what that app knew the session as, where one has ended.
    pub known_as: Option<String>,
}
