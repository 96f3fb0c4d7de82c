//! One guess at a password: counted, checked, and answered in the same time whoever it is.

use super::{
    context::Context,
    db::{throttles, users},
    fault::Fault,
    text,
};
use crate::{
    account::{
        password,
        throttle::{self, Counter},
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
    Passed { user_id: String },
    Failed,
    TooMany { wait: Lifetime },
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
        if let Some(wait) = waits.into_iter().flatten().max() {
            return Ok(Verdict::TooMany { wait });
        }
        let user = users::read_with_password(&user)?;
        let stored = user.as_ref().and_then(|(_, hash)| hash.as_deref());
        let matches = password::verify(&text::nfc(password), stored);
        Ok(match user {
            Some((user, _)) if matches && user.disabled_at.is_none() => Verdict::Passed { user_id: user.id },
            _ => Verdict::Failed,
        })
    }
}
