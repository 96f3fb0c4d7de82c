//! The texts of the pages, and which language a person gets.
//!
//! Each language is a file, `en.yaml` and its like, which `codegen/messages.rs` makes into a [`Texts`], whose type it makes of `en.yaml`. A new
//! text is a new line in each file; a new file is a new language. Nothing is to be done elsewhere, and the build stops when one lacks a message.

mod language;

include!(concat!(env!("OUT_DIR"), "/messages.rs"));

/// A sentence with one gap, written `{}`.
#[derive(Clone, Copy, Debug)]
pub struct Phrase(&'static str);

impl Phrase {
    /// What stands before the gap.
    pub fn before(self) -> &'static str {
        self.0.split_once("{}").map_or(self.0, |(before, _)| before)
    }

    /// What stands after the gap.
    pub fn after(self) -> &'static str {
        self.0.split_once("{}").map_or("", |(_, after)| after)
    }

    /// The sentence with `text` in the gap; the sentence alone, where it has none.
    pub fn fill(self, text: &str) -> String {
        match self.0.split_once("{}") {
            Some((before, after)) => [before, text, after].concat(),
            None => self.0.to_owned(),
        }
    }
}

/// A sentence about a number of things: English, German and the like have two forms of it.
#[derive(Clone, Copy, Debug)]
pub struct Plural {
    one: Phrase,
    other: Phrase,
}

impl Plural {
    /// The sentence for `count` things.
    pub fn fill(self, count: i64) -> String {
        let phrase = if count == 1 { self.one } else { self.other };
        phrase.fill(&count.to_string())
    }
}

impl ClaimTexts {
    /// The words for a claim of OIDC Core section 5.1.
    pub fn word(&self, claim: &str) -> Option<&'static str> {
        Some(match claim {
            "name" => self.name,
            "given_name" => self.given_name,
            "family_name" => self.family_name,
            "middle_name" => self.middle_name,
            "nickname" => self.nickname,
            "preferred_username" => self.preferred_username,
            "profile" => self.profile,
            "picture" => self.picture,
            "website" => self.website,
            "gender" => self.gender,
            "birthdate" => self.birthdate,
            "zoneinfo" => self.zoneinfo,
            "locale" => self.locale,
            "email" => self.email,
            "email_verified" => self.email_verified,
            "address" => self.address,
            "phone_number" => self.phone_number,
            "phone_number_verified" => self.phone_number_verified,
            "updated_at" => self.updated_at,
            "groups" => self.groups,
            _ => return None,
        })
    }
}
