//! Discovery (OIDC Discovery 1.0 section 4, RFC 8414 section 3), the JWKS (RFC 7517 section 5), protected resource metadata
//! (RFC 9728 section 3), the OpenAPI document, where passkeys are managed, the stylesheet, the logo and the script.

use std::cell::OnceCell;

use serde_json::json;

use crate::{
    config::{Config, Way},
    edge::{
        http::{
            failure::{MachineFailure, PageFailure, Problem},
            request::Incoming,
            respond::look,
        },
        keys::{jwks, signer},
        platform::context::Context,
    },
    oidc::{
        client::client_metadata::Supported,
        discovery,
        error::OAuthError,
        jose::provider_key::{JWKS_MAX_AGE, KeyAlg},
        protected_resource, webfinger,
    },
    openapi,
    pages::{Language, PASSKEY_SCRIPT, PASSKEY_SCRIPT_VERSION},
    reply::{Body, Document, Reply},
    routes::{Endpoint, Method},
    time::Lifetime,
    web::header,
};

/// How long the provider metadata may be kept.
const METADATA_MAX_AGE: Lifetime = Lifetime::hours(1);

thread_local! {
    /// The provider metadata, which changes with the settings alone: not while an isolate lives.
    static METADATA: OnceCell<Document> = const { OnceCell::new() };
    static OPENAPI: OnceCell<Document> = const { OnceCell::new() };
}

/// Makes the provider metadata, before anybody asks for it.
pub fn prepare(config: &Config) {
    document_of(config);
}

/// `GET /.well-known/openid-configuration` and `/.well-known/oauth-authorization-server`.
pub fn metadata(context: &Context) -> Reply {
    let document = document_of(&context.config);
    Reply::new(200, Body::Json(document.text)).cached(METADATA_MAX_AGE, document.etag)
}

fn document_of(config: &Config) -> Document {
    METADATA.with(|metadata| metadata.get_or_init(|| make_document(config)).clone())
}

#[inline(never)]
#[cold]
fn make_document(config: &Config) -> Document {
    let locales = Language::ALL.map(Language::tag);
    let document = discovery::document(config, &Supported::of(config), &locales);
    Document::new(&document.to_string())
}

/// `GET /.well-known/jwks.json`. HEAD makes no keys and publishes nothing.
pub async fn keys(request: &Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let jwks = if request.method == Method::Head {
        jwks::peek(context).await?
    } else if let Some(jwks) = jwks::kept(context).await {
        jwks
    } else {
        signer::ensure(KeyAlg::default(), context).await?;
        jwks::publish(context).await?
    };
    let document = jwks::document(&jwks);
    let body = Body::JwkSet {
        text: document.text,
        plain: request
            .header("accept")
            .is_some_and(|accept| header::reads_json_alone(&accept)),
    };
    Ok(Reply::new(200, body).cached(JWKS_MAX_AGE, document.etag))
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
    let document = Document::new(&document.to_string());
    Ok(Reply::new(200, Body::Json(document.text)).cached(METADATA_MAX_AGE, document.etag))
}

/// `GET /.well-known/webfinger` (RFC 7033 section 4).
pub fn web_finger(request: &Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let descriptor = webfinger::descriptor(&request.query_params()?, &context.config)?.ok_or_else(|| {
        let error = OAuthError::invalid_request("people of this domain are not looked for here");
        MachineFailure::status(404, error)
    })?;
    Ok(Reply::new(200, Body::Jrd(descriptor.to_string().into())))
}

/// `GET /openapi.json`.
pub fn openapi() -> Reply {
    let document = OPENAPI.with(|kept| kept.get_or_init(|| Document::new(openapi::DOCUMENT)).clone());
    Reply::new(200, Body::Json(document.text)).cached(METADATA_MAX_AGE, document.etag)
}

/// `GET /assets/limen.css`. Pages name it with its version.
pub fn stylesheet(request: &Incoming, context: &Context) -> Reply {
    let look = look::of(&context.config);
    Reply::new(200, Body::Css(look.stylesheet.clone())).cached_by_version(&request.query, look.version.as_str())
}

/// `GET /assets/logo`, likewise, where the deployment has one.
pub fn logo(request: &Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let look = look::of(&context.config);
    let logo = look.logo.as_ref().ok_or(Problem::NotFound)?;
    let body = Body::Picture {
        media_type: logo.format.media_type(),
        bytes: logo.bytes.clone(),
    };
    Ok(Reply::new(200, body).cached_by_version(&request.query, logo.version.as_str()))
}

/// `GET /assets/passkey.js`, likewise.
pub fn passkey_script(request: &Incoming) -> Reply {
    Reply::new(200, Body::Script(PASSKEY_SCRIPT)).cached_by_version(&request.query, PASSKEY_SCRIPT_VERSION)
}

/// `GET /.well-known/passkey-endpoints` ("A Well-Known URL for Relying Party Passkey Endpoints" section 2).
pub fn passkey_endpoints(context: &Context) -> Result<Reply, MachineFailure> {
    let config = &context.config;
    if !config.sign_in.has(Way::Passkey) {
        return Err(nothing_here());
    }
    let page = config.issuer.url(Endpoint::AccountPasskeys.path());
    let document = Document::new(&json!({ "enroll": page, "manage": page }).to_string());
    Ok(Reply::new(200, Body::Json(document.text)).cached(METADATA_MAX_AGE, document.etag))
}

/// `GET /.well-known/webauthn` (WebAuthn Level 3 section 5.11): the other origins that may use the passkeys of this site.
pub fn related_origins(context: &Context) -> Result<Reply, MachineFailure> {
    let origins = &context.config.sign_in.related_origins;
    if origins.is_empty() {
        return Err(nothing_here());
    }
    let document = Document::new(&json!({ "origins": origins }).to_string());
    Ok(Reply::new(200, Body::Json(document.text)).cached(METADATA_MAX_AGE, document.etag))
}

fn nothing_here() -> MachineFailure {
    MachineFailure::status(404, OAuthError::invalid_request("there is nothing here"))
}
