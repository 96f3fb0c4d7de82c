//! The deployment: overview, audit, mails, webhooks.

use super::*;

pub fn event(text: &str, language: Language) -> ShownEvent {
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

pub fn system_pages(text: &'static str, language: Language) -> Vec<String> {
    let audit = |events: Vec<_>, next: Option<&str>| ConsoleAuditPage {
        frame: frame(text, language),
        names: vec!["sign_in", "sign_out"],
        event: "sign_out",
        user: text,
        client: text,
        operator_user: text,
        apps: offered(text),
        from: text,
        to: text,
        nobody: events.is_empty().then_some(text),
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

pub fn mail(text: &str, state: &str, language: Language) -> ShownMail {
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

pub fn mails(text: &str, mails: Vec<ShownMail>, language: Language) -> ConsoleMailPage<'_> {
    ConsoleMailPage {
        frame: frame(text, language),
        confirm: Some("/login?page=admin/mail".to_owned()),
        state: "failed",
        mails,
        next: Some("/admin/mail?after=m".to_owned()),
        may_change: true,
    }
}

pub fn overview(text: &str, language: Language) -> ConsoleOverviewPage<'_> {
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

fn offered(text: &str) -> Vec<ShownChoice> {
    vec![ShownChoice {
        id: text.to_owned(),
        name: text.to_owned(),
        is_allowed: false,
    }]
}

pub fn webhook_pages(text: &'static str, language: Language) -> Vec<String> {
    let shown = |state, all: bool| ShownWebhook {
        refuses_tests: all,
        href: "/admin/webhooks/w".to_owned(),
        name: text.to_owned(),
        url: text.to_owned(),
        of_tokens: all,
        client_id: all.then(|| text.to_owned()),
        events: if all { Vec::new() } else { vec![text.to_owned()] },
        state,
        taken: all.then(|| moment(language)),
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
        apps: offered(text),
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
