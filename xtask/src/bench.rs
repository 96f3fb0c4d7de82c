//! Runs the benchmarks: Node programs that compare Limen with Workers that do nothing, within one run, and print the ratio.

use std::fs;
use std::path::PathBuf;

use crate::build;
use crate::child;
use crate::failure::{Failure, Result};
use crate::project;
use crate::step::step;
use crate::test::runtime;

pub const HELP: &str = "
Usage: cargo xtask bench [name] [--quick]

Builds the Worker, and one that does nothing (tests/bench/nothing), and runs every tests/bench/*.mjs, or only
tests/bench/<name>.mjs, one after the other. `peers`, which compares Limen with other providers and installs them from npm
(tests/bench/peers), runs only when it is named. A benchmark prints ratios within its run, since times differ between
machines. Servers listen on the loopback interface and are stopped at the end.

  --quick  fewer rounds: 2 to 3 minutes for all, once everything is built
";

/// The crate of a Worker that does nothing.
const NOTHING: &str = "tests/bench/nothing";

/// What stands beside the benchmarks and is none: it fills a database.
const TOOL: &str = "fill";

/// The benchmark that needs packages of its own, and their folder.
const PEERS: &str = "peers";
const PEERS_PACKAGES: &str = "tests/bench/peers";

pub fn run(arguments: &[String]) -> Result<()> {
    let (options, names): (Vec<_>, Vec<_>) = arguments.iter().partition(|argument| argument.starts_with("--"));
    if let Some(unknown) = options.iter().find(|option| **option != "--quick") {
        return Err(Failure::new(format!("There is no option {unknown}.")).advice(HELP.trim()));
    }
    let name = names.first().map(|name| name.as_str());
    let benches = chosen(name)?;
    if name == Some(PEERS) {
        step("Other providers", || {
            runtime::install_node_packages(&project::root().join(PEERS_PACKAGES))
        })?;
    }
    build::set_up_and_build_for_benchmarks(&project::root().join(NOTHING))?;
    for bench in benches {
        println!("\n{}", child::relative(&bench));
        let status = project::command("node")?.arg(&bench).args(&options).status();
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
        .filter(|path| path.file_stem().is_none_or(|stem| stem != TOOL))
        .filter(|path| name.is_some() || path.file_stem().is_none_or(|stem| stem != PEERS))
        .filter(|path| name.is_none_or(|name| path.file_stem().is_some_and(|stem| stem == name)))
        .collect();
    benches.sort();
    match (benches.is_empty(), name) {
        (false, _) => Ok(benches),
        (true, Some(name)) => Err(Failure::new(format!("There is no benchmark tests/bench/{name}.mjs."))),
        (true, None) => Err(Failure::new("There are no benchmarks under tests/bench.")),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{NOTHING, project};

    #[test]
    fn what_is_compared_stands_on_the_same_worker_crate() {
        let pin = |folder: &str| {
            let manifest = fs::read_to_string(project::root().join(folder).join("Cargo.toml")).unwrap();
            let pins = manifest.lines().filter(|line| line.starts_with("worker = "));
            pins.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(pin("."), pin(NOTHING));
        assert_eq!(pin(NOTHING).len(), 1);
    }
}
