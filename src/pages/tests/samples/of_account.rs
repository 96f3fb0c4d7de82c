//! The pages of the account.

use super::*;

/// Every page of the account, likewise.
pub fn account_pages(text: &'static str, language: Language) -> Vec<String> {
    use account::*;
    let frame = Frame {
        nonce: text,
        language,
        page: Endpoint::AccountProfile,
        person: text,
        csrf: text,
        notice: Some(Notice::ProfileSaved),
        offered: Offered {
            passwords: true,
            passkeys: true,
            mail_codes: true,
            codes: true,
            requests: true,
        },
        sure: Sure::Password { or_passkey: true },
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
            numbers: Numbers {
                passkeys: 2,
                codes: 1,
                recovery_codes: 9,
                trusted: 1,
                browsers: 2,
                apps: 1,
            },
            password_set: Some(moment()),
            recent: vec![RecentBrowser {
                browser: Some("Firefox"),
                system: Some("Linux"),
                last_seen: moment(),
            }],
            shown: Strength::OneFactor,
            signed_in: moment(),
            asking: 1,
            can_show_more: true,
        }
        .to_html(),
        ProfilePage {
            frame,
            fields: [
                (ProfileField::Name, field(true, Some(FieldProblem::TooLong))),
                (ProfileField::StreetAddress, field(true, Some(FieldProblem::TooLong))),
                (ProfileField::Website, field(false, None)),
            ]
            .into(),
            own: own_fields(text),
            trouble: Some(ProfileTrouble::ChangedElsewhere),
            memberships: &[Group {
                id: text.to_owned(),
                name: Label::stored(text.to_owned()),
                second_factor_required: true,
                attributes: Default::default(),
                created_at: UnixTime(0),
                updated_at: UnixTime(0),
            }],
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
        PasskeysPage {
            frame,
            passkeys: vec![ShownPasskey {
                id: text.to_owned(),
                name: Some(text.to_owned()),
                provider: Some("1Password"),
                added: moment(),
                last_used: Some(moment()),
                synced: true,
                only_way: false,
            }],
            request: Some(passkey(text)),
            problem: Some(PasskeyProblem::TooMany),
        }
        .to_html(),
        PasskeysPage {
            frame: Frame {
                page: Endpoint::AccountPasskeys,
                ..frame
            },
            passkeys: Vec::new(),
            request: None,
            problem: Some(PasskeyProblem::OnlyWay),
        }
        .to_html(),
        DeletionPage {
            frame: Frame {
                sure: Sure::Passkey,
                ..frame
            },
            username: text,
            unconfirmed: false,
            password: None,
        }
        .to_html(),
        RequestsPage {
            frame,
            requests: vec![ShownRequest {
                id: text.to_owned(),
                client_name: text.to_owned(),
                client_uri: Some(text.to_owned()),
                asking: AskingApp {
                    binding_message: text.to_owned(),
                    network: text.to_owned(),
                    at: moment(),
                },
            }],
        }
        .to_html(),
        RequestsPage {
            frame,
            requests: Vec::new(),
        }
        .to_html(),
        AppsPage {
            frame,
            apps: vec![ShownApp {
                client_id: text.to_owned(),
                client_name: text.to_owned(),
                client_uri: Some(text.to_owned()),
                logo: marks().logo,
                items: vec![ConsentItem::for_scope(text, language)],
                asked: true,
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
                times: 3,
            }],
            older: Some("/account/activity?before=1".to_owned()),
        }
        .to_html(),
        DataPage {
            frame,
            accepted_terms: vec![(text.to_owned(), moment())],
        }
        .to_html(),
        DeletionPage {
            frame,
            username: text,
            unconfirmed: true,
            password: Some(PasswordCheck::Wrong),
        }
        .to_html(),
        DeletedPage { language }.to_html(),
    ];
    for (problem, waiting) in [
        (EmailProblem::NotAnAddress, None),
        (EmailProblem::Taken, None),
        (EmailProblem::Password(PasswordCheck::TooMany { minutes: 3 }), None),
        (EmailProblem::ChangedElsewhere, Some(text)),
        (EmailProblem::WrongCode, Some(text)),
        (EmailProblem::Later, None),
    ] {
        let page = EmailPage {
            frame,
            username: text,
            current: Some(text),
            unconfirmed: true,
            editable: true,
            sends_mails: waiting.is_some(),
            waiting,
            code: text,
            entered: text,
            problem: Some(problem),
        };
        pages.push(page.to_html());
    }
    for (may_change, is_last, count) in [(true, true, 1), (false, false, 2), (true, false, 0)] {
        let app = ShownCodeApp {
            id: text.to_owned(),
            name: Some(text.to_owned()),
            added: moment(),
            last_used: Some(moment()),
        };
        let browser = ShownTrustedBrowser {
            id: text.to_owned(),
            browser: Some("Firefox"),
            system: None,
            last_used: moment(),
        };
        let page = SecondFactorsPage {
            frame,
            apps: vec![app; count],
            recovery_codes: Some(1),
            browsers: vec![browser; count],
            may_change,
            is_last,
        };
        pages.push(page.to_html());
    }
    for problem in [None, Some(SecondProblem::WrongCode), Some(SecondProblem::TooManyApps)] {
        let page = NewCodeAppPage {
            frame,
            secret: secret(text),
            name: text,
            problem,
        };
        pages.push(page.to_html());
    }
    for problem in [
        PasswordProblem::Current(PasswordCheck::Missing),
        PasswordProblem::New(NewPasswordProblem::Unfit(Unfit::TooShort)),
        PasswordProblem::New(NewPasswordProblem::Same),
        PasswordProblem::New(NewPasswordProblem::Unfit(Unfit::TooLong)),
        PasswordProblem::New(NewPasswordProblem::Unfit(Unfit::HasControls)),
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

/// One of each type, to edit and to see.
fn own_fields(text: &str) -> Vec<account::OwnField> {
    let all = [
        (AttributeKind::Text, json!(text)),
        (AttributeKind::Number, json!(7)),
        (AttributeKind::Flag, json!(true)),
        (AttributeKind::List, json!([text, text])),
    ];
    let field = |(n, (kind, value)): (usize, &(AttributeKind, Value)), editable, typed| {
        account::OwnField::new(format!("attribute_{n}_{editable}"), text, *kind, Some(value)).editable(editable, typed)
    };
    let seen = all.iter().enumerate().map(|one| field(one, false, None));
    let edited = all
        .iter()
        .enumerate()
        .map(|one| field(one, true, Some((text.to_owned(), one.0 == 1))));
    seen.chain(edited).collect()
}

pub fn secret(text: &str) -> ShownSecret {
    ShownSecret {
        uri: "otpauth://totp/a:b?secret=GEZDGNBV".to_owned(),
        text: text.to_owned(),
        sealed: text.to_owned(),
    }
}
