//! Workers Analytics Engine, where a deployment has bound a data set as `METRICS`. Without it nothing is measured, and nothing asked;
//! one that fails is the matter of nobody who asks Limen for something.

use std::cell::Cell;

use js_sys::JSON;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use worker::Env;

use super::js;

#[wasm_bindgen]
extern "C" {
    /// `AnalyticsEngineDataset`.
    type Dataset;

    #[wasm_bindgen(method, catch, js_name = writeDataPoint)]
    fn write_data_point(this: &Dataset, point: &JsValue) -> Result<(), JsValue>;
}

/// The binding's name in wrangler.toml.
const BINDING: &str = "METRICS";

thread_local! {
    /// Bindings do not change while an isolate lives.
    static IS_BOUND: Cell<Option<bool>> = const { Cell::new(None) };
}

/// Whether answers are measured.
pub fn is_bound(env: &Env) -> bool {
    IS_BOUND.with(|known| {
        let bound = known
            .get()
            .unwrap_or_else(|| js::binding::<Dataset>(env, BINDING).is_some());
        known.set(Some(bound));
        bound
    })
}

/// Writes a point down. It does not wait, and does not fail.
pub fn write(env: &Env, point: &serde_json::Value) {
    if let (Some(dataset), Ok(point)) = (js::binding::<Dataset>(env, BINDING), JSON::parse(&point.to_string())) {
        _ = dataset.write_data_point(&point);
    }
}
