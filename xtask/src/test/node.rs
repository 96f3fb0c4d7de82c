//! The suites in JavaScript: `node --test` over the *.test.mjs files of one folder of tests/.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use super::{Report, Setting, Tally};
use crate::child;
use crate::failure::Result;
use crate::project;

/// A single test that takes longer hangs, or a file of them: that of all pages takes some minutes.
const TIMEOUT_MILLISECONDS: u32 = 1_200_000;

pub fn run(folder: &str, setting: &Setting) -> Result<Report> {
    let files = test_files(&tests().join(folder));
    if files.is_empty() {
        return Ok(Report::default());
    }
    let mut node = project::command("node")?;
    node.args([
        "--test",
        "--test-reporter=spec",
        "--test-force-exit",
        &format!("--test-timeout={TIMEOUT_MILLISECONDS}"),
    ])
    .arg(format!("--test-concurrency={}", files_at_once(folder)))
    .args(setting.runner_arguments)
    // Each file is a process of its own, which would compile the same libraries again.
    .env("NODE_COMPILE_CACHE", project::root().join("target/node"))
    .args(files);
    if let Some(browser) = &setting.browser {
        node.env("CHROMIUM", browser);
    }
    let finished = child::run(&folder.replace('/', "-"), &mut node)?;
    let counted = count(&finished.output);
    let mut report = Report::default();
    report.add(finished, counted);
    Ok(report)
}

/// How many files run at once: one a core. Tests of the Worker also wait, for what is late or never comes, so one more has the cores busy.
fn files_at_once(folder: &str) -> usize {
    let cores = available_parallelism().map_or(1, usize::from);
    if folder == "worker" { cores + 1 } else { cores }
}

/// The folders of tests/ that are suites of this kind.
pub fn folders_with_tests() -> Vec<String> {
    let entries = fs::read_dir(tests()).into_iter().flatten().flatten();
    let mut folders: Vec<String> = entries
        .filter(|entry| !test_files(&entry.path()).is_empty())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    folders.sort();
    folders
}

fn tests() -> PathBuf {
    project::root().join("tests")
}

/// All *.test.mjs files at any depth, in a fixed order.
pub fn test_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
    {
        if path.is_dir() && !path.ends_with("node_modules") {
            files.extend(test_files(&path));
        } else if path.to_string_lossy().ends_with(".test.mjs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Reads the summary that ends the report: lines such as `ℹ pass 12`.
fn count(output: &str) -> Tally {
    let last = |name: &str| -> usize {
        let counts = output
            .lines()
            .rev()
            .filter_map(|line| line.strip_prefix("ℹ ")?.strip_prefix(name));
        counts
            .filter_map(|count| count.trim().parse().ok())
            .next()
            .unwrap_or_default()
    };
    Tally {
        passed: last("pass "),
        failed: last("fail ") + last("cancelled "),
    }
}

#[cfg(test)]
mod tests {
    use super::{Tally, count};

    #[test]
    fn tests_that_never_ended_count_as_failed() {
        let output = "✔ something ℹ pass 99\nℹ tests 8\nℹ pass 5\nℹ fail 2\nℹ cancelled 1\nℹ skipped 0\n";
        assert_eq!(count(output), Tally { passed: 5, failed: 3 });
    }
}
