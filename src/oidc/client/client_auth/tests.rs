//! What a client may present, and when that is the client.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::oidc::{
    client::{
        SecretAtRest,
        client_metadata::{ClientMetadata, Supported},
    },
    error::ErrorCode,
};

use crate::time::Lifetime;

const NOW: UnixTime = UnixTime(1_800_000_000);

fn parse(authorization: Option<&str>, body: &str) -> Result<ClientCredentials, OAuthError> {
    ClientCredentials::parse(authorization, &Params::parse(body).unwrap())
}

fn secret(credentials: &ClientCredentials) -> Option<&str> {
    match &credentials.presented {
        Presented::Secret(_, secret) => Some(secret.expose()),
        _ => None,
    }
}

fn basic(text: &str) -> String {
    format!("Basic {}", STANDARD.encode(text))
}

#[test]
fn basic_credentials_are_form_decoded() {
    let found = parse(Some(&basic("a%3Ab:p+%25%2B")), "").unwrap();
    assert_eq!((found.client_id.as_str(), secret(&found)), ("a:b", Some("p %+")));
    assert_eq!(found.method(), AuthMethod::ClientSecretBasic);
}

#[test]
fn undecodable_basic_credentials_are_invalid_client() {
    for header in [
        "Basic",
        "Basic !",
        "Bearer x",
        "",
        &basic("no colon"),
        &basic("a:%"),
        &basic("a:%zz"),
        &basic(":x"),
    ] {
        assert_eq!(
            parse(Some(header), "").err().unwrap().code,
            ErrorCode::InvalidClient,
            "{header}"
        );
    }
}

#[test]
fn an_empty_secret_is_none() {
    let found = parse(Some(&basic("a:")), "client_id=a").unwrap();
    assert_eq!((found.client_id.as_str(), found.method()), ("a", AuthMethod::None));
    for body in ["client_id=b", "client_id=a&client_secret=x"] {
        let error = parse(Some(&basic("a:")), body).err().unwrap();
        assert_eq!(error.code, ErrorCode::InvalidRequest, "{body}");
    }
}

#[test]
fn two_methods_at_once_and_another_client_id_are_refused() {
    let header = basic("a:b");
    assert_eq!(
        parse(Some(&header), "client_secret=b").err().unwrap().code,
        ErrorCode::InvalidRequest
    );
    assert_eq!(
        parse(Some(&header), "client_id=c").err().unwrap().code,
        ErrorCode::InvalidRequest
    );
    assert!(parse(Some(&header), "client_id=a").is_ok());
}

#[test]
fn body_credentials_are_post_or_none() {
    assert_eq!(
        parse(None, "client_id=a&client_secret=b").unwrap().method(),
        AuthMethod::ClientSecretPost
    );
    assert_eq!(parse(None, "client_id=a").unwrap().method(), AuthMethod::None);
    assert_eq!(parse(None, "").err().unwrap().code, ErrorCode::InvalidClient);
}

#[test]
fn an_assertion_comes_alone_and_names_its_client() {
    let jwt = |sub: &str| {
        let claims = format!(r#"{{"iss":"{sub}","sub":"{sub}","aud":"x","exp":1,"jti":"1"}}"#);
        let part = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.AAAA", part(r#"{"alg":"RS256"}"#), part(&claims))
    };
    let typ = format!("client_assertion_type={}", client_assertion::TYPE);
    let body = format!("{typ}&client_assertion={}", jwt("c1"));
    let found = parse(None, &body).unwrap();
    assert_eq!(
        (found.client_id.as_str(), found.method()),
        ("c1", AuthMethod::PrivateKeyJwt)
    );
    assert!(parse(None, &format!("{body}&client_id=c1")).is_ok());

    let code = |authorization: Option<&str>, body: &str| parse(authorization, body).err().unwrap().code;
    assert_eq!(code(None, &format!("{body}&client_id=c2")), ErrorCode::InvalidRequest);
    assert_eq!(
        code(None, &format!("{body}&client_id=c1&client_secret=x")),
        ErrorCode::InvalidRequest
    );
    assert_eq!(code(Some(&basic("c1:x")), &body), ErrorCode::InvalidRequest);
    assert_eq!(code(None, &typ), ErrorCode::InvalidClient);
    assert_eq!(
        code(None, &format!("client_assertion={}", jwt("c1"))),
        ErrorCode::InvalidClient
    );
    assert_eq!(
        code(
            None,
            &format!(
                "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:saml2-bearer&client_assertion={}",
                jwt("c1")
            )
        ),
        ErrorCode::InvalidClient
    );
}

fn roots(versions: &[KekVersion], current: KekVersion) -> RootKeys {
    let roots = versions.iter().map(|version| (*version, [*version as u8; 32]));
    RootKeys::new(BTreeMap::from_iter(roots), current, String::new()).unwrap()
}

fn client(token_endpoint_auth_method: &str) -> Client {
    let metadata = json!({
        "redirect_uris": ["https://app.acme.org/cb"],
        "token_endpoint_auth_method": token_endpoint_auth_method,
    });
    Client {
        client_id: "c1".to_owned(),
        version: 1,
        issued_at: NOW,
        document_fresh_until: None,
        metadata: ClientMetadata::parse(&metadata, &Supported::CURRENT).unwrap(),
    }
}

/// What is stored of the secret of `client_id`, under the current root of `roots`.
fn hash_of(secret: &str, client_id: &str, roots: &RootKeys) -> Hash {
    secret_hash(roots, client_id, &ClientSecret::presented(secret.to_owned()))
}

fn at_rest(hash: Hash) -> SecretAtRest {
    SecretAtRest::unnamed(hash, None, "1")
}

fn stored(hash: Hash) -> StoredSecret {
    StoredSecret {
        current: at_rest(hash),
        previous: None,
        more: Vec::new(),
    }
}

/// What comes of the secret in `body` for a client of `method`, for which `stored` is stored, under the roots 1 and 2.
fn authenticate(body: &str, method: &str, stored: Option<&StoredSecret>) -> Result<(), ErrorCode> {
    parse(None, body)
        .unwrap()
        .authenticate(Some((&client(method), stored)), &roots(&[1, 2], 2), NOW)
        .map_err(|error| error.code)
}

/// RFC 6749 section 2.3.1.
#[test]
fn a_client_is_who_knows_its_secret() {
    let secret = stored(hash_of("right", "c1", &roots(&[2], 2)));
    let of = |body, stored| authenticate(body, "client_secret_post", stored);
    assert_eq!(of("client_id=c1&client_secret=right", Some(&secret)), Ok(()));
    let failed = Err(ErrorCode::InvalidClient);
    assert_eq!(of("client_id=c1&client_secret=wrong", Some(&secret)), failed);
    assert_eq!(of("client_id=c1&client_secret=right", None), failed);
    let anothers = self::stored(hash_of("right", "c2", &roots(&[2], 2)));
    assert_eq!(of("client_id=c1&client_secret=right", Some(&anothers)), failed);
}

#[test]
fn an_unknown_client_hears_what_a_wrong_secret_hears() {
    let secret = stored(hash_of("right", "c1", &roots(&[2], 2)));
    let found = parse(None, "client_id=c1&client_secret=wrong").unwrap();
    let (client, roots) = (client("client_secret_post"), roots(&[2], 2));
    let unknown = found.authenticate(None, &roots, NOW);
    assert_eq!(unknown, Err(failed()));
    assert_eq!(found.authenticate(Some((&client, Some(&secret))), &roots, NOW), unknown);
}

/// RFC 7591 section 2: the "requested authentication method for the token endpoint" is the only one.
#[test]
fn another_method_than_the_registered_one_does_not_count() {
    let secret = stored(hash_of("right", "c1", &roots(&[2], 2)));
    let (by_nothing, by_post) = ("client_id=c1", "client_id=c1&client_secret=right");
    assert_eq!(authenticate(by_nothing, "none", None), Ok(()));
    for (body, method) in [
        (by_nothing, "client_secret_post"),
        (by_nothing, "client_secret_basic"),
        (by_post, "client_secret_basic"),
        (by_post, "none"),
    ] {
        assert_eq!(
            authenticate(body, method, Some(&secret)),
            Err(ErrorCode::InvalidClient),
            "{body} for {method}"
        );
    }
}

#[test]
fn the_secret_before_a_renewal_works_until_its_time() {
    let (before, now) = (
        hash_of("before", "c1", &roots(&[2], 2)),
        hash_of("now", "c1", &roots(&[2], 2)),
    );
    for (until, expected) in [(NOW.0 + 1, Ok(())), (NOW.0, Err(ErrorCode::InvalidClient))] {
        let renewed = StoredSecret {
            current: at_rest(now.clone()),
            previous: Some((at_rest(before.clone()), UnixTime(until))),
            more: Vec::new(),
        };
        let of = |body| authenticate(body, "client_secret_post", Some(&renewed));
        assert_eq!(of("client_id=c1&client_secret=before"), expected, "until {until}");
        assert_eq!(of("client_id=c1&client_secret=now"), Ok(()));
    }
}

#[test]
fn a_secret_under_an_older_root_works_and_is_told_to_be_outdated() {
    let old = stored(hash_of("right", "c1", &roots(&[1], 1)));
    let by_post = "client_id=c1&client_secret=right";
    assert_eq!(authenticate(by_post, "client_secret_post", Some(&old)), Ok(()));

    let roots = roots(&[1, 2], 2);
    let is_current = |body: &str, stored: &StoredSecret| {
        let found = parse(None, body).unwrap();
        let matching = found.matching(stored, &roots, NOW);
        matching.map(|(secret, stored)| (secret.expose() == "right", stored.hash.is_under(2)))
    };
    assert_eq!(is_current(by_post, &old), Some((true, false)));
    assert_eq!(is_current("client_id=c1&client_secret=wrong", &old), None);
    let current = stored(hash_of("right", "c1", &roots));
    assert_eq!(is_current(by_post, &current), Some((true, true)));
    assert_eq!(is_current("client_id=c1", &old), None, "no secret");
}

#[test]
fn a_secret_that_was_added_is_as_good_until_its_end() {
    let added = |ends_at| {
        let mut secrets = stored(hash_of("first", "c1", &roots(&[2], 2)));
        let mut second = at_rest(hash_of("second", "c1", &roots(&[2], 2)));
        second.about.ends_at = ends_at;
        secrets.more.push(second);
        let of = |body| authenticate(body, "client_secret_post", Some(&secrets));
        (
            of("client_id=c1&client_secret=first"),
            of("client_id=c1&client_secret=second"),
        )
    };
    assert_eq!(added(None), (Ok(()), Ok(())));
    assert_eq!(added(Some(NOW + Lifetime(1))), (Ok(()), Ok(())));
    assert_eq!(added(Some(NOW)), (Ok(()), Err(ErrorCode::InvalidClient)));
}

#[test]
fn a_secret_is_that_of_its_client_and_nothing_is_none() {
    let roots = roots(&[1], 1);
    let right = ClientSecret::presented("right".to_owned());
    let hash = hash_of("right", "c1", &roots);
    assert!(is_secret(&right, "c1", Some(&hash), &roots));
    assert!(!is_secret(&right, "c2", Some(&hash), &roots));
    assert!(!is_secret(&right, "c1", None, &roots));
    let wrong = ClientSecret::presented("wrong".to_owned());
    assert!(!is_secret(&wrong, "c1", Some(&hash), &roots));
}
