//! Which documents are taken, and what they become.

use super::*;
use crate::oidc::client::client_metadata::{AuthMethod, GrantType};

const ROOT: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const CLIENT: &str = "https://app.acme.org/oauth/client.json";

fn config(documents: &str) -> Config {
    Config::parse(|name| match name {
        "ISSUER" => Some("https://id.acme.org".to_owned()),
        "KEK_1" => Some(ROOT.to_owned()),
        "CLIENT_ID_METADATA_DOCUMENTS" => Some(documents.to_owned()),
        _ => None,
    })
    .unwrap()
}

fn url() -> ClientIdUrl {
    ClientIdUrl::parse(CLIENT, &config("on")).unwrap()
}

fn document(change: &[(&str, Value)]) -> String {
    let mut members = json!({
        "client_id": CLIENT,
        "client_name": "Acme Assistant",
        "redirect_uris": ["http://127.0.0.1:33418/", "https://app.acme.org/redirect"],
        "application_type": "native",
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "none",
    });
    for (name, value) in change {
        members[*name] = value.clone();
    }
    members.to_string()
}

fn read(change: &[(&str, Value)]) -> Result<ClientMetadata, OAuthError> {
    url().read(document(change).as_bytes(), "application/json", &config("on"))
}

#[test]
fn under_a_profile_a_client_of_a_document_proves_itself_by_its_key_alone() {
    let config = Config::parse(|name| match name {
        "ISSUER" => Some("https://id.acme.org".to_owned()),
        "KEK_1" => Some(ROOT.to_owned()),
        "CLIENT_ID_METADATA_DOCUMENTS" => Some("on".to_owned()),
        "MTLS_ORIGIN" => Some("https://mtls.acme.org".to_owned()),
        "PROFILE" => Some("fapi2".to_owned()),
        _ => None,
    })
    .unwrap();
    let read = |methods: Value| {
        let document = document(&[
            ("application_type", json!("web")),
            ("redirect_uris", json!(["https://app.acme.org/redirect"])),
            ("jwks_uri", json!("https://app.acme.org/jwks.json")),
            ("tls_client_auth_subject_dn", json!("CN=app")),
            ("token_endpoint_auth_method", json!(null)),
            ("token_endpoint_auth_methods_supported", methods),
        ]);
        let read = url().read(document.as_bytes(), "application/json", &config);
        read.map(|metadata| metadata.token_endpoint_auth_method)
    };
    for methods in [
        json!(["tls_client_auth"]),
        json!(["self_signed_tls_client_auth"]),
        json!(["none"]),
    ] {
        assert!(read(methods.clone()).is_err(), "{methods}");
    }
    let both = read(json!(["self_signed_tls_client_auth", "private_key_jwt"]));
    assert!(both.is_err() || both.unwrap() == AuthMethod::PrivateKeyJwt);
}

#[test]
fn a_client_id_is_an_https_url_in_its_one_spelling() {
    let config = config("on");
    for client_id in [
        CLIENT,
        "https://app.acme.org/",
        "https://app.acme.org:8443/c",
        "https://app.acme.org/c?v=1",
        "https://xn--bcher-kva.org/c",
        "https://app.acme.org/a..b/.well-known/c",
    ] {
        assert!(
            is_url(client_id) && ClientIdUrl::parse(client_id, &config).is_ok(),
            "{client_id}"
        );
    }
    let long = format!("https://app.acme.org/{}", "a".repeat(400));
    for client_id in [
        "https://app.acme.org",
        "https://app.acme.org/a/./c",
        "https://app.acme.org/a/../c",
        "https://app.acme.org/a/%2e%2E/c",
        "https://app.acme.org/c#f",
        "https://app.acme.org/c#",
        "https://u@app.acme.org/c",
        "https://u:p@app.acme.org/c",
        "https://APP.acme.org/c",
        "https://app.acme.org:443/c",
        "https://app.acme.org/c d",
        "https://app.acme.org/c\n",
        "https://b\u{fc}cher.org/c",
        "https:app.acme.org/c",
        "https:\\\\app.acme.org/c",
        "http://app.acme.org/c",
        "https://127.0.0.1/c",
        "https://localhost/c",
        "https://printer.local/c",
        "ftp://app.acme.org/c",
        "",
        long.as_str(),
    ] {
        assert!(ClientIdUrl::parse(client_id, &config).is_err(), "{client_id}");
    }
}

#[test]
fn hosts_that_the_operator_does_not_list_are_refused() {
    let listed = config("app.acme.org *.example.net");
    let may = |client_id: &str| is_allowed(client_id, &listed);
    assert!(may(CLIENT) && may("https://a.b.example.net/c"));
    for client_id in [
        "https://acme.org/c",
        "https://evil.app.acme.org/c",
        "https://example.net/c",
        "https://xexample.net/c",
        "https://app.acme.org.evil.net/c",
    ] {
        assert!(!may(client_id), "{client_id}");
    }
    assert!(!is_allowed(CLIENT, &config("off")));
    assert!(ClientIdUrl::parse(CLIENT, &config("")).is_err(), "off by default");
}

#[test]
fn a_document_is_a_registration() {
    let metadata = read(&[]).unwrap();
    assert_eq!(metadata.redirect_uris.len(), 2);
    assert_eq!(metadata.token_endpoint_auth_method, AuthMethod::None);
    let silent = read(&[("token_endpoint_auth_method", Value::Null), ("jwks", Value::Null)]);
    assert!(silent.is_err(), "null is not silence");
}

#[test]
fn who_says_nothing_of_authentication_has_none() {
    let mut members: Map<String, Value> = serde_json::from_str(&document(&[])).unwrap();
    members.remove("token_endpoint_auth_method");
    let text = Value::Object(members).to_string();
    let metadata = url().read(text.as_bytes(), "application/json", &config("on"));
    assert_eq!(metadata.unwrap().token_endpoint_auth_method, AuthMethod::None);
}

#[test]
fn the_client_id_of_the_document_is_its_url_by_simple_string_comparison() {
    for other in [
        json!("https://app.acme.org/oauth/client.json/"),
        json!("https://APP.acme.org/oauth/client.json"),
        json!("https://app.acme.org/oauth/client%2Ejson"),
        json!("https://evil.org/oauth/client.json"),
        json!(""),
        json!(null),
        json!([CLIENT]),
    ] {
        let error = read(&[("client_id", other.clone())]).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidClient, "{other}");
    }
}

#[test]
fn symmetric_secrets_have_no_place_in_it() {
    for method in [
        "client_secret_basic",
        "client_secret_post",
        "client_secret_jwt",
        "tls_client_auth",
        "x",
    ] {
        assert!(
            read(&[("token_endpoint_auth_method", json!(method))]).is_err(),
            "{method}"
        );
    }
    for (name, value) in [
        ("client_secret", json!("s3cret")),
        ("client_secret_expires_at", json!(0)),
    ] {
        let error = read(&[(name, value)]).unwrap_err();
        assert!(error.description.contains(name));
    }
}

#[test]
fn redirect_uris_follow_the_rules_of_registration() {
    for uri in [
        "javascript:alert(1)",
        "https://app.acme.org/cb#x",
        "http://app.acme.org/cb",
        "",
        "data:,x",
    ] {
        let error = read(&[("redirect_uris", json!([uri]))]).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidRedirectUri, "{uri}");
    }
    assert!(read(&[("redirect_uris", json!([]))]).is_err());
}

#[test]
fn what_other_servers_may_support_is_left_out() {
    let device = "urn:ietf:params:oauth:grant-type:somebody-elses";
    let metadata = read(&[
        (
            "grant_types",
            json!(["authorization_code", device, "client_credentials"]),
        ),
        ("response_types", json!(["code", "somebody-elses"])),
        ("scope", json!("openid mcp:tools dcr_admin email")),
    ])
    .unwrap();
    assert_eq!(metadata.grant_types, [GrantType::AuthorizationCode]);
    assert_eq!(metadata.scope.unwrap().to_string(), "email openid");
}

#[test]
fn a_document_that_names_only_what_is_not_here_gets_nothing_for_it() {
    for scope in ["mcp:tools", " ", "dcr_admin  mcp:tools"] {
        let metadata = read(&[("scope", json!(scope))]).unwrap();
        assert_eq!(metadata.scope, Some(Scope::default()), "{scope:?}");
        let stored = serde_json::to_string(&metadata).unwrap();
        assert_eq!(
            serde_json::from_str::<ClientMetadata>(&stored).unwrap().scope,
            Some(Scope::default())
        );
    }
    for nothing in [json!(""), json!(null)] {
        assert_eq!(read(&[("scope", nothing)]).unwrap().scope, None);
    }
    assert!(read(&[("grant_types", json!(["somebody-elses"]))]).is_err());
    assert!(read(&[("grant_types", json!(["client_credentials"]))]).is_err());
    assert!(read(&[("response_types", json!(["somebody-elses"]))]).is_err());
}

#[test]
fn a_document_claims_no_home_but_its_own() {
    let home = |uri: Value| {
        let metadata = read(&[("client_uri", uri)]).unwrap();
        metadata.client_uri.best_for(&["en"]).map(str::to_owned)
    };
    let own = Some("https://app.acme.org".to_owned());
    assert_eq!(
        home(json!("https://app.acme.org/about")).as_deref(),
        Some("https://app.acme.org/about")
    );
    assert_eq!(home(json!("https://bank.example")), own);
    assert_eq!(home(json!("https://app.acme.org.evil.net/")), own);
    assert_eq!(home(json!("nonsense")), own);
    let tagged = read(&[("client_uri#fr", json!("https://bank.example"))]).unwrap();
    assert_eq!(tagged.client_uri.best_for(&["fr"]), Some("https://app.acme.org"));
}

#[test]
fn what_is_no_json_object_is_refused() {
    let config = config("on");
    for body in [
        "",
        "[]",
        "null",
        "{",
        "{\"client_id\":1,\"client_id\":2}",
        "<html>",
        "\u{feff}{}",
    ] {
        assert!(
            url().read(body.as_bytes(), "application/json", &config).is_err(),
            "{body}"
        );
    }
    let good = document(&[]);
    assert!(url().read(good.as_bytes(), "application/client+json", &config).is_ok());
    for kind in ["", "text/html", "text/json", "application/jsonx", "image/svg+json"] {
        assert!(url().read(good.as_bytes(), kind, &config).is_err(), "{kind}");
    }
}

#[test]
fn freshness_is_kept_within_bounds() {
    assert_eq!(fresh_for(None), Lifetime::hours(1));
    assert_eq!(fresh_for(Some(Lifetime(0))), Lifetime::minutes(5));
    assert_eq!(fresh_for(Some(Lifetime::hours(3))), Lifetime::hours(3));
    assert_eq!(fresh_for(Some(Lifetime::days(30))), Lifetime::days(1));
}
