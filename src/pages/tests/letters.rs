//! What every mail has to keep, whatever it is told to say.

use super::samples::{HOSTILE, attribute, elements};
use crate::{
    mail::Kind,
    pages::{Language, Letter},
};

/// Every mail in every language, with `text` in every field that holds a text.
fn every_letter(text: &str) -> Vec<Letter<'_>> {
    let of = |language| Kind::ALL.into_iter().map(move |kind| letter(kind, language, text));
    Language::ALL.into_iter().flat_map(of).collect()
}

fn letter(kind: Kind, language: Language, text: &str) -> Letter<'_> {
    Letter {
        kind,
        language,
        deployment: text,
        accent: None,
        site: text,
        account: text,
        code: Some(text),
        link: Some(text),
        detail: Some(text),
    }
}

#[test]
fn every_language_has_every_mail_with_a_subject_and_two_texts_that_say_the_same() {
    for letter in every_letter("Acme") {
        let (subject, text, html) = (letter.subject(), letter.text(), letter.html());
        assert!(subject.contains("Acme") && subject.chars().count() < 80, "{subject}");
        assert!(
            html.contains(&format!("<html lang=\"{}\"", letter.language.tag())),
            "{html}"
        );
        assert!(html.contains(&format!("<title>{subject}</title>")), "{html}");
        for paragraph in [letter.about(), letter.otherwise().to_owned(), letter.footer()] {
            assert!(
                text.contains(&paragraph) && html.contains(&paragraph),
                "{paragraph}: {html}"
            );
        }
        assert!(!text.contains("{}") && !html.contains("{}"), "{text}");
    }
}

#[test]
fn nothing_in_a_mail_becomes_markup_or_another_header() {
    for text in [HOSTILE, "Acme\r\nBcc: x@y.org", "a\u{202e}b\u{0}c"] {
        for letter in every_letter(text) {
            assert!(
                !letter.subject().contains(|c: char| c.is_control() || c == '\u{202e}'),
                "{text:?}"
            );
            let html = letter.html();
            assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
            elements(&html);
        }
    }
}

#[test]
fn a_mail_loads_nothing_and_has_no_link_but_its_own() {
    for letter in every_letter("https://id.acme.org/x") {
        for element in elements(&letter.html()) {
            let name = element.split(' ').next().unwrap();
            assert!(
                !["img", "link", "script", "iframe", "form", "object", "video"].contains(&name),
                "{element}"
            );
            assert!(
                !element.contains("url(") && attribute(&element, "src").is_none(),
                "{element}"
            );
            let href = attribute(&element, "href");
            assert!(href.is_none_or(|href| href == "https://id.acme.org/x"), "{element}");
        }
        assert!(!letter.html().contains("@import") && !letter.html().contains("url("));
    }
}

#[test]
fn a_mail_fits_the_dark_and_the_light() {
    for letter in every_letter("x") {
        assert!(letter.html().contains("prefers-color-scheme: dark"));
    }
}
