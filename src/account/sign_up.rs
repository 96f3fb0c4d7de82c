//! Accounts that people make for themselves (Initiating User Registration via OpenID Connect 1.0).

use serde_json::Value;

use super::{
    email,
    profile::{self, FieldProblem},
    user::{User, Username},
};
use crate::{
    config::{ProfileField, WantedField},
    oidc::{claims::StandardClaims, subject::SubjectSalt},
    time::UnixTime,
};

/// What is wrong with what somebody typed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names say it.
pub enum Wrong {
    Fields(Vec<(ProfileField, FieldProblem)>),
    Email,
    Username,
}

/// The address of a new account.
#[derive(Clone, Copy, Debug)]
pub struct Address<'a> {
    /// As it was typed, or as an invitation has it.
    pub text: &'a str,
    /// Whether its person has shown that it is theirs.
    pub verified: bool,
}

/// What a new account is made of.
#[derive(Debug)]
pub struct NewAccount {
    username: Username,
    claims: StandardClaims,
}

impl NewAccount {
    /// Reads what was typed: an address, a username, and what the operator wants to know.
    ///
    /// # Errors
    /// What is wrong: all such fields of the profile, or the first of the others.
    pub fn parse<'a>(
        address: Address<'_>,
        username: &str,
        wanted: &[WantedField],
        entered: &dyn Fn(&str) -> &'a str,
    ) -> Result<Self, Wrong> {
        let fields: Vec<_> = wanted.iter().map(|wanted| wanted.field).collect();
        let mut claims = profile::changes_of(&StandardClaims::default(), &fields, entered).map_err(Wrong::Fields)?;
        let email = email::parse(address.text).map_err(|_| Wrong::Email)?;
        let username = Username::parse(username).map_err(|_| Wrong::Username)?;
        claims.insert("email".to_owned(), email.into());
        claims.insert("email_verified".to_owned(), Value::Bool(address.verified));
        let too_long = |_| Wrong::Fields(fields.iter().map(|field| (*field, FieldProblem::TooLong)).collect());
        let claims = StandardClaims::parse(&claims).map_err(too_long)?;
        let missing = wanted.iter().filter(|wanted| wanted.required);
        let missing: Vec<_> = missing
            .filter(|wanted| profile::value(wanted.field, &claims).is_empty())
            .map(|wanted| (wanted.field, FieldProblem::Missing))
            .collect();
        match missing.is_empty() {
            true => Ok(Self { username, claims }),
            false => Err(Wrong::Fields(missing)),
        }
    }

    /// The person with the account.
    pub fn into_user(self, id: String, salt: [u8; 32], now: UnixTime) -> User {
        User {
            memberships: Default::default(),
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

    const NAME: WantedField = WantedField {
        field: ProfileField::Name,
        required: false,
    };

    fn parse(name: &'static str, email: &str, username: &str, wanted: &[WantedField]) -> Result<NewAccount, Wrong> {
        let address = Address {
            text: email,
            verified: false,
        };
        NewAccount::parse(address, username, wanted, &|field| {
            if field == "name" { name } else { "" }
        })
    }

    #[test]
    fn an_account_has_an_unverified_address_and_a_name_where_one_was_typed() {
        let account = |name| parse(name, "Ada@ACME.org", "Ada", &[NAME]).unwrap();
        let user = account(" A\u{200B}da\u{308}\u{202E}\u{7} ").into_user("u".to_owned(), [1; 32], UnixTime(5));
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
    fn what_is_not_asked_for_is_not_looked_at() {
        let user = parse("Ada", "ada@acme.org", "ada", &[]).unwrap();
        assert_eq!(user.claims.text("name"), None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let wrong = |name, email, username| parse(name, email, username, &[NAME]).map(|_| ()).unwrap_err();
        let long = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
                    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        let of_name = |wrong| Wrong::Fields(vec![(ProfileField::Name, wrong)]);
        assert_eq!(wrong(long, "ada@acme.org", "ada"), of_name(FieldProblem::TooLong));
        assert_eq!(wrong("Ada", "ada", "ada"), Wrong::Email);
        assert_eq!(wrong("Ada", "ada@acme.org", "a@b"), Wrong::Username);
        let required = [WantedField { required: true, ..NAME }];
        let missing = parse(" \u{200B}", "ada@acme.org", "ada", &required).map(|_| ());
        assert_eq!(missing.unwrap_err(), of_name(FieldProblem::Missing));
        assert!(parse("Ada", "ada@acme.org", "ada", &required).is_ok());
    }
}
