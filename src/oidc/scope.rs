//! Scopes (RFC 6749 section 3.3) and what the standard ones mean (OIDC Core section 5.4).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::error::{ErrorCode, OAuthError};
use crate::config::Config;

/// Asks for the groups of a person, where no API has another use for it.
const GROUPS: &str = "groups";

/// The most scope tokens that a request may name.
const MOST_TOKENS: usize = 50;

/// A set of scope tokens: sorted, each once. On the wire: separated by single spaces. There are few in most sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope(Vec<String>);

impl Scope {
    /// The standard scopes, in the order in which people are asked about them.
    pub const STANDARD: [&'static str; 6] = ["openid", "profile", "email", "address", "phone", "offline_access"];

    /// All scopes about people, in that order. Groups are the operator's to tell: an app that registered itself does not learn
    /// of them.
    pub const ABOUT_PEOPLE: [&'static str; 7] = [
        "openid",
        "profile",
        "email",
        "address",
        "phone",
        "groups",
        "offline_access",
    ];

    /// Lets an operator's client administer the registrations of all clients.
    pub const DCR_ADMIN: &'static str = "dcr_admin";

    /// What a client may be given that nobody registered, or anybody: what people can say of themselves, and what the operator
    /// said that people can let others do at an API.
    pub fn of_anybody(config: &Config) -> Self {
        // It would be about people once no API has it any more. Who names the API is given it without a registration.
        let of_apis = config.resources.open_scopes().filter(|scope| *scope != GROUPS);
        Self::STANDARD.into_iter().chain(of_apis).collect()
    }

    /// [`Scope::ABOUT_PEOPLE`].
    pub fn of_people() -> Self {
        Self::ABOUT_PEOPLE.into_iter().collect()
    }

    /// Those of them that are about people here: an API of the operator's may have another use for `groups`.
    pub fn about_people(config: &Config) -> Self {
        let has_groups = config.resources.have_groups();
        let tokens = Self::ABOUT_PEOPLE.into_iter();
        tokens.filter(|token| *token != GROUPS || !has_groups).collect()
    }

    /// Those that mean something here, or at one of the APIs.
    pub fn with_a_meaning(config: &Config) -> Self {
        Self::ABOUT_PEOPLE
            .into_iter()
            .chain([Self::DCR_ADMIN])
            .chain(config.attributes.scopes())
            .chain(config.resources.scopes())
            .collect()
    }

    /// Parses the `scope` parameter.
    ///
    /// # Errors
    /// `invalid_scope` for a token outside `NQCHAR` or more than 50 of them.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        let too_many = || OAuthError::new(ErrorCode::InvalidScope, "too many scopes");
        if text.len() > 100 * MOST_TOKENS {
            return Err(too_many());
        }
        let scope: Self = text.split(' ').filter(|token| !token.is_empty()).collect();
        if scope.0.len() > MOST_TOKENS {
            return Err(too_many());
        }
        if !scope.iter().all(|token| token.bytes().all(is_nqchar)) {
            return Err(OAuthError::new(
                ErrorCode::InvalidScope,
                "a scope has a character that scopes cannot have",
            ));
        }
        Ok(scope)
    }

    /// The set of `tokens`, in any order.
    fn of(mut tokens: Vec<String>) -> Self {
        tokens.sort_unstable();
        tokens.dedup();
        Self(tokens)
    }

    /// Whether `token` is in the set.
    pub fn contains(&self, token: &str) -> bool {
        self.0.binary_search_by(|own| own.as_str().cmp(token)).is_ok()
    }

    /// Whether every token of `self` is in `other`.
    pub fn is_subset(&self, other: &Scope) -> bool {
        self.iter().all(|token| other.contains(token))
    }

    /// The tokens for which `keeps` holds.
    pub fn only(&self, keeps: &dyn Fn(&str) -> bool) -> Scope {
        Self(self.0.iter().filter(|token| keeps(token)).cloned().collect())
    }

    /// The tokens that stand in both.
    pub fn intersection(&self, other: &Scope) -> Scope {
        self.only(&|token| other.contains(token))
    }

    /// The tokens that stand in either.
    pub fn union(&self, other: &Scope) -> Scope {
        Self::of([self.0.as_slice(), &other.0].concat())
    }

    /// The tokens of `self` that are not in `other`.
    pub fn difference(&self, other: &Scope) -> Scope {
        self.only(&|token| !other.contains(token))
    }

    /// The set without `token`.
    pub fn without(mut self, token: &str) -> Scope {
        self.0.retain(|own| own != token);
        self
    }

    /// Whether there is no token.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The set, where it has tokens.
    pub fn if_any(self) -> Option<Scope> {
        (!self.is_empty()).then_some(self)
    }

    /// The tokens, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// `NQCHAR = %x21 / %x23-5B / %x5D-7E`
fn is_nqchar(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E)
}

impl<'a> FromIterator<&'a str> for Scope {
    fn from_iter<I: IntoIterator<Item = &'a str>>(tokens: I) -> Self {
        Self::of(tokens.into_iter().map(str::to_owned).collect())
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, token) in self.0.iter().enumerate() {
            write!(f, "{}{token}", if i == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|error| de::Error::custom(error.description))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_a_set() {
        let scope = Scope::parse("openid profile  openid").unwrap();
        assert_eq!(scope.to_string(), "openid profile");
        assert!(scope.contains("profile") && !scope.contains("email"));
        assert_eq!(
            scope.difference(&Scope::parse("openid").unwrap()).to_string(),
            "profile"
        );
    }

    /// An API of the operator's cannot give one of these another meaning.
    #[test]
    fn limens_own_scopes_are_those_that_no_other_api_may_have() {
        let own: Vec<_> = Scope::STANDARD.into_iter().chain([Scope::DCR_ADMIN]).collect();
        assert_eq!(own, crate::config::LIMENS);
    }

    #[test]
    fn quotes_controls_and_floods_are_refused() {
        let flood = (0..5_000).map(|n| n.to_string()).collect::<Vec<_>>().join(" ");
        for text in ["a\"b", "a\\b", "a\tb", "\u{e9}", flood.as_str()] {
            assert_eq!(Scope::parse(text).unwrap_err().code, ErrorCode::InvalidScope);
        }
    }
}
