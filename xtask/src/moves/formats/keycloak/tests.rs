//! A realm with one of each, and what becomes of it.

use serde_json::{Value, json};

use super::super::{Format, convert, hashes};

fn realm() -> Value {
    json!({
        "realm": "acme",
        "groups": [{ "id": "d1c6f1b0-6c2b-4a5e-9a43-0a4b2a1f6a11", "name": "Staff", "path": "/Staff", "subGroups": [
            { "id": "e2", "name": "Writers", "path": "/Staff/Writers", "clientRoles": { "notes": ["editor"] }, "subGroups": [] }] }],
        "clients": [
            { "clientId": "account", "protocol": "openid-connect" },
            { "clientId": "notes", "name": "Notes", "protocol": "openid-connect", "secret": "3x9Vd0mQv1uT7kRb5nYw2sLq8pZc4hJf", "publicClient": false,
              "enabled": true, "standardFlowEnabled": true, "consentRequired": false, "redirectUris": ["https://notes.acme.org/callback", "/old/*"],
              "attributes": { "post.logout.redirect.uris": "https://notes.acme.org/##+" } },
            { "clientId": "wiki", "protocol": "saml" },
            { "clientId": "cli", "protocol": "openid-connect", "publicClient": true, "standardFlowEnabled": true, "redirectUris": ["http://127.0.0.1/callback"] },
            { "clientId": "api", "protocol": "openid-connect", "bearerOnly": true },
        ],
        "users": [
            { "id": "6d6d3f0c-7f5e-4e2b-8a55-2d3b1f0c9e77", "createdTimestamp": 1_600_000_000_123_i64, "username": "ada", "enabled": true,
              "emailVerified": true, "firstName": "Ada", "lastName": "Lovelace", "email": "ada@acme.org", "groups": ["/Staff/Writers"],
              "realmRoles": ["default-roles-acme", "auditor"], "clientRoles": { "notes": ["admin"], "account": ["view-profile"] },
              "attributes": { "locale": ["fr"], "shoe_size": ["38"] },
              "credentials": [
                { "type": "password", "createdDate": 1_600_000_000_456_i64,
                  "secretData": "{\"value\":\"1u7BLvfSPxQFpwc5jpGSA+88EGl9pZYKhaZ8YPIu9N4=\",\"salt\":\"x/bm4Y3DcuV9eU97ervkPA==\",\"additionalParameters\":{}}",
                  "credentialData": "{\"hashIterations\":27500,\"algorithm\":\"pbkdf2-sha256\",\"additionalParameters\":{}}" },
                { "type": "otp", "userLabel": "Phone", "secretData": "{\"value\":\"IZ8rTAqwcXeFcPvNyj4D\"}",
                  "credentialData": "{\"subType\":\"totp\",\"digits\":6,\"counter\":0,\"period\":30,\"algorithm\":\"HmacSHA1\"}" },
                { "type": "webauthn-passwordless", "userLabel": "Laptop", "secretData": "{}",
                  "credentialData": "{\"aaguid\":\"00000000-0000-0000-0000-000000000000\",\"credentialId\":\"AQIDBA==\",\"counter\":7,\"credentialPublicKey\":\"pQECAyYgASFYIA\",\"transports\":[\"internal\"]}" },
              ] },
            { "id": "7", "username": "bob", "enabled": false, "requiredActions": ["UPDATE_PASSWORD", "CONFIGURE_TOTP"], "credentials": [
                { "type": "password", "secretData": "{\"value\":\"aGFzaA==\",\"salt\":\"c2FsdA==\"}",
                  "credentialData": "{\"hashIterations\":5,\"algorithm\":\"argon2\",\"additionalParameters\":{\"hashLength\":[\"32\"],\"memory\":[\"7168\"],\"type\":[\"id\"],\"version\":[\"1.3\"],\"parallelism\":[\"1\"]}}" }] },
            { "id": "8", "username": "service-account-notes", "serviceAccountClientId": "notes" },
        ],
    })
}

#[test]
fn a_realm_becomes_groups_apps_people_and_how_they_sign_in() {
    let to = convert(Format::Keycloak, &[realm().to_string()]).unwrap();
    let of = |kind: &str| -> Vec<_> {
        to.lines
            .iter()
            .map(|(_, line)| line)
            .filter(|line| line["kind"] == kind)
            .collect()
    };
    assert_eq!(
        of("group")
            .iter()
            .map(|line| line["name"].as_str().unwrap())
            .collect::<Vec<_>>(),
        ["Staff", "Staff/Writers"]
    );
    let apps = of("app");
    assert_eq!(
        apps.iter().map(|line| line["id"].as_str().unwrap()).collect::<Vec<_>>(),
        ["notes", "cli"]
    );
    assert_eq!(apps[0]["metadata"]["consent"], "never");
    assert_eq!(apps[1]["metadata"]["application_type"], "native");
    assert_eq!(
        apps[0]["metadata"]["roles_claim"],
        json!(["resource_access", "notes", "roles"])
    );
    assert_eq!(apps[0]["metadata"]["access_token_claims"], true);
    assert!(apps[1]["metadata"].get("roles_claim").is_none(), "it has no roles");
    let changed: Vec<_> = to
        .changed
        .iter()
        .map(|changed| (changed.place.as_str(), changed.why.as_str()))
        .collect();
    let found = "finds its roles in the claim resource_access.notes.roles of ID tokens, UserInfo and access tokens (roles_claim)";
    assert_eq!(changed, [("clients[1]", found)]);
    let ada = of("person")[0];
    assert_eq!(ada["claims"]["name"], "Ada Lovelace");
    assert_eq!(
        (&ada["created_at"], &ada["claims"]["locale"]),
        (&json!(1_600_000_000), &json!("fr"))
    );
    assert_eq!(of("memberships")[0]["groups"], json!(["e2"]));
    assert_eq!(of("role").len(), 2);
    let secrets: Vec<_> = of("credential")
        .iter()
        .map(|line| line.get("secret").or(line.get("base32")).unwrap().to_string())
        .collect();
    assert_eq!(
        secrets[0],
        "\"$pbkdf2-sha256$i=27500,l=32$x/bm4Y3DcuV9eU97ervkPA$1u7BLvfSPxQFpwc5jpGSA+88EGl9pZYKhaZ8YPIu9N4\""
    );
    assert_eq!(secrets[1], format!("\"{}\"", hashes::base32(b"IZ8rTAqwcXeFcPvNyj4D")));
    assert!(secrets[2].contains("\"id\":\"AQIDBA\""), "{}", secrets[2]);
    let must_change: Vec<_> = of("credential")
        .iter()
        .map(|line| line["must_change"] == true)
        .collect();
    assert_eq!(must_change, [false, false, false, true]);
    assert_eq!(secrets[3], "\"$argon2id$v=19$m=7168,t=5,p=1$c2FsdA$aGFzaA\"");
}

#[test]
fn what_cannot_be_taken_is_named_with_its_place() {
    let to = convert(Format::Keycloak, &[realm().to_string()]).unwrap();
    let left: Vec<_> = to
        .left
        .iter()
        .map(|left| {
            (
                left.place.as_str(),
                left.why.split(' ').take(3).collect::<Vec<_>>().join(" "),
            )
        })
        .collect();
    for (place, why) in [
        ("clients[1]", "the redirect address"),
        ("clients[2]", "it does not"),
        ("clients[4]", "it is an"),
        ("users[0]", "the role auditor"),
        ("users[0]", "the attribute shoe_size:"),
        ("users[1]", "the required action"),
        ("users[2]", "it is the"),
    ] {
        assert!(left.contains(&(place, why.to_owned())), "{place} {why}: {left:?}");
    }
    assert!(convert(Format::Keycloak, &["{}".to_owned()]).is_err());
}
