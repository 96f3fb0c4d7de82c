//! Human-readable values in several languages: `client_name`, `client_name#fr` (RFC 7591 section 2.2, OIDC Registration
//! section 2.1).

use std::collections::BTreeMap;

use crate::web::language_tag::lookup;

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

    fn lookup(&self, locale: &str) -> Option<&str> {
        let tag = lookup(locale, self.tagged.keys().map(String::as_str))?;
        self.tagged.get(tag).map(String::as_str)
    }

    /// Whether `text` is one of them.
    pub fn has(&self, text: &str) -> bool {
        self.untagged.as_deref() == Some(text) || self.tagged.values().any(|tagged| tagged == text)
    }

    /// Keeps those of which `keep` holds.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.untagged = self.untagged.take().filter(|text| keep(text));
        self.tagged.retain(|_, text| keep(text));
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
}
