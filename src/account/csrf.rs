//! Proof that a form was shown by Limen to the browser that sends it (OWASP's signed double-submit cookie).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::secret::{Key, random_text};

/// The hidden field of a form that `browser` is shown. `context` is what else it is bound to: the page, the session.
pub fn token(key: &Key, browser: &str, context: &[&str]) -> String {
    random_text(key.mac(&parts(browser, context)))
}

/// Whether `presented` is the token of such a form.
pub fn verify(presented: &str, key: &Key, browser: &str, context: &[&str]) -> bool {
    URL_SAFE_NO_PAD
        .decode(presented)
        .is_ok_and(|mac| key.verify(&parts(browser, context), &mac))
}

fn parts<'a>(browser: &'a str, context: &[&'a str]) -> Vec<&'a [u8]> {
    std::iter::once(browser)
        .chain(context.iter().copied())
        .map(str::as_bytes)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::secret::{Purpose, RootKeys};

    #[test]
    fn a_token_is_good_for_its_browser_and_context_alone() {
        let key = RootKeys::new(BTreeMap::from([(1, [7; 32])]), 1, String::new())
            .unwrap()
            .current(Purpose::Csrf);
        let token = token(&key, "browser", &["login"]);
        assert!(verify(&token, &key, "browser", &["login"]));
        assert!(!verify(&token, &key, "another", &["login"]));
        assert!(!verify(&token, &key, "browser", &["consent"]));
        assert!(!verify("", &key, "browser", &["login"]));
    }
}
