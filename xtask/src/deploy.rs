//! Deploys to the Cloudflare account that wrangler is signed in to: secrets, database, migrations, Worker.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::build;
use crate::child::{self, Finished};
use crate::failure::{Context, Failure, Result};
use crate::private_file;
use crate::project;
use crate::random;
use crate::step::step;

pub const HELP: &str = "
Usage: cargo xtask deploy [--dry-run]

Deploys Limen to your Cloudflare account, step by step, and can be run again at any time:

  - checks that wrangler.toml names your ISSUER and that wrangler is signed in
  - builds the Worker
  - makes the secrets KEK_1 and ADMIN_TOKEN the first time, and keeps a copy in .limen/secrets.json
  - creates the D1 database where there is none, and applies the migrations that are new
  - deploys the Worker, which creates the KV namespace the first time

  --dry-run  only build, and let wrangler check what it would upload; works offline
";

const DATABASE: &str = "limen";
const ABOUT_SECRETS: &str = "
.limen/secrets.json holds the secrets made on this machine. Put KEK_1 where you keep such things, since without it
a restored backup is worthless, then remove the file. ADMIN_TOKEN opens the admin API.";
const PLACEHOLDER: &str = "https://id.example.com";

pub fn run(arguments: &[String]) -> Result<()> {
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => deploy(),
        ["--dry-run"] => dry_run(),
        _ => Err(Failure::new("Only --dry-run is known here.").advice(HELP.trim())),
    }
}

fn dry_run() -> Result<()> {
    build::set_up_and_build()?;
    step("What would be uploaded", || {
        let output = wrangler("deploy", &["deploy", "--dry-run"])?.successful()?;
        let size = output.lines().find_map(|line| line.strip_prefix("Total Upload: "));
        Ok(size.unwrap_or("checked").into())
    })
}

fn deploy() -> Result<()> {
    let issuer = issuer()?;
    build::set_up_and_build()?;
    step("Signed in to Cloudflare", check_login)?;
    let mut new_secrets = None;
    step("Secrets", || {
        let (file, words) = missing_secrets()?;
        new_secrets = file;
        Ok(words)
    })?;
    step("The database", create_database)?;
    step("Migrations", || {
        wrangler("migrations", &["d1", "migrations", "apply", "DB", "--remote"])?.successful()?;
        Ok("applied".into())
    })?;
    step("The Worker", || upload(new_secrets.as_deref()))?;
    println!("\nLimen is deployed for {issuer}, which must be the address it answers at:\n");
    println!("  curl {issuer}/.well-known/openid-configuration");
    if new_secrets.is_some() {
        println!("{ABOUT_SECRETS}");
    }
    Ok(())
}

/// The issuer in wrangler.toml, once it is the deployer's own.
fn issuer() -> Result<String> {
    let path = project::root().join("wrangler.toml");
    let text = fs::read_to_string(&path).context(|| format!("Could not read {}", path.display()))?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("ISSUER")?.trim_start().strip_prefix('='));
    let issuer = line.map(|value| value.trim().trim_matches('"')).unwrap_or_default();
    if issuer.starts_with("https://") && issuer != PLACEHOLDER {
        return Ok(issuer.into());
    }
    Err(Failure::new("wrangler.toml does not name your issuer yet.").advice(
        "Set ISSUER under [vars] to the https address that Limen will answer at, without a slash at the end: \
         https://limen.<your-subdomain>.workers.dev, or a domain of yours (see the comments there).",
    ))
}

fn check_login() -> Result<String> {
    let finished = wrangler("whoami", &["whoami", "--json"])?;
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
fn missing_secrets() -> Result<(Option<PathBuf>, String)> {
    let there = secrets_there()?;
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
fn secrets_there() -> Result<String> {
    let finished = wrangler("secrets", &["secret", "list", "--format", "json"])?;
    let is_new = finished.output.contains("not found") && finished.output.contains("If this is a new Worker");
    if is_new {
        Ok(String::new())
    } else {
        finished.successful()
    }
}

fn create_database() -> Result<String> {
    let list = wrangler("databases", &["d1", "list", "--json"])?.successful()?;
    if list.contains(&format!("\"name\": \"{DATABASE}\"")) {
        return Ok("there".into());
    }
    wrangler("database", &["d1", "create", DATABASE])?.successful()?;
    Ok("created".into())
}

fn upload(new_secrets: Option<&Path>) -> Result<String> {
    let mut words = vec!["deploy"];
    let file = new_secrets.map(|file| file.display().to_string());
    if let Some(file) = &file {
        words.extend(["--secrets-file", file]);
    }
    let finished = wrangler("deploy", &words)?;
    if let Some(file) = new_secrets {
        fs::remove_file(file).context(|| format!("Could not remove {}", file.display()))?;
    }
    finished.successful()?;
    Ok("deployed".into())
}

fn wrangler(log: &str, words: &[&str]) -> Result<Finished> {
    let mut wrangler = project::command(project::npm_program("wrangler"))?;
    child::run(log, wrangler.args(words))
}

fn write_json(path: &Path, values: &BTreeMap<String, Value>) -> Result<()> {
    let text = serde_json::to_string_pretty(values).context(|| "Could not write secrets as JSON".into())?;
    private_file::write(path, &text)
}
