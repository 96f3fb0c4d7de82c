//! What the platform says about how the Worker was deployed.

use js_sys::Reflect;
use wasm_bindgen::JsValue;

/// Without this flag `fetch` goes past Cloudflare's front door to the servers of the Worker's own zone, whatever guards them there.
const STRICTLY_PUBLIC: &str = "global_fetch_strictly_public";

/// What is wrong with the deployment, for its operator.
pub fn warnings() -> Vec<&'static str> {
    let missing = !has_flag(STRICTLY_PUBLIC);
    missing
        .then_some(
            "the compatibility flag global_fetch_strictly_public is missing: what apps name may be fetched from servers of your own \
             zone that the public cannot reach; add it to compatibility_flags in limen.toml, whose list replaces that of wrangler.toml",
        )
        .into_iter()
        .collect()
}

/// Whether a compatibility flag is on: `Cloudflare.compatibilityFlags` has those that are.
fn has_flag(name: &str) -> bool {
    let member = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).unwrap_or(JsValue::UNDEFINED);
    let flags = member(&member(&js_sys::global(), "Cloudflare"), "compatibilityFlags");
    flags.is_object() && member(&flags, name).as_bool() == Some(true)
}
