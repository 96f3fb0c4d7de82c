//! Attempts to sign in that failed, as the audit has them.

use crate::{audit::Entry, db::audit, edge::platform::context::Context, fault::Fault};

/// Writes down what somebody tried, at the account of `user_id` where there is one.
pub async fn record(entry: Entry<'_>, user_id: Option<&str>, context: &Context) -> Result<(), Fault> {
    match user_id {
        Some(user_id) => {
            let guess = audit::record_guess(&entry.user(user_id), context);
            context.db.execute(guess).await
        }
        None => context.db.execute(audit::record_of_stranger(&entry, context)).await,
    }
}
