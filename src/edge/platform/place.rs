//! Where a request came from, as Cloudflare tells it (`request.cf.country`). The caller cannot set it: it is no header.

use js_sys::{Array, Function, Object, Reflect, global};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Request;

/// The name of the country in a language, or its code where the platform knows no name. `None` where it is not known, as of Tor.
pub fn country(request: &Request, language: &str) -> Option<String> {
    let cf = Reflect::get(request, &"cf".into()).ok()?;
    let code = Reflect::get(&cf, &"country".into()).ok()?.as_string()?;
    let is_country = code.len() == 2 && code.bytes().all(|letter| letter.is_ascii_uppercase()) && code != "XX";
    is_country.then(|| name(&code, language).unwrap_or(code))
}

/// By `Intl.DisplayNames`.
fn name(code: &str, language: &str) -> Option<String> {
    let get = |object: &JsValue, name: &str| Reflect::get(object, &name.into()).ok();
    let make: Function = get(&get(&global(), "Intl")?, "DisplayNames")?.dyn_into().ok()?;
    let options = Object::new();
    Reflect::set(&options, &"type".into(), &"region".into()).ok()?;
    let names = Reflect::construct(&make, &Array::of2(&language.into(), &options)).ok()?;
    let of: Function = get(&names, "of")?.dyn_into().ok()?;
    of.call1(&names, &code.into()).ok()?.as_string()
}
