//! Makes the table of letters that names may be spelled with (src/account/name/letters.rs), so that the Worker carries this
//! table alone and not those of Unicode: which characters, of which scripts, and which look like a Latin one.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use unicode_script::{Script, ScriptExtension, UnicodeScript};
use unicode_security::{GeneralSecurityProfile, skeleton};

/// Marks, and digits, among the kinds; the bits below are scripts.
const MARK: u64 = 1 << 62;
const DIGIT: u64 = 1 << 61;

/// Katakana of half the width. Their fullwidth ASCII counterparts have a fixed distance, and halfwidth Hangul has compatibility
/// mappings to letters that are none of names.
const HALFWIDTH: std::ops::RangeInclusive<char> = '\u{FF66}'..='\u{FF9F}';

/// The scripts that people use every day (UAX 31 section 2.4, table 5).
fn scripts() -> Vec<Script> {
    let mut scripts: Vec<_> = ('\u{0}'..=char::MAX)
        .map(|c| c.script())
        .filter(|script| script.is_recommended() && !matches!(script, Script::Common | Script::Inherited))
        .collect();
    scripts.sort_by_key(|script| script.short_name());
    scripts.dedup();
    scripts
}

/// What kind of letter a character is. `None` where it is none.
///
/// It is one if it is allowed in identifiers (UTS 39 section 3.1, which leaves out whatever has no shape, is obsolete, or has a
/// compatibility mapping), and a letter, digit or mark of PRECIS (RFC 8264 section 9.1) without one of the exceptions (section
/// 9.6) and without an old jamo (section 9.9).
fn kind(c: char, scripts: &[Script]) -> Option<u64> {
    let is_mark = is_combining_mark(c);
    let is_letter = c.is_alphanumeric() || is_mark;
    let excepted = matches!(c,
        '\u{640}' | '\u{7FA}' | '\u{302E}' | '\u{302F}' | '\u{3031}'..='\u{3035}' | '\u{303B}'
        | '\u{1100}'..='\u{11FF}' | '\u{A960}'..='\u{A97F}' | '\u{D7B0}'..='\u{D7FF}');
    // Of Han the main block as a whole: the thousand single ones of the extensions would be half of the table.
    let allowed = match c.script() {
        Script::Han => matches!(c, '\u{3005}'..='\u{3007}' | '\u{4E00}'..='\u{9FFF}'),
        _ => c.identifier_allowed(),
    };
    if c.is_ascii() || !is_letter || excepted || !allowed {
        return None;
    }
    let extension: ScriptExtension = c.script_extension();
    let of = |(n, script): (usize, &Script)| u64::from(extension.contains_script(*script)) << n;
    let shared = extension.is_common() || extension.is_inherited();
    let kind = match shared {
        true => (1 << scripts.len()) - 1,
        false => scripts.iter().enumerate().map(of).sum(),
    };
    let marks = if is_mark { MARK } else { 0 };
    let digits = if c.is_numeric() && c.script() != Script::Han {
        DIGIT
    } else {
        0
    };
    (kind != 0).then_some(kind | marks | digits)
}

/// The Latin letter or digit in ASCII that looks like a small letter (UTS 39 section 4).
fn look_alike(c: char) -> Option<char> {
    let mut prototype = skeleton(c.encode_utf8(&mut [0; 4])).collect::<Vec<_>>();
    let looks_like = prototype.pop().filter(|_| prototype.is_empty())?.to_ascii_lowercase();
    let is_small = c.to_lowercase().eq([c]);
    (is_small && looks_like.is_ascii_alphanumeric()).then_some(looks_like)
}

/// What small letters of other scripts than Latin are compared as: those that look like a letter, or like several, of yet another
/// script (UTS 39 section 4). Letters that only look like others of their own script are none of them.
fn twins(scripts: &[Script]) -> BTreeMap<char, String> {
    let is_of_one_script = |c: &char| !matches!(c.script(), Script::Latin | Script::Common | Script::Inherited);
    let is_small = |c: &char| c.to_lowercase().eq([*c]);
    let letters: Vec<_> = ('\u{80}'..=char::MAX)
        .filter(|c| {
            is_of_one_script(c) && is_small(c) && kind(*c, scripts).is_some() && [*c].into_iter().nfd().count() == 1
        })
        .map(|c| {
            (
                c,
                skeleton(c.encode_utf8(&mut [0; 4])).collect::<String>().to_lowercase(),
            )
        })
        .collect();
    let mut scripts_of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (c, looks_like) in &letters {
        scripts_of
            .entry(looks_like)
            .or_default()
            .insert(c.script().short_name());
    }
    // Of several letters, or of one that only another script has.
    let is_foreign = |looks_like: &str, script: Script| {
        let is_neutral = |c: char| matches!(c.script(), Script::Inherited);
        let is_other = |c: char| kind(c, scripts).is_some() && !c.script_extension().contains_script(script);
        let is_jamo = |c: char| c.script() == Script::Hangul && script != Script::Hangul;
        looks_like.chars().all(|c| is_neutral(c) || is_other(c) || is_jamo(c)) && !looks_like.chars().all(is_neutral)
    };
    let mut twins: BTreeMap<_, _> = letters
        .iter()
        .filter(|(c, looks_like)| {
            let shared = scripts_of
                .get(looks_like.as_str())
                .is_some_and(|scripts| scripts.len() > 1);
            !looks_like.chars().eq([*c]) && (shared || is_foreign(looks_like, c.script()))
        })
        .cloned()
        .collect();
    // A small letter may look like one of which only the capital is told what that looks like.
    let once = twins.clone();
    for looks_like in twins.values_mut() {
        let again = looks_like
            .chars()
            .map(|c| once.get(&c).cloned().unwrap_or_else(|| c.to_string()));
        *looks_like = again.collect();
    }
    twins
}

/// What a halfwidth letter stands for (RFC 8265 section 3.3.2).
fn width(c: char) -> Option<char> {
    let mut mapped = [c].into_iter().nfkd();
    let (first, rest) = (mapped.next()?, mapped.next());
    (rest.is_none() && first != c).then_some(first)
}

/// The code of the tables.
pub fn compile() -> String {
    let scripts = scripts();
    let mut kinds: Vec<u64> = Vec::new();
    let mut ranges: Vec<(u32, u32, usize)> = Vec::new();
    let mut look_alikes = BTreeMap::new();
    for c in '\u{80}'..=char::MAX {
        let Some(kind) = kind(c, &scripts) else { continue };
        let place = kinds.iter().position(|other| *other == kind).unwrap_or_else(|| {
            kinds.push(kind);
            kinds.len() - 1
        });
        match ranges.last_mut() {
            Some((first, more, last)) if *last == place && *first + *more + 1 == u32::from(c) => *more += 1,
            _ => ranges.push((u32::from(c), 0, place)),
        }
        if let Some(looks_like) = look_alike(c) {
            look_alikes.insert(c, looks_like);
        }
    }
    let constants: String = scripts
        .iter()
        .enumerate()
        .map(|(n, script)| format!("pub const {}: u64 = 1 << {n};\n", script.full_name().to_uppercase()))
        .collect();
    let widths: Vec<_> = HALFWIDTH.map(|c| width(c).unwrap_or(c)).collect();
    let look_alikes: Vec<_> = look_alikes.into_iter().collect();
    let twins: Vec<_> = twins(&scripts).into_iter().collect();
    let ranges = pack(&ranges);
    format!(
        "{constants}
         pub const MARK: u64 = {MARK};
         pub const DIGIT: u64 = {DIGIT};
         const KINDS: [u64; {}] = {kinds:?};
         static RANGES: [u8; {}] = {ranges:?};
         static HALFWIDTH: [char; {}] = {widths:?};
         static LOOK_ALIKES: [(char, char); {}] = {look_alikes:?};
         static TWINS: [(char, &str); {}] = {twins:?};\n",
        kinds.len(),
        ranges.len(),
        widths.len(),
        look_alikes.len(),
        twins.len(),
    )
}

/// Each range as its distance from the end of the one before, its length less one, and its kind; the first two in bytes of seven
/// bits, the lowest first, of which all but the last have the eighth bit.
fn pack(ranges: &[(u32, u32, usize)]) -> Vec<u8> {
    let (mut bytes, mut end) = (Vec::new(), 0);
    for &(first, more, kind) in ranges {
        for mut number in [first - end, more] {
            while number >= 0x80 {
                bytes.push(number as u8 | 0x80);
                number >>= 7;
            }
            bytes.push(number as u8);
        }
        bytes.push(u8::try_from(kind).unwrap_or(u8::MAX));
        end = first + more;
    }
    bytes
}
