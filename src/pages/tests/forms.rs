//! What single pages say, and what their forms post.

use super::samples::*;
use crate::{
    config::{Api, Attributes, ScopeWords},
    oidc::scope::Scope,
    pages::*,
    web::landing::Landing,
};

/// Anybody can register a scheme that looks like the host of somebody else.
#[test]
fn an_app_on_the_device_is_not_shown_as_a_host() {
    for language in Language::ALL {
        let scheme = || Landing::App("accounts.acme.org:".to_owned());
        let mut sign_in = login(None);
        sign_in.language = language;
        if let LoginPurpose::App { return_to, .. } = &mut sign_in.purpose {
            *return_to = scheme();
        }
        let consent = ConsentPage {
            language,
            return_to: scheme(),
            ..consent()
        };
        let texts = &language.texts().consent;
        for html in [sign_in.to_html(), consent.to_html()] {
            assert!(html.contains(texts.destination_app.before()), "{html}");
            for tag in ["<bdi>", "<bdi class=\"name\">"] {
                assert!(
                    !html.contains(&format!("{}{tag}", texts.destination.before())),
                    "{html}"
                );
            }
            assert!(html.contains("accounts.acme.org:</bdi>"), "{html}");
        }
    }
}

#[test]
fn the_login_form_posts_what_the_edge_reads() {
    let html = login(None).to_html();
    for part in [
        "<form method=\"post\" action=\"/login\">",
        "<input type=\"hidden\" name=\"interaction\" value=\"the-interaction\">",
        "<input type=\"hidden\" name=\"csrf\" value=\"the-csrf\">",
        "<input id=\"username\" name=\"username\" type=\"text\" value=\"alice\" autocomplete=\"username webauthn\" inputmode=\"email\" \
         autocapitalize=\"none\" autocorrect=\"off\" spellcheck=\"false\" required>",
        "<input id=\"password\" name=\"password\" type=\"password\" data-show=\"Show password\" autocomplete=\"current-password\"",
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
        nonce: "nonce",
        another: Some("/login?another=yes".to_owned()),
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
        (LoginProblem::Passkey, "That passkey did not work", 0),
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
        nonce: "nonce",
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
        "<input type=\"hidden\" name=\"shown\" value=\"openid profile\">",
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
fn each_api_that_a_request_is_for_says_what_a_scope_means_there() {
    let api = |name: &str, words: &str| Api {
        identifier: format!("https://{name}.acme.org"),
        name: name.to_owned(),
        scopes: [("read".to_owned(), ScopeWords::plain(words))].into(),
        is_open: true,
        declared: None,
    };
    let (files, mails) = (api("files", "Read your files"), api("mails", "Read your mails"));
    let titles = |apis: &[&Api]| -> Vec<_> {
        let scope = Scope::from_iter(["read"]);
        let items = ConsentItem::for_scopes(&scope, apis, &Attributes::default(), Language::En);
        items.into_iter().map(|item| item.title).collect()
    };
    assert_eq!(titles(&[&mails]), ["Read your mails"]);
    assert_eq!(titles(&[&files, &mails]), ["Read your files", "Read your mails"]);
    assert_eq!(titles(&[]), ["Use a permission of its own"]);
}

#[test]
fn a_scope_without_words_shows_its_token() {
    let items = vec![ConsentItem::for_scope("notes:<write>", Language::En)];
    let html = ConsentPage { items, ..consent() }.to_html();
    assert!(html.contains("<code>notes:&#60;write&#62;</code>"), "{html}");
    let scope = Scope::from_iter(["a:b", "phone", "openid", "email"]);
    let order: Vec<_> = ConsentItem::for_scopes(&scope, &[], &Attributes::default(), Language::En)
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
        nonce: "nonce",
        purpose: LoginPurpose::App {
            client_name: "\u{202e}\u{200b} ".into(),
            client_uri: None,
            marks: Marks::default(),
            policy_uri: None,
            tos_uri: None,
            return_to: Landing::Host("app.acme.org".to_owned()),
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
fn a_page_leads_on_to_what_a_client_can_register() {
    let page = |url| HandOverPage {
        language: Language::En,
        url,
    };
    let web = page("https://app.acme.org/cb?a='&b=\"").to_html();
    let url = "https://app.acme.org/cb?a=&#39;&#38;b=&#34;";
    assert!(
        web.contains(&format!("<meta http-equiv=\"refresh\" content=\"0;url={url}\">")),
        "{web}"
    );
    assert!(web.contains(&format!("id=\"continue\" href=\"{url}\"")) && web.contains("app.acme.org</bdi>"));
    assert!(!web.contains("close this page"));
    let app = page("cursor://x/cb?code=1").to_html();
    assert!(
        app.contains("url=cursor://x/cb?code=1\"") && app.contains("cursor:</bdi>") && app.contains("close this page")
    );
    for url in [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "'https://a.org/",
        "/cb",
        "",
    ] {
        let html = page(url).to_html();
        assert!(
            !html.contains("http-equiv") && !html.contains("id=\"continue\""),
            "{html}"
        );
    }
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
