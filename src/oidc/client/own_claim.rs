//! Claims of an app's own, which the operator decides by the member `own_claims` of its metadata: fixed, or computed of what the operator
//! keeps of a person (`ATTRIBUTES`).

use serde_json::{Map, Value, json};

use super::claim_path::ClaimPath;
use crate::{config::Attributes, named::named};

/// What a template has beside what the operator keeps of a person.
pub const USERNAME: &str = "username";

/// The most claims of an app, the most bytes of a fixed value and of a template.
const MOST: usize = 20;
const LONGEST: usize = 1_000;

/// The most bytes of a text that a template makes: many gaps may each have a long value.
const LONGEST_FILLED: usize = 8_192;

named! {
    /// Where a claim can be told. Introspection tells what the access token does.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[allow(missing_docs)] // The names say it.
    pub enum Place {
        IdToken = "id_token",
        Userinfo = "userinfo",
        AccessToken = "access_token",
    }
}

/// A claim of an app's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnClaim {
    claim: ClaimPath,
    value: Wanted,
    places: Vec<Place>,
}

/// What is told.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    Fixed(Value),
    Computed(Template),
}

impl OwnClaim {
    /// What the list has to be.
    const RULE: &'static str = "must be a list of at most 20 objects, each with a claim (a name, or names that lead to it, none reserved and none of __proto__, constructor and prototype), and either a value or a template such as {department}, {department|none} or {username}@acme, and perhaps in: some of id_token, userinfo, access_token";

    /// Reads the member.
    pub fn parse_all(value: &Value) -> Option<Vec<Self>> {
        let list = value.as_array().filter(|list| list.len() <= MOST)?;
        let claims: Vec<_> = list.iter().map(Self::parse).collect::<Option<_>>()?;
        let is_twice = |(at, one): (usize, &Self)| claims.iter().skip(at + 1).any(|other| other.claim == one.claim);
        (!claims.iter().enumerate().any(is_twice)).then_some(claims)
    }

    /// What is wrong with what could not be read: at which place, and which claim is reserved or there twice.
    pub(super) fn problem(value: &Value) -> String {
        let list = value.as_array().map_or(&[][..], Vec::as_slice);
        let mut known: Vec<ClaimPath> = Vec::new();
        for (at, one) in list.iter().enumerate() {
            let Some(own) = Self::parse(one).filter(Self::is_plain) else {
                let claim = one.get("claim").filter(|claim| ClaimPath::parse(claim).is_none());
                let why = claim.map(ClaimPath::problem).filter(|why| why != ClaimPath::RULE);
                return match why {
                    Some(why) => format!("[{at}] {why}"),
                    None => format!("is wrong at [{at}], counted from 0: it {}", Self::RULE),
                };
            };
            if known.contains(&own.claim) {
                return format!("has the claim of [{at}], counted from 0, twice");
            }
            known.push(own.claim);
        }
        Self::RULE.to_owned()
    }

    fn parse(value: &Value) -> Option<Self> {
        let members = value.as_object()?;
        let is_known = |name: &String| ["claim", "value", "template", "in"].contains(&name.as_str());
        if !members.keys().all(is_known) {
            return None;
        }
        let wanted = match (members.get("value"), members.get("template")) {
            (Some(fixed), None) => Wanted::Fixed(fixed.clone()).fitting()?,
            (None, Some(template)) => Wanted::Computed(Template::parse(template.as_str()?)?),
            _ => return None,
        };
        let place = |name: &Value| Place::parse(name.as_str()?);
        let places = match members.get("in") {
            None => vec![Place::IdToken, Place::Userinfo],
            Some(names) => names.as_array()?.iter().map(place).collect::<Option<Vec<_>>>()?,
        };
        Some(Self {
            claim: ClaimPath::parse(members.get("claim")?)?,
            value: wanted,
            places,
        })
        .filter(|claim| !claim.places.is_empty())
    }

    /// Whether its names are those of claims alone: see [`ClaimPath::is_plain`].
    pub(super) fn is_plain(&self) -> bool {
        self.claim.is_plain()
    }

    /// A name in its template that nothing here is called.
    pub fn unknown_name(&self, known: &Attributes) -> Option<&str> {
        let Wanted::Computed(template) = &self.value else {
            return None;
        };
        template.pieces.iter().find_map(|piece| match piece {
            Piece::Gap { name, .. } if name != USERNAME && known.find(name).is_none() => Some(name.as_str()),
            _ => None,
        })
    }

    /// The member, where there are claims.
    pub(super) fn to_json(claims: &[Self]) -> Option<Value> {
        let one = |own: &Self| {
            let (name, value) = match &own.value {
                Wanted::Fixed(value) => ("value", value.clone()),
                Wanted::Computed(template) => ("template", template.written.clone().into()),
            };
            let places: Vec<_> = own.places.iter().map(|place| place.as_str()).collect();
            json!({ "claim": own.claim.to_json(), name: value, "in": places })
        };
        (!claims.is_empty()).then(|| claims.iter().map(one).collect())
    }

    /// What it says at `place`, where it is told there and the person has what it needs. Nothing can go wrong with it.
    pub fn value_at(&self, place: Place, values: &Map<String, Value>) -> Option<Value> {
        if !self.places.contains(&place) {
            return None;
        }
        match &self.value {
            Wanted::Fixed(value) => Some(value.clone()),
            Wanted::Computed(template) => template.fill(values),
        }
    }

    /// Adds it to `told`.
    pub fn place(&self, value: Value, told: &mut Map<String, Value>) {
        self.claim.place(value, told);
    }
}

impl Wanted {
    fn fitting(self) -> Option<Self> {
        match &self {
            Self::Fixed(Value::Null) => None,
            Self::Fixed(value) if value.to_string().len() > LONGEST => None,
            _ => Some(self),
        }
    }
}

/// A text with gaps: `{name}`, or `{name|what stands there else}`. Braces are written twice.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Template {
    written: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Gap { name: String, otherwise: Option<String> },
}

impl Template {
    fn parse(written: &str) -> Option<Self> {
        if written.is_empty() || written.len() > LONGEST || written.contains(char::is_control) {
            return None;
        }
        let (mut pieces, mut text, mut rest) = (Vec::new(), String::new(), written);
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            text.push_str(before);
            if let Some(after) = from.strip_prefix("{{").or_else(|| from.strip_prefix("}}")) {
                text.push_str(from.get(..1)?);
                rest = after;
                continue;
            }
            let (inside, after) = from.strip_prefix('{')?.split_once('}')?;
            let (name, otherwise) = match inside.split_once('|') {
                Some((name, otherwise)) => (name, Some(otherwise.to_owned())),
                None => (inside, None),
            };
            let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            if name.is_empty() || !name.bytes().all(is_name) || inside.contains('{') {
                return None;
            }
            if !text.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
            }
            pieces.push(Piece::Gap {
                name: name.to_owned(),
                otherwise,
            });
            rest = after;
        }
        text.push_str(rest);
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        Some(Self {
            written: written.to_owned(),
            pieces,
        })
    }

    /// The text, where every gap has something to stand in it and it is not too long. A gap alone is the value itself, a number or a list, too.
    fn fill(&self, values: &Map<String, Value>) -> Option<Value> {
        if let [Piece::Gap { name, otherwise }] = self.pieces.as_slice() {
            let otherwise = || otherwise.clone().map(Value::from);
            return values.get(name).cloned().or_else(otherwise);
        }
        let mut filled = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Gap { name, otherwise } => match values.get(name) {
                    Some(value) => filled.push_str(&as_text(value)),
                    None => filled.push_str(otherwise.as_ref()?),
                },
            }
            if filled.len() > LONGEST_FILLED {
                return None;
            }
        }
        Some(filled.into())
    }
}

/// A value in a text: of a list its texts, with commas between them.
pub fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(as_text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(template: &str) -> Option<Value> {
        let values = json!({ "department": "R&D", "badge": 7, "teams": ["a", "b"], "lead": true, "username": "ada" });
        Template::parse(template).and_then(|template| template.fill(values.as_object().unwrap()))
    }

    #[test]
    fn a_template_is_filled_with_what_is_there_or_not_told() {
        for (template, filled) in [
            ("{department}", json!("R&D")),
            ("{badge}", json!(7)),
            ("{teams}", json!(["a", "b"])),
            ("{lead}", json!(true)),
            ("{username}@acme", json!("ada@acme")),
            ("{badge}-{lead}-{teams}", json!("7-true-a,b")),
            ("{missing|none}", json!("none")),
            ("x{missing|}", json!("x")),
            ("{{{username}}}", json!("{ada}")),
            ("plain", json!("plain")),
        ] {
            assert_eq!(fill(template), Some(filled), "{template}");
        }
        for nothing in ["{missing}", "a{missing}b", "{username}{missing}"] {
            assert_eq!(fill(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn many_gaps_make_no_token_that_is_too_long() {
        let values = json!({ "long": "x".repeat(500) });
        let fill = |times: usize| {
            Template::parse(&"{long}".repeat(times))
                .unwrap()
                .fill(values.as_object().unwrap())
        };
        assert_eq!(fill(16).unwrap().as_str().unwrap().len(), 8_000);
        assert_eq!(fill(17), None);
    }

    #[test]
    fn a_template_that_could_fail_is_refused_before() {
        for wrong in [
            "",
            "{",
            "}",
            "{}",
            "{a",
            "a}",
            "{a}}",
            "{{a}",
            "{a b}",
            "{A}",
            "{|x}",
            "{a{b}}",
            "a\nb",
            &"x".repeat(1_001),
        ] {
            assert_eq!(Template::parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn claims_are_read_as_they_are_written_and_never_reserved() {
        let whole = json!([
            { "claim": "tier", "value": { "level": 3 }, "in": ["id_token", "userinfo"] },
            { "claim": ["https://acme.org/claims", "unit"], "template": "{department|none}", "in": ["access_token"] },
        ]);
        assert_eq!(
            OwnClaim::parse_all(&whole).and_then(|own| OwnClaim::to_json(&own)),
            Some(whole)
        );
        let of = |one: Value| OwnClaim::parse_all(&json!([one]));
        for wrong in [
            json!({ "claim": "sub", "value": "x" }),
            json!({ "claim": "SUB", "value": "x" }),
            json!({ "claim": "Email_Verified", "value": "x" }),
            json!({ "claim": "urn:openid:params:jwt:claim:auth_req_id", "value": "x" }),
            json!({ "claim": "__proto__", "value": "x" }),
            json!({ "claim": "email", "value": "x" }),
            json!({ "claim": "scope", "template": "x" }),
            json!({ "claim": "authorization_details", "value": [] }),
            json!({ "claim": [], "value": "x" }),
            json!({ "claim": "a" }),
            json!({ "claim": "a", "value": null }),
            json!({ "claim": "a", "value": "x", "template": "y" }),
            json!({ "claim": "a", "value": "x", "in": [] }),
            json!({ "claim": "a", "value": "x", "in": ["introspection"] }),
            json!({ "claim": "a", "value": "x".repeat(1_001) }),
            json!({ "claim": "a", "value": "x", "if": "y" }),
            json!({ "claim": "a", "template": "{" }),
            json!("a"),
        ] {
            assert_eq!(of(wrong.clone()), None, "{wrong}");
        }
        let why = |one: Value| OwnClaim::problem(&json!([{ "claim": "tier", "value": 1 }, one]));
        assert_eq!(
            why(json!({ "claim": ["Sub", "x"], "value": "x" })),
            "[1] has Sub, which is reserved: Limen or a specification says something else by it; choose another name"
        );
        assert!(
            why(json!({ "claim": "a", "if": "y" })).starts_with("is wrong at [1], counted from 0: it must be a list")
        );
        assert!(why(json!({ "claim": ["a", "__proto__"], "value": 1 })).starts_with("is wrong at [1]"));
        assert!(why(json!({ "claim": "tier", "value": 2 })).contains("twice"));
        assert_eq!(OwnClaim::problem(&json!("a")), OwnClaim::RULE);
        let twice = json!([{ "claim": "a", "value": 1 }, { "claim": ["a"], "value": 2 }]);
        assert_eq!(OwnClaim::parse_all(&twice), None);
        let many = vec![json!({ "claim": "a", "value": 1 }); 21];
        assert_eq!(OwnClaim::parse_all(&Value::Array(many)), None);
    }
}
