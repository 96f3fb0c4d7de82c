//! `SELF_REGISTERED_APPROVAL`, `SELF_REGISTERED_DEFAULTS`, `SELF_REGISTERED_LOGOS`: what apps get that register themselves.

use serde_json::{Map, Value};

use super::reader::Reader;
use crate::{time::Lifetime, web::json};

/// What apps get that register themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SelfRegistered {
    /// `SELF_REGISTERED_APPROVAL`: whether new ones are for nobody until an operator approves them.
    pub approval: bool,
    /// `SELF_REGISTERED_DEFAULTS`: what the operator decides about each.
    pub defaults: SelfRegisteredDefaults,
    /// `SELF_REGISTERED_LOGOS`: whether the picture at their `logo_uri` is fetched when they register, and shown.
    pub logos: bool,
}

/// What an operator decides about each app that registers itself, by the names that the members have in a registration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // The names say it.
pub struct SelfRegisteredDefaults {
    pub allowed_groups: Vec<String>,
    pub access_token_lifetime: Option<Lifetime>,
    pub id_token_lifetime: Option<Lifetime>,
    pub refresh_token_lifetime: Option<Lifetime>,
}

/// The most groups.
const MOST_GROUPS: usize = 50;

impl SelfRegistered {
    pub(super) fn read<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>) -> Self {
        let switch = [("off", false), ("on", true)];
        Self {
            approval: reader.choice("SELF_REGISTERED_APPROVAL", false, &switch),
            defaults: reader.structured("SELF_REGISTERED_DEFAULTS", SelfRegisteredDefaults::parse),
            logos: reader.choice("SELF_REGISTERED_LOGOS", false, &switch),
        }
    }
}

impl SelfRegisteredDefaults {
    fn parse(text: &str) -> Result<Self, String> {
        let members: Map<String, Value> = json::parse(text).ok_or_else(|| {
            r#"must be a JSON object such as {"allowed_groups": ["GROUP_ID"], "access_token_lifetime": 300}"#.to_owned()
        })?;
        let mut defaults = Self::default();
        for (name, value) in &members {
            let seconds = || {
                let seconds = value.as_i64().filter(|seconds| (60..=315_360_000).contains(seconds));
                let wrong = || format!("has a {name} that is not from 60 to 315360000 seconds");
                seconds.map(|seconds| Some(Lifetime(seconds))).ok_or_else(wrong)
            };
            match name.as_str() {
                "allowed_groups" => defaults.allowed_groups = groups(value)?,
                "access_token_lifetime" => defaults.access_token_lifetime = seconds()?,
                "id_token_lifetime" => defaults.id_token_lifetime = seconds()?,
                "refresh_token_lifetime" => defaults.refresh_token_lifetime = seconds()?,
                _ => {
                    return Err(
                        "may have allowed_groups, access_token_lifetime, id_token_lifetime and refresh_token_lifetime"
                            .to_owned(),
                    );
                }
            }
        }
        Ok(defaults)
    }
}

fn groups(value: &Value) -> Result<Vec<String>, String> {
    let ids = value.as_array().filter(|ids| (1..=MOST_GROUPS).contains(&ids.len()));
    let ids: Option<Vec<_>> = ids.and_then(|ids| ids.iter().map(|id| id.as_str().map(str::to_owned)).collect());
    ids.ok_or_else(|| format!("has allowed_groups that are no list of 1 to {MOST_GROUPS} ids of groups"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_what_an_operator_may_decide_of_an_app_for_everybody() {
        let parsed = SelfRegisteredDefaults::parse(r#"{"allowed_groups": ["g"], "access_token_lifetime": 300}"#);
        let parsed = parsed.unwrap();
        assert_eq!(parsed.allowed_groups, ["g"]);
        assert_eq!(
            (parsed.access_token_lifetime, parsed.id_token_lifetime),
            (Some(Lifetime(300)), None)
        );
        for wrong in [
            "",
            "[]",
            r#"{"consent": "never"}"#,
            r#"{"allowed_groups": []}"#,
            r#"{"allowed_groups": "g"}"#,
            r#"{"allowed_groups": [7]}"#,
            r#"{"id_token_lifetime": 59}"#,
            r#"{"id_token_lifetime": "300"}"#,
            r#"{"id_token_lifetime": 300, "id_token_lifetime": 301}"#,
        ] {
            assert!(SelfRegisteredDefaults::parse(wrong).is_err(), "{wrong}");
        }
    }
}
