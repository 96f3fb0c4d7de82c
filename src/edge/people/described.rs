//! A person's sessions and grants as JSON, as the admin API and the copy of an account have them.

use serde_json::{Value, json};

use crate::{
    db::{grants::OwnGrant, sessions::OwnSession},
    pages::{Language, app_name},
};

pub fn session(session: &OwnSession) -> Value {
    json!({
        "id": session.id,
        "user_agent": session.user_agent,
        "auth_time": session.auth_time,
        "acr": session.acr,
        "amr": session.amr(),
        "created_at": session.created_at,
        "last_seen_at": session.last_seen_at,
        "expires_at": session.expires_at,
    })
}

pub fn grant(grant: &OwnGrant) -> Value {
    json!({
        "client_id": grant.client_id,
        "client_name": app_name(&grant.client_id, &grant.metadata, Language::En),
        "scope": grant.scope,
        "claims": grant.claims,
        "resources": grant.resources,
        "authorization_details": grant.details.values().collect::<Vec<_>>(),
        "asked": grant.asked,
        "created_at": grant.created_at,
        "updated_at": grant.updated_at,
        "last_used_at": grant.last_used_at,
    })
}
