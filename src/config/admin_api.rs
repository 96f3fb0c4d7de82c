//! `ADMIN_ACCESS_TOKENS`: whether the admin API takes access tokens beside its own keys. It is then an API as those of `RESOURCES` are,
//! but for this: its scopes are given by the operator alone.

use std::collections::BTreeMap;

use super::{
    issuer::Issuer,
    resources::{Api, ScopeWords},
};

/// Where it is, and what its tokens are for: all of it is one API.
pub const PATH: &str = "/admin/api";

/// What an app can be let do there, and the words that people are shown for it. To make API keys is not there: a key would outlive
/// the token that made it.
pub const SCOPES: [(&str, &str); 19] = [
    ("people:read", "See everybody's account"),
    ("people:write", "Change and delete everybody's account"),
    ("apps:read", "See all apps"),
    ("apps:write", "Add, change and delete apps"),
    ("apis:read", "See APIs, and which apps may ask for them"),
    ("apis:write", "Add, change and delete APIs"),
    ("groups:read", "See groups, and roles at apps"),
    ("groups:write", "Change groups, and roles at apps"),
    ("audit:read", "Read who did what"),
    ("keys:read", "See the signing keys"),
    ("keys:write", "Retire and revoke signing keys"),
    ("mail:read", "See which mails were sent to whom"),
    ("mail:write", "Send test mails, and delete and resend mails"),
    ("settings:read", "See the settings and the state of this server"),
    ("api_keys:read", "See the keys of programs"),
    ("operators:read", "See who is an operator"),
    ("operators:write", "Say who is an operator"),
    ("webhooks:read", "See where events are sent"),
    ("webhooks:write", "Say where events are sent"),
];

/// The API.
pub(super) fn api(issuer: &Issuer) -> Api {
    let scopes = SCOPES
        .iter()
        .map(|(scope, words)| ((*scope).to_owned(), ScopeWords::plain(words)));
    Api {
        identifier: issuer.url(PATH),
        name: format!("Administration of {}", issuer.as_str()),
        scopes: scopes.collect::<BTreeMap<_, _>>(),
        is_open: false,
        declared: None,
    }
}
