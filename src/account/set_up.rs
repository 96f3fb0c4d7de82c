//! Links with which an operator lets somebody set up how they sign in. One is the person's id and 256 random bits, of which the
//! database has a keyed hash.

use crate::{secret::OpaqueToken, time::Lifetime};

/// How long a link works.
pub const LIFETIME: Lifetime = Lifetime::days(3);

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
