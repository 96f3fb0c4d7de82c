//! Tokens and keys of strangers.

use super::{config, text, two_texts};
use crate::{
    oidc::{
        client::{
            client_assertion::{Audiences, ClientAssertion},
            client_metadata::PublicJwks,
        },
        dpop::{self, Proof, Target},
        jose::{
            jwe::{self, Encrypted},
            jwt::{SigningInput, Unverified},
        },
    },
    routes::Method,
    time::UnixTime,
};

/// A token is taken apart into what it was put together from: no two texts are one token.
pub fn jwt(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let Some(token) = Unverified::parse(text) else { return };
    let signed = token.signed_bytes();
    assert!(text.as_bytes().starts_with(signed));
    assert_eq!(text.as_bytes().get(signed.len()), Some(&b'.'));
    if let (Some(alg), Some(kid)) = (token.alg(), token.kid()) {
        assert_eq!(alg.as_str(), token.alg_name());
        // What Limen writes it reads.
        if let Ok(input) = SigningInput::new(alg, kid, "JWT", serde_json::json!({})) {
            let again = input.with_signature(token.signature());
            let read = Unverified::parse(&again).map(|token| (token.kid().map(str::to_owned), token.alg()));
            assert_eq!(read, Some((Some(kid.to_owned()), Some(alg))));
        }
    }
}

/// What is read as encrypted has the form of what is encrypted.
pub fn jwe(input: &[u8]) {
    let Some(text) = text(input) else { return };
    if Encrypted::parse(text).is_some() {
        assert!(jwe::is_compact(text));
        assert!(
            Unverified::parse(text).is_none(),
            "a token is signed or encrypted, not both"
        );
    }
}

/// What is kept of a JWKS is public, and is read again as the same.
pub fn jwks(input: &[u8]) {
    let Ok(jwks) = PublicJwks::read(input) else { return };
    let kept = serde_json::to_string(&jwks).unwrap_or_default();
    for private in ["\"d\":", "\"p\":", "\"q\":", "\"dp\":", "\"dq\":", "\"qi\":", "\"k\":"] {
        assert!(!kept.contains(private), "{kept}");
    }
    let again = PublicJwks::read(kept.as_bytes()).map(|again| serde_json::to_string(&again).unwrap_or_default());
    assert_eq!(again.ok(), Some(kept));
}

/// An assertion names its client, and one that was judged is good for a bounded time.
pub fn client_assertion(input: &[u8]) {
    let Some((audience, text)) = two_texts(input) else {
        return;
    };
    let Ok(assertion) = ClientAssertion::parse(text) else {
        return;
    };
    assert!(!assertion.client_id().is_empty());
    let now = UnixTime(1_800_000_000);
    let _ = assertion.check(&Audiences::AnyOf(vec![audience.to_owned()]), now);
    assert!(
        assertion.check(&Audiences::AnyOf(Vec::new()), now).is_err(),
        "it is for nobody here"
    );
}

/// A proof brings along a public key and no more, is for one request alone, and is remembered for as long as it stands. The first line
/// is the path of a request, or its address.
pub fn dpop_proof(input: &[u8]) {
    let Some((address, text)) = two_texts(input) else {
        return;
    };
    let Ok(proof) = Proof::parse(text) else { return };
    assert!(proof.alg.is_asymmetric() && proof.token.has_type(dpop::TYPE) && !text.contains(','));
    let members = proof.jwk.as_object().map(|jwk| jwk.keys().cloned().collect::<Vec<_>>());
    for member in members.unwrap_or_default() {
        assert!(
            ["kty", "crv", "x", "y", "n", "e"].contains(&member.as_str()),
            "{member}"
        );
    }
    let (config, path) = (
        config(),
        address.strip_prefix("https://id.acme.test").unwrap_or(address),
    );
    let check = |method, path: &str, now| proof.check(&Target { method, path }, &config, now);
    let claims: Option<serde_json::Value> = proof.token.claims_unverified();
    let iat = claims.and_then(|claims| claims["iat"].as_f64()).unwrap_or_default();
    for now in [UnixTime(1_800_000_000), UnixTime(iat as i64)] {
        let taken = [Method::Get, Method::Post]
            .into_iter()
            .filter_map(|method| check(method, path, now).ok())
            .collect::<Vec<_>>();
        assert!(taken.len() <= 1, "it is for one method");
        for key_proof in taken {
            assert!(dpop::buckets(now).contains(&key_proof.single_use.expires_at));
            assert_eq!(key_proof.jkt.len(), 43);
            let longer = format!("{path}x");
            assert!(path.contains(['?', '#']) || check(Method::Get, &longer, now).is_err());
            let later = key_proof.single_use.expires_at;
            assert!(check(Method::Get, path, later).is_err() && check(Method::Post, path, later).is_err());
        }
    }
}
