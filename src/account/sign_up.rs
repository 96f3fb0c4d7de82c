//! Accounts that people make for themselves (Initiating User Registration via OpenID Connect 1.0).

use serde_json::{Map, Value};

use super::{
    email,
    name::nfc,
    user::{User, Username},
};
use crate::{
    oidc::{claims::StandardClaims, subject::SubjectSalt},
    readable::without_invisible,
    time::UnixTime,
};

/// The most characters of a name.
const LONGEST_NAME: usize = 200;

/// What is wrong with what somebody typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names say it.
pub enum Wrong {
    Name,
    Email,
    Username,
}

/// What a new account is made of.
#[derive(Debug)]
pub struct NewAccount {
    username: Username,
    claims: StandardClaims,
}

/// A name as it is stored.
pub fn prepare_name(typed: &str) -> String {
    nfc(&without_invisible(typed)).trim().to_owned()
}

impl NewAccount {
    /// Reads what was typed; `name` as [`prepare_name`] made it, and empty where there is none.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn parse(name: &str, email: &str, username: &str) -> Result<Self, Wrong> {
        if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
            return Err(Wrong::Name);
        }
        let email = email::parse(email).map_err(|_| Wrong::Email)?;
        let username = Username::parse(username).map_err(|_| Wrong::Username)?;
        let mut claims = Map::new();
        claims.insert("email".to_owned(), email.into());
        // Nobody has shown yet that the address is theirs.
        claims.insert("email_verified".to_owned(), Value::Bool(false));
        if !name.is_empty() {
            claims.insert("name".to_owned(), name.into());
        }
        let claims = StandardClaims::parse(&claims).map_err(|_| Wrong::Name)?;
        Ok(Self { username, claims })
    }

    /// The person with the account.
    pub fn into_user(self, id: String, salt: [u8; 32], now: UnixTime) -> User {
        User {
            id,
            subject_salt: SubjectSalt::new(salt),
            username: self.username,
            claims: self.claims,
            disabled_at: None,
            created_at: now,
            updated_at: now,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_account_has_an_unverified_address_and_a_name_where_one_was_typed() {
        let account = |name: &str| NewAccount::parse(&prepare_name(name), "Ada@ACME.org", "Ada").unwrap();
        let user = account(" A\u{200B}da\u{308} ").into_user("u".to_owned(), [1; 32], UnixTime(5));
        assert_eq!(user.username.as_str(), "ada");
        assert_eq!(
            json!(user.claims.as_map()),
            json!({ "email": "Ada@acme.org", "email_verified": false, "name": "Ad\u{e4}" })
        );
        assert_eq!((user.created_at, user.updated_at), (UnixTime(5), UnixTime(5)));
        let nameless = account("\u{200B}").into_user("u".to_owned(), [1; 32], UnixTime(5));
        assert_eq!(nameless.claims.text("name"), None);
    }

    #[test]
    fn the_first_thing_that_is_wrong_is_named() {
        let wrong = |name: &str, email, username| NewAccount::parse(name, email, username).map(|_| ()).unwrap_err();
        assert_eq!(wrong(&"a".repeat(201), "ada@acme.org", "ada"), Wrong::Name);
        assert_eq!(wrong("a\u{7}", "ada@acme.org", "ada"), Wrong::Name);
        assert_eq!(wrong("a\u{202E}b", "ada@acme.org", "ada"), Wrong::Name);
        assert_eq!(wrong("Ada", "ada", "ada"), Wrong::Email);
        assert_eq!(wrong("Ada", "ada@acme.org", "a@b"), Wrong::Username);
    }
}
