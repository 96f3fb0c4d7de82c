//! Passwords, stored as argon2id (RFC 9106) with OWASP's parameters: 19 MiB, 2 passes, 1 lane.

mod guessable;
pub mod imported;
mod leaked;

use argon2::{
    Argon2,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString},
};

pub use self::leaked::LeakQuery;
use super::name::nfc;

/// The fewest characters of a new password (NIST SP 800-63B section 3.1.1.2).
pub const SHORTEST: usize = 8;

/// The most bytes of any password: longer ones only cost time.
const LONGEST: usize = 1_024;

/// How the hashes begin that Limen makes.
const OWN: &str = "$argon2id$v=19$m=19456,t=2,p=1$";

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
    /// It is one of the commonest, or one of them with a few signs around it.
    Common,
    /// It is a name of the person or of the place, with a few signs around it.
    Personal,
    /// It stands in a published leak.
    Leaked,
}

impl Unfit {
    /// What is wrong, for operators.
    pub fn describe(self) -> &'static str {
        match self {
            Self::TooShort => "must have at least 8 characters",
            Self::TooLong => "must have at most 1024 bytes",
            Self::HasControls => "must have no control characters",
            Self::Common => "must not be one of the commonest, which strangers try first",
            Self::Personal => "must not be made of the person's own name or address, or of this site's",
            Self::Leaked => "must not be in a published leak, as this one is",
        }
    }
}

/// A password that somebody may have.
#[derive(PartialEq, Eq)]
pub struct NewPassword(String);

impl NewPassword {
    /// Takes what somebody typed. `names` are those of the person and of the place.
    ///
    /// # Errors
    /// Says why it cannot be a password.
    pub fn parse<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Result<Self, Unfit> {
        let password = prepare(typed);
        if password.chars().count() < SHORTEST {
            return Err(Unfit::TooShort);
        }
        if password.len() > LONGEST {
            return Err(Unfit::TooLong);
        }
        if password.contains(char::is_control) {
            return Err(Unfit::HasControls);
        }
        if guessable::is_common(&password) {
            return Err(Unfit::Common);
        }
        if guessable::is_made_of(&password, names) {
            return Err(Unfit::Personal);
        }
        Ok(Self(password))
    }

    /// Whether `typed` is the same password.
    pub fn is(&self, typed: &str) -> bool {
        self.0 == prepare(typed)
    }

    /// The question whether it stands in published leaks.
    pub fn leak_query(&self) -> LeakQuery {
        LeakQuery::of(&self.0)
    }

    /// The PHC string under which it is stored. Nothing, if hashing failed.
    pub fn hash(&self, salt: [u8; 16]) -> Option<String> {
        hash(&self.0, salt)
    }
}

/// The PHC string under which a prepared password is stored. Nothing, if hashing failed.
pub fn hash(prepared: &str, salt: [u8; 16]) -> Option<String> {
    let salt = SaltString::encode_b64(&salt).ok()?;
    Some(
        Argon2::default()
            .hash_password(prepared.as_bytes(), &salt)
            .ok()?
            .to_string(),
    )
}

/// Whether what somebody typed is the password behind `stored`: prepared, or, as passwords were stored once and are elsewhere, as
/// it was typed. The time it takes depends on what was typed, and not on whether there is such a person.
pub fn is_typed(typed: &str, stored: Option<&str>) -> bool {
    let prepared = prepare(typed);
    verify(&prepared, stored) || (prepared != typed && verify(typed, stored))
}

/// Whether a hash was made elsewhere: it is made anew as soon as its password is typed.
pub fn is_imported(stored: &str) -> bool {
    !stored.starts_with(OWN)
}

fn verify(password: &str, stored: Option<&str>) -> bool {
    let password = if password.len() <= LONGEST { password } else { "" };
    match stored {
        Some(stored) if is_imported(stored) => imported::verify(password.as_bytes(), stored),
        _ => {
            let Ok(hash) = PasswordHash::new(stored.unwrap_or(NOBODY)) else {
                return false;
            };
            let matches = Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
            matches && stored.is_some()
        }
    }
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
    fn each_fault_has_its_own_name() {
        let refused = |typed: &str| NewPassword::parse(typed, ["alice"]).err();
        assert_eq!(refused("1234567"), Some(Unfit::TooShort));
        assert_eq!(refused(&"ab cd".repeat(300)), Some(Unfit::TooLong));
        for c in ['\0', '\t', '\n', '\u{7f}', '\u{85}'] {
            assert_eq!(refused(&format!("correct{c}horse")), Some(Unfit::HasControls), "{c:?}");
        }
        assert_eq!(refused("password1"), Some(Unfit::Common));
        assert_eq!(refused("Alice2026"), Some(Unfit::Personal));
        assert_eq!(refused(&"abcd".repeat(256)), None);
        assert_eq!(refused("\u{e9}\u{e8}\u{ea}\u{e0}\u{e9}\u{e8}\u{ea}\u{e0}"), None);
    }

    #[test]
    fn endless_passwords_are_not_hashed() {
        assert!(!verify(&"a".repeat(1_000_000), None));
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
