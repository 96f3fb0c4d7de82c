//! Addresses on a real SQLite: what is stored is changed however it was written, and a change is undone whatever else happened.

use serde_json::{Map, json};

use super::{
    occasion::{NOW, Then},
    sqlite::Sqlite,
};
use crate::{
    account::user::User,
    db::{
        Batch,
        email_undo::{self, UndoLink},
        mail_codes::{self, CodeKey, NewCode},
        mail_outbox, released_addresses,
        session_endings::Ending,
        users,
    },
    mail::{CodeKind, Facts, Kind, NewMail, UNDO_LIFETIME},
    secret::Hash,
    time::{Lifetime, UnixTime},
};

/// A person whose claims somebody wrote by hand: not in the order and the way in which Limen writes them.
const PEOPLE: &str = r#"
    INSERT INTO users (id, username, username_folded, email, email_folded, claims, created_at, updated_at, folded_at) VALUES
        ('u', 'grace', 'grace', 'c@acme.org', 'c@acme.org',
         '{ "name": "Gr\u00e4ce", "email":"c@acme.org","email_verified" :true}', 0, 7, 7),
        ('o', 'other', 'other', 'cop@acme.org', 'cop@acme.org', '{"email":"cop@acme.org","email_verified":true}', 0, 7, 7);"#;

fn database() -> Sqlite {
    let database = Sqlite::migrated();
    database.0.execute_batch(PEOPLE).unwrap();
    database
}

fn run<T>(database: &mut Sqlite, query: crate::db::Query<T>) -> T {
    let mut batch = Batch::default();
    let handle = batch.add(query);
    database.run(&batch).unwrap().read(handle).unwrap()
}

fn execute(database: &mut Sqlite, statements: impl IntoIterator<Item = crate::db::Statement>) {
    let mut batch = Batch::default();
    batch.extend(statements);
    database.run(&batch).unwrap();
}

fn person(database: &mut Sqlite) -> User {
    run(database, users::find("u")).unwrap()
}

fn text(database: &Sqlite, sql: &str) -> Option<String> {
    database.0.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn link() -> UndoLink {
    UndoLink {
        user_id: "u".to_owned(),
        hash: Hash::stored("1.link".to_owned()),
        now: NOW,
    }
}

/// The whole of the page that undoes a change.
fn undo(database: &mut Sqlite) -> bool {
    let (link, new) = (link(), Hash::stored("1.new".to_owned()));
    let Some(undo) = run(database, email_undo::find(&link)) else {
        return false;
    };
    let mut batch = Batch::default();
    let done = batch.add(link.give_back(&undo.address));
    batch.push(Ending::EverythingRestored(&link).delete());
    batch.extend(link.take_back(undo.changed_at));
    batch.push(link.make_recovery_link(&new));
    batch.push(link.use_up(undo.changed_at));
    database.run(&batch).unwrap().read(done).unwrap()
}

fn add_link(database: &Sqlite, address: &str, at: UnixTime) {
    let insert = "INSERT INTO credentials (id, user_id, kind, secret, created_at, name) VALUES ('email undo 1', 'u', 'email_undo', '1.link', ?, ?)";
    database.0.execute(insert, (at.seconds(), address)).unwrap();
}

#[test]
fn a_person_is_changed_however_their_claims_were_written() {
    let mut database = database();
    let read = person(&mut database);
    let mut disabled = read.clone();
    (disabled.disabled_at, disabled.updated_at) = (Some(NOW), NOW);
    assert!(run(&mut database, users::update(&disabled, &read)));
    let session = "INSERT INTO sessions (hash, id, user_id, auth_time, acr, amr, user_agent, created_at, last_seen_at, expires_at)
                   VALUES ('1.s', 's', 'u', 0, '', '[]', '', 0, 0, 0)";
    let _ = database.0.execute(session, []);
    let ended = run(&mut database, Ending::EverythingOf(&disabled).delete());
    assert!(ended, "what hangs on the change comes about, too");
    let read = person(&mut database);
    let mut renamed = read.clone();
    let name = Map::from_iter([("name".to_owned(), json!("Ada"))]);
    (renamed.claims, renamed.updated_at) = (read.claims.with(&name).unwrap(), NOW);
    assert!(run(&mut database, users::update(&renamed, &read)));
    assert!(
        !run(&mut database, users::update(&renamed, &read)),
        "it was changed since"
    );
}

#[test]
fn a_change_is_undone_whatever_changed_since_and_once() {
    let mut database = database();
    let changed_at = NOW - Lifetime::days(1);
    add_link(&database, "a@acme.org", changed_at);
    for (id, kind, at) in [
        ("old", "totp", changed_at - UNDO_LIFETIME - Lifetime(1)),
        ("before", "passkey", changed_at - Lifetime::days(6)),
        ("after", "recovery_codes", changed_at + Lifetime::hours(1)),
        ("password", "password", UnixTime(0)),
    ] {
        let insert = "INSERT INTO credentials (id, user_id, kind, secret, created_at) VALUES (?, 'u', ?, '{}', ?)";
        database.0.execute(insert, (id, kind, at.seconds())).unwrap();
    }
    // The thief changes the profile between the reading and the undoing.
    let (link, found) = (link(), run(&mut database, email_undo::find(&link())).unwrap());
    database.0.execute("UPDATE users SET claims = json_set(claims, '$.nickname', 'x'), updated_at = 8, folded_at = 8 WHERE id = 'u'", []).unwrap();
    assert_eq!(found.address, "a@acme.org");
    assert!(run(&mut database, email_undo::find(&link)).is_some());
    assert!(undo(&mut database));
    let user = person(&mut database);
    assert_eq!(
        (user.confirmed_email(), user.claims.text("name")),
        (Some("a@acme.org"), Some("Gr\u{e4}ce"))
    );
    assert_eq!(
        text(
            &database,
            "SELECT email_folded FROM users WHERE id = 'u' AND folded_at IS updated_at"
        )
        .as_deref(),
        Some("a@acme.org")
    );
    let left = text(
        &database,
        "SELECT group_concat(id, ' ') FROM (SELECT id FROM credentials WHERE user_id = 'u' ORDER BY id)",
    );
    assert_eq!(left.as_deref(), Some("old recovery link of u"));
    // A second press that was read at the same time.
    execute(
        &mut database,
        [link.make_recovery_link(&Hash::stored("1.second".to_owned()))],
    );
    assert!(!undo(&mut database));
    let secret = text(&database, "SELECT secret FROM credentials WHERE kind = 'recovery_link'");
    assert_eq!(secret.as_deref(), Some("1.new"));
}

#[test]
fn nothing_is_undone_where_somebody_else_has_the_address() {
    let mut database = database();
    add_link(&database, "cop@acme.org", NOW);
    assert!(!undo(&mut database));
    assert_eq!(person(&mut database).confirmed_email(), Some("c@acme.org"));
    assert!(run(&mut database, email_undo::find(&link())).is_some());
}

#[test]
fn a_code_is_for_the_address_that_was_typed_and_a_word_goes_to_whoever_has_one_like_it() {
    let mut database = database();
    let key = CodeKey {
        browser: "b".to_owned(),
        kind: CodeKind::SignUp,
        folded: "free@acme.org".to_owned(),
    };
    let new = |typed| NewCode {
        typed,
        destination: "",
        user_id: None,
    };
    let mail = |id, address| NewMail {
        id,
        user_id: None,
        kind: Kind::ConfirmAddress,
        address,
        language: "en",
        facts: Facts::default(),
        root: 1,
    };
    let begin = |typed| mail_codes::begin(&key, &new(typed), crate::db::Statement::always(), NOW);
    // What was typed first is mailed after something else was typed.
    execute(&mut database, [begin("Free@acme.org"), begin("free@acme.org")]);
    run(&mut database, mail_outbox::write(&mail("m", "Free@acme.org"), 100, NOW));
    execute(&mut database, [mail_codes::attach(&key, ("m", 1), None)]);
    assert!(run(&mut database, mail_codes::try_once(&key, NOW)).is_none());
    run(&mut database, mail_outbox::write(&mail("n", "free@acme.org"), 100, NOW));
    execute(&mut database, [mail_codes::attach(&key, ("n", 1), None)]);
    let tried = run(&mut database, mail_codes::try_once(&key, NOW)).unwrap();
    assert_eq!(tried.typed, "free@acme.org");
    let told = mail("t", "\u{441}\u{43e}\u{440}@acme.org");
    execute(&mut database, [mail_outbox::write_to_holder(&told, "", 100, NOW)]);
    assert_eq!(
        text(&database, "SELECT address FROM mail_outbox WHERE id = 't'").as_deref(),
        Some("cop@acme.org")
    );
}

#[test]
fn an_unconfirmed_address_is_released_where_it_is_given_and_that_is_written_down() {
    let mut database = database();
    let unconfirm = "UPDATE users SET claims = json_remove(claims, '$.email_verified') WHERE id = 'o'";
    database.0.execute(unconfirm, []).unwrap();
    let of = ("cop@acme.org", "u");
    let never = || crate::db::Statement::new("FALSE");
    execute(&mut database, released_addresses::release(of, never, &Then));
    assert!(text(&database, "SELECT email FROM users WHERE id = 'o'").is_some());
    let always = crate::db::Statement::always;
    let promote = "INSERT INTO operators (user_id, roles, granted_at) VALUES ('o', '[]', 0)";
    database.0.execute(promote, []).unwrap();
    execute(&mut database, released_addresses::release(of, always, &Then));
    assert!(text(&database, "SELECT email FROM users WHERE id = 'o'").is_some());
    database.0.execute("DELETE FROM operators", []).unwrap();
    execute(&mut database, released_addresses::release(of, always, &Then));
    assert_eq!(text(&database, "SELECT email FROM users WHERE id = 'o'"), None);
    let event = text(&database, "SELECT group_concat(event) FROM audit WHERE user_id = 'o'");
    assert_eq!(event.as_deref(), Some("email_released"));
}
