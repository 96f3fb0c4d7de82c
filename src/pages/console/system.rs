//! How the deployment is: signing keys, API keys, operators, settings and mails.

use askama::Template;

use super::{
    ConsoleFrame, is_about,
    things::{Act, Thing, Things},
};
use crate::{
    admin::{api_key::KeyScope, operator_role::OperatorRole},
    config::{Setting, Source},
    oidc::jose::provider_key::KeyState,
    pages::{
        messages::{ConsoleSystemTexts, ConsoleTexts},
        moment::Moment,
        text::visible,
    },
    routes::Endpoint,
};

/// Shows how the deployment is, as far as the operator may see it.
#[derive(Template)]
#[template(path = "console/system.html")]
pub struct ConsoleSystemPage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// Where the operator confirms who they are, where they have to.
    pub confirm: Option<String>,
    pub keys: Option<Vec<ShownKey>>,
    /// Whether keys are rotated and revoked here.
    pub may_change_keys: bool,
    pub api_keys: Option<Vec<ShownApiKey>>,
    /// What a new API key may do, and whether that is chosen; empty where none is made here.
    pub scopes: Vec<(KeyScope, bool)>,
    pub operators: Option<Vec<ListedOperator>>,
    pub settings: Option<Vec<Setting>>,
    /// What is wrong with what was typed, in English.
    pub problem: Option<&'a str>,
    /// What was typed: a name and days.
    pub typed: (&'a str, &'a str),
}

/// A signing key, and its dates.
#[derive(Clone, Debug)]
pub struct ShownKey {
    pub kid: String,
    pub alg: &'static str,
    pub state: KeyState,
    pub published: Moment,
    pub signs_from: Moment,
    pub retires: Option<Moment>,
    pub removed: Option<Moment>,
    pub revoked: Option<Moment>,
}

/// A key of the admin API.
#[derive(Clone, Debug)]
pub struct ShownApiKey {
    /// Comes back.
    pub id: String,
    pub name: String,
    pub scopes: Vec<String>,
    /// What whoever made it is called, and where their page is, where the operator may see that.
    pub maker: Option<(String, Option<String>)>,
    pub expires: Moment,
    pub last_used: Option<Moment>,
}

/// A person who is an operator.
#[derive(Clone, Debug)]
pub struct ListedOperator {
    /// Where their page is, where the operator may see people.
    pub href: Option<String>,
    pub username: String,
    pub roles: Vec<OperatorRole>,
}

/// Shows mails, the newest first.
#[derive(Template)]
#[template(path = "console/mail.html")]
pub struct ConsoleMailPage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// Where the operator confirms who they are, where they have to.
    pub confirm: Option<String>,
    /// The state that is wanted.
    pub state: &'a str,
    pub mails: Vec<ShownMail>,
    /// Where older ones are.
    pub next: Option<String>,
    pub may_change: bool,
}

/// A mail, without what is in it.
#[derive(Clone, Debug)]
pub struct ShownMail {
    /// Comes back.
    pub id: String,
    pub kind: String,
    pub address: String,
    pub state: String,
    pub attempts: i64,
    /// What the provider said.
    pub problem: Option<String>,
    pub written: Moment,
}

impl ConsoleSystemPage<'_> {
    super::shell::console_page!();

    /// Whether what is wrong is about the field of that name.
    fn is_about(&self, field: &str) -> bool {
        is_about(self.problem, field)
    }

    fn title(&self) -> String {
        self.frame.title_with(self.texts().system, self.problem)
    }

    fn texts(&self) -> &'static ConsoleSystemTexts {
        &self.frame.all_texts().console_system
    }

    fn action(&self) -> &'static str {
        Endpoint::ConsoleSystem.path()
    }

    fn look(&self) -> &'static str {
        Endpoint::ConsoleLook.path()
    }

    fn things(&self, things: Vec<Thing>) -> Things<'_> {
        Things {
            frame: self.frame,
            action: self.action(),
            things,
        }
    }

    fn shown_keys(&self) -> Option<Things<'_>> {
        let texts = self.texts();
        let state = |state| match state {
            KeyState::Next => texts.next_key,
            KeyState::Current => texts.current_key,
            KeyState::Retired => texts.retired_key,
            KeyState::Removed => texts.removed_key,
            KeyState::Revoked => texts.revoked_key,
        };
        let key = |key: &ShownKey| {
            let lives = !matches!(key.state, KeyState::Removed | KeyState::Revoked);
            let rotate = || Act::of("retire", &key.kid, texts.rotate, texts.rotate_why);
            let revoke = || Act::of("revoke", &key.kid, texts.revoke, texts.revoke_why);
            Thing::new(&format!("{} {}", key.alg, key.kid))
                .words(state(key.state))
                .date(texts.published, Some(&key.published))
                .date(texts.signs_from, Some(&key.signs_from))
                .date(texts.retires, key.retires.as_ref())
                .date(texts.removed, key.removed.as_ref())
                .date(texts.revoked, key.revoked.as_ref())
                .act((self.may_change_keys && key.state == KeyState::Current).then(rotate))
                .act((self.may_change_keys && lives).then(revoke))
        };
        let keys = self.keys.as_ref()?;
        Some(self.things(keys.iter().map(key).collect()))
    }

    fn shown_api_keys(&self) -> Option<Things<'_>> {
        let texts = self.texts();
        let key = |key: &ShownApiKey| {
            let end = || Act::of("end_api_key", &key.id, texts.end_key, texts.end_key_why);
            Thing::new(&key.name)
                .code(&key.scopes.join(" "))
                .linked(texts.made_by, key.maker.as_ref())
                .date(texts.expires, Some(&key.expires))
                .when(self.frame.all_texts().apps.last_used, key.last_used.as_ref())
                .act((!self.scopes.is_empty()).then(end))
        };
        let keys = self.api_keys.as_ref()?;
        Some(self.things(keys.iter().map(key).collect()))
    }

    fn shown_operators(&self) -> Option<Things<'_>> {
        let operator = |operator: &ListedOperator| {
            let thing = Thing::new(&operator.username).at(operator.href.clone());
            let roles = operator.roles.iter();
            roles.fold(thing, |thing, role| thing.words(self.frame.role(*role)))
        };
        let operators = self.operators.as_ref()?;
        Some(self.things(operators.iter().map(operator).collect()))
    }

    /// The value of a setting, where it is told.
    fn value(&self, setting: &Setting) -> Option<String> {
        setting.value.as_deref().map(|value| visible(value, 2_000))
    }

    /// What is said in place of a value.
    fn no_value(&self, setting: &Setting) -> &'static str {
        match setting.secret && setting.source == Source::Variable {
            true => self.texts().secret,
            false => self.texts().unset,
        }
    }

    fn origin(&self, setting: &Setting) -> &'static str {
        match setting.source {
            Source::Variable => self.texts().by_variable,
            Source::Default => self.texts().by_default,
            Source::Implied => self.texts().implied,
        }
    }
}

impl ConsoleMailPage<'_> {
    super::shell::console_page!();

    fn title(&self) -> String {
        self.frame.title(self.texts().mail)
    }

    fn texts(&self) -> &'static ConsoleSystemTexts {
        &self.frame.all_texts().console_system
    }

    fn shared(&self) -> &'static ConsoleTexts {
        self.frame.texts()
    }

    fn action(&self) -> &'static str {
        Endpoint::ConsoleMail.path()
    }

    fn state_text(&self, state: &str) -> &'static str {
        let texts = self.texts();
        match state {
            "waiting" => texts.waiting,
            "sent" => texts.sent,
            "failed" => texts.given_up,
            _ => texts.any_state,
        }
    }

    fn wanted_text(&self) -> String {
        format!("{}: {}", self.texts().mail, self.state_text(self.state))
    }

    /// The states that may be wanted, each with whether it is.
    fn states(&self) -> [(&'static str, &'static str, bool); 4] {
        ["", "failed", "waiting", "sent"].map(|name| (name, self.state_text(name), name == self.state))
    }

    fn shown_mails(&self) -> Things<'_> {
        let texts = self.texts();
        let mail = |mail: &ShownMail| {
            let may = self.may_change && mail.state != "sent";
            let retry = || Act::of("retry", &mail.id, texts.retry, texts.retry_why);
            let delete = || Act::of("delete", &mail.id, texts.delete, texts.delete_why);
            let thing = Thing::new(&mail.address)
                .words(self.state_text(&mail.state))
                .code(&mail.kind)
                .when(texts.written, Some(&mail.written))
                .words(&texts.attempts.fill(mail.attempts));
            let problem = mail.problem.as_deref();
            let thing = problem.into_iter().fold(thing, Thing::code);
            thing.act(may.then(retry)).act(may.then(delete))
        };
        Things {
            frame: self.frame,
            action: self.action(),
            things: self.mails.iter().map(mail).collect(),
        }
    }
}
