//! Passwords whose hashes were made elsewhere. They work as they are, and are hashed as Limen does it at the next sign-in.

use argon2::password_hash::{PasswordHash, PasswordVerifier};
use base64::{
    Engine,
    alphabet::BCRYPT,
    engine::{GeneralPurpose, general_purpose::NO_PAD},
    prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD},
};
use subtle::ConstantTimeEq;

/// The most memory that a hash may take, in KiB: an isolate has 128 MiB for everything.
const MOST_MEMORY: u32 = 64 * 1024;

/// The most memory times passes of argon2, in KiB.
const MOST_ARGON2: u32 = 4 * MOST_MEMORY;

/// The most lanes of argon2, and the most blocks of scrypt that are worked on one after the other.
const MOST_LANES: u32 = 4;

/// The most rounds of PBKDF2.
const MOST_ROUNDS: u32 = 1_000_000;

/// The highest cost of bcrypt.
const HIGHEST_COST: u32 = 12;

const BCRYPT_BASE64: GeneralPurpose = GeneralPurpose::new(&BCRYPT, NO_PAD);

/// What a hash must look like, for operators.
pub const FORMS: &str = "must be a hash of argon2, scrypt or PBKDF2 as a PHC string, of bcrypt ($2b$...), or of Django (pbkdf2_sha256$...), \
                         within the limits that the documentation gives";

/// A hash in the form in which it is stored, where it is one that can be checked here.
pub fn parse(text: &str) -> Option<String> {
    let converted = from_django(text).or_else(|| from_passlib(text));
    // PBKDF2 with SHA-1 has the name without a digest.
    let stored = converted.unwrap_or_else(|| text.replacen("$pbkdf2-sha1$", "$pbkdf2$", 1));
    let fits = match Bcrypt::parse(&stored) {
        Some(bcrypt) => bcrypt.cost <= HIGHEST_COST,
        None => fits(&PasswordHash::new(&stored).ok()?),
    };
    fits.then_some(stored)
}

/// Whether `password` is the one behind a stored hash.
pub fn verify(password: &[u8], stored: &str) -> bool {
    if let Some(bcrypt) = Bcrypt::parse(stored) {
        return bcrypt.verify(password);
    }
    let Ok(hash) = PasswordHash::new(stored) else {
        return false;
    };
    let algorithms: [&dyn PasswordVerifier; 3] = [&argon2::Argon2::default(), &scrypt::Scrypt, &pbkdf2::Pbkdf2];
    fits(&hash) && hash.verify_password(&algorithms, password).is_ok()
}

/// Whether a hash can be checked with the memory and in the time that there is.
fn fits(hash: &PasswordHash<'_>) -> bool {
    let number = |name: &str, default: u32| match hash.params.get(name) {
        None => Some(default),
        Some(value) => value.decimal().ok(),
    };
    let within = |number: Option<u32>, most: u32| number.is_some_and(|number| number <= most);
    let complete = hash.salt.is_some() && hash.hash.is_some();
    complete
        && match hash.algorithm.as_str() {
            "argon2id" | "argon2i" | "argon2d" => {
                let memory = number("m", argon2::Params::DEFAULT_M_COST);
                let passes = number("t", argon2::Params::DEFAULT_T_COST);
                let work = memory
                    .zip(passes)
                    .and_then(|(memory, passes)| memory.checked_mul(passes));
                within(memory, MOST_MEMORY) && within(work, MOST_ARGON2) && within(number("p", 1), MOST_LANES)
            }
            "scrypt" => {
                let blocks = number("r", scrypt::Params::RECOMMENDED_R);
                let log_n = number("ln", scrypt::Params::RECOMMENDED_LOG_N.into());
                // 128 bytes, times r, times 2 to the power of ln.
                let memory = log_n
                    .zip(blocks)
                    .and_then(|(log_n, r)| 1_u32.checked_shl(log_n)?.checked_mul(r)?.checked_div(8));
                within(log_n, 31) && within(memory, MOST_MEMORY) && within(number("p", 1), MOST_LANES)
            }
            "pbkdf2" | "pbkdf2-sha256" | "pbkdf2-sha512" => within(number("i", u32::MAX), MOST_ROUNDS),
            _ => false,
        }
}

/// `pbkdf2_sha256$ROUNDS$SALT$HASH`, as Django stores it, as a PHC string.
fn from_django(text: &str) -> Option<String> {
    let mut parts = text.strip_prefix("pbkdf2_sha256$")?.split('$');
    let (rounds, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
    let hash = BASE64_STANDARD.decode(hash).ok()?;
    let in_base64 = |bytes: &[u8]| BASE64_STANDARD_NO_PAD.encode(bytes);
    let (salt, length, hash) = (in_base64(salt.as_bytes()), hash.len(), in_base64(&hash));
    Some(format!("$pbkdf2-sha256$i={rounds},l={length}${salt}${hash}"))
}

/// `$pbkdf2-sha256$ROUNDS$SALT$HASH`, as passlib stores it, as a PHC string.
fn from_passlib(text: &str) -> Option<String> {
    let mut parts = text.strip_prefix('$')?.split('$');
    let (name, rounds, salt, hash) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let rounds: u32 = rounds.parse().ok().filter(|_| name.starts_with("pbkdf2"))?;
    let (salt, hash) = (salt.replace('.', "+"), hash.replace('.', "+"));
    let length = BASE64_STANDARD_NO_PAD.decode(&hash).ok()?.len();
    Some(format!("${name}$i={rounds},l={length}${salt}${hash}"))
}

/// A hash of bcrypt, `$2b$COST$SALT-AND-HASH`, and `2a` and `2y`, which are the same.
struct Bcrypt {
    cost: u32,
    salt: [u8; 16],
    hash: Vec<u8>,
}

impl Bcrypt {
    fn parse(text: &str) -> Option<Self> {
        let rest = ["$2a$", "$2b$", "$2y$"]
            .iter()
            .find_map(|version| text.strip_prefix(version))?;
        let (cost, both) = rest.split_once('$')?;
        let (salt, hash) = both.split_at_checked(22)?;
        let hash = BCRYPT_BASE64.decode(hash).ok()?;
        Some(Self {
            cost: cost.parse().ok().filter(|cost| (4..=31).contains(cost))?,
            salt: BCRYPT_BASE64.decode(salt).ok()?.try_into().ok()?,
            hash: (hash.len() == 23).then_some(hash)?,
        })
    }

    /// Only the first 72 bytes count, as bcrypt has it, and a NUL byte ends the password.
    fn verify(&self, password: &[u8]) -> bool {
        let mut key: Vec<u8> = password.iter().copied().take(72).collect();
        if key.len() < 72 {
            key.push(0);
        }
        let made = bcrypt::bcrypt(self.cost, self.salt, &key);
        made.get(..23).is_some_and(|made| made.ct_eq(&self.hash).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by bcrypt, passlib, hashlib, argon2-cffi and Django in Python.
    const MADE_ELSEWHERE: [&str; 10] = [
        "$2b$05$cqsU/ZYaOILLeHsKod9kb.qkWBJBSpM4a2qLSiSEx/AQpfa2bLW5i",
        "$2y$05$cqsU/ZYaOILLeHsKod9kb.qkWBJBSpM4a2qLSiSEx/AQpfa2bLW5i",
        "$pbkdf2-sha256$1000$IyQkxFgLoXSuFSKEsLaWUg$H0cFfXbz9D9wMjSnqdpAcdD.jipuetIoBK/oE9rqeFQ",
        "$pbkdf2-sha512$1000$1Lo35nxPiZEyBoDQ2tubkw$dKcqJrFslIMEhneXl2SU88PY38SwiiiYvVbiTCHGtL9u3CRZepaSgmQWlCqNDIJLs9n0oSuro8rKe4nRaiPoQQ",
        "pbkdf2_sha256$1000$saltsaltsalt$HpSbrkBrDWDAB9HrNXHZggikF+GO3Q6ksWrO0IeZG4M=",
        "$pbkdf2-sha1$i=1000,l=20$MDEyMzQ1Njc4OWFiY2RlZg$luj/dfvocExw3xl+r2xiB4MgltY",
        "$scrypt$ln=10,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$BgXswDBQAwNsps4yaptIChzC47BvN3aox/CCkCkSYi0",
        "$argon2i$v=19$m=256,t=1,p=2$R3ldTFGix5SC8gUo4Lnfog$6aRnw7dFa8N3lGEHW9v38st2USZopjFttXBoIISmXbE",
        "$argon2d$v=19$m=256,t=1,p=2$vXK7cyOvyJYjX0Pi4hV45Q$BunKdsmsNikM/gCHbDjDsqtEqQFq+IEMx/GGVbfz2p4",
        "$argon2id$v=19$m=256,t=1,p=2$lINqsM7X0mBeHMB0DVUb4g$u34JLNMvIBpG7nXS6oiI+wsKVn3LbDE4IcLs51TGF4Q",
    ];

    #[test]
    fn passwords_of_elsewhere_verify() {
        for hash in MADE_ELSEWHERE {
            let stored = parse(hash).unwrap();
            assert_eq!(parse(&stored).as_ref(), Some(&stored), "what is stored is taken again");
            assert!(verify("correct horse \u{e9}".as_bytes(), &stored), "{hash}");
            assert!(!verify("correct horse e".as_bytes(), &stored), "{hash}");
            assert!(!verify(b"", &stored), "{hash}");
        }
    }

    #[test]
    fn bcrypt_reads_72_bytes() {
        let stored = "$2b$04$13Si4Zpn3B57/46DEj3sJea1tCNM.YvbfdidhGLomAm06UTrkCLoi";
        assert!(verify(&[b'x'; 72], stored) && verify(&[b'x'; 90], stored));
        assert!(!verify(&[b'x'; 71], stored));
    }

    #[test]
    fn what_cannot_be_checked_here_is_refused() {
        let salted = "$MDEyMzQ1Njc4OWFiY2RlZg$BgXswDBQAwNsps4yaptIChzC47BvN3aox/CCkCkSYi0";
        for (form, taken) in [
            ("$argon2id$v=19$m=65536,t=4,p=4", true),
            ("$argon2id$v=19$m=65537,t=1,p=1", false),
            ("$argon2id$v=19$m=65536,t=5,p=1", false),
            ("$argon2id$v=19$m=256,t=4294967295,p=1", false),
            ("$argon2id$v=19$m=256,t=1,p=5", false),
            ("$scrypt$ln=16,r=8,p=1", true),
            ("$scrypt$ln=17,r=8,p=1", false),
            ("$scrypt$ln=63,r=8,p=1", false),
            ("$scrypt$ln=10,r=4294967295,p=1", false),
            ("$scrypt$ln=10,r=8,p=99", false),
            ("$pbkdf2-sha256$i=1000000,l=32", true),
            ("$pbkdf2-sha256$i=1000001,l=32", false),
            ("$pbkdf2-sha256", false),
            ("$md5", false),
        ] {
            assert_eq!(parse(&format!("{form}{salted}")).is_some(), taken, "{form}");
        }
        let rest = "cqsU/ZYaOILLeHsKod9kb.qkWBJBSpM4a2qLSiSEx/AQpfa2bLW5i";
        for (cost, taken) in [("12", true), ("13", false), ("03", false), ("x", false), ("", false)] {
            assert_eq!(parse(&format!("$2b${cost}${rest}")).is_some(), taken, "{cost}");
        }
        for text in [
            "",
            "password",
            "$2b$05$short",
            "$2b$05$cqsU/ZYaOILLeHsKod9k\u{e9}.qkWBJBSpM4a2qLSiSEx/AQpfa2bLW5i",
            "pbkdf2_sha256$x$y",
            "pbkdf2_sha256$1000$saltsaltsalt$!!",
            "$argon2id$v=19$m=256,t=1,p=2",
            "$argon2id$v=19$m=256,t=1,p=2$MDEyMzQ1Njc4OWFiY2RlZg",
        ] {
            assert_eq!(parse(text), None, "{text}");
            assert!(!verify(b"password", text), "{text}");
        }
    }
}
