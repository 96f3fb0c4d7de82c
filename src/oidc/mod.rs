//! What the specifications say, one concept a file. No I/O, no clock, no randomness: all that comes in as arguments.

pub mod authentication;
pub mod authorization;
pub mod authorize;
pub mod claims;
pub mod claims_request;
pub mod client;
pub mod discovery;
pub mod error;
pub mod hand_over;
pub mod interaction;
pub mod jarm;
pub mod jose;
pub mod logout;
pub mod params;
pub mod pkce;
pub mod protected_resource;
pub mod proven;
pub mod pushed_request;
pub mod request_object;
pub mod resource_indicator;
pub mod return_address;
pub mod scope;
pub mod session_state;
pub mod subject;
pub mod token;
pub mod webfinger;
