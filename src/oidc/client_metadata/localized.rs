//! Human-readable values in several languages: `client_name`, `client_name#fr` (RFC 7591 section 2.2, OIDC Registration
//! section 2.1).

use std::collections::BTreeMap;

/// A text without a language, and its variants by language tag (BCP 47).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalizedText {
    untagged: Option<String>,
    tagged: BTreeMap<String, String>,
}

impl LocalizedText {
    /// The text for people whose language is not known: the one without a tag, else any.
    pub fn default_text(&self) -> Option<&str> {
        self.untagged
            .as_ref()
            .or_else(|| self.tagged.values().next())
            .map(String::as_str)
    }

    /// The text for people who prefer `locales`, best first: "Lookup" of RFC 4647 section 3.4.
    pub fn best_for(&self, locales: &[&str]) -> Option<&str> {
        locales
            .iter()
            .find_map(|locale| self.lookup(locale))
            .or_else(|| self.default_text())
    }

    /// "The language range is progressively truncated from the end until a matching language tag is located."
    fn lookup(&self, locale: &str) -> Option<&str> {
        let mut range = locale;
        loop {
            if let Some((_, text)) = self.tagged.iter().find(|(tag, _)| tag.eq_ignore_ascii_case(range)) {
                return Some(text);
            }
            // Single letters and digits "are removed at the same time as their closest trailing subtag".
            range = range.rsplit_once('-')?.0;
            range = range
                .rsplit_once('-')
                .filter(|(_, last)| last.len() == 1)
                .map_or(range, |(rest, _)| rest);
        }
    }

    /// Adds a text. `tag` is `None` for the text without a language.
    pub(super) fn insert(&mut self, tag: Option<&str>, text: String) {
        match tag {
            None => self.untagged = Some(text),
            Some(tag) => _ = self.tagged.insert(tag.to_owned(), text),
        }
    }

    /// The wire members `field`, `field#tag`, ...
    pub(super) fn members(&self, field: &str) -> impl Iterator<Item = (String, &str)> {
        let untagged = self.untagged.iter().map(move |text| (field.to_owned(), text.as_str()));
        untagged.chain(
            self.tagged
                .iter()
                .map(move |(tag, text)| (format!("{field}#{tag}"), text.as_str())),
        )
    }
}

/// Whether `tag` looks like a language tag: subtags of 1 to 8 letters and digits, the first of letters.
pub(super) fn is_language_tag(tag: &str) -> bool {
    let primary = tag.split('-').next().unwrap_or_default();
    tag.len() <= 35
        && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        && tag
            .split('-')
            .all(|subtag| (1..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> LocalizedText {
        let mut names = LocalizedText::default();
        for (tag, text) in [
            (None, "App"),
            (Some("fr"), "Appli"),
            (Some("zh-Hant"), "\u{61c9}\u{7528}"),
        ] {
            names.insert(tag, text.to_owned());
        }
        names
    }

    #[test]
    fn the_best_language_is_looked_up_as_rfc_4647_says() {
        for (locales, expected) in [
            (&["fr"][..], "Appli"),
            (&["FR-ca"], "Appli"),
            (&["de", "fr-CA"], "Appli"),
            (&["zh-hant-x-private"], "\u{61c9}\u{7528}"),
            (&["zh"], "App"),
            (&["de", "", "-", "*"], "App"),
            (&[], "App"),
        ] {
            assert_eq!(names().best_for(locales), Some(expected), "{locales:?}");
        }
    }

    #[test]
    fn a_text_with_languages_only_still_has_a_default() {
        let mut names = LocalizedText::default();
        assert_eq!(names.default_text(), None);
        names.insert(Some("fr"), "Appli".to_owned());
        assert_eq!(names.default_text(), Some("Appli"));
    }

    #[test]
    fn language_tags_are_well_formed() {
        for tag in ["fr", "zh-Hant-HK", "de-1996", "x-private"] {
            assert!(is_language_tag(tag), "{tag}");
        }
        for tag in ["", "-", "fr-", "-fr", "12", "fr#de", "<b>", "toolongsubtag", "f\u{e9}"] {
            assert!(!is_language_tag(tag), "{tag}");
        }
    }
}
