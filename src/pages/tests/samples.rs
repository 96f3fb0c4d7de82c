//! A page of each kind, and what is looked for in it.

mod html;
mod of_account;

pub use html::{attribute, count, elements};
pub use of_account::account_pages;
use of_account::secret;

use serde_json::{Value, json};

use crate::{
    account::{
        group::{Group, Label},
        password::Unfit,
        profile::FieldProblem,
        sign_in::Has,
    },
    config::{AttributeKind, Attributes, ProfileField, WantedField},
    oidc::{fetcher::Fetcher, proven::Strength, scope::Scope},
    pages::*,
    routes::Endpoint,
    time::UnixTime,
    web::landing::Landing,
};

pub const HOSTILE: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}&quot;";

/// The logo and the color of an app that has them.
pub fn marks() -> Marks {
    Marks {
        logo: Some("/assets/apps/logo/d".to_owned()),
        accent: Some("/assets/apps/accent/0b57d0-a8c7fa.css".to_owned()),
    }
}

pub fn login(problem: Option<LoginProblem>) -> LoginPage<'static> {
    LoginPage {
        nonce: "nonce",
        language: Language::En,
        purpose: LoginPurpose::App {
            client_name: "Acme Notes".into(),
            client_uri: Some("https://notes.acme.org/about"),
            marks: Marks::default(),
            policy_uri: Some("https://notes.acme.org/privacy"),
            tos_uri: Some("https://notes.acme.org/terms"),
            return_to: Landing::Host("app.acme.org".to_owned()),
            interaction: "the-interaction",
        },
        sign_up: None,
        recover: "/recover?page=overview",
        csrf: "the-csrf",
        username: "alice",
        problem,
        passkey: Some(passkey("{}")),
        passkey_first: false,
        has_passwords: true,
        asks_for_passkey: false,
        mail_code: None,
        another: None,
        own: (None, None),
    }
}

pub fn passkey(text: &str) -> PasskeyRequest<'_> {
    PasskeyRequest {
        options: text,
        nonce: text,
    }
}

pub fn consent() -> ConsentPage<'static> {
    ConsentPage {
        language: Language::En,
        client_name: "Acme Notes",
        client_uri: Some("https://notes.acme.org"),
        marks: Marks::default(),
        policy_uri: Some("https://notes.acme.org/privacy"),
        tos_uri: Some("https://notes.acme.org/terms"),
        return_to: Landing::Host("app.acme.org".to_owned()),
        document_host: None,
        to_this_device: false,
        device: None,
        asking: None,
        account: "alice@acme.org",
        items: vec![ConsentItem {
            new: true,
            ..ConsentItem::for_scope("email", Language::En)
        }],
        already: Vec::new(),
        interaction: "the-interaction",
        csrf: "the-csrf",
        asked_for: "openid profile",
    }
}

pub fn form_post<'a>(action: &'a str, fields: &'a [(&'a str, &'a str)]) -> FormPostPage<'a> {
    FormPostPage {
        language: Language::En,
        action,
        fields,
        nonce: "the-nonce",
    }
}

/// Every page in every language, with `text` in every field that holds a text.
pub fn every_page(text: &'static str) -> Vec<String> {
    let mail = DevelopmentMail {
        id: "m".to_owned(),
        to: text.to_owned(),
        subject: text.to_owned(),
        text: text.to_owned(),
    };
    let mut pages = vec![DevelopmentMailsPage { mails: vec![mail] }.to_html()];
    for language in Language::ALL {
        for state in [
            RecoverState::Asked,
            RecoverState::Missing,
            RecoverState::TooMany { minutes: 1 },
            RecoverState::TooMany { minutes: 2 },
            RecoverState::Sent,
        ] {
            let page = RecoverPage {
                language,
                purpose: ("page", text),
                sign_in: "/login?page=overview",
                csrf: text,
                name: text,
                sends_mails: (state != RecoverState::Missing).then_some(state != RecoverState::Asked),
                second_factor: true,
                has_passkeys: true,
                contact: Some(("/account", text)),
                state,
            };
            pages.push(page.to_html());
        }
        for (code, problem) in [
            ("", None),
            (text, None),
            ("", Some(MailCodeProblem::Missing)),
            ("", Some(MailCodeProblem::Wrong)),
            (text, Some(MailCodeProblem::TooMany { minutes: 2 })),
        ] {
            let page = MailCodePage {
                language,
                purpose: LoginPurpose::Account { page: text },
                csrf: text,
                username: text,
                code,
                can_have_passkey: true,
                start_again: "/account",
                problem,
            };
            pages.push(page.to_html());
        }
        pages.extend([false, true].map(|taken| {
            let page = UndoEmailPage {
                language,
                username: text,
                address: text,
                link: text,
                csrf: text,
                taken,
            };
            page.to_html()
        }));
        for (user_code, link, problem) in [
            (None, None, None),
            (Some(text), Some(text), None),
            (Some(text), None, Some(DeviceProblem::Wrong)),
            (Some(text), None, Some(DeviceProblem::TooMany { minutes: 1 })),
            (Some(text), None, Some(DeviceProblem::TooMany { minutes: 2 })),
        ] {
            let page = DevicePage {
                language,
                csrf: text,
                user_code,
                link,
                problem,
            };
            pages.push(page.to_html());
        }
        for outcome in [
            DeviceOutcome::Connected,
            DeviceOutcome::Refused,
            DeviceOutcome::Over,
            DeviceOutcome::Failed,
        ] {
            let page = DeviceDonePage {
                language,
                client_name: text,
                outcome,
                fetcher: Fetcher::Device,
            };
            pages.push(page.to_html());
            let page = DeviceDonePage {
                fetcher: Fetcher::Backchannel,
                ..page
            };
            pages.push(page.to_html());
        }
        pages.extend(account_pages(text, language));
        pages.extend(super::console::console_pages(text, language));
        for problem in [
            None,
            Some(LoginProblem::WrongCredentials),
            Some(LoginProblem::Passkey),
            Some(LoginProblem::Missing),
            Some(LoginProblem::MissingName),
            Some(LoginProblem::TooManyAttempts { minutes: 5 }),
            Some(LoginProblem::OtherPerson),
            Some(LoginProblem::NoSignUp),
            Some(LoginProblem::Expired),
        ] {
            for purpose in [
                LoginPurpose::App {
                    client_name: text.into(),
                    client_uri: Some(text),
                    marks: marks(),
                    policy_uri: Some(text),
                    tos_uri: Some(text),
                    return_to: Landing::Host(text.to_owned()),
                    interaction: text,
                },
                LoginPurpose::Account { page: text },
            ] {
                let page = LoginPage {
                    nonce: text,
                    language,
                    purpose,
                    sign_up: None,
                    recover: "/recover?page=overview",
                    csrf: text,
                    username: text,
                    problem,
                    passkey: Some(passkey(text)),
                    passkey_first: problem.is_some(),
                    has_passwords: problem != Some(LoginProblem::Passkey),
                    asks_for_passkey: problem.is_none(),
                    mail_code: problem.map(|problem| problem == LoginProblem::Missing),
                    another: problem.is_none().then(|| "/login?page=overview&another=yes".to_owned()),
                    own: (Some(text), Some(text)),
                };
                pages.push(page.to_html());
            }
        }
        let scope = Scope::from_iter(["openid", "profile", "email", "address", "phone", "offline_access", text]);
        for (contact, is_off) in [
            (None, false),
            (Some(("mailto:help%40acme%2Etest", text)), false),
            (None, true),
        ] {
            let page = ClosedPage {
                language,
                is_off,
                client_name: text,
                client_uri: Some(text),
                account: text,
                contact,
                interaction: text,
                csrf: text,
                asked_for: text,
            };
            pages.push(page.to_html());
        }
        let device = AskingDevice {
            user_code: text.to_owned(),
            network: text.to_owned(),
            is_near: false,
            program: (Some("curl"), None),
        };
        let asking = AskingApp {
            binding_message: text.to_owned(),
            network: text.to_owned(),
            at: Moment::new(UnixTime(0), UnixTime(60), language),
        };
        for (device, asking) in [(Some(&device), None), (None, Some(&asking))] {
            let page = ConsentPage {
                language,
                client_name: text,
                client_uri: Some(text),
                marks: marks(),
                policy_uri: Some(text),
                tos_uri: Some(text),
                return_to: Landing::App(text.to_owned()),
                document_host: Some(text),
                to_this_device: true,
                device,
                asking,
                account: text,
                items: ConsentItem::for_scopes(&scope, &[], &Attributes::default(), language),
                already: ConsentItem::for_scopes(&scope, &[], &Attributes::default(), language),
                interaction: text,
                csrf: text,
                asked_for: text,
            };
            pages.push(page.to_html());
        }
        let page = ErrorPage {
            language,
            title: text,
            what_happened: text,
            what_to_do: text,
            code: Some(text),
            facts: &[
                Fact::App(text.to_owned()),
                Fact::Came(text.to_owned()),
                Fact::Fix(text.to_owned()),
            ],
            request_id: Some(text),
            way_on: None,
        };
        pages.push(page.to_html());
        let page = SelectAccountPage {
            language,
            client_name: text,
            client_uri: Some(text),
            marks: marks(),
            return_to: Landing::App(text.to_owned()),
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
                next: (outcome == SignOut::Done).then_some((text, text)),
                frames: Vec::new(),
                nonce,
            };
            pages.push(page.to_html());
        }
        for problem in [None, Some(account::PasskeyProblem::Expired)] {
            let page = OfferPasskeyPage {
                language,
                purpose: LoginPurpose::Account { page: text },
                go_on: "/account",
                is_needed: problem.is_some(),
                csrf: text,
                request: passkey(text),
                silently: Some(text),
                problem,
            };
            pages.push(page.to_html());
        }
        pages.extend(second_steps(text, language));
        for (has_passwords, problem) in [
            (
                true,
                Some(SetUpProblem::Password(NewPasswordProblem::Unfit(Unfit::TooShort))),
            ),
            (true, None),
            (false, Some(SetUpProblem::Passkey(account::PasskeyProblem::Known))),
        ] {
            let page = SetUpPage {
                nonce: text,
                is_recovery: problem.is_none(),
                language,
                username: text,
                link: text,
                csrf: text,
                request: Some(passkey(text)),
                has_passwords,
                shortest_password: 8,
                problem,
            };
            pages.push(page.to_html());
        }
        let domains = ["acme.org".to_owned()];
        for (passkey, code_sent) in [
            (None, None),
            (Some((passkey(text), text)), None),
            (None, Some(true)),
            (Some((passkey(text), text)), Some(false)),
        ] {
            let page = SignUpPage {
                nonce: text,
                language,
                purpose: LoginPurpose::Account { page: text },
                sign_in: "/account",
                csrf: text,
                typed: Typed {
                    email: text,
                    username: text,
                    code_sent,
                    account: None,
                },
                fields: vec![
                    (
                        WantedField {
                            field: ProfileField::Locale,
                            required: true,
                        },
                        FieldState {
                            value: text.to_owned(),
                            editable: true,
                            problem: Some(FieldProblem::Missing),
                        },
                    ),
                    (
                        WantedField {
                            field: ProfileField::Birthdate,
                            required: false,
                        },
                        FieldState {
                            value: text.to_owned(),
                            editable: true,
                            problem: None,
                        },
                    ),
                ],
                has_password: passkey.is_none(),
                by_mail: code_sent.is_some(),
                invitation: Some(text),
                is_email_fixed: true,
                domains: code_sent.map(|_| domains.as_slice()),
                are_terms_accepted: true,
                terms: Some(("/account", text)),
                shortest_password: 8,
                problem: match code_sent {
                    Some(true) => Some(SignUpProblem::Elsewhere),
                    _ => passkey.map(|_| SignUpProblem::Passkey(account::PasskeyProblem::Refused)),
                },
                passkey,
            };
            pages.push(page.to_html());
        }
        for problem in [None, Some(FirstPersonProblem::WrongToken)] {
            let page = FirstPersonPage {
                language,
                csrf: text,
                problem,
            };
            pages.push(page.to_html());
        }
        for problem in [
            None,
            Some(FinishProblem::Terms),
            Some(FinishProblem::TooManyAttempts { minutes: 2 }),
        ] {
            let page = FinishSignInPage {
                nonce: text,
                language,
                purpose: LoginPurpose::Account { page: text },
                username: text,
                csrf: text,
                terms: Some(("/account", text)),
                password: Some(8),
                another: "/login?page=overview",
                problem,
            };
            pages.push(page.to_html());
        }
        pages.push(HandOverPage { language, url: text }.to_html());
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

/// The pages of the second step, likewise.
fn second_steps(text: &'static str, language: Language) -> Vec<String> {
    let everything = Has {
        codes: true,
        passkeys: true,
        recovery_codes: true,
    };
    let passkeys = Has {
        codes: false,
        ..everything
    };
    let carried = Carried {
        first: Some(text),
        can_have_passkey: true,
    };
    let problems = [
        None,
        Some(SecondProblem::WrongCode),
        Some(SecondProblem::WrongRecoveryCode),
        Some(SecondProblem::TooManyAttempts { minutes: 2 }),
    ];
    let mut pages = Vec::new();
    for (has, problem) in [(everything, problems), (passkeys, problems)]
        .into_iter()
        .flat_map(|(has, problems)| problems.into_iter().map(move |problem| (has, problem)))
    {
        let page = SecondFactorPage {
            language,
            purpose: LoginPurpose::Account { page: text },
            user: (text, text),
            csrf: text,
            carried,
            has,
            may_decline: problem.is_none(),
            passkey: Some((passkey(text), text)),
            can_trust: true,
            after_password: true,
            start_again: "/login?page=overview",
            trouble: "/recover?page=overview",
            problem,
        };
        pages.push(page.to_html());
    }
    for problem in [None, Some(SecondProblem::Expired), Some(SecondProblem::Missing)] {
        let page = SetUpCodeAppPage {
            language,
            purpose: LoginPurpose::Account { page: text },
            csrf: text,
            carried,
            secret: secret(text),
            start_again: "/login?page=overview",
            problem,
        };
        pages.push(page.to_html());
    }
    let page = RecoveryCodesPage {
        language,
        codes: vec![text.to_owned()],
        go_on: "/account",
    };
    pages.push(page.to_html());
    pages
}
