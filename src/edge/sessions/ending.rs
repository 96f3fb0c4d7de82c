//! How sessions end. Whatever ends one (a logout, the account page, a new password, an operator) does it with the statements
//! of [`end_sessions`], so that no client that should hear of it is forgotten.

use super::notices;
use crate::{
    db::{Statement, logout_outbox, sessions::Ending},
    edge::platform::{context::Context, log},
    fault::Fault,
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

/// Sends what the outbox holds, after the answer. Goes after the batch with [`end_sessions`]; without it the periodic run sends.
pub fn announce(context: &Context) -> Result<(), Fault> {
    let later = context.for_later()?;
    context.background.spawn(async move {
        if let Err(fault) = notices::send_due(&later).await {
            log::fault(&later.request_id, &fault);
        }
    });
    Ok(())
}
