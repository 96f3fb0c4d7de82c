//! Runs a program to its end with its output in a log file, of which a failure shows the part that matters.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use crate::failure::{Context, Failure, Result};
use crate::project;

const EXCERPT_LINES: usize = 60;

/// A program that has ended.
pub struct Finished {
    pub status: ExitStatus,
    /// Standard output and standard error as they came.
    pub output: String,
    shown: String,
    log: PathBuf,
}

impl Finished {
    /// The output, or a failure that shows what matters of it and where the rest is.
    pub fn successful(self) -> Result<String> {
        if self.status.success() {
            Ok(self.output)
        } else {
            Err(self.failure())
        }
    }

    pub fn failure(&self) -> Failure {
        ended(&self.shown, self.status, &self.log, &self.output)
    }
}

/// Says that a program ended when or as it should not have, with what matters of its output.
pub fn ended(program: &str, status: ExitStatus, log: &Path, output: &str) -> Failure {
    Failure::new(format!(
        "`{program}` ended with {status}. From its output, in {}:\n\n{}\n",
        relative(log),
        excerpt(output)
    ))
}

/// Runs `command` to its end; its output goes to `target/xtask/<log>.log`.
pub fn run(log: &str, command: &mut Command) -> Result<Finished> {
    let path = project::scratch()?.join(format!("{log}.log"));
    let shown = show(command);
    let file = File::create(&path).context(|| format!("Could not write {}", path.display()))?;
    let same_file = file
        .try_clone()
        .context(|| format!("Could not write {}", path.display()))?;
    let status = command
        .stdout(file)
        .stderr(same_file)
        .status()
        .map_err(|error| Failure::new(format!("`{shown}` did not start: {error}")))?;
    let output = fs::read(&path).context(|| format!("Could not read {}", path.display()))?;
    Ok(Finished {
        status,
        output: String::from_utf8_lossy(&output).into_owned(),
        shown,
        log: path,
    })
}

/// What a short, quiet program prints to standard output; `None` when it is missing or fails.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// `path` as seen from the repository's root.
pub fn relative(path: &Path) -> String {
    path.strip_prefix(project::root()).unwrap_or(path).display().to_string()
}

/// The part that matters, set off from what this tool says itself: from the first error on, else the last lines.
fn excerpt(output: &str) -> String {
    let lines: Vec<&str> = output.lines().collect();
    let last = lines.len().saturating_sub(EXCERPT_LINES);
    let first = lines.iter().position(|line| is_error(line)).unwrap_or(last);
    let shown = lines[first..].iter().take(EXCERPT_LINES);
    shown.map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

/// How compilers, test runners, npm, apt and wrangler begin the line that says what is wrong.
fn is_error(line: &str) -> bool {
    let line = line.trim_start_matches(['✘', ' ']);
    const STARTS: [&str; 7] = [
        "error:",
        "error[",
        "failures:",
        "✖ failing tests:",
        "npm error",
        "E: ",
        "[ERROR]",
    ];
    STARTS.iter().any(|start| line.starts_with(start))
}

fn show(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
