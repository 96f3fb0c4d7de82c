//! Sectors of pairwise subjects, and `sector_identifier_uri`: a document that says which redirect URIs share pairwise subjects (OIDC Registration section 5).

use url::Url;

use super::{
    client_metadata::{ClientMetadata, SubjectType},
    redirect_uri::RedirectUri,
};
use crate::{
    oidc::error::{ErrorCode, OAuthError},
    web::json,
};

/// What clients share that know a person by the same pairwise identifier: "the host component of the sector_identifier_uri", or
/// of the redirect URIs, which then have one. Apps on people's devices, whose redirect URIs say nothing of who they are, have
/// a sector each. `None` for a client that knows people by their public identifier (Core section 8.1).
pub fn sector(client_id: &str, metadata: &ClientMetadata) -> Option<String> {
    if metadata.subject_type == SubjectType::Public {
        return None;
    }
    let host = |uri: &str| {
        let url = Url::parse(uri).ok().filter(|url| url.scheme() == "https")?;
        url.host_str().map(str::to_owned)
    };
    let named = metadata.sector_identifier_uri.as_deref().and_then(host);
    let redirected = || metadata.redirect_uris.iter().find_map(|uri| host(uri.as_str()));
    Some(named.or_else(redirected).unwrap_or_else(|| client_id.to_owned()))
}

/// The most bytes of the document.
pub const LONGEST: usize = 64 * 1_024;

/// Checks a client's redirect URIs against the `document` that it named: "The values of the registered redirect_uris MUST be
/// included in the elements of the array."
///
/// # Errors
/// `invalid_client_metadata`.
pub fn check(document: &[u8], redirect_uris: &[RedirectUri]) -> Result<(), OAuthError> {
    let listed: Vec<String> =
        json::parse(document).ok_or_else(|| refusal("does not lead to a JSON array of strings"))?;
    if redirect_uris
        .iter()
        .all(|uri| listed.iter().any(|one| one == uri.as_str()))
    {
        Ok(())
    } else {
        Err(refusal("does not list every one of redirect_uris"))
    }
}

/// The refusal of a client for what its `sector_identifier_uri` leads to.
pub fn refusal(why: &str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidClientMetadata, format!("sector_identifier_uri {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::PrivateHttp, oidc::client::redirect_uri::ApplicationType};

    #[test]
    fn every_redirect_uri_must_be_listed() {
        let uris = ["https://a.acme.org/cb", "https://b.acme.org/cb"]
            .map(|uri| RedirectUri::register(uri, ApplicationType::Web, PrivateHttp::Refused).unwrap());
        let check = |document: &str| check(document.as_bytes(), &uris);
        assert!(check(r#"["https://b.acme.org/cb","https://x.acme.org","https://a.acme.org/cb"]"#).is_ok());
        for document in [
            "",
            "[]",
            "{}",
            "null",
            r#""https://a.acme.org/cb""#,
            r#"["https://a.acme.org/cb"]"#,
            r#"["https://a.acme.org/cb", "https://b.acme.org/cb/"]"#,
            r#"["https://a.acme.org/cb", "https://b.acme.org/cb", 1]"#,
            r#"{"redirect_uris": ["https://a.acme.org/cb", "https://b.acme.org/cb"]}"#,
        ] {
            let error = check(document).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidClientMetadata, "{document}");
        }
    }
}
