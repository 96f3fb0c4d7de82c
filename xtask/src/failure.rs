//! What went wrong and what to do about it: the one error type of this tool.

use std::fmt;

use crate::terminal;

pub type Result<T> = std::result::Result<T, Failure>;

#[derive(Debug)]
pub struct Failure {
    what: String,
    advice: Option<String>,
}

impl Failure {
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            advice: None,
        }
    }

    /// What the reader can do next.
    pub fn advice(self, advice: impl Into<String>) -> Self {
        Self {
            advice: Some(advice.into()),
            ..self
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It may hold what a server or a file says.
        write!(f, "Failed: {}", terminal::lines(&self.what))?;
        match &self.advice {
            Some(advice) => write!(f, "\nTo do:  {}", terminal::lines(advice)),
            None => Ok(()),
        }
    }
}

/// For a command that takes no arguments: a misspelt option does not look as if it had worked.
pub fn refuse_arguments(arguments: &[String], help: &str) -> Result<()> {
    match arguments.first() {
        None => Ok(()),
        Some(unknown) => Err(Failure::new(format!("`{unknown}` is not known here.")).advice(help.trim())),
    }
}

/// Names the operation that an underlying error belongs to.
pub trait Context<T> {
    fn context(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: fmt::Display> Context<T> for std::result::Result<T, E> {
    fn context(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Failure::new(format!("{}: {error}", what())))
    }
}
