//! Which characters can be seen: names that others chose are shown to people, here and by apps.

/// Characters without a shape: bidirectional controls, zero-width ones, fillers, tags, and the format controls of single
/// scripts (Unicode's general category Cf and the property Default_Ignorable_Code_Point), but for what [`needs_a_neighbour`].
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}'
        | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{13430}'..='\u{1343F}' | '\u{16FE4}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D159}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// What shows only together with something else: the joiners U+200C and U+200D, which Persian and emoji need, and the variation
/// selectors of emoji.
fn needs_a_neighbour(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}')
}

/// Control characters, line breaks, and what reverses the direction of a text: what leaves the text around it as it is has none.
pub fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Whether there is anything to see in a text.
pub fn is_readable(text: &str) -> bool {
    text.chars()
        .any(|c| !(c.is_whitespace() || c.is_control() || is_invisible(c) || needs_a_neighbour(c)))
}

/// `text` without characters that have no shape.
pub fn without_invisible(text: &str) -> String {
    text.chars().filter(|c| !is_invisible(*c)).collect()
}

/// `text` as one line: without controls and what has no shape, with single blanks between words; empty where there is nothing to see.
pub fn as_line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word = without_invisible(word);
        if !word.is_empty() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
    }
    if is_readable(&line) { line } else { String::new() }
}

/// Whether people see all of a text on a line.
pub fn is_line(text: &str) -> bool {
    as_line(text) == text
}

/// Whether they see it just as it is, too: nothing changes what stands before it unseen, or is shown in another order than it stands in.
pub fn is_exact_line(text: &str) -> bool {
    is_line(text) && is_of_one_direction(text) && joins_where_it_can(text)
}

/// Whether all of a text is written in one direction: digits beside anything that is written from right to left are not shown in the order
/// in which they stand, nor are two Arabic numbers beside each other (Unicode Annex 9, sections 3.3.4 and 3.3.5).
pub fn is_of_one_direction(text: &str) -> bool {
    let mut directed = text
        .chars()
        .filter(|c| c.is_alphanumeric() || is_right_to_left(*c))
        .map(is_right_to_left);
    let first = directed.next();
    let arabic_numbers = text.split(|c| !is_in_arabic_number(c)).filter(|run| !run.is_empty());
    directed.all(|other| Some(other) == first) && arabic_numbers.count() <= 1
}

/// Letters, signs and digits of the scripts that are written from right to left. The digits of Persian are as European ones.
fn is_right_to_left(c: char) -> bool {
    let is_of_block = matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFE}'
        | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}');
    is_of_block && !matches!(c, '\u{6F0}'..='\u{6F9}') && !is_in_arabic_number(c)
}

/// The class AN of Unicode Annex 9: a number of such digits is written from left to right, and several from right to left.
fn is_in_arabic_number(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{605}' | '\u{660}'..='\u{669}' | '\u{66B}' | '\u{66C}' | '\u{6DD}' | '\u{890}' | '\u{891}'
        | '\u{8E2}' | '\u{10D30}'..='\u{10D39}' | '\u{10E60}'..='\u{10E7E}')
}

/// Whether each character that [`needs_a_neighbour`] follows one that it may change: beside Latin letters, digits and each other it is not
/// seen.
fn joins_where_it_can(text: &str) -> bool {
    let before = std::iter::once(' ').chain(text.chars());
    before
        .zip(text.chars())
        .all(|(before, c)| !needs_a_neighbour(c) || before > LAST_LATIN && !needs_a_neighbour(before))
}

/// The last letter of Latin Extended-B.
const LAST_LATIN: char = '\u{24F}';

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_shape_is_not_readable() {
        for text in [
            "",
            " ",
            "\u{3164}",
            "\u{200d}\u{200c}",
            "\u{fe0f}",
            "\u{a0}\u{3000}",
            "\u{202e}\u{202c}",
            "\u{e0061}",
        ] {
            assert!(!is_readable(text), "{text:?}");
        }
        for text in ["x", "\u{ae40}", "\u{1f510}", "\u{3164}x"] {
            assert!(is_readable(text), "{text:?}");
        }
        assert_eq!(without_invisible("a\u{202e}b\u{3164}"), "ab");
    }

    #[test]
    fn a_line_is_seen_as_it_is() {
        for text in ["", "a", "a b", "\u{ae40}", "\u{645}\u{200c}\u{6cc}"] {
            assert!(is_line(text), "{text:?}");
        }
        for text in [
            " ",
            " a",
            "a ",
            "a  b",
            "a\tb",
            "a\nb",
            "a\u{a0}b",
            "a\u{202e}b",
            "a\u{200b}",
            "\u{7}",
            "\u{200d}",
        ] {
            assert!(!is_line(text) && !is_exact_line(text), "{text:?}");
        }
    }

    #[test]
    fn an_exact_line_is_in_order_and_has_nothing_that_is_not_seen() {
        for text in [
            "",
            "a 1",
            "\u{645}\u{200c}\u{6cc}",
            "\u{5d0}\u{5d1}",
            "\u{1f468}\u{200d}\u{1f469}",
            "caf\u{e9} 12",
            "\u{661}\u{662}",
            "\u{6f1} \u{6f2}",
        ] {
            assert!(is_exact_line(text), "{text:?}");
        }
        for text in [
            "10\u{fe0f}0.00",
            "Mer\u{200c}chant",
            "Merchant\u{fe00}",
            "\u{645}\u{200c}\u{200c}\u{6cc}",
            "\u{5d0} 12 34",
            "\u{5d0}bc",
            "12\u{5be}34",
            "DE\u{5f3} 10 20",
            "1\u{5c0}000.50",
            "Acme \u{7c1} 12",
            "\u{661}-\u{662}",
            "\u{661} \u{662} \u{663}",
            "\u{5d0} \u{661}",
        ] {
            assert!(!is_exact_line(text), "{text:?}");
        }
    }
}
