//! An invitation, as operators make it.

use serde_json::Value;

use super::body;
use crate::{
    account::{
        email,
        invitation::{LONGEST, USUAL},
        set_up::LinkKind,
    },
    oidc::error::OAuthError,
    time::Lifetime,
};

/// How long a set-up link works at most.
const LONGEST_LINK: Lifetime = Lifetime::days(30);

/// The most characters of a note.
const LONGEST_NOTE: usize = 200;

/// What an operator wants an invitation to be like.
#[derive(Debug, PartialEq, Eq)]
pub struct WantedInvitation {
    /// The address that the account gets.
    pub email: Option<String>,
    /// Whether the link shows that the address is theirs.
    pub email_verified: bool,
    /// Whether it is for the first person, and good only while there is nobody.
    pub first: bool,
    pub note: Option<String>,
    pub lifetime: Lifetime,
}

impl WantedInvitation {
    /// Reads the body of a request; an empty one wants nothing special.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn parse(body: &[u8]) -> Result<Self, OAuthError> {
        let refuse = |why: String| Err(OAuthError::invalid_request(why));
        let body = body::optional_members(body, &["email", "email_verified", "first", "note", "expires_in"])?;
        let mut wanted = Self {
            email: None,
            email_verified: false,
            first: false,
            note: None,
            lifetime: USUAL,
        };
        for (name, value) in &body {
            match (name.as_str(), value) {
                ("email", Value::String(text)) => {
                    let address = email::parse(text);
                    wanted.email = Some(address.map_err(|why| OAuthError::invalid_request(format!("email {why}")))?);
                }
                ("email_verified", Value::Bool(flag)) => wanted.email_verified = *flag,
                ("first", Value::Bool(flag)) => wanted.first = *flag,
                ("note", Value::String(text)) if text.chars().count() <= LONGEST_NOTE => {
                    wanted.note = Some(text.clone());
                }
                ("expires_in", value) => wanted.lifetime = lifetime(value, LONGEST)?,
                ("email_verified" | "first", _) => return refuse(format!("{name} must be true or false")),
                ("note", _) => {
                    return refuse(format!("note must be a text of at most {LONGEST_NOTE} characters"));
                }
                _ => return refuse(format!("{name} must be a text")),
            }
        }
        match wanted.email_verified && wanted.email.is_none() {
            true => refuse("email_verified needs an email".to_owned()),
            false => Ok(wanted),
        }
    }
}

/// How long a set-up link works, by the body of a request for one.
///
/// # Errors
/// `invalid_request`.
pub fn lifetime_of_link(body: &[u8]) -> Result<Lifetime, OAuthError> {
    let body = body::optional_members(body, &["expires_in"])?;
    match body.get("expires_in") {
        None => Ok(LinkKind::SetUp.lifetime()),
        Some(value) => lifetime(value, LONGEST_LINK),
    }
}

/// `expires_in`: whole seconds, from a minute on.
///
/// # Errors
/// `invalid_request`.
pub fn lifetime(value: &Value, longest: Lifetime) -> Result<Lifetime, OAuthError> {
    let seconds = value
        .as_i64()
        .filter(|seconds| (60..=longest.seconds()).contains(seconds));
    let most = longest.seconds();
    let wrong = || OAuthError::invalid_request(format!("expires_in must be whole seconds, from 60 to {most}"));
    seconds.map(Lifetime).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(body: &Value) -> Result<WantedInvitation, OAuthError> {
        WantedInvitation::parse(body.to_string().as_bytes())
    }

    #[test]
    fn an_invitation_is_for_anybody_and_for_a_week_if_nothing_is_said() {
        let usual = WantedInvitation::parse(b"").unwrap();
        assert_eq!(usual, parse(&json!({})).unwrap());
        assert_eq!((usual.email, usual.lifetime), (None, Lifetime::days(7)));
        let said = json!({ "email": "Ada@ACME.org", "email_verified": true, "note": "Ada", "expires_in": 60 });
        let said = parse(&said).unwrap();
        assert_eq!(said.email.as_deref(), Some("Ada@acme.org"));
        assert!(said.email_verified && !said.first);
        assert_eq!(said.lifetime, Lifetime(60));
    }

    #[test]
    fn a_set_up_link_works_for_three_days_if_nothing_is_said() {
        let of = |body: &str| lifetime_of_link(body.as_bytes());
        assert_eq!((of(""), of("{}")), (Ok(Lifetime::days(3)), Ok(Lifetime::days(3))));
        assert_eq!(of(r#"{"expires_in":2592000}"#), Ok(Lifetime::days(30)));
        for wrong in [
            "[]",
            "7",
            r#"{"expires_in":59}"#,
            r#"{"expires_in":2592001}"#,
            r#"{"x":1}"#,
        ] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_makes_no_invitation_is_refused() {
        for body in [
            json!([]),
            json!({ "email": "ada" }),
            json!({ "email": 7 }),
            json!({ "email_verified": true }),
            json!({ "note": "n".repeat(201) }),
            json!({ "expires_in": 59 }),
            json!({ "expires_in": 7_776_001 }),
            json!({ "expires_in": "60" }),
            json!({ "expires_in": 1e20 }),
            json!({ "first": "yes" }),
            json!({ "colour": "blue" }),
        ] {
            assert!(parse(&body).is_err(), "{body}");
        }
        assert!(WantedInvitation::parse(br#"{"note":"a","note":"b"}"#).is_err());
    }
}
