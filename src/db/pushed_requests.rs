//! `pushed_requests`.

use serde::Deserialize;

use super::{
    Query, Rows, Statement,
    conditions::{behind, waits},
    from_json,
    preconditions::Preconditions,
    proof::Proof,
    replay::OneUse,
    throttles,
};
use crate::{
    account::throttle::Counter,
    fault::Fault,
    oidc::{
        client::{Client, client_metadata::ClientMetadata},
        device::{self, Waiting},
        fetcher::Fetcher,
        interaction::{HandedIn, PATIENCE},
        pushed_request::LIFETIME,
    },
    secret::Hash,
    time::{Lifetime, UnixTime},
};

/// How long a request outlives its time where others are pushed: it may have been begun in its last second, and is still to be
/// taken out when the person is done.
const KEPT: Lifetime = PATIENCE;

/// How many old requests go when a new one comes: more than one, so that what strangers leave behind never adds up.
const MOST_SWEPT: i64 = 10;

/// A request that a client hands in.
pub struct Pushing<'a> {
    pub hash: &'a Hash,
    /// As it was when the request was checked.
    pub client: &'a Client,
    pub query: &'a str,
    pub proof: &'a Proof<'a>,
    /// By which a person finds it, where a device hands it in.
    pub user_code: Option<&'a Hash>,
    /// Who is asked, where an app asks somebody without their browser.
    pub asked: Option<&'a AskedOf<'a>>,
}

/// A person whom an app asks.
pub struct AskedOf<'a> {
    pub user_id: &'a str,
    /// For how long.
    pub lifetime: Lifetime,
    /// Of such requests of the client: what is over its limit is not stored. It is counted before in the batch.
    pub own: &'a Counter,
    /// Of those of all clients, which counts what was stored, behind it: a client that is refused takes nothing from others.
    pub shared: &'a Counter,
    /// What counts once in a signed request.
    pub once: Option<&'a OneUse>,
    /// What its client is to be sent then, sealed.
    pub notify: Option<&'a str>,
}

/// The most requests that wait for a person, and of one client.
const MOST_ASKING: i64 = 5;
const MOST_OF_CLIENT: i64 = 2;

impl Pushing<'_> {
    /// Stores the request, to be made within its [`LIFETIME`], if its client proves itself and has not changed. A client that
    /// anybody can be stores none once `counter`, which was counted before in the batch, is over its limit. None is stored with a user
    /// code that another one has, nor for a person whom too many ask.
    pub fn insert(&self, counter: &Counter, now: UnixTime) -> Query<bool> {
        let client_id = &self.client.client_id;
        let lifetime = match (self.user_code, self.asked) {
            (_, Some(asked)) => asked.lifetime,
            (Some(_), None) => device::LIFETIME,
            (None, None) => LIFETIME,
        };
        let mut insert = Statement::new(
            "INSERT OR IGNORE INTO pushed_requests (hash, client_id, query, expires_at, user_code, user_id, notify)
             SELECT ?, id, ?, ?, ?, ?, ? FROM clients WHERE id = ? AND version = ? AND ",
        )
        .bind(self.hash)
        .bind(self.query)
        .bind(now + lifetime)
        .bind(self.user_code)
        .bind(self.asked.map(|asked| asked.user_id))
        .bind(self.asked.and_then(|asked| asked.notify))
        .bind(client_id)
        .bind(self.client.version)
        .append(self.proof.condition())
        .append(Statement::new(" AND "))
        .append(throttles::within_limit_now(client_id, counter, now));
        if let Some(asked) = self.asked {
            insert = insert
                .and(throttles::within(asked.own))
                .and(has_room(asked, client_id, now));
            if let Some(once) = asked.once {
                insert = insert.and(once.condition(client_id, now));
            }
        }
        insert.append(Statement::new(" RETURNING hash")).any()
    }
}

/// Holds where [`Pushing::insert`], before in the batch, stored the request.
pub fn exists(hash: &Hash) -> Statement {
    Statement::new("EXISTS (SELECT 1 FROM pushed_requests WHERE hash = ?)").bind(hash)
}

/// Deletes some of what a client pushed and nobody made in time.
pub fn sweep(client_id: &str, now: UnixTime) -> Statement {
    Statement::new(
        "DELETE FROM pushed_requests WHERE hash IN (
            SELECT hash FROM pushed_requests WHERE client_id = ? AND expires_at < ? LIMIT ?)",
    )
    .bind(client_id)
    .bind(now - KEPT)
    .bind(MOST_SWEPT)
}

/// The query of a request of `client_id` that is still to be made.
pub fn find(hash: &Hash, client_id: &str, now: UnixTime) -> Query<Option<String>> {
    Statement::new("SELECT query FROM pushed_requests WHERE hash = ? AND client_id = ? AND expires_at > ?")
        .bind(hash)
        .bind(client_id)
        .bind(now)
        .read_by(read)
}

/// Takes a request out that is answered, if the preconditions of the answer hold. It goes behind what stores the answer, which demands
/// that the request is still there: of any number of parallel takers one gets to answer it.
pub fn take_answered(hash: &Hash, preconditions: &Preconditions<'_>) -> Statement {
    Statement::new("DELETE FROM pushed_requests WHERE hash = ? AND EXISTS (")
        .bind(hash)
        .append(preconditions.select())
        .append(Statement::new(")"))
}

/// Holds where the statement before in the batch is [`take_answered`], and took one out.
pub fn was_just_taken() -> Statement {
    Statement::new("changes() > 0")
}

/// Takes a request out that the person declined, or keeps it as such for whoever polls: of any number of parallel takers one
/// gets a row.
pub fn take_turned_down(request: &HandedIn, client_id: &str, now: UnixTime) -> Query<bool> {
    let take = match request.fetcher {
        Some(_) => Statement::new("UPDATE pushed_requests AS p SET turned_down_at = ?").bind(now),
        None => Statement::new("DELETE FROM pushed_requests AS p"),
    };
    let which = Statement::new(" WHERE hash = ? AND client_id = ?")
        .bind(&request.hash)
        .bind(client_id);
    take.append(which.and(waits(now)))
        .append(Statement::new(" RETURNING hash"))
        .any()
}

/// Whether nobody took a request out.
pub fn find_again(hash: &Hash, now: UnixTime) -> Query<bool> {
    Statement::new("SELECT hash FROM pushed_requests p WHERE hash = ?")
        .bind(hash)
        .and(waits(now))
        .any()
}

/// A request whose answer is fetched, as the person finds it.
#[derive(Deserialize)]
pub struct Found {
    hash: String,
    pub client_id: String,
    pub query: String,
}

impl Found {
    pub fn handed_in(&self, fetcher: Fetcher) -> HandedIn {
        HandedIn {
            hash: Hash::stored(self.hash.clone()),
            fetcher: Some(fetcher),
        }
    }
}

/// The request behind a user code, by its hashes as JSON, if it can be answered.
pub fn find_by_user_code(hashes: &str, now: UnixTime) -> Query<Option<Found>> {
    Statement::new(
        "SELECT hash, client_id, query FROM pushed_requests p WHERE user_code IN (SELECT value FROM json_each(?))",
    )
    .bind(hashes)
    .and(waits(now))
    .read_by(Rows::first)
}

/// A request that waits for the answer of the person of `user_id`.
pub fn find_asking(hash: &Hash, user_id: &str, now: UnixTime) -> Query<Option<Found>> {
    Statement::new("SELECT hash, client_id, query FROM pushed_requests p WHERE hash = ? AND user_id = ?")
        .bind(hash)
        .bind(user_id)
        .and(waits(now))
        .read_by(Rows::first)
}

/// A request of an app that waits for the answer of a person.
#[derive(Deserialize)]
pub struct Asked {
    pub hash: String,
    pub client_id: String,
    pub query: String,
    metadata: String,
}

impl Asked {
    pub fn metadata(&self) -> Result<ClientMetadata, Fault> {
        from_json(&self.metadata)
    }
}

/// What waits for the answer of the person behind a session, the newest first.
pub fn list_asking(session_hash: &Hash, now: UnixTime) -> Query<Vec<Asked>> {
    Statement::new(concat!(
        "SELECT p.hash, p.client_id, p.query, c.metadata FROM pushed_requests p JOIN clients c ON c.id = p.client_id
         WHERE p.user_id = ",
        behind!()
    ))
    .bind(session_hash)
    .and(waits(now))
    .append(Statement::new(" ORDER BY p.expires_at DESC LIMIT ?"))
    .bind(MOST_ASKING)
    .read_by(Rows::all)
}

/// How many such requests, for which `which` holds, wait for the person of `user_id`.
fn asking(user_id: &str, which: Statement, now: UnixTime) -> Statement {
    Statement::new("(SELECT COUNT(*) FROM pushed_requests p WHERE p.user_id = ?")
        .bind(user_id)
        .and(which)
        .and(waits(now))
        .append(Statement::new(")"))
}

/// Holds where one more of `client_id` may wait for them.
fn has_room(asked: &AskedOf<'_>, client_id: &str, now: UnixTime) -> Statement {
    let own = Statement::new("p.client_id = ?").bind(client_id);
    asking(asked.user_id, Statement::always(), now)
        .append(Statement::new(" < ?"))
        .bind(MOST_ASKING)
        .and(asking(asked.user_id, own, now))
        .append(Statement::new(" < ?"))
        .bind(MOST_OF_CLIENT)
        .and(throttles::has_room(asked.shared, now))
}

/// Whether no more may.
pub fn is_full(asked: &AskedOf<'_>, client_id: &str, now: UnixTime) -> Query<bool> {
    Statement::new("SELECT 1 AS most WHERE NOT (")
        .append(has_room(asked, client_id, now))
        .append(Statement::new(")"))
        .any()
}

/// How the request of `client_id` stands that was not answered with a code.
pub fn find_waiting(hash: &Hash, client_id: &str, now: UnixTime) -> Query<Option<Waiting>> {
    Statement::new(
        "SELECT CASE WHEN turned_down_at IS NOT NULL THEN 'turned_down' WHEN expires_at <= ? THEN 'expired' ELSE 'pending' END AS waiting
         FROM pushed_requests WHERE hash = ? AND client_id = ?",
    )
    .bind(now)
    .bind(hash)
    .bind(client_id)
    .read_by(read_waiting)
}

fn read_waiting(rows: &Rows) -> Result<Option<Waiting>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        waiting: Waiting,
    }
    Ok(rows.first::<Row>()?.map(|row| row.waiting))
}

fn read(rows: &Rows) -> Result<Option<String>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        query: String,
    }
    Ok(rows.first::<Row>()?.map(|row| row.query))
}
