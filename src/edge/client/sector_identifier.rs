//! Fetching a client's `sector_identifier_uri` (OIDC Registration section 5).

use crate::{
    edge::{context::Context, platform::fetch},
    oidc::{
        client::{
            client_metadata::ClientMetadata,
            sector_identifier::{self, LONGEST, refusal},
        },
        error::OAuthError,
        fetch_url::FetchUrl,
    },
};

/// Whether the document that a client names lists every redirect URI of the client, as it is to become. Nothing is fetched
/// where a change touches neither.
///
/// # Errors
/// `invalid_client_metadata`: "If any are missing, the registration request MUST be rejected."
pub async fn check(
    wanted: &ClientMetadata,
    before: Option<&ClientMetadata>,
    context: &Context,
) -> Result<(), OAuthError> {
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
    let fetched = fetch::get(&url, "application/json", LONGEST).await;
    let fetched = fetched.map_err(|failure| refusal(failure.why()))?;
    sector_identifier::check(&fetched.body, &wanted.redirect_uris)
}
