//! What is taken of what a client asks to be (RFC 7591 sections 2 and 3.2.1): "The authorization server MAY reject or replace any
//! of the client's requested metadata values", and the answer says which it took. Lists of what the client could use are cut to
//! what it may have; it is refused only where nothing usable is left. Addresses, keys, algorithms and methods are never cut:
//! a client that relies on them would be none the wiser.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    client_metadata::{ClientMetadata, FAPI_PROFILE, GrantType, ID_TOKEN_CLAIMS, ResponseType, Supported, fill},
    self_service::{Before, RegisteredBy},
};
use crate::{
    config::{Config, FapiProfile},
    oidc::{
        error::{ErrorCode, OAuthError},
        scope::Scope,
    },
};

/// What a client may be.
#[derive(Clone, Debug)]
pub struct Terms {
    /// What Limen does as it is configured.
    pub supported: Supported,
    grant_types: Vec<GrantType>,
    /// The scopes; `None` for any.
    scope: Option<Scope>,
    /// `id_token_claims` of who does not say.
    id_token_claims: bool,
    /// The profile that it keeps to at least, and whether it is for the client to say which.
    profile: (Option<FapiProfile>, bool),
}

impl Terms {
    /// For a client that `by` registers, or changes from what it was `before`.
    pub fn of(config: &Config, by: RegisteredBy, before: Option<&Before<'_>>) -> Self {
        let supported = Supported::of(config);
        let all = Self {
            supported,
            grant_types: supported.grant_types.to_vec(),
            scope: None,
            profile: match (by, before) {
                (RegisteredBy::Operator, _) => (config.profile, true),
                // A profile is the operator's to set: a client that changes itself keeps its own.
                (RegisteredBy::Anybody, before) => (
                    config
                        .profile
                        .max(before.and_then(|before| before.metadata.fapi_profile)),
                    false,
                ),
            },
            id_token_claims: match (by, before) {
                (RegisteredBy::Operator, _) => config.id_token_claims,
                (RegisteredBy::Anybody, before) => before.is_some_and(|before| before.metadata.id_token_claims),
            },
        };
        match (by, before) {
            (RegisteredBy::Operator, _) => all,
            // Who changes itself and wants more than it may have is refused, see `self_service`.
            (RegisteredBy::Anybody, Some(_)) => all,
            (RegisteredBy::Anybody, None) => Self {
                grant_types: (supported.grant_types.iter().copied())
                    .filter(|grant| !grant.is_operators_to_give())
                    .collect(),
                scope: Some(Scope::of_anybody(config)),
                ..all
            },
        }
    }

    /// The client that asks for `members`, with what it may have of them.
    ///
    /// # Errors
    /// `invalid_client_metadata` where nothing usable is left of a list, and as [`ClientMetadata::parse`].
    pub fn take(&self, mut members: Map<String, Value>) -> Result<ClientMetadata, OAuthError> {
        self.cut_grants(&mut members)?;
        let names_scopes = self.cut_scope(&mut members);
        if members.get(ID_TOKEN_CLAIMS).is_none_or(Value::is_null) {
            members.insert(ID_TOKEN_CLAIMS.to_owned(), json!(self.id_token_claims));
        }
        let supported = self.keep_to_profile(&mut members)?;
        let mut metadata = ClientMetadata::parse(&Value::Object(members), &supported)?;
        if names_scopes && metadata.scope.is_none() {
            // It names scopes, and none that it may have: it is not one that says nothing, and gets nothing.
            metadata.scope = Some(Scope::default());
        }
        metadata.any_api_scope = self.scope.is_some();
        Ok(metadata)
    }

    /// Cuts `grant_types` and `response_types` to those that there are, that the client may have, and that go together: the
    /// server "SHOULD take steps to ensure that a client cannot register itself into an inconsistent state" (RFC 7591 section
    /// 2.1).
    fn cut_grants(&self, members: &mut Map<String, Value>) -> Result<(), OAuthError> {
        let mut grants = texts(members, "grant_types");
        let mut responses = texts(members, "response_types");
        if let Some(grants) = &mut grants {
            grants.retain(|name| GrantType::parse(name).is_some_and(|grant| self.grant_types.contains(&grant)));
            if grants.is_empty() {
                return Err(nothing_left("grant_types"));
            }
        }
        let has = |grants: &Option<Vec<String>>, grant: GrantType| match grants {
            None => grant == GrantType::AuthorizationCode,
            Some(grants) => grants.iter().any(|name| GrantType::parse(name) == Some(grant)),
        };
        if let Some(responses) = &mut responses {
            responses.retain(|name| {
                ResponseType::parse(name).is_some_and(|response| {
                    self.supported.response_types.contains(&response)
                        && (!response.has_code() || has(&grants, GrantType::AuthorizationCode))
                        && (!response.has_front_channel_token() || has(&grants, GrantType::Implicit))
                })
            });
            let redirected = has(&grants, GrantType::AuthorizationCode) || has(&grants, GrantType::Implicit);
            if responses.is_empty() && redirected {
                return Err(nothing_left("response_types"));
            }
        }
        if let Some(grants) = &mut grants {
            let named: Vec<_> = match &responses {
                Some(responses) => responses.iter().filter_map(|name| ResponseType::parse(name)).collect(),
                None => vec![ResponseType::Code],
            };
            grants.retain(|name| match GrantType::parse(name) {
                Some(GrantType::AuthorizationCode) => named.iter().any(|response| response.has_code()),
                Some(GrantType::Implicit) => named.iter().any(|response| response.has_front_channel_token()),
                _ => true,
            });
            if grants.is_empty() {
                return Err(nothing_left("grant_types"));
            }
        }
        for (name, list) in [("grant_types", grants), ("response_types", responses)] {
            if let Some(list) = list {
                members.insert(name.to_owned(), json!(list));
            }
        }
        Ok(())
    }

    /// Sets the profile that the client keeps to, and what it demands. Gives what clients of that profile can have.
    fn keep_to_profile(&self, members: &mut Map<String, Value>) -> Result<Supported, OAuthError> {
        let (least, may_choose) = self.profile;
        let given = members
            .get(FAPI_PROFILE)
            .filter(|value| may_choose && !value.is_null() && **value != "");
        let profile = match given {
            None => least,
            Some(given) => {
                let named = FapiProfile::deserialize(given)
                    .map_err(|_| profile_refused("is none: expected fapi2 or fapi2_message_signing"))?;
                if Some(named) < least {
                    return Err(profile_refused("is less than the PROFILE of this deployment"));
                }
                Some(named)
            }
        };
        let Some(profile) = profile else {
            members.remove(FAPI_PROFILE);
            return Ok(self.supported);
        };
        members.insert(FAPI_PROFILE.to_owned(), json!(profile));
        let supported = self.supported.of_fapi();
        fill(members, profile, supported.dpop);
        Ok(supported)
    }

    /// Cuts `scope` to what the client may have. Whether it names any.
    fn cut_scope(&self, members: &mut Map<String, Value>) -> bool {
        let Some(wanted) = members.get("scope").and_then(Value::as_str) else {
            return false;
        };
        match (Scope::parse(wanted), &self.scope) {
            (Ok(wanted), Some(within)) if !wanted.is_empty() => {
                members.insert("scope".to_owned(), json!(wanted.intersection(within)));
                true
            }
            // What is no scope is refused later, by name.
            _ => false,
        }
    }
}

/// A list of texts that is there and not empty. What is no such list is refused later, by name.
fn texts(members: &Map<String, Value>, name: &str) -> Option<Vec<String>> {
    let list = members.get(name)?.as_array().filter(|list| !list.is_empty())?;
    list.iter().map(|text| text.as_str().map(str::to_owned)).collect()
}

fn profile_refused(why: &str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidClientMetadata, format!("{FAPI_PROFILE} {why}"))
}

fn nothing_left(name: &str) -> OAuthError {
    OAuthError::new(
        ErrorCode::InvalidClientMetadata,
        format!("{name} has none that this client can have here"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(extra: &[(&str, &str)]) -> Config {
        let root = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        let vars = [("ISSUER", "https://id.acme.org"), ("KEK_1", root)];
        let var = |name: &str| {
            let all = vars.iter().chain(extra);
            all.rev().find(|(n, _)| *n == name).map(|(_, text)| (*text).to_owned())
        };
        Config::parse(var).unwrap()
    }

    fn take(by: RegisteredBy, members: Value) -> Result<ClientMetadata, OAuthError> {
        take_with(&[], by, members)
    }

    fn take_with(vars: &[(&str, &str)], by: RegisteredBy, mut members: Value) -> Result<ClientMetadata, OAuthError> {
        members["redirect_uris"] = json!(["https://app.acme.org/cb"]);
        Terms::of(&config(vars), by, None).take(members.as_object().unwrap().clone())
    }

    fn told(by: RegisteredBy, members: Value) -> Value {
        Value::Object(take(by, members).unwrap().to_public_json())
    }

    const BOTH: [RegisteredBy; 2] = [RegisteredBy::Operator, RegisteredBy::Anybody];

    #[test]
    fn who_registers_itself_may_ask_for_every_scope_of_an_api_and_is_not_told_so() {
        for (by, may) in [(RegisteredBy::Operator, false), (RegisteredBy::Anybody, true)] {
            let metadata = take(by, json!({ "scope": "openid" })).unwrap();
            assert_eq!(metadata.any_api_scope, may);
            assert!(metadata.to_public_json().keys().all(|name| !name.starts_with("limen")));
            let stored = serde_json::to_value(&metadata).unwrap();
            let read: ClientMetadata = serde_json::from_value(stored).unwrap();
            assert_eq!(read.any_api_scope, may);
        }
        let greedy = json!({ "limen_any_api_scope": true });
        assert!(!take(RegisteredBy::Operator, greedy).unwrap().any_api_scope);
    }

    /// RFC 7591 section 3.2.1: the answer has the values that were registered.
    #[test]
    fn what_is_not_there_is_left_out_of_lists_and_the_rest_is_told() {
        for by in BOTH {
            let claude = json!({
                "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
                "response_types": ["code", "token", "none"],
            });
            let told = told(by, claude);
            assert_eq!(told["grant_types"], json!(["authorization_code", "refresh_token"]));
            assert_eq!(told["response_types"], json!(["code"]));
        }
    }

    #[test]
    fn where_nothing_usable_is_left_the_list_is_refused_by_name() {
        for by in BOTH {
            for (name, members) in [
                ("grant_types", json!({"grant_types": ["password"]})),
                ("grant_types", json!({"grant_types": ["implicit"]})),
                ("response_types", json!({"response_types": ["token"]})),
                ("response_types", json!({"response_types": ["code id_token"]})),
            ] {
                let error = take(by, members).unwrap_err();
                assert_eq!(error.code, ErrorCode::InvalidClientMetadata);
                assert!(error.description.starts_with(name), "{error:?}");
            }
        }
        let alone = json!({"grant_types": ["client_credentials"]});
        assert!(
            take(RegisteredBy::Anybody, alone)
                .unwrap_err()
                .description
                .starts_with("grant_types")
        );
    }

    #[test]
    fn grants_and_response_types_are_cut_to_what_goes_together() {
        let on = [("FRONT_CHANNEL_TOKENS", "on")];
        for (grants, responses, taken) in [
            (
                json!(["authorization_code", "implicit"]),
                json!(["code"]),
                json!([["authorization_code"], ["code"]]),
            ),
            (
                json!(["authorization_code"]),
                json!(["code", "id_token"]),
                json!([["authorization_code"], ["code"]]),
            ),
            (
                json!(["authorization_code", "implicit"]),
                json!(["id_token"]),
                json!([["implicit"], ["id_token"]]),
            ),
            (
                json!(["authorization_code", "implicit"]),
                json!(["token id_token code"]),
                json!([["authorization_code", "implicit"], ["code id_token token"]]),
            ),
            (
                json!(["client_credentials"]),
                json!(["code"]),
                json!([["client_credentials"], []]),
            ),
        ] {
            let members = json!({"grant_types": grants, "response_types": responses});
            let told = take_with(&on, RegisteredBy::Operator, members)
                .unwrap()
                .to_public_json();
            assert_eq!(json!([told["grant_types"], told["response_types"]]), taken);
        }
    }

    #[test]
    fn anybody_gets_what_people_and_the_operator_of_an_api_can_give_and_is_told() {
        let vars = [(
            "RESOURCES",
            r#"{"https://mcp.acme.org/mcp": {"name": "Files", "scopes": {"files:read": "Read your files"}}}"#,
        )];
        for (wanted, taken) in [
            ("openid profile offline_access", "offline_access openid profile"),
            ("openid files:read files:write dcr_admin", "files:read openid"),
            ("claudeai", ""),
            ("dcr_admin", ""),
        ] {
            let client = take_with(&vars, RegisteredBy::Anybody, json!({"scope": wanted})).unwrap();
            assert_eq!(client.to_public_json()["scope"], taken, "{wanted}");
        }
        let whole = json!({"scope": "openid files:write dcr_admin"});
        assert_eq!(
            told(RegisteredBy::Operator, whole)["scope"],
            "dcr_admin files:write openid"
        );
        let grants = json!({"grant_types": ["authorization_code", "client_credentials"]});
        assert_eq!(
            told(RegisteredBy::Anybody, grants)["grant_types"],
            json!(["authorization_code"])
        );
    }

    #[test]
    fn claims_stand_in_the_id_token_of_who_the_operator_registers_unless_somebody_says_otherwise() {
        let off = [("ID_TOKEN_CLAIMS", "off")];
        let has = |vars: &[(&str, &str)], by, members| take_with(vars, by, members).unwrap().id_token_claims;
        assert!(has(&[], RegisteredBy::Operator, json!({})));
        assert!(!has(&off, RegisteredBy::Operator, json!({})));
        assert!(!has(&[], RegisteredBy::Anybody, json!({})));
        for by in BOTH {
            for wanted in [true, false] {
                assert_eq!(has(&off, by, json!({"id_token_claims": wanted})), wanted);
            }
        }
    }

    #[test]
    fn what_is_no_list_or_no_scope_is_not_cut_but_refused() {
        for members in [
            json!({"grant_types": "authorization_code"}),
            json!({"grant_types": [7]}),
            json!({"response_types": {}}),
            json!({"scope": "openid \"x\""}),
            json!({"scope": " "}),
        ] {
            let error = take(RegisteredBy::Anybody, members.clone()).unwrap_err();
            let name = members.as_object().unwrap().keys().next().unwrap();
            assert!(error.description.starts_with(name.as_str()), "{error:?}");
        }
    }
}
