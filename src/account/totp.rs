//! One-time codes of an authenticator app: TOTP (RFC 6238) over HOTP (RFC 4226), with the parameters that all apps support: SHA-1, 6
//! digits, 30 seconds.

use std::fmt;

use hmac::{Hmac, Mac};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;

use super::base32;
use crate::{
    secret::{Key, random_text, same_secret},
    time::{Lifetime, UnixTime},
};

/// The most apps of a person.
pub const MOST: i64 = 5;

/// How long a secret that is shown may wait for its first code.
pub const LIFETIME: Lifetime = Lifetime::hours(1);

/// The seconds of a step: "We RECOMMEND a default time-step size of 30 seconds" (RFC 6238 section 5.2).
const STEP: i64 = 30;

/// By how many steps a clock may be ahead or behind: "at most one time step is allowed as the network delay" (section 5.2).
const SKEW: i64 = 1;

const DIGITS: usize = 6;

/// "The key SHOULD be of the length of the HMAC output" (RFC 6238 section 5.1).
pub const LENGTH: usize = 20;

/// A secret that an app shares with Limen.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret([u8; LENGTH]);

impl TotpSecret {
    /// A secret of random bytes.
    pub fn new(random: [u8; LENGTH]) -> Self {
        Self(random)
    }

    /// Reads [`TotpSecret::expose`].
    pub fn parse(text: &str) -> Option<Self> {
        base32::decode(text)?.try_into().ok().map(Self)
    }

    /// The text that an app takes, and that is sealed to be stored.
    pub fn expose(&self) -> String {
        base32::encode(&self.0)
    }

    /// The id of its row: the same secret is stored once.
    pub fn row_id(&self, key: &Key) -> String {
        let mac = key.mac(&[b"row", &self.0]);
        random_text::<16>(std::array::from_fn(|at| mac.get(at).copied().unwrap_or_default()))
    }

    /// The step of a code that was typed, if it is one of now. Whether that step was used before is for the database to say.
    pub fn step_of(&self, typed: &str, now: UnixTime) -> Option<i64> {
        let code: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
        let well_formed = code.len() == DIGITS && code.bytes().all(|byte| byte.is_ascii_digit());
        let present = now.seconds() / STEP;
        let steps = (present - SKEW)..=(present + SKEW);
        // Every step is tried, so that the time does not say which it was.
        let found = steps.fold(None, |found, step| match same_secret(&self.code(step), &code) {
            true => Some(step),
            false => found,
        });
        found.filter(|_| well_formed)
    }

    /// The code of a step (RFC 4226 section 5.3).
    fn code(&self, step: i64) -> String {
        // HMAC takes keys of every length.
        #[allow(clippy::expect_used)]
        let mut hmac = Hmac::<Sha1>::new_from_slice(&self.0).expect("HMAC accepts any key length");
        hmac.update(&step.to_be_bytes());
        let mac = hmac.finalize().into_bytes();
        let offset = usize::from(mac.last().copied().unwrap_or_default() & 0xf);
        let four = mac.get(offset..offset + 4).and_then(|bytes| bytes.try_into().ok());
        let truncated = u32::from_be_bytes(four.unwrap_or_default()) & 0x7fff_ffff;
        format!("{:06}", truncated % 1_000_000)
    }

    /// What a QR code says to an app: the "Key Uri Format" that all of them read.
    pub fn uri(&self, issuer: &str, account: &str) -> String {
        let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
        format!(
            "otpauth://totp/{}:{}?secret={}&issuer={}&algorithm=SHA1&digits={DIGITS}&period={STEP}",
            encode(issuer),
            encode(account),
            self.expose(),
            encode(issuer),
        )
    }

    /// The secret as the form carries it until the first code. A MAC binds it to this browser and this person (`owner`).
    pub fn seal_to_form(&self, key: &Key, owner: &[&str], now: UnixTime) -> String {
        let expires_at = (now + LIFETIME).seconds();
        let mac = key.mac(&maced(&self.expose(), &expires_at.to_string(), owner));
        format!("{}.{expires_at}.{}", self.expose(), random_text(mac))
    }

    /// Reads what [`TotpSecret::seal_to_form`] wrote.
    pub fn open_from_form(text: &str, key: &Key, owner: &[&str], now: UnixTime) -> Option<Self> {
        let [secret, expires_at, mac] = text.split('.').collect::<Vec<_>>().try_into().ok()?;
        let genuine = same_secret(mac, &random_text(key.mac(&maced(secret, expires_at, owner))));
        let in_time = now < UnixTime(expires_at.parse().ok()?);
        Self::parse(secret).filter(|_| genuine && in_time)
    }
}

fn maced<'a>(secret: &'a str, expires_at: &'a str, owner: &[&'a str]) -> Vec<&'a [u8]> {
    let mut parts: Vec<&[u8]> = vec![b"form", secret.as_bytes(), expires_at.as_bytes()];
    parts.extend(owner.iter().map(|part| part.as_bytes()));
    parts
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::secret::{Purpose, RootKeys};

    /// The secret of the RFCs' vectors.
    const RFC: TotpSecret = TotpSecret(*b"12345678901234567890");

    fn key() -> Key {
        RootKeys::new(BTreeMap::from([(1, [7; 32])]), 1, String::new())
            .unwrap()
            .current(Purpose::Totp)
    }

    /// RFC 4226 appendix D.
    #[test]
    fn the_vectors_of_hotp() {
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
        ];
        for (step, code) in (0..).zip(codes) {
            assert_eq!(RFC.code(step), code);
        }
    }

    /// RFC 6238 appendix B, the last six of its eight digits.
    #[test]
    fn the_vectors_of_totp() {
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(RFC.step_of(code, UnixTime(time)), Some(time / 30), "{time}");
        }
    }

    #[test]
    fn a_clock_may_be_one_step_off_and_no_more() {
        let step = RFC.step_of("050471", UnixTime(1_111_111_111)).unwrap();
        for (off, expected) in [
            (-61, None),
            (-31, Some(step)),
            (0, Some(step)),
            (31, Some(step)),
            (80, None),
        ] {
            assert_eq!(RFC.step_of("050471", UnixTime(1_111_111_111 + off)), expected, "{off}");
        }
    }

    #[test]
    fn a_code_may_be_typed_with_blanks_and_nothing_else() {
        let now = UnixTime(1_111_111_111);
        assert!(RFC.step_of(" 050 471 ", now).is_some());
        for typed in [
            "",
            "50471",
            "0504711",
            "05047l",
            "-50471",
            "050-471",
            "٠٥٠٤٧١",
            "050471\0",
            "000000",
        ] {
            assert_eq!(RFC.step_of(typed, now), None, "{typed:?}");
        }
    }

    #[test]
    fn the_uri_names_issuer_and_account_whatever_they_are_called() {
        let uri = RFC.uri("id.acme.org:8787", "ada & bob/ö");
        let url = url::Url::parse(&uri).unwrap();
        assert_eq!((url.scheme(), url.host_str()), ("otpauth", Some("totp")));
        assert_eq!(url.path(), "/id%2Eacme%2Eorg%3A8787:ada%20%26%20bob%2F%C3%B6");
        let query: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
        assert_eq!(query["secret"], "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(query["issuer"], "id.acme.org:8787");
    }

    #[test]
    fn a_secret_comes_back_from_its_own_form_alone() {
        let now = UnixTime(1_800_000_000);
        let text = RFC.seal_to_form(&key(), &["browser", "ada"], now);
        let open = |text: &str, owner: &[&str], now| TotpSecret::open_from_form(text, &key(), owner, now);
        assert!(open(&text, &["browser", "ada"], now) == Some(RFC));
        assert!(open(&text, &["browser", "bob"], now).is_none());
        assert!(open(&text, &["another", "ada"], now).is_none());
        assert!(open(&text, &["browser", "ada"], now + LIFETIME).is_none());
        for end in 0..text.len() {
            assert!(open(&text[..end], &["browser", "ada"], now).is_none(), "{end}");
        }
        let other = TotpSecret([1; LENGTH]).expose() + &text[32..];
        assert!(open(&other, &["browser", "ada"], now).is_none());
    }

    #[test]
    fn a_secret_is_stored_as_one_row() {
        assert_eq!(RFC.row_id(&key()), RFC.row_id(&key()));
        assert_ne!(RFC.row_id(&key()), TotpSecret([1; LENGTH]).row_id(&key()));
        assert_eq!(TotpSecret::parse(&RFC.expose()), Some(RFC));
        assert_eq!(TotpSecret::parse("GEZDGNBV"), None);
    }
}
