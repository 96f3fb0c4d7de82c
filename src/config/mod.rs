//! Variables and secrets of the Worker, read once into one typed value.
//!
//! Limen refuses to start on a missing, short or example value, and says how to make a good one.

mod acr_names;
pub mod admin_api;
mod admin_token;
mod attributes;
mod brand;
mod client_id_documents;
mod detail_types;
mod fapi_profile;
mod in_force;
mod issuer;
mod leaked_passwords;
mod lifetimes;
mod logo;
mod mail;
mod policy;
mod profile_field;
mod reader;
mod reserved_claims;
mod resources;
mod self_registered;
mod setting;
mod sign_in;
mod sign_up;
mod trusted_issuers;

use std::{cell::RefCell, fmt};

use self::reader::Reader;
pub use self::{
    acr_names::AcrNames,
    admin_token::AdminToken,
    attributes::{Attribute, AttributeKind, Attributes, PersonMay},
    brand::{Accent, Brand},
    client_id_documents::ClientIdDocuments,
    detail_types::DetailTypes,
    fapi_profile::FapiProfile,
    in_force::ConfigInForce,
    issuer::Issuer,
    leaked_passwords::LeakService,
    lifetimes::{LONGEST_ACCESS_TOKEN, LONGEST_REFRESH_GRACE, Lifetimes},
    logo::LogoFormat,
    mail::{Contact, MailApi, MailSettings, Mailbox, Notices, Provider, Transport},
    policy::{
        AssertionAudience, DpopNonces, FrontChannelTokens, LogoutRevokes, PkceRequirement, PrivateHttp, Registration,
        SecondFactor,
    },
    profile_field::{ProfileField, editable_claims, profile_claims},
    reserved_claims::is_reserved,
    resources::{Api, Declared, Resources, ScopeWords, TokenRules, is_scope, lookup_key, normal_form},
    self_registered::SelfRegistered,
    setting::{Setting, Source},
    sign_in::{SignIn, Way},
    sign_up::{SignUp, SignUpPolicy, Terms, WantedField},
    trusted_issuers::{TrustedIssuer, TrustedIssuers},
};
#[cfg(test)]
pub use self::{reserved_claims::is_standard, resources::LIMENS};
use crate::{secret::RootKeys, web::fetch_url::LoopbackFetches};

/// All that an operator decides.
#[derive(Clone, Debug)]
pub struct Config {
    /// `ISSUER`.
    pub issuer: Issuer,
    /// `KEK_1`, `KEK_2`, ..., `KEK_CURRENT`, `EPOCH`.
    pub roots: RootKeys,
    /// `ADMIN_TOKEN`: opens the admin API and registration. Without it nothing opens the admin API.
    pub admin_token: Option<AdminToken>,
    /// `PROFILE`: what every client keeps to.
    pub profile: Option<FapiProfile>,
    /// `REGISTRATION`: who may register clients.
    pub registration: Registration,
    /// What apps get that registered themselves.
    pub self_registered: SelfRegistered,
    /// `REGISTRATIONS_PER_ADDRESS`: how many clients a network address may register in 15 minutes where anybody may.
    pub registrations_per_address: i64,
    /// `CLIENT_ID_METADATA_DOCUMENTS`: which clients may describe themselves by a document at their `client_id`.
    pub client_id_documents: ClientIdDocuments,
    /// `ATTRIBUTES`: what is kept of people beside the claims that every provider knows.
    pub attributes: Attributes,
    /// `RESOURCES`: the APIs, beside Limen's own, that access tokens can be for.
    pub resources: Resources,
    /// `AUTHORIZATION_DETAILS_TYPES`: what apps may ask for in more words than scopes have (RFC 9396).
    pub detail_types: DetailTypes,
    /// `TRUSTED_ISSUERS`: whose assertions about people count here.
    pub trusted_issuers: TrustedIssuers,
    /// `FRONT_CHANNEL_TOKENS`: whether clients may register the implicit and hybrid flows.
    pub front_channel_tokens: FrontChannelTokens,
    /// `DEVICE_AUTHORIZATION`: whether apps on devices without a browser can ask (RFC 8628), those that the operator registers for it.
    pub device_authorization: bool,
    /// `BACKCHANNEL_AUTHENTICATION`: whether apps can ask people without their browser (CIBA), those that the operator registers for it.
    pub backchannel_authentication: bool,
    /// `REQUIRE_PKCE`: which clients must use PKCE.
    pub pkce_requirement: PkceRequirement,
    /// `INSECURE_LOOPBACK_FETCHES`: whether Limen fetches from the machine that it runs on.
    pub loopback_fetches: LoopbackFetches,
    /// `ID_TOKEN_CLAIMS`: whether apps that an operator registers have `id_token_claims` unless they say otherwise.
    pub id_token_claims: bool,
    /// `ASSERTION_AUDIENCE`: for whom the assertions of clients are.
    pub assertion_audience: AssertionAudience,
    /// `DPOP_NONCES`: whether DPoP proofs need a nonce.
    pub dpop_nonces: DpopNonces,
    /// `WEBFINGER_DOMAINS`: whose people are looked for here.
    pub webfinger_domains: Vec<String>,
    /// `INSECURE_HTTP_REDIRECTS`: whether the operator's clients may have http redirect URIs on private networks.
    pub private_http: PrivateHttp,
    /// `MTLS_ORIGIN`: where clients may show TLS certificates. Without it none counts.
    pub mtls_origin: Option<Issuer>,
    /// `SIGNUP`, `SIGNUP_DOMAINS`, `SIGNUP_FIELDS`, `TERMS_URL`, `TERMS_VERSION`: who may make an account, and what is asked of them.
    pub sign_up: SignUp,
    /// `SIGN_IN`, `PASSKEY_RP_ID`, `PASSKEY_ORIGINS`: how people sign in.
    pub sign_in: SignIn,
    /// `CONSOLE`: whether people with a role have pages at `/admin`.
    pub console: bool,
    /// `LEAKED_PASSWORDS`: who is asked whether a new password stands in a published leak.
    pub leaked_passwords: Option<LeakService>,
    /// `MAIL` and what belongs to it. Without it Limen sends no mail.
    pub mail: Option<MailSettings>,
    /// `SUPPORT_CONTACT`: where people find help when Limen has none.
    pub support: Option<Contact>,
    /// `BRAND_NAME` and what belongs to it: how pages and mails look.
    pub brand: Brand,
    /// `SECOND_FACTOR`: whether people show a second factor beside their password.
    pub second_factor: SecondFactor,
    /// `ACR_VALUES`: the operator's own names for how strong a sign-in is.
    pub acr_names: AcrNames,
    /// `SERVER_TIMING`: whether answers tell how often D1 and KV were asked.
    pub server_timing: bool,
    /// `PROFILE_CLAIMS`: which claims the page of a person's profile has.
    pub profile_claims: Vec<String>,
    /// `EDITABLE_CLAIMS`: which claims people may change themselves.
    pub editable_claims: Vec<String>,
    /// How long things live.
    pub lifetimes: Lifetimes,
    /// `LOGOUT_REVOKES`: which tokens end with the session that they came of.
    pub logout_revokes: LogoutRevokes,
    /// `SESSION_MANAGEMENT`: whether clients can watch the session through an iframe.
    pub session_management: bool,
}

/// Why Limen does not start: one line for each variable that is wrong.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError(Vec<String>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Limen is not configured.\n")?;
        self.0.iter().try_for_each(|problem| writeln!(f, "- {problem}"))
    }
}

/// What gives the text of a variable or secret where it is set.
type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Config {
    /// Whether people can set up one-time codes: they go with passwords and codes by mail, which are one factor.
    pub fn has_codes(&self) -> bool {
        let has_one = self.sign_in.has(Way::Password) || self.sign_in.has(Way::MailCode);
        self.second_factor != SecondFactor::Off && has_one
    }

    /// What people know the deployment by: its name, that of the sender of mails, or the host of the issuer.
    pub fn name(&self) -> &str {
        let sender = self.mail.as_ref().and_then(|mail| mail.from.name.as_deref());
        let name = self.brand.name.as_deref().or(sender);
        name.unwrap_or_else(|| self.issuer.host())
    }

    /// Reads the configuration by means of `var`, which gives the text of a variable or secret where it is set.
    ///
    /// # Errors
    /// Names every variable that is wrong, not just the first.
    pub fn parse(var: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        Self::read(Reader {
            var: &var,
            problems: Vec::new(),
            settings: None,
        })
        .0
    }

    /// The settings as they are in force, by name: those that have an effect. They are read once more for it.
    pub fn settings(var: impl Fn(&str) -> Option<String>) -> Vec<Setting> {
        let (_, settings) = Self::read(Reader {
            var: &var,
            problems: Vec::new(),
            settings: Some(RefCell::default()),
        });
        settings
    }

    fn read(mut reader: Reader<Variables<'_>>) -> (Result<Self, ConfigError>, Vec<Setting>) {
        let issuer = reader.issuer();
        let roots = reader.roots();
        let admin_token = reader.admin_token();
        let profile = FapiProfile::read(&mut reader);
        let registration = reader.choice(
            "REGISTRATION",
            Registration::Token,
            &[
                ("open", Registration::Open),
                ("token", Registration::Token),
                ("off", Registration::Off),
            ],
        );
        // What clients of MCP need, beside a front door for what Limen fetches (`global_fetch_strictly_public`): to be known by
        // a document, or to register themselves. Who switched registration off keeps it off.
        let mcp = reader.choice("MCP", false, &[("off", false), ("on", true)]);
        let registration = match registration {
            Registration::Token if mcp => {
                reader.imply("REGISTRATION", "open");
                Registration::Open
            }
            other => other,
        };
        let registrations_per_address = reader.number("REGISTRATIONS_PER_ADDRESS", 20, 1_000_000);
        let self_registered = SelfRegistered::read(&mut reader);
        let front_channel_tokens = reader.choice(
            "FRONT_CHANNEL_TOKENS",
            FrontChannelTokens::Refused,
            &[
                ("off", FrontChannelTokens::Refused),
                ("on", FrontChannelTokens::InsecureAllowed),
            ],
        );
        let device_authorization = reader.choice("DEVICE_AUTHORIZATION", false, &[("off", false), ("on", true)]);
        let backchannel_authentication =
            reader.choice("BACKCHANNEL_AUTHENTICATION", false, &[("off", false), ("on", true)]);
        let pkce_requirement = reader.choice(
            "REQUIRE_PKCE",
            profile.map_or(PkceRequirement::Public, |_| PkceRequirement::All),
            &[
                ("public", PkceRequirement::Public),
                ("all", PkceRequirement::All),
                ("none", PkceRequirement::InsecureNone),
            ],
        );
        let loopback_fetches = reader.choice(
            "INSECURE_LOOPBACK_FETCHES",
            LoopbackFetches::Refused,
            &[
                ("off", LoopbackFetches::Refused),
                ("on", LoopbackFetches::InsecureAllowed),
            ],
        );
        if loopback_fetches == LoopbackFetches::InsecureAllowed && issuer.as_ref().is_some_and(Issuer::is_https) {
            let problem = "INSECURE_LOOPBACK_FETCHES is for development: it must be off when ISSUER is https";
            reader.problems.push(problem.to_owned());
        }
        let id_token_claims = reader.choice("ID_TOKEN_CLAIMS", true, &[("on", true), ("off", false)]);
        let assertion_audience = reader.choice(
            "ASSERTION_AUDIENCE",
            AssertionAudience::Issuer,
            &[
                ("issuer", AssertionAudience::Issuer),
                ("token_endpoint", AssertionAudience::TokenEndpointToo),
            ],
        );
        let dpop_nonces = reader.choice(
            "DPOP_NONCES",
            DpopNonces::Off,
            &[("off", DpopNonces::Off), ("required", DpopNonces::Required)],
        );
        let webfinger_domains = reader.domains("WEBFINGER_DOMAINS");
        let private_http = reader.choice(
            "INSECURE_HTTP_REDIRECTS",
            PrivateHttp::Refused,
            &[("off", PrivateHttp::Refused), ("private", PrivateHttp::InsecureAllowed)],
        );
        let mtls_origin = reader.origin("MTLS_ORIGIN");
        let client_id_documents = match reader.client_id_documents() {
            ClientIdDocuments::Off if mcp => {
                reader.imply("CLIENT_ID_METADATA_DOCUMENTS", "on");
                ClientIdDocuments::On
            }
            other => other,
        };
        let resources = reader.all_resources(issuer.as_ref());
        let detail_types = reader.detail_types(&resources);
        let attributes = reader.attributes(&resources);
        let trusted_issuers = reader.trusted_issuers(issuer.as_ref(), loopback_fetches);
        let sign_in = SignIn::read(&mut reader, issuer.as_ref());
        let leaked_passwords = LeakService::read(&mut reader, loopback_fetches);
        let brand = Brand::read(&mut reader);
        let mail = MailSettings::read(&mut reader, issuer.as_ref(), brand.name.as_deref());
        if sign_in.has(Way::MailCode) && mail.is_none() {
            let problem = "SIGN_IN has mail_code, which needs MAIL";
            reader.problems.push(problem.to_owned());
        }
        let sign_up = SignUp::read(&mut reader, mail.is_some());
        let support = Contact::read(&mut reader);
        let second_factor = reader.choice(
            "SECOND_FACTOR",
            SecondFactor::Optional,
            &[
                ("off", SecondFactor::Off),
                ("optional", SecondFactor::Optional),
                ("required", SecondFactor::Required),
            ],
        );
        let console = reader.choice("CONSOLE", true, &[("off", false), ("on", true)]);
        let acr_names = AcrNames::read(&mut reader);
        let server_timing = reader.choice("SERVER_TIMING", false, &[("off", false), ("on", true)]);
        let profile_claims = reader.words("PROFILE_CLAIMS", &profile_claims());
        let mut editable_claims = reader.words("EDITABLE_CLAIMS", &editable_claims());
        editable_claims.retain(|claim| claim == "email" || profile_claims.contains(claim));
        let lifetimes = Lifetimes::read(&mut reader);
        let logout_revokes = reader.choice(
            "LOGOUT_REVOKES",
            LogoutRevokes::Online,
            &[
                ("online", LogoutRevokes::Online),
                ("all", LogoutRevokes::All),
                ("nothing", LogoutRevokes::Nothing),
            ],
        );
        let session_management = reader.choice("SESSION_MANAGEMENT", false, &[("off", false), ("on", true)]);
        let settings = reader
            .settings
            .take()
            .map(|settings| settings.into_inner().into_values().collect());
        let config = match (issuer, roots) {
            (Some(issuer), Some(roots)) if reader.problems.is_empty() => Ok(Self {
                issuer,
                roots,
                admin_token,
                profile,
                registration,
                registrations_per_address,
                self_registered,
                client_id_documents,
                resources,
                detail_types,
                attributes,
                trusted_issuers,
                front_channel_tokens,
                device_authorization,
                backchannel_authentication,
                pkce_requirement,
                loopback_fetches,
                private_http,
                id_token_claims,
                assertion_audience,
                dpop_nonces,
                webfinger_domains,
                mtls_origin,
                sign_up,
                sign_in,
                console,
                leaked_passwords,
                mail,
                support,
                brand,
                second_factor,
                acr_names,
                server_timing,
                editable_claims,
                profile_claims,
                lifetimes,
                logout_revokes,
                session_management,
            }),
            _ => Err(ConfigError(reader.problems)),
        };
        (config, settings.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
