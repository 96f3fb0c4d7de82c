//! Tokens and keys of strangers.

use super::{text, two_texts};
use crate::{
    oidc::{
        client::{
            client_assertion::{Audiences, ClientAssertion},
            client_metadata::PublicJwks,
        },
        jose::{
            jwe::{self, Encrypted},
            jwt::{SigningInput, Unverified},
        },
    },
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
