//! Assertions as RFC 7523 section 3 has them, and what attackers make of them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;

const NOW: UnixTime = UnixTime(1_800_000_000);

fn ours() -> Audiences<'static> {
    Audiences::AnyOf(vec![
        "https://id.acme.org".to_owned(),
        "https://id.acme.org/token".to_owned(),
    ])
}

fn claims(change: Value) -> Value {
    let mut claims = json!({
        "iss": "c1", "sub": "c1", "aud": "https://id.acme.org", "exp": NOW.0 + 60, "iat": NOW.0, "jti": "j1",
    });
    for (name, value) in change.as_object().unwrap() {
        match value {
            Value::Null => _ = claims.as_object_mut().unwrap().remove(name),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

fn jwt(header: Value, claims: Value) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.AAAA", part(header), part(claims))
}

fn assertion(change: Value) -> Result<ClientAssertion, OAuthError> {
    ClientAssertion::parse(&jwt(json!({"alg": "ES256"}), claims(change)))
}

fn check(change: Value) -> Result<SingleUse, OAuthError> {
    assertion(change)?.check(&ours(), NOW)
}

#[test]
fn the_claims_of_rfc_7523_are_enough() {
    let found = assertion(json!({})).unwrap();
    assert_eq!((found.client_id(), found.method()), ("c1", AuthMethod::PrivateKeyJwt));
    assert_eq!(found.check(&ours(), NOW).unwrap().expires_at, NOW + Lifetime(90));
    assert!(check(json!({"iat": null})).is_ok());
}

#[test]
fn the_audience_is_the_issuer_or_the_token_endpoint() {
    for aud in [
        json!("https://id.acme.org"),
        json!("https://id.acme.org/token"),
        json!(["https://id.acme.org"]),
        json!(["https://other.example", "https://id.acme.org/token"]),
    ] {
        assert!(check(json!({ "aud": aud })).is_ok(), "{aud}");
    }
    for aud in [
        json!("https://id.acme.org/"),
        json!("https://id.acme.org/introspect"),
        json!("https://other.example"),
        json!([]),
        json!([["https://id.acme.org"]]),
        json!(1),
        json!(""),
        json!(null),
    ] {
        assert!(check(json!({ "aud": aud })).is_err(), "{aud}");
    }
}

/// rfc7523bis section 4: the issuer alone.
#[test]
fn the_audience_is_the_issuer_alone_unless_the_operator_says_otherwise() {
    let check = |aud: Value| {
        assertion(json!({ "aud": aud })).and_then(|it| it.check(&Audiences::Issuer("https://id.acme.org"), NOW))
    };
    assert!(check(json!("https://id.acme.org")).is_ok());
    assert!(check(json!(["https://id.acme.org"])).is_ok());
    for aud in [
        json!("https://id.acme.org/token"),
        json!("https://id.acme.org/"),
        json!(["https://id.acme.org", "https://id.acme.org/token"]),
        json!(["https://id.acme.org", "https://id.acme.org"]),
        json!(["https://other.example", "https://id.acme.org"]),
        json!([]),
    ] {
        let error = check(aud.clone()).unwrap_err();
        assert!(error.description.contains("ASSERTION_AUDIENCE"), "{aud}");
    }
}

#[test]
fn a_clock_may_be_off_by_ten_seconds_and_not_by_a_minute() {
    let now = NOW.0;
    for (off, taken) in [(10, true), (60, false)] {
        for change in [
            json!({"exp": now - off}),
            json!({"iat": now + off}),
            json!({"nbf": now + off}),
        ] {
            assert_eq!(check(change.clone()).is_ok(), taken, "{change}");
        }
    }
}

#[test]
fn issuer_and_subject_are_the_client_and_the_jti_is_there() {
    for change in [
        json!({"iss": "c2"}),
        json!({"sub": "c2"}),
        json!({"iss": null}),
        json!({"sub": null}),
        json!({"iss": "", "sub": ""}),
        json!({"iss": ["c1"], "sub": ["c1"]}),
        json!({"jti": null}),
        json!({"jti": ""}),
        json!({"jti": 7}),
        json!({"jti": "x".repeat(513)}),
    ] {
        assert!(check(change.clone()).is_err(), "{change}");
    }
}

#[test]
fn an_assertion_has_its_time() {
    let now = NOW.0;
    for change in [
        json!({"exp": now - 29}),
        json!({"exp": now + 3_600}),
        json!({"exp": now as f64 + 0.5}),
        json!({"iat": now + 29}),
        json!({"nbf": now + 29}),
        json!({"iat": now - 3_600}),
    ] {
        assert!(check(change.clone()).is_ok(), "{change}");
    }
    for change in [
        json!({"exp": null}),
        json!({"exp": now - 30}),
        json!({"exp": now + 3_700}),
        json!({"exp": 1e300}),
        json!({"exp": -1e300}),
        json!({"exp": "soon"}),
        json!({"exp": true}),
        json!({"iat": now + 60}),
        json!({"nbf": now + 60}),
        json!({"iat": "x"}),
        json!({"iat": now - 4_000}),
    ] {
        assert!(check(change.clone()).is_err(), "{change}");
    }
}

#[test]
fn unsigned_extended_and_foreign_tokens_are_refused() {
    for header in [
        json!({"alg": "none"}),
        json!({"alg": "HS1"}),
        json!({"alg": "ES256", "crit": ["exp"]}),
        json!({"alg": "ES256", "typ": "oauth-authz-req+jwt"}),
        json!({"alg": "ES256", "typ": "dpop+jwt"}),
        json!({"alg": "ES256", "typ": "at+jwt"}),
        json!({}),
    ] {
        assert!(
            ClientAssertion::parse(&jwt(header.clone(), claims(json!({})))).is_err(),
            "{header}"
        );
    }
    for typ in [
        "JWT",
        "client-authentication+jwt",
        "application/client-authentication+jwt",
    ] {
        assert!(ClientAssertion::parse(&jwt(json!({"alg": "ES256", "typ": typ}), claims(json!({})))).is_ok());
    }
    for text in ["", "a.b.c", "x", "..", "e30.e30.AA"] {
        assert!(ClientAssertion::parse(text).is_err(), "{text}");
    }
}

#[test]
fn the_algorithm_decides_the_method_and_the_registration_fixes_both() {
    let registered = |change: Value| {
        let mut metadata = json!({"redirect_uris": ["https://app.acme.org/cb"]});
        metadata
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        serde_json::from_value::<ClientMetadata>(metadata).unwrap()
    };
    let issuer = Issuer::parse("https://id.acme.org").unwrap();
    let of = |alg: &str| ClientAssertion::parse(&jwt(json!({"alg": alg}), claims(json!({})))).unwrap();
    let key = registered(json!({"token_endpoint_auth_method": "private_key_jwt"}));
    let secret = registered(json!({"token_endpoint_auth_method": "client_secret_jwt"}));
    let fixed = registered(json!({
        "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "PS256",
    }));
    assert!(of("RS256").check_registered(&key, &issuer).is_ok() && of("EdDSA").check_registered(&key, &issuer).is_ok());
    assert!(
        of("Ed25519").check_registered(&key, &issuer).is_ok(),
        "the name of RFC 9864"
    );
    assert!(of("HS256").check_registered(&key, &issuer).is_err());
    assert!(of("HS512").check_registered(&secret, &issuer).is_ok());
    assert!(of("RS256").check_registered(&secret, &issuer).is_err());
    assert!(of("PS256").check_registered(&fixed, &issuer).is_ok());
    assert!(of("RS256").check_registered(&fixed, &issuer).is_err());
    assert!(of("HS256").check_registered(&registered(json!({})), &issuer).is_err());
}

/// FAPI 2.0 Security Profile section 5.3.2.1: "shall only accept its issuer identifier value ... as a string in the aud claim"; section
/// 5.4.1: "shall use PS256, ES256, or EdDSA".
#[test]
fn a_client_of_fapi_names_the_issuer_alone_as_one_string_and_signs_by_what_fapi_allows() {
    let issuer = Issuer::parse("https://id.acme.org").unwrap();
    let check = |alg: &str, aud: Value, profile: Value| {
        let metadata = json!({"token_endpoint_auth_method": "private_key_jwt", "fapi_profile": profile});
        let metadata: ClientMetadata = serde_json::from_value(metadata).unwrap();
        let assertion = ClientAssertion::parse(&jwt(json!({"alg": alg}), claims(json!({"aud": aud})))).unwrap();
        assertion.check_registered(&metadata, &issuer).is_ok()
    };
    let sole = json!("https://id.acme.org");
    for alg in ["PS256", "ES256", "EdDSA", "Ed25519"] {
        assert!(check(alg, sole.clone(), json!("fapi2")), "{alg}");
    }
    assert!(!check("RS256", sole.clone(), json!("fapi2")) && check("RS256", sole.clone(), Value::Null));
    for other in [
        json!([sole.clone()]),
        json!([sole, "https://id.acme.org/token"]),
        json!("https://id.acme.org/token"),
        json!("https://id.acme.org/par"),
    ] {
        assert!(!check("ES256", other.clone(), json!("fapi2")), "{other}");
        assert!(check("ES256", other.clone(), Value::Null), "{other}: see Audiences");
    }
}

#[test]
fn every_jti_of_every_client_is_remembered_apart() {
    let key = |change| check(change).unwrap().key;
    assert_eq!(key(json!({})), key(json!({"exp": NOW.0 + 100})));
    assert_ne!(key(json!({})), key(json!({"jti": "j2"})));
    assert_ne!(key(json!({})), key(json!({"iss": "c2", "sub": "c2"})));
    assert_ne!(
        key(json!({"iss": "c", "sub": "c", "jti": "1j1"})),
        key(json!({"iss": "c1", "sub": "c1", "jti": "j1"}))
    );
}

/// RFC 4231 test case 2.
#[test]
fn macs_are_those_of_rfc_4231() {
    let input = b"what do ya want for nothing?";
    for (alg, mac) in [
        (
            ClientSigningAlg::HS256,
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            ClientSigningAlg::HS384,
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
        ),
        (
            ClientSigningAlg::HS512,
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        ),
    ] {
        let mac: Vec<u8> = (0..mac.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&mac[at..at + 2], 16).unwrap())
            .collect();
        assert!(is_mac(alg, "Jefe", input, &mac));
        assert!(!is_mac(alg, "jefe", input, &mac));
        assert!(!is_mac(alg, "Jefe", input, &mac[..31]));
        assert!(!is_mac(ClientSigningAlg::InsecureNone, "Jefe", input, &mac));
        assert!(!is_mac(ClientSigningAlg::RS256, "Jefe", input, &mac));
    }
}

/// OIDC Core section 10.1.
#[test]
fn an_assertion_is_signed_with_the_secret_that_its_mac_is_under() {
    let signed = |alg: &str, secret: &str| {
        let unsigned = jwt(json!({ "alg": alg }), claims(json!({})));
        let input = unsigned.strip_suffix(".AAAA").unwrap();
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
            .unwrap()
            .chain_update(input)
            .finalize()
            .into_bytes();
        ClientAssertion::parse(&format!("{input}.{}", URL_SAFE_NO_PAD.encode(mac))).unwrap()
    };
    assert!(signed("HS256", "secret").is_signed_with("secret"));
    assert!(!signed("HS256", "secret").is_signed_with("Secret"));
    assert!(!signed("HS256", "secret").is_signed_with(""));
    assert!(
        !signed("HS512", "secret").is_signed_with("secret"),
        "a MAC of another alg"
    );
    assert!(!signed("RS256", "secret").is_signed_with("secret"), "no MAC at all");
}

#[test]
fn an_assertion_is_for_the_issuer_alone_unless_the_operator_lets_it_be_for_the_token_endpoint() {
    let config = |more: &[(&str, &str)]| {
        let vars = [
            ("ISSUER", "https://id.acme.org"),
            ("KEK_1", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"),
        ];
        let all: Vec<_> = vars
            .iter()
            .chain(more)
            .map(|(name, text)| (*name, (*text).to_owned()))
            .collect();
        Config::parse(|name| {
            all.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, text)| text.clone())
        })
        .unwrap()
    };
    let is_for = |config: &Config, aud: Value| {
        assertion(json!({ "aud": aud }))
            .unwrap()
            .check(&Audiences::of(config), NOW)
            .is_ok()
    };
    let strict = config(&[]);
    assert!(is_for(&strict, json!("https://id.acme.org")));
    assert!(!is_for(&strict, json!("https://id.acme.org/token")));
    assert!(!is_for(
        &strict,
        json!(["https://id.acme.org", "https://id.acme.org/token"])
    ));
    let lenient = config(&[
        ("ASSERTION_AUDIENCE", "token_endpoint"),
        ("MTLS_ORIGIN", "https://mtls.acme.org"),
    ]);
    for aud in [
        "https://id.acme.org",
        "https://id.acme.org/token",
        "https://id.acme.org/par",
        "https://mtls.acme.org/token",
    ] {
        assert!(is_for(&lenient, json!(aud)), "{aud}");
    }
    assert!(!is_for(&lenient, json!("https://mtls.acme.org")));
}
