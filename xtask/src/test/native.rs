//! The suite `native`: `cargo test` over the workspace.

use super::{Report, Setting, Tally};
use crate::child;
use crate::failure::Result;
use crate::project;

pub fn run(setting: &Setting) -> Result<Report> {
    let mut cargo = project::command("cargo")?;
    cargo
        .args(["test", "--workspace", "--no-fail-fast"])
        .args(setting.runner_arguments);
    let finished = child::run("native", &mut cargo)?;
    let counted = count(&finished.output);
    let mut report = Report::default();
    report.add(finished, counted);
    Ok(report)
}

/// Adds up lines such as `test result: ok. 12 passed; 0 failed; 0 ignored; ...`, one a test program.
fn count(output: &str) -> Tally {
    let mut total = Tally::default();
    for line in output.lines().filter(|line| line.starts_with("test result:")) {
        let number_before = |word: &str| -> usize {
            let before = line.split(word).next().unwrap_or_default();
            before
                .split_whitespace()
                .next_back()
                .and_then(|number| number.parse().ok())
                .unwrap_or_default()
        };
        total += Tally {
            passed: number_before(" passed;"),
            failed: number_before(" failed;"),
        };
    }
    total
}

#[cfg(test)]
mod tests {
    use super::{Tally, count};

    #[test]
    fn the_results_of_all_test_programs_add_up() {
        let output = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured\nnoise\n\
            test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured\n";
        assert_eq!(count(output), Tally { passed: 15, failed: 2 });
    }
}
