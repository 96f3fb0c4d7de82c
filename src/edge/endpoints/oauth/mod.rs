//! The endpoints of OAuth and OpenID Connect, for programs, and `/authorize`.

pub mod app_looks;
mod authorization_request;
pub mod authorize;
pub mod backchannel_authentication;
pub mod backchannel_requests;
pub mod device;
pub mod device_authorization;
mod grants;
pub mod introspect;
pub mod par;
pub mod revoke;
pub mod token;
pub mod userinfo;
pub mod well_known;
