//! A sample of every statement.

mod about_apis;
mod about_clients;
mod about_credentials;
mod about_lists;
mod about_mail;
mod about_moving;
mod about_people;
mod about_the_rest;
mod about_tokens;

use std::collections::BTreeMap;

use serde_json::json;

use crate::{
    account::{
        group::{Group, Label},
        passkey::{self, Challenge, New, Passkey, State},
        set_up::LinkKind,
        throttle::Counter,
        user::{User, Username},
    },
    admin::{
        client_approval::Unused,
        role::{Holder, RoleOfHolder},
    },
    audit::{Actor, Entry, Event, Occasion},
    config::{Lifetimes, LogoutRevokes, SecondFactor},
    db::{
        Statement,
        app_roles::{self, Roles},
        asserted::{self, Asserted},
        audit, backchannel_outbox, client_approval, client_looks, client_secrets,
        clients::{self, ClientRecord},
        codes::{self, Redemption},
        credential_owner::{FactorChange, Owner},
        credentials::{self, Answered},
        dpop_proofs,
        email_undo::{self, UndoLink},
        fetches::{self, Asking, Charge},
        grants::{self, Allowing},
        group_members::{self, Pairs},
        groups, housekeeping,
        logout_outbox::{self, Notice},
        mail_codes::{self, CodeKey, NewCode},
        mail_outbox,
        memberships::Along,
        passwords,
        preconditions::Preconditions,
        proof::Proof,
        pushed_requests,
        pushed_requests::{AskedOf, Pushing},
        readiness::Ready,
        refreshing::Refreshing,
        replay::{self, OneUse},
        session_clients,
        session_endings::Ending,
        sessions::{self, NewSession, SignedInBy},
        set_up_links::{self, SetUpLink},
        signing_keys::{self, WrappedKey},
        throttles,
        token_conditions::TokenConditions,
        token_families, users,
    },
    mail::{CodeKind, Facts, Kind, NewMail, NewNotice},
    oidc::{
        authentication::Authentication,
        authorize::{AuthRequest, Prompt},
        claims::StandardClaims,
        claims_request::ClaimsRequest,
        client::{
            Client, SecretAtRest, StoredSecret,
            client_auth::{ClientCredentials, Presented},
            client_metadata::{AuthMethod, ResponseType},
        },
        fetcher::Fetcher,
        interaction::HandedIn,
        jose::{
            audience::Audience,
            jwt::SigningAlg,
            provider_key::{DecryptionAlg, KeyAlg, ProviderKey, Schedule},
        },
        proven::{Demand, Proven},
        resource_indicator::Targets,
        scope::Scope,
        single_use::SingleUse,
        subject::SubjectSalt,
        token::{access_token::AccessTokenClaims, code_grant::CodeRequest, refresh_grant::RefreshToken},
    },
    secret::{ClientSecret, Hash, OpaqueToken, RootKeys, WrappedSecret},
    time::{Lifetime, UnixTime},
};

const ALONG: Along = Along {
    groups: true,
    roles: true,
    attributes: true,
};

const NOW: UnixTime = UnixTime(1_800_000_000);

/// An hour of the tests' own.
struct Then;

impl Occasion for Then {
    fn now(&self) -> UnixTime {
        NOW
    }

    fn network(&self) -> Option<&str> {
        Some("192.0.2.0/24")
    }

    fn request_id(&self) -> &str {
        "r"
    }
}

pub(super) fn lifetimes() -> Lifetimes {
    Lifetimes {
        code: Lifetime::minutes(1),
        access_token: Lifetime::minutes(10),
        id_token: Lifetime::hours(1),
        refresh_token: Lifetime::days(90),
        refresh_token_idle: Lifetime::days(30),
        refresh_grace: Lifetime(30),
        session: Lifetime::days(30),
        session_idle: Lifetime::days(7),
        audit: Lifetime::days(90),
    }
}

fn client() -> Client {
    Client {
        client_id: "c".to_owned(),
        version: 1,
        issued_at: NOW,
        metadata: serde_json::from_value(json!({ "redirect_uris": ["https://app.acme.org/cb"] })).unwrap(),
        document_fresh_until: None,
    }
}

fn user() -> User {
    User {
        id: "u".to_owned(),
        subject_salt: SubjectSalt::new([1; 32]),
        username: Username::parse("ada").unwrap(),
        claims: StandardClaims::default(),
        disabled_at: None,
        created_at: NOW,
        updated_at: NOW,
        memberships: Default::default(),
    }
}

fn request() -> AuthRequest {
    AuthRequest {
        response_type: ResponseType::Code,
        scope: Scope::parse("openid email").unwrap(),
        claims: ClaimsRequest::default(),
        resources: Targets::default(),
        at_apis: Targets::default(),
        details: Default::default(),
        nonce: None,
        code_challenge: None,
        binding: None,
        prompt: Prompt::default(),
        max_age: None,
        id_token_hint: None,
        asked: None,
        refreshable: false,
        demand: Some(Demand::NOTHING),
        second_factor: SecondFactor::Optional,
    }
}

fn provider_key() -> ProviderKey {
    ProviderKey {
        kid: "k".to_owned(),
        alg: KeyAlg::Sign(SigningAlg::RS256),
        jwk: json!({ "kty": "RSA" }),
        schedule: Schedule {
            publish_at: NOW,
            activate_at: NOW,
            retire_at: None,
            remove_at: None,
            revoked_at: None,
        },
    }
}

/// Every function that makes statements, as `file::function`, with what it makes. Where it makes several, or others for other
/// values, each stands here.
pub fn samples() -> Vec<(&'static str, Statement)> {
    let mut all = Vec::new();
    about_people::add_to(&mut all);
    about_people::add_groups_to(&mut all);
    about_people::add_roles_to(&mut all);
    about_credentials::add_to(&mut all);
    about_apis::add_to(&mut all);
    about_clients::add_to(&mut all);
    about_clients::add_fetches_to(&mut all);
    about_lists::add_to(&mut all);
    about_tokens::add_to(&mut all);
    about_mail::add_to(&mut all);
    about_moving::add_to(&mut all);
    about_the_rest::add_to(&mut all);
    all
}

pub(super) type Samples = Vec<(&'static str, Statement)>;

pub(super) fn add(all: &mut Samples, name: &'static str, statements: impl IntoIterator<Item: Into<Statement>>) {
    all.extend(statements.into_iter().map(|statement| (name, statement.into())));
}

fn hash() -> Hash {
    Hash::stored("1.h".to_owned())
}

fn counter() -> Counter {
    Counter {
        key: "t".to_owned(),
        limit: 10,
        window: crate::account::throttle::WINDOW,
    }
}
