//! Challenges (WebAuthn Level 3 section 13.4.3). One is a MAC, not a row: whoever only looks at a page costs no storage. It is
//! bound to the browser and to what the page is for. That it counts once is for the database to say, when it is answered.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    secret::Key,
    time::{Lifetime, UnixTime},
};

/// How long a page with a challenge may stand open.
pub const LIFETIME: Lifetime = Lifetime::hours(1);

const NONCE: usize = 16;
const TIME: usize = 8;

/// A challenge that Limen made for this browser and page, and that has not expired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// What tells it apart from all others.
    pub id: String,
    /// Until when it can be answered.
    pub expires_at: UnixTime,
}

impl Challenge {
    /// The text of a new challenge for `browser`, bound to the parts of `page`.
    pub fn issue(key: &Key, browser: &str, page: &[&str], now: UnixTime, nonce: [u8; NONCE]) -> String {
        let expires_at = (now + LIFETIME).seconds().to_be_bytes();
        let mac = key.mac(&parts(&expires_at, &nonce, browser, page));
        URL_SAFE_NO_PAD.encode([expires_at.as_slice(), &nonce, &mac].concat())
    }

    /// Reads a challenge that comes back. `None` for one that was made for another browser or page, altered, or too old.
    pub fn open(text: &str, key: &Key, browser: &str, page: &[&str], now: UnixTime) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (time, rest) = bytes.split_first_chunk::<TIME>()?;
        let (nonce, mac) = rest.split_first_chunk::<NONCE>()?;
        let expires_at = UnixTime(i64::from_be_bytes(*time));
        let genuine = key.verify(&parts(time, nonce, browser, page), mac);
        (genuine && now < expires_at).then(|| Self {
            id: URL_SAFE_NO_PAD.encode(nonce),
            expires_at,
        })
    }
}

fn parts<'a>(time: &'a [u8], nonce: &'a [u8], browser: &'a str, page: &[&'a str]) -> Vec<&'a [u8]> {
    let mut parts = vec![time, nonce, browser.as_bytes()];
    parts.extend(page.iter().map(|part| part.as_bytes()));
    parts
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::secret::{Purpose, RootKeys};

    const NOW: UnixTime = UnixTime(1_800_000_000);

    fn key() -> Key {
        RootKeys::new(BTreeMap::from([(1, [7; 32])]), 1, String::new())
            .unwrap()
            .current(Purpose::Challenge)
    }

    fn issue(nonce: u8) -> String {
        Challenge::issue(&key(), "browser", &["sign in", "x"], NOW, [nonce; 16])
    }

    #[test]
    fn a_challenge_is_good_for_its_browser_and_page_until_it_expires() {
        let open = |text: &str, browser, page: &[&str], now| Challenge::open(text, &key(), browser, page, now);
        let text = issue(1);
        let opened = open(&text, "browser", &["sign in", "x"], NOW).unwrap();
        assert_eq!(opened.expires_at, NOW + LIFETIME);
        assert_ne!(
            opened.id,
            open(&issue(2), "browser", &["sign in", "x"], NOW).unwrap().id
        );
        assert_eq!(open(&text, "another", &["sign in", "x"], NOW), None);
        assert_eq!(open(&text, "browser", &["register", "x"], NOW), None);
        assert_eq!(open(&text, "browser", &["sign in", "y"], NOW), None);
        assert_eq!(open(&text, "browser", &["sign in", "x"], NOW + LIFETIME), None);
    }

    #[test]
    fn every_truncation_and_every_changed_byte_is_refused() {
        let text = issue(1);
        let open = |text: &str| Challenge::open(text, &key(), "browser", &["sign in", "x"], NOW);
        for end in 0..text.len() {
            assert_eq!(open(&text[..end]), None, "{end}");
        }
        let bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert_eq!(open(&URL_SAFE_NO_PAD.encode(&changed)), None, "{place}");
        }
        assert_eq!(open(&URL_SAFE_NO_PAD.encode([bytes, vec![0]].concat())), None);
    }
}
