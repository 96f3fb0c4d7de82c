//! Names that are not folded yet, as a migration or an older Worker left them: SQL cannot fold them. The periodic run does, and
//! whatever gives somebody a name does so first, so that a new name is compared with all that there are.

use crate::{
    account::{throttle::Counter, user::User},
    db::{Batch, Query, housekeeping::MOST_ROUNDS, throttles, users},
    edge::platform::context::Context,
    fault::Fault,
    time::Lifetime,
};

/// The most people of a round.
const AT_ONCE: i64 = 100;

/// Looks for the first that are left, those of the oldest accounts. It goes into a batch of the caller's.
pub fn first() -> Query<Vec<User>> {
    users::list_unfolded(AT_ONCE)
}

/// Folds what [`first`] found, and all others.
///
/// # Errors
/// Where there are so many that some are left. The next request, or the periodic run, goes on.
pub async fn finish(mut found: Vec<User>, context: &Context) -> Result<(), Fault> {
    for _ in 0..MOST_ROUNDS {
        if found.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::default();
        batch.extend(found.iter().map(users::fold));
        let left = batch.add(first());
        found = context.db.run(batch).await?.read(left)?;
    }
    match found.is_empty() {
        true => Ok(()),
        false => Err(Fault::new("names", "some are still to be folded")),
    }
}

/// Counts an attempt to give somebody a name, and folds what is left, in one trip where nothing is. How long to wait, where there
/// were too many attempts.
///
/// # Errors
/// As [`finish`].
pub async fn count_attempt(counter: &Counter, context: &Context) -> Result<Option<Lifetime>, Fault> {
    let mut batch = Batch::default();
    let counted = batch.add(throttles::count_address(counter, context.now));
    let unfolded = batch.add(first());
    let rows = context.db.run(batch).await?;
    finish(rows.read(unfolded)?, context).await?;
    Ok(rows.read(counted)?.wait(counter, context.now))
}

/// Folds all that are left.
///
/// # Errors
/// As [`finish`].
pub async fn all(context: &Context) -> Result<(), Fault> {
    finish(context.db.read(first()).await?, context).await
}
