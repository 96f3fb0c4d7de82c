//! Each field by itself: its type, its values, its bounds.

use super::*;

#[test]
fn every_field_is_read() {
    for form in all_forms() {
        // A redirect URI of an app on a device says which type it is.
        for field in form.keys().filter(|field| *field != "application_type") {
            let mut without = form.clone();
            without.remove(field);
            assert_ne!(everything(without), everything(form.clone()), "{field}");
        }
    }
}

#[test]
fn a_value_of_the_wrong_type_is_refused_by_name() {
    let wrong = [
        json!(5),
        json!(-1),
        json!(1.5),
        json!(1e20),
        json!(true),
        json!("CANARY\"\\\n<script>"),
        json!("1"),
        json!("true"),
        json!([5]),
        json!([null]),
        json!([true]),
        json!([["code"]]),
        json!([{"code": null}]),
        json!([""]),
        json!(["CANARY\"\\\n<script>"]),
        json!({}),
        json!({"CANARY": 1}),
        json!({"none": null}),
        json!({"keys": {}}),
        json!({"a": {"b": [{"c": {}}]}}),
    ];
    for form in all_forms() {
        for (member, value) in &form {
            let wrong = wrong.iter().filter(|wrong| !fits(value, wrong));
            for wrong in wrong {
                let mut form = form.clone();
                form.insert(member.clone(), wrong.clone());
                assert_refused(everything(form), member.split('#').next().unwrap());
            }
        }
    }
}

/// Whether `other` could be meant where `value` stands: free texts, and JSON numbers and booleans.
fn fits(value: &Value, other: &Value) -> bool {
    let harmless = |text: &Value| {
        text.as_str()
            .is_some_and(|text| !text.is_empty() && !text.contains("CANARY"))
    };
    match value {
        Value::String(_) => harmless(other),
        Value::Array(_) => other.as_array().is_some_and(|list| list.iter().all(harmless)),
        Value::Bool(_) => other.is_boolean(),
        Value::Number(_) => other.as_u64().is_some(),
        _ => false,
    }
}

#[test]
fn null_and_empty_values_count_as_absent() {
    let registered = current(json!({"redirect_uris": ["https://app.acme.org/cb"]})).unwrap();
    for form in all_forms() {
        for field in form.keys().filter(|field| *field != "redirect_uris") {
            for nothing in [json!(null), json!("")] {
                let mut json = object(json!({"redirect_uris": ["https://app.acme.org/cb"]}));
                json.insert(field.clone(), nothing);
                assert_eq!(current(json), Ok(registered.clone()), "{field}");
            }
        }
    }
}

#[test]
fn unknown_fields_are_ignored() {
    let json = json!({
        "redirect_uris": ["https://app.acme.org/cb"], "software_statement": "a.b.c", "client_id": "mine",
        "client_secret": "mine", "client_names": 1, "jwks_uri#fr": "x", "": {}, "__proto__": {"scope": "dcr_admin"},
    });
    assert_eq!(
        current(json),
        current(json!({"redirect_uris": ["https://app.acme.org/cb"]}))
    );
}

#[test]
fn only_an_object_is_client_metadata() {
    for json in [json!(null), json!([]), json!([{}]), json!("{}"), json!(1)] {
        assert_eq!(current(json).unwrap_err().code, ErrorCode::InvalidClientMetadata);
    }
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    for (field, value) in [
        ("grant_types", json!(["authorization_code", "implicit"])),
        ("grant_types", json!(["authorization_code", "password"])),
        ("grant_types", json!(["urn:ietf:params:oauth:grant-type:saml2-bearer"])),
        ("response_types", json!(["code", "code id_token"])),
        ("response_types", json!(["none"])),
        ("response_types", json!(["code code"])),
        ("token_endpoint_auth_method", json!("tls_client_auth")),
        ("token_endpoint_auth_method", json!("CLIENT_SECRET_BASIC")),
        ("token_endpoint_auth_signing_alg", json!("RS1")),
        ("tls_client_certificate_bound_access_tokens", json!(true)),
        ("application_type", json!("desktop")),
        ("id_token_signed_response_alg", json!("None")),
        ("id_token_signed_response_alg", json!("HS256")),
        ("id_token_encrypted_response_alg", json!("A128KW")),
        ("id_token_encrypted_response_alg", json!("RSA1_5")),
        ("userinfo_signed_response_alg", json!("none")),
        ("userinfo_encrypted_response_alg", json!("dir")),
        ("authorization_signed_response_alg", json!("none")),
        ("authorization_encrypted_response_alg", json!("dir")),
        ("introspection_signed_response_alg", json!("none")),
        ("introspection_encrypted_response_alg", json!("dir")),
        ("request_object_signing_alg", json!("HS1")),
        ("request_object_encryption_alg", json!("dir")),
    ] {
        let mut json = object(json!({"redirect_uris": ["https://app.acme.org/cb"]}));
        json.insert(field.to_owned(), value);
        let result = current(json);
        assert!(
            result
                .as_ref()
                .is_err_and(|error| error.description.ends_with("is not supported")),
            "{result:?}"
        );
        assert_refused(result, field);
    }
}

#[test]
fn unsigned_request_objects_alone_do_not_support_signed_ones() {
    let supported = Supported {
        request_object_signing_algs: &[ClientSigningAlg::InsecureNone],
        ..Supported::CURRENT
    };
    let json = json!({"redirect_uris": ["https://app.acme.org/cb"], "require_signed_request_object": true});
    assert_refused(
        ClientMetadata::parse(&json, &supported),
        "require_signed_request_object",
    );
}

#[test]
fn a_deployment_may_support_fewer_signing_algorithms() {
    let supported = Supported {
        id_token_signing_algs: &[IdTokenAlg::Signed(SigningAlg::RS256)],
        ..Supported::CURRENT
    };
    let json = json!({"redirect_uris": ["https://app.acme.org/cb"], "id_token_signed_response_alg": "ES256"});
    assert_refused(ClientMetadata::parse(&json, &supported), "id_token_signed_response_alg");
}

#[test]
fn every_signing_algorithm_of_limen_may_be_registered() {
    for alg in SigningAlg::ALL {
        let json = json!({
            "redirect_uris": ["https://app.acme.org/cb"],
            "id_token_signed_response_alg": alg.as_str(),
            "userinfo_signed_response_alg": alg.as_str(),
        });
        let client = current(json.clone()).unwrap();
        assert_eq!(client.id_token_signed_response_alg, IdTokenAlg::Signed(alg));
        assert_eq!(client.userinfo_signed_response_alg, Some(alg));
        assert_eq!(client.to_json()["id_token_signed_response_alg"], alg.as_str());
    }
}

#[test]
fn response_types_are_sets_of_words() {
    for text in ["code id_token token", "token id_token code", "id_token code token"] {
        assert_eq!(ResponseType::parse(text), Some(ResponseType::CodeIdTokenToken));
    }
    for text in [
        "",
        " ",
        "token",
        "none",
        "code  id_token",
        " code",
        "code code",
        "CODE",
        "code\tid_token",
    ] {
        assert_eq!(ResponseType::parse(text), None, "{text}");
    }
}

#[test]
fn auth_methods_have_their_registered_names() {
    for method in AuthMethod::ALL {
        assert_eq!(json!(method), json!(method.as_str()));
    }
    assert_eq!(
        AuthMethod::ALL
            .iter()
            .filter(|method| !method.is_confidential())
            .count(),
        1
    );
}

#[test]
fn lists_are_bounded() {
    for (field, value) in full().into_iter().filter(|(_, value)| value.is_array()) {
        let mut form = full();
        form.insert(field.clone(), json!(vec![&value[0]; 1_000]));
        assert_refused(everything(form), &field);
    }
    let uris: Vec<_> = (0..1_000).map(|n| format!("https://app.acme.org/cb/{n}")).collect();
    assert_refused(current(json!({"redirect_uris": uris})), "redirect_uris");
    assert!(current(json!({"redirect_uris": uris[..50]})).is_ok());
    let mut form = full();
    form.extend((0..50).map(|n| (format!("client_name#fr-{n}"), json!("x"))));
    assert_refused(everything(form), "client_name");
    form = full();
    form.insert("jwks".to_owned(), json!({"keys": vec![json!({"kty": "EC"}); 21]}));
    assert_refused(everything(form), "jwks");
}

#[test]
fn texts_are_bounded_and_printable() {
    for field in [
        "client_name",
        "client_name#fr",
        "software_id",
        "software_version",
        "tls_client_auth_subject_dn",
    ] {
        for text in [
            "x".repeat(2_001),
            "a\0b".to_owned(),
            "a\r\nb".to_owned(),
            "moc.\u{202E}evil".to_owned(),
        ] {
            let mut form = full();
            form.insert(field.to_owned(), json!(text));
            assert_refused(everything(form), field.split('#').next().unwrap());
        }
    }
}

#[test]
fn a_malformed_language_tag_is_refused_and_not_repeated() {
    for member in [
        "client_name#",
        "client_name#CANARY\"<b>",
        "client_name#fr#de",
        "tos_uri#\u{e9}",
    ] {
        let mut form = full();
        form.insert(member.to_owned(), json!("https://acme.org/x"));
        assert_refused(everything(form), member.split('#').next().unwrap());
    }
}

#[test]
fn pages_for_people_are_http_without_credentials() {
    for field in ["logo_uri", "client_uri", "policy_uri", "tos_uri", "tos_uri#fr"] {
        for uri in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java\tscript:alert(1)",
            "data:text/html,x",
            "ftp://acme.org",
            "https://u:p@acme.org",
            "//acme.org",
            "/logo.png",
            "https:\\\\acme.org",
            " https://acme.org",
            "https://",
            "x",
            "https://\u{e9}.org",
            "blob:https://acme.org/x",
            &format!("https://acme.org/{}", "x".repeat(2_000)),
        ] {
            let mut form = full();
            form.insert(field.to_owned(), json!(uri));
            assert_refused(everything(form), field.split('#').next().unwrap());
        }
    }
}

#[test]
fn addresses_that_limen_calls_are_https_and_public() {
    let single = ["jwks_uri", "sector_identifier_uri", "backchannel_logout_uri"];
    let hostile = [
        "http://app.acme.org/x",
        "https://127.0.0.1/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://[::1]/x",
        "https://169.254.169.254/latest",
        "https://localhost/x",
        "https://LOCALHOST./x",
        "https://a.localhost/x",
        "https://intranet/x",
        "https://db.internal/x",
        "https://u@app.acme.org/x",
        "file:///etc/passwd",
        "x",
        "https:///",
    ];
    for uri in hostile {
        for field in single {
            let mut form = full();
            form.remove("jwks");
            form.insert(field.to_owned(), json!(uri));
            assert_refused(everything(form), field);
        }
        let mut form = full();
        form.insert("request_uris".to_owned(), json!([uri]));
        assert_refused(everything(form), "request_uris");
    }
    for field in single.iter().chain(&["initiate_login_uri"]) {
        let mut form = full();
        form.remove("jwks");
        form.insert((*field).to_owned(), json!("https://app.acme.org/x#f"));
        assert_refused(everything(form), field);
    }
}

#[test]
fn initiate_login_uri_is_https() {
    for uri in [
        "http://app.acme.org/login",
        "http://127.0.0.1/login",
        "org.acme.app:/login",
        "javascript:alert(1)",
    ] {
        let mut form = full();
        form.insert("initiate_login_uri".to_owned(), json!(uri));
        assert_refused(everything(form), "initiate_login_uri");
    }
}

#[test]
fn redirect_uris_follow_the_application_type() {
    for field in ["redirect_uris", "post_logout_redirect_uris"] {
        for uri in [
            "https://a.org/#x",
            "javascript:alert(1)",
            "data:,x",
            "http://a.org/",
            "https://u@a.org/",
            "/cb",
            "",
        ] {
            for application_type in ["web", "native"] {
                let mut json =
                    object(json!({"redirect_uris": ["https://a.org/"], "application_type": application_type}));
                json.insert(field.to_owned(), json!(["https://a.org/", uri]));
                assert_refused(current(json), field);
            }
        }
    }
}

#[test]
fn scope_has_its_syntax() {
    for scope in ["open\"id", "\u{e9}", "a\tb"] {
        assert_refused(
            current(json!({"redirect_uris": ["https://a.org/"], "scope": scope})),
            "scope",
        );
    }
}
