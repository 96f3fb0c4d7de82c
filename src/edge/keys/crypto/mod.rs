//! WebCrypto: signatures, and keys that never enter wasm memory.

pub mod jwe;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use js_sys::{Array, Object, Reflect, Uint8Array};
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, CryptoKeyPair, SubtleCrypto, WorkerGlobalScope};

use crate::{
    edge::platform::random,
    fault::Fault,
    oidc::{
        client::client_metadata::ClientSigningAlg,
        jose::{
            jwe::{Curve, KeyManagementAlg},
            jwt::SigningAlg,
            provider_key::{DecryptionAlg, KeyAlg},
        },
    },
    secret::Key,
};

/// The bytes of an AES-GCM nonce.
const NONCE: usize = 12;

/// A key that wraps others: AES-256-GCM, not extractable.
pub struct WrappingKey(CryptoKey);

/// Signs `input`.
pub async fn sign(alg: SigningAlg, key: &CryptoKey, input: &[u8]) -> Result<Vec<u8>, Fault> {
    let promise =
        subtle()?.sign_with_object_and_js_u8_array(&signature_params(alg.into()), key, &Uint8Array::from(input));
    Ok(bytes(&settle("sign", promise).await?))
}

/// Hands the public `jwk` over to WebCrypto.
pub async fn import_public(alg: ClientSigningAlg, jwk: &Value) -> Result<CryptoKey, Fault> {
    let jwk = to_js(jwk)?;
    let usages = strings(&["verify"]);
    let promise = subtle()?.import_key_with_object("jwk", &jwk, &key_params(alg), false, &usages);
    Ok(settle("import public key", promise).await?.unchecked_into())
}

/// Whether `signature` is that of `input` under the public `key`.
pub async fn verify(alg: ClientSigningAlg, key: &CryptoKey, signature: &[u8], input: &[u8]) -> Result<bool, Fault> {
    let promise = subtle()?.verify_with_object_and_js_u8_array_and_js_u8_array(
        &signature_params(alg),
        key,
        &Uint8Array::from(signature),
        &Uint8Array::from(input),
    );
    Ok(settle("verify", promise).await?.is_truthy())
}

/// As [`verify`], under a `jwk` that somebody else made: one that WebCrypto does not take verifies nothing.
pub async fn verify_foreign(alg: ClientSigningAlg, jwk: &Value, signature: &[u8], input: &[u8]) -> bool {
    match import_public(alg, jwk).await {
        Ok(key) => verify(alg, &key, signature, input).await.unwrap_or(false),
        Err(_) => false,
    }
}

/// Makes a key pair. The private half can be wrapped, which is all that is ever done with it.
pub async fn generate(alg: KeyAlg) -> Result<CryptoKeyPair, Fault> {
    let usages: &[_] = match alg {
        KeyAlg::Sign(_) => &["sign", "verify"],
        KeyAlg::Decrypt(DecryptionAlg::Rsa) => &["encrypt", "decrypt"],
        KeyAlg::Decrypt(DecryptionAlg::EcdhP256) => &["deriveBits"],
    };
    let promise = subtle()?.generate_key_with_object(&generation_params(alg), true, &strings(usages));
    Ok(settle("generate key", promise).await?.unchecked_into())
}

/// The public half as a JWK.
pub async fn export_public(pair: &CryptoKeyPair) -> Result<Value, Fault> {
    let exported = settle("export public key", subtle()?.export_key("jwk", &pair.get_public_key())).await?;
    let json = js_sys::JSON::stringify(&exported).map_err(|cause| fault("export public key", &cause))?;
    serde_json::from_str(&String::from(json)).map_err(|cause| Fault::new("export public key", cause))
}

impl WrappingKey {
    /// Hands a derived key over to WebCrypto.
    pub async fn import(key: &Key) -> Result<Self, Fault> {
        import_aes(key, &["wrapKey", "unwrapKey"]).await.map(Self)
    }

    /// `private`, as base64url(nonce || ciphertext) of its PKCS#8 form. It opens with the same `context` alone.
    pub async fn wrap(&self, private: &CryptoKey, context: &str) -> Result<String, Fault> {
        let nonce = random::bytes::<NONCE>()?;
        let promise = subtle()?.wrap_key_with_object("pkcs8", private, &self.0, &gcm(&nonce, context));
        let wrapped = bytes(&settle("wrap key", promise).await?);
        Ok(put_together(nonce, &wrapped))
    }

    /// Opens what [`WrappingKey::wrap`] made, straight into a key of WebCrypto's.
    pub async fn unwrap(&self, wrapped: &str, context: &str, alg: KeyAlg, purpose: Unwrap) -> Result<CryptoKey, Fault> {
        let (nonce, ciphertext) = take_apart(wrapped, "unwrap key")?;
        let promise = subtle()?.unwrap_key_with_js_u8_array_and_object_and_object(
            "pkcs8",
            &Uint8Array::from(ciphertext.as_slice()),
            &self.0,
            &gcm(&nonce, context),
            &private_params(alg, purpose),
            matches!(purpose, Unwrap::WrappingAgain),
            &strings(private_usages(alg)),
        );
        Ok(settle("unwrap key", promise).await?.unchecked_into())
    }
}

/// A key that seals text: AES-256-GCM, not extractable.
pub struct SealingKey(CryptoKey);

impl SealingKey {
    /// Hands a derived key over to WebCrypto.
    pub async fn import(key: &Key) -> Result<Self, Fault> {
        import_aes(key, &["encrypt", "decrypt"]).await.map(Self)
    }

    /// `text`, as base64url(nonce || ciphertext). It opens with the same `context` alone.
    pub async fn seal(&self, text: &str, context: &str) -> Result<String, Fault> {
        let nonce = random::bytes::<NONCE>()?;
        let promise = subtle()?.encrypt_with_object_and_js_u8_array(
            &gcm(&nonce, context),
            &self.0,
            &Uint8Array::from(text.as_bytes()),
        );
        let sealed = bytes(&settle("seal", promise).await?);
        Ok(put_together(nonce, &sealed))
    }

    /// Opens what [`SealingKey::seal`] made.
    pub async fn open(&self, sealed: &str, context: &str) -> Result<String, Fault> {
        let (nonce, ciphertext) = take_apart(sealed, "open")?;
        let ciphertext = Uint8Array::from(ciphertext.as_slice());
        let promise = subtle()?.decrypt_with_object_and_js_u8_array(&gcm(&nonce, context), &self.0, &ciphertext);
        let opened = bytes(&settle("open", promise).await?);
        String::from_utf8(opened).map_err(|_| Fault::new("open", "it is not text"))
    }
}

async fn import_aes(key: &Key, usages: &[&str]) -> Result<CryptoKey, Fault> {
    let raw = Uint8Array::from(key.expose().as_slice());
    let promise = subtle()?.import_key_with_str("raw", &raw, "AES-GCM", false, &strings(usages));
    Ok(settle("import AES key", promise).await?.unchecked_into())
}

/// base64url(nonce || ciphertext).
fn put_together(nonce: [u8; NONCE], ciphertext: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode([nonce.as_slice(), ciphertext].concat())
}

/// The nonce and the ciphertext that [`put_together`] put together.
fn take_apart(text: &str, what: &'static str) -> Result<(Vec<u8>, Vec<u8>), Fault> {
    let mut nonce = URL_SAFE_NO_PAD.decode(text).map_err(|cause| Fault::new(what, cause))?;
    if nonce.len() < NONCE {
        return Err(Fault::new(what, "it is too short"));
    }
    let ciphertext = nonce.split_off(NONCE);
    Ok((nonce, ciphertext))
}

/// What a wrapped key is opened for.
#[derive(Clone, Copy)]
pub enum Unwrap {
    /// To sign: it cannot be extracted.
    Signing,
    /// To decrypt under one algorithm: it cannot be extracted.
    Decrypting(KeyManagementAlg),
    /// To be wrapped under another root.
    WrappingAgain,
}

fn subtle() -> Result<SubtleCrypto, Fault> {
    let global: WorkerGlobalScope = js_sys::global().unchecked_into();
    Ok(global.crypto().map_err(|cause| fault("crypto", &cause))?.subtle())
}

/// How WebCrypto calls an algorithm: its name, its hash, and the curve. What is no signature by a key pair has no name there.
fn webcrypto_names(alg: ClientSigningAlg) -> (&'static str, &'static str, &'static str) {
    match alg {
        ClientSigningAlg::RS256 => ("RSASSA-PKCS1-v1_5", "SHA-256", ""),
        ClientSigningAlg::PS256 => ("RSA-PSS", "SHA-256", ""),
        ClientSigningAlg::PS384 => ("RSA-PSS", "SHA-384", ""),
        ClientSigningAlg::PS512 => ("RSA-PSS", "SHA-512", ""),
        ClientSigningAlg::ES256 => ("ECDSA", "SHA-256", "P-256"),
        ClientSigningAlg::ES384 => ("ECDSA", "SHA-384", "P-384"),
        ClientSigningAlg::ES512 => ("ECDSA", "SHA-512", "P-521"),
        ClientSigningAlg::EdDSA => ("Ed25519", "", ""),
        _ => ("", "", ""),
    }
}

fn key_params(alg: ClientSigningAlg) -> Object {
    let (name, hash, curve) = webcrypto_names(alg);
    match name {
        "ECDSA" => object(&[("name", name.into()), ("namedCurve", curve.into())]),
        _ => object(&[("name", name.into()), ("hash", hash.into())]),
    }
}

fn private_params(alg: KeyAlg, purpose: Unwrap) -> Object {
    match (alg, purpose) {
        (KeyAlg::Sign(alg), _) => key_params(alg.into()),
        (KeyAlg::Decrypt(DecryptionAlg::EcdhP256), _) => jwe::agreement(Curve::P256),
        (KeyAlg::Decrypt(DecryptionAlg::Rsa), Unwrap::Decrypting(alg)) => jwe::rsa(alg),
        // The hash is no part of the key that is wrapped.
        (KeyAlg::Decrypt(DecryptionAlg::Rsa), _) => jwe::rsa(KeyManagementAlg::RsaOaep256),
    }
}

fn private_usages(alg: KeyAlg) -> &'static [&'static str] {
    match alg {
        KeyAlg::Sign(_) => &["sign"],
        KeyAlg::Decrypt(DecryptionAlg::Rsa) => &["decrypt"],
        KeyAlg::Decrypt(DecryptionAlg::EcdhP256) => &["deriveBits"],
    }
}

fn generation_params(alg: KeyAlg) -> Object {
    let params = private_params(alg, Unwrap::Signing);
    let is_rsa = matches!(
        alg,
        KeyAlg::Sign(SigningAlg::RS256 | SigningAlg::PS256) | KeyAlg::Decrypt(DecryptionAlg::Rsa)
    );
    if is_rsa {
        set(&params, "modulusLength", &2_048.into());
        set(
            &params,
            "publicExponent",
            &Uint8Array::from([1, 0, 1].as_slice()).into(),
        );
    }
    params
}

/// RFC 7518 sections 3.3 to 3.5: PSS has a salt of the size of the hash.
fn signature_params(alg: ClientSigningAlg) -> Object {
    let (name, hash, _) = webcrypto_names(alg);
    let salt = match hash {
        "SHA-384" => 48,
        "SHA-512" => 64,
        _ => 32,
    };
    object(&[
        ("name", name.into()),
        ("hash", hash.into()),
        ("saltLength", salt.into()),
    ])
}

fn gcm(nonce: &[u8], context: &str) -> Object {
    object(&[
        ("name", "AES-GCM".into()),
        ("iv", Uint8Array::from(nonce).into()),
        ("additionalData", Uint8Array::from(context.as_bytes()).into()),
    ])
}

fn object(members: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in members {
        set(&object, name, value);
    }
    object
}

fn set(object: &Object, name: &str, value: &JsValue) {
    // Setting a member of a fresh plain object does not fail.
    let _ = Reflect::set(object, &name.into(), value);
}

fn strings(values: &[&str]) -> JsValue {
    values
        .iter()
        .map(|value| JsValue::from_str(value))
        .collect::<Array>()
        .into()
}

fn to_js(value: &Value) -> Result<Object, Fault> {
    let parsed = js_sys::JSON::parse(&value.to_string()).map_err(|cause| fault("JSON", &cause))?;
    Ok(parsed.unchecked_into())
}

fn bytes(buffer: &JsValue) -> Vec<u8> {
    Uint8Array::new(buffer).to_vec()
}

async fn settle(what: &'static str, promise: Result<js_sys::Promise, JsValue>) -> Result<JsValue, Fault> {
    let promise = promise.map_err(|cause| fault(what, &cause))?;
    JsFuture::from(promise).await.map_err(|cause| fault(what, &cause))
}

fn fault(what: &'static str, cause: &JsValue) -> Fault {
    let message = cause
        .dyn_ref::<js_sys::Error>()
        .map(|error| String::from(error.message()));
    Fault::new(what, message.unwrap_or_else(|| "unknown".to_owned()))
}
