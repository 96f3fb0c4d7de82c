//! How a browser is sent on to an app: by a redirect where that arrives, else by a page that leads on.
//!
//! Chromium holds every redirect that follows a form to the `form-action` of the form's page, also those of the app: an app that
//! redirects on to `claude:` or to a program on the device would stay out of reach. A page ends the chain. And a browser that no
//! person has just touched may not open a program of the device: there a page offers the link.

use crate::web::landing::{Landing, landing};

/// How the browser came to Limen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// By a form, or by the redirects after one.
    pub by_form: bool,
    /// Whether it says that it loads a page (Fetch Metadata, `Sec-Fetch-Mode: navigate`), as every browser of today does.
    pub says_navigate: bool,
}

/// How it is sent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandOver {
    /// By 303.
    Redirect,
    /// By a page.
    Page,
}

impl Arrival {
    /// How the browser gets to `url`, an address that the app registered.
    pub fn hand_over(self, url: &str) -> HandOver {
        match (landing(url), self.by_form) {
            (Landing::App(_), true) => HandOver::Redirect,
            (Landing::App(_), false) => HandOver::Page,
            (Landing::Host(_), true) if self.says_navigate => HandOver::Page,
            (Landing::Host(_) | Landing::Device, _) => HandOver::Redirect,
        }
    }

    /// Whether the redirects after a form lead to `url`, so that the page with the form has to allow it.
    pub fn redirects_after_form(self, url: &str) -> bool {
        let after_form = Self { by_form: true, ..self };
        after_form.hand_over(url) == HandOver::Redirect
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEB: [&str; 3] = [
        "https://app.acme.org/cb",
        "http://127.0.0.1:51004/cb",
        "http://[::1]/cb",
    ];
    const APPS: [&str; 2] = ["cursor://x/cb?code=1", "org.acme.app:/cb"];

    fn arrival(by_form: bool, says_navigate: bool) -> Arrival {
        Arrival { by_form, says_navigate }
    }

    #[test]
    fn a_page_ends_the_redirects_of_a_form_on_their_way_to_the_web() {
        for url in WEB {
            assert_eq!(arrival(true, true).hand_over(url), HandOver::Page);
            assert_eq!(arrival(false, true).hand_over(url), HandOver::Redirect);
            assert!(!arrival(false, true).redirects_after_form(url));
        }
    }

    #[test]
    fn whoever_does_not_load_pages_is_redirected_to_the_web() {
        for url in WEB {
            for by_form in [true, false] {
                assert_eq!(arrival(by_form, false).hand_over(url), HandOver::Redirect);
            }
            assert!(arrival(false, false).redirects_after_form(url));
        }
    }

    #[test]
    fn a_program_is_opened_by_the_form_that_was_just_sent_or_by_a_link() {
        for url in APPS {
            for says_navigate in [true, false] {
                assert_eq!(arrival(true, says_navigate).hand_over(url), HandOver::Redirect);
                assert_eq!(arrival(false, says_navigate).hand_over(url), HandOver::Page);
                assert!(arrival(false, says_navigate).redirects_after_form(url));
            }
        }
    }
}
