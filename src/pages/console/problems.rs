//! What is wrong, in the language of a page: what the admin API says in English, by the section `problems` of the texts.

use super::ConsoleFrame;
use crate::pages::{Language, messages::PROBLEMS};

/// The language of the admin API.
pub(super) const ENGLISH: &str = "en";

impl ConsoleFrame<'_> {
    /// What the admin API says, in another language; nothing where it is none of the texts, or the page is in English.
    pub(super) fn translated(&self, problem: &str) -> Option<String> {
        translated(problem, self.language)
    }

    /// The same, or as it is.
    pub(super) fn in_words(&self, problem: &str) -> String {
        self.translated(problem).unwrap_or_else(|| problem.to_owned())
    }
}

fn translated(problem: &str, language: Language) -> Option<String> {
    let lines = language.texts().problems.lines();
    // Of English there are none: it is said as it is.
    let mut pairs = PROBLEMS.iter().zip(lines);
    pairs.find_map(|(pattern, text)| Some(fill(text, &gaps(pattern, problem)?)))
}

/// What stands in the gaps of a pattern, where the text is one of its kind.
fn gaps<'t>(pattern: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let mut parts = pattern.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut found = Vec::new();
    let mut part = parts.next();
    while let Some(behind) = part {
        part = parts.next();
        let (gap, after) = match part {
            Some(_) => rest.split_once(behind)?,
            None => (rest.strip_suffix(behind)?, ""),
        };
        found.push(gap);
        rest = after;
    }
    rest.is_empty().then_some(found)
}

fn fill(text: &str, gaps: &[&str]) -> String {
    let mut filled = String::new();
    for (n, part) in text.split("{}").enumerate() {
        if let Some(gap) = n.checked_sub(1).and_then(|n| gaps.get(n)) {
            filled.push_str(gap);
        }
        filled.push_str(part);
    }
    filled
}

#[cfg(test)]
mod tests;
