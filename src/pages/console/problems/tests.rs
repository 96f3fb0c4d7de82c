use std::{collections::BTreeSet, fs, path::Path};

use super::{super::ConsoleFrame, gaps, translated};
use crate::{
    account::email,
    admin::{
        client_approval::{Unused, Verdicts},
        client_changes::ClientChanges,
        client_secret::{self, WantedSecret},
        console_form::{self, api::ApiFields, app, group, new_person, system, webhook},
        role::{Holder, RoleOfHolder},
        user::UserChanges,
    },
    config::{PrivateHttp, SecondFactor},
    oidc::{
        client::redirect_uri::{ApplicationType, RedirectUri},
        declared_api::ApiSettings,
        error::OAuthError,
        params::Params,
    },
    pages::{Language, messages::PROBLEMS},
    routes::Endpoint,
    web::fetch_url::LoopbackFetches,
};

fn form(text: &str) -> Params {
    Params::parse(text).unwrap()
}

fn said<T>(refused: Result<T, OAuthError>) -> String {
    match refused {
        Ok(_) => panic!("it was taken"),
        Err(error) => error.description.into_owned(),
    }
}

#[test]
fn gaps_are_what_stands_between() {
    assert_eq!(gaps("{} has {}, so", "a has b has c, so"), Some(vec!["a", "b has c"]));
    assert_eq!(gaps("from {} to {}", "from 1 to 9"), Some(vec!["1", "9"]));
    assert_eq!(gaps("none", "none"), Some(vec![]));
    for other in ["", "non", "nones", "from 1"] {
        assert_eq!(
            (gaps("none", other), gaps("from {} to {}", other)),
            (None, None),
            "{other}"
        );
    }
}

#[test]
fn what_came_is_said_in_the_language_of_the_page_and_cannot_be_markup() {
    let twice = "scopes: a scope is there twice: <b>";
    let german = ConsoleFrame::bare(Language::De, Endpoint::ConsoleApis).problem(twice);
    assert!(german.contains("Ein Scope steht zweimal da: &#60;b&#62;"), "{german}");
    assert!(!german.contains("lang="), "{german}");
    let english = ConsoleFrame::bare(Language::En, Endpoint::ConsoleApis).problem(twice);
    assert!(english.contains("a scope is there twice: &#60;b&#62;"), "{english}");
    let unknown = ConsoleFrame::bare(Language::De, Endpoint::ConsoleApis).problem("scopes: the sky fell");
    assert!(unknown.contains(r#"<span lang="en">the sky fell</span>"#), "{unknown}");
}

#[test]
fn each_language_has_each_text_with_the_same_gaps() {
    for language in Language::ALL.into_iter().filter(|language| *language != Language::En) {
        let lines: Vec<_> = language.texts().problems.lines().collect();
        assert_eq!(lines.len(), PROBLEMS.len());
        for (english, line) in PROBLEMS.iter().zip(lines) {
            assert_eq!(english.matches("{}").count(), line.matches("{}").count(), "{line}");
        }
    }
}

#[test]
fn each_text_is_one_that_the_sources_have() {
    let mut known = BTreeSet::new();
    read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut known);
    let without_member = |text: &str| {
        let rest = text.strip_prefix("{}");
        let rest = rest.unwrap_or_else(|| text.trim_start_matches(|c: char| c.is_ascii_lowercase() || c == '_'));
        rest.trim_start_matches([':', ' ', '.']).to_owned()
    };
    let both: BTreeSet<_> = known
        .iter()
        .flat_map(|text| [text.clone(), without_member(text)])
        .collect();
    let fixed = |text: &str| text.replace("{}", "").len();
    for english in PROBLEMS {
        let is_one = |text: &String| 2 * fixed(text) >= fixed(english) && gaps(text, english).is_some();
        assert!(
            both.contains(english) || both.iter().any(is_one),
            "nothing says any more: {english}"
        );
    }
}

/// The texts in all sources but tests, with what is filled in as `{}`.
fn read_all(folder: &Path, known: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            read_all(&path, known);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            let source = fs::read_to_string(&path).unwrap();
            let source = source.split("#[cfg(test)]").next().unwrap_or_default();
            known.extend(texts_of(source));
        }
    }
}

fn texts_of(source: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find(['"', '/', '\'']) {
        rest = &rest[at..];
        let skipped = match () {
            () if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            () if rest.starts_with("'\"'") => 3,
            () if !rest.starts_with('"') => 1,
            () => {
                let mut escaped = false;
                let end = rest[1..].find(|c: char| {
                    let ends = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    ends
                });
                let end = end.map_or(rest.len() - 1, |end| end + 1);
                texts.push(as_pattern(&rest[1..end]));
                end + 1
            }
        };
        rest = &rest[skipped..];
    }
    texts
}

/// A literal of the sources as a pattern.
fn as_pattern(literal: &str) -> String {
    let mut lines = literal.split("\\\n");
    let first = lines.next().unwrap_or_default().to_owned();
    let joined = lines.fold(first, |text, line| text + line.trim_start());
    let mut pattern = String::new();
    let mut parts = joined.split('{');
    pattern.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (_, behind) = part.split_once('}').unwrap_or_default();
        pattern.push_str("{}");
        pattern.push_str(behind);
    }
    pattern
}

/// What an operator is told after ordinary mistakes.
fn ordinary() -> Vec<String> {
    let person = |body: &str| said(UserChanges::parse(body.as_bytes()).and_then(|wanted| wanted.for_new()));
    let webhook = |text: &str| said(webhook::webhook(&form(text), LoopbackFetches::Refused));
    let redirect = |text: &str, application| {
        let why = RedirectUri::register(text, application, PrivateHttp::Refused).unwrap_err();
        format!("redirect_uris {why}")
    };
    let web = |text: &str| redirect(text, ApplicationType::Web);
    let api = |change: fn(&mut ApiFields)| {
        let mut fields = ApiFields {
            name: "A".to_owned(),
            ..ApiFields::default()
        };
        change(&mut fields);
        let read = fields
            .members()
            .and_then(|members| ApiSettings::read(&members).map(drop));
        read.unwrap_err()
    };
    let look = |text: &str| said(ClientChanges::of_form(&form(text)));
    let key = |text: &str| said(system::wanted_key(&form(text)));
    let role = RoleOfHolder::parse("a,b", Holder::Group("g".to_owned()));
    let label = crate::account::group::Label::parse("CI").unwrap();
    let mut all = vec![
        person("{}"),
        person(r#"{"username": "a b"}"#),
        person(r#"{"username": "ada", "email": "ada"}"#),
        format!("email {}", email::parse("ada@").unwrap_err()),
        said(new_person::person(&form("way=mail"))),
        said(group::new_group(&form("name="), SecondFactor::Off)),
        said(group::new_group(&form("name=a,b"), SecondFactor::Off)),
        said(role),
        webhook("name=&url=https://a.test/"),
        webhook("name=a&url="),
        webhook("name=a&url=http://a.test/"),
        webhook("name=a&url=https://localhost/"),
        webhook("name=a&url=https://a.test/a b"),
        webhook("name=a&url=https://a.test/%23b"),
        webhook("name=a&url=https://a.test/&events=sign-in"),
        webhook("name=a&url=https://a.test/&events=signed"),
        webhook("name=a&url=https://a.test/&client_id=a"),
        webhook("name=a&url=https://a.test/&format=set&events=consent_given"),
        web("a.test"),
        web("http://a.test/"),
        web("http://10.0.0.1/"),
        web("http://localhost/"),
        web("acme:/"),
        web("https://*.a.test/"),
        web("https://a.test/#a"),
        redirect("http://a.test/", ApplicationType::Native),
        said(app::changes(&form("id_token_lifetime=soon"), true)),
        api(|fields| fields.name.clear()),
        api(|fields| fields.scopes = "a A\na B".to_owned()),
        api(|fields| fields.scopes = "a".to_owned()),
        api(|fields| fields.scopes = "groups Groups".to_owned()),
        api(|fields| fields.apps = "a\na".to_owned()),
        api(|fields| fields.apps = "a b".to_owned()),
        api(|fields| fields.lifetime = "5".to_owned()),
        api(|fields| (fields.is_opaque, fields.alg) = (true, "ES256".to_owned())),
        look("accent_color=blue"),
        look("accent_color=%23ffcc00"),
        look("launch_uri=http://a.test/"),
        key("name=a"),
        key("name=&scope=people:read"),
        key("name=a&scope=people:read&days=0"),
        said(WantedSecret::of_form(&form("name=a&days=x"))),
        client_secret::same_name(&label).description.into_owned(),
        client_secret::too_many().description.into_owned(),
        said(Verdicts::of_form(&form("do=approve"))),
        said(Unused::of_form(&form("unused=since&days=0"))),
        console_form::changed().description.into_owned(),
        crate::admin::webhook::OWN.to_owned(),
        crate::admin::webhook_delivery::judge(500, "down").unwrap_err().why,
    ];
    // Those of the database, and of what is asked elsewhere.
    all.extend(
        [
            "the username, e-mail address or id is taken, or another request has changed the account",
            "the name is taken, or looks like one that is, or another request has changed or deleted the group",
            "another request has changed or deleted it; read it again",
            "there is no person with that username or e-mail address",
            "there is an API of that identifier, which a slash at its end does not tell apart",
            "identifier must be an absolute URI without a fragment, as the API expects it in aud, such as https://api.acme.org",
            "redirect_uris is required for the authorization_code and implicit grants",
            "access_token_lifetime and the other lifetimes must be at least 60 seconds",
            "logo is none of PNG, JPEG, WebP and GIF",
            "logo: choose a file first",
            "logo_uri could not be reached",
        ]
        .map(str::to_owned),
    );
    all
}

#[test]
fn ordinary_mistakes_are_told_in_each_language() {
    let mut untold = Vec::new();
    for problem in ordinary() {
        for language in Language::ALL.into_iter().filter(|language| *language != Language::En) {
            let html = ConsoleFrame::bare(language, Endpoint::ConsoleApis).problem(&problem);
            if html.contains("lang=") {
                untold.push(format!("{language:?}: {problem}: {html}"));
            }
        }
    }
    assert!(untold.is_empty(), "{untold:#?}");
    assert_eq!(translated("", Language::De), None);
}
