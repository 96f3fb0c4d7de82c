//! Changes of an address that can be undone from the address before: credentials of the kind `email_undo`, whose `name` is that
//! address. While one works, further changes make none: an address that came by a change which can still be undone undoes nothing.

use serde::Deserialize;

use super::{Query, Rows, Statement, users};
use crate::{
    account::{email, user::User},
    fault::Fault,
    mail::UNDO_LIFETIME,
    secret::Hash,
    time::UnixTime,
};

/// The addresses to which a person can go back.
pub fn list(user_id: &str, now: UnixTime) -> Query<Vec<String>> {
    Statement::new("SELECT name FROM credentials WHERE user_id = ? AND kind = 'email_undo' AND created_at > ?")
        .bind(user_id)
        .bind(now - UNDO_LIFETIME)
        .read_by(read_names)
}

fn read_names(rows: &Rows) -> Result<Vec<String>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        name: String,
    }
    Ok(rows.all::<Row>()?.into_iter().map(|row| row.name).collect())
}

/// Makes the link in the mail `mail_id`, if the statement before changed the person's address.
pub fn make_if_changed(user_id: &str, mail_id: &str, (hash, address): (&Hash, &str), now: UnixTime) -> Statement {
    Statement::new(
        "INSERT INTO credentials (id, user_id, kind, secret, created_at, name)
         SELECT 'email undo ' || ?, ?, 'email_undo', ?, ?, ? WHERE changes() > 0",
    )
    .bind(mail_id)
    .bind(user_id)
    .bind(hash)
    .bind(now)
    .bind(address)
}

/// Ends all links of a person who is as given: an operator has said which address is theirs, or they have gone back themselves.
pub fn end_all(user: &User) -> Statement {
    let statement = Statement::new(concat!(
        "DELETE FROM credentials WHERE kind = 'email_undo' AND user_id = ",
        users::as_given!()
    ));
    users::bind_as_given(statement, user)
}

/// Holds for the row `l` of a link that works.
macro_rules! works {
    () => {
        "l.user_id = ? AND l.kind = 'email_undo' AND l.secret = ? AND l.created_at > ?"
    };
}

/// The id of the person of a link that works, if they have the address of before.
macro_rules! restored {
    () => {
        concat!(
            "(SELECT l.user_id FROM credentials l JOIN users r ON r.id = l.user_id WHERE ",
            $crate::db::email_undo::works!(),
            " AND r.email = l.name AND json_extract(r.claims, '$.email_verified') IS 1)"
        )
    };
}
pub(super) use {restored, works};

/// A link to undo a change of address, as it comes back.
pub struct UndoLink {
    pub user_id: String,
    pub hash: Hash,
    /// Now: the time at which it must work.
    pub now: UnixTime,
}

/// What such a link stands for.
pub struct Undo {
    pub user: User,
    /// The address that the person had before.
    pub address: String,
    /// When it was changed.
    pub changed_at: UnixTime,
}

/// What a link stands for, if it works. The person may be disabled.
pub fn find(link: &UndoLink) -> Query<Option<Undo>> {
    let statement = Statement::new(format!(
        "SELECT l.name AS address, l.created_at AS changed_at, {} FROM credentials l JOIN users u ON u.id = l.user_id WHERE {}",
        users::COLUMNS,
        works!()
    ));
    link.bind(statement).read_by(read)
}

fn read(rows: &Rows) -> Result<Option<Undo>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        address: String,
        changed_at: i64,
        #[serde(flatten)]
        user: users::Row,
    }
    let Some(row) = rows.first::<Row>()? else {
        return Ok(None);
    };
    Ok(Some(Undo {
        user: row.user.into_user()?,
        address: row.address,
        changed_at: UnixTime(row.changed_at),
    }))
}

impl UndoLink {
    /// Binds the values of `works!` and of `restored!`.
    pub(super) fn bind(&self, statement: Statement) -> Statement {
        statement
            .bind(&self.user_id)
            .bind(&self.hash)
            .bind(self.now - UNDO_LIFETIME)
    }

    /// Holds while the link works.
    pub fn condition(&self) -> Statement {
        self.bind(Statement::new(concat!(
            "EXISTS (SELECT 1 FROM credentials l WHERE ",
            works!(),
            ")"
        )))
    }

    /// Gives the person the address of before, whatever else has changed since it was read. It says no where the link works no more,
    /// or somebody else keeps the address. What [`restored!`] is for comes next in the batch, and [`UndoLink::use_up`] last.
    pub fn give_back(&self, address: &str) -> Query<bool> {
        let statement = Statement::new(
            "UPDATE OR IGNORE users SET email = ?, email_folded = ?, updated_at = ?, folded_at = IIF(folded_at IS updated_at, ?, NULL),
                claims = json_set(claims, '$.email', ?, '$.email_verified', json('true'))
             WHERE id = ? AND ",
        )
        .bind(address)
        .bind(&email::fold(address))
        .bind(self.now)
        .bind(self.now)
        .bind(address)
        .bind(&self.user_id)
        .append(self.condition())
        .append(Statement::new(" RETURNING id"));
        statement.any()
    }

    /// Takes from the person what may be another's, who changed their address at `changed_at`: their password and links in mails,
    /// whatever their age, and codes that wait; and what is no older than [`UNDO_LIFETIME`] before the change, of ways to sign in,
    /// second factors, and what apps were allowed: a thief comes in first, and changes the address when it suits them.
    pub fn take_back(&self, changed_at: UnixTime) -> [Statement; 3] {
        let since = changed_at - UNDO_LIFETIME;
        let of_restored = |statement: &'static str| self.bind(Statement::new(statement));
        [
            of_restored(concat!(
                "DELETE FROM credentials WHERE user_id = ",
                restored!(),
                " AND (kind IN ('password', 'recovery_link')
                       OR created_at >= ? AND kind IN ('passkey', 'totp', 'recovery_codes'))"
            ))
            .bind(since),
            of_restored(concat!(
                "DELETE FROM grants WHERE user_id = ",
                restored!(),
                " AND updated_at >= ?"
            ))
            .bind(since),
            of_restored(concat!("DELETE FROM mail_codes WHERE user_id = ", restored!())),
        ]
    }

    /// Gives the person a link with which they choose how they sign in, as one that goes with a mail.
    pub fn make_recovery_link(&self, hash: &Hash) -> Statement {
        let statement = Statement::new(concat!(
            "INSERT INTO credentials (id, user_id, kind, secret, created_at)
             SELECT 'recovery link of ' || g.id, g.id, 'recovery_link', ?, ? FROM users g WHERE g.id = ",
            restored!(),
            " ON CONFLICT (id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at"
        ));
        self.bind(statement.bind(hash).bind(self.now))
    }

    /// Uses the link up, and with it those of all later changes.
    pub fn use_up(&self, changed_at: UnixTime) -> Statement {
        let statement = Statement::new(concat!(
            "DELETE FROM credentials WHERE user_id = ",
            restored!(),
            " AND kind = 'email_undo' AND created_at >= ?"
        ));
        self.bind(statement).bind(changed_at)
    }
}
