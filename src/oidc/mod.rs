//! What the specifications say, one concept a file. No I/O, no clock, no randomness: all that comes in as arguments.

pub mod access_token;
pub mod authentication;
pub mod authorization;
pub mod authorize;
pub mod claims;
pub mod client;
pub mod client_auth;
pub mod client_metadata;
pub mod code_grant;
pub mod discovery;
pub mod error;
pub mod id_token;
pub mod id_token_hint;
pub mod interaction;
pub mod introspection;
pub mod jwt;
pub mod params;
pub mod pkce;
pub mod redirect_uri;
pub mod refresh_grant;
pub mod registration;
pub mod return_address;
pub mod scope;
pub mod signing_key;
pub mod token;
