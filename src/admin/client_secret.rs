//! Another secret of an app, as operators ask for it.

use serde_json::{Map, Value};

use super::{api_key, body, console_form, invitation};
use crate::{
    account::group::Label,
    oidc::{
        client::stored_secret::{MOST, NotRemoved},
        error::OAuthError,
        params::Params,
    },
    routes::{Call, Endpoint, Method},
    time::Lifetime,
};

/// The longest time for which a secret that has an end works.
const LONGEST: Lifetime = Lifetime::days(api_key::MOST_DAYS);

/// What an operator wants a secret to be like.
#[derive(Debug, PartialEq, Eq)]
pub struct WantedSecret {
    pub name: Label,
    /// How long it works. Without it, until it is removed.
    pub lifetime: Option<Lifetime>,
}

impl WantedSecret {
    /// Reads `{"name": "...", "expires_in": 86400}`.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn parse(body: &[u8]) -> Result<Self, OAuthError> {
        let members = body::members(body, &["name", "expires_in"])?;
        let name = members.get("name").and_then(Value::as_str).and_then(Label::parse);
        let expires_in = members.get("expires_in").filter(|value| !value.is_null());
        Ok(Self {
            name: name.ok_or_else(|| OAuthError::invalid_request(format!("name {}", Label::RULE)))?,
            lifetime: expires_in
                .map(|value| invitation::lifetime(value, LONGEST))
                .transpose()?,
        })
    }

    /// Reads the form of the console: `name`, and `days` which may be empty.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn of_form(form: &Params) -> Result<Self, OAuthError> {
        let mut body = Map::new();
        body.insert(
            "name".to_owned(),
            form.single("name")?.unwrap_or_default().trim().into(),
        );
        let days = form.single("days")?.unwrap_or_default().trim();
        if !days.is_empty() {
            body.insert("expires_in".to_owned(), console_form::system::seconds_of_days(days)?);
        }
        Self::parse(Value::Object(body).to_string().as_bytes())
    }
}

/// What a form of the console asks for that is about the secrets of an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretAction<'a> {
    Add,
    Remove(&'a str),
}

impl<'a> SecretAction<'a> {
    /// # Errors
    /// `invalid_request`.
    pub fn parse(form: &'a Params) -> Result<Self, OAuthError> {
        match console_form::asked(form, &["remove"])? {
            ("do", "add") => Ok(Self::Add),
            ("remove", id) => Ok(Self::Remove(id)),
            _ => Err(console_form::unknown()),
        }
    }

    /// The call of the admin API that does the same.
    pub fn call(self) -> Call {
        match self {
            Self::Add => (Endpoint::AdminClientSecrets, Method::Post),
            Self::Remove(_) => (Endpoint::AdminClientSecret, Method::Delete),
        }
    }
}

/// Why there is no second secret of that name: operators know secrets by it.
pub fn same_name(name: &Label) -> OAuthError {
    OAuthError::invalid_request(format!(
        "name: the client has a secret {} already: choose another name, or remove that secret first",
        name.as_str()
    ))
}

/// Why there are no more secrets than these.
pub fn too_many() -> OAuthError {
    OAuthError::invalid_request(format!(
        "the client has {MOST} secrets, which is the most: remove one that is no longer used"
    ))
}

/// Why a secret stays.
pub fn explain(refusal: NotRemoved) -> OAuthError {
    OAuthError::invalid_request(match refusal {
        NotRemoved::Unknown => "there is no such secret",
        NotRemoved::Last => {
            "it is the only secret of the client without an end: add another without an end first, or renew it"
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(body: &Value) -> Result<WantedSecret, OAuthError> {
        WantedSecret::parse(body.to_string().as_bytes())
    }

    #[test]
    fn a_secret_has_a_name_and_perhaps_an_end() {
        let plain = of(&json!({ "name": "CI" })).unwrap();
        assert_eq!((plain.name.as_str(), plain.lifetime), ("CI", None));
        let ending = of(&json!({ "name": "CI", "expires_in": 3600 })).unwrap();
        assert_eq!(ending.lifetime, Some(Lifetime(3600)));
        let typed = |text: &str| WantedSecret::of_form(&Params::parse(text).unwrap());
        assert_eq!(typed("name=+CI+&days=").unwrap(), plain);
        assert_eq!(typed("name=CI&days=2").unwrap().lifetime, Some(Lifetime::days(2)));
        for days in ["0", "3651", "-1", "1.5", "x", "99999999999999999999"] {
            let refused = typed(&format!("name=CI&days={days}")).unwrap_err().description;
            assert_eq!(refused, "days must be a whole number from 1 to 3650", "{days}");
        }
        for wrong in [
            "days=2",
            "name=CI&days=x",
            "name=CI&days=0",
            "name=CI&days=3651",
            "name=a&name=b",
        ] {
            assert!(typed(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_makes_no_secret_is_refused() {
        for wrong in [
            json!([]),
            json!({}),
            json!({ "name": "" }),
            json!({ "name": 7 }),
            json!({ "name": "a,b" }),
            json!({ "name": "a", "expires_in": 59 }),
            json!({ "name": "a", "expires_in": 1e20 }),
            json!({ "name": "a", "expires_in": "1" }),
            json!({ "name": "a", "secret": "mine" }),
        ] {
            assert!(of(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_form_about_secrets_says_what_the_api_takes() {
        let call = |form: &str| SecretAction::parse(&Params::parse(form).unwrap()).map(SecretAction::call);
        assert_eq!(call("do=add"), Ok((Endpoint::AdminClientSecrets, Method::Post)));
        assert_eq!(call("remove=s"), Ok((Endpoint::AdminClientSecret, Method::Delete)));
        for wrong in ["", "do=remove", "do=add&do=add", "remove=a&remove=b"] {
            assert!(call(wrong).is_err(), "{wrong}");
        }
    }
}
