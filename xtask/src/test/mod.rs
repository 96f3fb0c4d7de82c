//! Runs the test suites, each under its name, and adds them up.

mod lint;
mod native;
mod node;
mod tally;

use std::path::PathBuf;

use crate::build;
use crate::child::Finished;
use crate::failure::{Failure, Result};
use crate::project;
use crate::setup::{self, Toolchain};
use crate::step::step;
use tally::Tally;

pub const HELP: &str = "
Usage: cargo xtask test [suite] [-- arguments for the suite's runner]

Sets everything up and runs every test there is, or one suite:

  lint      formatting and clippy, for the native and for the wasm build; one check each
  native    cargo test: the core and this tool, without a Worker
  worker    node --test on tests/worker: the built Worker in Miniflare
  browser   node --test on tests/browser: the built Worker and a headless Chromium

and likewise any other folder of tests/ that has *.test.mjs files. For example:

  cargo xtask test native -- pkce
  cargo xtask test worker -- --test-name-pattern='refresh'
";

/// What a suite is run with.
struct Setting<'a> {
    toolchain: Toolchain,
    browser: Option<PathBuf>,
    runner_arguments: &'a [String],
}

/// A suite's count, and the runs that failed in it.
#[derive(Default)]
struct Report {
    tally: Tally,
    failed: Vec<Finished>,
}

impl Report {
    /// Adds a run in which `counted` tests passed and failed.
    fn add(&mut self, finished: Finished, counted: Tally) {
        self.tally += counted;
        if finished.status.success() {
            return;
        }
        if counted.failed == 0 {
            // It ended before any test could fail: it did not compile, or crashed.
            self.tally += Tally::one_failure();
        }
        self.failed.push(finished);
    }
}

pub fn run(arguments: &[String]) -> Result<()> {
    let (chosen, runner_arguments) = parse(arguments)?;
    let suites = chosen.map_or_else(all_suites, |suite| vec![suite]);
    let needs_worker = suites.iter().any(|suite| is_node(suite));
    let needs_browser = suites.iter().any(|suite| is_node(suite) && suite != "worker");

    let lock = project::lock()?;
    let toolchain = setup::for_building()?;
    let browser = if needs_browser {
        Some(setup::for_browsing()?)
    } else {
        None
    };
    drop(lock);

    let setting = Setting {
        toolchain,
        browser,
        runner_arguments,
    };
    let mut total = Tally::default();
    for suite in suites.iter().filter(|suite| !is_node(suite)) {
        total += report(suite, &setting);
    }
    if needs_worker {
        total += node_suites(&suites, &setting)?;
    }
    println!("\n{total}");
    if total.failed == 0 {
        Ok(())
    } else {
        Err(Failure::new("Not every test passed."))
    }
}

/// The suites that need the Worker, which is built once and before them.
fn node_suites(suites: &[String], setting: &Setting) -> Result<Tally> {
    let lock = project::lock()?;
    if let Err(failure) = build::build_with(setting.toolchain) {
        println!("\n{failure}\n\nThe suites that need the Worker did not run.");
        return Ok(Tally::one_failure());
    }
    drop(lock);
    let mut total = Tally::default();
    for suite in suites.iter().filter(|suite| is_node(suite)) {
        total += report(suite, setting);
    }
    Ok(total)
}

/// Runs one suite and shows what failed in it.
fn report(suite: &str, setting: &Setting) -> Tally {
    let mut report = Report::default();
    let outcome = step(&format!("Tests: {suite}"), || {
        report = match suite {
            "lint" => lint::run(setting),
            "native" => native::run(setting),
            folder => node::run(folder, setting),
        }?;
        match report.tally.ran() {
            0 => Err(Failure::new(format!("The suite `{suite}` ran no test."))),
            _ => Ok(report.tally.to_string()),
        }
    });
    if let Err(failure) = outcome {
        println!("\n{failure}\n");
        report.tally += Tally::one_failure();
    }
    for finished in &report.failed {
        println!("\n{}\n", finished.failure());
    }
    report.tally
}

fn parse(arguments: &[String]) -> Result<(Option<String>, &[String])> {
    let dashes = arguments.iter().position(|argument| argument == "--");
    let (own, runner) = match dashes {
        Some(at) => (&arguments[..at], &arguments[at + 1..]),
        None => (arguments, &[][..]),
    };
    match own {
        [] if runner.is_empty() => Ok((None, runner)),
        [] => Err(Failure::new("Arguments after `--` need a suite: runners differ.").advice(HELP.trim())),
        [suite] if all_suites().contains(suite) => Ok((Some(suite.clone()), runner)),
        [suite] => Err(Failure::new(format!("There is no suite `{suite}`."))
            .advice(format!("Choose one of: {}.", all_suites().join(", ")))),
        _ => Err(Failure::new("One suite at a time, or none for all.").advice(HELP.trim())),
    }
}

fn all_suites() -> Vec<String> {
    let fixed = ["lint", "native", "worker", "browser"].map(String::from);
    let mut others = node::folders_with_tests();
    others.retain(|folder| !fixed.contains(folder));
    fixed.into_iter().chain(others).collect()
}

fn is_node(suite: &str) -> bool {
    !matches!(suite, "lint" | "native")
}
