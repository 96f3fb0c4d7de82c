//! What every page has to keep, whatever it is told to show.

use super::*;
use crate::{oidc::scope::Scope, routes::Endpoint, time::UnixTime};

const HOSTILE: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}&quot;";

fn login(problem: Option<LoginProblem>) -> LoginPage<'static> {
    LoginPage {
        language: Language::En,
        purpose: LoginPurpose::App {
            client_name: "Acme Notes",
            client_uri: Some("https://notes.acme.org/about"),
            policy_uri: Some("https://notes.acme.org/privacy"),
            tos_uri: Some("https://notes.acme.org/terms"),
            interaction: "the-interaction",
        },
        sign_up: None,
        csrf: "the-csrf",
        username: "alice",
        problem,
        reauthenticate: false,
    }
}

fn consent() -> ConsentPage<'static> {
    ConsentPage {
        language: Language::En,
        client_name: "Acme Notes",
        client_uri: Some("https://notes.acme.org"),
        policy_uri: Some("https://notes.acme.org/privacy"),
        tos_uri: Some("https://notes.acme.org/terms"),
        redirect_host: "app.acme.org",
        document_host: None,
        to_this_device: false,
        account: "alice@acme.org",
        items: vec![ConsentItem {
            new: true,
            ..ConsentItem::for_scope("email", Language::En)
        }],
        already: Vec::new(),
        interaction: "the-interaction",
        csrf: "the-csrf",
        scopes_digest: "the-digest",
    }
}

fn form_post<'a>(action: &'a str, fields: &'a [(&'a str, &'a str)]) -> FormPostPage<'a> {
    FormPostPage {
        language: Language::En,
        action,
        fields,
        nonce: "the-nonce",
    }
}

/// Every page in every language, with `text` in every field that holds a text.
fn every_page(text: &'static str) -> Vec<String> {
    let mut pages = Vec::new();
    for language in Language::ALL {
        pages.extend(account_pages(text, language));
        for problem in [
            None,
            Some(LoginProblem::WrongCredentials),
            Some(LoginProblem::Missing),
            Some(LoginProblem::TooManyAttempts { minutes: 5 }),
            Some(LoginProblem::Expired),
        ] {
            for purpose in [
                LoginPurpose::App {
                    client_name: text,
                    client_uri: Some(text),
                    policy_uri: Some(text),
                    tos_uri: Some(text),
                    interaction: text,
                },
                LoginPurpose::Account { page: text },
            ] {
                let page = LoginPage {
                    language,
                    purpose,
                    sign_up: None,
                    csrf: text,
                    username: text,
                    problem,
                    reauthenticate: problem.is_none(),
                };
                pages.push(page.to_html());
            }
        }
        let scope = Scope::from_iter(["openid", "profile", "email", "address", "phone", "offline_access", text]);
        let page = ConsentPage {
            language,
            client_name: text,
            client_uri: Some(text),
            policy_uri: Some(text),
            tos_uri: Some(text),
            redirect_host: text,
            document_host: Some(text),
            to_this_device: true,
            account: text,
            items: ConsentItem::for_scopes(&scope, language),
            already: ConsentItem::for_scopes(&scope, language),
            interaction: text,
            csrf: text,
            scopes_digest: text,
        };
        pages.push(page.to_html());
        let page = ErrorPage {
            language,
            title: text,
            what_happened: text,
            what_to_do: text,
            code: Some(text),
            request_id: Some(text),
            way_on: None,
        };
        pages.push(page.to_html());
        let page = SelectAccountPage {
            language,
            client_name: text,
            client_uri: Some(text),
            interaction: text,
            csrf: text,
            accounts: vec![AccountChoice {
                session_id: text,
                name: text,
                username: "alice",
            }],
        };
        pages.push(page.to_html());
        let page = LogoutPage {
            language,
            client_name: Some(text),
            account: text,
            meant_another: true,
            has_others: true,
            fields: &[(text, text)],
        };
        pages.push(page.to_html());
        for (outcome, nonce) in [
            (SignOut::Done, Some(text)),
            (SignOut::Done, None),
            (SignOut::Declined, None),
        ] {
            let page = SignedOutPage {
                language,
                outcome,
                next: Some((text, text)),
                frames: Vec::new(),
                nonce,
            };
            pages.push(page.to_html());
        }
        let page = FormPostPage {
            language,
            action: text,
            fields: &[(text, text)],
            nonce: text,
        };
        pages.push(page.to_html());
    }
    pages
}

/// Every page of the account, likewise.
fn account_pages(text: &'static str, language: Language) -> Vec<String> {
    use account::*;
    let frame = Frame {
        language,
        page: Endpoint::AccountProfile,
        person: text,
        csrf: text,
        notice: Some(Notice::ProfileSaved),
    };
    let moment = || Moment::new(UnixTime(0), UnixTime(90), language);
    let field = |editable, problem| FieldState {
        value: text.to_owned(),
        editable,
        problem,
    };
    let mut pages = vec![
        OverviewPage {
            frame,
            username: text,
            email: Some((text, true)),
            password_set: Some(moment()),
            browsers: 2,
            apps: 1,
        }
        .to_html(),
        ProfilePage {
            frame,
            fields: [
                ("name", field(true, Some(FieldProblem::TooLong))),
                ("street_address", field(true, Some(FieldProblem::TooLong))),
                ("website", field(false, None)),
            ]
            .into(),
            changed_elsewhere: true,
        }
        .to_html(),
        BrowsersPage {
            frame,
            browsers: vec![ShownBrowser {
                session_id: text.to_owned(),
                browser: Some(text),
                system: Some(text),
                signed_in: moment(),
                last_seen: moment(),
                current: false,
            }],
        }
        .to_html(),
        AppsPage {
            frame,
            apps: vec![ShownApp {
                client_id: text.to_owned(),
                client_name: text.to_owned(),
                client_uri: Some(text.to_owned()),
                items: vec![ConsentItem::for_scope(text, language)],
                since: moment(),
                last_used: Some(moment()),
                open: Some(text.to_owned()),
            }],
        }
        .to_html(),
        ActivityPage {
            frame,
            happenings: vec![Happening {
                event: text.to_owned(),
                at: moment(),
                app: Some(text.to_owned()),
                network: Some(text.to_owned()),
                by_operator: true,
            }],
            older: Some("/account/activity?before=1".to_owned()),
        }
        .to_html(),
        DataPage { frame }.to_html(),
        DeletionPage {
            frame,
            username: text,
            unconfirmed: true,
            password: Some(PasswordCheck::Wrong),
        }
        .to_html(),
        DeletedPage { language }.to_html(),
    ];
    for problem in [
        EmailProblem::NotAnAddress,
        EmailProblem::Taken,
        EmailProblem::Password(PasswordCheck::TooMany { minutes: 3 }),
        EmailProblem::ChangedElsewhere,
    ] {
        let page = EmailPage {
            frame,
            username: text,
            current: Some(text),
            editable: true,
            entered: text,
            problem: Some(problem),
        };
        pages.push(page.to_html());
    }
    for problem in [
        PasswordProblem::Current(PasswordCheck::Missing),
        PasswordProblem::TooShort,
        PasswordProblem::TooLong,
        PasswordProblem::NotTheSame,
    ] {
        let page = PasswordPage {
            frame,
            username: text,
            problem: Some(problem),
        };
        pages.push(page.to_html());
    }
    pages
}

/// The elements of a page that open, as written between `<` and `>`. Fails when one is left open or closed twice.
fn elements(html: &str) -> Vec<String> {
    let (mut open, mut all) = (Vec::new(), Vec::new());
    for tag in html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()) {
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "in {html}");
        } else if !tag.starts_with('!') {
            let name = tag.split_whitespace().next().unwrap();
            if !["meta", "link", "input", "br"].contains(&name) && !tag.ends_with('/') {
                open.push(name.to_owned());
            }
            all.push(tag.to_owned());
        }
    }
    assert!(open.is_empty(), "left open: {open:?} in {html}");
    all
}

fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    element.split_once(&format!(" {name}=\""))?.1.split('"').next()
}

fn count(html: &str, part: &str) -> usize {
    html.matches(part).count()
}

#[test]
fn sign_in_and_consent_link_to_the_policy_and_the_terms_of_the_app() {
    for html in [login(None).to_html(), consent().to_html()] {
        assert!(html.contains(r#"href="https://notes.acme.org/privacy""#), "{html}");
        assert!(html.contains(r#"href="https://notes.acme.org/terms""#), "{html}");
    }
}

#[test]
fn nothing_that_is_shown_becomes_markup() {
    for html in every_page(HOSTILE) {
        assert!(
            !html.contains("alert(1)</script>") && !html.contains("<img") && !html.contains("\"'>"),
            "{html}"
        );
        for element in elements(&html) {
            assert!(
                !element.contains("onerror=") || element.contains("&#60;img"),
                "{element}"
            );
        }
    }
}

/// Whether a link leads to a page of Limen's, or to a place on the same.
fn is_own(href: &str) -> bool {
    href.starts_with("/account") || href == Endpoint::Logout.path() || href.starts_with('#')
}

#[test]
fn only_web_addresses_become_links() {
    for uri in [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "data:text/html,<b>",
        "//evil.example",
        "x",
    ] {
        for html in every_page(uri) {
            for element in elements(&html).iter().filter(|element| element.starts_with("a ")) {
                let href = attribute(element, "href").unwrap();
                assert!(is_own(href) || href.starts_with("https://"), "{element}");
            }
        }
    }
    for html in every_page("javascript:alert(1)") {
        let links = elements(&html).into_iter().filter(|element| element.starts_with("a "));
        for link in links {
            assert!(is_own(attribute(&link, "href").unwrap()), "{link}");
        }
    }
}

#[test]
fn a_link_is_escaped() {
    let page = LoginPage {
        purpose: LoginPurpose::App {
            client_name: "Acme Notes",
            client_uri: Some("https://a.example/?a='&quot;<b>"),
            policy_uri: None,
            tos_uri: None,
            interaction: "",
        },
        ..login(None)
    };
    let html = page.to_html();
    assert!(
        html.contains("href=\"https://a.example/?a=%27&#38;quot;%3Cb%3E\""),
        "{html}"
    );
}

#[test]
fn every_page_is_whole_and_accessible() {
    for html in every_page("https://notes.acme.org/")
        .into_iter()
        .chain(every_page(""))
        .chain(every_page(HOSTILE))
    {
        let elements = elements(&html);
        for name in ["h1", "main", "title"] {
            let found = elements
                .iter()
                .filter(|element| element.split(' ').next() == Some(name))
                .count();
            assert_eq!(found, 1, "{name} in {html}");
        }
        assert!(
            Language::ALL
                .iter()
                .any(|language| html.contains(&format!("<html lang=\"{}\" dir=\"ltr\">", language.tag())))
        );
        assert!(html.contains(&format!("href=\"/assets/limen.css?v={STYLESHEET_VERSION}\"")));
        let ids: Vec<_> = elements.iter().filter_map(|element| attribute(element, "id")).collect();
        for id in &ids {
            assert_eq!(ids.iter().filter(|other| other == &id).count(), 1, "{id} twice");
        }
        for element in &elements {
            for reference in [attribute(element, "for"), attribute(element, "aria-describedby")]
                .into_iter()
                .flatten()
                .flat_map(str::split_whitespace)
            {
                assert!(ids.contains(&reference), "{reference} in {html}");
            }
            if element.starts_with("input ") && attribute(element, "type") != Some("hidden") {
                let id = attribute(element, "id").unwrap();
                assert!(html.contains(&format!("<label for=\"{id}\">")), "{element}");
            }
        }
    }
}

#[test]
fn no_page_has_an_inline_style_or_script_or_a_foreign_asset() {
    for html in every_page("https://notes.acme.org/") {
        for element in elements(&html) {
            let name = element.split(' ').next().unwrap();
            assert!(
                !["style", "img", "iframe", "object", "embed", "base"].contains(&name),
                "{element}"
            );
            assert!(
                !element.contains(" style=") && !element.contains(" on") && !element.contains(" src="),
                "{element}"
            );
            assert!(name != "script" || element.starts_with("script nonce="), "{element}");
            if name == "link" {
                let href = attribute(&element, "href").unwrap();
                assert!(
                    href.starts_with("/assets/") || href.starts_with("data:image/svg+xml,"),
                    "{element}"
                );
            }
        }
    }
}

#[test]
fn apps_are_told_in_frames_of_web_addresses_alone() {
    let frames = [
        "https://a.acme.org/out?sid=\"><b",
        "javascript:alert(1)",
        "data:text/html,x",
        "x",
    ];
    let html = SignedOutPage {
        language: Language::En,
        outcome: SignOut::Done,
        next: Some(("Notes", "org.acme.notes:/bye?a=1&b='\"")),
        frames: frames.map(str::to_owned).to_vec(),
        nonce: Some("the-nonce"),
    }
    .to_html();
    let elements = elements(&html);
    let frames: Vec<_> = elements
        .iter()
        .filter(|element| element.starts_with("iframe "))
        .collect();
    assert_eq!(
        frames,
        [
            "iframe sandbox=\"allow-forms allow-same-origin allow-scripts\" src=\"https://a.acme.org/out?sid=%22%3E%3Cb\" title=\"a.acme.org\" hidden"
        ]
    );
    assert!(
        html.contains("content=\"5;url=org.acme.notes:/bye?a=1&#38;b=&#39;&#34;\""),
        "{html}"
    );
    assert!(
        html.contains("<a id=\"continue\" href=\"org.acme.notes:/bye?"),
        "{html}"
    );
}

#[test]
fn the_login_form_posts_what_the_edge_reads() {
    let html = login(None).to_html();
    for part in [
        "<form method=\"post\" action=\"/login\">",
        "<input type=\"hidden\" name=\"interaction\" value=\"the-interaction\">",
        "<input type=\"hidden\" name=\"csrf\" value=\"the-csrf\">",
        "<input id=\"username\" name=\"username\" type=\"text\" value=\"alice\" autocomplete=\"username\" inputmode=\"email\" \
         autocapitalize=\"none\" autocorrect=\"off\" spellcheck=\"false\" required>",
        "<input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\"",
        "<button type=\"submit\" id=\"cancel\" name=\"cancel\" value=\"yes\" formnovalidate>",
        "<a href=\"https://notes.acme.org/about\" target=\"_blank\" rel=\"noopener noreferrer\">notes.acme.org<",
        "<title>Sign in \u{2013} Acme Notes</title>",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
    // Enter presses the first submit button.
    assert!(html.find("id=\"login\"").unwrap() < html.find("id=\"cancel\"").unwrap());
    assert!(!html.contains("role=\"alert\"") && !html.contains("aria-invalid"));
    let again = LoginPage {
        reauthenticate: true,
        sign_up: Some("/signup".to_owned()),
        ..login(None)
    }
    .to_html();
    for part in ["<h1>Confirm it\u{2019}s you</h1>", "<p>You are signed in already."] {
        assert!(again.contains(part), "{part} in {again}");
    }
    assert!(!again.contains("id=\"sign-up\""), "who is signed in needs no account");
}

#[test]
fn a_problem_is_announced_and_tied_to_its_fields() {
    for (problem, text, invalid) in [
        (LoginProblem::WrongCredentials, "match", 2),
        (LoginProblem::Missing, "Enter your username", 1),
        (LoginProblem::TooManyAttempts { minutes: 5 }, "Wait 5 minutes", 0),
        (LoginProblem::TooManyAttempts { minutes: 1 }, "Wait a minute", 0),
        (LoginProblem::TooManyAttempts { minutes: -3 }, "Wait a minute", 0),
        (LoginProblem::Expired, "sign in again", 0),
    ] {
        let html = login(Some(problem)).to_html();
        assert!(html.contains("<title>Error: Sign in"), "{html}");
        let alert = html
            .split_once("id=\"problem\" role=\"alert\">")
            .unwrap()
            .1
            .split('<')
            .next()
            .unwrap();
        assert!(alert.contains(text), "{alert}");
        assert_eq!(count(&html, "aria-describedby=\"problem\""), 2);
        assert_eq!(count(&html, "aria-invalid=\"true\""), invalid);
    }
    let nobody = LoginPage {
        username: " ",
        ..login(Some(LoginProblem::Missing))
    };
    assert_eq!(count(&nobody.to_html(), "aria-invalid=\"true\""), 2);
}

#[test]
fn the_consent_form_posts_what_the_edge_reads() {
    let html = consent().to_html();
    for part in [
        "<form method=\"post\" action=\"/consent\">",
        "<input type=\"hidden\" name=\"shown\" value=\"the-digest\">",
        "<button class=\"primary\" type=\"submit\" id=\"approve\" name=\"approve\" value=\"yes\">Allow</button>",
        "<button type=\"submit\" id=\"deny\" name=\"deny\" value=\"yes\">Deny</button>",
        "<button class=\"link\" type=\"submit\" id=\"switch\" name=\"switch\" value=\"yes\">",
        "<bdi class=\"name\">alice@acme.org</bdi>",
        "<bdi class=\"name\">app.acme.org</bdi>",
        "<a href=\"https://notes.acme.org/privacy\"",
        "<a href=\"https://notes.acme.org/terms\"",
        "See your e-mail address",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
    assert!(!html.contains("<details>") && !html.contains("class=\"new\""));
    let already = vec![ConsentItem::for_scope("openid", Language::En)];
    let html = ConsentPage { already, ..consent() }.to_html();
    assert!(html.contains("<details>") && html.contains("Know who you are"));
    assert_eq!(count(&html, "class=\"new\""), 1);
}

#[test]
fn an_app_that_nobody_registered_is_shown_by_the_host_of_its_document() {
    assert!(!consent().to_html().contains("comes from"));
    let html = ConsentPage {
        document_host: Some("app.acme.org"),
        ..consent()
    }
    .to_html();
    assert!(
        html.contains("This app comes from <bdi class=\"name\">app.acme.org</bdi>."),
        "{html}"
    );
    assert!(!html.contains("your own device"));
}

#[test]
fn such_an_app_on_the_device_is_warned_of_and_a_registered_one_is_not() {
    let device = |document_host| ConsentPage {
        document_host,
        to_this_device: true,
        ..consent()
    };
    assert!(device(Some("app.acme.org")).to_html().contains("your own device"));
    assert!(!device(None).to_html().contains("your own device"));
}

#[test]
fn a_scope_without_words_shows_its_token() {
    let items = vec![ConsentItem::for_scope("notes:<write>", Language::En)];
    let html = ConsentPage { items, ..consent() }.to_html();
    assert!(html.contains("<code>notes:&#60;write&#62;</code>"), "{html}");
    let scope = Scope::from_iter(["a:b", "phone", "openid", "email"]);
    let order: Vec<_> = ConsentItem::for_scopes(&scope, Language::En)
        .into_iter()
        .map(|item| item.title)
        .collect();
    assert_eq!(
        order,
        [
            "Know who you are",
            "See your e-mail address",
            "See your phone number",
            "Use a permission of its own"
        ]
    );
}

#[test]
fn a_name_that_cannot_be_seen_is_called_nameless() {
    let html = LoginPage {
        purpose: LoginPurpose::App {
            client_name: "\u{202e}\u{200b} ",
            client_uri: None,
            policy_uri: None,
            tos_uri: None,
            interaction: "",
        },
        ..login(None)
    }
    .to_html();
    assert!(html.contains("<bdi class=\"name\">An app without a name</bdi>"));
}

#[test]
fn an_error_page_says_what_and_how_to_find_it() {
    let mut page = ErrorPage::new(|errors| &errors.unavailable, Language::De);
    assert!(!page.to_html().contains("<dl"));
    page.code = Some("temporarily_unavailable");
    page.request_id = Some("42");
    let html = page.to_html();
    assert!(
        html.contains("<title>Fehler: Gerade nicht erreichbar</title>"),
        "{html}"
    );
    assert!(html.contains("<code>temporarily_unavailable</code>") && html.contains("<code>42</code>"));
}

#[test]
fn a_response_is_posted_by_one_script_with_a_nonce_or_by_a_button() {
    let html = form_post("https://app.acme.org/cb?a=1&b=2", &[("code", "x"), ("state", "\"><b>")]).to_html();
    assert!(
        html.contains("<form method=\"post\" action=\"https://app.acme.org/cb?a=1&#38;b=2\">"),
        "{html}"
    );
    assert!(html.contains("<input type=\"hidden\" name=\"code\" value=\"x\">"));
    assert!(html.contains("name=\"state\" value=\"&#34;&#62;&#60;b&#62;\""));
    assert!(html.contains("<button class=\"primary\" type=\"submit\" id=\"continue\">Continue</button>"));
    assert_eq!(count(&html, "<script"), 1);
    assert!(html.contains("<script nonce=\"the-nonce\">document.forms[0].submit()</script>"));
    let hostile = FormPostPage {
        nonce: HOSTILE,
        ..form_post("https://app.acme.org/cb", &[(HOSTILE, HOSTILE)])
    };
    assert_eq!(count(&hostile.to_html(), "<script"), 1);
    for action in ["javascript:alert(1)", "org.acme.app:/cb", "/cb", ""] {
        let html = form_post(action, &[("code", "secret")]).to_html();
        assert!(
            !html.contains("<form") && !html.contains("<script") && !html.contains("secret"),
            "{html}"
        );
    }
}
