//! Runs the benchmarks: Node programs that compare two ways within one run and print the ratio.

use std::fs;
use std::path::PathBuf;

use crate::build;
use crate::child;
use crate::failure::{Failure, Result};
use crate::project;

pub const HELP: &str = "
Usage: cargo xtask bench [name]

Builds the Worker and runs every tests/bench/*.mjs, or only tests/bench/<name>.mjs, one after the other. A
benchmark prints ratios within its run, since times differ between machines.
";

pub fn run(arguments: &[String]) -> Result<()> {
    let benches = chosen(arguments.first().map(String::as_str))?;
    build::set_up_and_build()?;
    for bench in benches {
        println!("\n{}", child::relative(&bench));
        let status = project::command("node")?.arg(&bench).status();
        if !status.is_ok_and(|status| status.success()) {
            return Err(Failure::new(format!("{} failed.", child::relative(&bench))));
        }
    }
    Ok(())
}

fn chosen(name: Option<&str>) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(project::root().join("tests/bench"));
    let paths = entries.into_iter().flatten().flatten().map(|entry| entry.path());
    let mut benches: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "mjs"))
        .filter(|path| name.is_none_or(|name| path.file_stem().is_some_and(|stem| stem == name)))
        .collect();
    benches.sort();
    match (benches.is_empty(), name) {
        (false, _) => Ok(benches),
        (true, Some(name)) => Err(Failure::new(format!("There is no benchmark tests/bench/{name}.mjs."))),
        (true, None) => Err(Failure::new("There are no benchmarks under tests/bench.")),
    }
}
