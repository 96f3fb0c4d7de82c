//! A new password: whether somebody may have it, and how it is stored.

use crate::{
    account::{
        password::{self, NewPassword, Unfit},
        throttle,
        user::User,
    },
    db::{passwords, throttles},
    edge::platform::{context::Context, fetch, log, random},
    fault::Fault,
    secret::Purpose,
};

/// The most bytes of an answer about leaks. With padding it is about 40 kB.
const LONGEST_ANSWER: usize = 256 * 1024;

/// Takes what somebody typed, or an operator sent, as the password of `user`.
///
/// # Errors
/// Says why it cannot be one. Where nobody can tell whether it stands in a leak, it is taken for one that does not.
pub async fn read(typed: &str, user: &User, context: &Context) -> Result<NewPassword, Unfit> {
    check_leaks(parse(typed, user, context)?, user, context).await
}

/// The same, without looking for leaks.
///
/// # Errors
/// Says why it cannot be one.
pub fn parse(typed: &str, user: &User, context: &Context) -> Result<NewPassword, Unfit> {
    let names = user.names().into_iter().chain(context.config.issuer.names());
    NewPassword::parse(typed, names)
}

/// Looks for the password in published leaks, so often for a person.
///
/// # Errors
/// It stands in one.
pub async fn check_leaks(password: NewPassword, user: &User, context: &Context) -> Result<NewPassword, Unfit> {
    match is_leaked(&password, user, context).await {
        true => Err(Unfit::Leaked),
        false => Ok(password),
    }
}

/// Whether it is the one that somebody has to change, so that it would change nothing.
pub async fn is_to_change(typed: &str, user_id: &str, context: &Context) -> Result<bool, Fault> {
    let stored = context.db.read(passwords::to_change(user_id)).await?;
    Ok(stored.is_some_and(|stored| password::is_typed(typed, Some(&stored))))
}

async fn is_leaked(password: &NewPassword, user: &User, context: &Context) -> bool {
    let Some(service) = &context.config.leaked_passwords else {
        return false;
    };
    // Whoever makes Limen ask so often gains nothing by it: their password is taken as one that nobody can tell about.
    let counter = throttle::of_leak_checks(&context.config.roots.current(Purpose::Throttle), &user.id);
    let counted = context.db.read(throttles::count_address(&counter, context.now)).await;
    if !counted.is_ok_and(|count| count.wait(&counter, context.now).is_none()) {
        return false;
    }
    let query = password.leak_query();
    let Ok(url) = service.about(&query.told) else {
        return false;
    };
    match fetch::get(&url, "text/plain", LONGEST_ANSWER).await {
        Ok(answer) => query.is_in(&answer.body),
        Err(none) => {
            log::deployment(&format!("the service of LEAKED_PASSWORDS {}", none.why()));
            false
        }
    }
}

/// What is stored of it.
pub fn hash(password: &NewPassword) -> Result<String, Fault> {
    password
        .hash(random::bytes()?)
        .ok_or_else(|| Fault::new("password", "no hash"))
}
