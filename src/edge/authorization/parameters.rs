//! The parameters of an authorization request that count: those that were pushed (RFC 9126), those in its request object, or those
//! that were sent.

use super::{encrypted_hint, request_objects};
use crate::{
    db::pushed_requests,
    edge::{http::failure::StepFailure, platform::context::Context},
    oidc::{client::Client, error::OAuthError, params::Params, pushed_request},
    secret::Hash,
};

/// Finds the parameters that count, and the reference of the pushed request that they are.
///
/// # Errors
/// What is wrong with what `sent` refers to.
pub async fn unpack(sent: &Params, client: &Client, context: &Context) -> Result<(Params, Option<Hash>), StepFailure> {
    if let Some((params, hash)) = find_pushed(sent, &client.client_id, context).await? {
        return Ok((params, Some(hash)));
    }
    if client.metadata.require_pushed_authorization_requests {
        return Err(OAuthError::invalid_request("the client registered to push its requests").into());
    }
    let params = request_objects::unpack(sent, client, context).await?;
    Ok((encrypted_hint::open(params, context).await?, None))
}

/// Finds the pushed request that `sent` refers to.
async fn find_pushed(sent: &Params, client_id: &str, context: &Context) -> Result<Option<(Params, Hash)>, StepFailure> {
    let request_uri = sent.single("request_uri")?;
    let Some(reference) = request_uri.filter(|uri| pushed_request::is_reference(uri)) else {
        return Ok(None);
    };
    let hash = pushed_request::hash_of(reference, &context.config.roots).ok_or_else(pushed_request::unknown)?;
    let find = pushed_requests::find(&hash, client_id, context.now);
    let query = context.db.read(find).await?.ok_or_else(pushed_request::unknown)?;
    Ok(Some((Params::parse(&query)?, hash)))
}
