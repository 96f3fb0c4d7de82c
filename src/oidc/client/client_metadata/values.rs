//! The values that client metadata fields take, each by its registered name (RFC 7591 section 2, OIDC Registration
//! section 2, RFC 7518).

use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, IntoDeserializer, value::Error},
};

pub use crate::oidc::jose::jwe::{ContentEncryption, KeyManagementAlg};
use crate::oidc::{error::OAuthError, jose::jwt::SigningAlg};

/// `grant_types`: how a client may come by tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// RFC 6749 section 4.1.
    AuthorizationCode,
    /// RFC 6749 section 4.2; OIDC Core section 3.2.
    Implicit,
    /// RFC 6749 section 6.
    RefreshToken,
    /// RFC 6749 section 4.4.
    ClientCredentials,
    /// RFC 8628.
    #[serde(rename = "urn:ietf:params:oauth:grant-type:device_code")]
    DeviceCode,
    /// RFC 8693.
    #[serde(rename = "urn:ietf:params:oauth:grant-type:token-exchange")]
    TokenExchange,
    /// RFC 7523.
    #[serde(rename = "urn:ietf:params:oauth:grant-type:jwt-bearer")]
    JwtBearer,
    /// OpenID Connect Client-Initiated Backchannel Authentication.
    #[serde(rename = "urn:openid:params:grant-type:ciba")]
    Ciba,
}

impl GrantType {
    /// The grant type by its name in `grant_type`.
    pub fn parse(name: &str) -> Option<Self> {
        named(name).ok()
    }

    /// Those that are the operator's to give: in which no person takes part, or in which people allow something to who cannot be seen to
    /// stand before them.
    pub fn is_operators_to_give(self) -> bool {
        matches!(
            self,
            Self::ClientCredentials | Self::DeviceCode | Self::TokenExchange | Self::JwtBearer | Self::Ciba
        )
    }

    /// Whether the grant begins at the authorization endpoint.
    pub fn begins_with_redirect(self) -> bool {
        matches!(self, Self::AuthorizationCode | Self::Implicit)
    }
}

/// `backchannel_token_delivery_mode`: how an app that asked a person without their browser comes by the answer (CIBA section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // The names say it.
pub enum DeliveryMode {
    Poll,
    Ping,
    Push,
}

impl DeliveryMode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Poll, Self::Ping, Self::Push];

    /// Whether the app is told of the answer.
    pub fn notifies(self) -> bool {
        self != Self::Poll
    }
}

/// `response_types`: what the authorization endpoint answers with (OAuth 2.0 Multiple Response Types).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // The names say it.
pub enum ResponseType {
    #[serde(rename = "code")]
    Code,
    #[serde(rename = "id_token")]
    IdToken,
    #[serde(rename = "id_token token")]
    IdTokenToken,
    #[serde(rename = "code id_token")]
    CodeIdToken,
    #[serde(rename = "code token")]
    CodeToken,
    #[serde(rename = "code id_token token")]
    CodeIdTokenToken,
}

impl ResponseType {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Code,
        Self::IdToken,
        Self::IdTokenToken,
        Self::CodeIdToken,
        Self::CodeToken,
        Self::CodeIdTokenToken,
    ];

    /// The response type by its words: "the order of values does not matter" (RFC 6749 section 3.1.1).
    pub fn parse(text: &str) -> Option<Self> {
        let mut words: Vec<_> = text.split(' ').collect();
        words.sort_unstable();
        named(&words.join(" ")).ok()
    }

    /// Whether the answer holds a code.
    pub fn has_code(self) -> bool {
        !matches!(self, Self::IdToken | Self::IdTokenToken)
    }

    /// Whether the answer holds an ID Token.
    pub fn has_id_token(self) -> bool {
        !matches!(self, Self::Code | Self::CodeToken)
    }

    /// Whether the answer holds an access token.
    pub fn has_token(self) -> bool {
        matches!(self, Self::IdTokenToken | Self::CodeToken | Self::CodeIdTokenToken)
    }

    /// Whether the answer holds a token, which must not stand in a query: "the default Response Mode ... is the fragment
    /// encoding, and the query encoding MUST NOT be used" (Multiple Response Types section 5).
    pub fn has_front_channel_token(self) -> bool {
        self.has_id_token() || self.has_token()
    }
}

/// `token_endpoint_auth_method`: how a client shows who it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// HTTP Basic (RFC 6749 section 2.3.1).
    #[default]
    ClientSecretBasic,
    /// Form parameters (RFC 6749 section 2.3.1).
    ClientSecretPost,
    /// An assertion under a MAC keyed with the secret (OIDC Core section 9).
    ClientSecretJwt,
    /// An assertion signed with the client's key (OIDC Core section 9).
    PrivateKeyJwt,
    /// A certificate of a known authority (RFC 8705 section 2.1).
    TlsClientAuth,
    /// A certificate over a registered key (RFC 8705 section 2.2).
    SelfSignedTlsClientAuth,
    /// Nothing: a public client.
    None,
}

impl AuthMethod {
    /// All of them.
    #[cfg(test)]
    pub const ALL: [Self; 7] = [
        Self::ClientSecretBasic,
        Self::ClientSecretPost,
        Self::ClientSecretJwt,
        Self::PrivateKeyJwt,
        Self::TlsClientAuth,
        Self::SelfSignedTlsClientAuth,
        Self::None,
    ];

    /// The name in `token_endpoint_auth_method`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::TlsClientAuth => "tls_client_auth",
            Self::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
            Self::None => "none",
        }
    }

    /// The refusal of another method, of a client that is registered for this one. Both are named for its developer; neither is a
    /// secret.
    pub fn refusal_of(self, came: Self) -> OAuthError {
        OAuthError::invalid_client(format!(
            "the client is registered for another authentication method: token_endpoint_auth_method is {}, and {} came",
            self.as_str(),
            came.as_str()
        ))
    }

    /// Whether the client can be held to a secret or key (RFC 6749 section 2.1).
    pub fn is_confidential(self) -> bool {
        self != Self::None
    }

    /// Whether the client needs a `client_secret`.
    pub fn uses_secret(self) -> bool {
        matches!(
            self,
            Self::ClientSecretBasic | Self::ClientSecretPost | Self::ClientSecretJwt
        )
    }

    /// Whether the client needs registered keys.
    pub fn uses_keys(self) -> bool {
        matches!(self, Self::PrivateKeyJwt | Self::SelfSignedTlsClientAuth)
    }
}

/// `id_token_signed_response_alg`: how the client knows that an ID token is Limen's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IdTokenAlg {
    /// By the TLS of the token endpoint alone: "`none` MUST NOT be used unless the Response Type used returns no ID Token
    /// from the Authorization Endpoint ... and the Client explicitly requested the use of `none`" (OIDC Core section 2).
    #[serde(rename = "none")]
    InsecureNone,
    /// By its signature.
    #[serde(untagged)]
    Signed(SigningAlg),
}

impl IdTokenAlg {
    /// All of them, the default first.
    pub const ALL: [Self; 5] = [
        Self::Signed(SigningAlg::RS256),
        Self::Signed(SigningAlg::PS256),
        Self::Signed(SigningAlg::ES256),
        Self::Signed(SigningAlg::EdDSA),
        Self::InsecureNone,
    ];

    /// The algorithm of the signature.
    pub fn signed(self) -> Option<SigningAlg> {
        match self {
            Self::Signed(alg) => Some(alg),
            Self::InsecureNone => None,
        }
    }
}

impl Default for IdTokenAlg {
    fn default() -> Self {
        Self::Signed(SigningAlg::default())
    }
}

/// `subject_type`: whether a person has one `sub` everywhere or one a sector (OIDC Core section 8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // The names say it.
pub enum SubjectType {
    #[default]
    Public,
    Pairwise,
}

/// Under what a client signs its assertions and request objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // The names say it.
pub enum ClientSigningAlg {
    /// Not signed: request objects only.
    #[serde(rename = "none")]
    InsecureNone,
    HS256,
    HS384,
    HS512,
    RS256,
    PS256,
    ES256,
    /// Also by its newer name (RFC 9864 section 2.2), which some libraries write.
    #[serde(alias = "Ed25519")]
    EdDSA,
    PS384,
    PS512,
    ES384,
    ES512,
}

impl From<SigningAlg> for ClientSigningAlg {
    fn from(alg: SigningAlg) -> Self {
        match alg {
            SigningAlg::RS256 => Self::RS256,
            SigningAlg::PS256 => Self::PS256,
            SigningAlg::ES256 => Self::ES256,
            SigningAlg::EdDSA => Self::EdDSA,
        }
    }
}

impl ClientSigningAlg {
    /// Those whose keys are pairs.
    pub const ASYMMETRIC: [Self; 8] = [
        Self::RS256,
        Self::PS256,
        Self::ES256,
        Self::EdDSA,
        Self::PS384,
        Self::PS512,
        Self::ES384,
        Self::ES512,
    ];

    /// The names of `algs`, for those who choose by them: each name that an algorithm has.
    pub fn names(algs: &[Self]) -> Vec<&'static str> {
        let newer = algs.contains(&Self::EdDSA).then_some("Ed25519");
        algs.iter().map(|alg| alg.as_str()).chain(newer).collect()
    }

    /// The algorithm by its name in `alg`.
    pub fn parse(name: &str) -> Option<Self> {
        named(name).ok()
    }

    /// The name in `alg`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InsecureNone => "none",
            Self::HS256 => "HS256",
            Self::HS384 => "HS384",
            Self::HS512 => "HS512",
            Self::RS256 => "RS256",
            Self::PS256 => "PS256",
            Self::ES256 => "ES256",
            Self::EdDSA => "EdDSA",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::ES384 => "ES384",
            Self::ES512 => "ES512",
        }
    }

    /// Whether the key is the client secret.
    pub fn is_hmac(self) -> bool {
        matches!(self, Self::HS256 | Self::HS384 | Self::HS512)
    }

    /// Whether the key is one of the client's registered keys.
    pub fn is_asymmetric(self) -> bool {
        !self.is_hmac() && self != Self::InsecureNone
    }
}

/// A pair of `..._alg` and `..._enc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encryption {
    /// `..._alg`.
    pub alg: KeyManagementAlg,
    /// `..._enc`.
    pub enc: ContentEncryption,
}

/// Why a value is refused that Limen does not have.
pub(super) const UNSUPPORTED: &str = "has a value that is not supported";

/// The value of type `T` with this registered name.
///
/// # Errors
/// Says, for the developer of the client, that there is none.
pub(super) fn named<T: DeserializeOwned>(name: &str) -> Result<T, &'static str> {
    T::deserialize(IntoDeserializer::<Error>::into_deserializer(name)).map_err(|_| UNSUPPORTED)
}
