//! What operators do and see: endpoints of the admin API read JSON, pages of the console read forms, and both end here.

pub mod access;
pub mod api_keys;
pub mod apis;
pub mod app_roles;
pub mod audit;
pub mod change;
pub mod clients;
pub mod groups;
pub mod invitations;
pub mod mails;
pub mod members;
mod moved_app;
mod moved_line;
pub mod moving;
pub mod people;
pub mod self_registered;
pub mod status;
pub mod ways_in;
pub mod webhooks;
