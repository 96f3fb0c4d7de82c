//! What is neither protocol nor people: how the web writes things down.

pub mod host;
pub mod json;
