//! Names that others chose, made fit to be read.

use crate::readable::as_line;

/// The most characters of a name in a sentence.
const LONGEST_NAME: usize = 80;

/// The most characters of an e-mail address (RFC 5321 section 4.5.3.1.3).
const LONGEST_ADDRESS: usize = 254;

/// The most characters of a host (RFC 1035 section 2.3.4): one that is cut could pass for another.
pub(super) const LONGEST_HOST: usize = 253;

/// `text` as one line of at most `longest` characters, without what cannot be seen. A name with a right-to-left override
/// or a hundred blanks could make the sentence around it say something else.
pub(super) fn visible(text: &str, longest: usize) -> String {
    let mut line = as_line(text);
    match line.char_indices().nth(longest) {
        None => line,
        Some((end, _)) => {
            line.truncate(end);
            line.truncate(line.trim_end().len());
            line.push('\u{2026}');
            line
        }
    }
}

/// The name of a person, an app or a group, as it stands in a sentence.
pub(super) fn visible_name(name: &str) -> String {
    visible(name, LONGEST_NAME)
}

/// An e-mail address, or what somebody signs in with, which may be one: whole.
pub(super) fn visible_address(address: &str) -> String {
    visible(address, LONGEST_ADDRESS)
}

/// The letter that stands for a name.
pub(super) fn monogram(name: &str) -> String {
    let letter = name.chars().find(|c| c.is_alphanumeric());
    letter.map(|c| c.to_uppercase().to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_visible_line() {
        assert_eq!(visible("  Acme\r\n\tNotes\u{0} ", 100), "Acme Notes");
        assert_eq!(visible("\u{202E}knaB\u{202C} \u{200B} of\u{2066}X", 100), "knaB ofX");
        assert_eq!(visible("\u{200B}\u{3164}", 100), "");
        for nothing in [
            "\u{1BCA0}\u{1BCA3}",
            "\u{1D173}\u{1D17A}",
            "\u{200C}",
            "\u{200D} \u{200D}",
            "\u{FE0F}",
            "\u{E0100}",
            "\u{13430}",
        ] {
            assert_eq!(visible(nothing, 100), "", "{nothing:?}");
        }
        let family = "\u{1F468}\u{200D}\u{1F469}";
        assert_eq!(visible(family, 100), family);
        assert_eq!(visible("abc def", 4), "abc\u{2026}");
        assert_eq!(visible("\u{e4}\u{f6}\u{fc}", 3), "\u{e4}\u{f6}\u{fc}");
    }

    #[test]
    fn a_monogram_is_a_letter_or_nothing() {
        assert_eq!(monogram("<acme"), "A");
        assert_eq!(monogram("\u{df}x"), "SS");
        assert_eq!(monogram("..."), "");
    }
}
