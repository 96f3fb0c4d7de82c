//! Protected resource metadata (RFC 9728): how a client that knows nothing but the address of an API of Limen's finds out
//! who issues tokens for it.

use serde_json::{Value, json};

use super::{dpop, scope::Scope};
use crate::{
    config::{Api, Config, Issuer, Registration, admin_api},
    routes::{self, Audience, Endpoint},
};

/// An API of Limen's that takes bearer tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resource {
    /// All of them together, under the issuer's own name: what access tokens have as `aud`.
    Issuer,
    Userinfo,
    Registration,
    /// Without `ADMIN_ACCESS_TOKENS` it takes the operator's token and keys alone, which no authorization server issues.
    Admin,
}

impl Resource {
    /// What answers at `path`, if it is a protected resource. The empty path is the issuer itself.
    fn at(path: &str) -> Option<Self> {
        if path.is_empty() {
            return Some(Self::Issuer);
        }
        if path == admin_api::PATH {
            return Some(Self::Admin);
        }
        let (route, _) = routes::find(path)?;
        match route.endpoint {
            Endpoint::Userinfo => Some(Self::Userinfo),
            Endpoint::Register | Endpoint::RegisteredClient | Endpoint::RenewSecret => Some(Self::Registration),
            _ if route.audience == Audience::Operator => Some(Self::Admin),
            _ => None,
        }
    }
}

/// The metadata of the resource at `path` below the issuer (section 2), if there is one.
pub fn document(path: &str, config: &Config) -> Option<Value> {
    let resource = Resource::at(path)?;
    // "The resource value returned MUST be identical to the protected resource's resource identifier value into which the
    // well-known URI path suffix was inserted" (section 3.3).
    let mut document = json!({ "resource": config.issuer.url(path) });
    let members = document.as_object_mut()?;
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    let from_limen = json!([config.issuer.as_str()]);
    let about_people = || Scope::STANDARD.into_iter().filter(|scope| *scope != "offline_access");
    match resource {
        Resource::Issuer => {
            put("resource_name", "Limen".into());
            put("authorization_servers", from_limen);
            put("scopes_supported", about_people().chain([Scope::DCR_ADMIN]).collect());
            put("dpop_signing_alg_values_supported", json!(dpop::algs()));
            put("bearer_methods_supported", json!(["header", "body"]));
        }
        Resource::Userinfo => {
            put("resource_name", "UserInfo".into());
            put("authorization_servers", from_limen);
            put("scopes_supported", about_people().collect());
            put("dpop_signing_alg_values_supported", json!(dpop::algs()));
            put("bearer_methods_supported", json!(["header", "body"]));
        }
        Resource::Registration => {
            put("resource_name", "Client registration".into());
            put("authorization_servers", from_limen);
            put("scopes_supported", json!([Scope::DCR_ADMIN]));
            put("dpop_signing_alg_values_supported", json!(dpop::algs()));
            put("bearer_methods_supported", json!(["header"]));
        }
        Resource::Admin => {
            put("resource_name", "Administration".into());
            if takes_admin_tokens(config) {
                put("authorization_servers", from_limen);
                put(
                    "scopes_supported",
                    admin_api::SCOPES.iter().map(|(scope, _)| *scope).collect(),
                );
                put("dpop_signing_alg_values_supported", json!(dpop::algs()));
            }
            put("bearer_methods_supported", json!(["header"]));
        }
    }
    Some(document)
}

/// Whether `uri`, as URL parsers write it, is an API of Limen's that takes tokens which Limen issues.
pub fn has_tokens(uri: &str, config: &Config) -> bool {
    let path = uri.strip_prefix(config.issuer.as_str());
    let found = path.and_then(|path| Resource::at(if path == "/" { "" } else { path }));
    found.is_some_and(|resource| resource != Resource::Admin)
}

/// The admin API, if `uri`, as URL parsers write it, is something of it, and it takes tokens.
pub fn admin_api<'a>(uri: &str, config: &'a Config) -> Option<&'a Api> {
    let path = uri.strip_prefix(config.issuer.as_str())?;
    match Resource::at(path)? {
        Resource::Admin => config.resources.find(&config.issuer.url(admin_api::PATH)),
        _ => None,
    }
}

/// Whether `uri`, as URL parsers write it, is something of the admin API, whether or not it takes tokens.
pub fn is_admin_api(uri: &str, config: &Config) -> bool {
    let path = uri.strip_prefix(config.issuer.as_str());
    path.and_then(Resource::at) == Some(Resource::Admin)
}

/// Whether the admin API takes access tokens.
pub fn takes_admin_tokens(config: &Config) -> bool {
    admin_api(&config.issuer.url(admin_api::PATH), config).is_some()
}

/// Whether what answers at `path` takes access tokens that Limen issues.
pub fn takes_tokens(path: &str, config: &Config) -> bool {
    match Resource::at(path) {
        Some(Resource::Admin) => takes_admin_tokens(config),
        found => found.is_some(),
    }
}

/// `protected_resources` of the authorization server's metadata (section 4).
pub fn listed(config: &Config) -> Vec<String> {
    let registration = (config.registration != Registration::Off).then_some(Endpoint::Register);
    let admin = takes_admin_tokens(config).then_some(admin_api::PATH);
    [Some(Endpoint::Userinfo.path()), registration.map(Endpoint::path), admin]
        .into_iter()
        .flatten()
        .map(|path| config.issuer.url(path))
        .collect()
}

/// Where the metadata of the resource at `path` stands: the well-known name goes between host and path (section 3.1).
pub fn metadata_url(path: &str, issuer: &Issuer) -> String {
    issuer.url(&format!("{}{path}", Endpoint::ProtectedResource.path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    fn config() -> Config {
        Config::parse(|name| match name {
            "ISSUER" => Some("https://id.acme.org".to_owned()),
            "KEK_1" => Some(ROOT.to_owned()),
            _ => None,
        })
        .unwrap()
    }

    #[test]
    fn the_resource_is_the_very_url_that_was_asked_about() {
        for path in [
            "",
            "/userinfo",
            "/register",
            "/register/abc",
            "/register/a%2Fb/renew_secret",
            "/admin/api/users",
        ] {
            let found = document(path, &config()).unwrap();
            assert_eq!(found["resource"], format!("https://id.acme.org{path}"));
        }
    }

    #[test]
    fn what_takes_no_bearer_token_is_no_protected_resource() {
        for path in [
            "/",
            "/token",
            "/authorize",
            "/login",
            "/nothing",
            "/userinfo/",
            "userinfo",
        ] {
            assert!(document(path, &config()).is_none(), "{path}");
        }
    }

    #[test]
    fn the_admin_api_names_no_authorization_server_for_none_issues_its_token() {
        let found = document("/admin/api/keys", &config()).unwrap();
        assert!(found.get("authorization_servers").is_none());
        assert!(found.get("scopes_supported").is_none());
    }

    #[test]
    fn the_well_known_name_goes_between_host_and_path() {
        let issuer = config().issuer;
        assert_eq!(
            metadata_url("/userinfo", &issuer),
            "https://id.acme.org/.well-known/oauth-protected-resource/userinfo"
        );
    }
}
