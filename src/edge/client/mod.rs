//! Clients at the endpoints: who calls, what proves it, who may register them, and what is fetched from them.

pub mod caller;
pub mod client_certificate;
pub mod client_copy;
pub mod client_credentials;
pub mod client_document;
pub mod client_keys;
pub mod client_memory;
pub mod client_secret;
pub mod outbound;
pub mod registrar;
pub mod sector_identifier;
pub mod token_readiness;
