//! Keys with which programs call the admin API: what each may do, and how long it lives.

use serde_json::{Map, Value, json};

use super::{body, invitation};
use crate::{
    account::group::Label,
    named::named,
    oidc::error::{ErrorCode, OAuthError},
    routes::Method,
    time::{Lifetime, UnixTime},
};

/// How long a key lives that does not say, and the longest.
const USUAL: Lifetime = Lifetime::days(90);
const LONGEST: Lifetime = Lifetime::days(MOST_DAYS);

/// The longest that keys work, and secrets with an end.
pub(super) const MOST_DAYS: i64 = 3_650;

named! {
    /// What a key is about, by the name in its scopes.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum Area {
        /// People, how they sign in, where they are signed in, what they allowed, invitations.
        People = "people",
        /// Apps, also at `/register`.
        Apps = "apps",
        /// APIs, and which apps may ask for them.
        Apis = "apis",
        /// Groups, who is in them, and roles at apps.
        Groups = "groups",
        Audit = "audit",
        /// Signing keys.
        Keys = "keys",
        Mail = "mail",
        /// Settings, health and status.
        Settings = "settings",
        /// The keys of this file.
        ApiKeys = "api_keys",
        /// Which people are operators.
        Operators = "operators",
        /// Addresses that events of the audit are sent to.
        Webhooks = "webhooks",
    }
}

/// Something that a key may do, such as `people:read`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyScope {
    pub area: Area,
    /// Whether it may change something. Whoever may change may read.
    pub writes: bool,
}

impl Area {
    /// Whether there is anything to change.
    pub fn can_change(self) -> bool {
        !matches!(self, Self::Audit | Self::Settings)
    }
}

impl KeyScope {
    /// Reads its name.
    pub fn parse(name: &str) -> Option<Self> {
        let (area, access) = name.split_once(':')?;
        let area = Area::parse(area)?;
        match access {
            "read" => Some(Self { area, writes: false }),
            "write" if area.can_change() => Some(Self { area, writes: true }),
            _ => None,
        }
    }

    /// Its name.
    pub fn name(self) -> String {
        let access = if self.writes { "write" } else { "read" };
        format!("{}:{access}", self.area.as_str())
    }

    /// What a call needs, by the path of its route: the one place that says so. `None` for what no key may do, and for many calls or lines at
    /// once, each of which needs its own.
    pub fn needed(path: &str, method: Method) -> Option<Self> {
        let writes = method != Method::Get;
        if path == "/register" || path.starts_with("/register/") {
            return Some(Self {
                area: Area::Apps,
                writes,
            });
        }
        let rest = path.strip_prefix("/admin/api/")?;
        let area = match rest.split('/').next()? {
            // Who is in a group is told with all that is known of them.
            "groups" if rest.ends_with("/members") && !writes => Area::People,
            "groups" => Area::Groups,
            "users" if rest.ends_with("/groups") => Area::Groups,
            "clients" if rest.ends_with("/roles") => Area::Groups,
            "users" | "invitations" | "global_token_revocation" => Area::People,
            "clients" => Area::Apps,
            "apis" => Area::Apis,
            "audit" => Area::Audit,
            "keys" => Area::Keys,
            "mail" => Area::Mail,
            "settings" | "status" | "health" => Area::Settings,
            "api_keys" => Area::ApiKeys,
            "operators" => Area::Operators,
            // The least that it takes: an export takes every scope.
            "export" => Area::People,
            "webhooks" => Area::Webhooks,
            _ => return None,
        };
        Some(Self { area, writes })
    }

    /// Whether who may do this may do the other.
    pub fn includes(self, other: Self) -> bool {
        self.area == other.area && (self.writes || !other.writes)
    }
}

/// A key, without what its holder presents.
#[derive(Clone, Debug)]
pub struct ApiKey {
    pub id: String,
    pub name: Label,
    pub scopes: Vec<KeyScope>,
    /// The id of the key that made it, where it was one.
    pub made_by: Option<String>,
    /// The id of the person who made it, at the console or through an app.
    pub made_by_user: Option<String>,
    /// The id of the app that made it.
    pub made_by_client: Option<String>,
    /// What the one of these is called that made it, where that was read.
    pub maker: Option<String>,
    pub created_at: UnixTime,
    pub expires_at: UnixTime,
    /// To the hour.
    pub last_used_at: Option<UnixTime>,
}

impl ApiKey {
    /// Whether it may do what is `needed`.
    ///
    /// # Errors
    /// `insufficient_scope`, naming what it lacks.
    pub fn check(&self, needed: Option<KeyScope>) -> Result<(), OAuthError> {
        judge(&self.scopes, needed)
    }

    /// As JSON.
    pub fn describe(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name.as_str(),
            "scopes": names(&self.scopes),
            "made_by": self.made_by,
            "made_by_user": self.made_by_user,
            "made_by_client": self.made_by_client,
            "created_at": self.created_at,
            "expires_at": self.expires_at,
            "last_used_at": self.last_used_at,
        })
    }
}

/// Whether a key or a person with these scopes may do what is `needed`: the one judge of both.
///
/// # Errors
/// `insufficient_scope`, naming what is lacking.
pub fn judge(scopes: &[KeyScope], needed: Option<KeyScope>) -> Result<(), OAuthError> {
    let lacks = match needed {
        Some(needed) if scopes.iter().any(|scope| scope.includes(needed)) => return Ok(()),
        Some(needed) => format!("this takes the scope {}", needed.name()),
        None => "this takes the admin token".to_owned(),
    };
    Err(OAuthError::new(ErrorCode::InsufficientScope, lacks))
}

/// The names of scopes.
pub fn names(scopes: &[KeyScope]) -> Vec<String> {
    scopes.iter().map(|scope| scope.name()).collect()
}

/// What an operator wants a key to be like.
#[derive(Debug)]
pub struct WantedKey {
    pub name: Label,
    pub scopes: Vec<KeyScope>,
    expires_in: Option<Lifetime>,
}

impl WantedKey {
    /// Reads `{"name": "...", "scopes": ["people:read", ...], "expires_in": 86400}`.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn parse(body: &[u8]) -> Result<Self, OAuthError> {
        let members = body::members(body, &["name", "scopes", "expires_in"])?;
        let name = members.get("name").and_then(Value::as_str).and_then(Label::parse);
        let expires_in = members.get("expires_in");
        Ok(Self {
            name: name.ok_or_else(|| OAuthError::invalid_request(format!("name {}", Label::RULE)))?,
            scopes: scopes(&members)?,
            expires_in: expires_in
                .map(|value| invitation::lifetime(value, LONGEST))
                .transpose()?,
        })
    }

    /// When it ends, made at `now` by `maker`, or by the admin token. No key gives what it does not have, nor for longer.
    ///
    /// # Errors
    /// `insufficient_scope`, `invalid_request`.
    pub fn ends(&self, maker: Option<&ApiKey>, now: UnixTime) -> Result<UnixTime, OAuthError> {
        let ends = now + self.expires_in.unwrap_or(USUAL);
        let Some(maker) = maker else { return Ok(ends) };
        self.scopes.iter().try_for_each(|scope| maker.check(Some(*scope)))?;
        match self.expires_in {
            Some(_) if ends > maker.expires_at => Err(OAuthError::invalid_request(
                "expires_in goes beyond the end of the key that makes it",
            )),
            _ => Ok(ends.min(maker.expires_at)),
        }
    }
}

fn scopes(members: &Map<String, Value>) -> Result<Vec<KeyScope>, OAuthError> {
    let wrong = || {
        let all = Area::ALL
            .into_iter()
            .flat_map(|area| [false, true].map(|writes| KeyScope { area, writes }));
        let all: Vec<_> = all.filter(|scope| !scope.writes || scope.area.can_change()).collect();
        OAuthError::invalid_request(format!("scopes must be a list of some of {}", names(&all).join(" ")))
    };
    let list = members.get("scopes").and_then(Value::as_array).ok_or_else(wrong)?;
    let scopes: Option<Vec<_>> = list.iter().map(|name| KeyScope::parse(name.as_str()?)).collect();
    let mut scopes = scopes.filter(|scopes| !scopes.is_empty()).ok_or_else(wrong)?;
    scopes.sort_unstable();
    scopes.dedup();
    Ok(scopes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::{Audience, Endpoint, ROUTES, Route};

    const NOW: UnixTime = UnixTime(1_800_000_000);

    fn scope(name: &str) -> KeyScope {
        KeyScope::parse(name).unwrap()
    }

    fn key(scopes: &[&str]) -> ApiKey {
        ApiKey {
            id: "k".to_owned(),
            name: Label::parse("Sync").unwrap(),
            scopes: scopes.iter().map(|name| scope(name)).collect(),
            made_by: None,
            made_by_user: None,
            made_by_client: None,
            maker: None,
            created_at: NOW,
            expires_at: NOW + Lifetime::days(10),
            last_used_at: None,
        }
    }

    fn wanted(body: &Value) -> Result<WantedKey, OAuthError> {
        WantedKey::parse(body.to_string().as_bytes())
    }

    #[test]
    fn every_call_of_the_admin_api_needs_a_scope_that_there_is() {
        let is_one_call = |route: &&Route| {
            let is_many = matches!(route.endpoint, Endpoint::AdminBulk | Endpoint::AdminImport);
            route.audience == Audience::Operator && !is_many
        };
        for route in ROUTES.iter().filter(is_one_call) {
            for method in route.methods {
                let needed = KeyScope::needed(route.path, *method);
                let needed = needed.unwrap_or_else(|| panic!("{} has no scope", route.path));
                assert_eq!(
                    KeyScope::parse(&needed.name()),
                    Some(needed),
                    "{method:?} {}",
                    route.path
                );
            }
        }
        assert_eq!(KeyScope::needed("/admin/api/new", Method::Get), None);
        let register = KeyScope::needed("/register", Method::Post).map(KeyScope::name);
        assert_eq!(register.as_deref(), Some("apps:write"));
        assert_eq!(KeyScope::needed("/registers", Method::Post), None);
    }

    #[test]
    fn scopes_go_by_the_names_that_keys_were_made_with() {
        let all = "people apps apis groups audit keys mail settings api_keys operators webhooks";
        assert_eq!(Area::ALL.map(Area::as_str).join(" "), all);
    }

    #[test]
    fn what_belongs_to_groups_is_not_for_those_who_may_change_people_or_apps() {
        let needed = |path: &str, method| KeyScope::needed(&format!("/admin/api/{path}"), method).unwrap().name();
        assert_eq!(needed("users/{user_id}/groups", Method::Post), "groups:write");
        assert_eq!(needed("clients/{client_id}/roles", Method::Post), "groups:write");
        assert_eq!(needed("groups/{group_id}/members", Method::Post), "groups:write");
        assert_eq!(needed("groups/{group_id}/members", Method::Get), "people:read");
        assert_eq!(
            needed("groups/{group_id}/members/{user_id}", Method::Put),
            "groups:write"
        );
        assert_eq!(needed("users/{user_id}/setup_link", Method::Post), "people:write");
    }

    #[test]
    fn a_key_that_may_change_may_read_and_nothing_else() {
        let may = |key: &ApiKey, name| key.check(Some(scope(name))).is_ok();
        let writing = key(&["people:write"]);
        assert!(may(&writing, "people:read") && may(&writing, "people:write"));
        assert!(!may(&writing, "apps:read") && !may(&key(&["people:read"]), "people:write"));
        let refused = key(&["audit:read"]).check(Some(scope("apps:write"))).unwrap_err();
        assert_eq!(refused.code, ErrorCode::InsufficientScope);
        assert!(refused.description.ends_with("apps:write"));
        assert!(key(&["people:write"]).check(None).is_err());
    }

    #[test]
    fn no_key_gives_what_it_does_not_have_nor_for_longer() {
        let maker = key(&["api_keys:write", "people:write"]);
        let ends = |body: Value| wanted(&body).unwrap().ends(Some(&maker), NOW);
        let of = |scopes: &[&str]| json!({ "name": "a", "scopes": scopes });
        assert_eq!(
            ends(of(&["people:read"])),
            Ok(maker.expires_at),
            "90 days would be longer"
        );
        assert!(ends(of(&["people:read", "apps:read"])).is_err());
        let lasting = |days: i64| json!({ "name": "a", "scopes": ["people:write"], "expires_in": days * 86_400 });
        assert_eq!(ends(lasting(9)), Ok(NOW + Lifetime::days(9)));
        assert!(ends(lasting(11)).is_err());
        assert_eq!(
            wanted(&lasting(11)).unwrap().ends(None, NOW),
            Ok(NOW + Lifetime::days(11))
        );
    }

    #[test]
    fn what_makes_no_key_is_refused() {
        assert_eq!(
            wanted(&json!({ "name": "a", "scopes": ["apps:read", "apps:read"] }))
                .unwrap()
                .scopes
                .len(),
            1
        );
        for wrong in [
            json!([]),
            json!({ "name": "a" }),
            json!({ "scopes": ["people:read"] }),
            json!({ "name": "", "scopes": ["people:read"] }),
            json!({ "name": "a", "scopes": [] }),
            json!({ "name": "a", "scopes": "people:read" }),
            json!({ "name": "a", "scopes": ["people"] }),
            json!({ "name": "a", "scopes": ["people:admin"] }),
            json!({ "name": "a", "scopes": ["audit:write"] }),
            json!({ "name": "a", "scopes": ["people:read", 7] }),
            json!({ "name": "a", "scopes": ["people:read"], "expires_in": 59 }),
            json!({ "name": "a", "scopes": ["people:read"], "expires_in": null }),
            json!({ "name": "a", "scopes": ["people:read"], "expires_in": 1e20 }),
            json!({ "name": "a", "scopes": ["people:read"], "key": "x" }),
        ] {
            assert!(wanted(&wrong).is_err(), "{wrong}");
        }
    }
}
