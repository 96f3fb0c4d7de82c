//! Languages and how one is chosen (OIDC Core section 3.1.2.1 `ui_locales`, RFC 9110 section 12.5.4).

use super::Language;

impl Language {
    /// The first of `ui_locales` that Limen speaks, else the one that the browser likes most, else English. "An error
    /// SHOULD NOT result if some or all of the requested locales are not supported".
    pub fn negotiate(ui_locales: &[&str], accept_language: Option<&str>) -> Self {
        let asked = ui_locales.iter().find_map(|tag| Self::speaking(tag));
        asked.or_else(|| Self::accepted(accept_language?)).unwrap_or_default()
    }

    /// The language of a tag, whatever its region: `de` for `de-AT`.
    fn speaking(tag: &str) -> Option<Self> {
        let primary = tag.trim().split('-').next()?;
        Self::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    fn accepted(header: &str) -> Option<Self> {
        let mut best: Option<(Self, f32)> = None;
        for range in header.split(',') {
            let (tag, weight) = range.split_once(';').unwrap_or((range, ""));
            let weight = match weight.trim().strip_prefix("q=") {
                Some(number) => number.parse().unwrap_or(0.0),
                None => 1.0,
            };
            // The first of equals wins; NaN is never greater.
            if let Some(language) = Self::speaking(tag)
                && weight > best.map_or(0.0, |(_, best)| best)
            {
                best = Some((language, weight));
            }
        }
        best.map(|(language, _)| language)
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
}
