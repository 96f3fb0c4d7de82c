//! The pages of the console.

use super::samples::*;
use crate::{
    admin::operator_role::{OperatorRole, OperatorRoles},
    pages::{Language, Moment, console::*},
    routes::Endpoint,
    time::UnixTime,
};

fn frame(text: &str, language: Language) -> ConsoleFrame<'_> {
    ConsoleFrame {
        language,
        section: Endpoint::ConsolePeople,
        operator: text,
        csrf: text,
        notice: Some(ConsoleNotice::Locked),
        sees_people: true,
    }
}

fn moment(language: Language) -> Moment {
    Moment::new(UnixTime(0), UnixTime(90), language)
}

fn person(text: &str, language: Language) -> PersonPage<'_> {
    let factor = || ShownFactor {
        id: text.to_owned(),
        name: Some(text.to_owned()),
        added: moment(language),
        last_used: Some(moment(language)),
    };
    let role = |role| ShownRole { role, is_theirs: true };
    PersonPage {
        frame: frame(text, language),
        action: "/admin/people/p",
        confirm: None,
        name: text,
        id: text,
        username: text,
        email: Some((text, false)),
        created: moment(language),
        locked: None,
        is_own: false,
        is_beyond: false,
        may_change: true,
        may_set_roles: true,
        has_password: true,
        must_change_password: true,
        passkeys: vec![factor()],
        apps: vec![factor()],
        recovery_codes: Some((text.to_owned(), 9)),
        sessions: vec![ShownSession {
            id: text.to_owned(),
            browser: Some("Firefox"),
            system: Some("Linux"),
            signed_in: moment(language),
            last_seen: moment(language),
        }],
        groups: vec![text.to_owned()],
        grants: vec![ShownGrant {
            client_id: text.to_owned(),
            name: text.to_owned(),
            since: moment(language),
            last_used: Some(moment(language)),
        }],
        roles: OperatorRole::ALL.map(role).into(),
        events: Some(vec![ShownEvent {
            event: text.to_owned(),
            at: moment(language),
            operator: Some(ShownOperator::Person(text.to_owned())),
            app: Some(text.to_owned()),
            network: Some(text.to_owned()),
        }]),
    }
}

fn overview(text: &str, language: Language) -> ConsoleOverviewPage<'_> {
    let day = |day, succeeded| Bar {
        day,
        succeeded,
        failed: 1,
    };
    ConsoleOverviewPage {
        frame: frame(text, language),
        roles: OperatorRoles::of(OperatorRole::ALL),
        attention: Some(vec![
            Attention::Cron(Some(moment(language))),
            Attention::Cron(None),
            Attention::Keys(text.to_owned()),
            Attention::Kv,
            Attention::MailStuck(moment(language)),
            Attention::MailsFailed(2),
            Attention::Deployment("a flag is missing"),
        ]),
        numbers: Numbers {
            people: Some((10_000, true)),
            apps: Some((3, false)),
        },
        days: Some(vec![day(20_000, 600), day(19_999, 0), day(19_998, 1)]),
        cut_short: true,
    }
}

/// Every page of the console, with `text` in every field that holds a text.
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
        NewLinkPage {
            frame: frame(text, language),
            back: "/admin/people/p",
            name: text,
            url: text,
            until: moment(language),
        }
        .to_html(),
    ];
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
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
    assert!(!html.contains(r#"value="open""#));
    let reading = PersonPage {
        may_change: false,
        may_set_roles: false,
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

#[test]
fn each_notice_has_a_name_of_its_own() {
    for notice in ConsoleNotice::ALL {
        assert_eq!(ConsoleNotice::parse(notice.name()), Some(notice));
    }
    assert_eq!(ConsoleNotice::parse("x"), None);
}
