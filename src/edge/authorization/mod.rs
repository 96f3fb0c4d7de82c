//! One authorization: its request, its response.

pub mod client_request;
pub mod encrypted_hint;
pub mod request_objects;
pub mod response;
