//! One guess at a password: counted, checked, and answered in the same time whoever it is.

use crate::{
    account::{
        password,
        throttle::{self, Counter},
    },
    audit::{Actor, Entry, Event},
    edge::{
        context::Context,
        db::{audit, throttles, users},
        fault::Fault,
        platform::text,
    },
    secret::Purpose,
    time::Lifetime,
};

/// A guess at the password of the person that a login names.
pub struct Attempt {
    account: Counter,
    address: Counter,
}

/// What came of it.
pub enum Verdict {
    /// The person, and what is stored of the password: whoever acts on this makes sure that it still is.
    Passed {
        user_id: String,
        password_hash: String,
    },
    Failed,
    TooMany {
        wait: Lifetime,
    },
}

impl Attempt {
    pub fn new(login: &str, address: &str, context: &Context) -> Self {
        let key = context.config.roots.current(Purpose::Throttle);
        Self {
            account: throttle::of_account(&key, login),
            address: throttle::of_address(&key, address),
        }
    }

    /// The counter of the address, which is to be forgiven an attempt that succeeded.
    pub fn address(&self) -> &Counter {
        &self.address
    }

    /// The answer, and the time it takes, are the same for a wrong password, an unknown person and a disabled one.
    pub async fn check(&self, login: &str, password: &str, context: &Context) -> Result<Verdict, Fault> {
        let [address, account, user] = context
            .db
            .batch([
                throttles::count_address(&self.address, context.now),
                throttles::count_account(login, &self.account, &self.address, context.now),
                users::find_by_login(login),
            ])
            .await?;
        let waits = [
            throttles::read_wait(&account, &self.account, context.now)?,
            throttles::read_wait(&address, &self.address, context.now)?,
        ];
        let user = users::read_with_password(&user)?;
        let user_id = user.as_ref().map(|(user, _)| user.id.as_str());
        if let Some(wait) = waits.into_iter().flatten().max() {
            if throttles::reached(&account, &self.account)? || throttles::reached(&address, &self.address)? {
                record(Event::Throttled, user_id, context).await?;
            }
            return Ok(Verdict::TooMany { wait });
        }
        let stored = user.as_ref().and_then(|(_, hash)| hash.as_deref());
        let matches = password::verify(&text::nfc(password), stored);
        match user {
            Some((user, Some(password_hash))) if matches && user.disabled_at.is_none() => Ok(Verdict::Passed {
                user_id: user.id,
                password_hash,
            }),
            _ => {
                record(Event::SignInFailed, user_id, context).await?;
                Ok(Verdict::Failed)
            }
        }
    }
}

/// Writes down what somebody tried, at the account where there is one.
async fn record(event: Event, user_id: Option<&str>, context: &Context) -> Result<(), Fault> {
    let entry = Entry {
        user_id,
        ..Entry::new(event, Actor::Anybody)
    };
    context.db.batch(audit::record_of_stranger(&entry, context)).await?;
    Ok(())
}
