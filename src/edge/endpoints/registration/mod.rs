//! Registration: `/register` and what is below it.

pub mod access;
pub mod register;
pub mod registered_client;
