//! Tokens: as a client gets them, and as they are presented to Limen's own APIs.

pub mod bearer;
pub mod for_client;
pub mod readiness;
