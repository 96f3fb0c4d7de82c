//! One property of `limen::properties`, which the environment names: one build serves them all.

#![no_main]

use std::{env, sync::OnceLock};

use libfuzzer_sys::fuzz_target;
use limen::properties;

fuzz_target!(|input: &[u8]| {
    static NAME: OnceLock<String> = OnceLock::new();
    let name = NAME.get_or_init(|| env::var("LIMEN_PROPERTY").unwrap_or_default());
    assert!(properties::check(name, input), "LIMEN_PROPERTY names no property: {name:?}");
});
