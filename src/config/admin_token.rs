//! `ADMIN_TOKEN`.

use std::fmt;

use crate::secret::same_secret;

/// The operator's bearer token.
#[derive(Clone)]
pub struct AdminToken(pub(super) String);

impl AdminToken {
    /// Constant-time comparison with what a caller presents.
    pub fn matches(&self, presented: &str) -> bool {
        same_secret(&self.0, presented)
    }
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(..)")
    }
}
