//! How sessions end. Whatever ends one (a logout, the account page, a new password, an operator) does it with the statements
//! of [`end_sessions`], so that no client that should hear of it is forgotten.

use super::{
    context::Context,
    db::{Statement, logout_outbox, sessions::Ending},
};

/// Ends sessions: the notices for back-channel logout, their codes, their tokens, themselves. All four go into one batch, in
/// this order; the last returns a row for each session that ended.
pub fn end_sessions(which: &Ending<'_>, context: &Context) -> [Statement; 4] {
    [
        logout_outbox::write(which, context.now),
        which.delete_codes(),
        which.delete_tokens(context.config.logout_revokes),
        which.delete(),
    ]
}
