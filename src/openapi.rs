//! The description of Limen's endpoints for programs: docs/openapi.yaml as JSON, converted by `codegen`.

/// An OpenAPI 3.1 document. Its server is `/`, the issuer that serves it.
pub const DOCUMENT: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));
