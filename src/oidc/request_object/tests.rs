//! Request objects as clients and attackers send them. Signatures are the edge's.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;
use crate::{
    config::Issuer,
    oidc::jose::jwt::{SigningAlg, SigningInput, insecure_unsigned},
    time::UnixTime,
    web::fetch_url::LoopbackFetches,
};

const NOW: UnixTime = UnixTime(1_700_000_000);

fn client(more: Value) -> Client {
    let mut metadata = json!({
        "redirect_uris": ["https://app.acme.org/cb"],
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
        "application_type": "web",
        "token_endpoint_auth_method": "none",
        "request_uris": ["https://app.acme.org/request.jwt#first", "https://app.acme.org/other"],
    });
    metadata
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    Client {
        client_id: "c1".to_owned(),
        version: 1,
        issued_at: NOW,
        document_fresh_until: None,
        metadata: serde_json::from_value(metadata).unwrap(),
    }
}

fn signed(typ: &str, alg: SigningAlg) -> String {
    SigningInput::new(alg, "k", typ, json!({"client_id": "c1"}))
        .unwrap()
        .with_signature(&[1])
}

fn parse(text: &str, registered: Value) -> Result<&'static str, ErrorCode> {
    match RequestObject::parse(text, &client(registered)) {
        Ok(RequestObject::Signed { alg, .. }) => Ok(alg.as_str()),
        Ok(RequestObject::InsecureUnsigned(_)) => Ok("none"),
        Err(error) => Err(error.code),
    }
}

#[test]
fn the_registered_algorithm_and_no_other() {
    let object = signed("oauth-authz-req+jwt", SigningAlg::ES256);
    assert_eq!(parse(&object, json!({})), Ok("ES256"));
    assert_eq!(
        parse(&object, json!({"request_object_signing_alg": "ES256"})),
        Ok("ES256")
    );
    for other in ["PS256", "none", "HS256"] {
        let registered = json!({"request_object_signing_alg": other});
        assert_eq!(
            parse(&object, registered),
            Err(ErrorCode::InvalidRequestObject),
            "{other}"
        );
    }
}

#[test]
fn none_where_nothing_else_was_registered() {
    let object = insecure_unsigned("JWT", json!({"client_id": "c1"})).unwrap();
    let none = json!({"request_object_signing_alg": "none"});
    assert_eq!(parse(&object, none.clone()), Ok("none"));
    assert_eq!(parse(&object, json!({})), Ok("none"));
    let signs = json!({"request_object_signing_alg": "RS256"});
    assert_eq!(parse(&object, signs), Err(ErrorCode::InvalidRequestObject));
    let must_sign = json!({"request_object_signing_alg": "none", "require_signed_request_object": true});
    assert_eq!(parse(&object, must_sign), Err(ErrorCode::InvalidRequestObject));
    assert_eq!(
        parse(&format!("{object}AAAA"), none.clone()),
        Err(ErrorCode::InvalidRequestObject),
        "a signature that nobody checks"
    );
    for spelling in ["None", "NONE", "nOnE", ""] {
        let header = URL_SAFE_NO_PAD.encode(json!({"alg": spelling}).to_string());
        let odd = format!("{header}.{}.", object.split('.').nth(1).unwrap());
        assert_eq!(parse(&odd, none.clone()), Err(ErrorCode::InvalidRequestObject));
    }
}

#[test]
fn macs_other_tokens_and_garbage_are_no_request_objects() {
    let mac = format!(
        "{}.{}.AAAA",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#),
        URL_SAFE_NO_PAD.encode(r#"{"client_id":"c1"}"#)
    );
    assert_eq!(parse(&mac, json!({})), Err(ErrorCode::InvalidRequestObject));
    for typ in ["at+jwt", "dpop+jwt", "logout+jwt", "client-authentication+jwt"] {
        let token = signed(typ, SigningAlg::RS256);
        assert_eq!(parse(&token, json!({})), Err(ErrorCode::InvalidRequestObject), "{typ}");
    }
    for typ in ["JWT", "jwt", "application/oauth-authz-req+jwt"] {
        assert!(parse(&signed(typ, SigningAlg::RS256), json!({})).is_ok(), "{typ}");
    }
    let crit = r#"{"alg":"RS256","crit":["exp"],"exp":1}"#;
    let crit = format!("{}.e30.AAAA", URL_SAFE_NO_PAD.encode(crit));
    for text in ["", "x", "..", "a.b.c.d.e", &crit, &"a".repeat(40_000)] {
        assert_eq!(parse(text, json!({})), Err(ErrorCode::InvalidRequestObject), "{text}");
    }
}

#[test]
fn a_mac_is_a_signature_of_who_shares_a_secret() {
    let mac = |alg: &str| {
        let header = URL_SAFE_NO_PAD.encode(json!({ "alg": alg }).to_string());
        format!("{header}.{}.AAAA", URL_SAFE_NO_PAD.encode(r#"{"client_id":"c1"}"#))
    };
    for method in ["client_secret_basic", "client_secret_post", "client_secret_jwt"] {
        let with_secret = json!({ "token_endpoint_auth_method": method });
        for alg in ["HS256", "HS384", "HS512"] {
            assert_eq!(parse(&mac(alg), with_secret.clone()), Ok(alg));
        }
        let registered = json!({"token_endpoint_auth_method": method, "request_object_signing_alg": "HS256"});
        assert_eq!(parse(&mac("HS256"), registered.clone()), Ok("HS256"));
        assert_eq!(parse(&mac("HS512"), registered), Err(ErrorCode::InvalidRequestObject));
    }
    for method in ["none", "private_key_jwt", "tls_client_auth"] {
        let without = json!({ "token_endpoint_auth_method": method });
        assert_eq!(
            parse(&mac("HS256"), without),
            Err(ErrorCode::InvalidRequestObject),
            "{method}"
        );
    }
}

#[test]
fn encrypted_claims_that_nobody_signed_are_as_good_as_unsigned_ones() {
    let parse = |text: &str, registered: Value| match RequestObject::parse_decrypted(text, &client(registered)) {
        Ok(RequestObject::Signed { .. }) => Ok("signed"),
        Ok(RequestObject::InsecureUnsigned(_)) => Ok("unsigned"),
        Err(error) => Err(error.code),
    };
    let refused = Err(ErrorCode::InvalidRequestObject);
    let claims = r#"{"client_id": "c1"}"#;
    assert_eq!(parse(claims, json!({})), Ok("unsigned"));
    assert_eq!(parse(&format!(" \n{claims}"), json!({})), Ok("unsigned"));
    assert_eq!(
        parse(claims, json!({"request_object_signing_alg": "none"})),
        Ok("unsigned")
    );
    assert_eq!(parse(claims, json!({"request_object_signing_alg": "RS256"})), refused);
    assert_eq!(parse(claims, json!({"require_signed_request_object": true})), refused);
    assert_eq!(parse(&signed("JWT", SigningAlg::RS256), json!({})), Ok("signed"));
    for junk in ["", "{", "[]", "{}{}", r#"["client_id"]"#, "a.b.c.d.e"] {
        assert_eq!(parse(junk, json!({})), refused, "{junk}");
    }
    let bare = RequestObject::parse(claims, &client(json!({})));
    assert_eq!(
        bare.unwrap_err().code,
        ErrorCode::InvalidRequestObject,
        "not encrypted, it is no JWT"
    );
}

fn merged(query: &str, claims: Value, registered: Value) -> Result<Params, OAuthError> {
    let token = insecure_unsigned("JWT", claims).unwrap();
    let claims = Claims::of(&Unverified::parse(&token).unwrap())?;
    let issuer = Issuer::parse("https://id.acme.org").unwrap();
    claims.merge(&Params::parse(query).unwrap(), &client(registered), &issuer, NOW)
}

fn merge(query: &str, claims: Value) -> Result<String, OAuthError> {
    merged(query, claims, json!({})).map(|params| params.to_query())
}

#[test]
fn the_example_of_core_section_6_1_supersedes_what_stands_beside_it() {
    let query = "response_type=code%20id_token&client_id=c1&redirect_uri=https%3A%2F%2Fevil.test&scope=openid&state=outer\
                 &nonce=outer&request=x";
    let claims = json!({
        "iss": "c1",
        "aud": "https://id.acme.org",
        "response_type": "code id_token",
        "client_id": "c1",
        "redirect_uri": "https://client.example.org/cb",
        "scope": "openid",
        "state": "af0ifjsldkj",
        "max_age": 86_400,
        "claims": {"userinfo": {"given_name": {"essential": true}}, "id_token": {"acr": {"values": ["1"]}}},
    });
    let params = merged(query, claims, json!({})).unwrap();
    for (name, value) in [
        ("redirect_uri", "https://client.example.org/cb"),
        ("state", "af0ifjsldkj"),
        ("nonce", "outer"),
        ("max_age", "86400"),
        ("response_type", "code id_token"),
    ] {
        assert_eq!(params.single(name), Ok(Some(value)), "{name}");
    }
    for gone in ["request", "iss", "aud"] {
        assert_eq!(params.single(gone), Ok(None), "{gone}");
    }
    let asked: Value = serde_json::from_str(params.single("claims").unwrap().unwrap()).unwrap();
    assert_eq!(asked["userinfo"]["given_name"]["essential"], true);
    params.refuse_repeated().unwrap();
}

#[test]
fn of_a_client_that_must_sign_nothing_else_counts() {
    let must = json!({"require_signed_request_object": true});
    let params = merged(
        "client_id=c1&scope=openid&state=s&prompt=none",
        json!({"scope": "email"}),
        must.clone(),
    );
    assert_eq!(params.unwrap().to_query(), "client_id=c1&scope=email");
    assert!(Passed::of(&Params::parse("client_id=c1&scope=openid").unwrap(), &client(must)).is_err());
}

#[test]
fn a_null_is_nothing_and_a_list_of_resources_is_repeated() {
    let claims = json!({"state": null, "nonce": "", "resource": ["https://a.acme.org", "https://b.acme.org"]});
    assert_eq!(
        merge("client_id=c1&resource=https%3A%2F%2Fc.acme.org", claims).unwrap(),
        "client_id=c1&resource=https%3A%2F%2Fa.acme.org&resource=https%3A%2F%2Fb.acme.org"
    );
}

#[test]
fn what_must_agree_must_agree() {
    let code = |query: &str, claims: Value| merge(query, claims).map_err(|error| error.code);
    assert_eq!(
        code("client_id=c1", json!({"client_id": "c2"})),
        Err(ErrorCode::InvalidRequestObject)
    );
    assert_eq!(
        code("client_id=c1&response_type=code", json!({"response_type": "id_token"})),
        Err(ErrorCode::InvalidRequest)
    );
    assert!(
        code(
            "client_id=c1&response_type=id_token+code",
            json!({"response_type": "code id_token"})
        )
        .is_ok()
    );
    assert!(
        code("client_id=c1&response_type=odd", json!({"response_type": "odd"})).is_ok(),
        "what is wrong with both is said later"
    );
}

#[test]
fn a_request_object_for_somebody_else_or_another_time_is_refused() {
    let now = NOW.seconds();
    for claims in [
        json!({"iss": "c2"}),
        json!({"iss": ["c1"]}),
        json!({"aud": "https://other.example"}),
        json!({"aud": ["https://other.example"]}),
        json!({"aud": []}),
        json!({"aud": 7}),
        json!({"sub": "c1"}),
        json!({"exp": now - 30}),
        json!({"exp": "soon"}),
        json!({"exp": 1e300}),
        json!({"nbf": now + 31}),
        json!({"request": "x"}),
        json!({"request_uri": "https://app.acme.org/other"}),
        json!({"resource": [1]}),
    ] {
        let refused = merge("client_id=c1", claims.clone()).map_err(|error| error.code);
        assert_eq!(refused, Err(ErrorCode::InvalidRequestObject), "{claims}");
    }
    for claims in [
        json!({"iss": "c1", "aud": ["https://other.example", "https://id.acme.org"]}),
        json!({"exp": now - 29, "nbf": now + 30, "iat": now}),
        json!({"exp": now as f64 + 0.5}),
    ] {
        assert!(merge("client_id=c1", claims.clone()).is_ok(), "{claims}");
    }
}

#[test]
fn claims_that_could_not_be_parameters_are_refused() {
    assert!(merge("client_id=c1", json!({"state": "a\0b"})).is_err());
    let many: serde_json::Map<_, _> = (0..101).map(|n| (format!("p{n}"), json!("x"))).collect();
    assert!(merge("client_id=c1", Value::Object(many)).is_err());
    let token = insecure_unsigned("JWT", json!(["x"])).unwrap();
    assert!(Claims::of(&Unverified::parse(&token).unwrap()).is_err());
}

#[test]
fn one_request_object_at_most() {
    let passed = |query: &str| {
        let params = Params::parse(query).unwrap();
        Passed::of(&params, &client(json!({}))).map(|passed| format!("{passed:?}"))
    };
    assert_eq!(passed("client_id=c1").unwrap(), "Plainly");
    assert_eq!(passed("request=a").unwrap(), r#"ByValue("a")"#);
    assert_eq!(passed("request_uri=a").unwrap(), r#"ByReference("a")"#);
    for query in [
        "request=a&request_uri=b",
        "request=a&request=b",
        "request_uri=a&request_uri=a",
    ] {
        assert_eq!(passed(query).unwrap_err().code, ErrorCode::InvalidRequest);
    }
}

#[test]
fn a_request_uri_is_one_that_was_registered_whatever_its_fragment() {
    let parse = |uri: &str| RequestUri::parse(uri, &client(json!({})), LoopbackFetches::Refused);
    for uri in [
        "https://app.acme.org/request.jwt",
        "https://app.acme.org/request.jwt#second",
        "https://app.acme.org/other#",
    ] {
        assert_eq!(parse(uri).unwrap().sha_256, None, "{uri}");
    }
    for uri in [
        "https://app.acme.org/",
        "https://app.acme.org/request.jwt?x",
        "https://app.acme.org/request.jwt/../other",
        "https://APP.acme.org/other",
        "http://app.acme.org/other",
        "urn:ietf:params:oauth:request_uri:x",
        "",
    ] {
        assert_eq!(parse(uri).unwrap_err().code, ErrorCode::InvalidRequestUri, "{uri}");
    }
}

#[test]
fn a_fragment_that_is_a_hash_binds_the_content() {
    // The SHA-256 of "abc" (FIPS 180-2 appendix B.1).
    let uri = "https://app.acme.org/other#ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";
    let uri = RequestUri::parse(uri, &client(json!({})), LoopbackFetches::Refused).unwrap();
    assert!(uri.promises(b"abc") && !uri.promises(b"abd"));
    assert_eq!(uri.url.as_str(), "https://app.acme.org/other");
}
