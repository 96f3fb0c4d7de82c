//! Passkeys: what browsers are asked, and whether their answers count.

use serde_json::{Value, json};

use super::guesses;
use crate::{
    account::{
        passkey::{self, Account, Answer, Challenge, New, Passkey, Refused, RelyingParty, State, provider},
        throttle::{self, Counter},
        user::User,
    },
    audit::{Actor, Entry, Event},
    config::{Config, Notices},
    db::{
        Batch, Statement, audit,
        credential_owner::{FactorChange, Owner},
        credentials::{self, Answered},
    },
    edge::{
        http::browser::Browser,
        keys::crypto,
        mail::outbox::{self, Notice},
        platform::context::Context,
    },
    fault::Fault,
    oidc::{jose::jwt::SigningAlg, proven::Proven},
    pages::{Language, account::PasskeyProblem},
    secret::{Hash, Purpose},
};

/// What a page asks for: a challenge is good for one of these alone.
pub enum Asked<'a> {
    /// To sign in, for a destination.
    SignIn(&'a str),
    /// A new passkey for whoever is behind a session.
    Add(&'a str),
    /// The same, where the browser may make it without asking the person.
    AddSilently(&'a str),
    /// One for a new account of that id.
    SignUp(&'a str),
    /// One for the person of a set-up link.
    SetUp(&'a str),
}

impl<'a> Asked<'a> {
    fn parts(&self) -> [&'a str; 2] {
        match self {
            Self::SignIn(what) => ["sign in", what],
            Self::Add(what) => ["add", what],
            Self::AddSilently(what) => ["add silently", what],
            Self::SignUp(what) => ["sign up", what],
            Self::SetUp(what) => ["set up", what],
        }
    }
}

/// Somebody who has shown a passkey.
pub struct Passed {
    pub user_id: String,
    pub proven: Proven,
    /// What uses passkey and challenge up. It goes right before what hangs on it.
    pub using: [Statement; 3],
}

fn site(config: &Config) -> RelyingParty<'_> {
    RelyingParty {
        id: &config.sign_in.rp_id,
        name: config.brand.name.as_deref(),
        origin: config.issuer.as_str(),
        silently: false,
    }
}

/// What the browser is asked to sign in.
pub fn ask_to_sign_in(browser: &Browser, destination: &str, context: &Context) -> Result<String, Fault> {
    let challenge = browser.challenge(&Asked::SignIn(destination).parts(), context)?;
    Ok(passkey::sign_in_options(&challenge, &site(&context.config)).to_string())
}

/// What the browser is asked to make a passkey. `known` are those that the person has.
pub fn ask_for_new(
    browser: &Browser,
    asked: &Asked<'_>,
    account: &Account<'_>,
    known: &[&Passkey],
    context: &Context,
) -> Result<String, Fault> {
    let challenge = browser.challenge(&asked.parts(), context)?;
    let known: Vec<_> = known.iter().map(|passkey| passkey.id.as_str()).collect();
    Ok(passkey::creation_options(&challenge, account, &known, &site(&context.config)).to_string())
}

/// The account of a person, as their passkeys know it.
pub fn account_of(user: &User) -> Account<'_> {
    Account {
        id: &user.id,
        username: user.username.as_str(),
        display_name: user.display_name(),
    }
}

/// A new passkey, out of the browser's answer.
pub fn read_new(
    answer: &str,
    browser: &Browser,
    asked: &Asked<'_>,
    context: &Context,
) -> Result<(New, Challenge), Refused> {
    let site = RelyingParty {
        silently: matches!(asked, Asked::AddSilently(_)),
        ..site(&context.config)
    };
    let new = New::parse(answer, &site)?;
    let challenge = browser.opened_challenge(&new.challenge, &asked.parts(), context);
    challenge
        .map(|challenge| (new, challenge))
        .ok_or(Refused::WrongChallenge)
}

/// What a page says to a person whose browser's answer does not count.
pub fn problem_of(refused: Refused) -> PasskeyProblem {
    match refused {
        Refused::WrongChallenge => PasskeyProblem::Expired,
        _ => PasskeyProblem::Refused,
    }
}

/// What the audit says of a new passkey, or of one that is removed.
pub fn audit_detail(passkey: &Passkey) -> Value {
    json!({ "provider": provider(&passkey.aaguid) })
}

/// Adds a passkey for the person behind a session, whom `entry` is about. `false` where it is there already, or they have too
/// many.
pub async fn add_behind(
    session_hash: &Hash,
    (new, challenge): (&New, &Challenge),
    name: Option<&str>,
    (user_id, entry, language): (&str, Entry<'_>, Language),
    context: &Context,
) -> Result<bool, Fault> {
    let counter = counter(user_id, context);
    let answer = Answered {
        challenge,
        counter: &counter,
    };
    let owner = Owner::Changing(FactorChange::by(session_hash, &context.config));
    let (insert, answered) = credentials::add_passkey(new, name, &owner, &answer, context.now);
    let mut batch = Batch::default();
    batch.push(answer.count(context.now));
    let added = batch.add(insert);
    batch.push(answered);
    batch.push(audit::record_if_changed(
        &entry.detail(audit_detail(&new.passkey)),
        context,
    ));
    let notice = Notice::of_change(Notices::Factors, Event::PasskeyAdded, user_id, language);
    batch.extend(notice.write(credentials::came(user_id, "passkey", context.now), context)?);
    let added = context.db.run(batch).await?.read(added)?;
    outbox::send_later(context);
    Ok(added)
}

/// What answers to challenges of a person count against.
pub fn counter(user_id: &str, context: &Context) -> Counter {
    throttle::of_passkeys(&context.config.roots.current(Purpose::Throttle), user_id)
}

/// Whether the browser's answer is a sign-in for `destination`. Where it is not, that is written down.
pub async fn check_sign_in(
    answer: &str,
    browser: &Browser,
    destination: &str,
    context: &Context,
) -> Result<Result<Passed, Refused>, Fault> {
    let answer = match Answer::parse(answer) {
        Ok(answer) => answer,
        Err(refused) => return refuse(refused, None, context).await,
    };
    let row_id = answer.row_id.clone();
    let Some((passkey, state, user)) = context.db.read(credentials::find_passkey(&row_id)).await? else {
        return refuse(Refused::Unknown, None, context).await;
    };
    let challenge = match verify(answer, &passkey, (&user, state), (browser, destination), context).await {
        Ok(verified) => verified,
        Err(refused) => return refuse(refused, Some(&user.id), context).await,
    };
    let (challenge, now_in) = challenge;
    let counter = counter(&user.id, context);
    let answered = Answered {
        challenge: &challenge,
        counter: &counter,
    };
    Ok(Ok(Passed {
        proven: Proven::passkey(passkey.backup_eligible, context.now),
        using: credentials::use_passkey(&row_id, now_in, &answered, context.now),
        user_id: user.id,
    }))
}

/// The challenge that was answered and how the passkey is now, where all of an answer holds.
async fn verify(
    answer: Answer,
    passkey: &Passkey,
    (user, state): (&User, State),
    (browser, destination): (&Browser, &str),
    context: &Context,
) -> Result<(Challenge, State), Refused> {
    let checked = answer.check(passkey, &user.id, state, &site(&context.config))?;
    let challenge = browser.opened_challenge(&checked.challenge, &Asked::SignIn(destination).parts(), context);
    let challenge = challenge.ok_or(Refused::WrongChallenge)?;
    let alg = match passkey.alg {
        passkey::KeyAlg::ES256 => SigningAlg::ES256,
        passkey::KeyAlg::EdDSA => SigningAlg::EdDSA,
        passkey::KeyAlg::RS256 => SigningAlg::RS256,
    };
    match crypto::verify_foreign(alg.into(), &passkey.jwk, &checked.signature, &checked.signed).await {
        true => Ok((challenge, checked.state)),
        false => Err(Refused::BadSignature),
    }
}

/// Writes down that a passkey was refused, and why: pages do not tell.
pub async fn refuse<T>(
    refused: Refused,
    user_id: Option<&str>,
    context: &Context,
) -> Result<Result<T, Refused>, Fault> {
    let entry = Entry::new(Event::SignInFailed, Actor::Anybody).detail(json!({ "passkey": refused.describe() }));
    guesses::record(entry, user_id, context).await?;
    Ok(Err(refused))
}
