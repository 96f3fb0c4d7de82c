//! What a person must still do, and how a request waits for them.

mod create;
mod step_up;

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::{
    config::{AcrNames, SecondFactor},
    oidc::{
        authorize::Prompt,
        claims_request::ClaimsRequest,
        client::client_metadata::ResponseType,
        jose::jwt::{SigningAlg, SigningInput},
        params::Params,
        proven::{Demand, Proven, Strength},
        resource_indicator::{OWN, Targets},
        scope::Scope,
        token::id_token_hint::IdTokenHint,
    },
    secret::{Purpose, RootKeys},
};

const NOW: UnixTime = UnixTime(1_000_000);

fn request(prompt: Prompt) -> AuthRequest {
    AuthRequest {
        response_type: ResponseType::Code,
        scope: Scope::parse("openid email").unwrap(),
        claims: ClaimsRequest::default(),
        resources: Targets::default(),
        at_apis: Targets::default(),
        details: Default::default(),
        nonce: None,
        code_challenge: None,
        binding: None,
        prompt,
        max_age: None,
        id_token_hint: None,
        asked: None,
        refreshable: false,
        demand: Some(Demand::NOTHING),
        second_factor: SecondFactor::Optional,
    }
}

fn signed_in(seconds_ago: i64) -> Authentication {
    Authentication {
        trusted_browser: false,
        required_by_group: false,
        session_id: "s".to_owned(),
        user_id: "u".to_owned(),
        proven: Proven::password(NOW - Lifetime(seconds_ago)),
    }
}

fn consent(scope: &str) -> Consent {
    Consent {
        grant_id: "g".to_owned(),
        scope: Scope::parse(scope).unwrap(),
        claims: BTreeSet::from(["nickname".to_owned()]),
        resources: Targets::default(),
        details: Default::default(),
    }
}

fn present(authentication: &Authentication) -> SignedInPerson<'_> {
    SignedInPerson {
        authentication,
        sub: "u at the client".to_owned(),
    }
}

fn claims(text: &str) -> ClaimsRequest {
    let query = format!("claims={text}");
    ClaimsRequest::parse(&Params::parse(&query).unwrap()).unwrap()
}

/// A request with these claims, where people sign in in every way.
fn asking(text: &str) -> AuthRequest {
    let claims = claims(text);
    let (essential, voluntary) = (claims.essential_acr_values(), claims.voluntary_acr_values());
    let strongest = Strength::PhishingResistant;
    AuthRequest {
        demand: Demand::by_acr((essential.as_deref(), &voluntary), &AcrNames::default(), strongest),
        claims,
        ..request(Prompt::default())
    }
}

/// `before` is the session that was there when the person was sent to sign in.
fn next(
    request: &AuthRequest,
    age: Option<i64>,
    scope: Option<&str>,
    before: Option<Option<&str>>,
) -> Result<Step, ErrorCode> {
    let (authentication, consent) = (age.map(signed_in), scope.map(consent));
    let present = authentication.as_ref().map(present);
    let waiting = before.map(|session| Interaction {
        query: String::new(),
        since: NOW - Lifetime(20),
        session_before: session.map(str::to_owned),
        choice: Choice::Open,
        pushed: None,
        declined: false,
    });
    Step::next(
        request,
        &SignedInPeople {
            active: present,
            ..SignedInPeople::default()
        },
        consent.as_ref(),
        NOW,
        waiting.as_ref(),
    )
    .map_err(|error| error.code)
}

#[test]
fn sign_in_then_consent_then_answer() {
    let request = request(Prompt::default());
    assert_eq!(next(&request, None, None, None), Ok(Step::Login));
    assert_eq!(next(&request, Some(10), None, None), Ok(Step::Consent));
    assert_eq!(next(&request, Some(10), Some("openid"), None), Ok(Step::Consent));
    assert_eq!(
        next(&request, Some(10), Some("openid email phone"), None),
        Ok(Step::Issue)
    );
}

#[test]
fn consent_to_the_scopes_is_none_to_an_api_and_limens_own_need_none() {
    let wants = |resource: &str| AuthRequest {
        resources: [resource.to_owned()].into_iter().collect(),
        at_apis: [resource.to_owned()].into_iter().collect::<Targets>().foreign(),
        ..request(Prompt::default())
    };
    let api = "https://mcp.acme.org/mcp";
    let everything = Some("openid email");
    assert_eq!(next(&wants(api), Some(10), everything, None), Ok(Step::Consent));
    assert_eq!(next(&wants(OWN), Some(10), everything, None), Ok(Step::Issue));
    let mut approved = consent("openid email");
    approved.resources = [api.to_owned()].into_iter().collect();
    assert!(wants(api).is_covered_by(&approved) && !wants("https://mcp.acme.org").is_covered_by(&approved));
}

#[test]
fn prompt_none_never_asks() {
    let request = request(Prompt {
        none: true,
        ..Prompt::default()
    });
    assert_eq!(next(&request, None, None, None), Err(ErrorCode::LoginRequired));
    assert_eq!(next(&request, Some(10), None, None), Err(ErrorCode::ConsentRequired));
    assert_eq!(next(&request, Some(10), Some("openid email"), None), Ok(Step::Issue));
}

#[test]
fn prompt_login_asks_once_more_and_no_more() {
    let request = request(Prompt {
        login: true,
        ..Prompt::default()
    });
    let everything = Some("openid email");
    assert_eq!(next(&request, Some(10), everything, None), Ok(Step::Login));
    assert_eq!(next(&request, Some(0), everything, Some(Some("s"))), Ok(Step::Login));
    assert_eq!(next(&request, Some(0), everything, Some(Some("old"))), Ok(Step::Issue));
    assert_eq!(next(&request, Some(0), everything, Some(None)), Ok(Step::Issue));
    assert_eq!(
        next(&request, Some(3_600), everything, Some(None)),
        Ok(Step::Login),
        "an old session that was put aside and brought back"
    );
}

/// `choice` is what the person chose before they came back.
fn next_after(request: &AuthRequest, active: Option<i64>, others: bool, choice: Choice) -> Result<Step, ErrorCode> {
    let authentication = active.map(signed_in);
    let people = SignedInPeople {
        active: authentication.as_ref().map(present),
        others,
        ..SignedInPeople::default()
    };
    let waiting = Interaction {
        query: String::new(),
        since: NOW,
        session_before: Some("before".to_owned()),
        choice,
        pushed: None,
        declined: false,
    };
    let consent = consent("openid email");
    Step::next(request, &people, Some(&consent), NOW, Some(&waiting)).map_err(|error| error.code)
}

#[test]
fn whom_the_client_is_not_for_is_told_so_once_they_have_signed_in_and_an_app_that_asks_in_silence_is_told() {
    let closed = |prompt: Prompt, age: i64, scope: Option<&str>| {
        let (authentication, consent) = (signed_in(age), scope.map(consent));
        let people = SignedInPeople {
            active: Some(present(&authentication)),
            others: true,
            closed: true,
            reach: Strength::OneFactor,
        };
        Step::next(&request(prompt), &people, consent.as_ref(), NOW, None).map_err(|error| error.code)
    };
    let prompt = Prompt::default();
    let none = Prompt { none: true, ..prompt };
    let login = Prompt { login: true, ..prompt };
    let everything = Some("openid email phone");
    assert_eq!(closed(prompt, 10, everything), Ok(Step::Closed));
    assert_eq!(closed(prompt, 10, None), Ok(Step::Closed));
    assert_eq!(closed(login, 10, everything), Ok(Step::Login));
    assert_eq!(closed(none, 10, everything), Err(ErrorCode::AccessDenied));
    // Of somebody who has allowed it nothing it does not learn whether they are in a group.
    assert_eq!(closed(none, 10, None), Err(ErrorCode::ConsentRequired));
}

#[test]
fn prompt_select_account_is_satisfied_by_a_choice_or_a_sign_in() {
    let mut request = request(Prompt {
        select_account: true,
        ..Prompt::default()
    });
    let chosen = || Choice::Session("s".to_owned());
    assert_eq!(
        next_after(&request, Some(10), false, Choice::Open),
        Ok(Step::SelectAccount)
    );
    assert_eq!(next_after(&request, Some(10), false, chosen()), Ok(Step::Issue));
    request.prompt.login = true;
    let just_now = Choice::Session("s".to_owned());
    assert_eq!(next_after(&request, Some(0), false, just_now), Ok(Step::Login));
    request.prompt.login = false;
    assert_eq!(
        next_after(&request, Some(10), false, Choice::Session("t".to_owned())),
        Ok(Step::SelectAccount),
        "the choice of a session that is not active"
    );
    assert_eq!(next_after(&request, Some(10), true, Choice::Another), Ok(Step::Login));
    assert_eq!(next_after(&request, None, false, Choice::Open), Ok(Step::Login));
    assert_eq!(
        next(&request, Some(0), Some("openid email"), Some(Some("old"))),
        Ok(Step::Issue)
    );
    request.max_age = Some(Lifetime(5));
    assert_eq!(
        next_after(&request, Some(10), false, chosen()),
        Ok(Step::Login),
        "a choice is no sign-in"
    );
}

#[test]
fn of_somebody_who_has_allowed_it_nothing_a_client_learns_nothing_by_prompt_none() {
    let mut request = request(Prompt {
        none: true,
        ..Prompt::default()
    });
    assert_eq!(next(&request, Some(10), None, None), Err(ErrorCode::ConsentRequired));
    request.max_age = Some(Lifetime(5));
    assert_eq!(next(&request, Some(10), None, None), Err(ErrorCode::ConsentRequired));
    request.claims = claims(r#"{"id_token":{"sub":{"value":"somebody else"}}}"#);
    assert_eq!(next(&request, Some(10), None, None), Err(ErrorCode::ConsentRequired));
}

#[test]
fn another_account_does_not_take_the_place_of_the_chosen_one() {
    let request = request(Prompt::default());
    let choose = |session: &str| next_after(&request, Some(10), true, Choice::Session(session.to_owned()));
    assert_eq!(choose("s"), Ok(Step::Issue));
    assert_eq!(choose("t"), Ok(Step::SelectAccount));
}

#[test]
fn where_nobody_is_active_the_others_are_offered() {
    let request = request(Prompt::default());
    assert_eq!(next_after(&request, None, true, Choice::Open), Ok(Step::SelectAccount));
    assert_eq!(next_after(&request, None, true, Choice::Another), Ok(Step::Login));
    let mut silent = request;
    silent.prompt.none = true;
    assert_eq!(
        next_after(&silent, None, true, Choice::Open),
        Err(ErrorCode::LoginRequired)
    );
}

#[test]
fn prompt_consent_asks_every_time() {
    let request = request(Prompt {
        consent: true,
        ..Prompt::default()
    });
    assert_eq!(next(&request, Some(10), Some("openid email"), None), Ok(Step::Consent));
}

#[test]
fn claims_beyond_the_scopes_want_a_consent_of_their_own() {
    let mut request = request(Prompt::default());
    for (claims, step) in [
        (r#"{"userinfo":{"email":null,"nickname":null}}"#, Step::Issue),
        (r#"{"id_token":{"gender":null}}"#, Step::Consent),
    ] {
        request.claims = self::claims(claims);
        assert_eq!(
            next(&request, Some(10), Some("openid email"), None),
            Ok(step),
            "{claims}"
        );
    }
}

#[test]
fn an_essential_acr_that_nobody_has_is_unmet_and_a_voluntary_one_is_no_matter() {
    let ask = |claims: &str, age| next(&asking(claims), age, Some("openid email"), None);
    let unmet = Err(ErrorCode::UnmetAuthenticationRequirements);
    for age in [None, Some(10)] {
        assert_eq!(
            ask(r#"{"id_token":{"acr":{"essential":true,"value":"loa9"}}}"#, age),
            unmet
        );
    }
    assert_eq!(
        ask(r#"{"id_token":{"acr":{"values":["loa9"]}}}"#, Some(10)),
        Ok(Step::Issue)
    );
    assert_eq!(
        ask(
            r#"{"id_token":{"acr":{"essential":true,"values":["loa9","1"]}}}"#,
            Some(10)
        ),
        Ok(Step::Issue)
    );
}

#[test]
fn max_age_asks_for_a_new_sign_in_once() {
    let mut request = request(Prompt::default());
    request.max_age = Some(Lifetime(60));
    assert_eq!(next(&request, Some(60), Some("openid email"), None), Ok(Step::Issue));
    assert_eq!(next(&request, Some(61), Some("openid email"), None), Ok(Step::Login));
    request.max_age = Some(Lifetime(0));
    assert_eq!(
        next(&request, Some(0), Some("openid email"), None),
        Ok(Step::Login),
        "as prompt=login"
    );
    assert_eq!(
        next(&request, Some(0), Some("openid email"), Some(None)),
        Ok(Step::Issue)
    );
}

#[test]
fn another_person_than_id_token_hint_names_must_sign_in() {
    let mut request = request(Prompt::default());
    let mut hint = |sub: &str| {
        let claims = serde_json::json!({"iss": "https://id.acme.org", "sub": sub, "aud": "c", "exp": 1, "iat": 1});
        let hint = SigningInput::new(SigningAlg::RS256, "k", "JWT", claims)
            .unwrap()
            .with_signature(&[1]);
        request.id_token_hint = Some(IdTokenHint::parse(&hint).unwrap());
        request.clone()
    };
    let mut expected = hint("u at the client");
    assert_eq!(next(&expected, Some(10), Some("openid email"), None), Ok(Step::Issue));
    expected.claims = claims(r#"{"id_token":{"sub":{"value":"somebody"}}}"#);
    assert_eq!(next(&expected, Some(10), Some("openid email"), None), Ok(Step::Login));
    let mut request = hint("somebody");
    assert_eq!(next(&request, Some(10), Some("openid email"), None), Ok(Step::Login));
    assert_eq!(
        next_after(&request, Some(10), true, Choice::Open),
        Ok(Step::SelectAccount)
    );
    assert_eq!(
        next_after(&request, Some(10), true, Choice::Session("s".to_owned())),
        Err(ErrorCode::LoginRequired),
        "the person chose another one"
    );
    request.prompt.none = true;
    assert_eq!(
        next(&request, Some(10), Some("openid email"), None),
        Err(ErrorCode::LoginRequired)
    );
}

#[test]
fn a_sealed_interaction_opens_in_its_browser_unaltered_for_an_hour() {
    let key = RootKeys::new(BTreeMap::from([(1, [7; 32])]), 1, String::new())
        .unwrap()
        .current(Purpose::Interaction);
    let pushed = [
        None,
        Some(("1.hash-of_the-reference", None)),
        Some(("1.hash-of_the-reference", Some(Fetcher::Device))),
        Some(("1.hash-of_the-reference", Some(Fetcher::Backchannel))),
    ];
    for (pushed, declined) in pushed.into_iter().flat_map(|pushed| [(pushed, false), (pushed, true)]) {
        let interaction = Interaction {
            query: "client_id=a&state=b".to_owned(),
            since: NOW,
            session_before: Some("s".to_owned()),
            choice: Choice::Session("t".to_owned()),
            pushed: pushed.map(|(hash, fetcher)| HandedIn {
                hash: Hash::stored(hash.to_owned()),
                fetcher,
            }),
            declined,
        };
        let sealed = interaction.seal(&key, "browser").unwrap();
        let opened = |browser, now| Interaction::open(&sealed, &key, browser, now);
        assert_eq!(
            opened("browser", NOW + PATIENCE),
            Some(Opened::Waiting(interaction.clone()))
        );
        assert_eq!(opened("another", NOW), None);
        let late = NOW + PATIENCE + Lifetime(1);
        let anew = Interaction {
            since: late,
            choice: Choice::Open,
            declined: false,
            ..interaction
        };
        assert_eq!(opened("browser", late), Some(Opened::TooOld(anew)));
        assert_eq!(opened("another", late), None);
        for at in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] ^= 1;
            let altered = String::from_utf8(bytes).unwrap();
            assert_eq!(Interaction::open(&altered, &key, "browser", NOW), None);
        }
    }
}

/// What is stored before the person is known must be what would be answered once they are.
#[test]
fn a_request_that_takes_anybody_is_answered_for_whoever_consented_and_signed_in_in_time() {
    let plain = [
        request(Prompt::default()),
        request(Prompt {
            none: true,
            ..Prompt::default()
        }),
        AuthRequest {
            max_age: Some(Lifetime(60)),
            ..request(Prompt::default())
        },
    ];
    for request in plain {
        assert!(Step::is_issue_for_anybody(&request, None));
        for age in [0, 59, 60, 61, 4_000] {
            let in_time = request
                .oldest_sign_in(NOW)
                .is_none_or(|oldest| NOW - Lifetime(age) >= oldest);
            let step = next(&request, Some(age), Some("openid email phone"), None);
            assert_eq!(step == Ok(Step::Issue), in_time, "{:?} {age}", request.max_age);
        }
    }
    let waiting = |choice| Interaction {
        query: String::new(),
        since: NOW,
        session_before: None,
        choice,
        pushed: None,
        declined: false,
    };
    let request = request(Prompt::default());
    assert!(Step::is_issue_for_anybody(&request, Some(&waiting(Choice::Another))));
    assert!(!Step::is_issue_for_anybody(
        &request,
        Some(&waiting(Choice::Session("s".to_owned())))
    ));
}

#[test]
fn a_request_that_asks_something_of_the_person_has_to_see_them_first() {
    let prompts = [
        Prompt {
            login: true,
            ..Prompt::default()
        },
        Prompt {
            consent: true,
            ..Prompt::default()
        },
        Prompt {
            select_account: true,
            ..Prompt::default()
        },
        Prompt {
            create: true,
            ..Prompt::default()
        },
    ];
    for prompt in prompts {
        assert!(!Step::is_issue_for_anybody(&request(prompt), None), "{prompt:?}");
    }
    let of_claims = |text| AuthRequest {
        claims: claims(text),
        ..request(Prompt::default())
    };
    for request in [
        AuthRequest {
            max_age: Some(Lifetime(0)),
            ..request(Prompt::default())
        },
        of_claims(r#"{"id_token":{"sub":{"value":"u"}}}"#),
        asking(r#"{"id_token":{"acr":{"essential":true,"values":["mfa"]}}}"#),
        asking(r#"{"id_token":{"acr":{"values":["mfa"]}}}"#),
    ] {
        assert!(!Step::is_issue_for_anybody(&request, None));
    }
}
