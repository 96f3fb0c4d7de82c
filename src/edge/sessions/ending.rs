//! How sessions end. Whatever ends one (a logout, the account page, a new password, an operator) does it with the statements
//! of [`end_sessions`], so that no client that should hear of it is forgotten.

use super::notices;
use crate::{
    db::{Batch, Handle, ended_sessions, logout_outbox, session_endings::Ending},
    edge::platform::context::Context,
};

/// Ends sessions: writes the notices for back-channel logout and what webhooks of apps tell, deletes their codes, their tokens, and the sessions. Whether there
/// was any.
pub fn end_sessions(which: &Ending<'_>, batch: &mut Batch, context: &Context) -> Handle<bool> {
    batch.push(logout_outbox::write(which, context.now));
    batch.push(ended_sessions::write(which, context.now));
    batch.push(which.delete_codes());
    batch.extend(which.delete_tokens(context.config.logout_revokes));
    batch.extend(which.delete_apart());
    batch.add(which.delete())
}

/// Sends what the outbox holds, after the answer. Goes after the batch with [`end_sessions`]; without it the periodic run sends.
pub fn announce(context: &Context) {
    context.after_answer(async |later| notices::send_due(later).await);
}
