//! Apps of other providers, as client metadata (RFC 7591).

use serde_json::{Map, Value, json};

use super::Entry;

/// An app as another provider has it.
#[derive(Debug, Default)]
pub struct App<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub redirect_uris: Vec<String>,
    pub post_logout_redirect_uris: Vec<String>,
    pub grant_types: Vec<String>,
    /// Whether it has no secret.
    pub is_public: bool,
    /// The secret itself, where that is written down.
    pub secret: Option<&'a str>,
    /// Other metadata.
    pub metadata: Map<String, Value>,
}

const GRANTS: [&str; 4] = [
    "authorization_code",
    "refresh_token",
    "client_credentials",
    "urn:ietf:params:oauth:grant-type:device_code",
];

impl App<'_> {
    /// Adds the app, and says whether it can be taken.
    pub fn add(self, entry: &mut Entry) -> bool {
        let what = if self.name.is_empty() { self.id } else { self.name };
        let mut entry = entry.called(what);
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        let is_a_place = matches!(self.id, "." | ".." | "new");
        if self.id.is_empty() || self.id.len() > 100 || !self.id.bytes().all(is_plain) || is_a_place {
            entry.leave("its client id is none that an app can have here");
            return false;
        }
        let is_whole = |uri: &String| !uri.contains('*') && uri.contains(':');
        let (redirect_uris, parts): (Vec<_>, Vec<_>) = self.redirect_uris.into_iter().partition(is_whole);
        for uri in parts {
            entry.leave(format!(
                "the redirect address {uri} is no whole address, which it has to be here"
            ));
        }
        let (mut grants, unknown): (Vec<_>, Vec<_>) = self
            .grant_types
            .into_iter()
            .partition(|grant| GRANTS.contains(&grant.as_str()));
        for grant in unknown {
            entry.leave(format!("the grant {grant} is none that apps have here"));
        }
        if redirect_uris.is_empty() {
            grants.retain(|grant| grant != "authorization_code");
        } else if !grants.iter().any(|grant| grant == "authorization_code") {
            grants.insert(0, "authorization_code".to_owned());
        }
        if grants.iter().all(|grant| grant == "refresh_token") {
            entry.leave("nothing is left that it could do here: it has no redirect address");
            return false;
        }
        let response_types: &[&str] = if redirect_uris.is_empty() { &[] } else { &["code"] };
        let mut metadata = self.metadata;
        let mut put = |name: &str, value: Value| _ = metadata.insert(name.to_owned(), value);
        put("client_name", json!(what));
        // What goes to this machine or to an app's own scheme is of an app on a device.
        if redirect_uris.iter().any(|uri| !uri.starts_with("https://")) {
            put("application_type", json!("native"));
        }
        put("redirect_uris", json!(redirect_uris));
        put("response_types", json!(response_types));
        put("grant_types", json!(grants));
        let logout: Vec<_> = self.post_logout_redirect_uris.into_iter().filter(is_whole).collect();
        if !logout.is_empty() {
            put("post_logout_redirect_uris", json!(logout));
        }
        if self.is_public {
            put("token_endpoint_auth_method", json!("none"));
        } else {
            // Libraries differ in where they put the secret.
            put("token_endpoint_auth_method", json!("client_secret_basic"));
            put("limen_any_secret_method", json!(true));
        }
        let mut line = json!({ "kind": "app", "id": self.id, "metadata": metadata });
        match self.secret {
            Some(secret) if !self.is_public && secret.len() >= 16 => line["secret"] = secret.into(),
            Some(_) if !self.is_public => entry.leave("its secret is shorter than 16 characters: it needs a new one"),
            _ => {}
        }
        entry.add(line);
        true
    }
}
