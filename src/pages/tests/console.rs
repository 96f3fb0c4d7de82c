//! The pages of the console.

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

fn frame(text: &str, language: Language) -> ConsoleFrame<'_> {
    ConsoleFrame {
        language,
        section: Endpoint::ConsolePeople,
        operator: text,
        csrf: text,
        notice: Some(ConsoleNotice::Locked),
        rooms: &ROOMS,
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
        own: vec![(text.to_owned(), text.to_owned())],
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

fn named(text: &str, href: &str) -> NamedPage {
    NamedPage {
        name: text.to_owned(),
        id: text.to_owned(),
        href: Some(href.to_owned()),
    }
}

fn event(text: &str, language: Language) -> ShownEvent {
    ShownEvent {
        event: text.to_owned(),
        at: moment(language),
        outcome: text.to_owned(),
        actor: text.to_owned(),
        operator: Some(ShownOperator::Person(named(text, "/admin/people/o"))),
        person: Some(named(text, "/admin/people/p")),
        app: Some(named(text, "/admin/apps/c")),
        network: Some(text.to_owned()),
        detail: Some(text.to_owned()),
    }
}

fn system_pages(text: &'static str, language: Language) -> Vec<String> {
    let audit = |events, next: Option<&str>| ConsoleAuditPage {
        frame: frame(text, language),
        names: vec!["sign_in", "sign_out"],
        event: "sign_out",
        user: text,
        client: text,
        operator_user: text,
        from: text,
        to: text,
        events,
        next: next.map(str::to_owned),
    };
    let key = |state| ShownKey {
        kid: text.to_owned(),
        alg: "RS256",
        state,
        published: moment(language),
        signs_from: moment(language),
        retires: Some(moment(language)),
        removed: Some(moment(language)),
        revoked: Some(moment(language)),
    };
    let setting = |value: Option<&str>, source, secret| Setting {
        name: "NAME".to_owned(),
        value: value.map(str::to_owned),
        source,
        secret,
    };
    let states = [
        KeyState::Next,
        KeyState::Current,
        KeyState::Retired,
        KeyState::Removed,
        KeyState::Revoked,
    ];
    let system = ConsoleSystemPage {
        frame: frame(text, language),
        confirm: None,
        keys: Some(states.map(key).into()),
        may_change_keys: true,
        scopes: vec![(KeyScope::parse("people:write").unwrap(), true)],
        problem: Some(text),
        typed: (text, text),
        api_keys: Some(vec![ShownApiKey {
            id: text.to_owned(),
            name: text.to_owned(),
            scopes: vec![text.to_owned()],
            maker: Some((text.to_owned(), Some("/admin/people/p".to_owned()))),
            expires: moment(language),
            last_used: Some(moment(language)),
        }]),
        operators: Some(vec![ListedOperator {
            href: Some("/admin/people/p".to_owned()),
            username: text.to_owned(),
            roles: OperatorRole::ALL.into(),
        }]),
        settings: Some(vec![
            setting(Some(text), Source::Variable, false),
            setting(Some(text), Source::Implied, false),
            setting(None, Source::Variable, true),
            setting(None, Source::Default, false),
        ]),
    };
    let bare = ConsoleSystemPage {
        frame: frame(text, language),
        confirm: Some("/login?page=admin/system".to_owned()),
        keys: None,
        may_change_keys: false,
        scopes: Vec::new(),
        problem: None,
        typed: ("", ""),
        api_keys: Some(Vec::new()),
        operators: Some(Vec::new()),
        settings: None,
    };
    vec![
        audit(vec![event(text, language)], Some("/admin/audit?after=7")).to_html(),
        audit(Vec::new(), Some("/admin/audit?after=7")).to_html(),
        audit(Vec::new(), None).to_html(),
        system.to_html(),
        bare.to_html(),
        mails(text, Vec::new(), language).to_html(),
        mails(
            text,
            ["waiting", "failed", "sent"]
                .map(|state| mail(text, state, language))
                .into(),
            language,
        )
        .to_html(),
    ]
}

fn mail(text: &str, state: &str, language: Language) -> ShownMail {
    ShownMail {
        id: text.to_owned(),
        kind: text.to_owned(),
        address: text.to_owned(),
        state: state.to_owned(),
        attempts: 2,
        problem: Some(text.to_owned()),
        written: moment(language),
    }
}

fn mails(text: &str, mails: Vec<ShownMail>, language: Language) -> ConsoleMailPage<'_> {
    ConsoleMailPage {
        frame: frame(text, language),
        confirm: Some("/login?page=admin/mail".to_owned()),
        state: "failed",
        mails,
        next: Some("/admin/mail?after=m".to_owned()),
        may_change: true,
    }
}

fn group(text: &str, language: Language) -> ConsoleGroupPage<'_> {
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
            href: Some("/admin/apps/c".to_owned()),
        }],
        problem: Some(text),
        typed: [text; 4],
    }
}

fn api_pages(text: &'static str, language: Language) -> Vec<String> {
    let listed = |href: Option<&str>| ListedApi {
        href: href.map(str::to_owned),
        name: text.to_owned(),
        identifier: text.to_owned(),
        scopes: text.to_owned(),
        problem: Some(text.to_owned()),
    };
    let apis = |apis, of_variable| ConsoleApisPage {
        frame: frame(text, language),
        search: text,
        apis,
        of_variable,
        next: Some("/admin/apis?after=x".to_owned()),
        may_add: true,
    };
    let fields = || ApiFields {
        name: text.to_owned(),
        scopes: text.to_owned(),
        named_apps_alone: false,
        self_registered_apps: true,
        apps: text.to_owned(),
        is_opaque: true,
        alg: "ES256".to_owned(),
        lifetime: text.to_owned(),
    };
    let known = || KnownApi {
        name: text,
        identifier: text,
        is_in_force: false,
        problem: Some(text.to_owned()),
        client_id: text.to_owned(),
        secret_made: Some(moment(language)),
        previous_until: Some(moment(language)),
        apps: vec![NamedApp {
            href: Some("/admin/apps/c".to_owned()),
            name: text.to_owned(),
            client_id: text.to_owned(),
            scopes: Some(text.to_owned()),
        }],
    };
    let api = |known, may_change| ConsoleApiPage {
        frame: frame(text, language),
        action: "/admin/apis/a",
        confirm: None,
        known,
        identifier: text,
        fields: fields(),
        algs: vec!["RS256", "ES256"],
        may_change,
        version: text.to_owned(),
        version_now: text.to_owned(),
        problem: Some(text).filter(|_| may_change),
    };
    vec![
        apis(vec![listed(Some("/admin/apis/a"))], vec![listed(None)]).to_html(),
        apis(Vec::new(), Vec::new()).to_html(),
        api(None, true).to_html(),
        api(Some(known()), true).to_html(),
        ConsoleApiPage {
            confirm: Some("/login?page=admin/apis/a".to_owned()),
            ..api(Some(known()), false)
        }
        .to_html(),
        ConsoleApiPage {
            confirm: Some("/login?page=admin/apis/new".to_owned()),
            ..api(None, false)
        }
        .to_html(),
    ]
}

fn group_pages(text: &'static str, language: Language) -> Vec<String> {
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
            Attention::Webhooks(text.to_owned()),
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

fn app(text: &str, language: Language) -> ConsoleAppPage<'_> {
    ConsoleAppPage {
        frame: frame(text, language),
        action: "/admin/apps/c",
        confirm: None,
        name: text,
        client_id: text,
        registered_by: Provenance::Operator,
        registered: moment(language),
        last_used: Some(moment(language)),
        method: text,
        grants: vec![text],
        scope: Some(text.to_owned()),
        has_people: true,
        has_secret: true,
        typed_name: text,
        redirect_uris: text,
        is_off: true,
        never_ask: true,
        groups: Some(vec![ShownChoice {
            id: text.to_owned(),
            name: text.to_owned(),
            is_allowed: true,
        }]),
        acr: "other",
        version: 7,
        version_now: 8,
        lifetimes: LIFETIMES.map(|name| (name, text.to_owned())).into(),
        may_change: true,
        problem: Some(text),
        roles: Some("/admin/apps/c/roles".to_owned()),
        apis: Some(vec![ListedApi {
            href: Some("/admin/apis/a".to_owned()),
            name: text.to_owned(),
            identifier: text.to_owned(),
            scopes: text.to_owned(),
            problem: None,
        }]),
        preview: Some("/admin/apps/c/preview".to_owned()),
        secrets: Some("/admin/apps/c/secrets".to_owned()),
        look: "/admin/apps/c/look".to_owned(),
    }
}

fn app_secrets(text: &str, language: Language) -> Vec<String> {
    let secret = |name: Option<&str>, is_main, ends| ShownSecret {
        id: text.to_owned(),
        name: name.map(str::to_owned),
        is_main,
        made: Some(moment(language)),
        ends,
        last_used: is_main.then(|| moment(language)),
    };
    let page = |may_change: bool| AppSecretsPage {
        part: part(text, language, may_change),
        secrets: vec![
            secret(None, true, None),
            secret(None, false, Some(moment(language))),
            secret(Some(text), false, None),
        ],
        version: 7,
        typed: (text, text),
    };
    vec![page(true).to_html(), page(false).to_html()]
}

fn app_look(text: &str, language: Language) -> Vec<String> {
    let page = |may_change: bool, is_described: bool| AppLookPage {
        part: part(text, language, may_change),
        is_described,
        logo: (!is_described).then(|| ("/assets/apps/logo/d".to_owned(), moment(language))),
        logo_uri: Some(text),
        notes: text,
        accent: text,
        launch_uri: text,
        version: 7,
    };
    [(true, false), (false, false), (true, true)]
        .map(|(may_change, is_described)| page(may_change, is_described).to_html())
        .into()
}

fn self_registered(text: &str, language: Language) -> Vec<String> {
    let page = |may_change: bool, counted| SelfRegisteredPage {
        frame: frame(text, language),
        action: "/admin/apps/registered",
        confirm: (!may_change).then(|| "/login?page=admin/apps/registered".to_owned()),
        may_change,
        waiting: match may_change {
            true => vec![WaitingApp {
                href: "/admin/apps/c".to_owned(),
                name_in_form: text.to_owned(),
                name: text.to_owned(),
                addresses: vec![text.to_owned()],
                registered: moment(language),
            }],
            false => Vec::new(),
        },
        has_more: may_change,
        never: true,
        days: text,
        counted,
        problem: may_change.then_some(text),
    };
    vec![
        page(true, Some(3)).to_html(),
        page(true, Some(0)).to_html(),
        page(false, None).to_html(),
    ]
}

fn app_pages(text: &'static str, language: Language) -> Vec<String> {
    let listed = ListedApp {
        href: "/admin/apps/c".to_owned(),
        name: text.to_owned(),
        client_id: text.to_owned(),
        registered_by: Provenance::Document,
        is_off: true,
    };
    let apps = |apps, next: Option<&str>| ConsoleAppsPage {
        frame: frame(text, language),
        search: text,
        apps,
        next: next.map(str::to_owned),
        may_add: true,
        has_self_registered: true,
    };
    let new = NewApp {
        kind: AppKind::Web,
        issuer: text,
        client_id: text,
        secret: Some(text),
        redirect_uri: Some(text),
    };
    let once = |heading, lines| OncePage {
        frame: frame(text, language),
        heading,
        name: text,
        back: "/admin/apps/c",
        secret: Some(text),
        until: Some(moment(language)),
        client: Some((text, text)),
        lines,
        test: Some("/authorize?a=b".to_owned()),
    };
    let asked = |confirm: Option<&str>, problem| NewAppPage {
        frame: frame(text, language),
        confirm: confirm.map(str::to_owned),
        kind: AppKind::Native,
        name: text,
        redirect_uris: text,
        problem,
    };
    let preview = |documents, is_nobody: bool| TokenPreviewPage {
        frame: frame(text, language),
        action: "/admin/apps/c/preview",
        back: "/admin/apps/c",
        name: text,
        person: text,
        scope: text,
        api: text,
        problem: is_nobody.then_some(text),
        found: (!is_nobody).then_some((text, text)),
        documents,
        is_nobody,
        is_closed: !is_nobody,
    };
    let documents = ["id_token", "access_token", "userinfo", "introspection"].map(|name| (name, text.to_owned()));
    let mut pages = vec![
        apps(vec![listed], Some("/admin/apps?after=x")).to_html(),
        apps(Vec::new(), Some("/admin/apps?after=x")).to_html(),
        apps(Vec::new(), None).to_html(),
        app(text, language).to_html(),
        ConsoleAppPage {
            registered_by: Provenance::Document,
            confirm: Some("/login?page=admin/apps/c".to_owned()),
            may_change: false,
            problem: None,
            apis: Some(Vec::new()),
            ..app(text, language)
        }
        .to_html(),
        once(OnceHeading::NewApp, new.lines()).to_html(),
        once(OnceHeading::NewSecret, Vec::new()).to_html(),
        once(OnceHeading::ApiKey, Vec::new()).to_html(),
        once(OnceHeading::WebhookSecret, Vec::new()).to_html(),
        once(OnceHeading::Link, Vec::new()).to_html(),
        asked(None, Some(text)).to_html(),
        asked(Some("/login?page=admin/apps/new"), None).to_html(),
        preview(Some(documents.into()), false).to_html(),
        preview(None, true).to_html(),
    ];
    pages.extend(app_secrets(text, language));
    pages.extend(app_look(text, language));
    pages.extend(self_registered(text, language));
    pages
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

fn webhook_pages(text: &'static str, language: Language) -> Vec<String> {
    let shown = |state, all: bool| ShownWebhook {
        href: "/admin/webhooks/w".to_owned(),
        name: text.to_owned(),
        url: text.to_owned(),
        of_tokens: all,
        client_id: all.then(|| text.to_owned()),
        events: if all { Vec::new() } else { vec![text.to_owned()] },
        state,
        taken: Some(moment(language)),
        failing_since: Some(moment(language)),
        problem: Some(text.to_owned()),
        next_attempt: Some(moment(language)),
        passed_over: i64::from(all),
    };
    let list = |webhooks, problem| ConsoleWebhooksPage {
        frame: frame(text, language),
        confirm: None,
        webhooks,
        may_add: true,
        typed: [text, text, text],
        of_tokens: (true, text),
        problem,
    };
    let one = |state, problem, was_tested| ConsoleWebhookPage {
        frame: frame(text, language),
        confirm: Some("/login?page=admin/webhooks/w".to_owned()),
        webhook: shown(state, true),
        shown: "7",
        may_change: true,
        typed: [text, text, text],
        problem,
        was_tested,
    };
    let states = [State::Well, State::Off, State::Failing, State::GivenUp];
    vec![
        list(states.map(|state| shown(state, false)).into(), None).to_html(),
        list(Vec::new(), Some("events must be null")).to_html(),
        one(State::Well, None, false).to_html(),
        one(State::Off, Some("url must be an https URL"), false).to_html(),
        one(State::GivenUp, Some(text), true).to_html(),
        ConsoleWebhookPage {
            may_change: false,
            ..one(State::Failing, None, false)
        }
        .to_html(),
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
