//! One file an endpoint: load, decide, write, reply.

pub mod account;
pub mod admin_access;
pub mod admin_audit;
pub mod admin_keys;
pub mod admin_users;
pub mod authorize;
pub mod check_session;
pub mod consent;
pub mod introspect;
pub mod login;
pub mod logout;
pub mod par;
pub mod register;
pub mod registered_client;
pub mod revoke;
pub mod select_account;
pub mod sign_up;
pub mod token;
pub mod userinfo;
pub mod well_known;
