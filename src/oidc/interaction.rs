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
        // Of somebody who has allowed it nothing, a client learns nothing without them: not whether they are the one that it
        // asks for, nor when they signed in.
        if request.prompt.none && consent.is_none() {
            return Err(OAuthError::new(ErrorCode::ConsentRequired, "the person must consent"));
        }
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
        // Another account became the active one since the person chose, perhaps in another tab.
        let chose_another = waiting.is_some_and(|it| matches!(it.choice, Choice::Session(_)));
        if (request.prompt.select_account || chose_another) && !chosen {
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
mod tests;
