//! `RESOURCES`: the APIs, beside Limen's own, that access tokens can be for (RFC 8707), and what people can let apps do there. Operators declare
//! others in D1: see `oidc::declared_api`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use url::Url;

use crate::{
    time::Lifetime,
    web::{fetch_url::absolute, json, json_schema::Titles},
};

/// The longest identifier.
const LONGEST: usize = 1_000;

/// The scopes that mean something to Limen itself. `groups` is not one of them where an API has it: see [`Resources::have_groups`].
pub const LIMENS: [&str; 7] = [
    "openid",
    "profile",
    "email",
    "address",
    "phone",
    "offline_access",
    "dcr_admin",
];

/// The most scopes of one API.
const MOST_SCOPES: usize = 50;

/// The most characters of the words for a scope.
const LONGEST_WORDS: usize = 200;

const HOW: &str = r#"must be a JSON object by identifier, such as {"https://mcp.acme.org/mcp": "Acme Files"}, or {"https://mcp.acme.org/mcp": {"name": "Acme Files", "scopes": {"files:read": "Read your files"}}}"#;

/// An API whose tokens this deployment issues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Api {
    /// Its resource identifier, letter by letter as the API expects it in `aud`.
    pub identifier: String,
    /// What it is called before people.
    pub name: String,
    /// What people can let apps do there: the words that they are shown, by scope.
    pub scopes: BTreeMap<String, ScopeWords>,
    /// Whether an app may ask people for its scopes that the operator did not register for them.
    pub is_open: bool,
    /// What more there is of an API that operators declared, for the app that asks.
    pub declared: Option<Declared>,
}

/// What people are told of a scope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeWords {
    pub title: Titles,
    pub description: Titles,
}

/// What operators declared of an API beside its words, for one app.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// Whether it says scope by scope what the app may ask for.
    pub is_limited: bool,
    /// Its scopes that are not for the app.
    pub withheld: BTreeSet<String>,
    /// Those that the app has without a registration, for the API names it with them.
    pub given: BTreeSet<String>,
    pub tokens: TokenRules,
}

/// What the access tokens of an API are like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenRules {
    /// Whether nobody but Limen can read them.
    pub is_opaque: bool,
    /// What signs them, in place of what signs for the app.
    pub alg: Option<&'static str>,
    /// The longest that they live.
    pub lifetime: Option<Lifetime>,
}

/// How the operator writes an API.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Name(String),
    Whole(Whole),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    name: String,
    #[serde(default)]
    scopes: BTreeMap<String, String>,
}

/// The APIs that an operator registered, by the [`normal_form`] of their identifiers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources(BTreeMap<String, Api>);

impl Resources {
    /// The API that `uri` identifies, in whichever of the ways that one can write it. A slash at the end of its path is no
    /// difference, unless there is an API for either.
    pub fn find(&self, uri: &str) -> Option<&Api> {
        let normal = normal_form(uri)?;
        self.0.get(&normal).or_else(|| self.0.get(&other_ending(&normal)?))
    }

    /// The APIs, each with the normal form of its identifier.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Api)> {
        self.0.iter().map(|(normal, api)| (normal.as_str(), api))
    }

    /// Whether an API has a scope `groups`. It means there what the operator says, and nobody is told the groups of people.
    pub fn have_groups(&self) -> bool {
        self.scopes().any(|scope| scope == "groups")
    }

    /// The scopes of all of them, for the app that asks or not.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.0.values().flat_map(|api| api.scopes().chain(api.withheld()))
    }

    /// What the access tokens for the APIs of `audience` are like: as short-lived as for any of them, opaque where all want it, and signed as
    /// they agree.
    pub fn token_rules<'a>(&self, audience: impl Iterator<Item = &'a str>) -> TokenRules {
        let declared = |uri| {
            self.find(uri)
                .map(|api| api.declared.as_ref().map(|declared| declared.tokens))
        };
        let rules: Vec<_> = audience.filter_map(declared).map(Option::unwrap_or_default).collect();
        let first = rules.first().and_then(|rules| rules.alg);
        TokenRules {
            is_opaque: !rules.is_empty() && rules.iter().all(|rules| rules.is_opaque),
            alg: first.filter(|alg| rules.iter().all(|rules| rules.alg == Some(alg))),
            lifetime: rules.iter().filter_map(|rules| rules.lifetime).min(),
        }
    }

    /// The same and APIs that operators declared, but for those that are here already.
    #[must_use]
    pub fn with_declared(&self, apis: Vec<Api>) -> Self {
        let mut all = self.0.clone();
        for api in apis {
            if self.find(&api.identifier).is_none()
                && let Some(normal) = normal_form(&api.identifier)
            {
                all.insert(normal, api);
            }
        }
        Self(all)
    }

    /// Those that an app may ask people for which did not register them.
    pub fn open_scopes(&self) -> impl Iterator<Item = &str> {
        let open = self.0.values().filter(|api| api.is_open);
        open.flat_map(|api| api.scopes.keys()).map(String::as_str)
    }

    /// The same and Limen's admin API.
    pub(super) fn with_admin_api(mut self, api: Api) -> Result<Self, &'static str> {
        if self.scopes().any(|scope| api.scopes.contains_key(scope)) {
            return Err("has a scope of the admin API, which takes access tokens (ADMIN_ACCESS_TOKENS)");
        }
        match self.0.insert(api.identifier.clone(), api) {
            None => Ok(self),
            Some(_) => Err("has the admin API"),
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let all: BTreeMap<String, Written> = json::parse(text).ok_or(HOW)?;
        let mut apis = BTreeMap::new();
        for (identifier, written) in all {
            let Whole { name, scopes } = match written {
                Written::Name(name) => Whole {
                    name,
                    scopes: BTreeMap::new(),
                },
                Written::Whole(whole) => whole,
            };
            let normal =
                normal_form(&identifier).ok_or("has an identifier that is no absolute URI, or has a fragment")?;
            let name = name.trim().to_owned();
            if name.is_empty() || name.chars().any(char::is_control) {
                return Err("has an API without a name that can be shown");
            }
            if scopes.len() > MOST_SCOPES
                || !scopes
                    .iter()
                    .all(|(scope, words)| is_scope(scope) && can_be_shown(words))
            {
                return Err("has a scope that cannot be one, is one of Limen's own, or has no words that can be shown");
            }
            let words = |(scope, words): (String, String)| (scope, ScopeWords::plain(&words));
            let api = Api {
                identifier,
                name,
                scopes: scopes.into_iter().map(words).collect(),
                is_open: true,
                declared: None,
            };
            if apis.insert(normal, api).is_some() {
                return Err("has the same API twice");
            }
        }
        Ok(Self(apis))
    }
}

impl Api {
    /// Its scopes that an app may have.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.keys().map(String::as_str)
    }

    /// Those that are not for it.
    pub fn withheld(&self) -> impl Iterator<Item = &str> {
        let withheld = self.declared.iter().flat_map(|declared| &declared.withheld);
        withheld.map(String::as_str)
    }

    /// Whether it says scope by scope what the app may ask for: what it does not declare, or not any more, is not for the app then.
    pub fn is_limited(&self) -> bool {
        self.declared.as_ref().is_some_and(|declared| declared.is_limited)
    }

    /// Those that it has without a registration.
    pub fn given(&self) -> impl Iterator<Item = &str> {
        let given = self.declared.iter().flat_map(|declared| &declared.given);
        given.map(String::as_str)
    }
}

impl ScopeWords {
    /// These words in every language.
    pub fn plain(title: &str) -> Self {
        Self {
            title: Titles::plain(title),
            description: Titles::default(),
        }
    }
}

/// The same with a slash more or less at its end. `None` where that is not the end of the path, or all of it.
fn other_ending(normal: &str) -> Option<String> {
    let url = Url::parse(normal).ok().filter(Url::has_host)?;
    if url.query().is_some() || url.path() == "/" {
        return None;
    }
    Some(match normal.strip_suffix('/') {
        Some(bare) => bare.to_owned(),
        None => format!("{normal}/"),
    })
}

/// What an API is looked up by: the [`normal_form`] of its identifier, without a slash at its end where one more or less is no difference.
pub fn lookup_key(uri: &str) -> Option<String> {
    let normal = normal_form(uri)?;
    let bare = normal.strip_suffix('/').filter(|_| other_ending(&normal).is_some());
    Some(bare.map_or_else(|| normal.clone(), str::to_owned))
}

/// Whether an API can have this scope (RFC 6749 section 3.3). Limen's own mean the same everywhere.
pub fn is_scope(text: &str) -> bool {
    let of_scopes = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
    (1..=100).contains(&text.len()) && text.bytes().all(of_scopes) && !LIMENS.contains(&text)
}

fn can_be_shown(words: &str) -> bool {
    !words.trim().is_empty() && words.chars().count() <= LONGEST_WORDS && !words.chars().any(char::is_control)
}

/// An absolute URI (RFC 3986 section 4.3: without a fragment) as URL parsers write it: they add a slash to a bare origin, and
/// so do clients whose parsers do. `None` for anything else.
pub fn normal_form(uri: &str) -> Option<String> {
    if uri.len() > LONGEST || !uri.bytes().all(may_be_in_absolute_uri) {
        return None;
    }
    absolute(uri).ok().map(String::from)
}

/// `unreserved`, `reserved` but for `#`, and `%` (RFC 3986 section 2).
fn may_be_in_absolute_uri(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()*+,;=%".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_is_found_however_its_identifier_is_written_and_keeps_its_own_spelling() {
        let resources = Resources::parse(
            r#"{"https://mcp.acme.org": "Acme Files", "https://api.acme.org/v1": "Acme", "urn:acme:api": "Old"}"#,
        )
        .unwrap();
        for uri in [
            "https://mcp.acme.org",
            "https://mcp.acme.org/",
            "HTTPS://MCP.acme.org:443/",
        ] {
            assert_eq!(resources.find(uri).unwrap().identifier, "https://mcp.acme.org", "{uri}");
        }
        assert_eq!(resources.find("urn:acme:api").unwrap().name, "Old");
        assert_eq!(
            resources.find("https://api.acme.org/v1/").unwrap().identifier,
            "https://api.acme.org/v1"
        );
        for uri in [
            "https://api.acme.org/v1//",
            "https://api.acme.org/V1",
            "https://api.acme.org/v1?",
            "https://api.acme.org/v1?x",
            "https://api.acme.org",
            "http://api.acme.org/v1",
            "https://acme@api.acme.org/v1",
            "https://api.acme.org./v1",
            "urn:acme:api/",
        ] {
            assert!(resources.find(uri).is_none(), "{uri}");
        }
    }

    #[test]
    fn a_slash_at_the_end_counts_where_there_is_an_api_for_either() {
        let resources = Resources::parse(
            r#"{"https://a.org/mcp": "Bare", "https://a.org/mcp/": "Slash", "https://b.org/mcp/": "B"}"#,
        );
        let resources = resources.unwrap();
        let name = |uri: &str| resources.find(uri).unwrap().name.as_str();
        assert_eq!(
            (name("https://a.org/mcp"), name("https://a.org/mcp/")),
            ("Bare", "Slash")
        );
        assert_eq!(name("https://b.org/mcp"), "B");
    }

    #[test]
    fn an_api_says_what_people_can_let_apps_do_there() {
        let text = r#"{"https://a.org/mcp": {"name": "Files", "scopes": {"files:read": "Read your files"}}, "https://b.org": "B"}"#;
        let resources = Resources::parse(text).unwrap();
        assert_eq!(resources.scopes().collect::<Vec<_>>(), ["files:read"]);
        let api = resources.find("https://a.org/mcp").unwrap();
        assert_eq!(
            (api.name.as_str(), api.scopes["files:read"].title.find("de")),
            ("Files", Some("Read your files"))
        );
        for scopes in [
            r#"{"openid": "x"}"#,
            r#"{"dcr_admin": "x"}"#,
            r#"{"a b": "x"}"#,
            r#"{"": "x"}"#,
            r#"{"a": " "}"#,
            r#"{"a": "x\u0007"}"#,
            r#"["a"]"#,
        ] {
            let text = format!(r#"{{"https://a.org/mcp": {{"name": "Files", "scopes": {scopes}}}}}"#);
            assert!(Resources::parse(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_api_is_looked_up_by_one_key_however_it_is_written() {
        let key = |uri: &str| lookup_key(uri).unwrap();
        assert_eq!(key("https://A.org/mcp/"), "https://a.org/mcp");
        assert_eq!(key("https://a.org/mcp"), "https://a.org/mcp");
        assert_eq!(
            (key("https://a.org"), key("https://a.org/")),
            ("https://a.org/".to_owned(), "https://a.org/".to_owned())
        );
        assert_eq!(key("urn:acme:api"), "urn:acme:api");
        assert_eq!(key("https://a.org/?x/"), "https://a.org/?x/");
        assert_eq!(lookup_key("a.org"), None);
    }

    #[test]
    fn tokens_for_several_apis_are_such_as_all_of_them_can_take() {
        let api = |identifier: &str, tokens| Api {
            identifier: identifier.to_owned(),
            name: "A".to_owned(),
            scopes: BTreeMap::new(),
            is_open: true,
            declared: Some(Declared {
                tokens,
                ..Declared::default()
            }),
        };
        let rules = |is_opaque, alg, seconds: Option<i64>| TokenRules {
            is_opaque,
            alg,
            lifetime: seconds.map(Lifetime),
        };
        let resources = Resources::parse(r#"{"https://v.org": "V"}"#)
            .unwrap()
            .with_declared(vec![
                api("https://a.org", rules(false, Some("ES256"), Some(60))),
                api("https://b.org", rules(false, Some("ES256"), Some(90))),
                api("https://o.org", rules(true, None, None)),
                api("https://v.org", rules(true, None, None)),
            ]);
        let of = |uris: &[&str]| resources.token_rules(uris.iter().copied());
        assert_eq!(
            of(&["https://a.org", "https://b.org"]),
            rules(false, Some("ES256"), Some(60))
        );
        assert_eq!(of(&["https://b.org", "https://v.org"]), rules(false, None, Some(90)));
        assert_eq!(of(&["https://o.org"]), rules(true, None, None));
        assert_eq!(of(&["https://o.org", "https://id.acme.org"]), rules(true, None, None));
        assert_eq!(of(&["https://o.org", "https://a.org"]), rules(false, None, Some(60)));
        assert_eq!(of(&["https://v.org"]), TokenRules::default(), "RESOURCES wins");
        assert_eq!(of(&["https://id.acme.org"]), TokenRules::default());
    }

    #[test]
    fn what_is_no_absolute_uri_has_no_normal_form() {
        let long = format!("https://mcp.acme.org/{}", "a".repeat(LONGEST));
        for uri in [
            "",
            "mcp.acme.org",
            "/mcp",
            "//mcp.acme.org/mcp",
            "https://",
            "https://mcp.acme.org/mcp#",
            "https://mcp.acme.org/mcp#part",
            " https://mcp.acme.org/mcp",
            "https://mcp.acme.org/mcp\n",
            "https://mcp.acme.org\\mcp",
            "https://mcp.acm\u{e9}.org/mcp",
            "https://mcp.acme.org/\u{0}",
            long.as_str(),
        ] {
            assert_eq!(normal_form(uri), None, "{uri:?}");
        }
    }

    #[test]
    fn a_registry_that_cannot_be_meant_is_refused() {
        for text in [
            "https://mcp.acme.org/mcp",
            r#"["https://mcp.acme.org/mcp"]"#,
            r#"{"https://mcp.acme.org/mcp": 1}"#,
            r#"{"https://mcp.acme.org/mcp": " "}"#,
            r#"{"https://mcp.acme.org/mcp": "a\u0007"}"#,
            r#"{"mcp.acme.org": "Acme"}"#,
            r#"{"https://mcp.acme.org": "Acme", "https://mcp.acme.org": "Evil"}"#,
            r#"{"https://mcp.acme.org/#x": "Acme"}"#,
            r#"{"https://mcp.acme.org": "Acme", "https://mcp.acme.org/": "Acme"}"#,
        ] {
            assert!(Resources::parse(text).is_err(), "{text}");
        }
        assert_eq!(Resources::parse("{}"), Ok(Resources::default()));
    }
}
