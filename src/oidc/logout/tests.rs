//! Requests to sign out, from the requirements of RP-Initiated Logout 1.0.

use serde_json::{Value, json};

use super::*;
use crate::{
    oidc::{
        client::client_metadata::{ClientMetadata, Supported},
        jose::jwt::{SigningAlg, SigningInput},
        proven::Proven,
    },
    time::UnixTime,
};

fn client(post_logout_redirect_uris: &[&str]) -> Client {
    let metadata = json!({
        "redirect_uris": ["https://app.acme.org/cb"],
        "post_logout_redirect_uris": post_logout_redirect_uris,
    });
    Client {
        client_id: "c".to_owned(),
        version: 1,
        issued_at: UnixTime(0),
        document_fresh_until: None,
        metadata: ClientMetadata::parse(&metadata, &Supported::CURRENT).unwrap(),
    }
}

fn request(pairs: &[(&str, &str)]) -> LogoutRequest {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    LogoutRequest::parse(&Params::parse(&query).unwrap()).unwrap()
}

fn hint(mut claims: Value) -> String {
    claims["exp"] = json!(1);
    claims["iat"] = json!(1);
    SigningInput::new(SigningAlg::RS256, "k", "JWT", claims)
        .unwrap()
        .with_signature(&[1])
}

fn session(id: &str, user_id: &str, known_as: &[&str]) -> KnownSession {
    KnownSession {
        authentication: Authentication {
            trusted_browser: false,
            required_by_group: false,
            session_id: id.to_owned(),
            user_id: user_id.to_owned(),
            proven: Proven::password(UnixTime(0)),
        },
        sub: user_id.to_owned(),
        known_as: known_as.iter().map(|id| (*id).to_owned()).collect(),
        names: vec![format!("{user_id}@acme.org")],
    }
}

fn aim_of_hint(sub: &str, session_id: &str, sessions: &[KnownSession]) -> Aim {
    let hint = hint(json!({"iss": "i", "aud": "c", "sub": sub, "sid": sid(session_id, "c")}));
    request(&[("id_token_hint", &hint)]).aim(Some(&client(&[])), sessions)
}

#[test]
fn a_hint_of_a_session_that_the_browser_holds_is_sure() {
    let sessions = [session("1", "ada", &[]), session("2", "bob", &["old"])];
    assert_eq!(aim_of_hint("ada", "1", &sessions), Aim::Sure(0));
    assert_eq!(aim_of_hint("bob", "2", &sessions), Aim::Sure(1));
    assert_eq!(
        aim_of_hint("bob", "old", &sessions),
        Aim::Sure(1),
        "before bob signed in again"
    );
}

#[test]
fn a_hint_of_another_session_or_person_is_not() {
    let sessions = [session("1", "ada", &[]), session("2", "bob", &[])];
    assert_eq!(aim_of_hint("bob", "gone", &sessions), Aim::Unsure(1));
    assert_eq!(aim_of_hint("eve", "gone", &sessions), Aim::Elsewhere);
    assert_eq!(aim_of_hint("eve", "1", &sessions), Aim::Elsewhere);
    assert_eq!(aim_of_hint("ada", "1", &[]), Aim::Nobody);
}

#[test]
fn without_a_hint_of_the_id_token_the_person_is_always_asked() {
    let sessions = [session("1", "ada", &[]), session("2", "bob", &[])];
    let client = client(&[]);
    let aim = |pairs: &[(&str, &str)]| request(pairs).aim(Some(&client), &sessions);
    assert_eq!(aim(&[]), Aim::Unsure(0));
    assert_eq!(aim(&[("logout_hint", "BOB@acme.org")]), Aim::Unsure(1));
    assert_eq!(aim(&[("logout_hint", &sid("2", "c"))]), Aim::Unsure(1));
    assert_eq!(aim(&[("logout_hint", "nobody")]), Aim::Unsure(0));
}

#[test]
fn client_id_must_be_the_audience_of_the_hint() {
    let hint = hint(json!({"iss": "i", "aud": "c", "sub": "ada"}));
    let of = |client_id: &str| {
        let request = request(&[("id_token_hint", &hint), ("client_id", client_id)]);
        request.client_id().map(|client_id| client_id.map(str::to_owned))
    };
    assert_eq!(of("c"), Ok(Some("c".to_owned())));
    assert_eq!(of("d"), Err(LogoutRefusal::BadHint));
    assert_eq!(request(&[("id_token_hint", &hint)]).client_id(), Ok(Some("c")));
    assert_eq!(request(&[]).client_id(), Ok(None));
}

#[test]
fn only_a_registered_uri_is_followed() {
    let client = client(&["https://app.acme.org/bye", "https://app.acme.org/bye?x=1"]);
    let resolve =
        |uri: &str| PostLogoutRedirect::resolve(&request(&[("post_logout_redirect_uri", uri)]), Some(&client));
    assert!(resolve("https://app.acme.org/bye").unwrap().is_some());
    for uri in [
        "https://app.acme.org/bye/",
        "https://app.acme.org/bye?foo=bar",
        "https://app.acme.org/bye#x",
        "https://app.acme.org/BYE",
        "https://app.acme.org:443/bye",
        "https://app.acme.org@evil.example/bye",
        "//app.acme.org/bye",
        "//evil.example",
        "/\\evil.example",
        "/bye",
        "javascript:alert(1)",
        " https://app.acme.org/bye",
    ] {
        assert_eq!(resolve(uri), Err(LogoutRefusal::UnregisteredUri), "{uri}");
    }
    let nobodys = request(&[("post_logout_redirect_uri", "https://app.acme.org/bye")]);
    assert_eq!(
        PostLogoutRedirect::resolve(&nobodys, None),
        Err(LogoutRefusal::NoClient)
    );
    assert_eq!(PostLogoutRedirect::resolve(&request(&[]), Some(&client)), Ok(None));
}

#[test]
fn state_comes_back_as_it_was_sent() {
    let client = client(&["https://app.acme.org/bye", "https://app.acme.org/bye?x=1"]);
    let url = |uri: &str, state: &str| {
        let request = request(&[("post_logout_redirect_uri", uri), ("state", state)]);
        PostLogoutRedirect::resolve(&request, Some(&client))
            .unwrap()
            .unwrap()
            .url()
    };
    assert_eq!(
        url("https://app.acme.org/bye", "a&b=\r\n"),
        "https://app.acme.org/bye?state=a%26b%3D%0D%0A"
    );
    assert_eq!(
        url("https://app.acme.org/bye?x=1", "s"),
        "https://app.acme.org/bye?x=1&state=s"
    );
    assert_eq!(url("https://app.acme.org/bye", ""), "https://app.acme.org/bye");
}

#[test]
fn repeated_parameters_and_what_is_no_id_token_are_refused() {
    for (query, refusal) in [
        ("state=a&state=b", LogoutRefusal::Malformed),
        ("client_id=a&client_id=b", LogoutRefusal::Malformed),
        ("id_token_hint=garbage", LogoutRefusal::BadHint),
        ("id_token_hint=e30.e30.", LogoutRefusal::BadHint),
    ] {
        let refused = LogoutRequest::parse(&Params::parse(query).unwrap());
        assert_eq!(refused.err(), Some(refusal), "{query}");
    }
}

#[test]
fn the_front_channel_has_iss_and_sid_or_neither() {
    let url = front_channel_url("https://a.org/out?x=1", "https://id.acme.org", "c", Some("s"));
    let sid = sid("s", "c");
    assert_eq!(
        url,
        format!("https://a.org/out?x=1&iss=https%3A%2F%2Fid.acme.org&sid={sid}")
    );
    assert_eq!(
        front_channel_url("https://a.org/out", "i", "c", None),
        "https://a.org/out"
    );
}

#[test]
fn a_client_gets_the_person_back_unasked_only_with_an_id_token_of_theirs_or_their_word() {
    use WayOut::{GoOnAfterFrames, Redirect, Say, SayNobody};
    for (trust, has_next, has_ended, has_frames, way_out) in [
        (Trust::Proven, true, true, false, Redirect),
        (Trust::Proven, true, false, false, Redirect),
        (Trust::Proven, true, true, true, GoOnAfterFrames),
        (Trust::Proven, false, true, true, Say),
        (Trust::Proven, false, false, false, SayNobody),
        (Trust::Claimed, true, false, false, SayNobody),
        (Trust::Claimed, true, true, false, Say),
    ] {
        assert_eq!(WayOut::of(trust, has_next, has_ended, has_frames), way_out);
    }
}

#[test]
fn where_nobody_is_signed_in_an_id_token_alone_leads_back() {
    assert_eq!(request(&[]).decide(None, &[]), Decision::Nobody(Trust::Claimed));
}
