//! Fetching a client's `sector_identifier_uri` (OIDC Registration section 5).

use super::outbound::{self, NoClient, Refusal, Wanted};
use crate::{
    edge::platform::{context::Context, fetch},
    oidc::client::{
        client_metadata::ClientMetadata,
        sector_identifier::{self, LONGEST, refusal},
        self_service::RegisteredBy,
    },
    web::fetch_url::FetchUrl,
};

/// Whether the document that a client names lists every redirect URI of the client, as it is to become. Nothing is fetched
/// where a change touches neither. What the operator registers is fetched without a limit.
///
/// # Errors
/// `invalid_client_metadata`: "If any are missing, the registration request MUST be rejected."
pub async fn check(
    wanted: &ClientMetadata,
    before: Option<&ClientMetadata>,
    registered_by: RegisteredBy,
    context: &Context,
) -> Result<(), NoClient> {
    let Some(uri) = &wanted.sector_identifier_uri else {
        return Ok(());
    };
    let unchanged = before.is_some_and(|before| {
        before.sector_identifier_uri.as_ref() == Some(uri) && before.redirect_uris == wanted.redirect_uris
    });
    if unchanged {
        return Ok(());
    }
    let url = FetchUrl::parse(uri, context.config.loopback_fetches).map_err(refusal)?;
    let accept = "application/json";
    let fetched = match registered_by {
        RegisteredBy::Operator => fetch::get(&url, accept, LONGEST).await.map_err(Refusal::NotFetched),
        RegisteredBy::Anybody => {
            let network = outbound::documents_of_network(context);
            let charge = outbound::charge_anybody(network, &url, context);
            let wanted = Wanted {
                url: &url,
                accept,
                longest: LONGEST,
            };
            outbound::get(&wanted, Some(&charge), context).await
        }
    };
    let fetched = fetched.map_err(|failure| match failure {
        Refusal::TooMany(wait) => NoClient::TooMany(wait),
        Refusal::Fault(fault) => NoClient::Fault(fault),
        Refusal::NotFetched(failure) => refusal(failure.why()).into(),
    })?;
    Ok(sector_identifier::check(&fetched.body, &wanted.redirect_uris)?)
}
