//! Secrets that operators add to a client, and remove: so that each place that the client runs at can have its own.

use serde_json::json;

use super::{
    issued_credentials::Issued,
    registration::{self, Change, RegisteringParty},
};
use crate::{
    admin::client_secret::{self, WantedSecret},
    audit::Event,
    db::clients::{self, ClientRecord},
    edge::{http::failure::MachineFailure, platform::context::Context},
    oidc::{
        client::{
            StoredSecret,
            stored_secret::{AboutSecret, NotRemoved},
        },
        error::OAuthError,
    },
};

/// A secret that was just added: it is shown this once.
pub struct Added {
    pub about: AboutSecret,
    pub text: String,
    pub record: ClientRecord,
}

/// The client of that id, which has secrets.
///
/// # Errors
/// 404, and 409 for a client without one.
pub async fn find(client_id: &str, context: &Context) -> Result<(ClientRecord, StoredSecret), MachineFailure> {
    let record = context.db.read(clients::find(client_id)).await?;
    let mut record = record.ok_or_else(|| MachineFailure::no_such("client"))?;
    match record.secret.take() {
        Some(stored) => Ok((record, stored)),
        None => {
            let why = "the client has no secret: its token_endpoint_auth_method uses none";
            Err(conflict(OAuthError::invalid_request(why)))
        }
    }
}

/// Adds a secret, if the client is still of the version that was `shown`, where one was.
///
/// # Errors
/// As [`find`]; 409 where there is one of that name, or as many as may be, or another request has changed the client.
pub async fn add(
    client_id: &str,
    wanted: WantedSecret,
    shown: Option<&str>,
    registering_party: RegisteringParty<'_>,
    context: &Context,
) -> Result<Added, MachineFailure> {
    let (record, mut stored) = find(client_id, context).await?;
    registering_party.check_hand_on(&record, context)?;
    if let Some(shown) = shown {
        registration::check_shown(&record, shown).map_err(conflict)?;
    }
    if stored.has_name(wanted.name.as_str(), context.now) {
        return Err(conflict(client_secret::same_name(&wanted.name)));
    }
    let issued = Issued::for_client(&record.client, context)?;
    let ends_at = wanted.lifetime.map(|lifetime| context.now + lifetime);
    let name = Some(wanted.name.as_str().to_owned());
    let new = issued.at_rest(&record.client, name, ends_at, context).await?;
    let (Some(new), Some(text)) = (new, issued.secret().map(str::to_owned)) else {
        let why = "the client uses no secret any more";
        return Err(conflict(OAuthError::invalid_request(why)));
    };
    let about = new.about.clone();
    if !stored.add(new, context.now) {
        return Err(conflict(client_secret::too_many()));
    }
    let record = store(
        record,
        stored,
        (Event::ClientSecretAdded, &about),
        registering_party,
        context,
    )
    .await?;
    Ok(Added { about, text, record })
}

/// Removes a secret: it works no more.
///
/// # Errors
/// As [`find`]; 404 for a secret that there is not; 409 for the last one, and where another request has changed the client.
pub async fn remove(
    client_id: &str,
    secret_id: &str,
    registering_party: RegisteringParty<'_>,
    context: &Context,
) -> Result<(), MachineFailure> {
    let (record, mut stored) = find(client_id, context).await?;
    registering_party.check_hand_on(&record, context)?;
    let removed = stored.remove(secret_id).map_err(|refusal| {
        let error = client_secret::explain(refusal);
        match refusal {
            NotRemoved::Unknown => MachineFailure::status(404, error),
            NotRemoved::Last => conflict(error),
        }
    })?;
    let change = (Event::ClientSecretRemoved, &removed);
    store(record, stored, change, registering_party, context)
        .await
        .map(drop)
}

async fn store(
    mut record: ClientRecord,
    stored: StoredSecret,
    (event, about): (Event, &AboutSecret),
    registering_party: RegisteringParty<'_>,
    context: &Context,
) -> Result<ClientRecord, MachineFailure> {
    record.secret = Some(stored);
    let change = Change {
        registered_by: registering_party.by,
        event,
        new_sector: false,
        new_token: registering_party.renews_token(&record),
        detail: Some(json!({ "secret": about.id, "name": about.name })),
        along: Vec::new(),
    };
    let token = Issued::registration_access_token(context)?;
    match registration::store(record, token, change, context).await? {
        Some((record, _)) => Ok(record),
        None => {
            let why = "another request has changed or deleted it; read it again";
            Err(conflict(OAuthError::invalid_request(why)))
        }
    }
}

fn conflict(error: OAuthError) -> MachineFailure {
    MachineFailure::status(409, error)
}
