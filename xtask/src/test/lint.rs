//! The suite `lint`: formatting, and clippy for the native and for the wasm build. Each counts as one test.

use std::process::Command;

use super::{Report, Setting, Tally};
use crate::child;
use crate::failure::Result;
use crate::project;
use crate::setup::Toolchain;

pub fn run(setting: &Setting) -> Result<Report> {
    let checks = [
        ("format", format()?),
        ("clippy", native_clippy()?),
        ("clippy-wasm", wasm_clippy(setting.toolchain)?),
    ];
    let mut report = Report::default();
    for (name, mut command) in checks {
        let finished = child::run(name, &mut command)?;
        let passed = usize::from(finished.status.success());
        report.add(finished, Tally { passed, failed: 0 });
    }
    Ok(report)
}

fn format() -> Result<Command> {
    cargo(&["fmt", "--all", "--check", "--", "--color=never"])
}

fn native_clippy() -> Result<Command> {
    cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
}

/// Debian's compiler is newer than the project's and may know more lints: there, warnings stay warnings.
fn wasm_clippy(toolchain: Toolchain) -> Result<Command> {
    let mut command = cargo(&[
        "clippy",
        "--package",
        "limen",
        "--lib",
        "--target",
        "wasm32-unknown-unknown",
    ])?;
    toolchain.apply(&mut command);
    if toolchain == Toolchain::Default {
        command.args(["--", "-D", "warnings"]);
    }
    Ok(command)
}

fn cargo(words: &[&str]) -> Result<Command> {
    let mut cargo = project::command("cargo")?;
    cargo.args(words);
    Ok(cargo)
}
