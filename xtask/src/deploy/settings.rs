//! The settings of a deployment: wrangler.toml, and above it the operator's own limen.toml, which Git ignores. So an upgrade of
//! Limen changes nobody's settings, and conflicts with none.

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::failure::{Context, Failure, Result};
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
    let root = project::root();
    let own = root.join(OWN);
    let mut merged = read_table(&root.join("wrangler.toml"))?;
    if own.exists() {
        merge(&mut merged, read_table(&own)?);
    }
    let issuer = text(&merged, "vars", "ISSUER");
    if let Err(problem) = issuer::Issuer::parse(&issuer) {
        if !own.exists() {
            fs::write(&own, TEMPLATE).context(|| format!("Could not write {}", own.display()))?;
        }
        return Err(Failure::new(format!("ISSUER is \"{issuer}\": it {problem}."))
            .advice(format!("Set ISSUER under [vars] in {OWN}, then run this again.")));
    }
    if issuer.starts_with("http:") {
        return Err(
            Failure::new(format!("ISSUER is \"{issuer}\", which is for development.")).advice(format!(
                "Set ISSUER under [vars] in {OWN} to the https address that people will see."
            )),
        );
    }
    let file = root.join(MERGED);
    let words = format!("# Made of wrangler.toml and {OWN} by `cargo xtask deploy`: changes belong there.\n\n{merged}");
    fs::write(&file, words).context(|| format!("Could not write {}", file.display()))?;
    let database = merged
        .get("d1_databases")
        .and_then(|databases| databases.get(0)?.get("database_name")?.as_str());
    Ok(Settings {
        issuer,
        database: database.unwrap_or("limen").to_owned(),
        file,
    })
}

/// The settings as they are, whether or not the issuer is right: for a look at what would be uploaded.
pub fn read_unchecked() -> Result<PathBuf> {
    match read() {
        Ok(settings) => Ok(settings.file),
        Err(_) => Ok(project::root().join("wrangler.toml")),
    }
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
    fn the_template_is_read_and_its_issuer_refused() {
        let table: Table = TEMPLATE.parse().unwrap();
        assert!(issuer::Issuer::parse(&text(&table, "vars", "ISSUER")).is_err());
        assert!(issuer::Issuer::parse("https://id.acme.org").is_ok());
        assert!(issuer::Issuer::parse("https://id.acme.org/").is_err());
    }
}
