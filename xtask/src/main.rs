//! `cargo xtask`: sets the project up, builds it, serves it, tests it and deploys it.
//!
//! Every command is idempotent, picks up where an earlier run stopped, and works offline once set up.

mod apply;
mod bench;
mod build;
mod child;
mod deploy;
mod dev;
mod failure;
mod fingerprint;
mod fuzz;
mod http;
mod known_settings;
mod moves;
mod private_file;
mod project;
mod random;
mod setup;
mod step;
mod terminal;
mod test;
mod web;
mod yaml;

use std::process::ExitCode;

use failure::{Failure, Result};

struct Task {
    name: &'static str,
    summary: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Result<()>,
}

const TASKS: [Task; 10] = [
    Task {
        name: "dev",
        summary: "serve Limen on http://localhost:8787, ready to sign in",
        help: dev::HELP,
        run: dev::run,
    },
    Task {
        name: "test",
        summary: "run every test but tests/clients",
        help: test::HELP,
        run: test::run,
    },
    Task {
        name: "build",
        summary: "build the Worker into build/",
        help: build::HELP,
        run: build::run,
    },
    Task {
        name: "bench",
        summary: "run the benchmarks under tests/bench",
        help: bench::HELP,
        run: bench::run,
    },
    Task {
        name: "fuzz",
        summary: "look for inputs that break what holds for the parsers",
        help: fuzz::HELP,
        run: fuzz::run,
    },
    Task {
        name: "deploy",
        summary: "deploy to your Cloudflare account",
        help: deploy::HELP,
        run: deploy::run,
    },
    Task {
        name: "export",
        summary: "write all that can move of a deployment into a file",
        help: moves::export::HELP,
        run: moves::export::run,
    },
    Task {
        name: "import",
        summary: "take such a file into a deployment, or one of another provider",
        help: moves::import::HELP,
        run: moves::import::run,
    },
    Task {
        name: "apply",
        summary: "make groups, apps and APIs of a deployment what a file declares",
        help: apply::HELP,
        run: apply::run,
    },
    Task {
        name: "setup",
        summary: "install what the others need",
        help: setup::HELP,
        run: setup::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<()> {
    let Some((name, rest)) = arguments.split_first() else {
        print_overview();
        return Ok(());
    };
    if is_help(name) {
        print_overview();
        return Ok(());
    }
    let Some(task) = TASKS.iter().find(|task| task.name == name) else {
        return Err(Failure::new(format!("There is no command `{name}`.")).advice("`cargo xtask --help` lists them."));
    };
    let own = rest.iter().take_while(|argument| *argument != "--");
    if own.into_iter().any(|argument| is_help(argument)) {
        println!("{}", task.help.trim());
        return Ok(());
    }
    (task.run)(rest)
}

fn is_help(argument: &str) -> bool {
    matches!(argument, "-h" | "--help" | "help")
}

fn print_overview() {
    println!("Usage: cargo xtask <command> [--help]\n");
    for Task { name, summary, .. } in &TASKS {
        println!("  {name:<8}{summary}");
    }
}
