//! Languages and how one is chosen (OIDC Core section 3.1.2.1 `ui_locales`, RFC 9110 section 12.5.4).

use std::cmp::Reverse;

use super::Language;
use crate::web::header::weight;

/// Languages and scripts that are written from the right, as they stand in tags.
const FROM_THE_RIGHT: [&str; 18] = [
    "adlm", "ar", "arab", "arc", "ckb", "dv", "fa", "he", "hebr", "nqo", "ps", "rohg", "sd", "syr", "thaa", "ug", "ur",
    "yi",
];

impl Language {
    /// The first of `ui_locales` that Limen speaks, else the one that the browser likes most, else English. "An error
    /// SHOULD NOT result if some or all of the requested locales are not supported".
    pub fn negotiate(ui_locales: &[&str], accept_language: Option<&str>) -> Self {
        let asked = ui_locales.iter().find_map(|tag| Self::speaking(tag));
        asked.or_else(|| Self::accepted(accept_language?)).unwrap_or_default()
    }

    /// The language of a tag, as far as Limen speaks it; else English.
    pub fn of_tag(tag: &str) -> Self {
        Self::negotiate(&[tag], None)
    }

    /// The language of a page, as its first element says.
    pub fn of_page(html: &str) -> Self {
        let tag = html
            .split_once("<html lang=\"")
            .and_then(|(_, rest)| rest.split('"').next());
        tag.map(Self::of_tag).unwrap_or_default()
    }

    /// The way in which it is written, as in `dir`.
    pub fn dir(self) -> &'static str {
        direction(self.tag())
    }

    /// The language that shares most of a tag, from its start on: `de` for `de-AT`.
    pub fn speaking(tag: &str) -> Option<Self> {
        let shared = |language: &Self| shared_subtags(language.tag(), tag.trim());
        let best = Self::ALL.into_iter().min_by_key(|language| Reverse(shared(language)))?;
        (shared(&best) > 0).then_some(best)
    }

    fn accepted(header: &str) -> Option<Self> {
        let mut best: Option<(Self, u16)> = None;
        for range in header.split(',') {
            let tag = range.split(';').next().unwrap_or_default();
            let weight = weight(range);
            // The first of equals wins.
            if let Some(language) = Self::speaking(tag)
                && weight > best.map_or(0, |(_, best)| best)
            {
                best = Some((language, weight));
            }
        }
        best.map(|(language, _)| language)
    }
}

/// How many subtags two tags share, from their start on.
fn shared_subtags(one: &str, other: &str) -> usize {
    let pairs = one.split('-').zip(other.split('-'));
    pairs.take_while(|(one, other)| one.eq_ignore_ascii_case(other)).count()
}

fn direction(tag: &str) -> &'static str {
    let mut subtags = tag.split('-');
    let language = subtags.next();
    // A script in the tag goes before the language's usual one.
    let script = subtags.find(|subtag| subtag.len() == 4 && subtag.bytes().all(|byte| byte.is_ascii_alphabetic()));
    let telling = script.or(language).unwrap_or_default().to_ascii_lowercase();
    if FROM_THE_RIGHT.contains(&telling.as_str()) {
        "rtl"
    } else {
        "ltr"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::messages::Language::*;

    #[test]
    fn ui_locales_come_first_then_the_browser_then_english() {
        assert_eq!(Language::negotiate(&["it", "fr-CA", "de"], Some("de")), Fr);
        assert_eq!(Language::negotiate(&["it"], Some("de-AT")), De);
        assert_eq!(Language::negotiate(&[], Some("it, *;q=0.5")), En);
        assert_eq!(Language::negotiate(&[], None), En);
        assert_eq!(Language::negotiate(&["DE-de"], None), De);
    }

    #[test]
    fn weights_are_honoured_and_nonsense_is_ignored() {
        assert_eq!(Language::negotiate(&[], Some("en;q=0.3, fr;q=0.9, de;q=0.5")), Fr);
        assert_eq!(Language::negotiate(&[], Some("fr, de")), Fr);
        assert_eq!(Language::negotiate(&[], Some("de;q=0, fr;q=0.1")), Fr);
        assert_eq!(Language::negotiate(&[], Some("de;Q=0.8, fr; q=0.9")), Fr);
        assert_eq!(Language::negotiate(&[], Some("de;q=7, fr;q=inf, es;q=0.2")), Es);
        for nonsense in [
            "",
            ",,;",
            "de;q=NaN",
            "de;q=x",
            "-",
            ";q=1",
            "german",
            &"de-,".repeat(9).replace("de", "d"),
        ] {
            assert_eq!(Language::negotiate(&[], Some(nonsense)), En, "{nonsense}");
        }
    }
    #[test]
    fn a_tag_is_spoken_by_what_shares_most_of_it() {
        assert_eq!(Language::negotiate(&["es-419"], None), Es);
        assert_eq!(shared_subtags("pt-BR", "pt-br"), 2);
        assert_eq!(shared_subtags("pt-BR", "pt-PT"), 1);
        assert_eq!(shared_subtags("pt", "pt-PT"), 1);
        for (one, other) in [("de", "den"), ("de", ""), ("de", "x-de")] {
            assert_eq!(shared_subtags(one, other), 0, "{one}, {other}");
        }
    }

    #[test]
    fn the_script_says_from_where_it_is_written_and_else_the_language() {
        for tag in ["ar", "ar-EG", "he", "fa-IR", "ur", "ku-Arab", "az-Arab-IR"] {
            assert_eq!(direction(tag), "rtl", "{tag}");
        }
        for tag in ["en", "de-CH", "es-419", "ar-Latn", "zh-Hant", "pt-BR", "ary-1996"] {
            assert_eq!(direction(tag), "ltr", "{tag}");
        }
        assert!(Language::ALL.iter().all(|language| language.dir() == "ltr"));
    }
}
