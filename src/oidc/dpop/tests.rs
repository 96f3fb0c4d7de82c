use serde_json::{Value, json};

use super::*;

/// RFC 9449 section 4.1, figure 1: of a token request.
const OF_TOKEN_REQUEST: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";

/// RFC 9449 section 7.1, figure 12: of a request for a protected resource, with its access token.
const OF_RESOURCE: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
const ACCESS_TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";

/// The thumbprint of section 6.1.
const JKT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

const NOW: UnixTime = UnixTime(1_800_000_030);

fn config(nonces: &str) -> Config {
    Config::parse(|name| {
        let value = match name {
            "ISSUER" => "https://id.acme.org",
            "MTLS_ORIGIN" => "https://mtls.acme.org",
            "KEK_1" => "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
            "DPOP_NONCES" => nonces,
            _ => return None,
        };
        Some(value.to_owned())
    })
    .unwrap()
}

fn jwk() -> Value {
    json!({
        "kty": "EC", "crv": "P-256",
        "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
    })
}

/// A member of `change` that is null is left out.
fn changed(whole: Value, change: &Value) -> Value {
    let mut whole = whole;
    for (name, value) in change.as_object().unwrap() {
        match value {
            Value::Null => _ = whole.as_object_mut().unwrap().remove(name),
            value => whole[name] = value.clone(),
        }
    }
    whole
}

fn proof(header: Value, claims: Value) -> String {
    let whole = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk() });
    let header = changed(whole, &header);
    let whole = json!({ "jti": "j", "htm": "POST", "htu": "https://id.acme.org/token", "iat": NOW.0 });
    let claims = changed(whole, &claims);
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.AAAA", part(header), part(claims))
}

fn check(claims: Value, nonces: &str) -> Result<KeyProof, OAuthError> {
    let text = proof(json!({}), claims);
    let target = Target {
        method: Method::Post,
        path: "/token",
    };
    Proof::parse(&text).unwrap().check(&target, &config(nonces), NOW)
}

fn code<T>(result: Result<T, OAuthError>) -> Option<ErrorCode> {
    result.err().map(|error| error.code)
}

#[test]
fn the_examples_of_rfc_9449_are_taken_apart() {
    let of_token_request = Proof::parse(OF_TOKEN_REQUEST).unwrap();
    assert_eq!(
        (of_token_request.jkt.as_str(), of_token_request.alg),
        (JKT, ClientSigningAlg::ES256)
    );
    assert_eq!(of_token_request.claims.jti, "-BwC3ESc6acc2lTc");
    assert!(htu::names(
        &of_token_request.claims.htu,
        "https://server.example.com/token"
    ));
    let made_at = UnixTime(1_562_262_616);
    assert_eq!(of_token_request.good_until(made_at), Ok(made_at + OLDEST));

    let of_resource = Proof::parse(OF_RESOURCE).unwrap();
    assert_eq!(of_resource.jkt, JKT);
    assert_eq!(of_resource.claims.htm, "GET");
    let shown = KeyProof {
        alg: ClientSigningAlg::ES256,
        jkt: of_resource.jkt,
        single_use: SingleUse::new(&[], NOW),
        ath: of_resource.claims.ath,
    };
    assert!(shown.covers(ACCESS_TOKEN));
    assert!(!shown.covers("another") && !shown.covers(""));
}

/// Section 4.3, numbers 2 to 7.
#[test]
fn what_is_no_proof_is_refused() {
    assert!(Proof::parse(&proof(json!({}), json!({}))).is_ok());
    let rsa = json!({"kty": "RSA", "e": "AQAB", "n": URL_SAFE_NO_PAD.encode([0xc5; 256])});
    assert!(Proof::parse(&proof(json!({"alg": "PS256", "jwk": rsa.clone()}), json!({}))).is_ok());
    for header in [
        json!({"typ": null}),
        json!({"typ": "JWT"}),
        json!({"typ": "dpop+jwt+x"}),
        json!({"alg": null}),
        json!({"alg": "none"}),
        json!({"alg": "HS256"}),
        json!({"alg": "RS256"}),
        json!({"alg": "EdDSA"}),
        json!({"alg": "ES384"}),
        json!({"crit": ["x"], "x": 1}),
        json!({"jwk": null}),
        json!({"jwk": "x"}),
        json!({"jwk": {}}),
        json!({"jwk": {"kty": "oct", "k": "AAAA"}, "alg": "HS256"}),
        json!({"jwk": changed(jwk(), &json!({"d": "AAAA"}))}),
        json!({"jwk": changed(jwk(), &json!({"d": 1}))}),
        json!({"jwk": changed(jwk(), &json!({"crv": "P-384"}))}),
        json!({"jwk": changed(jwk(), &json!({"y": null}))}),
        json!({"jwk": changed(jwk(), &json!({"use": "enc"}))}),
        json!({"jwk": changed(jwk(), &json!({"alg": "ES384"}))}),
        json!({"jwk": changed(rsa.clone(), &json!({"n": URL_SAFE_NO_PAD.encode([0xc5; 128])})), "alg": "RS256"}),
        json!({"jwk": changed(rsa, &json!({"p": "AAAA"})), "alg": "RS256"}),
    ] {
        let refused = code(Proof::parse(&proof(header.clone(), json!({}))));
        assert_eq!(refused, Some(ErrorCode::InvalidDpopProof), "{header}");
    }
    for claims in [
        json!({"jti": null}),
        json!({"jti": ""}),
        json!({"jti": "j".repeat(513)}),
        json!({"jti": 1}),
        json!({"htm": null}),
        json!({"htu": null}),
        json!({"iat": null}),
        json!({"iat": "now"}),
        json!({"ath": 1}),
        json!({"nonce": ["x"]}),
    ] {
        let refused = code(Proof::parse(&proof(json!({}), claims.clone())));
        assert_eq!(refused, Some(ErrorCode::InvalidDpopProof), "{claims}");
    }
    let whole = proof(json!({}), json!({}));
    for text in [
        "",
        "x",
        &whole[..whole.len() - 5],
        &format!("{whole}, {whole}"),
        &proof(json!({}), json!({"x": "x".repeat(LONGEST)})),
    ] {
        assert!(Proof::parse(text).is_err(), "{text}");
    }
}

/// Section 4.3, numbers 8 and 9.
#[test]
fn a_proof_is_for_one_method_and_address() {
    for htu in [
        "https://id.acme.org/token",
        "https://mtls.acme.org/token",
        "https://ID.acme.org:443/token?a=b#c",
    ] {
        assert!(check(json!({ "htu": htu }), "off").is_ok(), "{htu}");
    }
    for claims in [
        json!({"htm": "GET"}),
        json!({"htm": "post"}),
        json!({"htu": "https://id.acme.org/userinfo"}),
        json!({"htu": "https://other.acme.org/token"}),
        json!({"htu": "http://id.acme.org/token"}),
        json!({"htu": "/token"}),
    ] {
        assert_eq!(
            code(check(claims.clone(), "off")),
            Some(ErrorCode::InvalidDpopProof),
            "{claims}"
        );
    }
}

/// Section 4.3, number 11.
#[test]
fn a_proof_is_good_for_two_minutes() {
    let at = |iat: f64| check(json!({ "iat": iat }), "off").is_ok();
    let now = NOW.0 as f64;
    for iat in [now, now - 120.0, now + 60.0, now + 60.9] {
        assert!(at(iat), "{iat}");
    }
    for iat in [now - 121.0, now + 61.0, 0.0, -1.0, 1e300] {
        assert!(!at(iat), "{iat}");
    }
    assert!(check(json!({"nbf": NOW.0, "exp": NOW.0 + 300}), "off").is_ok());
    assert!(check(json!({"nbf": NOW.0 + 61}), "off").is_err());
    assert!(check(json!({"exp": NOW.0 - 60}), "off").is_err());
}

/// Sections 8 and 4.3, number 10: the nonce then tells when the proof was made.
#[test]
fn where_a_nonce_is_wanted_it_counts_in_place_of_the_time() {
    let nonce = nonce::current(&config("required").roots, NOW);
    let of = |claims: Value| code(check(claims, "required"));
    assert_eq!(of(json!({ "nonce": nonce })), None);
    assert_eq!(of(json!({ "nonce": nonce, "iat": 0 })), None);
    for claims in [json!({}), json!({"nonce": ""}), json!({"nonce": "x"})] {
        assert_eq!(of(claims), Some(ErrorCode::UseDpopNonce));
    }
    assert_eq!(
        of(json!({ "nonce": nonce, "htm": "GET" })),
        Some(ErrorCode::InvalidDpopProof)
    );
    assert!(check(json!({"nonce": "x"}), "off").is_ok(), "nobody gave one");
}

/// Section 11.1.
#[test]
fn a_proof_is_remembered_for_as_long_as_it_stands() {
    let nonce = nonce::current(&config("required").roots, NOW);
    for (claims, nonces, until) in [
        (json!({}), "off", NOW + OLDEST),
        (json!({ "iat": NOW.0 + 60 }), "off", NOW + OLDEST + MOST_AHEAD),
        (json!({ "iat": NOW.0 - 120 }), "off", NOW),
        (json!({ "nonce": nonce }), "required", NOW + Lifetime(90)),
    ] {
        let kept = check(claims.clone(), nonces).unwrap().single_use.expires_at;
        assert!(kept > until && kept <= until + BUCKET, "{claims}");
        assert!(buckets(NOW).contains(&kept), "{claims}");
    }
    let key = |claims: Value| check(claims, "off").unwrap().single_use.key;
    assert_eq!(
        key(json!({})),
        key(json!({"iat": NOW.0 - 60, "htu": "https://mtls.acme.org/token"}))
    );
    assert_ne!(key(json!({})), key(json!({"jti": "k"})));
}
