//! What a person must still do before an authorization request is answered (OIDC Core sections 3.1.2.3 and 3.1.2.4), and
//! the request itself while it waits for them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    authentication::{Authentication, Consent, Present},
    authorize::{AuthRequest, unmet},
    error::{ErrorCode, OAuthError},
};
use crate::{
    secret::Key,
    time::{Lifetime, UnixTime},
};

/// How long a person may take.
const PATIENCE: Lifetime = Lifetime::hours(1);

/// How long a sign-in counts as made for the request that asked for it.
const FRESH: Lifetime = Lifetime::minutes(10);

/// By how much the clocks of two servers may differ.
const CLOCK_SKEW: Lifetime = Lifetime(5);

/// The longest query that fits, sealed, into a URL of 16 KB.
pub const LONGEST_QUERY: usize = 10_000;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The person signs in.
    Login,
    /// The person makes an account.
    SignUp,
    /// The person chooses one of the accounts that are signed in in their browser.
    SelectAccount,
    /// The person is asked what the client may have.
    Consent,
    /// The client gets its answer.
    Issue,
}

impl Step {
    /// Decides the next step of `request`. `waiting` is the interaction that it comes back from, if it does.
    ///
    /// # Errors
    /// `login_required` or `consent_required` where `prompt=none` forbids to ask; `login_required` where somebody else signed
    /// in than the one that the client expects: "the Authorization Server ... SHOULD return an error";
    /// `unmet_authentication_requirements` where nobody can sign in as strongly as is essential to the client.
    pub fn next(
        request: &AuthRequest,
        people: &SignedIn<'_>,
        consent: Option<&Consent>,
        now: UnixTime,
        waiting: Option<&Interaction>,
    ) -> Result<Self, OAuthError> {
        request.check_acr_values()?;
        let came = |present: &Present<'_>| waiting.is_some_and(|it| it.was_answered_by(present.authentication, now));
        if request.prompt.create && !people.active.as_ref().is_some_and(came) {
            return Ok(Self::SignUp);
        }
        let wants_another = waiting.is_some_and(|it| it.choice == Choice::Another);
        let somebody = |has_choice: bool| match has_choice && !wants_another {
            true => Self::SelectAccount,
            false => Self::Login,
        };
        let Some(Present { authentication, sub }) = &people.active else {
            let step = somebody(people.others);
            return step.unless_silent(request, ErrorCode::LoginRequired, "the person must sign in");
        };
        let expected = request.expects(sub);
        let strong = request.accepts_acr(&authentication.acr);
        let for_this = waiting.is_some_and(|it| it.was_answered_by(authentication, now));
        let chosen = for_this || waiting.is_some_and(|it| it.chose(authentication));
        if chosen && !expected {
            return Err(OAuthError::new(ErrorCode::LoginRequired, "another person signed in"));
        }
        if !expected {
            let step = somebody(people.others);
            return step.unless_silent(request, ErrorCode::LoginRequired, "another person is signed in");
        }
        if request.prompt.select_account && !chosen {
            return Ok(somebody(true));
        }
        if for_this && !strong {
            return Err(unmet());
        }
        if !strong || !(for_this || request.accepts_sign_in_of(authentication.auth_time, now)) {
            return Self::Login.unless_silent(request, ErrorCode::LoginRequired, "the person must sign in again");
        }
        let covered = consent.is_some_and(|consent| request.is_covered_by(consent));
        if !covered || request.prompt.consent {
            return Self::Consent.unless_silent(request, ErrorCode::ConsentRequired, "the person must consent");
        }
        Ok(Self::Issue)
    }

    fn unless_silent(self, request: &AuthRequest, code: ErrorCode, why: &'static str) -> Result<Self, OAuthError> {
        if request.prompt.none {
            Err(OAuthError::new(code, why))
        } else {
            Ok(self)
        }
    }
}

/// Who is signed in in a browser.
#[derive(Clone, Debug, Default)]
pub struct SignedIn<'a> {
    /// The one whose session is active.
    pub active: Option<Present<'a>>,
    /// Whether there may be others.
    pub others: bool,
}

/// What a person chose on the page for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// Nothing yet.
    #[default]
    Open,
    /// To sign in with an account that is not there.
    Another,
    /// A session, by its id.
    Session(String),
}

/// [`Choice::Another`] in sealed text. No session has such an id.
const ANOTHER: &str = "another";

impl Choice {
    fn as_str(&self) -> &str {
        match self {
            Self::Open => "",
            Self::Another => ANOTHER,
            Self::Session(id) => id,
        }
    }

    fn read(text: &str) -> Self {
        match text {
            "" => Self::Open,
            ANOTHER => Self::Another,
            id => Self::Session(id.to_owned()),
        }
    }
}

/// An authorization request that waits for the person. It travels through the pages as sealed text, so that it costs no
/// storage, and works in the browser that it began in alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interaction {
    /// The parameters of the request.
    pub query: String,
    /// When the person was first sent to a page.
    pub since: UnixTime,
    /// The session that there was then: a sign-in for this very request is one of another id.
    pub session_before: Option<String>,
    /// The account that the person chose for it.
    pub choice: Choice,
}

impl Interaction {
    /// Whether the person chose this session.
    fn chose(&self, authentication: &Authentication) -> bool {
        matches!(&self.choice, Choice::Session(id) if *id == authentication.session_id)
    }

    /// Whether the person signed in because they were sent here: every sign-in begins a session of a new id.
    fn was_answered_by(&self, authentication: &Authentication, now: UnixTime) -> bool {
        self.session_before.as_ref() != Some(&authentication.session_id)
            && !self.chose(authentication)
            && authentication.auth_time + CLOCK_SKEW >= self.since
            && now.since(authentication.auth_time) <= FRESH
    }

    /// The sealed text: `base64url(query).since.session.choice.mac`.
    ///
    /// # Errors
    /// `invalid_request` when the request is too long to wait.
    pub fn seal(&self, key: &Key, browser: &str) -> Result<String, OAuthError> {
        if self.query.len() > LONGEST_QUERY {
            return Err(OAuthError::invalid_request("the request is too long"));
        }
        let (since, session) = (
            self.since.seconds().to_string(),
            self.session_before.as_deref().unwrap_or_default(),
        );
        let mac = key.mac(&[
            browser.as_bytes(),
            self.query.as_bytes(),
            since.as_bytes(),
            session.as_bytes(),
            self.choice.as_str().as_bytes(),
        ]);
        Ok(format!(
            "{}.{since}.{session}.{}.{}",
            URL_SAFE_NO_PAD.encode(&self.query),
            self.choice.as_str(),
            URL_SAFE_NO_PAD.encode(mac)
        ))
    }

    /// Opens sealed text. `None` when it is not of this browser, was altered, or is older than an hour.
    pub fn open(text: &str, key: &Key, browser: &str, now: UnixTime) -> Option<Self> {
        let parts: Vec<_> = text.split('.').collect();
        let [query, since, session, choice, mac] = parts.as_slice() else {
            return None;
        };
        let (query, mac) = (URL_SAFE_NO_PAD.decode(query).ok()?, URL_SAFE_NO_PAD.decode(mac).ok()?);
        let genuine = key.verify(
            &[
                browser.as_bytes(),
                &query,
                since.as_bytes(),
                session.as_bytes(),
                choice.as_bytes(),
            ],
            &mac,
        );
        let since = UnixTime(since.parse().ok()?);
        if !genuine || now.since(since) > PATIENCE {
            return None;
        }
        let session_before = Some((*session).to_owned()).filter(|session| !session.is_empty());
        Some(Self {
            query: String::from_utf8(query).ok()?,
            since,
            session_before,
            choice: Choice::read(choice),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::{
        oidc::{
            authorize::Prompt,
            claims_request::ClaimsRequest,
            client_metadata::ResponseType,
            id_token_hint::IdTokenHint,
            jwt::{SigningAlg, SigningInput},
            params::Params,
            scope::Scope,
        },
        secret::{Purpose, RootKeys},
    };

    const NOW: UnixTime = UnixTime(1_000_000);

    fn request(prompt: Prompt) -> AuthRequest {
        AuthRequest {
            response_type: ResponseType::Code,
            scope: Scope::parse("openid email").unwrap(),
            claims: ClaimsRequest::default(),
            nonce: None,
            code_challenge: None,
            prompt,
            max_age: None,
            id_token_hint: None,
            refreshable: false,
        }
    }

    fn signed_in(seconds_ago: i64) -> Authentication {
        Authentication {
            session_id: "s".to_owned(),
            user_id: "u".to_owned(),
            auth_time: NOW - Lifetime(seconds_ago),
            acr: "1".to_owned(),
            amr: vec![],
        }
    }

    fn consent(scope: &str) -> Consent {
        Consent {
            grant_id: "g".to_owned(),
            scope: Scope::parse(scope).unwrap(),
            claims: BTreeSet::from(["nickname".to_owned()]),
        }
    }

    fn present(authentication: &Authentication) -> Present<'_> {
        Present {
            authentication,
            sub: "u at the client".to_owned(),
        }
    }

    fn claims(text: &str) -> ClaimsRequest {
        let query = format!("claims={text}");
        ClaimsRequest::parse(&Params::parse(&query).unwrap()).unwrap()
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
        });
        Step::next(
            request,
            &SignedIn {
                active: present,
                others: false,
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
        let people = SignedIn {
            active: authentication.as_ref().map(present),
            others,
        };
        let waiting = Interaction {
            query: String::new(),
            since: NOW,
            session_before: Some("before".to_owned()),
            choice,
        };
        let consent = consent("openid email");
        Step::next(request, &people, Some(&consent), NOW, Some(&waiting)).map_err(|error| error.code)
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
        let mut request = request(Prompt::default());
        let mut ask = |claims: &str, age| {
            request.claims = self::claims(claims);
            next(&request, age, Some("openid email"), None)
        };
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
            let claims = serde_json::json!({"iss": "https://id.acme.org", "sub": sub, "aud": "c"});
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
        let interaction = Interaction {
            query: "client_id=a&state=b".to_owned(),
            since: NOW,
            session_before: Some("s".to_owned()),
            choice: Choice::Session("t".to_owned()),
        };
        let sealed = interaction.seal(&key, "browser").unwrap();
        assert_eq!(
            Interaction::open(&sealed, &key, "browser", NOW + PATIENCE),
            Some(interaction)
        );
        assert_eq!(Interaction::open(&sealed, &key, "another", NOW), None);
        assert_eq!(
            Interaction::open(&sealed, &key, "browser", NOW + PATIENCE + Lifetime(1)),
            None
        );
        for at in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] ^= 1;
            assert_eq!(
                Interaction::open(&String::from_utf8(bytes).unwrap(), &key, "browser", NOW),
                None
            );
        }
    }
}
