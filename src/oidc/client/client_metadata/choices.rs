//! What a client offers to choose from (OpenID Connect Relying Party Metadata Choices 1.0 section 2): beside a member with one
//! value stands a list of all that the client knows. Lists "MUST only be used as input values": the answer has the choice.

use serde_json::{Map, Value, json};

use super::{
    keys::certificate_digest,
    refusal::refusal,
    supported::Supported,
    values::{AuthMethod, ContentEncryption, KeyManagementAlg},
};
use crate::oidc::error::OAuthError;

/// One member with one value, the list that goes with it, and what there is to choose from, the best first.
struct Choice {
    member: String,
    list: String,
    known: Value,
    /// Whether a client that names no value means one all the same. Where nothing is the default, a list alone asks for nothing:
    /// that a client could read signed UserInfo does not say that it wants it.
    has_default: bool,
}

/// Puts the choice in the place of each list: the value that the client prefers, if Limen has it too, else the best that both
/// know. A client without a list is taken at its word.
///
/// # Errors
/// `invalid_client_metadata` for a list of which nothing is known here, or which is none.
pub(super) fn choose(members: &mut Map<String, Value>, supported: &Supported) -> Result<(), OAuthError> {
    for choice in choices(members, supported) {
        let Some(list) = members.remove(&choice.list).filter(|list| !list.is_null()) else {
            continue;
        };
        let offered = list.as_array().filter(|list| list.iter().all(Value::is_string));
        let offered = offered.ok_or_else(|| refusal(&choice.list, "must be an array of strings"))?;
        let known = choice.known.as_array().map(Vec::as_slice).unwrap_or_default();
        let preferred = members
            .get(&choice.member)
            .filter(|value| !value.is_null() && **value != "");
        if offered.is_empty() || (preferred.is_none() && !choice.has_default) {
            continue;
        }
        if preferred.is_some_and(|value| offered.contains(value) && known.contains(value)) {
            continue;
        }
        let best = known.iter().find(|value| offered.contains(value));
        let best = best.ok_or_else(|| refusal(&choice.list, "has none that is supported"))?;
        members.insert(choice.member, best.clone());
    }
    Ok(())
}

fn choices(members: &Map<String, Value>, supported: &Supported) -> Vec<Choice> {
    let encryption = |there: bool| if there { json!(KeyManagementAlg::ALL) } else { json!([]) };
    let content = |there: bool| {
        if there {
            json!(ContentEncryption::ALL)
        } else {
            json!([])
        }
    };
    let names = |member: &str| members.get(member).is_some_and(Value::is_string);
    let choice = |member: &str, list: &str, known, has_default| Choice {
        member: member.to_owned(),
        list: list.to_owned(),
        known,
        has_default,
    };
    #[rustfmt::skip]
    let mut choices = vec![
        choice("token_endpoint_auth_method", "token_endpoint_auth_methods_supported",
            json!(usable_methods(members, supported)), true),
        choice("token_endpoint_auth_signing_alg", "token_endpoint_auth_signing_alg_values_supported",
            json!(supported.auth_signing_algs), false),
        choice("subject_type", "subject_types_supported", json!(supported.subject_types), true),
        choice("id_token_signed_response_alg", "id_token_signing_alg_values_supported",
            json!(supported.id_token_signing_algs), true),
        choice("userinfo_signed_response_alg", "userinfo_signing_alg_values_supported",
            json!(supported.userinfo_signing_algs), false),
        choice("authorization_signed_response_alg", "authorization_signing_alg_values_supported",
            json!(supported.authorization_signing_algs), false),
        choice("introspection_signed_response_alg", "introspection_signing_alg_values_supported",
            json!(supported.introspection_signing_algs), false),
        choice("request_object_signing_alg", "request_object_signing_alg_values_supported",
            json!(supported.request_object_signing_algs), false),
    ];
    for (member, list, there) in [
        (
            "id_token_encrypted_response",
            "id_token_encryption",
            supported.id_token_encryption,
        ),
        (
            "userinfo_encrypted_response",
            "userinfo_encryption",
            supported.userinfo_encryption,
        ),
        (
            "authorization_encrypted_response",
            "authorization_encryption",
            supported.authorization_encryption,
        ),
        (
            "introspection_encrypted_response",
            "introspection_encryption",
            supported.introspection_encryption,
        ),
        (
            "request_object_encryption",
            "request_object_encryption",
            supported.request_object_encryption,
        ),
    ] {
        let (alg, enc) = (format!("{member}_alg"), format!("{member}_enc"));
        let values = |what: &str| format!("{list}_{what}_values_supported");
        choices.push(choice(&alg, &values("alg"), encryption(there), false));
        // Who is encrypted to has a content encryption, named or not.
        choices.push(choice(&enc, &values("enc"), content(there), names(&alg)));
    }
    choices
}

/// The methods that a client with these members can use, the strongest first.
fn usable_methods(members: &Map<String, Value>, supported: &Supported) -> Vec<AuthMethod> {
    let there = |name: &str| members.get(name).is_some_and(|value| !value.is_null() && *value != "");
    let has_keys = there("jwks") || there("jwks_uri");
    let has_certificate = there("jwks_uri")
        || members
            .get("jwks")
            .and_then(|jwks| jwks.get("keys")?.as_array())
            .is_some_and(|keys| {
                keys.iter()
                    .filter_map(Value::as_object)
                    .any(|key| certificate_digest(key).is_some())
            });
    let can_use = |method: &AuthMethod| match method {
        AuthMethod::TlsClientAuth => there("tls_client_auth_subject_dn"),
        AuthMethod::PrivateKeyJwt => has_keys,
        AuthMethod::SelfSignedTlsClientAuth => has_certificate,
        AuthMethod::ClientSecretJwt
        | AuthMethod::ClientSecretBasic
        | AuthMethod::ClientSecretPost
        | AuthMethod::None => true,
    };
    [
        AuthMethod::TlsClientAuth,
        AuthMethod::PrivateKeyJwt,
        AuthMethod::SelfSignedTlsClientAuth,
        AuthMethod::ClientSecretJwt,
        AuthMethod::ClientSecretBasic,
        AuthMethod::ClientSecretPost,
        AuthMethod::None,
    ]
    .into_iter()
    .filter(|method| supported.auth_methods.contains(method) && can_use(method))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(members: Value) -> Result<Map<String, Value>, OAuthError> {
        let mut members = members.as_object().unwrap().clone();
        choose(&mut members, &Supported::CURRENT).map(|()| members)
    }

    #[track_caller]
    fn assert_chosen(members: Value, member: &str, expected: Value) {
        let chosen = chosen(members).unwrap();
        assert_eq!(chosen.get(member).unwrap_or(&Value::Null), &expected);
        assert!(!chosen.keys().any(|name| name.ends_with("_supported")));
    }

    /// "Authorization Server SHOULD NOT consider it an error when it doesn't support RS256 if it supports either of the other
    /// choices" (section 4).
    #[test]
    fn the_preferred_value_is_taken_where_both_know_it_and_else_the_best() {
        let algs = |preferred: Value, list: Value| json!({"id_token_signed_response_alg": preferred, "id_token_signing_alg_values_supported": list});
        let told = "id_token_signed_response_alg";
        assert_chosen(algs(json!("ES256"), json!(["RS256", "ES256"])), told, json!("ES256"));
        assert_chosen(algs(json!("ES512"), json!(["ES512", "ES256"])), told, json!("ES256"));
        assert_chosen(algs(json!("PS256"), json!(["ES256"])), told, json!("ES256"));
        assert_chosen(
            algs(Value::Null, json!(["ES512", "EdDSA", "ES256"])),
            told,
            json!("ES256"),
        );
        assert_chosen(algs(Value::Null, json!(["none", "RS256"])), told, json!("RS256"));
    }

    /// "... or reject the registration with the invalid_client_metadata error when none of the client-provided values are
    /// supported."
    #[test]
    fn a_list_of_which_nothing_is_known_is_refused_by_name() {
        for (list, value) in [
            ("id_token_signing_alg_values_supported", json!(["ES512"])),
            ("subject_types_supported", json!(["private"])),
            (
                "token_endpoint_auth_methods_supported",
                json!(["attest_jwt_client_auth"]),
            ),
            // Without keys there is nothing to sign with.
            ("token_endpoint_auth_methods_supported", json!(["private_key_jwt"])),
            ("id_token_signing_alg_values_supported", json!("RS256")),
            ("id_token_signing_alg_values_supported", json!([256])),
        ] {
            let error = chosen(json!({ list: value })).unwrap_err();
            assert!(error.description.starts_with(list), "{error:?}");
        }
    }

    #[test]
    fn a_client_authenticates_by_the_strongest_method_that_it_has_what_it_takes_for() {
        let told = "token_endpoint_auth_method";
        let list = json!(["none", "private_key_jwt"]);
        let keys = "https://app.acme.org/jwks";
        let offered = |more: Value| {
            let mut members = json!({"token_endpoint_auth_methods_supported": list});
            members
                .as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            members
        };
        assert_chosen(offered(json!({})), told, json!("none"));
        assert_chosen(offered(json!({"jwks_uri": keys})), told, json!("private_key_jwt"));
        assert_chosen(offered(json!({"jwks_uri": keys, told: "none"})), told, json!("none"));
        let secrets = json!({"token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"]});
        assert_chosen(secrets, told, json!("client_secret_basic"));
    }

    #[test]
    fn a_list_alone_asks_for_nothing_that_is_not_the_default() {
        for (member, list) in [
            ("userinfo_signed_response_alg", "userinfo_signing_alg_values_supported"),
            (
                "request_object_signing_alg",
                "request_object_signing_alg_values_supported",
            ),
            (
                "id_token_encrypted_response_alg",
                "id_token_encryption_alg_values_supported",
            ),
            (
                "id_token_encrypted_response_enc",
                "id_token_encryption_enc_values_supported",
            ),
            (
                "token_endpoint_auth_signing_alg",
                "token_endpoint_auth_signing_alg_values_supported",
            ),
        ] {
            let known = json!(["ES256", "RSA-OAEP", "A256GCM"]);
            assert_chosen(json!({ list: known }), member, Value::Null);
        }
        let encrypted = json!({
            "id_token_encrypted_response_alg": "RSA1_5",
            "id_token_encryption_alg_values_supported": ["RSA1_5", "RSA-OAEP"],
            "id_token_encryption_enc_values_supported": ["A256GCM"],
        });
        assert_chosen(encrypted.clone(), "id_token_encrypted_response_alg", json!("RSA-OAEP"));
        assert_chosen(encrypted, "id_token_encrypted_response_enc", json!("A256GCM"));
    }
}
