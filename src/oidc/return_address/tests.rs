//! Which address, and in which mode (Multiple Response Types section 2.1 and 3).

use serde_json::json;

use super::*;
use crate::{config::FapiProfile, time::UnixTime};

const QUERY: &str = "https://app.acme.org/cb?a=b";

fn client() -> Client {
    let metadata = json!({
        "redirect_uris": ["https://app.acme.org/cb", QUERY],
        "response_types": ["code", "id_token"],
        "grant_types": ["authorization_code", "implicit"],
        "application_type": "web",
        "token_endpoint_auth_method": "none",
    });
    Client {
        client_id: "c1".to_owned(),
        version: 1,
        issued_at: UnixTime(0),
        document_fresh_until: None,
        metadata: serde_json::from_value(metadata).unwrap(),
    }
}

fn address(params: &str) -> Result<ReturnAddress, PageError> {
    ReturnAddress::resolve(&Params::parse(params).unwrap(), &client())
}

fn mode(params: &str) -> ResponseMode {
    let params = format!("redirect_uri=https://app.acme.org/cb&{params}");
    address(&params).unwrap().response_mode
}

fn code_to(redirect_uri: &str) -> Delivery {
    let encoded: String = url::form_urlencoded::byte_serialize(redirect_uri.as_bytes()).collect();
    let response = AuthorizationResponse {
        code: Some("c".to_owned()),
        ..AuthorizationResponse::default()
    };
    let issuer = Issuer::parse("https://id.acme.org").unwrap();
    address(&format!("response_type=code&state=s&redirect_uri={encoded}"))
        .unwrap()
        .deliver_response(&issuer, response)
}

#[test]
fn only_a_registered_address_receives_anything() {
    let unregistered = address("redirect_uri=https://app.acme.org/cb/").err();
    assert_eq!(unregistered, Some(PageError::UnregisteredRedirectUri));
    assert_eq!(address("").err(), Some(PageError::NoRedirectUri));
}

#[test]
fn a_query_goes_on_where_there_is_one() {
    let sent = "code=c&state=s&iss=https%3A%2F%2Fid.acme.org";
    for (uri, separator) in [("https://app.acme.org/cb", '?'), (QUERY, '&')] {
        assert_eq!(code_to(uri), Delivery::Redirect(format!("{uri}{separator}{sent}")));
    }
}

#[test]
fn tokens_never_travel_in_a_query() {
    assert_eq!(mode("response_type=code"), ResponseMode::Query);
    assert_eq!(mode("response_type=code&response_mode=query"), ResponseMode::Query);
    assert_eq!(
        mode("response_type=code&response_mode=fragment"),
        ResponseMode::Fragment
    );
    assert_eq!(
        mode("response_type=id_token&response_mode=query"),
        ResponseMode::Fragment
    );
    assert_eq!(
        mode("response_type=id_token&response_mode=form_post"),
        ResponseMode::FormPost
    );
}

#[test]
fn a_response_mode_is_refused_only_where_it_does_not_fit() {
    let check = |name: &str, response_type| {
        let params = Params::parse(&format!("response_mode={name}")).unwrap();
        ReturnAddress::check_response_mode(&params, response_type, &client()).is_ok()
    };
    for (name, for_code, for_id_token) in [
        ("query", true, false),
        ("query.jwt", true, false),
        ("fragment", true, true),
        ("form_post", true, true),
        ("okay", false, false),
    ] {
        assert_eq!(check(name, ResponseType::Code), for_code, "{name}");
        assert_eq!(check(name, ResponseType::IdToken), for_id_token, "{name}");
    }
}

/// FAPI 2.0 Message Signing section 5.4: answers are signed, also those that say what is wrong with the request.
#[test]
fn a_client_that_signs_messages_gets_every_answer_in_a_jwt() {
    let mut client = client();
    client.metadata.fapi_profile = Some(FapiProfile::Fapi2MessageSigning);
    let request = |mode: &str| {
        let text = format!("redirect_uri=https://app.acme.org/cb&response_type=code{mode}");
        Params::parse(&text).unwrap()
    };
    for (mode, fits) in [
        ("", true),
        ("&response_mode=jwt", true),
        ("&response_mode=form_post.jwt", true),
        ("&response_mode=query", false),
        ("&response_mode=fragment", false),
        ("&response_mode=okay", false),
    ] {
        let params = request(mode);
        assert!(ReturnAddress::resolve(&params, &client).unwrap().wants_jwt(), "{mode}");
        let checked = ReturnAddress::check_response_mode(&params, ResponseType::Code, &client);
        assert_eq!(checked.is_ok(), fits, "{mode}");
    }
}
