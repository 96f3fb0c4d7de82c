//! One authorization: its request, its response.

pub mod client_request;
pub mod draft;
pub mod encrypted_hint;
pub mod mistake;
pub mod parameters;
pub mod pusher;
pub mod request_objects;
mod response;
