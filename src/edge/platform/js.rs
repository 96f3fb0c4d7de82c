//! What the platform hands over: bindings, and what it says when something fails.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use worker::Env;

use crate::fault::Fault;

/// The binding of that name, taken for what it is said to be.
pub fn binding<T: JsCast>(env: &Env, name: &str) -> Option<T> {
    let bound = Reflect::get(env, &name.into()).ok()?;
    bound.is_object().then(|| bound.unchecked_into())
}

/// A failure of `what`, in the platform's words.
pub fn fault(what: &'static str, error: &JsValue) -> Fault {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => Fault::new(what, String::from(error.message())),
        None => Fault::new(what, format!("{error:?}")),
    }
}
