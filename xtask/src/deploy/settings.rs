//! The settings of a deployment: wrangler.toml, and above it the operator's own limen.toml, which Git ignores. So an upgrade of
//! Limen changes nobody's settings, and conflicts with none.

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::failure::{Context, Failure, Result};
use crate::known_settings::{self, Kind};
use crate::project;

/// What the Worker judges an issuer by: its own file, so that both say the same.
#[allow(dead_code)]
#[path = "../../../src/config/issuer.rs"]
mod issuer;

/// The operator's own settings.
const OWN: &str = "limen.toml";

/// Both together, for wrangler. Its paths count from the folder that it is in.
const MERGED: &str = "wrangler.deploy.toml";

const TEMPLATE: &str = r#"# Your settings for `cargo xtask deploy`. They stand above those of wrangler.toml, which explains them, and
# docs/configuration.md lists all. Git ignores this file; keep a copy of it.

[vars]
# The https address that people will see, without a slash at the end: https://limen.<your-subdomain>.workers.dev, or a domain
# of yours. It goes into every token, so choose it once.
ISSUER = "https://id.example.com"

# For a domain of your own, put these two lines above [vars]:
#   routes = [{ pattern = "id.your-domain.org", custom_domain = true }]
#   workers_dev = false
"#;

/// What a deployment goes by.
pub struct Settings {
    pub issuer: String,
    pub database: String,
    /// The file that wrangler reads.
    pub file: PathBuf,
}

/// Reads both files and writes what wrangler reads.
pub fn read() -> Result<Settings> {
    let own = project::root().join(OWN);
    let merged = merged()?;
    let issuer = text(&merged, "vars", "ISSUER");
    if let Some(problem) = issuer_problem(&issuer) {
        if !own.exists() {
            fs::write(&own, TEMPLATE).context(|| format!("Could not write {}", own.display()))?;
        }
        return Err(Failure::new(problem).advice(format!("Set ISSUER under [vars] in {OWN}, then run this again.")));
    }
    if issuer.starts_with("http:") {
        return Err(
            Failure::new(format!("ISSUER is \"{issuer}\", which is for development.")).advice(format!(
                "Set ISSUER under [vars] in {OWN} to the https address that people will see."
            )),
        );
    }
    let file = write(&merged)?;
    let database = merged
        .get("d1_databases")
        .and_then(|databases| databases.get(0)?.get("database_name")?.as_str());
    Ok(Settings {
        issuer,
        database: database.unwrap_or("limen").to_owned(),
        file,
    })
}

/// The settings as they are, whether or not the issuer is right, and what is wrong with it: for a look at what would be uploaded.
pub fn read_unchecked() -> Result<(PathBuf, Option<String>)> {
    let merged = merged()?;
    Ok((write(&merged)?, issuer_problem(&text(&merged, "vars", "ISSUER"))))
}

/// Why there is no deployment with an issuer.
fn issuer_problem(issuer: &str) -> Option<String> {
    let problem = issuer::Issuer::parse(issuer).err();
    problem.map(|problem| format!("ISSUER is \"{issuer}\": it {problem}."))
}

/// Both files as one.
fn merged() -> Result<Table> {
    let root = project::root();
    let mut merged = read_table(&root.join("wrangler.toml"))?;
    let own = root.join(OWN);
    if own.exists() {
        let own = read_table(&own)?;
        check_names(&own)?;
        merge(&mut merged, own);
    }
    Ok(merged)
}

/// Every setting is one of Limen's, and stands where it counts.
fn check_names(own: &Table) -> Result<()> {
    let nothing = Table::new();
    let vars = own.get("vars").and_then(Value::as_table).unwrap_or(&nothing);
    for name in vars.keys() {
        match known_settings::kind(name) {
            Some(Kind::Variable) => {}
            Some(Kind::Secret) => {
                return Err(Failure::new(format!(
                    "{OWN} has {name} under [vars], where everybody with access to the account reads it."
                ))
                .advice(format!(
                    "Take it out, and set it as a secret: `npx wrangler secret put {name}`."
                )));
            }
            None => {
                let meant =
                    known_settings::meant(name).map_or_else(String::new, |meant| format!("Did you mean {meant}? "));
                return Err(Failure::new(format!(
                    "{OWN} has {name} under [vars], which is no setting of Limen's."
                ))
                .advice(format!("{meant}docs/configuration.md lists all.")));
            }
        }
    }
    let elsewhere = own.iter().filter(|(section, _)| *section != "vars");
    let misplaced = elsewhere.flat_map(|(section, value)| match value {
        Value::Table(table) => table.keys().map(|name| (name, format!(" under [{section}]"))).collect(),
        _ => vec![(section, String::new())],
    });
    let is_setting = |name: &String| known_settings::kind(name).is_some();
    match misplaced.into_iter().find(|(name, _)| is_setting(name)) {
        Some((name, place)) => Err(
            Failure::new(format!("{OWN} has {name}{place}, where it has no effect."))
                .advice(format!("Put {name} under [vars].")),
        ),
        None => Ok(()),
    }
}

fn write(merged: &Table) -> Result<PathBuf> {
    let file = project::root().join(MERGED);
    let words = format!("# Made of wrangler.toml and {OWN} by `cargo xtask deploy`: changes belong there.\n\n{merged}");
    fs::write(&file, words).context(|| format!("Could not write {}", file.display()))?;
    Ok(file)
}

fn read_table(path: &Path) -> Result<Table> {
    let text = fs::read_to_string(path).context(|| format!("Could not read {}", path.display()))?;
    text.parse().context(|| format!("{} is no valid TOML", path.display()))
}

fn text(table: &Table, section: &str, name: &str) -> String {
    let value = table.get(section).and_then(|section| section.get(name)?.as_str());
    value.unwrap_or_default().to_owned()
}

/// Puts `own` above `base`: tables name by name, bindings by their name, all else as a whole.
fn merge(base: &mut Table, own: Table) {
    for (name, value) in own {
        match (base.get_mut(&name), value) {
            (Some(Value::Table(base)), Value::Table(own)) => merge(base, own),
            (Some(Value::Array(base)), Value::Array(own)) if own.iter().all(is_binding) => merge_bindings(base, own),
            (_, value) => {
                base.insert(name, value);
            }
        }
    }
}

fn is_binding(value: &Value) -> bool {
    value.get("binding").is_some()
}

fn merge_bindings(base: &mut Vec<Value>, own: Vec<Value>) {
    for value in own {
        let same = base
            .iter_mut()
            .find(|other| other.get("binding") == value.get("binding"));
        match (same, value) {
            (Some(Value::Table(base)), Value::Table(own)) => merge(base, own),
            (_, value) => base.push(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_settings_stand_above_and_the_rest_stays() {
        let mut base: Table = r#"
            workers_dev = true
            [vars]
            ISSUER = "https://id.example.com"
            EPOCH = "1"
            [[d1_databases]]
            binding = "DB"
            database_name = "limen"
        "#
        .parse()
        .unwrap();
        let own = r#"
            workers_dev = false
            routes = [{ pattern = "id.acme.org", custom_domain = true }]
            [[d1_databases]]
            binding = "DB"
            database_id = "1"
            [vars]
            'ISSUER' = 'https://id.acme.org' # any valid TOML
        "#;
        merge(&mut base, own.parse().unwrap());
        let expected: Table = r#"
            workers_dev = false
            routes = [{ pattern = "id.acme.org", custom_domain = true }]
            [vars]
            ISSUER = "https://id.acme.org"
            EPOCH = "1"
            [[d1_databases]]
            binding = "DB"
            database_name = "limen"
            database_id = "1"
        "#
        .parse()
        .unwrap();
        assert_eq!(base, expected);
        assert_eq!(base.to_string().parse::<Table>().unwrap(), expected, "written and read");
    }

    #[test]
    fn a_setting_that_has_no_effect_is_told() {
        let told = |text: &str| check_names(&text.parse().unwrap()).map_err(|failure| failure.to_string());
        for (text, words) in [
            ("[vars]\nMPC = \"on\"", "Did you mean MCP?"),
            ("[vars]\nADMIN_TOKEN = \"x\"", "wrangler secret put ADMIN_TOKEN"),
            ("ISSUER = \"https://id.acme.org\"", "Put ISSUER under [vars]"),
            (
                "[var]\nISSUER = \"https://id.acme.org\"",
                "under [var], where it has no effect",
            ),
        ] {
            assert!(told(text).unwrap_err().contains(words), "{text}: {:?}", told(text));
        }
        assert!(told(TEMPLATE).is_ok());
        assert!(
            told("workers_dev = false\n[[d1_databases]]\nbinding = \"DB\"\n[observability]\nenabled = true").is_ok()
        );
    }

    #[test]
    fn the_template_is_read_and_its_issuer_refused() {
        let table: Table = TEMPLATE.parse().unwrap();
        let problem = issuer_problem(&text(&table, "vars", "ISSUER"));
        assert!(problem.is_some_and(|problem| problem.contains("still the example")));
        assert_eq!(issuer_problem("https://id.acme.org"), None);
        assert!(issuer::Issuer::parse("https://id.acme.org").is_ok());
        assert!(issuer::Issuer::parse("https://id.acme.org/").is_err());
    }
}
