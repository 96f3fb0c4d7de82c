//! Unicode's Normalization Forms: by the platform's own tables in the Worker, and by a crate's in native tests.

/// The text in Normalization Form C.
pub fn nfc(text: &str) -> String {
    if text.is_ascii() {
        text.to_owned()
    } else {
        composed(text)
    }
}

/// The text in Normalization Form D.
pub fn nfd(text: &str) -> String {
    if text.is_ascii() {
        text.to_owned()
    } else {
        decomposed(text)
    }
}

#[cfg(target_arch = "wasm32")]
fn composed(text: &str) -> String {
    js_sys::JsString::from(text).normalize("NFC").into()
}

#[cfg(target_arch = "wasm32")]
fn decomposed(text: &str) -> String {
    js_sys::JsString::from(text).normalize("NFD").into()
}

#[cfg(not(target_arch = "wasm32"))]
fn composed(text: &str) -> String {
    unicode_normalization::UnicodeNormalization::nfc(text).collect()
}

#[cfg(not(target_arch = "wasm32"))]
fn decomposed(text: &str) -> String {
    unicode_normalization::UnicodeNormalization::nfd(text).collect()
}
