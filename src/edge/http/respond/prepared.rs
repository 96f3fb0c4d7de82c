//! Answers that everybody gets alike, such as the provider metadata: ready to be sent, and made once an isolate.

use js_sys::Uint8Array;
use web_sys::{Response, ResponseInit};
use worker::Result;

use crate::memory::Memory;

/// The most answers that are kept: there are some ten documents, and the JWKS changes now and then.
const MOST_KEPT: usize = 32;

thread_local! {
    static KEPT: Memory<Prepared> = Memory::new(MOST_KEPT);
}

/// What the JWKS of that tag is called, which has a media type of its own where nobody asks for plain JSON.
pub fn name_of_jwks(etag: &str, plain: bool) -> String {
    format!("{etag}{}", if plain { " plain" } else { "" })
}

/// What is kept for a year is called so: its address has its version.
pub fn name_of_version(path: &str, query: &str) -> String {
    format!("{path}?{query}")
}

/// A response of status 200 as the platform has it: neither text nor headers cross again.
#[derive(Clone)]
pub struct Prepared {
    body: Uint8Array,
    init: ResponseInit,
}

impl Prepared {
    /// What `response`, of that body, was made of.
    pub fn of(body: Uint8Array, response: &Response) -> Self {
        let init = ResponseInit::new();
        init.set_headers(&response.headers());
        Self { body, init }
    }

    pub fn find(name: &str) -> Option<Self> {
        KEPT.with(|kept| kept.get(name))
    }

    pub fn keep(self, name: &str) {
        KEPT.with(|kept| kept.put(name, self));
    }

    pub fn respond(&self) -> Result<Response> {
        Ok(Response::new_with_opt_buffer_source_and_init(
            Some(&self.body),
            &self.init,
        )?)
    }
}
