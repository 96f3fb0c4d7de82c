//! What is known about a person, and which scope covers it (OIDC Core sections 5.1, 5.2 and 5.4).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::scope::Scope;
use crate::{
    readable::{is_readable, is_unprintable},
    web::{host::has_plain_authority, language_tag::is_language_tag},
};

/// The standard claims of one person, less `sub`; those that people read also by language, as `name#fr`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StandardClaims {
    known: Map<String, Value>,
    /// The text that they were read from, if it is not what they are written as: operators write rows, too.
    #[serde(skip)]
    stored: Option<String>,
}

impl PartialEq for StandardClaims {
    fn eq(&self, other: &Self) -> bool {
        self.known == other.known
    }
}

impl Eq for StandardClaims {}

/// The groups of a person: the claim, and the scope that asks for it.
pub const GROUPS: &str = "groups";

/// What the operator keeps of a person beside the claims: a member of their own in storage and in the admin API, and never a claim.
pub const ATTRIBUTES: &str = "attributes";

/// The most bytes of them.
pub const LONGEST_ATTRIBUTES: usize = 8_192;

/// The most bytes that a claim may have.
const LONGEST: usize = 2_000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    /// Text that may differ from language to language.
    Words,
    Url,
    Flag,
    Address,
    /// What Limen knows by itself, and nobody says of a person.
    Limens,
}

/// A claim of section 5.1.
pub struct StandardClaim {
    /// Its name, without a language.
    pub name: &'static str,
    /// The scope of section 5.4 that asks for it.
    pub scope: &'static str,
    kind: Kind,
}

const fn claim(name: &'static str, scope: &'static str, kind: Kind) -> StandardClaim {
    StandardClaim { name, scope, kind }
}

/// OIDC Core section 5.1, and the groups of a person.
const STANDARD_CLAIMS: [StandardClaim; 20] = [
    claim("name", "profile", Kind::Words),
    claim("given_name", "profile", Kind::Words),
    claim("family_name", "profile", Kind::Words),
    claim("middle_name", "profile", Kind::Words),
    claim("nickname", "profile", Kind::Words),
    claim("preferred_username", "profile", Kind::Text),
    claim("profile", "profile", Kind::Url),
    claim("picture", "profile", Kind::Url),
    claim("website", "profile", Kind::Url),
    claim("gender", "profile", Kind::Text),
    claim("birthdate", "profile", Kind::Text),
    claim("zoneinfo", "profile", Kind::Text),
    claim("locale", "profile", Kind::Text),
    claim("email", "email", Kind::Text),
    claim("email_verified", "email", Kind::Flag),
    claim("address", "address", Kind::Address),
    claim("phone_number", "phone", Kind::Text),
    claim("phone_number_verified", "phone", Kind::Flag),
    claim("updated_at", "profile", Kind::Limens),
    claim(GROUPS, GROUPS, Kind::Limens),
];

/// OIDC Core section 5.1.1.
const ADDRESS_MEMBERS: [&str; 6] = [
    "formatted",
    "street_address",
    "locality",
    "region",
    "postal_code",
    "country",
];

/// The name of each claim, for discovery.
pub fn names() -> impl Iterator<Item = &'static str> {
    STANDARD_CLAIMS.iter().map(|claim| claim.name)
}

/// The claim of that name, which has no language tag.
pub fn find(name: &str) -> Option<&'static StandardClaim> {
    STANDARD_CLAIMS.iter().find(|claim| claim.name == name)
}

/// The names of the claims that `scope` asks for (section 5.4).
pub fn of_scope(scope: &Scope) -> impl Iterator<Item = &'static str> {
    let covered = STANDARD_CLAIMS.iter().filter(|claim| scope.contains(claim.scope));
    covered.map(|claim| claim.name)
}

/// The claim behind a member of a JSON object: its name, or its name and a language: "Claim Names ... with BCP47 language tags
/// are ... separated by a # character" (section 5.2).
fn of_member(member: &str) -> Option<&'static StandardClaim> {
    match member.split_once('#') {
        None => find(member),
        Some((name, tag)) => find(name).filter(|claim| claim.kind.is_for_readers() && is_language_tag(tag)),
    }
}

impl StandardClaim {
    /// Whether it is what somebody is called.
    fn is_read_by_people(&self) -> bool {
        (self.kind == Kind::Words) || self.name == "preferred_username"
    }
}

/// Whether a name can be seen, and leaves the text around it as it is.
fn is_fit_to_read(text: &str) -> bool {
    text.is_empty() || (is_readable(text) && !text.contains(is_unprintable))
}

impl StandardClaims {
    /// Takes the standard claims out of a JSON object. A `null` is no claim.
    ///
    /// # Errors
    /// Names the claim whose value is not of the type that section 5.1 gives it.
    pub fn parse(object: &Map<String, Value>) -> Result<Self, String> {
        let mut claims = Map::new();
        for (member, value) in object.iter().filter(|(_, value)| !value.is_null()) {
            let Some(claim) = of_member(member).filter(|claim| claim.kind != Kind::Limens) else {
                continue;
            };
            if claim.is_read_by_people() && !value.as_str().is_none_or(is_fit_to_read) {
                return Err(format!(
                    "{} must have characters that can be seen, and none that reverse its direction",
                    claim.name
                ));
            }
            if !claim.kind.admits(value) {
                return Err(format!("{} must be {}", claim.name, claim.kind.describe()));
            }
            claims.insert(member.clone(), value.clone());
        }
        if let Some(own) = object.get(ATTRIBUTES).filter(|own| !own.is_null()) {
            let own = own.as_object().ok_or("attributes must be an object")?;
            let own = merged(&Map::new(), own)?;
            if !own.is_empty() {
                claims.insert(ATTRIBUTES.to_owned(), own.into());
            }
        }
        Ok(Self {
            known: claims,
            stored: None,
        })
    }

    /// The same, read from `text` in storage.
    #[must_use]
    pub fn stored_as(self, text: String) -> Self {
        let stored = Some(text).filter(|text| *text != self.to_json());
        Self { stored, ..self }
    }

    /// The text that is stored: the one that they were read from, as long as nothing of them has changed.
    pub fn to_json(&self) -> String {
        let written = || serde_json::to_string(&self.known).unwrap_or_default();
        self.stored.clone().unwrap_or_else(written)
    }

    /// The claims of `self`, with those of `changes` in their place; a `null` there removes one.
    ///
    /// # Errors
    /// As [`StandardClaims::parse`].
    pub fn with(&self, changes: &Map<String, Value>) -> Result<Self, String> {
        let mut object = self.known.clone();
        // What was verified is the old address or number.
        for (claim, verified) in [("email", "email_verified"), ("phone_number", "phone_number_verified")] {
            if changes.contains_key(claim) && changes.get(claim) != self.known.get(claim) {
                object.remove(verified);
            }
        }
        let mut changes = changes.clone();
        if let Some(Value::Object(own)) = changes.get_mut(ATTRIBUTES) {
            let known = self.known.get(ATTRIBUTES).and_then(Value::as_object);
            *own = merged(&known.cloned().unwrap_or_default(), own)?;
        }
        object.extend(changes);
        Self::parse(&object)
    }

    /// A claim that is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.known.get(name)?.as_str()
    }

    /// What the operator keeps of them under a name ([`ATTRIBUTES`]).
    pub fn own(&self, name: &str) -> Option<&Value> {
        self.known.get(ATTRIBUTES)?.get(name)
    }

    /// All claims, and [`ATTRIBUTES`].
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.known
    }
}

/// Attributes with changes of them (RFC 7396).
///
/// # Errors
/// They are too long.
pub fn merged(known: &Map<String, Value>, changes: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    let mut own = known.clone();
    for (name, value) in changes {
        match value.is_null() {
            true => _ = own.remove(name),
            false => _ = own.insert(name.clone(), value.clone()),
        }
    }
    match serde_json::to_string(&own).is_ok_and(|text| text.len() <= LONGEST_ATTRIBUTES) {
        true => Ok(own),
        false => Err(format!("attributes must have at most {LONGEST_ATTRIBUTES} bytes")),
    }
}

impl Kind {
    /// "Human-readable Claim Values and Claim Values that reference human-readable values MAY be represented in multiple
    /// languages and scripts" (section 5.2).
    fn is_for_readers(self) -> bool {
        matches!(self, Self::Words | Self::Url | Self::Address)
    }

    fn admits(self, value: &Value) -> bool {
        let is_text = |value: &Value| {
            value
                .as_str()
                .is_some_and(|text| text.len() <= LONGEST && !text.contains('\0'))
        };
        match self {
            Self::Text | Self::Words => is_text(value),
            Self::Url => {
                is_text(value)
                    && value
                        .as_str()
                        .filter(|text| has_plain_authority(text))
                        .and_then(|text| url::Url::parse(text).ok())
                        .is_some_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host())
            }
            Self::Flag => value.is_boolean(),
            Self::Limens => false,
            Self::Address => value.as_object().is_some_and(|members| {
                members
                    .iter()
                    .all(|(name, value)| ADDRESS_MEMBERS.contains(&name.as_str()) && is_text(value))
            }),
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::Text | Self::Words => "a string of at most 2000 bytes",
            Self::Url => "an http or https URL",
            Self::Flag => "true or false",
            Self::Limens => "left out",
            Self::Address => "an object as in OIDC Core section 5.1.1",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(value: Value) -> Result<StandardClaims, String> {
        StandardClaims::parse(value.as_object().unwrap())
    }

    #[test]
    fn claims_for_readers_have_languages_and_others_do_not() {
        let claims = parse(json!({
            "name": "Jane", "name#fr": "Jeanne", "website#de": "https://acme.org/de", "address#ja-Kana-JP": {"locality": "x"},
            "email#fr": "j@acme.org", "name#": "x", "name#f_r": "x", "sub": "ignored", "role#fr": "ignored", "updated_at": 7,
        }))
        .unwrap();
        let names: Vec<_> = claims.as_map().keys().map(String::as_str).collect();
        assert_eq!(names, ["address#ja-Kana-JP", "name", "name#fr", "website#de"]);
        assert!(parse(json!({"name#fr": 7})).unwrap_err().starts_with("name must be"));
    }

    #[test]
    fn a_claim_of_the_wrong_type_is_named() {
        for claim in STANDARD_CLAIMS.iter().filter(|claim| claim.kind != Kind::Limens) {
            for wrong in [json!(7), json!(["x"]), json!({"x": 1})] {
                let error = parse(json!({ claim.name: wrong })).unwrap_err();
                assert!(error.starts_with(claim.name), "{error}");
            }
        }
        assert!(parse(json!({"picture": "javascript:alert(1)"})).is_err());
        assert!(parse(json!({"email_verified": "true"})).is_err());
    }

    #[test]
    fn a_name_can_be_seen_and_turns_nothing_around() {
        for name in ["\u{3164}", "\u{200d}", " ", "\u{202e}nhoj", "a\nb"] {
            assert!(parse(json!({"name": name})).is_err(), "{name:?}");
            assert!(parse(json!({"given_name#fr": name})).is_err(), "{name:?}");
            assert!(parse(json!({"preferred_username": name})).is_err(), "{name:?}");
        }
        assert!(parse(json!({"name": "\u{646}\u{6af}\u{200c}\u{627}\u{631}"})).is_ok());
    }

    #[test]
    fn another_address_is_not_verified() {
        let claims = parse(json!({"email": "a@acme.org", "email_verified": true})).unwrap();
        let with = |changes: Value| claims.with(changes.as_object().unwrap()).unwrap();
        assert_eq!(
            with(json!({"email": "b@acme.org"})),
            parse(json!({"email": "b@acme.org"})).unwrap()
        );
        assert_eq!(
            with(json!({"email": "a@acme.org", "name": "A"})).as_map()["email_verified"],
            true
        );
        assert_eq!(
            with(json!({"email": "b@acme.org", "email_verified": true})).as_map()["email_verified"],
            true
        );
    }

    #[test]
    fn no_attribute_can_have_the_name_of_a_claim() {
        for name in names() {
            assert!(crate::config::is_standard(name), "{name}");
        }
    }

    #[test]
    fn attributes_change_one_by_one_and_are_no_claims() {
        let with = |claims: &StandardClaims, changes: Value| claims.with(changes.as_object().unwrap());
        let claims = parse(json!({"name": "Jane", "attributes": {"a": "x", "b": null, "c": [1]}})).unwrap();
        assert_eq!(claims.as_map()[ATTRIBUTES], json!({"a": "x", "c": [1]}));
        assert_eq!((claims.own("a"), claims.own("b")), (Some(&json!("x")), None));
        let changed = with(&claims, json!({"attributes": {"a": null, "d": true}})).unwrap();
        assert_eq!(changed.as_map()[ATTRIBUTES], json!({"c": [1], "d": true}));
        assert_eq!(
            with(&changed, json!({"name": "J"})).unwrap().own("d"),
            Some(&json!(true))
        );
        for nothing in [
            json!({"attributes": null}),
            json!({"attributes": {"c": null, "d": null}}),
        ] {
            assert_eq!(
                with(&changed, nothing).unwrap(),
                parse(json!({"name": "Jane"})).unwrap()
            );
        }
        assert!(parse(json!({"attributes": "x"})).is_err());
        // Together they are too long, each alone is not.
        let (one, two) = (json!({"a": "x".repeat(5_000)}), json!({"b": "x".repeat(5_000)}));
        let long = parse(json!({ "attributes": one })).unwrap();
        assert!(
            with(&long, json!({ "attributes": two }))
                .unwrap_err()
                .contains("8192 bytes")
        );
    }

    #[test]
    fn a_null_removes_a_claim() {
        let claims = parse(json!({"name": "Jane", "nickname": "J"})).unwrap();
        let changed = claims
            .with(json!({"name": null, "gender": "f"}).as_object().unwrap())
            .unwrap();
        assert_eq!(changed, parse(json!({"nickname": "J", "gender": "f"})).unwrap());
    }
}
