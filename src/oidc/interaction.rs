//! What a person must still do before an authorization request is answered (OIDC Core sections 3.1.2.3 and 3.1.2.4), and
//! the request itself while it waits for them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    authentication::{Authentication, Consent, SignedInPerson},
    authorize::AuthRequest,
    error::{ErrorCode, OAuthError},
    fetcher::Fetcher,
    proven::Strength,
};
use crate::{
    secret::{Hash, Key},
    time::{Lifetime, UnixTime},
};

/// How long a person may take.
pub const PATIENCE: Lifetime = Lifetime::hours(1);

/// By how much the clocks of two servers may differ.
const CLOCK_SKEW: Lifetime = Lifetime(5);

/// The longest query that fits, sealed, into a URL of 16 KB.
pub const LONGEST_QUERY: usize = 10_000;

/// What a client is told whose operator keeps it to certain people.
pub const NOT_OPEN: &str = "the operator has not opened this client to the person";

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The person signs in.
    Login,
    /// The person shows what their sign-in lacks: a second factor, or a passkey. It is asked for alone.
    ShowMore,
    /// The person makes an account.
    SignUp,
    /// The person chooses one of the accounts that are signed in in their browser.
    SelectAccount,
    /// The person is asked what the client may have.
    Consent,
    /// The person is told that the client is not for them.
    Closed,
    /// The client gets its answer.
    Issue,
}

impl Step {
    /// Decides the next step of `request`. `waiting` is the interaction that it comes back from, if it does.
    ///
    /// # Errors
    /// `login_required` or `consent_required` where `prompt=none` forbids to ask; `login_required` where somebody else signed
    /// in than the one that the client expects: "the Authorization Server ... SHOULD return an error";
    /// `access_denied` where the client is not for the person, and `prompt=none` forbids to tell them;
    /// `unmet_authentication_requirements` where nobody can sign in as strongly as is essential to the client.
    pub fn next(
        request: &AuthRequest,
        people: &SignedInPeople<'_>,
        consent: Option<&Consent>,
        now: UnixTime,
        waiting: Option<&Interaction>,
    ) -> Result<Self, OAuthError> {
        let demand = request.demand()?;
        let came =
            |present: &SignedInPerson<'_>| waiting.is_some_and(|it| it.was_answered_by(present.authentication, now));
        if request.prompt.create && !people.active.as_ref().is_some_and(came) {
            return Ok(Self::SignUp);
        }
        let wants_another = waiting.is_some_and(|it| it.choice == Choice::Another);
        let somebody = |has_choice: bool| match has_choice && !wants_another {
            true => Self::SelectAccount,
            false => Self::Login,
        };
        let Some(SignedInPerson { authentication, sub }) = &people.active else {
            let step = somebody(people.others);
            return step.unless_silent(request, ErrorCode::LoginRequired, "the person must sign in");
        };
        // Of somebody who has allowed it nothing, a client learns nothing without them: not whether they are the one that it
        // asks for, nor when they signed in.
        if request.prompt.none && consent.is_none() {
            return Err(OAuthError::new(ErrorCode::ConsentRequired, "the person must consent"));
        }
        let expected = request.expects(sub);
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
        if !(for_this || request.accepts_sign_in_of(authentication.proven.at, now)) {
            return Self::Login.unless_silent(request, ErrorCode::LoginRequired, "the person must sign in again");
        }
        if people.closed {
            return Self::Closed.unless_silent(request, ErrorCode::AccessDenied, NOT_OPEN);
        }
        if !request.accepts_strength(demand, authentication) {
            return Self::ShowMore.unless_silent(
                request,
                ErrorCode::LoginRequired,
                "the person must show another factor",
            );
        }
        // What is voluntary is asked for once, of people who have it, and is no reason to refuse.
        let declined = request.prompt.none || waiting.is_some_and(|it| it.declined);
        if !declined && authentication.proven.strength() < demand.wished && demand.wished <= people.reach {
            return Ok(Self::ShowMore);
        }
        let covered = consent.is_some_and(|consent| request.is_covered_by(consent));
        if !covered || request.prompt.consent {
            return Self::Consent.unless_silent(request, ErrorCode::ConsentRequired, "the person must consent");
        }
        Ok(Self::Issue)
    }

    /// Whether [`Step::next`] is [`Step::Issue`] for whoever has consented to all of `request` and signed in since
    /// [`AuthRequest::oldest_sign_in`]: then the statement that stores the answer can demand that, and nothing has to be known of
    /// the person before.
    pub fn is_issue_for_anybody(request: &AuthRequest, waiting: Option<&Interaction>) -> bool {
        let nobody_chosen = |it: &Interaction| !matches!(it.choice, Choice::Session(_));
        // A sign-in for this very request need not be as recent as others.
        let by_time_alone = |_: &Interaction| request.max_age.is_none();
        request.takes_anybody() && waiting.is_none_or(|it| nobody_chosen(it) && by_time_alone(it))
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
pub struct SignedInPeople<'a> {
    /// The one whose session is active.
    pub active: Option<SignedInPerson<'a>>,
    /// Whether there may be others.
    pub others: bool,
    /// Whether the operator says that the client is not for the active one.
    pub closed: bool,
    /// The strongest that the active one can show.
    pub reach: Strength,
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

/// What says so in sealed text.
const DECLINED: &str = "declined";

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

/// A request that was handed in, while a person answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedIn {
    /// Of what refers to it: of the code by which the answer is fetched, where it is.
    pub hash: Hash,
    /// Who fetches the answer, where no browser carries it.
    pub fetcher: Option<Fetcher>,
}

impl HandedIn {
    /// One that a browser refers to.
    pub fn of_browser(hash: Hash) -> Self {
        Self { hash, fetcher: None }
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
    /// Where the request was pushed: what is taken out when the authorization ends.
    pub pushed: Option<HandedIn>,
    /// Whether the person declined to show more than they must.
    pub declined: bool,
}

impl Interaction {
    /// Who fetches the answer, where no browser carries it.
    pub fn fetcher(&self) -> Option<Fetcher> {
        self.pushed.as_ref()?.fetcher
    }

    /// Whether the person chose this session.
    fn chose(&self, authentication: &Authentication) -> bool {
        matches!(&self.choice, Choice::Session(id) if *id == authentication.session_id)
    }

    /// Whether the person signed in because they were sent here: every sign-in begins a session of a new id.
    fn was_answered_by(&self, authentication: &Authentication, now: UnixTime) -> bool {
        self.session_before.as_ref() != Some(&authentication.session_id)
            && !self.chose(authentication)
            && authentication.proven.at + CLOCK_SKEW >= self.since
            && authentication.proven.is_fresh(now)
    }

    /// The sealed text: `base64url(query).since.session.choice.mac`. Before the MAC is `.pushed` where the request was pushed, with
    /// `.device` or `.backchannel` where its answer is fetched, and before that `.declined` where the person declined.
    ///
    /// # Errors
    /// `invalid_request` when the request is too long to wait.
    pub fn seal(&self, key: &Key, browser: &str) -> Result<String, OAuthError> {
        if self.query.len() > LONGEST_QUERY {
            return Err(OAuthError::invalid_request("the request is too long"));
        }
        let since = self.since.seconds().to_string();
        let session = self.session_before.as_deref().unwrap_or_default();
        let mut parts = vec![since.as_str(), session, self.choice.as_str()];
        parts.extend(self.declined.then_some(DECLINED));
        if let Some(pushed) = &self.pushed {
            parts.extend(pushed.hash.as_str().split('.'));
            parts.extend(pushed.fetcher.map(Fetcher::as_str));
        }
        let mac = key.mac(&maced(browser, self.query.as_bytes(), &parts));
        Ok(format!(
            "{}.{}.{}",
            URL_SAFE_NO_PAD.encode(&self.query),
            parts.join("."),
            URL_SAFE_NO_PAD.encode(mac)
        ))
    }

    /// Opens sealed text. `None` when it is not of this browser, or was altered.
    pub fn open(text: &str, key: &Key, browser: &str, now: UnixTime) -> Option<Opened> {
        let parts: Vec<_> = text.split('.').collect();
        let (query, parts, mac) = match parts.as_slice() {
            [query, parts @ .., mac] => (
                URL_SAFE_NO_PAD.decode(query).ok()?,
                parts,
                URL_SAFE_NO_PAD.decode(mac).ok()?,
            ),
            _ => return None,
        };
        let genuine = key.verify(&maced(browser, &query, parts), &mac);
        let [since, session, choice, rest @ ..] = parts else {
            return None;
        };
        let (declined, pushed) = match rest {
            [DECLINED, pushed @ ..] => (true, pushed),
            pushed => (false, pushed),
        };
        let pushed = match *pushed {
            [] => None,
            [version, hash] => Some((version, hash, None)),
            [version, hash, fetcher] => Some((version, hash, Some(Fetcher::parse(fetcher)?))),
            _ => return None,
        };
        let pushed = pushed.map(|(version, hash, fetcher)| HandedIn {
            hash: Hash::stored(format!("{version}.{hash}")),
            fetcher,
        });
        let since = UnixTime(since.parse().ok()?);
        if !genuine {
            return None;
        }
        let session_before = Some((*session).to_owned()).filter(|session| !session.is_empty());
        let interaction = Self {
            query: String::from_utf8(query).ok()?,
            since,
            session_before,
            choice: Choice::read(choice),
            pushed,
            declined,
        };
        Some(if now.since(since) > PATIENCE {
            Opened::TooOld(Self {
                since: now,
                choice: Choice::Open,
                declined: false,
                ..interaction
            })
        } else {
            Opened::Waiting(interaction)
        })
    }
}

/// What sealed text held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// A request that waits.
    Waiting(Interaction),
    /// One that was left alone for longer than [`PATIENCE`], as it begins anew: a sign-in from before does not count for it.
    TooOld(Interaction),
}

/// What the MAC is over.
fn maced<'a>(browser: &'a str, query: &'a [u8], parts: &[&'a str]) -> Vec<&'a [u8]> {
    let mut maced = vec![browser.as_bytes(), query];
    maced.extend(parts.iter().map(|part| part.as_bytes()));
    maced
}

#[cfg(test)]
mod tests;
