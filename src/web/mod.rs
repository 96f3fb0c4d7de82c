//! What is neither protocol nor people: how the web writes things down.

pub mod color;
pub mod cors;
pub mod distinguished_name;
pub mod fetch_url;
pub mod freshness;
pub mod header;
pub mod host;
pub mod json;
pub mod json_schema;
pub mod landing;
pub mod language_tag;
pub mod picture;
pub mod retry;
