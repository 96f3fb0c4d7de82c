//! How groups and roles are told as an operator has it.

use super::*;

fn path(value: Value) -> Option<ClaimPath> {
    ClaimPath::parse(&value)
}

fn told(rules: &AppRules, memberships: &Memberships, in_token: bool) -> Value {
    let mut told = Map::new();
    let telling = Telling {
        groups: true,
        roles: true,
        in_token,
    };
    memberships.tell(rules, telling, &mut told);
    Value::Object(told)
}

fn memberships() -> Memberships {
    Memberships {
        attributes: Vec::new(),
        groups: Some(vec![
            ("g1".to_owned(), "Editors".to_owned()),
            ("g2".to_owned(), "Staff".to_owned()),
        ]),
        roles: Some(vec!["admin".to_owned(), "viewer".to_owned()]),
    }
}

#[test]
fn a_role_with_a_blank_is_no_two_roles() {
    let text = AppRules {
        roles_claim: path(json!("role")),
        roles_format: RolesFormat::Text,
        ..AppRules::default()
    };
    let memberships = Memberships {
        attributes: Vec::new(),
        groups: None,
        roles: Some(vec!["Viewer".to_owned(), "Server Admin".to_owned()]),
    };
    assert_eq!(told(&text, &memberships, true), json!({ "role": "Viewer" }));
}

#[test]
fn a_claim_has_a_name_that_means_nothing_else() {
    for fit in [
        json!("roles"),
        json!("groups"),
        json!("https://acme.org/roles"),
        json!(["resource_access", "app.x", "roles"]),
    ] {
        assert_eq!(path(fit.clone()).map(|path| path.to_json()), Some(fit));
    }
    for unfit in [
        json!("sub"),
        json!("iss"),
        json!("email"),
        json!("email_verified"),
        json!("name#fr"),
        json!("scope"),
        json!("family"),
        json!("active"),
        json!(["aud", "x"]),
        json!([]),
        json!(""),
        json!("a b"),
        json!("r\u{f6}le"),
        json!(7),
        json!([7]),
        json!(["a", ""]),
        json!(["a", "b", "c", "d", "e", "f"]),
        json!("x".repeat(201)),
        json!("a\nb"),
    ] {
        assert_eq!(path(unfit.clone()), None, "{unfit}");
    }
}

#[test]
fn groups_and_roles_stand_where_and_as_the_app_needs_them() {
    let usual = AppRules::default();
    assert_eq!(
        told(&usual, &memberships(), true),
        json!({ "groups": ["Editors", "Staff"] })
    );
    let ids = AppRules {
        groups_claim: path(json!("https://acme.org/groups")),
        groups_format: GroupsFormat::Ids,
        roles_claim: path(json!("roles")),
        roles_format: RolesFormat::Text,
        ..AppRules::default()
    };
    assert_eq!(
        told(&ids, &memberships(), true),
        json!({ "https://acme.org/groups": ["g1", "g2"], "roles": "admin viewer" })
    );
    let nested = AppRules {
        groups_claim: path(json!(["resource_access", "x", "groups"])),
        roles_claim: path(json!(["resource_access", "x", "roles"])),
        ..AppRules::default()
    };
    assert_eq!(
        told(&nested, &memberships(), true),
        json!({ "resource_access": { "x": { "groups": ["Editors", "Staff"], "roles": ["admin", "viewer"] } } })
    );
    let in_place = AppRules {
        roles_claim: path(json!("groups")),
        ..AppRules::default()
    };
    assert_eq!(
        told(&in_place, &memberships(), true),
        json!({ "groups": ["admin", "viewer"] }),
        "roles alone"
    );
}

#[test]
fn what_is_too_long_for_a_token_is_left_out_of_it_as_a_whole() {
    let many = |count: usize, length: usize| Memberships {
        attributes: Vec::new(),
        groups: Some((0..count).map(|n| (n.to_string(), "x".repeat(length))).collect()),
        roles: None,
    };
    let rules = AppRules::default();
    assert_eq!(told(&rules, &many(201, 1), true), json!({}));
    assert_eq!(told(&rules, &many(100, 100), true), json!({}));
    for (memberships, in_token) in [(many(200, 1), true), (many(1_000, 100), false)] {
        let told = told(&rules, &memberships, in_token);
        assert_eq!(
            told["groups"].as_array().map(Vec::len),
            memberships.groups.as_ref().map(Vec::len)
        );
    }
}

#[test]
fn nothing_that_was_not_read_is_told_and_nobody_in_no_group_is_told_so() {
    assert_eq!(told(&AppRules::default(), &Memberships::default(), false), json!({}));
    let nobody = Memberships {
        attributes: Vec::new(),
        groups: Some(vec![]),
        roles: Some(vec![]),
    };
    assert_eq!(told(&AppRules::default(), &nobody, false), json!({ "groups": [] }));
}
