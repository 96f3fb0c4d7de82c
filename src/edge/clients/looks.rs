//! How apps look: operators change it, and a logo is uploaded, or fetched once from `logo_uri`. Limen serves it itself, so no page loads
//! anything from elsewhere.

use serde_json::json;

use super::{
    issued_credentials::Issued,
    logo,
    registration::{self, Change, RegisteringParty},
};
use crate::{
    admin::client_changes::{self, ClientChanges},
    audit::{Actor, Entry, Event},
    db::{
        Batch, Statement, audit, client_looks,
        clients::{self, ClientRecord},
    },
    edge::{http::failure::MachineFailure, platform::context::Context},
    oidc::{client::app_look::AppLook, error::OAuthError},
};

/// The client of that id.
///
/// # Errors
/// 404.
pub async fn find(client_id: &str, context: &Context) -> Result<ClientRecord, MachineFailure> {
    let record = context.db.read(clients::find(client_id)).await?;
    record.ok_or_else(|| MachineFailure::no_such("client"))
}

/// Changes how an app looks and where it opens, and what is noted about it.
///
/// # Errors
/// As [`store`].
pub async fn change(
    record: ClientRecord,
    changes: &ClientChanges,
    registering_party: RegisteringParty<'_>,
    context: &Context,
) -> Result<(), MachineFailure> {
    let client_id = record.client.client_id.clone();
    let look = changes.apply(&record.client.metadata.look);
    let notes = changes.notes.as_ref();
    let set_notes = |version| notes.map(|notes| client_looks::set_notes((&client_id, version), notes.as_deref()));
    let mut names = client_changes::names_unlike(&record.client.metadata.look, &look);
    if !names.is_empty() {
        names.extend(notes.map(|_| "notes"));
        let other = Other {
            look,
            names,
            along: set_notes(record.client.version + 1),
        };
        return store(record, other, registering_party, context).await;
    }
    // Notes are no part of the app: nothing that is known of it elsewhere is old now.
    let Some(set_notes) = set_notes(record.client.version) else {
        return Ok(());
    };
    registering_party.check_hand_on(&record, context)?;
    let entry = Entry::new(Event::ClientChanged, Actor::Operator).client(&client_id);
    let mut batch = Batch::default();
    batch.push(set_notes);
    batch.push(audit::record_if_changed(
        &entry.detail(json!({ "changed": ["notes"] })),
        context,
    ));
    Ok(context.db.run(batch).await.map(drop)?)
}

/// Gives an app a logo, or takes it away.
///
/// # Errors
/// As [`store`]; `invalid_request` for what is no picture that is taken.
pub async fn set_logo(
    record: ClientRecord,
    bytes: Option<Vec<u8>>,
    registering_party: RegisteringParty<'_>,
    context: &Context,
) -> Result<(), MachineFailure> {
    let client_id = record.client.client_id.clone();
    let new = bytes.map(|bytes| logo::of_bytes(bytes, false)).transpose();
    let new = new.map_err(|why| OAuthError::invalid_request(format!("logo {why}")))?;
    let look = AppLook {
        logo: new.as_ref().map(|logo| logo.digest.clone()),
        ..record.client.metadata.look.clone()
    };
    let kept = match &new {
        Some(logo) => client_looks::keep_logo(&client_id, logo, context.now),
        None => client_looks::forget_logo(&client_id),
    };
    let other = Other {
        look,
        names: vec!["logo"],
        along: Some(kept),
    };
    store(record, other, registering_party, context).await
}

/// Another look.
struct Other {
    look: AppLook,
    /// What is otherwise.
    names: Vec<&'static str>,
    along: Option<Statement>,
}

/// Stores the look, with what goes along.
///
/// # Errors
/// 403 for who may not; 409 for an app that its document describes, and where another request has changed it.
async fn store(
    mut record: ClientRecord,
    other: Other,
    registering_party: RegisteringParty<'_>,
    context: &Context,
) -> Result<(), MachineFailure> {
    let conflict = |why: &'static str| Err(MachineFailure::status(409, OAuthError::invalid_request(why)));
    registering_party.check_hand_on(&record, context)?;
    if record.client.is_described_by_document() {
        return conflict("the document at its client_id describes the app: notes alone can be kept of it");
    }
    record.client.metadata.look = other.look;
    let change = Change {
        registered_by: registering_party.by,
        event: Event::ClientChanged,
        new_sector: false,
        new_token: registering_party.renews_token(&record),
        detail: Some(json!({ "changed": other.names })),
        along: other.along.into_iter().collect(),
    };
    let token = Issued::registration_access_token(context)?;
    match registration::store(record, token, change, context).await? {
        Some(_) => Ok(()),
        None => conflict("another request has changed or deleted it; read it again"),
    }
}
