//! Which of a client's keys something is encrypted to (OIDC Core section 10.2, RFC 7517 section 4).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::{Curve, KeyManagementAlg};

/// "A key of size 2048 bits or larger MUST be used with these algorithms" (RFC 7518 section 4.3).
const SHORTEST_RSA: usize = 2_048 / 8;

/// A public key to encrypt to.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipient {
    /// Its name, where it has one: "The Key ID ... MUST be used if there are multiple keys".
    pub kid: Option<String>,
    /// The members that make the key, and no others.
    pub jwk: Value,
    /// Where a secret is agreed upon: on which curve.
    pub curve: Option<Curve>,
}

/// The key of `keys` to encrypt to under `alg`: one that says that it is for just that, before one that says less.
pub fn recipient(keys: &[Map<String, Value>], alg: KeyManagementAlg) -> Option<Recipient> {
    let says = |key: &Map<String, Value>, member: &str, value: &str| text(key, member) == Some(value);
    let mut fitting: Vec<_> = keys.iter().filter_map(|key| Some((key, fit(key, alg)?))).collect();
    fitting.sort_by_key(|(key, _)| (!says(key, "use", "enc"), !says(key, "alg", alg.as_str())));
    fitting.into_iter().next().map(|(_, recipient)| recipient)
}

fn fit(key: &Map<String, Value>, alg: KeyManagementAlg) -> Option<Recipient> {
    let curve = text(key, "crv").and_then(Curve::parse);
    let (kty, members): (_, &[_]) = match (alg.agreement(), curve) {
        (None, _) => ("RSA", &["kty", "n", "e"]),
        (Some(_), Some(Curve::X25519)) => ("OKP", Curve::X25519.public_members()),
        (Some(_), Some(curve)) => ("EC", curve.public_members()),
        (Some(_), None) => return None,
    };
    let absent_or = |member: &str, value: &str| key.get(member).is_none_or(|given| given == value);
    let for_this = text(key, "kty") == Some(kty)
        && absent_or("use", "enc")
        && absent_or("alg", alg.as_str())
        && key.get("key_ops").is_none_or(permits_encryption);
    if !for_this {
        return None;
    }
    if kty == "RSA" && URL_SAFE_NO_PAD.decode(text(key, "n")?).ok()?.len() < SHORTEST_RSA {
        return None;
    }
    let jwk: Option<Map<_, _>> = members
        .iter()
        .map(|member| Some(((*member).to_owned(), text(key, member)?.into())))
        .collect();
    Some(Recipient {
        kid: text(key, "kid").map(str::to_owned),
        jwk: Value::Object(jwk?),
        curve: curve.filter(|_| kty != "RSA"),
    })
}

/// "key_ops" (RFC 7517 section 4.3). The public half of an agreement has no operation of its own.
fn permits_encryption(key_ops: &Value) -> bool {
    let ops = key_ops.as_array().map(Vec::as_slice).unwrap_or_default();
    let encrypting = ["encrypt", "wrapKey", "deriveKey", "deriveBits"];
    ops.is_empty()
        || ops
            .iter()
            .any(|op| op.as_str().is_some_and(|op| encrypting.contains(&op)))
}

fn text<'a>(key: &'a Map<String, Value>, member: &str) -> Option<&'a str> {
    key.get(member)?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys(keys: Value) -> Vec<Map<String, Value>> {
        serde_json::from_value(keys).unwrap()
    }

    fn chosen(set: Value, alg: KeyManagementAlg) -> Option<String> {
        recipient(&keys(set), alg).and_then(|recipient| recipient.kid)
    }

    fn rsa(kid: &str, more: Value) -> Value {
        let mut key = json!({"kty": "RSA", "kid": kid, "n": URL_SAFE_NO_PAD.encode([255; 256]), "e": "AQAB"});
        key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        key
    }

    #[test]
    fn the_key_that_says_most_is_taken() {
        let set = json!([
            rsa("sig", json!({"use": "sig"})),
            rsa("verify", json!({"key_ops": ["verify"]})),
            rsa("any", json!({})),
            rsa("enc", json!({"use": "enc"})),
            rsa("other", json!({"use": "enc", "alg": "RSA-OAEP"})),
            rsa("exact", json!({"use": "enc", "alg": "RSA-OAEP-256"})),
        ]);
        assert_eq!(chosen(set.clone(), KeyManagementAlg::RsaOaep256).unwrap(), "exact");
        assert_eq!(chosen(set.clone(), KeyManagementAlg::RsaOaep).unwrap(), "other");
        assert_eq!(chosen(set, KeyManagementAlg::EcdhEs), None);
        let plain = json!([rsa("sig", json!({"use": "sig"})), rsa("any", json!({}))]);
        assert_eq!(chosen(plain, KeyManagementAlg::RsaOaep).unwrap(), "any");
    }

    #[test]
    fn only_what_makes_the_key_is_kept() {
        let set = keys(json!([
            {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
            {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"},
            {"kty": "EC", "crv": "P-384", "x": "AA"},
            {"kty": "OKP", "crv": "X25519", "x": "AA", "ext": true, "key_ops": [], "x5u": "https://evil.test"},
        ]));
        let found = recipient(&set, KeyManagementAlg::EcdhEsA128Kw).unwrap();
        assert_eq!(found.jwk, json!({"kty": "OKP", "crv": "X25519", "x": "AA"}));
        assert_eq!((found.curve, found.kid), (Some(Curve::X25519), None));
    }

    #[test]
    fn short_rsa_keys_and_odd_ones_are_none() {
        for odd in [
            json!({"n": "AQAB"}),
            json!({"n": 7}),
            json!({"e": 65_537}),
            json!({"use": ["enc"]}),
            json!({"alg": "RSA1_5"}),
        ] {
            assert_eq!(chosen(json!([rsa("odd", odd)]), KeyManagementAlg::RsaOaep), None);
        }
    }
}
