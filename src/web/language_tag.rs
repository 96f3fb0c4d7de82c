//! Language tags (BCP 47): which are well-formed, and which of several suits a person best (RFC 4647).

/// Whether `tag` looks like a language tag: subtags of 1 to 8 letters and digits, the first of letters.
pub fn is_language_tag(tag: &str) -> bool {
    let primary = tag.split('-').next().unwrap_or_default();
    tag.len() <= 35
        && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        && tag
            .split('-')
            .all(|subtag| (1..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// The one of `tags` that suits `locale` best: "Lookup" of RFC 4647 section 3.4. "The language range is progressively
/// truncated from the end until a matching language tag is located."
pub fn lookup<'a>(locale: &str, tags: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let mut range = locale;
    loop {
        if let Some(tag) = tags.clone().find(|tag| tag.eq_ignore_ascii_case(range)) {
            return Some(tag);
        }
        // Single letters and digits "are removed at the same time as their closest trailing subtag".
        range = range.rsplit_once('-')?.0;
        range = range
            .rsplit_once('-')
            .filter(|(_, last)| last.len() == 1)
            .map_or(range, |(rest, _)| rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_tags_are_well_formed() {
        for tag in ["fr", "zh-Hant-HK", "de-1996", "x-private"] {
            assert!(is_language_tag(tag), "{tag}");
        }
        for tag in ["", "-", "fr-", "-fr", "12", "fr#de", "<b>", "toolongsubtag", "f\u{e9}"] {
            assert!(!is_language_tag(tag), "{tag}");
        }
    }

    #[test]
    fn lookup_is_that_of_rfc_4647_section_3_4() {
        let tags = ["zh", "zh-Hant", "de-CH"];
        for (locale, expected) in [
            ("zh-Hant-CN-x-private1-private2", Some("zh-Hant")),
            ("ZH-hans", Some("zh")),
            ("de", None),
            ("fr", None),
            ("", None),
        ] {
            assert_eq!(lookup(locale, tags.into_iter()), expected, "{locale}");
        }
    }
}
