//! The API for operators.

pub mod access;
pub mod api_keys;
pub mod apis;
pub mod audit;
pub mod client;
pub mod client_secrets;
pub mod clients;
pub mod group_members;
pub mod groups;
pub mod invitations;
pub mod keys;
pub mod mail;
pub mod moving;
pub mod operators;
pub mod passkeys;
pub mod roles;
pub mod second_factors;
pub mod status;
pub mod users;
pub mod webhooks;
