//! A person with an account.

use serde_json::{Map, Value};

use crate::{
    oidc::{
        claims::StandardClaims,
        client::Client,
        subject::{SubjectSalt, subject},
    },
    time::UnixTime,
};

/// A person with an account.
#[derive(Clone, Debug)]
pub struct User {
    /// The public `sub`.
    pub id: String,
    /// What keeps their pairwise identifiers apart.
    pub subject_salt: SubjectSalt,
    /// To sign in with; unique in any case.
    pub username: Username,
    /// What is known about them.
    pub claims: StandardClaims,
    /// Since when they may not sign in.
    pub disabled_at: Option<UnixTime>,
    /// When the account was made.
    pub created_at: UnixTime,
    /// When a claim last changed.
    pub updated_at: UnixTime,
}

/// A name to sign in with. It has no `@`, so that it never equals somebody's e-mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// Checks a name.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let allowed = |c: char| c.is_alphanumeric() || "._-+".contains(c);
        if (1..=64).contains(&text.chars().count()) && text.chars().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be 1 to 64 letters, digits, dots, dashes, underscores or plus signs")
        }
    }

    /// Takes a name out of storage.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Checks an e-mail address as far as a server can: that it has the form `local@domain`.
///
/// # Errors
/// Says what is wrong with it.
pub fn check_email(text: &str) -> Result<(), &'static str> {
    let plain = text.len() <= 254 && text.chars().all(|c| !c.is_whitespace() && !c.is_control());
    match text.rsplit_once('@') {
        Some((local, domain)) if plain && !local.is_empty() && domain.contains('.') && !domain.starts_with('.') => {
            Ok(())
        }
        _ => Err("must be an e-mail address"),
    }
}

impl User {
    /// What to call them on a page.
    pub fn display_name(&self) -> &str {
        self.claims.text("name").unwrap_or(self.username.as_str())
    }

    /// The `sub` by which `client` knows them.
    pub fn sub_at(&self, client: &Client) -> String {
        subject(client, &self.id, &self.subject_salt)
    }

    /// All that a client can be told of them, less `sub` (OIDC Core section 5.1).
    pub fn known_claims(&self) -> Map<String, Value> {
        let mut known = self.claims.as_map().clone();
        let username = || Value::from(self.username.as_str());
        known.entry("preferred_username").or_insert_with(username);
        known.insert("updated_at".to_owned(), self.updated_at.seconds().into());
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_username_is_no_email_address() {
        for name in ["alice", "a.b-c_d+e", "J\u{fc}rgen"] {
            assert!(Username::parse(name).is_ok(), "{name}");
        }
        for name in ["", "a@b.org", "a b", "a\0", "<b>", &"a".repeat(65)] {
            assert!(Username::parse(name).is_err(), "{name}");
        }
    }

    #[test]
    fn an_email_address_has_a_local_part_and_a_domain() {
        assert!(check_email("a@b.org").is_ok());
        for text in ["a", "@b.org", "a@b", "a b@c.org", "a@.org", ""] {
            assert!(check_email(text).is_err(), "{text}");
        }
    }
}
