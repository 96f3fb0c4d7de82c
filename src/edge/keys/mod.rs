//! Keys of Limen's own: what signs, what is published, WebCrypto.

pub mod crypto;
pub mod jwks;
pub mod signer;
