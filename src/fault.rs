//! What goes wrong on our side. The caller learns that it did, the log learns why.

use std::fmt;

/// The most characters of a cause that are kept.
const LONGEST_CAUSE: usize = 300;

/// A failure of the platform, or of an assumption of ours.
#[derive(Debug)]
pub struct Fault {
    what: &'static str,
    cause: String,
}

impl Fault {
    /// A failed operation and its cause, for the log alone.
    pub fn new(what: &'static str, cause: impl fmt::Display) -> Self {
        Self {
            what,
            cause: cause.to_string().chars().take(LONGEST_CAUSE).collect(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.cause)
    }
}
