//! Changes of an address that can be undone from the address before: credentials of the kind `email_undo`, whose `name` is that
//! address. Each change has its own, so that a further change makes none before it final.

use serde::Deserialize;

use super::{Query, Rows, Statement, users};
use crate::{
    account::user::User,
    fault::Fault,
    mail::{MOST_UNDOS, UNDO_LIFETIME},
    secret::Hash,
    time::UnixTime,
};

/// Holds where a person may change their address once more.
pub fn may_change(user_id: &str, now: UnixTime) -> Statement {
    Statement::new(
        "(SELECT COUNT(*) FROM credentials l WHERE l.user_id = ? AND l.kind = 'email_undo' AND l.created_at > ?) < ?",
    )
    .bind(user_id)
    .bind(now - UNDO_LIFETIME)
    .bind(MOST_UNDOS)
}

/// Makes the link in the mail `mail_id`, if the statement before changed the person's address. Links that are over go.
pub fn make_if_changed(user_id: &str, mail_id: &str, (hash, address): (&Hash, &str), now: UnixTime) -> [Statement; 2] {
    [
        Statement::new(
            "INSERT INTO credentials (id, user_id, kind, secret, created_at, name)
             SELECT 'email undo ' || ?, ?, 'email_undo', ?, ?, ? WHERE changes() > 0",
        )
        .bind(mail_id)
        .bind(user_id)
        .bind(hash)
        .bind(now)
        .bind(address),
        Statement::new("DELETE FROM credentials WHERE user_id = ? AND kind = 'email_undo' AND created_at <= ?")
            .bind(user_id)
            .bind(now - UNDO_LIFETIME),
    ]
}

/// Ends all links of a person who is as given: an operator has said which address is theirs.
pub fn end_all(user: &User) -> Statement {
    let statement = Statement::new(concat!(
        "DELETE FROM credentials WHERE kind = 'email_undo' AND user_id = ",
        users::as_given!()
    ));
    users::bind_as_given(statement, user)
}

/// A link to undo a change of address, as it comes back.
pub struct UndoLink {
    pub user_id: String,
    pub hash: Hash,
}

/// What such a link stands for.
pub struct Undo {
    pub user: User,
    /// The address that the person had before.
    pub address: String,
    /// When it was changed.
    pub changed_at: UnixTime,
}

const WORKS: &str = "l.user_id = ? AND l.kind = 'email_undo' AND l.secret = ? AND l.created_at > ?";

impl UndoLink {
    fn bind(&self, statement: Statement, now: UnixTime) -> Statement {
        statement.bind(&self.user_id).bind(&self.hash).bind(now - UNDO_LIFETIME)
    }

    /// Holds while the link works.
    pub fn condition(&self, now: UnixTime) -> Statement {
        let works = Statement::new(format!("EXISTS (SELECT 1 FROM credentials l WHERE {WORKS})"));
        self.bind(works, now)
    }
}

/// What a link stands for, if it works. The person may be disabled.
pub fn find(link: &UndoLink, now: UnixTime) -> Query<Option<Undo>> {
    let statement = Statement::new(format!(
        "SELECT l.name AS address, l.created_at AS changed_at, {} FROM credentials l JOIN users u ON u.id = l.user_id WHERE {WORKS}",
        users::COLUMNS
    ));
    link.bind(statement, now).read_by(read)
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

/// Takes from a person who is as given what may be another's who changed their address at `since`: their password, ways to sign in
/// and second factors that were added since, links in mails, this one and those of later changes; and what apps were allowed since.
pub fn take_back(user: &User, since: UnixTime) -> [Statement; 3] {
    let owner = users::as_given!();
    let of_user = |text: String| users::bind_as_given(Statement::new(text), user);
    [
        of_user(format!(
            "DELETE FROM credentials WHERE user_id = {owner}
               AND (kind IN ('password', 'recovery_link')
                    OR created_at >= ? AND kind IN ('passkey', 'totp', 'recovery_codes', 'email_undo'))"
        ))
        .bind(since),
        of_user(format!(
            "DELETE FROM grants WHERE user_id = {owner} AND created_at >= ?"
        ))
        .bind(since),
        of_user(format!("DELETE FROM mail_codes WHERE user_id = {owner}")),
    ]
}

/// Gives a person who is as given a link with which they choose how they sign in, as one that goes with a mail.
pub fn make_recovery_link(user: &User, hash: &Hash, now: UnixTime) -> Statement {
    let statement = Statement::new(format!(
        "INSERT INTO credentials (id, user_id, kind, secret, created_at)
         SELECT 'recovery link of ' || g.id, g.id, 'recovery_link', ?, ? FROM {} g WHERE TRUE
         ON CONFLICT (id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at",
        users::as_given!()
    ))
    .bind(hash)
    .bind(now);
    users::bind_as_given(statement, user)
}
