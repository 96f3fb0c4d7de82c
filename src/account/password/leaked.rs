//! Whether a password is in published leaks. The service that is asked does not learn the password: it gets the first 20 bits of its
//! hash, and returns the endings of all leaked hashes that begin so (the range search of Have I Been Pwned's API version 3,
//! "k-anonymity").

use std::fmt::Write as _;

use sha1::{Digest, Sha1};

/// How many hexadecimal digits of the hash are told.
const TOLD: usize = 5;

/// The SHA-1 hash of a password, in two parts.
pub struct LeakQuery {
    /// The digits that are told.
    pub told: String,
    kept: String,
}

impl LeakQuery {
    /// The question whether a prepared password is known.
    pub(super) fn of(password: &str) -> Self {
        let mut hash = String::new();
        for byte in Sha1::digest(password) {
            // Writing to a string cannot fail.
            _ = write!(hash, "{byte:02X}");
        }
        let kept = hash.split_off(TOLD);
        Self { told: hash, kept }
    }

    /// Whether the password stands in the answer: a line for each hash, its ending and how often it was seen. Lines that were seen
    /// no time are padding.
    pub fn is_in(&self, answer: &[u8]) -> bool {
        let answer = String::from_utf8_lossy(answer);
        answer
            .lines()
            .filter_map(|line| line.split_once(':'))
            .any(|(ending, times)| ending.eq_ignore_ascii_case(&self.kept) && times.trim() != "0")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_found_by_the_ending_of_its_hash() {
        let query = LeakQuery::of("password");
        assert_eq!(query.told, "5BAA6");
        let ending = "1E4C9B93F3F0682250B6CF8331B7EE68FD8";
        for (answer, known) in [
            (format!("00:3\r\n{ending}:9545824\r\n"), true),
            (format!("{}:1", ending.to_lowercase()), true),
            (format!("{ending}:0\r\n"), false),
            ("1E4C9B93F3F0682250B6CF8331B7EE68FD9:4\n".to_owned(), false),
            (ending.to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(query.is_in(answer.as_bytes()), known, "{answer:?}");
        }
        assert!(!query.is_in(&[0xff, b':', b'1']));
    }
}
