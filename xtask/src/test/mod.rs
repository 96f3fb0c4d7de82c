//! Runs the test suites, each under its name, and adds them up.

mod clients;
mod lint;
mod native;
mod node;
pub mod runtime;
mod tally;

use std::path::PathBuf;
use std::thread;

use crate::build::{self, Effort};
use crate::child::Finished;
use crate::failure::{Failure, Result};
use crate::project;
use crate::setup::{self, Toolchain};
use crate::step::step;
use tally::Tally;

pub const HELP: &str = "
Usage: cargo xtask test [suite] [-- arguments for the suite's runner]

Sets everything up and runs every test but tests/clients, or one suite:

  lint      formatting and clippy, for the native and for the wasm build; one check each
  native    cargo test: the core and this tool, without a Worker
  worker    node --test on tests/worker: the built Worker in Miniflare
  browser   node --test on tests/browser: the built Worker and a headless Chromium

and likewise any other folder of tests/ that has *.test.mjs files. Only when it is named, since it installs much:

  clients   node --test on tests/clients: apps with the libraries of docs/clients.md, or the one that is named

For example:

  cargo xtask test native -- pkce
  cargo xtask test worker -- --test-name-pattern='refresh'
  cargo xtask test clients openid-client
";

/// What a suite is run with.
struct Setting<'a> {
    toolchain: Toolchain,
    browser: Option<PathBuf>,
    /// The one of tests/clients to run, if not all.
    client: Option<&'a str>,
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
    let (chosen, client, runner_arguments) = parse(arguments)?;
    let suites = chosen.map_or_else(default_suites, |suite| vec![suite]);
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
        client,
        runner_arguments,
    };
    let mut total = Tally::default();
    let without_worker = || {
        let mut sum = Tally::default();
        for suite in suites.iter().filter(|suite| !is_node(suite)) {
            sum += report_suite(suite, &setting);
        }
        sum
    };
    if needs_worker {
        let lock = project::lock()?;
        // The compiler optimises the Worker on one core for minutes: the suites that do without it run in that time.
        let built = thread::scope(|scope| {
            let worker = scope.spawn(|| build::build(setting.toolchain, Effort::Full));
            total += without_worker();
            step(build::STEP, || {
                let crashed = |_| Err(Failure::new("The build of the Worker crashed."));
                worker.join().unwrap_or_else(crashed)
            })
        });
        drop(lock);
        total += match built {
            Ok(()) => node_suites(&suites, &setting),
            Err(failure) => {
                println!("\n{failure}\n\nThe suites that need the Worker did not run.");
                Tally::one_failure()
            }
        };
    } else {
        total += without_worker();
    }
    println!("\n{total}");
    if total.failed == 0 {
        Ok(())
    } else {
        Err(Failure::new("Not every test passed."))
    }
}

/// The suites that need the Worker, which was built before them.
fn node_suites(suites: &[String], setting: &Setting) -> Tally {
    let mut total = Tally::default();
    for suite in suites.iter().filter(|suite| is_node(suite)) {
        total += match suite.as_str() {
            clients::NAME => clients::run(setting),
            folder => report_suite(folder, setting),
        };
    }
    total
}

/// Runs one suite and shows what failed in it.
fn report_suite(suite: &str, setting: &Setting) -> Tally {
    report(&format!("Tests: {suite}"), |report| {
        *report = match suite {
            "lint" => lint::run(setting),
            "native" => native::run(setting),
            folder => node::run(folder, setting),
        }?;
        match report.tally.ran() {
            0 => Err(Failure::new(format!("The suite `{suite}` ran no test."))),
            _ => Ok(report.tally.to_string()),
        }
    })
}

/// Runs tests as a step, which fills in what they report and says how it went, and shows what failed.
fn report(what: &str, run: impl FnOnce(&mut Report) -> Result<String>) -> Tally {
    let mut report = Report::default();
    let outcome = step(what, || run(&mut report));
    if let Err(failure) = outcome {
        println!("\n{failure}\n");
        report.tally += Tally::one_failure();
    }
    for finished in &report.failed {
        println!("\n{}\n", finished.failure());
    }
    report.tally
}

/// The suite, the client of the suite `clients`, and the arguments of the runner.
type Parsed<'a> = (Option<String>, Option<&'a str>, &'a [String]);

fn parse(arguments: &[String]) -> Result<Parsed<'_>> {
    let dashes = arguments.iter().position(|argument| argument == "--");
    let (own, runner) = match dashes {
        Some(at) => (&arguments[..at], &arguments[at + 1..]),
        None => (arguments, &[][..]),
    };
    match own {
        [] if runner.is_empty() => Ok((None, None, runner)),
        [] => Err(Failure::new("Arguments after `--` need a suite: runners differ.").advice(HELP.trim())),
        [suite] if suite == clients::NAME || default_suites().contains(suite) => {
            Ok((Some(suite.clone()), None, runner))
        }
        [suite] => Err(Failure::new(format!("There is no suite `{suite}`.")).advice(format!(
            "Choose one of: {}, {}.",
            default_suites().join(", "),
            clients::NAME
        ))),
        [suite, client] if suite == clients::NAME && clients::names().contains(client) => {
            Ok((Some(suite.clone()), Some(client), runner))
        }
        [suite, client] if suite == clients::NAME => Err(Failure::new(format!("There is no client `{client}`."))
            .advice(format!("Choose one of: {}.", clients::names().join(", ")))),
        _ => Err(Failure::new("One suite at a time, or none for all.").advice(HELP.trim())),
    }
}

/// The suites that run where none is named.
fn default_suites() -> Vec<String> {
    let fixed = ["lint", "native", "worker", "browser"].map(String::from);
    let mut others = node::folders_with_tests();
    others.retain(|folder| !fixed.contains(folder) && folder != clients::NAME);
    fixed.into_iter().chain(others).collect()
}

fn is_node(suite: &str) -> bool {
    !matches!(suite, "lint" | "native")
}

#[cfg(test)]
mod tests {
    use super::{clients, default_suites, parse};

    #[test]
    fn the_clients_run_only_when_they_are_named_all_or_one() {
        assert!(!default_suites().iter().any(|suite| suite == clients::NAME));
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        for (text, client) in [("clients", None), ("clients openid-client", Some("openid-client"))] {
            let arguments = words(text);
            let (suite, chosen, _) = parse(&arguments).unwrap();
            assert_eq!((suite.as_deref(), chosen), (Some(clients::NAME), client), "{text}");
        }
        for text in [
            "clients nobody",
            "worker openid-client",
            "clients openid-client passport",
        ] {
            assert!(parse(&words(text)).is_err(), "{text}");
        }
    }
}
