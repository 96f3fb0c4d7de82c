//! Tokens: as a client gets them, and as they are presented to Limen's own APIs.

pub mod backchannel;
pub mod bearer;
pub mod dpop;
pub mod for_api;
pub mod for_client;
pub mod of_person;
pub mod opaque;
pub mod readiness;
