use super::*;

const SIGNS: &str = "._-+";

fn is_fine(text: &str) -> bool {
    is_name(&prepare(text), SIGNS)
}

fn same(a: &str, b: &str) -> bool {
    fold(&prepare(a)) == fold(&prepare(b))
}

#[test]
fn names_of_every_day_are_names() {
    for name in [
        "alice",
        "a.b-c_d+e",
        "J\u{dc}RGEN",
        "\u{dc}n\u{ef}c\u{f6}de7",
        "nguy\u{1ec5}n",
        "\u{43f}\u{440}\u{438}\u{432}\u{435}\u{442}",
        "\u{3b1}\u{3bb}\u{3ad}\u{3be}\u{3b1}\u{3bd}\u{3b4}\u{3c1}\u{3bf}\u{3c2}",
        "\u{5d3}\u{5d5}\u{5d3}7",
        "\u{639}\u{644}\u{64a}_\u{661}",
        "\u{5c71}\u{7530}\u{305f}\u{308d}\u{3046}ABC",
        "\u{ae40}\u{cca0}\u{c218}",
        "\u{930}\u{93e}\u{939}\u{941}\u{932}",
        "\u{e2a}\u{e21}\u{e0a}\u{e32}\u{e22}",
    ] {
        assert!(is_fine(name), "{name}");
    }
}

#[test]
fn case_width_and_form_do_not_tell_names_apart() {
    assert!(same("J\u{dc}RGEN", "j\u{fc}rgen"));
    assert!(same("ju\u{308}rgen", "j\u{fc}rgen"));
    assert!(same("\u{ff41}\u{ff4c}\u{ff49}\u{ff43}\u{ff45}", "Alice"));
    assert!(same("\u{ff76}\u{ff9e}", "\u{30ac}"));
    assert!(same("\u{39f}\u{394}\u{39f}\u{3a3}", "\u{3bf}\u{3b4}\u{3bf}\u{3c3}"));
    assert!(same("\u{212a}im", "kim"), "the Kelvin sign");
    assert!(!same("stra\u{df}e", "strasse"));
    assert!(!same("jurgen", "j\u{fc}rgen"));
    assert_eq!(prepare("J\u{dc}RGEN"), "j\u{fc}rgen");
}

#[test]
fn what_cannot_be_seen_is_in_no_name() {
    for c in [
        '\u{ad}',
        '\u{34f}',
        '\u{61c}',
        '\u{115f}',
        '\u{1160}',
        '\u{17b4}',
        '\u{180b}',
        '\u{180e}',
        '\u{200b}',
        '\u{200c}',
        '\u{200d}',
        '\u{200e}',
        '\u{202e}',
        '\u{2060}',
        '\u{2066}',
        '\u{2800}',
        '\u{3164}',
        '\u{fe0f}',
        '\u{feff}',
        '\u{ffa0}',
        '\u{fffc}',
        '\u{e0061}',
        '\u{e0100}',
        '\u{e000}',
        '\u{a0}',
        '\u{3000}',
        '\u{2028}',
        '\u{0}',
        '\u{7f}',
        '\u{85}',
    ] {
        for name in [
            format!("alice{c}"),
            format!("{c}alice"),
            format!("al{c}ice"),
            c.to_string(),
        ] {
            assert!(!is_fine(&name), "{name:?}");
        }
    }
}

#[test]
fn scripts_do_not_mix() {
    for name in [
        "\u{430}lice",
        "alic\u{435}",
        "\u{3bf}liver",
        "p\u{430}ypal",
        "\u{561}lice",
        "\u{43f}\u{3b1}",
        "alice\u{5d0}",
        "a\u{4e00}\u{430}",
        "alice\u{661}",
        "\u{639}1\u{661}",
        "\u{639}\u{661}\u{6f1}",
        "\u{9ea}1",
    ] {
        assert!(!is_fine(name), "{name}");
    }
}

#[test]
fn a_name_that_looks_latin_throughout_is_the_latin_one() {
    for (name, latin) in [
        ("\u{441}\u{430}\u{440}\u{430}", "capa"),
        ("\u{421}\u{410}\u{420}\u{410}", "capa"),
        ("\u{3bf}\u{3c1}\u{3bf}", "opo"),
        ("\u{451}", "\u{eb}"),
        ("\u{131}rmak", "irmak"),
        ("\u{441}\u{430}\u{440}\u{430}-7", "capa-7"),
    ] {
        assert!(is_fine(name) && same(name, latin), "{name}");
    }
    assert!(
        !same("\u{441}\u{430}\u{448}\u{436}\u{430}", "cawka"),
        "one letter is none of them"
    );
}

#[test]
fn names_of_two_other_scripts_that_look_alike_are_one() {
    for (one, other) in [
        // Greek and Cyrillic.
        ("\u{3c0}\u{3bf}", "\u{43f}\u{43e}"),
        ("\u{3ba}\u{3bf}\u{3c6}", "\u{43a}\u{43e}\u{444}"),
        // Katakana and Han, also beside Latin letters.
        ("\u{30ab}\u{30ed}", "\u{529b}\u{53e3}"),
        ("a\u{30cb}1", "a\u{4e8c}1"),
        // Thai and Lao.
        ("\u{e1a}\u{e48}", "\u{e9a}\u{ec8}"),
        // Kannada and Telugu.
        ("\u{ca8}\u{cb2}", "\u{c28}\u{c32}"),
        // Hangul and Han.
        ("\u{c870}", "\u{4e15}"),
    ] {
        assert!(is_fine(one) && is_fine(other), "{one} {other}");
        assert!(same(one, other), "{one} {other}");
        assert_eq!(fold(&fold(&prepare(one))), fold(&prepare(one)), "{one}");
    }
    for (one, other) in [
        ("\u{e15}\u{e32}", "\u{e14}\u{e32}"),
        ("\u{563}\u{561}\u{57f}", "\u{566}\u{561}\u{57f}"),
        (
            "\u{43f}\u{430}\u{432}\u{435}\u{43b}",
            "\u{43f}\u{430}\u{432}\u{43b}\u{435}",
        ),
        ("\u{5c71}\u{7530}", "\u{5c71}\u{672c}"),
    ] {
        assert!(is_fine(one) && !same(one, other), "{one} {other}");
    }
}

#[test]
fn marks_stand_on_letters_once() {
    for name in [
        "\u{301}a",
        ".\u{301}a",
        "a\u{301}\u{301}",
        "\u{e1}\u{301}",
        "i\u{307}van",
        "\u{130}van",
        "a\u{300}\u{301}\u{302}\u{303}\u{304}",
    ] {
        assert!(!is_fine(name), "{name:?}");
    }
}

#[test]
fn direction_does_not_change_within_a_name() {
    for name in [
        "1\u{5d0}",
        ".\u{5d0}",
        "\u{5d0}.",
        "\u{5d0}-",
        "\u{661}",
        "\u{661}\u{639}",
        "_\u{639}\u{644}",
    ] {
        assert!(!is_fine(name), "{name:?}");
    }
    assert!(is_fine("\u{5d0}.\u{5d1}1"));
}

#[test]
fn signs_alone_are_no_name() {
    for name in ["", ".", "-_", "+"] {
        assert!(!is_fine(name), "{name:?}");
    }
    for name in [
        "a@b",
        "a b",
        "<b>",
        "a'b",
        "a\u{b7}b",
        "a\u{2019}b",
        "\u{2460}",
        "\u{fb01}",
        "\u{1d400}",
        "\u{1f600}",
    ] {
        assert!(!is_fine(name), "{name:?}");
    }
}

#[test]
fn folding_twice_changes_nothing() {
    for text in [
        "",
        "Alice",
        "J\u{dc}RGEN",
        "\u{441}\u{430}\u{440}\u{430}",
        "\u{130}",
        "\u{3a3}\u{3a3}",
        "\u{3164}\u{200d}",
        "a@B",
    ] {
        let once = fold(&prepare(text));
        assert_eq!(fold(&prepare(&once)), once, "{text:?}");
    }
}
