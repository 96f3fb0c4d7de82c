//! Passwords, stored as argon2id (RFC 9106) with OWASP's parameters: 19 MiB, 2 passes, 1 lane.

use argon2::{
    Argon2,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString},
};

use super::name::nfc;

/// The fewest characters of a new password (NIST SP 800-63B section 3.1.1.2).
pub const SHORTEST: usize = 8;

/// The most bytes of any password: longer ones only cost time.
const LONGEST: usize = 1_024;

/// The hash of a password that nobody has. Checking against it takes as long as any other check, so that the answer for an
/// unknown person is no faster.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9ibw$VQs3qTzN4cW3nGm3tkL6xDqJPyIYk6R0M3d6PjQkGfE";

/// The password that somebody typed, as it is stored and compared: OpaqueString (RFC 8265 section 4.2.2). Two keyboards may type
/// one letter in two ways, and spaces of several widths.
pub fn prepare(typed: &str) -> String {
    let is_space = |c| {
        matches!(
            c,
            '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}'
        )
    };
    nfc(&typed.replace(is_space, " "))
}

/// Why something cannot be a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It has fewer than 8 characters.
    TooShort,
    /// It has more than 1024 bytes.
    TooLong,
    /// It has control characters, which a page could not take.
    HasControls,
}

/// Whether a prepared password may be somebody's.
///
/// # Errors
/// Says why not.
pub fn check(password: &str) -> Result<(), Unfit> {
    if password.chars().count() < SHORTEST {
        return Err(Unfit::TooShort);
    }
    if password.len() > LONGEST {
        return Err(Unfit::TooLong);
    }
    if password.contains(char::is_control) {
        return Err(Unfit::HasControls);
    }
    Ok(())
}

impl Unfit {
    /// What is wrong, for operators.
    pub fn describe(self) -> &'static str {
        match self {
            Self::TooShort => "must have at least 8 characters",
            Self::TooLong => "must have at most 1024 bytes",
            Self::HasControls => "must have no control characters",
        }
    }
}

/// Why there is no hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoHash {
    /// The password is none.
    Unfit(Unfit),
    /// Hashing failed.
    Failed,
}

/// The PHC string under which a prepared password is stored.
///
/// # Errors
/// Says what is wrong with the password.
pub fn hash(password: &str, salt: [u8; 16]) -> Result<String, NoHash> {
    check(password).map_err(NoHash::Unfit)?;
    let salt = SaltString::encode_b64(&salt).map_err(|_| NoHash::Failed)?;
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
    Ok(hash.map_err(|_| NoHash::Failed)?.to_string())
}

/// Whether what somebody typed is the password behind `stored`, prepared or, as passwords were stored once, as it was typed. The
/// time it takes depends on what was typed, and not on whether there is such a person.
pub fn is_typed(typed: &str, stored: Option<&str>) -> bool {
    let prepared = prepare(typed);
    verify(&prepared, stored) || (prepared != typed && verify(typed, stored))
}

/// Whether a prepared password is the one behind `stored`. It takes the same time when there is no such person.
pub fn verify(password: &str, stored: Option<&str>) -> bool {
    let password = if password.len() <= LONGEST { password } else { "" };
    let Ok(hash) = PasswordHash::new(stored.unwrap_or(NOBODY)) else {
        return false;
    };
    let matches = Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
    matches && stored.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_verifies() {
        let stored = hash("correct horse", [1; 16]).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify("correct horse", Some(&stored)));
        assert!(!verify("correct horsf", Some(&stored)));
        assert!(!verify("correct horse", None));
        assert!(!verify("correct horse", Some("garbage")));
    }

    #[test]
    fn nobody_costs_as_much_as_somebody() {
        let stored = hash("correct horse", [1; 16]).unwrap();
        let (somebody, nobody) = (PasswordHash::new(&stored).unwrap(), PasswordHash::new(NOBODY).unwrap());
        assert_eq!(somebody.algorithm, nobody.algorithm);
        assert_eq!(somebody.params, nobody.params);
        assert_eq!(somebody.hash.unwrap().len(), nobody.hash.unwrap().len());
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        assert!(hash("1234567", [1; 16]).is_err());
        assert!(hash("\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}", [1; 16]).is_ok());
        assert!(hash(&"a".repeat(1_025), [1; 16]).is_err());
        assert!(!verify(&"a".repeat(1_000_000), None));
    }

    #[test]
    fn each_fault_has_its_own_name() {
        assert_eq!(check("1234567"), Err(Unfit::TooShort));
        assert_eq!(check(&"a".repeat(1_025)), Err(Unfit::TooLong));
        for c in ['\0', '\t', '\n', '\u{7f}', '\u{85}'] {
            assert_eq!(check(&format!("correct{c}horse")), Err(Unfit::HasControls), "{c:?}");
        }
        assert_eq!(check(&"a".repeat(1_024)), Ok(()));
    }

    #[test]
    fn a_password_of_before_works_as_it_is_typed() {
        let stored = hash("correct\u{3000}horse", [1; 16]).unwrap();
        assert!(is_typed("correct\u{3000}horse", Some(&stored)));
        assert!(!is_typed("correct horse", Some(&stored)));
        assert!(!is_typed("correct\u{3000}horse", None));
        let stored = hash(&prepare("correct\u{3000}horse"), [1; 16]).unwrap();
        assert!(is_typed("correct\u{a0}horse", Some(&stored)) && is_typed("correct horse", Some(&stored)));
    }

    #[test]
    fn one_password_is_typed_in_several_ways() {
        assert_eq!(prepare("cafe\u{301}\u{a0}caf\u{e9}\u{3000}x"), "caf\u{e9} caf\u{e9} x");
        assert_eq!(prepare(" Aa \u{1f510} "), " Aa \u{1f510} ");
    }
}
