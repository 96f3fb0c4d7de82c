//! Passwords that strangers try first (NIST SP 800-63B section 3.1.1.2: a blocklist of what is commonly used or expected).

/// The commonest passwords of published leaks, sorted, in small letters: words, and what is not made of one of them and a few
/// signs. Chosen from the list that comes with zxcvbn (MIT License, Dropbox, Inc. and shssoichiro), without its coarse words.
const COMMON: &str = include_str!("common.txt");

/// The fewest letters of a name that a password may not be made of.
const SHORTEST_NAME: usize = 3;

/// The most signs around a common word, or a person's own name, that make a password of it: years, `123!` and the like.
const MOST_AROUND: usize = 5;

/// The fewest digits of a password that has nothing else. Shorter ones are dates and telephone numbers.
const SHORTEST_NUMBER: usize = 12;

/// Whether a password is among the commonest, or is one of them with a few signs around it.
pub fn is_common(password: &str) -> bool {
    let small = password.to_lowercase();
    is_listed(&small) || is_row(&small) || is_short_number(&small) || is_listed(heart(&small))
}

/// Whether a password is one of these names with a few signs around it: what belongs to the person or to the place.
pub fn is_made_of<'a>(password: &str, names: impl IntoIterator<Item = &'a str>) -> bool {
    let small = password.to_lowercase();
    names.into_iter().any(|name| {
        let name = name.to_lowercase();
        name.chars().count() >= SHORTEST_NAME
            && small.contains(&name)
            && small.replace(&name, "").chars().count() <= MOST_AROUND
    })
}

fn is_listed(word: &str) -> bool {
    COMMON.lines().any(|common| common == word)
}

/// The password without the few signs around its letters, or nothing where they are many.
fn heart(password: &str) -> &str {
    let heart = password.trim_matches(|c: char| !c.is_alphabetic());
    let around = password.chars().count() - heart.chars().count();
    if around <= MOST_AROUND { heart } else { "" }
}

/// Whether it has at most three different characters, or each follows the one before: `aaaaaaaa`, `12345678`, `hgfedcba`.
fn is_row(password: &str) -> bool {
    let mut different: Vec<char> = Vec::new();
    for c in password.chars() {
        if !different.contains(&c) {
            different.push(c);
        }
        if different.len() > 3 {
            break;
        }
    }
    let steps = |step: i64| {
        let pairs = password.chars().zip(password.chars().skip(1));
        pairs
            .map(|(a, b)| i64::from(u32::from(b)) - i64::from(u32::from(a)))
            .all(|by| by == step)
    };
    different.len() <= 3 || steps(1) || steps(-1)
}

fn is_short_number(password: &str) -> bool {
    password.len() < SHORTEST_NUMBER && password.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_tried_first_is_common() {
        for password in [
            "password",
            "PassWord",
            "password1",
            "Password2026",
            "!!dragon!!",
            "baseball99",
            "aaaaaaaa",
            "abababab",
            "12345678",
            "87654321",
            "abcdefgh",
            "14021987",
            "1q2w3e4r5t",
            "trustno1",
        ] {
            assert!(is_common(password), "{password}");
        }
    }

    #[test]
    fn what_takes_long_to_guess_is_not() {
        for password in [
            "correct horse battery staple",
            "password of my grandmother",
            "dragon-20265",
            "Tr0ub4dor&3",
            "4815162342108",
            "\u{e9}t\u{e9} \u{e0} la mer",
            "",
        ] {
            assert_eq!(is_common(password), password.is_empty(), "{password}");
        }
    }

    #[test]
    fn a_name_and_a_few_signs_are_no_password() {
        let names = ["alice.example", "Alice", "id", "J\u{fc}rgen"];
        for (password, made) in [
            ("alice.example", true),
            ("ALICE2026", true),
            ("alicealice", true),
            ("alice202612", false),
            ("my alice is nice", false),
            ("idididid", false),
            ("j\u{fc}rgen!!", true),
        ] {
            assert_eq!(is_made_of(password, names), made, "{password}");
        }
        assert!(!is_made_of("correct horse", [""]));
    }

    #[test]
    fn the_list_is_sorted_and_says_nothing_twice() {
        let words: Vec<_> = COMMON.lines().collect();
        assert!(words.len() > 2_000);
        assert!(words.is_sorted_by(|a, b| a < b));
        for word in words {
            assert_eq!(word, word.trim().to_lowercase());
            assert!(
                !is_row(word) && !is_short_number(word),
                "{word} needs no place in the list"
            );
        }
    }
}
