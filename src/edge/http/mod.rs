//! HTTP: a request as endpoints read it, answers and failures as they are sent.

mod asked;
pub mod browser;
pub mod cookies;
pub mod failure;
pub mod refusals;
pub mod request;
pub mod respond;
