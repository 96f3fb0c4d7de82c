//! Links to set up how to sign in: an operator makes one, or a person asks for one by mail. A link is the person's id and 256 random
//! bits, of which the database has a keyed hash.

use crate::{named::named, secret::OpaqueToken, time::Lifetime};

named! {
    /// Where a link comes from, by its name as a kind of credential.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum LinkKind {
        /// An operator made it.
        SetUp = "set_up_link",
        /// Somebody asked for it, and it was sent by mail.
        Recovery = "recovery_link",
    }
}

impl LinkKind {
    /// How long it works.
    pub fn lifetime(self) -> Lifetime {
        match self {
            Self::SetUp => Lifetime::days(3),
            Self::Recovery => Lifetime::minutes(30),
        }
    }
}

const SEPARATOR: char = '~';

/// The text of a link.
pub fn write(user_id: &str, secret: &OpaqueToken) -> String {
    format!("{user_id}{SEPARATOR}{}", secret.expose())
}

/// Reads what may be one.
pub fn read(text: &str) -> Option<(&str, OpaqueToken)> {
    let (user_id, secret) = text.split_once(SEPARATOR)?;
    Some((user_id, OpaqueToken::parse(secret)?))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::secret::{Purpose, RootKeys};

    #[test]
    fn a_link_names_its_person_and_has_a_secret() {
        let roots = RootKeys::new(BTreeMap::from([(1, [7; 32])]), 1, String::new()).unwrap();
        let secret = OpaqueToken::new(&roots, [1; 32]);
        let text = write("u", &secret);
        let (user_id, read_back) = read(&text).unwrap();
        assert_eq!(user_id, "u");
        let hash = |token: &OpaqueToken| token.hash(&roots, Purpose::SetUpLink);
        assert_eq!(hash(&read_back), hash(&secret));
        for end in 0..text.len() {
            assert!(read(&text[..end]).is_none(), "{end}");
        }
    }
}
