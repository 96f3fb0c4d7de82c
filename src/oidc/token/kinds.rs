//! Every kind of JWT before everybody who takes one: each is taken for what it is, and for nothing else (RFC 8725 section
//! 3.12, "Use Mutually Exclusive Validation Rules for Different Kinds of JWTs").

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{
    access_token::{self, AccessTokenClaims},
    exchange::ExchangeRequest,
    id_jag,
    id_token::{self, IdTokenClaims},
    id_token_hint::IdTokenHint,
    introspection,
    logout_token::{self, EndedSession, LogoutTokenClaims},
};
use crate::{
    config::{Config, Issuer},
    oidc::{
        client::{
            Client,
            client_assertion::{Audiences, ClientAssertion},
        },
        dpop, jarm,
        jose::jwt::{SigningAlg, SigningInput},
        params::Params,
        proven::Amr,
        request_object::{Claims, RequestObject},
    },
    time::UnixTime,
};

const ISSUER: &str = "https://id.acme.org";
const NOW: UnixTime = UnixTime(1_800_000_000);
const CLIENT: &str = "c1";

fn issuer() -> Issuer {
    Issuer::parse(ISSUER).unwrap()
}

fn config() -> Config {
    let root = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    let resources = r#"{"https://files.acme.org": "Files"}"#;
    let vars = [("ISSUER", ISSUER), ("KEK_1", root), ("RESOURCES", resources)];
    Config::parse(|name| {
        vars.iter()
            .find(|(n, _)| *n == name)
            .map(|(_, text)| (*text).to_owned())
    })
    .unwrap()
}

fn client() -> Client {
    Client {
        client_id: CLIENT.to_owned(),
        version: 1,
        issued_at: NOW,
        document_fresh_until: None,
        metadata: serde_json::from_value(json!({"redirect_uris": ["https://app.acme.org/cb"]})).unwrap(),
    }
}

fn jwt(typ: &str, claims: impl serde::Serialize) -> String {
    SigningInput::new(SigningAlg::RS256, "k", typ, claims)
        .unwrap()
        .with_signature(&[1])
}

/// A proof as a client makes it, with all claims that somebody else could look for.
fn dpop_proof() -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let jwk = json!({
        "kty": "EC", "crv": "P-256",
        "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
    });
    let claims = json!({
        "jti": "j", "htm": "POST", "htu": "https://id.acme.org/token", "iat": NOW.0, "exp": NOW.0 + 60, "iss": CLIENT, "sub": CLIENT,
        "aud": ISSUER, "client_id": CLIENT, "response_type": "code", "scope": "openid",
    });
    let header = part(json!({ "typ": dpop::TYPE, "alg": "ES256", "kid": "k", "jwk": jwk }));
    format!("{header}.{}.AQ", part(claims))
}

/// One of each, as Limen makes it, or as a client makes it with what is required of it.
fn every_kind() -> Vec<(&'static str, String)> {
    let id_token = IdTokenClaims {
        iss: ISSUER,
        sub: "u",
        aud: CLIENT,
        exp: UnixTime(NOW.0 + 300),
        iat: NOW,
        auth_time: NOW,
        nonce: Some("n"),
        acr: "1",
        amr: &Amr::default(),
        sid: Some("s".to_owned()),
        at_hash: None,
        c_hash: None,
    };
    let ended = EndedSession {
        sub: "u",
        sid: "s",
        client_id: CLIENT,
    };
    let access = json!({
        "iss": ISSUER, "sub": "u", "aud": ISSUER, "client_id": CLIENT, "exp": NOW.0 + 300, "iat": NOW.0, "jti": "j",
        "scope": "openid", "family": "f",
    });
    let access: AccessTokenClaims = serde_json::from_value(access).unwrap();
    let userinfo = json!({"iss": ISSUER, "aud": CLIENT, "sub": "u", "name": "Alice", "updated_at": NOW.0});
    let response = vec![("code", "c".to_owned()), ("state", "s".to_owned())];
    let assertion = json!({"iss": CLIENT, "sub": CLIENT, "aud": ISSUER, "exp": NOW.0 + 60, "iat": NOW.0, "jti": "j"});
    let request = json!({
        "iss": CLIENT, "aud": ISSUER, "client_id": CLIENT, "response_type": "code", "scope": "openid",
        "exp": NOW.0 + 60, "iat": NOW.0, "jti": "j",
    });
    vec![
        ("ID token", jwt(id_token::TYPE, id_token)),
        ("UserInfo", jwt("JWT", userinfo)),
        (
            "authorization response",
            jwt("JWT", jarm::claims(response, &client(), &issuer(), NOW)),
        ),
        ("introspection", {
            let caller = client();
            let told = introspection::Introspection::of_access_token(access.clone(), None, serde_json::Map::new());
            jwt(
                introspection::TYPE,
                introspection::jwt_claims(&told, &caller.client_id, &issuer(), NOW),
            )
        }),
        ("access token", jwt(access_token::TYPE, access)),
        ("ID token of an app that may exchange it", {
            let claims = json!({
                "iss": ISSUER, "sub": "u", "aud": CLIENT, "exp": NOW.0 + 300, "iat": NOW.0, "auth_time": NOW.0, "acr": "1", "family": "f",
            });
            jwt(id_token::TYPE, claims)
        }),
        ("ID-JAG", {
            let claims = json!({
                "iss": ISSUER, "sub": "u", "aud": "https://auth.chat.example", "client_id": CLIENT, "jti": "j", "exp": NOW.0 + 300,
                "iat": NOW.0, "auth_time": NOW.0, "acr": "1", "scope": "openid", "family": "f",
            });
            jwt(id_jag::TYPE, claims)
        }),
        (
            "logout token",
            jwt(logout_token::TYPE, LogoutTokenClaims::new(&ended, ISSUER, "j", NOW)),
        ),
        ("client assertion", jwt("JWT", assertion)),
        ("request object", jwt("JWT", request)),
        ("DPoP proof", dpop_proof()),
    ]
}

/// Whether somebody takes a token for what they want.
type Takes = fn(&str) -> bool;

fn is_hint(token: &str) -> bool {
    IdTokenHint::parse(token).is_ok_and(|hint| hint.names_issuer(&issuer()))
}

fn is_access_token(token: &str) -> bool {
    access_token::parse(token).is_ok_and(|(_, claims)| claims.check(&issuer(), NOW).is_ok())
}

/// Whether the subject of an exchange can be it, as a token of that type.
fn is_exchangeable(token: &str, typ: &str) -> bool {
    let encoded = format!(
        "subject_token={token}&subject_token_type=urn:ietf:params:oauth:token-type:{typ}&resource=https://files.acme.org"
    );
    let params = Params::parse(&encoded).unwrap();
    ExchangeRequest::parse(&params, &config()).is_ok_and(|read| read.subject.claims.check(&issuer(), NOW).is_ok())
}

fn is_exchangeable_id_token(token: &str) -> bool {
    is_exchangeable(token, "id_token")
}

fn is_exchangeable_access_token(token: &str) -> bool {
    is_exchangeable(token, "access_token")
}

fn is_assertion(token: &str) -> bool {
    ClientAssertion::parse(token).is_ok_and(|assertion| assertion.check(&Audiences::Issuer(ISSUER), NOW).is_ok())
}

fn is_request(token: &str) -> bool {
    let Ok(RequestObject::Signed { token, .. }) = RequestObject::parse(token, &client()) else {
        return false;
    };
    let outside = Params::parse("client_id=c1&response_type=code&scope=openid").unwrap();
    Claims::of(&token).is_ok_and(|claims| claims.merge(&outside, &client(), &issuer(), NOW).is_ok())
}

fn is_proof(token: &str) -> bool {
    dpop::Proof::parse(token).is_ok()
}

#[test]
fn no_jwt_is_taken_for_one_of_another_kind() {
    let acceptors: [(&str, Takes); 7] = [
        ("DPoP proof", is_proof),
        ("ID token", is_hint),
        ("ID token of an app that may exchange it", is_exchangeable_id_token),
        ("access token", is_exchangeable_access_token),
        ("access token", is_access_token),
        ("client assertion", is_assertion),
        ("request object", is_request),
    ];
    for (kind, token) in every_kind() {
        for (wanted, takes) in acceptors {
            // An ID token that can be exchanged is an ID token.
            let is_wanted = kind == wanted || kind.starts_with(wanted);
            assert_eq!(takes(&token), is_wanted, "{kind} as {wanted}");
        }
    }
}

#[test]
fn the_claims_that_tell_an_id_token_are_all_needed() {
    let whole = json!({"iss": ISSUER, "sub": "u", "aud": CLIENT, "exp": NOW.0, "iat": NOW.0});
    assert!(is_hint(&jwt("JWT", &whole)));
    for name in ["iss", "sub", "aud", "exp", "iat"] {
        let mut claims = whole.clone();
        claims.as_object_mut().unwrap().remove(name);
        assert!(!is_hint(&jwt("JWT", &claims)), "without {name}");
        claims[name] = Value::Null;
        assert!(!is_hint(&jwt("JWT", &claims)), "{name} null");
    }
}
