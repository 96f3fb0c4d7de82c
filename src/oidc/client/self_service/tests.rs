//! Every field of a client's metadata: what the client may do to it, and what only the operator may.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::*;
use crate::oidc::client::client_metadata::tests::full;

const ID: &str = "c1";

/// As it is stored: whether it would be registered at all is asked elsewhere.
fn stored(form: Map<String, Value>) -> ClientMetadata {
    serde_json::from_value(form.into()).unwrap()
}

fn client(members: Value) -> ClientMetadata {
    let mut form = Map::new();
    form.insert("redirect_uris".to_owned(), json!(["https://app.acme.org/cb"]));
    form.extend(members.as_object().unwrap().clone());
    stored(form)
}

fn changed(form: &Map<String, Value>, member: &str, value: Value) -> ClientMetadata {
    let mut form = form.clone();
    match value {
        Value::Null => _ = form.remove(member),
        value => _ = form.insert(member.to_owned(), value),
    }
    stored(form)
}

fn before(metadata: &ClientMetadata, registered_openly: bool) -> Before<'_> {
    Before {
        client_id: ID,
        metadata,
        registered_openly,
        askable: standard(),
    }
}

#[track_caller]
fn assert_refused(result: Result<(), OAuthError>, field: &str) {
    let error = result.expect_err(field);
    assert_eq!(error.code, ErrorCode::InvalidClientMetadata);
    assert!(error.description.starts_with(field), "{error:?} for {field}");
}

/// What an operator's client with the metadata [`full`] may make of each member, and what it may not; null leaves it out, as a
/// PUT does that does not name it.
fn every_change() -> Vec<(&'static str, Vec<Value>, Vec<Value>)> {
    let none = || json!(null);
    let mut table = vec![
        ("redirect_uris", vec![json!(["https://new.acme.org/cb"])], vec![]),
        (
            "response_types",
            vec![json!(["code"])],
            vec![json!(["code", "id_token"]), json!(["id_token token"])],
        ),
        (
            "grant_types",
            vec![json!(["authorization_code"])],
            vec![
                json!(["authorization_code", "client_credentials"]),
                json!(["client_credentials"]),
            ],
        ),
        ("application_type", vec![json!("web"), none()], vec![]),
        (
            "scope",
            vec![json!("openid")],
            vec![none(), json!("openid email phone"), json!("dcr_admin")],
        ),
        (
            "token_endpoint_auth_method",
            vec![],
            vec![
                none(),
                json!("none"),
                json!("client_secret_basic"),
                json!("private_key_jwt"),
            ],
        ),
        (
            "token_endpoint_auth_signing_alg",
            vec![json!("EdDSA")],
            vec![none(), json!("HS256")],
        ),
        ("tls_client_auth_subject_dn", vec![], vec![none(), json!("CN=evil")]),
        ("subject_type", vec![], vec![none(), json!("public")]),
        (
            "sector_identifier_uri",
            vec![json!("https://acme.org/other.json")],
            vec![none(), json!("https://evil.org/sector.json")],
        ),
        (
            "id_token_signed_response_alg",
            vec![json!("PS256"), none()],
            vec![json!("none")],
        ),
        (
            "request_object_signing_alg",
            vec![json!("ES256")],
            vec![none(), json!("none"), json!("HS512")],
        ),
    ];
    for flag in [
        "tls_client_certificate_bound_access_tokens",
        "dpop_bound_access_tokens",
        "require_signed_request_object",
        "require_pushed_authorization_requests",
    ] {
        table.push((flag, vec![], vec![none(), json!(false)]));
    }
    for alg in [
        "userinfo_signed_response_alg",
        "authorization_signed_response_alg",
        "introspection_signed_response_alg",
    ] {
        table.push((alg, vec![json!("ES256")], vec![none()]));
    }
    for alg in [
        "id_token_encrypted_response_alg",
        "userinfo_encrypted_response_alg",
        "authorization_encrypted_response_alg",
        "introspection_encrypted_response_alg",
    ] {
        table.push((alg, vec![json!("ECDH-ES")], vec![]));
    }
    for enc in [
        "id_token_encrypted_response_enc",
        "userinfo_encrypted_response_enc",
        "authorization_encrypted_response_enc",
        "introspection_encrypted_response_enc",
        "request_object_encryption_enc",
    ] {
        table.push((enc, vec![json!("A128GCM"), none()], vec![]));
    }
    for text in [
        "client_name",
        "client_name#fr",
        "client_name#ja-Jpan-JP",
        "logo_uri",
        "logo_uri#fr",
        "client_uri",
        "policy_uri#fr",
        "tos_uri",
        "software_id",
        "software_version",
        "initiate_login_uri",
        "backchannel_logout_uri",
        "frontchannel_logout_uri",
    ] {
        table.push((text, vec![json!("https://new.acme.org/x"), none()], vec![]));
    }
    for list in [
        "contacts",
        "request_uris",
        "default_acr_values",
        "post_logout_redirect_uris",
    ] {
        table.push((list, vec![json!(["https://new.acme.org/x"]), none()], vec![]));
    }
    for flag in [
        "require_auth_time",
        "backchannel_logout_session_required",
        "frontchannel_logout_session_required",
    ] {
        table.push((flag, vec![json!(false), none()], vec![]));
    }
    table.push(("id_token_claims", vec![json!(false), none()], vec![]));
    // What is stored is another thing: see keep_operators_choice.
    table.push(("refresh_grace", vec![json!(1), none()], vec![]));
    table.push(("default_max_age", vec![json!(1), none()], vec![]));
    table.push(("jwks", vec![json!({"keys": [{"kty": "EC"}]}), none()], vec![]));
    table
}

#[test]
fn an_operators_client_gains_nothing_in_any_field() {
    let form = full();
    let metadata = stored(form.clone());
    let table = every_change();
    let decided: BTreeSet<_> = table.iter().map(|(member, ..)| *member).collect();
    let of_pairs = ["request_object_encryption_alg"];
    let missing: Vec<_> = form
        .keys()
        .filter(|member| !decided.contains(member.as_str()) && !of_pairs.contains(&member.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?} are not decided on");
    for (member, allowed, refused) in table {
        for value in allowed {
            let wanted = changed(&form, member, value.clone());
            assert_eq!(
                check_change(&wanted, &before(&metadata, false)),
                Ok(()),
                "{member} = {value}"
            );
        }
        for value in refused {
            let wanted = changed(&form, member, value);
            let named = match member {
                "sector_identifier_uri" => "subject_type",
                member => member,
            };
            assert_refused(check_change(&wanted, &before(&metadata, false)), named);
        }
    }
}

#[test]
fn an_operators_client_cannot_drop_encryption() {
    let form = full();
    let metadata = stored(form.clone());
    for prefix in ["id_token", "userinfo", "authorization", "introspection"] {
        let mut wanted = form.clone();
        wanted.remove(&format!("{prefix}_encrypted_response_alg"));
        wanted.remove(&format!("{prefix}_encrypted_response_enc"));
        let field = format!("{prefix}_encrypted_response_alg");
        assert_refused(check_change(&stored(wanted), &before(&metadata, false)), &field);
    }
}

#[test]
fn a_method_may_become_stronger_and_never_weaker() {
    let weakest_first = [
        &["none"][..],
        &["client_secret_basic", "client_secret_post"],
        &["client_secret_jwt"],
        &["private_key_jwt", "self_signed_tls_client_auth"],
        &["tls_client_auth"],
    ];
    for (is, before_methods) in weakest_first.iter().enumerate() {
        for (becomes, methods) in weakest_first.iter().enumerate() {
            for (one, other) in before_methods
                .iter()
                .flat_map(|one| methods.iter().map(move |other| (one, other)))
            {
                let [metadata, wanted] =
                    [one, other].map(|method| client(json!({"token_endpoint_auth_method": method})));
                let result = check_change(&wanted, &before(&metadata, false));
                assert_eq!(result.is_ok(), becomes >= is, "{one} to {other}");
                assert!(
                    check_change(&wanted, &before(&metadata, true)).is_ok(),
                    "{one} to {other}"
                );
            }
        }
    }
}

#[test]
fn a_scope_that_is_left_out_is_every_standard_one() {
    let narrow = client(json!({"scope": "openid"}));
    for wider in [json!({}), json!({"scope": "openid email"})] {
        assert_refused(check_change(&client(wider.clone()), &before(&narrow, false)), "scope");
        assert!(check_change(&client(wider), &before(&narrow, true)).is_ok());
    }
    let unsaid = client(json!({}));
    assert!(check_change(&narrow, &before(&unsaid, false)).is_ok());
    assert!(check_change(&client(json!({"scope": "openid phone"})), &before(&unsaid, false)).is_ok());
    let mut nothing = client(json!({}));
    nothing.scope = Some(Scope::default());
    assert_refused(check_change(&unsaid, &before(&nothing, false)), "scope");
}

/// A client that registered no scope may ask for those of any API that it names.
#[test]
fn a_scope_that_is_left_out_is_wider_than_every_standard_one() {
    let unsaid = client(json!({}));
    let every = client(json!({"scope": "openid profile email address phone offline_access"}));
    assert_refused(check_change(&unsaid, &before(&every, false)), "scope");
    assert!(check_change(&unsaid, &before(&every, true)).is_ok());
    let with_api = Before {
        askable: Scope::parse("openid files:read").unwrap(),
        ..before(&unsaid, false)
    };
    let of_api = client(json!({"scope": "openid files:read"}));
    assert!(check_change(&of_api, &with_api).is_ok());
    let of_none = client(json!({"scope": "openid payroll"}));
    assert_refused(check_change(&of_none, &with_api), "scope");
}

#[test]
fn what_is_stored_of_anybody_has_a_limit_and_grows_no_further() {
    let of = |length: usize| client(json!({"software_id": "x".repeat(length)}));
    assert!(check_registration(&of(16_000)).is_ok());
    assert_refused(check_registration(&of(16_384)), "the metadata");
    let long = of(20_000);
    for registered_openly in [true, false] {
        let before = before(&long, registered_openly);
        assert!(check_change(&of(19_000), &before).is_ok());
        assert_refused(check_change(&of(20_001), &before), "the metadata");
    }
}

#[test]
fn nobody_moves_to_another_sector_by_itself() {
    let pairwise = |members: Value| {
        let mut form = json!({"subject_type": "pairwise"});
        form.as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        client(form)
    };
    let metadata = pairwise(json!({}));
    for registered_openly in [false, true] {
        let check = |wanted: &ClientMetadata| check_change(wanted, &before(&metadata, registered_openly));
        for elsewhere in [
            pairwise(json!({"redirect_uris": ["https://bank.acme.org/cb"]})),
            pairwise(json!({"redirect_uris": ["https://bank.acme.org/cb", "https://app.acme.org/cb"]})),
            pairwise(json!({"redirect_uris": ["http://localhost/cb"], "application_type": "native"})),
            pairwise(json!({"sector_identifier_uri": "https://bank.acme.org/sector.json"})),
            client(json!({})),
        ] {
            assert_refused(check(&elsewhere), "subject_type");
        }
        let same = [
            pairwise(json!({"redirect_uris": ["https://app.acme.org/other"]})),
            pairwise(json!({"sector_identifier_uri": "https://app.acme.org/sector.json"})),
        ];
        for wanted in same {
            assert_eq!(check(&wanted), Ok(()));
        }
        let public = client(json!({}));
        assert_refused(
            check_change(&metadata, &before(&public, registered_openly)),
            "subject_type",
        );
        let moved = client(json!({"redirect_uris": ["https://bank.acme.org/cb"]}));
        assert_eq!(check_change(&moved, &before(&public, registered_openly)), Ok(()));
    }
}

#[test]
fn a_client_of_anybodys_keeps_what_the_operator_gave_it_and_gets_no_more() {
    let service = client(json!({
        "scope": "openid notes:read", "grant_types": ["authorization_code", "client_credentials"],
    }));
    assert!(check_change(&service, &before(&service, true)).is_ok());
    let plain = client(json!({"scope": "openid"}));
    let refused = |wanted: Value, field| assert_refused(check_change(&client(wanted), &before(&plain, true)), field);
    refused(json!({"scope": "openid notes:read"}), "scope");
    refused(json!({"scope": "dcr_admin"}), "scope");
    refused(
        json!({"scope": "openid", "grant_types": ["client_credentials"]}),
        "grant_types",
    );
    let more = client(json!({"scope": "openid notes:read payroll"}));
    assert_refused(check_change(&more, &before(&service, true)), "scope");
    let of_api = Before {
        askable: Scope::parse("openid files:read").unwrap(),
        ..before(&plain, true)
    };
    assert!(check_change(&client(json!({"scope": "openid files:read"})), &of_api).is_ok());
}

#[test]
fn how_long_an_old_refresh_token_is_no_theft_stays_as_the_operator_left_it() {
    let given = client(json!({"refresh_grace": 600}));
    for wanted in [json!({}), json!({"refresh_grace": 3600})] {
        let mut wanted = client(wanted);
        keep_operators_choice(&mut wanted, Some(&before(&given, false)));
        assert_eq!(wanted.refresh_grace, given.refresh_grace);
        keep_operators_choice(&mut wanted, None);
        assert_eq!(wanted.refresh_grace, None);
    }
}

#[test]
fn types_of_authorization_details_are_the_operators_to_give() {
    let given = client(json!({"authorization_details_types": ["pay"]}));
    for wanted in [json!({}), json!({"authorization_details_types": ["pay", "see"]})] {
        for registered_openly in [false, true] {
            let mut wanted = client(wanted.clone());
            keep_operators_choice(&mut wanted, Some(&before(&given, registered_openly)));
            assert_eq!(wanted.authorization_details_types, ["pay"]);
        }
        let mut wanted = client(wanted);
        keep_operators_choice(&mut wanted, None);
        assert!(wanted.authorization_details_types.is_empty());
    }
}

#[test]
fn http_on_a_private_network_is_the_operators_to_allow_for_each_address() {
    let at = |uri: &str| client(json!({"redirect_uris": ["https://app.acme.org/cb", uri]}));
    let known = at("http://nas.local/cb");
    let refused = |result: Result<(), OAuthError>| result.unwrap_err().code == ErrorCode::InvalidRedirectUri;
    assert!(refused(check_registration(&known)));
    for registered_openly in [true, false] {
        let before = before(&known, registered_openly);
        assert!(check_change(&known, &before).is_ok());
        assert!(refused(check_change(&at("http://other.local/cb"), &before)));
    }
    let after_logout = client(json!({"post_logout_redirect_uris": ["http://nas.local/cb"]}));
    for registered_openly in [true, false] {
        let before = before(&after_logout, registered_openly);
        assert!(check_change(&after_logout, &before).is_ok());
        assert!(refused(check_change(&known, &before)), "no code goes there");
    }
}

#[test]
fn a_redirect_uri_has_no_parameter_that_the_answer_brings() {
    let at = |query: &str| client(json!({"redirect_uris": [format!("https://app.acme.org/cb?{query}")]}));
    for query in [
        "code=1",
        "a=b&state",
        "iss=https%3A%2F%2Fevil.test",
        "error=",
        "response=x",
        "%63ode=1",
    ] {
        let (wanted, plain) = (at(query), at("a=b"));
        let refused = |result: Result<(), OAuthError>| result.unwrap_err().code == ErrorCode::InvalidRedirectUri;
        assert!(refused(check_registration(&wanted)), "{query}");
        assert!(refused(check_change(&wanted, &before(&plain, true))), "{query}");
        assert!(
            check_change(&wanted, &before(&wanted, true)).is_ok(),
            "what it had before stays: {query}"
        );
    }
    for query in ["", "codes=1", "Code=1", "x=code", "app_state=1"] {
        assert!(check_registration(&at(query)).is_ok(), "{query}");
    }
}

#[test]
fn a_home_page_is_shown_of_who_people_return_to() {
    let home = |mut wanted: ClientMetadata, before: Option<&Before<'_>>| {
        claim_only_its_own_home(&mut wanted, before);
        wanted.client_uri.default_text().map(str::to_owned)
    };
    let own = client(json!({"client_uri": "https://app.acme.org/about", "client_uri#fr": "https://bank.example/"}));
    assert_eq!(home(own, None).as_deref(), Some("https://app.acme.org/about"));
    for claimed in [
        json!({"client_uri": "https://bank.example/"}),
        json!({"client_uri#fr": "https://bank.example/"}),
        json!({"client_uri": "https://acme.org/"}),
        json!({"client_uri": "https://app.acme.org.evil.org/"}),
        // One of its hosts is not who the person returns to.
        json!({"client_uri": "https://bank.example/",
               "redirect_uris": ["https://bank.example/cb", "https://evil.org/cb"]}),
        json!({"client_uri": "https://bank.example/", "redirect_uris": ["https://bank.example/cb", "http://localhost/"]}),
        json!({"client_uri": "http://localhost/", "redirect_uris": ["http://localhost/cb"]}),
        json!({"client_uri": "https://bank.example/", "redirect_uris": []}),
    ] {
        assert_eq!(home(client(claimed.clone()), None), None, "{claimed}");
    }
    // What the operator allowed, stays while people return to the same hosts.
    let operators = client(json!({"client_uri": "https://acme.org/"}));
    let renamed = client(json!({"client_uri": "https://acme.org/", "client_name": "New"}));
    let kept = home(renamed.clone(), Some(&before(&operators, false)));
    assert_eq!(kept.as_deref(), Some("https://acme.org/"));
    assert_eq!(home(renamed, Some(&before(&operators, true))), None);
    let moved = json!({"client_uri": "https://acme.org/", "redirect_uris": ["https://evil.org/cb"]});
    assert_eq!(home(client(moved), Some(&before(&operators, false))), None);
    let other = json!({"client_uri": "https://bank.example/"});
    assert_eq!(home(client(other), Some(&before(&operators, false))), None);
}

/// A logout token tells the `sub` that people have in the client's sector.
#[test]
fn a_pairwise_client_is_told_of_logouts_within_its_sector() {
    let with = |uri: &str, subject_type: &str| {
        let members = json!({"subject_type": subject_type, "backchannel_logout_uri": uri});
        check_registration(&client(members))
    };
    assert_eq!(with("https://app.acme.org/logout", "pairwise"), Ok(()));
    assert_eq!(with("https://evil.example/logout", "public"), Ok(()));
    assert_refused(
        with("https://evil.example/logout", "pairwise"),
        "backchannel_logout_uri",
    );
    let native = json!({"redirect_uris": ["org.acme.app:/cb"], "subject_type": "pairwise",
        "backchannel_logout_uri": "https://evil.example/logout"});
    assert_eq!(check_registration(&client(native)), Ok(()), "it is a sector of its own");
}

/// What is pushed has an ID token with the `sub` that people have in the client's sector.
#[test]
fn a_pairwise_client_is_pushed_tokens_within_its_sector() {
    let with = |endpoint: &str, mode: &str| {
        let members = json!({"subject_type": "pairwise", "backchannel_token_delivery_mode": mode,
            "backchannel_client_notification_endpoint": endpoint});
        check_registration(&client(members))
    };
    assert_eq!(with("https://app.acme.org/ciba", "push"), Ok(()));
    assert_eq!(with("https://evil.example/ciba", "ping"), Ok(()));
    assert_refused(
        with("https://evil.example/ciba", "push"),
        "backchannel_client_notification_endpoint",
    );
}

#[test]
fn an_operators_client_does_not_move_where_it_is_told_of_answers() {
    let with = |mode: &str, endpoint: &str| {
        client(json!({"backchannel_token_delivery_mode": mode, "backchannel_client_notification_endpoint": endpoint}))
    };
    let operators = with("ping", "https://app.acme.org/ciba");
    let change = |wanted: &ClientMetadata| check_change(wanted, &before(&operators, false));
    assert_eq!(change(&with("ping", "https://app.acme.org/elsewhere")), Ok(()));
    for moved in ["https://evil.example/ciba", "https://app.acme.org:8443/ciba"] {
        assert_refused(change(&with("ping", moved)), "backchannel_client_notification_endpoint");
    }
    for mode in ["push", "poll"] {
        let changed = with(mode, "https://app.acme.org/ciba");
        assert_refused(change(&changed), "backchannel_token_delivery_mode");
    }
}
