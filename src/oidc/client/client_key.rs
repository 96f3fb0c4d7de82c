//! Which of a client's keys is meant (RFC 7515 section 4.1.4, RFC 7517 section 4, OIDC Core section 10).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::client_metadata::{ClientSigningAlg, KeyManagementAlg, PublicJwks};

/// The bytes of an RSA modulus: "A key of size 2048 bits or larger MUST be used" (RFC 7518 sections 3.3 and 4.3), and one over
/// 8192 bits only costs time.
const RSA_MODULUS: std::ops::RangeInclusive<usize> = 256..=1_024;

/// The most keys that are tried on a signature whose `kid` does not tell.
const MOST_TRIED: usize = 4;

/// A public key of a client's, fit for what it was looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientKey {
    /// `kid`.
    pub kid: Option<String>,
    /// The members that make the key, and no others: nothing that could contradict its use.
    pub jwk: Value,
}

/// The keys that may have made a signature under `alg`: the one that `kid` names, or every one that fits where a token names
/// none.
pub fn for_verification(keys: &PublicJwks, kid: Option<&str>, alg: ClientSigningAlg) -> Vec<ClientKey> {
    let Some((kty, curves)) = signature_kind(alg) else {
        return Vec::new();
    };
    let named = |key: &&Map<String, Value>| kid.is_none() || text(key, "kid") == kid;
    let fits = |key: &&Map<String, Value>| {
        is_for(key, "sig", &["verify"])
            && alg_allows(key, |name| ClientSigningAlg::parse(name) == Some(alg))
            && is_kind(key, kty, curves)
    };
    let fitting = keys.keys.iter().filter(named).filter(fits);
    fitting.filter_map(public).take(MOST_TRIED).collect()
}

/// The key that a token under `alg` brings along in its own header. `None` for one that does not fit, and for one with a private
/// member, which its owner should not have sent anywhere.
pub fn brought_along(key: &Map<String, Value>, alg: ClientSigningAlg) -> Option<ClientKey> {
    const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
    let (kty, curves) = signature_kind(alg)?;
    let is_public = !PRIVATE.iter().any(|member| key.contains_key(*member));
    let fits = is_public
        && is_for(key, "sig", &["verify"])
        && alg_allows(key, |name| ClientSigningAlg::parse(name) == Some(alg))
        && is_kind(key, kty, curves);
    public(key).filter(|_| fits)
}

/// The key to encrypt to under `alg`: one that says that it is for just that, before one that says less.
pub fn for_encryption(keys: &PublicJwks, alg: KeyManagementAlg) -> Option<ClientKey> {
    let (kty, curves): (_, &[_]) = match alg.agreement() {
        None => ("RSA", &[]),
        Some(_) => ("", &["P-256", "P-384", "P-521", "X25519"]),
    };
    let fits = |key: &&Map<String, Value>| {
        is_for(key, "enc", &["encrypt", "wrapKey", "deriveKey", "deriveBits"])
            && alg_allows(key, |name| name == alg.as_str())
            && is_kind(key, kty, curves)
    };
    let mut fitting: Vec<_> = keys.keys.iter().filter(fits).collect();
    fitting.sort_by_key(|key| (!key.contains_key("use"), !key.contains_key("alg")));
    fitting.into_iter().find_map(public)
}

/// `kty` and the possible `crv` of a signature algorithm's keys; `None` for one that has no public keys.
fn signature_kind(alg: ClientSigningAlg) -> Option<(&'static str, &'static [&'static str])> {
    match alg {
        ClientSigningAlg::RS256 | ClientSigningAlg::PS256 | ClientSigningAlg::PS384 | ClientSigningAlg::PS512 => {
            Some(("RSA", &[]))
        }
        ClientSigningAlg::ES256 => Some(("EC", &["P-256"])),
        ClientSigningAlg::ES384 => Some(("EC", &["P-384"])),
        ClientSigningAlg::ES512 => Some(("EC", &["P-521"])),
        ClientSigningAlg::EdDSA => Some(("OKP", &["Ed25519"])),
        _ => None,
    }
}

/// `use` and `key_ops` (RFC 7517 sections 4.2 and 4.3), where they are there. WebCrypto exports the public half of an agreement
/// with no operation at all.
fn is_for(key: &Map<String, Value>, purpose: &str, operations: &[&str]) -> bool {
    let allows = |ops: &Value| {
        let ops = ops.as_array().map(Vec::as_slice);
        let mut named = ops.into_iter().flatten().filter_map(Value::as_str);
        (purpose == "enc" && ops == Some(&[])) || named.any(|op| operations.contains(&op))
    };
    key.get("use").is_none_or(|given| given == purpose) && key.get("key_ops").is_none_or(allows)
}

/// `alg` (RFC 7517 section 4.4), where it is there.
fn alg_allows(key: &Map<String, Value>, wanted: impl Fn(&str) -> bool) -> bool {
    key.get("alg").is_none_or(|alg| alg.as_str().is_some_and(wanted))
}

/// Whether a key is of `kty`, where one is given, and on one of `curves`, where there are any.
fn is_kind(key: &Map<String, Value>, kty: &str, curves: &[&str]) -> bool {
    (kty.is_empty() || text(key, "kty") == Some(kty))
        && (curves.is_empty() || text(key, "crv").is_some_and(|crv| curves.contains(&crv)))
}

/// The members that make a public key (RFC 7518 sections 6.2.1 and 6.3.1, RFC 8037 section 2). `None` when one is missing or
/// odd.
fn public(key: &Map<String, Value>) -> Option<ClientKey> {
    let kty = text(key, "kty")?;
    let members: &[&str] = match kty {
        "RSA" if RSA_MODULUS.contains(&modulus_length(key)?) => &["n", "e"],
        "EC" => &["crv", "x", "y"],
        "OKP" => &["crv", "x"],
        _ => return None,
    };
    let mut jwk = Map::from_iter([("kty".to_owned(), kty.into())]);
    for name in members {
        jwk.insert((*name).to_owned(), text(key, name)?.into());
    }
    Some(ClientKey {
        kid: text(key, "kid").map(str::to_owned),
        jwk: jwk.into(),
    })
}

fn modulus_length(key: &Map<String, Value>) -> Option<usize> {
    let modulus = URL_SAFE_NO_PAD.decode(text(key, "n")?).ok()?;
    Some(modulus.iter().skip_while(|byte| **byte == 0).count())
}

fn text<'a>(key: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    key.get(name)?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// RFC 7517 appendix A.1, with the Ed25519 key of RFC 8037 appendix A.2, and an X25519 key.
    fn jwks() -> PublicJwks {
        let keys = json!([
            {"kty": "EC", "crv": "P-256", "use": "enc", "kid": "ec-enc",
             "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"},
            {"kty": "EC", "crv": "P-256", "kid": "ec",
             "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"},
            {"kty": "RSA", "alg": "RS256", "kid": "2011-04-29", "e": "AQAB", "n": n(256), "x5c": ["AA=="], "ext": true},
            {"kty": "RSA", "alg": "PS256", "kid": "pss", "e": "AQAB", "n": n(256)},
            {"kty": "RSA", "use": "sig", "kid": "short", "e": "AQAB", "n": n(255)},
            {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
            {"kty": "OKP", "crv": "X25519", "kid": "x", "x": "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"},
            {"kty": "new", "kid": "new"},
            {"kty": "RSA", "kid": "numeric", "e": 65537, "n": n(256)},
        ]);
        PublicJwks::read(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
    }

    fn n(bytes: usize) -> String {
        URL_SAFE_NO_PAD.encode([&[0][..], &vec![0xc5; bytes]].concat())
    }

    fn kids(kid: Option<&str>, alg: ClientSigningAlg) -> Vec<String> {
        let found = for_verification(&jwks(), kid, alg);
        found.into_iter().filter_map(|key| key.kid).collect()
    }

    #[test]
    fn a_signature_is_checked_under_the_named_key_alone() {
        assert_eq!(kids(Some("ec"), ClientSigningAlg::ES256), ["ec"]);
        assert_eq!(kids(Some("ed"), ClientSigningAlg::EdDSA), ["ed"]);
        assert_eq!(kids(Some("2011-04-29"), ClientSigningAlg::RS256), ["2011-04-29"]);
        assert!(kids(Some("unknown"), ClientSigningAlg::ES256).is_empty());
    }

    #[test]
    fn a_key_serves_no_other_alg_use_or_curve() {
        for (kid, alg) in [
            ("ec-enc", ClientSigningAlg::ES256),
            ("2011-04-29", ClientSigningAlg::PS256),
            ("2011-04-29", ClientSigningAlg::ES256),
            ("x", ClientSigningAlg::EdDSA),
            ("short", ClientSigningAlg::RS256),
            ("numeric", ClientSigningAlg::RS256),
            ("new", ClientSigningAlg::RS256),
            ("2011-04-29", ClientSigningAlg::HS256),
            ("2011-04-29", ClientSigningAlg::InsecureNone),
        ] {
            assert!(kids(Some(kid), alg).is_empty(), "{kid} {alg:?}");
        }
    }

    #[test]
    fn without_a_kid_every_key_that_fits_is_tried() {
        assert_eq!(kids(None, ClientSigningAlg::RS256), ["2011-04-29"]);
        assert_eq!(kids(None, ClientSigningAlg::ES256), ["ec"]);
        let many = PublicJwks {
            keys: vec![jwks().keys.remove(1); 9],
        };
        assert_eq!(for_verification(&many, None, ClientSigningAlg::ES256).len(), MOST_TRIED);
    }

    #[test]
    fn only_the_members_of_the_key_itself_are_handed_on() {
        let found = for_verification(&jwks(), None, ClientSigningAlg::RS256);
        assert_eq!(found[0].jwk, json!({"kty": "RSA", "n": n(256), "e": "AQAB"}));
    }

    #[test]
    fn what_is_encrypted_goes_to_a_key_that_is_for_it() {
        let kid = |alg| for_encryption(&jwks(), alg).and_then(|key| key.kid);
        assert_eq!(kid(KeyManagementAlg::EcdhEs).as_deref(), Some("ec-enc"));
        assert_eq!(kid(KeyManagementAlg::EcdhEsA256Kw).as_deref(), Some("ec-enc"));
        assert_eq!(kid(KeyManagementAlg::RsaOaep), None);
        let rsa = json!({"keys": [{"kty": "RSA", "alg": "RSA-OAEP-256", "kid": "r", "e": "AQAB", "n": n(256)}]});
        let rsa = PublicJwks::read(rsa.to_string().as_bytes()).unwrap();
        assert!(for_encryption(&rsa, KeyManagementAlg::RsaOaep256).is_some());
        assert!(for_encryption(&rsa, KeyManagementAlg::RsaOaep).is_none());
    }

    #[test]
    fn of_keys_to_encrypt_to_the_one_that_says_most_is_taken() {
        let rsa = |kid: &str, more: &str| {
            format!(
                r#"{{"kty": "RSA", "kid": "{kid}", "n": "{}", "e": "AQAB" {more}}}"#,
                n(256)
            )
        };
        let keys = [
            rsa("sig", r#", "use": "sig""#),
            rsa("any", ""),
            rsa("enc", r#", "use": "enc", "key_ops": []"#),
            rsa("other", r#", "use": "enc", "alg": "RSA-OAEP-256""#),
            rsa("exact", r#", "use": "enc", "alg": "RSA-OAEP""#),
        ];
        let chosen = |keys: &[String]| {
            let jwks = PublicJwks::read(format!(r#"{{"keys": [{}]}}"#, keys.join(",")).as_bytes()).unwrap();
            for_encryption(&jwks, KeyManagementAlg::RsaOaep).and_then(|key| key.kid)
        };
        assert_eq!(chosen(&keys).as_deref(), Some("exact"));
        assert_eq!(chosen(&keys[..4]).as_deref(), Some("enc"));
        assert_eq!(chosen(&keys[..2]).as_deref(), Some("any"));
        assert_eq!(chosen(&keys[..1]), None);
    }

    #[test]
    fn key_ops_are_honoured() {
        let mut key = jwks().keys.remove(1);
        for (ops, fits) in [
            (json!(["verify"]), true),
            (json!(["sign"]), false),
            (json!([]), false),
            (json!("verify"), false),
        ] {
            key.insert("key_ops".to_owned(), ops);
            let keys = PublicJwks {
                keys: vec![key.clone()],
            };
            assert_eq!(!for_verification(&keys, None, ClientSigningAlg::ES256).is_empty(), fits);
        }
    }
}
