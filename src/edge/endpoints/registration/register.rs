//! `/register` (OIDC Registration 1.0 section 3, RFC 7591 section 3).

use super::access;
use crate::{
    edge::{
        clients::{issued_credentials, registration},
        http::{failure::MachineFailure, request::Incoming},
        platform::context::Context,
    },
    oidc::client::{registration as messages, self_service::RegisteredBy, terms::Terms},
    reply::Reply,
};

/// `POST /register`.
pub async fn register(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let registered_by = RegisteredBy::of(request, context).await?;
    let terms = Terms::of(&context.config, registered_by, None);
    let metadata = messages::parse(&request.json().await?, &terms)?;
    let (record, issued) =
        registration::register(metadata, access::registering_party(registered_by, request), context).await?;
    Ok(Reply::json(
        201,
        &issued_credentials::describe(&record, Some(&issued), context),
    ))
}
