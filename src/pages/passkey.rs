//! What pages need to ask a browser for a passkey: a form that says what, and the one script. That also shows passwords that are
//! typed (`page.js`).

use super::style::{fnv_1a, hexadecimal};
use crate::routes::Endpoint;

/// The script.
pub const PASSKEY_SCRIPT: &str = concat!(include_str!("page.js"), include_str!("passkey.js"));

/// Changes when the script does: with it in the URL, the answer may be cached for ever.
pub const PASSKEY_SCRIPT_VERSION: &str = match std::str::from_utf8(&VERSION) {
    Ok(version) => version,
    Err(_) => "0",
};

const VERSION: [u8; 8] = hexadecimal(fnv_1a(PASSKEY_SCRIPT.as_bytes()));

/// What a form asks the browser for.
#[derive(Clone, Copy, Debug)]
pub struct PasskeyRequest<'a> {
    /// The options, as WebAuthn's JSON.
    pub options: &'a str,
    /// The nonce that the page's Content-Security-Policy allows.
    pub nonce: &'a str,
}

/// Where the script is.
pub(super) fn script() -> String {
    format!("{}?v={PASSKEY_SCRIPT_VERSION}", Endpoint::PasskeyScript.path())
}
