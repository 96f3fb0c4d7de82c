//! Apps of a realm.

use serde_json::{Value, json};

use super::super::entry::IMPLICIT;
use super::super::registration::App;
use super::roles::{self, Told};
use super::{Converted, Entry, flag, members, text, texts};

/// Keycloak's own apps.
const OWN: [&str; 6] = [
    "account",
    "account-console",
    "admin-cli",
    "broker",
    "realm-management",
    "security-admin-console",
];

/// Whether an app is Keycloak's own.
pub fn is_own(id: &str) -> bool {
    OWN.contains(&id) || id.ends_with("-realm")
}

/// Adds an app, unless it is one of Keycloak's own.
pub fn add(client: &Value, realm: &Value, place: String, to: &mut Converted) {
    let id = text(client, "clientId").unwrap_or_default();
    if is_own(id) {
        return;
    }
    let mut entry = Entry::new(place, id, to);
    if text(client, "protocol").is_some_and(|protocol| protocol != "openid-connect") {
        entry.leave("it does not speak OpenID Connect");
        return;
    }
    if flag(client, "bearerOnly") == Some(true) {
        entry.leave("it is an API: name it in RESOURCES");
        return;
    }
    let attribute = |name: &str| client.get("attributes").and_then(|held| text(held, name));
    let mut grants = Vec::new();
    for (name, grant) in [
        ("standardFlowEnabled", "authorization_code"),
        ("serviceAccountsEnabled", "client_credentials"),
    ] {
        if flag(client, name) == Some(true) {
            grants.push(grant.to_owned());
        }
    }
    if attribute("oauth2.device.authorization.grant.enabled") == Some("true") {
        grants.push("urn:ietf:params:oauth:grant-type:device_code".to_owned());
    }
    if attribute("use.refresh.tokens") != Some("false") && grants.iter().any(|grant| grant != "client_credentials") {
        grants.push("refresh_token".to_owned());
    }
    if flag(client, "implicitFlowEnabled") == Some(true) {
        entry.leave(IMPLICIT);
    }
    let method = text(client, "clientAuthenticatorType").unwrap_or("client-secret");
    let is_public = flag(client, "publicClient").unwrap_or_default();
    if method != "client-secret" && !is_public {
        entry.leave(format!("it proves itself by {method}: register its keys"));
    }
    let secret = text(client, "secret").filter(|secret| !secret.starts_with('*'));
    if secret.is_none() && !is_public {
        entry.leave("its secret is not in the file: it needs a new one");
    }
    let logout = attribute("post.logout.redirect.uris").unwrap_or_default();
    let logout = logout
        .split("##")
        .filter(|uri| !uri.is_empty() && !matches!(*uri, "+" | "-"));
    let name = text(client, "name").filter(|name| !name.starts_with("${"));
    let is_disabled = flag(client, "enabled") == Some(false);
    let asks_nobody = flag(client, "consentRequired") == Some(false);
    let told = roles::has_some(realm, id).then(|| roles::told(realm, client, id));
    let (claim, in_access_tokens) = match &told {
        Some(Told::At {
            claim,
            in_access_tokens,
        }) => (claim.as_slice(), *in_access_tokens),
        _ => (&[][..], false),
    };
    let app = App {
        id,
        name: name.unwrap_or(id),
        redirect_uris: texts(client, "redirectUris"),
        post_logout_redirect_uris: logout.map(str::to_owned).collect(),
        grant_types: grants,
        is_public,
        secret,
        metadata: members([
            ("disabled", json!(is_disabled.then_some(true))),
            ("backchannel_logout_uri", json!(attribute("backchannel.logout.url"))),
            ("consent", json!(asks_nobody.then_some("never"))),
            ("roles_claim", json!(claim)),
            ("access_token_claims", json!(in_access_tokens.then_some(true))),
        ]),
    };
    if app.add(&mut entry)
        && let Some(told) = told
    {
        say_where(&told, &mut entry);
    }
}

/// Says where an app finds the roles that people have there.
fn say_where(told: &Told, entry: &mut Entry) {
    match told {
        Told::At { claim, in_access_tokens } => {
            let tokens = match in_access_tokens {
                true => "of ID tokens, UserInfo and access tokens",
                false => "of ID tokens and UserInfo",
            };
            entry.change(format!(
                "finds its roles in the claim {} {tokens} (roles_claim)",
                claim.join(".")
            ));
        }
        Told::Nowhere => {
            entry.change("was told none of its roles by its tokens, and is told none here: name a claim in its roles_claim");
        }
        Told::Otherwise(claim) => entry.leave(format!(
            "it was told its roles in the claim {claim}, which means something else here, and is told none: name another in its roles_claim"
        )),
    }
}
