//! Clients that read encrypted ID tokens, and whether they can: that is known before a code is used up for one.

use std::{cell::RefCell, collections::HashMap};

use super::{context::Context, failure::StepFailure, jwts};
use crate::oidc::client::Client;

/// The most clients that an isolate remembers; beyond it all are forgotten.
const MOST_REMEMBERED: usize = 100;

thread_local! {
    /// Clients whose key was good. D1 decides whether they are still the same.
    static MEMORY: RefCell<HashMap<String, Client>> = RefCell::default();
}

/// The version of a client that can read its ID tokens, where the isolate remembers it. Its keys are looked at again: those of a
/// `jwks_uri` change without it.
pub async fn remembered(client_id: &str, context: &Context) -> Option<i64> {
    let client = MEMORY.with_borrow(|memory| memory.get(client_id).cloned())?;
    if jwts::check_reader(&client, context).await.is_ok() {
        return Some(client.version);
    }
    MEMORY.with_borrow_mut(|memory| memory.remove(client_id));
    None
}

/// The version of `client`, which can read its ID tokens. It is remembered.
///
/// # Errors
/// What the client is told, where it has no key to encrypt to.
pub async fn check(client: &Client, context: &Context) -> Result<i64, StepFailure> {
    jwts::check_reader(client, context).await?;
    MEMORY.with_borrow_mut(|memory| {
        if memory.len() >= MOST_REMEMBERED {
            memory.clear();
        }
        memory.insert(client.client_id.clone(), client.clone());
    });
    Ok(client.version)
}
