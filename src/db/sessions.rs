//! `sessions`.

use serde::Deserialize;

use super::{
    Query, Rows, Statement,
    conditions::{behind, group_requires_second_factor, is_closed, is_in_one_of, lives},
    grants,
    memberships::{Along, App},
    users,
    waiting_sessions::{LONGEST_WAIT, STILL_TO_CHANGE, WaitsFor, waits_for, while_waiting},
};
use crate::{
    account::user::User,
    config::Lifetimes,
    fault::Fault,
    oidc::{
        authentication::{Authentication, Consent, SignedInPerson},
        client::Client,
        proven::{Amr, Proven},
    },
    secret::Hash,
    time::{Lifetime, UnixTime},
};

/// How old "last seen" may grow before it is written again.
const LAST_SEEN_STEP: Lifetime = Lifetime::minutes(1);

/// The most characters of a browser's name that are kept.
const LONGEST_USER_AGENT: usize = 200;

/// The columns of a [`Row`] that are of a session `s` itself.
const SIGN_IN: &str = "s.id AS session_id, s.auth_time, s.acr, s.amr, s.trusted";

/// The column that says whether a group of its person requires a second factor.
fn required_by_group() -> String {
    format!("{} AS required_by_group", group_requires_second_factor("s.user_id"))
}

#[derive(Deserialize)]
struct Row {
    session_id: String,
    auth_time: i64,
    acr: String,
    amr: String,
    trusted: i64,
    required_by_group: i64,
    /// Whether the app that asks is not for the person, where that was looked for.
    #[serde(default)]
    closed: i64,
    #[serde(flatten)]
    user: users::Row,
}

/// A live session and its person.
pub struct Session {
    pub authentication: Authentication,
    pub user: User,
    /// Whether the app for which it was read is not for this person.
    pub closed: bool,
}

/// The app for which a session is read, and what is read along.
pub enum Asking<'a> {
    /// One that is known: its id, and the groups that it is for as JSON where it is not for everybody.
    Known(&'a str, Option<String>, Along),
    /// One that is read in the same batch.
    Unread(&'a str, Along),
}

impl<'a> Asking<'a> {
    pub fn known(client: &'a Client, along: Along) -> Self {
        Self::Known(&client.client_id, client.metadata.rules.allowed_groups_json(), along)
    }

    fn client_id(&self) -> &'a str {
        match self {
            Self::Known(client_id, ..) | Self::Unread(client_id, _) => client_id,
        }
    }

    fn along(&self) -> Along {
        match self {
            Self::Known(.., along) | Self::Unread(_, along) => *along,
        }
    }

    /// The column that says whether the app is not for the person `s.user_id`.
    fn closed(&self) -> Statement {
        match self {
            Self::Known(_, None, _) => Statement::new(""),
            Self::Known(_, Some(groups), _) => Statement::new(", NOT ")
                .append(is_in_one_of("s.user_id", groups))
                .append(Statement::new(" AS closed")),
            Self::Unread(client_id, _) => {
                Statement::new(format!(", {} AS closed", is_closed("?", "s.user_id"))).bind(*client_id)
            }
        }
    }
}

impl Session {
    /// The person, as `client` knows them.
    pub fn person_at(&self, client: &Client) -> SignedInPerson<'_> {
        SignedInPerson {
            authentication: &self.authentication,
            sub: self.user.sub_at(client),
        }
    }
}

/// A session that begins.
pub struct NewSession<'a> {
    pub hash: &'a Hash,
    pub authentication: &'a Authentication,
    /// What the person has shown.
    pub shown: SignedInBy<'a>,
    pub user_agent: &'a str,
    /// The version of the terms that its person must have accepted.
    pub terms: Option<&'a str>,
}

/// What a person has shown, as it is made sure of once more where their session begins: to check it takes a while, in which it may be
/// taken away, which ends all sessions that are there.
#[derive(Clone, Copy)]
pub enum SignedInBy<'a> {
    /// A password, of that hash.
    Password(&'a str),
    /// The same, and what the statement before has made sure of.
    PasswordAndJustNow(&'a str),
    /// What the statement before has made sure of: then it changed a row.
    JustNow,
    /// The same, of somebody who has shown their password before.
    JustNowAfterPassword,
}

impl SignedInBy<'_> {
    /// Whether a password is among it.
    fn has_password(self) -> bool {
        !matches!(self, Self::JustNow)
    }

    /// Holds for a user `u` whose credential it still is.
    fn condition(self) -> Statement {
        match self {
            Self::Password(hash) => Statement::new(
                "EXISTS (SELECT 1 FROM credentials c WHERE c.user_id = u.id AND c.kind = 'password' AND c.secret = ?)",
            )
            .bind(hash),
            Self::JustNow | Self::JustNowAfterPassword => Statement::new("changes() > 0"),
            Self::PasswordAndJustNow(hash) => Self::JustNow.condition().and(Self::Password(hash).condition()),
        }
    }
}

/// The session of a cookie, if it lives and its person is not disabled.
pub fn find(hash: &Hash, lifetimes: &Lifetimes, now: UnixTime) -> Query<Option<Session>> {
    Statement::new(format!(
        "SELECT {SIGN_IN}, {}, {}
         FROM sessions s JOIN users u ON u.id = s.user_id AND u.disabled_at IS NULL
         WHERE s.hash = ? AND ",
        required_by_group(),
        users::COLUMNS
    ))
    .bind(hash)
    .append(lives("s", lifetimes.session_idle, now))
    .read_by(read)
}

/// A session, and what its person allowed a client.
pub type WithConsent = (Session, Option<Consent>);

/// The session of a cookie, as [`find`] reads it, and what its person allowed the client.
pub fn find_with_consent(
    hash: &Hash,
    asking: &Asking<'_>,
    lifetimes: &Lifetimes,
    now: UnixTime,
) -> Query<Option<WithConsent>> {
    Statement::new(format!(
        "SELECT {SIGN_IN}, {}, {}, {}",
        required_by_group(),
        users::COLUMNS,
        grants::COLUMNS,
    ))
    .append(asking.along().columns(App::Id(asking.client_id()), "TRUE"))
    .append(asking.closed())
    .append(Statement::new(
        " FROM sessions s JOIN users u ON u.id = s.user_id AND u.disabled_at IS NULL
         LEFT JOIN grants g ON g.user_id = s.user_id AND g.client_id = ? AND g.asked = 1
         WHERE s.hash = ? AND ",
    ))
    .bind(asking.client_id())
    .bind(hash)
    .append(lives("s", lifetimes.session_idle, now))
    .read_by(read_with_consent)
}

fn read(rows: &Rows) -> Result<Option<Session>, Fault> {
    rows.first::<Row>()?.map(Row::into_session).transpose()
}

impl Row {
    fn into_session(self) -> Result<Session, Fault> {
        let user = self.user.into_user()?;
        let authentication = Authentication {
            session_id: self.session_id,
            user_id: user.id.clone(),
            proven: Proven {
                at: UnixTime(self.auth_time),
                acr: self.acr,
                amr: Amr::stored(&self.amr),
            },
            trusted_browser: self.trusted != 0,
            required_by_group: self.required_by_group != 0,
        };
        Ok(Session {
            authentication,
            user,
            closed: self.closed != 0,
        })
    }
}

fn read_with_consent(rows: &Rows) -> Result<Option<WithConsent>, Fault> {
    #[derive(Deserialize)]
    struct JoinedRow {
        #[serde(flatten)]
        session: Row,
        #[serde(flatten)]
        grant: Option<grants::Row>,
    }
    let Some(row) = rows.first::<JoinedRow>()? else {
        return Ok(None);
    };
    let consent = row.grant.map(grants::Row::into_consent).transpose()?;
    Ok(Some((row.session.into_session()?, consent)))
}

/// The live sessions among those of a browser's cookie, in the order of `hashes` ([`json_of`]).
pub fn find_held(hashes: &str, lifetimes: &Lifetimes, now: UnixTime) -> Query<Vec<(Hash, Session)>> {
    Statement::new(format!(
        "SELECT s.hash, {SIGN_IN}, {}, {}
         FROM json_each(?) held
         JOIN sessions s ON s.hash = held.value
         JOIN users u ON u.id = s.user_id AND u.disabled_at IS NULL
         WHERE ",
        required_by_group(),
        users::COLUMNS
    ))
    .bind(hashes)
    .append(lives("s", lifetimes.session_idle, now))
    .append(Statement::new(" ORDER BY held.key"))
    .read_by(read_held)
}

fn read_held(rows: &Rows) -> Result<Vec<(Hash, Session)>, Fault> {
    #[derive(Deserialize)]
    struct HeldRow {
        hash: String,
        #[serde(flatten)]
        row: Row,
    }
    let rows = rows.all::<HeldRow>()?.into_iter();
    rows.map(|held| Ok((Hash::stored(held.hash), held.row.into_session()?)))
        .collect()
}

/// Notes that a live session is in use.
pub fn touch(hash: &Hash, lifetimes: &Lifetimes, now: UnixTime) -> Statement {
    Statement::new("UPDATE sessions SET last_seen_at = ? WHERE hash = ? AND last_seen_at <= ?")
        .bind(now)
        .bind(hash)
        .bind(now - LAST_SEEN_STEP)
        .and(lives("sessions", lifetimes.session_idle, now))
}

/// Begins a session, if what was shown still counts, and says what it waits for. `None` where it did not begin.
pub fn insert(session: &NewSession<'_>, lifetimes: &Lifetimes) -> Query<Option<WaitsFor>> {
    let authentication = session.authentication;
    let proven = &authentication.proven;
    let user_agent: String = session.user_agent.chars().take(LONGEST_USER_AGENT).collect();
    Statement::new(
        "INSERT INTO sessions (hash, expires_at, id, user_id, auth_time, acr, amr, user_agent, created_at, last_seen_at, trusted,
                               waits_for)
         SELECT CASE w.waits_for WHEN 0 THEN ? ELSE ? END, CASE w.waits_for WHEN 0 THEN ? ELSE ? END,
                ?, w.id, ?, ?, ?, ?, ?, ?, ?, w.waits_for
         FROM (SELECT u.id, ",
    )
    .bind(session.hash)
    .bind(&while_waiting(session.hash))
    .bind(proven.at + lifetimes.session)
    .bind(proven.at + LONGEST_WAIT)
    .bind(&authentication.session_id)
    .bind(proven.at)
    .bind(&proven.acr)
    .bind(&proven.amr.to_text())
    .bind(&user_agent)
    .bind(proven.at)
    .bind(proven.at)
    .bind(authentication.trusted_browser)
    .append(waits_for(session.shown.has_password(), session.terms))
    .append(Statement::new(
        " AS waits_for FROM users u WHERE u.id = ? AND u.disabled_at IS NULL AND ",
    ))
    .bind(&authentication.user_id)
    .append(session.shown.condition())
    .append(Statement::new(") w RETURNING waits_for"))
    .read_by(WaitsFor::read)
}

/// A session that waits, its person, and the hash of their password where they have to change it.
pub struct Waiting {
    /// Under which hash it is stored.
    pub hash: Hash,
    pub session: Session,
    pub waits_for: WaitsFor,
    pub password_hash: Option<String>,
}

/// The session of a cookie that waits for something. One that waits for another password is gone once its person has one.
pub fn find_waiting(hash: &Hash, now: UnixTime) -> Query<Option<Waiting>> {
    Statement::new(format!(
        "SELECT s.hash, {SIGN_IN}, {}, s.waits_for, c.secret AS password_hash, {}
         FROM sessions s JOIN users u ON u.id = s.user_id AND u.disabled_at IS NULL
         LEFT JOIN credentials c ON c.user_id = u.id AND c.kind = 'password'
         WHERE s.hash = ? AND s.expires_at > ? AND (s.waits_for & 2 = 0 OR {STILL_TO_CHANGE})",
        required_by_group(),
        users::COLUMNS
    ))
    .bind(&while_waiting(hash))
    .bind(now)
    .read_by(read_waiting)
}

fn read_waiting(rows: &Rows) -> Result<Option<Waiting>, Fault> {
    #[derive(Deserialize)]
    struct WaitingRow {
        hash: String,
        waits_for: i64,
        password_hash: Option<String>,
        #[serde(flatten)]
        row: Row,
    }
    let Some(row) = rows.first::<WaitingRow>()? else {
        return Ok(None);
    };
    Ok(Some(Waiting {
        hash: Hash::stored(row.hash),
        waits_for: WaitsFor::stored(row.waits_for),
        password_hash: row.password_hash,
        session: row.row.into_session()?,
    }))
}

/// Holds where a person's session of that id is there.
pub fn exists(user_id: &str, session_id: &str) -> Statement {
    Statement::new("EXISTS (SELECT 1 FROM sessions n WHERE n.user_id = ? AND n.id = ?)")
        .bind(user_id)
        .bind(session_id)
}

/// Hashes as the JSON array that [`Ending::Held`](super::session_endings::Ending::Held) takes.
pub fn json_of<'a>(hashes: impl IntoIterator<Item = &'a Hash>) -> String {
    let hashes: Vec<_> = hashes.into_iter().map(Hash::as_str).collect();
    serde_json::to_string(&hashes).unwrap_or_default()
}

/// Deletes the sessions of `hashes` that are of the same person as the new session `session_id`, and tells the hashes of their tokens.
/// Where the new one did not come to be, nothing happens.
pub fn supersede(session_id: &str, user_id: &str, hashes: &str) -> Query<Vec<Hash>> {
    Statement::new(
        "DELETE FROM sessions WHERE user_id = ? AND id <> ? AND hash IN (SELECT value FROM json_each(?))
           AND EXISTS (SELECT 1 FROM sessions n WHERE n.user_id = sessions.user_id AND n.id = ?)
         RETURNING replace(hash, 'waiting:', '') AS hash",
    )
    .bind(user_id)
    .bind(session_id)
    .bind(hashes)
    .bind(session_id)
    .read_by(read_hashes)
}

fn read_hashes(rows: &Rows) -> Result<Vec<Hash>, Fault> {
    #[derive(Deserialize)]
    struct HashRow {
        hash: String,
    }
    Ok(rows
        .all::<HashRow>()?
        .into_iter()
        .map(|row| Hash::stored(row.hash))
        .collect())
}

/// A live session, as its person sees it beside their others.
#[derive(Deserialize)]
pub struct OwnSession {
    pub id: String,
    pub user_agent: String,
    pub auth_time: i64,
    pub acr: String,
    amr: String,
    pub created_at: i64,
    pub last_seen_at: i64,
    pub expires_at: i64,
    current: i64,
}

impl OwnSession {
    /// Whether it is the one that asks.
    pub fn is_current(&self) -> bool {
        self.current != 0
    }

    pub fn amr(&self) -> Amr {
        Amr::stored(&self.amr)
    }
}

/// The live sessions of the person behind `hash`: that one first, then those last seen.
pub fn list_own(hash: &Hash, lifetimes: &Lifetimes, now: UnixTime) -> Query<Vec<OwnSession>> {
    let theirs = Statement::new(behind!()).bind(hash);
    list(Statement::new("s.hash = ?").bind(hash), theirs, lifetimes, now)
}

/// The live sessions of a person, those last seen first. None is the one that asks.
pub fn list_of(user_id: &str, lifetimes: &Lifetimes, now: UnixTime) -> Query<Vec<OwnSession>> {
    list(Statement::new("0"), Statement::new("?").bind(user_id), lifetimes, now)
}

fn list(is_current: Statement, user_id: Statement, lifetimes: &Lifetimes, now: UnixTime) -> Query<Vec<OwnSession>> {
    Statement::new("SELECT id, user_agent, auth_time, acr, amr, created_at, last_seen_at, expires_at, ")
        .append(is_current)
        .append(Statement::new(" AS current FROM sessions s WHERE user_id = "))
        .append(user_id)
        .and(lives("s", lifetimes.session_idle, now))
        .append(Statement::new(" ORDER BY current DESC, last_seen_at DESC"))
        .read_by(Rows::all)
}

/// Goes on with a session under another cookie, and says whether it did, after its person's password was changed to that of
/// `password_hash`. Its id stays, and with it what clients know it by. `shown_at` becomes its `auth_time`.
pub fn renew(old: &Hash, new: &Hash, password_hash: &str, shown_at: UnixTime) -> Query<bool> {
    Statement::new(
        "UPDATE sessions SET hash = ?, auth_time = ?
         WHERE hash = ? AND EXISTS (SELECT 1 FROM credentials c WHERE c.user_id = sessions.user_id AND c.kind = 'password' AND c.secret = ?)
         RETURNING id",
    )
    .bind(new)
    .bind(shown_at)
    .bind(old)
    .bind(password_hash)
    .any()
}

/// Goes on with a session under another cookie after its person has shown more, and says whether it did: if the statement before
/// changed a row. Its id stays, and with it what clients know it by. It rests on trust in a browser no more.
pub fn strengthen(old: &Hash, new: &Hash, proven: &Proven) -> Query<bool> {
    Statement::new(
        "UPDATE sessions SET hash = ?, acr = ?, amr = ?, trusted = 0 WHERE hash = ? AND changes() > 0 RETURNING id",
    )
    .bind(new)
    .bind(&proven.acr)
    .bind(&proven.amr.to_text())
    .bind(old)
    .any()
}
