//! APIs that operators declared (RFC 8707), beside those of `RESOURCES`: what they are called, what apps may do there, which apps may ask for
//! them, and what their access tokens are like.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::jose::jwt::SigningAlg;
use crate::{
    config::{
        Api, Attributes, Config, Declared, LONGEST_ACCESS_TOKEN, ScopeWords, TokenRules, admin_api, is_scope,
        normal_form,
    },
    readable::is_line,
    time::Lifetime,
    web::json_schema::{Titles, tag_of},
};

/// The members of an API that operators decide, beside its identifier.
pub const MEMBERS: [&str; 8] = [
    "name",
    "scopes",
    "open_to",
    "self_registered_apps",
    "apps",
    "token_format",
    "token_signing_alg",
    "access_token_lifetime",
];

/// In place of a list of scopes: each that the API has.
pub const ALL: &str = "all";

/// The most scopes of an API, and the most apps that it names.
const MOST_SCOPES: usize = 50;
const MOST_APPS: usize = 100;

/// The most characters of a name, and the most bytes of a `client_id`.
const LONGEST_NAME: usize = 100;
const LONGEST_CLIENT_ID: usize = 400;

/// The most bytes of all of it as JSON.
const LONGEST: usize = 32_768;

/// The shortest that tokens for an API can be made to live.
const SHORTEST_LIFETIME: i64 = 60;

/// An API that operators declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredApi {
    /// Its resource identifier, which stays: it is in tokens and grants.
    pub identifier: String,
    pub settings: ApiSettings,
}

/// What operators decide about one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiSettings {
    /// What it is called before people.
    pub name: String,
    /// What apps may do there.
    pub scopes: BTreeMap<String, ScopeWords>,
    /// Whether every app may ask for it, or those in `apps` alone. The database judges by it: see `db::apis`.
    pub open_to_all: bool,
    /// Whether "every app" has those in it that registered themselves, or describe themselves.
    pub self_registered_apps: bool,
    /// Apps that may ask for it whatever else holds, with the scopes that they may ask for where not for all.
    pub apps: BTreeMap<String, Option<BTreeSet<String>>>,
    pub is_opaque: bool,
    pub alg: Option<SigningAlg>,
    pub lifetime: Option<Lifetime>,
}

impl ApiSettings {
    /// Reads the members, of which `name` alone must be there. A `null` is as if it were not there.
    ///
    /// # Errors
    /// Names what is wrong, and says what was expected.
    pub fn read(members: &Map<String, Value>) -> Result<Self, String> {
        let given = |name: &str| members.get(name).filter(|value| !value.is_null());
        let name = given("name").ok_or("name is missing")?;
        let name = name.as_str().filter(|name| is_name(name));
        let name = name.ok_or("name must be a text of 1 to 100 characters that can be seen, with single blanks")?;
        let scopes = given("scopes").map_or_else(|| Ok(BTreeMap::new()), read_scopes)?;
        let apps = given("apps").map_or_else(|| Ok(BTreeMap::new()), |apps| read_apps(apps, &scopes))?;
        let is_opaque = choice(given("token_format"), "token_format", ["jwt", "opaque"])?;
        let alg = given("token_signing_alg").map(read_alg).transpose()?;
        if is_opaque && alg.is_some() {
            return Err(
                "token_signing_alg is for token_format jwt: nobody checks a signature of opaque tokens".to_owned(),
            );
        }
        let settings = Self {
            name: name.to_owned(),
            scopes,
            open_to_all: !choice(given("open_to"), "open_to", ["all_apps", "named_apps"])?,
            self_registered_apps: given("self_registered_apps").map_or(Ok(false), |value| {
                value.as_bool().ok_or("self_registered_apps must be true or false")
            })?,
            apps,
            is_opaque,
            alg,
            lifetime: given("access_token_lifetime").map(read_lifetime).transpose()?,
        };
        match Value::Object(settings.members()).to_string().len() {
            0..=LONGEST => Ok(settings),
            _ => Err(format!("the API must have at most {LONGEST} bytes")),
        }
    }

    /// Reads what is stored, which was right when it was. What is not any more, since a later version has it for itself, is left out, and the
    /// problem named: no request of an app fails by it, and nothing is open to more apps or for longer.
    pub fn read_stored(identifier: &str, members: &Map<String, Value>) -> (Self, Option<String>) {
        match Self::read(members) {
            Ok(settings) => (settings, None),
            Err(problem) => (Self::as_far_as_right(identifier, members), Some(problem)),
        }
    }

    fn as_far_as_right(identifier: &str, members: &Map<String, Value>) -> Self {
        let is = |name: &str, text: &str| members.get(name).is_some_and(|value| value == text);
        let objects = |name: &str| members.get(name).and_then(Value::as_object).into_iter().flatten();
        let name = members.get("name").and_then(Value::as_str);
        let scopes: BTreeMap<_, _> = objects("scopes")
            .filter_map(|(scope, words)| read_scope(scope, words).ok())
            .collect();
        let apps = objects("apps").map(|(client_id, rule)| {
            let limit = match rule.as_object().map(|rule| rule.get("scopes")) {
                Some(None | Some(Value::Null)) => None,
                Some(Some(Value::Array(list))) => {
                    let known = list.iter().filter_map(Value::as_str);
                    Some(
                        known
                            .filter(|scope| scopes.contains_key(*scope))
                            .map(str::to_owned)
                            .collect(),
                    )
                }
                _ => Some(BTreeSet::new()),
            };
            (client_id.clone(), limit)
        });
        let is_opaque = is("token_format", "opaque");
        let alg = members.get("token_signing_alg").and_then(Value::as_str);
        let lifetime = members.get("access_token_lifetime").filter(|value| !value.is_null());
        Self {
            name: name.filter(|name| is_name(name)).unwrap_or(identifier).to_owned(),
            apps: apps.collect(),
            open_to_all: is("open_to", "all_apps"),
            self_registered_apps: members.get("self_registered_apps") == Some(&Value::Bool(true)),
            is_opaque,
            alg: alg.filter(|_| !is_opaque).and_then(SigningAlg::parse),
            lifetime: lifetime.map(|value| {
                let seconds = value.as_i64().unwrap_or(SHORTEST_LIFETIME);
                Lifetime(seconds.clamp(SHORTEST_LIFETIME, LONGEST_ACCESS_TOKEN.seconds()))
            }),
            scopes,
        }
    }

    /// Whether they fit the deployment as it is configured.
    ///
    /// # Errors
    /// Names what does not.
    pub fn check(&self, config: &Config) -> Result<(), String> {
        if let Some(scope) = self
            .scopes
            .keys()
            .find(|scope| is_attributes(scope, &config.attributes))
        {
            return Err(format!(
                "scopes has {scope}, which asks for what ATTRIBUTES keeps of people"
            ));
        }
        if config.profile.is_some() && self.alg == Some(SigningAlg::RS256) {
            return Err("token_signing_alg must be PS256, ES256 or EdDSA, as PROFILE demands".to_owned());
        }
        Ok(())
    }

    /// As they are stored, and shown to operators: each of [`MEMBERS`].
    pub fn members(&self) -> Map<String, Value> {
        let scopes = self.scopes.iter().map(|(scope, words)| {
            let mut members = Map::new();
            words.title.write_as("title", &mut members);
            words.description.write_as("description", &mut members);
            (scope.clone(), Value::Object(members))
        });
        let apps = self.apps.iter().map(|(client_id, scopes)| {
            let rule = scopes
                .as_ref()
                .map_or_else(|| json!({}), |scopes| json!({ "scopes": scopes }));
            (client_id.clone(), rule)
        });
        let members = [
            ("name", json!(self.name)),
            ("scopes", scopes.collect()),
            (
                "open_to",
                json!(if self.open_to_all { "all_apps" } else { "named_apps" }),
            ),
            ("self_registered_apps", json!(self.self_registered_apps)),
            ("apps", apps.collect()),
            ("token_format", json!(if self.is_opaque { "opaque" } else { "jwt" })),
            ("token_signing_alg", json!(self.alg.map(SigningAlg::as_str))),
            ("access_token_lifetime", json!(self.lifetime.map(Lifetime::seconds))),
        ];
        members
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect()
    }
}

impl DeclaredApi {
    /// The API for an app that may ask for it. A scope that came to ask for what is kept of people means that, here too.
    pub fn for_app(&self, client_id: &str, attributes: &Attributes) -> Api {
        let settings = &self.settings;
        let limit = settings.apps.get(client_id).and_then(Option::as_ref);
        let own = settings
            .scopes
            .iter()
            .filter(|(scope, _)| !is_attributes(scope, attributes));
        let (may, withheld): (BTreeMap<_, _>, BTreeMap<_, _>) = own
            .map(|(scope, words)| (scope.clone(), words.clone()))
            .partition(|(scope, _)| limit.is_none_or(|limit| limit.contains(scope)));
        Api {
            identifier: self.identifier.clone(),
            name: settings.name.clone(),
            is_open: true,
            declared: Some(Declared {
                is_limited: limit.is_some(),
                withheld: withheld.into_keys().collect(),
                given: limit
                    .into_iter()
                    .flatten()
                    .filter(|scope| may.contains_key(*scope))
                    .cloned()
                    .collect(),
                tokens: TokenRules {
                    is_opaque: settings.is_opaque,
                    alg: settings.alg.map(SigningAlg::as_str),
                    lifetime: settings.lifetime,
                },
            }),
            scopes: may,
        }
    }
}

/// Reads the identifier of a new API.
///
/// # Errors
/// Says what is wrong with it, also where an API of this server, or of the variable, has it.
pub fn read_identifier(value: Option<&Value>, config: &Config) -> Result<String, String> {
    let wrong = "identifier must be an absolute URI without a fragment, as the API expects it in aud, such as https://api.acme.org";
    let identifier = value.and_then(Value::as_str).ok_or(wrong)?;
    let normal = normal_form(identifier).ok_or(wrong)?;
    let below = normal.strip_prefix(config.issuer.as_str());
    if below.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?'])) {
        return Err("identifier is an address of this server itself, whose APIs are known".to_owned());
    }
    match config.resources.find(identifier) {
        Some(_) => Err(
            "identifier is that of an API in the variable RESOURCES, which wins: take it out there first".to_owned(),
        ),
        None => Ok(identifier.to_owned()),
    }
}

fn is_attributes(scope: &str, attributes: &Attributes) -> bool {
    attributes.of_scope(scope).next().is_some()
}

fn is_name(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.chars().count()) && is_line(text)
}

/// Which of two words it is: whether the second. The first stands for nothing, too.
fn choice(value: Option<&Value>, name: &str, words: [&str; 2]) -> Result<bool, String> {
    let Some(value) = value else { return Ok(false) };
    let at = words.iter().position(|word| value == word);
    at.map(|at| at == 1)
        .ok_or_else(|| format!("{name} must be {} or {}", words[0], words[1]))
}

fn read_alg(value: &Value) -> Result<SigningAlg, String> {
    let alg = value.as_str().and_then(SigningAlg::parse);
    alg.ok_or_else(|| {
        format!(
            "token_signing_alg must be one of {}",
            SigningAlg::ALL.map(SigningAlg::as_str).join(" ")
        )
    })
}

fn read_lifetime(value: &Value) -> Result<Lifetime, String> {
    let longest = LONGEST_ACCESS_TOKEN.seconds();
    let seconds = value
        .as_i64()
        .filter(|seconds| (SHORTEST_LIFETIME..=longest).contains(seconds));
    seconds.map(Lifetime).ok_or_else(|| {
        format!("access_token_lifetime must be a whole number of seconds from {SHORTEST_LIFETIME} to {longest}")
    })
}

fn read_scopes(value: &Value) -> Result<BTreeMap<String, ScopeWords>, String> {
    let wrong = r#"scopes must be an object such as {"files:read": {"title": "Read your files", "title#de": "Deine Dateien lesen"}}"#;
    let all = value.as_object().ok_or(wrong)?;
    if all.len() > MOST_SCOPES {
        return Err(format!("scopes has {}, and may have {MOST_SCOPES}", all.len()));
    }
    all.iter().map(|(scope, words)| read_scope(scope, words)).collect()
}

fn read_scope(scope: &str, words: &Value) -> Result<(String, ScopeWords), String> {
    let is_admins = admin_api::SCOPES.iter().any(|(known, _)| *known == scope);
    if !is_scope(scope) || is_admins || scope == "groups" {
        return Err(format!(
            "scopes has {}, which cannot be one (RFC 6749 section 3.3), or is one of this server's own",
            seen(scope)
        ));
    }
    Ok((scope.to_owned(), read_words(scope, words)?))
}

fn read_words(scope: &str, words: &Value) -> Result<ScopeWords, String> {
    let members = match words {
        Value::Object(members) => members.clone(),
        Value::String(_) => Map::from_iter([("title".to_owned(), words.clone())]),
        _ => return Err(format!("scopes.{scope} must be an object with a title, or a text")),
    };
    let is_known = |member: &str| {
        tag_of("title", member)
            .or_else(|| tag_of("description", member))
            .is_some()
    };
    if let Some(other) = members.keys().find(|member| !is_known(member)) {
        return Err(format!(
            "scopes.{scope} has {}, which is not known there: title and description are, and these with a language, such as title#de",
            seen(other)
        ));
    }
    let problem = |problem| format!("scopes.{scope}: {problem}");
    let words = ScopeWords {
        title: Titles::read(&members).map_err(problem)?,
        description: Titles::read_as("description", &members).map_err(problem)?,
    };
    match words.title.find("") {
        Some(_) => Ok(words),
        None => Err(format!("scopes.{scope} needs a title, beside those in languages")),
    }
}

fn read_apps(
    value: &Value,
    scopes: &BTreeMap<String, ScopeWords>,
) -> Result<BTreeMap<String, Option<BTreeSet<String>>>, String> {
    let wrong = r#"apps must be an object by client_id such as {"f53f": {"scopes": ["files:read"]}, "a81c": {}}"#;
    let all = value.as_object().ok_or(wrong)?;
    if all.len() > MOST_APPS {
        return Err(format!("apps has {}, and may have {MOST_APPS}", all.len()));
    }
    let read = |(client_id, rule): (&String, &Value)| {
        let is_id =
            (1..=LONGEST_CLIENT_ID).contains(&client_id.len()) && client_id.bytes().all(|byte| byte.is_ascii_graphic());
        let rule = rule
            .as_object()
            .filter(|rule| is_id && rule.keys().all(|name| name == "scopes"));
        let rule = rule.ok_or(wrong)?;
        let Some(list) = rule.get("scopes").filter(|list| *list != ALL) else {
            return Ok((client_id.clone(), None));
        };
        let names = list
            .as_array()
            .and_then(|list| list.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
        let names = names.ok_or_else(|| format!(r#"apps.{client_id}.scopes must be a list of scopes, or "{ALL}""#))?;
        if let Some(other) = names.iter().find(|scope| !scopes.contains_key(**scope)) {
            return Err(format!(
                "apps.{client_id}.scopes has {}, which is not in scopes",
                seen(other)
            ));
        }
        let names: BTreeSet<_> = names.into_iter().map(str::to_owned).collect();
        Ok((client_id.clone(), Some(names)))
    };
    all.iter().map(read).collect()
}

/// A name that came in, as far as it can be shown in an answer.
fn seen(name: &str) -> String {
    let shown: String = name
        .chars()
        .filter(char::is_ascii_graphic)
        .filter(|c| !"\"\\".contains(*c))
        .take(64)
        .collect();
    if shown.is_empty() {
        "a name that cannot be shown".to_owned()
    } else {
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &Value) -> Result<ApiSettings, String> {
        ApiSettings::read(value.as_object().unwrap())
    }

    fn files() -> Value {
        json!({
            "name": "Acme Files",
            "scopes": {
                "files:read": { "title": "Read your files", "title#de": "Deine Dateien lesen", "description": "Names and contents" },
                "files:write": "Change your files",
            },
            "open_to": "named_apps",
            "apps": { "reader": { "scopes": ["files:read"] }, "all": {} },
            "token_signing_alg": "ES256",
            "access_token_lifetime": 120,
        })
    }

    #[test]
    fn what_was_stored_is_read_whatever_became_reserved_since_and_opens_nothing() {
        let stored = json!({
            "name": "Acme  Files",
            "scopes": { "files:read": "Read", "groups": "Groups", "openid": "It", "x": 7 },
            "open_to": "some_day",
            "self_registered_apps": "yes",
            "apps": { "reader": { "scopes": ["files:read", "groups"] }, "all": {}, "new": { "scopes": "files:read" }, "other": 7 },
            "token_format": "opaque",
            "token_signing_alg": "ES256",
            "access_token_lifetime": 100_000_000,
        });
        let (read, problem) = ApiSettings::read_stored("https://a.org", stored.as_object().unwrap());
        assert!(problem.is_some_and(|problem| problem.starts_with("name must be")));
        assert_eq!(
            (read.name.as_str(), read.open_to_all, read.self_registered_apps),
            ("https://a.org", false, false)
        );
        assert_eq!(read.scopes.keys().collect::<Vec<_>>(), ["files:read"]);
        let scopes = |client_id: &str| {
            read.apps[client_id]
                .as_ref()
                .map(|scopes| scopes.iter().map(String::as_str).collect())
        };
        assert_eq!(scopes("reader"), Some(vec!["files:read"]));
        assert_eq!(
            (scopes("all"), scopes("new"), scopes("other")),
            (None, Some(vec![]), Some(vec![]))
        );
        assert_eq!(
            (read.is_opaque, read.alg, read.lifetime),
            (true, None, Some(LONGEST_ACCESS_TOKEN))
        );
        let files = files();
        let right = self::read(&files).unwrap();
        assert_eq!(
            ApiSettings::read_stored("https://a.org", files.as_object().unwrap()),
            (right, None)
        );
    }

    #[test]
    fn what_was_read_is_stored_as_it_is_read_again() {
        let settings = read(&files()).unwrap();
        assert_eq!(ApiSettings::read(&settings.members()), Ok(settings.clone()));
        assert_eq!(
            settings.members().keys().map(String::as_str).collect::<BTreeSet<_>>(),
            MEMBERS.into()
        );
        let least = read(&json!({ "name": "A", "scopes": null, "token_signing_alg": null })).unwrap();
        assert!(least.open_to_all && !least.self_registered_apps && !least.is_opaque);
        assert_eq!(ApiSettings::read(&least.members()), Ok(least));
    }

    #[test]
    fn an_app_that_is_named_with_scopes_has_these_alone() {
        let api = DeclaredApi {
            identifier: "https://files.acme.org".to_owned(),
            settings: read(&files()).unwrap(),
        };
        let scopes = |client_id: &str| {
            let api = api.for_app(client_id, &Attributes::default());
            let of = |scopes: &mut dyn Iterator<Item = &str>| scopes.collect::<Vec<_>>().join(" ");
            (of(&mut api.scopes()), of(&mut api.withheld()), of(&mut api.given()))
        };
        let three = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(scopes("reader"), three("files:read", "files:write", "files:read"));
        assert_eq!(scopes("all"), three("files:read files:write", "", ""));
        let declared = api.for_app("all", &Attributes::default()).declared.unwrap();
        assert_eq!(
            (declared.tokens.alg, declared.tokens.lifetime),
            (Some("ES256"), Some(Lifetime(120)))
        );
    }

    #[test]
    fn what_is_no_api_is_refused_and_says_why() {
        let with = |name: &str, value: Value| {
            let mut api = files();
            api[name] = value;
            read(&api)
        };
        for (name, value, why) in [
            ("name", json!(""), "name must be"),
            ("name", json!(7), "name must be"),
            ("name", json!("a\u{202e}b"), "name must be"),
            ("scopes", json!([]), "scopes must be"),
            ("scopes", json!({ "openid": "x" }), "this server's own"),
            ("scopes", json!({ "people:read": "x" }), "this server's own"),
            ("scopes", json!({ "groups": "x" }), "this server's own"),
            ("scopes", json!({ "a b": "x" }), "cannot be one"),
            ("scopes", json!({ "files:read": {} }), "needs a title"),
            ("scopes", json!({ "files:read": { "title#de": "x" } }), "needs a title"),
            (
                "scopes",
                json!({ "files:read": { "title": "x", "titel": "y" } }),
                "titel",
            ),
            (
                "scopes",
                json!({ "files:read": { "title": "x", "description": " " } }),
                "a description must be",
            ),
            ("scopes", json!({}), "not in scopes"),
            ("apps", json!({ "a": { "scopes": ["none"] } }), "not in scopes"),
            ("apps", json!({ "a": { "scope": [] } }), "apps must be"),
            ("apps", json!({ "": {} }), "apps must be"),
            ("apps", json!(["a"]), "apps must be"),
            ("open_to", json!("everybody"), "open_to must be all_apps or named_apps"),
            ("self_registered_apps", json!("yes"), "self_registered_apps must be"),
            ("token_format", json!("opaque"), "token_signing_alg is for"),
            ("token_format", json!("saml"), "token_format must be"),
            ("token_signing_alg", json!("none"), "token_signing_alg must be"),
            ("access_token_lifetime", json!(59), "access_token_lifetime must be"),
            ("access_token_lifetime", json!(86_401), "access_token_lifetime must be"),
            ("access_token_lifetime", json!(1.5), "access_token_lifetime must be"),
        ] {
            let refused = with(name, value.clone()).unwrap_err();
            assert!(refused.contains(why), "{name} {value}: {refused}");
        }
        let many: Map<_, _> = (0..51).map(|n| (format!("s{n}"), json!("x"))).collect();
        assert!(with("scopes", Value::Object(many)).is_err());
        let many: Map<_, _> = (0..101).map(|n| (format!("c{n}"), json!({}))).collect();
        assert!(with("apps", Value::Object(many)).is_err());
    }
}
