//! Limen, an OpenID Connect provider that runs as one Cloudflare Worker.
//!
//! A request walks `edge::router` -> an endpoint of `edge::endpoints`, which *loads* (`db`, `edge::platform::kv`),
//! *decides* (`oidc`, `account`), *writes* (`db`) and *replies* ([`reply`]). Only what decides knows protocol rules,
//! and it is pure: no I/O, no clock, no randomness. The arrows between modules:
//!
//! ```text
//! edge  ->  db, pages
//! db, pages  ->  account, reply
//! account, reply  ->  oidc, openapi
//! oidc  ->  config, audit
//! config, audit  ->  web, secret
//! web, secret  ->  routes, network, readable, cookie, fault, time
//! ```
//!
//! What stands on the left may also use whatever its right-hand side uses. `tests/imports.rs` holds the order, and
//! `tests/layers.rs` what each may name. `edge` exists on wasm only, so that nothing else can reach the platform.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

pub mod account;
pub mod audit;
pub mod config;
pub mod cookie;
// Statements and rows: the edge, on wasm only, runs them.
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, unused_imports))]
mod db;
mod fault;
pub mod network;
pub mod oidc;
pub mod openapi;
pub mod pages;
#[cfg(any(test, feature = "properties"))]
pub mod properties;
pub mod readable;
pub mod reply;
pub mod routes;
pub mod secret;
pub mod time;
pub mod web;

#[cfg(target_arch = "wasm32")]
mod edge;
