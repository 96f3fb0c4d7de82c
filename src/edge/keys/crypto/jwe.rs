//! JWE with WebCrypto's ciphers (RFC 7516 sections 5.1 and 5.2, RFC 7518 sections 4 and 5).

use js_sys::{Object, Uint8Array};
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CryptoKey, CryptoKeyPair};

use super::{bytes, export_public, object, settle, strings, subtle, to_js};
use crate::{
    edge::platform::random,
    fault::Fault,
    oidc::{
        client::{client_key::ClientKey, client_metadata::Encryption},
        jose::jwe::{
            Agreement, Authenticated, CbcHmacKeys, ContentEncryption, Curve, Encrypted, Header, KeyManagementAlg,
            KeyWrap, Sealed, concat_kdf,
        },
    },
};

/// Encrypts `payload` to a client's key. `None` when WebCrypto does not take the key.
pub async fn encrypt(
    payload: &[u8],
    to: &ClientKey,
    encryption: Encryption,
    cty: Option<&str>,
) -> Result<Option<String>, Fault> {
    let Encryption { alg, enc } = encryption;
    let fresh = random::bytes::<64>()?;
    let fresh = fresh.get(..enc.key_len()).unwrap_or_default();
    // The key of the client's choice is the one thing here that may be wrong.
    let Ok(key) = ContentKey::to(to, encryption, fresh).await else {
        return Ok(None);
    };
    let header = Header {
        alg,
        enc,
        kid: to.kid.as_deref(),
        cty,
        epk: key.epk.as_ref(),
    };
    let protected = header.encode().map_err(|cause| Fault::new("JWE header", cause))?;
    let iv = random::bytes::<16>()?;
    let iv = iv.get(..enc.iv_len()).unwrap_or_default();
    let (ciphertext, tag) = encrypt_content(enc, &key.content_key, iv, protected.as_bytes(), payload).await?;
    let sealed = Sealed {
        encrypted_key: key.encrypted_key,
        iv: iv.to_vec(),
        ciphertext,
        tag,
        protected,
    };
    Ok(Some(sealed.to_compact()))
}

/// Opens `jwe` with a private key of Limen's. `None` for whatever is wrong with it: who sent it learns no more.
pub async fn decrypt(jwe: &Encrypted<'_>, private: &CryptoKey) -> Option<Vec<u8>> {
    let fallback = random::bytes::<64>().ok()?;
    let fallback = fallback.get(..jwe.enc.key_len())?.to_vec();
    // "the recipient ... substitutes a randomly generated CEK ... to mitigate the attacks" (RFC 7516 section 11.5).
    let content_key = open_key(jwe, private)
        .await
        .ok()
        .filter(|key| key.len() == jwe.enc.key_len());
    decrypt_content(jwe, &content_key.unwrap_or(fallback)).await
}

/// A content key, and what tells it to its reader.
struct ContentKey {
    content_key: Vec<u8>,
    encrypted_key: Vec<u8>,
    epk: Option<Value>,
}

impl ContentKey {
    /// Sends the `fresh` key to `to`, or agrees upon another with it.
    async fn to(to: &ClientKey, encryption: Encryption, fresh: &[u8]) -> Result<Self, Fault> {
        let Encryption { alg, enc } = encryption;
        let Some(wrap) = alg.agreement() else {
            let key = import_rsa(&to.jwk, alg).await?;
            let promise = subtle()?.encrypt_with_object_and_js_u8_array(&rsa(alg), &key, &Uint8Array::from(fresh));
            return Ok(Self {
                content_key: fresh.to_vec(),
                encrypted_key: bytes(&settle("encrypt key", promise).await?),
                epk: None,
            });
        };
        let curve = curve_of(&to.jwk)?;
        let ephemeral: CryptoKeyPair = {
            let promise = subtle()?.generate_key_with_object(&agreement(curve), true, &strings(&["deriveBits"]));
            settle("generate key", promise).await?.unchecked_into()
        };
        let epk = curve.public_jwk(&export_public(&ephemeral).await?);
        let z = agree(&to.jwk, curve, &ephemeral.get_private_key()).await?;
        let (content_key, encrypted_key) = match wrap {
            KeyWrap::Direct => (concat_kdf(&z, enc.as_str(), b"", b"", enc.key_len()), Vec::new()),
            KeyWrap::Aes(len) => {
                let kek = concat_kdf(&z, alg.as_str(), b"", b"", len);
                (fresh.to_vec(), aes_wrap(&kek, fresh).await?)
            }
        };
        Ok(Self {
            content_key,
            encrypted_key,
            epk,
        })
    }
}

async fn open_key(jwe: &Encrypted<'_>, private: &CryptoKey) -> Result<Vec<u8>, Fault> {
    let (Some(Agreement { epk, apu, apv }), Some(wrap)) = (&jwe.agreement, jwe.alg.agreement()) else {
        let encrypted = Uint8Array::from(jwe.encrypted_key.as_slice());
        let promise = subtle()?.decrypt_with_object_and_js_u8_array(&rsa(jwe.alg), private, &encrypted);
        return Ok(bytes(&settle("decrypt key", promise).await?));
    };
    // WebCrypto refuses points that are not on the curve, and keys of two curves.
    let z = agree(epk, curve_of(epk)?, private).await?;
    match wrap {
        KeyWrap::Direct => Ok(concat_kdf(&z, jwe.enc.as_str(), apu, apv, jwe.enc.key_len())),
        KeyWrap::Aes(len) => {
            let kek = concat_kdf(&z, jwe.alg.as_str(), apu, apv, len);
            aes_unwrap(&kek, &jwe.encrypted_key).await
        }
    }
}

async fn import_rsa(jwk: &Value, alg: KeyManagementAlg) -> Result<CryptoKey, Fault> {
    let promise = subtle()?.import_key_with_object("jwk", &to_js(jwk)?, &rsa(alg), false, &strings(&["encrypt"]));
    Ok(settle("import public key", promise).await?.unchecked_into())
}

fn curve_of(jwk: &Value) -> Result<Curve, Fault> {
    let curve = jwk.get("crv").and_then(Value::as_str).and_then(Curve::parse);
    curve.ok_or_else(|| Fault::new("agree on a key", "unknown crv"))
}

/// The secret that the key pairs of `public` and `private` share.
async fn agree(public: &Value, curve: Curve, private: &CryptoKey) -> Result<Vec<u8>, Fault> {
    let promise = subtle()?.import_key_with_object("jwk", &to_js(public)?, &agreement(curve), false, &strings(&[]));
    let public = settle("import public key", promise).await?;
    let params = agreement(curve);
    super::set(&params, "public", &public);
    let promise = subtle()?.derive_bits_with_object(&params, private, curve.secret_bits());
    Ok(bytes(&settle("agree on a key", promise).await?))
}

/// AES Key Wrap (RFC 3394). It wraps keys alone: to WebCrypto the content key is one for HMAC, which may have any length.
async fn aes_wrap(kek: &[u8], content_key: &[u8]) -> Result<Vec<u8>, Fault> {
    let kek = import_raw(kek, &object(&[("name", "AES-KW".into())]), "wrapKey").await?;
    let promise = subtle()?.import_key_with_object(
        "raw",
        &Uint8Array::from(content_key),
        &any_bytes(),
        true,
        &strings(&["sign"]),
    );
    let content_key: CryptoKey = settle("import content key", promise).await?.unchecked_into();
    let promise = subtle()?.wrap_key_with_str("raw", &content_key, &kek, "AES-KW");
    Ok(bytes(&settle("wrap content key", promise).await?))
}

async fn aes_unwrap(kek: &[u8], wrapped: &[u8]) -> Result<Vec<u8>, Fault> {
    let kek = import_raw(kek, &object(&[("name", "AES-KW".into())]), "unwrapKey").await?;
    let promise = subtle()?.unwrap_key_with_js_u8_array_and_str_and_object(
        "raw",
        &Uint8Array::from(wrapped),
        &kek,
        "AES-KW",
        &any_bytes(),
        true,
        &strings(&["sign"]),
    );
    let content_key: CryptoKey = settle("unwrap content key", promise).await?.unchecked_into();
    let raw = settle("export content key", subtle()?.export_key("raw", &content_key)).await?;
    Ok(bytes(&raw))
}

/// The ciphertext and its tag.
async fn encrypt_content(
    enc: ContentEncryption,
    content_key: &[u8],
    iv: &[u8],
    aad: &[u8],
    payload: &[u8],
) -> Result<(Vec<u8>, Vec<u8>), Fault> {
    let encrypt = async |key: &[u8], params: Object| {
        let key = import_raw(key, &params, "encrypt").await?;
        let promise = subtle()?.encrypt_with_object_and_js_u8_array(&params, &key, &Uint8Array::from(payload));
        settle("encrypt", promise).await.map(|ciphertext| bytes(&ciphertext))
    };
    if enc.is_gcm() {
        let mut ciphertext = encrypt(content_key, gcm(iv, aad)).await?;
        let tag = ciphertext.split_off(ciphertext.len().saturating_sub(enc.tag_len()));
        return Ok((ciphertext, tag));
    }
    let keys = CbcHmacKeys::split(content_key);
    let ciphertext = encrypt(keys.enc_key, cbc(iv)).await?;
    let authenticated = Authenticated {
        aad,
        iv,
        ciphertext: &ciphertext,
    };
    let tag = keys.tag(enc, &authenticated);
    Ok((ciphertext, tag))
}

async fn decrypt_content(jwe: &Encrypted<'_>, content_key: &[u8]) -> Option<Vec<u8>> {
    let decrypt = async |key: &[u8], params: Object, ciphertext: &[u8]| {
        let key = import_raw(key, &params, "decrypt").await.ok()?;
        let promise = subtle()
            .ok()?
            .decrypt_with_object_and_js_u8_array(&params, &key, &Uint8Array::from(ciphertext));
        settle("decrypt", promise).await.ok().map(|payload| bytes(&payload))
    };
    let aad = jwe.protected.as_bytes();
    if jwe.enc.is_gcm() {
        let ciphertext = [jwe.ciphertext.as_slice(), &jwe.tag].concat();
        return decrypt(content_key, gcm(&jwe.iv, aad), &ciphertext).await;
    }
    let keys = CbcHmacKeys::split(content_key);
    let authenticated = Authenticated {
        aad,
        iv: &jwe.iv,
        ciphertext: &jwe.ciphertext,
    };
    if !keys.verify(jwe.enc, &authenticated, &jwe.tag) {
        return None;
    }
    decrypt(keys.enc_key, cbc(&jwe.iv), &jwe.ciphertext).await
}

async fn import_raw(key: &[u8], params: &Object, usage: &str) -> Result<CryptoKey, Fault> {
    let promise = subtle()?.import_key_with_object("raw", &Uint8Array::from(key), params, false, &strings(&[usage]));
    Ok(settle("import key", promise).await?.unchecked_into())
}

/// RSAES-OAEP (RFC 7518 section 4.3).
pub(super) fn rsa(alg: KeyManagementAlg) -> Object {
    let hash = match alg {
        KeyManagementAlg::RsaOaep => "SHA-1",
        _ => "SHA-256",
    };
    object(&[("name", "RSA-OAEP".into()), ("hash", hash.into())])
}

pub(super) fn agreement(curve: Curve) -> Object {
    match curve {
        Curve::X25519 => object(&[("name", "X25519".into())]),
        _ => object(&[("name", "ECDH".into()), ("namedCurve", curve.as_str().into())]),
    }
}

fn any_bytes() -> Object {
    object(&[("name", "HMAC".into()), ("hash", "SHA-256".into())])
}

fn gcm(iv: &[u8], aad: &[u8]) -> Object {
    let [iv, aad] = [iv, aad].map(|part| JsValue::from(Uint8Array::from(part)));
    object(&[("name", "AES-GCM".into()), ("iv", iv), ("additionalData", aad)])
}

fn cbc(iv: &[u8]) -> Object {
    object(&[("name", "AES-CBC".into()), ("iv", Uint8Array::from(iv).into())])
}
