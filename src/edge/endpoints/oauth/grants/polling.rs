//! What a client that polls is told while there is no answer (RFC 8628 section 3.5, CIBA section 11). A poll writes nothing. How often one
//! polls is for the isolate to remember: another one does not know, and tells no `slow_down`.

use crate::{
    edge::platform::context::Context,
    memory::ShortMemory,
    oidc::{
        device::{self, Pace, Waiting},
        error::OAuthError,
    },
    secret::Hash,
};

/// The most requests whose polling is remembered.
const MOST: usize = 1_000;

thread_local! {
    static PACES: ShortMemory<Pace> = ShortMemory::new(MOST, device::LIFETIME);
}

/// The refusal while the request, known by the hash of its code, waits for a person or was turned down. Whoever polls has authenticated: nobody else
/// learns how its request stands.
pub(super) fn refuse(waiting: Waiting, hash: &Hash, context: &Context) -> OAuthError {
    let (name, now) = (hash.as_str(), context.now);
    let too_fast = PACES.with(|paces| {
        let (pace, too_fast) = Pace::after(paces.get(name, now), now);
        paces.put(name, pace, now);
        too_fast
    });
    waiting.error(too_fast)
}
