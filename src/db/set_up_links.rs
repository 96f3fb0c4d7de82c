//! The links among the `credentials`, with which a person sets up how they sign in.

use super::{Query, Statement, users};
use crate::{
    account::{set_up::LinkKind, user::User},
    secret::Hash,
    time::UnixTime,
};

/// Holds for the row `l` of a set-up link that works.
macro_rules! works {
    () => {
        concat!(
            "l.id = ? AND l.kind = ? AND l.secret = ? AND l.created_at > ? AND ",
            $crate::db::conditions::enabled!("l.user_id")
        )
    };
}
pub(super) use works;

/// A link with which a person sets up how they sign in, as it comes back. Each person has one of a kind at most.
pub struct SetUpLink {
    pub kind: LinkKind,
    pub user_id: String,
    pub hash: Hash,
    /// When it must have been made at the earliest.
    pub oldest: UnixTime,
}

impl SetUpLink {
    pub(super) fn row_id(kind: LinkKind, user_id: &str) -> String {
        match kind {
            LinkKind::SetUp => format!("set-up link of {user_id}"),
            LinkKind::Recovery => format!("recovery link of {user_id}"),
        }
    }

    /// Holds for the row `l` of a link that works.
    pub(super) fn condition(&self) -> Statement {
        self.bind(Statement::new(works!()))
    }

    /// Binds the values of `works!`.
    pub(super) fn bind(&self, statement: Statement) -> Statement {
        statement
            .bind(&Self::row_id(self.kind, &self.user_id))
            .bind(self.kind.as_str())
            .bind(&self.hash)
            .bind(self.oldest)
    }

    /// The person of a link that works.
    pub fn find(&self) -> Query<Option<User>> {
        Statement::new(format!(
            "SELECT {} FROM credentials l JOIN users u ON u.id = l.user_id WHERE ",
            users::COLUMNS
        ))
        .append(self.condition())
        .read_by(users::read)
    }

    /// Confirms the address of its person, if a mail of [`make`] brought the link there and it is theirs still. Goes before what uses it up.
    pub fn confirm_address(&self, now: UnixTime) -> Statement {
        Statement::new(
            "UPDATE users SET claims = json_set(claims, '$.email_verified', json('true')), updated_at = ?
             WHERE id = ? AND json_extract(claims, '$.email_verified') IS NOT 1 AND email COLLATE BINARY = (SELECT l.name FROM credentials l WHERE ",
        )
        .bind(now)
        .bind(&self.user_id)
        .append(self.condition())
        .append(Statement::new(")"))
    }

    /// Uses it up, if the statement before changed a row.
    pub fn use_up_if_changed(&self) -> Statement {
        Statement::new("DELETE FROM credentials WHERE changes() > 0 AND id = ? AND kind = ?")
            .bind(&Self::row_id(self.kind, &self.user_id))
            .bind(self.kind.as_str())
    }
}

/// Makes a set-up link for a person that works until `expires_at`, if there is such a person. One that was made before works no more.
/// What its row has as its beginning is so long before that, and as its name the address to which the mail `mail_id` takes it, if that
/// was written down.
pub fn make(user_id: &str, hash: &Hash, mail_id: Option<&str>, expires_at: UnixTime) -> Query<bool> {
    Statement::new(
        "INSERT INTO credentials (id, user_id, kind, secret, created_at, name)
         SELECT ?, id, 'set_up_link', ?, ?, (SELECT m.address FROM mail_outbox m WHERE m.id = ?) FROM users WHERE id = ?
         ON CONFLICT (id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at, name = excluded.name RETURNING user_id",
    )
    .bind(&SetUpLink::row_id(LinkKind::SetUp, user_id))
    .bind(hash)
    .bind(expires_at - LinkKind::SetUp.lifetime())
    .bind(mail_id)
    .bind(user_id)
    .any()
}

/// Takes the set-up link of a person back, if there is one that still works.
pub fn revoke(user_id: &str, now: UnixTime) -> Query<bool> {
    Statement::new("DELETE FROM credentials WHERE id = ? AND kind = 'set_up_link' AND created_at > ? RETURNING id")
        .bind(&SetUpLink::row_id(LinkKind::SetUp, user_id))
        .bind(now - LinkKind::SetUp.lifetime())
        .any()
}

/// Holds where no link of that kind was made since then.
pub fn no_recovery_link_since(user_id: &str, since: UnixTime) -> Statement {
    Statement::new("NOT EXISTS (SELECT 1 FROM credentials WHERE id = ? AND created_at > ?)")
        .bind(&SetUpLink::row_id(LinkKind::Recovery, user_id))
        .bind(since)
}

/// Makes a link for a person that goes with the mail `mail_id`, if that was written down. One that was made before works no more.
pub fn make_recovery_link(user_id: &str, hash: &Hash, mail_id: &str, now: UnixTime) -> Statement {
    Statement::new(
        "INSERT INTO credentials (id, user_id, kind, secret, created_at)
         SELECT ?, id, 'recovery_link', ?, ? FROM users WHERE id = ? AND EXISTS (SELECT 1 FROM mail_outbox WHERE id = ?)
         ON CONFLICT (id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at",
    )
    .bind(&SetUpLink::row_id(LinkKind::Recovery, user_id))
    .bind(hash)
    .bind(now)
    .bind(user_id)
    .bind(mail_id)
}
