//! Whose credential something becomes. The statement that stores or removes it decides, since what was read a trip before may be out of
//! date.

use super::{Statement, set_up_links::SetUpLink, users, waiting_sessions::STILL_TO_CHANGE};
use crate::{
    account::user::User,
    config::{Config, Way},
    secret::Hash,
};

/// The session of somebody who changes what they sign in with beside a password.
///
/// That they may was decided by [`may_change_factors`](crate::account::sign_in::may_change_factors). What that rests on can have
/// changed since: where they have shown one factor, the statement looks once more whether they have a second.
#[derive(Clone, Copy)]
pub struct FactorChange<'a> {
    pub session_hash: &'a Hash,
    /// Apps with one-time codes can be shown here.
    pub codes_count: bool,
    /// Passkeys can.
    pub passkeys_count: bool,
}

impl<'a> FactorChange<'a> {
    pub fn by(session_hash: &'a Hash, config: &Config) -> Self {
        Self {
            session_hash,
            codes_count: config.has_codes(),
            passkeys_count: config.sign_in.has(Way::Passkey),
        }
    }

    /// Holds where they may.
    pub fn may(&self) -> Statement {
        Statement::new("EXISTS (")
            .append(self.person())
            .append(Statement::new(")"))
    }

    /// Gives the person as `owner`, if they may.
    pub(super) fn person(&self) -> Statement {
        Statement::new(
            "SELECT b.user_id AS owner FROM sessions b WHERE b.hash = ? AND (b.acr IN ('mfa', 'phr')
               OR NOT EXISTS (SELECT 1 FROM credentials f WHERE f.user_id = b.user_id
                              AND (? AND f.kind = 'totp' OR ? AND f.kind = 'passkey')))",
        )
        .bind(self.session_hash)
        .bind(self.codes_count)
        .bind(self.passkeys_count)
    }
}

/// Whose credential a new passkey or password becomes.
pub enum Owner<'a> {
    /// The person behind a session, who may change what they sign in with.
    Changing(FactorChange<'a>),
    /// The person behind a session that waits, as it is stored, for another password than the one that they still have.
    Waiting(&'a Hash),
    /// A person who is as given.
    Is(&'a User),
    /// The person whom a set-up link was made for.
    Linked(&'a SetUpLink),
    /// A person with nothing that they could show beside a password, which they have shown and which is still theirs. Passkeys are
    /// nothing that they could show where there is no way to.
    WithPasswordAlone {
        user_id: &'a str,
        password_hash: &'a str,
        passkeys_count: bool,
    },
    /// The same of somebody who has shown that they read the mails of their address, which is still theirs.
    WithAddressAlone {
        user_id: &'a str,
        address: &'a str,
        passkeys_count: bool,
    },
}

impl Owner<'_> {
    /// Gives the person as `owner`, where there is one.
    pub(super) fn query(&self) -> Statement {
        match self {
            Self::Changing(change) => change.person(),
            Self::Waiting(hash) => Statement::new(format!(
                "SELECT s.user_id AS owner FROM sessions s JOIN credentials c ON c.user_id = s.user_id AND c.kind = 'password'
                 WHERE s.hash = ? AND s.waits_for & 2 AND {STILL_TO_CHANGE}"
            ))
            .bind(*hash),
            Self::Is(user) => {
                let statement = Statement::new(concat!("SELECT id AS owner FROM ", users::as_given!()));
                users::bind_as_given(statement, user)
            }
            Self::Linked(link) => {
                Statement::new("SELECT l.user_id AS owner FROM credentials l WHERE ").append(link.condition())
            }
            Self::WithPasswordAlone {
                user_id,
                password_hash,
                passkeys_count,
            } => Statement::new(
                "SELECT p.user_id AS owner FROM credentials p JOIN users u ON u.id = p.user_id AND u.disabled_at IS NULL
                 WHERE p.user_id = ? AND p.kind = 'password' AND p.secret = ?
                   AND NOT EXISTS (SELECT 1 FROM credentials n WHERE n.user_id = p.user_id AND (n.kind = 'totp' OR ? AND n.kind = 'passkey'))",
            )
            .bind(*user_id)
            .bind(*password_hash)
            .bind(*passkeys_count),
            Self::WithAddressAlone {
                user_id,
                address,
                passkeys_count,
            } => Statement::new(
                "SELECT u.id AS owner FROM users u
                 WHERE u.id = ? AND u.email = ? AND u.disabled_at IS NULL
                   AND NOT EXISTS (SELECT 1 FROM credentials n WHERE n.user_id = u.id AND (n.kind = 'totp' OR ? AND n.kind = 'passkey'))",
            )
            .bind(*user_id)
            .bind(*address)
            .bind(*passkeys_count),
        }
    }
}
