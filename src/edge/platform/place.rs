//! Where a request came from, as Cloudflare tells it (`request.cf.country`). The caller cannot set it: it is no header.

use js_sys::{Array, Function, Object, Reflect, global};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Request;

use crate::country::Country;

/// The country, if the platform knows one.
pub fn country(request: &Request) -> Option<Country> {
    let cf = Reflect::get(request, &"cf".into()).ok()?;
    Country::parse(&Reflect::get(&cf, &"country".into()).ok()?.as_string()?)
}

/// The name of a country in a language, or its code where the platform knows no name.
pub fn country_name(country: Country, language: &str) -> String {
    match country.is_tor() {
        true => "Tor".to_owned(),
        false => name(country.code(), language).unwrap_or_else(|| country.code().to_owned()),
    }
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
