//! `ACR_VALUES`: the operator's own names for how strong a sign-in is, such as those of a trust framework.

use super::reader::Reader;

/// The levels that a name can stand for: Limen's own values of `acr`.
const LEVELS: [&str; 3] = ["1", "mfa", "phr"];

/// `phrh` says that hardware holds the key, which nobody checks here.
const RESERVED: &str = "phrh";

const MOST: usize = 20;
const LONGEST: usize = 100;

/// Names, each with the level that it stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AcrNames(Vec<(String, &'static str)>);

impl AcrNames {
    /// The level that a name stands for.
    pub fn level_of(&self, name: &str) -> Option<&'static str> {
        self.all().find(|(known, _)| *known == name).map(|(_, level)| level)
    }

    /// All names in the operator's order, with their levels.
    pub fn all(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.0.iter().map(|(name, level)| (name.as_str(), *level))
    }

    pub(super) fn read<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>) -> Self {
        let parsed = Self::parse(&reader.shown("ACR_VALUES").unwrap_or_default());
        parsed.unwrap_or_else(|| {
            let problem = "ACR_VALUES must be at most 20 different names, such as urn:acme:gold=mfa: each with = and 1, mfa or phr, which \
                           are no names themselves, nor is phrh; separated by spaces";
            reader.problems.push(problem.to_owned());
            Self::default()
        })
    }

    /// A level follows the last `=`: a name may have one in it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut names = Self::default();
        for entry in text.split_whitespace() {
            let (name, level) = entry.rsplit_once('=')?;
            let level = LEVELS.into_iter().find(|known| *known == level)?;
            let is_good = (1..=LONGEST).contains(&name.len())
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'));
            if !is_good || LEVELS.contains(&name) || name == RESERVED || names.level_of(name).is_some() {
                return None;
            }
            names.0.push((name.to_owned(), level));
        }
        (names.0.len() <= MOST).then_some(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_one_level_and_is_none_of_limens_own() {
        let names = AcrNames::parse(" urn:acme:gold=phr  https://acme.org/loa?n=2=mfa ").unwrap();
        assert_eq!(names.level_of("urn:acme:gold"), Some("phr"));
        assert_eq!(names.level_of("https://acme.org/loa?n=2"), Some("mfa"));
        assert_eq!(names.level_of("urn:acme:silver"), None);
        assert_eq!(AcrNames::parse(""), Some(AcrNames::default()));
        let many: Vec<_> = (0..21).map(|n| format!("n{n}=1")).collect();
        for bad in [
            "gold",
            "=mfa",
            "gold=",
            "gold=2",
            "gold=phrh",
            "mfa=phr",
            "1=mfa",
            "phrh=phr",
            "gold=mfa gold=phr",
            "g\"=mfa",
            &format!("{}=mfa", "x".repeat(101)),
            &many.join(" "),
        ] {
            assert_eq!(AcrNames::parse(bad), None, "{bad}");
        }
    }
}
