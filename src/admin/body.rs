//! The JSON that operators send.

use serde_json::{Map, Value};

use crate::{
    oidc::{error::OAuthError, params},
    web::json,
};

/// The members of a body that may have those of `known` and no other.
///
/// # Errors
/// `invalid_request`, naming what is not known.
pub fn members(body: &[u8], known: &[&str]) -> Result<Map<String, Value>, OAuthError> {
    let wrong = "the body must be a JSON object whose members differ in name";
    let object: Map<String, Value> = json::parse(body).ok_or_else(|| OAuthError::invalid_request(wrong))?;
    match object.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(object),
        Some(name) if params::is_word(name) => Err(OAuthError::invalid_request(format!("{name} is no member here"))),
        Some(_) => Err(OAuthError::invalid_request("there is a member that is not known here")),
    }
}
