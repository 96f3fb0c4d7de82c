//! One guess at a password: counted, checked, and answered in the same time whoever it is.

use super::guesses;
use crate::{
    account::{
        password,
        sign_in::Has,
        throttle::{self, Counter},
        user::fold_login,
    },
    audit::{Actor, Entry, Event},
    db::{
        Batch, Statement, passwords,
        throttles::{self, Count},
        trusted_browsers,
        users::{self, WithCredentials},
    },
    edge::{
        http::browser::Browser,
        platform::{context::Context, random},
    },
    fault::Fault,
    secret::Purpose,
    time::Lifetime,
};

/// What came of a guess.
pub enum Verdict {
    /// The password is theirs. Statements that act on this check again that `password_hash` is still stored; those of `noting` note the
    /// success, and come last.
    Passed {
        user_id: String,
        password_hash: String,
        noting: Vec<Statement>,
        /// What is stored of the password once that was noted.
        standing_hash: String,
        /// What else they have to show.
        has: Has,
        /// Whether one of their groups requires it.
        required_by_group: bool,
        /// Whether they trust the browser.
        is_trusted: bool,
    },
    Failed,
    TooMany {
        wait: Lifetime,
    },
}

/// A guess at the password of the person whom `login` names. It counts for that text, in any spelling and whether or not anybody
/// has the name, and for the address; in a browser in which that person has signed in before it counts for that browser
/// alone. The answer, and the time it takes, are the same for a wrong password, an unknown person and a disabled one.
pub async fn at_sign_in(
    (login, password): (&str, &str),
    browser: &Browser,
    address: &str,
    context: &Context,
) -> Result<Verdict, Fault> {
    let key = context.config.roots.current(Purpose::Throttle);
    let folded = fold_login(login);
    let (account, address) = (throttle::of_account(&key, &folded), throttle::of_address(&key, address));
    let known = browser.known(context);
    let guess = throttles::Guess {
        folded: &folded,
        account: &account,
        address: &address,
        known: &browser.own_counters(&known, &key),
    };
    let mut batch = Batch::default();
    let counted_address = batch.add(throttles::count_address_of(&guess, context.now));
    let counted = batch.add(throttles::count_account_of(&guess, context.now));
    let user = batch.add(users::find_by_login(login, &folded, context.config.mail.is_some()));
    let roots = &context.config.roots;
    let shown = (!browser.trusts.is_empty()).then(|| trusted_browsers::find_shown(&browser.trusts, roots, context.now));
    let trusting = batch.add_if(shown);
    let rows = context.db.run(batch).await?;
    let trusting = rows.read_if(trusting)?.unwrap_or_default();
    let forgiven = |user_id: &str| match guess.known.iter().find(|(id, _)| id == user_id) {
        Some((_, own)) => vec![throttles::reset(own)],
        None => vec![throttles::reset(&account), throttles::forgive(&address)],
    };
    let counted = [(rows.read(counted)?, &account), (rows.read(counted_address)?, &address)];
    let verdict = check(password, &counted, rows.read(user)?, context).await?;
    Ok(verdict.and(|user_id| forgiven(user_id)).trusted_by(&trusting))
}

/// A guess at the password of somebody who is signed in. It counts for their session alone, so strangers who guess do not
/// lock anybody out of their own forms.
pub async fn in_session(
    (session_id, user_id): (&str, &str),
    password: &str,
    context: &Context,
) -> Result<Verdict, Fault> {
    let key = context.config.roots.current(Purpose::Throttle);
    let session = throttle::of_session(&key, session_id);
    let mut batch = Batch::default();
    let counted = batch.add(throttles::count_address(&session, context.now));
    let user = batch.add(users::find_with_password(user_id));
    let rows = context.db.run(batch).await?;
    let verdict = check(password, &[(rows.read(counted)?, &session)], rows.read(user)?, context).await?;
    Ok(verdict.and(|_| vec![throttles::reset(&session)]))
}

impl Verdict {
    /// The same, with more that notes a success.
    fn and(mut self, more: impl FnOnce(&str) -> Vec<Statement>) -> Self {
        if let Self::Passed { user_id, noting, .. } = &mut self {
            noting.extend(more(user_id));
        }
        self
    }

    /// The same, in a browser that the people of these ids trust.
    fn trusted_by(mut self, people: &[String]) -> Self {
        if let Self::Passed {
            user_id, is_trusted, ..
        } = &mut self
        {
            *is_trusted = people.contains(user_id);
        }
        self
    }
}

async fn check(
    password: &str,
    counted: &[(Count, &Counter)],
    found: Option<WithCredentials>,
    context: &Context,
) -> Result<Verdict, Fault> {
    let user_id = found.as_ref().map(|found| found.user.id.as_str());
    let (mut wait, mut reached) = (None, false);
    for (count, counter) in counted {
        wait = wait.max(count.wait(counter, context.now));
        reached |= count.is_first_over(counter);
    }
    if let Some(wait) = wait {
        if reached {
            guesses::record(Entry::new(Event::Throttled, Actor::Anybody), user_id, context).await?;
        }
        return Ok(Verdict::TooMany { wait });
    }
    let stored = found.as_ref().and_then(|found| found.password_hash.as_deref());
    let matches = password::is_typed(password, stored);
    match (&found, stored) {
        (Some(found), Some(stored)) if matches && found.user.disabled_at.is_none() => {
            let renewed = renewed_hash(password, stored)?;
            let note = |hash: &String| passwords::renew_hash(&found.user.id, (stored, hash));
            Ok(Verdict::Passed {
                user_id: found.user.id.clone(),
                password_hash: stored.to_owned(),
                noting: renewed.iter().map(note).collect(),
                standing_hash: renewed.unwrap_or_else(|| stored.to_owned()),
                has: found.has(&context.config),
                required_by_group: found.required_by_group,
                is_trusted: false,
            })
        }
        _ => {
            guesses::record(Entry::new(Event::SignInFailed, Actor::Anybody), user_id, context).await?;
            Ok(Verdict::Failed)
        }
    }
}

/// A hash of Limen's for the place of one that was made elsewhere.
fn renewed_hash(typed: &str, stored: &str) -> Result<Option<String>, Fault> {
    if !password::is_imported(stored) {
        return Ok(None);
    }
    Ok(password::hash(&password::prepare(typed), random::bytes()?))
}
