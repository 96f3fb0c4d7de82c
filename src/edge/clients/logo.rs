//! The logos of apps: what is fetched, and what is kept of it.

use sha2::{Digest, Sha256};

use super::{
    outbound::{self, Refusal, Wanted},
    registering_party::RegisteringParty,
};
use crate::{
    db::{
        client_looks::{self, NewLogo},
        clients::ClientRecord,
    },
    edge::{
        http::failure::MachineFailure,
        platform::{context::Context, fetch},
    },
    oidc::{client::client_metadata::ClientMetadata, error::OAuthError},
    secret::random_text,
    web::{
        fetch_url::FetchUrl,
        picture::{LARGEST, PictureFormat},
    },
};

/// What a logo that is fetched may be.
const ACCEPT: &str = "image/png, image/jpeg, image/webp, image/gif";

/// What is at the `logo_uri` of a client, fetched at the word of an operator.
///
/// # Errors
/// 403 for who may not change the app; `invalid_request`, saying what is wrong with the address or with what it answered.
pub async fn fetch_for_operator(
    record: &ClientRecord,
    registering_party: RegisteringParty<'_>,
    context: &Context,
) -> Result<Vec<u8>, MachineFailure> {
    registering_party.check_hand_on(record, context)?;
    let wrong = |why: &str| MachineFailure::from(OAuthError::invalid_request(format!("logo_uri {why}")));
    let uri = record.client.metadata.logo_uri.default_text();
    let uri = uri.ok_or_else(|| wrong("is not registered"))?;
    let url = FetchUrl::parse(uri, context.config.loopback_fetches).map_err(wrong)?;
    let fetched = fetch::get(&url, ACCEPT, LARGEST).await;
    Ok(fetched.map_err(|failure| wrong(failure.why()))?.body)
}

/// The logo of an app that registers or changes itself, where the operator wants that: what is at its `logo_uri`, if it is a picture that
/// is taken. Where it is not, the app has none, and is registered all the same.
pub async fn of_stranger(metadata: &ClientMetadata, context: &Context) -> Result<Option<NewLogo>, MachineFailure> {
    let uri = metadata.logo_uri.default_text();
    let Some(url) = uri.and_then(|uri| FetchUrl::parse(uri, context.config.loopback_fetches).ok()) else {
        return Ok(None);
    };
    if !context.db.read(client_looks::has_room_for_strangers()).await? {
        return Ok(None);
    }
    let charge = outbound::charge_anybody(outbound::documents_of_network(context), &url, context);
    let wanted = Wanted {
        url: &url,
        accept: ACCEPT,
        longest: LARGEST,
    };
    match outbound::get(&wanted, Some(&charge), context).await {
        Ok(fetched) => Ok(of_bytes(fetched.body, true).ok()),
        Err(Refusal::Fault(fault)) => Err(fault.into()),
        Err(_) => Ok(None),
    }
}

/// The logo that a file is.
///
/// # Errors
/// Why it is not taken.
pub fn of_bytes(bytes: Vec<u8>, openly: bool) -> Result<NewLogo, &'static str> {
    let format = PictureFormat::of(&bytes)?;
    Ok(NewLogo {
        digest: random_text::<32>(Sha256::digest(&bytes).into()),
        media_type: format.media_type(),
        bytes,
        openly,
    })
}
