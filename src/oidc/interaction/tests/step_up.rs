//! What is asked of somebody who is signed in less strongly than a client, or the deployment, wants.

use super::*;

fn silent(request: AuthRequest) -> AuthRequest {
    AuthRequest {
        prompt: Prompt {
            none: true,
            ..request.prompt
        },
        ..request
    }
}

fn waiting(declined: bool) -> Interaction {
    Interaction {
        query: String::new(),
        since: NOW - Lifetime(20),
        session_before: Some("s".to_owned()),
        choice: Choice::Open,
        pushed: None,
        declined,
    }
}

/// The next step for somebody who signed in a minute ago, has consented, and could show as much as `reach`.
fn step(
    request: &AuthRequest,
    (proven, trusted_browser): (&Proven, bool),
    reach: Strength,
    waiting: Option<&Interaction>,
) -> Result<Step, ErrorCode> {
    let authentication = Authentication {
        trusted_browser,
        required_by_group: false,
        proven: proven.clone(),
        ..signed_in(60)
    };
    let people = SignedInPeople {
        active: Some(present(&authentication)),
        reach,
        ..SignedInPeople::default()
    };
    let consent = consent("openid email");
    Step::next(request, &people, Some(&consent), NOW, waiting).map_err(|error| error.code)
}

#[test]
fn what_is_missing_is_asked_for_and_nothing_else() {
    use Strength::{OneFactor, PhishingResistant, TwoFactors};
    let at = NOW - Lifetime(60);
    let one = Proven::password(at);
    let (two, phr) = (one.and_code(), Proven::passkey(true, at));
    let essential = |acr: &str| {
        asking(&format!(
            r#"{{"id_token":{{"acr":{{"essential":true,"value":"{acr}"}}}}}}"#
        ))
    };
    let wished = |acr: &str| asking(&format!(r#"{{"id_token":{{"acr":{{"value":"{acr}"}}}}}}"#));
    let refused = Err(ErrorCode::LoginRequired);
    for (request, proven, reach, expected, expected_silently) in [
        (essential("mfa"), &one, OneFactor, Ok(Step::ShowMore), refused),
        (essential("mfa"), &one, TwoFactors, Ok(Step::ShowMore), refused),
        (essential("mfa"), &two, OneFactor, Ok(Step::Issue), Ok(Step::Issue)),
        (
            essential("mfa"),
            &phr,
            PhishingResistant,
            Ok(Step::Issue),
            Ok(Step::Issue),
        ),
        (essential("phr"), &two, TwoFactors, Ok(Step::ShowMore), refused),
        (
            essential("phr"),
            &phr,
            PhishingResistant,
            Ok(Step::Issue),
            Ok(Step::Issue),
        ),
        // What is voluntary is asked of people who have it, and is no reason to refuse.
        (wished("mfa"), &one, OneFactor, Ok(Step::Issue), Ok(Step::Issue)),
        (wished("mfa"), &one, TwoFactors, Ok(Step::ShowMore), Ok(Step::Issue)),
        (
            wished("mfa"),
            &one,
            PhishingResistant,
            Ok(Step::ShowMore),
            Ok(Step::Issue),
        ),
        (wished("mfa"), &two, TwoFactors, Ok(Step::Issue), Ok(Step::Issue)),
        (wished("phr"), &one, TwoFactors, Ok(Step::Issue), Ok(Step::Issue)),
        (
            wished("phr"),
            &two,
            PhishingResistant,
            Ok(Step::ShowMore),
            Ok(Step::Issue),
        ),
        (wished("1"), &one, PhishingResistant, Ok(Step::Issue), Ok(Step::Issue)),
    ] {
        let case = format!("{:?} {} {reach:?}", request.demand, proven.acr);
        let step = |request: &AuthRequest, waiting: Option<Interaction>| {
            step(request, (proven, false), reach, waiting.as_ref())
        };
        assert_eq!(step(&request, None), expected, "{case}");
        if expected != Ok(Step::Issue) {
            assert!(!Step::is_issue_for_anybody(&request, None), "{case}");
        }
        let after_declining = match request.demand() {
            Ok(demand) if demand.essential > OneFactor => expected,
            _ => Ok(Step::Issue),
        };
        assert_eq!(step(&request, Some(waiting(true))), after_declining, "declined: {case}");
        assert_eq!(step(&request, Some(waiting(false))), expected, "{case}");
        assert_eq!(step(&silent(request), None), expected_silently, "silently: {case}");
    }
}

#[test]
fn a_trusted_browser_is_no_second_factor_to_a_client() {
    let request = asking(r#"{"id_token":{"acr":{"essential":true,"value":"mfa"}}}"#);
    let one = Proven::password(NOW - Lifetime(60));
    assert_eq!(
        step(&request, (&one, true), Strength::TwoFactors, None),
        Ok(Step::ShowMore)
    );
}

#[test]
fn where_everybody_must_show_a_second_factor_an_older_session_is_not_enough() {
    let one = Proven::password(NOW - Lifetime(60));
    let request = AuthRequest {
        second_factor: SecondFactor::Required,
        ..request(Prompt::default())
    };
    let reach = Strength::OneFactor;
    assert_eq!(step(&request, (&one, false), reach, None), Ok(Step::ShowMore));
    assert_eq!(
        step(&request, (&one, false), reach, Some(&waiting(true))),
        Ok(Step::ShowMore)
    );
    assert_eq!(
        step(&request, (&one, true), reach, None),
        Ok(Step::Issue),
        "a trusted browser"
    );
    assert_eq!(step(&request, (&one.and_code(), false), reach, None), Ok(Step::Issue));
    let passkey = Proven::passkey(true, NOW);
    assert_eq!(step(&request, (&passkey, false), reach, None), Ok(Step::Issue));
    let silently = step(&silent(request), (&one, false), reach, None);
    assert_eq!(silently, Err(ErrorCode::LoginRequired));
}

#[test]
fn of_whom_a_group_requires_a_second_factor_a_password_alone_is_not_enough_unless_there_are_none() {
    let passed = |policy, proven: &Proven, trusted_browser| {
        let authentication = Authentication {
            trusted_browser,
            required_by_group: true,
            proven: proven.clone(),
            ..signed_in(60)
        };
        !authentication.lacks_second_factor(policy)
    };
    let one = Proven::password(NOW - Lifetime(60));
    for policy in [SecondFactor::Optional, SecondFactor::Required] {
        assert!(!passed(policy, &one, false));
        assert!(passed(policy, &one, true) && passed(policy, &one.and_code(), false));
    }
    assert!(passed(SecondFactor::Off, &one, false));
}

/// A sign-in that is too old comes first: what is shown in addition to it does not make it younger.
#[test]
fn a_sign_in_that_is_too_old_is_asked_for_first() {
    let mut request = asking(r#"{"id_token":{"acr":{"essential":true,"value":"mfa"}}}"#);
    let one = Proven::password(NOW - Lifetime(60));
    for (max_age, expected) in [(59, Step::Login), (60, Step::ShowMore)] {
        request.max_age = Some(Lifetime(max_age));
        assert_eq!(step(&request, (&one, false), Strength::TwoFactors, None), Ok(expected));
    }
}
