//! The page of one person.

use askama::Template;

use super::ConsoleFrame;
use crate::{
    admin::operator_role::OperatorRole,
    pages::{
        layout::page,
        messages::{AppTexts, BrowserTexts, ConsoleTexts, PasskeyTexts},
        moment::Moment,
        text::{LONGEST_NAME, visible},
    },
};

/// Shows what is known of a person, and what an operator may do to their account.
#[derive(Template)]
#[template(path = "console/person.html")]
pub struct PersonPage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// Where the forms lead.
    pub action: &'a str,
    /// Where the operator confirms who they are, where they have to.
    pub confirm: Option<String>,
    /// What the person is called.
    pub name: &'a str,
    pub id: &'a str,
    pub username: &'a str,
    /// Their address, and whether it is confirmed.
    pub email: Option<(&'a str, bool)>,
    pub created: Moment,
    pub locked: Option<Moment>,
    /// Whether it is the operator's own account.
    pub is_own: bool,
    /// Whether the person may do more than the operator.
    pub is_beyond: bool,
    /// Whether forms change how the person signs in, and where.
    pub may_change: bool,
    /// Whether a form changes their roles.
    pub may_set_roles: bool,
    pub has_password: bool,
    pub must_change_password: bool,
    pub passkeys: Vec<ShownFactor>,
    /// Apps with one-time codes.
    pub apps: Vec<ShownFactor>,
    /// Their id, and how many are left.
    pub recovery_codes: Option<(String, i64)>,
    pub sessions: Vec<ShownSession>,
    pub groups: Vec<String>,
    pub grants: Vec<ShownGrant>,
    pub roles: Vec<ShownRole>,
    /// What happened, where the operator may see that.
    pub events: Option<Vec<ShownEvent>>,
}

/// A passkey, or an app with one-time codes.
#[derive(Clone, Debug)]
pub struct ShownFactor {
    /// Comes back.
    pub id: String,
    pub name: Option<String>,
    pub added: Moment,
    pub last_used: Option<Moment>,
}

/// Where somebody is signed in.
#[derive(Clone, Debug)]
pub struct ShownSession {
    /// Comes back.
    pub id: String,
    pub browser: Option<&'static str>,
    pub system: Option<&'static str>,
    pub signed_in: Moment,
    pub last_seen: Moment,
}

/// What somebody allowed an app.
#[derive(Clone, Debug)]
pub struct ShownGrant {
    /// Comes back.
    pub client_id: String,
    pub name: String,
    pub since: Moment,
    pub last_used: Option<Moment>,
}

/// A role, and whether the person has it.
#[derive(Clone, Copy, Debug)]
pub struct ShownRole {
    pub role: OperatorRole,
    pub is_theirs: bool,
}

/// Which operator did something. A program may be called like a person.
#[derive(Clone, Debug)]
pub enum ShownOperator {
    Person(String),
    /// By an API key, or an app.
    Program(String),
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct ShownEvent {
    /// Its name among the events that are written down.
    pub event: String,
    pub at: Moment,
    /// Which operator did it.
    pub operator: Option<ShownOperator>,
    pub app: Option<String>,
    pub network: Option<String>,
}

/// Shows a link, once.
#[derive(Template)]
#[template(path = "console/link.html")]
pub struct NewLinkPage<'a> {
    /// What the pages of the console share.
    pub frame: ConsoleFrame<'a>,
    /// Where the page of the person is.
    pub back: &'a str,
    /// What they are called.
    pub name: &'a str,
    pub url: &'a str,
    pub until: Moment,
}

impl PersonPage<'_> {
    page!();

    fn title(&self) -> String {
        self.frame.title(&self.shown_name())
    }

    fn texts(&self) -> &'static ConsoleTexts {
        self.frame.texts()
    }

    fn shared(&self) -> &'static PasskeyTexts {
        &self.frame.all_texts().passkeys
    }

    fn browser_texts(&self) -> &'static BrowserTexts {
        &self.frame.all_texts().browsers
    }

    fn app_texts(&self) -> &'static AppTexts {
        &self.frame.all_texts().apps
    }

    fn shown_name(&self) -> String {
        match visible(self.name, LONGEST_NAME) {
            name if name.is_empty() => visible(self.username, LONGEST_NAME),
            name => name,
        }
    }

    fn shown_email(&self) -> Option<String> {
        self.email.map(|(email, confirmed)| match confirmed {
            true => visible(email, 254),
            false => self.texts().email_unconfirmed.fill(&visible(email, 254)),
        })
    }

    fn has_no_way(&self) -> bool {
        !self.has_password && self.passkeys.is_empty() && self.apps.is_empty() && self.recovery_codes.is_none()
    }

    fn factor(&self, factor: &ShownFactor, kind: &str) -> String {
        let own = factor.name.as_deref().map(|name| visible(name, LONGEST_NAME));
        match own.filter(|name| !name.is_empty()) {
            Some(name) => format!("{kind}: {name}"),
            None => kind.to_owned(),
        }
    }

    fn passkey(&self, factor: &ShownFactor) -> String {
        self.factor(factor, self.shared().nameless)
    }

    fn app(&self, factor: &ShownFactor) -> String {
        self.factor(factor, self.frame.all_texts().second.nameless)
    }

    fn left(&self, count: &i64) -> String {
        self.frame.all_texts().overview.recovery_codes.fill(*count)
    }

    fn browser(&self, session: &ShownSession) -> String {
        self.browser_texts().name(session.browser, session.system)
    }

    fn role(&self, shown: &ShownRole) -> &'static str {
        self.frame.role(shown.role)
    }

    fn text(&self, text: &str) -> String {
        visible(text, LONGEST_NAME)
    }

    /// What else there is to say of an event, a part each.
    fn circumstances(&self, event: &ShownEvent) -> Vec<String> {
        let by = event.operator.as_ref().map(|operator| match operator {
            ShownOperator::Person(name) => self.texts().by.fill(&visible(name, LONGEST_NAME)),
            ShownOperator::Program(name) => self.texts().by_program.fill(&visible(name, LONGEST_NAME)),
        });
        let rest = [&event.app, &event.network].into_iter().flatten();
        by.into_iter()
            .chain(rest.map(|text| visible(text, LONGEST_NAME)))
            .collect()
    }
}

impl NewLinkPage<'_> {
    page!();

    fn texts(&self) -> &'static ConsoleTexts {
        self.frame.texts()
    }

    fn title(&self) -> String {
        self.frame.title(self.texts().link)
    }

    fn shown_name(&self) -> String {
        visible(self.name, LONGEST_NAME)
    }

    fn until(&self) -> String {
        self.texts().link_until.fill(&self.until.exact())
    }
}
