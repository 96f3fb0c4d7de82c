//! Apps that registered themselves: operators approve and refuse those that wait, and clean up those that nobody uses.

use serde_json::{Map, Value, json};

use super::{body, client_filter::Provenance, console_form};
use crate::{
    oidc::{error::OAuthError, params::Params},
    routes::{Call, Endpoint, Method},
    time::{Lifetime, UnixTime},
};

/// The most apps of one call.
const MOST: usize = 50;

/// The longest time for which apps were not used.
const LONGEST_DAYS: i64 = 3_650;

/// Which apps are approved, and which are refused.
#[derive(Debug, PartialEq, Eq)]
pub struct Verdicts {
    pub approve: Vec<Approval>,
    pub refuse: Vec<String>,
}

/// An app that is approved.
#[derive(Debug, PartialEq, Eq)]
pub struct Approval {
    pub client_id: String,
    /// The version that the operator saw: an app may change itself while it waits. `None` where they do not say.
    pub version: Option<i64>,
}

impl Approval {
    /// What a form calls an app of that version.
    pub fn name_of(client_id: &str, version: i64) -> String {
        format!("{client_id} {version}")
    }

    fn of_name(name: &str) -> Self {
        let seen = name.split_once(' ');
        let seen = seen.and_then(|(client_id, version)| Some((client_id, version.parse().ok()?)));
        match seen {
            Some((client_id, version)) => Self {
                client_id: client_id.to_owned(),
                version: Some(version),
            },
            None => Self {
                client_id: name.to_owned(),
                version: None,
            },
        }
    }
}

impl Verdicts {
    /// Reads `{"approve": ["CLIENT_ID"], "versions": {"CLIENT_ID": 1}, "refuse": ["CLIENT_ID"]}`.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn parse(body: &[u8]) -> Result<Self, OAuthError> {
        let members = body::members(body, &["approve", "versions", "refuse"])?;
        let list = |name: &str| match members.get(name) {
            None => Ok(Vec::new()),
            Some(value) => {
                texts(value).ok_or_else(|| OAuthError::invalid_request(format!("{name} must be a list of client ids")))
            }
        };
        let wrong = "versions must be an object of the apps to approve, each with its version as a number";
        let wrong = || OAuthError::invalid_request(wrong);
        let mut versions = match members.get("versions") {
            None => Map::new(),
            Some(Value::Object(versions)) if versions.values().all(Value::is_i64) => versions.clone(),
            Some(_) => return Err(wrong()),
        };
        let approve = list("approve")?.into_iter().map(|client_id| Approval {
            version: versions.remove(&client_id).and_then(|version| version.as_i64()),
            client_id,
        });
        let verdicts = Self {
            approve: approve.collect(),
            refuse: list("refuse")?,
        };
        match versions.is_empty() {
            true => verdicts.checked(),
            false => Err(wrong()),
        }
    }

    /// Reads the form of the console: `client`, once an app, and `do`.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn of_form(form: &Params) -> Result<Self, OAuthError> {
        let chosen = form.all("client").map(Approval::of_name);
        let (approve, refuse) = match form.single("do")? {
            Some("approve") => (chosen.collect(), Vec::new()),
            Some("refuse") => (Vec::new(), chosen.map(|app| app.client_id).collect()),
            _ => return Err(console_form::unknown()),
        };
        Self { approve, refuse }.checked()
    }

    fn checked(self) -> Result<Self, OAuthError> {
        let wrong = |why: String| Err(OAuthError::invalid_request(why));
        match self.approve.len() + self.refuse.len() {
            0 => wrong("choose an app to approve or to refuse".to_owned()),
            1..=MOST if self.approve.iter().any(|app| self.refuse.contains(&app.client_id)) => {
                wrong("an app is to be approved and refused".to_owned())
            }
            1..=MOST => Ok(self),
            _ => wrong(format!("at most {MOST} apps are approved or refused at once")),
        }
    }
}

fn texts(value: &Value) -> Option<Vec<String>> {
    let list = value.as_array()?;
    list.iter().map(|id| id.as_str().map(str::to_owned)).collect()
}

/// Which apps nobody uses: of those that anybody can bring about, that nobody allows anything and no operator has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unused {
    /// Whether they were never used, or not any more.
    pub never: bool,
    /// For how long.
    pub days: i64,
    /// Whether documents describe them, or they registered themselves.
    pub described: bool,
}

impl Unused {
    const KNOWN: [&'static str; 3] = ["unused", "days", "registered_by"];

    /// Reads `unused=never&days=30&registered_by=itself`.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn parse(params: &Params) -> Result<Self, OAuthError> {
        params.refuse_unknown(&Self::KNOWN)?;
        Self::of(|name| params.single(name))
    }

    /// Reads the fields of a form or a query of the console among others.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn of_form(form: &Params) -> Result<Self, OAuthError> {
        Self::of(|name| form.single(name))
    }

    /// Reads `{"unused": "never", "days": 30, "registered_by": "itself", "most": 12}`: no more are deleted than `most`.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn of_body(body: &[u8]) -> Result<(Self, i64), OAuthError> {
        let members = body::members(body, &["unused", "days", "registered_by", "most"])?;
        let most = members.get("most").and_then(Value::as_i64).filter(|most| *most > 0);
        let most =
            most.ok_or_else(|| OAuthError::invalid_request("most must be the number of apps that were counted"))?;
        let days = members.get("days").map(Value::to_string);
        let text = |name: &str| match name {
            "days" => days.as_deref(),
            _ => members.get(name).and_then(Value::as_str),
        };
        Ok((Self::of(|name| Ok(text(name)))?, most))
    }

    fn of<'a>(text: impl Fn(&str) -> Result<Option<&'a str>, OAuthError>) -> Result<Self, OAuthError> {
        let wrong = |why: &'static str| OAuthError::invalid_request(why);
        let wrong_days =
            || OAuthError::invalid_request(format!("days must be a whole number from 1 to {LONGEST_DAYS}"));
        let never = match text("unused")? {
            Some("never") => true,
            Some("since") => false,
            _ => return Err(wrong("unused must be never or since")),
        };
        let days = text("days")?.and_then(|days| days.trim().parse().ok());
        let described = match text("registered_by")? {
            None | Some("itself") => false,
            Some("document") => true,
            Some(_) => return Err(wrong("registered_by must be itself or document")),
        };
        Ok(Self {
            never,
            days: days
                .filter(|days| (1..=LONGEST_DAYS).contains(days))
                .ok_or_else(wrong_days)?,
            described,
        })
    }

    /// Since before when.
    pub fn before(self, now: UnixTime) -> UnixTime {
        now - Lifetime::days(self.days)
    }

    /// As JSON.
    pub fn describe(self) -> Map<String, Value> {
        let by = if self.described {
            Provenance::Document
        } else {
            Provenance::Itself
        };
        let mut members = Map::new();
        members.insert("unused".to_owned(), json!(if self.never { "never" } else { "since" }));
        members.insert("days".to_owned(), json!(self.days));
        members.insert("registered_by".to_owned(), json!(by.as_str()));
        members
    }
}

/// The calls of the admin API that the page of the console makes.
pub const APPROVE: Call = (Endpoint::AdminClientApproval, Method::Post);
/// Likewise.
pub const CLEAN_UP: Call = (Endpoint::AdminUnusedClients, Method::Post);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_is_approved_or_refused_and_not_both() {
        let of = |body: Value| Verdicts::parse(body.to_string().as_bytes());
        let both = of(json!({ "approve": ["a", "b"], "refuse": ["c"] })).unwrap();
        assert_eq!((both.approve.len(), both.refuse.len()), (2, 1));
        for wrong in [
            json!({}),
            json!({ "approve": [] }),
            json!({ "approve": "a" }),
            json!({ "approve": [7] }),
            json!({ "approve": ["a"], "refuse": ["a"] }),
            json!({ "approve": vec!["a"; 51] }),
            json!({ "approved": ["a"] }),
        ] {
            assert!(of(wrong.clone()).is_err(), "{wrong}");
        }
        let form = |text: &str| Verdicts::of_form(&Params::parse(text).unwrap());
        assert_eq!(form("do=refuse&client=a&client=b").unwrap().refuse, ["a", "b"]);
        assert!(form("do=approve").is_err() && form("do=x&client=a").is_err());
    }

    #[test]
    fn an_approval_may_name_the_version_that_was_seen() {
        let of = |body: Value| Verdicts::parse(body.to_string().as_bytes());
        let seen = |verdicts: Verdicts| {
            verdicts
                .approve
                .into_iter()
                .map(|app| (app.client_id, app.version))
                .collect::<Vec<_>>()
        };
        let named = of(json!({ "approve": ["a", "b"], "versions": { "b": 3 } })).unwrap();
        assert_eq!(seen(named), [("a".to_owned(), None), ("b".to_owned(), Some(3))]);
        for versions in [json!({ "c": 3 }), json!({ "a": "3" }), json!({ "a": null }), json!([3])] {
            assert!(
                of(json!({ "approve": ["a"], "versions": versions })).is_err(),
                "{versions}"
            );
        }
        let form = Params::parse("do=approve&client=a+3&client=b&client=c+x").unwrap();
        let expected = [
            ("a".to_owned(), Some(3)),
            ("b".to_owned(), None),
            ("c x".to_owned(), None),
        ];
        assert_eq!(seen(Verdicts::of_form(&form).unwrap()), expected);
    }

    #[test]
    fn what_is_cleaned_up_was_counted_before() {
        let query = |text: &str| Unused::parse(&Params::parse(text).unwrap());
        let unused = query("unused=never&days=30").unwrap();
        let expected = Unused {
            never: true,
            days: 30,
            described: false,
        };
        assert_eq!(unused, expected);
        assert_eq!(unused.before(UnixTime(2_600_000)), UnixTime(8_000));
        let body = |value: Value| Unused::of_body(value.to_string().as_bytes());
        let all = json!({ "unused": "never", "days": 30, "registered_by": "itself", "most": 3 });
        assert_eq!(body(all), Ok((expected, 3)));
        for wrong in [
            "",
            "unused=never",
            "unused=always&days=1",
            "unused=never&days=0",
            "unused=since&days=1&registered_by=operator",
            "unused=never&days=1&x=1",
        ] {
            assert!(query(wrong).is_err(), "{wrong}");
        }
        for wrong in [
            json!({ "unused": "never", "days": 30 }),
            json!({ "unused": "never", "days": "x", "most": 1 }),
            json!({ "unused": "never", "days": 30, "most": 0 }),
        ] {
            assert!(body(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
