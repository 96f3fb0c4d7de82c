//! What the platform lends: the clock, randomness, KV, requests to elsewhere, the log, Unicode.

pub mod apart;
pub mod at_once;
pub mod certificate;
pub mod clock;
pub mod context;
pub mod d1;
pub mod deployment;
pub mod fetch;
pub mod js;
pub mod kv;
pub mod log;
pub mod metrics;
pub mod place;
pub mod random;
