//! What an isolate does when the platform loads the Worker, before there is a request: the settings are read and the provider
//! metadata is made, which do not change while it lives. The platform loads a Worker while the caller is still shaking hands,
//! and counts that towards no request. Nothing can be asked or drawn at random there.

use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use worker::{Env, event};

use super::{endpoints::oauth::well_known, platform::context};

#[wasm_bindgen(module = "cloudflare:workers")]
extern "C" {
    /// Variables and bindings, as requests get them.
    #[wasm_bindgen(thread_local_v2, js_name = env)]
    static ENV: JsValue;
}

#[event(start)]
fn start() {
    let env: Env = ENV.with(JsValue::clone).unchecked_into();
    // Where settings are missing, requests are told which.
    if let Ok(config) = context::config(&env) {
        well_known::prepare(&config);
    }
}
