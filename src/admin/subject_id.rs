//! Whom a program means: subject identifiers (RFC 9493), as a request of Global Token Revocation has one
//! (draft-parecki-oauth-global-token-revocation-06).

use serde_json::{Map, Value};

use super::body;
use crate::{config::Issuer, oidc::error::OAuthError};

/// A person, by what a program knows them by.
#[derive(Debug, PartialEq, Eq)]
pub enum SubjectId {
    /// `opaque`, or `iss_sub` of this issuer: their id, which is the `sub` that most clients know.
    Id(String),
    /// `email`: the one who has confirmed the address.
    Email(String),
}

impl SubjectId {
    /// Reads `{"sub_id": {"format": "email", "email": "ada@acme.org"}}`.
    ///
    /// # Errors
    /// `invalid_request`, also for a format that is not known here.
    pub fn parse(body: &[u8], issuer: &Issuer) -> Result<Self, OAuthError> {
        let members = body::members(body, &["sub_id"])?;
        let sub_id = members.get("sub_id").and_then(Value::as_object);
        let sub_id = sub_id.ok_or_else(|| OAuthError::invalid_request("sub_id must be an object"))?;
        match text(sub_id, "format")? {
            "opaque" => Ok(Self::Id(text(sub_id, "id")?.to_owned())),
            "email" => Ok(Self::Email(text(sub_id, "email")?.to_owned())),
            "iss_sub" if text(sub_id, "iss")? == issuer.as_str() => Ok(Self::Id(text(sub_id, "sub")?.to_owned())),
            "iss_sub" => Err(OAuthError::invalid_request("iss is not this server")),
            _ => Err(OAuthError::invalid_request("format must be opaque, iss_sub or email")),
        }
    }
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<&'a str, OAuthError> {
    let text = members
        .get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty());
    text.ok_or_else(|| OAuthError::invalid_request(format!("sub_id lacks {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_names_a_person_and_others_are_refused() {
        let issuer = Issuer::parse("https://id.acme.org").unwrap();
        let parse = |text: &str| SubjectId::parse(text.as_bytes(), &issuer);
        let id = || SubjectId::Id("u1".to_owned());
        for (text, meant) in [
            (r#"{"sub_id":{"format":"opaque","id":"u1"}}"#, id()),
            (
                r#"{"sub_id":{"format":"iss_sub","iss":"https://id.acme.org","sub":"u1"}}"#,
                id(),
            ),
            (
                r#"{"sub_id":{"format":"email","email":"ada@acme.org"}}"#,
                SubjectId::Email("ada@acme.org".to_owned()),
            ),
        ] {
            assert_eq!(parse(text).unwrap(), meant, "{text}");
        }
        for text in [
            "",
            "[]",
            "{}",
            r#"{"sub_id":"u1"}"#,
            r#"{"sub_id":{"id":"u1"}}"#,
            r#"{"sub_id":{"format":"opaque"}}"#,
            r#"{"sub_id":{"format":"opaque","id":7}}"#,
            r#"{"sub_id":{"format":"opaque","id":""}}"#,
            r#"{"sub_id":{"format":"iss_sub","iss":"https://id.acme.org/","sub":"u1"}}"#,
            r#"{"sub_id":{"format":"phone_number","phone_number":"+4912"}}"#,
            r#"{"sub_id":{"format":"opaque","id":"u1"},"more":1}"#,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
