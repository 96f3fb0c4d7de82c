//! Clients at the endpoints: who calls, what proves it, who may register them, and what is fetched from them.

pub mod apis;
pub mod authentication;
mod checked_proof;
pub mod copy;
pub mod document;
pub mod issued_credentials;
pub mod keys;
pub mod logo;
pub mod looks;
pub mod memory;
pub mod more_secrets;
pub mod outbound;
mod registering_party;
pub mod registration;
pub mod secret;
pub mod sector_identifier;
