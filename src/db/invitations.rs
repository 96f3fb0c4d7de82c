//! `invitations`: links with which somebody makes an account, each once.

use serde::Deserialize;

use super::{Query, Rows, Statement};
use crate::{
    account::invitation::{InvitationId, InvitationLink},
    fault::Fault,
    secret::Hash,
    time::UnixTime,
};

/// An invitation that is made.
pub struct NewInvitation<'a> {
    pub id: &'a InvitationId,
    pub hash: &'a Hash,
    /// The address that the account gets.
    pub email: Option<&'a str>,
    /// Whether the link shows that the address is theirs, whoever hands it over.
    pub email_verified: bool,
    /// The mail that takes it to the address, if that was written down: then it shows that, too.
    pub mail_id: Option<&'a str>,
    /// Whether it is good only while there is nobody.
    pub first: bool,
    pub note: Option<&'a str>,
}

/// An invitation that works.
#[derive(Clone, Debug)]
pub struct Invitation {
    pub id: InvitationId,
    pub email: Option<String>,
    pub email_verified: bool,
    pub first: bool,
    pub note: Option<String>,
    pub created_at: UnixTime,
}

const COLUMNS: &str = "i.expires_at, i.id, i.email, i.email_verified, i.first, i.note, i.created_at";

/// Holds where nobody has an account.
pub(super) const NOBODY: &str = "NOT EXISTS (SELECT 1 FROM users nobody WHERE nobody.id >= '')";

pub fn insert(new: &NewInvitation<'_>, now: UnixTime) -> Query<bool> {
    insert_where(new, now, Statement::new("TRUE"))
}

/// Makes the first person's, where there is nobody.
pub fn insert_first(new: &NewInvitation<'_>, now: UnixTime) -> Query<bool> {
    insert_where(new, now, Statement::new(NOBODY))
}

fn insert_where(new: &NewInvitation<'_>, now: UnixTime, condition: Statement) -> Query<bool> {
    Statement::new(
        "INSERT INTO invitations (expires_at, id, secret, email, email_verified, first, note, created_at)
         SELECT ?, ?, ?, ?, ? OR EXISTS (SELECT 1 FROM mail_outbox m WHERE m.id = ?), ?, ?, ? WHERE ",
    )
    .bind(new.id.expires_at)
    .bind(&new.id.random)
    .bind(new.hash)
    .bind(new.email)
    .bind(new.email_verified)
    .bind(new.mail_id)
    .bind(new.first)
    .bind(new.note)
    .bind(now)
    .append(condition)
    .append(Statement::new(" RETURNING id"))
    .any()
}

/// The invitation of a link that works.
pub fn find(shown: &InvitationLink, now: UnixTime) -> Query<Option<Invitation>> {
    Statement::new(format!("SELECT {COLUMNS} FROM invitations i WHERE "))
        .append(works(shown, now))
        .read_by(|rows| Ok(rows.first::<Row>()?.map(Row::into_invitation)))
}

/// Holds for the row `i` of a link that works.
fn works(shown: &InvitationLink, now: UnixTime) -> Statement {
    Statement::new(format!(
        "i.expires_at = ? AND i.id = ? AND i.secret = ? AND i.expires_at > ? AND (i.first = 0 OR {NOBODY})"
    ))
    .bind(shown.id.expires_at)
    .bind(&shown.id.random)
    .bind(&shown.hash)
    .bind(now)
}

/// Holds where a link works for an account with that address.
pub fn lets_in(shown: &InvitationLink, email: Option<&str>, now: UnixTime) -> Statement {
    Statement::new("EXISTS (SELECT 1 FROM invitations i WHERE (i.email IS NULL OR i.email = ?) AND ")
        .bind(email)
        .append(works(shown, now))
        .append(Statement::new(")"))
}

/// Uses an invitation up, if the person was made that it was for.
pub fn use_up(id: &InvitationId, user_id: &str) -> Statement {
    Statement::new(
        "DELETE FROM invitations WHERE expires_at = ? AND id = ? AND EXISTS (SELECT 1 FROM users u WHERE u.id = ?)",
    )
    .bind(id.expires_at)
    .bind(&id.random)
    .bind(user_id)
}

/// Those that work, the first to expire first, from the one behind `after` on.
pub fn list(after: Option<&InvitationId>, limit: i64, now: UnixTime) -> Query<Vec<Invitation>> {
    Statement::new(format!(
        "SELECT {COLUMNS} FROM invitations i WHERE (i.expires_at, i.id) > (?, ?) AND i.expires_at > ?
         ORDER BY i.expires_at, i.id LIMIT ?"
    ))
    .bind(after.map_or(now, |after| after.expires_at))
    .bind(after.map_or("", |after| &after.random))
    .bind(now)
    .bind(limit)
    .read_by(read_all)
}

/// Takes one back.
pub fn revoke(id: &InvitationId) -> Query<bool> {
    Statement::new("DELETE FROM invitations WHERE expires_at = ? AND id = ? RETURNING id")
        .bind(id.expires_at)
        .bind(&id.random)
        .any()
}

#[derive(Deserialize)]
struct Row {
    expires_at: i64,
    id: String,
    email: Option<String>,
    email_verified: i64,
    first: i64,
    note: Option<String>,
    created_at: i64,
}

impl Row {
    fn into_invitation(self) -> Invitation {
        Invitation {
            id: InvitationId {
                expires_at: UnixTime(self.expires_at),
                random: self.id,
            },
            email: self.email,
            email_verified: self.email_verified != 0,
            first: self.first != 0,
            note: self.note,
            created_at: UnixTime(self.created_at),
        }
    }
}

fn read_all(rows: &Rows) -> Result<Vec<Invitation>, Fault> {
    Ok(rows.all::<Row>()?.into_iter().map(Row::into_invitation).collect())
}
