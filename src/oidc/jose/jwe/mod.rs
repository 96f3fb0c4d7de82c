//! JSON Web Encryption in compact serialisation (RFC 7516): what is encrypted to a client, and what comes encrypted to
//! Limen.
//!
//! Here are the header, the key derivation, and the text around the ciphertext. The ciphers are WebCrypto's, at the edge.

mod alg;
mod cbc_hmac;
mod compact;
mod concat_kdf;

pub use self::{
    alg::{ContentEncryption, Curve, KeyManagementAlg, KeyWrap},
    cbc_hmac::{Authenticated, CbcHmacKeys},
    compact::{Agreement, Encrypted, Header, Sealed, is_compact},
    concat_kdf::concat_kdf,
};
