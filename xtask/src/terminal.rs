//! Text of files and servers on a terminal: whoever wrote it has no say over what a terminal does.

use std::fmt::Write;

/// A text in one line: control signs, and those that turn the direction of text, stand there as in a JSON text, so that what is JSON
/// stays that.
pub fn line(text: &str) -> String {
    escaped(text, |_| false)
}

/// A text in lines.
pub fn lines(text: &str) -> String {
    escaped(text, |sign| sign == '\n')
}

fn escaped(text: &str, is_kept: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for sign in text.chars() {
        let turns = matches!(sign, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        match (sign.is_control() || turns) && !is_kept(sign) {
            // Writing to a text does not fail.
            true => _ = write!(shown, "\\u{:04x}", u32::from(sign)),
            false => shown.push(sign),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        assert_eq!(
            line("a\u{1b}[2Jb\r\n\u{9b}1m\u{202e}c\u{61c}"),
            "a\\u001b[2Jb\\u000d\\u000a\\u009b1m\\u202ec\\u061c"
        );
        assert_eq!(lines("a\n\u{7}b"), "a\n\\u0007b");
        assert_eq!(line("Zoë \u{1f600} — ok"), "Zoë \u{1f600} — ok");
        let json = serde_json::json!({ "name": "\u{9b}x\u{7f}" }).to_string();
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&line(&json)).unwrap()["name"],
            "\u{9b}x\u{7f}"
        );
    }
}
