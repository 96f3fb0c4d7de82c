//! One file an endpoint: load, decide, write, reply.

pub mod account;
pub mod admin;
pub mod console;
pub mod development;
pub mod logout;
pub mod oauth;
pub mod registration;
pub mod sign_in;
