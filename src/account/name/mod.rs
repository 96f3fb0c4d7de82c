//! Usernames by the profile UsernameCaseMapped (RFC 8265 section 3.3), and what else keeps one from looking like another:
//! one script a name (UTS 39 section 5.2, "Highly Restrictive"), and letters that look alike count as one.

mod letters;
mod normal_form;

use letters::{
    ARABIC, BOPOMOFO, DIGIT, HAN, HANGUL, HEBREW, HIRAGANA, KATAKANA, LATIN, MARK, SCRIPTS, THAANA, kind, look_alike,
    of_usual_width, twin,
};
pub use normal_form::nfc;
use normal_form::nfd;

/// Scripts that stand in one name: Japanese, Chinese and Korean, each with Latin letters.
const TOGETHER: [u64; 3] = [
    LATIN | HAN | HIRAGANA | KATAKANA,
    LATIN | HAN | BOPOMOFO,
    LATIN | HAN | HANGUL,
];

/// Scripts from right to left.
const RIGHT_TO_LEFT: u64 = ARABIC | HEBREW | THAANA;

/// The most marks in a row (UTS 39 section 5.4).
const MOST_MARKS: usize = 4;

/// The text in the usual width.
pub fn of_width(text: &str) -> String {
    text.chars().map(of_usual_width).collect()
}

/// The text in the usual width, in small letters, and in Normalization Form C: the mappings of section 3.3.2.
pub fn prepare(text: &str) -> String {
    nfc(&of_width(text).to_lowercase())
}

/// The text by which prepared names are compared. A name whose letters all look like Latin ones is the same as that Latin name;
/// in other names letters count as one that look alike and are of two other scripts. The two forms of the small sigma are one.
pub fn fold(prepared: &str) -> String {
    let looks_latin = |c: char| !c.is_alphabetic() || is_mark(c) || is_latin(c) || look_alike(c).is_some();
    if prepared.is_ascii() {
        return prepared.to_owned();
    }
    let letters = nfd(prepared).replace('\u{3c2}', "\u{3c3}");
    let latin = letters.chars().all(looks_latin);
    let mut folded = String::new();
    for c in letters.chars() {
        match look_alike(c).filter(|_| latin || is_latin(c)) {
            Some(looks_like) => folded.push(looks_like),
            None => folded.push_str(twin(c).unwrap_or(c.encode_utf8(&mut [0; 4]))),
        }
    }
    nfc(&folded)
}

/// Whether a prepared name is one: letters, digits and marks, and of ASCII those of `signs`, too; of one script.
pub fn is_name(prepared: &str, signs: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || signs.contains(c);
    let known = prepared
        .chars()
        .all(|c| if c.is_ascii() { is_plain(c) } else { kind(c).is_some() });
    known
        && prepared.chars().any(|c| !signs.contains(c))
        && is_of_one_script(prepared)
        && has_marks_in_place(prepared)
        && has_one_direction(prepared)
}

/// The scripts of a letter; all of them for what belongs to none.
fn scripts(c: char) -> u64 {
    if c.is_ascii_alphabetic() {
        LATIN
    } else {
        kind(c).map_or(SCRIPTS, |kind| kind & SCRIPTS)
    }
}

fn is_latin(c: char) -> bool {
    scripts(c) == LATIN
}

fn is_mark(c: char) -> bool {
    kind(c).is_some_and(|kind| kind & MARK != 0)
}

/// Digits of one kind count: those of ASCII, or those of one script.
fn digits(c: char) -> Option<u64> {
    match c {
        '0'..='9' => Some(0),
        '\u{6F0}'..='\u{6F9}' => Some(1),
        c => kind(c).filter(|kind| kind & DIGIT != 0),
    }
}

/// UTS 39 section 5.2, and "mixed numbers" of section 5.3.
pub fn is_of_one_script(text: &str) -> bool {
    let shared = text.chars().fold(SCRIPTS, |shared, c| shared & scripts(c));
    let together = |script: &u64| text.chars().all(|c| scripts(c) & script != 0);
    let mut numbers = text.chars().filter_map(digits);
    let first = numbers.next();
    (shared != 0 || TOGETHER.iter().any(together)) && numbers.all(|other| Some(other) == first)
}

/// A mark follows a letter, not itself, and no dot stands above a letter that has one.
fn has_marks_in_place(text: &str) -> bool {
    let (mut before, mut marks) = (None, 0);
    for c in nfd(text).chars() {
        if !is_mark(c) {
            marks = 0;
        } else {
            marks += 1;
            let on_dotted = c == '\u{307}' && matches!(before, Some('i' | 'j' | '\u{131}' | '\u{456}' | '\u{458}'));
            let on_letter = before.is_some_and(|before: char| before.is_alphanumeric() || is_mark(before));
            if !on_letter || before == Some(c) || on_dotted || marks > MOST_MARKS {
                return false;
            }
        }
        before = Some(c);
    }
    true
}

/// The Bidi Rule (RFC 5893 section 2), as far as one script and its signs can break it: a name with letters from right to left
/// begins with one, ends with a letter or a digit, and has digits of one kind.
fn has_one_direction(text: &str) -> bool {
    let is_right = |c: char| !c.is_ascii() && digits(c).is_none() && scripts(c) & !RIGHT_TO_LEFT == 0;
    let is_arabic_digit = |c: char| matches!(c, '\u{660}'..='\u{669}');
    if !text.chars().any(|c| is_right(c) || is_arabic_digit(c)) {
        return true;
    }
    let first = text.chars().next();
    let last = text.chars().rev().find(|c| !is_mark(*c));
    first.is_some_and(|c| is_right(c) && !is_mark(c)) && last.is_some_and(|c| is_right(c) || digits(c).is_some())
}

#[cfg(test)]
mod tests;
