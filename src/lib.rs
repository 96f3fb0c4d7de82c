//! Limen, an OpenID Connect provider that runs as one Cloudflare Worker.
//!
//! A request walks `edge::router` -> an endpoint of `edge::endpoints`, which *loads* (`db`, `edge::platform::kv`),
//! *decides* (`oidc`, `account`), *writes* (`db`) and *replies* ([`reply`]). Only what decides knows protocol rules,
//! and it is pure: no I/O, no clock, no randomness. The arrows between modules:
//!
//! ```text
//! edge  ->  db, pages, metrics
//! db, pages, metrics  ->  admin, reply, mail
//! admin  ->  account
//! account, reply, mail  ->  oidc, openapi
//! oidc  ->  config, audit
//! config, audit  ->  web, secret
//! web, secret  ->  routes, network, country, readable, memory, cookie, fault, named, time
//! ```
//!
//! What stands on the left may also use whatever its right-hand side uses. `tests/imports.rs` holds the order, and
//! `tests/layers.rs` what each may name. `edge` exists on wasm only, so that nothing else can reach the platform.
// The edge, which uses most of this, exists on wasm only: there the compiler finds what nobody uses.
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code, unused_imports))]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod account;
mod admin;
mod audit;
mod config;
mod cookie;
mod country;
// Statements and rows: the edge, on wasm only, runs them.
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, unused_imports))]
mod db;
mod fault;
mod mail;
mod memory;
mod metrics;
mod named;
mod network;
mod oidc;
pub mod openapi;
mod pages;
#[cfg(any(test, feature = "properties"))]
pub mod properties;
mod readable;
mod reply;
pub mod routes;
mod secret;
mod time;
mod web;

#[cfg(target_arch = "wasm32")]
mod edge;
