//! Which configurations start, and how the others are refused.

use super::*;

const ROOT: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

fn parse(vars: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::parse(|name| {
        vars.iter()
            .rev()
            .find(|(n, _)| *n == name)
            .map(|(_, text)| (*text).to_owned())
    })
}

fn problem(extra: &[(&str, &str)]) -> String {
    let good = [("ISSUER", "https://id.acme.org"), ("KEK_1", ROOT)];
    parse(&[&good, extra].concat()).unwrap_err().to_string()
}

#[test]
fn a_complete_configuration_is_accepted() {
    let config = parse(&[("ISSUER", "http://localhost:8787"), ("KEK_1", ROOT)]).unwrap();
    assert_eq!(config.issuer.url("/token"), "http://localhost:8787/token");
    assert!(config.admin_token.is_none() && !config.server_timing);
}

#[test]
fn people_may_edit_every_claim_or_those_that_are_named_or_none() {
    let editable = |value: &str| {
        let vars = [
            ("ISSUER", "https://id.acme.org"),
            ("KEK_1", ROOT),
            ("EDITABLE_CLAIMS", value),
        ];
        parse(&vars).unwrap().editable_claims
    };
    assert_eq!(editable(""), editable_claims());
    assert_eq!(editable("none"), [""; 0]);
    assert_eq!(editable(" name  picture"), ["name", "picture"]);
}

#[test]
fn what_a_profile_does_not_have_is_not_changed_there() {
    let vars = [
        ("ISSUER", "https://id.acme.org"),
        ("KEK_1", ROOT),
        ("PROFILE_CLAIMS", "name address"),
        ("EDITABLE_CLAIMS", "name picture email"),
    ];
    let config = parse(&vars).unwrap();
    assert_eq!(config.profile_claims, ["name", "address"]);
    assert_eq!(config.editable_claims, ["name", "email"]);
    assert!(problem(&[("PROFILE_CLAIMS", "email")]).contains("PROFILE_CLAIMS"));
}

#[test]
fn who_may_make_an_account_is_said_in_full() {
    let good = [("ISSUER", "http://localhost:8787"), ("KEK_1", ROOT)];
    let sign_up = |extra: &[(&str, &str)]| parse(&[&good, extra].concat()).map(|config| config.sign_up);
    let usual = sign_up(&[]).unwrap();
    assert_eq!(
        (usual.policy, usual.fields.len(), usual.terms),
        (SignUpPolicy::Off, 1, None)
    );
    let domains = sign_up(&[("SIGNUP", "domains"), ("SIGNUP_DOMAINS", "acme.org B.example")]).unwrap();
    assert!(domains.takes("a@acme.org") && domains.takes("a@b.example"));
    for other in ["a@sub.acme.org", "a@xacme.org", "acme.org", "a@acme.org.evil.example"] {
        assert!(!domains.takes(other), "{other}");
    }
    let fields = sign_up(&[("SIGNUP_FIELDS", "birthdate locale?")]).unwrap().fields;
    assert_eq!(
        fields.iter().map(|wanted| wanted.required).collect::<Vec<_>>(),
        [true, false]
    );
    assert!(sign_up(&[("SIGNUP_FIELDS", "none")]).unwrap().fields.is_empty());
    for wrong in [
        [("SIGNUP", "everybody"), ("SIGNUP_FIELDS", "")],
        [("SIGNUP", "domains"), ("SIGNUP_DOMAINS", "")],
        [("SIGNUP", "open"), ("SIGNUP_DOMAINS", "acme.org")],
        [("SIGNUP_FIELDS", "name name?"), ("SIGNUP", "open")],
        [("SIGNUP_FIELDS", "shoe_size"), ("SIGNUP", "open")],
        [("TERMS_URL", "https://acme.org/terms"), ("TERMS_VERSION", "")],
        [("TERMS_URL", "javascript:alert(1)"), ("TERMS_VERSION", "1")],
        [("TERMS_URL", "https://acme.org/terms"), ("TERMS_VERSION", "a	b")],
    ] {
        assert!(sign_up(&wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn mails_are_off_until_the_operator_says_how_but_for_development() {
    let mail = |issuer: &str, extra: &[(&str, &str)]| {
        let good = [("ISSUER", issuer), ("KEK_1", ROOT)];
        parse(&[&good, extra].concat()).unwrap().mail
    };
    let acme = "https://id.acme.org";
    assert_eq!(mail(acme, &[]), None);
    assert_eq!(mail(acme, &[("MAIL", "off"), ("MAIL_FROM", "nonsense")]), None);
    assert_eq!(mail("http://localhost:8787", &[("MAIL", "off")]), None);
    let shown = mail("http://localhost:8787", &[]).unwrap();
    assert_eq!(shown.transport, Transport::Development);
    let from = ("MAIL_FROM", "Acme <id@acme.org>");
    let cloudflare = mail(acme, &[("MAIL", "cloudflare"), from]).unwrap();
    assert_eq!(cloudflare.transport.as_str(), "cloudflare");
    assert_eq!(cloudflare.from.name.as_deref(), Some("Acme"));
    let eu = [
        ("MAIL", "mailgun"),
        ("MAIL_FROM", "id@mg.acme.org"),
        ("MAIL_API_KEY", "key-0123456789"),
        ("MAIL_API_URL", "https://api.eu.mailgun.net/"),
    ];
    let mailgun = mail(acme, &eu).unwrap();
    assert_eq!(mailgun.from.name, None);
    let Transport::Http(api) = &mailgun.transport else {
        panic!("{mailgun:?}")
    };
    assert_eq!(
        (api.base.as_str(), api.domain.as_str()),
        ("https://api.eu.mailgun.net", "mg.acme.org")
    );
    assert!(!format!("{mailgun:?}").contains("0123456789"));
}

#[test]
fn mails_that_cannot_be_sent_or_would_be_shown_to_everybody_are_refused() {
    let from = ("MAIL_FROM", "id@acme.org");
    for (vars, word) in [
        (vec![("MAIL", "smtp")], "MAIL must be one of"),
        (vec![("MAIL", "development")], "loopback"),
        (vec![("MAIL", "cloudflare")], "needs a MAIL_FROM"),
        (
            vec![("MAIL", "cloudflare"), ("MAIL_FROM", "Acme")],
            "MAIL_FROM must be an address",
        ),
        (
            vec![("MAIL", "cloudflare"), from, ("MAIL_REPLY_TO", "x\ny@z.org")],
            "MAIL_REPLY_TO must be",
        ),
        (vec![("MAIL", "resend"), from], "MAIL_API_KEY"),
        (
            vec![("MAIL", "resend"), from, ("MAIL_API_KEY", "with blank s")],
            "MAIL_API_KEY",
        ),
        (
            vec![
                ("MAIL", "resend"),
                from,
                ("MAIL_API_KEY", "re_0123456789"),
                ("MAIL_API_URL", "http://api.resend.com"),
            ],
            "MAIL_API_URL",
        ),
        (
            vec![
                ("MAIL", "mailgun"),
                from,
                ("MAIL_API_KEY", "re_0123456789"),
                ("MAIL_DOMAIN", "a/../b"),
            ],
            "MAIL_DOMAIN",
        ),
        (
            vec![("MAIL", "cloudflare"), from, ("MAIL_DAILY_LIMIT", "0")],
            "MAIL_DAILY_LIMIT",
        ),
    ] {
        let told = problem(&vars);
        assert!(told.contains(word), "{vars:?}: {told}");
        assert!(!told.contains("re_0123456789"), "{told}");
    }
}

#[test]
fn people_sign_in_in_the_ways_of_the_operator_and_in_that_order() {
    let sign_in = |issuer: &str, extra: &[(&str, &str)]| {
        let good = [("ISSUER", issuer), ("KEK_1", ROOT)];
        parse(&[&good, extra].concat()).unwrap().sign_in
    };
    let usual = sign_in("https://id.acme.org", &[]);
    assert!(usual.has(Way::Password) && usual.has(Way::Passkey) && !usual.puts_passkeys_first());
    assert_eq!(
        (usual.rp_id.as_str(), usual.kinds().as_str()),
        ("id.acme.org", r#"["password","passkey"]"#)
    );
    let turned = sign_in(
        "https://id.acme.org",
        &[("SIGN_IN", " passkey password"), ("PASSKEY_RP_ID", "acme.org")],
    );
    assert!(turned.puts_passkeys_first());
    assert_eq!(turned.rp_id, "acme.org");
    assert!(!sign_in("https://id.acme.org", &[("SIGN_IN", "passkey")]).has(Way::Password));
    assert_eq!(sign_in("http://localhost:8787", &[]).rp_id, "localhost");
    assert!(
        !sign_in("http://127.0.0.1:8787", &[]).has(Way::Passkey),
        "an IP address has none"
    );
    let related = sign_in(
        "https://id.acme.org",
        &[("PASSKEY_ORIGINS", "https://acme.org https://acme.net")],
    );
    assert_eq!(related.related_origins, ["https://acme.org", "https://acme.net"]);
}

#[test]
fn ways_to_sign_in_that_there_are_not_are_refused() {
    for text in ["none", "pigeon", "password pigeon", "password password", "PASSKEY"] {
        assert!(problem(&[("SIGN_IN", text)]).contains("SIGN_IN must be"), "{text}");
    }
    assert!(problem(&[("ISSUER", "http://127.0.0.1:8787"), ("SIGN_IN", "passkey")]).contains("SIGN_IN has passkey"));
    for text in ["Acme.org", "https://acme.org", "acme.org/", "127.0.0.1", "a b"] {
        assert!(problem(&[("PASSKEY_RP_ID", text)]).contains("PASSKEY_RP_ID"), "{text}");
    }
    for text in ["acme.org", "http://acme.org", "https://acme.org/"] {
        assert!(
            problem(&[("PASSKEY_ORIGINS", text)]).contains("PASSKEY_ORIGINS"),
            "{text}"
        );
    }
}

#[test]
fn every_problem_is_named_at_once_and_how_to_mend_it() {
    let shown = parse(&[]).unwrap_err().to_string();
    assert!(
        shown.contains("ISSUER is missing") && shown.contains("KEK_1 is missing") && shown.contains("openssl rand")
    );
}

#[test]
fn the_issuer_is_an_https_origin_and_not_the_example() {
    for issuer in [
        "https://id.example.com",
        "http://id.acme.org",
        "https://id.acme.org/",
        "https://id.acme.org/x",
        "https://ID.acme.org",
        "https://u:p@id.acme.org",
        "ftp://id.acme.org",
        "id.acme.org",
        "https://id.acme.org?x",
        "https://a\"b.org",
        "https://a'b.org",
        "https://id..acme.org",
        "https://id.acme.org..",
    ] {
        assert!(problem(&[("ISSUER", issuer)]).contains("ISSUER"), "{issuer}");
    }
}

#[test]
fn short_plain_and_undecodable_roots_are_refused() {
    for root in ["", "AAAA", "not base64!", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        assert!(problem(&[("KEK_1", root)]).contains("KEK_1"), "{root}");
    }
    assert!(problem(&[("KEK_CURRENT", "2")]).contains("KEK_2 is missing"));
    assert!(problem(&[("KEK_CURRENT", "x")]).contains("KEK_CURRENT"));
}

#[test]
fn weak_admin_tokens_and_odd_values_are_refused() {
    assert!(problem(&[("ADMIN_TOKEN", "changeme")]).contains("ADMIN_TOKEN"));
    assert!(problem(&[("ADMIN_TOKEN", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]).contains("ADMIN_TOKEN"));
    assert!(problem(&[("FRONT_CHANNEL_TOKENS", "yes")]).contains("off, on"));
    assert!(problem(&[("INSECURE_LOOPBACK_FETCHES", "on")]).contains("INSECURE_LOOPBACK_FETCHES"));
    assert!(problem(&[("LOGOUT_REVOKES", "yes")]).contains("online, all, nothing"));
    assert!(problem(&[("MTLS_ORIGIN", "https://mtls.acme.org/x")]).contains("MTLS_ORIGIN"));
    assert!(problem(&[("REGISTRATION", "yes")]).contains("open, token, off"));
    for number in ["0", "-1", "1000001", "many", "1e3", "2.5"] {
        let shown = problem(&[("REGISTRATIONS_PER_ADDRESS", number)]);
        assert!(
            shown.contains("REGISTRATIONS_PER_ADDRESS must be a number from 1 to"),
            "{number}"
        );
    }
    assert!(problem(&[("REQUIRE_PKCE", "off")]).contains("public, all, none"));
    for hosts in [
        "yes",
        "On",
        "off on",
        "https://app.acme.org",
        "App.acme.org",
        "*",
        "*.org/",
        "app.acme.org:443",
        "*acme.org",
        "app*.acme.org",
        "*.*.acme.org",
        "app.*",
        "a..acme.org",
        "app.acme.org..",
        ".acme.org",
        "*..acme.org",
    ] {
        let shown = problem(&[("CLIENT_ID_METADATA_DOCUMENTS", hosts)]);
        assert!(
            shown.contains("CLIENT_ID_METADATA_DOCUMENTS must be off, on"),
            "{hosts}"
        );
    }
    assert!(problem(&[("EDITABLE_CLAIMS", "name sub")]).contains("EDITABLE_CLAIMS must be none"));
    assert!(problem(&[("CODE_LIFETIME", "601")]).contains("from 1 to 600"));
}

#[test]
fn one_setting_switches_on_what_clients_of_mcp_need() {
    let with = |extra: &[(&str, &str)]| {
        let good = [("ISSUER", "https://id.acme.org"), ("KEK_1", ROOT)];
        parse(&[&good, extra].concat()).unwrap()
    };
    let off = with(&[]);
    assert_eq!(
        (off.registration, off.client_id_documents),
        (Registration::Token, ClientIdDocuments::Off)
    );
    let on = with(&[
        ("MCP", "on"),
        ("REGISTRATION", "token"),
        ("CLIENT_ID_METADATA_DOCUMENTS", "off"),
    ]);
    assert_eq!(
        (on.registration, on.client_id_documents),
        (Registration::Open, ClientIdDocuments::On)
    );
    let kept = with(&[
        ("MCP", "on"),
        ("REGISTRATION", "off"),
        ("CLIENT_ID_METADATA_DOCUMENTS", "app.acme.org"),
    ]);
    assert_eq!(kept.registration, Registration::Off);
    assert!(!kept.client_id_documents.allow("other.org"));
    assert!(problem(&[("MCP", "yes")]).contains("MCP must be one of"));
}

#[test]
fn domains_for_webfinger_are_names_of_hosts() {
    assert!(problem(&[("WEBFINGER_DOMAINS", "acme.org https://b.org")]).contains("WEBFINGER_DOMAINS"));
    let vars = [
        ("ISSUER", "https://id.acme.org"),
        ("KEK_1", ROOT),
        ("WEBFINGER_DOMAINS", "Acme.org  b.org"),
    ];
    assert_eq!(parse(&vars).unwrap().webfinger_domains, ["acme.org", "b.org"]);
}

#[test]
fn a_profile_sets_what_is_not_set_and_refuses_what_contradicts_it() {
    for (word, profile) in [
        ("fapi2", FapiProfile::Fapi2),
        ("fapi2_message_signing", FapiProfile::Fapi2MessageSigning),
    ] {
        let good = [("ISSUER", "https://id.acme.org"), ("KEK_1", ROOT), ("PROFILE", word)];
        let config = parse(&good).unwrap();
        assert_eq!(
            (config.profile, config.pkce_requirement),
            (Some(profile), PkceRequirement::All)
        );
        for (name, came, expected) in [
            ("FRONT_CHANNEL_TOKENS", "on", "off"),
            ("DEVICE_AUTHORIZATION", "on", "off"),
            ("REQUIRE_PKCE", "public", "all"),
            ("REQUIRE_PKCE", "none", "all"),
            ("ASSERTION_AUDIENCE", "token_endpoint", "issuer"),
            ("INSECURE_HTTP_REDIRECTS", "private", "off"),
            ("MCP", "on", "off"),
            ("CODE_LIFETIME", "61", "at most 60"),
        ] {
            let told = problem(&[("PROFILE", word), (name, came)]);
            let expected = format!("{name} is {came}, and PROFILE={word} expects {expected}");
            assert!(told.contains(&expected), "{told}");
        }
        let same = [("REQUIRE_PKCE", "all"), ("MCP", "off"), ("CODE_LIFETIME", "60")];
        assert!(parse(&[&good[..], &same].concat()).is_ok());
    }
    assert!(problem(&[("PROFILE", "fapi1")]).contains("PROFILE must be one of: off, fapi2, fapi2_message_signing"));
}

#[test]
fn a_deployment_is_called_by_its_name_or_that_of_its_mails_or_its_host() {
    let name = |extra: &[(&str, &str)]| {
        let good = [
            ("ISSUER", "https://id.acme.org"),
            ("KEK_1", ROOT),
            ("MAIL", "cloudflare"),
        ];
        let config = parse(&[&good, extra].concat()).unwrap();
        let sender = config.mail.as_ref().and_then(|mail| mail.from.name.clone());
        (config.name().to_owned(), sender.unwrap_or_default())
    };
    let is = |name: &str, sender: &str| (name.to_owned(), sender.to_owned());
    let (from, named) = (("MAIL_FROM", "id@acme.org"), ("MAIL_FROM", "Acme Mails <id@acme.org>"));
    assert_eq!(name(&[from]), is("id.acme.org", ""));
    assert_eq!(name(&[named]), is("Acme Mails", "Acme Mails"));
    assert_eq!(name(&[named, ("BRAND_NAME", "Acme")]), is("Acme", "Acme Mails"));
    assert_eq!(name(&[from, ("BRAND_NAME", "Acme")]), is("Acme", "Acme"));
    // A name that would mean something in a header is not put into one.
    assert_eq!(
        name(&[from, ("BRAND_NAME", "Acme <x@y.org>, B")]),
        is("Acme <x@y.org>, B", "")
    );
}

#[test]
fn a_look_that_cannot_be_is_refused_with_what_can() {
    let problems = |extra: &[(&str, &str)]| {
        let good = [("ISSUER", "https://id.acme.org"), ("KEK_1", ROOT)];
        parse(&[&good, extra].concat()).unwrap_err().to_string()
    };
    for (settings, says) in [
        (
            &[("ACCENT_COLOR", "#ffcc00")][..],
            "ACCENT_COLOR #ffcc00 has a contrast of 1.1 to 1 with light pages",
        ),
        (
            &[("ACCENT_COLOR", "red")],
            "ACCENT_COLOR must be a color such as #0b57d0",
        ),
        (
            &[("BRAND_NAME", "a\u{202e}b")],
            "BRAND_NAME must be of 1 to 40 characters",
        ),
        (&[("LOGO", "<svg/>")], "LOGO needs BRAND_NAME"),
        (
            &[("LOGO", "https://acme.org/logo.png"), ("BRAND_NAME", "Acme")],
            "LOGO must be the picture itself",
        ),
        (
            &[("PRIVACY_URL", "http://acme.org/privacy")],
            "PRIVACY_URL must be an https URL",
        ),
        (
            &[("PRIVACY_URL", "https://acme.org@evil.example/")],
            "PRIVACY_URL must be an https URL",
        ),
        (
            &[("SIGN_IN_HEADING", "{\"en\":")],
            "SIGN_IN_HEADING must be a text, or a JSON object",
        ),
        (
            &[("SIGN_IN_TEXT", "{\"EN\": \"x\"}")],
            "SIGN_IN_TEXT must name languages by two letters",
        ),
    ] {
        let text = problems(settings);
        assert!(text.contains(&format!("- {says}")), "{text}");
    }
}
