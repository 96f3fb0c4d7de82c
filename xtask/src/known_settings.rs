//! The names of Limen's settings, as docs/configuration.md lists them: a slip of the pen is told, and not left without effect.

const LIST: &str = include_str!("../../docs/configuration.md");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Variable,
    Secret,
}

/// What kind of setting has that name; `None` for none.
pub fn kind(name: &str) -> Option<Kind> {
    if name
        .strip_prefix("KEK_")
        .is_some_and(|n| matches!(n.as_bytes(), [b'1'..=b'9']))
    {
        return Some(Kind::Secret);
    }
    all().find(|(known, _)| *known == name).map(|(_, kind)| kind)
}

/// The setting that may have been meant.
pub fn meant(name: &str) -> Option<&'static str> {
    let distance = |known: &str| distance(&name.to_ascii_uppercase(), known);
    let nearest = all().map(|(known, _)| known).min_by_key(|known| distance(known))?;
    (distance(nearest) <= 2).then_some(nearest)
}

fn all() -> impl Iterator<Item = (&'static str, Kind)> {
    LIST.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let (name, _) = cells.next()?.split_once('`')?;
        let kind = match cells.next()? {
            "secret" => Kind::Secret,
            "variable" => Kind::Variable,
            _ => return None,
        };
        Some((name, kind))
    })
}

/// How many letters have to be put in, taken out, replaced or exchanged with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i.max(j)
            } else {
                let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let exchanged = if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    rows[i - 2][j - 2] + 1
                } else {
                    replaced
                };
                replaced.min(exchanged).min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1)
            };
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_known_by_the_documentation() {
        for name in ["ISSUER", "MCP", "RESOURCES", "SESSION_IDLE", "LOGOUT_REVOKES"] {
            assert_eq!(kind(name), Some(Kind::Variable), "{name}");
        }
        for name in ["KEK_1", "KEK_9", "ADMIN_TOKEN"] {
            assert_eq!(kind(name), Some(Kind::Secret), "{name}");
        }
        for name in ["MPC", "KEK_0", "KEK_", "issuer", ""] {
            assert_eq!(kind(name), None, "{name}");
        }
    }

    #[test]
    fn a_slip_finds_the_setting_that_was_meant() {
        for (name, wanted) in [
            ("MPC", Some("MCP")),
            ("issuer", Some("ISSUER")),
            ("RESOURCE", Some("RESOURCES")),
            ("SIGN_UP", Some("SIGNUP")),
            ("COLOUR_OF_THE_SKY", None),
        ] {
            assert_eq!(meant(name), wanted, "{name}");
        }
    }
}
