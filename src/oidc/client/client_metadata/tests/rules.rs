//! Fields together.

use super::*;

#[track_caller]
fn refused(json: Value, field: &str) {
    assert_refused(everything(with_redirect(json)), field);
}

#[track_caller]
fn accepted(json: Value) -> ClientMetadata {
    everything(with_redirect(json)).unwrap()
}

fn with_redirect(json: Value) -> Value {
    let mut form = object(json!({"redirect_uris": ["https://app.acme.org/cb"]}));
    form.extend(object(json));
    form.into()
}

#[test]
fn application_type_is_inferred_from_redirect_uris_that_only_native_clients_may_have() {
    for (uris, expected) in [
        (
            json!(["http://127.0.0.1:8080/cb", "http://localhost/cb"]),
            ApplicationType::Native,
        ),
        (
            json!(["cursor://anysphere.cursor-retrieval/oauth/cb"]),
            ApplicationType::Native,
        ),
        (json!(["https://app.acme.org/cb"]), ApplicationType::Web),
        // "native apps ... https ... redirect URIs" (RFC 8252 section 7.2): one address that only they may have is enough.
        (
            json!([
                "cursor://anysphere.cursor-mcp/oauth/callback",
                "https://www.cursor.com/agents/mcp/oauth/callback",
                "http://localhost:8787/callback"
            ]),
            ApplicationType::Native,
        ),
        (
            json!(["https://vscode.dev/redirect", "http://127.0.0.1:33418/"]),
            ApplicationType::Native,
        ),
        (
            json!(["https://photos.example/auth/login", "app.immich:///oauth-callback"]),
            ApplicationType::Native,
        ),
        (
            json!(["https://app.example/cb", "http://localhost:3000/cb"]),
            ApplicationType::Native,
        ),
    ] {
        assert_eq!(
            current(json!({"redirect_uris": uris})).unwrap().application_type,
            expected
        );
    }
    for uris in [
        json!(["http://localhost/cb", "http://app.acme.org/cb"]),
        json!(["https://app.acme.org/cb", "http://192.168.1.2/cb"]),
        json!(["http://127.0.0.1/cb", "javascript:x"]),
    ] {
        assert_refused(current(json!({"redirect_uris": uris})), "redirect_uris");
    }
    for uris in [
        json!(["http://127.0.0.1/cb"]),
        json!(["https://app.acme.org/cb", "org.acme:/cb"]),
    ] {
        let web = json!({"redirect_uris": uris, "application_type": "web"});
        assert_refused(current(web), "redirect_uris");
    }
}

#[test]
fn clients_of_flows_with_redirection_register_redirect_uris() {
    for json in [
        json!({}),
        json!({"redirect_uris": []}),
        json!({"grant_types": ["implicit"], "response_types": ["id_token"]}),
    ] {
        assert_refused(everything(json), "redirect_uris");
    }
}

#[test]
fn clients_without_redirection_have_no_response_type() {
    let client = everything(json!({"grant_types": ["client_credentials"]})).unwrap();
    assert!(client.response_types.is_empty() && client.redirect_uris.is_empty());
    assert_eq!(
        everything(client.to_public_json()).unwrap().to_public_json(),
        client.to_public_json()
    );
}

#[test]
fn grant_types_and_response_types_agree() {
    let (code, implicit, both) = (
        json!(["authorization_code"]),
        json!(["implicit"]),
        json!(["authorization_code", "implicit"]),
    );
    for (response, agreeing) in [
        ("code", &code),
        ("id_token", &implicit),
        ("token id_token", &implicit),
        ("code id_token", &both),
        ("token code", &both),
        ("code token id_token", &both),
    ] {
        for grants in [&code, &implicit, &both, &json!(["client_credentials"])] {
            let json = json!({"response_types": [response], "grant_types": grants});
            if grants == agreeing {
                _ = accepted(json)
            } else {
                refused(json, "response_types")
            }
        }
    }
    refused(json!({"response_types": ["id_token"]}), "response_types");
    refused(json!({"grant_types": ["implicit"]}), "response_types");
}

#[test]
fn web_clients_with_the_implicit_grant_must_not_use_localhost() {
    let implicit = |uri: &str, application_type: &str| {
        everything(json!({
            "redirect_uris": [uri], "application_type": application_type, "grant_types": ["implicit"],
            "response_types": ["id_token"],
        }))
    };
    assert_refused(implicit("https://localhost/cb", "web"), "redirect_uris");
    assert!(implicit("https://localhost/cb", "native").is_ok());
    assert!(implicit("https://app.acme.org/cb", "web").is_ok());
    accepted(json!({"redirect_uris": ["https://localhost/cb"]}));
}

#[test]
fn client_credentials_are_for_confidential_clients() {
    let json = json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "none"});
    assert_refused(current(json), "token_endpoint_auth_method");
}

#[test]
fn methods_with_keys_need_keys() {
    for method in ["private_key_jwt", "self_signed_tls_client_auth"] {
        refused(json!({"token_endpoint_auth_method": method}), "jwks");
        accepted(json!({"token_endpoint_auth_method": method, "jwks_uri": "https://app.acme.org/jwks"}));
        let key = json!({"kty": "EC", "x5c": ["AA=="]});
        accepted(json!({"token_endpoint_auth_method": method, "jwks": {"keys": [key]}}));
    }
    let bare = json!({"keys": [{"kty": "EC"}, {"kty": "EC", "x5c": []}]});
    accepted(json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": bare}));
    refused(
        json!({"token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": bare}),
        "jwks",
    );
}

#[test]
fn what_is_encrypted_to_the_client_or_signed_by_it_needs_keys() {
    for field in [
        "id_token_encrypted_response_alg",
        "userinfo_encrypted_response_alg",
        "authorization_encrypted_response_alg",
        "introspection_encrypted_response_alg",
    ] {
        refused(json!({field: "RSA-OAEP"}), "jwks");
    }
    refused(json!({"request_object_signing_alg": "RS256"}), "jwks");
    refused(
        json!({"request_object_signing_alg": "HS256", "token_endpoint_auth_method": "none"}),
        "request_object_signing_alg",
    );
    accepted(json!({"request_object_signing_alg": "HS256"}));
    accepted(json!({"request_object_signing_alg": "none"}));
    accepted(json!({"request_object_encryption_alg": "RSA-OAEP"}));
}

#[test]
fn jwks_and_jwks_uri_exclude_each_other() {
    refused(
        json!({"jwks": {"keys": []}, "jwks_uri": "https://app.acme.org/jwks"}),
        "jwks",
    );
}

#[test]
fn jwks_hold_public_keys_only() {
    let private = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].map(|member| json!({"kty": "RSA", member: "CANARY"}));
    let malformed = [
        json!({"kty": "oct"}),
        json!({}),
        json!({"kty": 1}),
        json!("CANARY"),
        json!({"kty": "EC", "x": {"y": 1}}),
        json!({"kty": "EC", "x": [[]]}),
    ];
    for key in private.into_iter().chain(malformed) {
        refused(json!({"jwks": {"keys": [{"kty": "EC"}, key]}}), "jwks");
    }
    let client = accepted(json!({"jwks": {"keys": [{"kty": "EC", "new": "kept"}], "other": "dropped"}}));
    assert_eq!(
        client.to_json()["jwks"],
        json!({"keys": [{"kty": "EC", "new": "kept"}]})
    );
}

#[test]
fn tls_client_auth_names_exactly_one_subject() {
    refused(
        json!({"token_endpoint_auth_method": "tls_client_auth"}),
        "token_endpoint_auth_method",
    );
    accepted(json!({"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_ip": "192.0.2.1"}));
    refused(
        json!({"tls_client_auth_san_ip": "192.0.2.1", "tls_client_auth_san_dns": "a.org"}),
        "tls_client_auth_subject_dn",
    );
    refused(
        json!({"tls_client_auth_san_ip": "192.0.2.256"}),
        "tls_client_auth_san_ip",
    );
}

#[test]
fn the_signing_algorithm_fits_the_authentication_method() {
    let keys = json!({"keys": [{"kty": "EC"}]});
    for (method, good, bad) in [
        ("private_key_jwt", "ES256", "HS256"),
        ("client_secret_jwt", "HS512", "ES256"),
    ] {
        accepted(json!({"jwks": keys, "token_endpoint_auth_method": method, "token_endpoint_auth_signing_alg": good}));
        for alg in [bad, "none"] {
            refused(
                json!({"jwks": keys, "token_endpoint_auth_method": method, "token_endpoint_auth_signing_alg": alg}),
                "token_endpoint_auth_signing_alg",
            );
        }
    }
    refused(
        json!({"token_endpoint_auth_signing_alg": "none"}),
        "token_endpoint_auth_signing_alg",
    );
}

#[test]
fn an_enc_needs_its_alg_and_defaults_to_a128cbc_hs256() {
    for prefix in [
        "id_token_encrypted_response",
        "userinfo_encrypted_response",
        "authorization_encrypted_response",
        "introspection_encrypted_response",
        "request_object_encryption",
    ] {
        let (alg, enc) = (format!("{prefix}_alg"), format!("{prefix}_enc"));
        refused(json!({&enc: "A256GCM"}), &enc);
        let client = accepted(json!({"jwks": {"keys": []}, &alg: "RSA-OAEP"}));
        assert_eq!(client.to_json()[&enc], json!("A128CBC-HS256"));
    }
}

#[test]
fn signed_request_objects_are_not_signed_with_none() {
    let json = json!({"require_signed_request_object": true, "request_object_signing_alg": "none"});
    refused(json, "request_object_signing_alg");
}

#[test]
fn pairwise_clients_with_several_hosts_need_a_sector() {
    let uris = json!(["https://a.acme.org/cb", "https://b.acme.org/cb"]);
    let pairwise = json!({"redirect_uris": uris, "subject_type": "pairwise"});
    refused(pairwise, "sector_identifier_uri");
    accepted(json!({"redirect_uris": uris, "subject_type": "pairwise", "sector_identifier_uri": "https://acme.org/s"}));
    accepted(json!({"redirect_uris": ["https://a.org/1", "https://a.org/2"], "subject_type": "pairwise"}));
    // Anybody's app may have a scheme of its own, and another's host after it.
    let app = |uris| json!({"redirect_uris": uris, "subject_type": "pairwise", "application_type": "native"});
    refused(app(["https://a.org/cb", "evil://a.org/cb"]), "sector_identifier_uri");
    accepted(app(["one://a.org/cb", "two://b.org/cb"]));
}

#[test]
fn frontchannel_logout_uri_has_the_origin_of_a_redirect_uri() {
    accepted(json!({"frontchannel_logout_uri": "https://app.acme.org/logout?x=1"}));
    for uri in ["https://acme.org/out", "https://app.acme.org:444/out"] {
        refused(json!({"frontchannel_logout_uri": uri}), "frontchannel_logout_uri");
    }
    for uri in [
        "http://app.acme.org/out",
        "https://app.acme.org/#out",
        "javascript:alert(1)",
    ] {
        refused(json!({"frontchannel_logout_uri": uri}), "frontchannel_logout_uri");
    }
    let native = json!({"redirect_uris": ["org.acme:/cb"], "frontchannel_logout_uri": "org.acme:/out"});
    assert_refused(everything(native), "frontchannel_logout_uri");
}

#[test]
fn unsigned_id_tokens_are_for_the_token_endpoint_alone() {
    let mut json = object(json!({
        "redirect_uris": ["https://app.acme.org/cb"],
        "id_token_signed_response_alg": "none",
        "grant_types": ["authorization_code", "implicit"],
        "response_types": ["code", "code token"],
    }));
    let client = everything(json.clone()).unwrap();
    assert_eq!(client.id_token_signed_response_alg, IdTokenAlg::InsecureNone);
    assert_eq!(client.to_json()["id_token_signed_response_alg"], "none");
    json.insert("response_types".to_owned(), json!(["code", "code id_token"]));
    assert_refused(everything(json), "id_token_signed_response_alg");
}
