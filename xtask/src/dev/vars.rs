//! `.dev.vars`: the secrets and settings of local development, made once and never committed.

use std::fs;

use super::DEFAULT_PORT;
use crate::failure::Result;
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
    let words = if missing.is_empty() { "up to date" } else { "made" };

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
    Ok((Vars { admin_token }, words.into()))
}

fn value(text: &str, name: &str) -> Option<String> {
    let lines = text.lines().filter_map(|line| line.split_once('='));
    let mut values = lines
        .filter(|(key, _)| key.trim() == name)
        .map(|(_, value)| value.trim().trim_matches('"'));
    values.next().filter(|value| !value.is_empty()).map(String::from)
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn an_empty_or_commented_variable_counts_as_missing() {
        let text = "# KEK_1=no\nADMIN_TOKEN=\nISSUER=\"http://localhost:8787\"\n";
        assert_eq!(value(text, "KEK_1"), None);
        assert_eq!(value(text, "ADMIN_TOKEN"), None);
        assert_eq!(value(text, "ISSUER").as_deref(), Some("http://localhost:8787"));
    }
}
