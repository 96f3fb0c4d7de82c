//! `.dev.vars`: the secrets and settings of local development, made once and never committed.

use std::fs;

use super::DEFAULT_PORT;
use crate::failure::Result;
use crate::known_settings;
use crate::private_file;
use crate::project;
use crate::random;

pub const FILE: &str = ".dev.vars";

#[derive(Default)]
pub struct Vars {
    pub admin_token: String,
}

/// Adds what is missing and leaves the rest as it is.
pub fn ensure() -> Result<(Vars, String)> {
    let path = project::root().join(FILE);
    let held = fs::read_to_string(&path).unwrap_or_default();
    let wanted = [
        ("ISSUER", format!("http://localhost:{DEFAULT_PORT}")),
        ("SERVER_TIMING", "on".into()),
        ("KEK_1", random::secret(32)?),
        ("ADMIN_TOKEN", random::secret(32)?),
    ];
    let missing: Vec<_> = wanted
        .into_iter()
        .filter(|(name, _)| value(&held, name).is_none())
        .collect();
    let mut words = if missing.is_empty() { "up to date" } else { "made" }.to_owned();
    for name in names(&held).filter(|name| known_settings::kind(name).is_none()) {
        let meant = known_settings::meant(name).map_or_else(String::new, |meant| format!(" (did you mean {meant}?)"));
        words.push_str(&format!("; {name} is no setting of Limen's{meant}"));
    }

    let mut added = String::new();
    if held.is_empty() {
        added.push_str("# Local development only. Git ignores this file; remove it for new secrets.\n");
    } else if !held.ends_with('\n') {
        added.push('\n');
    }
    for (name, value) in &missing {
        added.push_str(&format!("{name}={value}\n"));
    }
    if !missing.is_empty() {
        private_file::append(&path, &added)?;
    }
    let admin_token = value(&(held + &added), "ADMIN_TOKEN").unwrap_or_default();
    Ok((Vars { admin_token }, words))
}

/// The value of a variable, as wrangler reads it: the last one counts, with `export` before it or not, in quotes of any kind or with
/// a comment behind it.
fn value(text: &str, name: &str) -> Option<String> {
    let lines = text.lines().filter_map(|line| line.split_once('='));
    let is_meant = |key: &str| {
        let key = key.trim();
        key.strip_prefix("export ").unwrap_or(key).trim() == name
    };
    let mut values = lines
        .filter(|(key, _)| is_meant(key))
        .map(|(_, value)| unquoted(value.trim()));
    values.next_back().filter(|value| !value.is_empty()).map(String::from)
}

/// The names of all variables.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let keys = lines.filter_map(|line| line.split_once('=')).map(|(key, _)| key.trim());
    keys.map(|key| key.strip_prefix("export ").unwrap_or(key).trim())
}

fn unquoted(value: &str) -> &str {
    let quoted = ['"', '\'', '`'].into_iter().find_map(|quote| {
        let (inside, _) = value.strip_prefix(quote)?.split_once(quote)?;
        Some(inside)
    });
    quoted.unwrap_or_else(|| value.split('#').next().unwrap_or_default().trim())
}

#[cfg(test)]
mod tests {
    use super::{names, value};

    #[test]
    fn an_empty_or_commented_variable_counts_as_missing() {
        let text = "# KEK_1=no\nADMIN_TOKEN=\nISSUER=\"http://localhost:8787\"\n";
        assert_eq!(value(text, "KEK_1"), None);
        assert_eq!(value(text, "ADMIN_TOKEN"), None);
        assert_eq!(value(text, "ISSUER").as_deref(), Some("http://localhost:8787"));
    }

    #[test]
    fn a_variable_is_read_as_wrangler_reads_it() {
        for (text, wanted) in [
            ("ADMIN_TOKEN='a b'", "a b"),
            ("ADMIN_TOKEN=`a`", "a"),
            ("export ADMIN_TOKEN = a # mine", "a"),
            ("ADMIN_TOKEN=\"a#b\" # mine", "a#b"),
            ("ADMIN_TOKEN=old\nADMIN_TOKEN=a", "a"),
            ("ADMIN_TOKEN=a=", "a="),
        ] {
            assert_eq!(value(text, "ADMIN_TOKEN").as_deref(), Some(wanted), "{text}");
        }
        assert_eq!(value("MY_ADMIN_TOKEN=a", "ADMIN_TOKEN"), None);
        let text = "# X=1\nexport MPC = on\n\nISSUER=\"a=b\"";
        assert_eq!(names(text).collect::<Vec<_>>(), ["MPC", "ISSUER"]);
    }
}
