//! What counts once: a token that somebody else may have seen on its way.

use sha2::{Digest, Sha256};

use crate::{secret::random_text, time::UnixTime};

/// A thing that counts once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SingleUse {
    /// A digest of it.
    pub key: String,
    /// Until when it must be remembered.
    pub expires_at: UnixTime,
}

impl SingleUse {
    /// The thing that is known by `parts`, each of which is digested after its length, so that no two lists of parts are the same.
    pub fn new(parts: &[&str], expires_at: UnixTime) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self {
            key: random_text::<32>(hash.finalize().into()),
            expires_at,
        }
    }
}
