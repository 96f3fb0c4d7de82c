//! `session_state` (OIDC Session Management 1.0 sections 2 and 3.2): by it a client's page can ask, without a request, whether
//! the person is still signed in as they were.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use url::Url;

use crate::secret::{Hash, Key, random_text};

/// The browser state where nobody is signed in. There is one, so that the script can tell it from a cookie that the browser
/// keeps from it.
const NOBODY: &str = "0";

/// "OP User Agent state": changes with every sign-in and sign-out, tells nothing of the session, and can be read by the
/// script of the iframe.
pub fn browser_state(key: &Key, session: Option<&Hash>) -> String {
    match session {
        Some(hash) => random_text(key.mac(&[hash.as_str().as_bytes()])),
        None => NOBODY.to_owned(),
    }
}

/// `session_state` for the client at `redirect_uri`: "the salted cryptographic hash of Client ID, origin URL, and OP User Agent
/// state". `None` for an app that has no origin.
pub fn session_state(client_id: &str, redirect_uri: &str, browser_state: &str, salt: [u8; 16]) -> Option<String> {
    let origin = Url::parse(redirect_uri).ok()?.origin();
    if !origin.is_tuple() {
        return None;
    }
    let salt = URL_SAFE_NO_PAD.encode(salt);
    let digest = Sha256::digest(format!(
        "{client_id} {} {browser_state} {salt}",
        origin.ascii_serialization()
    ));
    Some(format!("{}.{salt}", URL_SAFE_NO_PAD.encode(digest)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::secret::{Purpose, RootKeys};

    #[test]
    fn the_hash_is_of_client_origin_state_and_salt_with_spaces_between() {
        let state = session_state("c", "https://app.acme.org:443/cb?x=1", "b", [0; 16]).unwrap();
        let (hash, salt) = state.split_once('.').unwrap();
        assert_eq!(salt, "AAAAAAAAAAAAAAAAAAAAAA");
        let expected = Sha256::digest("c https://app.acme.org b AAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(hash, URL_SAFE_NO_PAD.encode(expected));
    }

    #[test]
    fn an_app_without_an_origin_has_no_session_state() {
        assert_eq!(session_state("c", "org.acme.app:/cb", "b", [0; 16]), None);
    }

    #[test]
    fn each_session_is_another_browser_state_and_none_is_one_too() {
        let key = RootKeys::new(BTreeMap::from([(1, [7; 32])]), 1, String::new())
            .unwrap()
            .current(Purpose::BrowserState);
        let of = |text: &str| browser_state(&key, Some(&Hash::stored(text.to_owned())));
        assert_ne!(of("a"), of("b"));
        assert_ne!(of("a"), browser_state(&key, None));
        assert_eq!(browser_state(&key, None), NOBODY);
    }
}
