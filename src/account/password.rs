//! Passwords, stored as argon2id (RFC 9106) with OWASP's parameters: 19 MiB, 2 passes, 1 lane.

use argon2::{
    Argon2,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString},
};

/// The fewest characters of a new password (NIST SP 800-63B section 3.1.1.2).
pub const SHORTEST: usize = 8;

/// The most bytes of any password: longer ones only cost time.
const LONGEST: usize = 1_024;

/// The hash of a password that nobody has. Checking against it takes as long as any other check, so that the answer for an
/// unknown person is no faster.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9ibw$VQs3qTzN4cW3nGm3tkL6xDqJPyIYk6R0M3d6PjQkGfE";

/// Why something cannot be a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It has fewer than 8 characters.
    TooShort,
    /// It has more than 1024 bytes.
    TooLong,
}

/// Whether `password` may be somebody's.
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
    Ok(())
}

/// The PHC string under which `password` is stored.
///
/// # Errors
/// Says what is wrong with the password.
pub fn hash(password: &str, salt: [u8; 16]) -> Result<String, &'static str> {
    check(password).map_err(|unfit| match unfit {
        Unfit::TooShort => "must have at least 8 characters",
        Unfit::TooLong => "must have at most 1024 bytes",
    })?;
    let salt = SaltString::encode_b64(&salt).map_err(|_| "could not be salted")?;
    let hash = Argon2::default()
        .hash_password(password.as_bytes(), &salt)
        .map_err(|_| "could not be hashed")?;
    Ok(hash.to_string())
}

/// Whether `password` is the one behind `stored`. It takes the same time when there is no such person.
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
}
