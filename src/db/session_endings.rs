//! Which `sessions` end, and what ends with them.

use super::{
    Query, Statement,
    conditions::behind,
    email_undo::{self, UndoLink},
    set_up_links::{self, SetUpLink},
    users,
};
use crate::{
    account::{held_sessions::MOST as MOST_HELD, user::User},
    config::LogoutRevokes,
    secret::Hash,
    time::UnixTime,
};

/// The most sessions of a person.
const MOST_LIVE: i64 = 20;

/// Begins what stands in `session_id` for tokens that belong to no session: those of a device or of CIBA.
pub const APART: &str = "device:";

/// Whose sessions end, and which of them.
pub enum Ending<'a> {
    /// Those of a browser's cookie, by their hashes as a JSON array ([`sessions::json_of`](super::sessions::json_of)).
    Held(&'a str),
    /// Those of a browser's cookie for which there is no place any more beside the new session `session_id` of a person, as
    /// [`HeldSessions::begin`](crate::account::held_sessions::HeldSessions::begin) has it. Goes before [`sessions::supersede`](super::sessions::supersede).
    Evicted {
        hashes: &'a str,
        user_id: &'a str,
        session_id: &'a str,
    },
    /// The oldest of a person's beyond the most that they may have, where the new session `session_id` came to be; those that
    /// are not live any more before those that are.
    Surplus {
        user_id: &'a str,
        session_id: &'a str,
        idle_since: UnixTime,
        now: UnixTime,
    },
    /// One of those of the person behind a session, by its id.
    One { by: &'a Hash, session_id: &'a str },
    /// One of a person's, by its id.
    OneOf { user_id: &'a str, session_id: &'a str },
    /// All of a person's but one. If the kept session is already gone, nothing is deleted.
    Others { user_id: &'a str, kept: &'a str },
    /// The same, by the hash of the kept session.
    OthersThan { user_id: &'a str, kept: &'a Hash },
    /// All of a person's, and with them every code and token: they are signed out everywhere, or deleted.
    Everything { user_id: &'a str },
    /// The same, if the person is now as given: they were disabled, or somebody else changed their password. Goes after
    /// [`users::update`], and does nothing where that did nothing.
    EverythingOf(&'a User),
    /// The same, of the person behind a session. If that session is already gone, nothing is deleted.
    EverythingBehind(&'a Hash),
    /// The same, of the person of a set-up link that works. Goes before what uses it up.
    EverythingLinked(&'a SetUpLink),
    /// The same, of the person to whom the link of an address gave that back. Goes before [`UndoLink::use_up`].
    EverythingRestored(&'a UndoLink),
}

impl Ending<'_> {
    /// Holds for the sessions `s` that end.
    pub fn condition(&self) -> &'static str {
        match self {
            Self::Held(_) => "s.hash IN (SELECT value FROM json_each(?))",
            Self::Evicted { .. } => {
                "s.hash IN (
                    SELECT value FROM (
                        SELECT h.value, ROW_NUMBER() OVER (ORDER BY h.key) AS place FROM json_each(?) h
                        WHERE NOT EXISTS (SELECT 1 FROM sessions o WHERE o.hash IN (h.value, 'waiting:' || h.value) AND o.user_id = ?))
                    WHERE place >= ?)
                 AND EXISTS (SELECT 1 FROM sessions n WHERE n.user_id = ? AND n.id = ?)"
            }
            Self::Surplus { .. } => {
                "s.id IN (
                    SELECT o.id FROM sessions o WHERE o.user_id = ? AND o.id <> ?
                    ORDER BY o.expires_at > ? AND o.last_seen_at > ? DESC, o.created_at DESC LIMIT -1 OFFSET ?)
                 AND s.user_id = ? AND EXISTS (SELECT 1 FROM sessions n WHERE n.user_id = s.user_id AND n.id = ?)"
            }
            Self::One { .. } => concat!("s.user_id = ", behind!(), " AND s.id = ?"),
            Self::OneOf { .. } => "s.user_id = ? AND s.id = ?",
            Self::Others { .. } => {
                "s.user_id = ? AND s.id <> ? AND EXISTS (SELECT 1 FROM sessions k WHERE k.user_id = s.user_id AND k.id = ?)"
            }
            Self::OthersThan { .. } => {
                "s.user_id = ? AND s.hash <> ? AND EXISTS (SELECT 1 FROM sessions k WHERE k.user_id = s.user_id AND k.hash = ?)"
            }
            Self::Everything { .. } => "s.user_id = ?",
            Self::EverythingOf(_) => concat!("s.user_id = ", users::as_given!()),
            Self::EverythingBehind(_) => concat!("s.user_id = ", behind!()),
            Self::EverythingLinked(_) => {
                concat!(
                    "s.user_id = (SELECT l.user_id FROM credentials l WHERE ",
                    set_up_links::works!(),
                    ")"
                )
            }
            Self::EverythingRestored(_) => concat!("s.user_id = ", email_undo::restored!()),
        }
    }

    /// Binds the values of [`Ending::condition`].
    pub fn bind(&self, statement: Statement) -> Statement {
        match self {
            Self::Held(hashes) => statement.bind(*hashes),
            Self::Evicted {
                hashes,
                user_id,
                session_id,
            } => {
                let statement = statement.bind(*hashes).bind(*user_id);
                statement.bind(MOST_HELD as i64).bind(*user_id).bind(*session_id)
            }
            Self::Surplus {
                user_id,
                session_id,
                idle_since,
                now,
            } => {
                let statement = statement.bind(*user_id).bind(*session_id).bind(*now).bind(*idle_since);
                statement.bind(MOST_LIVE - 1).bind(*user_id).bind(*session_id)
            }
            Self::One { by, session_id } => statement.bind(*by).bind(*session_id),
            Self::OneOf { user_id, session_id } => statement.bind(*user_id).bind(*session_id),
            Self::Others { user_id, kept } => statement.bind(*user_id).bind(*kept).bind(*kept),
            Self::OthersThan { user_id, kept } => statement.bind(*user_id).bind(*kept).bind(*kept),
            Self::Everything { user_id } => statement.bind(*user_id),
            Self::EverythingOf(user) => users::bind_as_given(statement, user),
            Self::EverythingBehind(hash) => statement.bind(*hash),
            Self::EverythingLinked(link) => link.bind(statement),
            Self::EverythingRestored(link) => link.bind(statement),
        }
    }

    /// Whether the condition is about a person, and so also holds for the rows of theirs in other tables.
    fn is_everything(&self) -> bool {
        matches!(
            self,
            Self::Everything { .. }
                | Self::EverythingOf(_)
                | Self::EverythingBehind(_)
                | Self::EverythingLinked(_)
                | Self::EverythingRestored(_)
        )
    }

    /// Deletes what hangs on the sessions in `table`, where `also` holds: on their own ids, and on those that clients know
    /// them as. It is found by the consents of the person, of which there are few: `table` has no index by session or person.
    fn delete_from(&self, table: &str, also: &str) -> Statement {
        let condition = self.condition();
        if self.is_everything() {
            return self.bind(Statement::new(format!(
                "DELETE FROM {table} WHERE grant_id IN (SELECT s.id FROM grants s WHERE {condition})"
            )));
        }
        let statement = Statement::new(format!(
            "DELETE FROM {table} WHERE {also}
              AND grant_id IN (SELECT g.id FROM grants g WHERE g.user_id IN (SELECT s.user_id FROM sessions s WHERE {condition}))
              AND session_id IN (
                SELECT s.id FROM sessions s WHERE {condition}
                UNION SELECT sc.known_as FROM session_clients sc JOIN sessions s ON s.id = sc.session_id WHERE {condition})"
        ));
        self.bind(self.bind(self.bind(statement)))
    }

    /// Deletes the codes of the sessions that nobody has redeemed.
    pub fn delete_codes(&self) -> Statement {
        self.delete_from("codes", "used_at IS NULL")
    }

    /// Deletes the tokens that end with the sessions: "Refresh tokens issued without the offline_access property to a session
    /// being logged out SHOULD be revoked. Refresh tokens issued with the offline_access property normally SHOULD NOT be
    /// revoked" (Back-Channel Logout section 2.7).
    pub fn delete_tokens(&self, revokes: LogoutRevokes) -> Option<Statement> {
        let also = match revokes {
            _ if self.is_everything() => "TRUE",
            LogoutRevokes::All => "TRUE",
            LogoutRevokes::Online => "NOT EXISTS (SELECT 1 FROM json_each(scope) WHERE value = 'offline_access')",
            LogoutRevokes::Nothing => return None,
        };
        Some(self.delete_from("token_families", also))
    }

    /// Deletes what devices of the person have, where all other browsers of theirs are signed out: a device is in no session, and whoever
    /// allowed it may be whom they want to be rid of.
    pub fn delete_apart(&self) -> Vec<Statement> {
        let (user_id, kept, column) = match self {
            Self::Others { user_id, kept } => (*user_id, *kept, "id"),
            Self::OthersThan { user_id, kept } => (*user_id, kept.as_str(), "hash"),
            _ => return Vec::new(),
        };
        let delete = |table: &str| {
            Statement::new(format!(
                "DELETE FROM {table} WHERE session_id LIKE '{APART}%' AND grant_id IN (SELECT g.id FROM grants g WHERE g.user_id = ?)
                   AND EXISTS (SELECT 1 FROM sessions k WHERE k.user_id = ? AND k.{column} = ?)"
            ))
            .bind(user_id)
            .bind(user_id)
            .bind(kept)
        };
        vec![delete("codes"), delete("token_families")]
    }

    /// Deletes the sessions, and says whether there was any.
    pub fn delete(&self) -> Query<bool> {
        self.bind(Statement::new(format!(
            "DELETE FROM sessions AS s WHERE {} RETURNING id",
            self.condition()
        )))
        .any()
    }
}
