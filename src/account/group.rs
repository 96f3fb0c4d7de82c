//! Groups of people. Operators make them; apps are told their names or ids.

use serde_json::{Map, Value};

use super::name;
use crate::time::UnixTime;

/// The most groups that a person is in.
pub const MOST_OF_PERSON: i64 = 1_000;

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub id: String,
    pub name: Label,
    /// Whether its people must show a second factor.
    pub second_factor_required: bool,
    /// What the operator keeps of it, which its people have where they have nothing of their own.
    pub attributes: Map<String, Value>,
    pub created_at: UnixTime,
    pub updated_at: UnixTime,
}

/// The name of a group or a role. Apps give rights by it, so it can be read, is of one script, and has nothing that separates or
/// quotes the entries of a list: commas, semicolons, quotes, markup.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label(String);

/// What stands in a label beside letters and digits.
const SIGNS: &str = " ._-+:/@";

/// The most characters of a label.
const LONGEST: usize = 100;

impl Label {
    /// What [`Label::parse`] takes.
    pub const RULE: &'static str =
        "must be 1 to 100 letters of one script, digits, single blanks, and any of . _ - + : / @";

    /// Takes a label as somebody wrote it.
    pub fn parse(written: &str) -> Option<Self> {
        let text = name::nfc(&name::of_width(written));
        let fits = text.chars().count() <= LONGEST
            && name::is_name(&text.to_lowercase(), SIGNS)
            && !text.starts_with(' ')
            && !text.ends_with(' ')
            && !text.contains("  ");
        fits.then_some(Self(text))
    }

    /// Takes a label out of storage.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text by which labels are compared: those that look the same, or differ in capital letters alone, are one.
    pub fn folded(&self) -> String {
        fold(&self.0)
    }
}

/// The text by which a label, or the beginning of one, is compared.
pub fn fold(text: &str) -> String {
    name::fold(&name::prepare(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_can_be_read_and_separates_nothing() {
        for label in [
            "admins",
            "Domain Users",
            "org:team/a",
            "GrafanaAdmin",
            "r\u{e9}daction",
            "\u{433}\u{440}\u{443}\u{43f}\u{43f}\u{430}",
            "7",
        ] {
            assert_eq!(Label::parse(label).map(|label| label.0).as_deref(), Some(label));
        }
        for label in [
            "",
            " ",
            "a ",
            " a",
            "a  b",
            "a,b",
            "a;b",
            "a\"b",
            "a'b",
            "<b>",
            "a&b",
            "a|b",
            "a\nb",
            "a\0",
            "admins\u{200b}",
            "\u{202e}a",
            "\u{430}dmins",
            "a\u{3164}",
            "-",
            "\u{1f510}",
            &"a".repeat(101),
        ] {
            assert_eq!(Label::parse(label), None, "{label:?}");
        }
    }

    #[test]
    fn labels_that_look_the_same_are_one() {
        let folded = |label: &str| Label::parse(label).unwrap().folded();
        assert_eq!(folded("Admins"), folded("admins"));
        assert_eq!(folded("\u{ff21}dmins"), folded("admins"));
        // Cyrillic throughout.
        assert_eq!(folded("\u{441}\u{43e}\u{440}\u{435}"), folded("cope"));
        assert_ne!(folded("admin"), folded("admins"));
    }
}
