//! Discovery (OIDC Discovery 1.0 section 4, RFC 8414 section 3), the JWKS (RFC 7517 section 5), protected resource metadata
//! (RFC 9728 section 3), the OpenAPI document, and the stylesheet.

use sha2::{Digest, Sha256};

use crate::{
    edge::{context::Context, failure::MachineFailure, jwks, keys, request::Incoming},
    oidc::{
        client::client_metadata::Supported,
        discovery,
        error::OAuthError,
        jose::provider_key::{JWKS_MAX_AGE, KeyAlg},
        protected_resource,
    },
    openapi,
    pages::{Language, STYLESHEET, STYLESHEET_VERSION},
    reply::{Body, Reply},
    secret::random_text,
    time::Lifetime,
};

/// How long the provider metadata may be kept.
const METADATA_MAX_AGE: Lifetime = Lifetime::hours(1);

/// `GET /.well-known/openid-configuration` and `/.well-known/oauth-authorization-server`.
pub fn metadata(context: &Context) -> Reply {
    let locales = Language::ALL.map(Language::tag);
    let document = discovery::document(&context.config, &Supported::of(&context.config), &locales).to_string();
    let etag = etag(&document);
    Reply::new(200, Body::Json(document)).cached(METADATA_MAX_AGE, etag)
}

/// `GET /.well-known/jwks.json`.
pub async fn keys(context: &Context) -> Result<Reply, MachineFailure> {
    let jwks = match jwks::kept(context).await {
        Some(jwks) => jwks,
        None => {
            keys::ensure(KeyAlg::default(), context).await?;
            jwks::publish(context).await?
        }
    };
    let document = serde_json::json!({ "keys": jwks.keys }).to_string();
    let etag = etag(&document);
    Ok(Reply::new(200, Body::JwkSet(document)).cached(JWKS_MAX_AGE, etag))
}

/// `GET /.well-known/oauth-protected-resource`, and the same with the path of a resource behind it (RFC 9728 section 3.1).
pub fn protected_resource(request: &Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let path = match request.segment(0) {
        "" => String::new(),
        rest => format!("/{rest}"),
    };
    let document = protected_resource::document(&path, &context.config).ok_or_else(|| {
        let error = OAuthError::invalid_request("there is no protected resource at that path");
        MachineFailure::status(404, error)
    })?;
    let document = document.to_string();
    let etag = etag(&document);
    Ok(Reply::new(200, Body::Json(document)).cached(METADATA_MAX_AGE, etag))
}

/// `GET /openapi.json`.
pub fn openapi() -> Reply {
    let etag = etag(openapi::DOCUMENT);
    Reply::new(200, Body::Json(openapi::DOCUMENT.to_owned())).cached(METADATA_MAX_AGE, etag)
}

/// `GET /assets/limen.css`. Pages name it with its version, so it may be kept for ever.
pub fn stylesheet() -> Reply {
    Reply::new(200, Body::Css(STYLESHEET)).cached(Lifetime::days(365), STYLESHEET_VERSION.to_owned())
}

fn etag(document: &str) -> String {
    random_text::<32>(Sha256::digest(document).into())
}
