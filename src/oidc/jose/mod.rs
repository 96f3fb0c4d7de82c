//! JSON Object Signing and Encryption: tokens that are signed or encrypted, and the lives of the keys that do it.

pub mod audience;
pub mod jwe;
pub mod jwt;
pub mod provider_key;
pub mod published_jwks;
