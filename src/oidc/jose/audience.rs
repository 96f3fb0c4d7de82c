//! The `aud` claim (RFC 7519 section 4.1.3).

use serde::{Deserialize, Serialize};

/// "In the general case, the `aud` value is an array ... In the special case when the JWT has one audience, the `aud` value MAY
/// be a single ... string."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One audience.
    One(String),
    /// Any number of them.
    Several(Vec<String>),
}

impl Audience {
    /// These audiences, if there are any.
    pub fn of(audiences: impl IntoIterator<Item = String>) -> Option<Self> {
        let mut audiences: Vec<_> = audiences.into_iter().collect();
        match audiences.len() {
            0 | 1 => audiences.pop().map(Self::One),
            _ => Some(Self::Several(audiences)),
        }
    }

    /// Whether `audience` is among them.
    pub fn contains(&self, audience: &str) -> bool {
        self.iter().any(|one| one == audience)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let audiences = match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several.as_slice(),
        };
        audiences.iter().map(String::as_str)
    }
}
