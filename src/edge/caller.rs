//! The client that calls an endpoint, once it has proved itself.

use super::{
    context::Context,
    db::clients::{self, ClientRecord},
    failure::MachineFailure,
    fault::Fault,
    log,
};
use crate::{
    oidc::{client::Client, client_auth::ClientCredentials, error::OAuthError},
    secret::Hash,
};

/// The client of `record`, if `credentials` are its own.
///
/// # Errors
/// `invalid_client`.
pub fn authenticated(
    credentials: &ClientCredentials,
    record: Option<ClientRecord>,
    context: &Context,
) -> Result<Client, MachineFailure> {
    let roots = &context.config.roots;
    let known = record.as_ref().map(|record| (&record.client, record.secret.as_ref()));
    credentials.authenticate(known, roots, context.now)?;
    let ClientRecord { client, secret, .. } =
        record.ok_or_else(|| OAuthError::invalid_client("client authentication failed"))?;
    if let Some((old, new)) = secret.and_then(|secret| credentials.rehash(secret.current, roots)) {
        rehash_later(&client.client_id, old, new, context)?;
    }
    Ok(client)
}

/// Moves a secret to the current root, after the answer: so the older root can be dropped some day.
fn rehash_later(client_id: &str, old: Hash, new: Hash, context: &Context) -> Result<(), Fault> {
    let (client_id, later) = (client_id.to_owned(), context.for_later()?);
    context.background.spawn(async move {
        if let Err(fault) = later.db.run(clients::rehash(&client_id, &old, &new)).await {
            log::fault(&later.request_id, &fault);
        }
    });
    Ok(())
}
