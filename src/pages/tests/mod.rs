//! What every page has to keep, whatever it is told to show.

mod brand;
mod console;
mod forms;
mod letters;
mod samples;

use self::samples::*;
use super::{style::STYLESHEET_VERSION, *};
use crate::{routes::Endpoint, web::landing::Landing};

#[test]
fn sign_in_and_consent_link_to_the_policy_and_the_terms_of_the_app() {
    for html in [login(None).to_html(), consent().to_html()] {
        assert!(html.contains(r#"href="https://notes.acme.org/privacy""#), "{html}");
        assert!(html.contains(r#"href="https://notes.acme.org/terms""#), "{html}");
    }
}

#[test]
fn nothing_that_is_shown_becomes_markup() {
    for html in every_page(HOSTILE) {
        assert!(
            !html.contains("alert(1)</script>") && !html.contains("<img src=x") && !html.contains("\"'>"),
            "{html}"
        );
        for element in elements(&html) {
            assert!(
                !element.contains("onerror=") || element.contains("&#60;img"),
                "{element}"
            );
        }
    }
}

/// Whether a link leads to a page of Limen's, or to a place on the same.
fn is_own(href: &str) -> bool {
    href.starts_with("/account")
        || href == "/admin"
        || href.starts_with("/admin/")
        || href.starts_with("/authorize?")
        || href.starts_with("/login?page=")
        || href.starts_with("/login/second?page=")
        || href.starts_with("/dev/mail/")
        || href.starts_with("/recover?page=")
        || href.starts_with("otpauth://totp/")
        || href.starts_with("mailto:")
        || href == Endpoint::Logout.path()
        || href.starts_with('#')
}

#[test]
fn only_web_addresses_become_links() {
    for uri in [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "data:text/html,<b>",
        "//evil.example",
        "x",
    ] {
        for html in every_page(uri) {
            for element in elements(&html).iter().filter(|element| element.starts_with("a ")) {
                let href = attribute(element, "href").unwrap();
                assert!(is_own(href) || href.starts_with("https://"), "{element}");
            }
        }
    }
    for html in every_page("javascript:alert(1)") {
        let links = elements(&html).into_iter().filter(|element| element.starts_with("a "));
        for link in links {
            assert!(is_own(attribute(&link, "href").unwrap()), "{link}");
        }
    }
}

#[test]
fn a_link_is_escaped() {
    let page = LoginPage {
        nonce: "nonce",
        purpose: LoginPurpose::App {
            client_name: "Acme Notes".into(),
            client_uri: Some("https://a.example/?a='&quot;<b>"),
            marks: Marks::default(),
            policy_uri: None,
            tos_uri: None,
            return_to: Landing::Host("app.acme.org".to_owned()),
            interaction: "",
        },
        ..login(None)
    };
    let html = page.to_html();
    assert!(
        html.contains("href=\"https://a.example/?a=%27&#38;quot;%3Cb%3E\""),
        "{html}"
    );
}

#[test]
fn every_page_is_whole_and_accessible() {
    for html in every_page("https://notes.acme.org/")
        .into_iter()
        .chain(every_page(""))
        .chain(every_page(HOSTILE))
    {
        let elements = elements(&html);
        for name in ["h1", "main", "title"] {
            let found = elements
                .iter()
                .filter(|element| element.split(' ').next() == Some(name))
                .count();
            assert_eq!(found, 1, "{name} in {html}");
        }
        assert!(
            Language::ALL
                .iter()
                .any(|language| html.contains(&format!("<html lang=\"{}\" dir=\"ltr\">", language.tag())))
        );
        assert!(html.contains(&format!("href=\"/assets/limen.css?v={STYLESHEET_VERSION}\"")));
        let ids: Vec<_> = elements.iter().filter_map(|element| attribute(element, "id")).collect();
        for id in &ids {
            assert_eq!(ids.iter().filter(|other| other == &id).count(), 1, "{id} twice");
        }
        for element in &elements {
            for reference in [attribute(element, "for"), attribute(element, "aria-describedby")]
                .into_iter()
                .flatten()
                .flat_map(str::split_whitespace)
            {
                assert!(ids.contains(&reference), "{reference} in {html}");
            }
            if element.starts_with("input ") && attribute(element, "type") != Some("hidden") {
                let id = attribute(element, "id").unwrap();
                assert!(html.contains(&format!("<label for=\"{id}\">")), "{element}");
            }
        }
    }
}

#[test]
fn no_page_has_an_inline_style_or_script_or_a_foreign_asset() {
    for html in every_page("https://notes.acme.org/") {
        for element in elements(&html) {
            let name = element.split(' ').next().unwrap();
            assert!(
                !["style", "iframe", "object", "embed", "base"].contains(&name),
                "{element}"
            );
            let is_picture_of_app = || attribute(&element, "src").unwrap().starts_with("/assets/apps/");
            assert!(name != "img" || is_picture_of_app(), "{element}");
            assert!(
                !element.contains(" style=")
                    && !element.contains(" on")
                    && (!element.contains(" src=") || attribute(&element, "src").unwrap().starts_with("/assets/")),
                "{element}"
            );
            assert!(name != "script" || element.starts_with("script nonce="), "{element}");
            if name == "link" {
                let href = attribute(&element, "href").unwrap();
                assert!(
                    href.starts_with("/assets/") || href.starts_with("data:image/svg+xml,"),
                    "{element}"
                );
            }
        }
    }
}

#[test]
fn apps_are_told_in_frames_of_web_addresses_alone() {
    let frames = [
        "https://a.acme.org/out?sid=\"><b",
        "javascript:alert(1)",
        "data:text/html,x",
        "x",
    ];
    let html = SignedOutPage {
        language: Language::En,
        outcome: SignOut::Done,
        next: Some(("Notes", "org.acme.notes:/bye?a=1&b='\"")),
        frames: frames.map(str::to_owned).to_vec(),
        nonce: Some("the-nonce"),
    }
    .to_html();
    let elements = elements(&html);
    let frames: Vec<_> = elements
        .iter()
        .filter(|element| element.starts_with("iframe "))
        .collect();
    assert_eq!(
        frames,
        [
            "iframe sandbox=\"allow-forms allow-same-origin allow-scripts\" src=\"https://a.acme.org/out?sid=%22%3E%3Cb\" title=\"a.acme.org\" hidden"
        ]
    );
    assert!(
        html.contains("content=\"5;url=org.acme.notes:/bye?a=1&#38;b=&#39;&#34;\""),
        "{html}"
    );
    assert!(
        html.contains("<a id=\"continue\" href=\"org.acme.notes:/bye?"),
        "{html}"
    );
}
