//! Apps and APIs.

use super::*;

pub fn api_pages(text: &'static str, language: Language) -> Vec<String> {
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

pub fn app(text: &str, language: Language) -> ConsoleAppPage<'_> {
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
        after_sign_out: text.to_owned(),
        roles_claim: text.to_owned(),
        is_off: true,
        consent: "never",
        groups: Some(vec![ShownChoice {
            id: text.to_owned(),
            name: text.to_owned(),
            is_allowed: true,
        }]),
        acr: "mfa",
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

pub fn app_secrets(text: &str, language: Language) -> Vec<String> {
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

pub fn app_look(text: &str, language: Language) -> Vec<String> {
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

pub fn self_registered(text: &str, language: Language) -> Vec<String> {
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

pub fn app_pages(text: &'static str, language: Language) -> Vec<String> {
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
        once(OnceHeading::Invitation, Vec::new()).to_html(),
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
