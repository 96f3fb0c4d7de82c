//! Access tokens at the admin API (`ADMIN_ACCESS_TOKENS`): what an app may do by one, and what is asked of the person whose it is.

use super::api_key::KeyScope;
use crate::{
    config::{AcrNames, admin_api},
    oidc::{
        client::client_metadata::ClientMetadata,
        proven::{FRESH, Strength},
        scope::Scope,
        token::access_token::AccessTokenClaims,
    },
    time::{Lifetime, UnixTime},
};

/// How strongly, and how long ago at most, a person has to have signed in (RFC 9470 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignInDemand {
    pub acr: &'static str,
    pub max_age: Lifetime,
}

/// How old a sign-in may be for what changes nothing: as long as a day's work.
const RECENT: Lifetime = Lifetime::hours(12);

/// The scopes that a client is registered for and that are called as those of the admin API.
pub fn named(client: &ClientMetadata) -> Vec<KeyScope> {
    let scope = client.scope.iter().flat_map(Scope::iter);
    scope.filter_map(scope_of).collect()
}

/// Those of them that somebody gave it who may. Names alone give nothing: they may be from when they meant nothing here.
pub fn given(client: &ClientMetadata) -> Vec<KeyScope> {
    match client.may_administer {
        true => named(client),
        false => Vec::new(),
    }
}

/// What a client may do by a token: what the token is good for, and the client is registered for still.
pub fn scopes(token: &Scope, client: &ClientMetadata) -> Vec<KeyScope> {
    let mut given = given(client);
    given.retain(|scope| token.contains(&scope.name()));
    given
}

fn scope_of(name: &str) -> Option<KeyScope> {
    let is_offered = admin_api::SCOPES.iter().any(|(offered, _)| *offered == name);
    KeyScope::parse(name).filter(|_| is_offered)
}

/// Whether a person signed in strongly enough for what is `needed`, and not too long ago: just now where it changes something, or may, as
/// at the console.
///
/// # Errors
/// What is asked of them.
pub fn check_sign_in(
    claims: &AccessTokenClaims,
    needed: Option<KeyScope>,
    names: &AcrNames,
    now: UnixTime,
) -> Result<(), SignInDemand> {
    let strength = claims.acr.as_deref().and_then(|acr| Strength::named(acr, names));
    let is_strong = strength.is_some_and(|strength| strength >= Strength::TwoFactors);
    let max_age = match needed.is_none_or(|needed| needed.writes) {
        true => FRESH,
        false => RECENT,
    };
    match is_strong && claims.auth_time.is_some_and(|at| now.since(at) <= max_age) {
        true => Ok(()),
        false => Err(SignInDemand {
            acr: Strength::TwoFactors.acr(),
            max_age,
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::admin::api_key::Area;

    const NOW: UnixTime = UnixTime(1_800_000_000);

    fn client(scope: &str, may_administer: bool) -> ClientMetadata {
        let members =
            json!({ "redirect_uris": ["https://a.org/cb"], "scope": scope, "limen_may_administer": may_administer });
        serde_json::from_value(members).unwrap()
    }

    #[test]
    fn the_scopes_of_the_api_are_those_of_keys_but_for_what_makes_keys() {
        let offered: Vec<_> = admin_api::SCOPES.iter().map(|(name, _)| (*name).to_owned()).collect();
        let all = Area::ALL.into_iter().flat_map(|area| {
            let writes: &[bool] = if area.can_change() { &[false, true] } else { &[false] };
            writes.iter().map(move |writes| KeyScope { area, writes: *writes })
        });
        let names = all.map(KeyScope::name).filter(|name| name != "api_keys:write");
        assert_eq!(offered, names.collect::<Vec<_>>());
    }

    #[test]
    fn a_client_may_do_what_its_token_and_its_registration_have() {
        let named = |token: &str, client: &ClientMetadata| {
            let scopes = scopes(&Scope::parse(token).unwrap(), client);
            scopes.into_iter().map(KeyScope::name).collect::<Vec<_>>()
        };
        let operators = client("openid people:read apps:write api_keys:write", true);
        assert_eq!(
            named("people:read apps:read apps:write api_keys:write", &operators),
            ["apps:write", "people:read"]
        );
        assert_eq!(named("openid", &operators), [""; 0]);
        // A scope by that name of when it meant nothing here.
        assert_eq!(named("people:read", &client("people:read", false)), [""; 0]);
    }

    #[test]
    fn a_person_has_shown_two_factors_and_for_a_change_just_now() {
        let claims = |acr: Option<&str>, age: Option<i64>| {
            let claims = json!({
                "iss": "x", "sub": "u", "aud": "y", "client_id": "c", "exp": 0, "iat": 0, "jti": "j",
                "acr": acr, "auth_time": age.map(|age| NOW.0 - age),
            });
            serde_json::from_value::<AccessTokenClaims>(claims).unwrap()
        };
        let names = AcrNames::parse("urn:acme:gold=mfa urn:acme:tin=1").unwrap();
        let judged =
            |acr, age, needed: &str| check_sign_in(&claims(acr, age), KeyScope::parse(needed), &names, NOW).is_ok();
        for acr in ["mfa", "phr", "urn:acme:gold"] {
            assert!(judged(Some(acr), Some(600), "people:write"), "{acr}");
            assert!(!judged(Some(acr), Some(601), "people:write"), "{acr}");
            assert!(judged(Some(acr), Some(43_200), "people:read"), "{acr}");
            assert!(!judged(Some(acr), Some(43_201), "people:read"), "{acr}");
            assert!(!judged(Some(acr), None, "people:write"), "{acr}");
            assert!(!judged(Some(acr), Some(601), "what no scope gives"), "{acr}");
        }
        for acr in [None, Some("1"), Some("urn:acme:tin"), Some("urn:else")] {
            assert!(!judged(acr, Some(0), "people:read"), "{acr:?}");
        }
        let weak = check_sign_in(&claims(None, None), KeyScope::parse("people:read"), &names, NOW);
        let acr = "mfa";
        assert_eq!(weak, Err(SignInDemand { acr, max_age: RECENT }));
    }
}
