//! Second factors: samples of their statements, and what these do.

use super::{
    PARENTS,
    samples::{Samples, add},
    sqlite::Sqlite,
};
use crate::{
    account::trusted_browser::{MOST, Trust},
    config::SecondFactor,
    db::{
        Batch, Query, Statement,
        credential_owner::{FactorChange, Owner},
        credentials,
        second_factors::{self, NewApp, StoredApp},
        sessions, trusted_browsers,
    },
    oidc::proven::Proven,
    secret::{Hash, OpaqueToken, RootKeys, WrappedSecret},
    time::UnixTime,
};

const NOW: UnixTime = UnixTime(1_800_000_000);

fn hash() -> Hash {
    Hash::stored("1.h".to_owned())
}

fn roots() -> RootKeys {
    RootKeys::new([(1, [7; 32])].into(), 1, String::new()).unwrap()
}

fn trust(id: &str) -> Trust {
    Trust::new("u", id.to_owned(), OpaqueToken::new(&roots(), [1; 32]))
}

fn change(session_hash: &Hash, passkeys_count: bool) -> FactorChange<'_> {
    FactorChange {
        session_hash,
        codes_count: true,
        passkeys_count,
    }
}

/// A sample of every statement.
pub(super) fn samples(all: &mut Samples) {
    let (hash, wrapped) = (hash(), WrappedSecret::new(1, "x"));
    let new = NewApp {
        row_id: "t",
        wrapped: &wrapped,
        name: Some("Phone"),
        step: 1,
    };
    let read = StoredApp {
        row_id: "t".to_owned(),
        wrapped: wrapped.clone(),
    };
    let alone = Owner::WithPasswordAlone {
        user_id: "u",
        password_hash: "$argon2id$",
        passkeys_count: true,
    };
    add(all, "second_factors::of", [second_factors::of("u")]);
    add(all, "second_factors::of_session", [second_factors::of_session(&hash)]);
    add(all, "second_factors::use_step", [second_factors::use_step("t", 2, NOW)]);
    add(
        all,
        "second_factors::use_recovery_code",
        [second_factors::use_recovery_code("u", "[\"1.a\"]", NOW)],
    );
    add(
        all,
        "second_factors::move_app",
        [second_factors::move_app(&read, &wrapped)],
    );
    for owner in [Owner::Changing(change(&hash, true)), alone] {
        add(
            all,
            "second_factors::add_app",
            [second_factors::add_app(&new, &owner, NOW)],
        );
    }
    add(
        all,
        "second_factors::add_recovery_codes",
        [second_factors::add_recovery_codes("u", "t", "[]", NOW)],
    );
    add(
        all,
        "second_factors::renew_recovery_codes",
        [second_factors::renew_recovery_codes(
            "u",
            &change(&hash, true),
            "[]",
            NOW,
        )],
    );
    add(
        all,
        "second_factors::remove_own_app",
        [second_factors::remove_own_app(
            &change(&hash, true),
            "t",
            SecondFactor::Required,
        )],
    );
    add(all, "second_factors::remove", [second_factors::remove("u", "t")]);
    add(
        all,
        "second_factors::remove_idle_recovery_codes",
        [second_factors::remove_idle_recovery_codes("u")],
    );
    let shown = [trust("b")];
    add(
        all,
        "trusted_browsers::find_shown",
        [trusted_browsers::find_shown(&shown, &roots(), NOW)],
    );
    add(
        all,
        "trusted_browsers::insert",
        trusted_browsers::insert(&trust("b"), &hash, "s", NOW),
    );
    add(
        all,
        "trusted_browsers::touch",
        [trusted_browsers::touch(&trust("b"), "s", NOW)],
    );
    add(
        all,
        "trusted_browsers::list_own",
        [trusted_browsers::list_own(&hash, NOW)],
    );
    add(all, "trusted_browsers::list_of", [trusted_browsers::list_of("u", NOW)]);
    add(
        all,
        "trusted_browsers::remove_own",
        [trusted_browsers::remove_own(&hash, "b")],
    );
    add(
        all,
        "sessions::strengthen",
        [sessions::strengthen(&hash, &hash, &Proven::password(NOW).and_code())],
    );
}

/// Somebody with a password, a session in which both factors were shown, an app and the recovery codes `1.a` and `1.b`.
fn database() -> Sqlite {
    let database = Sqlite::migrated();
    database.0.execute_batch(PARENTS).unwrap();
    let sql = "
        INSERT INTO credentials (id, user_id, kind, secret, created_at) VALUES ('p', 'u', 'password', '$argon2id$', 0);
        INSERT INTO sessions (hash, id, user_id, auth_time, acr, amr, user_agent, created_at, last_seen_at, expires_at)
            VALUES ('1.h', 's', 'u', 0, 'mfa', '[]', '', 0, 0, 4000000000);
        INSERT INTO credentials (id, user_id, kind, secret, created_at) VALUES ('t', 'u', 'totp', '1.x', 0);
        INSERT INTO credentials (id, user_id, kind, secret, created_at)
            VALUES ('recovery_codes.u', 'u', 'recovery_codes', '[\"1.a\",\"1.b\"]', 0);";
    database.0.execute_batch(sql).unwrap();
    database
}

/// Whether a statement changed a row, as what hangs on it sees.
fn changes(database: &mut Sqlite, statement: Statement) -> bool {
    let mut batch = Batch::default();
    batch.push(statement);
    let changed = batch.add(Statement::new("SELECT 1 AS one WHERE changes() > 0").any());
    database.run(&batch).unwrap().read(changed).unwrap()
}

fn ask<T>(database: &mut Sqlite, query: Query<T>) -> T {
    let mut batch = Batch::default();
    let handle = batch.add(query);
    database.run(&batch).unwrap().read(handle).unwrap()
}

fn count(database: &Sqlite, sql: &str) -> i64 {
    database.0.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn a_step_counts_once_and_none_before_it_afterwards() {
    let mut database = database();
    assert!(changes(&mut database, second_factors::use_step("t", 100, NOW)));
    assert!(!changes(&mut database, second_factors::use_step("t", 100, NOW)));
    assert!(!changes(&mut database, second_factors::use_step("t", 99, NOW)));
    assert!(changes(&mut database, second_factors::use_step("t", 101, NOW)));
    database.0.execute("UPDATE users SET disabled_at = 1", []).unwrap();
    assert!(!changes(&mut database, second_factors::use_step("t", 102, NOW)));
}

#[test]
fn a_recovery_code_counts_once_and_leaves_the_others() {
    let mut database = database();
    let mut try_code = |user_id, code: &str| {
        let statement = second_factors::use_recovery_code(user_id, &format!("[\"{code}\"]"), NOW);
        changes(&mut database, statement)
    };
    assert!(!try_code("u", "1.c") && !try_code("another", "1.a"));
    assert!(try_code("u", "1.a") && !try_code("u", "1.a"));
    assert!(try_code("u", "1.b") && !try_code("u", "1.b"));
    assert_eq!(ask(&mut database, second_factors::of("u")).recovery_codes, 0);
}

#[test]
fn recovery_codes_are_renewed_by_their_person_alone_and_go_with_the_last_app() {
    let mut database = database();
    let renew = |hash: &str, codes| {
        let hash = Hash::stored(hash.to_owned());
        second_factors::renew_recovery_codes("u", &change(&hash, true), codes, NOW)
    };
    assert!(!ask(&mut database, renew("1.another", "[]")));
    assert!(ask(&mut database, renew("1.h", "[\"1.n\"]")));
    assert_eq!(ask(&mut database, second_factors::of("u")).recovery_codes, 1);
    assert!(!changes(&mut database, second_factors::remove_idle_recovery_codes("u")));
    assert!(ask(
        &mut database,
        second_factors::remove_own_app(&change(&hash(), true), "t", SecondFactor::Optional)
    ));
    assert!(changes(&mut database, second_factors::remove_idle_recovery_codes("u")));
    assert!(
        !ask(&mut database, renew("1.h", "[\"1.n\"]")),
        "there is nothing that they stand in for"
    );
}

/// The check a trip before may have seen somebody who had nothing beside their password.
#[test]
fn a_session_that_showed_one_factor_changes_nothing_for_somebody_who_has_two_by_now() {
    let mut database = database();
    let hash = hash();
    let passkey =
        "INSERT INTO credentials (id, user_id, kind, secret, created_at) VALUES ('k', 'u', 'passkey', '{}', 0)";
    database.0.execute(passkey, []).unwrap();
    let wrapped = WrappedSecret::new(1, "y");
    let add = |row_id, change| {
        let new = NewApp {
            row_id,
            wrapped: &wrapped,
            name: None,
            step: 1,
        };
        second_factors::add_app(&new, &Owner::Changing(change), NOW)
    };
    let all = |row_id, change| {
        [
            add(row_id, change),
            second_factors::renew_recovery_codes("u", &change, "[]", NOW),
            credentials::remove_own(&change, "k", "[\"password\"]", SecondFactor::Optional),
            second_factors::remove_own_app(&change, row_id, SecondFactor::Optional),
        ]
    };
    database.0.execute("UPDATE sessions SET acr = '1'", []).unwrap();
    for query in all("t", change(&hash, true)) {
        assert!(!ask(&mut database, query));
    }
    // Nor for somebody whose passkey alone counts, or whose app alone does.
    let without_codes = FactorChange {
        codes_count: false,
        ..change(&hash, true)
    };
    assert!(!ask(&mut database, add("e", without_codes)));
    assert!(!ask(&mut database, add("e", change(&hash, false))));
    database
        .0
        .execute("DELETE FROM credentials WHERE id IN ('t', 'k')", [])
        .unwrap();
    assert!(
        ask(&mut database, add("e", change(&hash, true))),
        "they have nothing by now"
    );
    assert!(!ask(&mut database, add("f", change(&hash, true))), "now they have");
    database.0.execute("UPDATE sessions SET acr = 'phr'", []).unwrap();
    database.0.execute(passkey, []).unwrap();
    for query in all("e", change(&hash, true)).into_iter().skip(1) {
        assert!(ask(&mut database, query));
    }
}

#[test]
fn the_last_second_factor_stays_where_everybody_must_have_one() {
    let mut database = database();
    let remove =
        |passkeys_count| second_factors::remove_own_app(&change(&hash(), passkeys_count), "t", SecondFactor::Required);
    assert!(!ask(&mut database, remove(true)));
    let passkey =
        "INSERT INTO credentials (id, user_id, kind, secret, created_at) VALUES ('k', 'u', 'passkey', '{}', 0)";
    database.0.execute(passkey, []).unwrap();
    let kinds = r#"["password","passkey"]"#;
    assert!(!ask(&mut database, remove(false)), "nobody could show it");
    assert!(ask(&mut database, remove(true)));
    assert!(!ask(
        &mut database,
        credentials::remove_own(&change(&hash(), true), "k", kinds, SecondFactor::Required)
    ));
    // So it does where a group of theirs requires one.
    let grouped = "INSERT INTO groups (id, name, name_folded, second_factor_required, created_at, updated_at)
                   VALUES ('g', 'Admins', 'admins', 1, 0, 0);
                   INSERT INTO group_members (user_id, group_id) VALUES ('u', 'g')";
    database.0.execute_batch(grouped).unwrap();
    let remove_passkey = |policy| credentials::remove_own(&change(&hash(), true), "k", kinds, policy);
    assert!(!ask(&mut database, remove_passkey(SecondFactor::Optional)));
    database
        .0
        .execute("UPDATE groups SET second_factor_required = 0", [])
        .unwrap();
    assert!(ask(&mut database, remove_passkey(SecondFactor::Optional)));
}

#[test]
fn with_a_password_alone_nobody_gets_an_app_for_somebody_who_has_something() {
    let mut database = database();
    let wrapped = WrappedSecret::new(1, "y");
    let new = NewApp {
        row_id: "t2",
        wrapped: &wrapped,
        name: None,
        step: 1,
    };
    let with_passkey = |password_hash, passkeys_count| Owner::WithPasswordAlone {
        user_id: "u",
        password_hash,
        passkeys_count,
    };
    let alone = |password_hash| with_passkey(password_hash, true);
    assert!(!ask(
        &mut database,
        second_factors::add_app(&new, &alone("$argon2id$"), NOW)
    ));
    database
        .0
        .execute("DELETE FROM credentials WHERE kind = 'totp'", [])
        .unwrap();
    assert!(!ask(
        &mut database,
        second_factors::add_app(&new, &alone("another"), NOW)
    ));
    let passkey =
        "INSERT INTO credentials (id, user_id, kind, secret, created_at) VALUES ('k', 'u', 'passkey', '{}', 0)";
    database.0.execute(passkey, []).unwrap();
    for (passkeys_count, is_added) in [(true, false), (false, true)] {
        let owner = with_passkey("$argon2id$", passkeys_count);
        let added = ask(&mut database, second_factors::add_app(&new, &owner, NOW));
        assert_eq!(added, is_added, "{passkeys_count}");
    }
    database
        .0
        .execute("DELETE FROM credentials WHERE id IN ('k', 't2')", [])
        .unwrap();
    assert!(ask(
        &mut database,
        second_factors::add_app(&new, &alone("$argon2id$"), NOW)
    ));
    assert!(
        !ask(&mut database, second_factors::add_app(&new, &alone("$argon2id$"), NOW)),
        "twice"
    );
}

#[test]
fn a_browser_is_trusted_until_a_factor_changes_whoever_changes_it() {
    for change in [
        "UPDATE credentials SET secret = 'new' WHERE kind = 'password'",
        "INSERT INTO credentials (id, user_id, kind, secret, created_at) VALUES ('p2', 'u', 'password', 'new', 0)
            ON CONFLICT (user_id) WHERE kind = 'password' DO UPDATE SET secret = excluded.secret",
        "DELETE FROM credentials WHERE kind = 'password'",
        "DELETE FROM credentials WHERE kind = 'totp'",
        "INSERT INTO credentials (id, user_id, kind, secret, created_at) VALUES ('k', 'u', 'passkey', '{}', 0)",
        "INSERT INTO credentials (id, user_id, kind, secret, created_at) VALUES ('t2', 'u', 'totp', '1.y', 0)",
    ] {
        let mut database = database();
        let secret = OpaqueToken::new(&roots(), [1; 32]);
        let trust = Trust::new("u", "b".to_owned(), secret);
        let stored = trust.hash(&roots()).unwrap();
        for statement in trusted_browsers::insert(&trust, &stored, "s", NOW) {
            changes(&mut database, statement);
        }
        let is_trusted = |database: &mut Sqlite, trust: &Trust, now| {
            let found = trusted_browsers::find_shown(std::slice::from_ref(trust), &roots(), now);
            ask(database, found) == ["u"]
        };
        let forged = Trust::new("u", "b".to_owned(), OpaqueToken::new(&roots(), [2; 32]));
        assert!(is_trusted(&mut database, &trust, NOW) && !is_trusted(&mut database, &forged, NOW));
        assert!(!is_trusted(&mut database, &trust, UnixTime(NOW.0 + 30 * 86_400)));
        database
            .0
            .execute(
                "UPDATE credentials SET counter = 5, last_used_at = 5 WHERE id = 't'",
                [],
            )
            .unwrap();
        database
            .0
            .execute("UPDATE credentials SET secret = '2.x' WHERE id = 't'", [])
            .unwrap();
        assert!(
            is_trusted(&mut database, &trust, NOW),
            "a code, or another root, is no change"
        );
        database.0.execute_batch(change).unwrap();
        assert!(!is_trusted(&mut database, &trust, NOW), "{change}");
    }
}

#[test]
fn a_person_trusts_ten_browsers_at_most() {
    let mut database = database();
    for n in 0..15 {
        for statement in trusted_browsers::insert(&trust(&format!("b{n:02}")), &hash(), "s", UnixTime(NOW.0 + n)) {
            changes(&mut database, statement);
        }
    }
    assert_eq!(count(&database, "SELECT COUNT(*) FROM trusted_browsers"), MOST);
    assert_eq!(
        count(&database, "SELECT COUNT(*) FROM trusted_browsers WHERE id < 'b05'"),
        0
    );
    assert!(ask(&mut database, trusted_browsers::remove_own(&hash(), "b14")));
    let another = Hash::stored("1.another".to_owned());
    assert!(!ask(&mut database, trusted_browsers::remove_own(&another, "b13")));
}
