//! Deploys to the Cloudflare account that wrangler is signed in to: secrets, database, migrations, Worker.

mod first_person;
mod settings;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::build::{self, Effort};
use crate::child::{self, Finished};
use crate::failure::{Context, Failure, Result};
use crate::private_file;
use crate::project;
use crate::random;
use crate::step::step;
use first_person::First;
use settings::Settings;

pub const HELP: &str = "
Usage: cargo xtask deploy [--first-user NAME] [--dry-run]

Deploys Limen to your Cloudflare account, step by step, and can be run again at any time:

  - puts your settings in limen.toml above those of wrangler.toml, and checks that they name your ISSUER
  - checks that wrangler is signed in
  - builds the Worker
  - makes the secrets KEK_1 and ADMIN_TOKEN the first time, and keeps a copy in .limen/secrets.json
  - creates the D1 database where there is none, and applies the migrations that are new
  - deploys the Worker, which creates the KV namespace the first time
  - prints a link with which you make the first account, where there is nobody

  --first-user NAME  make the first account with that name and a random password instead
  --dry-run          only build, and let wrangler check what it would upload; works offline
";

const ABOUT_SECRETS: &str = "
.limen/secrets.json holds the secrets made on this machine. Put KEK_1 where you keep such things, since without it
a restored backup is worthless, then remove the file. ADMIN_TOKEN opens the admin API.";

pub fn run(arguments: &[String]) -> Result<()> {
    let wish = parse(arguments)?;
    match wish.dry_run {
        true => dry_run(),
        false => deploy(wish.first_user),
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Wish<'a> {
    first_user: Option<&'a str>,
    dry_run: bool,
}

fn parse(arguments: &[String]) -> Result<Wish<'_>> {
    let mut wish = Wish::default();
    let mut rest = arguments.iter().map(String::as_str);
    while let Some(argument) = rest.next() {
        match argument {
            "--dry-run" => wish.dry_run = true,
            "--first-user" => {
                let name = rest.next().filter(|name| !name.is_empty() && !name.starts_with('-'));
                let missing = || Failure::new("--first-user needs a name, such as `--first-user ada`.");
                wish.first_user = Some(name.ok_or_else(missing)?);
            }
            other => return Err(Failure::new(format!("`{other}` is not known here.")).advice(HELP.trim())),
        }
    }
    Ok(wish)
}

fn dry_run() -> Result<()> {
    let (config, problem) = settings::read_unchecked()?;
    build::set_up_and_build(Effort::Full)?;
    step("What would be uploaded", || {
        let output = wrangler("deploy", &config, &["deploy", "--dry-run"])?.successful()?;
        let size = output.lines().find_map(|line| line.strip_prefix("Total Upload: "));
        Ok(size.unwrap_or("checked").into())
    })?;
    if let Some(problem) = problem {
        println!("\n{problem} `cargo xtask deploy` stops there: set ISSUER under [vars] in limen.toml first.");
    }
    Ok(())
}

fn deploy(first_user: Option<&str>) -> Result<()> {
    let settings = settings::read()?;
    let (issuer, config) = (&settings.issuer, &settings.file);
    build::set_up_and_build(Effort::Full)?;
    step("Signed in to Cloudflare", || check_login(config))?;
    let mut new_secrets = None;
    step("Secrets", || {
        let (file, words) = missing_secrets(config)?;
        new_secrets = file;
        Ok(words)
    })?;
    step("The database", || create_database(&settings))?;
    step("Migrations", || {
        wrangler("migrations", config, &["d1", "migrations", "apply", "DB", "--remote"])?.successful()?;
        Ok("applied".into())
    })?;
    step("The Worker", || upload(config, new_secrets.as_deref()))?;
    let mut first = None;
    step("The first person", || {
        let Some(token) = first_person::admin_token() else {
            return Ok("not looked for: no ADMIN_TOKEN in .limen/secrets.json".into());
        };
        first = first_person::ensure(issuer, &token, first_user)?;
        Ok(match first {
            Some(First::Link(_)) => "to be made by you, with a link",
            Some(First::Person { .. }) => "made",
            None => "there",
        }
        .into())
    })?;
    println!("\nLimen is deployed for {issuer}, which must be the address it answers at:\n");
    println!("  curl {issuer}/.well-known/openid-configuration");
    match first {
        Some(First::Link(url)) => {
            println!("\nMake the first account here, within a day:\n\n  {url}");
            println!("\nIt is the owner's: look after the deployment at {issuer}/admin with it.");
        }
        Some(First::Person { username, password }) => {
            println!(
                "\n  Sign in at      {issuer}/account\n  as              {username}\n  Password        {password}"
            );
            println!("\nThe password is shown this once. Choose your own on the account page.");
            println!("The account is the owner's: look after the deployment at {issuer}/admin with it.");
        }
        None => {}
    }
    if new_secrets.is_some() {
        println!("{ABOUT_SECRETS}");
    }
    Ok(())
}

fn check_login(config: &Path) -> Result<String> {
    let finished = wrangler("whoami", config, &["whoami", "--json"])?;
    if finished.status.success() {
        return Ok("yes".into());
    }
    Err(
        Failure::new("wrangler is not signed in to Cloudflare, or cannot reach it.").advice(
            "Run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN (and CLOUDFLARE_ACCOUNT_ID with several accounts).",
        ),
    )
}

/// Makes the secrets of a first deployment. They go into a file first, so that an interruption loses none.
fn missing_secrets(config: &Path) -> Result<(Option<PathBuf>, String)> {
    let there = secrets_there(config)?;
    let lacks = |name: &&str| !there.contains(&format!("\"{name}\""));
    if there.contains("\"KEK_") {
        // An operator may have removed ADMIN_TOKEN since, or KEK_1 after a change of the root key: they stay away.
        return Ok((None, "there".into()));
    }
    let missing: Vec<&str> = ["KEK_1", "ADMIN_TOKEN"].into_iter().filter(lacks).collect();
    let folder = project::root().join(".limen");
    fs::create_dir_all(&folder).context(|| format!("Could not create {}", folder.display()))?;
    let kept_in = folder.join("secrets.json");
    let mut kept: BTreeMap<String, Value> = match fs::read_to_string(&kept_in) {
        Ok(text) => serde_json::from_str(&text).context(|| format!("{} is damaged", kept_in.display()))?,
        Err(_) => BTreeMap::new(),
    };
    for name in &missing {
        if !kept.contains_key(*name) {
            kept.insert((*name).into(), random::secret(32)?.into());
        }
    }
    write_json(&kept_in, &kept)?;

    kept.retain(|name, _| missing.contains(&name.as_str()));
    let to_upload = folder.join("to-upload.json");
    write_json(&to_upload, &kept)?;
    Ok((Some(to_upload), format!("{} to upload", missing.join(" and "))))
}

/// What wrangler lists, as it stands. An account that has no such Worker yet has none of its secrets.
fn secrets_there(config: &Path) -> Result<String> {
    let finished = wrangler("secrets", config, &["secret", "list", "--format", "json"])?;
    let is_new = finished.output.contains("not found") && finished.output.contains("If this is a new Worker");
    if is_new {
        Ok(String::new())
    } else {
        finished.successful()
    }
}

fn create_database(settings: &Settings) -> Result<String> {
    let (name, config) = (settings.database.as_str(), &settings.file);
    let list = wrangler("databases", config, &["d1", "list", "--json"])?.successful()?;
    if lists(&list, name) {
        return Ok("there".into());
    }
    wrangler("database", config, &["d1", "create", name])?.successful()?;
    Ok("created".into())
}

/// Whether a database is in the JSON that wrangler lists. It may have words of its own before that.
fn lists(output: &str, name: &str) -> bool {
    let json = output
        .find('[')
        .and_then(|start| output.get(start..))
        .unwrap_or_default();
    let databases: Vec<Value> = serde_json::from_str(json.trim()).unwrap_or_default();
    databases
        .iter()
        .any(|database| database.get("name").and_then(Value::as_str) == Some(name))
}

fn upload(config: &Path, new_secrets: Option<&Path>) -> Result<String> {
    let mut words = vec!["deploy"];
    let file = new_secrets.map(|file| file.display().to_string());
    if let Some(file) = &file {
        words.extend(["--secrets-file", file]);
    }
    let finished = wrangler("deploy", config, &words)?;
    if let Some(file) = new_secrets {
        fs::remove_file(file).context(|| format!("Could not remove {}", file.display()))?;
    }
    finished.successful()?;
    Ok("deployed".into())
}

fn wrangler(log: &str, config: &Path, words: &[&str]) -> Result<Finished> {
    let mut wrangler = project::command(project::npm_program("wrangler"))?;
    child::run(log, wrangler.args(words).arg("--config").arg(config))
}

fn write_json(path: &Path, values: &BTreeMap<String, Value>) -> Result<()> {
    let text = serde_json::to_string_pretty(values).context(|| "Could not write secrets as JSON".into())?;
    private_file::write(path, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_refused_by_name() {
        let parsed = |words: &str| {
            let arguments: Vec<_> = words.split_whitespace().map(str::to_owned).collect();
            parse(&arguments)
                .map(|wish| (wish.first_user.map(str::to_owned), wish.dry_run))
                .map_err(|failure| failure.to_string())
        };
        assert_eq!(parsed("").unwrap(), (None, false));
        assert_eq!(
            parsed("--dry-run --first-user ada").unwrap(),
            (Some("ada".to_owned()), true)
        );
        assert!(parsed("--dryrun").unwrap_err().contains("`--dryrun` is not known"));
        for words in ["--first-user", "--first-user --dry-run"] {
            assert!(parsed(words).unwrap_err().contains("needs a name"));
        }
    }

    #[test]
    fn a_database_is_found_by_its_whole_name() {
        let list = r#" wrangler 4
[ { "uuid": "1","name":"limen-old" }, { "name" : "limen" } ]"#;
        assert!(lists(list, "limen") && lists(list, "limen-old"));
        assert!(!lists(list, "lime") && !lists("[]", "limen") && !lists("", "limen"));
    }
}
