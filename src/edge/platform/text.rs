//! Unicode, by the platform's own tables.

/// `text` in Normalization Form C, as RFC 8265 section 4.2.2 prepares passwords: two keyboards may type one letter in two
/// ways.
pub fn nfc(text: &str) -> String {
    js_sys::JsString::from(text).normalize("NFC").into()
}
