//! The forms of the console about apps, as the client metadata that `/register` takes.

use serde_json::{Map, Value, json};

use super::unknown;
use crate::{
    named::named,
    oidc::{error::OAuthError, params::Params},
    routes::{Call, Endpoint, Method},
    time::Lifetime,
};

named! {
    /// Kinds of apps, as the assistant has them.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum AppKind {
        /// It has a server, which keeps a secret.
        Web = "web",
        /// It runs in the browser.
        SinglePage = "single_page",
        /// It runs on a device.
        Native = "native",
        /// Nobody sits before it.
        Service = "service",
    }
}

impl AppKind {
    /// Whether people sign in to it.
    pub fn has_people(self) -> bool {
        self != Self::Service
    }

    /// What such an app registers beside its name and addresses. Without `token_endpoint_auth_method` a secret may come in the header or
    /// in the form: libraries differ.
    fn members(self) -> Value {
        match self {
            Self::Web => json!({
                "grant_types": ["authorization_code", "refresh_token"],
            }),
            Self::SinglePage => json!({
                "grant_types": ["authorization_code", "refresh_token"],
                "token_endpoint_auth_method": "none",
            }),
            Self::Native => json!({
                "application_type": "native",
                "grant_types": ["authorization_code", "refresh_token"],
                "token_endpoint_auth_method": "none",
            }),
            Self::Service => json!({
                "grant_types": ["client_credentials"],
                "response_types": [],
                "redirect_uris": [],
            }),
        }
    }
}

/// What a form asks for that is about an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppAction {
    Save,
    SwitchOff,
    SwitchOn,
    RenewSecret,
    Delete,
}

impl AppAction {
    /// # Errors
    /// `invalid_request`.
    pub fn parse(form: &Params) -> Result<Self, OAuthError> {
        match form.single("do")? {
            Some("save") => Ok(Self::Save),
            Some("off") => Ok(Self::SwitchOff),
            Some("on") => Ok(Self::SwitchOn),
            Some("renew") => Ok(Self::RenewSecret),
            Some("delete") => Ok(Self::Delete),
            _ => Err(unknown()),
        }
    }

    /// The call of the API that does the same.
    pub fn call(self) -> Call {
        match self {
            Self::Save | Self::SwitchOff | Self::SwitchOn => (Endpoint::RegisteredClient, Method::Patch),
            Self::RenewSecret => (Endpoint::RenewSecret, Method::Post),
            Self::Delete => (Endpoint::RegisteredClient, Method::Delete),
        }
    }
}

/// What a form asks for that is about how an app looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookAction {
    Save,
    Upload,
    Fetch,
    Remove,
}

impl LookAction {
    /// # Errors
    /// `invalid_request`.
    pub fn parse(form: &Params) -> Result<Self, OAuthError> {
        match form.single("do")? {
            Some("save") => Ok(Self::Save),
            Some("upload") => Ok(Self::Upload),
            Some("fetch") => Ok(Self::Fetch),
            Some("remove") => Ok(Self::Remove),
            _ => Err(unknown()),
        }
    }

    /// The call of the admin API that does the same.
    pub fn call(self) -> Call {
        match self {
            Self::Save => (Endpoint::AdminClient, Method::Patch),
            Self::Upload => (Endpoint::AdminClientLogo, Method::Put),
            Self::Fetch => (Endpoint::AdminClientLogoFetch, Method::Post),
            Self::Remove => (Endpoint::AdminClientLogo, Method::Delete),
        }
    }
}

/// For how long the secret before works beside a new one that the console makes.
pub const OVERLAP: Lifetime = Lifetime::days(1);

/// The body of `POST /register` for a new app of a kind: `client_name` and `redirect_uris`, one a line.
///
/// # Errors
/// `invalid_request` for a field that comes twice.
pub fn registration(kind: AppKind, form: &Params) -> Result<Vec<u8>, OAuthError> {
    let mut body = match kind.members() {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    put_name(form, &mut body)?;
    if kind.has_people() {
        put_addresses(form, &mut body)?;
    }
    Ok(Value::Object(body).to_string().into_bytes())
}

/// The body of `PATCH /register/{client_id}`. A box that is not ticked is not sent, so all of the form counts.
///
/// # Errors
/// `invalid_request` for a field that comes twice, and a lifetime that is no number.
pub fn changes(form: &Params, has_people: bool) -> Result<Vec<u8>, OAuthError> {
    let mut body = Map::new();
    put_name(form, &mut body)?;
    if has_people {
        put_addresses(form, &mut body)?;
        // A form without these fields leaves them as they are.
        if form.single("with_more")?.is_some() {
            put_lines("post_logout_redirect_uris", form, &mut body)?;
            body.insert("roles_claim".to_owned(), claim_path(form)?);
        }
        let chosen = |name| {
            form.single(name)
                .map(|chosen| chosen.filter(|chosen| !chosen.is_empty()))
        };
        body.insert("consent".to_owned(), json!(chosen("consent")?));
        body.insert("required_acr".to_owned(), json!(chosen("acr")?));
        // Who may not see groups is shown none.
        if form.single("with_groups")?.is_some() {
            let groups: Vec<_> = form.all("group").collect();
            let groups = if groups.is_empty() { Value::Null } else { json!(groups) };
            body.insert("allowed_groups".to_owned(), groups);
        }
    }
    for name in LIFETIMES {
        // A field that is left empty is as if it were not sent.
        let seconds = match form.single(name)?.unwrap_or_default().trim() {
            "" => Value::Null,
            digits => json!(
                digits
                    .parse::<u32>()
                    .map_err(|_| { OAuthError::invalid_request(format!("{name} must be a number of seconds")) })?
            ),
        };
        body.insert(name.to_owned(), seconds);
    }
    Ok(Value::Object(body).to_string().into_bytes())
}

/// The lifetimes that an app may have shorter than others.
pub const LIFETIMES: [&str; 3] = ["access_token_lifetime", "id_token_lifetime", "refresh_token_lifetime"];

fn put_name(form: &Params, body: &mut Map<String, Value>) -> Result<(), OAuthError> {
    let name = form.single("client_name")?.unwrap_or_default().trim();
    let value = if name.is_empty() { Value::Null } else { name.into() };
    body.insert("client_name".to_owned(), value);
    Ok(())
}

fn put_addresses(form: &Params, body: &mut Map<String, Value>) -> Result<(), OAuthError> {
    put_lines("redirect_uris", form, body)
}

fn put_lines(name: &str, form: &Params, body: &mut Map<String, Value>) -> Result<(), OAuthError> {
    let text = form.single(name)?.unwrap_or_default();
    let lines: Vec<_> = text.split_whitespace().collect();
    body.insert(name.to_owned(), json!(lines));
    Ok(())
}

/// `roles_claim`: a name, or names with blanks between that lead to the claim.
fn claim_path(form: &Params) -> Result<Value, OAuthError> {
    let text = form.single("roles_claim")?.unwrap_or_default();
    let names: Vec<_> = text.split_whitespace().collect();
    Ok(match names.as_slice() {
        [] => Value::Null,
        [one] => (*one).into(),
        several => json!(several),
    })
}

/// How the form writes a `roles_claim`.
pub fn claim_path_in_words(claim: Option<&Value>) -> String {
    match claim {
        Some(Value::String(name)) => name.clone(),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::api_key::{Area, KeyScope};

    fn json_of(bytes: Result<Vec<u8>, OAuthError>) -> Value {
        serde_json::from_slice(&bytes.unwrap()).unwrap()
    }

    #[test]
    fn a_new_app_registers_what_its_kind_needs() {
        let form =
            Params::parse("client_name=+Notes+&redirect_uris=https://a.test/cb%0D%0A%0D%0A https://b.test/cb").unwrap();
        let of = |kind| json_of(registration(kind, &form));
        assert_eq!(
            of(AppKind::Web),
            json!({
                "client_name": "Notes",
                "redirect_uris": ["https://a.test/cb", "https://b.test/cb"],
                "grant_types": ["authorization_code", "refresh_token"],
            })
        );
        assert_eq!(of(AppKind::SinglePage)["token_endpoint_auth_method"], "none");
        assert_eq!(of(AppKind::Native)["application_type"], "native");
        assert_eq!(of(AppKind::Service)["redirect_uris"], json!([]));
        assert!(registration(AppKind::Web, &Params::parse("client_name=a&client_name=b").unwrap()).is_err());
        for kind in AppKind::ALL {
            assert_eq!(AppKind::parse(kind.as_str()), Some(kind));
        }
    }

    #[test]
    fn all_of_the_form_counts() {
        let of = |form: &str| json_of(changes(&Params::parse(form).unwrap(), true));
        assert_eq!(
            of("client_name=&redirect_uris=&access_token_lifetime=&with_groups=yes"),
            json!({
                "client_name": null, "redirect_uris": [], "consent": null, "allowed_groups": null,
                "required_acr": null, "access_token_lifetime": null, "id_token_lifetime": null, "refresh_token_lifetime": null,
            })
        );
        let more =
            of("with_more=yes&post_logout_redirect_uris=https://a.test/%0D%0Ahttps://a.test/bye&roles_claim=+roles+");
        assert_eq!(
            (&more["post_logout_redirect_uris"], &more["roles_claim"]),
            (&json!(["https://a.test/", "https://a.test/bye"]), &json!("roles"))
        );
        let path = &of("with_more=yes&roles_claim=resource_access+wiki+roles")["roles_claim"];
        assert_eq!(*path, json!(["resource_access", "wiki", "roles"]));
        assert_eq!(claim_path_in_words(Some(path)), "resource_access wiki roles");
        assert_eq!(
            (
                claim_path_in_words(Some(&more["roles_claim"])),
                claim_path_in_words(None)
            ),
            ("roles".to_owned(), String::new())
        );
        assert_eq!(of("with_more=yes")["roles_claim"], Value::Null);
        let all = of("client_name=a&consent=never&with_groups=yes&group=g&group=h&acr=mfa&id_token_lifetime=+300+");
        assert_eq!(
            (
                &all["consent"],
                &all["allowed_groups"],
                &all["required_acr"],
                &all["id_token_lifetime"]
            ),
            (&json!("never"), &json!(["g", "h"]), &json!("mfa"), &json!(300))
        );
        assert!(of("client_name=a&group=g").get("allowed_groups").is_none());
        for wrong in ["id_token_lifetime=x", "id_token_lifetime=-1", "consent=a&consent=b"] {
            assert!(changes(&Params::parse(wrong).unwrap(), true).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_done_to_an_app_needs_a_scope_for_apps() {
        for action in ["save", "off", "on", "renew", "delete"] {
            let form = Params::parse(&format!("do={action}")).unwrap();
            let (endpoint, method) = AppAction::parse(&form).unwrap().call();
            let needed = KeyScope::needed(endpoint.path(), method).unwrap();
            assert_eq!((needed.area, needed.writes), (Area::Apps, true), "{action}");
        }
        for action in ["save", "upload", "fetch", "remove"] {
            let form = Params::parse(&format!("do={action}")).unwrap();
            let (endpoint, method) = LookAction::parse(&form).unwrap().call();
            let needed = KeyScope::needed(endpoint.path(), method).unwrap();
            assert_eq!((needed.area, needed.writes), (Area::Apps, true), "{action}");
        }
        assert!(LookAction::parse(&Params::parse("do=x").unwrap()).is_err());
        assert!(AppAction::parse(&Params::parse("do=x").unwrap()).is_err());
        assert!(AppAction::parse(&Params::parse("").unwrap()).is_err());
    }
}
