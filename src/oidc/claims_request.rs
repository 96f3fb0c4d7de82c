//! Single claims that a client asks for: the `claims` parameter (OIDC Core section 5.5), and the languages that it wants
//! claims in (section 5.2).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{claims, error::OAuthError, params::Params, proven::Proven, scope::Scope};
use crate::{
    config::AcrNames,
    web::{
        json,
        language_tag::{is_language_tag, lookup},
    },
};

/// The most bytes of `claims`, and of what is stored of it with codes and tokens: a number can be longer there than it was.
const LONGEST: usize = 2_048;

/// How deep a value may be nested. No claim has one deeper than the members of `address`, and what is too deep could not be
/// read back out of storage.
const DEEPEST: usize = 4;

/// The most languages of `claims_locales` that count.
const MOST_LOCALES: usize = 10;

/// What is asked for beside the scopes. Claims that Limen does not know are left out.
///
/// It is stored as JSON with codes and token families.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimsRequest {
    /// Names, some with a language tag.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    id_token: BTreeMap<String, Demand>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    userinfo: BTreeMap<String, Demand>,
    /// `claims_locales`, the best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locales: Vec<String>,
}

/// How one claim is asked for (section 5.5.1).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Demand {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    essential: bool,
    /// `value` and `values`: "Requests that the Claim be returned with a particular value". None: any value will do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<Value>,
}

/// Where claims are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// In the ID token.
    IdToken,
    /// By UserInfo.
    Userinfo,
}

impl ClaimsRequest {
    /// Reads `claims` and `claims_locales`.
    ///
    /// # Errors
    /// `invalid_request` for what is not of the form of section 5.5. "Any members used that are not understood MUST be
    /// ignored."
    pub fn parse(params: &Params) -> Result<Self, OAuthError> {
        let locales = params.single("claims_locales")?.unwrap_or_default();
        let locales = locales.split(' ').filter(|tag| is_language_tag(tag));
        let mut request = Self {
            locales: locales.take(MOST_LOCALES).map(str::to_owned).collect(),
            ..Self::default()
        };
        if let Some(text) = params.single("claims")? {
            if text.len() > LONGEST {
                return Err(too_long());
            }
            let object: Map<String, Value> = json::parse(text).ok_or_else(malformed)?;
            request.id_token = parse_member(object.get("id_token"))?;
            request.userinfo = parse_member(object.get("userinfo"))?;
        }
        let stored = serde_json::to_string(&request).map_err(|_| malformed())?;
        if stored.len() > LONGEST {
            return Err(too_long());
        }
        Ok(request)
    }

    /// The same for a response without an access token, which nobody could ask UserInfo with: "When the userinfo member is
    /// used, the request MUST also use a response_type value that results in an Access Token being issued".
    pub fn without_userinfo(mut self) -> Self {
        self.userinfo.clear();
        self
    }

    /// The same for a client that may ask for no more than `scope`: of a claim that a scope beyond it covers, it learns nothing
    /// by its name either.
    pub fn within(mut self, scope: &Scope) -> Self {
        let may_ask = |name: &str| claims::find(base(name)).is_none_or(|claim| scope.contains(claim.scope));
        self.id_token.retain(|name, _| may_ask(name));
        self.userinfo.retain(|name, _| may_ask(name));
        self
    }

    /// Whether the person with this `sub` may be told of: "a request for the sub Claim with a particular value ... MUST
    /// only be returned for that End-User" is what section 5.5.1 comes to.
    pub fn accepts_subject(&self, sub: &str) -> bool {
        let demands = [&self.id_token, &self.userinfo];
        demands
            .into_iter()
            .filter_map(|member| member.get("sub"))
            .all(|demand| demand.accepts(&Value::from(sub)))
    }

    /// Whether somebody in particular is expected.
    pub fn expects_subject(&self) -> bool {
        [&self.id_token, &self.userinfo]
            .into_iter()
            .any(|member| member.contains_key("sub"))
    }

    /// The values one of which `acr` must have: "If the acr Claim is requested as an Essential Claim for the ID Token with a
    /// values parameter ... the Authorization Server MUST return an acr Claim Value that matches one of the requested
    /// values" (section 5.5.1.1). None where any will do.
    pub fn essential_acr_values(&self) -> Option<Vec<&str>> {
        let demand = self.id_token.get("acr")?;
        let wanted = demand.essential && !demand.values.is_empty();
        wanted.then(|| demand.values.iter().filter_map(Value::as_str).collect())
    }

    /// The values one of which `acr` had better have, the best first. None where some are essential.
    pub fn voluntary_acr_values(&self) -> Vec<&str> {
        let demand = self.id_token.get("acr").filter(|demand| !demand.essential);
        let values = demand.into_iter().flat_map(|demand| &demand.values);
        values.filter_map(Value::as_str).collect()
    }

    /// The same with `acr_values`: "The acr Claim is requested as a Voluntary Claim by this parameter" (section 3.1.2.1). Values that
    /// stand in `claims` count more.
    pub fn with_acr_values<'a>(mut self, values: impl Iterator<Item = &'a str>) -> Self {
        let values: Vec<_> = values.map(Value::from).collect();
        let asked = self.id_token.get("acr").is_some_and(|demand| !demand.values.is_empty());
        if !asked && !values.is_empty() {
            let essential = false;
            self.id_token.insert("acr".to_owned(), Demand { essential, values });
        }
        self
    }

    /// The `acr` that tokens tell: of the values that the client asks for, the first that holds, since it expects one of those; else the
    /// strongest.
    pub fn acr_told_of<'a>(&'a self, proven: &'a Proven, names: &AcrNames) -> &'a str {
        let asked = self.id_token.get("acr").map(|demand| demand.values.as_slice());
        let mut asked = asked.into_iter().flatten().filter_map(Value::as_str);
        asked
            .find(|acr| proven.is_as_strong_as(acr, names))
            .unwrap_or(&proven.acr)
    }

    /// The claims about the person that are asked for and that `scope` does not cover, by their names without a language.
    pub fn beyond(&self, scope: &Scope) -> BTreeSet<&'static str> {
        let asked = self.id_token.keys().chain(self.userinfo.keys());
        asked
            .filter_map(|name| claims::find(base(name)))
            .filter(|claim| !scope.contains(claim.scope))
            .map(|claim| claim.name)
            .collect()
    }

    /// What is told at `target` of all that is `known` about the person: what `scope` covers, and what is asked for. "if a
    /// Claim is not returned, that Claim Name SHOULD be omitted".
    pub fn released(&self, known: &Map<String, Value>, scope: &Scope, target: Target) -> Map<String, Value> {
        let demands = match target {
            Target::IdToken => &self.id_token,
            Target::Userinfo => &self.userinfo,
        };
        let mut released = Map::new();
        for (name, value) in known {
            let wanted = self.wants(name, known);
            let by_scope = wanted && claims::find(base(name)).is_some_and(|claim| scope.contains(claim.scope));
            let demand = demands
                .iter()
                .find(|(asked, _)| asked.eq_ignore_ascii_case(name) || wanted && asked.as_str() == base(name));
            if by_scope || demand.is_some_and(|(_, demand)| demand.accepts(value)) {
                released.insert(name.clone(), value.clone());
            }
        }
        released
    }

    /// Whether `name` is told to those who ask for the claim without a language: the claim without one, and beside it the
    /// variant that suits `claims_locales` best.
    fn wants(&self, name: &str, known: &Map<String, Value>) -> bool {
        let Some((base, tag)) = name.split_once('#') else {
            return true;
        };
        let tags = known
            .keys()
            .filter_map(|name| name.split_once('#').filter(|(other, _)| *other == base))
            .map(|(_, tag)| tag);
        let best = self.locales.iter().find_map(|locale| lookup(locale, tags.clone()));
        best == Some(tag)
    }
}

impl Demand {
    fn accepts(&self, value: &Value) -> bool {
        self.values.is_empty() || self.values.contains(value)
    }
}

/// The name of a claim without its language: "Claim Names ... using a # character as the delimiter" (section 5.2).
fn base(name: &str) -> &str {
    name.split_once('#').map_or(name, |(base, _)| base)
}

fn parse_member(member: Option<&Value>) -> Result<BTreeMap<String, Demand>, OAuthError> {
    let claims = match member {
        None | Some(Value::Null) => return Ok(BTreeMap::new()),
        Some(Value::Object(claims)) => claims,
        Some(_) => return Err(malformed()),
    };
    let mut demands = BTreeMap::new();
    for (name, value) in claims {
        let tagged_well = name.split_once('#').is_none_or(|(_, tag)| is_language_tag(tag));
        let understood = matches!(name.as_str(), "sub" | "acr") || claims::find(base(name)).is_some();
        if understood && tagged_well {
            demands.insert(name.clone(), Demand::parse(value)?);
        }
    }
    Ok(demands)
}

impl Demand {
    /// `null`: "this is a Voluntary Claim", or an object.
    fn parse(value: &Value) -> Result<Self, OAuthError> {
        let members = match value {
            Value::Null => return Ok(Self::default()),
            Value::Object(members) => members,
            _ => return Err(malformed()),
        };
        let essential = match members.get("essential") {
            None => false,
            Some(essential) => essential.as_bool().ok_or_else(malformed)?,
        };
        let mut values = match members.get("values") {
            None => Vec::new(),
            Some(values) => values.as_array().ok_or_else(malformed)?.clone(),
        };
        values.extend(members.get("value").cloned());
        if !values.iter().all(|value| is_within(value, DEEPEST)) {
            return Err(malformed());
        }
        Ok(Self { essential, values })
    }
}

/// Whether nothing in `value` is nested deeper than `levels`.
fn is_within(value: &Value, levels: usize) -> bool {
    let inner = |value: &Value| levels > 0 && is_within(value, levels - 1);
    match value {
        Value::Array(values) => values.iter().all(inner),
        Value::Object(members) => members.values().all(inner),
        _ => true,
    }
}

fn too_long() -> OAuthError {
    OAuthError::invalid_request("claims is longer than 2048 bytes")
}

fn malformed() -> OAuthError {
    OAuthError::invalid_request("claims is not a JSON object as in OIDC Core section 5.5")
}

#[cfg(test)]
mod tests;
