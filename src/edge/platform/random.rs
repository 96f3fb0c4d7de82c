//! Random bytes from the platform's generator.

use std::cell::RefCell;

use crate::{fault::Fault, secret::random_text};

/// `N` random bytes.
///
/// # Errors
/// When the platform has none to give; then nothing may be issued.
#[allow(clippy::disallowed_methods)] // Here alone.
pub fn bytes<const N: usize>() -> Result<[u8; N], Fault> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|cause| Fault::new("random", cause))?;
    Ok(bytes)
}

/// An identifier of 128 random bits.
///
/// # Errors
/// As [`bytes`].
pub fn id() -> Result<String, Fault> {
    if let Some(drawn) = DRAWN.with_borrow_mut(Vec::pop) {
        return Ok(random_text(drawn));
    }
    let more = bytes::<{ 16 * AT_ONCE }>()?;
    DRAWN.with_borrow_mut(|drawn| drawn.extend(more.as_chunks::<16>().0));
    bytes::<16>().map(random_text)
}

/// How many identifiers are drawn in one call to the generator: every request needs one.
const AT_ONCE: usize = 32;

thread_local! {
    /// What was drawn and not given out yet. Each is given out once.
    static DRAWN: RefCell<Vec<[u8; 16]>> = const { RefCell::new(Vec::new()) };
}
