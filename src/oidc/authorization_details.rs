//! Rich authorization requests (RFC 9396): what a client wants in more words than scopes have.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{
    client::{Client, client_metadata::GrantType},
    error::{ErrorCode, OAuthError},
    jose::audience::Audience,
    params::Params,
};
use crate::{
    config::DetailTypes,
    readable::is_exact_line,
    secret::random_text,
    web::{
        json,
        json_schema::{Schema, is_name},
    },
};

/// The parameter, the claim and the member of answers.
pub const AUTHORIZATION_DETAILS: &str = "authorization_details";

/// The most bytes of all of them, and how many there may be: they stand in every token.
const LONGEST: usize = 4_096;
const MOST: usize = 10;

/// How deep a value may be, and the most lines that people read of one: they are shown all of it.
const DEEPEST: usize = 8;
const MOST_LINES: usize = 50;

/// A set of details: each is an object with a `type`. They are kept as their JSON with sorted members, so that the same are the same text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AuthorizationDetails(BTreeSet<String>);

impl AuthorizationDetails {
    /// Reads the parameter (section 2), and judges each by its type: "The AS MUST refuse to process any unknown authorization details type or authorization details not
    /// conforming to the respective type definition" (section 5).
    ///
    /// # Errors
    /// `invalid_authorization_details`.
    pub fn parse(params: &Params, types: &DetailTypes) -> Result<Self, OAuthError> {
        match params.single(AUTHORIZATION_DETAILS)? {
            None => Ok(Self::default()),
            Some(text) => Self::of(text, types),
        }
    }

    fn of(text: &str, types: &DetailTypes) -> Result<Self, OAuthError> {
        if text.len() > LONGEST {
            return Err(invalid("authorization_details has more than 4096 bytes"));
        }
        let all: Vec<Map<String, Value>> =
            json::parse(text).ok_or_else(|| invalid("authorization_details must be a JSON array of objects"))?;
        if all.len() > MOST {
            return Err(invalid("authorization_details has more than 10 entries"));
        }
        let one = |members: Map<String, Value>| {
            let name = members.get("type").and_then(Value::as_str);
            let of_type = name.and_then(|name| types.find(name));
            let of_type = of_type.ok_or_else(|| invalid("authorization_details has a type that is not known here"))?;
            let value = Value::Object(members);
            if !can_be_shown(&value, DEEPEST) {
                return Err(invalid(
                    "authorization_details has an entry that people could not be shown as it is: deeper than 8, or with controls, invisible characters or needless blanks",
                ));
            }
            if !of_type.schema.fits(&value) {
                return Err(invalid(
                    "authorization_details has an entry that is not as its type demands",
                ));
            }
            match lines(&value, &of_type.schema, "").len() {
                0..=MOST_LINES => Ok(value.to_string()),
                _ => Err(invalid("authorization_details has an entry with more than 50 values")),
            }
        };
        let details: BTreeSet<_> = all.into_iter().map(one).collect::<Result<_, _>>()?;
        // 1e15 is one of the numbers that are longer as they are kept.
        if details.iter().map(|text| text.len() + 1).sum::<usize>() >= LONGEST {
            return Err(invalid("authorization_details has more than 4096 bytes"));
        }
        Ok(Self(details))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `self` has none that `other` has not.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// Those that `granted` has not, and those that it has.
    pub fn split(&self, granted: &Self) -> (Self, Self) {
        (
            Self(self.0.difference(&granted.0).cloned().collect()),
            Self(self.0.intersection(&granted.0).cloned().collect()),
        )
    }

    /// What each says, before people: the title of its type in a language, and each of its members with a value of its own. Nothing is left
    /// out, and no value can look like another member.
    pub fn in_words(&self, types: &DetailTypes, language: &str) -> Vec<InWords> {
        let describe = |value: Value| {
            let of_type = types.find(value.get("type")?.as_str()?)?;
            Some(InWords {
                title: of_type.title(language).to_owned(),
                lines: lines(&value, &of_type.schema, language),
            })
        };
        self.values().filter_map(describe).collect()
    }

    /// A digest of all of them.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for text in &self.0 {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        random_text::<32>(hash.finalize().into())
    }

    /// Each as JSON.
    pub fn values(&self) -> impl Iterator<Item = Value> {
        self.0.iter().filter_map(json::parse)
    }

    /// The claim of an access token, where there are any (section 9.1).
    pub fn claim(&self) -> Option<(String, Value)> {
        (!self.is_empty()).then(|| (AUTHORIZATION_DETAILS.to_owned(), self.values().collect()))
    }

    /// What a token of `client` for `aud` has of them: those of types that each API in `aud` may see, that the client still has, and that are
    /// still as their type demands.
    #[must_use]
    pub fn at(&self, aud: &Audience, client: &Client, types: &DetailTypes) -> Self {
        let allowed = &client.metadata.authorization_details_types;
        let is_there = |text: &&String| {
            let value = json::parse::<Value>(text);
            let name = value.as_ref().and_then(|value| value.get("type")?.as_str());
            let of_type = name.and_then(|name| Some((name, types.find(name)?)));
            let (Some((name, of_type)), Some(value)) = (of_type, &value) else {
                return false;
            };
            let may_see = |api: &str| of_type.apis.is_empty() || of_type.apis.iter().any(|one| one == api);
            allowed.iter().any(|one| one == name) && of_type.schema.fits(value) && aud.iter().all(may_see)
        };
        Self(self.0.iter().filter(is_there).cloned().collect())
    }

    /// Whether `client` may ask for them: those types that the operator gave it (section 10).
    ///
    /// # Errors
    /// `invalid_authorization_details`.
    pub fn check_client(&self, client: &Client) -> Result<(), OAuthError> {
        let allowed = &client.metadata.authorization_details_types;
        let is_allowed = |text: &String| type_of(text).is_some_and(|name| allowed.contains(&name));
        match self.0.iter().all(is_allowed) {
            true => Ok(()),
            false => Err(invalid(
                "the client is not registered for one of the types in authorization_details",
            )),
        }
    }

    /// The part of `self` that a token request asks for, or all: "the client may use the authorization_details parameter to ... specify the
    /// authorization details it wants to be assigned" (section 6).
    ///
    /// # Errors
    /// `invalid_authorization_details` for what was not granted.
    pub fn narrowed(&self, requested: &Self) -> Result<Self, OAuthError> {
        match requested.is_empty() {
            true => Ok(self.clone()),
            false if requested.is_subset(self) => Ok(requested.clone()),
            false => Err(beyond_grant()),
        }
    }
}

fn can_be_shown(value: &Value, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    match value {
        Value::Object(members) => members
            .iter()
            .all(|(name, value)| is_name(name) && can_be_shown(value, depth)),
        Value::Array(items) => items.iter().all(|item| can_be_shown(item, depth)),
        Value::String(text) => is_exact_line(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

/// One of the details, as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InWords {
    pub title: String,
    /// Each value.
    pub lines: Vec<Line>,
}

/// A value as people read it, and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub name: String,
    pub value: String,
    /// Whether it is a text. Else it is JSON, such as `true`, which is another thing than the text.
    pub is_text: bool,
}

/// The lines of a detail. Its type is what they stand below.
fn lines(detail: &Value, schema: &Schema, language: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let members = detail.as_object().into_iter().flatten();
    for (name, value) in members.filter(|(name, _)| *name != "type") {
        let schema = schema.member(name);
        tell(called(name, schema, language), value, schema, (language, &mut lines));
    }
    lines
}

fn called<'a>(name: &'a str, schema: Option<&'a Schema>, language: &str) -> &'a str {
    schema.and_then(|schema| schema.title(language)).unwrap_or(name)
}

/// Adds the lines of a value that stands at `path`.
fn tell(path: &str, value: &Value, schema: Option<&Schema>, (language, lines): (&str, &mut Vec<Line>)) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                let schema = schema.and_then(|schema| schema.member(name));
                let name = called(name, schema, language);
                tell(&format!("{path} › {name}"), value, schema, (language, lines));
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                let path = match items.len() {
                    1 => path.to_owned(),
                    // As no title can end: see `json_schema::is_title`.
                    _ => format!("{path} › {}", at + 1),
                };
                tell(&path, item, schema.and_then(Schema::item), (language, lines));
            }
        }
        other => lines.push(Line {
            name: path.to_owned(),
            value: other.as_str().map_or_else(|| other.to_string(), str::to_owned),
            is_text: other.is_string(),
        }),
    }
}

/// Refuses them with a grant that takes none: else a client would hold a token for less than it asked. An empty array, too, which would
/// get it all that was granted, though it asks for none.
///
/// # Errors
/// `invalid_authorization_details`.
pub fn check_grant(params: &Params, grant_type: GrantType) -> Result<(), OAuthError> {
    let takes_some = matches!(
        grant_type,
        GrantType::AuthorizationCode | GrantType::RefreshToken | GrantType::DeviceCode | GrantType::Ciba
    );
    match params.all(AUTHORIZATION_DETAILS).next() {
        Some(_) if !takes_some => Err(invalid("no authorization_details can be asked for with this grant")),
        Some(text) if json::parse::<Vec<Map<String, Value>>>(text).is_some_and(|all| all.is_empty()) => Err(invalid(
            "authorization_details is [], which asks for none: name at least one of those that were granted, or leave it out to get all",
        )),
        _ => Ok(()),
    }
}

/// The error for details that were not granted.
pub fn beyond_grant() -> OAuthError {
    invalid("authorization_details goes beyond what was granted")
}

fn type_of(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Typed {
        #[serde(rename = "type")]
        name: String,
    }
    json::parse::<Typed>(text).map(|typed| typed.name)
}

fn invalid(description: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidAuthorizationDetails, description)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::Config;

    const PAY: &str = "https://pay.acme.org";
    const FILES: &str = "https://files.acme.org";

    /// Types with members beside `type`, each closed.
    fn types_of(pay: &Value) -> DetailTypes {
        let of = |properties: &Value| {
            let mut properties = properties.clone();
            properties["type"] = json!({ "type": "string" });
            json!({ "type": "object", "additionalProperties": false, "properties": properties })
        };
        let text = || json!({ "type": "string" });
        let see = json!({
            "a": text(), "b": { "type": "array", "items": text() }, "c": { "type": "object", "additionalProperties": false },
            "d": { "type": ["null", "boolean", "string", "number"] },
            "e": { "type": "array", "items": { "type": ["string", "object"], "additionalProperties": false, "properties": { "type": text(), "f": { "type": "integer" } } } },
        });
        let types = json!({
            "pay": { "title": "Pay", "title#de": "Zahlen", "apis": [PAY], "schema": of(pay) },
            "see": { "title": "See", "schema": of(&see) },
        });
        let vars = [
            ("ISSUER", "https://id.acme.org".to_owned()),
            ("KEK_1", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8".to_owned()),
            ("RESOURCES", json!({ PAY: "Pay", FILES: "Files" }).to_string()),
            ("AUTHORIZATION_DETAILS_TYPES", types.to_string()),
        ];
        let var = |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, text)| text.clone());
        Config::parse(var).unwrap().detail_types
    }

    fn types() -> DetailTypes {
        let amount = json!({
            "type": "object", "additionalProperties": false,
            "properties": { "currency": { "type": "string" }, "amount": { "type": "string" } },
        });
        types_of(&json!({
            "to": { "type": "string", "title": "Paid to", "title#de": "An" }, "twice": { "type": "boolean" },
            "amounts": { "type": "array", "items": amount },
        }))
    }

    fn read(value: Value) -> Result<AuthorizationDetails, OAuthError> {
        AuthorizationDetails::of(&value.to_string(), &types())
    }

    fn client(types: &[&str]) -> Client {
        let metadata = json!({ "redirect_uris": ["https://app.acme.org/cb"], "authorization_details_types": types });
        Client {
            client_id: "c1".to_owned(),
            version: 1,
            issued_at: crate::time::UnixTime(0),
            metadata: serde_json::from_value(metadata).unwrap(),
            document_fresh_until: None,
        }
    }

    #[test]
    fn the_same_details_are_the_same_text_however_they_are_written() {
        let of = |text: &str| AuthorizationDetails::of(text, &types()).unwrap();
        let one = of(r#"[{"type":"pay","to":"A","amounts":[{"currency":"b","amount":"a"}]}]"#);
        let other = of(r#" [ {"amounts": [{"amount":"\u0061", "currency":"b"}], "to":"A", "type":"pay"} ] "#);
        assert_eq!(one, other);
        assert_eq!(one.digest(), other.digest());
        assert_ne!(one.digest(), of(r#"[{"type":"pay","to":"B"}]"#).digest());
    }

    #[test]
    fn less_can_be_asked_for_and_nothing_else() {
        let (pay, see) = (json!({ "type": "pay", "to": "A" }), json!({ "type": "see" }));
        let granted = read(json!([pay, see])).unwrap();
        assert_eq!(granted.narrowed(&AuthorizationDetails::default()).unwrap(), granted);
        let less = read(json!([see])).unwrap();
        assert_eq!(granted.narrowed(&less).unwrap(), less);
        let other = read(json!([{ "type": "pay", "to": "B" }])).unwrap();
        assert_eq!(
            granted.narrowed(&other).unwrap_err().code,
            ErrorCode::InvalidAuthorizationDetails
        );
    }

    #[test]
    fn an_empty_array_never_stands_for_all_that_was_granted() {
        let check = |text: &str| {
            let pairs = [(AUTHORIZATION_DETAILS.to_owned(), text.to_owned())];
            let params = Params::of_pairs(pairs).unwrap();
            check_grant(&params, GrantType::RefreshToken).map_err(|error| error.code)
        };
        for none in ["[]", " [ ] "] {
            assert_eq!(check(none), Err(ErrorCode::InvalidAuthorizationDetails), "{none}");
        }
        assert_eq!(check(r#"[{"type":"see"}]"#), Ok(()));
    }

    #[test]
    fn a_token_has_those_that_each_of_its_apis_may_see() {
        let all = read(json!([{ "type": "pay", "to": "A" }, { "type": "see" }])).unwrap();
        let at = |apis: &[&str]| {
            let aud = Audience::of(apis.iter().map(|api| (*api).to_owned())).unwrap();
            all.at(&aud, &client(&["pay", "see"]), &types()).values().count()
        };
        assert_eq!((at(&[PAY]), at(&[FILES]), at(&[PAY, FILES])), (2, 1, 1));
    }

    #[test]
    fn what_the_client_or_the_type_lost_is_dropped() {
        let all = read(json!([{ "type": "pay", "to": "A" }, { "type": "see" }])).unwrap();
        let left = |client: &Client, types: &DetailTypes| {
            let left = all.at(&Audience::One(PAY.to_owned()), client, types);
            left.values()
                .map(|value| value["type"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let both = client(&["pay", "see"]);
        assert_eq!(left(&both, &types()), ["pay", "see"]);
        assert_eq!(left(&client(&["pay"]), &types()), ["pay"]);
        let narrower = types_of(&json!({ "to": { "const": "B" } }));
        assert_eq!(left(&both, &narrower), ["see"]);
        assert!(left(&both, &DetailTypes::default()).is_empty());
    }

    #[test]
    fn people_read_the_title_in_their_language_and_every_member() {
        let all = read(
            json!([{ "type": "pay", "to": "A", "amounts": [{ "currency": "EUR", "amount": "1" }], "twice": true }]),
        )
        .unwrap();
        let line = |name: &str, value: &str, is_text: bool| Line {
            name: name.to_owned(),
            value: value.to_owned(),
            is_text,
        };
        let lines = |to: &str| {
            vec![
                line("amounts › amount", "1", true),
                line("amounts › currency", "EUR", true),
                line(to, "A", true),
                line("twice", "true", false),
            ]
        };
        let said = |language: &str| {
            let said = all.in_words(&types(), language).pop().unwrap();
            (said.title, said.lines)
        };
        assert_eq!(said("de"), ("Zahlen".to_owned(), lines("An")));
        assert_eq!(said("fr"), ("Pay".to_owned(), lines("Paid to")));
    }

    #[test]
    fn no_value_looks_like_another_member_and_none_is_left_out() {
        let all = read(json!([{ "type": "see", "a": "x; b: y", "b": [], "c": {}, "d": null, "e": ["1", { "f": 2, "type": "z" }] }])).unwrap();
        let lines = all.in_words(&types(), "en").pop().unwrap().lines;
        let lines: Vec<_> = lines
            .iter()
            .map(|line| format!("{}={}", line.name, line.value))
            .collect();
        assert_eq!(
            lines,
            [
                "a=x; b: y",
                "b=[]",
                "c={}",
                "d=null",
                "e › 1=1",
                "e › 2 › f=2",
                "e › 2 › type=z"
            ]
        );
    }

    #[test]
    fn a_title_looks_like_no_item_of_a_list() {
        let types = types_of(&json!({
            "to": { "type": "array", "title": "Paid to", "items": { "type": "string" } }, "by": { "type": "string", "title": "Paid to (1)" },
        }));
        let detail = json!([{ "type": "pay", "to": ["A", "B"], "by": "C" }]);
        let all = AuthorizationDetails::of(&detail.to_string(), &types).unwrap();
        let lines = all.in_words(&types, "en").pop().unwrap().lines;
        let names: Vec<_> = lines.iter().map(|line| line.name.as_str()).collect();
        assert_eq!(names, ["Paid to (1)", "Paid to › 1", "Paid to › 2"]);
    }

    #[test]
    fn what_people_could_not_be_shown_as_it_is_is_refused() {
        for text in ["", "x", "a b", "김"] {
            assert!(read(json!([{ "type": "see", "a": text }])).is_ok(), "{text:?}");
        }
        for text in [
            " x",
            "x ",
            "x  y",
            "x\ny",
            "x\u{0}",
            "x\u{202e}y",
            "x\u{200b}",
            "x\u{a0}y",
            "\u{3164}",
        ] {
            assert!(read(json!([{ "type": "see", "a": text }])).is_err(), "{text:?}");
            assert!(read(json!([{ "type": "see", "e": [text] }])).is_err(), "{text:?}");
            assert!(read(json!([{ "type": "see", text: "a" }])).is_err(), "{text:?}");
        }
        for name in ["", "more", "a\u{200b}", "type "] {
            assert!(read(json!([{ "type": "see", name: "a" }])).is_err(), "{name:?}");
        }
    }

    #[test]
    fn there_is_no_more_of_it_than_people_read_and_tokens_hold() {
        let many = |count: usize| read(json!([{ "type": "see", "b": vec!["x"; count] }]));
        assert!(many(50).is_ok());
        assert!(many(51).is_err());
        let long = |length: usize| read(json!([{ "type": "see", "a": "x".repeat(length) }]));
        assert!(long(4_000).is_ok());
        assert!(long(4_080).is_err());
        // Ten bytes each as they are sent, and more than twice as many as they are kept.
        let numbers =
            types_of(&json!({ "n": { "type": "array", "items": { "type": "array", "items": { "type": "number" } } } }));
        let sent = |entries: usize| {
            let one = |n: usize| format!(r#"{{"type":"pay","n":[[{}{n}e13]]}}"#, "1e15,".repeat(40));
            let all: Vec<_> = (0..entries).map(one).collect();
            let text = format!("[{}]", all.join(","));
            assert!(text.len() < LONGEST);
            AuthorizationDetails::of(&text, &numbers)
        };
        assert!(sent(5).is_ok());
        assert!(sent(10).is_err());
    }
}
