//! What this deployment supports of client metadata: registration refuses the rest, discovery advertises it.

use super::{
    ClientMetadata, fapi,
    keys::TlsSubject,
    refusal::refusal,
    values::{
        AuthMethod, ClientSigningAlg, DeliveryMode, GrantType, IdTokenAlg, ResponseType, SubjectType, UNSUPPORTED,
    },
};
use crate::{
    config::{Config, FrontChannelTokens, PkceRequirement, PrivateHttp},
    oidc::{error::OAuthError, jose::jwt::SigningAlg},
    web::fetch_url::LoopbackFetches,
};

/// Every grant type, with those between that an operator has to switch on. So have to be the first and the last.
macro_rules! grant_types {
    ($($more:ident)*) => {
        &[
            GrantType::Implicit,
            GrantType::AuthorizationCode,
            GrantType::RefreshToken,
            GrantType::ClientCredentials,
            GrantType::TokenExchange,
            $(GrantType::$more,)*
            GrantType::DeviceCode,
        ]
    };
}

/// Every authentication method. Those by certificates stand first, so that the others are a list too.
const AUTH_METHODS: &[AuthMethod] = &[
    AuthMethod::TlsClientAuth,
    AuthMethod::SelfSignedTlsClientAuth,
    AuthMethod::ClientSecretBasic,
    AuthMethod::ClientSecretPost,
    AuthMethod::ClientSecretJwt,
    AuthMethod::PrivateKeyJwt,
    AuthMethod::None,
];

const fn grant_types(implicit: bool, device: bool, (assertions, ciba): (bool, bool)) -> &'static [GrantType] {
    let all: &[GrantType] = match (assertions, ciba) {
        (false, false) => grant_types!(),
        (true, false) => grant_types!(JwtBearer),
        (false, true) => grant_types!(Ciba),
        (true, true) => grant_types!(JwtBearer Ciba),
    };
    let switched_on = match device {
        true => all,
        false => all.split_at(all.len() - 1).0,
    };
    match implicit {
        true => switched_on,
        false => switched_on.split_at(1).1,
    }
}

/// The values and features that a client may register.
#[derive(Clone, Copy, Debug)]
pub struct Supported {
    /// `grant_types_supported`.
    pub grant_types: &'static [GrantType],
    /// `response_types_supported`.
    pub response_types: &'static [ResponseType],
    /// `token_endpoint_auth_methods_supported`.
    pub auth_methods: &'static [AuthMethod],
    /// `token_endpoint_auth_signing_alg_values_supported`.
    pub auth_signing_algs: &'static [ClientSigningAlg],
    /// `subject_types_supported`.
    pub subject_types: &'static [SubjectType],
    /// `id_token_signing_alg_values_supported`.
    pub id_token_signing_algs: &'static [IdTokenAlg],
    /// `userinfo_signing_alg_values_supported`.
    pub userinfo_signing_algs: &'static [SigningAlg],
    /// `authorization_signing_alg_values_supported` (JARM).
    pub authorization_signing_algs: &'static [SigningAlg],
    /// `introspection_signing_alg_values_supported`.
    pub introspection_signing_algs: &'static [SigningAlg],
    /// `request_object_signing_alg_values_supported`.
    pub request_object_signing_algs: &'static [ClientSigningAlg],
    /// Encrypted ID Tokens.
    pub id_token_encryption: bool,
    /// Encrypted UserInfo answers.
    pub userinfo_encryption: bool,
    /// Encrypted authorization answers (JARM).
    pub authorization_encryption: bool,
    /// Encrypted introspection answers.
    pub introspection_encryption: bool,
    /// Request objects encrypted to Limen.
    pub request_object_encryption: bool,
    /// Request objects by reference.
    pub request_uris: bool,
    /// Pushed authorization requests.
    pub pushed_authorization_requests: bool,
    /// Making an account on the way (`prompt=create`).
    pub sign_up: bool,
    /// `backchannel_token_delivery_modes_supported`.
    pub delivery_modes: &'static [DeliveryMode],
    /// `backchannel_authentication_request_signing_alg_values_supported`.
    pub backchannel_request_algs: &'static [ClientSigningAlg],
    /// Access tokens bound to a DPoP key.
    pub dpop: bool,
    /// Access tokens bound to a client certificate.
    pub certificate_bound_access_tokens: bool,
    /// Certificates known by an alternative name of their subject.
    pub certificate_san: bool,
    /// Which clients must use PKCE.
    pub pkce_requirement: PkceRequirement,
    /// Whether `jwks_uri` and the like may lead to a loopback host.
    pub loopback_fetches: LoopbackFetches,
    /// Whether redirect URIs may use http on a private network. Who may have one is decided on in `self_service`.
    pub private_http: PrivateHttp,
}

impl Supported {
    /// What Limen does where the configuration allows nothing more.
    pub const CURRENT: Self = Self {
        grant_types: grant_types(false, false, (false, false)),
        response_types: &[ResponseType::Code],
        auth_methods: AUTH_METHODS.split_at(2).1,
        auth_signing_algs: &[
            ClientSigningAlg::RS256,
            ClientSigningAlg::PS256,
            ClientSigningAlg::ES256,
            ClientSigningAlg::EdDSA,
            ClientSigningAlg::PS384,
            ClientSigningAlg::PS512,
            ClientSigningAlg::ES384,
            ClientSigningAlg::ES512,
            ClientSigningAlg::HS256,
            ClientSigningAlg::HS384,
            ClientSigningAlg::HS512,
        ],
        subject_types: &[SubjectType::Public, SubjectType::Pairwise],
        id_token_signing_algs: &IdTokenAlg::ALL,
        userinfo_signing_algs: &SigningAlg::ALL,
        authorization_signing_algs: &SigningAlg::ALL,
        introspection_signing_algs: &SigningAlg::ALL,
        request_object_signing_algs: &[
            ClientSigningAlg::InsecureNone,
            ClientSigningAlg::RS256,
            ClientSigningAlg::PS256,
            ClientSigningAlg::ES256,
            ClientSigningAlg::EdDSA,
            ClientSigningAlg::PS384,
            ClientSigningAlg::PS512,
            ClientSigningAlg::ES384,
            ClientSigningAlg::ES512,
            ClientSigningAlg::HS256,
            ClientSigningAlg::HS384,
            ClientSigningAlg::HS512,
        ],
        id_token_encryption: true,
        userinfo_encryption: true,
        authorization_encryption: true,
        introspection_encryption: true,
        request_object_encryption: true,
        request_uris: true,
        pushed_authorization_requests: true,
        sign_up: false,
        delivery_modes: &DeliveryMode::ALL,
        backchannel_request_algs: &ClientSigningAlg::ASYMMETRIC,
        dpop: true,
        certificate_bound_access_tokens: false,
        certificate_san: false,
        pkce_requirement: PkceRequirement::Public,
        loopback_fetches: LoopbackFetches::Refused,
        private_http: PrivateHttp::Refused,
    };

    /// What Limen does as it is configured.
    pub fn of(config: &Config) -> Self {
        let mut supported = Self::CURRENT;
        supported.loopback_fetches = config.loopback_fetches;
        supported.private_http = config.private_http;
        supported.pkce_requirement = config.pkce_requirement;
        supported.sign_up = config.sign_up.is_for_everybody();
        if config.mtls_origin.is_some() {
            supported.auth_methods = AUTH_METHODS;
            supported.certificate_bound_access_tokens = true;
        }
        let (devices, assertions, ciba) = (
            config.device_authorization,
            !config.trusted_issuers.is_empty(),
            config.backchannel_authentication,
        );
        supported.grant_types = grant_types(false, devices, (assertions, ciba));
        if config.front_channel_tokens == FrontChannelTokens::InsecureAllowed {
            supported.grant_types = grant_types(true, devices, (assertions, ciba));
            supported.response_types = &ResponseType::ALL;
        }
        match config.profile {
            Some(_) => supported.of_fapi(),
            None => supported,
        }
    }

    /// The same for clients that keep to FAPI 2.0.
    #[must_use]
    pub fn of_fapi(mut self) -> Self {
        // A client that a document describes shows no certificate.
        self.auth_methods = match self.auth_methods.contains(&AuthMethod::TlsClientAuth) {
            true => fapi::METHODS,
            false => fapi::METHODS.split_at(2).1,
        };
        self.auth_signing_algs = fapi::CLIENT_ALGS;
        self.request_object_signing_algs = fapi::CLIENT_ALGS;
        self.delivery_modes = fapi::DELIVERY_MODES;
        self.backchannel_request_algs = fapi::CLIENT_ALGS;
        self.id_token_signing_algs = fapi::ID_TOKEN_ALGS;
        self.userinfo_signing_algs = fapi::SIGNING_ALGS;
        self.authorization_signing_algs = fapi::SIGNING_ALGS;
        self.introspection_signing_algs = fapi::SIGNING_ALGS;
        self
    }

    /// Refuses what is not supported: dropping it silently would leave the client without what it relies on.
    pub(super) fn check(&self, client: &ClientMetadata) -> Result<(), OAuthError> {
        let signs_requests = self
            .request_object_signing_algs
            .iter()
            .any(|alg| *alg != ClientSigningAlg::InsecureNone);
        #[rustfmt::skip]
        let fields = [
            ("grant_types", all(&client.grant_types, self.grant_types)),
            ("response_types", all(&client.response_types, self.response_types)),
            ("token_endpoint_auth_method", self.auth_methods.contains(&client.token_endpoint_auth_method)),
            ("token_endpoint_auth_signing_alg", all(&client.token_endpoint_auth_signing_alg, self.auth_signing_algs)),
            ("tls_client_auth_subject_dn", self.certificate_san || !client.tls_subject.as_ref().is_some_and(TlsSubject::is_san)),
            ("tls_client_certificate_bound_access_tokens",
                self.certificate_bound_access_tokens || !client.tls_client_certificate_bound_access_tokens),
            ("dpop_bound_access_tokens", self.dpop || !client.dpop_bound_access_tokens),
            ("subject_type", self.subject_types.contains(&client.subject_type)),
            ("id_token_signed_response_alg", self.id_token_signing_algs.contains(&client.id_token_signed_response_alg)),
            ("id_token_encrypted_response_alg", self.id_token_encryption || client.id_token_encryption.is_none()),
            ("userinfo_signed_response_alg", all(&client.userinfo_signed_response_alg, self.userinfo_signing_algs)),
            ("userinfo_encrypted_response_alg", self.userinfo_encryption || client.userinfo_encryption.is_none()),
            ("authorization_signed_response_alg",
                all(&client.authorization_signed_response_alg, self.authorization_signing_algs)),
            ("authorization_encrypted_response_alg",
                self.authorization_encryption || client.authorization_encryption.is_none()),
            ("introspection_signed_response_alg",
                all(&client.introspection_signed_response_alg, self.introspection_signing_algs)),
            ("introspection_encrypted_response_alg",
                self.introspection_encryption || client.introspection_encryption.is_none()),
            ("request_object_signing_alg", all(&client.request_object_signing_alg, self.request_object_signing_algs)),
            ("request_object_encryption_alg",
                self.request_object_encryption || client.request_object_encryption.is_none()),
            ("require_signed_request_object", signs_requests || !client.require_signed_request_object),
            ("require_pushed_authorization_requests",
                self.pushed_authorization_requests || !client.require_pushed_authorization_requests),
            ("backchannel_token_delivery_mode", all(&client.backchannel_token_delivery_mode, self.delivery_modes)),
            ("backchannel_authentication_request_signing_alg",
                all(&client.backchannel_authentication_request_signing_alg, self.backchannel_request_algs)),
            ("request_uris", self.request_uris || client.request_uris.is_empty()),
        ];
        match fields.iter().find(|(_, supported)| !supported) {
            Some((field, _)) => Err(refusal(field, UNSUPPORTED)),
            None => Ok(()),
        }
    }
}

/// Whether `supported` has all of `wanted`, a list or an option.
fn all<'a, T: PartialEq + 'a>(wanted: impl IntoIterator<Item = &'a T>, supported: &[T]) -> bool {
    wanted.into_iter().all(|value| supported.contains(value))
}
