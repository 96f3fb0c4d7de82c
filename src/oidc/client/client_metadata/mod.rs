//! Client metadata (OIDC Registration section 2, RFC 7591 section 2 and the specifications that add to it).

mod choices;
mod fapi;
mod fields;
mod keys;
mod localized;
mod refusal;
mod rules;
mod supported;
mod text;
mod values;
mod wire;

use serde_json::Value;
use url::Url;

use self::fields::Fields;
pub(super) use self::{
    fapi::{FAPI_PROFILE, fill},
    wire::ID_TOKEN_CLAIMS,
};
pub use self::{
    keys::{ClientKeys, PublicJwks, TlsSubject, certificate_digest},
    localized::LocalizedText,
    supported::Supported,
    values::{
        AuthMethod, ClientSigningAlg, ContentEncryption, DeliveryMode, Encryption, GrantType, IdTokenAlg,
        KeyManagementAlg, ResponseType, SubjectType,
    },
};
use super::{
    app_look::AppLook,
    app_rules::AppRules,
    redirect_uri::{ApplicationType, RedirectUri},
};
use crate::{
    config::FapiProfile,
    oidc::{
        error::{ErrorCode, OAuthError},
        jose::jwt::SigningAlg,
        scope::Scope,
    },
    time::Lifetime,
};

/// The most bytes that a client's metadata may have, sent and stored.
pub const LONGEST: usize = 64 * 1_024;

/// What a client registered. Fields are named as on the wire, except for pairs and alternatives, which are one value.
///
/// Serialises as the wire form, with what is absent, empty or false left out. Deserialises what was so stored without
/// judging it anew; what comes from a client goes through [`ClientMetadata::parse`].
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // The names say it.
pub struct ClientMetadata {
    pub redirect_uris: Vec<RedirectUri>,
    pub response_types: Vec<ResponseType>,
    pub grant_types: Vec<GrantType>,
    pub application_type: ApplicationType,
    pub contacts: Vec<String>,
    pub client_name: LocalizedText,
    pub logo_uri: LocalizedText,
    pub client_uri: LocalizedText,
    pub policy_uri: LocalizedText,
    pub tos_uri: LocalizedText,
    /// `jwks` or `jwks_uri`.
    pub keys: Option<ClientKeys>,
    pub scope: Option<Scope>,
    /// Of a client that registered itself, or that a document describes: it may ask people for every scope of an API that it names,
    /// whatever it registered. Not on the wire.
    pub any_api_scope: bool,
    /// Whether its scopes of the admin API were given to it by somebody who may. Not on the wire.
    pub may_administer: bool,
    pub software_id: Option<String>,
    pub software_version: Option<String>,

    pub token_endpoint_auth_method: AuthMethod,
    /// Whether none was named: a secret may then come in the header as well as in the body. Not on the wire.
    pub any_secret_method: bool,
    pub token_endpoint_auth_signing_alg: Option<ClientSigningAlg>,
    /// The one `tls_client_auth_*`.
    pub tls_subject: Option<TlsSubject>,
    pub tls_client_certificate_bound_access_tokens: bool,
    pub dpop_bound_access_tokens: bool,

    pub sector_identifier_uri: Option<String>,
    pub subject_type: SubjectType,
    pub id_token_signed_response_alg: IdTokenAlg,
    /// `id_token_encrypted_response_alg` and `_enc`.
    pub id_token_encryption: Option<Encryption>,
    pub userinfo_signed_response_alg: Option<SigningAlg>,
    /// `userinfo_encrypted_response_alg` and `_enc`.
    pub userinfo_encryption: Option<Encryption>,
    pub authorization_signed_response_alg: Option<SigningAlg>,
    /// `authorization_encrypted_response_alg` and `_enc`.
    pub authorization_encryption: Option<Encryption>,
    pub introspection_signed_response_alg: Option<SigningAlg>,
    /// `introspection_encrypted_response_alg` and `_enc`.
    pub introspection_encryption: Option<Encryption>,

    pub request_object_signing_alg: Option<ClientSigningAlg>,
    /// `request_object_encryption_alg` and `_enc`.
    pub request_object_encryption: Option<Encryption>,
    pub require_signed_request_object: bool,
    pub require_pushed_authorization_requests: bool,
    pub request_uris: Vec<String>,
    pub default_max_age: Option<Lifetime>,
    pub require_auth_time: bool,
    pub default_acr_values: Vec<String>,
    /// `authorization_details_types` (RFC 9396 section 10).
    pub authorization_details_types: Vec<String>,
    pub initiate_login_uri: Option<String>,

    pub post_logout_redirect_uris: Vec<RedirectUri>,
    pub backchannel_logout_uri: Option<String>,
    pub backchannel_logout_session_required: bool,
    pub frontchannel_logout_uri: Option<String>,
    pub frontchannel_logout_session_required: bool,

    pub backchannel_token_delivery_mode: Option<DeliveryMode>,
    pub backchannel_client_notification_endpoint: Option<String>,
    pub backchannel_authentication_request_signing_alg: Option<ClientSigningAlg>,

    /// Of Limen's own: whether the ID token of the token endpoint has the claims that scopes ask for, for clients that read nothing
    /// else.
    pub id_token_claims: bool,
    /// Of Limen's own: for how long the refresh token before the present one is taken for a retry, where not as `REFRESH_GRACE`
    /// says.
    pub refresh_grace: Option<Lifetime>,
    /// Of Limen's own: the profile of FAPI 2.0 that it keeps to.
    pub fapi_profile: Option<FapiProfile>,
    /// Of Limen's own: what the operator alone decides.
    pub rules: AppRules,
    /// Whether it registered itself before an operator changed it: what is open to the apps of operators is not open to it by that. Not on the wire.
    pub came_openly: bool,
    /// Whether it registered itself and waits for an operator, until whom it is disabled. Not on the wire.
    pub waits: bool,
    /// How it looks, and where it opens. Not on the wire.
    pub look: AppLook,
}

impl ClientMetadata {
    /// The host that a client without a name is called by: that of a document which describes it, or of a redirect URI.
    pub fn home_host(&self, client_id: &str) -> Option<String> {
        let host = |uri: &str| {
            let url = Url::parse(uri).ok().filter(|url| url.scheme() == "https")?;
            url.host_str().map(str::to_owned)
        };
        host(client_id).or_else(|| self.redirect_uris.iter().find_map(|uri| host(uri.as_str())))
    }

    /// Reads what a client wants to register. Null and empty strings count as absent; "The authorization server MUST
    /// ignore any client metadata sent by the client that it does not understand", and `software_statement` is not.
    ///
    /// # Errors
    /// `invalid_redirect_uri` or `invalid_client_metadata`, naming the field.
    pub fn parse(json: &Value, supported: &Supported) -> Result<Self, OAuthError> {
        let json = json.as_object().ok_or_else(|| {
            OAuthError::new(
                ErrorCode::InvalidClientMetadata,
                "the client metadata must be a JSON object",
            )
        })?;
        let mut json = json.clone();
        choices::choose(&mut json, supported)?;
        let client = Self::read(&Fields::sent(&json, supported))?;
        fapi::check(&client)?;
        supported.check(&client)?;
        rules::check(&client)?;
        // A number may be longer when it is written than when it was sent (1e15): what is stored is what is measured, and
        // many small patches must not add up to what one request may not hold.
        if Value::Object(client.to_json()).to_string().len() > LONGEST {
            return Err(OAuthError::new(
                ErrorCode::InvalidClientMetadata,
                "the client metadata would be longer than 64 KB",
            ));
        }
        Ok(client)
    }
}

#[cfg(test)]
pub(in crate::oidc) mod tests;
