//! The pages of the console.

mod apps;
mod people;
mod system;

use super::samples::*;
use crate::{
    admin::{
        api_key::KeyScope,
        app_lines::NewApp,
        client_filter::Provenance,
        console_form::api::ApiFields,
        console_form::app::{AppKind, LIFETIMES},
        operator_role::{OperatorRole, OperatorRoles},
        webhook::State,
    },
    config::{AttributeKind, Brand, Setting, Source},
    oidc::jose::provider_key::KeyState,
    pages::{Language, Moment, account::OwnField, console::*},
    routes::Endpoint,
    time::UnixTime,
};
use apps::*;
use people::*;
use system::*;

fn frame(text: &str, language: Language) -> ConsoleFrame<'_> {
    ConsoleFrame {
        language,
        section: Endpoint::ConsolePeople,
        operator: text,
        csrf: text,
        nonce: "abc",
        notice: Some(ConsoleNotice::Locked),
        sections: &SECTIONS,
    }
}

/// A part of a thing, for somebody who may change it or has yet to confirm who they are.
fn part(text: &str, language: Language, may_change: bool) -> Part<'_> {
    Part {
        frame: frame(text, language),
        action: "/admin/apps/c/part",
        back: "/admin/apps/c",
        name: text,
        confirm: (!may_change).then(|| "/login?page=admin/apps/c/part".to_owned()),
        may_change,
        problem: may_change.then_some(text),
    }
}

fn moment(language: Language) -> Moment {
    Moment::new(UnixTime(0), UnixTime(90), language)
}

/// Every page of the console, with `text` in every field that holds a text.
fn more_pages(text: &'static str, language: Language) -> Vec<String> {
    let setting = |value: Option<&str>| Setting {
        name: "BRAND_NAME".to_owned(),
        value: value.map(str::to_owned),
        source: Source::Variable,
        secret: false,
    };
    let brand = Brand {
        name: Some(text.to_owned()),
        ..Brand::default()
    };
    let look = |logo| ConsoleLookPage {
        frame: frame(text, language),
        brand: &brand,
        logo,
        settings: vec![setting(Some(text)), setting(None)],
    };
    let roles = |may_change| ConsoleAppRolesPage {
        part: part(text, language, may_change),
        roles: [Some("p".to_owned()), None]
            .map(|user_id| RoleOfOne {
                user_id,
                name: text.to_owned(),
                role: text.to_owned(),
                href: Some("/admin/people/p".to_owned()),
            })
            .into(),
        untold: may_change.then(|| "/admin/api/clients/c".to_owned()),
        next: Some("/admin/apps/c/roles?after=7".to_owned()),
        typed: (text, text),
    };
    let kinds = [
        AttributeKind::Text,
        AttributeKind::Number,
        AttributeKind::Flag,
        AttributeKind::List,
    ];
    let attributes = |may_change: bool| ConsoleAttributesPage {
        part: part(text, language, may_change),
        is_group: may_change,
        shown: "7",
        fields: kinds
            .into_iter()
            .enumerate()
            .map(|(n, kind)| {
                let typed = may_change.then(|| (text.to_owned(), true));
                OwnField::new(format!("attribute_a{n}"), text, kind, Some(&text.into())).editable(true, typed)
            })
            .collect(),
    };
    vec![
        look(None).to_html(),
        look(Some("/assets/logo?v=1")).to_html(),
        roles(true).to_html(),
        roles(false).to_html(),
        attributes(true).to_html(),
        attributes(false).to_html(),
    ]
}

pub fn console_pages(text: &'static str, language: Language) -> Vec<String> {
    let found = ShownPerson {
        href: "/admin/people/p".to_owned(),
        name: text.to_owned(),
        logins: vec![text.to_owned()],
        is_locked: true,
    };
    let people = |people, next| PeoplePage {
        frame: frame(text, language),
        search: text,
        add: Some("/admin/people/new"),
        invitations: Some("/admin/people/invitations"),
        people,
        next,
    };
    let next = || Some("/admin/people?after=x".to_owned());
    let mut pages = vec![
        overview(text, language).to_html(),
        people(vec![found], next()).to_html(),
        people(Vec::new(), next()).to_html(),
        people(Vec::new(), None).to_html(),
        person(text, language).to_html(),
        PersonPage {
            confirm: Some("/login?page=admin/people/p".to_owned()),
            locked: Some(moment(language)),
            is_own: true,
            is_beyond: true,
            may_change: false,
            may_leave: false,
            may_set_roles: false,
            has_password: false,
            passkeys: Vec::new(),
            apps: Vec::new(),
            recovery_codes: None,
            sessions: Vec::new(),
            groups: Vec::new(),
            grants: Vec::new(),
            events: Some(Vec::new()),
            ..person(text, language)
        }
        .to_html(),
    ];
    pages.extend(pages_of_new_people(text, language));
    pages.extend(app_pages(text, language));
    pages.extend(api_pages(text, language));
    pages.extend(group_pages(text, language));
    pages.extend(system_pages(text, language));
    pages.extend(webhook_pages(text, language));
    pages.extend(more_pages(text, language));
    pages.extend(ConsoleNotice::ALL.map(|notice| {
        let frame = ConsoleFrame {
            notice: Some(notice),
            ..frame(text, language)
        };
        ConsoleOverviewPage {
            frame,
            attention: Some(Vec::new()),
            numbers: Numbers::default(),
            days: None,
            ..overview(text, language)
        }
        .to_html()
    }));
    pages
}

#[test]
fn a_form_of_a_person_asks_for_what_the_edge_reads() {
    let html = person("p", Language::En).to_html();
    for part in [
        r#"name="do" value="lock""#,
        r#"name="do" value="sign_out""#,
        r#"name="do" value="link""#,
        r#"name="do" value="revoke_link""#,
        r#"name="do" value="new_password""#,
        r#"name="do" value="forget""#,
        r#"name="do" value="roles""#,
        r#"name="role" type="checkbox" value="read_only" checked"#,
        r#"name="end_session" value="p""#,
        r#"name="remove_passkey" value="p""#,
        r#"name="remove_factor" value="p""#,
        r#"name="revoke_grant" value="p""#,
        r#"name="leave_group" value="p""#,
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
    assert!(!html.contains(r#"value="open""#));
    let reading = PersonPage {
        may_change: false,
        may_set_roles: false,
        may_leave: false,
        ..person("p", Language::En)
    };
    assert!(!reading.to_html().contains("<form"));
}

#[test]
fn the_bars_of_a_chart_stand_in_the_order_of_time_and_the_highest_is_whole() {
    let html = overview("x", Language::En).to_html();
    let bars: Vec<_> = html
        .lines()
        .flat_map(|line| line.split("<rect ").skip(1))
        .map(|bar| bar.split('/').next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        bars,
        [
            r#"x="1" y="59" width="8" height="1""#,
            r#"x="11" y="60" width="8" height="0""#,
            r#"x="21" y="0" width="8" height="60""#,
        ]
    );
    assert!(html.contains("more than 10000") && html.contains("<th scope=\"row\">2024-10-04</th><td>600</td>"));
}
