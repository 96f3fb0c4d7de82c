//! `users`.

use serde::Deserialize;

use super::{
    Query, Rows, Statement,
    authorization::Life,
    conditions::{behind, group_requires_second_factor, lives},
    from_json, identifiers, invitations,
    memberships::{Along, App, asks_for_groups},
};
use crate::{
    account::{
        invitation::InvitationLink,
        sign_in::Has,
        user::{User, Username, fold_login},
    },
    config::{Config, Lifetimes, Way},
    fault::Fault,
    oidc::{claims::StandardClaims, client::app_rules::Memberships, subject::SubjectSalt},
    secret::Hash,
    time::UnixTime,
};

/// The columns of [`Row`], of a table `u`.
pub const COLUMNS: &str = "u.id, u.username, u.claims, u.disabled_at, u.created_at, u.updated_at, u.subject_salt";

#[derive(Deserialize)]
pub struct Row {
    id: String,
    username: String,
    claims: String,
    disabled_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
    subject_salt: SubjectSalt,
    /// See [`Along`].
    #[serde(default)]
    member_of: Option<String>,
    #[serde(default)]
    roles_there: Option<String>,
    #[serde(default)]
    of_groups: Option<String>,
}

impl Row {
    pub fn into_user(self) -> Result<User, Fault> {
        Ok(User {
            claims: from_json::<StandardClaims>(&self.claims)?.stored_as(self.claims),
            id: self.id,
            subject_salt: self.subject_salt,
            username: Username::stored(self.username),
            disabled_at: self.disabled_at.map(UnixTime),
            created_at: UnixTime(self.created_at),
            updated_at: UnixTime(self.updated_at),
            memberships: Memberships {
                groups: self.member_of.as_deref().map(from_json).transpose()?,
                roles: self.roles_there.as_deref().map(from_json).transpose()?,
                attributes: self
                    .of_groups
                    .as_deref()
                    .map(from_json)
                    .transpose()?
                    .unwrap_or_default(),
            },
        })
    }
}

/// A person, and what they have to sign in with.
pub struct WithCredentials {
    pub user: User,
    /// Of their password, if they have one.
    pub password_hash: Option<String>,
    has_codes: i64,
    has_passkeys: i64,
    /// Whether one of their groups requires a second factor.
    pub required_by_group: bool,
}

impl WithCredentials {
    /// What they have in addition to a password, of what counts here. Recovery codes are not looked for.
    pub fn has(&self, config: &Config) -> Has {
        Has {
            codes: self.has_codes != 0 && config.has_codes(),
            passkeys: self.has_passkeys != 0 && config.sign_in.has(Way::Passkey),
            recovery_codes: false,
        }
    }
}

/// The columns of [`WithCredentials`] behind those of a person `u` and their password `c`.
fn credentials_columns() -> String {
    format!(
        "c.secret AS password_hash,
         EXISTS (SELECT 1 FROM credentials k WHERE k.user_id = u.id AND k.kind = 'totp') AS has_codes,
         EXISTS (SELECT 1 FROM credentials k WHERE k.user_id = u.id AND k.kind = 'passkey') AS has_passkeys,
         {} AS required_by_group",
        group_requires_second_factor("u.id")
    )
}

/// The id of a person who is as given: what hangs on [`insert`] or [`update`] in a batch does nothing where those did nothing.
macro_rules! as_given {
    () => {
        "(SELECT id FROM users WHERE id = ? AND username = ? AND claims = ? AND disabled_at IS ? AND updated_at = ?)"
    };
}
pub(super) use as_given;

/// Holds for a user `u` whose address was confirmed.
pub(super) const CONFIRMED: &str = "json_extract(u.claims, '$.email_verified') IS 1";

/// Holds for a user `u` who keeps their address, whoever shows that they read its mails: they have confirmed it, or are an operator, from
/// whom nobody takes anything who may do less. Everybody else loses it ([`super::released_addresses`]).
pub(super) const KEEPS_ADDRESS: &str = "(json_extract(u.claims, '$.email_verified') IS 1
    OR EXISTS (SELECT 1 FROM operators o WHERE o.user_id = u.id))";

/// Holds where somebody but `user_id` has an address, as it is compared, and keeps it.
pub fn address_is_anothers(folded: &str, user_id: &str) -> Statement {
    Statement::new(format!(
        "EXISTS (SELECT 1 FROM users u WHERE u.email_folded = ? AND u.id <> ? AND {KEEPS_ADDRESS})"
    ))
    .bind(folded)
    .bind(user_id)
}

/// Holds while a person has confirmed exactly that address.
pub fn has_confirmed(user_id: &str, address: &str) -> Statement {
    Statement::new(format!(
        "EXISTS (SELECT 1 FROM users u WHERE u.id = ? AND json_extract(u.claims, '$.email') IS ? AND {CONFIRMED})"
    ))
    .bind(user_id)
    .bind(address)
}

/// Holds where the names of a new person are nobody's yet.
pub fn are_free(user: &User) -> Statement {
    let condition = Statement::new("NOT EXISTS (SELECT 1 FROM users u WHERE u.username_folded = ? OR u.username = ?)")
        .bind(&user.username.folded())
        .bind(user.username.as_str())
        .and(identifiers::username_is_no_id(user));
    match user.email_folded() {
        Some(folded) => condition.and(address_is_anothers(&folded, &user.id).negated()),
        None => condition,
    }
}

/// Holds while a person is as they were read, and the session is theirs.
pub fn is_as_read(read: &User, session_hash: &Hash) -> Statement {
    bind_as_given(Statement::new(concat!(as_given!(), " = ", behind!())), read).bind(session_hash)
}

/// Holds where a person is as given.
pub fn is_as_given(user: &User) -> Statement {
    bind_as_given(Statement::new(concat!("EXISTS ", as_given!())), user)
}

/// The person that a login names in any spelling, a username or an e-mail address, with their password's hash. `folded` is what
/// [`fold_login`] makes of `login`. A row whose folded names are not written yet is found by the exact name. Where mails are sent, an
/// address must be `confirmed` to be a name: then somebody has shown that they read its mails, or an operator says so.
pub fn find_by_login(login: &str, folded: &str, confirmed: bool) -> Query<Option<WithCredentials>> {
    let credentials = credentials_columns();
    Statement::new(format!(
        "SELECT {COLUMNS}, {credentials}
         FROM users u LEFT JOIN credentials c ON c.user_id = u.id AND c.kind = 'password'
         WHERE u.username_folded = ? OR (u.email_folded = ? AND (NOT ? OR {CONFIRMED}))
            OR (u.username = ? AND u.folded_at IS NOT u.updated_at)
            OR (u.email = ? AND u.folded_at IS NOT u.updated_at AND (NOT ? OR {CONFIRMED}))
         ORDER BY u.folded_at IS NOT u.updated_at LIMIT 1"
    ))
    .bind(folded)
    .bind(folded)
    .bind(confirmed)
    .bind(login)
    .bind(login)
    .bind(confirmed)
    .read_by(read_with_password)
}

/// A person with their password's hash.
pub fn find_with_password(user_id: &str) -> Query<Option<WithCredentials>> {
    let credentials = credentials_columns();
    Statement::new(format!(
        "SELECT {COLUMNS}, {credentials}
         FROM users u LEFT JOIN credentials c ON c.user_id = u.id AND c.kind = 'password' WHERE u.id = ?"
    ))
    .bind(user_id)
    .read_by(read_with_password)
}

fn read_with_password(rows: &Rows) -> Result<Option<WithCredentials>, Fault> {
    #[derive(Deserialize)]
    struct WithPassword {
        password_hash: Option<String>,
        has_codes: i64,
        has_passkeys: i64,
        required_by_group: i64,
        #[serde(flatten)]
        user: Row,
    }
    let Some(row) = rows.first::<WithPassword>()? else {
        return Ok(None);
    };
    Ok(Some(WithCredentials {
        user: row.user.into_user()?,
        password_hash: row.password_hash,
        has_codes: row.has_codes,
        has_passkeys: row.has_passkeys,
        required_by_group: row.required_by_group != 0,
    }))
}

pub fn find(user_id: &str) -> Query<Option<User>> {
    Statement::new(format!("SELECT {COLUMNS} FROM users u WHERE u.id = ?"))
        .bind(user_id)
        .read_by(read)
}

/// Somebody by their folded username or address, with their groups and their roles at an app.
pub fn find_at(login: &str, client_id: &str, confirmed: bool) -> Query<Option<User>> {
    let along = Along {
        groups: true,
        roles: true,
        attributes: true,
    };
    Statement::new(format!("SELECT {COLUMNS}"))
        .append(along.columns(App::Id(client_id), "TRUE"))
        .append(Statement::new(format!(
            " FROM users u WHERE u.username_folded = ? OR (u.email_folded = ? AND (NOT ? OR {CONFIRMED}))"
        )))
        .bind(&fold_login(login))
        .bind(&fold_login(login))
        .bind(confirmed)
        .read_by(read)
}

/// The people whom `client_id` may know by a pairwise subject, those of its newest consents: what gives each their own.
pub fn list_salts(client_id: &str) -> Query<Vec<Salted>> {
    Statement::new(
        "SELECT u.id, u.subject_salt FROM grants g JOIN users u ON u.id = g.user_id
         WHERE g.client_id = ? ORDER BY g.rowid DESC LIMIT 1000",
    )
    .bind(client_id)
    .read_by(Rows::all)
}

/// A person, as far as their pairwise subjects go.
#[derive(Deserialize)]
pub struct Salted {
    pub id: String,
    pub subject_salt: SubjectSalt,
}

/// The person who has confirmed an address.
pub fn find_confirmed(folded: &str) -> Query<Option<User>> {
    Statement::new(format!(
        "SELECT {COLUMNS} FROM users u WHERE u.email_folded = ? AND {CONFIRMED}"
    ))
    .bind(folded)
    .read_by(read)
}

/// The person behind the tokens of a family, and how long that lives.
pub fn find_by_family(family_id: &str, along: Along) -> Query<Option<(User, Life)>> {
    Statement::new(format!("SELECT f.turned_at, f.expires_at, {COLUMNS}"))
        .append(along.columns(App::Column("f.client_id"), &asks_for_groups("f")))
        .append(Statement::new(
            " FROM token_families f JOIN users u ON u.id = f.user_id WHERE f.id = ?",
        ))
        .bind(family_id)
        .read_by(read_of_family)
}

fn read_of_family(rows: &Rows) -> Result<Option<(User, Life)>, Fault> {
    #[derive(Deserialize)]
    struct OfFamily {
        #[serde(flatten)]
        life: Life,
        #[serde(flatten)]
        user: Row,
    }
    let Some(row) = rows.first::<OfFamily>()? else {
        return Ok(None);
    };
    Ok(Some((row.user.into_user()?, row.life)))
}

pub(super) fn read(rows: &Rows) -> Result<Option<User>, Fault> {
    rows.first::<Row>()?.map(Row::into_user).transpose()
}

pub(super) fn read_all(rows: &Rows) -> Result<Vec<User>, Fault> {
    rows.all::<Row>()?.into_iter().map(Row::into_user).collect()
}

/// Whether another account has the username or e-mail address that `user` is about to have in place of what was `read`, in any
/// spelling, or has that username as its id.
pub fn find_rival(user: &User, read: &User) -> Query<bool> {
    let username = (user.username != read.username).then(|| user.username.folded());
    let email = user.email_folded().filter(|_| !is_address_of(user, read));
    Statement::new("SELECT id FROM users WHERE id <> ? AND (username_folded = ? OR email_folded = ? OR id = ?)")
        .bind(&user.id)
        .bind(username.as_ref())
        .bind(email.as_ref())
        .bind(username.as_ref())
        .any()
}

/// Whether a person has the address that was `read`. To confirm it is to give it to them: of doubles that are older than the check
/// for them, one alone has it as a name.
fn is_address_of(user: &User, read: &User) -> bool {
    (email_of(user), user.confirmed_email()) == (email_of(read), read.confirmed_email())
}

fn email_of(user: &User) -> Option<&str> {
    user.claims.text("email")
}

/// A new person, whose id may be one that an operator gave. It says no when the username, e-mail address or id is taken, or the id is
/// what somebody or something else is known by.
pub fn insert(user: &User) -> Query<bool> {
    insert_where(user, identifiers::is_free_for_person(user))
}

/// A new person, if a link works that lets them in with their address, and `also` holds.
pub fn insert_invited(user: &User, shown: &InvitationLink, also: Statement, now: UnixTime) -> Query<bool> {
    insert_where(user, invitations::lets_in(shown, email_of(user), now).and(also))
}

/// A new person, if `condition` holds, and their username is nobody's id.
pub fn insert_where(user: &User, condition: Statement) -> Query<bool> {
    let statement = Statement::new(
        "INSERT INTO users (username, email, folded_at, claims, disabled_at, updated_at,
                            username_folded, email_folded, id, subject_salt, created_at)
         SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE ",
    );
    bind_changeable(statement, user)
        .bind(&user.username.folded())
        .bind(user.email_folded().as_ref())
        .bind(&user.id)
        .bind(user.subject_salt.as_str())
        .bind(user.created_at)
        .append(identifiers::username_is_no_id(user).and(condition))
        .append(Statement::new(" ON CONFLICT DO NOTHING RETURNING id"))
        .any()
}

/// Whether anybody has an account.
pub fn is_anybody() -> Query<bool> {
    Statement::new("SELECT id FROM users WHERE id >= '' LIMIT 1").any()
}

/// At most `limit` people whose folded names are not written yet, the oldest accounts first: SQL cannot fold them, and neither
/// does an older Worker.
pub fn list_unfolded(limit: i64) -> Query<Vec<User>> {
    Statement::new(format!(
        "SELECT {COLUMNS} FROM users u WHERE u.folded_at IS NOT u.updated_at ORDER BY u.created_at LIMIT ?"
    ))
    .bind(limit)
    .read_by(read_all)
}

/// Writes the folded names of a person who is as read, and their username in small letters. Of two people with one username, or
/// one e-mail address, the first keeps it; the other does not sign in by it until an operator gives them another.
pub fn fold(user: &User) -> Statement {
    let (prepared, username, email) = (user.username.prepared(), user.username.folded(), user.email_folded());
    Statement::new(
        "UPDATE users SET folded_at = updated_at,
            username = IIF(EXISTS (SELECT 1 FROM users o WHERE o.username = ? AND o.id <> users.id)
                OR EXISTS (SELECT 1 FROM users o WHERE o.username_folded = ? AND o.id <> users.id), username, ?),
            username_folded = IIF(EXISTS (SELECT 1 FROM users o WHERE o.username_folded = ? AND o.id <> users.id), NULL, ?),
            email_folded = IIF(EXISTS (SELECT 1 FROM users o WHERE o.email_folded = ? AND o.id <> users.id), NULL, ?)
         WHERE id = ? AND username = ? AND updated_at = ?",
    )
    .bind(&prepared)
    .bind(&username)
    .bind(&prepared)
    .bind(&username)
    .bind(&username)
    .bind(email.as_ref())
    .bind(email.as_ref())
    .bind(&user.id)
    .bind(user.username.as_str())
    .bind(user.updated_at)
}

/// Changes a person who is still as they were read. It says no when they are not, or the username or e-mail address
/// is taken.
pub fn update(user: &User, read: &User) -> Query<bool> {
    update_where(Statement::always(), user, read).any()
}

/// The same, by the person themselves. If their session is already gone, nothing is changed.
pub fn update_own(user: &User, read: &User, session_hash: &Hash) -> Query<bool> {
    update_own_if(user, read, session_hash, Statement::always())
}

/// The same, if `condition` holds.
pub fn update_own_if(user: &User, read: &User, session_hash: &Hash, condition: Statement) -> Query<bool> {
    let own = Statement::new(concat!("id = ", behind!())).bind(session_hash);
    update_where(own.and(condition), user, read).any()
}

/// Changes a person where `also` holds. A folded name of what does not change stays as it is:
/// one that somebody else had first is none.
fn update_where(also: Statement, user: &User, read: &User) -> Statement {
    let also = match user.username == read.username {
        true => also,
        false => identifiers::username_is_no_id(user).and(also),
    };
    let statement = Statement::new(
        "UPDATE OR IGNORE users SET
            username = ?, email = ?, folded_at = ?, claims = ?, disabled_at = ?, updated_at = ?,
            username_folded = IIF(? AND folded_at IS updated_at, username_folded, ?),
            email_folded = IIF(? AND folded_at IS updated_at, email_folded, ?)
         WHERE id = ? AND username = ? AND claims = ? AND disabled_at IS ?",
    );
    bind_changeable(statement, user)
        .bind(user.username == read.username)
        .bind(&user.username.folded())
        .bind(is_address_of(user, read))
        .bind(user.email_folded().as_ref())
        .bind(&read.id)
        .bind(read.username.as_str())
        .bind(&read.claims.to_json())
        .bind(read.disabled_at)
        .and(also)
        .append(Statement::new(" RETURNING id"))
}

/// Binds what changes with a person: `username`, `email`, `folded_at`, `claims`, `disabled_at`, `updated_at`.
fn bind_changeable(statement: Statement, user: &User) -> Statement {
    statement
        .bind(user.username.as_str())
        .bind(email_of(user))
        .bind(user.updated_at)
        .bind(&user.claims.to_json())
        .bind(user.disabled_at)
        .bind(user.updated_at)
}

/// Binds the values of `as_given!`.
pub(super) fn bind_as_given(statement: Statement, user: &User) -> Statement {
    statement
        .bind(&user.id)
        .bind(user.username.as_str())
        .bind(&user.claims.to_json())
        .bind(user.disabled_at)
        .bind(user.updated_at)
}

/// The account of the person behind a session in numbers.
#[derive(Deserialize)]
pub struct Summary {
    pub browsers: i64,
    pub apps: i64,
    pub passkeys: i64,
    /// Apps that show one-time codes.
    pub codes: i64,
    /// Recovery codes that are left.
    pub recovery_codes: i64,
    /// Browsers in which no code is asked for.
    pub trusted: i64,
    pub password_set_at: Option<i64>,
}

pub fn summarize(session_hash: &Hash, lifetimes: &Lifetimes, now: UnixTime) -> Query<Option<Summary>> {
    Statement::new("SELECT (SELECT COUNT(*) FROM sessions o WHERE o.user_id = s.user_id AND ")
        .append(lives("o", lifetimes.session_idle, now))
        .append(Statement::new(
            ") AS browsers,
                (SELECT COUNT(*) FROM grants g WHERE g.user_id = s.user_id) AS apps,
                (SELECT COUNT(*) FROM credentials k WHERE k.user_id = s.user_id AND k.kind = 'passkey') AS passkeys,
                (SELECT COUNT(*) FROM credentials k WHERE k.user_id = s.user_id AND k.kind = 'totp') AS codes,
                (SELECT COALESCE(SUM(json_array_length(k.secret)), 0) FROM credentials k
                  WHERE k.user_id = s.user_id AND k.kind = 'recovery_codes') AS recovery_codes,
                (SELECT COUNT(*) FROM trusted_browsers t WHERE t.user_id = s.user_id AND t.expires_at > ?) AS trusted,
                (SELECT c.created_at FROM credentials c WHERE c.user_id = s.user_id AND c.kind = 'password') AS password_set_at
         FROM sessions s WHERE s.hash = ?",
        ))
        .bind(now)
        .bind(session_hash)
        .read_by(Rows::first)
}

pub fn delete(user_id: &str) -> Query<bool> {
    Statement::new("DELETE FROM users WHERE id = ? RETURNING id")
        .bind(user_id)
        .any()
}

/// Deletes a person who is as given, if they have no way to sign in: the passkey that was to be one was not taken.
pub fn delete_without_credentials(user: &User) -> Statement {
    let statement = Statement::new(concat!("DELETE FROM users WHERE id = ", as_given!()));
    bind_as_given(statement, user).append(Statement::new(
        " AND NOT EXISTS (SELECT 1 FROM credentials c WHERE c.user_id = users.id)",
    ))
}

/// Deletes the person behind a session. If that session is already gone, nobody is deleted.
pub fn delete_own(session_hash: &Hash) -> Query<bool> {
    Statement::new(concat!("DELETE FROM users WHERE id = ", behind!(), " RETURNING id"))
        .bind(session_hash)
        .any()
}
