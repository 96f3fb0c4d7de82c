//! Random bytes from the platform's generator.

use crate::{edge::fault::Fault, secret::random_text};

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
    bytes::<16>().map(random_text)
}
