//! The letters that names may be spelled with, of which script each is, and which Latin letter it looks like. The tables are
//! made by `codegen/letters.rs`.

#![allow(missing_docs, dead_code)] // The names of the scripts say it.

include!(concat!(env!("OUT_DIR"), "/letters.rs"));

/// The bits of all scripts.
pub const SCRIPTS: u64 = DIGIT - 1;

/// The scripts of a letter, a digit or a mark outside ASCII, as bits, with [`MARK`] and [`DIGIT`]. `None` for everything else.
pub fn kind(c: char) -> Option<u64> {
    let wanted = u32::from(c);
    let (mut bytes, mut end) = (RANGES.iter().copied(), 0);
    while let Some(gap) = number(&mut bytes) {
        let first = end + gap;
        end = first + number(&mut bytes)?;
        let kind = bytes.next()?;
        if wanted < first {
            return None;
        }
        if wanted <= end {
            return KINDS.get(usize::from(kind)).copied();
        }
    }
    None
}

fn number(bytes: &mut impl Iterator<Item = u8>) -> Option<u32> {
    let (mut number, mut shift) = (0, 0);
    loop {
        let byte = bytes.next()?;
        number |= u32::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Some(number);
        }
        shift += 7;
    }
}

/// What a letter of another width stands for (RFC 8265 section 3.3.2); every other character for itself.
pub fn of_usual_width(c: char) -> char {
    match c {
        // Fullwidth ASCII.
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{FF66}'..='\u{FF9F}' => HALFWIDTH.get((u32::from(c) - 0xFF66) as usize).copied().unwrap_or(c),
        _ => c,
    }
}

/// The Latin letter or digit in ASCII that a small letter looks like.
pub fn look_alike(c: char) -> Option<char> {
    let found = LOOK_ALIKES.binary_search_by_key(&c, |(letter, _)| *letter).ok()?;
    LOOK_ALIKES.get(found).map(|(_, looks_like)| *looks_like)
}

/// What a small letter of another script than Latin is compared as, where it looks like one of yet another script.
pub fn twin(c: char) -> Option<&'static str> {
    let found = TWINS.binary_search_by_key(&c, |(letter, _)| *letter).ok()?;
    TWINS.get(found).map(|(_, looks_like)| *looks_like)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_have_scripts_and_what_has_no_shape_is_none() {
        assert_eq!(kind('\u{fc}'), Some(LATIN));
        assert_eq!(kind('\u{43f}'), Some(CYRILLIC));
        assert_eq!(kind('\u{5b57}'), Some(HAN));
        assert_eq!(kind('\u{30fc}'), Some(HIRAGANA | KATAKANA));
        assert_eq!(kind('\u{301}').map(|kind| kind & MARK), Some(MARK));
        assert_eq!(
            kind('\u{661}').map(|kind| kind & (DIGIT | ARABIC)),
            Some(DIGIT | ARABIC)
        );
        for c in [
            '\u{ad}',
            '\u{200b}',
            '\u{200d}',
            '\u{115f}',
            '\u{1160}',
            '\u{3164}',
            '\u{ffa0}',
            '\u{fe0f}',
            '\u{e0061}',
        ] {
            assert_eq!(kind(c), None, "{c:?}");
        }
        for c in [
            '\u{2460}',
            '\u{1d400}',
            '\u{ff41}',
            '\u{640}',
            '\u{1100}',
            '\u{a0}',
            '\u{b7}',
            '\u{1f510}',
            char::MAX,
        ] {
            assert_eq!(kind(c), None, "{c:?}");
        }
    }

    #[test]
    fn widths_and_look_alikes() {
        assert_eq!(of_usual_width('\u{ff21}'), 'A');
        assert_eq!(of_usual_width('\u{ff76}'), '\u{30ab}');
        assert_eq!(of_usual_width('\u{ff9e}'), '\u{3099}');
        assert_eq!(look_alike('\u{430}'), Some('a'));
        assert_eq!(look_alike('\u{436}'), None);
        assert_eq!(twin('\u{43f}'), Some("\u{3c0}"));
        assert_eq!(twin('\u{e94}'), None, "none of UTS 39");
        assert_eq!(twin('\u{e15}'), None, "it looks like another Thai letter alone");
    }
}
