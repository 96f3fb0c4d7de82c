//! Roles that are given, on a real SQLite: so many as somebody may have, and to whom there is.

use super::sqlite::Sqlite;
use crate::{
    account::group::Label,
    admin::role::{Holder, MOST_AT_APP, RoleOfHolder},
    db::{
        Batch,
        app_roles::{ProblemKind, Roles},
        group_members::Pairs,
        moved_rows,
    },
};

fn database() -> Sqlite {
    let database = Sqlite::migrated();
    let rows = r#"INSERT INTO users (id, username, claims, created_at, updated_at) VALUES ('u', 'grace', '{}', 0, 0), ('v', 'ada', '{}', 0, 0);
        INSERT INTO groups (id, name, name_folded, created_at, updated_at) VALUES ('g', 'Team', 'team', 0, 0);
        INSERT INTO clients (id, version, metadata, auth_method, issued_at, updated_at)
            VALUES ('c', 1, '{}', 'none', 0, 0), ('t', 1, '{"roles_format":"text"}', 'none', 0, 0);"#;
    database.0.execute_batch(rows).unwrap();
    database
}

fn user(id: &str) -> Holder {
    Holder::User(id.to_owned())
}

fn some(holder: &Holder, numbers: std::ops::Range<i64>) -> Vec<RoleOfHolder> {
    let role = |n| RoleOfHolder {
        role: Label::parse(&format!("r{n}")).unwrap(),
        holder: holder.clone(),
    };
    numbers.map(role).collect()
}

/// What keeps the change from being made; it is made where nothing does.
fn give(database: &mut Sqlite, app: &str, add: &[RoleOfHolder], remove: &[RoleOfHolder]) -> Option<ProblemKind> {
    let (given, taken) = (Roles::new(app, add), Roles::new(app, remove));
    let mut batch = Batch::default();
    let problem = batch.add(given.find_problem(&taken));
    let problem = database.run(&batch).unwrap().read(problem).unwrap();
    let mut batch = Batch::default();
    batch.push(given.demand(&taken));
    batch.add(taken.delete());
    batch.push(given.insert());
    assert_eq!(database.run(&batch).is_err(), problem.is_some());
    problem.map(|problem| problem.kind)
}

fn import(database: &mut Sqlite, app: &str, given: &RoleOfHolder) -> bool {
    let mut batch = Batch::default();
    let added = batch.add(moved_rows::add_role(app, given));
    database.run(&batch).unwrap().read(added).unwrap()
}

#[test]
fn somebody_has_so_many_roles_at_an_app_however_they_are_given() {
    for holder in [user("u"), Holder::Group("g".to_owned())] {
        let mut database = database();
        let mut give = |add: &[_], remove: &[_]| give(&mut database, "c", add, remove);
        let too_many = Some(ProblemKind::TooManyAtApp);
        assert_eq!(give(&some(&holder, 0..MOST_AT_APP + 1), &[]), too_many);
        assert_eq!(give(&some(&holder, 0..MOST_AT_APP), &[]), None);
        assert_eq!(give(&some(&holder, 0..9), &[]), None, "they are there");
        assert_eq!(give(&some(&holder, 300..301), &[]), too_many);
        assert_eq!(
            give(&some(&holder, 300..301), &some(&holder, 400..401)),
            too_many,
            "nothing is taken by that"
        );
        assert_eq!(give(&some(&holder, 300..302), &some(&holder, 0..1)), too_many);
        assert_eq!(give(&some(&holder, 300..302), &some(&holder, 0..2)), None);
        assert_eq!(give(&some(&user("v"), 0..1), &[]), None, "that is somebody else");
        assert!(!import(&mut database, "c", &some(&holder, 500..501)[0]));
        assert!(import(&mut database, "t", &some(&holder, 500..501)[0]));
    }
}

#[test]
fn who_has_more_from_before_keeps_them_and_gets_no_more() {
    let mut database = database();
    for n in 0..MOST_AT_APP + 5 {
        let sql = format!("INSERT INTO app_roles (client_id, role, user_id) VALUES ('c', 'r{n}', 'u')");
        database.0.execute_batch(&sql).unwrap();
    }
    let holder = user("u");
    assert_eq!(
        give(&mut database, "c", &some(&holder, 0..3), &some(&holder, 9..10)),
        None
    );
    let more = give(&mut database, "c", &some(&holder, 900..901), &[]);
    assert_eq!(more, Some(ProblemKind::TooManyAtApp));
}

#[test]
fn roles_are_given_at_an_app_that_is_there_and_can_be_told() {
    let mut database = database();
    let mut role = some(&user("u"), 0..1);
    assert_eq!(give(&mut database, "gone", &role, &[]), Some(ProblemKind::NoClient));
    assert_eq!(
        give(&mut database, "c", &some(&user("gone"), 0..1), &[]),
        Some(ProblemKind::NoHolder)
    );
    assert_eq!(
        give(&mut database, "c", &[], &some(&user("gone"), 0..1)),
        Some(ProblemKind::NoHolder)
    );
    role[0].role = Label::parse("two words").unwrap();
    assert_eq!(give(&mut database, "t", &role, &[]), Some(ProblemKind::Blank));
    assert_eq!(give(&mut database, "t", &[], &role), None);
    assert!(!import(&mut database, "t", &role[0]));
    assert_eq!(give(&mut database, "c", &role, &[]), None);
}

#[test]
fn people_are_added_to_a_group_that_is_there() {
    let mut database = database();
    for (group, is_there) in [("g", true), ("gone", false)] {
        let mut batch = Batch::default();
        batch.push(Pairs::new(&["u"], &[group]).demand());
        assert_eq!(database.run(&batch).is_ok(), is_there, "{group}");
    }
}
