//! The Node packages of package-lock.json: wrangler, Node itself, the test tools.

use std::env::consts::{ARCH, OS};

use crate::child;
use crate::failure::{Failure, Result};
use crate::fingerprint::{self, Fingerprint};
use crate::project;

/// What npm itself and the packages' install scripts run on; the project then uses the Node that npm installs.
const OLDEST_NODE: u32 = 20;

pub fn install() -> Result<String> {
    let mut inputs = Fingerprint::default();
    inputs.add_text(&format!("{OS} {ARCH}"));
    for file in ["package.json", "package-lock.json", ".npmrc"] {
        inputs.add_file(&project::root().join(file));
    }
    let wanted = inputs.finish();
    // npm replaces node_modules as a whole, so the stamp goes when the packages go.
    let stamp = project::root().join("node_modules/.limen-stamp");
    if fingerprint::is_current(&stamp, &wanted) {
        return Ok("up to date".into());
    }

    check_node()?;
    let mut npm = project::command("npm")?;
    child::run("npm-ci", npm.args(["ci", "--no-audit", "--no-fund"]))?.successful()?;
    check_wrangler()?;
    fingerprint::remember(&stamp, &wanted)?;
    Ok("installed".into())
}

fn check_node() -> Result<()> {
    let advice = format!("Install Node {OLDEST_NODE} or newer with npm, from https://nodejs.org or your system.");
    let Some(version) = child::answer(project::command("node")?.arg("--version")) else {
        return Err(Failure::new("`node` was not found.").advice(advice));
    };
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < OLDEST_NODE) {
        return Err(Failure::new(format!("`node` is {version}, which is too old.")).advice(advice));
    }
    Ok(())
}

/// wrangler starts only when the packages' install scripts ran.
fn check_wrangler() -> Result<()> {
    let mut wrangler = project::command(project::npm_program("wrangler"))?;
    let finished = child::run("wrangler-version", wrangler.arg("--version"))?;
    if finished.status.success() {
        return Ok(());
    }
    Err(finished
        .failure()
        .advice("Allow npm to run install scripts (`npm config get ignore-scripts`), then try again."))
}
