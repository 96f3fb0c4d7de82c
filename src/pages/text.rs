//! Names that others chose, made fit to be read.

/// The most characters of a name in a sentence.
pub(super) const LONGEST_NAME: usize = 80;

/// The most characters of a host (RFC 1035 section 2.3.4): one that is cut could pass for another.
pub(super) const LONGEST_HOST: usize = 253;

/// `text` as one line of at most `longest` characters, without what cannot be seen. A name with a right-to-left override
/// or a hundred blanks could make the sentence around it say something else.
pub(super) fn visible(text: &str, longest: usize) -> String {
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word: String = word.chars().filter(|c| !is_invisible(*c)).collect();
        if !word.is_empty() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
    }
    if line.chars().all(|c| c == ' ' || needs_a_neighbour(c)) {
        return String::new();
    }
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

/// The letter that stands for a name.
pub(super) fn monogram(name: &str) -> String {
    let letter = name.chars().find(|c| c.is_alphanumeric());
    letter.map(|c| c.to_uppercase().to_string()).unwrap_or_default()
}

/// What shows only together with something else: the joiners U+200C and U+200D, which Persian and emoji need, and the variation
/// selectors of emoji.
fn needs_a_neighbour(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}')
}

/// Characters without a shape: bidirectional controls, zero-width ones, fillers, tags, and the format controls of single
/// scripts (Unicode's general category Cf and the property Default_Ignorable_Code_Point), but for what [`needs_a_neighbour`].
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}'
        | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{13430}'..='\u{1343F}' | '\u{16FE4}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D159}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
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
