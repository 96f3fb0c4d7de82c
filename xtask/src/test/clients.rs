//! The suite `clients`: apps that use other people's libraries unmodified, one folder of tests/clients each.
//!
//! It is not part of the default run: it installs and builds much, and what it tests changes with other people's releases.

use std::fs;
use std::path::{Path, PathBuf};

use super::runtime::{self, Runtime};
use super::{Report, Setting, Tally, node, report};
use crate::failure::{Failure, Result};
use crate::project;
use crate::step::step;

pub const NAME: &str = "clients";

/// The clients that have a test, in a fixed order.
pub fn names() -> Vec<String> {
    let entries = fs::read_dir(folder()).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name != "node_modules" && name != "support")
        .filter(|name| !node::test_files(&folder().join(name)).is_empty())
        .collect();
    names.sort();
    names
}

/// Runs the tests of the chosen client, or of all, and shows what failed.
pub fn run(setting: &Setting) -> Tally {
    if let Err(failure) = step("Client libraries: Node packages", || {
        runtime::install_node_packages(&folder())
    }) {
        println!("\n{failure}\n");
        return Tally::one_failure();
    }
    let mut total = Tally::default();
    for name in names()
        .iter()
        .filter(|name| setting.client.is_none_or(|chosen| chosen == *name))
    {
        total += run_one(name, setting);
    }
    total
}

fn run_one(name: &str, setting: &Setting) -> Tally {
    report(&format!("Client: {name}"), |report| {
        let folder = folder().join(name);
        let runtime = Runtime::of(&folder);
        if let Some(missing) = runtime.missing() {
            return Ok(format!("skipped: `{missing}` was not found"));
        }
        runtime.prepare(name, &folder)?;
        *report = test(name, setting)?;
        match report.tally.ran() {
            0 => Err(Failure::new(format!("tests/clients/{name} ran no test."))),
            _ => Ok(report.tally.to_string()),
        }
    })
}

fn test(name: &str, setting: &Setting) -> Result<Report> {
    node::run(&Path::new(NAME).join(name).to_string_lossy(), setting)
}

fn folder() -> PathBuf {
    project::root().join("tests").join(NAME)
}
