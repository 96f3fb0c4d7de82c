//! What a change of an address means for the address before.

/// What the address before gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parting {
    /// Nothing: nobody had confirmed it, or it stays.
    Nothing,
    /// Nothing: the person goes back to an address that could undo a change, and that is what undoing comes to.
    GoneBack,
    /// A word. It came by a change that can still be undone, so it undoes nothing itself.
    Word,
    /// A word, and a link that undoes the change.
    Undo,
}

/// What it gets where a person who has confirmed `before` changes to an address; those of `undos` can still undo a change.
pub fn parting(before: Option<&str>, to: &str, undos: &[String]) -> Parting {
    match before {
        _ if undos.iter().any(|undo| is_same(undo, to)) => Parting::GoneBack,
        Some(before) if !is_same(before, to) && undos.is_empty() => Parting::Undo,
        Some(before) if !is_same(before, to) => Parting::Word,
        _ => Parting::Nothing,
    }
}

/// Whether two spellings surely reach the same person. Those that merely look alike need not.
pub fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_several_addresses_can_undo_and_nobody_after_it() {
        let undos = ["a@b.org".to_owned()];
        assert_eq!(parting(Some("a@b.org"), "c@b.org", &[]), Parting::Undo);
        assert_eq!(parting(Some("c@b.org"), "d@b.org", &undos), Parting::Word);
        assert_eq!(parting(Some("c@b.org"), "A@b.org", &undos), Parting::GoneBack);
        assert_eq!(parting(None, "a@b.org", &undos), Parting::GoneBack);
        assert_eq!(parting(None, "c@b.org", &[]), Parting::Nothing);
        assert_eq!(parting(Some("A@b.org"), "a@b.org", &[]), Parting::Nothing);
    }

    #[test]
    fn an_address_that_looks_alike_is_another() {
        let alike = "\u{441}\u{43e}\u{440}@b.org";
        assert_eq!(parting(Some("cop@b.org"), alike, &[]), Parting::Undo);
        assert_eq!(
            parting(Some("c@b.org"), alike, &["cop@b.org".to_owned()]),
            Parting::Word
        );
    }
}
