//! What the forms about keys ask for: those that sign, and those of the admin API.

use serde_json::{Value, json};

use super::{asked, unknown};
use crate::{
    admin::api_key::{MOST_DAYS, WantedKey},
    oidc::{error::OAuthError, params::Params},
    routes::{Call, Endpoint, Method},
    time::Lifetime,
};

/// What is done to the deployment.
#[derive(Debug)]
pub enum SystemAction<'a> {
    /// By the `kid` of the key.
    Rotate(&'a str),
    Revoke(&'a str),
    MakeApiKey,
    /// By its id.
    EndApiKey(&'a str),
}

impl<'a> SystemAction<'a> {
    /// # Errors
    /// `invalid_request`.
    pub fn parse(form: &'a Params) -> Result<Self, OAuthError> {
        Ok(match asked(form, &["retire", "revoke", "end_api_key"])? {
            ("do", "make_key") => Self::MakeApiKey,
            ("retire", kid) => Self::Rotate(kid),
            ("revoke", kid) => Self::Revoke(kid),
            ("end_api_key", id) => Self::EndApiKey(id),
            _ => return Err(unknown()),
        })
    }

    /// The call of the admin API that does the same.
    pub fn call(&self) -> Call {
        match self {
            Self::Rotate(_) => (Endpoint::AdminKeyRetirement, Method::Post),
            Self::Revoke(_) => (Endpoint::AdminKeyRotation, Method::Post),
            Self::MakeApiKey => (Endpoint::AdminApiKeys, Method::Post),
            Self::EndApiKey(_) => (Endpoint::AdminApiKey, Method::Delete),
        }
    }
}

/// The key of the admin API that a form describes.
///
/// # Errors
/// `invalid_request`.
pub fn wanted_key(form: &Params) -> Result<WantedKey, OAuthError> {
    let days = form.single("days")?.unwrap_or_default().trim();
    let scopes: Vec<_> = form.all("scope").collect();
    let mut body = json!({ "name": form.single("name")?.unwrap_or_default().trim(), "scopes": scopes });
    if !days.is_empty()
        && let Value::Object(members) = &mut body
    {
        members.insert("expires_in".to_owned(), seconds_of_days(days)?);
    }
    WantedKey::parse(body.to_string().as_bytes())
}

/// So many days in seconds, as JSON.
///
/// # Errors
/// `invalid_request`.
pub fn seconds_of_days(days: &str) -> Result<Value, OAuthError> {
    let number = days.parse::<i64>().ok();
    let number = number.filter(|days| (1..=MOST_DAYS).contains(days));
    let wrong = || OAuthError::invalid_request(format!("days must be a whole number from 1 to {MOST_DAYS}"));
    number
        .map(|days| Lifetime::days(days).seconds().into())
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::api_key::{Area, KeyScope};

    fn params(form: &str) -> Params {
        Params::parse(form).unwrap()
    }

    #[test]
    fn what_is_done_to_keys_needs_the_scope_of_the_call() {
        for (form, area) in [
            ("retire=k", Area::Keys),
            ("revoke=k", Area::Keys),
            ("do=make_key", Area::ApiKeys),
            ("end_api_key=k", Area::ApiKeys),
        ] {
            let (endpoint, method) = SystemAction::parse(&params(form)).unwrap().call();
            let needed = KeyScope::needed(endpoint.path(), method).unwrap();
            assert_eq!((needed.area, needed.writes), (area, true), "{form}");
        }
        assert!(SystemAction::parse(&params("do=retire")).is_err());
    }

    #[test]
    fn a_form_about_an_api_key_says_what_the_api_takes() {
        let key = wanted_key(&params("name=Sync&scope=mail:read&scope=audit:read&days=7")).unwrap();
        assert_eq!(key.scopes.len(), 2);
        for wrong in [
            "name=Sync",
            "name=&scope=mail:read",
            "name=a&scope=mail:read&days=x",
            "name=a&scope=x",
            "name=a&scope=mail:read&days=0",
        ] {
            assert!(wanted_key(&params(wrong)).is_err(), "{wrong}");
        }
    }
}
