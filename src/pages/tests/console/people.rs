//! People and groups.

use super::*;

pub fn person(text: &str, language: Language) -> PersonPage<'_> {
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
        own: vec![(text.to_owned(), text.to_owned())],
        profile: "/admin/people/u/profile".to_owned(),
        attributes: Some("/admin/people/p/attributes".to_owned()),
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
        groups: vec![ShownGroup {
            id: text.to_owned(),
            name: text.to_owned(),
            href: Some("/admin/groups/g".to_owned()),
        }],
        may_leave: true,
        grants: vec![ShownGrant {
            client_id: text.to_owned(),
            name: text.to_owned(),
            since: moment(language),
            last_used: Some(moment(language)),
        }],
        roles: OperatorRole::ALL.map(role).into(),
        events: Some(vec![event(text, language)]),
    }
}

pub fn named(text: &str, href: &str) -> NamedPage {
    NamedPage {
        name: text.to_owned(),
        id: text.to_owned(),
        href: Some(href.to_owned()),
    }
}

pub fn group(text: &str, language: Language) -> ConsoleGroupPage<'_> {
    ConsoleGroupPage {
        frame: frame(text, language),
        action: "/admin/groups/g",
        confirm: None,
        name: text,
        id: text,
        created: moment(language),
        needs_factor: true,
        attributes: Some("/admin/groups/g/attributes".to_owned()),
        has_factors: true,
        may_change: true,
        may_add: true,
        members: Some(vec![ShownMember {
            href: "/admin/people/p".to_owned(),
            id: text.to_owned(),
            name: text.to_owned(),
            username: text.to_owned(),
        }]),
        next: Some("/admin/groups/g?after=p".to_owned()),
        has_more_roles: true,
        shown: text,
        wrong: "add",
        roles: vec![RoleAtApp {
            client_id: text.to_owned(),
            app: text.to_owned(),
            role: text.to_owned(),
            is_told: false,
            href: Some("/admin/apps/c".to_owned()),
        }],
        apps: vec![RoleAtApp {
            client_id: text.to_owned(),
            app: text.to_owned(),
            role: String::new(),
            is_told: false,
            href: None,
        }],
        problem: Some(text),
        typed: [text; 4],
    }
}

pub fn group_pages(text: &'static str, language: Language) -> Vec<String> {
    let groups = |groups, problem| ConsoleGroupsPage {
        frame: frame(text, language),
        confirm: None,
        search: text,
        groups,
        next: None,
        may_add: true,
        name: text,
        problem,
    };
    let listed = ListedGroup {
        href: "/admin/groups/g".to_owned(),
        name: text.to_owned(),
        needs_factor: true,
    };
    vec![
        groups(vec![listed], None).to_html(),
        groups(Vec::new(), Some(text)).to_html(),
        group(text, language).to_html(),
        ConsoleGroupPage {
            confirm: Some("/login?page=admin/groups/g".to_owned()),
            may_change: false,
            may_add: false,
            members: None,
            roles: Vec::new(),
            problem: None,
            ..group(text, language)
        }
        .to_html(),
    ]
}

/// Where people are added and invited.
pub fn pages_of_new_people(text: &str, language: Language) -> Vec<String> {
    let group = ShownChoice {
        id: text.to_owned(),
        name: text.to_owned(),
        is_allowed: true,
    };
    let invitation = |email: Option<&str>| ShownInvitation {
        id: text.to_owned(),
        email: email.map(str::to_owned),
        note: email.map(str::to_owned),
        made: moment(language),
        expires: moment(language),
    };
    let invitations = |may_change: bool| InvitationsPage {
        frame: frame(text, language),
        confirm: (!may_change).then(|| "/login?page=admin/people/invitations".to_owned()),
        invitations: vec![invitation(Some(text)), invitation(None)],
        next: Some("/admin/people/invitations?after=7.x".to_owned()),
        may_change,
        is_off: !may_change,
        sends_mails: true,
        by_mail: true,
        typed: [text; 2],
        problem: Some(text),
    };
    let new = |confirm: Option<&str>, groups| NewPersonPage {
        frame: frame(text, language),
        confirm: confirm.map(str::to_owned),
        groups,
        sends_mails: confirm.is_none(),
        by_mail: false,
        typed: [text; 3],
        problem: Some(text),
    };
    vec![
        invitations(true).to_html(),
        invitations(false).to_html(),
        new(None, vec![group]).to_html(),
        new(Some("/login?page=admin/people/new"), Vec::new()).to_html(),
    ]
}
