//! Client metadata as JSON, read and written (RFC 7591 section 2): each field stands once in either direction.

use std::hint::black_box;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value, json};

use super::{
    ClientMetadata, FAPI_PROFILE,
    fields::Fields,
    text,
    values::{self, AuthMethod, Encryption, GrantType, ResponseType},
};
use crate::oidc::{
    client::{
        app_look::{self, AppLook},
        app_rules::{AppRules, ConsentRule, GroupsFormat, RolesFormat},
        own_lifetimes::OwnLifetimes,
        redirect_uri::{ApplicationType, RedirectUri},
    },
    error::OAuthError,
    proven::Strength,
};
use crate::{config::Accent, web::host};

impl ClientMetadata {
    pub(super) fn read(fields: &Fields) -> Result<Self, OAuthError> {
        let application_type = match fields.text("application_type", values::named)? {
            Some(given) => given,
            None => inferred_application_type(fields)?,
        };
        let grant_types = or_default(
            fields.texts("grant_types", values::named)?,
            GrantType::AuthorizationCode,
            true,
        );
        let redirected = grant_types.iter().any(|grant| grant.begins_with_redirect());
        let response_type = |text: &str| ResponseType::parse(text).ok_or(values::UNSUPPORTED);
        let response_types = or_default(
            fields.texts("response_types", response_type)?,
            ResponseType::Code,
            redirected,
        );
        let redirect_uri = |text: &str| fields.redirect_uri(text, application_type);
        let any_secret_method = match fields.are_stored() {
            true => fields.flag(ANY_SECRET_METHOD)?,
            false => fields.leaves_out("token_endpoint_auth_method"),
        };

        Ok(Self {
            redirect_uris: fields.texts("redirect_uris", redirect_uri)?,
            response_types,
            grant_types,
            application_type,
            contacts: fields.texts("contacts", text::plain)?,
            client_name: fields.localized("client_name", text::plain)?,
            logo_uri: fields.localized("logo_uri", text::page)?,
            client_uri: fields.localized("client_uri", text::page)?,
            policy_uri: fields.localized("policy_uri", text::page)?,
            tos_uri: fields.localized("tos_uri", text::page)?,
            keys: fields.keys()?,
            scope: fields.scope()?,
            any_api_scope: fields.are_stored() && fields.flag(ANY_API_SCOPE)?,
            may_administer: fields.are_stored() && fields.flag(MAY_ADMINISTER)?,
            software_id: fields.text("software_id", text::plain)?,
            software_version: fields.text("software_version", text::plain)?,

            token_endpoint_auth_method: fields
                .text("token_endpoint_auth_method", values::named)?
                .unwrap_or_default(),
            any_secret_method,
            token_endpoint_auth_signing_alg: fields.text("token_endpoint_auth_signing_alg", values::named)?,
            tls_subject: fields.tls_subject()?,
            tls_client_certificate_bound_access_tokens: fields.flag("tls_client_certificate_bound_access_tokens")?,
            dpop_bound_access_tokens: fields.flag("dpop_bound_access_tokens")?,

            sector_identifier_uri: fields.fetched("sector_identifier_uri")?,
            subject_type: fields.text("subject_type", values::named)?.unwrap_or_default(),
            id_token_signed_response_alg: fields
                .text("id_token_signed_response_alg", values::named)?
                .unwrap_or_default(),
            id_token_encryption: fields.encryption("id_token_encrypted_response")?,
            userinfo_signed_response_alg: fields.text("userinfo_signed_response_alg", values::named)?,
            userinfo_encryption: fields.encryption("userinfo_encrypted_response")?,
            authorization_signed_response_alg: fields.text("authorization_signed_response_alg", values::named)?,
            authorization_encryption: fields.encryption("authorization_encrypted_response")?,
            introspection_signed_response_alg: fields.text("introspection_signed_response_alg", values::named)?,
            introspection_encryption: fields.encryption("introspection_encrypted_response")?,

            request_object_signing_alg: fields.text("request_object_signing_alg", values::named)?,
            request_object_encryption: fields.encryption("request_object_encryption")?,
            require_signed_request_object: fields.flag("require_signed_request_object")?,
            require_pushed_authorization_requests: fields.flag("require_pushed_authorization_requests")?,
            request_uris: fields.request_uris()?,
            default_max_age: fields.seconds("default_max_age")?,
            require_auth_time: fields.flag("require_auth_time")?,
            default_acr_values: fields.texts("default_acr_values", text::plain)?,
            authorization_details_types: fields.texts("authorization_details_types", text::plain)?,
            initiate_login_uri: fields.text("initiate_login_uri", text::https)?,

            post_logout_redirect_uris: fields.texts("post_logout_redirect_uris", redirect_uri)?,
            backchannel_logout_uri: fields.fetched("backchannel_logout_uri")?,
            backchannel_logout_session_required: fields.flag("backchannel_logout_session_required")?,
            frontchannel_logout_uri: fields.text("frontchannel_logout_uri", |text| {
                redirect_uri(text).map(|_| text.to_owned())
            })?,
            frontchannel_logout_session_required: fields.flag("frontchannel_logout_session_required")?,

            backchannel_token_delivery_mode: fields.text("backchannel_token_delivery_mode", values::named)?,
            backchannel_client_notification_endpoint: fields.fetched("backchannel_client_notification_endpoint")?,
            backchannel_authentication_request_signing_alg: fields
                .text("backchannel_authentication_request_signing_alg", values::named)?,

            id_token_claims: fields.flag(ID_TOKEN_CLAIMS)?,
            refresh_grace: fields.seconds("refresh_grace")?,
            fapi_profile: fields.text(FAPI_PROFILE, values::named)?,
            // Through a pointer that the optimizers do not see through: the engine compiles a function whole, and this one is large enough.
            rules: black_box::<fn(&Fields) -> Result<AppRules, OAuthError>>(AppRules::read)(fields)?,
            came_openly: fields.are_stored() && fields.flag(CAME_OPENLY)?,
            waits: fields.are_stored() && fields.flag(WAITS)?,
            look: black_box::<fn(&Fields) -> Result<AppLook, OAuthError>>(AppLook::read)(fields)?,
        })
    }

    /// The wire form, as it is answered: without what only the database has.
    pub fn to_public_json(&self) -> Map<String, Value> {
        let mut public = self.to_json();
        public.remove(ANY_SECRET_METHOD);
        public.remove(ANY_API_SCOPE);
        for own in [
            MAY_ADMINISTER,
            CAME_OPENLY,
            WAITS,
            app_look::LOGO,
            app_look::ACCENT,
            app_look::LAUNCH_URI,
        ] {
            public.remove(own);
        }
        public
    }

    /// The names of what is not as it was before.
    pub fn names_unlike(&self, before: &Self) -> Vec<String> {
        let (before, after) = (before.to_public_json(), self.to_public_json());
        let mut names: Vec<_> = before.keys().chain(after.keys()).cloned().collect();
        names.retain(|name| before.get(name) != after.get(name));
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The wire form, as it is stored.
    pub fn to_json(&self) -> Map<String, Value> {
        let always = [
            ("redirect_uris", json!(self.redirect_uris)),
            ("response_types", json!(self.response_types)),
            ("grant_types", json!(self.grant_types)),
            ("application_type", json!(self.application_type)),
            ("token_endpoint_auth_method", json!(self.token_endpoint_auth_method)),
            ("subject_type", json!(self.subject_type)),
            ("id_token_signed_response_alg", json!(self.id_token_signed_response_alg)),
            (ID_TOKEN_CLAIMS, json!(self.id_token_claims)),
        ];
        #[rustfmt::skip]
        let when_given = [
            ("contacts", json!(self.contacts)),
            ("scope", json!(self.scope)),
            ("software_id", json!(self.software_id)),
            ("software_version", json!(self.software_version)),
            (ANY_SECRET_METHOD, json!(self.any_secret_method)),
            (ANY_API_SCOPE, json!(self.any_api_scope)),
            (MAY_ADMINISTER, json!(self.may_administer)),
            ("token_endpoint_auth_signing_alg", json!(self.token_endpoint_auth_signing_alg)),
            ("tls_client_certificate_bound_access_tokens", json!(self.tls_client_certificate_bound_access_tokens)),
            ("dpop_bound_access_tokens", json!(self.dpop_bound_access_tokens)),
            ("sector_identifier_uri", json!(self.sector_identifier_uri)),
            ("userinfo_signed_response_alg", json!(self.userinfo_signed_response_alg)),
            ("authorization_signed_response_alg", json!(self.authorization_signed_response_alg)),
            ("introspection_signed_response_alg", json!(self.introspection_signed_response_alg)),
            ("request_object_signing_alg", json!(self.request_object_signing_alg)),
            ("require_signed_request_object", json!(self.require_signed_request_object)),
            ("require_pushed_authorization_requests", json!(self.require_pushed_authorization_requests)),
            ("request_uris", json!(self.request_uris)),
            ("default_max_age", json!(self.default_max_age)),
            ("require_auth_time", json!(self.require_auth_time)),
            ("default_acr_values", json!(self.default_acr_values)),
            ("authorization_details_types", json!(self.authorization_details_types)),
            ("initiate_login_uri", json!(self.initiate_login_uri)),
            ("post_logout_redirect_uris", json!(self.post_logout_redirect_uris)),
            ("backchannel_logout_uri", json!(self.backchannel_logout_uri)),
            ("backchannel_logout_session_required", json!(self.backchannel_logout_session_required)),
            ("backchannel_token_delivery_mode", json!(self.backchannel_token_delivery_mode)),
            ("backchannel_client_notification_endpoint", json!(self.backchannel_client_notification_endpoint)),
            ("backchannel_authentication_request_signing_alg", json!(self.backchannel_authentication_request_signing_alg)),
            ("frontchannel_logout_uri", json!(self.frontchannel_logout_uri)),
            ("refresh_grace", json!(self.refresh_grace)),
            (FAPI_PROFILE, json!(self.fapi_profile)),
            (CAME_OPENLY, json!(self.came_openly)),
            (WAITS, json!(self.waits)),
            (app_look::LOGO, json!(self.look.logo)),
            (app_look::ACCENT, json!(self.look.accent.map(|accent| accent.to_string()))),
            (app_look::LAUNCH_URI, json!(self.look.launch_uri)),
            ("frontchannel_logout_session_required", json!(self.frontchannel_logout_session_required)),
        ];
        let localized = [
            ("client_name", &self.client_name),
            ("logo_uri", &self.logo_uri),
            ("client_uri", &self.client_uri),
            ("policy_uri", &self.policy_uri),
            ("tos_uri", &self.tos_uri),
        ];
        let encrypted = [
            ("id_token_encrypted_response", self.id_token_encryption),
            ("userinfo_encrypted_response", self.userinfo_encryption),
            ("authorization_encrypted_response", self.authorization_encryption),
            ("introspection_encrypted_response", self.introspection_encryption),
            ("request_object_encryption", self.request_object_encryption),
        ];
        let alternatives = [json!(self.keys), json!(self.tls_subject)];

        let given = |value: &Value| *value != json!(null) && *value != json!(false) && *value != json!([]);
        let plain = always
            .into_iter()
            .chain(when_given.into_iter().filter(|(_, value)| given(value)));
        let mut wire: Map<_, _> = plain.map(|(field, value)| (field.to_owned(), value)).collect();
        wire.extend(self.rules.to_json().map(|(member, value)| (member.to_owned(), value)));
        for (field, texts) in localized {
            wire.extend(texts.members(field).map(|(member, text)| (member, json!(text))));
        }
        for (prefix, encryption) in encrypted {
            if let Some(Encryption { alg, enc }) = encryption {
                wire.extend([
                    (format!("{prefix}_alg"), json!(alg)),
                    (format!("{prefix}_enc"), json!(enc)),
                ]);
            }
        }
        for alternative in alternatives {
            if let Value::Object(member) = alternative {
                wire.extend(member);
            }
        }
        wire
    }
}

impl AppRules {
    /// What the operator decides.
    fn read(fields: &Fields) -> Result<Self, OAuthError> {
        Ok(Self {
            disabled: fields.flag("disabled")?,
            consent: fields.choice("consent", ConsentRule::parse)?,
            required_acr: fields.choice("required_acr", Strength::parse)?,
            allowed_origins: fields.texts("allowed_origins", text::origin)?,
            lifetimes: OwnLifetimes {
                access_token: fields.seconds("access_token_lifetime")?,
                id_token: fields.seconds("id_token_lifetime")?,
                refresh_token: fields.seconds("refresh_token_lifetime")?,
            },
            allowed_groups: fields.allowed_groups()?,
            groups_claim: fields.claim_path("groups_claim")?,
            groups_format: fields.choice("groups_format", GroupsFormat::parse)?,
            roles_claim: fields.claim_path("roles_claim")?,
            roles_format: fields.choice("roles_format", RolesFormat::parse)?,
            access_token_claims: fields.flag("access_token_claims")?,
            own_claims: fields.own_claims()?,
            token_exchange: fields.token_exchange()?,
            may_act: fields.text("may_act", text::client_id)?,
            id_jag: fields.id_jag()?,
        })
    }
}

impl AppLook {
    /// What Limen keeps: whatever a client sends under these names counts for nothing.
    fn read(fields: &Fields) -> Result<Self, OAuthError> {
        if !fields.are_stored() {
            return Ok(Self::default());
        }
        let accent = fields.text(app_look::ACCENT, text::plain)?;
        Ok(Self {
            logo: fields.text(app_look::LOGO, text::plain)?,
            accent: accent.and_then(|text| Accent::parse(&text).ok()),
            launch_uri: fields
                .text(app_look::LAUNCH_URI, text::plain)?
                .filter(|uri| host::is_https(uri)),
        })
    }
}

/// [`ClientMetadata::id_token_claims`].
pub(in crate::oidc::client) const ID_TOKEN_CLAIMS: &str = "id_token_claims";

/// In storage: [`ClientMetadata::any_secret_method`].
pub(super) const ANY_SECRET_METHOD: &str = "limen_any_secret_method";

/// In storage: [`ClientMetadata::any_api_scope`].
pub(super) const ANY_API_SCOPE: &str = "limen_any_api_scope";

/// In storage: [`ClientMetadata::may_administer`].
pub(super) const MAY_ADMINISTER: &str = "limen_may_administer";

/// In storage: [`ClientMetadata::came_openly`].
pub(super) const CAME_OPENLY: &str = "limen_came_openly";

/// In storage: [`ClientMetadata::waits`].
pub(super) const WAITS: &str = "limen_waits";

/// `application_type` of clients that do not say: "web", unless one of their redirect URIs is one that only native clients may
/// have: these may have https ones, too (RFC 8252 section 7.2). Command-line tools, editors and MCP clients leave it out.
fn inferred_application_type(fields: &Fields) -> Result<ApplicationType, OAuthError> {
    let uris = fields.texts("redirect_uris", |text| Ok(text.to_owned()))?;
    let native = uris.iter().any(|uri| RedirectUri::is_native_only(uri));
    Ok(if native {
        ApplicationType::Native
    } else {
        ApplicationType::Web
    })
}

fn or_default<T>(mut values: Vec<T>, default: T, needed: bool) -> Vec<T> {
    if values.is_empty() && needed {
        values.push(default);
    }
    values
}

impl ClientMetadata {
    /// Whether the client may prove itself by this method: the one that it named, or either way to send a secret where it named
    /// none and has one.
    pub fn takes(&self, method: AuthMethod) -> bool {
        let sends_secret = matches!(method, AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost);
        method == self.token_endpoint_auth_method || (self.any_secret_method && sends_secret)
    }
}

impl Serialize for ClientMetadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ClientMetadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Map::deserialize(deserializer)?;
        Self::read(&Fields::stored(&json)).map_err(|error| de::Error::custom(error.description))
    }
}
