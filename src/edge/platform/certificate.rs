//! The TLS client certificate of a connection, as Cloudflare reports it (`request.cf.tlsClientAuth`). The caller cannot set it:
//! it is no header.

use js_sys::Reflect;
use wasm_bindgen::JsValue;
use web_sys::Request;

use crate::oidc::client::client_certificate::ClientCertificate;

/// The certificate that the caller showed to hold the key of. `certVerified` is `SUCCESS` when its chain leads to an authority
/// that the operator gave to Cloudflare; otherwise its subject says nothing.
pub fn presented(request: &Request) -> Option<ClientCertificate> {
    let told = member(&member(request, "cf")?, "tlsClientAuth")?;
    let text = |name| member(&told, name).and_then(|value| value.as_string());
    if text("certPresented")? != "1" {
        return None;
    }
    let verified = text("certVerified").as_deref() == Some("SUCCESS") && text("certRevoked").as_deref() != Some("1");
    let subject = text("certSubjectDNRFC2253").filter(|_| verified);
    ClientCertificate::new(&text("certFingerprintSHA256")?, subject.as_deref())
}

fn member(object: &JsValue, name: &str) -> Option<JsValue> {
    let value = Reflect::get(object, &name.into()).ok()?;
    Some(value).filter(|value| !value.is_null() && !value.is_undefined())
}
