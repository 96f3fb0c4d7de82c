//! Whoever is to make an account makes one (Initiating User Registration via OpenID Connect 1.0 section 4).

use super::*;

fn creating() -> AuthRequest {
    request(Prompt {
        create: true,
        ..Prompt::default()
    })
}

#[test]
fn prompt_create_makes_an_account_whoever_is_signed_in() {
    for active in [None, Some(0), Some(10)] {
        assert_eq!(next(&creating(), active, Some("openid email"), None), Ok(Step::SignUp));
    }
}

#[test]
fn prompt_create_is_answered_by_whoever_signed_in_for_it_and_by_nobody_before() {
    let everything = Some("openid email");
    assert_eq!(next(&creating(), Some(0), everything, Some(None)), Ok(Step::Issue));
    assert_eq!(
        next(&creating(), Some(0), everything, Some(Some("s"))),
        Ok(Step::SignUp),
        "the session that was there before"
    );
    assert_eq!(
        next(&creating(), Some(60), everything, Some(None)),
        Ok(Step::SignUp),
        "a sign-in from before the request"
    );
    assert_eq!(next(&creating(), None, everything, Some(None)), Ok(Step::SignUp));
}
