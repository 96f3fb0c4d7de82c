//! Recovery codes: they take the place of a one-time code for somebody whose device is gone. Each works once.

use std::fmt;

use super::base32;
use crate::secret::{Hash, Purpose, RootKeys};

/// How many a person gets at once.
pub const COUNT: usize = 10;

/// The characters of a code: 60 bits.
const LENGTH: usize = 12;

/// The characters between two dashes.
const GROUP: usize = 4;

/// A code, in small letters, without dashes.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(String);

impl RecoveryCode {
    /// A code of random bytes.
    pub fn new(random: [u8; 8]) -> Self {
        Self(base32::encode(&random).to_lowercase().chars().take(LENGTH).collect())
    }

    /// Reads what a person typed off their list: dashes, blanks and capital letters do not matter, and digits that are no part of a
    /// code stand for the letters that look like them.
    pub fn parse(typed: &str) -> Option<Self> {
        let dash = |c: char| c == '-' || c.is_whitespace() || ('\u{2010}'..='\u{2015}').contains(&c);
        let letters = typed.chars().filter(|c| !dash(*c)).take(LENGTH + 1);
        let code: String = letters
            .map(|c| match c.to_ascii_lowercase() {
                '0' => 'o',
                '1' => 'l',
                '8' => 'b',
                other => other,
            })
            .collect();
        let well_formed = code.chars().count() == LENGTH && code.chars().all(|c| base32::has(c.to_ascii_uppercase()));
        well_formed.then_some(Self(code))
    }

    /// As it is shown.
    pub fn expose(&self) -> String {
        let mut shown = String::new();
        for (place, c) in self.0.chars().enumerate() {
            if place > 0 && place % GROUP == 0 {
                shown.push('-');
            }
            shown.push(c);
        }
        shown
    }

    /// What is stored of a code of `user_id`, under the current root.
    pub fn hash(&self, roots: &RootKeys, user_id: &str) -> Hash {
        let (key, version) = (roots.current(Purpose::RecoveryCode), roots.current_version());
        Hash::of(&key, version, &[user_id.as_bytes(), self.0.as_bytes()])
    }

    /// What may be stored of it: under the current root, or one before.
    pub fn hashes(&self, roots: &RootKeys, user_id: &str) -> Vec<Hash> {
        let hash = |version| {
            let key = roots.derive(version, Purpose::RecoveryCode)?;
            Some(Hash::of(&key, version, &[user_id.as_bytes(), self.0.as_bytes()]))
        };
        roots.versions().filter_map(hash).collect()
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = RecoveryCode::new(*b"\x00\x44\x32\x14\xc7\x42\x54\xb6");
        let shown = code.expose();
        assert_eq!(shown.len(), LENGTH + 2);
        for typed in [
            shown.clone(),
            shown.to_uppercase(),
            shown.replace('-', ""),
            shown.replace('-', " "),
            format!("  {} ", shown.replace('-', "\u{2013}")),
        ] {
            assert!(RecoveryCode::parse(&typed) == Some(code.clone()), "{typed}");
        }
        assert!(RecoveryCode::parse("o1b2-0l82-aaaa") == RecoveryCode::parse("OLB2 olb2 aaaa"));
        for typed in [
            "",
            "aaaa-aaaa",
            "aaaa-aaaa-aaaaa",
            "aaaa-aaaa-aaa9",
            "aaaa-aaaa-aaaö",
            "123456",
        ] {
            assert!(RecoveryCode::parse(typed).is_none(), "{typed}");
        }
    }

    #[test]
    fn a_code_is_hashed_with_its_person_and_found_under_an_older_root() {
        let root =
            |current| RootKeys::new(BTreeMap::from([(1, [7; 32]), (2, [8; 32])]), current, String::new()).unwrap();
        let code = RecoveryCode::new([3; 8]);
        let stored = code.hash(&root(1), "ada");
        let has = |user_id| {
            let hashes = code.hashes(&root(2), user_id);
            hashes.iter().any(|hash| hash.as_str() == stored.as_str())
        };
        assert!(has("ada") && !has("bob"));
    }
}
