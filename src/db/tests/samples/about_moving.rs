//! Exports, and what comes in by them.

use super::*;
use crate::{
    admin::{
        moving::{Credential, CredentialKind, MovedConsent, Part},
        operator_role::OperatorRoles,
    },
    db::{apis::StoredApi, moved_rows, moving},
    oidc::declared_api::{ApiSettings, DeclaredApi},
};

pub(super) fn add_to(all: &mut Samples) {
    add(
        all,
        "moving::export",
        Part::ALL.map(|part| moving::export(part, "", 200)),
    );
    add(all, "moving::former_operators", [moving::former_operators(r#"["u"]"#)]);
    add(all, "moving::named_by_apis", [moving::named_by_apis(r#"["c"]"#)]);
    let group = Group {
        id: "g".to_owned(),
        name: Label::parse("Writers").unwrap(),
        second_factor_required: false,
        attributes: Default::default(),
        created_at: NOW,
        updated_at: NOW,
    };
    add(all, "moved_rows::group", [moved_rows::group(&group)]);
    add(all, "moved_rows::person", [moved_rows::person(&user())]);
    add(all, "moved_rows::app", [moved_rows::app("c", "{}", (None, None))]);
    let api = StoredApi {
        id: "a".to_owned(),
        version: 1,
        api: DeclaredApi {
            identifier: "https://api.acme.org".to_owned(),
            settings: ApiSettings::read(json!({ "name": "Notes" }).as_object().unwrap()).unwrap(),
        },
        problem: None,
        secret_made_at: Some(NOW),
        previous_secret_until: None,
        created_at: NOW,
        updated_at: NOW,
    };
    add(all, "moved_rows::api", [moved_rows::api(&api)]);
    add(
        all,
        "moved_rows::add_terms",
        [moved_rows::add_terms("u", &[("1".to_owned(), NOW)])],
    );
    add(all, "moved_rows::somebody", [moved_rows::somebody("u")]);
    let credential = Credential {
        user_id: "u".to_owned(),
        row_id: "r".to_owned(),
        kind: CredentialKind::Password("$argon2id$".to_owned()),
        name: None,
        counter: 0,
        backed_up: false,
        created_at: NOW,
        is_dated: true,
        last_used_at: None,
        must_change: false,
    };
    add(
        all,
        "moved_rows::add_credential",
        [moved_rows::add_credential(&credential, "$argon2id$")],
    );
    add(
        all,
        "moved_rows::credential",
        [moved_rows::credential(&credential, "x")],
    );
    let groups = ["g".to_owned()];
    add(
        all,
        "moved_rows::add_memberships",
        [moved_rows::add_memberships("u", &groups)],
    );
    add(all, "moved_rows::memberships", [moved_rows::memberships("u", &groups)]);
    for holder in [Holder::Group("g".to_owned()), Holder::User("u".to_owned())] {
        let role = Label::parse("admin").unwrap();
        let given = RoleOfHolder { role, holder };
        add(all, "moved_rows::add_role", [moved_rows::add_role("c", &given)]);
        add(all, "moved_rows::role", [moved_rows::role("c", &given)]);
    }
    add(
        all,
        "moved_rows::operator",
        [moved_rows::operator("u", &OperatorRoles::owner())],
    );
    let consent = MovedConsent {
        id: "a".to_owned(),
        user_id: "u".to_owned(),
        client_id: "c".to_owned(),
        scope: Scope::parse("openid").unwrap(),
        claims: Vec::new(),
        resources: Targets::default(),
        details: Default::default(),
        asked: true,
        created_at: NOW,
        updated_at: NOW,
        last_used_at: None,
    };
    add(all, "moved_rows::add_consent", [moved_rows::add_consent(&consent)]);
    add(all, "moved_rows::consent", [moved_rows::consent(&consent)]);
}
