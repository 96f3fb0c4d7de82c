//! An entry of another provider's file: the lines that it becomes, and what of it could not be taken.

use serde_json::{Value, json};

use super::{Converted, hashes};

pub const IMPLICIT: &str = "the implicit flow is not for new apps: use authorization_code with PKCE";
pub const SECOND_FACTORS: &str = "its second factors are not taken: they set up new ones";
pub const SECRET_IS_A_HASH: &str = "its secret is a hash there: it needs a new one";

/// Why a sign-in elsewhere is left.
pub fn sign_in_by(provider: &str) -> String {
    format!("the sign-in by {provider}: people sign in at Limen itself")
}

/// Why an attribute is left.
pub fn attribute(name: &str) -> String {
    format!("the attribute {name}: name it in ATTRIBUTES and set it by the admin API")
}

/// An entry that is being converted.
pub struct Entry<'a> {
    /// Where it is, such as `line 4` or `users[3]`.
    place: String,
    /// What it is called.
    what: String,
    to: &'a mut Converted,
}

impl<'a> Entry<'a> {
    pub fn new(place: impl Into<String>, what: impl Into<String>, to: &'a mut Converted) -> Self {
        let (place, what) = (place.into(), what.into());
        Self { place, what, to }
    }

    /// The same by another name.
    pub fn called(&mut self, what: impl Into<String>) -> Entry<'_> {
        Entry::new(&self.place, what, self.to)
    }

    /// Something in it, such as `.credentials[0]`.
    pub fn part(&mut self, path: &str) -> Entry<'_> {
        Entry::new(format!("{}{path}", self.place), &self.what, self.to)
    }

    /// Adds a line of the export.
    pub fn add(&mut self, line: Value) {
        self.to.add(&self.place, line);
    }

    /// Says why something of it is left.
    pub fn leave(&mut self, why: impl Into<String>) {
        self.to.leave(&self.place, &self.what, why);
    }

    /// Says what is otherwise here of something that is taken.
    pub fn change(&mut self, how: impl Into<String>) {
        self.to.change(&self.place, &self.what, how);
    }

    /// Where it is.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Adds the password of somebody, or says why not, where the form of its hash is not known.
    pub fn add_password(&mut self, user: &str, hash: &str, why_not: &str) {
        match hashes::is_known(hash) {
            true => self.add(json!({ "kind": "credential", "user": user, "type": "password", "secret": hash })),
            false => self.leave(why_not),
        }
    }
}
