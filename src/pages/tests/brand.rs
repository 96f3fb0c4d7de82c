//! What a deployment's own look does to every page.

use super::samples::*;
use crate::{
    config::{Accent, Config},
    pages::{
        Language, Letter, LoginPage, Look,
        style::{STYLESHEET, STYLESHEET_VERSION},
    },
    web::color::Color,
};

const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 8 8\"><path d=\"M0 0h8v8z\"/></svg>";

fn look(vars: &[(&str, &str)]) -> Look {
    let good = [
        ("ISSUER", "https://id.acme.org"),
        ("KEK_1", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"),
    ];
    let given = [&good, vars].concat();
    let find = |name: &str| given.iter().find(|(known, _)| *known == name);
    Look::of(&Config::parse(|name| find(name).map(|(_, text)| (*text).to_owned())).unwrap())
}

fn acme() -> Look {
    look(&[
        ("BRAND_NAME", "Acme & <Sons>"),
        ("ACCENT_COLOR", "#0b57d0"),
        ("LOGO", SVG),
        ("PRIVACY_URL", "https://acme.org/privacy?a=\"b"),
        ("TERMS_URL", "https://acme.org/terms"),
        ("TERMS_VERSION", "1"),
        ("SUPPORT_CONTACT", "help@acme.org"),
    ])
}

#[test]
fn every_page_has_the_name_the_logo_the_colors_and_the_links_of_the_deployment() {
    let look = acme();
    let logo = format!("/assets/logo?v={}", look.logo.as_ref().unwrap().version);
    for page in every_page("https://notes.acme.org/")
        .into_iter()
        .chain(every_page(HOSTILE))
    {
        let html = look.dress(page.clone());
        let language = Language::of_page(&page).texts();
        let all = elements(&html);
        let of = |name: &str| {
            all.iter()
                .filter(|element| element.split(' ').next() == Some(name))
                .collect::<Vec<_>>()
        };
        // Beside those of apps.
        let mut pictures = of("img");
        pictures.retain(|picture| attribute(picture, "class") != Some("monogram"));
        assert_eq!(pictures.len(), 1, "{html}");
        assert_eq!(
            (attribute(pictures[0], "src"), attribute(pictures[0], "alt")),
            (Some(&*logo), Some(""))
        );
        let links = of("link");
        let href = |n: usize| attribute(links[n], "href").unwrap();
        assert_eq!(href(0), logo);
        assert_eq!(href(1), format!("/assets/limen.css?v={}", look.version));
        assert!(
            html.contains("<span class=\"wordmark own\">Acme &#38; &#60;Sons&#62;</span>"),
            "{html}"
        );
        assert!(!html.contains(">Limen<"), "{html}");
        for (id, text, address) in [
            (
                "own-privacy",
                language.brand.privacy,
                "https://acme.org/privacy?a=&#34;b",
            ),
            ("own-terms", language.brand.terms, "https://acme.org/terms"),
            ("own-help", language.brand.help, "mailto:help%40acme%2Eorg"),
        ] {
            assert_eq!(count(&html, &format!("<a id=\"{id}\" href=\"{address}\"")), 1, "{html}");
            assert!(html.contains(&format!(">{text}<")), "{text} in {html}");
        }
        let ids: Vec<_> = all.iter().filter_map(|element| attribute(element, "id")).collect();
        assert!(
            ids.iter()
                .all(|id| ids.iter().filter(|other| *other == id).count() == 1),
            "{html}"
        );
    }
}

#[test]
fn a_page_is_limens_where_nothing_is_set() {
    let look = look(&[]);
    assert_eq!(
        (&*look.stylesheet, look.version.as_str()),
        (STYLESHEET, STYLESHEET_VERSION)
    );
    for page in every_page("Acme") {
        assert_eq!(count(&page, ">Limen<"), 1, "{page}");
        assert_eq!(look.dress(page.clone()), page);
    }
}

#[test]
fn a_logo_that_shows_the_name_says_it_and_stands_alone() {
    let look = look(&[("BRAND_NAME", "Acme \"A\""), ("LOGO", SVG), ("LOGO_HAS_NAME", "on")]);
    let html = look.dress(login(None).to_html());
    assert!(html.contains("alt=\"Acme &#34;A&#34;\">"), "{html}");
    assert!(!html.contains("wordmark"), "{html}");
    assert_eq!(count(&html, "own-"), 0, "{html}");
}

#[test]
fn the_address_of_the_stylesheet_follows_its_colors() {
    let version = |color: &str| look(&[("ACCENT_COLOR", color)]).version;
    let versions = [
        version("#0b57d0"),
        version("#b3261e"),
        version("#0b57d0 #a8c7fa"),
        look(&[]).version,
    ];
    for (n, one) in versions.iter().enumerate() {
        assert!(
            one.len() == 8 && versions.iter().skip(n + 1).all(|other| other != one),
            "{versions:?}"
        );
    }
    assert_eq!(version("#0b57d0"), versions[0]);
    assert_eq!(look(&[("BRAND_NAME", "Acme")]).version, versions[3]);
}

#[test]
fn an_accent_is_checked_against_what_pages_have_behind_it() {
    let (day, night) = STYLESHEET.split_once("prefers-color-scheme: dark").unwrap();
    let grounds = |css: &str| {
        ["door", "wall", "floor"].map(|name| {
            let (_, rest) = css.split_once(&format!("--{name}: ")).unwrap();
            Color::parse(rest.split(';').next().unwrap()).unwrap()
        })
    };
    assert_eq!(grounds(day), Accent::LIGHT_GROUNDS);
    assert_eq!(grounds(night), Accent::DARK_GROUNDS);
}

#[test]
fn text_on_buttons_can_be_read_whatever_the_color() {
    for color in ["#0b57d0", "#7a4b00", "#000000", "#0a7d33 #00ff66", "#c2185b #ffffff"] {
        let css = look(&[("ACCENT_COLOR", color)]).stylesheet;
        let rules: Vec<_> = css.split(":root {").skip(4).collect();
        assert_eq!(rules.len(), 2, "{css}");
        for rule in rules {
            let of = |name: &str| {
                let (_, rest) = rule.split_once(&format!("--{name}: ")).unwrap();
                Color::parse(rest.split(';').next().unwrap()).unwrap()
            };
            assert!(of("primary").contrast(of("on-primary")) >= 4.5, "{rule}");
            assert_eq!(
                (of("focus"), of("lamp"), of("ledge")),
                (of("primary"), of("primary"), of("on-primary"))
            );
        }
    }
}

#[test]
fn the_heading_and_the_line_below_it_are_the_operators_and_no_markup() {
    let own = (Some("Welcome to <b>Acme</b>"), Some("Use your \"work\" account."));
    let html = LoginPage { own, ..login(None) }.to_html();
    assert!(
        html.contains("<h1>Welcome to &#60;b&#62;Acme&#60;/b&#62;</h1>"),
        "{html}"
    );
    assert!(
        html.contains("<p id=\"welcome\">Use your &#34;work&#34; account.</p>"),
        "{html}"
    );
    // Who is asked once more is told so.
    let again = LoginPage {
        own,
        another: Some("/login?page=overview&another=yes".to_owned()),
        ..login(None)
    }
    .to_html();
    assert!(
        !again.contains("Acme</b>") && !again.contains("id=\"welcome\""),
        "{again}"
    );
}

#[test]
fn a_mail_has_the_color_of_the_deployment_as_far_as_it_can_be_read() {
    let letter = |accent| Letter {
        kind: crate::mail::Kind::Recovery,
        language: Language::En,
        deployment: "Acme",
        accent,
        site: "id.acme.org",
        account: "ada",
        code: None,
        link: Some("https://id.acme.org/x"),
        detail: None,
    };
    let color = |text: &str| Color::parse(text).unwrap();
    let html = letter(None).html();
    assert!(
        html.contains("color:#7a4b00;") && !html.contains("class=\"band\""),
        "{html}"
    );
    let blue = Accent {
        light: color("#0b57d0"),
        dark: color("#a8c7fa"),
    };
    let html = letter(Some(blue)).html();
    assert!(
        html.contains("border-bottom:3px solid #0b57d0") && html.contains("color:#0b57d0;"),
        "{html}"
    );
    assert!(html.contains(".way { color: #a8c7fa !important; }"), "{html}");
    let pale = Accent {
        light: color("#8f8f8f"),
        dark: color("#5f5f5f"),
    };
    let [light, dark] = letter(Some(pale)).link_colors();
    assert!(light.contrast(Color::WHITE) >= 4.5 && dark.contrast(color("#111514")) >= 4.5);
}
