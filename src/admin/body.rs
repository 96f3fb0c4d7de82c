//! The JSON that operators send.

use serde_json::{Map, Value};

use crate::{
    oidc::{error::OAuthError, params},
    web::json,
};

/// The members of a body that may have those of `known` and no other.
///
/// # Errors
/// `invalid_request`, naming what is not known, and what is.
pub fn members(body: &[u8], known: &[&str]) -> Result<Map<String, Value>, OAuthError> {
    let wrong = "the body must be a JSON object whose members differ in name";
    let object: Map<String, Value> = json::parse(body).ok_or_else(|| OAuthError::invalid_request(wrong))?;
    match object.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(object),
        Some(name) => Err(unknown(name, known)),
    }
}

/// The same of a body that may be left out.
///
/// # Errors
/// As [`members`].
pub fn optional_members(body: &[u8], known: &[&str]) -> Result<Map<String, Value>, OAuthError> {
    match body.trim_ascii().is_empty() {
        true => Ok(Map::new()),
        false => members(body, known),
    }
}

/// That of a body which has `name` and may have those of `known`.
fn unknown(name: &str, known: &[&str]) -> OAuthError {
    let what = match params::is_word(name) {
        true => format!("{name} is no member here"),
        false => "there is a member that is not known here".to_owned(),
    };
    OAuthError::invalid_request(match known {
        [] => what,
        [only] => format!("{what}; the only one is {only}"),
        [most @ .., last] => format!("{what}; the members are {} and {last}", most.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_that_is_not_known_is_named_with_those_that_are() {
        let why = |body: &str, known: &[&str]| members(body.as_bytes(), known).unwrap_err().description.into_owned();
        let expires = r#"{"expires": 60}"#;
        assert_eq!(why(expires, &[]), "expires is no member here");
        assert_eq!(
            why(expires, &["expires_in"]),
            "expires is no member here; the only one is expires_in"
        );
        assert_eq!(
            why(expires, &["email", "note", "expires_in"]),
            "expires is no member here; the members are email, note and expires_in"
        );
        assert_eq!(
            why(r#"{"<b>": 60}"#, &["a"]),
            "there is a member that is not known here; the only one is a"
        );
        assert!(optional_members(b" ", &[]).unwrap().is_empty());
        assert!(members(b" ", &[]).is_err());
    }
}
